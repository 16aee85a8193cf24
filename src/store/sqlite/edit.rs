//! Newer forms of articles, and the forms they replace.

use sqlx::SqliteConnection;

use super::finish::ACTION;
use super::rows::{self, SELECT_ARTICLE, details};
use super::sql::{failed, get, micros, query, to_json};
use crate::model::{Article, ArticleId, Revision};
use crate::plan::Edit;
use crate::store::{Error, exact};

/// Replaces the content of an article and keeps the form it had, as the contract says of edits that cross.
pub(super) async fn edit_article(connection: &mut SqliteConnection, edit: &Edit) -> Result<(), Error> {
    let row = sqlx::query("SELECT revision FROM articles WHERE id = $1 AND dropped_at IS NULL")
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
    sqlx::query("UPDATE articles SET said = $2, announced_at = $3, withdrawn_at = CASE WHEN $6 THEN $4 ELSE COALESCE($4, withdrawn_at) END, \
         revision = $5 WHERE id = $1")
        .bind(next.id.as_bytes().to_vec())
        .bind(next.said.as_bytes().to_vec())
        .bind(next.announced_at.map(micros))
        .bind(next.withdrawn_at.map(micros))
        .bind(next.revision)
        .bind(edit.restores())
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
