//! Courant: polls feeds and plain pages politely, keeps every article, publishes merged feeds.
//!
//! # The flow
//!
//! ```text
//! store.claim_due ─► fetch ─► source.read ─► fill ─► normalize ─► plan ─► store.finish
//!                    bytes    Reading        pages   Draft        Changes     │
//!                                                                             ▼
//!                                                    store.articles ─► compose ─► emit ─► publish, serve
//!                                                                      Feed       bytes   files, HTTP
//! ```
//!
//! The upper line is the refresh loop, the lower the render loop, both in [`pipeline`]; they meet only in the [`store`]. A
//! refresh lies whole in one transaction. Between the arrows are values of [`model`]: an [`Entry`](model::Entry) is what a
//! document said, an [`Article`](model::Article) what is held, a [`Feed`](model::Feed) what goes out.
//!
//! # The rings
//!
//! A module imports only from rings further in; `tests/layers.rs` holds that.
//!
//! | ring | modules |
//! |---|---|
//! | 0, words | [`model`] |
//! | 1a, tools of the core | [`address`] [`date`] [`dom`] [`encoding`] [`excerpt`] [`language`] [`likeness`] [`units`] |
//! | 1b, stages of the core | [`parse`] [`discover`] [`extract`] [`source`] [`normalize`] [`plan`] [`compose`] [`emit`] |
//! | 2, edges | [`fetch`] [`store`] [`publish`] |
//! | 3, conductors | [`pipeline`] [`serve`] |
//! | 4, shell | [`config`] [`app`] [`cli`] [`telemetry`] |
//!
//! Rings 0 and 1 are pure: no network, files, environment, clock or randomness. The present is an argument.
//!
//! # Where to add what
//!
//! | what | where |
//! |---|---|
//! | a source kind | [`source`]: a file and a variant of [`SourceKind`](source::SourceKind) |
//! | an output format | [`emit`]: a file, a row, a variant of [`Format`](model::Format) |
//! | a store | [`store`]: a folder and an arm in [`open`](store::open); the contract suite runs on it |
//! | an extraction rung | [`extract`]: a file and a row in its ladder |
//! | a rule of site files | [`extract::site_rules`], [`discover::listing`] |
//! | a filter | [`compose`]: a key of [`Rule`](compose::Rule) and its test |
//! | a publisher | [`publish`]: a file that implements [`Publisher`](publish::Publisher) |
//! | a command | [`cli`]: a file and a variant |
//!
//! `docs/ARCHITECTURE.md` walks through a refresh and a rendering, and says why things are as they are.

pub mod model;

pub mod address;
pub mod date;
pub mod dom;
pub mod encoding;
pub mod excerpt;
pub mod language;
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
pub mod signature;

pub mod app;
pub mod cli;
pub mod config;
pub mod telemetry;
