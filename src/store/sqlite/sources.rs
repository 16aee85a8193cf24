//! Which sources there are, how they stand, and single decisions of the operator about them.

use std::collections::HashSet;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::Sqlite;
use super::rows;
use super::sql::{failed, get, json, micros, moment, padded, parameters, query, runs, to_json};
use crate::model::SourceId;
use crate::plan::{Health, SourceState};
use crate::store::{Error, SourceStatus, rules};

/// `due_at` of a source that is never due by itself.
pub(super) const NEVER: i64 = i64::MAX;

/// `due_at` of a source in this state.
pub(super) fn due_at(state: &SourceState) -> i64 {
    rules::due_at(state).map_or(NEVER, micros)
}

impl Sqlite {
    pub(super) async fn sync(&self, configured: &[SourceId], now: Timestamp) -> Result<(), Error> {
        const ACTION: &str = "compare the stored sources with the settings";
        let mut transaction = self.write(ACTION).await?;
        let mut new: HashSet<&SourceId> = configured.iter().collect();
        let (mut gone, mut back) = (Vec::new(), Vec::new());
        let mut numbers = Vec::with_capacity(configured.len());
        {
            let mut held = sqlx::query("SELECT id, number, removed FROM sources").fetch(&mut *transaction);
            while let Some(row) = held.try_next().await.map_err(failed(ACTION))? {
                let stored = rows::source(get(&row, 0, "source")?)?;
                let (number, removed): (i64, bool) = (get(&row, 1, "source")?, get(&row, 2, "source")?);
                let named = new.take(&stored);
                match (removed, named.is_some()) {
                    (false, false) => gone.push(number),
                    (true, true) => back.push(number),
                    _ => {}
                }
                numbers.push((named.cloned().unwrap_or(stored), number));
            }
        }
        for (removed, list) in [(1, gone), (0, back)] {
            if !list.is_empty() {
                let text =
                    format!("UPDATE sources SET removed = {removed} WHERE number IN ({})", super::sql::numbers(list));
                query(text).persistent(false).execute(&mut *transaction).await.map_err(failed(ACTION))?;
            }
        }
        let mut new: Vec<&SourceId> = new.into_iter().collect();
        new.sort();
        let added = insert(&mut transaction, &new, &rules::newcomer(now)).await?;
        transaction.commit().await.map_err(failed(ACTION))?;
        self.remember(numbers.into_iter().chain(added));
        Ok(())
    }

    pub(super) async fn list_sources(&self) -> Result<Vec<SourceStatus>, Error> {
        let rows = sqlx::query(
            "SELECT id, state, paused, articles, (SELECT COUNT(*) FROM pending WHERE source = number) \
             FROM sources WHERE removed = 0 ORDER BY id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed("list the sources"))?;
        let status = |row| {
            let id = rows::source(get(row, 0, "source")?)?;
            let what = format!("source `{id}`");
            Ok(SourceStatus {
                state: json(get(row, 1, &what)?, &what)?,
                paused: get(row, 2, &what)?,
                articles: get::<i64>(row, 3, &what)?.unsigned_abs(),
                pending: get::<i64>(row, 4, &what)?.unsigned_abs(),
                id,
            })
        };
        rows.iter().map(status).collect()
    }

    pub(super) async fn states_of(&self, sources: &[SourceId]) -> Result<Vec<(SourceId, SourceState)>, Error> {
        let ids: Vec<&str> = sources.iter().map(SourceId::as_str).collect();
        let mut states = Vec::with_capacity(ids.len());
        for run in padded(&ids) {
            let text = format!("SELECT id, state FROM sources WHERE removed = 0 AND id IN ({})", parameters(run.len()));
            let bound = run.iter().fold(query(text), |query, id| query.bind((*id).to_owned()));
            for row in bound.fetch_all(&self.readers).await.map_err(failed("read the states of sources"))? {
                let id = rows::source(get(&row, 0, "source")?)?;
                let what = format!("source `{id}`");
                states.push((id, json(get(&row, 1, &what)?, &what)?));
            }
        }
        Ok(states)
    }

    pub(super) async fn earliest(&self) -> Result<Option<Timestamp>, Error> {
        // Four looks at the start of an index each; leased rows and pages are few.
        const FREE_OF: &str = "EXISTS (SELECT 1 FROM sources WHERE number = source AND removed = 0 AND paused = 0)";
        let text = format!(
            "SELECT MIN(due) FROM (\
             SELECT MIN(due_at) AS due FROM sources WHERE removed = 0 AND paused = 0 AND lease_until IS NULL \
             UNION ALL SELECT MIN(CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END) FROM sources \
             WHERE lease_until IS NOT NULL AND removed = 0 AND paused = 0 \
             UNION ALL SELECT due FROM (SELECT due FROM pending WHERE lease_until IS NULL AND {FREE_OF} \
             AND NOT EXISTS (SELECT 1 FROM pending AS busy WHERE busy.source = pending.source \
             AND busy.lease_until IS NOT NULL) ORDER BY due LIMIT 1) AS page \
             UNION ALL SELECT MIN(CASE WHEN lease_until > first THEN lease_until ELSE first END) FROM (\
             SELECT lease_until, (SELECT MIN(due) FROM pending AS own WHERE own.source = pending.source) AS first \
             FROM pending WHERE lease_until IS NOT NULL AND {FREE_OF}) AS busy_pages \
             UNION ALL SELECT 0 FROM inbox WHERE EXISTS (SELECT 1 FROM sources WHERE number = source AND removed = 0 \
             AND paused = 0 AND lease_until IS NULL)) AS moments"
        );
        let row = query(text).fetch_one(&self.readers).await.map_err(failed("find out what is due next"))?;
        let due: Option<i64> = get(&row, 0, "schedule")?;
        due.filter(|due| *due != NEVER).map(|due| moment(due, "schedule")).transpose()
    }

    pub(super) async fn pause(&self, source: &SourceId, paused: bool) -> Result<bool, Error> {
        let done = sqlx::query("UPDATE sources SET paused = $2 WHERE id = $1 AND removed = 0")
            .bind(source.as_str().to_owned())
            .bind(i64::from(paused))
            .execute(&self.writer)
            .await
            .map_err(failed("pause a source or let it go on"))?;
        Ok(done.rows_affected() > 0)
    }

    pub(super) async fn make_due(&self, source: &SourceId, now: Timestamp) -> Result<bool, Error> {
        const ACTION: &str = "make a source due";
        let mut transaction = self.write(ACTION).await?;
        let row = sqlx::query("SELECT state FROM sources WHERE id = $1 AND removed = 0")
            .bind(source.as_str().to_owned())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed(ACTION))?;
        let Some(row) = row else { return Ok(false) };
        let mut state: SourceState = json(get(&row, 0, "source")?, "source")?;
        rules::wake(&mut state, now);
        sqlx::query("UPDATE sources SET state = $2, due_at = $3, gone = $4 WHERE id = $1")
            .bind(source.as_str().to_owned())
            .bind(to_json(&state)?)
            .bind(due_at(&state))
            .bind(i64::from(state.health == Health::Gone))
            .execute(&mut *transaction)
            .await
            .map_err(failed(ACTION))?;
        transaction.commit().await.map_err(failed(ACTION))?;
        Ok(true)
    }
}

async fn insert(
    connection: &mut SqliteConnection,
    new: &[&SourceId],
    state: &SourceState,
) -> Result<Vec<(SourceId, i64)>, Error> {
    const ACTION: &str = "add sources";
    let json = to_json(state)?;
    let mut added = Vec::with_capacity(new.len());
    for run in runs(new) {
        let text = format!(
            "INSERT INTO sources (id, due_at, state) VALUES {} RETURNING id, number",
            super::sql::rows(run.len(), 3)
        );
        let bound = run
            .iter()
            .fold(query(text), |query, id| query.bind(id.as_str().to_owned()).bind(due_at(state)).bind(json.clone()));
        for row in bound.fetch_all(&mut *connection).await.map_err(failed(ACTION))? {
            let id: String = get(&row, 0, "source")?;
            let at = run.binary_search_by(|own| own.as_str().cmp(&id));
            let own = at.ok().and_then(|at| run.get(at)).ok_or_else(|| failed(ACTION)(sqlx::Error::RowNotFound))?;
            added.push(((*own).clone(), get(&row, 1, "source")?));
        }
    }
    Ok(added)
}
