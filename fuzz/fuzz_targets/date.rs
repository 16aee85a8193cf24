//! Any text as a date: of a feed, of a page, in an address, by a format.
#![no_main]

use courant::date::{self, format::Format, page};
use jiff::{Timestamp, tz::TimeZone};

libfuzzer_sys::fuzz_target!(|text: &str| {
    // A second line is a format.
    let (text, format) = text.split_once('\n').unwrap_or((text, "%d.%m.%Y %H:%M"));
    let zone = TimeZone::UTC;
    if let Some(moment) = date::feed(text) {
        assert_eq!(date::feed(&format!(" {text}\n")), Some(moment), "white space changes {text:?}");
        assert_written_moments_read_back(moment);
    }
    for language in [None, Some("ru"), Some("en")] {
        if let Some(found) = page::read(text, &zone, language) {
            assert_written_moments_read_back(found.at);
        }
        let _ = page::find(text, &zone, language);
        let _ = page::read_in_order(text, page::order([text, format].into_iter()), &zone, language);
    }
    let _ = page::in_address(text, &zone);
    if let Ok(format) = Format::compile(format, None) {
        let _ = format.read(text, &zone);
    }
});

fn assert_written_moments_read_back(moment: Timestamp) {
    let second = Timestamp::from_second(moment.as_second()).expect("in range");
    if second.as_second() >= -62_135_596_800 {
        assert_eq!(date::feed(&second.to_string()), Some(second), "{second}");
    }
}
