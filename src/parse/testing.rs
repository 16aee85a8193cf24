//! Short ways to read small documents in tests.

use bytes::Bytes;

use crate::model::{Document, Entry, Reading};

/// A document of these bytes that came from nowhere.
pub(super) fn document(body: impl Into<Vec<u8>>) -> Document {
    Document { url: None, content_type: None, body: Bytes::from(body.into()) }
}

/// Reads a feed that must be one.
pub(super) fn read(body: impl Into<Vec<u8>>) -> Reading {
    super::feed(&document(body)).expect("a feed")
}

/// Reads an RSS feed with these elements in its one item.
pub(super) fn rss_item(elements: &str) -> Entry {
    let feed = format!(
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/' \
         xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:media='http://search.yahoo.com/mrss/' \
         xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:atom='http://www.w3.org/2005/Atom'>\
         <channel><title>T</title><item>{elements}</item></channel></rss>"
    );
    only_entry(&feed)
}

/// Reads an Atom feed with these elements in its one entry.
pub(super) fn atom_entry(elements: &str) -> Entry {
    only_entry(&format!("<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title><entry>{elements}</entry></feed>"))
}

/// Reads a feed at an address with one entry.
pub(super) fn at(url: &str, body: &str) -> Reading {
    let document = Document { url: Some(url.parse().expect("an address")), ..document(body) };
    super::feed(&document).expect("a feed")
}

pub(super) fn only_entry(feed: &str) -> Entry {
    let mut reading = read(feed);
    assert_eq!(reading.entries.len(), 1, "{feed}");
    reading.entries.remove(0)
}
