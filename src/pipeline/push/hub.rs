//! Our own hub: asks back who subscribes, and delivers what changed (WebSub §5.3, §7).
//!
//! What is to be delivered is a row of each subscriber (`due`), so that a restart loses nothing; the newest version is
//! sent, once, however many changes came before. Deliveries run side by side in [`Lanes`], so that slow callbacks hold up nobody
//! else; what has no room there stays in the store.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::lanes::{Lanes, Name, Offer, name};
use super::{Telling, announce, with_query};
use crate::fetch::Call;
use crate::model::Digest;
use crate::pipeline::{Pipeline, report};
use crate::plan::push::{Intent, Subscriber, Wish};
use crate::signature;

/// Requests to subscribe that may wait to be asked back.
pub const INTENTS: usize = 1_000;

/// Requests asked back at once.
const VERIFYING: usize = 128;

/// Subscribers read from the store in one go.
const READ: usize = 512;

/// A delivery that takes longer than this is slow.
const MOMENT: Duration = Duration::from_secs(1);

/// How long the outcome of a delivery waits for others to be written with.
const LINGER: Duration = Duration::from_secs(1);

/// Deliveries written in one transaction, at most.
const SETTLED: usize = 256;

/// The longest sleep between two looks at what is due.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// What is published under a path.
#[derive(Debug, Clone)]
pub struct Content {
    /// The bytes.
    pub bytes: Bytes,
    /// The `Content-Type`.
    pub media_type: &'static str,
    /// Their digest.
    pub digest: Digest,
}

/// Gives what is published under a path.
pub type Contents = Arc<dyn Fn(&str) -> Option<Content> + Send + Sync>;

/// Our own hub.
pub struct Hub {
    /// Its address.
    pub url: Url,
    /// What is asked of it; checked as far as can be without asking back.
    pub intents: mpsc::Receiver<Intent>,
    /// What is published under a path.
    pub content: Contents,
}

type Delivery = (Subscriber, Option<Subscriber>);

/// A delivery that ended, and whether it was answered.
type Ended = (Delivery, bool);

impl Telling {
    /// Tells whoever is to be told, until cancelled.
    pub(super) async fn tell(&mut self, pipeline: &Pipeline, cancel: &CancellationToken) {
        let Self { news, hub, outside, base_url } = self;
        let mut announcing = FuturesUnordered::new();
        let mut round = hub.as_mut().map(|hub| Round::new(hub, base_url, pipeline));
        if let Some(round) = &mut round {
            // What was published while nobody delivered, by another run or before a crash.
            round.tell_all().await;
        }
        loop {
            let step = async {
                match &mut round {
                    Some(round) => round.step().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = cancel.cancelled() => break,
                () = news.changed() => {
                    let topics: Vec<String> = news.take().into_iter().filter(|path| announce::is_feed(path)).collect();
                    for topic in &topics {
                        let Ok(address) = base_url.join(topic) else { continue };
                        for hub in outside.iter() {
                            let (hub, client, clock, address) = (hub.clone(), pipeline.client.clone(), Arc::clone(&pipeline.clock), address.clone());
                            announcing.push(async move { announce::announce(&client, &hub, &address, || clock()).await });
                        }
                        if let Some(round) = &mut round {
                            round.note(topic).await;
                        }
                    }
                }
                Some(()) = announcing.next() => {}
                () = step => {}
            }
        }
        if let Some(mut round) = round {
            round.write_confirmed().await;
            round.settle().await;
        }
    }
}

/// What the hub is about at the moment.
struct Round<'a> {
    hub: &'a mut Hub,
    base_url: &'a Url,
    pipeline: &'a Pipeline,
    verifying: FuturesUnordered<futures_util::future::BoxFuture<'a, Option<Confirmed>>>,
    /// Confirmed, to be written. Not by the futures that ask: one that is given the writer while this task waits for it would
    /// never be asked to go on.
    confirmed: VecDeque<Confirmed>,
    delivering: FuturesUnordered<futures_util::future::BoxFuture<'a, Ended>>,
    lanes: Lanes,
    /// Deliveries that may turn out to be slow, in the order they began.
    begun: VecDeque<(Instant, Name, u64)>,
    done: Vec<Delivery>,
    /// When what is done is written, however little it is.
    settle_at: Option<Instant>,
    /// Whether somebody was due who is here already: due again, once that is written.
    is_due_again: bool,
    /// Topics that changed and could not be noted.
    unnoted: BTreeSet<String>,
    /// Whether the store may hold more that is due, and behind whom; whether to begin again at the first then.
    is_more: bool,
    after: Option<Subscriber>,
    again: bool,
    /// When to look for what is due by its time.
    look_at: Instant,
}

impl<'a> Round<'a> {
    fn new(hub: &'a mut Hub, base_url: &'a Url, pipeline: &'a Pipeline) -> Self {
        Self {
            hub,
            base_url,
            pipeline,
            verifying: FuturesUnordered::new(),
            confirmed: VecDeque::new(),
            delivering: FuturesUnordered::new(),
            lanes: Lanes::default(),
            begun: VecDeque::new(),
            done: Vec::new(),
            settle_at: None,
            is_due_again: false,
            unnoted: BTreeSet::new(),
            is_more: true,
            after: None,
            again: false,
            look_at: Instant::now() + LOOK_AGAIN,
        }
    }

    /// Makes everybody due; who has the newest already is not told again.
    async fn tell_all(&mut self) {
        match self.pipeline.store.push().tell_all((self.pipeline.clock)()).await {
            Ok(()) => self.look(),
            Err(error) => report::store_failed(&error),
        }
    }

    async fn note(&mut self, topic: &str) {
        match self.pipeline.store.push().tell(topic, (self.pipeline.clock)()).await {
            Ok(told) => {
                self.unnoted.remove(topic);
                if told > 0 {
                    self.look();
                }
            }
            Err(error) => {
                report::store_failed(&error);
                self.unnoted.insert(topic.to_owned());
            }
        }
    }

    /// What is due is to be read, from the first on.
    fn look(&mut self) {
        self.again |= self.is_more;
        self.is_more = true;
    }

    /// Waits for the next thing to happen, and sees to it.
    async fn step(&mut self) {
        self.begin().await;
        tokio::select! {
            Some(intent) = self.hub.intents.recv(), if self.verifying.len() < VERIFYING => {
                self.verifying.push(verify(self.pipeline, self.current(&intent.topic), intent).boxed());
            }
            Some(confirmed) = self.verifying.next() => self.confirmed.extend(confirmed),
            Some((delivery, answered)) = self.delivering.next() => {
                if self.lanes.ended(&name(&delivery.0), answered) {
                    self.look();
                }
                self.done.push(delivery);
            }
            () = tokio::time::sleep_until(self.begun.front().map_or(self.look_at, |(at, ..)| *at + MOMENT)) => {
                let now = Instant::now();
                while let Some((_, name, number)) = self.begun.pop_front_if(|(at, ..)| *at + MOMENT <= now) {
                    self.lanes.is_slow(&name, number);
                }
            }
            () = tokio::time::sleep_until(self.settle_at.unwrap_or(self.look_at)), if self.settle_at.is_some() => self.settle().await,
            () = tokio::time::sleep_until(self.look_at) => {
                for topic in self.unnoted.clone() {
                    self.note(&topic).await;
                }
                self.look();
                self.look_at = Instant::now() + LOOK_AGAIN;
            }
        }
    }

    fn current(&self, topic: &str) -> Option<Digest> {
        (self.hub.content)(topic).map(|content| content.digest)
    }

    /// Begins as many deliveries as there is room for, and writes what came of others.
    async fn begin(&mut self) {
        self.write_confirmed().await;
        loop {
            while let Some((number, subscriber)) = self.lanes.next() {
                self.start(number, subscriber);
            }
            if self.done.len() >= SETTLED || self.lanes.is_idle() {
                self.settle().await;
            }
            if !self.done.is_empty() {
                self.settle_at.get_or_insert_with(|| Instant::now() + LINGER);
            }
            if !self.is_more || !self.lanes.has_room() {
                return;
            }
            self.read_due().await;
        }
    }

    /// Writes down whose wish was confirmed.
    async fn write_confirmed(&mut self) {
        let push = self.pipeline.store.push();
        while let Some(Confirmed { intent, at, current }) = self.confirmed.front() {
            let written = match &intent.wish {
                Wish::Subscribe { lease, secret } => {
                    let subscriber = Subscriber {
                        topic: intent.topic.clone(),
                        callback: intent.callback.clone(),
                        secret: secret.clone(),
                        until: at.saturating_add(*lease).unwrap_or(Timestamp::MAX),
                        due: Some(*at),
                        tries: 0,
                        told: *current,
                    };
                    push.subscribe(&subscriber).await
                }
                Wish::Unsubscribe => push.unsubscribe(&intent.topic, &intent.callback).await.map(|_| ()),
            };
            if let Err(error) = written {
                report::store_failed(&error);
            }
            self.confirmed.pop_front();
        }
    }

    /// Reads the next of what is due.
    async fn read_due(&mut self) {
        let push = self.pipeline.store.push();
        let due = push.due_subscribers((self.pipeline.clock)(), self.after.as_ref(), READ).await;
        let due = due.unwrap_or_else(|error| {
            report::store_failed(&error);
            Vec::new()
        });
        self.after = due.last().cloned();
        if self.after.is_none() {
            (self.is_more, self.again) = (std::mem::take(&mut self.again), false);
        }
        for subscriber in due {
            let told = subscriber.told;
            let unneeded = match (self.hub.content)(&subscriber.topic) {
                Some(content) if told == Some(content.digest) => Some(Some(subscriber.clone().told(content.digest))),
                Some(_) => None,
                // The feed is published no more.
                None => Some(None),
            };
            match unneeded {
                // What is under way is written when it ends.
                Some(after) => {
                    if self.lanes.hold(name(&subscriber)) {
                        self.done.push((subscriber, after));
                    }
                }
                None => self.is_due_again |= self.lanes.offer(subscriber) == Offer::Held,
            }
        }
    }

    fn start(&mut self, number: u64, subscriber: Subscriber) {
        let name = name(&subscriber);
        let Some(content) = (self.hub.content)(&subscriber.topic) else {
            self.lanes.ended(&name, true);
            self.done.push((subscriber, None));
            return;
        };
        self.begun.push_back((Instant::now(), name, number));
        let topic = self.base_url.join(&subscriber.topic).unwrap_or_else(|_| self.base_url.clone());
        self.delivering.push(deliver(self.pipeline, self.hub.url.clone(), topic, content, subscriber).boxed());
    }

    async fn settle(&mut self) {
        self.settle_at = None;
        if self.done.is_empty() {
            return;
        }
        // What cannot be written is delivered again: a subscriber bears that, not being told it would not.
        if let Err(error) = self.pipeline.store.push().settle(&self.done).await {
            report::store_failed(&error);
        }
        for (subscriber, _) in self.done.drain(..) {
            self.lanes.settled(&name(&subscriber));
        }
        if std::mem::take(&mut self.is_due_again) {
            self.look();
        }
    }
}

/// A wish that was confirmed.
struct Confirmed {
    intent: Intent,
    /// When it was asked for.
    at: Timestamp,
    /// What was published then.
    current: Option<Digest>,
}

/// Asks whoever is to be told whether that is meant (§5.3).
async fn verify(pipeline: &Pipeline, current: Option<Digest>, intent: Intent) -> Option<Confirmed> {
    let now = (pipeline.clock)();
    let challenge = challenge()?;
    let mut pairs =
        vec![("hub.mode", intent.wish.mode()), ("hub.topic", intent.topic_url.as_str()), ("hub.challenge", &challenge)];
    let seconds = match &intent.wish {
        Wish::Subscribe { lease, .. } => lease.as_secs().to_string(),
        Wish::Unsubscribe => String::new(),
    };
    if !seconds.is_empty() {
        pairs.push(("hub.lease_seconds", &seconds));
    }
    let url = with_query(&intent.callback, &pairs);
    let call = Call { url: &url, headers: Vec::new(), body: None };
    let is_meant = match pipeline.client.call(call, now).await {
        Ok(reply) => reply.is_success() && reply.body.trim_ascii() == challenge.as_bytes(),
        Err(failure) => {
            tracing::debug!("a subscriber of {} cannot be asked back: {}", intent.topic, failure.report());
            false
        }
    };
    if !is_meant {
        tracing::debug!("a request to {} {} was not confirmed by its callback", intent.wish.mode(), intent.topic);
        return None;
    }
    Some(Confirmed { intent, at: now, current })
}

/// Something nobody can guess.
fn challenge() -> Option<String> {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Sends the newest version to one subscriber (§7).
async fn deliver(pipeline: &Pipeline, hub: Url, topic: Url, content: Content, subscriber: Subscriber) -> Ended {
    let now = (pipeline.clock)();
    let mut headers = vec![
        ("content-type", content.media_type.to_owned()),
        ("link", format!("<{hub}>; rel=\"hub\", <{topic}>; rel=\"self\"")),
    ];
    if let Some(secret) = &subscriber.secret {
        headers.push(("x-hub-signature", signature::sign(secret, &content.bytes)));
    }
    let url = subscriber.callback.clone();
    let call = Call { url: &url, headers, body: Some(content.bytes) };
    let before = subscriber.clone();
    let reply = pipeline.client.call(call, now).await;
    let answered = reply.is_ok();
    let after = match reply {
        Ok(reply) if reply.is_success() => Some(subscriber.told(content.digest)),
        // It wants no more of this (§7).
        Ok(reply) if reply.status == 410 => None,
        Ok(reply) => subscriber.failed(reply.retry_after, now),
        Err(failure) => subscriber.failed(failure.retry_after(), now),
    };
    ((before, after), answered)
}
