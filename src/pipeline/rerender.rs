//! The render loop of the daemon: what changed is rendered soon, everything once an hour, and what failed again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::model::{ArticleId, SourceId};
use crate::store;

use super::{Rendered, Renderer, Report, Totals, report};

/// Changes that come within this are rendered together.
const COALESCE: Duration = Duration::from_millis(300);

/// Limits of age pass without a change: everything is rendered again after this.
const RENDER_ALL: Duration = Duration::from_hours(1);

/// Rest after feeds that could not be rendered or published, before it is tried again.
const RENDER_REST: Duration = Duration::from_secs(30);

/// The renderer in force, used by one at a time: so that what old settings made is never put over what new ones made.
pub struct Press {
    /// Held while it renders.
    renderer: tokio::sync::Mutex<Arc<Renderer>>,
}

impl Press {
    /// A press with this renderer.
    #[must_use]
    pub fn new(renderer: Arc<Renderer>) -> Self {
        Self { renderer: tokio::sync::Mutex::new(renderer) }
    }

    /// The renderer, where nobody else has it.
    pub fn renderer(&mut self) -> Option<&mut Renderer> {
        Arc::get_mut(self.renderer.get_mut())
    }

    /// Puts another renderer in force, after the rendering under way.
    pub async fn replace(&self, renderer: Arc<Renderer>) {
        *self.renderer.lock().await = renderer;
    }

    /// Renders the feeds that take articles of `changed` sources (`None` = all), and what points to them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn render(&self, changed: Option<&BTreeSet<SourceId>>) -> Result<Rendered, store::Error> {
        self.renderer.lock().await.render(changed).await
    }
}

impl Press {
    /// What the feeds in force show, by source; `None` until every feed was rendered.
    pub async fn shown(&self) -> Option<BTreeMap<SourceId, BTreeSet<ArticleId>>> {
        self.renderer.lock().await.shown()
    }
}

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
pub(super) async fn render_loop(press: Arc<Press>, dirty: Arc<Dirty>, cancel: CancellationToken) {
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
        if render(&press, (!all).then_some(&changed)).await {
            all_at = if all { Instant::now() + RENDER_ALL } else { all_at };
            continue;
        }
        dirty.add(changed);
        tokio::select! { () = tokio::time::sleep(RENDER_REST) => {}, () = cancel.cancelled() => {} }
    }
}

/// Renders once; gives whether everything was rendered and published.
pub(super) async fn render(press: &Press, changed: Option<&BTreeSet<SourceId>>) -> bool {
    match press.render(changed).await {
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
