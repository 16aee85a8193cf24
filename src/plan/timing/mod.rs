//! When to ask a source again.
//!
//! In this order: the server's `Retry-After`; what it says about freshness (`max-age`, `ttl`, `sy:update*`, at most a day)
//! and the hours and days it asks to be left alone in; the operator's `every` or `cron`; the rhythm learned from the source
//! itself (about hourly until learned, then 15 minutes to a day). `every` and `cron` never beat a server's limit unless they
//! `insist`, and nothing beats `Retry-After` and 410. Failures back off from ten minutes to a day and are forgotten with the
//! first success. What comes to its turn late, in an hour that it asks to be left alone in, is put off ([`put_off`]).
//!
//! Pure: the present is an argument, and the jitter that spreads sources over time is derived from the source's id.

mod correction;
mod cron;
pub mod pace;
mod rhythm;
mod week;

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::correction::{Correction, NOTICED};
use self::cron::Cron;
pub use self::rhythm::{Brought, Rhythm};
use super::{SourceLimits, SourceState};
use crate::model::{CacheHints, Digest, SourceId};
use crate::units::{self, spell_duration};

/// The longest any server is believed, and the longest anything waits for its own sake.
const DAY: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);
/// The wait while a hub tells of news by itself.
const TOLD: Duration = Duration::from_hours(12);
const TOLD_WHY: &str = "asked twice a day to make sure";
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

    /// Whether the operator's own time beats what the server asks for.
    fn insists(&self) -> bool {
        self.insist && self.wish.is_some()
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
    /// Its state with this attempt counted in: `failures`, `rhythm` and `limits` are read.
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

/// When to ask a source whose turn has come, where it asks to be left alone now: it was due before that hour and nobody was
/// there, or the clock or the settings changed. `None` = it may be asked.
#[must_use]
pub fn put_off(timing: &Timing, source: &SourceId, state: &SourceState, now: Timestamp) -> Option<Due> {
    if timing.insists() {
        return None;
    }
    let end = leave_alone(now, source, &state.limits);
    if end == now {
        return None;
    }
    let at = match &timing.wish {
        Wish::Cron(cron) => next_slot(cron, now, false, source, &state.limits),
        _ => end,
    };
    let why = "the source asks to be left alone at this hour (skipHours, skipDays)".to_owned();
    Some(Due { at: Some(at.max(state.not_before.unwrap_or(at))), not_before: state.not_before, why })
}

fn after_failure(timing: &Timing, attempt: &Attempt<'_>) -> (Timestamp, String) {
    let failures = attempt.state.failures.max(1);
    let wait = retry_after_failures(failures);
    let at = later(attempt.now, wait + jitter(attempt.source, wait));
    let times = if failures == 1 { "once".to_owned() } else { format!("{failures} times in a row") };
    let why = format!("failed {times}: tried again after {}", spell_duration(wait));
    if timing.insist { (at, why) } else { (leave_alone(at, attempt.source, &attempt.state.limits), why) }
}

/// How long is waited after so many failures in a row, without jitter.
pub(super) fn retry_after_failures(failures: u32) -> Duration {
    FIRST_RETRY.saturating_mul(1 << failures.max(1).saturating_sub(1).min(10)).min(DAY)
}

fn after_success(timing: &Timing, attempt: &Attempt<'_>) -> (Timestamp, String) {
    let now = attempt.now;
    let limit = server_limit(attempt).filter(|_| !timing.insists());
    let limit_wait = limit.map_or(Duration::ZERO, |(wait, _)| wait);
    if let Wish::Cron(cron) = &timing.wish {
        let from = later(now, limit_wait);
        let slot = next_slot(cron, from, timing.insist, attempt.source, &attempt.state.limits);
        return (slot, "as its cron says".to_owned());
    }
    let is_told = attempt.state.push.as_ref().is_some_and(|push| push.is_alive(now)) && !timing.insist;
    let (wanted, mut why) = match timing.wish {
        Wish::Every(every) if is_told => (every.max(TOLD), format!("its hub tells of news: {TOLD_WHY}")),
        Wish::None if is_told => (TOLD, format!("its hub tells of news: {TOLD_WHY}")),
        Wish::Every(every) => (every, format!("every {}, as configured", spell_duration(every))),
        _ => rhythm::learned_wait(attempt.state, now),
    };
    if let Some((wait, name)) = limit.filter(|(wait, _)| *wait > wanted) {
        why = format!("the source asks for {} between two requests ({name})", spell_duration(wait));
    }
    let wait = wanted.max(limit_wait);
    let at = later(now, wait.saturating_add(jitter(attempt.source, wait)));
    if timing.insists() { (at, why) } else { (leave_alone(at, attempt.source, &attempt.state.limits), why) }
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
fn leave_alone(at: Timestamp, source: &SourceId, limits: &SourceLimits) -> Timestamp {
    let SourceLimits { skip_hours, skip_days, .. } = limits;
    if skip_hours.is_empty() && skip_days.is_empty() {
        return at;
    }
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
    later(start, jitter(source, HOUR))
}

/// The first time of `cron` after `from` that the feed does not ask to be left alone at; where all its times are such, the first
/// hour after one: a source is put off, never given up.
fn next_slot(cron: &Cron, from: Timestamp, insist: bool, source: &SourceId, limits: &SourceLimits) -> Timestamp {
    const TRIES: usize = 500;
    let (mut slot, mut earliest) = (from, None);
    for _ in 0..TRIES {
        let Some(next) = cron.next(slot) else { break };
        slot = next;
        let allowed = leave_alone(slot, source, limits);
        if insist || allowed == slot {
            return slot;
        }
        earliest.get_or_insert(allowed);
    }
    earliest.unwrap_or_else(|| later(from, DAY))
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
mod tests;
