//! Handing out work and taking it back, in plain collections.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Everything, Lease, Source};
use crate::model::SourceId;
use crate::plan::Health;
use crate::store::{Claim, ClaimRequest, Due, Work, exact, rules};

impl Everything {
    /// Marks leases that ran out as free. They keep their number until somebody else claims.
    pub(super) fn expire(&mut self, now: Timestamp) {
        let sources = self.sources.values_mut().map(|source| &mut source.lease);
        let leases = sources.chain(self.pending.values_mut().map(|pending| &mut pending.lease)).flatten();
        for lease in leases {
            lease.until = lease.until.filter(|until| *until > now);
        }
    }

    /// What may be claimed, with what it is ordered by: how long it is due, then by name.
    pub(super) fn due(&self, request: &ClaimRequest) -> Vec<(Timestamp, SourceId, Option<String>)> {
        let now = request.now;
        let free = |lease: Option<Lease>| lease.is_none_or(|lease| lease.until.is_none());
        let active = |source: &Source| !source.paused && !source.removed;
        let sources = self.sources.iter().filter(|(_, source)| active(source) && free(source.lease));
        let sources = sources.filter(|(_, source)| match &request.due {
            Due::ByTime => rules::due_at(&source.state).is_some_and(|due| due <= now),
            Due::All { round } | Due::Only { round, .. } => {
                source.state.health != Health::Gone
                    && source.state.not_before.is_none_or(|not_before| not_before <= now)
                    && source.state.attempted_at.is_none_or(|attempt| attempt < exact::moment(*round))
            }
        });
        let sources =
            sources.map(|(id, source)| (rules::due_at(&source.state).unwrap_or(Timestamp::MAX), id.clone(), None));
        let pages = self.pending.iter().filter(|((source, _), pending)| {
            self.sources.get(source).is_some_and(active) && self.busy_until(source).is_none() && pending.page.due <= now
        });
        // One page of a source at a time: the first in turn.
        let mut first: BTreeMap<SourceId, (Timestamp, String)> = BTreeMap::new();
        for ((source, key), pending) in pages {
            let turn = (pending.page.due, key.clone());
            let held = first.entry(source.clone()).or_insert_with(|| turn.clone());
            *held = turn.min(held.clone());
        }
        let pages = first.into_iter().map(|(source, (due, key))| (due, source, Some(key)));
        sources.chain(pages).filter(|(_, source, _)| request.due.allows(source)).collect()
    }

    /// The sources that may be claimed for what is in their inboxes, the oldest first.
    pub(super) fn pushed(&self, request: &ClaimRequest) -> Vec<SourceId> {
        let mut found = Vec::new();
        for (source, _) in self.pushes.inbox.values() {
            let held = self.sources.get(source).filter(|held| !held.paused && !held.removed);
            let is_free = held.is_some_and(|held| held.lease.is_none_or(|lease| lease.until.is_none()));
            if is_free && request.due.allows(source) && !found.contains(source) {
                found.push(source.clone());
            }
        }
        found
    }

    /// Until when a page of the source is leased; `None` when none is.
    pub(super) fn busy_until(&self, source: &SourceId) -> Option<Timestamp> {
        let own = self.pending.iter().filter(|((of, _), _)| of == source);
        own.filter_map(|(_, pending)| pending.lease.and_then(|lease| lease.until)).max()
    }

    pub(super) fn claim(&mut self, source: SourceId, key: Option<String>, until: Timestamp) -> Option<Claim> {
        self.leases += 1;
        let lease = Lease { number: self.leases, until: Some(until) };
        let work = if let Some(key) = key {
            let pending = self.pending.get_mut(&(source.clone(), key))?;
            pending.lease = Some(lease);
            Work::Page(Box::new(pending.page.clone()))
        } else {
            let held = self.sources.get_mut(&source)?;
            held.lease = Some(lease);
            let documents = self.documents.iter().filter(|((of, _), _)| *of == source);
            let pushed = self.pushes.inbox.values().find(|(of, _)| *of == source);
            Work::Source {
                pushed: pushed.map(|(_, pushed)| Box::new(pushed.clone())),
                state: Box::new(held.state.clone()),
                documents: documents.map(|(_, document)| document.clone()).collect(),
            }
        };
        Some(Claim { source, lease: lease.number, work })
    }

    /// Ends the lease of a claim; `false` when it was lost before.
    pub(super) fn end_lease(&mut self, claim: &Claim) -> bool {
        let lease = match &claim.work {
            Work::Source { .. } => self.sources.get_mut(&claim.source).map(|source| &mut source.lease),
            Work::Page(page) => {
                self.pending.get_mut(&(claim.source.clone(), page.key.clone())).map(|pending| &mut pending.lease)
            }
        };
        lease.and_then(|lease| lease.take_if(|lease| lease.number == claim.lease)).is_some()
    }
}
