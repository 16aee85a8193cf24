//! New articles and the names they are found by: many rows to a statement, none back.

use std::collections::{BTreeMap, HashSet};

use sqlx::SqliteConnection;

use super::finish::{ACTION, Held};
use super::rows::{ARTICLE, ARTICLE_COLUMNS, Query, bind_article};
use super::sql::{self, failed, get, padded, parameters, query, runs, sixteen};
use crate::model::{Alias, Article, ArticleId, Digest};
use crate::store::{Claim, Error, rules};

/// An article to be inserted, with where it stands in the batch.
struct Newcomer<'a> {
    refresh: usize,
    source: i64,
    claim: &'a Claim,
    article: &'a Article,
}

/// Inserts the new articles of all refreshes; how many were new, by refresh.
pub(super) async fn insert_articles(
    connection: &mut SqliteConnection,
    written: &[Held<'_>],
) -> Result<BTreeMap<usize, usize>, Error> {
    let mut newcomers = Vec::new();
    for (refresh, source, from) in written {
        let each = from.changes.new.iter().map(|new| &new.article);
        newcomers.extend(each.map(|article| Newcomer {
            refresh: *refresh,
            source: *source,
            claim: &from.claim,
            article,
        }));
    }
    // What is held already, and what the batch names twice, changes nothing.
    let mut seen = held_ids(connection, &newcomers).await?;
    newcomers.retain(|newcomer| seen.insert(newcomer.article.id));
    let mut counts = BTreeMap::new();
    for newcomer in &newcomers {
        *counts.entry(newcomer.refresh).or_default() += 1;
    }
    let mut left = runs(&newcomers);
    let mut next = left.next().map(bind_run).transpose()?;
    while let Some((run, bound)) = next {
        // The next rows are made ready while SQLite, on its own thread, takes these.
        let (inserted, following) =
            tokio::join!(bound.execute(&mut *connection), async { left.next().map(bind_run).transpose() });
        let inserted = inserted.map_err(failed(ACTION))?.rows_affected();
        if inserted < run.len() as u64 {
            insert_rest(connection, run).await?;
        }
        next = following?;
    }
    Ok(counts)
}

/// Which of these ids are held.
async fn held_ids(connection: &mut SqliteConnection, newcomers: &[Newcomer<'_>]) -> Result<HashSet<ArticleId>, Error> {
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

/// The statement that inserts articles whose ids are not held.
fn bind_run<'a, 'q>(run: &'q [Newcomer<'a>]) -> Result<(&'q [Newcomer<'a>], Query<'q>), Error> {
    // No `RETURNING`: each row that travels wakes two threads, and collisions are rare.
    let text = format!(
        "INSERT INTO articles ({ARTICLE}) VALUES {} ON CONFLICT DO NOTHING",
        sql::rows(run.len(), ARTICLE_COLUMNS)
    );
    let mut bound = query(text);
    for newcomer in run {
        bound = bind_article(bound, newcomer.article, newcomer.source, &newcomer.article.published_id)?;
    }
    Ok((run, bound))
}

/// Inserts those that were not inserted.
async fn insert_rest(connection: &mut SqliteConnection, run: &[Newcomer<'_>]) -> Result<(), Error> {
    let inserted = held_ids(connection, run).await?;
    for newcomer in run.iter().filter(|newcomer| !inserted.contains(&newcomer.article.id)) {
        insert_under_other_id(connection, newcomer).await?;
    }
    Ok(())
}

/// Inserts an article whose `published_id` is taken.
async fn insert_under_other_id(connection: &mut SqliteConnection, newcomer: &Newcomer<'_>) -> Result<(), Error> {
    // Whatever the article says of its source, it is of that which was claimed.
    let article = Article { source: newcomer.claim.source.clone(), ..newcomer.article.clone() };
    for published_id in rules::published_ids(&article) {
        let text =
            format!("INSERT INTO articles ({ARTICLE}) VALUES {} ON CONFLICT DO NOTHING", sql::rows(1, ARTICLE_COLUMNS));
        let bound = bind_article(query(text), &article, newcomer.source, &published_id)?;
        if bound.execute(&mut *connection).await.map_err(failed(ACTION))?.rows_affected() > 0 {
            break;
        }
    }
    Ok(())
}

/// Adds the aliases of new and edited articles in order: the first to claim a name keeps it.
pub(super) async fn insert_aliases(connection: &mut SqliteConnection, written: &[Held<'_>]) -> Result<(), Error> {
    let mut names: Vec<Name> = Vec::new();
    for (_, source, refresh) in written {
        let new = refresh.changes.new.iter().map(|new| (new.article.id, &new.aliases));
        let edited = refresh.changes.edited.iter().map(|edit| (edit.article.id, &edit.aliases));
        for (article, aliases) in new.chain(edited) {
            names.extend(names_of(*source, article, aliases));
        }
    }
    insert_names(connection, &names).await
}

/// A name of an article: the number of its source, the digest of the name, the article, the name.
pub(super) type Name = (i64, Digest, ArticleId, String);

/// The names of one article.
pub(super) fn names_of(source: i64, article: ArticleId, aliases: &[Alias]) -> impl Iterator<Item = Name> + '_ {
    aliases.iter().map(Alias::key).map(move |key| (source, Digest::of(key.as_bytes()), article, key))
}

pub(super) async fn insert_names(connection: &mut SqliteConnection, names: &[Name]) -> Result<(), Error> {
    for run in runs(names) {
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
