//! What is asked of the store before deciding, and what it answers.

use jiff::Timestamp;

use crate::model::{Alias, Article, ArticleId, Digest};

use super::PendingPage;

/// Asks for one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The names it goes by, the most telling first.
    pub aliases: Vec<Alias>,
    /// Digest of what it says now.
    pub said: Digest,
}

/// What is held of one entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    /// Nothing: it is new.
    Unknown,
    /// It waits for its page.
    Pending(Box<PendingPage>),
    /// It is held and says what it said.
    Same(ArticleId),
    /// It is held and said something else.
    Changed(Box<Article>),
    /// Its names lead to several articles, none of which said this; in the order of the names.
    Contested(Vec<Article>),
}

/// What the store holds of the entries of one document, and the facts of the source that announcing depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// One answer per lookup, in order. An article that said the same decides; else the first alias that is known, an article
    /// before a pending page.
    pub entries: Vec<Held>,
    /// How many articles of the source are held.
    pub articles: u64,
    /// The newest `published` (else `first_seen`) among them.
    pub newest: Option<Timestamp>,
}

/// What of an article tells whether an entry under other names is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    /// The article.
    pub id: ArticleId,
    /// Its title.
    pub title: Option<String>,
    /// The first 200 characters of its text.
    pub opening: String,
    /// When it was published.
    pub published: Option<Timestamp>,
}
