//! Which sources there are, how they stand, and single decisions of the operator about them.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;
use sqlx::SqliteConnection;

use super::claims::FREE;
use super::sql::{corrupt, failed, get, json, micros, moment, padded, parameters, query, runs};
use super::{Sqlite, rows, states};
use crate::model::SourceId;
use crate::plan::SourceState;
use crate::store::{Error, SourceStatus, Titled, rules};

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
        // One row of lines, for each row that travels wakes two threads: an id, its number, whether it is removed.
        let held = sqlx::query("SELECT string_agg(id || ' ' || number || ' ' || removed, char(10)) FROM sources")
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed(ACTION))?;
        for line in get::<Option<&str>>(&held, 0, "source")?.unwrap_or_default().lines() {
            let mut parts = line.split(' ');
            let stored = rows::source(parts.next().unwrap_or_default())?;
            let number = parts.next().unwrap_or_default().parse::<i64>().map_err(|cause| corrupt("source", cause))?;
            let removed = parts.next() == Some("1");
            let named = new.take(&stored);
            match (removed, named.is_some()) {
                (false, false) => gone.push(number),
                (true, true) => back.push(number),
                _ => {}
            }
            numbers.push((named.cloned().unwrap_or(stored), number));
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
        let text = format!(
            "SELECT s.id, s.paused, s.articles, (SELECT COUNT(*) FROM pending WHERE source = s.number), {} \
             FROM sources AS s {} WHERE s.removed = 0 ORDER BY s.id",
            states::COLUMNS,
            states::JOIN
        );
        let rows = query(text).fetch_all(&self.readers).await.map_err(failed("list the sources"))?;
        let status = |row| {
            let id = rows::source(get(row, 0, "source")?)?;
            let what = format!("source `{id}`");
            Ok(SourceStatus {
                paused: get(row, 1, &what)?,
                articles: get::<i64>(row, 2, &what)?.unsigned_abs(),
                pending: get::<i64>(row, 3, &what)?.unsigned_abs(),
                state: states::read(row, 4, &what)?,
                id,
            })
        };
        rows.iter().map(status).collect()
    }

    pub(super) async fn states_of(&self, sources: &[SourceId]) -> Result<Vec<(SourceId, SourceState)>, Error> {
        let ids: Vec<&str> = sources.iter().map(SourceId::as_str).collect();
        let mut found = Vec::with_capacity(ids.len());
        for run in padded(&ids) {
            let text = format!(
                "SELECT s.id, {} FROM sources AS s {} WHERE s.removed = 0 AND s.id IN ({})",
                states::COLUMNS,
                states::JOIN,
                parameters(run.len())
            );
            let bound = run.iter().fold(query(text), |query, id| query.bind((*id).to_owned()));
            for row in bound.fetch_all(&self.readers).await.map_err(failed("read the states of sources"))? {
                let id = rows::source(get(&row, 0, "source")?)?;
                let what = format!("source `{id}`");
                found.push((id, states::read(&row, 1, &what)?));
            }
        }
        Ok(found)
    }

    pub(super) async fn titles_of(&self, sources: &[SourceId]) -> Result<Vec<Titled>, Error> {
        /// What is read of a state, and nothing else of it.
        #[derive(Deserialize)]
        struct Heading {
            #[serde(default)]
            title: Option<String>,
            #[serde(default)]
            home: Option<String>,
        }
        let ids: Vec<&str> = sources.iter().map(SourceId::as_str).collect();
        let mut found = Vec::with_capacity(ids.len());
        for run in padded(&ids) {
            // One row of lines, an id and its state each: no line of either has a break.
            let text = format!(
                "SELECT string_agg(s.id || ' ' || t.state, char(10)) FROM sources AS s {} \
                 WHERE s.removed = 0 AND s.id IN ({})",
                states::JOIN,
                parameters(run.len())
            );
            let bound = run.iter().fold(query(text), |query, id| query.bind((*id).to_owned()));
            let row = bound.fetch_one(&self.readers).await.map_err(failed("read what sources say of themselves"))?;
            for line in get::<Option<&str>>(&row, 0, "source")?.unwrap_or_default().lines() {
                let (id, state) = line.split_once(' ').unwrap_or_default();
                let source = rows::source(id)?;
                let Heading { title, home } = json(state, &format!("source `{source}`"))?;
                found.push(Titled { source, title, home });
            }
        }
        Ok(found)
    }

    pub(super) async fn earliest(&self) -> Result<Option<Timestamp>, Error> {
        // Looks at the start of an index each; leased sources and pages are few.
        const FREE_OF: &str = "EXISTS (SELECT 1 FROM sources WHERE number = source AND removed = 0 AND paused = 0)";
        let text = format!(
            "SELECT MIN(due) FROM (\
             SELECT due_at AS due FROM (SELECT s.due_at FROM sources AS s WHERE {FREE} ORDER BY s.due_at LIMIT 1) AS free \
             UNION ALL SELECT MIN(CASE WHEN until > due_at THEN until ELSE due_at END) FROM leases \
             JOIN sources ON number = leases.source WHERE until IS NOT NULL AND removed = 0 AND paused = 0 \
             UNION ALL SELECT due FROM (SELECT due FROM pending WHERE lease_until IS NULL AND {FREE_OF} \
             AND NOT EXISTS (SELECT 1 FROM pending AS busy WHERE busy.source = pending.source \
             AND busy.lease_until IS NOT NULL) ORDER BY due LIMIT 1) AS page \
             UNION ALL SELECT MIN(CASE WHEN lease_until > first THEN lease_until ELSE first END) FROM (\
             SELECT lease_until, (SELECT MIN(due) FROM pending AS own WHERE own.source = pending.source) AS first \
             FROM pending WHERE lease_until IS NOT NULL AND {FREE_OF}) AS busy_pages \
             UNION ALL SELECT 0 FROM inbox WHERE EXISTS (SELECT 1 FROM sources AS s WHERE s.number = inbox.source \
             AND {FREE})) AS moments"
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
        let text = format!(
            "SELECT s.number, {} FROM sources AS s {} WHERE s.id = $1 AND s.removed = 0",
            states::COLUMNS,
            states::JOIN
        );
        let row = query(text).bind(source.as_str().to_owned()).fetch_optional(&mut *transaction).await;
        let Some(row) = row.map_err(failed(ACTION))? else { return Ok(false) };
        let mut state = states::read(&row, 1, "source")?;
        rules::wake(&mut state, now);
        let update = states::Update { state: Some(state), new: 0 };
        states::write(&mut transaction, [(get(&row, 0, "source")?, update)].into(), ACTION).await?;
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
    let mut added = Vec::with_capacity(new.len());
    for run in runs(new) {
        let text =
            format!("INSERT INTO sources (id, due_at) VALUES {} RETURNING id, number", super::sql::rows(run.len(), 2));
        let bound = run.iter().fold(query(text), |query, id| query.bind(id.as_str().to_owned()).bind(due_at(state)));
        for row in bound.fetch_all(&mut *connection).await.map_err(failed(ACTION))? {
            let id: String = get(&row, 0, "source")?;
            let at = run.binary_search_by(|own| own.as_str().cmp(&id));
            let own = at.ok().and_then(|at| run.get(at)).ok_or_else(|| failed(ACTION)(sqlx::Error::RowNotFound))?;
            added.push(((*own).clone(), get(&row, 1, "source")?));
        }
    }
    let numbers: Vec<i64> = added.iter().map(|(_, number)| *number).collect();
    states::insert(connection, &numbers, state, ACTION).await?;
    Ok(added)
}
