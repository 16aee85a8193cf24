//! SQL texts of a few fixed sizes, so that a handful of prepared statements serves every number of rows.

use std::fmt::Write as _;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{Decode, Row as _, Type};

use crate::store::Error;

/// Most rows one statement writes.
const ROWS: usize = 64;

/// Most values one `IN (…)` asks for; far below SQLite's 32,766 parameters and PostgreSQL's 65,535.
const VALUES: usize = 512;

/// A query over `text`, which is built from constants and numbers alone.
pub(super) fn query<'q>(text: String) -> sqlx::query::Query<'q, Sqlite, SqliteArguments> {
    sqlx::query(AssertSqlSafe(text))
}

/// Splits rows into runs whose lengths are powers of two, the longest first.
pub(super) fn runs<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let length = rest.len().min(ROWS);
        let (run, left) = rest.split_at(length.checked_ilog2().map(|exponent| 1 << exponent)?);
        rest = left;
        Some(run)
    })
}

/// Splits values for `IN (…)` into runs whose lengths are powers of two; the last is filled up by repeating its last value,
/// which asks for nothing new.
pub(super) fn padded<T: Clone>(values: &[T]) -> impl Iterator<Item = Vec<T>> {
    values.chunks(VALUES).map(|chunk| {
        let mut run = chunk.to_vec();
        if let Some(last) = chunk.last() {
            run.resize(chunk.len().next_power_of_two(), last.clone());
        }
        run
    })
}

/// `?,?,?`: so many parameters.
///
/// Without numbers: SQLite looks a numbered one up by its name in a list, so that a thousand of them cost a million steps.
pub(super) fn parameters(count: usize) -> String {
    let mut text = "?,".repeat(count);
    text.pop();
    text
}

/// `(?,?),(?,?)`: so many rows of so many columns.
pub(super) fn rows(rows: usize, columns: usize) -> String {
    let mut text = format!("({}),", parameters(columns)).repeat(rows);
    text.pop();
    text
}

/// `3,1,2`: numbers as they are. Only for numbers of our own.
pub(super) fn numbers(numbers: impl IntoIterator<Item = i64>) -> String {
    let mut text = String::new();
    for number in numbers {
        let _ = write!(text, "{}{number}", if text.is_empty() { "" } else { "," });
    }
    text
}

/// A moment as the store keeps it: microseconds since 1970.
pub(super) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// A moment from the store.
pub(super) fn moment(micros: i64, what: &str) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).map_err(|cause| corrupt(what, cause))
}

/// A moment from the store that may be missing.
pub(super) fn some_moment(micros: Option<i64>, what: &str) -> Result<Option<Timestamp>, Error> {
    micros.map(|micros| moment(micros, what)).transpose()
}

/// Sixteen bytes from the store.
pub(super) fn sixteen(bytes: &[u8], what: &str) -> Result<[u8; 16], Error> {
    bytes.try_into().map_err(|cause| corrupt(what, cause))
}

/// One column of a row.
pub(super) fn get<'r, T>(row: &'r SqliteRow, column: usize, what: &str) -> Result<T, Error>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    row.try_get(column).map_err(|cause| corrupt(what, cause))
}

/// A value kept as JSON.
pub(super) fn json<T: serde::de::DeserializeOwned>(text: &str, what: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|cause| corrupt(what, cause))
}

/// A value as JSON to be kept.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|cause| Error::Backend { action: "write a value as JSON", source: Box::new(cause) })
}

/// A row that cannot be read.
pub(super) fn corrupt(what: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Corrupt { what: what.to_owned(), source: Box::new(cause) }
}

/// Says what was tried when the backend failed.
pub(super) fn failed(action: &'static str) -> impl Fn(sqlx::Error) -> Error {
    move |cause| Error::Backend { action, source: Box::new(cause) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_powers_of_two_and_cover_every_row() {
        for count in [0, 1, 2, 3, 30, 64, 65, 200] {
            let rows: Vec<usize> = (0..count).collect();
            assert!(runs(&rows).all(|run| run.len().is_power_of_two() && run.len() <= ROWS), "{count}");
            assert_eq!(runs(&rows).flatten().copied().collect::<Vec<_>>(), rows);
        }
    }

    #[test]
    fn padding_repeats_the_last_value_only() {
        let run: Vec<Vec<u8>> = padded(&[1, 2, 3]).collect();
        assert_eq!(run, [vec![1, 2, 3, 3]]);
        assert_eq!(padded::<u8>(&[]).count(), 0);
    }

    #[test]
    fn placeholders_are_as_many_as_asked_for() {
        assert_eq!(rows(2, 3), "(?,?,?),(?,?,?)");
        assert_eq!(parameters(2), "?,?");
        assert_eq!(numbers([3, 1]), "3,1");
    }
}
