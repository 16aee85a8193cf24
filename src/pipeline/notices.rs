//! What the operator is to hear: sources that broke, and those that work again. Collected as refreshes are written, taken by
//! whoever tells.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::model::SourceId;
use crate::plan::{SourceState, Turn};
use crate::units;

use super::Subscription;
use crate::address;

/// Notices that wait to be told, at most: who is told of so many has heard enough.
const MOST: usize = 10_000;

/// `[notify]`: how the operator hears of sources that break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A program with its arguments, which is given the notices on its standard input; `{subject}` in an argument stands for
    /// a line that sums them up. Nobody is told where it is empty.
    pub command: Vec<String>,
    /// How long a source must have been in trouble before it counts as broken. `"1h"`.
    #[serde(with = "units::duration")]
    pub after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { command: Vec::new(), after: Duration::from_hours(1) }
    }
}

/// One source that broke or works again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The source.
    pub source: SourceId,
    /// What it calls itself.
    pub title: Option<String>,
    /// Where it is, credentials hidden.
    pub address: String,
    /// Which of the two.
    pub turn: Turn,
    /// What is wrong, and what to do.
    pub message: Option<String>,
    /// When it was last read.
    pub succeeded_at: Option<Timestamp>,
}

impl Notice {
    /// Of a source that stands so.
    #[must_use]
    pub fn new(subscription: &Subscription, state: &SourceState, turn: Turn) -> Self {
        Self {
            source: subscription.source.id.clone(),
            title: state.title.clone(),
            address: address::redact(&subscription.source.urls()[0]),
            turn,
            message: state.message.clone(),
            succeeded_at: state.succeeded_at,
        }
    }
}

/// The notices that nobody has taken yet.
#[derive(Debug, Default)]
pub struct Notices {
    /// Guards the list only.
    waiting: Mutex<Vec<Notice>>,
    told: Notify,
}

impl Notices {
    /// Adds one.
    pub(super) fn add(&self, notice: &Notice) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST {
            waiting.push(notice.clone());
        }
        drop(waiting);
        self.told.notify_one();
    }

    /// Takes what is there.
    #[must_use]
    pub fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until there is something.
    pub async fn wait(&self) {
        while self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            self.told.notified().await;
        }
    }
}
