//! Bytes to a document, so that a plain feed or page is a seed as it is.

use courant::model::Document;

/// What may stand before the body, to choose the header that the transport would send.
const HEADER: &[u8] = b"content-type: ";

/// The address every document is said to come from.
pub const ADDRESS: &str = "https://feeds.example/a/feed.xml";

/// The document: after a first line `content-type: …`, if there is one, everything is the body.
#[must_use]
pub fn of(bytes: &[u8]) -> Document {
    let header = bytes.strip_prefix(HEADER).and_then(|rest| {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        Some((std::str::from_utf8(&rest[..end]).ok()?.to_owned(), &rest[end + 1..]))
    });
    let (content_type, body) = header.map_or((None, bytes), |(value, body)| (Some(value), body));
    Document {
        url: Some(ADDRESS.parse().expect("a valid address")),
        content_type,
        body: bytes::Bytes::copy_from_slice(body),
    }
}
