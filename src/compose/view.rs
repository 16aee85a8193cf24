//! A part of a feed that a reader asks for: `?q=water "new bridge"&source=gazette&lang=en&since=7d`.
//!
//! [`View::read`] takes what follows the question mark and says what is wrong with it; [`View::query`] is the one form of
//! everything that means the same. Words are found whole, in title and text, whatever their case and accents. Strangers write
//! this: everything is bounded.

use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use url::form_urlencoded;

use super::Recipe;
use super::filter::{fold, speaks};
use crate::address;
use crate::language;
use crate::model::{Article, SourceId};
use crate::units;

/// Bytes of a query.
const QUERY_BYTES: usize = 1_024;
/// Words and phrases of `q`, and names of `source` or `lang`.
const MOST: usize = 8;
/// Characters of a word or phrase.
const TERM_CHARACTERS: usize = 100;
/// The keys there are.
const KEYS: &str =
    "there are `q` (words and \"phrases\"), `source` (ids of sources), `lang` (en, pt-BR), `since` (7d, 2026-03-01)";
/// Marks from this combining class on are accents. Below are those that are parts of letters: of kana, of Indic scripts.
const ACCENTS: u8 = 10;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// Folded, each between two spaces: all must occur.
    terms: Vec<String>,
    /// One of these, in order.
    sources: Vec<SourceId>,
    /// In one of these, lower case, in order.
    languages: Vec<String>,
    since: Option<Since>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Day(Date),
    Moment(Timestamp),
    /// Before the present.
    Ago(SignedDuration),
}

/// Why a query cannot be read: what is wrong, and how to write it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

fn unreadable<T>(message: impl Into<String>) -> Result<T, Unreadable> {
    Err(Unreadable(message.into()))
}

impl View {
    /// Reads what follows the question mark of an address. Keys without a value count as not there: forms send them.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read(query: &str) -> Result<Self, Unreadable> {
        if query.len() > QUERY_BYTES {
            return unreadable(format!("the query is longer than {QUERY_BYTES} bytes: ask for less"));
        }
        let mut view = Self::default();
        let mut is_worded = false;
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            // What campaigns and scripts put behind any address asks for nothing.
            if key == "_" || address::is_tracking(&key) {
                continue;
            }
            let value = value.trim();
            if value.contains('\u{fffd}') {
                return unreadable(format!("`{key}` is not UTF-8: percent-encode it as UTF-8"));
            }
            match &*key {
                "q" | "source" | "lang" | "since" if value.is_empty() => {}
                "q" if !is_worded => {
                    view.terms = terms(value)?;
                    is_worded = true;
                }
                "source" => view.sources.extend(names(value, source)?),
                "lang" => view.languages.extend(names(value, language)?),
                "since" if view.since.is_none() => view.since = Some(Since::read(value)?),
                "q" | "since" => return unreadable(format!("`{key}` is given twice: write it once")),
                _ => return unreadable(format!("`{}` is no key here: {KEYS}", shown(&key))),
            }
        }
        view.sources.sort_unstable();
        view.sources.dedup();
        view.languages.sort_unstable();
        view.languages.dedup();
        for (key, count) in [("source", view.sources.len()), ("lang", view.languages.len())] {
            if count > MOST {
                return unreadable(format!("`{key}` names {count}: name {MOST} at most"));
            }
        }
        Ok(view)
    }

    /// Whether it asks for nothing in particular: the feed itself.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Its one form: equal for all queries that ask for the same.
    #[must_use]
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.terms.is_empty() {
            query.append_pair("q", &self.words());
        }
        query.extend_pairs(self.sources.iter().map(|source| ("source", source.as_str())));
        query.extend_pairs(self.languages.iter().map(|language| ("lang", language.as_str())));
        if let Some(since) = self.since {
            query.append_pair("since", &since.write());
        }
        query.finish()
    }

    /// The words as they would be typed.
    #[must_use]
    pub fn words(&self) -> String {
        let term = |term: &String| {
            let term = term.trim();
            if term.contains(' ') { format!("\"{term}\"") } else { term.to_owned() }
        };
        self.terms.iter().map(term).collect::<Vec<_>>().join(" ")
    }

    /// The sources it is limited to; none = every one.
    #[must_use]
    pub fn sources(&self) -> &[SourceId] {
        &self.sources
    }

    /// Articles announced before this are not in it.
    #[must_use]
    pub fn oldest(&self, now: Timestamp) -> Option<Timestamp> {
        Some(match self.since? {
            Since::Day(day) => TimeZone::UTC.to_timestamp(day.to_datetime(Time::midnight())).unwrap_or(Timestamp::MAX),
            Since::Moment(moment) => moment,
            Since::Ago(ago) => now.checked_sub(ago).unwrap_or(Timestamp::MIN),
        })
    }

    /// Whether it shows something else as time goes by.
    #[must_use]
    pub fn moves(&self) -> bool {
        matches!(self.since, Some(Since::Ago(_)))
    }

    /// What it shows, for a title: `water, “new bridge”, from The Gazette, in English`.
    #[must_use]
    pub fn describe(&self, name: &dyn Fn(&SourceId) -> String) -> String {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.terms.iter().map(|term| {
            let term = term.trim();
            if term.contains(' ') { format!("“{term}”") } else { term.to_owned() }
        }));
        if !self.sources.is_empty() {
            parts.push(format!("from {}", any_of(&self.sources.iter().map(name).collect::<Vec<_>>())));
        }
        if !self.languages.is_empty() {
            let called = |tag: &String| match language::name(tag) {
                Some(name) if !tag.contains('-') => name.to_owned(),
                _ => tag.clone(),
            };
            parts.push(format!("in {}", any_of(&self.languages.iter().map(called).collect::<Vec<_>>())));
        }
        parts.extend(self.since.map(Since::describe));
        parts.join(", ")
    }

    /// Whether an article is what is asked for.
    #[must_use]
    pub fn fits(&self, article: &Article, now: Timestamp) -> bool {
        let content = &article.content;
        (self.sources.is_empty() || self.sources.contains(&article.source))
            && self.oldest(now).is_none_or(|oldest| article.announced_at.is_some_and(|at| at >= oldest))
            && (self.languages.is_empty()
                || content.language.as_deref().is_some_and(|tag| speaks(&self.languages, tag)))
            && self.says(content.title.as_deref().unwrap_or_default(), &content.text)
    }

    fn says(&self, title: &str, text: &str) -> bool {
        if self.terms.is_empty() {
            return true;
        }
        let title = bare(title);
        let mut rest = self.terms.iter().filter(|term| !title.contains(term.as_str())).peekable();
        if rest.peek().is_none() {
            return true;
        }
        let text = bare(text);
        rest.all(|term| text.contains(term.as_str()))
    }

    /// A feed of it: of its title, without its limits of age and per source, and of no more entries and bytes than given.
    #[must_use]
    pub fn recipe(&self, of: &Recipe, title: String, items: usize, bytes: u64) -> Recipe {
        of.with(|settings| {
            settings.title = title;
            settings.limit.items = settings.limit.items.min(items);
            settings.limit.bytes.0 = settings.limit.bytes.0.min(bytes);
            (settings.limit.age, settings.limit.per_source) = (None, None);
        })
    }
}

/// The words of a text without case and accents, each between two single spaces.
fn bare(text: &str) -> String {
    if text.is_ascii() {
        return fold(text);
    }
    let (apart, together) = (DecomposingNormalizerBorrowed::new_nfd(), ComposingNormalizerBorrowed::new_nfc());
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let letters = apart.normalize_iter(text.chars().flat_map(char::to_lowercase));
    let plain: String = together.normalize_iter(letters.filter(|c| classes.get_u8(*c) < ACCENTS)).collect();
    fold(&plain)
}

/// Words, and phrases between quotation marks.
fn terms(text: &str) -> Result<Vec<String>, Unreadable> {
    let mut terms: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| !c.is_whitespace()) {
        rest = &rest[at..];
        let (term, after) = match rest.strip_prefix(QUOTES) {
            Some(inside) => match inside.find(QUOTES) {
                Some(end) => (&inside[..end], inside[end..].strip_prefix(QUOTES).unwrap_or_default()),
                None => return unreadable("`q`: a quotation mark is not closed: write \"new bridge\""),
            },
            None => rest.split_at(rest.find(|c: char| c.is_whitespace() || QUOTES.contains(&c)).unwrap_or(rest.len())),
        };
        rest = after;
        if term.chars().count() > TERM_CHARACTERS {
            return unreadable(format!("`q`: a word or phrase is longer than {TERM_CHARACTERS} characters"));
        }
        let folded = bare(term);
        if folded.trim().is_empty() {
            return unreadable(format!("`q`: `{}` has no word in it", shown(term)));
        }
        if !terms.contains(&folded) {
            terms.push(folded);
        }
        if terms.len() > MOST {
            return unreadable(format!("`q` has more than {MOST} words and phrases: write fewer"));
        }
    }
    Ok(terms)
}

const QUOTES: [char; 5] = ['"', '“', '”', '«', '»'];

/// Names divided by commas.
fn names<T>(text: &str, read: fn(&str) -> Result<T, Unreadable>) -> Result<Vec<T>, Unreadable> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(read).collect()
}

fn source(name: &str) -> Result<SourceId, Unreadable> {
    name.parse().or_else(|error| unreadable(format!("`source`: {error}")))
}

fn language(tag: &str) -> Result<String, Unreadable> {
    let mut parts = tag.split('-');
    let is_primary = |part: &str| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if parts.next().is_some_and(is_primary) && tag.len() <= 35 && parts.all(is_part) {
        return Ok(tag.to_ascii_lowercase());
    }
    unreadable(format!("`lang`: `{}` is no tag of a language: write en or pt-BR", shown(tag)))
}

impl Since {
    fn read(text: &str) -> Result<Self, Unreadable> {
        // A plus in an address stands for a space, which many forget.
        let moment = text.replace(' ', "+");
        if let Ok(day) = text.parse::<Date>()
            && text.len() == 10
        {
            return Ok(Self::Day(day));
        }
        if let Ok(moment) = moment.parse::<Timestamp>() {
            return Ok(Self::Moment(moment));
        }
        let ago = units::parse_duration(text).ok().and_then(|ago| SignedDuration::try_from(ago).ok());
        match ago.filter(SignedDuration::is_positive) {
            Some(ago) => Ok(Self::Ago(ago)),
            None => unreadable(format!(
                "`since`: `{}` is no day, time or duration: write 2026-03-01, 2026-03-01T12:00:00Z, 7d or 12h",
                shown(text)
            )),
        }
    }

    fn write(self) -> String {
        match self {
            Self::Day(day) => day.to_string(),
            Self::Moment(moment) => moment.to_string(),
            Self::Ago(ago) => units::write_duration(ago.unsigned_abs()),
        }
    }

    fn describe(self) -> String {
        match self {
            Self::Day(day) => format!("since {}", day.strftime("%-d %B %Y")),
            Self::Moment(moment) => format!("since {}", moment.strftime("%-d %B %Y, %H:%M UTC")),
            Self::Ago(ago) => format!("of the last {}", units::spell_duration(ago.unsigned_abs())),
        }
    }
}

fn any_of(names: &[String]) -> String {
    names.join(" or ")
}

/// What a stranger wrote, fit to be shown.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::samples::{self, now};

    fn read(query: &str) -> View {
        View::read(query).unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    #[test]
    fn a_query_has_one_form_and_says_what_it_shows() {
        let rows = [
            ("q=Water", "q=water", "water"),
            ("q=+Water++water", "q=water", "water"),
            ("q=%22New+Bridge%22+water", "q=%22new+bridge%22+water", "“new bridge”, water"),
            ("q=%E2%80%9CN%C3%A9w+bridge%E2%80%9D", "q=%22new+bridge%22", "“new bridge”"),
            ("q=co-operate", "q=%22co+operate%22", "“co operate”"),
            ("lang=EN&q=water", "q=water&lang=en", "water, in English"),
            (
                "lang=pt-BR,de&source=b&source=a,b",
                "source=a&source=b&lang=de&lang=pt-br",
                "from A or B, in German or pt-br",
            ),
            ("since=2026-03-01&q=", "since=2026-03-01", "since 1 March 2026"),
            ("since=168h", "since=7d", "of the last 7 d"),
            ("since=2026-03-01T14:00:00+02:00", "since=2026-03-01T12%3A00%3A00Z", "since 1 March 2026, 12:00 UTC"),
            ("q=&lang=&source=&since=", "", ""),
            ("utm_source=x&fbclid=y&_=1700000000", "", ""),
            ("utm_source=x&q=water", "q=water", "water"),
        ];
        for (query, form, shown) in rows {
            let view = read(query);
            assert_eq!(view.query(), form, "{query}");
            assert_eq!(view.describe(&|source| source.as_str().to_uppercase()), shown, "{query}");
            assert_eq!(read(&view.query()), view, "{query}: its form asks for the same");
            assert_eq!(view.is_everything(), form.is_empty(), "{query}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_what_would_be_right() {
        let many = (0..9).map(|n| format!("w{n}")).collect::<Vec<_>>().join("+");
        let long = "x".repeat(101);
        let rows = [
            ("query=water", "`query` is no key"),
            ("words=x", "`q` (words"),
            ("q=%22open", "not closed"),
            ("q=%E2%80%A6", "no word"),
            ("q=%ff", "UTF-8"),
            ("q=a&q=b", "given twice"),
            ("since=1d&since=2d", "given twice"),
            ("since=yesterday", "7d or 12h"),
            ("since=0s", "7d or 12h"),
            ("lang=english", "pt-BR"),
            ("source=Two+Words", "`source`"),
            (&format!("q={many}"), "more than 8"),
            (&format!("q={long}"), "longer than 100"),
            (&format!("lang={}", "aa,ab,ac,ad,ae,af,ag,ah,ai"), "name 8 at most"),
            (&"q=a&".repeat(300), "1024 bytes"),
        ];
        for (query, wanted) in rows {
            let error = View::read(query).expect_err(query).to_string();
            assert!(error.contains(wanted), "{query}: {error}");
        }
    }

    #[test]
    fn words_are_found_whole_whatever_their_case_and_accents() {
        let mut article = samples::article("one", 30);
        article.content.title = Some("Café Müller eröffnet".to_owned());
        article.content.text = "Ёлка в городе. The NEW bridge, opened. 東京で会議が開かれた が か नदी का जल".to_owned();
        article.content.language = Some("de-AT".to_owned());
        let rows = [
            ("q=cafe", true),
            ("q=CAF%C3%89+muller", true),
            ("q=caf", false),
            ("q=%22cafe+muller%22", true),
            ("q=%22muller+cafe%22", false),
            ("q=елка", true),
            ("q=%22new+bridge%22+eroffnet", true),
            ("q=%22eroffnet+elka%22", false),
            ("q=bridge+missing", false),
            ("q=会議", true),
            ("q=議会", false),
            ("q=जल", true),
            ("lang=de", true),
            ("lang=de-at,fr", true),
            ("lang=en", false),
            ("source=one", true),
            ("source=two", false),
            ("since=2d", true),
            ("since=1d", false),
            ("since=2026-03-09", true),
            ("since=2026-03-10", false),
            ("q=cafe&lang=en", false),
        ];
        for (query, wanted) in rows {
            assert_eq!(read(query).fits(&article, now()), wanted, "{query}");
        }
    }
}
