//! What a round came to, added up from its reports.

use std::collections::BTreeSet;

use crate::model::SourceId;

use super::{Outcome, Report};

/// What a round came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Sources asked.
    pub sources: usize,
    /// Sources that could not be read.
    pub failed: usize,
    /// Those among them that could be read the last time.
    pub newly_failed: usize,
    /// Articles that are news.
    pub announced: usize,
    /// Articles held silently.
    pub silent: usize,
    /// Articles that changed.
    pub edited: usize,
    /// Article pages that waited and were read.
    pub pages: usize,
    /// Requests made.
    pub requests: u32,
    /// Requests answered 304.
    pub not_modified: u32,
    /// Sources whose articles changed.
    pub changed: BTreeSet<SourceId>,
}

impl Totals {
    pub(super) fn add(&mut self, report: &Report) {
        self.requests += report.requests;
        self.not_modified += report.not_modified;
        let is_source = !matches!(
            report.outcome,
            Outcome::Page | Outcome::PageFailed(_) | Outcome::Dropped | Outcome::Postponed(_)
        );
        self.sources += usize::from(is_source);
        match &report.outcome {
            Outcome::Read { summary, .. } => {
                self.announced += summary.announced;
                self.silent += summary.silent;
                self.edited += summary.edited;
            }
            Outcome::Failed(_) | Outcome::Gone => {
                self.failed += 1;
                self.newly_failed += usize::from(report.newly_failed);
            }
            Outcome::Page => self.pages += 1,
            _ => {}
        }
        if report.changed {
            self.changed.insert(report.source.clone());
        }
    }
}
