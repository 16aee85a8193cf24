//! What waits to be worked on, and what has ended and waits to be written: between the driver and its lanes.
//!
//! Claims come in groups and results are written in groups, since a transaction costs far more than a row in it. The driver
//! is woken when a group is there, not for each result. A host that many sources are at does not take all lanes: its
//! sources wait for each other, and the others go on. One that is slow takes one lane.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::fetch;
use crate::pipeline::Pipeline;
use crate::pipeline::refresh::Worked;
use crate::pipeline::room::Room;
use crate::plan::Changes;
use crate::store::{self, Claim, Work};

/// Refreshes written in one transaction, as far as they are ended.
pub(super) const GROUP: usize = 256;

/// Bytes of changes that are written without waiting for more.
const GROUP_BYTES: usize = 2_000_000;

/// The same where others wait for the room that it takes.
const CROWDED_BYTES: usize = GROUP_BYTES / 2;

/// How much memory changes take until they are written, in times the texts that are counted of them.
const HELD_TIMES: usize = 2;

/// How long what has ended waits for company while other work is under way.
const LINGER: Duration = Duration::from_millis(100);

/// Lanes that work for one host at once: one asks, the others read or write what they got.
const LANES_A_HOST: usize = 4;

/// Work that takes longer than this is that of a slow host: a second lane would only wait for the first.
const SLOW: Duration = Duration::from_secs(5);

/// A claim to be worked on.
pub(super) struct Job {
    pub(super) claim: Arc<Claim>,
    pub(super) pipeline: Arc<Pipeline>,
    /// A person asks, whatever the time.
    pub(super) hurried: bool,
    /// Where the work begins; nowhere for what a hub has sent.
    pub(super) host: Arc<str>,
    begun: Instant,
}

impl Job {
    pub(super) fn new(claim: Arc<Claim>, pipeline: Arc<Pipeline>, hurried: bool) -> Self {
        let host = host_of(&claim, &pipeline).into();
        Self { claim, pipeline, hurried, host, begun: Instant::now() }
    }
}

/// Where the work begins.
fn host_of(claim: &Claim, pipeline: &Pipeline) -> String {
    match &claim.work {
        Work::Page(page) => fetch::host_key(&page.url),
        Work::Source { pushed: Some(_), .. } => String::new(),
        Work::Source { .. } => {
            let subscription = pipeline.subscriptions.get(&claim.source);
            subscription.map(|subscription| fetch::host_key(&subscription.source.urls()[0])).unwrap_or_default()
        }
    }
}

/// A claim that was worked on.
pub(super) struct Ended {
    pub(super) claim: Arc<Claim>,
    pub(super) outcome: Result<Worked, Fault>,
}

/// Why work came to nothing.
pub(super) enum Fault {
    /// The store did not answer.
    Store(store::Error),
    /// It crashed; what it said.
    Crash(String),
}

/// Work that waits, is under way, or has ended.
#[derive(Default)]
pub(super) struct Queue {
    /// Held for single steps only.
    state: Mutex<State>,
    /// Tells the driver that something has ended.
    told: Notify,
    /// What documents take until they are written.
    pub(super) room: Room,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// Lanes at work, by host.
    busy: HashMap<Arc<str>, usize>,
    /// Hosts whose last piece of work took long.
    slow: HashSet<Arc<str>>,
    lanes: usize,
    ended: Vec<Ended>,
    ended_bytes: usize,
}

impl State {
    fn is_free(&self, job: &Job) -> bool {
        let most = if self.slow.contains(&job.host) { 1 } else { LANES_A_HOST };
        self.busy.get(&job.host).is_none_or(|lanes| *lanes < most)
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.busy.is_empty()
    }

    /// Whether what has ended is worth a transaction: enough came together, nothing more will, lanes run out of work, or they
    /// wait for the room it takes.
    fn is_group(&self, room: &Room) -> bool {
        let is_low = self.waiting.len() < self.lanes && self.ended.len() >= GROUP / 4;
        let bytes = if room.is_crowded() { CROWDED_BYTES } else { GROUP_BYTES };
        !self.ended.is_empty() && (self.ended.len() >= GROUP || self.ended_bytes >= bytes || is_low || self.is_idle())
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds work; gives how many lanes are to be begun for it, where there may be `most`.
    pub(super) fn put(&self, jobs: impl IntoIterator<Item = Job>, most: usize) -> usize {
        let mut state = self.state();
        state.waiting.extend(jobs);
        let wanted = (state.busy.values().sum::<usize>() + state.waiting.len()).min(most);
        let begun = wanted.saturating_sub(state.lanes);
        state.lanes += begun;
        begun
    }

    /// The next piece of work for a lane; `None` when there is none for it, and then the lane ends.
    pub(super) fn take(&self) -> Option<Job> {
        let mut state = self.state();
        let at = state.waiting.iter().position(|job| state.is_free(job));
        let mut job = at.and_then(|at| state.waiting.remove(at));
        if let Some(job) = &mut job {
            job.begun = Instant::now();
            *state.busy.entry(Arc::clone(&job.host)).or_default() += 1;
        } else {
            state.lanes -= 1;
        }
        job
    }

    /// Hands over what a piece of work came to.
    pub(super) fn end(&self, job: Job, mut outcome: Result<Worked, Fault>) {
        let bytes = outcome.as_ref().map_or(0, |worked| bytes_of(&worked.changes));
        if let Ok(Worked { share: Some(share), .. }) = &mut outcome {
            share.shrink(bytes.saturating_mul(HELD_TIMES));
        }
        let mut state = self.state();
        if let Some(lanes) = state.busy.get_mut(&job.host) {
            *lanes -= 1;
            if *lanes == 0 {
                state.busy.remove(&job.host);
            }
        }
        if job.begun.elapsed() > SLOW {
            state.slow.insert(job.host);
        } else {
            state.slow.remove(&job.host);
        }
        state.ended_bytes += bytes;
        state.ended.push(Ended { claim: job.claim, outcome });
        let is_first = state.ended.len() == 1;
        if is_first || state.is_group(&self.room) {
            self.told.notify_one();
        }
    }

    /// Takes back what nobody began to work on.
    pub(super) fn clear(&self) -> Vec<Job> {
        self.state().waiting.drain(..).collect()
    }

    /// How many wait for a lane at `host`.
    pub(super) fn waiting_at(&self, host: &str) -> usize {
        self.state().waiting.iter().filter(|job| &*job.host == host).count()
    }

    /// Takes back, of each host, what waits beyond the first `most`.
    pub(super) fn take_back(&self, most: usize) -> Vec<Job> {
        let mut state = self.state();
        let mut counts: HashMap<Arc<str>, usize> = HashMap::new();
        let (stay, leave) = state.waiting.drain(..).partition(|job| {
            let count = counts.entry(Arc::clone(&job.host)).or_default();
            *count += 1;
            *count <= most
        });
        state.waiting = stay;
        let leave: VecDeque<Job> = leave;
        leave.into()
    }

    /// How much of what waits may be begun by the next free lane.
    pub(super) fn startable(&self) -> usize {
        let state = self.state();
        state.waiting.iter().filter(|job| state.is_free(job)).count()
    }

    /// Waits for a group of what has ended. What it gives is gone from here; it can be waited for again at any time.
    pub(super) async fn ended(&self) -> Vec<Ended> {
        loop {
            let has_some = {
                let mut state = self.state();
                if state.is_group(&self.room) {
                    return state.take_ended();
                }
                !state.ended.is_empty()
            };
            if !has_some {
                self.told.notified().await;
                continue;
            }
            tokio::select! {
                () = self.told.notified() => {}
                () = self.room.crowded() => {}
                () = tokio::time::sleep(LINGER) => return self.state().take_ended(),
            }
        }
    }
}

impl State {
    fn take_ended(&mut self) -> Vec<Ended> {
        self.ended_bytes = 0;
        let rest = self.ended.split_off(self.ended.len().min(GROUP));
        std::mem::replace(&mut self.ended, rest)
    }
}

/// About how much memory changes take.
fn bytes_of(changes: &Changes) -> usize {
    const BESIDES: usize = 1_000;
    let text = |content: &crate::model::Content| content.body.len() + content.text.len() + BESIDES;
    let new: usize = changes.new.iter().map(|new| text(&new.article.content)).sum();
    let edited: usize = changes.edited.iter().map(|edit| 2 * text(&edit.article.content)).sum();
    let kept: usize = changes.kept.pages.iter().map(|page| usize::try_from(page.packed_bytes()).unwrap_or(0)).sum();
    new + edited + kept + changes.pending.len() * BESIDES
}
