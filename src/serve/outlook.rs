//! How soon a feed may hold something new: what caches and readers are told, at the moment they ask.
//!
//! Who makes the feeds says when the next of its sources is due ([`Outlook::expect`]); until then a copy is as good as new. It is
//! asked for again only where readers ask and what was said has passed ([`Shelf::asked`](super::Shelf::asked)), so that feeds nobody reads cost nothing.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use axum::http::HeaderValue;
use jiff::Timestamp;

/// What `Cache-Control` may say. Steps, so that all readers of a minute are told the same; each at most what is left, but for the
/// least.
const STEPS: [(i64, &str); 7] = [
    (3_600, "public, max-age=3600"),
    (1_800, "public, max-age=1800"),
    (900, "public, max-age=900"),
    (600, "public, max-age=600"),
    (300, "public, max-age=300"),
    (120, "public, max-age=120"),
    (0, "public, max-age=60"),
];

/// What is expected of a feed, shared by all its documents.
#[derive(Debug, Default)]
pub(super) struct Outlook {
    /// When its next source is due, in seconds since 1970; 0 = nobody said.
    due: AtomicI64,
    /// Whether somebody asked since that moment passed.
    is_asked: AtomicBool,
    /// Counts the times it was made.
    made: AtomicU64,
}

impl Outlook {
    /// Notes when the feed may hold something new.
    pub(super) fn expect(&self, due: Timestamp) {
        self.due.store(due.as_second().max(1), Ordering::Relaxed);
    }

    /// What caches are told now; `None` where nobody said what is expected.
    pub(super) fn cache_control(&self, now: Timestamp) -> Option<HeaderValue> {
        let due = self.due.load(Ordering::Relaxed);
        let left = due - now.as_second();
        // Most requests find it set already: looking does not take the line from other processors.
        if left <= 0 && !self.is_asked.load(Ordering::Relaxed) {
            self.is_asked.store(true, Ordering::Relaxed);
        }
        let (_, value) = STEPS.iter().find(|(seconds, _)| left >= *seconds).unwrap_or(&STEPS[STEPS.len() - 1]);
        (due != 0).then(|| HeaderValue::from_static(value))
    }

    /// Whether somebody asked; nobody has, after this.
    pub(super) fn take_asked(&self) -> bool {
        self.is_asked.swap(false, Ordering::Relaxed)
    }

    /// Notes that the feed was made anew.
    pub(super) fn was_made(&self) {
        self.made.fetch_add(1, Ordering::AcqRel);
    }

    /// How often the feed was made: what is drawn from it holds as long as this stays.
    pub(super) fn times_made(&self) -> u64 {
        self.made.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn caches_keep_a_feed_until_its_next_source_is_due_within_bounds() {
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let outlook = Outlook::default();
        assert_eq!(outlook.cache_control(now), None, "nobody said");
        assert!(outlook.take_asked() && !outlook.take_asked());
        for (seconds, told) in
            [(-5, 60), (0, 60), (59, 60), (119, 60), (120, 120), (299, 120), (300, 300), (1_000, 900), (90_000, 3_600)]
        {
            outlook.expect(now + SignedDuration::from_secs(seconds));
            let value = outlook.cache_control(now).unwrap();
            assert_eq!(value.to_str().unwrap(), format!("public, max-age={told}"), "{seconds}");
            assert_eq!(outlook.take_asked(), seconds <= 0, "{seconds}");
        }
    }
}
