//! The state of a source after an attempt: how it stands, what to tell, when to ask again.

use jiff::Timestamp;
use url::Url;

use crate::address;
use crate::plan::timing::{self, Attempt, Brought, Rhythm};
use crate::plan::{self, Changes, Health, SourceLimits, SourceState, Summary, health};

use super::Subscription;
use super::gather::{Gathered, Led};

/// What a refresh decided about entries.
pub(super) struct Decisions<'a> {
    pub(super) changes: &'a Changes,
    pub(super) summary: Summary,
    /// When the new articles were published.
    pub(super) published: &'a [Timestamp],
}

/// The state after an attempt that brought `gathered` and led to `decisions`.
pub(super) fn conclude(
    subscription: &Subscription,
    before: &SourceState,
    gathered: &Gathered,
    decisions: &Decisions,
    now: Timestamp,
) -> SourceState {
    let mut state = SourceState { attempted_at: Some(now), status: gathered.status, ..before.clone() };
    let address = &subscription.source.urls()[0];
    if gathered.changed {
        state.says_moved_to.clone_from(&gathered.channel.moved_to);
    }
    let says = says_moved(&state, address);
    if gathered.fell_back_from.is_some() && gathered.led == Led::Nowhere {
        plan::end_move(&mut state);
    }
    match &gathered.led {
        Led::Unknown => {}
        // Where it was just found that the other place is dead, its own word for it does not count.
        Led::Nowhere => plan::watch_move(
            &mut state,
            address,
            says.as_ref().filter(|says| gathered.fell_back_from.as_ref() != Some(*says)),
            now,
        ),
        Led::Away(to) => plan::watch_move(&mut state, address, Some(to), now),
    }
    let several = subscription.source.urls().len() > 1;
    let mut failure = gathered.failure.as_ref();
    if several && gathered.postponed.is_none() {
        state.failing =
            plan::watch_addresses(std::mem::take(&mut state.failing), subscription.source.urls(), &gathered.asked, now);
        // What can be read is read; an address that fails rests by itself.
        failure = failure.filter(|_| gathered.asked.iter().all(|(_, failure)| failure.is_some()));
    }
    let outcome = if gathered.gone {
        state.health = Health::Gone;
        state.message = Some(format!(
            "{} says it is gone for good (410): find its new address, then `courant resume {}`",
            address::redact(&subscription.source.urls()[0]),
            subscription.source.id
        ));
        timing::Outcome::Gone
    } else if let Some(until) = gathered.postponed {
        state.attempted_at = before.attempted_at;
        timing::Outcome::Postponed { until }
    } else if let Some(failure) = failure {
        state.health = Health::Failing;
        state.message = Some(failure.clone());
        state.failures = before.failures.saturating_add(1);
        timing::Outcome::Failed
    } else {
        succeed(&mut state, subscription, gathered, decisions, now, !before.failing.is_empty());
        timing::Outcome::Read
    };
    if outcome == timing::Outcome::Read {
        let new = decisions.changes.new.len() + decisions.summary.waiting;
        let brought = Brought { new, published: decisions.published, entries: gathered.count() };
        state.rhythm = Some(Rhythm::learn(before, &brought, now));
        state.rhythm_seconds = None;
    }
    let attempt = Attempt { source: &subscription.source.id, state: &state, hints: &gathered.hints, outcome, now };
    let due = timing::next_due(&subscription.timing, &attempt);
    // A resting host holds its sources back from every round, the hurried ones included.
    let not_before = due.not_before.max(gathered.postponed);
    SourceState { next_due: due.at, not_before, why: due.why, ..state }
}

/// Where the document of the source says it has moved, when that is another place.
fn says_moved(state: &SourceState, configured: &Url) -> Option<Url> {
    let says = state.says_moved_to.as_deref().and_then(|says| address::resolve_web(Some(configured), says))?;
    let is_here = says == *configured || state.moved_to.as_deref() == Some(says.as_str());
    (!is_here).then_some(says)
}

fn succeed(
    state: &mut SourceState,
    subscription: &Subscription,
    gathered: &Gathered,
    decisions: &Decisions,
    now: Timestamp,
    had_failing: bool,
) {
    state.failures = 0;
    state.succeeded_at = Some(now);
    if decisions.changes.new.len() + decisions.summary.waiting > 0 {
        state.new_at = Some(now);
    }
    if gathered.changed {
        state.limits = SourceLimits::from(&gathered.channel);
        let title =
            gathered.channel.title.as_ref().map(|title| title.value.split_whitespace().collect::<Vec<_>>().join(" "));
        state.title = title.filter(|title| !title.is_empty()).or(state.title.take());
        state.home = gathered.channel.link.clone().or(state.home.take());
    }
    let checked = decisions.changes.new.iter().map(|new| &new.article.content).filter(|content| !content.partial);
    let seen = health::Seen {
        is_page: subscription.source.is_listing() && !subscription.source.has_parts(),
        entries: gathered.is_whole.then_some(gathered.count()),
        checked: checked.clone().count(),
        missing: health::missing(&subscription.health.require, checked.collect::<Vec<_>>()),
        new_at: state.new_at,
    };
    // A suspicion about an address that failed is told anew, or over.
    let held = if had_failing { (Health::Ok, None) } else { (state.health, state.message.as_deref()) };
    (state.health, state.message) = health::assess(&subscription.health, &seen, held, now);
    if !state.failing.is_empty() {
        let messages: Vec<&str> = state.failing.values().map(|failing| failing.message.as_str()).collect();
        let told = format!(
            "{} of {} addresses cannot be read: {}",
            messages.len(),
            subscription.source.urls().len(),
            messages.join("; ")
        );
        state.health = Health::Suspect;
        state.message = Some(state.message.take().map_or(told.clone(), |message| format!("{told}; {message}")));
    }
    if decisions.summary.redesign {
        let told = format!(
            "{} entries older than what was known appeared at once and are held silently: a redesign, not news",
            decisions.summary.silent
        );
        state.message = Some(state.message.take().map_or(told.clone(), |message| format!("{told}; {message}")));
    }
}
