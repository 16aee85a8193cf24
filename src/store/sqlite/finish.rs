//! Writing refreshes: each whole or not at all, many in one transaction.
//!
//! Leases first, in order; then everything of all refreshes that still hold theirs, table by table, so that rows travel many
//! to a statement. Where order between refreshes shows (aliases, pending pages), it is kept.

use std::collections::{BTreeMap, HashSet};

use sqlx::SqliteConnection;

use super::edit::edit_article;
use super::insert::{insert_aliases, insert_articles};
use super::kept::keep;
use super::rows::Query;
use super::sql::{failed, get, micros, numbers, query, runs, to_json};
use super::stories::mark_stories;
use super::{Sqlite, claims, push, sql, states};
use crate::model::{Digest, SourceId};
use crate::plan::{DocumentState, PendingPage};
use crate::store::{Error, Finished, Refresh, Work, exact};

pub(super) const ACTION: &str = "write refreshes";

/// A refresh whose lease holds: where it stands in the batch, the number of its source, and itself.
pub(super) type Held<'a> = (usize, i64, &'a Refresh);

impl Sqlite {
    pub(super) async fn apply(&self, refreshes: &[Refresh]) -> Result<Vec<Finished>, Error> {
        if refreshes.is_empty() {
            return Ok(Vec::new());
        }
        let mut transaction = self.write(ACTION).await?;
        let written = self.held(&mut transaction, refreshes).await?;
        let mut outcomes = vec![Finished::Lost; refreshes.len()];
        let new = insert_articles(&mut transaction, &written).await?;
        for (index, _, _) in &written {
            outcomes[*index] = Finished::Written { new: new.get(index).copied().unwrap_or_default() };
        }
        for edit in written.iter().flat_map(|(_, _, refresh)| &refresh.changes.edited) {
            edit_article(&mut transaction, edit).await?;
        }
        insert_aliases(&mut transaction, &written).await?;
        keep(&mut transaction, &written).await?;
        mark_stories(&mut transaction, &written).await?;
        save_documents(&mut transaction, &written).await?;
        for (_, number, refresh) in &written {
            for page in &refresh.changes.pending {
                save_page(&mut transaction, *number, exact::page(page.clone())).await?;
            }
            for key in &refresh.changes.settled {
                settle(&mut transaction, *number, key).await?;
            }
        }
        save_states(&mut transaction, &written, &new).await?;
        push::write(&mut transaction, &written).await?;
        transaction.commit().await.map_err(failed(ACTION))?;
        Ok(outcomes)
    }

    /// The refreshes whose leases hold. The leases of pages end here, those of sources with the new state of the source.
    async fn held<'a>(
        &self,
        connection: &mut SqliteConnection,
        refreshes: &'a [Refresh],
    ) -> Result<Vec<Held<'a>>, Error> {
        let is_source = |refresh: &&Refresh| matches!(refresh.claim.work, Work::Source { .. });
        let sources: Vec<SourceId> =
            refreshes.iter().filter(is_source).map(|refresh| refresh.claim.source.clone()).collect();
        // Sources are remembered from the claim; asking once more is for leases that come from elsewhere.
        self.learn_numbers(connection, &sources).await?;
        let mut open = leases_held(connection, refreshes, |source| self.number(source)).await?;
        let mut written = Vec::with_capacity(refreshes.len());
        for (index, refresh) in refreshes.iter().enumerate() {
            let number = match &refresh.claim.work {
                Work::Source { .. } => self.number(&refresh.claim.source).filter(|number| {
                    // Each lease counts once, should the batch name it twice.
                    open.remove(&(*number, refresh.claim.lease))
                }),
                Work::Page(_) => claims::end_lease(connection, &refresh.claim).await.map_err(failed(ACTION))?,
            };
            written.extend(number.map(|number| (index, number, refresh)));
        }
        Ok(written)
    }
}

/// Which leases of sources in the batch hold, as (number, lease).
async fn leases_held(
    connection: &mut SqliteConnection,
    refreshes: &[Refresh],
    number: impl Fn(&SourceId) -> Option<i64>,
) -> Result<HashSet<(i64, i64)>, Error> {
    let given = refreshes.iter().filter(|refresh| matches!(refresh.claim.work, Work::Source { .. }));
    let mut given: HashSet<(i64, i64)> =
        given.filter_map(|refresh| Some((number(&refresh.claim.source)?, refresh.claim.lease))).collect();
    if given.is_empty() {
        return Ok(given);
    }
    // Asks for those that do not hold: as a rule none, so that no row has to travel.
    let list: Vec<String> = given.iter().map(|(number, lease)| format!("({number},{lease})")).collect();
    let text = format!(
        "SELECT given.column1, given.column2 FROM (VALUES {}) AS given WHERE NOT EXISTS \
         (SELECT 1 FROM leases WHERE source = given.column1 AND lease = given.column2)",
        list.join(",")
    );
    for row in query(text).persistent(false).fetch_all(connection).await.map_err(failed(ACTION))? {
        given.remove(&(get(&row, 0, "lease")?, get(&row, 1, "lease")?));
    }
    Ok(given)
}

async fn save_documents(connection: &mut SqliteConnection, written: &[Held<'_>]) -> Result<(), Error> {
    let documents: Vec<(i64, &DocumentState)> = written
        .iter()
        .flat_map(|(_, source, refresh)| refresh.changes.documents.iter().map(|document| (*source, document)))
        .collect();
    for run in runs(&documents) {
        let text = format!(
            "INSERT INTO documents (source, url, etag, last_modified, digest, fetched_at) VALUES {} \
             ON CONFLICT (source, url) DO UPDATE SET etag = excluded.etag, last_modified = excluded.last_modified, \
             digest = excluded.digest, fetched_at = excluded.fetched_at",
            sql::rows(run.len(), 6)
        );
        let bound = run.iter().fold(query(text), |query, (source, document)| bind_document(query, *source, document));
        bound.execute(&mut *connection).await.map_err(failed(ACTION))?;
    }
    Ok(())
}

fn bind_document<'q>(query: Query<'q>, source: i64, document: &DocumentState) -> Query<'q> {
    query
        .bind(source)
        .bind(document.url.to_string())
        .bind(document.validators.etag.clone())
        .bind(document.validators.last_modified.clone())
        .bind(document.digest.map(|digest| digest.as_bytes().to_vec()))
        .bind(micros(document.fetched_at))
}

async fn save_page(connection: &mut SqliteConnection, source: i64, page: PendingPage) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO pending (source, digest, key, due, tries, first_seen, announce, article, url, language, error, \
         entry) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (source, digest) DO UPDATE SET \
         due = excluded.due, tries = excluded.tries, first_seen = excluded.first_seen, \
         announce = excluded.announce, article = excluded.article, url = excluded.url, \
         language = excluded.language, error = excluded.error, entry = excluded.entry",
    )
    .bind(source)
    .bind(Digest::of(page.key.as_bytes()).as_bytes().to_vec())
    .bind(page.key)
    .bind(micros(page.due))
    .bind(page.tries)
    .bind(micros(page.first_seen))
    .bind(to_json(&page.announce)?)
    .bind(page.article.map(|id| id.as_bytes().to_vec()))
    .bind(page.url.to_string())
    .bind(page.language)
    .bind(page.error)
    .bind(to_json(&page.entry)?)
    .execute(connection)
    .await
    .map_err(failed(ACTION))?;
    Ok(())
}

async fn settle(connection: &mut SqliteConnection, source: i64, key: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM pending WHERE source = $1 AND digest = $2")
        .bind(source)
        .bind(Digest::of(key.as_bytes()).as_bytes().to_vec())
        .execute(connection)
        .await
        .map_err(failed(ACTION))?;
    Ok(())
}

/// Ends leases, sets states and counts what came in.
async fn save_states(
    connection: &mut SqliteConnection,
    written: &[Held<'_>],
    new: &BTreeMap<usize, usize>,
) -> Result<(), Error> {
    let mut updates: BTreeMap<i64, states::Update> = BTreeMap::new();
    for (index, number, refresh) in written {
        let update = updates.entry(*number).or_default();
        if let Some(state) = &refresh.changes.state {
            update.state = Some(state.clone());
        }
        update.new += new.get(index).and_then(|count| i64::try_from(*count).ok()).unwrap_or_default();
    }
    states::write(connection, updates, ACTION).await?;
    let sources = written.iter().filter(|(_, _, refresh)| matches!(refresh.claim.work, Work::Source { .. }));
    let leases = numbers(sources.map(|(_, _, refresh)| refresh.claim.lease));
    if !leases.is_empty() {
        // No two leases share a number.
        let text = format!("DELETE FROM leases WHERE lease IN ({leases})");
        query(text).persistent(false).execute(connection).await.map_err(failed(ACTION))?;
    }
    Ok(())
}
