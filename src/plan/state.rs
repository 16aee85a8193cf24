//! What is remembered of a source between refreshes, apart from its articles.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::failing::FailingAddresses;
use super::push::Pushing;
use super::timing::Rhythm;
use super::trouble::Trouble;
use crate::model::Channel;

/// The state of a source: what the schedule decides from and what `status` shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceState {
    /// When to ask again. `None` = not by itself: the source answered 410 Gone and waits to be resumed.
    pub next_due: Option<Timestamp>,
    /// Not before this, whatever anybody says: `Retry-After` of the server.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
    /// How it stands.
    pub health: Health,
    /// What happened last, in a sentence for the operator: what, where and what to do. `None` when all is well.
    #[serde(default)]
    pub message: Option<String>,
    /// Why it is due when it is due, for `status`.
    #[serde(default)]
    pub why: String,
    /// Failures in a row.
    #[serde(default)]
    pub failures: u32,
    /// Last attempt.
    #[serde(default)]
    pub attempted_at: Option<Timestamp>,
    /// Last success, 304 included. `None` = never read: the next reading is the first.
    #[serde(default)]
    pub succeeded_at: Option<Timestamp>,
    /// When an article last came in.
    #[serde(default)]
    pub new_at: Option<Timestamp>,
    /// HTTP status of the last answer.
    #[serde(default)]
    pub status: Option<u16>,
    /// Mean time between new articles in seconds, as learned by versions that knew no habits; taken up once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rhythm_seconds: Option<u64>,
    /// When it publishes, as learned; `None` until it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rhythm: Option<Rhythm>,
    /// What the source itself said about being asked, when it was last read: a 304 does not repeat it.
    #[serde(default)]
    pub limits: SourceLimits,
    /// Title of the source as it names itself.
    #[serde(default)]
    pub title: Option<String>,
    /// Page of the source as it names it.
    #[serde(default)]
    pub home: Option<String>,
    /// The address in the settings that `moving` and `moved_to` are about.
    #[serde(default)]
    pub configured: Option<String>,
    /// Where a permanent redirect leads, and the days (in UTC, `YYYY-MM-DD`) on which it was seen.
    #[serde(default)]
    pub moving: Option<Moving>,
    /// Where the source has moved for good: fetched in place of the configured address.
    #[serde(default)]
    pub moved_to: Option<String>,
    /// What is known of being told of its news by a hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<Box<Pushing>>,
    /// Where its document says it has moved: `itunes:new-feed-url`, RSS `newLocation`. A 304 does not repeat it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says_moved_to: Option<String>,
    /// Those of its several addresses that fail while others can be read.
    #[serde(default, skip_serializing_if = "FailingAddresses::is_empty")]
    pub failing: FailingAddresses,
    /// Readings in a row in which most guids were others than those of last time.
    #[serde(default)]
    pub other_guids: u32,
    /// The trouble it is in, as far as the operator is to hear of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// What a feed says about how often it may be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLimits {
    /// RSS `ttl` or `sy:updatePeriod`, in seconds: not more often than this.
    #[serde(default)]
    pub ttl_seconds: Option<u64>,
    /// RSS `skipHours`: hours of the day in UTC, 0–23.
    #[serde(default)]
    pub skip_hours: Vec<u8>,
    /// RSS `skipDays`: 1 = Monday to 7 = Sunday, in UTC.
    #[serde(default)]
    pub skip_days: Vec<u8>,
}

impl From<&Channel> for SourceLimits {
    fn from(channel: &Channel) -> Self {
        Self {
            ttl_seconds: channel.ttl.map(|ttl| ttl.as_secs()),
            skip_hours: channel.skip_hours.clone(),
            skip_days: channel.skip_days.clone(),
        }
    }
}

/// A permanent redirect being watched: stored after three sightings on different days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    /// Where it leads.
    pub to: String,
    /// The days it was seen on.
    pub days: Vec<jiff::civil::Date>,
}

/// How a source stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// Never asked yet.
    #[default]
    New,
    /// The last attempt worked.
    Ok,
    /// The last attempt worked, but fewer entries came than the operator expects, or fields are missing.
    Suspect,
    /// The last attempt failed; it is tried again by itself.
    Failing,
    /// The server says it is gone for good (410); it waits to be resumed.
    Gone,
}

impl Default for SourceState {
    fn default() -> Self {
        Self {
            next_due: Some(Timestamp::UNIX_EPOCH),
            not_before: None,
            health: Health::New,
            message: None,
            why: String::new(),
            failures: 0,
            attempted_at: None,
            succeeded_at: None,
            new_at: None,
            status: None,
            rhythm_seconds: None,
            rhythm: None,
            limits: SourceLimits::default(),
            title: None,
            home: None,
            configured: None,
            moving: None,
            moved_to: None,
            push: None,
            says_moved_to: None,
            failing: FailingAddresses::new(),
            other_guids: 0,
            trouble: None,
        }
    }
}
