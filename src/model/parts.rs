//! The parts articles and feeds are made of.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// How a [`Text`] is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextKind {
    /// Characters as they are: `<` is a less-than sign.
    Plain,
    /// An HTML fragment, not yet trusted.
    Html,
}

/// Text with its kind. Atom `type`, JSON Feed `content_text`/`content_html`; RSS does not say, its reader decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// How to read `value`.
    pub kind: TextKind,
    /// The characters or the markup.
    pub value: String,
}

impl Text {
    /// Plain characters.
    #[must_use]
    pub fn plain(value: impl Into<String>) -> Self {
        Self { kind: TextKind::Plain, value: value.into() }
    }

    /// An HTML fragment.
    #[must_use]
    pub fn html(value: impl Into<String>) -> Self {
        Self { kind: TextKind::Html, value: value.into() }
    }
}

/// Somebody who wrote or contributed. RSS `author` (address and name in one), Atom `author`, JSON Feed `authors`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Name as shown.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Page of the person.
    pub url: Option<String>,
}

impl Person {
    /// A person known by name only.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

/// A subject. RSS `category` (with `domain`), Atom `category` (`term`, `scheme`, `label`), JSON Feed `tags`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Category {
    /// The subject as the publisher names it.
    pub term: String,
    /// The vocabulary it is from, often an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// The form for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl Category {
    /// A category with nothing but its term.
    #[must_use]
    pub fn term(term: impl Into<String>) -> Self {
        Self { term: term.into(), ..Self::default() }
    }
}

/// Attached media. RSS `enclosure`, Atom `link rel=enclosure`, JSON Feed `attachments`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Enclosure {
    /// Where the file is.
    pub url: String,
    /// Media type, e.g. `audio/mpeg`.
    pub media_type: Option<String>,
    /// Size in bytes as the feed gave it; absent when it was not a number.
    pub length_bytes: Option<u64>,
    /// Title of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How long it plays, in seconds. `media:content/@duration`, JSON Feed `duration_in_seconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
}

/// A Media RSS object: `media:content`, `media:thumbnail`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Where the file is.
    pub url: String,
    /// Media type, or the bare `medium` (`image`, `video`) where no type is given.
    pub media_type: Option<String>,
    /// `media:title` or `media:description` of the object or its group.
    pub caption: Option<String>,
    /// `media:credit`.
    pub credit: Option<String>,
    /// Whether it is a `media:thumbnail`.
    pub thumbnail: bool,
    /// What else is said about the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Box<MediaFacts>>,
}

/// What a [`Media`] says about its file. The attributes of `media:content`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaFacts {
    /// The `media:group` it is in, counted from 1: the objects of a group are the same thing in several forms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
    /// Whether it is the form of its group to take. `isDefault`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_default: bool,
    /// `full`, `sample` or `nonstop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// In pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// In pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// `duration`, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
    /// `bitrate`, in kilobits per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u32>,
    /// `fileSize`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_bytes: Option<u64>,
    /// `lang`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Title of the file. `media:title`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A page that plays it. `media:player`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub player: Option<String>,
    /// Everybody named in a `media:credit`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credits: Vec<Credit>,
}

/// Somebody who made a file, with the part taken in it. `media:credit`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// The name.
    pub name: String,
    /// The part, e.g. `photographer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// A picture of the article with what is written under it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Address of the picture; `None` where only the caption line is known.
    pub url: Option<String>,
    /// What the picture shows.
    pub caption: Option<String>,
    /// Where it was taken.
    pub place: Option<String>,
    /// Who made or provided it.
    pub credit: Option<String>,
    /// Text in place of the picture (`alt`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<String>,
}

/// A named thing with an optional address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Where it lives.
    pub url: Option<String>,
}

/// A line that says whose material the article rests on: "Based on materials of …".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// The line as printed.
    pub text: String,
    /// The names in it with their links; empty when the line names nobody.
    pub names: Vec<Named>,
}

/// Where an article was first published. RSS `source`, Atom `source`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Atom `id` of the feed.
    pub id: Option<String>,
    /// Title of the feed.
    pub title: Option<String>,
    /// Address of the feed. RSS `source/@url`, Atom `link rel=self`.
    pub feed_url: Option<String>,
    /// Address of its page. Atom `link rel=alternate`.
    pub home: Option<String>,
}

/// The rung of the extraction ladder that gave a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// A rule of a site file.
    Rule,
    /// The feed or listing that named the page.
    Feed,
    /// JSON-LD in the page.
    JsonLd,
    /// Microdata or RDFa attributes.
    Microdata,
    /// Open Graph and other `meta` elements.
    OpenGraph,
    /// Reading the page like a person would.
    Heuristic,
}

impl Rung {
    /// The rung's name in output and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Feed => "feed",
            Self::JsonLd => "json-ld",
            Self::Microdata => "microdata",
            Self::OpenGraph => "open-graph",
            Self::Heuristic => "heuristic",
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The fields of an article that are found rather than given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Headline.
    Title,
    /// Opening paragraph set apart.
    Lead,
    /// The text itself.
    Body,
    /// Who wrote it.
    Authors,
    /// When it was published.
    Published,
    /// When it was last changed.
    Updated,
    /// Language of the text.
    Language,
    /// Place line.
    Dateline,
    /// Subjects.
    Categories,
    /// Canonical address.
    Canonical,
    /// Main picture.
    Image,
    /// Pictures with captions.
    Figures,
    /// Whose material it rests on.
    Attributions,
}

impl Field {
    /// Every field, in the order they are shown.
    pub const ALL: [Self; 13] = [
        Self::Title,
        Self::Lead,
        Self::Body,
        Self::Authors,
        Self::Published,
        Self::Updated,
        Self::Language,
        Self::Dateline,
        Self::Categories,
        Self::Canonical,
        Self::Image,
        Self::Figures,
        Self::Attributions,
    ];

    /// The field's name in site files and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Lead => "lead",
            Self::Body => "body",
            Self::Authors => "authors",
            Self::Published => "published",
            Self::Updated => "updated",
            Self::Language => "language",
            Self::Dateline => "dateline",
            Self::Categories => "categories",
            Self::Canonical => "canonical",
            Self::Image => "image",
            Self::Figures => "figures",
            Self::Attributions => "attributions",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which rung gave each field that has a value.
pub type Provenance = BTreeMap<Field, Rung>;
