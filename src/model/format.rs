//! The formats feeds are published in.

use serde::{Deserialize, Serialize};

/// A format a feed is published in. What belongs to each (extension, media type, writer) is a row in `emit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// RSS 2.0.
    Rss,
    /// Atom 1.0 (RFC 4287).
    Atom,
    /// JSON Feed 1.1.
    Json,
    /// The articles alone, as the items of JSON Feed, one a line: for programs.
    Ndjson,
}

impl Format {
    /// Every format, in the order they are offered to readers.
    pub const ALL: [Self; 4] = [Self::Rss, Self::Atom, Self::Json, Self::Ndjson];

    /// Those that readers of feeds subscribe to, and that a feed is published in where nothing else is said.
    pub const FEEDS: [Self; 3] = [Self::Rss, Self::Atom, Self::Json];
}
