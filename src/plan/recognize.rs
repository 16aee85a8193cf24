//! Whether an entry and an article are the same one, by what they say: where names fail, or lie.
//!
//! Names come first, always: this is asked only of entries that no name leads to (a source that gave all its articles other
//! guids and addresses), and of entries that one of two names leads to (a guid used again for another article). What is asked
//! is title, date and text; a single one of them never decides.

use jiff::{SignedDuration, Timestamp};

use crate::dom;
use crate::likeness::{self, story};
use crate::model::{Article, Content, Entry, TextKind};

use super::Sketch;

/// Dates this close are one date: feeds round to the minute.
const SAME_MOMENT: SignedDuration = SignedDuration::from_secs(60);

/// A date without its time, or read in another zone, is this far off at most.
const SAME_DAY: SignedDuration = SignedDuration::from_hours(26);

/// Titles with fewer words are rubrics.
const TELLING_WORDS: usize = 3;

/// Shares of a text found in the other: of one article told again, and of two articles.
const ALL: f64 = 0.98;
const MOST: f64 = 0.8;
const HALF: f64 = 0.5;
const LITTLE: f64 = 0.2;

/// What of an entry or article its likeness is told by.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    /// The words of its title; empty without one.
    pub title: String,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// What it says, as plain text.
    pub text: String,
    /// Addresses of what is attached to it.
    pub attached: Vec<String>,
}

impl Face {
    /// Of an article or a draft.
    #[must_use]
    pub fn of(content: &Content) -> Self {
        let mut attached: Vec<String> = content.enclosures.iter().map(|enclosure| enclosure.url.clone()).collect();
        attached.extend(content.image.clone());
        Self {
            title: likeness::key(content.title.as_deref().unwrap_or_default()),
            published: content.published,
            text: if content.text.is_empty() {
                content.summary.clone().unwrap_or_default()
            } else {
                content.text.clone()
            },
            attached,
        }
    }

    /// Of an entry as it was read.
    #[must_use]
    pub fn of_entry(entry: &Entry) -> Self {
        let plain = |text: &crate::model::Text| match text.kind {
            TextKind::Html => dom::text(&text.value),
            TextKind::Plain => text.value.clone(),
        };
        Self {
            title: likeness::key(&entry.title.as_ref().map(plain).unwrap_or_default()),
            published: entry.published,
            text: entry.content.as_ref().or(entry.summary.as_ref()).map(plain).unwrap_or_default(),
            attached: Vec::new(),
        }
    }

    fn apart(&self, other: &Self) -> Option<SignedDuration> {
        Some(self.published?.duration_since(other.published?).abs())
    }
}

/// Whether an entry that goes by a name of `held` is another article nevertheless. `guid` and `link` tell whether it has
/// those of the article; with both, it is the same, whatever it says now.
#[must_use]
pub fn is_other(held: &Face, entry: &Face, guid: bool, link: bool) -> bool {
    if guid && link {
        return false;
    }
    if held.title == entry.title || held.title.is_empty() || entry.title.is_empty() {
        return false;
    }
    let titles = 1.0 - likeness::difference(&held.title, &entry.title);
    let apart = held.apart(entry);
    let later = apart.is_some_and(|apart| apart > SAME_MOMENT * 60);
    match likeness::contained(&held.text, &entry.text) {
        Some(share) => share < LITTLE && (later || guid && titles < HALF),
        None => titles < LITTLE && apart.is_some_and(|apart| apart > SignedDuration::from_hours(24)),
    }
}

/// Whether two whose pages name one address are one article. Some sites name one address on all their pages.
#[must_use]
pub fn is_same_page(one: &Face, other: &Face) -> bool {
    likeness::contained(&one.text, &other.text).map_or(one.title == other.title, |share| share >= HALF)
}

/// Which of several articles that an entry goes by the names of it is.
#[must_use]
pub fn best(articles: &[Article], entry: &Face) -> usize {
    let score = |article: &Article| {
        let held = Face::of(&article.content);
        let title = 1.0 - likeness::difference(&held.title, &entry.title);
        let date = if held.apart(entry).is_some_and(|apart| apart <= SAME_MOMENT) { 1.0 } else { 0.0 };
        title + date + likeness::contained(&held.text, &entry.text).unwrap_or_default()
    };
    let mut best = (0, f64::MIN);
    for (index, article) in articles.iter().enumerate() {
        let score = score(article);
        if score > best.1 + 0.01 {
            best = (index, score);
        }
    }
    best.0
}

/// In what company an entry without a known name is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circle {
    /// The other is in the same document, or known by another entry of it: the two stand side by side.
    Together,
    /// The other is not in the document any more.
    Alone,
    /// The other is not in the document any more, and most entries of the document have lost their names.
    Renamed,
}

/// Whether two that share no name are one article.
#[must_use]
pub fn resemble(held: &Face, entry: &Face, circle: Circle) -> bool {
    let text = likeness::contained(&held.text, &entry.text);
    let at_least = |share: f64| text.is_some_and(|text| text >= share);
    let apart = held.apart(entry);
    let same_moment = apart.is_some_and(|apart| apart <= SAME_MOMENT);
    let (words, titled) = (held.title.split(' ').count(), !held.title.is_empty());
    if circle == Circle::Together {
        // Told twice in one document: nothing may differ but the names.
        return held.title == entry.title
            && same_moment
            && at_least(ALL)
            && likeness::difference(&held.text, &entry.text) < 1.0 - ALL
            && held.attached == entry.attached;
    }
    if held.title != entry.title {
        return titled
            && !entry.title.is_empty()
            && same_moment
            && at_least(MOST)
            && !are_numbered(&held.title, &entry.title)
            && !story::is_form(&held.text, &entry.text);
    }
    let renamed = circle == Circle::Renamed;
    match apart {
        _ if same_moment => text.map_or(titled && words >= TELLING_WORDS, |text| text >= HALF),
        Some(apart) if apart <= SAME_DAY => at_least(if renamed { MOST } else { ALL }),
        Some(_) => renamed && titled && at_least(ALL),
        None => at_least(MOST) || (text.is_none() && renamed && words >= TELLING_WORDS),
    }
}

/// Whether two titles count: "Bulletin 12" is not "Bulletin 13" under another name, whatever else they share.
fn are_numbered(one: &str, other: &str) -> bool {
    let numbers = |title: &str| -> Vec<String> {
        title.split(' ').filter(|word| word.contains(char::is_numeric)).map(str::to_owned).collect()
    };
    let (one, other) = (numbers(one), numbers(other));
    !one.is_empty() && !other.is_empty() && one != other
}

impl Sketch {
    /// Whether it is worth looking at the article: it has the title of the entry, or its moment, or its opening.
    #[must_use]
    pub fn may_be(&self, entry: &Face) -> bool {
        let same_moment = || {
            let apart = self.published.zip(entry.published).map(|(held, read)| held.duration_since(read).abs());
            apart.is_some_and(|apart| apart <= SAME_MOMENT)
        };
        likeness::key(self.title.as_deref().unwrap_or_default()) == entry.title && !entry.title.is_empty()
            || same_moment()
            || self.title.is_none()
                && entry.title.is_empty()
                && likeness::contained(&self.opening, &entry.text).is_some_and(|share| share >= HALF)
    }
}
