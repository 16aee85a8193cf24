//! What a refresh changes, as a value: decided by [`plan`](super::plan), carried out by the store in one transaction.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::model::{Alias, Article, ArticleId, Digest, Entry, Revision, Validators};

use super::push::TopicChange;
use super::{Kept, SourceState};

/// Everything one refresh writes. Applied whole or not at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Articles seen for the first time.
    pub new: Vec<NewArticle>,
    /// Articles held already, whose form or aliases change.
    pub edited: Vec<Edit>,
    /// Article pages to fetch later: inserted, or replaced by (source, key).
    pub pending: Vec<PendingPage>,
    /// Keys of the pending pages that are done with.
    pub settled: Vec<String>,
    /// Documents of the source that were fetched: replaced by (source, url).
    pub documents: Vec<DocumentState>,
    /// Pages of articles to keep as they were fetched.
    pub kept: Kept,
    /// What articles are found by that tell a story of another source, and the stories they join.
    pub stories: Vec<StoryMark>,
    /// The state of the source from now on, its next due time included. `None` leaves it as it is (a pending page alone
    /// was worked on).
    pub state: Option<SourceState>,
    /// How the subscription at a hub changes. `None` leaves it as it is.
    pub topic: Option<TopicChange>,
}

impl Changes {
    /// Changes that do nothing but set the state of the source.
    #[must_use]
    pub fn state_only(state: SourceState) -> Self {
        Self { state: Some(state), ..Self::default() }
    }
}

/// An article to be inserted.
#[derive(Debug, Clone, PartialEq)]
pub struct NewArticle {
    /// The article. Where its `published_id` is taken by another article, the store writes `urn:uuid:` of its id instead.
    pub article: Article,
    /// Every name it is to be found by.
    pub aliases: Vec<Alias>,
}

/// Where an article stands among those that may tell its story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryMark {
    /// The article.
    pub article: ArticleId,
    /// The day it belongs to, counted from 1970.
    pub day: i64,
    /// What it is found by.
    pub keys: Vec<i64>,
    /// The article that told its story first; `None` = nobody did.
    pub story: Option<ArticleId>,
}

/// An article to be replaced by a newer form.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The article as it is to be from now on; id, guid, published id and first sight are never changed by the store.
    pub article: Article,
    /// The form it replaces. `None` when nothing but bookkeeping changed (`said`, aliases, announcing).
    pub revision: Option<Revision>,
    /// Names to add.
    pub aliases: Vec<Alias>,
}

impl Edit {
    /// The cause of an edit that brings back what was withdrawn.
    pub const RESTORED: &str = "restored";

    /// Whether the edit may bring back what was withdrawn: any other, made from a form before the withdrawal, may not.
    #[must_use]
    pub fn restores(&self) -> bool {
        self.revision.as_ref().is_some_and(|revision| revision.cause == Self::RESTORED)
    }
}

/// An article page that is still to be fetched: the entry waits here and never fails its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingPage {
    /// The entry's first alias, as [`Alias::key`]: unique within the source.
    pub key: String,
    /// The page to fetch.
    pub url: Url,
    /// What the feed or listing said.
    pub entry: Entry,
    /// Language of the channel that listed it, for an entry that does not say.
    pub language: Option<String>,
    /// Fetches that failed so far.
    pub tries: u32,
    /// When to fetch it.
    pub due: Timestamp,
    /// When the entry was first seen.
    pub first_seen: Timestamp,
    /// How it is announced when it becomes an article.
    pub announce: Announce,
    /// The article already published from what the feed said, to be completed as a revision.
    pub article: Option<ArticleId>,
    /// Why the last fetch failed.
    pub error: Option<String>,
}

/// How a new article takes its place in the output feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Announce {
    /// It is held, never shown as news.
    Silent,
    /// It is news at the moment it is complete.
    Now,
    /// It takes the place of its own date: it was there before we came.
    OwnDate,
}

/// What is remembered of a document between fetches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentState {
    /// The address asked.
    pub url: Url,
    /// The validators of its last 200, kept as a pair.
    pub validators: Validators,
    /// Digest of the last body.
    pub digest: Option<Digest>,
    /// When it was last fetched with success. A 304 counts for the parts of an index; where a source is one document, its
    /// state says when it was asked last.
    pub fetched_at: Timestamp,
}
