//! Any bytes as an article page; what comes out is sanitized and must not run.
#![no_main]

use courant::{extract, normalize};
use courant_fuzz::{active, document, reading};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let document = document::of(bytes);
    let found = extract::article(&document, &extract::Context::default());
    assert_eq!(found, extract::article(&document, &extract::Context::default()), "extracting twice differs");
    reading::check_size(std::slice::from_ref(&found.entry), &document);
    let content = found.entry.content.as_ref().map(|text| text.value.as_str()).unwrap_or_default();
    // As extracted, and as if a feed had brought the page as it is.
    for html in [content, &String::from_utf8_lossy(&document.body)] {
        for base in [document.url.as_ref(), None] {
            let clean = normalize::sanitize(html, base);
            active::check(&clean);
        }
    }
});
