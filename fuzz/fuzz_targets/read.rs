//! Any bytes as a feed and as a list of feeds.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    courant_fuzz::reading::check(&courant_fuzz::document::of(bytes));
});
