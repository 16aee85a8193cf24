//! Our own hub: asks back who subscribes, and delivers what changed (WebSub §5.3, §7).
//!
//! What is to be delivered is a row of each subscriber (`due`), so that a restart loses nothing; the newest version is
//! sent, once, however many changes came before. Deliveries run side by side, a share of them to any one host, so that
//! slow callbacks hold up nobody else.

use std::collections::{HashMap, HashSet, VecDeque};
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

use super::{Telling, announce, with_query};
use crate::fetch::Call;
use crate::model::Digest;
use crate::pipeline::{Pipeline, report};
use crate::plan::push::{Intent, Subscriber, Wish};
use crate::signature;

/// Requests to subscribe that may wait to be asked back.
pub const INTENTS: usize = 1_000;

/// Requests asked back, deliveries and announcements at once; deliveries to any one host; those read from the store in one go.
const VERIFYING: usize = 32;
const DELIVERING: usize = 64;
const DELIVERING_TO_ONE: usize = 16;
const READ: usize = 512;

/// Deliveries that may wait in memory; the rest wait in the store.
const QUEUED: usize = 4_096;

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
            round.settle().await;
        }
    }
}

/// What the hub is about at the moment.
struct Round<'a> {
    hub: &'a mut Hub,
    base_url: &'a Url,
    pipeline: &'a Pipeline,
    verifying: FuturesUnordered<futures_util::future::BoxFuture<'a, ()>>,
    delivering: FuturesUnordered<futures_util::future::BoxFuture<'a, Delivery>>,
    /// Topic and callback of what is being delivered.
    under_way: HashSet<(String, Url)>,
    /// Read from the store, to be begun.
    queue: VecDeque<Subscriber>,
    to_host: HashMap<String, usize>,
    done: Vec<Delivery>,
    /// Whether the store may hold more that is due.
    is_more: bool,
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
            delivering: FuturesUnordered::new(),
            under_way: HashSet::new(),
            queue: VecDeque::new(),
            to_host: HashMap::new(),
            done: Vec::new(),
            is_more: true,
            look_at: Instant::now() + LOOK_AGAIN,
        }
    }

    /// Makes everybody due; who has the newest already is not told again.
    async fn tell_all(&mut self) {
        match self.pipeline.store.push().tell_all((self.pipeline.clock)()).await {
            Ok(()) => self.is_more = true,
            Err(error) => report::store_failed(&error),
        }
    }

    async fn note(&mut self, topic: &str) {
        match self.pipeline.store.push().tell(topic, (self.pipeline.clock)()).await {
            Ok(count) => self.is_more |= count > 0,
            Err(error) => report::store_failed(&error),
        }
    }

    /// Waits for the next thing to happen, and sees to it.
    async fn step(&mut self) {
        self.begin().await;
        tokio::select! {
            Some(intent) = self.hub.intents.recv(), if self.verifying.len() < VERIFYING => {
                self.verifying.push(verify(self.pipeline, self.current(&intent.topic), intent).boxed());
            }
            Some(()) = self.verifying.next() => {}
            Some(delivery) = self.delivering.next() => {
                self.ended(&delivery.0);
                self.done.push(delivery);
                if self.done.len() >= SETTLED || self.delivering.is_empty() {
                    self.settle().await;
                }
            }
            () = tokio::time::sleep_until(self.look_at) => {
                self.is_more = true;
                self.look_at = Instant::now() + LOOK_AGAIN;
            }
        }
    }

    fn current(&self, topic: &str) -> Option<Digest> {
        (self.hub.content)(topic).map(|content| content.digest)
    }

    /// Begins as many deliveries as there is room for.
    async fn begin(&mut self) {
        loop {
            self.begin_queued();
            if self.delivering.len() >= DELIVERING || !self.is_more || self.queue.len() >= QUEUED {
                break;
            }
            self.is_more = self.read_due().await;
        }
        if self.done.len() >= SETTLED || self.delivering.is_empty() {
            self.settle().await;
        }
    }

    /// Reads more of what is due into the queue; gives whether there was any.
    async fn read_due(&mut self) -> bool {
        let held = self.queue.iter().chain(self.done.iter().map(|(before, _)| before));
        let mut known: HashSet<(String, Url)> = held.map(name).collect();
        known.extend(self.under_way.iter().cloned());
        let due = self.pipeline.store.push().due_subscribers((self.pipeline.clock)(), READ + known.len()).await;
        let due = due.unwrap_or_else(|error| {
            report::store_failed(&error);
            Vec::new()
        });
        let before = self.queue.len();
        self.queue.extend(due.into_iter().filter(|subscriber| !known.contains(&name(subscriber))));
        self.queue.len() > before
    }

    /// Begins what is queued, as far as there is room.
    fn begin_queued(&mut self) {
        for _ in 0..self.queue.len() {
            if self.delivering.len() >= DELIVERING {
                return;
            }
            let Some(subscriber) = self.queue.pop_front() else { return };
            let Some(content) = (self.hub.content)(&subscriber.topic) else {
                // The feed is published no more.
                self.done.push((subscriber, None));
                continue;
            };
            if subscriber.told == Some(content.digest) {
                self.done.push((subscriber.clone(), Some(subscriber.told(content.digest))));
                continue;
            }
            let host = subscriber.callback.host_str().unwrap_or_default().to_owned();
            let to_host = self.to_host.entry(host).or_default();
            if *to_host >= DELIVERING_TO_ONE {
                self.queue.push_back(subscriber);
                continue;
            }
            *to_host += 1;
            self.under_way.insert(name(&subscriber));
            let topic = self.base_url.join(&subscriber.topic).unwrap_or_else(|_| self.base_url.clone());
            self.delivering.push(deliver(self.pipeline, self.hub.url.clone(), topic, content, subscriber).boxed());
        }
    }

    fn ended(&mut self, subscriber: &Subscriber) {
        self.under_way.remove(&name(subscriber));
        let host = subscriber.callback.host_str().unwrap_or_default();
        if let Some(count) = self.to_host.get_mut(host) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.to_host.remove(host);
            }
        }
    }

    async fn settle(&mut self) {
        if self.done.is_empty() {
            return;
        }
        match self.pipeline.store.push().settle(&self.done).await {
            Ok(()) => self.done.clear(),
            // They are delivered again: a subscriber bears that, not being told it would not.
            Err(error) => {
                self.done.clear();
                report::store_failed(&error);
            }
        }
    }
}

fn name(subscriber: &Subscriber) -> (String, Url) {
    (subscriber.topic.clone(), subscriber.callback.clone())
}

/// Asks whoever is to be told whether that is meant (§5.3), and writes it down if so.
async fn verify(pipeline: &Pipeline, current: Option<Digest>, intent: Intent) {
    let now = (pipeline.clock)();
    let Some(challenge) = challenge() else { return };
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
        return;
    }
    let push = pipeline.store.push();
    let written = match intent.wish {
        Wish::Subscribe { lease, secret } => {
            let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
            let Intent { topic, callback, .. } = intent;
            push.subscribe(&Subscriber { topic, callback, secret, until, due: Some(now), tries: 0, told: current })
                .await
        }
        Wish::Unsubscribe => push.unsubscribe(&intent.topic, &intent.callback).await.map(|_| ()),
    };
    if let Err(error) = written {
        report::store_failed(&error);
    }
}

/// Something nobody can guess.
fn challenge() -> Option<String> {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Sends the newest version to one subscriber (§7).
async fn deliver(pipeline: &Pipeline, hub: Url, topic: Url, content: Content, subscriber: Subscriber) -> Delivery {
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
    let after = match pipeline.client.call(call, now).await {
        Ok(reply) if reply.is_success() => Some(subscriber.told(content.digest)),
        // It wants no more of this (§7).
        Ok(reply) if reply.status == 410 => None,
        Ok(reply) => subscriber.failed(reply.retry_after, now),
        Err(failure) => subscriber.failed(failure.retry_after(), now),
    };
    (before, after)
}
