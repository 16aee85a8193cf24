//! The schedule when the clock of the machine was set.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};

use super::sql::{failed, get, micros, query};
use super::{Sqlite, push, states};
use crate::plan::timing::Correction;
use crate::store::{ClockMark, Error};

const ACTION: &str = "correct the schedule after the clock was set";

impl Sqlite {
    pub(super) async fn correct_schedule(&self, correction: Correction) -> Result<usize, Error> {
        let mut transaction = self.write(ACTION).await?;
        let ahead = match correction {
            Correction::Shift(_) => String::new(),
            Correction::NotAhead(now) => {
                format!("WHERE s.attempted_at > {} OR s.attempted_at IS NULL", micros(now))
            }
        };
        let text = format!("SELECT s.number, {} FROM sources AS s {} {ahead}", states::COLUMNS, states::JOIN);
        let rows = query(text).persistent(false).fetch_all(&mut *transaction).await.map_err(failed(ACTION))?;
        let mut updates = BTreeMap::new();
        for row in &rows {
            let mut state = states::read(row, 1, "source")?;
            if correction.source(&mut state) {
                updates.insert(get(row, 0, "source")?, states::Update { state: Some(state), new: 0 });
            }
        }
        let corrected = updates.len();
        states::write(&mut transaction, updates, ACTION).await?;
        for (table, column) in [
            ("leases", "until"),
            ("pending", "lease_until"),
            ("pending", "due"),
            ("hosts", "next_slot"),
            ("hosts", "robots_at"),
            ("subscribers", "due"),
        ] {
            move_all(&mut transaction, table, column, correction).await?;
        }
        push::correct(&mut transaction, correction).await?;
        // A lease may be longer than any wait: it is moved where it is known by how much, and else stays.
        if let Correction::Shift(_) = correction {
            move_all(&mut transaction, "subscribers", "until", correction).await?;
        }
        transaction.commit().await.map_err(failed(ACTION))?;
        Ok(corrected)
    }

    pub(super) async fn read_clock_mark(&self) -> Result<Option<ClockMark>, Error> {
        let action = "read the mark of the clock";
        let rows = sqlx::query("SELECT value FROM counters WHERE name IN ('clock-boot', 'clock-offset') ORDER BY name")
            .fetch_all(&self.readers)
            .await
            .map_err(failed(action))?;
        let value = |row: usize| rows.get(row).and_then(|row| row.try_get::<i64, _>(0).ok());
        Ok(value(0).zip(value(1)).map(|(boot, offset_micros)| ClockMark { boot, offset_micros }))
    }

    pub(super) async fn write_clock_mark(&self, mark: ClockMark) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO counters (name, value) VALUES ('clock-boot', $1), ('clock-offset', $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(mark.boot)
        .bind(mark.offset_micros)
        .execute(&self.writer)
        .await
        .map_err(failed("keep the mark of the clock"))?;
        Ok(())
    }
}

/// Corrects every moment of a column, as [`Correction::moment`] would.
async fn move_all(
    connection: &mut SqliteConnection,
    table: &str,
    column: &str,
    correction: Correction,
) -> Result<(), Error> {
    let new = match correction {
        Correction::Shift(by) => format!("{column} + ({})", by.as_micros()),
        Correction::NotAhead(_) => format!("MIN({column}, {})", micros(correction.moment(Timestamp::MAX))),
    };
    let text = format!("UPDATE {table} SET {column} = {new} WHERE {column} IS NOT NULL");
    query(text).persistent(false).execute(connection).await.map_err(failed(ACTION))?;
    Ok(())
}
