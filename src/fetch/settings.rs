//! `[fetch]`: how servers are asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Network, Proxy, RobotsFor};
use crate::units;

/// How servers are asked. The defaults suit a polite aggregator on a public network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Private networks that may be reached, e.g. `["127.0.0.0/8"]`. None by default.
    pub allow_networks: Vec<Network>,
    /// Requests under way at once, over all hosts; one at a time goes to any one host. 64.
    pub concurrency: usize,
    /// For a whole answer, redirects and body included, without the time spent waiting for the host's turn. 30 s.
    #[serde(with = "units::duration")]
    pub timeout: Duration,
    /// For a connection: name, TCP and TLS together. 10 s.
    #[serde(with = "units::duration")]
    pub connect_timeout: Duration,
    /// From sending a request to the head of its answer. 20 s.
    #[serde(with = "units::duration")]
    pub first_byte_timeout: Duration,
    /// The largest body that is read, counted both as sent and unpacked. 10 MB.
    #[serde(with = "units::size")]
    pub max_bytes: u64,
    /// Bytes per second a body must bring on average, once a third of `timeout` has passed. 500 B.
    #[serde(with = "units::size")]
    pub min_rate: u64,
    /// Redirects followed for one request. 5.
    pub redirects: usize,
    /// Rest between two requests for pages of one host; a larger `Crawl-delay` in its robots.txt wins. 1 s.
    #[serde(with = "units::duration")]
    pub page_spacing: Duration,
    /// Rest between two requests for feeds of one host. None by default: feeds are made to be asked.
    #[serde(with = "units::duration")]
    pub feed_spacing: Duration,
    /// Where a server's operator finds out who asks: an address in the `User-Agent`. Without it, the `contact` of the
    /// settings file.
    pub contact: Option<String>,
    /// An HTTP proxy for every request. Proxies of the environment are not used.
    pub proxy: Option<Proxy>,
    /// Which requests ask `robots.txt` first: those for pages that we found ourselves, or all. Pages.
    pub robots: RobotsFor,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_networks: Vec::new(),
            concurrency: 64,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(20),
            max_bytes: 10_000_000,
            min_rate: 500,
            redirects: 5,
            page_spacing: Duration::from_secs(1),
            feed_spacing: Duration::ZERO,
            contact: None,
            proxy: None,
            robots: RobotsFor::Pages,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_written_means_the_defaults() {
        assert_eq!(toml::from_str::<Settings>("").unwrap(), Settings::default());
        let written = toml::to_string(&Settings::default()).unwrap();
        assert_eq!(toml::from_str::<Settings>(&written).unwrap(), Settings::default());
    }

    #[test]
    fn texts_are_read_and_unknown_keys_refused() {
        let text = "allow_networks = [\"127.0.0.0/8\"]\ntimeout = \"1m\"\nmax_bytes = \"2 MB\"\nmin_rate = 100";
        let settings: Settings = toml::from_str(text).unwrap();
        assert_eq!(settings.timeout, Duration::from_mins(1));
        assert_eq!((settings.max_bytes, settings.min_rate), (2_000_000, 100));
        assert_eq!(settings.allow_networks.len(), 1);
        assert!(toml::from_str::<Settings>("time_out = \"1m\"").is_err());
        assert!(toml::from_str::<Settings>("allow_networks = [\"10.0.0.0/99\"]").is_err());
    }
}
