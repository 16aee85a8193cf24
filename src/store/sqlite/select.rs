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
        let wanted = match &selection.sources {
            None => None,
            Some(sources) => {
                let wanted = self.numbers_of(sources).await?;
                if wanted.is_empty() {
                    return Ok(Vec::new());
                }
                Some(wanted)
            }
        };
        if selection.limit == 0 {
            return Ok(Vec::new());
        }
        let total = self.remember([]);
        let mut articles = match wanted {
            None => self.page(selection, &walk(None)).await?,
            Some(wanted) if wanted.len() * wanted.len() > total => self.page(selection, &walk(Some(&wanted))).await?,
            Some(wanted) => {
                let wanted: Vec<i64> = wanted.into_iter().collect();
                let mut newest = Vec::new();
                for part in wanted.chunks(TERMS) {
                    newest.extend(self.page(selection, &each(part)).await?);
                }
                newest
            }
        };
        articles.sort_by(|a, b| b.announced_at.cmp(&a.announced_at).then(a.id.cmp(&b.id)));
        articles.truncate(selection.limit);
        Ok(articles)
    }

    /// The articles whose ids `chosen` selects.
    async fn page(&self, selection: &Selection, chosen: &str) -> Result<Vec<Article>, Error> {
        let since = selection.since.map_or(i64::MIN, micros);
        let (before, after_id) = match selection.before {
            Some((time, id)) => (micros(time), id.as_bytes().to_vec()),
            // From the start: every id is greater than the empty one.
            None => (i64::MAX, Vec::new()),
        };
        let rows = query(format!("{SELECT_ARTICLE} WHERE a.id IN ({chosen})"))
            .bind(since)
            .bind(before)
            .bind(after_id)
            .bind(i64::try_from(selection.limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(failed(ACTION))?;
        rows.iter().map(rows::article).collect()
    }

    /// The numbers of those sources that are held. Numbers are remembered; only unseen ones are asked for.
    async fn numbers_of(&self, sources: &[SourceId]) -> Result<BTreeSet<i64>, Error> {
        if sources.iter().any(|source| self.number(source).is_none()) {
            let mut connection = self.readers.acquire().await.map_err(failed(ACTION))?;
            self.learn_numbers(&mut connection, sources).await?;
        }
        Ok(sources.iter().filter_map(|source| self.number(source)).collect())
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

/// The newest announcements of all, but for other sources. The `+` keeps the planner from the index by source.
pub(super) fn walk(wanted: Option<&BTreeSet<i64>>) -> String {
    let of = wanted.map_or_else(String::new, |wanted| format!("AND +source IN ({})", numbers(wanted.iter().copied())));
    format!(
        "SELECT id FROM articles WHERE {PLACE} {of} \
         AND +source NOT IN (SELECT number FROM sources WHERE removed = 1) {ORDER}"
    )
}

/// The newest announcements of each of these sources, merged.
pub(super) fn each(wanted: &[i64]) -> String {
    let newest = |number| {
        format!(
            "SELECT * FROM (SELECT announced_at, id FROM articles WHERE source = {number} AND {PLACE} AND EXISTS \
             (SELECT 1 FROM sources WHERE number = {number} AND removed = 0) {ORDER}) AS of{number}"
        )
    };
    let union = wanted.iter().copied().map(newest).collect::<Vec<_>>().join(" UNION ALL ");
    format!("SELECT id FROM (SELECT announced_at, id FROM ({union}) AS newest {ORDER}) AS page")
}
