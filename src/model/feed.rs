//! What goes out: one feed, before it is written in any format.

use jiff::Timestamp;
use url::Url;

use super::{Article, FeedId, Origin, SourceId};

/// A published feed. Every format is written from this one value, so ids, order and dates agree.
#[derive(Debug, Clone, PartialEq)]
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
    /// Entries, in output order.
    pub entries: Vec<FeedEntry>,
}

/// An article in a feed with the name of the source it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedEntry {
    /// The article.
    pub article: Article,
    /// Its source. RSS `source`, Atom `source`.
    pub origin: Origin,
    /// The same story as other sources tell it, where the feed merges duplicates; the earliest first. RSS `dc:relation`,
    /// Atom `link rel=related`.
    pub also: Vec<Telling>,
}

/// A story as another source tells it.
#[derive(Debug, Clone, PartialEq)]
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
        format!("{}{}/", self.base_url, self.id)
    }

    /// The address of the feed in the format with this file extension: `{base_url}/{feed}.{extension}`.
    #[must_use]
    pub fn url(&self, extension: &str) -> String {
        format!("{}{}.{extension}", self.base_url, self.id)
    }
}
