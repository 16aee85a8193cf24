//! One reader of dates for feeds and pages.

mod feed;
mod feed_iso;
mod feed_names;
mod feed_words;
pub mod format;
pub mod names;
pub mod page;

pub use feed::feed;
