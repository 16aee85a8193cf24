//! The head of a feed as read: facts about the whole.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Category, Person, Place, Show, Text};

/// What a document says about itself. RSS `channel`, the head of an Atom `feed`, the top level of a JSON Feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// RSS `guid`-less; Atom `id`; CDF `self`.
    pub id: Option<String>,
    /// RSS `title`, Atom `title`, JSON Feed `title`.
    pub title: Option<Text>,
    /// RSS `description`, Atom `subtitle`, JSON Feed `description`.
    pub description: Option<Text>,
    /// The page the feed is about. RSS `link`, Atom `link rel=alternate`, JSON Feed `home_page_url`.
    pub link: Option<String>,
    /// The feed's own address. Atom `link rel=self` (also inside RSS), JSON Feed `feed_url`.
    pub self_link: Option<String>,
    /// WebSub hubs, in order. Atom `link rel=hub` (also inside RSS), JSON Feed `hubs`.
    pub hubs: Vec<String>,
    /// RSS `language`, Atom `xml:lang`, JSON Feed `language`.
    pub language: Option<String>,
    /// RSS `image/url`, Atom `logo`, JSON Feed `icon`.
    pub image: Option<String>,
    /// Atom `icon`, JSON Feed `favicon`.
    pub icon: Option<String>,
    /// RSS `managingEditor`/`dc:creator`, Atom `author`, JSON Feed `authors`.
    pub authors: Vec<Person>,
    /// RSS and Atom `category`.
    pub categories: Vec<Category>,
    /// RSS `copyright`, Atom `rights`.
    pub rights: Option<Text>,
    /// RSS and Atom `generator`.
    pub generator: Option<String>,
    /// Version of the generator. Atom `generator/@version`, or the `v=` in an address that stands for a generator.
    pub generator_version: Option<String>,
    /// Page of the generator. Atom `generator/@uri`, `admin:generatorAgent`, or an RSS `generator` that is an address.
    pub generator_url: Option<String>,
    /// Where the format of the document is told. RSS `docs`.
    pub docs: Option<String>,
    /// RSS `pubDate`; Atom 0.3 `issued`.
    pub published: Option<Timestamp>,
    /// RSS `lastBuildDate`/`dc:date`, Atom `updated`.
    pub updated: Option<Timestamp>,
    /// RSS `ttl` (minutes there), or `sy:updatePeriod` divided by `sy:updateFrequency`.
    pub ttl: Option<Duration>,
    /// RSS `skipHours`: hours of the day in UTC, 0–23, at which not to ask.
    pub skip_hours: Vec<u8>,
    /// RSS `skipDays`: days at which not to ask, 1 = Monday to 7 = Sunday, in UTC.
    pub skip_days: Vec<u8>,
    /// A moment the periods of `ttl` are counted from. `sy:updateBase`.
    pub update_base: Option<Timestamp>,
    /// `itunes:new-feed-url`: where the feed says it has moved.
    pub moved_to: Option<String>,
    /// Whether nothing new will come. JSON Feed `expired`, `itunes:complete`.
    pub expired: bool,
    /// The other documents of a feed that is cut into several. RFC 5005, JSON Feed `next_url`.
    pub pages: Option<Box<Pages>>,
    /// Where to ask to be told of news. RSS `cloud`; noted only.
    pub cloud: Option<Box<Cloud>>,
    /// Address of the license. `creativeCommons:license`, `cc:license`, Atom `link rel=license`, `dcterms:license`.
    pub license: Option<String>,
    /// Where all of it is from. `GeoRSS`, W3C Basic Geo.
    pub place: Option<Box<Place>>,
    /// What a podcast says about itself.
    pub show: Option<Box<Show>>,
}

/// The other documents of a feed that is cut into several: RFC 5005.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pages {
    /// `link rel=first` (§3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// `link rel=previous` (§3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// `link rel=next` (§3), JSON Feed `next_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// `link rel=last` (§3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// The document that holds the newest entries: `link rel=current` (§4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// The archive before this document: `link rel=prev-archive` (§4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_archive: Option<String>,
    /// The archive after this one: `link rel=next-archive` (§4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_archive: Option<String>,
    /// Whether the document holds every entry there is: what it does not hold any more is withdrawn. `fh:complete` (§2).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub complete: bool,
    /// Whether the document is an archive, which does not change any more. `fh:archive` (§4).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub archive: bool,
}

/// Where to ask to be told of news. RSS `cloud`, all of it as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cloud {
    /// The host.
    pub domain: String,
    /// The port.
    pub port: Option<String>,
    /// The path.
    pub path: Option<String>,
    /// The procedure to call.
    pub procedure: Option<String>,
    /// `xml-rpc`, `soap` or `http-post`.
    pub protocol: Option<String>,
}
