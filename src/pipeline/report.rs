//! What became of a piece of work, for logs, terminals and metrics.

use std::time::Duration;

use metrics::{counter, histogram};

use crate::model::SourceId;
use crate::plan::Summary;
use crate::plan::Turn;
use crate::store;

use super::Notice;

/// What became of one claim.
#[derive(Debug, Clone)]
pub struct Report {
    /// The source.
    pub source: SourceId,
    /// What came of it.
    pub outcome: Outcome,
    /// HTTP status of the answer, where there was one.
    pub status: Option<u16>,
    /// Requests made.
    pub requests: u32,
    /// Requests answered 304.
    pub not_modified: u32,
    /// Whether it failed and did not fail the last time.
    pub newly_failed: bool,
    /// Whether articles came in or changed.
    pub changed: bool,
    /// What the operator is to hear of the source.
    pub notice: Option<Box<Notice>>,
    /// How long it took, waiting for turns included.
    pub took: Duration,
}

impl Report {
    /// A report of nothing but its outcome.
    #[must_use]
    pub fn new(source: SourceId, outcome: Outcome) -> Self {
        Self {
            source,
            outcome,
            status: None,
            requests: 0,
            not_modified: 0,
            newly_failed: false,
            changed: false,
            notice: None,
            took: Duration::ZERO,
        }
    }

    /// Logs and counts it; once.
    pub(super) fn note(&self) {
        let (id, name) = (&self.source, self.outcome.name());
        counter!("courant_refreshes_total", "source" => id.to_string(), "outcome" => name).increment(1);
        counter!("courant_requests_total", "source" => id.to_string()).increment(u64::from(self.requests));
        counter!("courant_requests_not_modified_total", "source" => id.to_string())
            .increment(u64::from(self.not_modified));
        histogram!("courant_refresh_seconds").record(self.took.as_secs_f64());
        let duration_ms = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        match self.notice.as_ref().map(|notice| notice.turn) {
            Some(Turn::Broke(since)) => {
                tracing::warn!(source.id = %id, "source `{id}` is broken: in trouble since {since}");
            }
            Some(Turn::Recovered(since)) => {
                tracing::info!(source.id = %id, "source `{id}` works again: it was in trouble since {since}");
            }
            None => {}
        }
        match &self.outcome {
            Outcome::Failed(message) | Outcome::PageFailed(message) => {
                tracing::warn!(source.id = %id, http.status = self.status, duration_ms, "source `{id}`: {message}");
            }
            Outcome::Gone => {
                tracing::warn!(source.id = %id, http.status = 410, duration_ms, "source `{id}` is gone for good (410)");
            }
            Outcome::Read { entries, summary, remark } => {
                tracing::info!(
                    source.id = %id, http.status = self.status, duration_ms, entries, announced = summary.announced,
                    silent = summary.silent, edited = summary.edited, waiting = summary.waiting,
                    "source `{id}`: {entries} entries, {} new, {} edited", summary.announced + summary.silent, summary.edited
                );
                if let Some(remark) = remark {
                    tracing::warn!(source.id = %id, "source `{id}`: {remark}");
                }
            }
            Outcome::Postponed(why) => {
                tracing::debug!(source.id = %id, duration_ms, "source `{id}` is put off: {why}");
            }
            Outcome::Unchanged | Outcome::Page | Outcome::Dropped => {
                tracing::debug!(source.id = %id, http.status = self.status, duration_ms, "source `{id}`: {name}");
            }
        }
    }
}

/// Logs and counts a failure of the store.
pub(super) fn store_failed(error: &store::Error) {
    counter!("courant_store_failures_total").increment(1);
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::error!("{error}: {cause}; trying again, nothing is lost");
}

/// What came of one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The source has nothing new.
    Unchanged,
    /// The source was read.
    Read {
        /// Entries in its documents.
        entries: usize,
        /// What they change.
        summary: Summary,
        /// What the operator should know: an entry that failed, fields that are missing.
        remark: Option<String>,
    },
    /// An article page that waited was read.
    Page,
    /// An article page that waited could not be read; what was decided about it.
    PageFailed(String),
    /// The source could not be read: what, where and what to do.
    Failed(String),
    /// The source is gone for good (410).
    Gone,
    /// Nothing was asked; why not.
    Postponed(String),
    /// The source is not configured any more.
    Dropped,
}

impl Outcome {
    /// One word for metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Read { .. } => "read",
            Self::Page => "page",
            Self::PageFailed(_) => "page-failed",
            Self::Failed(_) => "failed",
            Self::Gone => "gone",
            Self::Postponed(_) => "postponed",
            Self::Dropped => "dropped",
        }
    }
}
