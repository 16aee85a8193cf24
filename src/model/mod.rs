//! The words of Courant: values every stage shares, and no behaviour beyond keeping them valid.
//!
//! An [`Entry`] is what a document *said*, with anything missing; an [`Article`] is what we *hold*. A [`Reading`] comes in
//! (channel and entries), a [`Feed`] goes out (head, origins and articles). Imports nothing of ours.

mod article;
mod caching;
mod channel;
mod document;
mod entry;
mod feed;
mod format;
mod glance;
mod ids;
mod parts;
mod place;
mod podcast;

pub use article::{Alias, Article, Content, Draft, Revision};
pub use caching::{CacheHints, Validators};
pub use channel::{Channel, Cloud, Pages};
pub use document::{Digest, Document};
pub use entry::{Dialect, Entry, Reading};
pub use feed::{Drawn, Feed, FeedEntry, History, Stories, Telling, Tombstone};
pub use format::Format;
pub use glance::{Depth, Glance, Glances, Hint, Needle};
pub use ids::{ArticleId, FeedId, IdError, SourceId};
pub use parts::{
    Attribution, Category, Credit, Enclosure, Field, Figure, Media, MediaFacts, Named, Origin, Person, Provenance,
    Rung, Text, TextKind,
};
pub use place::{Place, Point, Shape, ShapeKind};
pub use podcast::{
    Chapter, ChaptersFile, Element, Episode, EpisodeKind, Funding, Participant, Show, Soundbite, Transcript,
};
