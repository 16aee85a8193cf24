//! What somebody asks of our own hub, on its way from the server to the loop that asks back (§5.1, §5.3).

use std::time::Duration;

use url::Url;

/// A request to subscribe or to unsubscribe, checked as far as it can be without asking back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The published file: `official.atom`.
    pub topic: String,
    /// The whole address of the topic, as it was given.
    pub topic_url: Url,
    /// Who is to be told.
    pub callback: Url,
    /// What is asked for.
    pub wish: Wish,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// To be told of changes.
    Subscribe {
        /// For how long, as given.
        lease: Duration,
        /// Key of the signatures.
        secret: Option<String>,
    },
    /// Not to be told any more.
    Unsubscribe,
}

impl Wish {
    /// `hub.mode`.
    #[must_use]
    pub fn mode(&self) -> &'static str {
        match self {
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe => "unsubscribe",
        }
    }
}
