//! The rhythm of a source: how often its articles come, learned from their dates and arrivals, and what follows from it.

use std::time::Duration;

use jiff::Timestamp;

use super::{DAY, HOUR, until_then};
use crate::plan::SourceState;
use crate::units::spell_duration;

/// The shortest learned wait; the longest is a day.
const SHORTEST: Duration = Duration::from_mins(15);

/// What the articles that just came in teach about a source: the mean time between its articles in seconds, `None` while
/// too little is known. `before` is the state as it was before this attempt, `published` the dates of the new articles that
/// have one, `new` how many there are.
#[must_use]
pub fn rhythm(before: &SourceState, published: &[Timestamp], new: usize, now: Timestamp) -> Option<u64> {
    /// Articles that count for a first estimate, the newest.
    const RECENT: usize = 20;
    /// A first estimate takes so many dated articles.
    const ENOUGH: usize = 3;
    /// How far the mean moves with each new article, in eighths.
    const STEADY: u64 = 8;
    let Ok(new) = u64::try_from(new) else { return before.rhythm_seconds };
    if new == 0 {
        return before.rhythm_seconds;
    }
    let since_last = before.new_at.map(|last| until_then(last, now).as_secs() / new);
    let measured = match (before.rhythm_seconds, since_last) {
        (Some(mean), Some(gap)) => {
            let weight = new.min(STEADY / 2);
            mean.saturating_mul(STEADY - weight).saturating_add(gap.saturating_mul(weight)) / STEADY
        }
        (Some(mean), None) => mean,
        (None, Some(gap)) => gap,
        (None, None) => {
            let mut dates: Vec<Timestamp> = published.iter().copied().filter(|date| *date <= now).collect();
            dates.sort_unstable_by(|a, b| b.cmp(a));
            dates.truncate(RECENT);
            let count = u64::try_from(dates.len()).ok().filter(|_| dates.len() >= ENOUGH)?;
            // Counted to the present: a source that fell silent long ago is slow, however fast it once was.
            until_then(*dates.last()?, now).as_secs() / count
        }
    };
    Some(measured.clamp(60, 60 * 60 * 24 * 30))
}

/// Half the usual gap between articles; a source that has gone quiet is asked ever more rarely.
pub(super) fn learned_wait(state: &SourceState, now: Timestamp) -> (Duration, String) {
    let Some(seconds) = state.rhythm_seconds else {
        return (HOUR, "hourly until its rhythm is known".to_owned());
    };
    let usual = Duration::from_secs(seconds);
    let silence = state.new_at.map_or(Duration::ZERO, |last| until_then(last, now));
    let wait = (usual.max(silence / 4) / 2).clamp(SHORTEST, DAY);
    (wait, format!("its articles come about every {}", spell_duration(usual)))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn rhythm_is_learned_from_dates_then_from_arrivals() {
        let hours_ago = |hours: &[i64]| -> Vec<Timestamp> {
            hours.iter().map(|hours| now() - SignedDuration::from_hours(*hours)).collect()
        };
        let fresh = SourceState::default();
        let first = |hours: &[i64], new: usize| rhythm(&fresh, &hours_ago(hours), new, now()).map(|s| s / 60);
        assert_eq!(first(&[], 0), None);
        assert_eq!(first(&[1, 2], 10), None, "two dates teach nothing");
        assert_eq!(first(&[2, 4, 6], 3), Some(120));
        assert_eq!(first(&[6, -5, 2, 4], 4), Some(120), "dates in the future do not count");
        assert_eq!(first(&[17_520, 17_530, 17_540], 3), Some(60 * 24 * 30), "dead for two years");
        assert_eq!(first(&[1; 40], 40), Some(3), "a burst is a burst until silence corrects it");

        let known = |mean: Option<u64>, last: i64, new: usize| {
            let state = SourceState {
                rhythm_seconds: mean.map(|minutes| minutes * 60),
                new_at: Some(now() - SignedDuration::from_mins(last)),
                ..SourceState::default()
            };
            rhythm(&state, &[], new, now()).map(|seconds| seconds / 60)
        };
        assert_eq!(known(Some(60), 600, 0), Some(60), "no news teaches nothing");
        assert_eq!(known(None, 120, 2), Some(60), "arrivals teach where there are no dates");
        assert_eq!(known(Some(80), 160, 1), Some(90));
        assert_eq!(known(Some(80), 160, 4), Some(60));
        assert_eq!(known(Some(80), 0, 1_000), Some(40), "half at most at once");
    }
}
