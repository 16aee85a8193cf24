//! Our subscriptions at hubs, and the inbox.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use url::Url;

use super::claims::FREE;
use super::finish::Held;
use super::sql::{failed, get, json, micros, moment, numbers, query, to_json};
use super::{Sqlite, states, subscribers};
use crate::model::SourceId;
use crate::plan::SourceState;
use crate::plan::push::{Phase, Pushed, Subscriber, Subscription, Topic, TopicChange};
use crate::plan::timing::Correction;
use crate::store::push::{INBOX, Push};
use crate::store::{Error, Work};

const READ: &str = "read a subscription";
const WRITE: &str = "write a subscription";

fn subscription(row: &SqliteRow) -> Result<Subscription, Error> {
    json(get(row, 0, "subscription")?, "subscription")
}

#[async_trait]
impl Push for Sqlite {
    async fn subscription(&self, source: &SourceId) -> Result<Option<Subscription>, Error> {
        let text = "SELECT state FROM subscriptions WHERE source = (SELECT number FROM sources WHERE id = $1)";
        let row = sqlx::query(text).bind(source.as_str().to_owned()).fetch_optional(&self.readers).await;
        row.map_err(failed(READ))?.as_ref().map(subscription).transpose()
    }

    async fn subscription_at(&self, token: &str) -> Result<Option<Subscription>, Error> {
        let row = sqlx::query("SELECT state FROM subscriptions WHERE token = $1").bind(token.to_owned());
        let row = row.fetch_optional(&self.readers).await;
        row.map_err(failed(READ))?.as_ref().map(subscription).transpose()
    }

    async fn due_subscriptions(&self, now: Timestamp, limit: usize) -> Result<Vec<Subscription>, Error> {
        let rows = sqlx::query("SELECT state FROM subscriptions WHERE next <= $1 ORDER BY next, source LIMIT $2")
            .bind(micros(now))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(failed(READ))?;
        rows.iter().map(subscription).collect()
    }

    async fn save_subscription(&self, subscription: &Subscription) -> Result<(), Error> {
        save(&self.writer, subscription).await
    }

    async fn end_subscription(&self, token: &str) -> Result<(), Error> {
        let end = sqlx::query("DELETE FROM subscriptions WHERE token = $1").bind(token.to_owned());
        end.execute(&self.writer).await.map_err(failed(WRITE))?;
        Ok(())
    }

    async fn deliver(&self, token: &str, pushed: &Pushed) -> Result<bool, Error> {
        const ACTION: &str = "keep what a hub sent";
        let mut transaction = self.write(ACTION).await?;
        let row = sqlx::query(
            "INSERT INTO inbox (source, received_at, media_type, body) SELECT source, $2, $3, $4 FROM subscriptions \
             WHERE token = $1 RETURNING source",
        )
        .bind(token.to_owned())
        .bind(micros(pushed.received_at))
        .bind(pushed.media_type.clone())
        .bind(pushed.body.to_vec())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed(ACTION))?;
        let Some(row) = row else { return Ok(false) };
        let source: i64 = get(&row, 0, "inbox")?;
        let oldest = "DELETE FROM inbox WHERE source = $1 AND number NOT IN \
                      (SELECT number FROM inbox WHERE source = $1 ORDER BY number DESC LIMIT $2)";
        sqlx::query(oldest)
            .bind(source)
            .bind(i64::try_from(INBOX).unwrap_or(i64::MAX))
            .execute(&mut *transaction)
            .await
            .map_err(failed(ACTION))?;
        transaction.commit().await.map_err(failed(ACTION))?;
        Ok(true)
    }

    async fn subscribe(&self, subscriber: &Subscriber) -> Result<(), Error> {
        subscribers::add(self, subscriber).await
    }

    async fn unsubscribe(&self, topic: &str, callback: &Url) -> Result<bool, Error> {
        subscribers::remove(self, topic, callback).await
    }

    async fn subscribers(&self) -> Result<u64, Error> {
        subscribers::count(self).await
    }

    async fn tell(&self, topic: &str, now: Timestamp) -> Result<u64, Error> {
        subscribers::tell(self, topic, now).await
    }

    async fn tell_all(&self, now: Timestamp) -> Result<(), Error> {
        subscribers::tell_all(self, now).await
    }

    async fn due_subscribers(
        &self,
        now: Timestamp,
        after: Option<&Subscriber>,
        limit: usize,
    ) -> Result<Vec<Subscriber>, Error> {
        subscribers::due(self, now, after, limit).await
    }

    async fn settle(&self, deliveries: &[(Subscriber, Option<Subscriber>)]) -> Result<(), Error> {
        subscribers::settle(self, deliveries).await
    }

    async fn next_delivery(&self) -> Result<Option<Timestamp>, Error> {
        subscribers::next(self).await
    }
}

/// A source whose inbox holds something, and the oldest of it.
pub(super) struct Waiting {
    pub(super) number: i64,
    pub(super) source: String,
    pub(super) state: Box<SourceState>,
    pub(super) pushed: Pushed,
}

/// The sources that may be claimed for what is in their inboxes, whatever their time.
pub(super) async fn waiting(connection: &mut SqliteConnection, limit: usize) -> Result<Vec<Waiting>, Error> {
    const ACTION: &str = "look into the inboxes";
    /// Documents handed out at once: they may be large.
    const MOST: usize = 16;
    let text = format!(
        "SELECT s.number, s.id, i.number, i.received_at, i.media_type, i.body, {} FROM inbox AS i \
         JOIN sources AS s ON s.number = i.source {} WHERE {FREE} \
         AND i.number = (SELECT MIN(own.number) FROM inbox AS own WHERE own.source = i.source) ORDER BY i.number LIMIT $1",
        states::COLUMNS,
        states::JOIN
    );
    let rows = query(text)
        .bind(i64::try_from(limit.min(MOST)).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await
        .map_err(failed(ACTION))?;
    let read = |row: &SqliteRow| {
        const WHAT: &str = "inbox";
        let source: String = get(row, 1, WHAT)?;
        let pushed = Pushed {
            number: get(row, 2, WHAT)?,
            received_at: moment(get(row, 3, WHAT)?, WHAT)?,
            media_type: get(row, 4, WHAT)?,
            body: get::<Vec<u8>>(row, 5, WHAT)?.into(),
        };
        let state = Box::new(states::read(row, 6, &format!("source `{source}`"))?);
        Ok(Waiting { number: get(row, 0, WHAT)?, source, state, pushed })
    };
    rows.iter().map(read).collect()
}

/// Moves all subscriptions along with a clock that was set.
pub(super) async fn correct(connection: &mut SqliteConnection, correction: Correction) -> Result<(), Error> {
    let rows =
        sqlx::query("SELECT state FROM subscriptions").fetch_all(&mut *connection).await.map_err(failed(READ))?;
    for row in &rows {
        let mut held = subscription(row)?;
        correction.subscription(&mut held);
        save(&mut *connection, &held).await?;
    }
    Ok(())
}

async fn save<'a>(place: impl sqlx::SqliteExecutor<'a>, held: &Subscription) -> Result<(), Error> {
    sqlx::query("UPDATE subscriptions SET next = $2, state = $3 WHERE token = $1")
        .bind(held.token.clone())
        .bind(micros(held.next))
        .bind(to_json(held)?)
        .execute(place)
        .await
        .map_err(failed(WRITE))?;
    Ok(())
}

/// What refreshes that are being written change about subscriptions and inboxes.
pub(super) async fn write(connection: &mut SqliteConnection, written: &[Held<'_>]) -> Result<(), Error> {
    let read = written.iter().filter_map(|(_, _, refresh)| match &refresh.claim.work {
        Work::Source { pushed: Some(pushed), .. } => Some(pushed.number),
        _ => None,
    });
    let read = numbers(read);
    if !read.is_empty() {
        let text = format!("DELETE FROM inbox WHERE number IN ({read})");
        query(text).persistent(false).execute(&mut *connection).await.map_err(failed(WRITE))?;
    }
    for (_, number, refresh) in written {
        let now = refresh.changes.state.as_ref().and_then(|state| state.attempted_at).map_or(0, micros);
        match &refresh.changes.topic {
            None => {}
            Some(TopicChange::Is(topic)) => want(connection, *number, &refresh.claim.source, topic, now).await?,
            Some(TopicChange::Gone) => leave(connection, *number, now).await?,
        }
    }
    Ok(())
}

async fn held(connection: &mut SqliteConnection, number: i64) -> Result<Option<Subscription>, Error> {
    let row = sqlx::query("SELECT state FROM subscriptions WHERE source = $1").bind(number);
    row.fetch_optional(connection).await.map_err(failed(READ))?.as_ref().map(subscription).transpose()
}

async fn want(
    connection: &mut SqliteConnection,
    number: i64,
    source: &SourceId,
    topic: &Topic,
    now: i64,
) -> Result<(), Error> {
    let held = held(connection, number).await?;
    if held.is_some_and(|held| held.topic == *topic && held.phase != Phase::Leaving) {
        return Ok(());
    }
    let row = sqlx::query("SELECT lower(hex(randomblob(20))), lower(hex(randomblob(32)))");
    let row = row.fetch_one(&mut *connection).await.map_err(failed(WRITE))?;
    let (token, secret): (String, String) = (get(&row, 0, "token")?, get(&row, 1, "secret")?);
    let fresh =
        Subscription::wanted(source.clone(), topic.clone(), token.clone(), secret, moment(now, "subscription")?);
    sqlx::query(
        "INSERT INTO subscriptions (source, token, next, state) VALUES ($1, $2, $3, $4) ON CONFLICT (source) \
         DO UPDATE SET token = excluded.token, next = excluded.next, state = excluded.state",
    )
    .bind(number)
    .bind(token)
    .bind(now)
    .bind(to_json(&fresh)?)
    .execute(connection)
    .await
    .map_err(failed(WRITE))?;
    Ok(())
}

async fn leave(connection: &mut SqliteConnection, number: i64, now: i64) -> Result<(), Error> {
    let Some(held) = held(connection, number).await? else { return Ok(()) };
    let leaving = Subscription { phase: Phase::Leaving, next: moment(now, "subscription")?, ..held };
    sqlx::query("UPDATE subscriptions SET next = $2, state = $3 WHERE source = $1")
        .bind(number)
        .bind(now)
        .bind(to_json(&leaving)?)
        .execute(connection)
        .await
        .map_err(failed(WRITE))?;
    Ok(())
}
