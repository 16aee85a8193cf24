//! Article pages as they were fetched. Bodies that are equal are held once, whoever sent them.

use std::collections::HashSet;

use bytes::Bytes;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::Sqlite;
use super::edit::edit_article;
use super::finish::{ACTION, Held};
use super::insert::{Name, insert_names, names_of};
use super::sql::{self, failed, get, json, micros, moment, padded, parameters, query, sixteen, to_json};
use crate::model::{ArticleId, Digest, SourceId, Validators};
use crate::plan::{Edit, KeptPage, KeptPart, Packed};
use crate::store::{Error, exact};

const WHAT: &str = "kept page";

impl Sqlite {
    pub(super) async fn list_kept(&self, source: &SourceId) -> Result<Vec<ArticleId>, Error> {
        let rows = sqlx::query(
            "SELECT article FROM pages WHERE source = (SELECT number FROM sources WHERE id = $1) ORDER BY fetched_at, article",
        )
        .bind(source.as_str().to_owned())
        .fetch_all(&self.readers)
        .await
        .map_err(failed("list the kept pages"))?;
        rows.iter().map(article).collect()
    }

    pub(super) async fn read_kept(&self, id: ArticleId) -> Result<Option<KeptPage>, Error> {
        let read = failed("read a kept page");
        let row = sqlx::query("SELECT key, url, base, language, entry, said, authors FROM pages WHERE article = $1")
            .bind(id.as_bytes().to_vec())
            .fetch_optional(&self.readers)
            .await
            .map_err(&read)?;
        let Some(row) = row else { return Ok(None) };
        let parts = sqlx::query(
            "SELECT p.url, p.content_type, p.fetched_at, b.digest, b.length, b.packed, p.etag, p.last_modified FROM page_parts AS p \
             JOIN bodies AS b ON b.digest = p.body WHERE p.article = $1 ORDER BY p.part",
        )
        .bind(id.as_bytes().to_vec())
        .fetch_all(&self.readers)
        .await
        .map_err(&read)?;
        let parts = parts.iter().map(part).collect::<Result<Vec<_>, _>>()?;
        if parts.is_empty() {
            // Dropped between the two questions.
            return Ok(None);
        }
        Ok(Some(KeptPage {
            key: get(&row, 0, WHAT)?,
            url: address(get(&row, 1, WHAT)?)?,
            base: get::<Option<&str>>(&row, 2, WHAT)?.map(address).transpose()?,
            language: get(&row, 3, WHAT)?,
            authors: json(get(&row, 6, WHAT)?, WHAT)?,
            entry: json(get(&row, 4, WHAT)?, WHAT)?,
            said: Digest::from_bytes(sixteen(get(&row, 5, WHAT)?, WHAT)?),
            parts,
        }))
    }

    pub(super) async fn apply_edits(&self, edits: &[Edit]) -> Result<(), Error> {
        let sources: Vec<SourceId> = edits.iter().map(|edit| edit.article.source.clone()).collect();
        let mut transaction = self.write(ACTION).await?;
        self.learn_numbers(&mut transaction, &sources).await?;
        let mut names: Vec<Name> = Vec::new();
        for edit in edits {
            edit_article(&mut transaction, edit).await?;
            if let Some(source) = self.number(&edit.article.source) {
                names.extend(names_of(source, edit.article.id, &edit.aliases));
            }
        }
        insert_names(&mut transaction, &names).await?;
        sqlx::query("INSERT INTO counters (name, value) VALUES ('amended', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1")
            .execute(&mut *transaction)
            .await
            .map_err(failed(ACTION))?;
        transaction.commit().await.map_err(failed(ACTION))
    }

    pub(super) async fn count_amended(&self) -> Result<i64, Error> {
        let action = "look for what was amended";
        let row = sqlx::query("SELECT value FROM counters WHERE name = 'amended'")
            .fetch_optional(&self.readers)
            .await
            .map_err(failed(action))?;
        row.map_or(Ok(0), |row| get(&row, 0, "counter"))
    }
}

fn part(row: &SqliteRow) -> Result<KeptPart, Error> {
    Ok(KeptPart {
        url: address(get(row, 0, WHAT)?)?,
        content_type: get(row, 1, WHAT)?,
        fetched_at: moment(get(row, 2, WHAT)?, WHAT)?,
        validators: Validators { etag: get(row, 6, WHAT)?, last_modified: get(row, 7, WHAT)? },
        body: Packed {
            digest: Digest::from_bytes(sixteen(get(row, 3, WHAT)?, WHAT)?),
            length_bytes: get::<i64>(row, 4, WHAT)?.unsigned_abs(),
            bytes: Bytes::from(get::<Vec<u8>>(row, 5, WHAT)?),
        },
    })
}

fn address(text: &str) -> Result<url::Url, Error> {
    text.parse().map_err(|cause| sql::corrupt(WHAT, cause))
}

fn article(row: &SqliteRow) -> Result<ArticleId, Error> {
    Ok(ArticleId::from_bytes(sixteen(get(row, 0, WHAT)?, WHAT)?))
}

/// Keeps the pages of all refreshes, and makes the room they were given.
pub(super) async fn keep(connection: &mut SqliteConnection, written: &[Held<'_>]) -> Result<(), Error> {
    let mut loose = HashSet::new();
    for (_, source, refresh) in written.iter().filter(|(_, _, refresh)| !refresh.changes.kept.pages.is_empty()) {
        for page in &refresh.changes.kept.pages {
            if let Some(article) = named(connection, *source, &page.key).await?.filter(|_| !page.parts.is_empty()) {
                drop_pages(connection, &[article], &mut loose).await?;
                insert(connection, *source, article, exact::kept(page.clone())).await?;
            }
        }
        let too_many = beyond(connection, *source, refresh.changes.kept.room_bytes).await?;
        drop_pages(connection, &too_many, &mut loose).await?;
    }
    drop_bodies(connection, &loose).await
}

/// The article of a source that goes by a key.
async fn named(connection: &mut SqliteConnection, source: i64, key: &str) -> Result<Option<ArticleId>, Error> {
    let row = sqlx::query(
        "SELECT n.article FROM aliases AS n JOIN articles AS a ON a.id = n.article \
         WHERE n.source = $1 AND n.digest = $2 AND a.dropped_at IS NULL",
    )
    .bind(source)
    .bind(Digest::of(key.as_bytes()).as_bytes().to_vec())
    .fetch_optional(connection)
    .await
    .map_err(failed(ACTION))?;
    row.as_ref().map(article).transpose()
}

async fn insert(
    connection: &mut SqliteConnection,
    source: i64,
    article: ArticleId,
    page: KeptPage,
) -> Result<(), Error> {
    let id = || article.as_bytes().to_vec();
    sqlx::query(
        "INSERT INTO pages (article, source, fetched_at, size, key, url, base, language, entry, said, authors) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(id())
    .bind(source)
    .bind(page.parts.first().map(|part| micros(part.fetched_at)))
    .bind(signed(page.packed_bytes()))
    .bind(page.key)
    .bind(page.url.to_string())
    .bind(page.base.map(String::from))
    .bind(page.language)
    .bind(to_json(&page.entry)?)
    .bind(page.said.as_bytes().to_vec())
    .bind(to_json(&page.authors)?)
    .execute(&mut *connection)
    .await
    .map_err(failed(ACTION))?;
    for (number, part) in (0_i64..).zip(page.parts) {
        let digest = || part.body.digest.as_bytes().to_vec();
        sqlx::query("INSERT INTO bodies (digest, length, packed) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(digest())
            .bind(signed(part.body.length_bytes))
            .bind(part.body.bytes.to_vec())
            .execute(&mut *connection)
            .await
            .map_err(failed(ACTION))?;
        sqlx::query(
            "INSERT INTO page_parts (article, part, url, content_type, fetched_at, body, etag, last_modified) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id())
        .bind(number)
        .bind(part.url.to_string())
        .bind(part.content_type.clone())
        .bind(micros(part.fetched_at))
        .bind(digest())
        .bind(part.validators.etag.clone())
        .bind(part.validators.last_modified.clone())
        .execute(&mut *connection)
        .await
        .map_err(failed(ACTION))?;
    }
    Ok(())
}

/// The pages of a source that do not fit into its room, the latest fetched going first.
async fn beyond(connection: &mut SqliteConnection, source: i64, room: u64) -> Result<Vec<ArticleId>, Error> {
    let rows = sqlx::query(
        "SELECT article FROM (SELECT article, SUM(size) OVER (ORDER BY fetched_at DESC, article) AS taken \
         FROM pages WHERE source = $1) AS pages_so_far WHERE taken > $2",
    )
    .bind(source)
    .bind(signed(room))
    .fetch_all(connection)
    .await
    .map_err(failed(ACTION))?;
    rows.iter().map(article).collect()
}

/// Drops pages; the digests of their bodies go into `loose`.
pub(super) async fn drop_pages(
    connection: &mut SqliteConnection,
    articles: &[ArticleId],
    loose: &mut HashSet<Vec<u8>>,
) -> Result<(), Error> {
    for run in padded(articles) {
        let all = parameters(run.len());
        let bound = |text: String| run.iter().fold(query(text), |query, id| query.bind(id.as_bytes().to_vec()));
        let rows = bound(format!("DELETE FROM page_parts WHERE article IN ({all}) RETURNING body"));
        for row in rows.fetch_all(&mut *connection).await.map_err(failed(ACTION))? {
            loose.insert(get(&row, 0, WHAT)?);
        }
        let gone = bound(format!("DELETE FROM pages WHERE article IN ({all})"));
        gone.execute(&mut *connection).await.map_err(failed(ACTION))?;
    }
    Ok(())
}

/// Drops those of these bodies that no page has any more.
pub(super) async fn drop_bodies(connection: &mut SqliteConnection, loose: &HashSet<Vec<u8>>) -> Result<(), Error> {
    for run in padded(&loose.iter().cloned().collect::<Vec<_>>()) {
        let text = format!(
            "DELETE FROM bodies WHERE digest IN ({}) AND NOT EXISTS (SELECT 1 FROM page_parts WHERE body = digest)",
            parameters(run.len())
        );
        let bound = run.into_iter().fold(query(text), sqlx::query::Query::bind);
        bound.execute(&mut *connection).await.map_err(failed(ACTION))?;
    }
    Ok(())
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
