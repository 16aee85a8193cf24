//! What goes out: one feed, before it is written in any format.

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::{Article, ArticleId, FeedId, Origin, SourceId};

/// A published feed. Every format is written from this one value, so ids, order and dates agree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Feed {
    /// Permanent name.
    pub id: FeedId,
    /// RSS and Atom `title`.
    pub title: String,
    /// RSS `description`, Atom `subtitle`. Empty falls back to the title where a format demands one.
    pub description: String,
    /// Language of the feed where all entries agree or the operator says so.
    pub language: Option<String>,
    /// Where the output lives; feeds, pages and archives have fixed places under it. Ends in `/`.
    pub base_url: Url,
    /// Newest change among the entries; the Unix epoch for a feed that never had one. RSS `lastBuildDate`, Atom `updated`.
    pub updated: Timestamp,
    /// How long readers may keep a copy, in minutes. RSS `ttl`.
    pub ttl_minutes: Option<u32>,
    /// WebSub hubs that tell readers of changes, in order of preference. `link rel=hub` in Atom and RSS, JSON Feed `hubs`.
    pub hubs: Vec<Url>,
    /// Where this document stands among those of its feed.
    pub history: History,
    /// What it shows of the feed; `None` for the feed itself.
    pub drawn: Option<Drawn>,
    /// What was withdrawn lately, the latest first. Atom `at:deleted-entry`.
    pub deleted: Vec<Tombstone>,
    /// Entries, in output order.
    pub entries: Vec<FeedEntry>,
}

/// Where a document stands in the history of its feed (RFC 5005 §4): the current one, or an archive that does not change
/// any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct History {
    /// Its number among the archives, from 1, the oldest; `None` for the current document.
    pub archive: Option<u32>,
    /// Number of the archive before it. Atom and RSS `link rel=prev-archive`, JSON Feed `next_url`.
    pub previous: Option<u32>,
}

/// What a view shows of a feed. It is a feed of its own, with the entries of the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drawn {
    /// What was asked for, in its one form: `q=water&lang=en`. Part of the addresses.
    pub query: String,
    /// The words that were asked for, as they would be typed.
    pub words: String,
    /// Title of the whole feed.
    pub of: String,
}

/// An article that was withdrawn: RFC 6721.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tombstone {
    /// Its published id. `at:deleted-entry/@ref`.
    pub id: String,
    /// When it was withdrawn. `at:deleted-entry/@when`.
    pub when: Timestamp,
}

/// An article in a feed with the name of the source it came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedEntry {
    /// The article.
    pub article: Article,
    /// Its source. RSS `source`, Atom `source`.
    pub origin: Origin,
    /// The same story as other sources tell it, where the feed merges duplicates; the earliest first. RSS `dc:relation`,
    /// Atom `link rel=related`.
    pub also: Vec<Telling>,
}

/// The stories that articles of several sources tell, each named by the article that told it first.
pub type Stories = std::collections::BTreeMap<ArticleId, ArticleId>;

/// A story as another source tells it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Telling {
    /// The source.
    pub source: SourceId,
    /// What is known of it.
    pub origin: Origin,
    /// Where it tells the story.
    pub link: Url,
    /// Under which title.
    pub title: Option<String>,
}

impl Feed {
    /// The address of the feed's page for people: `{base_url}/{feed}/`.
    #[must_use]
    pub fn page_url(&self) -> String {
        format!("{}{}/{}", self.base_url, self.id, self.question())
    }

    /// What the addresses of a view end in: `?q=water`; nothing for the feed itself.
    #[must_use]
    pub fn question(&self) -> String {
        self.drawn.as_ref().map(|drawn| format!("?{}", drawn.query)).unwrap_or_default()
    }

    /// `urn:uuid:` of the feed, or of this view of it.
    #[must_use]
    pub fn urn(&self) -> String {
        let base = self.base_url.as_str();
        self.drawn.as_ref().map_or_else(|| self.id.urn(base), |drawn| self.id.urn(&format!("{base}?{}", drawn.query)))
    }

    /// The address of this document in the format with this file extension: that of the feed, or of one of its archives.
    #[must_use]
    pub fn document_url(&self, extension: &str) -> String {
        self.history.archive.map_or_else(|| self.url(extension), |number| self.archive_url(number, extension))
    }

    /// The address of an archive: `{base_url}/{feed}/archive/{number}.{extension}`.
    #[must_use]
    pub fn archive_url(&self, number: u32, extension: &str) -> String {
        format!("{}{}/archive/{number}.{extension}", self.base_url, self.id)
    }

    /// The address of the feed in the format with this file extension: `{base_url}/{feed}.{extension}`.
    #[must_use]
    pub fn url(&self, extension: &str) -> String {
        format!("{}{}.{extension}{}", self.base_url, self.id, self.question())
    }
}
