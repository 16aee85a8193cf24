//! Dropping what is beyond the bounds of a source, forgetting documents that nobody names any more, giving room back.
//!
//! What goes is chosen by a reader, from `articles_dated` alone; the writer only touches the rows that go, a hundred to a
//! transaction. A dropped article stays as a row of names: that is what keeps it from coming back.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::Sqlite;
use super::kept::{drop_bodies, drop_pages};
use super::sql::{failed, get, micros, padded, parameters, query, sixteen};
use crate::model::{ArticleId, SourceId};
use crate::plan::retention::Bounds;
use crate::store::{Error, Prune};

const ACTION: &str = "drop what is beyond retention";

/// Articles that one transaction drops: some milliseconds of the writer.
const BATCH: usize = 100;

/// Pages of the file that one call gives back: some milliseconds of the writer.
const PAGES: usize = 500;

impl Sqlite {
    pub(super) async fn drop_surplus(&self, request: &Prune) -> Result<usize, Error> {
        let Some(source) = self.number_of(&request.source).await? else { return Ok(0) };
        let beyond = self.beyond(source, request).await?;
        let mut dropped = 0;
        for batch in beyond.chunks(BATCH) {
            let mut transaction = self.write(ACTION).await?;
            dropped += drop_articles(&mut transaction, source, batch, micros(request.now)).await?;
            transaction.commit().await.map_err(failed(ACTION))?;
        }
        Ok(dropped)
    }

    async fn number_of(&self, source: &SourceId) -> Result<Option<i64>, Error> {
        if self.number(source).is_none() {
            let mut connection = self.readers.acquire().await.map_err(failed(ACTION))?;
            self.learn_numbers(&mut connection, std::slice::from_ref(source)).await?;
        }
        Ok(self.number(source))
    }

    /// The articles that are beyond, the oldest first, as far as asked for.
    async fn beyond(&self, source: i64, request: &Prune) -> Result<Vec<ArticleId>, Error> {
        let most = |limit: Option<u64>| limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(i64::MAX);
        let Bounds { since, items, bytes } = request.bounds;
        let since = since.map_or(i64::MIN, micros);
        let limit = request.limit.saturating_add(request.spared.len());
        // By age alone no sums are needed: the oldest come first.
        let text = if items.is_none() && bytes.is_none() {
            "SELECT id FROM articles WHERE source = $1 AND dropped_at IS NULL AND dated < $2 AND $3 IS NOT NULL \
             AND $4 IS NOT NULL ORDER BY dated, id DESC LIMIT $5"
        } else {
            "SELECT id FROM (SELECT id, dated, ROW_NUMBER() OVER newest AS place, SUM(size) OVER newest AS taken \
             FROM articles WHERE source = $1 AND dropped_at IS NULL WINDOW newest AS (ORDER BY dated DESC, id \
             ROWS UNBOUNDED PRECEDING)) AS held WHERE dated < $2 OR place > $3 OR taken > $4 \
             ORDER BY dated, id DESC LIMIT $5"
        };
        let rows = query(text.to_owned())
            .bind(source)
            .bind(since)
            .bind(most(items))
            .bind(most(bytes))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(failed(ACTION))?;
        let mut beyond = Vec::with_capacity(rows.len().min(request.limit));
        for row in &rows {
            let id = ArticleId::from_bytes(sixteen(get(row, 0, "article")?, "article")?);
            if beyond.len() < request.limit && !request.spared.contains(&id) {
                beyond.push(id);
            }
        }
        Ok(beyond)
    }

    pub(super) async fn drop_documents(&self, unseen_since: Timestamp, limit: usize) -> Result<usize, Error> {
        const ACTION: &str = "forget documents that were not seen for long";
        let done = sqlx::query(
            "DELETE FROM documents WHERE rowid IN (SELECT rowid FROM documents AS unseen WHERE fetched_at < $1 \
             AND EXISTS (SELECT 1 FROM documents AS other WHERE other.source = unseen.source \
             AND other.fetched_at >= $1) ORDER BY (SELECT id FROM sources WHERE number = unseen.source), url LIMIT $2)",
        )
        .bind(micros(unseen_since))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .execute(&self.writer)
        .await
        .map_err(failed(ACTION))?;
        Ok(usize::try_from(done.rows_affected()).unwrap_or(usize::MAX))
    }

    pub(super) async fn give_room_back(&self) -> Result<bool, Error> {
        const ACTION: &str = "give free room back";
        let mut connection = self.writer.acquire().await.map_err(failed(ACTION))?;
        // Does nothing in a file that was begun before room could be given back bit by bit; `courant vacuum` changes that.
        let text = format!("PRAGMA incremental_vacuum({PAGES})");
        query(text).fetch_all(&mut *connection).await.map_err(failed(ACTION))?;
        // What a long reader kept in the log is folded into the file; a reader at work is not waited for.
        query("PRAGMA wal_checkpoint(PASSIVE)".to_owned()).fetch_all(&mut *connection).await.map_err(failed(ACTION))?;
        let pragma = |name: &str| query(format!("PRAGMA {name}"));
        let free = pragma("freelist_count").fetch_one(&mut *connection).await.map_err(failed(ACTION))?;
        let vacuum = pragma("auto_vacuum").fetch_one(&mut *connection).await.map_err(failed(ACTION))?;
        Ok(get::<i64>(&free, 0, "file")? > 0 && get::<i64>(&vacuum, 0, "file")? == 2)
    }
}

/// Drops articles of one source; how many were held.
async fn drop_articles(
    connection: &mut SqliteConnection,
    source: i64,
    articles: &[ArticleId],
    now: i64,
) -> Result<usize, Error> {
    let mut dropped = 0;
    for run in padded(articles) {
        let all = parameters(run.len());
        let bound = |text: String| run.iter().fold(query(text), |query, id| query.bind(id.as_bytes().to_vec()));
        for table in ["revisions", "pending"] {
            let text = format!("DELETE FROM {table} WHERE article IN ({all})");
            bound(text).execute(&mut *connection).await.map_err(failed(ACTION))?;
        }
        let text = format!(
            "UPDATE articles SET dropped_at = {now}, announced_at = NULL, guid = '', link = '', title = NULL, \
             details = '{{}}', body = '', text = '', published = NULL, updated = NULL \
             WHERE id IN ({all}) AND dropped_at IS NULL"
        );
        let done = bound(text).persistent(false).execute(&mut *connection).await.map_err(failed(ACTION))?;
        dropped += done.rows_affected();
    }
    let mut loose = HashSet::new();
    drop_pages(connection, articles, &mut loose).await?;
    drop_bodies(connection, &loose).await?;
    let text = format!("UPDATE sources SET articles = articles - {dropped} WHERE number = {source}");
    query(text).persistent(false).execute(connection).await.map_err(failed(ACTION))?;
    Ok(usize::try_from(dropped).unwrap_or(usize::MAX))
}
