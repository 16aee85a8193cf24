//! Our subscription at a hub elsewhere (§5): asked for, confirmed, renewed before it ends.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Topic, backoff, later};
use crate::model::SourceId;

/// The lease we ask for.
pub const LEASE: Duration = Duration::from_hours(10 * 24);

/// The shortest and the longest lease that is believed.
const LEASES: (Duration, Duration) = (Duration::from_mins(5), Duration::from_hours(30 * 24));

/// How long a hub may take to confirm before it is asked again.
const CONFIRMATION: Duration = Duration::from_hours(1);

/// The wait after the first refusal, doubled with each further one, and the longest.
const RETRY: (Duration, Duration) = (Duration::from_mins(15), Duration::from_hours(24));

/// A subscription of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The source.
    pub source: SourceId,
    /// Where, and for what.
    pub topic: Topic,
    /// The last part of the callback's address, which nobody can guess.
    pub token: String,
    /// Key of the signatures on what the hub sends.
    pub secret: String,
    /// How far it is.
    pub phase: Phase,
    /// When the next step is due.
    pub next: Timestamp,
    /// Steps that failed in a row.
    pub tries: u32,
    /// Until when the hub promised to tell.
    pub until: Option<Timestamp>,
    /// What went wrong last.
    pub problem: Option<String>,
}

/// How far a subscription is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The hub is to be asked.
    Wanted,
    /// The hub was asked and has not confirmed yet.
    Asked,
    /// The hub confirmed.
    Active,
    /// The hub said no; it is asked again in a day.
    Denied,
    /// The source names this hub no more, or is not read any more: the hub is to be told.
    Leaving,
}

impl Subscription {
    /// A subscription that is wanted from now on. `token` and `secret` must be made of chance.
    #[must_use]
    pub fn wanted(source: SourceId, topic: Topic, token: String, secret: String, now: Timestamp) -> Self {
        let phase = Phase::Wanted;
        Self { source, topic, token, secret, phase, next: now, tries: 0, until: None, problem: None }
    }

    /// The hub took the request; it confirms by itself (§5.3).
    #[must_use]
    pub fn asked(self, now: Timestamp) -> Self {
        let phase = if self.phase == Phase::Active { Phase::Active } else { Phase::Asked };
        // Unconfirmed requests count as failures: a hub that never confirms is asked less and less.
        let tries = self.tries.saturating_add(1);
        let patience = CONFIRMATION.max(backoff(RETRY.0, tries, RETRY.1));
        Self { phase, tries, next: later(now, patience), problem: None, ..self }
    }

    /// The hub could not be asked, or did not take the request.
    #[must_use]
    pub fn refused(self, problem: String, retry_after: Option<Duration>, now: Timestamp) -> Self {
        let tries = self.tries.saturating_add(1);
        let wait = backoff(RETRY.0, tries, RETRY.1).max(retry_after.unwrap_or_default().min(RETRY.1));
        Self { tries, next: later(now, wait), problem: Some(problem), ..self }
    }

    /// The hub confirmed, for so long. Renewed when a fifth of the lease is left.
    #[must_use]
    pub fn confirmed(self, lease: Option<Duration>, now: Timestamp) -> Self {
        let lease = lease.unwrap_or(LEASE).clamp(LEASES.0, LEASES.1);
        let next = later(now, lease / 5 * 4);
        Self { phase: Phase::Active, until: Some(later(now, lease)), next, tries: 0, problem: None, ..self }
    }

    /// The hub said no (§5.2): it may say so at any time.
    #[must_use]
    pub fn denied(self, reason: Option<&str>, now: Timestamp) -> Self {
        let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
        let told: String = reason.unwrap_or("without a reason").chars().take(200).collect();
        let problem = Some(format!("{} refuses the subscription: {told}", self.topic.hub));
        Self { phase: Phase::Denied, until: None, next: later(now, RETRY.1), tries: 0, problem, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn subscription() -> Subscription {
        let topic = Topic { hub: "https://h.example/".parse().unwrap(), topic: "https://a.example/".parse().unwrap() };
        Subscription::wanted("a".parse().unwrap(), topic, "token".to_owned(), "secret".to_owned(), at(0))
    }

    #[test]
    fn a_confirmed_lease_is_renewed_before_it_ends_and_holds_while_it_is() {
        let active = subscription().asked(at(0)).confirmed(Some(Duration::from_secs(1_000)), at(10));
        assert_eq!((active.phase, active.until, active.next), (Phase::Active, Some(at(1_010)), at(810)));
        let renewing = active.asked(at(810));
        assert_eq!((renewing.phase, renewing.until), (Phase::Active, Some(at(1_010))));
    }

    #[test]
    fn leases_out_of_proportion_are_bounded() {
        let lease = |seconds| subscription().confirmed(Some(Duration::from_secs(seconds)), at(0)).until.unwrap();
        assert_eq!(lease(0), at(300));
        assert_eq!(lease(u64::MAX), at(30 * 86_400));
    }

    #[test]
    fn a_hub_that_fails_or_never_confirms_is_asked_less_and_less() {
        let mut failing = subscription();
        let waits: Vec<i64> = (0..9)
            .map(|_| {
                failing = failing.clone().refused("down".to_owned(), None, at(0));
                failing.next.duration_since(at(0)).as_mins()
            })
            .collect();
        assert_eq!(waits, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        assert_eq!(subscription().asked(at(0)).next, at(3_600));
        let patient = subscription().refused("busy".to_owned(), Some(Duration::from_hours(2)), at(0));
        assert_eq!(patient.next, at(7_200));
    }

    #[test]
    fn a_denial_is_told_and_tried_again_in_a_day() {
        let denied = subscription().denied(Some("not for you"), at(0));
        assert_eq!((denied.phase, denied.next), (Phase::Denied, at(86_400)));
        assert!(denied.problem.unwrap().contains("not for you"));
    }
}
