//! Telling and being told, in plain collections.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use url::Url;

use super::{Everything, Memory};
use crate::model::{Digest, SourceId};
use crate::plan::push::{Phase, Pushed, Subscriber, Subscription, TopicChange};
use crate::plan::timing::Correction;
use crate::store::push::{INBOX, Push};
use crate::store::{Error, exact};

/// What is kept of telling and being told.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    subscriptions: BTreeMap<SourceId, Subscription>,
    pub(super) inbox: BTreeMap<i64, (SourceId, Pushed)>,
    subscribers: BTreeMap<(String, String), Subscriber>,
    count: i64,
}

impl Pushes {
    /// Moves subscriptions and deliveries along with a clock that was set.
    pub(super) fn correct(&mut self, correction: Correction) {
        let moved = |moment: &mut Timestamp| *moment = exact::moment(correction.moment(*moment));
        self.subscriptions.values_mut().for_each(|held| correction.subscription(held));
        for subscriber in self.subscribers.values_mut() {
            subscriber.due.iter_mut().for_each(moved);
            // A lease may be longer than any wait: it is moved where it is known by how much, and else stays.
            if let Correction::Shift(_) = correction {
                moved(&mut subscriber.until);
            }
        }
    }
}

impl Everything {
    /// What a refresh changes about the subscription of its source.
    pub(super) fn change_topic(&mut self, source: &SourceId, change: Option<&TopicChange>, now: Timestamp) {
        match change {
            None => {}
            Some(TopicChange::Gone) => {
                if let Some(held) = self.pushes.subscriptions.get_mut(source) {
                    (held.phase, held.next) = (Phase::Leaving, now);
                }
            }
            Some(TopicChange::Is(topic)) => {
                let held = self.pushes.subscriptions.get(source);
                if held.is_some_and(|held| held.topic == *topic && held.phase != Phase::Leaving) {
                    return;
                }
                self.pushes.count += 1;
                // Chance is not needed where nothing outlives the process, only a name of its own.
                let name = |what: &str| {
                    Digest::of(format!("{what} {} {source} {now}", self.pushes.count).as_bytes()).to_string()
                };
                let wanted = Subscription::wanted(source.clone(), topic.clone(), name("token"), name("secret"), now);
                self.pushes.subscriptions.insert(source.clone(), wanted);
            }
        }
    }

    fn at_token(&mut self, token: &str) -> Option<&mut Subscription> {
        self.pushes.subscriptions.values_mut().find(|subscription| subscription.token == token)
    }
}

#[async_trait]
impl Push for Memory {
    async fn subscription(&self, source: &SourceId) -> Result<Option<Subscription>, Error> {
        Ok(self.lock().pushes.subscriptions.get(source).cloned())
    }

    async fn subscription_at(&self, token: &str) -> Result<Option<Subscription>, Error> {
        Ok(self.lock().at_token(token).cloned())
    }

    async fn due_subscriptions(&self, now: Timestamp, limit: usize) -> Result<Vec<Subscription>, Error> {
        let all = self.lock();
        let mut due: Vec<&Subscription> =
            all.pushes.subscriptions.values().filter(|subscription| subscription.next <= now).collect();
        due.sort_by_key(|subscription| subscription.next);
        Ok(due.into_iter().take(limit).cloned().collect())
    }

    async fn save_subscription(&self, subscription: &Subscription) -> Result<(), Error> {
        if let Some(held) = self.lock().at_token(&subscription.token) {
            *held = subscription.clone();
        }
        Ok(())
    }

    async fn end_subscription(&self, token: &str) -> Result<(), Error> {
        self.lock().pushes.subscriptions.retain(|_, subscription| subscription.token != token);
        Ok(())
    }

    async fn deliver(&self, token: &str, pushed: &Pushed) -> Result<bool, Error> {
        let mut all = self.lock();
        let Some(source) = all.at_token(token).map(|subscription| subscription.source.clone()) else {
            return Ok(false);
        };
        all.pushes.count += 1;
        let number = all.pushes.count;
        let pushed = Pushed { number, received_at: exact::moment(pushed.received_at), ..pushed.clone() };
        all.pushes.inbox.insert(number, (source.clone(), pushed));
        let own: Vec<i64> =
            all.pushes.inbox.iter().filter(|(_, (of, _))| *of == source).map(|(number, _)| *number).collect();
        for number in own.iter().rev().skip(INBOX) {
            all.pushes.inbox.remove(number);
        }
        Ok(true)
    }

    async fn subscribe(&self, subscriber: &Subscriber) -> Result<(), Error> {
        let name = (subscriber.topic.clone(), subscriber.callback.to_string());
        let mut all = self.lock();
        let held = all.pushes.subscribers.entry(name).or_insert_with(|| subscriber.clone());
        (held.secret, held.until) = (subscriber.secret.clone(), exact::moment(subscriber.until));
        Ok(())
    }

    async fn unsubscribe(&self, topic: &str, callback: &Url) -> Result<bool, Error> {
        Ok(self.lock().pushes.subscribers.remove(&(topic.to_owned(), callback.to_string())).is_some())
    }

    async fn subscribers(&self) -> Result<u64, Error> {
        Ok(self.lock().pushes.subscribers.len() as u64)
    }

    async fn tell(&self, topic: &str, now: Timestamp) -> Result<u64, Error> {
        let mut all = self.lock();
        let own = all.pushes.subscribers.values_mut().filter(|subscriber| subscriber.topic == topic);
        let told = own.map(|subscriber| (subscriber.due, subscriber.tries) = (Some(exact::moment(now)), 0));
        Ok(told.count() as u64)
    }

    async fn tell_all(&self, now: Timestamp) -> Result<(), Error> {
        let mut all = self.lock();
        for subscriber in all.pushes.subscribers.values_mut() {
            subscriber.due.get_or_insert(exact::moment(now));
        }
        Ok(())
    }

    async fn due_subscribers(
        &self,
        now: Timestamp,
        after: Option<&Subscriber>,
        limit: usize,
    ) -> Result<Vec<Subscriber>, Error> {
        let mut all = self.lock();
        let is_due = |subscriber: &Subscriber| subscriber.due.is_some_and(|due| due <= now);
        let is_over = |subscriber: &Subscriber| is_due(subscriber) && subscriber.until <= now;
        if after.is_none() {
            all.pushes.subscribers.retain(|_, subscriber| !is_over(subscriber));
        }
        let wanted = |subscriber: &&Subscriber| is_due(subscriber) && !is_over(subscriber);
        let mut due: Vec<Subscriber> = all.pushes.subscribers.values().filter(wanted).cloned().collect();
        let place =
            |subscriber: &Subscriber| (subscriber.due, subscriber.topic.clone(), subscriber.callback.to_string());
        due.sort_by_key(place);
        due.retain(|subscriber| after.is_none_or(|after| place(subscriber) > place(after)));
        due.truncate(limit);
        Ok(due)
    }

    async fn settle(&self, deliveries: &[(Subscriber, Option<Subscriber>)]) -> Result<(), Error> {
        let mut all = self.lock();
        for (before, after) in deliveries {
            let name = (before.topic.clone(), before.callback.to_string());
            match (after, all.pushes.subscribers.get_mut(&name)) {
                (Some(after), Some(held)) => {
                    if held.due == before.due {
                        (held.due, held.tries) = (after.due.map(exact::moment), after.tries);
                    }
                    held.told = after.told;
                }
                (None, Some(_)) => drop(all.pushes.subscribers.remove(&name)),
                (_, None) => {}
            }
        }
        Ok(())
    }

    async fn next_delivery(&self) -> Result<Option<Timestamp>, Error> {
        Ok(self.lock().pushes.subscribers.values().filter_map(|subscriber| subscriber.due).min())
    }
}
