//! A feed document to a [`Reading`]: RSS 0.90 to 2.0, RSS 1.0 and 1.1, Atom 0.3 and 1.0, CDF, JSON Feed 1.0 and 1.1.
//!
//! ```text
//! bytes ─► encoding ─► sniff ─► tokens ─► walker ─► reader (head, entry, people, media, construct) ─► Reading
//!                          └──► json_feed ─────────────────────────────────────────────────────────┘
//! ```
//!
//! Lenient by design: a feed with any fault still gives its entries, a field that is missing or unreadable is `None`, and a
//! document that breaks off gives every entry that was complete. Only what is no feed at all is an [`Error`]. Field for field
//! the meaning is that of Universal Feed Parser, which most of the web's feeds were tested with; the tests say where it
//! differs. Every amount a stranger controls (depth, entries, declarations) is bounded, nothing recurses over the document,
//! and entities are never expanded into one another. `cloud`, `textInput`, ratings and places on the globe are left out.

mod attributes;
mod construct;
mod entities;
mod entry;
mod error;
mod head;
mod json_feed;
mod media;
mod names;
mod namespaces;
mod opml;
mod people;
mod reader;
mod references;
mod repair;
mod sniff;
mod tokens;
mod walker;

pub use error::{Error, FeedLink};
pub use opml::{Outline, opml};

use crate::encoding::{self, Markup};
use crate::model::{Document, Reading};

/// Reads a feed document. The format is told by content; the `Content-Type` only helps with the character encoding.
///
/// # Errors
///
/// Only for what is no feed: see [`Error`]. A broken feed is a [`Reading`] with `problems`.
pub fn feed(document: &Document) -> Result<Reading, Error> {
    if let Some(kind) = binary(&document.body) {
        return Err(Error::Binary { kind: Some(kind) });
    }
    let decoded = encoding::decode(&document.body, document.content_type.as_deref(), Markup::Xml);
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.is_empty() {
        return Err(Error::Empty);
    }
    if text.starts_with(['{', '[']) {
        return json_feed::read(text, document.url.as_ref());
    }
    let root = sniff::root(text, document.url.as_ref()).map_err(|error| or_binary(error, text))?;
    let mut reading = reader::Reader::new(root, document.url.as_ref()).read();
    reading.problems.splice(0..0, decoded.problems);
    Ok(reading)
}

/// What the first bytes say about a body that is no text.
fn binary(body: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 8] = [
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"%PDF-", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "gzip data that nobody unpacked"),
        (b"\x28\xb5\x2f\xfd", "zstd data that nobody unpacked"),
        (b"ID3", "an MP3 file"),
    ];
    KINDS.iter().find(|(start, _)| body.starts_with(start)).map(|(_, kind)| *kind)
}

/// Text that is mostly control characters was none.
fn or_binary(error: Error, text: &str) -> Error {
    let head = text.chars().take(512);
    let odd = head.clone().filter(|c| (c.is_control() && !c.is_whitespace()) || *c == '\u{fffd}').count();
    if error == Error::Unknown && odd * 10 > head.count() { Error::Binary { kind: None } } else { error }
}
