//! Retention at work: what is beyond its bounds is dropped a little at a time, documents that nobody names are forgotten, and
//! the room is given back. What the feeds show at the moment stays until it has left them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::model::{ArticleId, SourceId};
use crate::plan::retention::Bounds;
use crate::store::{self, Prune};

use super::{Pipeline, Renderer, report};

/// Articles or documents dropped in one call.
const PORTION: usize = 500;

/// Calls that give room back, in one go through everything: each is some 500 pages.
const TIDYINGS: usize = 200;

/// When the daemon drops for the first time: not while it catches up after its start.
const FIRST: Duration = Duration::from_mins(5);

/// How often after that.
const AGAIN: Duration = Duration::from_hours(1);

/// What was dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retired {
    /// Articles.
    pub articles: usize,
    /// Documents that their sources named no more.
    pub documents: usize,
}

impl Retired {
    /// Logs and counts what was dropped, if anything was.
    pub fn log(&self) {
        if self.articles > 0 {
            counter!("courant_articles_dropped_total").increment(self.articles as u64);
            tracing::info!(dropped = self.articles, "dropped {} articles beyond `retention`", self.articles);
        }
        if self.documents > 0 {
            tracing::debug!(forgotten = self.documents, "forgot {} documents that nobody names", self.documents);
        }
    }
}

/// Drops what is beyond the bounds of each source, but for what is `shown`, until all is done or it is cancelled.
pub async fn retire(
    pipeline: &Pipeline,
    shown: &BTreeMap<SourceId, BTreeSet<ArticleId>>,
    cancel: &CancellationToken,
) -> Result<Retired, store::Error> {
    let (store, now) = (&pipeline.store, (pipeline.clock)());
    let mut retired = Retired::default();
    for subscription in pipeline.subscriptions.values() {
        let Some(bounds) = Bounds::of(&subscription.retention, now) else { continue };
        let source = subscription.source.id.clone();
        let spared = shown.get(&source).cloned().unwrap_or_default();
        let request = Prune { source, bounds, spared, limit: PORTION, now };
        loop {
            if cancel.is_cancelled() {
                return Ok(retired);
            }
            let began = Instant::now();
            let dropped = store.prune(&request).await?;
            retired.articles += dropped;
            if dropped < PORTION {
                break;
            }
            rest(began).await;
        }
    }
    if let Some(unseen_since) = pipeline.documents_for.and_then(|span| now.checked_sub(span).ok()) {
        while !cancel.is_cancelled() {
            let began = Instant::now();
            let forgotten = store.forget_documents(unseen_since, PORTION).await?;
            retired.documents += forgotten;
            if forgotten < PORTION {
                break;
            }
            rest(began).await;
        }
    }
    for _ in 0..TIDYINGS {
        let began = Instant::now();
        if cancel.is_cancelled() || !store.tidy().await? {
            break;
        }
        rest(began).await;
    }
    Ok(retired)
}

/// As long as the work took: refreshes have the writer at least half of the time.
async fn rest(began: Instant) {
    tokio::time::sleep(began.elapsed()).await;
}

/// Drops again and again, until cancelled.
pub(super) async fn retire_loop(pipeline: Pipeline, renderer: Arc<Renderer>, cancel: CancellationToken) {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(wait) => wait = AGAIN,
        }
        // What no feed shows is known only once all were rendered.
        let Some(shown) = renderer.shown() else { continue };
        match retire(&pipeline, &shown, &cancel).await {
            Ok(retired) => retired.log(),
            Err(error) => report::store_failed(&error),
        }
    }
}
