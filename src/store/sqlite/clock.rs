//! The schedule when the clock of the machine was set.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};

use super::sources::due_at;
use super::sql::{failed, get, json, micros, query, to_json};
use super::{Sqlite, push};
use crate::plan::SourceState;
use crate::plan::timing::Correction;
use crate::store::{ClockMark, Error, exact};

const ACTION: &str = "correct the schedule after the clock was set";

impl Sqlite {
    pub(super) async fn correct_schedule(&self, correction: Correction) -> Result<usize, Error> {
        let mut transaction = self.write(ACTION).await?;
        let text = match correction {
            Correction::Shift(_) => "SELECT number, state FROM sources".to_owned(),
            Correction::NotAhead(now) => {
                let now = micros(now);
                format!("SELECT number, state FROM sources WHERE attempted_at > {now} OR attempted_at IS NULL")
            }
        };
        let rows = query(text).persistent(false).fetch_all(&mut *transaction).await.map_err(failed(ACTION))?;
        let mut corrected = 0;
        for row in &rows {
            let mut state: SourceState = json(get(row, 1, "source")?, "source")?;
            if !correction.source(&mut state) {
                continue;
            }
            corrected += 1;
            let state = exact::state(state);
            sqlx::query(
                "UPDATE sources SET state = $2, due_at = $3, not_before = $4, attempted_at = $5 WHERE number = $1",
            )
            .bind(get::<i64>(row, 0, "source")?)
            .bind(to_json(&state)?)
            .bind(due_at(&state))
            .bind(state.not_before.map(micros))
            .bind(state.attempted_at.map(micros))
            .execute(&mut *transaction)
            .await
            .map_err(failed(ACTION))?;
        }
        for (table, column) in [
            ("sources", "lease_until"),
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
