//! Any bytes that are a feed, through to every file that is published.
#![no_main]

use courant_fuzz::{document, publish};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let document = document::of(bytes);
    if let Ok(reading) = courant::parse::feed(&document) {
        publish::check(&publish::feed(reading, &document));
    }
});
