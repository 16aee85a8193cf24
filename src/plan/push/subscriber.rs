//! Somebody who subscribed at our own hub (§5, §7): told of each change, tried again, given up.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::{backoff, later};
use crate::model::Digest;

/// Deliveries that fail in a row before a subscriber is dropped: some two days.
pub const GIVE_UP: u32 = 10;

/// The wait after the first failed delivery, doubled with each further one, and the longest.
const RETRY: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(12));

/// The lease given where none is asked for, and its bounds.
const LEASE: Duration = Duration::from_hours(10 * 24);
const LEASES: (Duration, Duration) = (Duration::from_mins(5), Duration::from_hours(30 * 24));

/// The lease given to somebody who asks for so much.
#[must_use]
pub fn longest_lease(asked: Option<Duration>) -> Duration {
    asked.unwrap_or(LEASE).clamp(LEASES.0, LEASES.1)
}

/// One subscriber of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// The published file: `official.atom`.
    pub topic: String,
    /// Where to tell.
    pub callback: Url,
    /// Key of the signatures; `None` = unsigned.
    pub secret: Option<String>,
    /// When the lease ends.
    pub until: Timestamp,
    /// When to tell; `None` = nothing is to be told.
    pub due: Option<Timestamp>,
    /// Deliveries that failed in a row.
    pub tries: u32,
    /// What was delivered last.
    pub told: Option<Digest>,
}

impl Subscriber {
    /// It took the delivery.
    #[must_use]
    pub fn told(self, what: Digest) -> Self {
        Self { due: None, tries: 0, told: Some(what), ..self }
    }

    /// It did not. `None` when it is given up.
    #[must_use]
    pub fn failed(self, retry_after: Option<Duration>, now: Timestamp) -> Option<Self> {
        let tries = self.tries.saturating_add(1);
        if tries >= GIVE_UP || self.until <= now {
            return None;
        }
        let wait = backoff(RETRY.0, tries, RETRY.1).max(retry_after.unwrap_or_default().min(RETRY.1));
        Some(Self { due: Some(later(now, wait)), tries, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_failed_delivery_is_tried_again_later_and_given_up_in_the_end() {
        let mut held = Some(Subscriber {
            topic: "a.rss".to_owned(),
            callback: "https://reader.example/c".parse().unwrap(),
            secret: None,
            until: at(10_000_000),
            due: Some(at(0)),
            tries: 0,
            told: None,
        });
        let mut waits = Vec::new();
        while let Some(subscriber) = held {
            held = subscriber.failed(None, at(0));
            waits.extend(held.as_ref().and_then(|held| held.due).map(|due| due.duration_since(at(0)).as_mins()));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256]);
    }

    #[test]
    fn a_lease_that_ended_is_not_tried_again() {
        let subscriber = Subscriber {
            topic: "a.rss".to_owned(),
            callback: "https://reader.example/c".parse().unwrap(),
            secret: None,
            until: at(5),
            due: Some(at(0)),
            tries: 0,
            told: None,
        };
        assert!(subscriber.clone().failed(None, at(4)).is_some());
        assert_eq!(subscriber.failed(None, at(5)), None);
    }

    #[test]
    fn leases_are_given_within_bounds() {
        assert_eq!(longest_lease(None), LEASE);
        assert_eq!(longest_lease(Some(Duration::ZERO)), Duration::from_mins(5));
        assert_eq!(longest_lease(Some(Duration::MAX)), Duration::from_hours(720));
    }
}
