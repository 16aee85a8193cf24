//! How soon a feed may hold something new: when the next of its sources is due.
//!
//! Only for feeds that readers ask for, and again only when what was said has passed: what it costs does not grow with the feeds.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::plan::{Health, SourceState};
use crate::store;

use super::{Press, Renderer, report};

/// Between two looks at what was asked for.
const LOOK: Duration = Duration::from_secs(2);

/// Feeds looked at in one look.
const AT_ONCE: usize = 200;

/// With more sources than this, one of them is due in any minute: nobody needs to look.
const MANY_SOURCES: usize = 60;

/// A hub tells at any time; what is on its way meanwhile is no older than this.
const PUSHED: SignedDuration = SignedDuration::from_mins(5);

/// Nothing is due: a reader may well ask again.
const IDLE: SignedDuration = SignedDuration::from_hours(1);

/// What was asked for is written before what comes of it is published: until this has passed, a copy may be about to be old.
const PUBLISHING: SignedDuration = SignedDuration::from_secs(10);

/// Who wants to know.
pub struct Forecast {
    /// Names the feeds that are asked for, each once.
    pub asked: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Is told when a feed may hold something new.
    pub told: Arc<Told>,
}

/// Is told of a feed, and when it may hold something new.
pub type Told = dyn Fn(&str, Timestamp) + Send + Sync;

/// Tells of the feeds that are asked for, again and again, until cancelled.
pub async fn forecast(press: Arc<Press>, who: Forecast, cancel: CancellationToken) {
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let renderer = press.current();
        for feed in (who.asked)().into_iter().take(AT_ONCE) {
            match renderer.expected(&feed).await {
                Ok(due) => due.into_iter().for_each(|due| (who.told)(&feed, due)),
                Err(error) => report::store_failed(&error),
            }
        }
    }
}

impl Renderer {
    /// When a feed may hold something new; `None` where there is no such feed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn expected(&self, feed: &str) -> Result<Option<Timestamp>, store::Error> {
        let now = (self.clock)();
        let Some((_, sources)) = self.member(feed) else { return Ok(None) };
        if sources.len() > MANY_SOURCES {
            return Ok(Some(now));
        }
        let states = self.store.states(&sources).await?;
        let due = states.iter().filter_map(|(_, state)| due(state, now)).min();
        Ok(Some(due.unwrap_or(now.saturating_add(IDLE).unwrap_or(now))))
    }
}

/// When a source may bring something; `None` where it never does.
fn due(state: &SourceState, now: Timestamp) -> Option<Timestamp> {
    if state.health == Health::Gone {
        return None;
    }
    if state.attempted_at.is_some_and(|at| now.duration_since(at) < PUBLISHING) {
        return Some(now);
    }
    let due = state.next_due.unwrap_or(now).max(state.not_before.unwrap_or(Timestamp::MIN));
    let is_told = state.push.as_ref().is_some_and(|push| push.until.is_some_and(|until| until > now));
    let told = is_told.then(|| now.saturating_add(PUSHED).unwrap_or(now));
    Some(told.map_or(due, |told| told.min(due)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::push::{Pushing, Topic};

    #[test]
    fn a_source_is_awaited_when_it_is_due_unless_it_was_asked_just_now_a_hub_may_tell_before_or_it_is_gone() {
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let (soon, late) = (now + SignedDuration::from_mins(2), now + SignedDuration::from_hours(6));
        let held = SourceState { next_due: Some(soon), not_before: Some(late), ..SourceState::default() };
        let gone = SourceState { health: Health::Gone, next_due: Some(soon), ..SourceState::default() };
        let topic =
            Topic { hub: "https://hub.example/".parse().unwrap(), topic: "https://one.example/feed".parse().unwrap() };
        let push = Pushing { until: Some(late), ..Pushing::new(topic) };
        let pushed = SourceState { next_due: Some(late), push: Some(Box::new(push)), ..SourceState::default() };
        let asked = |seconds| SourceState {
            attempted_at: Some(now - SignedDuration::from_secs(seconds)),
            next_due: Some(late),
            ..SourceState::default()
        };
        let rows = [
            (SourceState { next_due: Some(soon), ..SourceState::default() }, Some(soon)),
            (SourceState { next_due: None, ..SourceState::default() }, Some(now)),
            (asked(9), Some(now)),
            (asked(10), Some(late)),
            (held, Some(late)),
            (gone, None),
            (pushed, Some(now + PUSHED)),
        ];
        for (state, wanted) in rows {
            assert_eq!(due(&state, now), wanted, "{state:?}");
        }
    }
}
