//! One fetched body, before anybody has looked inside.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::Url;

/// One body as it came, with what its transport said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Where the body came from, after redirects; the base of relative addresses. `None` for standard input and for
    /// files whose address is not known: then nothing can be resolved, and nothing is invented.
    pub url: Option<Url>,
    /// The `Content-Type` header as sent, parameters included.
    pub content_type: Option<String>,
    /// The body, transfer and content codings removed, character encoding untouched.
    pub body: Bytes,
}

impl Document {
    /// The digest of the body: equal bodies are unchanged, whatever their server says.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.body)
    }
}

/// 128 bits of BLAKE3 over some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut digest = [0; 16];
        digest.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
        Self(digest)
    }

    /// The digest from its 16 bytes, as the store keeps it.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes of the digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}
