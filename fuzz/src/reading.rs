//! What must hold of every reading, whatever the document.

use courant::model::{Document, Entry, Reading};
use courant::parse;
use serde_json::Value;

/// Entries that one document may give.
const MAX_ENTRIES: usize = 50_000;

/// Bytes of text that one byte of a document may become: a declared entity or a long base, repeated.
const MAX_GROWTH: usize = 512;

/// Bytes of text that any document may give.
const FREE: usize = 16 << 10;

/// Reads the document as a feed and as a list of feeds, and holds both to what is promised.
pub fn check(document: &Document) -> Option<Reading> {
    let list = parse::opml(document);
    assert_eq!(list, parse::opml(document), "reading a list twice differs");
    if let Ok(list) = list {
        let size = format!("{list:?}").len();
        assert!(size <= bound(document), "{size} bytes of outlines out of {}", document.body.len());
    }
    let reading = parse::feed(document);
    assert_eq!(reading, parse::feed(document), "reading twice differs");
    let reading = reading.inspect_err(|error| assert!(!error.to_string().is_empty())).ok()?;
    assert!(reading.entries.len() <= MAX_ENTRIES);
    check_size(&reading.entries, document);
    let channel = text_bytes(&serde_json::to_value(&reading.channel).expect("a channel is JSON"));
    assert!(channel <= bound(document), "{channel} bytes of channel out of {}", document.body.len());
    assert!(reading.problems.len() < 100, "{} problems", reading.problems.len());
    Some(reading)
}

/// Holds entries to a size in proportion to their document.
pub fn check_size(entries: &[Entry], document: &Document) {
    let size: usize = entries.iter().map(|entry| text_bytes(&serde_json::to_value(entry).expect("JSON"))).sum();
    assert!(size <= bound(document), "{size} bytes of text out of {}", document.body.len());
}

fn bound(document: &Document) -> usize {
    document.body.len() * MAX_GROWTH + FREE
}

fn text_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(text_bytes).sum(),
        Value::Object(members) => members.values().map(text_bytes).sum(),
        _ => 0,
    }
}
