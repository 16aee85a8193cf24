//! One reader of dates for feeds and pages.

mod feed;
mod feed_iso;
mod feed_names;

pub use feed::feed;
