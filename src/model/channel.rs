//! The head of a feed as read: facts about the whole.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Category, Person, Text};

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
    /// A WebSub hub. Atom `link rel=hub`, JSON Feed `hubs`.
    pub hub: Option<String>,
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
    /// `itunes:new-feed-url`: where the feed says it has moved.
    pub moved_to: Option<String>,
}
