//! What is known of hosts, kept over the end of the process: `robots.txt` of those of pages, and rests that any host asked for.
//!
//! Nobody asks `robots.txt` about a feed that a person named. A rest is for all sources of its host: it is written before the
//! refresh that met it, and all that still go on are taken up at the start, so that whoever comes next, `once` of the next
//! minute too, leaves the host alone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// Set when the rests that were kept have been taken up.
    recalled: AtomicBool,
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
    /// Takes up the rests that were kept, the first time in this process.
    pub(super) async fn recall_rests(&self) -> Result<(), store::Error> {
        if self.hosts.recalled.load(Ordering::Relaxed) {
            return Ok(());
        }
        let now = (self.clock)();
        for (host, until) in self.store.resting(now).await? {
            self.client.remember_rest(&host, until, now);
        }
        self.hosts.recalled.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Keeps the rests that hosts have asked for since the last call.
    pub(super) async fn keep_rests(&self) -> Result<(), store::Error> {
        let now = (self.clock)();
        let mut rests = self.client.take_rests();
        while let Some((host, until)) = rests.pop_first() {
            if until.duration_since(now) <= WORTH_KEEPING {
                continue;
            }
            if let Err(error) = self.keep_rest(&host, until).await {
                rests.insert(host, until);
                self.client.return_rests(rests);
                return Err(error);
            }
        }
        Ok(())
    }

    async fn keep_rest(&self, host: &str, until: Timestamp) -> Result<(), store::Error> {
        let kept = self.store.host(host).await?.unwrap_or_default();
        let state = HostState { next_slot: kept.next_slot.max(Some(until)), ..kept };
        self.store.save_host(host, &state).await
    }

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
