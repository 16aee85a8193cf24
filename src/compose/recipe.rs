//! The settings of a feed read once, with everything that is wrong with them.

use jiff::Timestamp;

use super::filter::{Filter, Subject};
use super::reason::{Place, Reason};
use super::rewrite::Shape;
use super::rule::{Fault, Rule, Tagged};
use super::settings::{Duplicates, Order, Rules, Settings};
use crate::model::{Article, Depth, Glance, Hint, SourceId};

/// Words that are looked for one by one; for more of them each text is better read once.
const MOST_NEEDLES: usize = 8;

/// The settings of a feed, read without fault and ready to be used.
#[derive(Debug, Clone)]
pub struct Recipe {
    settings: Settings,
    everywhere: Everywhere,
    filters: Filters,
    shape: Shape,
}

/// `[rules]`, read without fault: what holds for every feed.
#[derive(Debug, Clone, Default)]
pub struct Everywhere {
    rules: Rules,
    filters: Filters,
    shape: Shape,
}

#[derive(Debug, Clone, Default)]
struct Filters {
    keep: Vec<Filter>,
    drop: Vec<Filter>,
}

/// Why a feed cannot be made as its settings say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A rule that cannot be read.
    #[error("cannot read rule {number} of `{list}` in {place}{}: {reason}", shown_key(.key))]
    Rule {
        /// The feed, or `[rules]`.
        place: String,
        /// `keep`, `drop` or `rewrite`.
        list: &'static str,
        /// Its place in the list, from 1.
        number: usize,
        /// The key at fault (`not.title` inside `not`); empty for the rule as a whole.
        key: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A key that cannot be followed.
    #[error("cannot use `{key}` of {place}: {reason}")]
    Key {
        /// The feed, or `[rules]`.
        place: String,
        /// The key at fault.
        key: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
}

fn shown_key(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!(", key `{key}`") }
}

impl Everywhere {
    /// Reads what holds for every feed; `tagged` knows the sources that have a tag.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(rules: Rules, tagged: &dyn Fn(&str) -> Vec<SourceId>) -> Result<Self, Vec<Error>> {
        let mut errors = Vec::new();
        let place = "`[rules]`";
        let filters = Filters::read(place, &rules.keep, &rules.drop, tagged, &mut errors);
        let texts = (rules.title_prefix.as_deref(), rules.footer.as_deref());
        let shape = Shape::read(place, &rules.rewrite, rules.body, texts, tagged, &mut errors);
        if errors.is_empty() { Ok(Self { rules, filters, shape }) } else { Err(errors) }
    }
}

impl Filters {
    fn read(place: &str, keep: &[Rule], drop: &[Rule], tagged: Tagged, errors: &mut Vec<Error>) -> Self {
        let mut read = |list: &'static str, rules: &[Rule]| {
            let mut filters = Vec::with_capacity(rules.len());
            for (index, rule) in rules.iter().enumerate() {
                match Filter::new(rule, tagged) {
                    Ok(filter) => filters.push(filter),
                    Err(faults) => errors.extend(faults.into_iter().map(|fault| fault.of(place, list, index))),
                }
            }
            filters
        };
        Self { keep: read("keep", keep), drop: read("drop", drop) }
    }

    fn depth(&self) -> Option<Depth> {
        self.keep.iter().chain(&self.drop).map(Filter::depth).reduce(Depth::or)
    }

    fn refusal(&self, place: Place, subject: &Subject) -> Option<Reason> {
        if !self.keep.is_empty() && !self.keep.iter().any(|filter| filter.fits(subject)) {
            return Some(Reason::NotKept(place));
        }
        let dropped = self.drop.iter().position(|filter| filter.fits(subject))?;
        Some(Reason::Dropped(place, dropped + 1))
    }
}

impl Fault {
    /// As an error of a rule, the first of which has index 0.
    pub(super) fn of(self, place: &str, list: &'static str, index: usize) -> Error {
        Error::Rule { place: place.to_owned(), list, number: index + 1, key: self.key, reason: self.reason }
    }
}

impl Recipe {
    /// Reads the settings of a feed, alone: no rules for every feed, no tags.
    ///
    /// # Errors
    /// Everything that is wrong with them, in the order of the settings.
    pub fn new(settings: Settings) -> Result<Self, Vec<Error>> {
        Self::within(settings, &Everywhere::default(), &|_| Vec::new())
    }

    /// Reads the settings of a feed; `tagged` knows the sources that have a tag.
    ///
    /// # Errors
    /// Everything that is wrong with them, in the order of the settings.
    pub fn within(
        settings: Settings,
        everywhere: &Everywhere,
        tagged: &dyn Fn(&str) -> Vec<SourceId>,
    ) -> Result<Self, Vec<Error>> {
        let mut errors = key_errors(&settings);
        let place = format!("feed `{}`", settings.id);
        let filters = Filters::read(&place, &settings.keep, &settings.drop, tagged, &mut errors);
        let texts = (settings.title_prefix.as_deref(), settings.footer.as_deref());
        let shape = Shape::read(&place, &settings.rewrite, settings.body, texts, tagged, &mut errors);
        let shape = shape.after(&everywhere.shape);
        if errors.is_empty() {
            Ok(Self { settings, everywhere: everywhere.clone(), filters, shape })
        } else {
            Err(errors)
        }
    }

    /// The same under settings that differ in what is no rule: title and limits.
    pub(super) fn with(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut recipe = self.clone();
        change(&mut recipe.settings);
        recipe
    }

    /// The settings it was made from.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The rules that hold for every feed.
    #[must_use]
    pub fn everywhere(&self) -> &Rules {
        &self.everywhere.rules
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether more articles may have to be read than the feed holds: some are left out by rules, by a quota or as
    /// duplicates, or the order is not that of the store.
    #[must_use]
    pub fn is_selective(&self) -> bool {
        self.depth().is_some() || self.chooses_among_all()
    }

    /// Whether what gets in depends on what else the rules take: more articles have to be there than the feed holds, be the
    /// rules what they are.
    #[must_use]
    pub fn chooses_among_all(&self) -> bool {
        let settings = &self.settings;
        settings.limit.per_source.is_some()
            || settings.duplicates != Duplicates::All
            || settings.order != Order::Announced
    }

    /// How much of an article its rules ask for; `None` where it has no rules.
    #[must_use]
    pub fn depth(&self) -> Option<Depth> {
        [&self.everywhere.filters, &self.filters].into_iter().filter_map(Filters::depth).reduce(Depth::or)
    }

    /// Articles announced before this are beyond the limit of age.
    #[must_use]
    pub fn oldest(&self, now: Timestamp) -> Option<Timestamp> {
        self.settings.limit.age.map(|age| now.checked_sub(age.0).unwrap_or(Timestamp::MIN))
    }

    /// What every article that the rules take says, as far as that is soon looked for.
    #[must_use]
    pub fn hint(&self) -> Hint {
        let kept = |filters: &Filters| Hint::any(filters.keep.iter().map(Filter::hint));
        let hint = Hint::all([kept(&self.everywhere.filters), kept(&self.filters)]);
        if hint.needles().len() <= MOST_NEEDLES { hint } else { Hint::Anything }
    }

    /// Whether the rules take an article.
    #[must_use]
    pub fn takes(&self, article: &Article, now: Timestamp) -> bool {
        self.refusal(article, now).is_none()
    }

    /// Whether the rules take an article, whatever its age and the room there is: what belongs into the archives.
    #[must_use]
    pub fn accepts(&self, article: &Article, now: Timestamp) -> bool {
        self.refused_by_rules(article, now).is_none()
    }

    /// Why the rules leave an article out; `None` when they take it.
    #[must_use]
    pub fn refusal(&self, article: &Article, now: Timestamp) -> Option<Reason> {
        if article.withdrawn_at.is_some() {
            return Some(Reason::Withdrawn);
        }
        let Some(announced_at) = article.announced_at else {
            return Some(Reason::Silent);
        };
        if self.oldest(now).is_some_and(|oldest| announced_at < oldest) {
            return Some(Reason::TooOld);
        }
        self.refused_by_rules(article, now)
    }

    fn refused_by_rules(&self, article: &Article, now: Timestamp) -> Option<Reason> {
        self.refused(&Subject::new(article, now))
    }

    /// [`Recipe::refusal`] of an article that is announced and not withdrawn, of which as much was read as
    /// [`depth`](Self::depth) says.
    #[must_use]
    pub fn refusal_at_a_glance(&self, glance: &Glance, now: Timestamp) -> Option<Reason> {
        if self.oldest(now).is_some_and(|oldest| glance.announced_at < oldest) {
            return Some(Reason::TooOld);
        }
        self.refused(&Subject::at_a_glance(glance, now))
    }

    fn refused(&self, subject: &Subject) -> Option<Reason> {
        let everywhere = self.everywhere.filters.refusal(Place::Everywhere, subject);
        everywhere.or_else(|| self.filters.refusal(Place::Feed, subject))
    }
}

fn key_errors(settings: &Settings) -> Vec<Error> {
    let rows = [
        (settings.title.trim().is_empty(), "title", "it is empty, and readers show it"),
        (
            is_taken(settings.id.as_str()),
            "id",
            "other addresses end or begin like this: `article` and `media` are taken, and so are names that end in a dot and \
             an extension like `.rss`",
        ),
        (settings.sources.is_empty(), "sources", "it is empty: name source ids, `tag:…`, or \"*\" for every source"),
        (
            settings.formats.is_empty(),
            "formats",
            "it is empty: name some of \"rss\", \"atom\", \"json\", \"ndjson\", or leave it out",
        ),
        (settings.limit.items == 0, "limit.items", "a feed of 0 entries is never read: write 1 or more"),
        (settings.limit.per_source == Some(0), "limit.per_source", "no source would be in it: write 1 or more"),
    ];
    let place = format!("feed `{}`", settings.id);
    let error = |(key, reason): (_, &str)| Error::Key { place: place.clone(), key, reason: reason.to_owned() };
    rows.into_iter().filter(|(wrong, _, _)| *wrong).map(|(_, key, reason)| error((key, reason))).collect()
}

/// Whether a feed of this name would be in the way of another address of the output: its page is the folder `{id}/`.
fn is_taken(id: &str) -> bool {
    let extension = id.rsplit_once('.').map(|(_, extension)| extension);
    matches!(id, "article" | "media" | "hub" | "websub")
        || matches!(extension, Some("rss" | "atom" | "json" | "ndjson" | "opml" | "html"))
}
