//! The history of feeds: which article is in which archive, and what was withdrawn.

use super::Sqlite;
use super::rows::{self, SELECT_ARTICLE};
use super::sql::{failed, get, micros, numbers, query, sixteen};
use crate::model::{Article, ArticleId, FeedId};
use crate::store::{Archive, Error, Selection};

const ACTION: &str = "read the archives of a feed";

impl Sqlite {
    pub(super) async fn select_unarchived(&self, feed: &FeedId, selection: &Selection) -> Result<Vec<Article>, Error> {
        let Some(of) = self.chosen(selection).await? else { return Ok(Vec::new()) };
        let text = format!(
            "{SELECT_ARTICLE} WHERE a.announced_at IS NOT NULL AND a.withdrawn_at IS NULL AND a.announced_at >= $1 \
             AND s.removed = 0 {of} AND NOT EXISTS \
             (SELECT 1 FROM archived AS h WHERE h.feed = $2 AND h.article = a.id) ORDER BY a.announced_at, a.id LIMIT $3"
        );
        let rows = query(text)
            .bind(selection.since.map_or(i64::MIN, micros))
            .bind(feed.as_str().to_owned())
            .bind(i64::try_from(selection.limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(failed("select articles for the archives"))?;
        rows.iter().map(rows::article).collect()
    }

    pub(super) async fn select_withdrawn(&self, selection: &Selection) -> Result<Vec<Article>, Error> {
        let Some(of) = self.chosen(selection).await? else { return Ok(Vec::new()) };
        let text = format!(
            "{SELECT_ARTICLE} WHERE a.withdrawn_at IS NOT NULL AND a.withdrawn_at >= $1 AND a.announced_at IS NOT NULL \
             AND s.removed = 0 {of} ORDER BY a.withdrawn_at DESC, a.id LIMIT $2"
        );
        let rows = query(text)
            .bind(selection.since.map_or(i64::MIN, micros))
            .bind(i64::try_from(selection.limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(failed("select what was withdrawn"))?;
        rows.iter().map(rows::article).collect()
    }

    /// The condition that chooses the sources of a selection; `None` where it chooses none.
    async fn chosen(&self, selection: &Selection) -> Result<Option<String>, Error> {
        let Some(sources) = &selection.sources else { return Ok(Some(String::new())) };
        let wanted = self.numbers_of(sources).await?;
        Ok((!wanted.is_empty()).then(|| format!("AND +a.source IN ({})", numbers(wanted))))
    }

    pub(super) async fn keep_archives(&self, feed: &FeedId, archives: &[Archive]) -> Result<(), Error> {
        const ACTION: &str = "keep the archives of a feed";
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed(ACTION))?;
        for archive in archives {
            for (place, (article, revision)) in archive.articles.iter().enumerate() {
                sqlx::query(
                    "INSERT INTO archived (feed, article, page, place, revision) VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT DO NOTHING",
                )
                .bind(feed.as_str())
                .bind(article.as_bytes().to_vec())
                .bind(archive.number)
                .bind(i64::try_from(place).unwrap_or(i64::MAX))
                .bind(*revision)
                .execute(&mut *transaction)
                .await
                .map_err(failed(ACTION))?;
            }
        }
        transaction.commit().await.map_err(failed(ACTION))
    }

    pub(super) async fn list_archived(&self, feed: &FeedId, number: u32) -> Result<Vec<(ArticleId, u32)>, Error> {
        const WHAT: &str = "archive";
        let rows = sqlx::query(
            "SELECT article, revision FROM archived WHERE feed = $1 AND page = $2 AND page > 0 ORDER BY place",
        )
        .bind(feed.as_str())
        .bind(number)
        .fetch_all(&self.readers)
        .await
        .map_err(failed(ACTION))?;
        let one = |row| Ok((ArticleId::from_bytes(sixteen(get(row, 0, WHAT)?, WHAT)?), get(row, 1, WHAT)?));
        rows.iter().map(one).collect()
    }

    pub(super) async fn newest_archive(&self, feed: &FeedId) -> Result<u32, Error> {
        let row = sqlx::query("SELECT max(page) FROM archived WHERE feed = $1 AND page > 0")
            .bind(feed.as_str())
            .fetch_one(&self.readers)
            .await
            .map_err(failed(ACTION))?;
        Ok(get::<Option<u32>>(&row, 0, "archive")?.unwrap_or_default())
    }

    pub(super) async fn list_archives_of(&self, id: ArticleId) -> Result<Vec<(FeedId, u32)>, Error> {
        const WHAT: &str = "archive";
        let rows = sqlx::query("SELECT feed, page FROM archived WHERE article = $1 AND page > 0 ORDER BY feed")
            .bind(id.as_bytes().to_vec())
            .fetch_all(&self.readers)
            .await
            .map_err(failed(ACTION))?;
        let one = |row| {
            let feed: String = get(row, 0, WHAT)?;
            Ok((feed.parse().map_err(|cause| super::sql::corrupt(WHAT, cause))?, get(row, 1, WHAT)?))
        };
        rows.iter().map(one).collect()
    }

    pub(super) async fn list_withdrawn_archives(&self, feed: &FeedId) -> Result<Vec<u32>, Error> {
        let rows = sqlx::query(
            "SELECT DISTINCT h.page FROM archived AS h JOIN articles AS a ON a.id = h.article \
             WHERE h.feed = $1 AND h.page > 0 AND a.withdrawn_at IS NOT NULL ORDER BY h.page",
        )
        .bind(feed.as_str().to_owned())
        .fetch_all(&self.readers)
        .await
        .map_err(failed(ACTION))?;
        rows.iter().map(|row| get(row, 0, "archive")).collect()
    }

    pub(super) async fn list_named(&self, name: &str) -> Result<Vec<ArticleId>, Error> {
        let rows = sqlx::query("SELECT id FROM articles WHERE (published_id = $1 OR guid = $1 OR link = $1) AND dropped_at IS NULL ORDER BY id")
            .bind(name)
            .fetch_all(&self.readers)
            .await
            .map_err(failed("look for an article by its name"))?;
        rows.iter().map(|row| Ok(ArticleId::from_bytes(sixteen(get(row, 0, "article")?, "article")?))).collect()
    }
}
