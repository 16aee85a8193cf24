//! One reader of dates for feeds and pages.
