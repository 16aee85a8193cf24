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

/// Between two looks for what a command amended beside us, such as a takedown.
const LOOK: Duration = Duration::from_secs(1);

/// Rest after feeds that could not be rendered or published, before it is tried again.
const RENDER_REST: Duration = Duration::from_secs(30);

/// The renderer in force, used by one at a time: so that what old settings made is never put over what new ones made.
pub struct Press {
    /// Held while it renders, and while it is exchanged.
    turn: tokio::sync::Mutex<()>,
    /// Guards the pointer only.
    renderer: Mutex<Arc<Renderer>>,
    /// What [`Store::amended`](crate::store::Store::amended) was when everything was rendered last; `None` = never.
    amended: Mutex<Option<i64>>,
}

impl Press {
    /// A press with this renderer.
    #[must_use]
    pub fn new(renderer: Arc<Renderer>) -> Self {
        Self { turn: tokio::sync::Mutex::default(), renderer: Mutex::new(renderer), amended: Mutex::default() }
    }

    /// The renderer in force, for what publishes nothing: it waits for no rendering.
    #[must_use]
    pub fn current(&self) -> Arc<Renderer> {
        Arc::clone(&self.renderer.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// The renderer, where nobody else has it.
    pub fn renderer(&mut self) -> Option<&mut Renderer> {
        Arc::get_mut(self.renderer.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Puts another renderer in force, after the rendering under way.
    pub async fn replace(&self, renderer: Arc<Renderer>) {
        let _turn = self.turn.lock().await;
        *self.renderer.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = renderer;
    }

    /// Renders the feeds that take articles of `changed` sources (`None` = all), and what points to them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn render(&self, changed: Option<&BTreeSet<SourceId>>) -> Result<Rendered, store::Error> {
        let _turn = self.turn.lock().await;
        let renderer = self.current();
        if changed.is_some() {
            return renderer.render(changed).await;
        }
        // Before the articles are read: what is amended meanwhile is seen the next time.
        let amended = renderer.store.amended().await?;
        let rendered = renderer.render(None).await?;
        *self.seen() = Some(amended);
        Ok(rendered)
    }

    /// Whether articles were amended since everything was rendered. A store that cannot be read says so elsewhere.
    async fn is_outdated(&self) -> bool {
        let amended = self.current().store.amended().await.ok();
        amended.is_some() && self.seen().is_some_and(|seen| Some(seen) != amended)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Option<i64>> {
        self.amended.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Press {
    /// What the feeds in force show, by source; `None` until every feed was rendered.
    pub async fn shown(&self) -> Option<BTreeMap<SourceId, BTreeSet<ArticleId>>> {
        let _turn = self.turn.lock().await;
        self.current().shown()
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
            () = outdated(&press) => {}
        }
        tokio::time::sleep(COALESCE).await;
        let changed = dirty.take();
        let all = Instant::now() >= all_at || press.is_outdated().await;
        if render(&press, (!all).then_some(&changed)).await {
            all_at = if all { Instant::now() + RENDER_ALL } else { all_at };
            continue;
        }
        dirty.add(changed);
        tokio::select! { () = tokio::time::sleep(RENDER_REST) => {}, () = cancel.cancelled() => {} }
    }
}

/// Returns when articles were amended by a command.
async fn outdated(press: &Press) {
    loop {
        tokio::time::sleep(LOOK).await;
        if press.is_outdated().await {
            return;
        }
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
