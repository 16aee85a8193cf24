//! How much of large bodies is held at once, whatever the number of requests under way.
//!
//! A body is free up to [`FREE_BYTES`]. By what it is larger it takes steps of [`STEP_BYTES`] from a [`Larder`] as it comes in,
//! and whoever has the body has its [`Hold`] until it was read. Where no step is left, one body at a time may go beyond; the
//! others wait for either, and neither their time nor their rate counts meanwhile. So who goes beyond waits for its server alone,
//! and nobody waits for ever.
//!
//! What is done with a body may wait for memory too, and who has some of that may ask for further documents. Those have a larder
//! of their own ([`Request::further`](super::Request::further)): each waits only for what comes later.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a body may be without asking: most feeds and pages are smaller.
const FREE_BYTES: usize = 256 * 1024;

/// What it takes at once beyond that.
const STEP_BYTES: usize = 1024 * 1024;

/// The steps there are.
const STEPS: usize = 8;

/// What bodies may take beyond what is free, in steps.
#[derive(Debug, Clone)]
pub(super) struct Larder {
    steps: Arc<Semaphore>,
    /// The right to take more than there is: one has it.
    beyond: Arc<Semaphore>,
}

impl Default for Larder {
    fn default() -> Self {
        Self { steps: Arc::new(Semaphore::new(STEPS)), beyond: Arc::new(Semaphore::new(1)) }
    }
}

/// What a body has taken, until it is dropped.
#[derive(Debug, Default)]
pub struct Hold {
    steps: Option<OwnedSemaphorePermit>,
    beyond: Option<OwnedSemaphorePermit>,
}

impl Hold {
    /// Whether a body of so many bytes must take more.
    pub(super) fn lacks(&self, bytes: usize) -> bool {
        let held = self.steps.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        self.beyond.is_none() && bytes > FREE_BYTES.saturating_add(held.saturating_mul(STEP_BYTES))
    }

    /// Takes as much as a body of so many bytes needs; waits until there is so much.
    pub(super) async fn grow(&mut self, larder: &Larder, bytes: usize) {
        const OPEN: &str = "a larder is never closed";
        while self.lacks(bytes) {
            tokio::select! {
                biased;
                step = Arc::clone(&larder.steps).acquire_owned() => {
                    let step = step.expect(OPEN);
                    match &mut self.steps {
                        Some(held) => held.merge(step),
                        None => self.steps = Some(step),
                    }
                }
                beyond = Arc::clone(&larder.beyond).acquire_owned() => self.beyond = Some(beyond.expect(OPEN)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::task::JoinSet;
    use tokio::time;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bodies_that_grow_together_all_come_to_an_end_within_the_bound() {
        const BODY_BYTES: usize = 10 * STEP_BYTES;
        let larder = Larder::default();
        let (held, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut bodies = JoinSet::new();
        for _ in 0..64 {
            let (larder, held, most) = (larder.clone(), Arc::clone(&held), Arc::clone(&most));
            bodies.spawn(async move {
                let mut hold = Hold::default();
                for _ in 0..BODY_BYTES / STEP_BYTES {
                    // Step by step, so that all of them have some and want more.
                    time::sleep(Duration::from_millis(1)).await;
                    let bytes = held.fetch_add(STEP_BYTES, Ordering::SeqCst) + STEP_BYTES;
                    most.fetch_max(bytes, Ordering::SeqCst);
                    hold.grow(&larder, BODY_BYTES).await;
                }
                held.fetch_sub(BODY_BYTES, Ordering::SeqCst);
            });
        }
        let all = async { while bodies.join_next().await.is_some() {} };
        time::timeout(Duration::from_mins(1), all).await.expect("nobody waits for ever");
        // Each has one piece before it asks; of what is held after asking there are the steps and one body.
        let bound = 64 * STEP_BYTES + STEPS * STEP_BYTES + BODY_BYTES;
        assert!(most.load(Ordering::SeqCst) <= bound, "{most:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn small_bodies_ask_for_nothing_and_large_ones_wait_for_each_other() {
        let larder = Larder::default();
        let (mut whole, mut beyond, mut third) = (Hold::default(), Hold::default(), Hold::default());
        whole.grow(&larder, FREE_BYTES + STEPS * STEP_BYTES).await;
        beyond.grow(&larder, usize::MAX).await;
        assert!(!Hold::default().lacks(FREE_BYTES));
        let waits = time::timeout(Duration::from_hours(1), third.grow(&larder, FREE_BYTES + 1)).await;
        assert!(waits.is_err());
        drop(whole);
        third.grow(&larder, FREE_BYTES + STEP_BYTES).await;
        assert!(third.lacks(FREE_BYTES + STEP_BYTES + 1), "it took a step and no more");
        let mut fourth = Hold::default();
        fourth.grow(&larder, FREE_BYTES + (STEPS - 1) * STEP_BYTES).await;
        drop(beyond);
        third.grow(&larder, usize::MAX).await;
        assert!(!third.lacks(usize::MAX));
    }
}
