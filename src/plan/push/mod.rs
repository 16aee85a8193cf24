//! Being told of news, and telling: WebSub (W3C Recommendation, 23 January 2018) as values and what follows from each step.
//!
//! [`Subscription`] is our side of a hub elsewhere, [`Subscriber`] the other side of a hub of our own. Pure: who asks and
//! who answers is decided in `pipeline` and `serve`, what lasts is in `store::push`.

mod intent;
mod settings;
mod subscriber;
mod subscription;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

pub use intent::{Intent, Wish};
pub use settings::Settings;
pub use subscriber::{GIVE_UP, Subscriber, longest_lease};
pub use subscription::{LEASE, Phase, Subscription};

use crate::address;
use crate::model::Channel;

/// Who tells of the changes of a feed, and the address it is known by there (§4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// The hub: where to subscribe.
    pub hub: Url,
    /// The feed's own address, as it names itself.
    pub topic: Url,
}

impl Topic {
    /// What a document says about being told of its changes: in its body, else in the `Link` headers of the answer. `None`
    /// where it names no hub, or has an address that holds a secret. `base` is where it was read, and the topic of one that does not name itself.
    #[must_use]
    pub fn of(channel: &Channel, links: &[(String, Url)], base: &Url) -> Option<Self> {
        let header = |wanted: &str| links.iter().find(|(rel, _)| rel == wanted).map(|(_, url)| url.clone());
        let http = |url: Url| matches!(url.scheme(), "http" | "https").then_some(url);
        let hub = header("hub").or_else(|| channel.hubs.iter().find_map(|hub| base.join(hub).ok().and_then(http)))?;
        let own = channel.self_link.as_deref().and_then(|own| base.join(own).ok()).and_then(http);
        let mut topic = header("self").or(own).unwrap_or_else(|| base.clone());
        topic.set_fragment(None);
        // Both fail only for addresses without a host. What only we and the source may know is told to nobody else.
        let _ = topic.set_username("");
        let _ = topic.set_password(None);
        if address::without_secrets(&topic) != address::canonical(&topic) {
            return None;
        }
        Some(Self { hub: http(hub)?, topic })
    }
}

/// How a subscription of a source changes with a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicChange {
    /// It is to be held with this hub, for this topic.
    Is(Topic),
    /// The source names no hub any more.
    Gone,
}

/// What the state of a source keeps of being told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushing {
    /// Where it is subscribed to.
    pub topic: Topic,
    /// Until when the hub promised to tell; `None` while it did not.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// When it last told of news.
    #[serde(default)]
    pub told_at: Option<Timestamp>,
    /// When asking last brought news that the hub had not told of.
    #[serde(default)]
    pub missed_at: Option<Timestamp>,
}

impl Pushing {
    /// A subscription nobody has confirmed yet.
    #[must_use]
    pub fn new(topic: Topic) -> Self {
        Self { topic, until: None, told_at: None, missed_at: None }
    }

    /// Whether the hub can be relied on: it promised, it has told before, and since then nothing came past it.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until > now) && self.told_at.is_some() && self.told_at > self.missed_at
    }
}

/// A document that a hub sent, waiting to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Its number in the store; 0 before it is there.
    pub number: i64,
    /// When it came.
    pub received_at: Timestamp,
    /// Its `Content-Type`.
    pub media_type: Option<String>,
    /// The document.
    pub body: bytes::Bytes,
}

/// The wait before the next try after so many failures: doubled from `first`, at most `most`.
fn backoff(first: Duration, tries: u32, most: Duration) -> Duration {
    first.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(most)
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn headers_are_believed_before_the_body_and_the_address_stands_in_for_a_missing_self() {
        let base = url("https://a.example/feed.xml#top");
        let channel = |hubs: &[&str], own: Option<&str>| Channel {
            hubs: hubs.iter().map(|hub| (*hub).to_owned()).collect(),
            self_link: own.map(str::to_owned),
            ..Channel::default()
        };
        let headers = [("hub".to_owned(), url("https://h.example/")), ("self".to_owned(), url("https://a.example/h"))];
        let rows = [
            (channel(&[], None), &[][..], None),
            (channel(&["/hub"], Some("me.xml")), &[][..], Some(("https://a.example/hub", "https://a.example/me.xml"))),
            (
                channel(&["mailto:hub", "https://b.example/"], None),
                &[][..],
                Some(("https://b.example/", "https://a.example/feed.xml")),
            ),
            (channel(&["/hub"], Some("me.xml")), &headers[..], Some(("https://h.example/", "https://a.example/h"))),
        ];
        let secret = url("https://me:word@a.example/feed.xml");
        let topic = Topic::of(&channel(&["/hub"], Some("me.xml")), &[], &secret).unwrap();
        assert_eq!(topic.topic.as_str(), "https://a.example/me.xml", "names and passwords are told to no hub");
        let keyed = url("https://a.example/feed.xml?token=s3");
        assert_eq!(Topic::of(&channel(&["/hub"], None), &[], &keyed), None, "nor are keys");
        for (channel, links, wanted) in rows {
            let topic = Topic::of(&channel, links, &base);
            let found = topic.as_ref().map(|topic| (topic.hub.as_str(), topic.topic.as_str()));
            assert_eq!(found, wanted, "{channel:?}");
        }
    }

    #[test]
    fn a_hub_is_relied_on_only_while_nothing_comes_past_it() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let topic = Topic { hub: url("https://h.example/"), topic: url("https://a.example/") };
        let mut pushing = Pushing { until: Some(at(1_000)), ..Pushing::new(topic) };
        assert!(!pushing.is_alive(at(10)), "it has never told of anything");
        pushing.told_at = Some(at(20));
        assert!(pushing.is_alive(at(30)));
        pushing.missed_at = Some(at(40));
        assert!(!pushing.is_alive(at(50)), "news came past it");
        pushing.told_at = Some(at(60));
        assert!(pushing.is_alive(at(70)), "it tells again");
        assert!(!pushing.is_alive(at(1_000)), "its promise is over");
    }
}
