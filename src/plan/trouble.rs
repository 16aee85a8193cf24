//! When the operator is to hear that a source broke, and that it works again.
//!
//! Servers are down for minutes all the time, and nobody wants to hear of it: a source is broken when it has been in trouble for
//! a while. What is told is told once, and its end too; an end without a beginning is not.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Health, SourceState};

/// The trouble a source is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// When it was first seen in it.
    pub since: Timestamp,
    /// Whether the operator has been told.
    #[serde(default)]
    pub told: bool,
}

/// What the operator is to be told of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It broke: the moment it was first seen in trouble.
    Broke(Timestamp),
    /// It works again, having been in trouble since that moment.
    Recovered(Timestamp),
}

/// Follows the trouble of a source whose attempt is concluded in `state`; what is to be told now. Trouble is told after it
/// has lasted so long, the end of a source (410) at once.
pub fn watch_trouble(state: &mut SourceState, after: SignedDuration, now: Timestamp) -> Option<Turn> {
    if matches!(state.health, Health::New | Health::Ok) {
        return state.trouble.take().filter(|trouble| trouble.told).map(|trouble| Turn::Recovered(trouble.since));
    }
    let is_over = state.health == Health::Gone;
    let trouble = state.trouble.get_or_insert(Trouble { since: now, told: false });
    let has_lasted = now.duration_since(trouble.since) >= after;
    if trouble.told || !(has_lasted || is_over) {
        return None;
    }
    trouble.told = true;
    Some(Turn::Broke(trouble.since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_that_lasts_is_told_once_and_so_is_its_end() {
        use Health::{Failing, Gone, New, Ok, Suspect};
        let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let (broke, again) = (|minutes| Some(Turn::Broke(at(minutes))), |minutes| Some(Turn::Recovered(at(minutes))));
        let rows: [&[(i64, Health, Option<Turn>)]; 5] = [
            &[(0, New, None), (10, Ok, None)],
            &[(0, Failing, None), (10, Failing, None), (30, Ok, None), (40, Failing, None), (90, Failing, None)],
            &[(5, Failing, None), (65, Failing, broke(5)), (90, Failing, None), (99, Ok, again(5)), (100, Ok, None)],
            &[(0, Suspect, None), (30, Failing, None), (60, Suspect, broke(0)), (70, New, again(0))],
            &[(7, Gone, broke(7)), (8, Failing, None), (9, Ok, again(7))],
        ];
        for row in rows {
            let mut state = SourceState::default();
            for (minutes, health, wanted) in row {
                state.health = *health;
                let turn = watch_trouble(&mut state, SignedDuration::from_hours(1), at(*minutes));
                assert_eq!(turn, *wanted, "{row:?} at {minutes}");
            }
        }
    }
}
