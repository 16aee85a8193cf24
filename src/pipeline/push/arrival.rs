//! What a hub sent, read in place of what would be fetched.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::address;
use crate::model::Document;
use crate::pipeline::fill::blocking;
use crate::pipeline::gather::Gathered;
use crate::pipeline::{Pipeline, Subscription};
use crate::plan::SourceState;
use crate::plan::push::{Pushed, Pushing, Topic, TopicChange};
use crate::plan::timing::{Brought, Rhythm};
use crate::source::Read;

/// Reads what a hub sent. It may hold a part of the feed alone: what it lacks has not gone.
pub(in crate::pipeline) async fn read(
    subscription: &Arc<Subscription>,
    state: &SourceState,
    pushed: &Pushed,
) -> Gathered {
    let source = subscription.source.clone();
    let topic = state.push.as_ref().map(|push| push.topic.topic.clone());
    let base = address::without_secrets(&topic.unwrap_or_else(|| source.urls()[0].clone()));
    let document =
        Document { url: Some(base.clone()), content_type: pushed.media_type.clone(), body: pushed.body.clone() };
    let read = blocking(move || source.read(&document)).await;
    let mut gathered = Gathered::default();
    match read {
        Ok(Read { reading, .. }) => {
            gathered.changed = true;
            gathered.authors = reading.inherited_authors().to_vec();
            gathered.problems.extend(reading.problems);
            gathered.add(Some(base), reading.entries);
            gathered.channel = reading.channel;
        }
        // It is the hub that failed, not the source: the next poll tells.
        Err(error) => {
            let id = &subscription.source.id;
            tracing::warn!(source.id = %id, "what the hub of `{id}` sent cannot be read, the source is polled: {error}");
        }
    }
    gathered
}

/// The state of a source after a hub told of it: polls go on when they would have, or sooner or later as befits.
pub(in crate::pipeline) fn conclude(
    before: &SourceState,
    gathered: &Gathered,
    published: &[Timestamp],
    new: usize,
    now: Timestamp,
) -> SourceState {
    let mut state = before.clone();
    if !gathered.changed {
        return state;
    }
    if let Some(push) = &mut state.push {
        push.told_at = Some(now);
    }
    if new > 0 {
        state.new_at = Some(now);
        let brought = Brought { new, published, entries: gathered.count() };
        state.rhythm = Some(Rhythm::learn(before, &brought, now));
        state.rhythm_seconds = None;
    }
    state
}

impl Pipeline {
    /// What a poll says about being told: the state to go on with, and how the subscription changes.
    pub(in crate::pipeline) async fn watch_topic(
        &self,
        subscription: &Subscription,
        before: &SourceState,
        gathered: &Gathered,
        found_news: bool,
        now: Timestamp,
    ) -> Result<(Option<Box<Pushing>>, Option<TopicChange>), crate::store::Error> {
        let source = &subscription.source;
        let is_one_feed = !source.is_listing() && source.urls().len() == 1;
        if self.callbacks.is_none() || !is_one_feed {
            // Nobody can tell us: what a hub promised once holds no more.
            let push = before.push.clone().map(|push| Box::new(Pushing { until: None, ..*push }));
            return Ok((push, None));
        }
        let held = match before.push.clone() {
            Some(mut push) => {
                // The hub's promise is written where it confirms.
                let told = self.store.push().subscription(&source.id).await?;
                push.until = told.filter(|told| told.topic == push.topic).and_then(|told| told.until);
                if found_news && push.until.is_some() {
                    push.missed_at = Some(now);
                }
                Some(push)
            }
            None => None,
        };
        if !gathered.changed {
            return Ok((held, None));
        }
        let base: &Url = gathered.documents.first().map_or(&source.urls()[0], |document| &document.url);
        Ok(match (Topic::of(&gathered.channel, &gathered.links, base), held) {
            (Some(topic), Some(held)) if held.topic == topic => (Some(held), None),
            (Some(topic), _) => (Some(Box::new(Pushing::new(topic.clone()))), Some(TopicChange::Is(topic))),
            (None, Some(_)) => (None, Some(TopicChange::Gone)),
            (None, None) => (None, None),
        })
    }
}
