//! Permanent redirects: believed after they were seen on three different days, since many are mistakes of an afternoon.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;

use super::{Moving, SourceState};

/// Days on which a permanent redirect must be seen, counted in UTC.
const DAYS: usize = 3;

/// Notes where a permanent redirect led this time; `None` when there was none, which ends the watch. `configured` is the
/// address in the settings: with another one, what was seen before is forgotten.
pub fn watch_move(state: &mut SourceState, configured: &Url, permanent: Option<&Url>, now: Timestamp) {
    if state.configured.as_deref() != Some(configured.as_str()) {
        state.configured = Some(configured.to_string());
        (state.moving, state.moved_to) = (None, None);
    }
    let Some(to) = permanent else {
        state.moving = None;
        return;
    };
    if state.moved_to.as_deref() == Some(to.as_str()) {
        state.moving = None;
        return;
    }
    let today = now.to_zoned_datetime(TimeZone::UTC).date();
    let mut moving = state.moving.take().filter(|moving| moving.to == to.as_str());
    let watch = moving.get_or_insert_with(|| Moving { to: to.to_string(), days: Vec::new() });
    if !watch.days.contains(&today) {
        watch.days.push(today);
    }
    if watch.days.len() >= DAYS {
        state.moved_to = Some(to.to_string());
        moving = None;
    }
    state.moving = moving;
}

/// Where the source has moved for good, if that is known of the address in the settings.
#[must_use]
pub fn moved_to(state: &SourceState, configured: &Url) -> Option<Url> {
    let is_about_it = state.configured.as_deref() == Some(configured.as_str());
    state.moved_to.as_deref().filter(|_| is_about_it).and_then(|url| Url::parse(url).ok())
}

/// Failures in a row after which the address in the settings is asked again in place of the one it moved to.
const DEAD_AFTER: u32 = 3;

/// Where to ask: the place it has moved to; by turns the address in the settings once that place fails again and again.
#[must_use]
pub fn address_to_ask(state: &SourceState, configured: &Url) -> Url {
    let is_turn = state.failures >= DEAD_AFTER && state.failures % 2 == 1;
    moved_to(state, configured).filter(|_| !is_turn).unwrap_or_else(|| configured.clone())
}

/// The address in the settings answered by itself though it had moved: the move is over.
pub fn end_move(state: &mut SourceState) {
    (state.moving, state.moved_to) = (None, None);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_move_is_believed_on_the_third_day_and_forgotten_when_it_ends() {
        let (from, to) = (url("https://a.example/feed"), url("https://b.example/feed"));
        let mut state = SourceState::default();
        for (day, moved) in [("01T08", false), ("01T20", false), ("02T08", false)] {
            watch_move(&mut state, &from, Some(&to), format!("2026-03-{day}:00:00Z").parse().unwrap());
            assert_eq!(state.moved_to.is_some(), moved, "{day}");
        }
        let mut interrupted = state.clone();
        watch_move(&mut interrupted, &from, None, "2026-03-03T08:00:00Z".parse().unwrap());
        watch_move(&mut interrupted, &from, Some(&to), "2026-03-04T08:00:00Z".parse().unwrap());
        assert_eq!(interrupted.moved_to, None);
        watch_move(&mut state, &from, Some(&to), "2026-03-03T08:00:00Z".parse().unwrap());
        assert_eq!(state.moved_to.as_deref(), Some("https://b.example/feed"));
    }

    #[test]
    fn a_place_that_died_gives_way_to_the_address_in_the_settings_by_turns() {
        let (from, to) = (url("https://a.example/feed"), url("https://b.example/feed"));
        let mut state = SourceState {
            configured: Some(from.to_string()),
            moved_to: Some(to.to_string()),
            ..SourceState::default()
        };
        for (failures, wanted) in [(0, &to), (2, &to), (3, &from), (4, &to), (5, &from)] {
            state.failures = failures;
            assert_eq!(&address_to_ask(&state, &from), wanted, "{failures}");
        }
        end_move(&mut state);
        assert_eq!(address_to_ask(&state, &from), from);
    }

    #[test]
    fn a_new_address_in_the_settings_ends_an_old_move() {
        let (from, to, corrected) =
            (url("https://a.example/feed"), url("https://b.example/feed"), url("https://c.example/feed"));
        let mut state = SourceState::default();
        for day in ["01", "02", "03"] {
            watch_move(&mut state, &from, Some(&to), format!("2026-03-{day}T08:00:00Z").parse().unwrap());
        }
        assert_eq!(moved_to(&state, &from), Some(to));
        assert_eq!(moved_to(&state, &corrected), None);
        watch_move(&mut state, &corrected, None, "2026-03-04T08:00:00Z".parse().unwrap());
        assert_eq!(state.moved_to, None);
    }
}
