//! What to tell the operator about a source that was read: too few entries, missing fields, silence.
//!
//! A redesigned site rarely answers with an error. It answers with a page in which nothing is found, or everything but the
//! date. That is a reading like any other, so it is judged here: the last good feed stays up, and a person is told.
//! Failures to fetch are told by the fetcher.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Health;
use crate::model::{Content, Field};
use crate::units::{self, spell_duration};

/// `[health]` of a source: what is normal for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Fewer entries than this are suspect. A page source with none at all always is.
    pub min_items: usize,
    /// Longer without a new article is suspect, e.g. `"7d"`.
    #[serde(with = "units::optional_duration", skip_serializing_if = "Option::is_none")]
    pub max_silence: Option<Duration>,
    /// Fields every article must have, e.g. `["title", "published", "body"]`.
    pub require: Vec<Field>,
}

/// What a reading brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Whether it is read from a page, not from a feed.
    pub is_page: bool,
    /// Entries in the document; `None` when it was not read again (304, same bytes).
    pub entries: Option<usize>,
    /// New articles that were checked for required fields.
    pub checked: usize,
    /// How many of those lack which field; see [`missing`].
    pub missing: Vec<(Field, usize)>,
    /// When an article last came in, this reading included.
    pub new_at: Option<Timestamp>,
}

/// How the source stands after a reading, and what to tell. `held` is how it stood before and what was told: where nothing
/// was read again, that goes on holding.
#[must_use]
pub fn assess(
    settings: &Settings,
    seen: &Seen,
    held: (Health, Option<&str>),
    now: Timestamp,
) -> (Health, Option<String>) {
    let mut told: Vec<String> = Vec::new();
    match seen.entries {
        None if held.0 == Health::Suspect => return (Health::Suspect, held.1.map(str::to_owned)),
        Some(0) if seen.is_page => {
            told.push(
                "no entries were found: has the layout changed? see what `courant read --listing` finds".to_owned(),
            );
        }
        Some(entries) if entries < settings.min_items => told.push(format!(
            "only {entries} of at least {} entries were found (`health.min_items`): has the layout changed?",
            settings.min_items
        )),
        Some(_) | None => {}
    }
    told.extend(seen.missing.iter().filter(|(_, count)| *count > 0).map(|(field, count)| {
        format!("{count} of {} new articles have no `{}` (`health.require`)", seen.checked, field.name())
    }));
    let silence = seen.new_at.and_then(|last| Duration::try_from(now.duration_since(last)).ok());
    if let (Some(silence), Some(most)) = (silence, settings.max_silence)
        && silence > most
    {
        told.push(format!(
            "nothing new for {}, longer than {} (`health.max_silence`)",
            spell_duration(silence),
            spell_duration(most)
        ));
    }
    if told.is_empty() { (Health::Ok, None) } else { (Health::Suspect, Some(told.join("; "))) }
}

/// How many of `articles` lack each of the `required` fields.
#[must_use]
pub fn missing<'a>(
    required: &[Field],
    articles: impl IntoIterator<Item = &'a Content, IntoIter: Clone>,
) -> Vec<(Field, usize)> {
    let articles = articles.into_iter();
    let count = |field| articles.clone().filter(|article| !has(article, field)).count();
    required.iter().map(|field| (*field, count(*field))).collect()
}

fn has(article: &Content, field: Field) -> bool {
    let is_said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    match field {
        Field::Title => is_said(&article.title),
        Field::Lead => is_said(&article.lead),
        Field::Body => !article.body.trim().is_empty(),
        Field::Authors => !article.authors.is_empty(),
        Field::Published => article.published.is_some(),
        Field::Updated => article.updated.is_some(),
        Field::Language => is_said(&article.language),
        Field::Dateline => is_said(&article.dateline),
        Field::Categories => !article.categories.is_empty(),
        Field::Canonical => true,
        Field::Image => article.image.is_some() || !article.figures.is_empty(),
        Field::Figures => !article.figures.is_empty(),
        Field::Attributions => !article.attributions.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn settings() -> Settings {
        toml::from_str("min_items = 5\nmax_silence = \"7d\"\nrequire = [\"title\", \"published\", \"body\"]").unwrap()
    }

    #[test]
    fn what_is_suspect_is_told_and_the_rest_is_well() {
        let well = Seen { entries: Some(10), new_at: Some(now()), ..Seen::default() };
        let rows: [(&str, Settings, Seen, Option<&str>); 10] = [
            ("well", settings(), well.clone(), None),
            ("just enough", settings(), Seen { entries: Some(5), ..well.clone() }, None),
            ("too few", settings(), Seen { entries: Some(4), ..well.clone() }, Some("only 4 of at least 5")),
            ("none in a feed", Settings::default(), Seen { entries: Some(0), ..well.clone() }, None),
            (
                "none on a page",
                Settings::default(),
                Seen { is_page: true, entries: Some(0), ..well.clone() },
                Some("no entries were found"),
            ),
            ("unchanged", settings(), Seen { entries: None, ..well.clone() }, None),
            (
                "no dates",
                settings(),
                Seen { checked: 3, missing: vec![(Field::Title, 0), (Field::Published, 2)], ..well.clone() },
                Some("2 of 3 new articles have no `published`"),
            ),
            (
                "silent",
                settings(),
                Seen { new_at: Some("2026-02-20T12:00:00Z".parse().unwrap()), ..well.clone() },
                Some("nothing new for 9 d"),
            ),
            (
                "silent and unchanged",
                settings(),
                Seen { entries: None, new_at: Some("2026-02-20T12:00:00Z".parse().unwrap()), ..well.clone() },
                Some("nothing new for 9 d"),
            ),
            ("never anything", settings(), Seen { new_at: None, ..well }, None),
        ];
        for (name, settings, seen, wanted) in rows {
            let (health, message) = assess(&settings, &seen, (Health::Ok, None), now());
            assert_eq!(health == Health::Suspect, wanted.is_some(), "{name}");
            assert_eq!(message.is_some(), wanted.is_some(), "{name}");
            assert!(message.unwrap_or_default().contains(wanted.unwrap_or_default()), "{name}");
        }
    }

    #[test]
    fn everything_suspect_is_told_at_once() {
        let seen = Seen {
            entries: Some(1),
            checked: 1,
            missing: vec![(Field::Body, 1)],
            new_at: Some(Timestamp::UNIX_EPOCH),
            ..Seen::default()
        };
        let (_, message) = assess(&settings(), &seen, (Health::Ok, None), now());
        assert_eq!(message.unwrap().matches("; ").count(), 2);
    }

    #[test]
    fn a_suspicion_holds_until_the_document_changes() {
        let unchanged = Seen { new_at: Some(now()), ..Seen::default() };
        let held = assess(&settings(), &unchanged, (Health::Suspect, Some("only 4")), now());
        assert_eq!(held, (Health::Suspect, Some("only 4".to_owned())));
        let recovered = assess(&settings(), &unchanged, (Health::Failing, Some("refused")), now());
        assert_eq!(recovered, (Health::Ok, None));
        let read = Seen { entries: Some(9), ..unchanged };
        assert_eq!(assess(&settings(), &read, (Health::Suspect, Some("only 4")), now()), (Health::Ok, None));
    }

    #[test]
    fn missing_fields_are_counted() {
        let bare = Content { title: Some(" ".to_owned()), ..Content::new("https://a.example/".parse().unwrap()) };
        let full =
            Content { title: Some("T".to_owned()), body: "<p>x".to_owned(), published: Some(now()), ..bare.clone() };
        let counts = missing(&[Field::Title, Field::Body, Field::Published, Field::Canonical], [&bare, &full, &full]);
        assert_eq!(counts, [(Field::Title, 1), (Field::Body, 1), (Field::Published, 1), (Field::Canonical, 0)]);
        assert!(Field::ALL.iter().all(|field| missing(&[*field], [])[0].1 == 0));
    }
}
