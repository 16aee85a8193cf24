//! `[websub]`: being told of news by hubs, and telling readers through hubs.

use serde::{Deserialize, Serialize};
use url::Url;

/// How WebSub is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether hubs that sources name are asked to tell of news, so that polls are few. They call back at
    /// `{base_url}/websub/…`, so nothing is asked where `base_url` is private or nothing listens. `true`.
    pub subscribe: bool,
    /// Whether the daemon is a hub for its own feeds, at `{base_url}/hub`. `false`.
    pub hub: bool,
    /// Hubs elsewhere that are told of changes and that the feeds name, the preferred one first. None.
    pub hubs: Vec<Url>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { subscribe: true, hub: false, hubs: Vec::new() }
    }
}

impl Settings {
    /// The hubs that feeds under `base_url` name.
    #[must_use]
    pub fn named(&self, base_url: &Url) -> Vec<Url> {
        let own = self.hub.then(|| base_url.join("hub").ok()).flatten();
        own.into_iter().chain(self.hubs.iter().cloned()).collect()
    }
}
