//! When a source is asked again, in every order of wishes and limits.

use super::*;

/// A Sunday.
const NOW: &str = "2026-03-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn now() -> Timestamp {
    at(NOW)
}

fn source() -> SourceId {
    "example".parse().unwrap()
}

fn timing(text: &str) -> Timing {
    Timing::new(&toml::from_str(text).expect(text), &TimeZone::UTC).expect(text)
}

fn state(failures: u32, rhythm_minutes: Option<u64>, new_minutes_ago: i64) -> SourceState {
    SourceState {
        failures,
        rhythm_seconds: rhythm_minutes.map(|minutes| minutes * 60),
        new_at: Some(now() - SignedDuration::from_mins(new_minutes_ago)),
        ..SourceState::default()
    }
}

fn due(timing: &Timing, state: &SourceState, hints: &CacheHints, outcome: Outcome) -> Due {
    next_due(timing, &Attempt { source: &source(), state, hints, outcome, now: now() })
}

fn hints(retry_after: Option<u64>, max_age: Option<u64>) -> CacheHints {
    CacheHints { retry_after: retry_after.map(Duration::from_secs), max_age: max_age.map(Duration::from_secs) }
}

/// Whether `due` is `minutes` from now, give or take the jitter.
#[track_caller]
fn assert_minutes(due: &Due, minutes: i64, case: &str) {
    let wait = due.at.expect(case).duration_since(now());
    let jitter = SignedDuration::from_secs((minutes * 6).min(600));
    assert!(
        wait >= SignedDuration::from_mins(minutes) && wait <= SignedDuration::from_mins(minutes) + jitter,
        "{case}: {wait:?} instead of {minutes} minutes, because {}",
        due.why
    );
}

#[test]
fn the_order_is_retry_after_then_limits_then_wishes_then_rhythm() {
    type Row = (&'static str, &'static str, Option<u64>, Option<u64>, Option<u64>, Option<u64>, i64);
    let rows: [Row; 16] = [
        // name, settings, rhythm minutes, ttl seconds, max-age, Retry-After, wanted minutes
        ("nothing known", "", None, None, None, None, 60),
        ("learned", "", Some(240), None, None, None, 40),
        ("learned, busy", "", Some(2), None, None, None, 21),
        ("learned, slow", "", Some(60 * 24 * 20), None, None, None, 392),
        ("wish", "every = \"5m\"", Some(240), None, None, None, 5),
        ("short limit", "every = \"30m\"", None, None, Some(60), None, 30),
        ("max-age", "every = \"5m\"", None, None, Some(3600), None, 60),
        ("ttl", "every = \"5m\"", None, Some(7200), Some(3600), None, 120),
        ("ttl and nothing learned", "", None, Some(7200), None, None, 120),
        ("a limit of a month", "", None, Some(2_592_000), None, None, 1440),
        ("a limit beyond a day", "every = \"5m\"", None, None, Some(31_536_000), None, 1440),
        ("a wish beyond a day", "every = \"3d\"", None, None, Some(31_536_000), None, 4320),
        ("insisting", "every = \"5m\"\ninsist = true", None, Some(7200), Some(3600), None, 5),
        ("insisting on nothing", "insist = true", None, Some(7200), None, None, 120),
        ("Retry-After", "every = \"5m\"\ninsist = true", None, Some(60), None, Some(10_800), 180),
        ("Retry-After beyond a day", "", None, None, None, Some(9_999_999), 1440),
    ];
    for (name, settings, rhythm, ttl, max_age, retry_after, wanted) in rows {
        let mut state = state(0, rhythm, 0);
        state.limits.ttl_seconds = ttl;
        let due = due(&timing(settings), &state, &hints(retry_after, max_age), Outcome::Read);
        assert_minutes(&due, wanted, name);
        assert_eq!(due.not_before.is_some(), retry_after.is_some(), "{name}");
        assert!(!due.why.is_empty());
    }
}

#[test]
fn failures_back_off_to_a_day_and_recover() {
    let rows = [(1, 10), (2, 20), (3, 40), (4, 80), (8, 1280), (9, 1440), (1000, 1440), (u32::MAX, 1440)];
    for (failures, wanted) in rows {
        let due = due(&timing("every = \"5m\""), &state(failures, None, 0), &hints(None, None), Outcome::Failed);
        assert_minutes(&due, wanted, &format!("{failures} failures"));
    }
    let recovered = due(&timing("every = \"5m\""), &state(0, None, 0), &hints(None, None), Outcome::Read);
    assert_minutes(&recovered, 5, "recovered");
}

#[test]
fn retry_after_of_a_failing_server_is_believed_once() {
    let rows = [(1, 120, 2), (1, 0, 1), (1, 7200, 120), (3, 120, 40), (3, 7200, 120), (3, 999_999, 1440)];
    for (failures, retry_after, wanted) in rows {
        let state = state(failures, None, 0);
        let due = due(&timing(""), &state, &hints(Some(retry_after), None), Outcome::Failed);
        assert_minutes(&due, wanted, &format!("{failures} failures, {retry_after} s"));
        assert!(due.not_before <= due.at);
    }
}

#[test]
fn gone_is_not_asked_again() {
    let due = due(&timing("every = \"5m\"\ninsist = true"), &state(0, None, 0), &hints(None, None), Outcome::Gone);
    assert_eq!((due.at, due.not_before), (None, None));
    assert!(due.why.contains("410"));
}

#[test]
fn a_resting_host_postpones_without_failing() {
    let until = now() + SignedDuration::from_mins(30);
    let due = due(&timing(""), &state(0, None, 0), &hints(None, None), Outcome::Postponed { until });
    assert_minutes(&due, 30, "postponed");
}

#[test]
fn an_earlier_retry_after_still_holds() {
    let mut state = state(1, None, 0);
    let until = now() + SignedDuration::from_hours(5);
    state.not_before = Some(until);
    let held = due(&timing(""), &state, &hints(None, None), Outcome::Failed);
    assert_eq!((held.at, held.not_before), (Some(until), Some(until)));
    state.not_before = Some(now() - SignedDuration::from_hours(5));
    assert_eq!(due(&timing(""), &state, &hints(None, None), Outcome::Failed).not_before, None);
}

#[test]
fn hours_and_days_to_be_left_alone_in_are_left_alone() {
    // Asked on a Sunday at noon, an hour later by itself.
    type Row = (&'static [u8], &'static [u8], &'static str, &'static str);
    let all_hours: &'static [u8] =
        &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23];
    let rows: [Row; 8] = [
        (&[], &[], "", "2026-03-01T13"),
        (&[13, 14, 15], &[], "", "2026-03-01T16"),
        (&[12], &[], "", "2026-03-01T13"),
        (&[], &[7], "", "2026-03-02T00"),
        (&[0, 1], &[7, 1], "", "2026-03-03T02"),
        (all_hours, &[], "", "2026-03-01T13"),
        (&[], &[1, 2, 3, 4, 5, 6, 7], "", "2026-03-01T13"),
        (&[13], &[7], "every = \"1h\"\ninsist = true", "2026-03-01T13"),
    ];
    for (hours, days, settings, wanted) in rows {
        let mut state = state(0, None, 0);
        state.limits = SourceLimits { ttl_seconds: None, skip_hours: hours.to_vec(), skip_days: days.to_vec() };
        let due = due(&timing(settings), &state, &hints(None, None), Outcome::Read);
        assert!(due.at.unwrap().to_string().starts_with(wanted), "{hours:?} {days:?}: {:?}", due.at);
    }
}

#[test]
fn whoever_comes_to_its_turn_in_an_hour_to_be_left_alone_in_is_put_off_to_its_end() {
    type Row = (&'static [u8], &'static [u8], &'static str, Option<&'static str>);
    let rows: [Row; 8] = [
        (&[], &[], "", None),
        (&[11, 13], &[1], "", None),
        (&[12, 13], &[], "", Some("2026-03-01T14")),
        (&[], &[7], "", Some("2026-03-02T00")),
        (&[12], &[], "every = \"5m\"", Some("2026-03-01T13")),
        (&[12], &[], "every = \"5m\"\ninsist = true", None),
        (&[12], &[], "cron = \"50 * * * *\"", Some("2026-03-01T13:50:00Z")),
        // Never but at an hour to be left alone in: after it, for it is asked some time.
        (&[12], &[], "cron = \"30 12 * * *\"", Some("2026-03-01T13:01:23.16Z")),
    ];
    for (hours, days, settings, wanted) in rows {
        let mut state = state(3, None, 0);
        state.limits = SourceLimits { ttl_seconds: None, skip_hours: hours.to_vec(), skip_days: days.to_vec() };
        let put_off = put_off(&timing(settings), &"a".parse().unwrap(), &state, at("2026-03-01T12:00:00Z"));
        match (&put_off, wanted) {
            (None, None) => {}
            (Some(due), Some(wanted)) => assert!(due.at.unwrap().to_string().starts_with(wanted), "{due:?}"),
            _ => panic!("{hours:?} {days:?} {settings}: {put_off:?}"),
        }
    }
}

#[test]
fn cron_is_read_in_the_zone_of_the_source_and_waits_for_limits() {
    let minsk = TimeZone::get("Europe/Minsk").unwrap();
    let new_york = TimeZone::get("America/New_York").unwrap();
    let rows = [
        ("*/30 * * * *", &TimeZone::UTC, None, "2026-03-01T12:30:00Z"),
        ("0 18 * * *", &minsk, None, "2026-03-01T15:00:00Z"),
        ("0 9 * * MON", &minsk, None, "2026-03-02T06:00:00Z"),
        ("0 9 * * *", &minsk, Some(86_400), "2026-03-03T06:00:00Z"),
        // 2:30 does not exist on 8 March in New York.
        ("30 2 8 3 *", &new_york, None, "2026-03-08T07:00:00Z"),
        // 9 in the morning is an hour earlier on Earth's clock in summer.
        ("0 9 9 3 *", &new_york, None, "2026-03-09T13:00:00Z"),
        ("0 9 7 3 *", &new_york, None, "2026-03-07T14:00:00Z"),
        // 1:30 comes twice on 1 November; once is enough.
        ("30 1 1 11 *", &new_york, None, "2026-11-01T05:30:00Z"),
    ];
    for (cron, zone, max_age, wanted) in rows {
        let settings = Settings { every: None, cron: Some(cron.to_owned()), insist: false };
        let timing = Timing::new(&settings, zone).expect(cron);
        let due = due(&timing, &state(0, None, 0), &hints(None, max_age), Outcome::Read);
        assert_eq!(due.at, Some(at(wanted)), "{cron}");
    }
    let mut skipping = state(0, None, 0);
    skipping.limits.skip_hours = vec![13, 14];
    let due = due(&timing("cron = \"15 * * * *\""), &skipping, &hints(None, None), Outcome::Read);
    assert_eq!(due.at, Some(at("2026-03-01T12:15:00Z")));
    skipping.limits.skip_hours = vec![12, 13];
    let due = super::tests::due(&timing("cron = \"15 * * * *\""), &skipping, &hints(None, None), Outcome::Read);
    assert_eq!(due.at, Some(at("2026-03-01T14:15:00Z")));
}

#[test]
fn wishes_that_cannot_be_read_are_refused() {
    let refused = |text: &str| {
        let settings: Settings = toml::from_str(text).unwrap();
        Timing::new(&settings, &TimeZone::UTC).expect_err(text)
    };
    assert_eq!(refused("every = \"5m\"\ncron = \"* * * * *\""), SettingsError::Both);
    assert_eq!(refused("every = \"0s\""), SettingsError::Zero);
    for cron in ["", "often", "* * * *", "61 * * * *", "0 0 30 2 *"] {
        assert!(matches!(refused(&format!("cron = \"{cron}\"")), SettingsError::Cron { .. }), "{cron}");
    }
    assert!(toml::from_str::<Settings>("evry = \"5m\"").is_err());
}

#[test]
fn a_quiet_source_is_asked_ever_more_rarely() {
    let rows = [(0, 26), (60, 28), (8 * 60, 36), (48 * 60, 135), (60 * 24 * 60, 1440)];
    for (silent_minutes, wanted) in rows {
        let due = due(&timing(""), &state(0, Some(60), silent_minutes), &hints(None, None), Outcome::Read);
        assert_minutes(&due, wanted, &format!("silent for {silent_minutes} min"));
    }
}

#[test]
fn jitter_is_small_steady_and_different() {
    let wait = Duration::from_hours(1);
    let ids: Vec<SourceId> = (0..200).map(|n| format!("source-{n}").parse().unwrap()).collect();
    let jitters: std::collections::BTreeSet<Duration> = ids.iter().map(|id| jitter(id, wait)).collect();
    assert!(jitters.len() > 100);
    assert!(jitters.iter().all(|jitter| *jitter < wait / 10));
    assert_eq!(jitter(&ids[0], wait), jitter(&ids[0], wait));
    assert!(jitter(&ids[0], Duration::from_hours(10_000)) <= JITTER_MOST);
}

proptest::proptest! {
    #[test]
    fn nothing_asks_sooner_than_the_server_allows_nor_never_again(
        failures in 0..20_u32,
        rhythm in proptest::option::of(0..10_u64.pow(8)),
        silent in 0..10_i64.pow(6),
        ttl in proptest::option::of(0..10_u64.pow(9)),
        max_age in proptest::option::of(0..10_u64.pow(9)),
        retry_after in proptest::option::of(0..10_u64.pow(9)),
        skip_hours in proptest::collection::vec(0..30_u8, 0..26),
        skip_days in proptest::collection::vec(0..9_u8, 0..9),
        wish in 0..4_usize,
    ) {
        let wish = ["", "every = \"1m\"", "every = \"1m\"\ninsist = true", "cron = \"*/7 * * * *\""][wish];
        let mut state = state(failures, rhythm, silent);
        state.limits = SourceLimits { ttl_seconds: ttl, skip_hours, skip_days };
        let outcome = if failures == 0 { Outcome::Read } else { Outcome::Failed };
        let due = due(&timing(wish), &state, &hints(retry_after, max_age), outcome);
        let wait = until_then(now(), due.at.unwrap());
        let at_least = |seconds: Option<u64>| wait >= Duration::from_secs(seconds.unwrap_or_default()).min(DAY);
        assert!(at_least(retry_after), "{due:?}");
        if outcome == Outcome::Read && !wish.contains("insist") {
            assert!(at_least(ttl) && at_least(max_age), "{due:?}");
        }
        assert!(wait >= Duration::from_mins(1) && wait <= Duration::from_hours(24 * 8), "{due:?}");
    }
}
