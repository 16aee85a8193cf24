//! Articles for feeds, one article, its history.
//!
//! Two ways to the newest articles of some sources. *Walk* the index of all announcements from the newest and skip other
//! sources: best when the selection covers many. Or take the newest of *each* source from its own index and merge: best when
//! it covers few. With `k` of `n` sources, and articles spread evenly, a page of `m` costs `m·n/k` index rows one way and
//! `m·k` the other, so the walk wins from `k² > n`. The planner cannot choose by itself: it does not know how many sources the
//! list will hold when it prepares the statement.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;

use super::Sqlite;
use super::rows::{self, SELECT_ARTICLE};
use super::sql::{failed, get, json, micros, moment, numbers, padded, parameters, query};
use crate::model::{Article, ArticleId, Revision, SourceId};
use crate::store::{Error, Selection};

const ACTION: &str = "select articles";

/// The condition of the indexes, and the place to go on from.
const PLACE: &str = "announced_at IS NOT NULL AND withdrawn_at IS NULL AND announced_at >= $1 AND announced_at <= $2 \
     AND (announced_at < $2 OR id > $3)";

const ORDER: &str = "ORDER BY announced_at DESC, id LIMIT $4";

/// Most terms in one union; SQLite allows 500.
const TERMS: usize = 250;

impl Sqlite {
    pub(super) async fn select(&self, selection: &Selection) -> Result<Vec<Article>, Error> {
        let mut articles = Vec::new();
        for chosen in self.ways(selection).await? {
            let text = format!("{SELECT_ARTICLE} WHERE a.rowid IN ({chosen})");
            let rows = bind(query(text), selection).fetch_all(&self.readers).await.map_err(failed(ACTION))?;
            for row in &rows {
                articles.push(rows::article(row)?);
            }
        }
        articles.sort_by(|a, b| b.announced_at.cmp(&a.announced_at).then(a.id.cmp(&b.id)));
        articles.truncate(selection.limit);
        Ok(articles)
    }

    /// Statements that select the rows of a selection: more of them together, where there are several.
    pub(super) async fn ways(&self, selection: &Selection) -> Result<Vec<String>, Error> {
        let wanted = match &selection.sources {
            None => None,
            Some(sources) => Some(self.numbers_of(sources).await?),
        };
        if selection.limit == 0 || wanted.as_ref().is_some_and(BTreeSet::is_empty) {
            return Ok(Vec::new());
        }
        let total = self.remember([]);
        Ok(match wanted {
            None => vec![walk(None)],
            Some(wanted) if wanted.len() * wanted.len() > total => vec![walk(Some(&wanted))],
            Some(wanted) => {
                let wanted: Vec<i64> = wanted.into_iter().collect();
                wanted.chunks(TERMS).map(each).collect()
            }
        })
    }

    pub(super) async fn load_all(&self, ids: &[ArticleId]) -> Result<Vec<Article>, Error> {
        let mut articles = Vec::with_capacity(ids.len());
        for run in padded(ids) {
            let text = format!("{SELECT_ARTICLE} WHERE a.id IN ({}) AND a.dropped_at IS NULL", parameters(run.len()));
            let bound = run.iter().fold(query(text), |query, id| query.bind(id.as_bytes().to_vec()));
            for row in bound.fetch_all(&self.readers).await.map_err(failed("read articles"))? {
                articles.push(rows::article(&row)?);
            }
        }
        Ok(articles)
    }

    /// The numbers of those sources that are held. Numbers are remembered; only unseen ones are asked for.
    pub(super) async fn numbers_of(&self, sources: &[SourceId]) -> Result<BTreeSet<i64>, Error> {
        let held = |sources: &[SourceId]| -> BTreeSet<i64> {
            let numbers = self.numbers();
            sources.iter().filter_map(|source| numbers.get(source).copied()).collect()
        };
        let known = held(sources);
        if known.len() < sources.len() {
            let mut connection = self.readers.acquire().await.map_err(failed(ACTION))?;
            self.learn_numbers(&mut connection, sources).await?;
        }
        Ok(if known.len() < sources.len() { held(sources) } else { known })
    }

    /// Asks for the numbers of sources not seen so far.
    pub(super) async fn learn_numbers(
        &self,
        connection: &mut SqliteConnection,
        sources: &[SourceId],
    ) -> Result<(), Error> {
        let unseen: Vec<&SourceId> = sources.iter().filter(|source| self.number(source).is_none()).collect();
        for run in padded(&unseen) {
            let text = format!("SELECT id, number FROM sources WHERE id IN ({})", parameters(run.len()));
            let bound = run.iter().fold(query(text), |query, id| query.bind(id.as_str().to_owned()));
            for row in bound.fetch_all(&mut *connection).await.map_err(failed(ACTION))? {
                self.remember([(rows::source(get(&row, 0, "source")?)?, get(&row, 1, "source")?)]);
            }
        }
        Ok(())
    }

    pub(super) async fn load(&self, id: ArticleId) -> Result<Option<Article>, Error> {
        let row = query(format!("{SELECT_ARTICLE} WHERE a.id = $1 AND a.dropped_at IS NULL"))
            .bind(id.as_bytes().to_vec())
            .fetch_optional(&self.readers)
            .await
            .map_err(failed("read an article"))?;
        row.as_ref().map(rows::article).transpose()
    }

    pub(super) async fn history(&self, id: ArticleId) -> Result<Vec<Revision>, Error> {
        let rows = sqlx::query(
            "SELECT revision, replaced_at, cause, changed, before FROM revisions WHERE article = $1 ORDER BY revision",
        )
        .bind(id.as_bytes().to_vec())
        .fetch_all(&self.readers)
        .await
        .map_err(failed("read the revisions of an article"))?;
        let what = format!("revision of article {id}");
        let revision = |row| {
            Ok(Revision {
                revision: get(row, 0, &what)?,
                replaced_at: moment(get(row, 1, &what)?, &what)?,
                cause: get(row, 2, &what)?,
                changed: json(get(row, 3, &what)?, &what)?,
                before: json(get(row, 4, &what)?, &what)?,
            })
        };
        rows.iter().map(revision).collect()
    }
}

/// Binds what [`PLACE`] and [`ORDER`] ask for.
pub(super) fn bind<'q>(query: rows::Query<'q>, selection: &Selection) -> rows::Query<'q> {
    let (before, after_id) = match selection.before {
        Some((time, id)) => (micros(time), id.as_bytes().to_vec()),
        // From the start: every id is greater than the empty one.
        None => (i64::MAX, Vec::new()),
    };
    query
        .bind(selection.since.map_or(i64::MIN, micros))
        .bind(before)
        .bind(after_id)
        .bind(i64::try_from(selection.limit).unwrap_or(i64::MAX))
}

/// The newest announcements of all, but for other sources. The `+` keeps the planner from the index by source.
pub(super) fn walk(wanted: Option<&BTreeSet<i64>>) -> String {
    let of = wanted.map_or_else(String::new, |wanted| format!("AND +source IN ({})", numbers(wanted.iter().copied())));
    format!(
        "SELECT rowid FROM articles WHERE {PLACE} {of} \
         AND +source NOT IN (SELECT number FROM sources WHERE removed = 1) {ORDER}"
    )
}

/// The newest announcements of each of these sources, merged.
pub(super) fn each(wanted: &[i64]) -> String {
    let newest = |number| {
        format!(
            "SELECT * FROM (SELECT announced_at, id, rowid AS row FROM articles WHERE source = {number} AND {PLACE} AND EXISTS \
             (SELECT 1 FROM sources WHERE number = {number} AND removed = 0) {ORDER}) AS of{number}"
        )
    };
    let union = wanted.iter().copied().map(newest).collect::<Vec<_>>().join(" UNION ALL ");
    format!("SELECT row FROM (SELECT announced_at, id, row FROM ({union}) AS newest {ORDER}) AS page")
}
