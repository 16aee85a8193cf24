//! The store's [contract](super) in one SQLite file: for one machine, and the one most people run.
//!
//! WAL, one writing connection and a few reading ones, each with its prepared statements. The writer takes the file's write
//! lock when its transaction begins, so that within a process writers queue in order and between processes they wait
//! instead of failing half-way. `synchronous=FULL`: a refresh that [`finish`](super::Store::finish) has returned from
//! survives a power cut, not only a killed process (for which `NORMAL` would do). It costs 0.1 to 0.4 ms of waiting a commit,
//! and refreshes are grouped: at 64 to a transaction the difference is lost in the noise. After a kill, the next connection
//! finds the log as it was left: complete transactions count, a torn last one does not.
//!
//! What costs is not SQLite but the way to it: the driver runs each connection on a thread of its own, and each statement, and
//! nearly each row that comes back, wakes two threads. So statements carry many rows there and few rows back, and callers
//! should claim and finish in groups.
//!
//! Times are integers, ids 16-byte blobs, lists JSON. The SQL keeps to what PostgreSQL understands too, but for
//! `hex`, `json_group_array`, the unary `+` that steers the planner, and placeholders without numbers.

mod archive;
mod claims;
mod clock;
mod connect;
mod edit;
pub mod file;
mod finish;
mod glance;
mod insert;
mod kept;
mod known;
mod prune;
mod push;
mod rows;
mod select;
mod sources;
mod sql;
mod states;
mod stories;
mod subscribers;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod upgrades;

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::sqlite::SqlitePool;
use sqlx::{Row as _, Transaction};

use self::sql::{failed, micros, some_moment};
use super::{
    Archive, Claim, ClaimRequest, ClockMark, Error, Finished, HostState, Known, Lookup, Prune, Push, Refresh,
    Selection, Sketch, SourceStatus, Store, Titled, Told, exact,
};
use crate::model::{Article, ArticleId, Depth, FeedId, Glances, Hint, Revision, SourceId, Stories};
use crate::plan::timing::Correction;
use crate::plan::{Edit, KeptPage, SourceState};

/// A store in one SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    /// The one connection that writes.
    writer: SqlitePool,
    /// Connections that only read.
    readers: SqlitePool,
    /// The numbers of sources seen so far. A number never changes, so this can only lack entries. Held for lookups alone.
    numbers: Mutex<HashMap<SourceId, i64>>,
}

impl Sqlite {
    /// Opens the file at `path`, made when missing together with its folder, and brings its tables up to date.
    ///
    /// # Errors
    ///
    /// [`Error::Open`] says what stands in the way and what to do about it.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        let (writer, readers) = connect::open(path).await?;
        Ok(Self { writer, readers, numbers: Mutex::default() })
    }

    /// Begins a transaction that holds the write lock from the start.
    async fn write(&self, action: &'static str) -> Result<Transaction<'static, sqlx::Sqlite>, Error> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed(action))
    }

    async fn close_all(&self) {
        self.readers.close().await;
        // Last, so that the log is folded into the file and removed.
        self.writer.close().await;
    }

    fn number(&self, source: &SourceId) -> Option<i64> {
        self.numbers().get(source).copied()
    }

    fn numbers(&self) -> MutexGuard<'_, HashMap<SourceId, i64>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, numbers: impl IntoIterator<Item = (SourceId, i64)>) -> usize {
        let mut known = self.numbers();
        known.extend(numbers);
        known.len()
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn sync_sources(&self, configured: &[SourceId], now: Timestamp) -> Result<(), Error> {
        self.sync(configured, now).await
    }

    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claim>, Error> {
        self.claim(request).await
    }

    async fn release(&self, claims: &[Claim]) -> Result<(), Error> {
        self.give_back(claims).await
    }

    async fn release_all(&self) -> Result<(), Error> {
        self.take_back_all().await
    }

    async fn known(&self, source: &SourceId, lookups: &[Lookup]) -> Result<Known, Error> {
        self.look_up(source, lookups).await
    }

    async fn sketches(
        &self,
        source: &SourceId,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<Sketch>, Error> {
        self.sketch(source, from, to, limit).await
    }

    async fn told(&self, days: RangeInclusive<i64>, keys: &[i64]) -> Result<Vec<Told>, Error> {
        self.find_told(days, keys).await
    }

    async fn stories(&self, articles: &[ArticleId]) -> Result<Stories, Error> {
        self.stories_of(articles).await
    }

    async fn finish(&self, refreshes: &[Refresh]) -> Result<Vec<Finished>, Error> {
        self.apply(refreshes).await
    }

    async fn articles(&self, selection: &Selection) -> Result<Vec<Article>, Error> {
        self.select(selection).await
    }

    async fn glances(&self, selection: &Selection, depth: Depth, hint: &Hint) -> Result<Glances, Error> {
        self.glance(selection, depth, hint).await
    }

    async fn held(&self, ids: &[ArticleId]) -> Result<Vec<Article>, Error> {
        self.load_all(ids).await
    }

    async fn article(&self, id: ArticleId) -> Result<Option<Article>, Error> {
        self.load(id).await
    }

    async fn revisions(&self, id: ArticleId) -> Result<Vec<Revision>, Error> {
        self.history(id).await
    }

    async fn kept(&self, source: &SourceId) -> Result<Vec<ArticleId>, Error> {
        self.list_kept(source).await
    }

    async fn kept_page(&self, id: ArticleId) -> Result<Option<KeptPage>, Error> {
        self.read_kept(id).await
    }

    async fn amend(&self, edits: &[Edit]) -> Result<(), Error> {
        self.apply_edits(edits).await
    }

    async fn amended(&self) -> Result<i64, Error> {
        self.count_amended().await
    }

    async fn unarchived(&self, feed: &FeedId, selection: &Selection) -> Result<Vec<Article>, Error> {
        self.select_unarchived(feed, selection).await
    }

    async fn archive(&self, feed: &FeedId, archives: &[Archive]) -> Result<(), Error> {
        self.keep_archives(feed, archives).await
    }

    async fn archived(&self, feed: &FeedId, number: u32) -> Result<Vec<(ArticleId, u32)>, Error> {
        self.list_archived(feed, number).await
    }

    async fn last_archive(&self, feed: &FeedId) -> Result<u32, Error> {
        self.newest_archive(feed).await
    }

    async fn archives_of(&self, id: ArticleId) -> Result<Vec<(FeedId, u32)>, Error> {
        self.list_archives_of(id).await
    }

    async fn withdrawn_archives(&self, feed: &FeedId) -> Result<Vec<u32>, Error> {
        self.list_withdrawn_archives(feed).await
    }

    async fn withdrawn(&self, selection: &Selection) -> Result<Vec<Article>, Error> {
        self.select_withdrawn(selection).await
    }

    async fn named(&self, name: &str) -> Result<Vec<ArticleId>, Error> {
        self.list_named(name).await
    }

    async fn prune(&self, request: &Prune) -> Result<usize, Error> {
        self.drop_surplus(request).await
    }

    async fn forget_documents(&self, unseen_since: Timestamp, limit: usize) -> Result<usize, Error> {
        self.drop_documents(unseen_since, limit).await
    }

    async fn tidy(&self) -> Result<bool, Error> {
        self.give_room_back().await
    }

    async fn status(&self) -> Result<Vec<SourceStatus>, Error> {
        self.list_sources().await
    }

    async fn states(&self, sources: &[SourceId]) -> Result<Vec<(SourceId, SourceState)>, Error> {
        self.states_of(sources).await
    }

    async fn titles(&self, sources: &[SourceId]) -> Result<Vec<Titled>, Error> {
        self.titles_of(sources).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        self.earliest().await
    }

    async fn set_paused(&self, source: &SourceId, paused: bool) -> Result<bool, Error> {
        self.pause(source, paused).await
    }

    async fn wake(&self, source: &SourceId, now: Timestamp) -> Result<bool, Error> {
        self.make_due(source, now).await
    }

    async fn host(&self, host: &str) -> Result<Option<HostState>, Error> {
        const WHAT: &str = "host";
        let row = sqlx::query("SELECT next_slot, robots, robots_at FROM hosts WHERE host = $1")
            .bind(host)
            .fetch_optional(&self.readers)
            .await
            .map_err(failed("read the state of a host"))?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(HostState {
            next_slot: some_moment(sql::get(&row, 0, WHAT)?, WHAT)?,
            robots: sql::get(&row, 1, WHAT)?,
            robots_at: some_moment(sql::get(&row, 2, WHAT)?, WHAT)?,
        }))
    }

    async fn resting(&self, now: Timestamp) -> Result<Vec<(String, Timestamp)>, Error> {
        const WHAT: &str = "host";
        let rows = sqlx::query("SELECT host, next_slot FROM hosts WHERE next_slot > $1")
            .bind(micros(now))
            .fetch_all(&self.readers)
            .await
            .map_err(failed("look for hosts that rest"))?;
        rows.iter().map(|row| Ok((sql::get(row, 0, WHAT)?, sql::moment(sql::get(row, 1, WHAT)?, WHAT)?))).collect()
    }

    async fn save_host(&self, host: &str, state: &HostState) -> Result<(), Error> {
        let state = exact::host(state.clone());
        sqlx::query(
            "INSERT INTO hosts (host, next_slot, robots, robots_at) VALUES ($1, $2, $3, $4) ON CONFLICT (host) \
             DO UPDATE SET next_slot = excluded.next_slot, robots = excluded.robots, robots_at = excluded.robots_at",
        )
        .bind(host)
        .bind(state.next_slot.map(micros))
        .bind(state.robots)
        .bind(state.robots_at.map(micros))
        .execute(&self.writer)
        .await
        .map_err(failed("save the state of a host"))?;
        Ok(())
    }

    async fn correct(&self, correction: Correction) -> Result<usize, Error> {
        self.correct_schedule(correction).await
    }

    async fn clock_mark(&self) -> Result<Option<ClockMark>, Error> {
        self.read_clock_mark().await
    }

    async fn save_clock_mark(&self, mark: ClockMark) -> Result<(), Error> {
        self.write_clock_mark(mark).await
    }

    async fn check(&self) -> Result<(), Error> {
        const ACTION: &str = "write and read back a probe";
        let probe = "UPDATE counters SET value = value + 1 WHERE name = 'probe' RETURNING value";
        let wrote: i64 =
            sqlx::query(probe).fetch_one(&self.writer).await.and_then(|row| row.try_get(0)).map_err(failed(ACTION))?;
        let read: i64 = sqlx::query("SELECT value FROM counters WHERE name = 'probe'")
            .fetch_one(&self.readers)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(failed(ACTION))?;
        // Another process may have probed in between.
        if read < wrote { Err(failed(ACTION)(sqlx::Error::RowNotFound)) } else { Ok(()) }
    }

    fn push(&self) -> &dyn Push {
        self
    }

    async fn close(&self) {
        self.close_all().await;
    }
}
