//! The two loops: refresh and render. They meet only in the store.
//!
//! `refresh` turns a claim into [`Changes`](crate::plan::Changes): fetch, read, complete from article pages, normalize, plan. `render` turns
//! the store into published bytes. `worker` is the only place that spawns: it hands claims to refreshes and writes what
//! they come to, several in one transaction.

mod alternate;
mod archive;
mod clock;
mod complete;
mod conclude;
mod fill;
mod forecast;
mod gather;
mod hosts;
mod lists;
mod notices;
mod paths;
mod picking;
mod preview;
pub mod push;
mod recognize;
mod refresh;
mod render;
mod renormalize;
mod report;
mod rerender;
mod retire;
mod room;
mod stories;
mod totals;
mod view;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use url::Url;

use crate::fetch::{Access, Client, HeaderMap};
use crate::model::SourceId;
use crate::plan::{health, timing};
use crate::source::Source;
use crate::store::Store;
use crate::units::limits::Limits;

pub use clock::{ClockWatch, Steady};
pub use forecast::{Forecast, Told, forecast};
pub use hosts::HostMemory;
pub use lists::{ListState, ListSubscription};
pub use notices::{Notice, Notices, Settings as NotifySettings};
pub use paths::Paths;
pub use picking::Picking;
pub use preview::{Brief, Preview};
pub use render::{FeedState, Remembered, Rendered, Renderer, Sink, outline};
pub use renormalize::{Difference, Reread, chosen, renormalize};
pub use report::{Outcome, Report};
pub use rerender::Press;
pub use retire::{Retired, retire};
pub use totals::Totals;
pub use view::{Form, NoView};
pub use worker::{Beat, DRAIN, Progress, Round, Steering, daemon, once, steered};

/// A source with everything that decides how it is asked and judged.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// What is read.
    pub source: Source,
    /// The site file that its rules are from.
    pub site: Option<SourceId>,
    /// When to ask.
    pub timing: timing::Timing,
    /// What is expected of it.
    pub health: health::Settings,
    /// Headers of its own.
    pub headers: HeaderMap,
    /// How much of it is kept.
    pub retention: Limits,
    /// How it is asked, where that differs from `[fetch]`.
    pub access: Option<Arc<Access>>,
}

/// The subscriptions by id.
pub type Subscriptions = BTreeMap<SourceId, Arc<Subscription>>;

/// Tells the time. Tests step it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What refreshes work with.
#[derive(Clone)]
pub struct Pipeline {
    /// What lasts.
    pub store: Arc<dyn Store>,
    /// What asks.
    pub client: Client,
    /// What is asked for.
    pub subscriptions: Arc<Subscriptions>,
    /// The present.
    pub clock: Clock,
    /// Refreshes under way at once.
    pub concurrency: usize,
    /// Bytes, compressed, that the article pages kept of one source may take in all; 0 keeps none.
    pub keep_bytes: u64,
    /// The sources of which stories are told apart from those of others: feeds leave out what is told twice.
    pub told_twice: Arc<BTreeSet<SourceId>>,
    /// How long documents are remembered that their source no longer names; `None` = for ever.
    pub documents_for: Option<SignedDuration>,
    /// What is known of hosts.
    pub hosts: Arc<HostMemory>,
    /// Where hubs may tell us of news, ending in `/`; `None` = they are not asked to.
    pub callbacks: Option<Url>,
    /// Told when something arrived by itself.
    pub arrived: Arc<Notify>,
    /// Told when a subscription at a hub is to change.
    pub wanted: Arc<Notify>,
    /// What notices that the clock was set.
    pub watch: Arc<ClockWatch>,
    /// What the operator is to hear.
    pub notices: Arc<Notices>,
    /// How long a source must have been in trouble before the operator hears of it.
    pub trouble_after: SignedDuration,
}
