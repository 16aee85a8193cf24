//! What a server said about asking again (RFC 9111, RFC 9110 §8.8, §10.2.3).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The validators of one 200 answer, kept as a pair and sent back byte for byte: some servers compare the text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`, quotes and weakness mark included; goes out as `If-None-Match`.
    pub etag: Option<String>,
    /// `Last-Modified` as sent; goes out as `If-Modified-Since`.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// When a server would like to be asked again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheHints {
    /// `Retry-After`, from now; seconds and dates alike.
    pub retry_after: Option<Duration>,
    /// `Cache-Control: max-age` (zero with `no-cache`), else `Expires` less `Date`; less `Age`.
    pub max_age: Option<Duration>,
}
