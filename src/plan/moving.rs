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
