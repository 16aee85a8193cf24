//! Courant: polls feeds and plain pages politely, keeps every article, publishes merged feeds.

pub mod model;

pub mod address;
pub mod date;
pub mod dom;
pub mod encoding;
pub mod excerpt;
pub mod likeness;
pub mod units;

pub mod compose;
pub mod discover;
pub mod emit;
pub mod extract;
pub mod normalize;
pub mod parse;
pub mod plan;
pub mod source;

pub mod fetch;
pub mod publish;
pub mod store;

pub mod pipeline;
pub mod serve;

pub mod app;
pub mod cli;
pub mod config;
mod demo;
pub mod telemetry;
