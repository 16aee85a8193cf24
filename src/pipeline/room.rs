//! How much may be read and held at once before it is written, in bytes: what a document becomes (entries, articles, rows)
//! takes several times its size, and the writer may be slower than the servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Memory for what documents become until it is written. One document may take it all, so that none is too large.
const ROOM_BYTES: u32 = 5_000_000;

/// What a document takes on its way to the store, in times its own size.
const TIMES: u32 = 6;

/// Bytes a permit stands for.
const GRAIN: u32 = 1_000;

/// The room, shared by all work under way.
#[derive(Debug, Clone)]
pub(super) struct Room {
    grains: Arc<Semaphore>,
    crowd: Arc<Crowd>,
}

/// Who waits for room.
#[derive(Debug, Default)]
struct Crowd {
    waiting: AtomicUsize,
    told: Notify,
}

/// Counts one who waits, also one who gives up.
struct Waiting<'a>(&'a Crowd);

impl<'a> Waiting<'a> {
    fn new(crowd: &'a Crowd) -> Self {
        crowd.waiting.fetch_add(1, Ordering::Relaxed);
        crowd.told.notify_one();
        Self(crowd)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A share of the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Share(OwnedSemaphorePermit);

impl Default for Room {
    fn default() -> Self {
        Self { grains: Arc::new(Semaphore::new((ROOM_BYTES / GRAIN) as usize)), crowd: Arc::default() }
    }
}

impl Share {
    /// Gives back what is beyond `bytes`: what a document became takes less than reading it did.
    pub(super) fn shrink(&mut self, bytes: usize) {
        let kept = bytes.div_ceil(GRAIN as usize).max(1);
        if let Some(surplus) = self.0.num_permits().checked_sub(kept) {
            drop(self.0.split(surplus));
        }
    }
}

impl Room {
    /// Waits for room for a document of `bytes`. Who holds some already is let through when there is none, since others
    /// may wait for what it holds.
    pub(super) async fn enter(&self, bytes: usize, held: &mut Option<Share>) {
        let wanted = u32::try_from(bytes).unwrap_or(u32::MAX).saturating_mul(TIMES).clamp(GRAIN, ROOM_BYTES) / GRAIN;
        let grains = Arc::clone(&self.grains);
        if let Some(Share(share)) = held {
            if let Ok(more) = grains.try_acquire_many_owned(wanted) {
                share.merge(more);
            }
            return;
        }
        let share = if let Ok(share) = Arc::clone(&grains).try_acquire_many_owned(wanted) {
            share
        } else {
            let _waiting = Waiting::new(&self.crowd);
            grains.acquire_many_owned(wanted).await.expect("the room is never closed")
        };
        *held = Some(Share(share));
    }

    /// Whether somebody waits for room.
    pub(super) fn is_crowded(&self) -> bool {
        self.crowd.waiting.load(Ordering::Relaxed) > 0
    }

    /// Waits until somebody begins to wait for room.
    pub(super) fn crowded(&self) -> Notified<'_> {
        self.crowd.told.notified()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_document_waits_until_others_are_written_and_no_document_is_too_large() {
        let room = Room::default();
        let (mut first, mut second) = (None, None);
        room.enter(usize::MAX, &mut first).await;
        room.enter(usize::MAX, &mut first).await;
        let waits = tokio::time::timeout(Duration::from_secs(1), room.enter(1, &mut second)).await;
        assert!(waits.is_err() && second.is_none());
        drop(first);
        room.enter(1, &mut second).await;
        assert!(second.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_read_takes_less_and_lets_the_next_in() {
        let room = Room::default();
        let (mut first, mut second) = (None, None);
        room.enter(usize::MAX, &mut first).await;
        let waits = tokio::time::timeout(Duration::from_secs(1), room.enter(100_000, &mut second));
        let told = async {
            room.crowded().await;
            assert!(room.is_crowded());
            first.as_mut().expect("was let in").shrink((ROOM_BYTES / 2) as usize);
        };
        assert!(tokio::join!(waits, told).0.is_ok(), "what was given back is room for others");
        assert!(!room.is_crowded() && second.is_some());
        second.as_mut().expect("was let in").shrink(usize::MAX);
        assert_eq!(room.grains.available_permits(), (ROOM_BYTES / 2 / GRAIN) as usize - 600, "nothing grows by it");
    }
}
