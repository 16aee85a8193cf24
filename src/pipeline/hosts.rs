//! What is known of the hosts of pages, kept over the end of the process: `robots.txt`, and rests they asked for.
//!
//! Feeds need none of it: nobody asks `robots.txt` about a feed that a person named, and a rest that its server asks for is
//! kept with the source.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::fetch::{Remembered, host_key};
use crate::store::{self, HostState};

use super::Pipeline;

/// Rests shorter than this are over before another process could begin.
const WORTH_KEEPING: SignedDuration = SignedDuration::from_secs(5);

/// The hosts taken up in this process, with what was last kept of each.
#[derive(Debug, Default)]
pub struct HostMemory {
    /// Guards the map only.
    kept: Mutex<HashMap<String, HostState>>,
}

impl HostMemory {
    fn get(&self, host: &str) -> Option<HostState> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned()
    }

    fn put(&self, host: String, state: HostState) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(host, state);
    }
}

impl Pipeline {
    /// Takes up what was kept of the host of `url`, the first time it is asked in this process.
    pub(super) async fn recall_host(&self, url: &Url, now: Timestamp) -> Result<(), store::Error> {
        let key = host_key(url);
        if self.hosts.get(&key).is_some() {
            return Ok(());
        }
        let held = self.store.host(&key).await?.unwrap_or_default();
        let remembered =
            Remembered { next_slot: held.next_slot, robots: held.robots.clone(), robots_at: held.robots_at };
        self.client.remember(url, &remembered, now);
        self.hosts.put(key, held);
        Ok(())
    }

    /// Keeps what was learned of the host of `url`, where it outlasts the moment.
    pub(super) async fn keep_host(&self, url: &Url, now: Timestamp) -> Result<(), store::Error> {
        let key = host_key(url);
        let Remembered { next_slot, robots, robots_at } = self.client.remembered(url);
        let next_slot = next_slot.filter(|slot| slot.duration_since(now) > WORTH_KEEPING);
        let state = HostState { next_slot, robots, robots_at };
        if self.hosts.get(&key).as_ref() == Some(&state) {
            return Ok(());
        }
        self.store.save_host(&key, &state).await?;
        self.hosts.put(key, state);
        Ok(())
    }
}
