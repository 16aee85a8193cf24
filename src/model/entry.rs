//! What a document said: entries as read, with anything missing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Attribution, Category, Channel, Enclosure, Episode, Figure, Media, Origin, Person, Place, Provenance, Text,
};

/// What came in with one document: its channel and its entries, in the document's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What kind of document it was.
    pub dialect: Dialect,
    /// The head.
    pub channel: Channel,
    /// The entries, in the document's order.
    pub entries: Vec<Entry>,
    /// What had to be repaired or could not be read, for the operator; empty for a sound document.
    pub problems: Vec<String>,
}

impl Reading {
    /// The authors of entries that name none: those of the head, where the format says so (RFC 4287 §4.2.1, JSON Feed 1.1).
    /// RSS has an editor in their place, who is no author.
    #[must_use]
    pub fn inherited_authors(&self) -> &[Person] {
        match self.dialect {
            Dialect::Atom | Dialect::JsonFeed | Dialect::HFeed => &self.channel.authors,
            _ => &[],
        }
    }
}

/// The kinds of documents that give entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Dialect {
    /// RSS 0.91 to 0.94 and 2.0: `rss`.
    #[serde(rename = "rss")]
    Rss,
    /// RSS 0.90, 1.0 and 1.1: RDF.
    #[serde(rename = "rdf")]
    Rdf,
    /// Atom 0.3 and 1.0.
    #[serde(rename = "atom")]
    Atom,
    /// JSON Feed 1.0 and 1.1.
    #[serde(rename = "json-feed")]
    JsonFeed,
    /// Channel Definition Format.
    #[serde(rename = "cdf")]
    Cdf,
    /// A page whose classes mark up its entries: h-feed of microformats2, and its forerunner.
    #[serde(rename = "h-feed")]
    HFeed,
    /// A listing page.
    #[serde(rename = "page")]
    Page,
    /// A sitemap.
    #[serde(rename = "sitemap")]
    Sitemap,
}

impl Dialect {
    /// The name people use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rss => "RSS",
            Self::Rdf => "RSS 1.0",
            Self::Atom => "Atom",
            Self::JsonFeed => "JSON Feed",
            Self::Cdf => "CDF",
            Self::HFeed => "h-feed",
            Self::Page => "page",
            Self::Sitemap => "sitemap",
        }
    }
}

/// One entry as its document gave it. Addresses are text: resolved where the document's own address was known, otherwise
/// as written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// RSS `guid`, RSS 1.0 `rdf:about`, Atom `id`, JSON Feed `id`.
    pub guid: Option<String>,
    /// RSS `link` (or a `guid` that is a permalink), Atom `link rel=alternate`, JSON Feed `url`.
    pub link: Option<String>,
    /// RSS `title`, Atom `title`, JSON Feed `title`; the headline of a page.
    pub title: Option<Text>,
    /// RSS `description` beside full content, Atom `summary`, JSON Feed `summary`.
    pub summary: Option<Text>,
    /// `content:encoded`, Atom `content`, JSON Feed `content_html`; the body of a page.
    pub content: Option<Text>,
    /// The base of relative addresses in `content`, where the document set one of its own (`xml:base`); otherwise the
    /// document's address is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The opening paragraph that sums the article up, as a page sets it apart.
    pub lead: Option<String>,
    /// RSS `pubDate`, Atom `published`, JSON Feed `date_published`.
    pub published: Option<Timestamp>,
    /// Atom `updated`, `dcterms:modified`, JSON Feed `date_modified`.
    pub updated: Option<Timestamp>,
    /// RSS `author`/`dc:creator`, Atom `author`, JSON Feed `authors`.
    pub authors: Vec<Person>,
    /// Atom `contributor`, `dc:contributor`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Person>,
    /// `dc:language`, Atom `xml:lang`, JSON Feed `language`.
    pub language: Option<String>,
    /// RSS and Atom `category`, JSON Feed `tags`.
    pub categories: Vec<Category>,
    /// RSS `enclosure`, Atom `link rel=enclosure`, JSON Feed `attachments`.
    pub enclosures: Vec<Enclosure>,
    /// Media RSS `media:content` and `media:thumbnail`.
    pub media: Vec<Media>,
    /// Pictures with their captions.
    pub figures: Vec<Figure>,
    /// The picture that stands for the article. JSON Feed `image`, `og:image`.
    pub image: Option<String>,
    /// "Based on materials of …".
    pub attributions: Vec<Attribution>,
    /// Where (and when) the report was written: "MINSK, June 9".
    pub dateline: Option<String>,
    /// RSS `comments`, Atom `link rel=replies`.
    pub comments: Option<String>,
    /// RSS and Atom `source`: where the entry was first published.
    pub origin: Option<Box<Origin>>,
    /// The page itself, where `link` leads to it by a counter of clicks. `feedburner:origLink`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_link: Option<String>,
    /// What a podcast says about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode: Option<Box<Episode>>,
    /// Where it happened. `GeoRSS`, W3C Basic Geo, `podcast:location`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Box<Place>>,
    /// Address of the license. `creativeCommons:license`, `cc:license`, Atom `link rel=license`, `dcterms:license`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Who holds which rights. Atom `rights`, `dc:rights`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<Text>,
    /// How many comments there were. `slash:comments`, `thr:total`, Atom `link/@thr:count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment_count: Option<u32>,
    /// Feed of the comments. `wfw:commentRss`, Atom `link rel=replies` to a feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments_feed: Option<String>,
    /// What it answers, by id or address. `thr:in-reply-to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// Name of the site, as a page gives it: JSON-LD `publisher`, `og:site_name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Whether a page says that its text is for subscribers: schema.org `isAccessibleForFree`, `article:content_tier`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paywalled: Option<bool>,
    /// Which rung gave each field.
    pub provenance: Provenance,
}

impl Entry {
    /// The page of the entry: what its link leads to at last, where the document says so.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        self.original_link.as_deref().or(self.link.as_deref())
    }
}
