//! Any bytes as a page that lists articles and announces feeds.
#![no_main]

use courant::discover::{Context, feeds, listing};
use courant_fuzz::{document, reading};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let document = document::of(bytes);
    let context = Context::default();
    let found = listing::find(&document, &context);
    assert_eq!(found, listing::find(&document, &context), "reading twice differs");
    reading::check_size(&found.entries, &document);
    for entry in &found.entries {
        let link = entry.link.as_deref().expect("an entry of a listing has a link");
        assert!(link.starts_with("http://") || link.starts_with("https://"), "{link}");
    }
    for feed in feeds::find(&document, &context) {
        assert!(matches!(feed.url.scheme(), "http" | "https"), "{}", feed.url);
    }
});
