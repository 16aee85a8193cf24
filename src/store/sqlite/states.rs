//! What is remembered of a source, as rows and back.
//!
//! It stands in two tables. What changes with every request (times, a status, why it is due) are columns of `sources`, a narrow
//! row; the rest is JSON in `states`, some hundred bytes, and is written only where it changed: an answer of 304 leaves it.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::sources::due_at;
use super::sql::{self, failed, get, json, micros, query, runs, some_moment, to_json};
use crate::plan::{Health, SourceState};
use crate::store::{Error, exact};

/// The columns of a state in the order of [`read`]; `sources` as `s` and `states` as `t` are to follow, joined by [`JOIN`].
pub(super) const COLUMNS: &str = "t.state, s.next_due, s.not_before, s.attempted_at, s.succeeded_at, s.status, s.why";

/// Joins the states to the sources `s`.
pub(super) const JOIN: &str = "JOIN states AS t ON t.source = s.number";

/// Reads a state from a row that has [`COLUMNS`] from column `first` on.
pub(super) fn read(row: &SqliteRow, first: usize, what: &str) -> Result<SourceState, Error> {
    let state: SourceState = json(get(row, first, what)?, what)?;
    let Some(why) = get::<Option<String>>(row, first + 6, what)? else { return Ok(state) };
    let time = |column: usize| some_moment(get(row, first + column, what)?, what);
    Ok(SourceState {
        next_due: time(1)?,
        not_before: time(2)?,
        attempted_at: time(3)?,
        succeeded_at: time(4)?,
        status: get(row, first + 5, what)?,
        why,
        ..state
    })
}

/// The JSON of what has no column.
fn rest(state: SourceState) -> Result<String, Error> {
    to_json(&SourceState {
        next_due: None,
        not_before: None,
        attempted_at: None,
        succeeded_at: None,
        status: None,
        why: String::new(),
        ..state
    })
}

/// What a transaction does to the row of a source.
#[derive(Default)]
pub(super) struct Update {
    /// What is remembered from now on; `None` = as it was.
    pub(super) state: Option<SourceState>,
    /// How many articles came in.
    pub(super) new: i64,
}

/// Writes what changes about sources, by number: many rows to a statement.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    updates: BTreeMap<i64, Update>,
    action: &'static str,
) -> Result<(), Error> {
    let (mut told, mut counted) = (Vec::new(), Vec::new());
    for (number, update) in updates {
        match update.state {
            Some(state) => told.push((number, update.new, exact::state(state))),
            None if update.new != 0 => counted.push((number, update.new)),
            None => {}
        }
    }
    for run in runs(&told) {
        let text = format!(
            "UPDATE sources SET articles = articles + given.column2, due_at = given.column3, next_due = given.column4, \
             not_before = given.column5, attempted_at = given.column6, succeeded_at = given.column7, \
             status = given.column8, why = given.column9, gone = given.column10 \
             FROM (VALUES {}) AS given WHERE sources.number = given.column1",
            sql::rows(run.len(), 10)
        );
        let bound = run.iter().fold(query(text), |query, (number, new, state)| {
            query
                .bind(*number)
                .bind(*new)
                .bind(due_at(state))
                .bind(state.next_due.map(micros))
                .bind(state.not_before.map(micros))
                .bind(state.attempted_at.map(micros))
                .bind(state.succeeded_at.map(micros))
                .bind(state.status.map(i64::from))
                .bind(state.why.as_str())
                .bind(i64::from(state.health == Health::Gone))
        });
        bound.execute(&mut *connection).await.map_err(failed(action))?;
    }
    let rests = told.into_iter().map(|(number, _, state)| Ok((number, rest(state)?)));
    let rests = rests.collect::<Result<Vec<(i64, String)>, Error>>()?;
    for run in runs(&rests) {
        // What is as it was is compared, not written.
        let text = format!(
            "UPDATE states SET state = given.column2 FROM (VALUES {}) AS given \
             WHERE states.source = given.column1 AND states.state <> given.column2",
            sql::rows(run.len(), 2)
        );
        let bound = run.iter().fold(query(text), |query, (number, rest)| query.bind(*number).bind(rest.as_str()));
        bound.execute(&mut *connection).await.map_err(failed(action))?;
    }
    for run in runs(&counted) {
        let text = format!(
            "UPDATE sources SET articles = articles + given.column2 FROM (VALUES {}) AS given \
             WHERE sources.number = given.column1",
            sql::rows(run.len(), 2)
        );
        let bound = run.iter().fold(query(text), |query, (number, new)| query.bind(*number).bind(*new));
        bound.execute(&mut *connection).await.map_err(failed(action))?;
    }
    Ok(())
}

/// Writes the states of sources that are new, all the same.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    numbers: &[i64],
    state: &SourceState,
    action: &'static str,
) -> Result<(), Error> {
    let rest = to_json(state)?;
    for run in runs(numbers) {
        let text = format!("INSERT INTO states (source, state) VALUES {}", sql::rows(run.len(), 2));
        let bound = run.iter().fold(query(text), |query, number| query.bind(*number).bind(rest.as_str()));
        bound.execute(&mut *connection).await.map_err(failed(action))?;
    }
    Ok(())
}
