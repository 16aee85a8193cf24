//! Writing refreshes: each whole or not at all, many in one transaction.
//!
//! Leases first, in order; then everything of all refreshes that still hold theirs, table by table, so that rows travel many
//! to a statement. Where order between refreshes shows (aliases, pending pages), it is kept.

use std::collections::{BTreeMap, HashSet};

use sqlx::SqliteConnection;

use super::rows::{self, ARTICLE, ARTICLE_COLUMNS, Query, SELECT_ARTICLE, bind_article, details};
use super::sources::due_at;
use super::sql::{failed, get, micros, padded, parameters, query, runs, sixteen, to_json};
use super::{Sqlite, claims, sql};
use crate::model::{Alias, Article, ArticleId, Digest, Revision, SourceId};
use crate::plan::{DocumentState, Edit, Health, PendingPage, SourceState};
use crate::store::{Error, Finished, Refresh, Work, exact, rules};

const ACTION: &str = "write refreshes";

/// An article to be inserted, with where it stands in the batch.
struct Newcomer {
    refresh: usize,
    source: i64,
    article: Article,
}

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
        edit_articles(&mut transaction, &written).await?;
        insert_aliases(&mut transaction, &written).await?;
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
        transaction.commit().await.map_err(failed(ACTION))?;
        Ok(outcomes)
    }

    /// The refreshes whose leases hold, with where they stand in the batch and the number of their source. The leases of
    /// pages end here, those of sources with the new state of the source.
    async fn held<'a>(
        &self,
        connection: &mut SqliteConnection,
        refreshes: &'a [Refresh],
    ) -> Result<Vec<(usize, i64, &'a Refresh)>, Error> {
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
         (SELECT 1 FROM sources WHERE number = given.column1 AND lease = given.column2)",
        list.join(",")
    );
    for row in query(text).persistent(false).fetch_all(connection).await.map_err(failed(ACTION))? {
        given.remove(&(get(&row, 0, "lease")?, get(&row, 1, "lease")?));
    }
    Ok(given)
}

/// Inserts the new articles of all refreshes; how many were new, by refresh.
async fn insert_articles(
    connection: &mut SqliteConnection,
    written: &[(usize, i64, &Refresh)],
) -> Result<BTreeMap<usize, usize>, Error> {
    let mut newcomers = Vec::new();
    for (refresh, source, from) in written {
        for new in &from.changes.new {
            let mut article = exact::article(new.article.clone());
            article.source = from.claim.source.clone();
            newcomers.push(Newcomer { refresh: *refresh, source: *source, article });
        }
    }
    // What is held already, and what the batch names twice, changes nothing.
    let mut seen = held_ids(connection, &newcomers).await?;
    newcomers.retain(|newcomer| seen.insert(newcomer.article.id));
    let mut counts = BTreeMap::new();
    for run in runs(&newcomers) {
        insert_run(connection, run).await?;
        for newcomer in run {
            *counts.entry(newcomer.refresh).or_default() += 1;
        }
    }
    Ok(counts)
}

/// Which of these ids are held.
async fn held_ids(connection: &mut SqliteConnection, newcomers: &[Newcomer]) -> Result<HashSet<ArticleId>, Error> {
    let ids: Vec<ArticleId> = newcomers.iter().map(|newcomer| newcomer.article.id).collect();
    let mut held = HashSet::new();
    for run in padded(&ids) {
        let text = format!("SELECT id FROM articles WHERE id IN ({})", parameters(run.len()));
        let bound = run.iter().fold(query(text), |query, id| query.bind(id.as_bytes().to_vec()));
        for row in bound.fetch_all(&mut *connection).await.map_err(failed(ACTION))? {
            held.insert(ArticleId::from_bytes(sixteen(get(&row, 0, "article")?, "article")?));
        }
    }
    Ok(held)
}

/// Inserts articles whose ids are not held.
async fn insert_run(connection: &mut SqliteConnection, run: &[Newcomer]) -> Result<(), Error> {
    // No `RETURNING`: each row that travels wakes two threads, and collisions are rare.
    let text = format!(
        "INSERT INTO articles ({ARTICLE}) VALUES {} ON CONFLICT DO NOTHING",
        sql::rows(run.len(), ARTICLE_COLUMNS)
    );
    let mut bound = query(text);
    for newcomer in run {
        bound = bind_article(bound, &newcomer.article, newcomer.source, &newcomer.article.published_id)?;
    }
    let inserted = bound.execute(&mut *connection).await.map_err(failed(ACTION))?.rows_affected();
    if inserted == run.len() as u64 {
        return Ok(());
    }
    let inserted = held_ids(connection, run).await?;
    for newcomer in run.iter().filter(|newcomer| !inserted.contains(&newcomer.article.id)) {
        insert_under_other_id(connection, newcomer).await?;
    }
    Ok(())
}

/// Inserts an article whose `published_id` is taken.
async fn insert_under_other_id(connection: &mut SqliteConnection, newcomer: &Newcomer) -> Result<(), Error> {
    for published_id in rules::published_ids(&newcomer.article) {
        let text =
            format!("INSERT INTO articles ({ARTICLE}) VALUES {} ON CONFLICT DO NOTHING", sql::rows(1, ARTICLE_COLUMNS));
        let bound = bind_article(query(text), &newcomer.article, newcomer.source, &published_id)?;
        if bound.execute(&mut *connection).await.map_err(failed(ACTION))?.rows_affected() > 0 {
            break;
        }
    }
    Ok(())
}

async fn edit_articles(connection: &mut SqliteConnection, written: &[(usize, i64, &Refresh)]) -> Result<(), Error> {
    for edit in written.iter().flat_map(|(_, _, refresh)| &refresh.changes.edited) {
        edit_article(connection, edit).await?;
    }
    Ok(())
}

async fn edit_article(connection: &mut SqliteConnection, edit: &Edit) -> Result<(), Error> {
    let row = sqlx::query("SELECT revision FROM articles WHERE id = $1")
        .bind(edit.article.id.as_bytes().to_vec())
        .fetch_optional(&mut *connection)
        .await
        .map_err(failed(ACTION))?;
    let Some(row) = row else { return Ok(()) };
    let held: u32 = get(&row, 0, "article")?;
    let mut next = exact::article(edit.article.clone());
    let current = held == edit.revision.as_ref().map_or(next.revision, |revision| revision.revision);
    next.revision = held;
    if let Some(revision) = &edit.revision {
        let mut revision = exact::revision(revision.clone());
        if !current {
            // Another edit came between: what it wrote is what this one replaces.
            let row = query(format!("{SELECT_ARTICLE} WHERE a.id = $1"))
                .bind(next.id.as_bytes().to_vec())
                .fetch_one(&mut *connection)
                .await
                .map_err(failed(ACTION))?;
            revision.before = rows::article(&row)?.content;
            revision.revision = held;
        }
        keep_revision(connection, next.id, &revision).await?;
        next.revision += 1;
    }
    if edit.revision.is_some() || current {
        write_content(connection, &next).await?;
    }
    sqlx::query("UPDATE articles SET said = $2, announced_at = $3, withdrawn_at = $4, revision = $5 WHERE id = $1")
        .bind(next.id.as_bytes().to_vec())
        .bind(next.said.as_bytes().to_vec())
        .bind(next.announced_at.map(micros))
        .bind(next.withdrawn_at.map(micros))
        .bind(next.revision)
        .execute(connection)
        .await
        .map_err(failed(ACTION))?;
    Ok(())
}

async fn keep_revision(connection: &mut SqliteConnection, id: ArticleId, revision: &Revision) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO revisions (article, revision, replaced_at, cause, changed, before) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id.as_bytes().to_vec())
    .bind(revision.revision)
    .bind(micros(revision.replaced_at))
    .bind(revision.cause.clone())
    .bind(to_json(&revision.changed)?)
    .bind(to_json(&revision.before)?)
    .execute(connection)
    .await
    .map_err(failed(ACTION))?;
    Ok(())
}

async fn write_content(connection: &mut SqliteConnection, article: &Article) -> Result<(), Error> {
    let content = &article.content;
    sqlx::query(
        "UPDATE articles SET dated = COALESCE($2, first_seen), published = $2, updated = $3, link = $4, title = $5, \
         details = $6, body = $7, text = $8 WHERE id = $1",
    )
    .bind(article.id.as_bytes().to_vec())
    .bind(content.published.map(micros))
    .bind(content.updated.map(micros))
    .bind(content.link.to_string())
    .bind(content.title.clone())
    .bind(details(content)?)
    .bind(content.body.clone())
    .bind(content.text.clone())
    .execute(connection)
    .await
    .map_err(failed(ACTION))?;
    Ok(())
}

/// Adds the aliases of new and edited articles in order: the first to claim a name keeps it.
async fn insert_aliases(connection: &mut SqliteConnection, written: &[(usize, i64, &Refresh)]) -> Result<(), Error> {
    let mut names: Vec<(i64, Digest, ArticleId, String)> = Vec::new();
    for (_, source, refresh) in written {
        let new = refresh.changes.new.iter().map(|new| (new.article.id, &new.aliases));
        let edited = refresh.changes.edited.iter().map(|edit| (edit.article.id, &edit.aliases));
        for (article, aliases) in new.chain(edited) {
            for key in aliases.iter().map(Alias::key) {
                names.push((*source, Digest::of(key.as_bytes()), article, key));
            }
        }
    }
    for run in runs(&names) {
        // The join leaves out the aliases of articles that are not held.
        let text = format!(
            "INSERT INTO aliases (source, digest, article, key) SELECT column1, column2, column3, column4 \
             FROM (VALUES {}) AS given WHERE EXISTS (SELECT 1 FROM articles WHERE id = column3) ON CONFLICT DO NOTHING",
            sql::rows(run.len(), 4)
        );
        let bound = run.iter().fold(query(text), |query, (source, digest, article, key)| {
            query.bind(*source).bind(digest.as_bytes().to_vec()).bind(article.as_bytes().to_vec()).bind(key.clone())
        });
        bound.execute(&mut *connection).await.map_err(failed(ACTION))?;
    }
    Ok(())
}

async fn save_documents(connection: &mut SqliteConnection, written: &[(usize, i64, &Refresh)]) -> Result<(), Error> {
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

/// What a batch does to one source.
#[derive(Default)]
struct SourceUpdate {
    /// The lease that ends.
    lease: Option<i64>,
    state: Option<SourceState>,
    new: i64,
}

/// Ends leases, sets states and counts what came in: a row per source, many rows to a statement.
async fn save_states(
    connection: &mut SqliteConnection,
    written: &[(usize, i64, &Refresh)],
    new: &BTreeMap<usize, usize>,
) -> Result<(), Error> {
    let mut updates: BTreeMap<i64, SourceUpdate> = BTreeMap::new();
    for (index, number, refresh) in written {
        let update = updates.entry(*number).or_default();
        if let Work::Source { .. } = refresh.claim.work {
            update.lease = Some(refresh.claim.lease);
        }
        if let Some(state) = &refresh.changes.state {
            update.state = Some(exact::state(state.clone()));
        }
        update.new += new.get(index).and_then(|count| i64::try_from(*count).ok()).unwrap_or_default();
    }
    let updates: Vec<(i64, SourceUpdate)> = updates.into_iter().collect();
    for run in runs(&updates) {
        let text = format!(
            "UPDATE sources SET articles = articles + given.column2, \
             state = CASE WHEN given.column3 IS NULL THEN state ELSE given.column3 END, \
             due_at = CASE WHEN given.column3 IS NULL THEN due_at ELSE given.column4 END, \
             not_before = CASE WHEN given.column3 IS NULL THEN not_before ELSE given.column5 END, \
             attempted_at = CASE WHEN given.column3 IS NULL THEN attempted_at ELSE given.column6 END, \
             gone = CASE WHEN given.column3 IS NULL THEN gone ELSE given.column7 END, \
             lease = CASE WHEN lease = given.column8 THEN NULL ELSE lease END, \
             lease_until = CASE WHEN lease = given.column8 THEN NULL ELSE lease_until END \
             FROM (VALUES {}) AS given WHERE sources.number = given.column1",
            sql::rows(run.len(), 8)
        );
        let mut bound = query(text);
        for (number, update) in run {
            let state = update.state.as_ref();
            bound = bound
                .bind(*number)
                .bind(update.new)
                .bind(state.map(to_json).transpose()?)
                .bind(state.map(due_at))
                .bind(state.and_then(|state| state.not_before).map(micros))
                .bind(state.and_then(|state| state.attempted_at).map(micros))
                .bind(state.map(|state| i64::from(state.health == Health::Gone)))
                .bind(update.lease);
        }
        bound.execute(&mut *connection).await.map_err(failed(ACTION))?;
    }
    Ok(())
}
