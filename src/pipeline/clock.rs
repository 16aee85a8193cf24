//! Noticing that the clock of the machine was set, by a clock that nobody sets.
//!
//! The time since the machine was started goes on through sleep and through the end of a process; what the clock shows less that
//! time changes only when the clock is set. That difference is kept in the store, with the name of the boot, so that `once` run
//! by cron notices as the daemon does. After another boot nothing can be compared: then a time in the future tells that the
//! clock was set back, and a clock set forward looks like downtime.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::SignedDuration;

use crate::plan::timing::{Correction, NOTICED};
use crate::store::{self, ClockMark};

use super::Pipeline;

/// Slow drift is followed from this on.
const DRIFT: i64 = 20_000_000;

/// What a clock that nobody sets shows: which run of the machine, where that is known, and how long it has been going on.
pub type Steady = Arc<dyn Fn() -> (Option<i64>, Duration) + Send + Sync>;

/// Watches the clock of the machine.
pub struct ClockWatch {
    steady: Steady,
    /// The difference last seen by this process, and whether it is in the store.
    mark: Mutex<Option<ClockMark>>,
}

impl std::fmt::Debug for ClockWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClockWatch").field("mark", &self.mark).finish_non_exhaustive()
    }
}

impl Default for ClockWatch {
    /// By the time since now: good within a process.
    fn default() -> Self {
        let begun = Instant::now();
        Self::new(Arc::new(move || (None, begun.elapsed())))
    }
}

impl ClockWatch {
    /// A watch by such a clock.
    #[must_use]
    pub fn new(steady: Steady) -> Self {
        Self { steady, mark: Mutex::default() }
    }
}

impl Pipeline {
    /// Corrects the schedule where the clock was set since the last look.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn heed_clock(&self) -> Result<(), store::Error> {
        let now = (self.clock)();
        let (boot, passed) = (self.watch.steady)();
        let passed = i64::try_from(passed.as_micros()).unwrap_or(i64::MAX);
        let seen =
            ClockMark { boot: boot.unwrap_or_default(), offset_micros: now.as_microsecond().saturating_sub(passed) };
        let own = *self.watch.mark.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match (own, boot) {
            (Some(own), _) => Some(own),
            (None, Some(boot)) => self.store.clock_mark().await?.filter(|mark| mark.boot == boot),
            (None, None) => None,
        };
        if let Some(before) = before {
            let by = SignedDuration::from_micros(seen.offset_micros.saturating_sub(before.offset_micros));
            if by.abs() < NOTICED {
                // Drift adds up: it is followed, or one day it would look like a jump.
                if own.is_none() || by.as_micros().abs() > i128::from(DRIFT) {
                    self.mark_clock(seen, boot.is_some()).await?;
                }
                return Ok(());
            }
            self.client.clock_was_set(by);
            let corrected = self.store.correct(Correction::Shift(by)).await?;
            let (amount, way) = (by.unsigned_abs(), if by.is_negative() { "back" } else { "forward" });
            let amount = crate::units::spell_duration(Duration::from_secs(amount.as_secs()));
            tracing::warn!(
                "the clock of this machine was set {way} by {amount}: the times of {corrected} sources move along"
            );
        } else {
            let corrected = self.store.correct(Correction::NotAhead(now)).await?;
            if corrected > 0 {
                tracing::warn!(
                    "{corrected} sources were asked in the future by the clock of this machine: they wait their time from now"
                );
            }
        }
        self.mark_clock(seen, boot.is_some()).await
    }

    async fn mark_clock(&self, mark: ClockMark, is_kept: bool) -> Result<(), store::Error> {
        if is_kept {
            self.store.save_clock_mark(mark).await?;
        }
        *self.watch.mark.lock().unwrap_or_else(PoisonError::into_inner) = Some(mark);
        Ok(())
    }
}
