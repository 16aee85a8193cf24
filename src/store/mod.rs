//! The store: the only thing that lasts.
//!
//! # The contract
//!
//! A store keeps *sources* (their state and leases), the *documents* fetched for them (validators, digest), *articles* with
//! the *aliases* they are found by and the *revisions* they went through, the *pages* they were read from, *pending* article
//! pages, and the state of *hosts*.
//! Every backend keeps these promises; `tests/store_contract` runs them over each. [`memory`] is their definition in
//! plain collections, [`sqlite`] the one that lasts.
//!
//! - **Configured, not stored, decides which sources exist.** [`Store::sync_sources`] adds rows for new ones, marks those no
//!   longer named as removed (their articles stay, they are no longer claimed, shown by `status` or selected for feeds), and
//!   brings them back when they are named again, with the state they had. A refresh that was under way when its source was
//!   removed is still written.
//! - **A claim is a lease.** [`Store::claim_due`] hands out work that is due, not leased, not paused and not removed, the
//!   longest due first, and leases it: nobody else gets it until [`Store::finish`], [`Store::release`] or the end of the
//!   lease. A source and its pending pages are leased apart: a claim is either the source or one page, and at most one page of a
//!   source is leased at a time, so that a long listing holds up nobody else. A source is due at the
//!   later of `next_due` and `not_before`; a gone source is not, but its pages are. No two claims share a lease number.
//! - **What arrives by itself goes through the same door.** See [`push`].
//! - **A refresh is one read and one transaction.** [`Store::known`] answers everything the plan needs in one call;
//!   [`Store::finish`] applies whole refreshes, each entirely or not at all, several in one transaction: it looks at all leases,
//!   inserts what is new, then does the rest in the order given. A claim whose lease was lost meanwhile (expired and claimed by another, given back, finished before, or its page settled)
//!   writes nothing and is reported as lost; the others are written. A lease that ran out but was claimed by nobody still
//!   counts. What a refresh inserts belongs to the source of its claim.
//! - **Identity is pinned.** An article's id, source, guid, `published_id` and `first_seen` never change after insertion. No
//!   two articles share a `published_id`: a newcomer whose `published_id` is taken gets `urn:uuid:` of its id (should a
//!   hostile guid have taken even that, of an id derived from it). Inserting an id that exists changes nothing about the
//!   article; its aliases are added. An alias belongs to the first article of the source that claimed it.
//! - **Nothing is lost.** An edit with a revision keeps the form it replaces; articles are never dropped by a refresh. Where
//!   another edit came between, so that the stored form is not the one the edit was made from, an edit with a revision keeps
//!   the stored form as the next revision, and an edit without one changes only `said`, `announced_at` and `withdrawn_at`.
//!   What is withdrawn stays so, whatever an edit says that does not [restore](crate::plan::Edit::restores) it.
//!   An edit of an article that is not held does nothing.
//! - **Pages are kept as they were fetched.** [`Store::finish`] keeps the pages in `changes.kept`, each under the article of its
//!   source that goes by its key once all refreshes are written, in place of the page kept of it before; a page whose key is no
//!   article's is passed over. Then, where there were any, the pages of the source that were fetched last stay as far as
//!   `room_bytes` reaches (packed bytes of all parts, ties by article id, the smallest first), the others are dropped; bodies that
//!   several pages share count for each. Nothing else drops a page.
//! - **A story is told by several.** `changes.stories` puts articles under keys, at most [`STORY_DEPTH`] under one of a day
//!   (those that come later in the same call may be let in), and into stories: an article that is in one stays in it, and the
//!   one that told it first is in it too. What was put under a day more than [`STORY_DAYS`] before the newest day of a call may
//!   be forgotten; stories are not.
//! - **What is dropped leaves its names behind.** [`Store::prune`] drops what a source holds beyond its bounds, by the rule of
//!   [`surplus`](crate::plan::retention::surplus): content, revisions, kept page and the page it waits for go, and the article
//!   is no longer held: not given, selected, counted or edited, and no page is kept of it. Its id, its `published_id` and its
//!   aliases stay taken for ever: inserting it again only adds aliases, and [`Store::known`] answers [`Held::Same`] for an
//!   entry by any of its names, whatever it says now, so that what was dropped is never news again. It still counts for
//!   [`Known::newest`], so that a source of which everything was dropped is not taken for a new one. This one call writes in
//!   several transactions, each of a hundred articles at most, so that nobody waits long for the writer; an error leaves what
//!   was dropped before it dropped.
//! - **A page waits under its key.** A pending page is inserted or replaced by (source, key); replacing it leaves its lease.
//!   Where an article and a pending page go by the same alias, [`Store::known`] answers with the article. Of the articles that
//!   an entry goes by the names of, one that said the same is the answer, whatever the order of the names.
//! - **An archive does not change.** An article is in one archive of a feed at most, in the form it had then, or was passed
//!   over by the rules of the feed; both for good ([`Store::archive`]). Numbers begin with 1.
//! - **Order.** [`Store::articles`] gives announced, not withdrawn articles of the chosen sources by `announced_at` from the
//!   newest, ties by id, the smallest first.
//! - **The schedule follows the clock.** Where the clock of the machine was set, [`Store::correct`] moves every source, removed and
//!   paused ones too, every pending page, lease, host, and subscription, as the [`Correction`] says, all in one transaction. What was
//!   learned of articles stays.
//! - **Time is given.** No method looks at a clock. Times are kept to the microsecond, as integers in UTC; what is finer is
//!   cut off.
//! - **Errors** leave the store as it was before the call. What [`Store::finish`] has returned from is on disk.

mod exact;
pub mod memory;
mod open;
pub mod push;
mod rules;
pub mod sqlite;

pub use open::open;
pub use push::Push;
pub use rules::{STORY_DAYS, STORY_DEPTH};
pub use sqlite::file;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::{Article, ArticleId, Depth, FeedId, Glance, Glances, Hint, Revision, SourceId, Stories};
use crate::plan::push::Pushed;
use crate::plan::retention::Bounds;
use crate::plan::timing::Correction;
use crate::plan::{Changes, DocumentState, Edit, KeptPage, PendingPage, SourceState};
pub use crate::plan::{Held, Known, Lookup, Sketch};

/// A durable place for sources, articles and the schedule. See the [module](self) for the contract.
#[async_trait]
pub trait Store: Send + Sync {
    /// Makes the set of active sources equal to `configured`. New ones are due at `now`.
    async fn sync_sources(&self, configured: &[SourceId], now: Timestamp) -> Result<(), Error>;

    /// Leases up to `request.limit` pieces of work.
    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claim>, Error>;

    /// Gives leases back without any change: the work is due again as it was.
    async fn release(&self, claims: &[Claim]) -> Result<(), Error>;

    /// Ends every lease: all leased work is due again as it was. For the only process at work on a store, which thereby
    /// takes up what a run that was cut short left behind.
    async fn release_all(&self) -> Result<(), Error>;

    /// What is held of the entries with these aliases, and the facts of the source that announcing depends on.
    async fn known(&self, source: &SourceId, lookups: &[Lookup]) -> Result<Known, Error>;

    /// What tells the articles of a source that are dated (published, else first seen) within `from..=to`, the newest first:
    /// for entries that go by no known name.
    async fn sketches(
        &self,
        source: &SourceId,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<Sketch>, Error>;

    /// Who was put under one of these keys on these days, in no order.
    async fn told(&self, days: RangeInclusive<i64>, keys: &[i64]) -> Result<Vec<Told>, Error>;

    /// The stories that these articles tell, each named by the article that told it first; those that nobody else tells are
    /// left out.
    async fn stories(&self, articles: &[ArticleId]) -> Result<Stories, Error>;

    /// Applies refreshes, each whole, all in one transaction, and ends their leases. The outcomes are in the order given.
    async fn finish(&self, refreshes: &[Refresh]) -> Result<Vec<Finished>, Error>;

    /// Announced articles of a selection, newest announcement first.
    async fn articles(&self, selection: &Selection) -> Result<Vec<Article>, Error>;

    /// The same articles at a glance: what [`Store::articles`] gives, in its order, read to this depth. Those that do not say what
    /// `hint` wants may be left out; they count as read.
    async fn glances(&self, selection: &Selection, depth: Depth, _hint: &Hint) -> Result<Glances, Error> {
        let articles = self.articles(selection).await?;
        Ok(Glances::all(articles.iter().map(|article| Glance::of(article, depth)).collect()))
    }

    /// These articles, in no order; those that are not held are left out.
    async fn held(&self, ids: &[ArticleId]) -> Result<Vec<Article>, Error> {
        let mut held = Vec::with_capacity(ids.len());
        for id in ids {
            held.extend(self.article(*id).await?);
        }
        Ok(held)
    }

    /// One article.
    async fn article(&self, id: ArticleId) -> Result<Option<Article>, Error>;

    /// The earlier forms of an article, oldest first.
    async fn revisions(&self, id: ArticleId) -> Result<Vec<Revision>, Error>;

    /// The articles of a source whose pages are kept, the page fetched first first, ties by id.
    async fn kept(&self, source: &SourceId) -> Result<Vec<ArticleId>, Error>;

    /// The page of an article as it was kept.
    async fn kept_page(&self, id: ArticleId) -> Result<Option<KeptPage>, Error>;

    /// Applies edits that no refresh made, all in one transaction, as [`Store::finish`] would.
    async fn amend(&self, edits: &[Edit]) -> Result<(), Error>;

    /// A number that is another after each [`Store::amend`], by whatever process: what was made of the articles before may be wrong.
    async fn amended(&self) -> Result<i64, Error>;

    /// Announced articles of a selection that are in no archive of the feed and were not passed over: the oldest
    /// announcement first, ties by id, the smallest first. `before` counts for nothing.
    async fn unarchived(&self, feed: &FeedId, selection: &Selection) -> Result<Vec<Article>, Error>;

    /// Keeps archives of a feed, all in one transaction. An article that is in one, or was passed over, stays where it is.
    async fn archive(&self, feed: &FeedId, archives: &[Archive]) -> Result<(), Error>;

    /// What is in an archive of a feed, in its order: each article with the number of its form.
    async fn archived(&self, feed: &FeedId, number: u32) -> Result<Vec<(ArticleId, u32)>, Error>;

    /// Number of the last archive of a feed; 0 when there is none.
    async fn last_archive(&self, feed: &FeedId) -> Result<u32, Error>;

    /// The archives that an article is in.
    async fn archives_of(&self, id: ArticleId) -> Result<Vec<(FeedId, u32)>, Error>;

    /// The archives of a feed that hold an article that is withdrawn, whatever its source is to the feed now; by number.
    async fn withdrawn_archives(&self, feed: &FeedId) -> Result<Vec<u32>, Error>;

    /// Articles of a selection that were announced and withdrawn, at `since` or later: the latest first, ties by id, the
    /// smallest first. `before` counts for nothing.
    async fn withdrawn(&self, selection: &Selection) -> Result<Vec<Article>, Error>;

    /// The articles whose published id, guid or address this is, by id.
    async fn named(&self, name: &str) -> Result<Vec<ArticleId>, Error>;

    /// Drops articles of a source that are beyond its bounds, the oldest first; how many. Fewer than `request.limit`: there
    /// are no more. A source that is not known holds nothing.
    async fn prune(&self, request: &Prune) -> Result<usize, Error>;

    /// Deletes up to `limit` documents that were last fetched or confirmed before `unseen_since`, of sources that fetched or
    /// confirmed another one since then; how many. Those of a source that only fails stay.
    async fn forget_documents(&self, unseen_since: Timestamp, limit: usize) -> Result<usize, Error>;

    /// Gives some room that is free back to the disk and cuts the log back; whether there may be more. Each call is short.
    async fn tidy(&self) -> Result<bool, Error>;

    /// A row per active source, by id.
    async fn status(&self) -> Result<Vec<SourceStatus>, Error>;

    /// What is remembered of those of `sources` that are active, in no order.
    async fn states(&self, sources: &[SourceId]) -> Result<Vec<(SourceId, SourceState)>, Error> {
        let wanted: std::collections::HashSet<&SourceId> = sources.iter().collect();
        let all = self.status().await?.into_iter();
        Ok(all.filter(|row| wanted.contains(&row.id)).map(|row| (row.id, row.state)).collect())
    }

    /// The title and the page of those of `sources` that are active, as they name them, in no order.
    async fn titles(&self, sources: &[SourceId]) -> Result<Vec<Titled>, Error> {
        let states = self.states(sources).await?.into_iter();
        Ok(states.map(|(source, state)| Titled { source, title: state.title, home: state.home }).collect())
    }

    /// The earliest moment at which [`Due::ByTime`] would hand something out if nothing were finished until then: when the
    /// next piece of work is due, or the next lease runs out. `None` when there is no such moment.
    async fn next_due(&self) -> Result<Option<Timestamp>, Error>;

    /// Pauses a source or lets it go on. Paused sources are not claimed. `false` when there is no such source.
    async fn set_paused(&self, source: &SourceId, paused: bool) -> Result<bool, Error>;

    /// Makes a source due at `now`, one that is gone included (it then counts as failing); `not_before` still holds. `false`
    /// when there is no such source.
    async fn wake(&self, source: &SourceId, now: Timestamp) -> Result<bool, Error>;

    /// The state of a host; `None` when it was never saved.
    async fn host(&self, host: &str) -> Result<Option<HostState>, Error>;

    /// The hosts whose next slot is later than `now`, with it, in no order. What keeps no hosts has none.
    async fn resting(&self, _now: Timestamp) -> Result<Vec<(String, Timestamp)>, Error> {
        Ok(Vec::new())
    }

    /// Saves the state of a host.
    async fn save_host(&self, host: &str, state: &HostState) -> Result<(), Error>;

    /// Corrects the schedule after the clock was set; gives how many sources changed. What keeps no schedule has none to correct.
    async fn correct(&self, _correction: Correction) -> Result<usize, Error> {
        Ok(0)
    }

    /// The mark of the clock kept last; `None` when there is none.
    async fn clock_mark(&self) -> Result<Option<ClockMark>, Error> {
        Ok(None)
    }

    /// Keeps the mark of the clock.
    async fn save_clock_mark(&self, _mark: ClockMark) -> Result<(), Error> {
        Ok(())
    }

    /// Writes and reads back a probe: whether the store can be used right now.
    async fn check(&self) -> Result<(), Error>;

    /// What is kept of telling and being told of news.
    fn push(&self) -> &dyn Push;

    /// Ends all connections; what was written is on disk.
    async fn close(&self);
}

/// What [`Store::claim_due`] is asked.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// The present.
    pub now: Timestamp,
    /// How long the lease holds.
    pub lease: Duration,
    /// At most so many claims.
    pub limit: usize,
    /// Which sources may be claimed.
    pub due: Due,
}

/// Which work counts as due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// What is due by its time.
    ByTime,
    /// Every active source that was not attempted since the given moment and is neither gone nor held back by
    /// `not_before`, whatever its due time; and every pending page that is due by its time.
    All {
        /// When this round began.
        round: Timestamp,
    },
    /// The same of one source alone.
    Only {
        /// The source.
        source: SourceId,
        /// When this round began.
        round: Timestamp,
    },
}

impl Due {
    /// Whether work of this source may be handed out.
    #[must_use]
    pub fn allows(&self, source: &SourceId) -> bool {
        match self {
            Self::Only { source: only, .. } => only == source,
            Self::ByTime | Self::All { .. } => true,
        }
    }
}

/// A lease on one piece of work.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The source it is about.
    pub source: SourceId,
    /// Tells this lease from every other.
    pub lease: i64,
    /// What is to be done.
    pub work: Work,
}

/// What a claim is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// Refresh the source.
    Source {
        /// What is remembered of it.
        state: Box<SourceState>,
        /// What is remembered of its documents.
        documents: Vec<DocumentState>,
        /// What a hub sent: it is read in place of what would be fetched.
        pushed: Option<Box<Pushed>>,
    },
    /// Fetch one article page.
    Page(Box<PendingPage>),
}

/// One refresh to be written.
#[derive(Debug, Clone)]
pub struct Refresh {
    /// The lease it was done under.
    pub claim: Claim,
    /// What it changes.
    pub changes: Changes,
}

/// What became of a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// It is written.
    Written {
        /// Articles inserted.
        new: usize,
    },
    /// Its lease was lost; nothing of it was written.
    Lost,
}

/// Articles that belong together in the history of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Its number from 1, the oldest; 0 for what the rules of the feed passed over.
    pub number: u32,
    /// Each article with the number of its form, in the order they were announced.
    pub articles: Vec<(ArticleId, u32)>,
}

/// Who shares a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// The key.
    pub key: i64,
    /// The article.
    pub article: ArticleId,
    /// The story it tells with others, by the article that told it first.
    pub story: Option<ArticleId>,
}

/// Which articles [`Store::articles`] gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The sources; `None` = every source. Removed and unknown ones are left out either way.
    pub sources: Option<Vec<SourceId>>,
    /// At most so many.
    pub limit: usize,
    /// Only announced before this (for paging), with the id that breaks ties.
    pub before: Option<(Timestamp, ArticleId)>,
    /// Only announced at or after this.
    pub since: Option<Timestamp>,
}

/// What [`Store::prune`] is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prune {
    /// The source.
    pub source: SourceId,
    /// What of it may stay.
    pub bounds: Bounds,
    /// Articles that stay whatever the bounds say, and count: those that feeds show.
    pub spared: BTreeSet<ArticleId>,
    /// At most so many are dropped.
    pub limit: usize,
    /// The present.
    pub now: Timestamp,
}

/// What a source says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Titled {
    /// The source.
    pub source: SourceId,
    /// [`SourceState::title`].
    pub title: Option<String>,
    /// [`SourceState::home`].
    pub home: Option<String>,
}

/// A source as `status` shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceStatus {
    /// Its id.
    pub id: SourceId,
    /// What is remembered of it.
    pub state: SourceState,
    /// Whether it is paused.
    pub paused: bool,
    /// How many of its articles are held.
    pub articles: u64,
    /// How many article pages are still to be fetched.
    pub pending: u64,
}

/// By what it is noticed that the clock was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockMark {
    /// Which run of the machine.
    pub boot: i64,
    /// What the clock showed less the time since the machine was started, in microseconds.
    pub offset_micros: i64,
}

/// What is remembered of a host.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct HostState {
    /// No request before this.
    pub next_slot: Option<Timestamp>,
    /// `robots.txt` as last fetched; empty when there was none.
    pub robots: Option<String>,
    /// When it was fetched.
    pub robots_at: Option<Timestamp>,
}

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings name a store that cannot be opened.
    #[error("cannot open the store `{location}`: {advice}")]
    Open {
        /// Where it was looked for.
        location: String,
        /// What to do.
        advice: String,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The backend failed.
    #[error("the store failed while it tried to {action}")]
    Backend {
        /// What it tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row does not hold what this version writes.
    #[error("the store holds a {what} that this version cannot read; was it written by a newer one?")]
    Corrupt {
        /// Which row.
        what: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
