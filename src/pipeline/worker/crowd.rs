//! The claims of crowded hosts that wait outside, so that those of others find room.
//!
//! One request at a time goes to a host. Where hundreds of sources are due at one that is slow, or does not answer at all, their
//! claims would take all the room there is for minutes or hours. So but a few of them stay in the queue. The others keep their
//! lease, and nothing else of them is held; it is given back when their turn comes near, and then, due for longest, they are
//! claimed anew. Nothing is put off and nothing written: what a source is due at stays as it was.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::driver::{Key, key_of};
use crate::plan::{PendingPage, SourceState};
use crate::store::{Claim, Work};

/// Claims of one host that stay in the queue when there is no room for those of others.
pub(super) const CROWD: usize = 64;

/// How long there may be no room before claims are sent outside.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Who waits outside, and since when there is no room inside.
#[derive(Default)]
pub(super) struct Crowd {
    /// By host, in the order they came.
    hosts: HashMap<Arc<str>, VecDeque<Key>>,
    claims: HashMap<Key, Claim>,
    full_since: Option<Instant>,
}

impl Crowd {
    /// Whether nobody waits outside.
    pub(super) fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// Whether claims of this host wait outside.
    pub(super) fn is_at(&self, host: &str) -> bool {
        self.hosts.contains_key(host)
    }

    /// Whether there has been no room for too long, where there `is_full` = none now.
    pub(super) fn is_too_long(&mut self, is_full: bool) -> bool {
        if !is_full {
            self.full_since = None;
            return false;
        }
        self.full_since.get_or_insert_with(Instant::now).elapsed() >= PATIENCE
    }

    /// Takes a claim outside.
    pub(super) fn take(&mut self, host: Arc<str>, claim: &Claim) {
        let key = key_of(claim);
        self.hosts.entry(host).or_default().push_back(key.clone());
        self.claims.insert(key, light(claim));
    }

    /// Takes the new lease of a claim that is outside, its old one having run out; whether it is.
    pub(super) fn renew(&mut self, claim: &Claim) -> bool {
        self.claims.get_mut(&key_of(claim)).map(|held| held.lease = claim.lease).is_some()
    }

    /// The claims whose turn comes near, given how many of a host are in the queue: their leases are to be given back.
    pub(super) fn next(&mut self, in_queue: impl Fn(&str) -> usize) -> Vec<Claim> {
        let mut next = Vec::new();
        self.hosts.retain(|host, keys| {
            let few = CROWD.saturating_sub(in_queue(host));
            if few >= CROWD / 2 {
                next.extend(keys.drain(..few.min(keys.len())));
            }
            !keys.is_empty()
        });
        next.iter().filter_map(|key| self.claims.remove(key)).collect()
    }

    /// Everybody.
    pub(super) fn take_all(&mut self) -> Vec<Claim> {
        self.hosts.clear();
        self.claims.drain().map(|(_, claim)| claim).collect()
    }
}

/// What of a claim its lease is given back with.
fn light(claim: &Claim) -> Claim {
    let work = match &claim.work {
        Work::Source { .. } => {
            Work::Source { state: Box::new(SourceState::default()), documents: Vec::new(), pushed: None }
        }
        Work::Page(page) => {
            let entry = crate::model::Entry::default();
            Work::Page(Box::new(PendingPage { entry, ..(**page).clone() }))
        }
    };
    Claim { source: claim.source.clone(), lease: claim.lease, work }
}
