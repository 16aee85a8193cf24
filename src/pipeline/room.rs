//! How much may be read and held at once before it is written, in bytes: what a document becomes (entries, articles, rows)
//! takes several times its size, and the writer may be slower than the servers.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Memory for what documents become until it is written. One document may take it all, so that none is too large.
const ROOM_BYTES: u32 = 8_000_000;

/// What a document takes on its way to the store, in times its own size.
const TIMES: u32 = 6;

/// Bytes a permit stands for.
const GRAIN: u32 = 1_000;

/// The room, shared by all work under way.
#[derive(Debug, Clone)]
pub(super) struct Room {
    grains: Arc<Semaphore>,
}

/// A share of the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Share(OwnedSemaphorePermit);

impl Default for Room {
    fn default() -> Self {
        Self { grains: Arc::new(Semaphore::new((ROOM_BYTES / GRAIN) as usize)) }
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
        let share = grains.acquire_many_owned(wanted).await.expect("the room is never closed");
        *held = Some(Share(share));
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
}
