//! Articles of several sources that tell one story: the index they find each other by, and the stories found.
//!
//! The index is laid out by day: what is looked up and written lies together however many articles are held, and what is past
//! is dropped as one range.

use std::ops::RangeInclusive;

use sqlx::SqliteConnection;

use super::Sqlite;
use super::finish::{ACTION, Held};
use super::sql::{self, failed, get, json, numbers, padded, parameters, query, runs};
use crate::model::{ArticleId, Stories};
use crate::plan::StoryMark;
use crate::store::rules::{STORY_DAYS, STORY_DEPTH};
use crate::store::{Error, Told};

const LOOK_UP: &str = "look up who tells a story";

impl Sqlite {
    pub(super) async fn find_told(&self, days: RangeInclusive<i64>, keys: &[i64]) -> Result<Vec<Told>, Error> {
        let mut found = Vec::new();
        let days = numbers(days);
        for run in padded(keys) {
            // One row, whatever is found: each row that travels wakes two threads. Days are listed, since a range of them would
            // have all their keys read.
            let text = format!(
                "SELECT json_group_array(json_array(k.key, hex(k.article), hex(s.story))) FROM story_keys AS k \
                 LEFT JOIN stories AS s ON s.article = k.article WHERE k.day IN ({days}) AND k.key IN ({})",
                parameters(run.len())
            );
            let bound = run.iter().fold(query(text).persistent(false), |query, key| query.bind(*key));
            let row = bound.fetch_one(&self.readers).await.map_err(failed(LOOK_UP))?;
            let rows: Vec<(i64, String, String)> = json(get(&row, 0, "story")?, "story")?;
            for (key, article, story) in rows {
                let story = if story.is_empty() { None } else { Some(id(&story)?) };
                found.push(Told { key, article: id(&article)?, story });
            }
        }
        Ok(found)
    }

    pub(super) async fn stories_of(&self, articles: &[ArticleId]) -> Result<Stories, Error> {
        let mut found = Stories::new();
        for run in padded(articles) {
            let text = format!(
                "SELECT json_group_array(json_array(hex(article), hex(story))) FROM stories WHERE article IN ({})",
                parameters(run.len())
            );
            let bound = run.iter().fold(query(text), |query, id| query.bind(id.as_bytes().to_vec()));
            let row = bound.fetch_one(&self.readers).await.map_err(failed(LOOK_UP))?;
            let rows: Vec<(String, String)> = json(get(&row, 0, "story")?, "story")?;
            for (article, story) in rows {
                found.insert(id(&article)?, id(&story)?);
            }
        }
        Ok(found)
    }
}

fn id(hex: &str) -> Result<ArticleId, Error> {
    hex.to_ascii_lowercase().parse().map_err(|cause| sql::corrupt("story", cause))
}

/// Writes what the articles of these refreshes are found by, and the stories they joined; drops what is past.
pub(super) async fn mark_stories(connection: &mut SqliteConnection, written: &[Held<'_>]) -> Result<(), Error> {
    let marks: Vec<&StoryMark> = written.iter().flat_map(|(_, _, refresh)| &refresh.changes.stories).collect();
    let Some(today) = marks.iter().map(|mark| mark.day).max() else { return Ok(()) };
    let mut keys: Vec<(i64, i64, ArticleId)> =
        marks.iter().flat_map(|mark| mark.keys.iter().map(|key| (mark.day, *key, mark.article))).collect();
    keys.sort_unstable();
    for run in runs(&keys) {
        // What everybody shares tells nothing, and must cost nothing.
        let text = format!(
            "INSERT INTO story_keys (day, key, article) SELECT column1, column2, column3 FROM (VALUES {}) AS given \
             WHERE (SELECT count(*) FROM (SELECT 1 FROM story_keys WHERE day = column1 AND key = column2 \
             LIMIT {STORY_DEPTH})) < {STORY_DEPTH} ON CONFLICT DO NOTHING",
            sql::rows(run.len(), 3)
        );
        let bound = run.iter().fold(query(text), |query, (day, key, article)| {
            query.bind(*day).bind(*key).bind(article.as_bytes().to_vec())
        });
        bound.execute(&mut *connection).await.map_err(failed(ACTION))?;
    }
    // The first to tell it is of its story too; what is in a story stays in it.
    let joined: Vec<(ArticleId, ArticleId)> = marks
        .iter()
        .filter_map(|mark| Some((mark.story?, mark.article)))
        .flat_map(|(story, article)| [(story, story), (article, story)])
        .collect();
    for run in runs(&joined) {
        let text =
            format!("INSERT INTO stories (article, story) VALUES {} ON CONFLICT DO NOTHING", sql::rows(run.len(), 2));
        let bound = run.iter().fold(query(text), |query, (article, story)| {
            query.bind(article.as_bytes().to_vec()).bind(story.as_bytes().to_vec())
        });
        bound.execute(&mut *connection).await.map_err(failed(ACTION))?;
    }
    sqlx::query("DELETE FROM story_keys WHERE day < $1")
        .bind(today - STORY_DAYS)
        .execute(connection)
        .await
        .map_err(failed(ACTION))?;
    Ok(())
}
