//! What the store keeps of telling and being told: part of the [contract](super).
//!
//! - **A subscription a source.** [`Changes::topic`](crate::plan::Changes::topic) begins one, replaces it where hub or topic
//!   differ (a new token, a new secret: what the old hub sends is not believed any more), and marks it as leaving where the
//!   source names no hub. Token and secret come from chance. A change that names the hub and topic that are held changes nothing.
//! - **The inbox.** [`Push::deliver`] keeps what a hub sent until a refresh that was claimed with it is finished: the claim of
//!   a source with something in its inbox carries the oldest of it (see [`Work::Source`](super::Work)), whatever the source's time. Of
//!   one source the newest [`INBOX`] wait, older ones are dropped: the next poll finds what they said.
//! - **Subscribers** are kept by topic and callback. [`Push::tell`] makes all of a topic due; those whose lease ended are
//!   deleted when they are met. A change that comes while a delivery is under way is not lost: [`Push::tell`] sets `due`
//!   anew, and [`Push::settle`] clears it only where it is the one the delivery was made for.

use async_trait::async_trait;
use jiff::Timestamp;
use url::Url;

use super::Error;
use crate::model::SourceId;
use crate::plan::push::{Pushed, Subscriber, Subscription};

/// What one source may have in its inbox.
pub const INBOX: usize = 16;

/// The part of the store that WebSub needs.
#[async_trait]
pub trait Push: Send + Sync {
    /// The subscription of a source.
    async fn subscription(&self, source: &SourceId) -> Result<Option<Subscription>, Error>;

    /// The subscription whose callback ends in `token`.
    async fn subscription_at(&self, token: &str) -> Result<Option<Subscription>, Error>;

    /// Subscriptions whose next step is due, the longest due first.
    async fn due_subscriptions(&self, now: Timestamp, limit: usize) -> Result<Vec<Subscription>, Error>;

    /// Replaces the subscription with this token; nothing when there is none any more.
    async fn save_subscription(&self, subscription: &Subscription) -> Result<(), Error>;

    /// Deletes the subscription with this token.
    async fn end_subscription(&self, token: &str) -> Result<(), Error>;

    /// Puts a document into the inbox of the source whose subscription has this token. `false` when there is none.
    async fn deliver(&self, token: &str, pushed: &Pushed) -> Result<bool, Error>;

    /// Adds a subscriber, or replaces lease and secret of the one with its topic and callback.
    async fn subscribe(&self, subscriber: &Subscriber) -> Result<(), Error>;

    /// Deletes a subscriber. `false` when there was none.
    async fn unsubscribe(&self, topic: &str, callback: &Url) -> Result<bool, Error>;

    /// How many subscribers there are, over all topics.
    async fn subscribers(&self) -> Result<u64, Error>;

    /// Makes every subscriber of a topic due at `now`; gives how many.
    async fn tell(&self, topic: &str, now: Timestamp) -> Result<u64, Error>;

    /// Makes every subscriber due at `now` who is not yet.
    async fn tell_all(&self, now: Timestamp) -> Result<(), Error>;

    /// Subscribers that are due, by due time, topic and callback, those behind `after`. Deletes those whose lease ended.
    async fn due_subscribers(
        &self,
        now: Timestamp,
        after: Option<&Subscriber>,
        limit: usize,
    ) -> Result<Vec<Subscriber>, Error>;

    /// Writes what became of deliveries, all at once: the subscriber as it was claimed, and as it is from now on (`None` =
    /// given up).
    async fn settle(&self, deliveries: &[(Subscriber, Option<Subscriber>)]) -> Result<(), Error>;

    /// When the next subscriber is due.
    async fn next_delivery(&self) -> Result<Option<Timestamp>, Error>;
}
