//! Hands claims to refreshes and writes what they come to. The only place that spawns.
//!
//! One driver claims, spawns, joins and writes: so there is one writer, and the refreshes that end together are written in one
//! transaction. What is cut short loses nothing: a lease that is not finished runs out, and the work is done again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::model::SourceId;
use crate::plan::{self, Changes, Health, SourceState};
use crate::store::{self, Claim, ClaimRequest, Due, Finished, Refresh, Work};

use super::rerender::{Dirty, render, render_loop};
use super::retire::retire_loop;
use super::{Outcome, Pipeline, Renderer, Report, Totals, report};

/// How long a claim is ours: longer than the slowest refresh.
const LEASE: Duration = Duration::from_mins(15);

/// Refreshes written in one transaction at most.
const BATCH: usize = 64;

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
        let joined = tokio::select! {
            joined = driver.tasks.join_next_with_id() => joined,
            () = cancel.cancelled() => {
                driver.drain(&mut |report| totals.add(report)).await?;
                return Ok(totals);
            }
        };
        let Some(joined) = joined else { return Ok(totals) };
        let (reports, written) = driver.write(joined).await;
        for report in &reports {
            totals.add(report);
            progress(report);
        }
        written?;
    }
}

/// Refreshes and renders until it is cancelled, then drains.
pub async fn daemon(pipeline: &Pipeline, renderer: &Arc<Renderer>, cancel: &CancellationToken) {
    let dirty = Arc::new(Dirty::default());
    let mut background = JoinSet::new();
    background.spawn(render_loop(Arc::clone(renderer), Arc::clone(&dirty), cancel.clone()));
    background.spawn(retire_loop(pipeline.clone(), Arc::clone(renderer), cancel.clone()));
    let mut driver = Driver::new(pipeline);
    while !cancel.is_cancelled() {
        let wait = match driver.claim(&Due::ByTime).await {
            Ok(()) => driver.until_next().await,
            Err(error) => {
                report::store_failed(&error);
                STORE_REST
            }
        };
        // Nothing but the join may be cut off by another branch: what was joined must be written.
        let joined = tokio::select! {
            () = cancel.cancelled() => break,
            Some(joined) = driver.tasks.join_next_with_id() => joined,
            () = pipeline.arrived.notified() => continue,
            () = tokio::time::sleep(wait) => continue,
        };
        let (reports, written) = driver.write(joined).await;
        dirty.note(reports.iter());
        if let Err(error) = written {
            report::store_failed(&error);
            tokio::select! { () = tokio::time::sleep(STORE_REST) => {}, () = cancel.cancelled() => {} }
        }
    }
    if let Err(error) = driver.drain(&mut |report| dirty.note(std::iter::once(report))).await {
        report::store_failed(&error);
    }
    while background.join_next().await.is_some() {}
    let changed = dirty.take();
    if !changed.is_empty() {
        render(renderer, Some(&changed)).await;
    }
}

/// The tasks under way, with what each is about.
struct Driver<'a> {
    pipeline: &'a Pipeline,
    tasks: JoinSet<Result<(Refresh, Report), store::Error>>,
    claims: HashMap<Id, Claim>,
}

impl<'a> Driver<'a> {
    fn new(pipeline: &'a Pipeline) -> Self {
        Self { pipeline, tasks: JoinSet::new(), claims: HashMap::new() }
    }

    fn room(&self) -> usize {
        self.pipeline.concurrency.saturating_sub(self.tasks.len())
    }

    /// Claims and starts as much as there is room for.
    async fn claim(&mut self, due: &Due) -> Result<(), store::Error> {
        let room = self.room();
        if room == 0 {
            return Ok(());
        }
        let request = ClaimRequest { now: (self.pipeline.clock)(), lease: LEASE, limit: room, due: due.clone() };
        for claim in self.pipeline.store.claim_due(&request).await? {
            // Work that outlasts its lease comes back to us: that renews the lease, it does not begin the work again.
            if let Some(held) = self.claims.values_mut().find(|held| is_same_work(held, &claim)) {
                *held = claim;
                continue;
            }
            let pipeline = self.pipeline.clone();
            let work = claim.clone();
            let handle = self.tasks.spawn(async move { pipeline.work(work).await });
            self.claims.insert(handle.id(), claim);
        }
        Ok(())
    }

    /// Writes what a task came to, together with the others that have ended. Gives the reports of what was written, also
    /// where some could not be; the leases of those run out, and the work is done again.
    async fn write(&mut self, joined: Joined) -> (Vec<Report>, Result<(), store::Error>) {
        let mut ended = vec![joined];
        while ended.len() < BATCH
            && let Some(joined) = self.tasks.try_join_next_with_id()
        {
            ended.push(joined);
        }
        let mut outcome = Ok(());
        let (mut refreshes, mut reports) = (Vec::with_capacity(ended.len()), Vec::with_capacity(ended.len()));
        for joined in ended {
            match self.settle(joined) {
                Ok((refresh, report)) => {
                    refreshes.push(refresh);
                    reports.push(report);
                }
                Err(error) => outcome = Err(error),
            }
        }
        let finished = match self.pipeline.store.finish(&refreshes).await {
            Ok(finished) => finished,
            Err(error) => return (Vec::new(), Err(error)),
        };
        if refreshes.iter().any(|refresh| refresh.changes.topic.is_some()) {
            self.pipeline.wanted.notify_one();
        }
        for (finished, report) in finished.iter().zip(&reports) {
            if *finished == Finished::Lost {
                tracing::warn!(source.id = %report.source, "the lease on `{}` was lost: its refresh took too long and is dropped", report.source);
            }
        }
        reports.iter().for_each(Report::note);
        (reports, outcome)
    }

    /// What a task came to. A crash is a failure of its source, not ours.
    fn settle(&mut self, joined: Joined) -> Result<(Refresh, Report), store::Error> {
        match joined {
            Ok((id, outcome)) => {
                let claim = self.claims.remove(&id).expect("every task has a claim");
                // The lease may have been renewed meanwhile.
                outcome.map(|(refresh, report)| (Refresh { claim, ..refresh }, report))
            }
            Err(error) => {
                let claim = self.claims.remove(&error.id()).expect("every task has a claim");
                tracing::error!(source.id = %claim.source, "reading `{}` crashed: {error}; please report it with the document", claim.source);
                Ok(crashed(claim, (self.pipeline.clock)()))
            }
        }
    }

    /// How long until something is due.
    async fn until_next(&self) -> Duration {
        if self.room() == 0 {
            return LOOK_AGAIN;
        }
        let Ok(next) = self.pipeline.store.next_due().await else { return STORE_REST };
        let wait = next.map(|next| next.duration_since((self.pipeline.clock)()));
        let wait = wait.and_then(|wait| Duration::try_from(wait).ok()).unwrap_or(if next.is_some() {
            Duration::ZERO
        } else {
            LOOK_AGAIN
        });
        wait.clamp(Duration::from_millis(200), LOOK_AGAIN)
    }

    /// Finishes what is under way within [`DRAIN`] and gives the rest back.
    async fn drain(&mut self, report: &mut (dyn FnMut(&Report) + Send)) -> Result<(), store::Error> {
        let deadline = Instant::now() + DRAIN;
        let mut outcome = Ok(());
        while let Ok(Some(joined)) = tokio::time::timeout_at(deadline, self.tasks.join_next_with_id()).await {
            let (reports, written) = self.write(joined).await;
            reports.iter().for_each(&mut *report);
            outcome = outcome.and(written);
        }
        self.tasks.abort_all();
        let rest: Vec<Claim> = self.claims.drain().map(|(_, claim)| claim).collect();
        if !rest.is_empty() {
            tracing::info!("{} refreshes were cut short; they are due again at once", rest.len());
            self.pipeline.store.release(&rest).await?;
        }
        outcome
    }
}

/// Whether two claims are for the same piece of work, under whatever lease.
fn is_same_work(one: &Claim, other: &Claim) -> bool {
    one.source == other.source
        && match (&one.work, &other.work) {
            (Work::Source { .. }, Work::Source { .. }) => true,
            (Work::Page(one), Work::Page(other)) => one.key == other.key,
            _ => false,
        }
}

type Joined = Result<(Id, Result<(Refresh, Report), store::Error>), tokio::task::JoinError>;

fn crashed(claim: Claim, now: Timestamp) -> (Refresh, Report) {
    let message = "reading it crashed: please report it with the document".to_owned();
    let later = now.saturating_add(jiff::SignedDuration::from_hours(6)).unwrap_or(now);
    let changes = match &claim.work {
        Work::Source { state, .. } => Changes::state_only(SourceState {
            attempted_at: Some(now),
            failures: state.failures.saturating_add(1),
            health: Health::Failing,
            message: Some(message.clone()),
            next_due: Some(later),
            why: "failed".to_owned(),
            ..(**state).clone()
        }),
        Work::Page(page) => Changes {
            pending: vec![plan::PendingPage {
                tries: page.tries + 1,
                due: later,
                error: Some(message.clone()),
                ..(**page).clone()
            }],
            ..Changes::default()
        },
    };
    let (outcome, newly_failed) = match &claim.work {
        Work::Source { state, .. } => (Outcome::Failed(message), state.failures == 0),
        Work::Page(_) => (Outcome::PageFailed(message), false),
    };
    let report = Report { newly_failed, ..Report::new(claim.source.clone(), outcome) };
    (Refresh { claim, changes }, report)
}

#[cfg(test)]
mod tests;
