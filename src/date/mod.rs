//! One reader of dates for feeds and pages.

pub mod format;
pub mod names;
pub mod page;
