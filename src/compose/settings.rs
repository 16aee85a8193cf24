//! The settings of one published feed: `[[feed]]` in the settings file.

use serde::Deserialize;

use super::rewrite::{Body, Rewrite};
use super::rule::Rule;
use super::units::{Age, Bytes};
use crate::model::{FeedId, Format, SourceId};

/// One `[[feed]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Permanent name; the last part of its addresses.
    pub id: FeedId,
    /// What readers see.
    pub title: String,
    /// What it is about, in a sentence.
    #[serde(default)]
    pub description: String,
    /// BCP 47 tag. Default: the language its entries share.
    #[serde(default)]
    pub language: Option<String>,
    /// Where its articles come from: source ids, `tag:…`, `*`.
    pub sources: Vec<Selector>,
    /// The formats it is published in. Default: those that readers subscribe to.
    #[serde(default = "usual_formats")]
    pub formats: Vec<Format>,
    /// What comes first. Default: what was announced last.
    #[serde(default)]
    pub order: Order,
    /// How much it holds.
    #[serde(default)]
    pub limit: Limit,
    /// What to do with one story from two sources. Default: keep both.
    #[serde(default)]
    pub duplicates: Duplicates,
    /// Only articles that fit one of these; all when there is none.
    #[serde(default)]
    pub keep: Vec<Rule>,
    /// No article that fits one of these, `keep` or not.
    #[serde(default)]
    pub drop: Vec<Rule>,
    /// What every title begins with; `{source}` is the name of the source. Default: that of `[rules]`.
    #[serde(default)]
    pub title_prefix: Option<String>,
    /// What is replaced in titles, after that of `[rules]`.
    #[serde(default)]
    pub rewrite: Vec<Rewrite>,
    /// How much of each article is in it. Default: that of `[rules]`.
    #[serde(default)]
    pub body: Option<Body>,
    /// A last line of every article; `{source}` is the name of the source, a link to the article. Default: that of `[rules]`.
    #[serde(default)]
    pub footer: Option<String>,
    /// Whether what leaves the feed stays readable in archives (RFC 5005), complete back to the first article. Default: no.
    #[serde(default)]
    pub archive: bool,
    /// How long readers may keep a copy before they ask again. Default: not said.
    #[serde(default)]
    pub ttl: Option<Age>,
}

/// `[rules]`: what holds for every feed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Only articles that fit one of these, whatever the feed; all when there is none.
    pub keep: Vec<Rule>,
    /// No article that fits one of these, whatever the feed.
    pub drop: Vec<Rule>,
    /// What every title begins with, where a feed does not say.
    pub title_prefix: Option<String>,
    /// What is replaced in titles, before what a feed replaces.
    pub rewrite: Vec<Rewrite>,
    /// How much of each article is in a feed that does not say. Default: all.
    pub body: Option<Body>,
    /// A last line of every article, where a feed does not say.
    pub footer: Option<String>,
}

impl Rules {
    /// The sources that its rules name.
    #[must_use]
    pub fn named(&self) -> Vec<Selector> {
        named(&self.keep, &self.drop, &self.rewrite)
    }
}

fn named(keep: &[Rule], drop: &[Rule], rewrite: &[Rewrite]) -> Vec<Selector> {
    let mut named = Vec::new();
    let conditions = rewrite.iter().filter_map(|step| step.when.as_ref());
    keep.iter().chain(drop).chain(conditions).for_each(|rule| rule.name_sources(&mut named));
    named
}

impl Settings {
    /// The sources that it takes, and those that its rules name.
    #[must_use]
    pub fn named(&self) -> Vec<Selector> {
        [self.sources.clone(), named(&self.keep, &self.drop, &self.rewrite)].concat()
    }

    /// Whether the feed takes articles of this source.
    #[must_use]
    pub fn selects(&self, source: &SourceId, tags: &[String]) -> bool {
        self.sources.iter().any(|selector| match selector {
            Selector::All => true,
            Selector::Tag(tag) => tags.contains(tag),
            Selector::Source(id) => id == source,
        })
    }
}

fn usual_formats() -> Vec<Format> {
    Format::FEEDS.to_vec()
}

/// One way to choose sources.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Selector {
    /// `*`: every source.
    All,
    /// `tag:…`: the sources with this tag.
    Tag(String),
    /// One source.
    Source(SourceId),
}

impl TryFrom<String> for Selector {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::All);
        }
        match text.strip_prefix("tag:").map(str::trim) {
            Some("") => Err("`tag:` names no tag: write it as `tag:world`".to_owned()),
            Some(tag) => Ok(Self::Tag(tag.to_owned())),
            None => text.parse().map(Self::Source).map_err(|error| format!("{error}, or write `tag:…` or `*`")),
        }
    }
}

/// The order of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// By the moment they took their place in the output, so that a late arrival is seen.
    #[default]
    Announced,
    /// By their own date of publication.
    Published,
}

/// What to do with articles that tell one story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// Keep them all.
    #[default]
    All,
    /// Keep the one that was announced first.
    First,
    /// Keep the one that was announced first, and let it name the others.
    Merge,
}

/// How much a feed holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limit {
    /// At most so many entries. Default 100.
    pub items: usize,
    /// At most so many bytes in the largest format; the oldest entries are shortened to their summary first, then left
    /// out. Readers give up on feeds above 0.5 to 1 MB. Default 500 kB.
    pub bytes: Bytes,
    /// Only entries announced within this. Default: no limit.
    pub age: Option<Age>,
    /// At most so many entries of one source, the first of the order. Default: no limit.
    pub per_source: Option<usize>,
}

impl Default for Limit {
    fn default() -> Self {
        Self { items: 100, bytes: Bytes(500_000), age: None, per_source: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_short_table_gets_the_defaults() {
        let settings = read("id = 'a'\ntitle = 'A'\nsources = ['*']").expect("valid");
        assert_eq!(settings.formats, Format::FEEDS);
        assert_eq!(settings.order, Order::Announced);
        assert_eq!((settings.limit.items, settings.limit.bytes.0, settings.limit.age), (100, 500_000, None));
        assert_eq!(settings.duplicates, Duplicates::All);
    }

    #[test]
    fn selectors_choose_by_id_tag_or_everything() {
        let settings = read("id = 'a'\ntitle = 'A'\nsources = ['one', 'tag:world']").expect("valid");
        let (one, two): (SourceId, SourceId) = ("one".parse().expect("valid"), "two".parse().expect("valid"));
        assert!(settings.selects(&one, &[]));
        assert!(!settings.selects(&two, &["local".to_owned()]));
        assert!(settings.selects(&two, &["world".to_owned()]));
    }

    #[test]
    fn mistakes_are_refused_with_what_would_be_right() {
        let rows = [
            ("sources = ['Two Words']", "`tag:…`"),
            ("sources = ['tag:']", "tag:world"),
            ("sources = ['*']\nlimit = { bytes = 'big' }", "500 kB"),
            ("sources = ['*']\nlimit = { age = '1 year' }", "`7d`"),
            ("sources = ['*']\nlimit = { entries = 5 }", "items"),
            ("sources = ['*']\nformats = ['pdf']", "rss"),
            ("sources = ['*']\nfilters = []", "unknown field `filters`"),
            ("sources = ['*']\ndrop = [{ titel = 'x' }]", "unknown field `titel`"),
        ];
        for (text, wanted) in rows {
            let error = read(&format!("id = 'a'\ntitle = 'A'\n{text}")).expect_err(text);
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
