//! Addresses of a source that fail while others can be read: each is left alone by itself, for ever longer.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::timing::retry_after_failures;

/// One of several addresses of a source that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// Failures in a row.
    pub failures: u32,
    /// Not asked before this.
    pub until: Timestamp,
    /// What happened, for the operator.
    pub message: String,
}

/// The failing addresses of a source, by address.
pub type FailingAddresses = BTreeMap<String, Failing>;

/// Notes how the addresses that were asked answered: `None` = well. Addresses that the source does not have any more are
/// forgotten.
#[must_use]
pub fn watch_addresses(
    mut held: FailingAddresses,
    addresses: &[Url],
    asked: &[(Url, Option<String>)],
    now: Timestamp,
) -> FailingAddresses {
    held.retain(|held, _| addresses.iter().any(|address| address.as_str() == held));
    for (address, failure) in asked {
        let Some(message) = failure else {
            held.remove(address.as_str());
            continue;
        };
        let failures = held.get(address.as_str()).map_or(0, |failing| failing.failures).saturating_add(1);
        let until = now.saturating_add(retry_after_failures(failures)).unwrap_or(now);
        held.insert(address.to_string(), Failing { failures, until, message: message.clone() });
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_fails_is_left_alone_ever_longer_until_it_answers() {
        let url = |name: &str| Url::parse(&format!("https://a.example/{name}")).unwrap();
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let addresses = [url("one"), url("two")];
        let failed = [(url("one"), None), (url("two"), Some("404".to_owned()))];
        let mut held = FailingAddresses::new();
        for minutes in [10, 20, 40] {
            held = watch_addresses(held, &addresses, &failed, now);
            assert_eq!(held.len(), 1);
            assert_eq!(held[url("two").as_str()].until.duration_since(now).as_mins(), minutes);
        }
        assert_eq!(watch_addresses(held.clone(), &addresses, &[], now), held, "not asked, not judged");
        assert!(watch_addresses(held.clone(), &addresses[..1], &[], now).is_empty(), "it was taken out");
        assert!(watch_addresses(held, &addresses, &[(url("two"), None)], now).is_empty());
    }
}
