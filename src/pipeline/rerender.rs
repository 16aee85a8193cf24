//! The render loop of the daemon: what changed is rendered soon, everything once an hour, and what failed again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::model::SourceId;

use super::{Renderer, Report, Totals, report};

/// Changes that come within this are rendered together.
const COALESCE: Duration = Duration::from_millis(300);

/// Limits of age pass without a change: everything is rendered again after this.
const RENDER_ALL: Duration = Duration::from_hours(1);

/// Rest after feeds that could not be rendered or published, before it is tried again.
const RENDER_REST: Duration = Duration::from_secs(30);

/// Sources whose articles changed since the last rendering.
#[derive(Default)]
pub(super) struct Dirty {
    /// Guards the set only.
    sources: Mutex<BTreeSet<SourceId>>,
    changed: Notify,
}

impl Dirty {
    pub(super) fn note<'a>(&self, reports: impl Iterator<Item = &'a Report>) {
        let mut totals = Totals::default();
        reports.for_each(|report| totals.add(report));
        if !totals.changed.is_empty() {
            self.add(totals.changed);
        }
    }

    pub(super) fn add(&self, changed: BTreeSet<SourceId>) {
        self.sources.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(changed);
        self.changed.notify_one();
    }

    pub(super) fn take(&self) -> BTreeSet<SourceId> {
        std::mem::take(&mut *self.sources.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// Renders what changed, again and again, until cancelled.
pub(super) async fn render_loop(renderer: Arc<Renderer>, dirty: Arc<Dirty>, cancel: CancellationToken) {
    let mut all_at = Instant::now() + RENDER_ALL;
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = dirty.changed.notified() => {}
            () = tokio::time::sleep_until(all_at) => {}
        }
        tokio::time::sleep(COALESCE).await;
        let changed = dirty.take();
        let all = Instant::now() >= all_at;
        if render(&renderer, (!all).then_some(&changed)).await {
            all_at = if all { Instant::now() + RENDER_ALL } else { all_at };
            continue;
        }
        dirty.add(changed);
        tokio::select! { () = tokio::time::sleep(RENDER_REST) => {}, () = cancel.cancelled() => {} }
    }
}

/// Renders once; gives whether everything was rendered and published.
pub(super) async fn render(renderer: &Renderer, changed: Option<&BTreeSet<SourceId>>) -> bool {
    match renderer.render(changed).await {
        Ok(rendered) => {
            rendered.log();
            rendered.failed.is_empty()
        }
        Err(error) => {
            report::store_failed(&error);
            false
        }
    }
}
