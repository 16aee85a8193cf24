//! A [`Feed`] to bytes in every format, and the pages and lists around it.
//!
//! The last pure step: what is returned here is what readers get, from a folder or from the server alike ([`site`]). The
//! same feed always makes the same bytes. All formats give the same ids, dates to the second, and order; what each makes
//! of an article is told in `docs/formats.md`. A new format is a variant of [`Format`], a row in `row` and a file.

mod atom;
mod facts;
mod fingerprint;
mod json_feed;
mod media;
pub mod opml;
pub mod pages;
mod rss;
#[cfg(test)]
mod samples;
mod site;
mod text;
mod xml;

pub use crate::model::Format;
pub use fingerprint::fingerprint;
pub use opml::Outline;
pub use site::{
    File, Listing, Publication, Site, archive_files, archive_path, feed_files, feed_paths, front_files, page_file, site,
};

use crate::model::Feed;

/// The name in `generator` elements. Without the version: an upgrade is no reason for readers to fetch everything again.
const GENERATOR: &str = "Courant";

/// What belongs to a format.
struct Row {
    extension: &'static str,
    media_type: &'static str,
    name: &'static str,
    write: fn(&Feed) -> Vec<u8>,
}

const fn row(format: Format) -> Row {
    match format {
        Format::Rss => {
            Row { extension: "rss", media_type: "application/rss+xml; charset=utf-8", name: "RSS", write: rss::write }
        }
        Format::Atom => Row {
            extension: "atom",
            media_type: "application/atom+xml; charset=utf-8",
            name: "Atom",
            write: atom::write,
        },
        Format::Json => {
            Row { extension: "json", media_type: "application/feed+json", name: "JSON Feed", write: json_feed::write }
        }
        Format::Ndjson => Row {
            extension: "ndjson",
            media_type: "application/x-ndjson",
            name: "JSON lines",
            write: json_feed::write_lines,
        },
    }
}

impl Format {
    /// The last part of a feed's address: `rss`.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        row(self).extension
    }

    /// The `Content-Type` to serve it with.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        row(self).media_type
    }

    /// The media type without parameters, for `type` attributes.
    #[must_use]
    pub fn bare_media_type(self) -> &'static str {
        self.media_type().split(';').next().unwrap_or_default()
    }

    /// The name people use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        row(self).name
    }
}

/// Writes a feed in a format.
#[must_use]
pub fn write(feed: &Feed, format: Format) -> Vec<u8> {
    (row(format).write)(feed)
}

#[cfg(test)]
mod tests;
