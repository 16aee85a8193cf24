//! When to ask a source again.
//!
//! In this order: the server's `Retry-After`; what it says about freshness (`max-age`, `ttl`, `sy:update*`, at most a day)
//! and the hours and days it asks to be left alone in; the operator's `every` or `cron`; the rhythm learned from the source
//! itself (hourly until learned, then 15 minutes to a day). `every` and `cron` never beat a server's limit unless they
//! `insist`, and nothing beats `Retry-After` and 410. Failures back off from ten minutes to a day and are forgotten with the
//! first success.
//!
//! Pure: the present is an argument, and the jitter that spreads sources over time is derived from the source's id.

mod cron;
mod rhythm;

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::cron::Cron;
pub use self::rhythm::rhythm;
use super::{SourceLimits, SourceState};
use crate::model::{CacheHints, Digest, SourceId};
use crate::units::{self, spell_duration};

/// The longest any server is believed, and the longest anything waits for its own sake.
const DAY: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);
/// The wait after the first failure; doubled with each further one.
const FIRST_RETRY: Duration = Duration::from_mins(10);
/// A `Retry-After` below this is taken as this.
const LEAST_RETRY_AFTER: Duration = Duration::from_mins(1);
/// Jitter: a share of the wait, at most so long.
const JITTER_SHARE: u32 = 10;
const JITTER_MOST: Duration = Duration::from_mins(10);

/// `[fetch]` of a source: when the operator wants it asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How often, e.g. `"30m"`.
    #[serde(with = "units::optional_duration", skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,
    /// When, in the source's own time zone, e.g. `"*/30 7-22 * * *"`; in place of `every`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// Whether that holds even where the server asks to be asked less often.
    pub insist: bool,
}

/// Why a wish cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Both were given.
    #[error("`every` and `cron` exclude each other: keep one")]
    Both,
    /// `every` is nothing.
    #[error("`every` must be more than nothing")]
    Zero,
    /// Not a cron pattern, or one that never comes.
    #[error("`{pattern}` is not a time in cron's notation: {problem}; five fields are wanted, e.g. `*/30 7-22 * * *`")]
    Cron {
        /// The text.
        pattern: String,
        /// What is wrong.
        problem: String,
    },
}

/// When the operator wants a source asked.
#[derive(Debug, Clone, Default)]
pub struct Timing {
    wish: Wish,
    insist: bool,
}

#[derive(Debug, Clone, Default)]
enum Wish {
    #[default]
    None,
    Every(Duration),
    Cron(Cron),
}

impl Timing {
    /// Checks the settings; `zone` is the source's time zone.
    pub fn new(settings: &Settings, zone: &TimeZone) -> Result<Self, SettingsError> {
        let wish = match (settings.every, settings.cron.as_deref()) {
            (Some(_), Some(_)) => return Err(SettingsError::Both),
            (Some(Duration::ZERO), None) => return Err(SettingsError::Zero),
            (Some(every), None) => Wish::Every(every),
            (None, Some(pattern)) => {
                let wrong = |problem| SettingsError::Cron { pattern: pattern.to_owned(), problem };
                Wish::Cron(Cron::parse(pattern, zone).map_err(wrong)?)
            }
            (None, None) => Wish::None,
        };
        Ok(Self { wish, insist: settings.insist })
    }
}

/// How an attempt ended, as far as the schedule cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The source was read, with or without news, 304 included.
    Read,
    /// It could not be read.
    Failed,
    /// Nothing was sent, because its host rests until then. Not a failure.
    Postponed {
        /// When to try again.
        until: Timestamp,
    },
    /// The server says that it is gone for good (410).
    Gone,
}

/// One attempt, with what is known after it.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The source.
    pub source: &'a SourceId,
    /// Its state with this attempt counted in: `failures`, `new_at`, `rhythm_seconds` and `limits` are read.
    pub state: &'a SourceState,
    /// What the server said about asking again.
    pub hints: &'a CacheHints,
    /// How it ended.
    pub outcome: Outcome,
    /// The present.
    pub now: Timestamp,
}

/// When to ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// When; `None` = not by itself any more.
    pub at: Option<Timestamp>,
    /// Not before this, whatever anybody says.
    pub not_before: Option<Timestamp>,
    /// Why then, for the operator.
    pub why: String,
}

/// Decides when to ask again.
#[must_use]
pub fn next_due(timing: &Timing, attempt: &Attempt<'_>) -> Due {
    let now = attempt.now;
    let held = attempt.state.not_before.filter(|until| *until > now);
    match attempt.outcome {
        Outcome::Gone => {
            return Due { at: None, not_before: None, why: "gone for good (410): resume it by hand".to_owned() };
        }
        Outcome::Postponed { until } => {
            let at = later(until.max(now), jitter(attempt.source, until_then(now, until)));
            return Due { at: Some(at.max(held.unwrap_or(at))), not_before: held, why: "its host rests".to_owned() };
        }
        Outcome::Read | Outcome::Failed => {}
    }
    let (mut at, mut why) = match attempt.outcome {
        Outcome::Failed => after_failure(timing, attempt),
        _ => after_success(timing, attempt),
    };
    let mut not_before = held;
    if let Some(wait) = attempt.hints.retry_after {
        let wait = wait.clamp(LEAST_RETRY_AFTER, DAY);
        let until = later(now, wait);
        not_before = not_before.max(Some(until));
        // A server in trouble that names a time is taken at its word, once; after that the longer wait holds.
        let is_first_failure = attempt.outcome == Outcome::Failed && attempt.state.failures <= 1;
        if is_first_failure || until > at {
            at = later(until, jitter(attempt.source, wait));
            why = format!("the server asks to wait {} (Retry-After)", spell_duration(wait));
        }
    }
    if let Some(until) = not_before.filter(|until| *until > at) {
        at = until;
    }
    Due { at: Some(at), not_before, why }
}

fn after_failure(timing: &Timing, attempt: &Attempt<'_>) -> (Timestamp, String) {
    let failures = attempt.state.failures.max(1);
    let wait = FIRST_RETRY.saturating_mul(1 << (failures - 1).min(10)).min(DAY);
    let at = later(attempt.now, wait + jitter(attempt.source, wait));
    let times = if failures == 1 { "once".to_owned() } else { format!("{failures} times in a row") };
    let why = format!("failed {times}: tried again after {}", spell_duration(wait));
    if timing.insist { (at, why) } else { (leave_alone(at, attempt), why) }
}

fn after_success(timing: &Timing, attempt: &Attempt<'_>) -> (Timestamp, String) {
    let now = attempt.now;
    let limit = server_limit(attempt).filter(|_| !(timing.insist && timing.wish.is_some()));
    let limit_wait = limit.map_or(Duration::ZERO, |(wait, _)| wait);
    if let Wish::Cron(cron) = &timing.wish {
        return (next_slot(cron, later(now, limit_wait), timing.insist, attempt), "as its cron says".to_owned());
    }
    let (wanted, mut why) = match timing.wish {
        Wish::Every(every) => (every, format!("every {}, as configured", spell_duration(every))),
        _ => rhythm::learned_wait(attempt.state, now),
    };
    if let Some((wait, name)) = limit.filter(|(wait, _)| *wait > wanted) {
        why = format!("the source asks for {} between two requests ({name})", spell_duration(wait));
    }
    let wait = wanted.max(limit_wait);
    let at = later(now, wait.saturating_add(jitter(attempt.source, wait)));
    if timing.insist && timing.wish.is_some() { (at, why) } else { (leave_alone(at, attempt), why) }
}

impl Wish {
    fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }
}

/// The longest wait the server or the feed asks for, at most a day, and where it says so.
fn server_limit(attempt: &Attempt<'_>) -> Option<(Duration, &'static str)> {
    let ttl = attempt.state.limits.ttl_seconds.map(Duration::from_secs);
    let limits = [(attempt.hints.max_age, "max-age"), (ttl, "ttl")];
    let longest = limits.into_iter().filter_map(|(wait, name)| Some((wait?, name))).max_by_key(|(wait, _)| *wait);
    longest.map(|(wait, name)| (wait.min(DAY), name))
}

/// Moves `at` out of the hours and days the feed asks to be left alone in; obeyed whole, unless they leave no hour at all.
fn leave_alone(at: Timestamp, attempt: &Attempt<'_>) -> Timestamp {
    let SourceLimits { skip_hours, skip_days, .. } = &attempt.state.limits;
    let hours = |hour: i8| skip_hours.iter().any(|skipped| i8::try_from(*skipped) == Ok(hour));
    let days = |day: i8| skip_days.iter().any(|skipped| i8::try_from(*skipped) == Ok(day));
    let (skips_hours, skips_days) = (!(0..24).all(hours), !(1..=7).all(days));
    let mut local = TimeZone::UTC.to_datetime(at);
    let mut moved = false;
    for _ in 0..24 * 7 {
        let is_skipped =
            (skips_hours && hours(local.hour())) || (skips_days && days(local.weekday().to_monday_one_offset()));
        if !is_skipped {
            break;
        }
        let next = local.checked_add(SignedDuration::from_hours(1)).ok();
        let Some(next) = next.map(|next| next.date().at(next.hour(), 0, 0, 0)) else { break };
        (local, moved) = (next, true);
    }
    if !moved {
        return at;
    }
    let start = local.to_zoned_datetime(TimeZone::UTC).map_or(at, |zoned| zoned.timestamp());
    later(start, jitter(attempt.source, HOUR))
}

/// The first time of `cron` after `from` that the feed does not ask to be left alone at.
fn next_slot(cron: &Cron, from: Timestamp, insist: bool, attempt: &Attempt<'_>) -> Timestamp {
    const TRIES: usize = 500;
    let mut slot = from;
    for _ in 0..TRIES {
        let Some(next) = cron.next(slot) else { return later(from, DAY) };
        slot = next;
        if insist || leave_alone(slot, attempt) == slot {
            return slot;
        }
    }
    slot
}

/// A share of `wait` that is always the same for one source: spreads sources that are due together.
fn jitter(source: &SourceId, wait: Duration) -> Duration {
    let digest = Digest::of(source.as_str().as_bytes());
    let thousandths = u32::from(u16::from_le_bytes([digest.as_bytes()[0], digest.as_bytes()[1]])) % 1_000;
    (wait / JITTER_SHARE).min(JITTER_MOST) / 1_000 * thousandths
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn until_then(start: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(start)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
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
            ("learned", "", Some(240), None, None, None, 120),
            ("learned, busy", "", Some(2), None, None, None, 15),
            ("learned, slow", "", Some(60 * 24 * 20), None, None, None, 1440),
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
        let rows = [(0, 30), (60, 30), (8 * 60, 60), (48 * 60, 360), (60 * 24 * 60, 1440)];
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
}
