//! One round, or rounds for ever: steers the [`Driver`], and has feeds rendered and old articles retired beside it. The only
//! place that spawns, with the driver.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::crowd::PATIENCE;
use self::driver::Driver;
use super::rerender::{Dirty, render, render_loop};
use super::retire::retire_loop;
use super::{Pipeline, Press, Report, Totals, report};
use crate::model::SourceId;
use crate::store::{self, Due};

mod crowd;
mod driver;
mod queue;

/// How long the daemon waits for refreshes under way when it is told to end.
pub const DRAIN: Duration = Duration::from_secs(30);

/// The longest sleep between two looks at the schedule.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Rest after a store failure before it is tried again.
const STORE_REST: Duration = Duration::from_secs(10);

/// Told of every report as it comes.
pub type Progress<'a> = &'a mut (dyn FnMut(&Report) + Send);

/// What a round asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Round {
    /// The sources whose time has come.
    Due,
    /// Every source, whatever its time.
    All,
    /// One source, whatever its time.
    Only(SourceId),
}

/// Does everything that is due, once.
pub async fn once(
    pipeline: &Pipeline,
    round: &Round,
    cancel: &CancellationToken,
    progress: Progress<'_>,
) -> Result<Totals, store::Error> {
    let began = (pipeline.clock)();
    let due = match round {
        Round::Due => Due::ByTime,
        Round::All => Due::All { round: began },
        Round::Only(source) => Due::Only { source: source.clone(), round: began },
    };
    let mut driver = Driver::new(pipeline);
    let mut totals = Totals::default();
    loop {
        if !cancel.is_cancelled() {
            driver.claim(&due).await?;
        }
        if driver.claims.is_empty() && !cancel.is_cancelled() {
            if driver.crowd.is_empty() {
                return Ok(totals);
            }
            continue;
        }
        let ended = tokio::select! {
            ended = driver.queue.ended() => ended,
            // What is under way may take long: is there something for lanes that are free?
            () = tokio::time::sleep(PATIENCE) => continue,
            () = cancel.cancelled() => {
                driver.drain(&mut |report| totals.add(report)).await?;
                return Ok(totals);
            }
        };
        let (reports, written) = driver.write(ended).await;
        for report in &reports {
            totals.add(report);
            progress(report);
        }
        written?;
    }
}

/// What steers a daemon from outside.
pub struct Steering {
    /// Ends it: what is under way is finished first, within [`DRAIN`].
    pub cancel: CancellationToken,
    /// Brings new settings, as a pipeline to go on with. What is under way ends as it began.
    pub fresh: mpsc::Receiver<Pipeline>,
    /// Told whenever the driver comes round: a driver that is stuck says nothing.
    pub beat: Beat,
}

/// The sign of life of the driver.
#[derive(Clone)]
pub struct Beat {
    /// The longest time between two.
    pub every: Duration,
    /// Called each time.
    pub told: Arc<dyn Fn() + Send + Sync>,
}

impl Default for Beat {
    fn default() -> Self {
        Self { every: LOOK_AGAIN, told: Arc::new(|| {}) }
    }
}

/// Refreshes and renders until it is cancelled, then drains.
pub async fn daemon(pipeline: &Pipeline, press: &Arc<Press>, cancel: &CancellationToken) {
    let (_hold, fresh) = mpsc::channel(1);
    let steering = Steering { cancel: cancel.clone(), fresh, beat: Beat::default() };
    steered(pipeline, press, steering).await;
}

/// The same, under settings that may change while it goes on. Who sends a fresh pipeline hands `press` its renderer.
pub async fn steered(pipeline: &Pipeline, press: &Arc<Press>, steering: Steering) {
    let Steering { cancel, mut fresh, beat } = steering;
    let dirty = Arc::new(Dirty::default());
    let mut background = JoinSet::new();
    background.spawn(render_loop(Arc::clone(press), Arc::clone(&dirty), cancel.clone()));
    let mut retiring = cancel.child_token();
    background.spawn(retire_loop(pipeline.clone(), Arc::clone(press), retiring.clone()));
    let mut driver = Driver::new(pipeline).steady();
    while !cancel.is_cancelled() {
        (beat.told)();
        let wait = match driver.claim(&Due::ByTime).await {
            Ok(()) => driver.until_next().await,
            Err(error) => {
                report::store_failed(&error);
                STORE_REST
            }
        };
        let ended = tokio::select! {
            () = cancel.cancelled() => break,
            Some(pipeline) = fresh.recv() => {
                retiring.cancel();
                retiring = cancel.child_token();
                background.spawn(retire_loop(pipeline.clone(), Arc::clone(press), retiring.clone()));
                driver.go_on_with(pipeline);
                continue;
            }
            // What could not be written is tried again before anything else.
            ended = driver.queue.ended(), if driver.unwritten.is_empty() => ended,
            () = pipeline.arrived.notified() => continue,
            () = tokio::time::sleep(wait.min(beat.every)) => {
                if driver.unwritten.is_empty() {
                    continue;
                }
                Vec::new()
            }
        };
        let (reports, written) = driver.write(ended).await;
        dirty.note(reports.iter());
        if let Err(error) = written {
            report::store_failed(&error);
            if driver.unwritten.is_empty() {
                tokio::select! { () = tokio::time::sleep(STORE_REST) => {}, () = cancel.cancelled() => {} }
            }
        }
    }
    if let Err(error) = driver.drain(&mut |report| dirty.note(std::iter::once(report))).await {
        report::store_failed(&error);
    }
    while background.join_next().await.is_some() {}
    let changed = dirty.take();
    if !changed.is_empty() {
        render(press, Some(&changed)).await;
    }
}

#[cfg(test)]
mod tests;
