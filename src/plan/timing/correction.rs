//! What becomes of the schedule when the clock of the machine is set.
//!
//! Due times are moments of the clock. Set forward by two days, everything would be due at once, and a rest that a server asked
//! for would be over; set back, everything would wait two days longer. So the schedule moves with the clock: what was due in an
//! hour is due in an hour. Where it is not known by how much the clock was set, since nobody was there to see it, what was asked
//! in the future counts as asked now: that waits its time once more, and never less.

use jiff::{SignedDuration, Timestamp};

use super::{DAY, later};
use crate::plan::SourceState;
use crate::plan::push::{LEASE, Subscription};

/// Clocks are set by less than this all the time, and nothing is done about it.
pub const NOTICED: SignedDuration = SignedDuration::from_mins(1);

/// How the schedule is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// The clock was set by so much: everything keeps its distance to the present.
    Shift(SignedDuration),
    /// The clock may have been set back by nobody knows how much before this moment.
    NotAhead(Timestamp),
}

impl Correction {
    /// Corrects a source; `false` when nothing was to be corrected.
    pub fn source(self, state: &mut SourceState) -> bool {
        match self {
            Self::Shift(by) => shift(state, by),
            Self::NotAhead(now) => match state.attempted_at {
                Some(attempted) if attempted.duration_since(now) > NOTICED => {
                    shift(state, now.duration_since(attempted));
                }
                None if state.next_due.is_some_and(|due| due > now) => state.next_due = Some(now),
                _ => return false,
            },
        }
        true
    }

    /// Corrects a subscription at a hub. The hub counts its lease by its own clock: where it is not known by how much ours was
    /// set, the lease is asked for anew soon, and not believed to hold longer than one that begins now.
    pub fn subscription(self, held: &mut Subscription) {
        held.next = self.moment(held.next);
        held.until = held.until.map(|until| match self {
            Self::Shift(_) => self.moment(until),
            Self::NotAhead(now) => until.min(later(now, LEASE)),
        });
    }

    /// Corrects the time of anything else: no such wait is longer than a day.
    #[must_use]
    pub fn moment(self, moment: Timestamp) -> Timestamp {
        match self {
            Self::Shift(by) => moment.saturating_add(by).unwrap_or(moment),
            Self::NotAhead(now) => moment.min(later(now, DAY)),
        }
    }
}

fn shift(state: &mut SourceState, by: SignedDuration) {
    let moved = |moment: &mut Timestamp| *moment = moment.saturating_add(by).unwrap_or(*moment);
    let SourceState { next_due, not_before, attempted_at, succeeded_at, new_at, .. } = state;
    [next_due, not_before, attempted_at, succeeded_at, new_at].into_iter().flatten().for_each(moved);
    state.rhythm.iter_mut().for_each(|rhythm| moved(&mut rhythm.at));
    if let Some(push) = &mut state.push {
        [&mut push.until, &mut push.told_at, &mut push.missed_at].into_iter().flatten().for_each(moved);
    }
    state.trouble.iter_mut().for_each(|trouble| moved(&mut trouble.since));
    state.failing.values_mut().for_each(|failing| moved(&mut failing.until));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect(text)
    }

    fn asked() -> SourceState {
        SourceState {
            attempted_at: Some(at("2026-03-03T12:00:00Z")),
            next_due: Some(at("2026-03-03T13:00:00Z")),
            not_before: Some(at("2026-03-03T12:30:00Z")),
            ..SourceState::default()
        }
    }

    #[test]
    fn a_clock_that_was_set_takes_the_schedule_along() {
        for days in [-2, 2] {
            let mut state = asked();
            let by = SignedDuration::from_hours(24 * days);
            assert!(Correction::Shift(by).source(&mut state));
            assert_eq!(state.next_due, asked().next_due.map(|due| due + by));
            assert_eq!(state.not_before, asked().not_before.map(|due| due + by));
            Correction::Shift(-by).source(&mut state);
            assert_eq!(state, asked());
        }
    }

    #[test]
    fn what_was_asked_in_the_future_waits_its_time_once_more() {
        let now = at("2026-03-01T12:00:00Z");
        let mut state = asked();
        assert!(Correction::NotAhead(now).source(&mut state));
        assert_eq!((state.attempted_at, state.next_due), (Some(now), Some(at("2026-03-01T13:00:00Z"))));
        assert_eq!(state.not_before, Some(at("2026-03-01T12:30:00Z")));
        assert!(!Correction::NotAhead(now).source(&mut state), "once");
        let mut state = asked();
        assert!(!Correction::NotAhead(at("2026-03-03T12:00:10Z")).source(&mut state));
        let mut new = SourceState { attempted_at: None, ..asked() };
        assert!(Correction::NotAhead(now).source(&mut new));
        assert_eq!(new.next_due, Some(now), "what was never asked is asked");
        assert_eq!(Correction::NotAhead(now).moment(at("2026-03-09T12:00:00Z")), at("2026-03-02T12:00:00Z"));
    }
}
