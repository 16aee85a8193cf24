//! How fast what is due is begun, so that it does not begin all at once: after a start with everything new, or a week of
//! downtime that made everything due.
//!
//! A purse of requests that fills with time. Work that comes in its ordinary course never empties it; a backlog does, and is
//! then worked off evenly, the longest due first. Pure: the time that passed is given.

use std::time::Duration;

/// A backlog is worked off within this, however large.
const WINDOW: Duration = Duration::from_hours(1);

/// The slowest pace, in sources a second: a few hundred sources are no crowd.
const LEAST: f64 = 10.0;

/// What is begun at once without a thought.
const BURST: f64 = 64.0;

/// The purse.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    per_second: f64,
    held: f64,
}

impl Pace {
    /// For so many sources.
    #[must_use]
    pub fn new(sources: usize) -> Self {
        let sources = f64::from(u32::try_from(sources).unwrap_or(u32::MAX));
        Self { per_second: (sources / WINDOW.as_secs_f64()).max(LEAST), held: BURST }
    }

    /// Sources begun in a second at most, once the purse is empty.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.per_second
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) {
        self.held = (self.held + time.as_secs_f64() * self.per_second).min(BURST.max(self.per_second));
    }

    /// How many may begin now.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and not below zero")]
    pub fn room(&self) -> usize {
        self.held.max(0.0) as usize
    }

    /// So many have begun.
    pub fn spend(&mut self, begun: usize) {
        self.held -= f64::from(u32::try_from(begun).unwrap_or(u32::MAX));
    }

    /// How long until one more may begin.
    #[must_use]
    pub fn wait(&self) -> Duration {
        Duration::from_secs_f64(((1.0 - self.held) / self.per_second).clamp(0.0, 60.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many begin in each second, where all are due at once.
    fn begun(sources: usize) -> Vec<usize> {
        let (mut pace, mut left, mut seconds) = (Pace::new(sources), sources, Vec::new());
        while left > 0 {
            let now = pace.room().min(left);
            pace.spend(now);
            left -= now;
            seconds.push(now);
            pace.pass(Duration::from_secs(1));
        }
        seconds
    }

    #[test]
    fn a_crowd_is_spread_over_an_hour_and_a_few_begin_at_once() {
        for (sources, most_seconds, most_in_one) in [(3, 1, 3), (64, 1, 64), (1_000, 100, 64), (100_000, 3_600, 64)] {
            let seconds = begun(sources);
            assert!(seconds.len() <= most_seconds, "{sources}: {} s", seconds.len());
            assert!(seconds.iter().all(|now| *now <= most_in_one), "{sources}");
        }
        assert!(begun(1_000_000).iter().all(|now| *now <= 278));
    }

    #[test]
    fn whoever_finds_the_purse_empty_is_told_how_long() {
        let mut pace = Pace::new(10);
        assert_eq!(pace.wait(), Duration::ZERO);
        pace.spend(64);
        assert_eq!((pace.room(), pace.wait()), (0, Duration::from_millis(100)));
        pace.pass(Duration::from_hours(5));
        assert_eq!(pace.room(), 64);
    }
}
