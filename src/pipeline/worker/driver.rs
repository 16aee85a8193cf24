//! Hands claims to refreshes and writes what they come to.
//!
//! One driver claims and writes, in groups; between the two, lanes work on what waits in a [`Queue`]. So there is one writer,
//! and the refreshes that end together are written in one transaction. What is cut short loses nothing: a lease that is not
//! finished runs out, and the work is done again; what the store did not take is kept and written later.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::crowd::{CROWD, Crowd, PATIENCE};
use super::queue::{Ended, Fault, GROUP, Job, Queue};
use super::{DRAIN, LOOK_AGAIN, STORE_REST};
use crate::model::SourceId;
use crate::pipeline::refresh::Worked;
use crate::pipeline::room::Share;
use crate::pipeline::{Outcome, Pipeline, Report, report};
use crate::plan::timing::pace::Pace;
use crate::plan::{self, Changes, Health, SourceState};
use crate::store::{self, Claim, ClaimRequest, Due, Finished, Refresh, Work};

/// How long a claim is ours: longer than the slowest refresh.
pub(super) const LEASE: Duration = Duration::from_mins(15);

/// Claims that wait for a lane, at most. They are taken in groups, for each group is a transaction.
const AHEAD: usize = 2 * GROUP;

/// Claims held at once, at most: those of a crowded host may wait long.
pub(super) const MOST_HELD: usize = 4 * GROUP;

/// Bytes that hubs have sent, held at once; what comes beyond them waits outside.
pub(super) const MOST_PUSHED: usize = 8_000_000;

/// The shortest sleep between two looks at the schedule.
const LEAST_LOOK: Duration = Duration::from_millis(200);

/// The work under way, with what each piece is about.
pub(super) struct Driver {
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) queue: Arc<Queue>,
    pub(super) lanes: JoinSet<()>,
    pub(super) claims: HashMap<Key, Arc<Claim>>,
    /// What was claimed and waits outside.
    pub(super) crowd: Crowd,
    /// What ended and could not be written yet.
    pub(super) unwritten: Vec<Done>,
    /// How fast sources are begun, and when time last passed for it; `None` = as fast as there is room.
    pub(super) pace: Option<(Pace, Instant)>,
}

/// What is to be written, what to tell of it, and what it takes of the room until then.
pub(super) type Done = (Refresh, Report, Option<Share>);

/// What tells one piece of work from another, under whatever lease: the source, and the key of the page.
pub(super) type Key = (SourceId, Option<String>);

pub(super) fn key_of(claim: &Claim) -> Key {
    let page = match &claim.work {
        Work::Source { .. } => None,
        Work::Page(page) => Some(page.key.clone()),
    };
    (claim.source.clone(), page)
}

impl Driver {
    pub(super) fn new(pipeline: &Pipeline) -> Self {
        Self {
            pipeline: Arc::new(pipeline.clone()),
            queue: Arc::default(),
            lanes: JoinSet::new(),
            claims: HashMap::new(),
            crowd: Crowd::default(),
            unwritten: Vec::new(),
            pace: None,
        }
    }

    /// Begins what is claimed from now on under these settings.
    pub(super) fn go_on_with(&mut self, pipeline: Pipeline) {
        self.pipeline = Arc::new(pipeline);
        // Sources that are new are begun as at a start.
        if self.pace.is_some() {
            self.pace = Some((Pace::new(self.pipeline.subscriptions.len()), Instant::now()));
        }
    }

    /// The same, which begins what is due at a steady pace: a backlog does not fall on the world at once.
    pub(super) fn steady(self) -> Self {
        let pace = Pace::new(self.pipeline.subscriptions.len());
        Self { pace: Some((pace, Instant::now())), ..self }
    }

    /// The part of `room` that the pace allows.
    fn paced(&mut self, room: usize) -> usize {
        let Some((pace, at)) = &mut self.pace else { return room };
        pace.pass(at.elapsed());
        *at = Instant::now();
        room.min(pace.room())
    }

    /// How many claims to take: none until there is room for many, unless little is under way.
    fn room(&self) -> usize {
        // What cannot be written must not grow.
        if !self.unwritten.is_empty() {
            return 0;
        }
        let room = AHEAD.saturating_sub(self.queue.startable()).min(MOST_HELD.saturating_sub(self.claims.len()));
        if room >= GROUP / 2 { room } else { 0 }
    }

    /// Whether claims that cannot be begun take the room of others.
    fn is_full(&self) -> bool {
        self.unwritten.is_empty() && self.room() == 0 && self.queue.startable() <= AHEAD - GROUP / 2
    }

    /// Sends away what waits for crowded hosts where it takes the room of others, and calls back those whose turn comes near.
    pub(super) async fn tend_crowd(&mut self) -> Result<(), store::Error> {
        let is_full = self.is_full();
        if self.crowd.is_too_long(is_full) {
            for job in self.queue.take_back(CROWD) {
                if let Some(claim) = self.claims.remove(&key_of(&job.claim)) {
                    self.crowd.take(job.host, &claim);
                }
            }
        }
        if self.crowd.is_empty() {
            return Ok(());
        }
        let is_heavy = self.held_pushed() > MOST_PUSHED / 2;
        let in_queue = |host: &str| if host.is_empty() && is_heavy { CROWD } else { self.queue.waiting_at(host) };
        let next = self.crowd.next(in_queue);
        if next.is_empty() { Ok(()) } else { self.pipeline.store.release(&next).await }
    }

    /// Bytes that hubs have sent, held now.
    fn held_pushed(&self) -> usize {
        self.claims.values().map(|claim| pushed_bytes(claim)).sum()
    }

    /// Whether a claim that came is to wait outside.
    pub(super) fn waits_outside(&self, job: &Job, coming: &HashMap<Arc<str>, usize>) -> bool {
        if let Work::Source { pushed: Some(pushed), .. } = &job.claim.work {
            let held = self.held_pushed();
            return held > 0 && held + pushed.body.len() > MOST_PUSHED;
        }
        let coming = || coming.get(&job.host).copied().unwrap_or_default();
        self.crowd.is_at(&job.host) && self.queue.waiting_at(&job.host) + coming() >= CROWD
    }

    /// Claims and starts as much as there is room for.
    pub(super) async fn claim(&mut self, due: &Due) -> Result<(), store::Error> {
        self.pipeline.heed_clock().await?;
        self.pipeline.recall_rests().await?;
        self.tend_crowd().await?;
        let room = self.paced(self.room());
        if room == 0 {
            return Ok(());
        }
        let request = ClaimRequest { now: (self.pipeline.clock)(), lease: LEASE, limit: room, due: due.clone() };
        let mut jobs = Vec::new();
        let mut coming: HashMap<Arc<str>, usize> = HashMap::new();
        for claim in self.pipeline.store.claim_due(&request).await? {
            let claim = Arc::new(claim);
            // Work that outlasts its lease comes back to us: that renews the lease, it does not begin the work again.
            if let Some(held) = self.claims.get_mut(&key_of(&claim)) {
                // What is worked on is what it was: only the lease is another.
                *held = Arc::new(Claim { lease: claim.lease, ..(**held).clone() });
            } else if !self.crowd.renew(&claim) {
                let job = Job::new(Arc::clone(&claim), Arc::clone(&self.pipeline), *due != Due::ByTime);
                if self.waits_outside(&job, &coming) {
                    self.crowd.take(job.host, &claim);
                    continue;
                }
                if !self.crowd.is_empty() {
                    *coming.entry(Arc::clone(&job.host)).or_default() += 1;
                }
                self.claims.insert(key_of(&claim), Arc::clone(&claim));
                if let (Some((pace, _)), Work::Source { .. }) = (&mut self.pace, &claim.work) {
                    pace.spend(1);
                }
                jobs.push(job);
            }
        }
        while self.lanes.try_join_next().is_some() {}
        for _ in 0..self.queue.put(jobs, self.pipeline.concurrency) {
            self.lanes.spawn(lane(Arc::clone(&self.queue)));
        }
        Ok(())
    }

    /// Writes what has ended. Gives the reports of what was written, also where some could not be worked on for want of the
    /// store; the leases of those run out, and the work is done again. What could not be written is kept and written later.
    pub(super) async fn write(&mut self, ended: Vec<Ended>) -> (Vec<Report>, Result<(), store::Error>) {
        let mut outcome = Ok(());
        let mut batch = std::mem::take(&mut self.unwritten);
        for ended in ended {
            match self.settle(ended) {
                Ok(done) => batch.push(done),
                Err(error) => outcome = Err(error),
            }
        }
        let mut refreshes = Vec::with_capacity(batch.len());
        let rest: Vec<(Report, Option<Share>)> = batch
            .into_iter()
            .map(|(refresh, report, share)| {
                refreshes.push(refresh);
                (report, share)
            })
            .collect();
        // What another process must know of hosts comes first: it is about requests that were made.
        if let Err(error) = self.pipeline.keep_rests().await {
            report::store_failed(&error);
        }
        // A story that is not found is told twice: that must not stop what is to be written.
        if let Err(error) = self.pipeline.tell_stories(&mut refreshes).await {
            report::store_failed(&error);
        }
        let finished = match self.pipeline.store.finish(&refreshes).await {
            Ok(finished) => finished,
            Err(error) => {
                let rest = refreshes.into_iter().zip(rest);
                self.unwritten = rest.map(|(refresh, (report, share))| (refresh, report, share)).collect();
                return (Vec::new(), Err(error));
            }
        };
        if refreshes.iter().any(|refresh| refresh.changes.topic.is_some()) {
            self.pipeline.wanted.notify_one();
        }
        drop(refreshes);
        let reports: Vec<Report> = rest.into_iter().map(|(report, _)| report).collect();
        for (finished, report) in finished.iter().zip(&reports) {
            if let Finished::Written { .. } = finished {
                // What was not written would be told again.
                report.notice.iter().for_each(|notice| self.pipeline.notices.add(notice));
            } else {
                tracing::warn!(source.id = %report.source, "the lease on `{}` was lost: its refresh took too long and is dropped", report.source);
            }
        }
        reports.iter().for_each(Report::note);
        (reports, outcome)
    }

    /// What a piece of work came to. A crash is a failure of its source, not ours.
    fn settle(&mut self, ended: Ended) -> Result<Done, store::Error> {
        let Ended { claim, outcome } = ended;
        // The lease may have been renewed meanwhile.
        let held = self.claims.remove(&key_of(&claim)).unwrap_or_else(|| Arc::clone(&claim));
        drop(claim);
        let claim = Arc::try_unwrap(held).unwrap_or_else(|held| (*held).clone());
        match outcome {
            Ok(Worked { changes, report, share }) => Ok((Refresh { claim, changes }, report, share)),
            Err(Fault::Store(error)) => Err(error),
            Err(Fault::Crash(message)) => {
                tracing::error!(source.id = %claim.source, "reading `{}` crashed: {message}; please report it with the document", claim.source);
                let (refresh, report) = crashed(claim, (self.pipeline.clock)());
                Ok((refresh, report, None))
            }
        }
    }

    /// How long until something is due.
    pub(super) async fn until_next(&self) -> Duration {
        if self.room() == 0 {
            return if self.unwritten.is_empty() { PATIENCE } else { STORE_REST };
        }
        if let Some((pace, _)) = self.pace.filter(|(pace, _)| pace.room() == 0) {
            return pace.wait().max(LEAST_LOOK);
        }
        let Ok(next) = self.pipeline.store.next_due().await else { return STORE_REST };
        let wait = next.map(|next| next.duration_since((self.pipeline.clock)()));
        let wait = wait.and_then(|wait| Duration::try_from(wait).ok()).unwrap_or(if next.is_some() {
            Duration::ZERO
        } else {
            LOOK_AGAIN
        });
        wait.clamp(LEAST_LOOK, LOOK_AGAIN)
    }

    /// Finishes what is under way within [`DRAIN`] and gives the rest back.
    pub(super) async fn drain(&mut self, report: &mut (dyn FnMut(&Report) + Send)) -> Result<(), store::Error> {
        let deadline = Instant::now() + DRAIN;
        let mut outcome = Ok(());
        let mut rest: Vec<Claim> =
            self.queue.clear().iter().filter_map(|job| self.claims.remove(&key_of(&job.claim))).map(owned).collect();
        while !self.claims.is_empty()
            && let Ok(ended) = tokio::time::timeout_at(deadline, self.queue.ended()).await
        {
            let (reports, written) = self.write(ended).await;
            reports.iter().for_each(&mut *report);
            outcome = outcome.and(written);
        }
        if !self.unwritten.is_empty() {
            let (reports, written) = self.write(Vec::new()).await;
            reports.iter().for_each(&mut *report);
            outcome = outcome.and(written);
        }
        self.lanes.abort_all();
        rest.extend(self.crowd.take_all());
        rest.extend(self.claims.drain().map(|(_, claim)| owned(claim)));
        if !rest.is_empty() {
            tracing::info!("{} refreshes were cut short; they are due again at once", rest.len());
            self.pipeline.store.release(&rest).await?;
        }
        outcome
    }
}

fn owned(claim: Arc<Claim>) -> Claim {
    Arc::try_unwrap(claim).unwrap_or_else(|claim| (*claim).clone())
}

/// Bytes that a hub has sent.
fn pushed_bytes(claim: &Claim) -> usize {
    match &claim.work {
        Work::Source { pushed: Some(pushed), .. } => pushed.body.len(),
        _ => 0,
    }
}

/// Works on what waits, one piece after the other, until there is nothing for it.
async fn lane(queue: Arc<Queue>) {
    while let Some(job) = queue.take() {
        let outcome =
            match AssertUnwindSafe(job.pipeline.work(&job.claim, job.hurried, &queue.room)).catch_unwind().await {
                Ok(Ok(worked)) => Ok(worked),
                Ok(Err(error)) => Err(Fault::Store(error)),
                Err(panic) => Err(Fault::Crash(message_of(panic.as_ref()))),
            };
        queue.end(job, outcome);
    }
}

/// What a panic said.
fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it does not say why").to_owned()
}

pub(super) fn crashed(claim: Claim, now: Timestamp) -> (Refresh, Report) {
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
