//! A document made of what feeds are made of, read and published.
#![no_main]

use courant_fuzz::{document, feed_text::FeedText, publish, reading};

libfuzzer_sys::fuzz_target!(|text: FeedText| {
    let document = document::of(text.render().as_bytes());
    if let Some(reading) = reading::check(&document) {
        publish::check(&publish::feed(reading, &document));
    }
});
