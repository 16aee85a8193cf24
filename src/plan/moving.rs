//! Permanent redirects: believed after they were seen on three different days, since many are mistakes of an afternoon.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;

use super::{Moving, SourceState};

/// Days on which a permanent redirect must be seen, counted in UTC.
const DAYS: usize = 3;

/// Notes where a permanent redirect led this time; `None` when there was none, which ends the watch.
pub fn watch_move(state: &mut SourceState, permanent: Option<&Url>, now: Timestamp) {
    let Some(to) = permanent else {
        state.moving = None;
        return;
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_is_believed_on_the_third_day_and_forgotten_when_it_ends() {
        let to = Url::parse("https://b.example/feed").unwrap();
        let mut state = SourceState::default();
        for (day, moved) in [("01T08", false), ("01T20", false), ("02T08", false)] {
            watch_move(&mut state, Some(&to), format!("2026-03-{day}:00:00Z").parse().unwrap());
            assert_eq!(state.moved_to.is_some(), moved, "{day}");
        }
        let mut interrupted = state.clone();
        watch_move(&mut interrupted, None, "2026-03-03T08:00:00Z".parse().unwrap());
        watch_move(&mut interrupted, Some(&to), "2026-03-04T08:00:00Z".parse().unwrap());
        assert_eq!(interrupted.moved_to, None);
        watch_move(&mut state, Some(&to), "2026-03-03T08:00:00Z".parse().unwrap());
        assert_eq!(state.moved_to.as_deref(), Some("https://b.example/feed"));
    }
}
