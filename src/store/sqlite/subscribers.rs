//! The subscribers of our own hub.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use url::Url;

use super::Sqlite;
use super::sql::{failed, get, micros, moment, sixteen, some_moment};
use crate::model::Digest;
use crate::plan::push::Subscriber;
use crate::store::Error;

const WRITE: &str = "write a subscriber";
const READ: &str = "read the subscribers";
const WHAT: &str = "subscriber";

pub(super) async fn add(store: &Sqlite, subscriber: &Subscriber) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO subscribers (topic, callback, secret, until, due, tries, told) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (topic, callback) DO UPDATE SET secret = excluded.secret, until = excluded.until",
    )
    .bind(subscriber.topic.clone())
    .bind(subscriber.callback.to_string())
    .bind(subscriber.secret.clone())
    .bind(micros(subscriber.until))
    .bind(subscriber.due.map(micros))
    .bind(subscriber.tries)
    .bind(subscriber.told.map(|digest| digest.as_bytes().to_vec()))
    .execute(&store.writer)
    .await
    .map_err(failed(WRITE))?;
    Ok(())
}

pub(super) async fn remove(store: &Sqlite, topic: &str, callback: &Url) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM subscribers WHERE topic = $1 AND callback = $2")
        .bind(topic.to_owned())
        .bind(callback.to_string())
        .execute(&store.writer)
        .await
        .map_err(failed(WRITE))?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn count(store: &Sqlite) -> Result<u64, Error> {
    let row = sqlx::query("SELECT COUNT(*) FROM subscribers").fetch_one(&store.readers).await.map_err(failed(READ))?;
    Ok(u64::try_from(get::<i64>(&row, 0, WHAT)?).unwrap_or_default())
}

pub(super) async fn tell(store: &Sqlite, topic: &str, now: Timestamp) -> Result<u64, Error> {
    // One that is being tried again later is told the newest now: what it missed is in it.
    let done = sqlx::query("UPDATE subscribers SET due = $2, tries = 0 WHERE topic = $1")
        .bind(topic.to_owned())
        .bind(micros(now))
        .execute(&store.writer)
        .await
        .map_err(failed(WRITE))?;
    Ok(done.rows_affected())
}

pub(super) async fn tell_all(store: &Sqlite, now: Timestamp) -> Result<(), Error> {
    let all = sqlx::query("UPDATE subscribers SET due = $1 WHERE due IS NULL").bind(micros(now));
    all.execute(&store.writer).await.map_err(failed(WRITE))?;
    Ok(())
}

pub(super) async fn due(
    store: &Sqlite,
    now: Timestamp,
    after: Option<&Subscriber>,
    limit: usize,
) -> Result<Vec<Subscriber>, Error> {
    if after.is_none() {
        forget_ended(store, now).await?;
    }
    let (due, topic, callback) = after.map_or((i64::MIN, String::new(), String::new()), |after| {
        (after.due.map_or(i64::MIN, micros), after.topic.clone(), after.callback.to_string())
    });
    let rows = sqlx::query(
        "SELECT topic, callback, secret, until, due, tries, told FROM subscribers WHERE due <= $1 AND until > $1 \
         AND (due, topic, callback) > ($2, $3, $4) ORDER BY due, topic, callback LIMIT $5",
    )
    .bind(micros(now))
    .bind(due)
    .bind(topic)
    .bind(callback)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(&store.readers)
    .await
    .map_err(failed(READ))?;
    rows.iter().map(subscriber).collect()
}

/// Deletes those who are due when their lease has ended.
async fn forget_ended(store: &Sqlite, now: Timestamp) -> Result<(), Error> {
    let ended =
        sqlx::query("SELECT EXISTS (SELECT 1 FROM subscribers WHERE due <= $1 AND until <= $1)").bind(micros(now));
    let row = ended.fetch_one(&store.readers).await.map_err(failed(READ))?;
    if get::<i64>(&row, 0, WHAT)? != 0 {
        let all = sqlx::query("DELETE FROM subscribers WHERE due <= $1 AND until <= $1").bind(micros(now));
        all.execute(&store.writer).await.map_err(failed(WRITE))?;
    }
    Ok(())
}

pub(super) async fn settle(store: &Sqlite, deliveries: &[(Subscriber, Option<Subscriber>)]) -> Result<(), Error> {
    let mut transaction = store.write(WRITE).await?;
    for (before, after) in deliveries {
        let statement = match after {
            Some(after) => sqlx::query(
                "UPDATE subscribers SET due = CASE WHEN due = $3 THEN $4 ELSE due END, tries = CASE WHEN due = $3 THEN $5 \
                 ELSE tries END, told = $6 WHERE topic = $1 AND callback = $2",
            )
            .bind(before.topic.clone())
            .bind(before.callback.to_string())
            .bind(before.due.map(micros))
            .bind(after.due.map(micros))
            .bind(after.tries)
            .bind(after.told.map(|digest| digest.as_bytes().to_vec())),
            None => sqlx::query("DELETE FROM subscribers WHERE topic = $1 AND callback = $2")
                .bind(before.topic.clone())
                .bind(before.callback.to_string()),
        };
        statement.execute(&mut *transaction).await.map_err(failed(WRITE))?;
    }
    transaction.commit().await.map_err(failed(WRITE))
}

pub(super) async fn next(store: &Sqlite) -> Result<Option<Timestamp>, Error> {
    let row = sqlx::query("SELECT MIN(due) FROM subscribers WHERE due IS NOT NULL");
    let row = row.fetch_one(&store.readers).await.map_err(failed(READ))?;
    some_moment(get(&row, 0, WHAT)?, WHAT)
}

fn subscriber(row: &SqliteRow) -> Result<Subscriber, Error> {
    let callback: String = get(row, 1, WHAT)?;
    let told: Option<Vec<u8>> = get(row, 6, WHAT)?;
    Ok(Subscriber {
        topic: get(row, 0, WHAT)?,
        callback: callback.parse().map_err(|cause| super::sql::corrupt(WHAT, cause))?,
        secret: get(row, 2, WHAT)?,
        until: moment(get(row, 3, WHAT)?, WHAT)?,
        due: some_moment(get(row, 4, WHAT)?, WHAT)?,
        tries: get(row, 5, WHAT)?,
        told: told.map(|digest| sixteen(&digest, WHAT).map(Digest::from_bytes)).transpose()?,
    })
}
