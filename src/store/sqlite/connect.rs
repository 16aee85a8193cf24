//! Opening the file, and saying what to do when it cannot be opened.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Row as _, SqliteConnection};

use crate::store::Error;

/// The tables, and every change to them since; `0002` added the kept pages, `0004` the stories.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations/sqlite");

/// How long a writer waits for another process, and a caller for a connection. Longer than any transaction of ours.
const PATIENCE: Duration = Duration::from_mins(1);

/// Rest before a file is tried again that another process is beginning.
const AGAIN: Duration = Duration::from_millis(20);

/// Connections that read: renders and lookups seldom overlap more, and each is a thread.
const READERS: u32 = 3;

/// Memory for pages, in KiB as SQLite counts (negative), for the writer and for each reader. Used only as far as needed.
const WRITER_CACHE: &str = "-4096";
const READER_CACHE: &str = "-2048";

/// Pages of the log after which it is written back, 32 MB: pages that change with every transaction are written back once for
/// many of them.
const LOG_PAGES: &str = "8192";

/// Opens a pool of one that writes and a pool that reads, tables up to date.
pub(super) async fn open(path: &Path) -> Result<(SqlitePool, SqlitePool), Error> {
    let refuse =
        |advice: String, cause| Error::Open { location: format!("sqlite:{}", path.display()), advice, source: cause };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|cause| {
            refuse(format!("its folder `{}` cannot be made", folder.display()), Some(Box::new(cause)))
        })?;
    }
    if path.is_dir() {
        return Err(refuse("it is a folder: name a file inside it, e.g. `courant.db`".to_owned(), None));
    }
    let explain = |cause: sqlx::Error| {
        let advice = advice(path, &cause);
        refuse(advice, Some(Box::new(cause)))
    };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // Of new files; `courant vacuum` changes old ones.
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .statement_cache_capacity(256)
        .row_buffer_size(1024)
        .disable_statement_logging();
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    // The log is cut back after a large transaction made it grow.
    let writing = options
        .clone()
        .pragma("cache_size", WRITER_CACHE)
        .pragma("wal_autocheckpoint", LOG_PAGES)
        .pragma("journal_size_limit", "67108864")
        // What a statement may have to undo is kept in memory: else each large one makes a file and deletes it.
        .pragma("temp_store", "MEMORY");
    // Only one process can turn a new file to its log, and SQLite does not wait for that.
    let began = Instant::now();
    let writer = loop {
        match pool().max_connections(1).connect_with(writing.clone()).await {
            Err(cause) if is_busy(&cause) && began.elapsed() < PATIENCE => tokio::time::sleep(AGAIN).await,
            opened => break opened.map_err(explain)?,
        }
    };
    if let Err(cause) = migrate(&writer).await {
        writer.close().await;
        return Err(match cause {
            MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => refuse(
                "it was written by another version of courant: use that version, or a newer one".to_owned(),
                Some(Box::new(cause)),
            ),
            MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => explain(cause),
            cause => refuse("its tables cannot be brought up to date".to_owned(), Some(Box::new(cause))),
        });
    }
    let reading = options.pragma("cache_size", READER_CACHE).pragma("query_only", "ON");
    let readers = pool().max_connections(READERS).connect_with(reading).await.map_err(explain)?;
    Ok((writer, readers))
}

/// One connection to a file that is there, for work on the file as a whole.
pub(super) async fn single(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(true).busy_timeout(PATIENCE);
    options.disable_statement_logging().connect().await
}

/// Why a file cannot be opened, with the way out.
pub(super) fn refusal(path: &Path, cause: sqlx::Error) -> Error {
    let advice = advice(path, &cause);
    Error::Open { location: path.display().to_string(), advice, source: Some(Box::new(cause)) }
}

/// Whether another connection stands in the way.
pub(super) fn is_busy(cause: &sqlx::Error) -> bool {
    matches!(code(cause), Some(5 | 6))
}

/// Whether the file is damaged, or no database.
pub(super) fn is_damaged(cause: &sqlx::Error) -> bool {
    matches!(code(cause), Some(11 | 26))
}

/// Whether the tables are those of this version: told by a look that waits for nobody.
async fn is_current(writer: &SqlitePool) -> bool {
    let text = "SELECT version, checksum, success FROM _sqlx_migrations ORDER BY version";
    let Ok(applied) = sqlx::query(text).fetch_all(writer).await else { return false };
    let is_applied = |(row, migration): (&sqlx::sqlite::SqliteRow, &sqlx::migrate::Migration)| {
        row.try_get::<i64, _>(0).is_ok_and(|version| version == migration.version)
            && row.try_get::<Vec<u8>, _>(1).is_ok_and(|checksum| checksum == *migration.checksum)
            && row.try_get::<bool, _>(2).is_ok_and(|success| success)
    };
    applied.len() == MIGRATIONS.iter().count() && applied.iter().zip(MIGRATIONS.iter()).all(is_applied)
}

/// Brings the tables up to date in one transaction, so that of two processes that start at once one waits.
async fn migrate(writer: &SqlitePool) -> Result<(), MigrateError> {
    if is_current(writer).await {
        return Ok(());
    }
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    MIGRATIONS.run_direct(None, &mut *transaction, false).await?;
    transaction.commit().await?;
    Ok(())
}

/// SQLite's primary result code.
fn code(cause: &sqlx::Error) -> Option<i32> {
    let code = cause.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff)
}

/// What the operator can do, from SQLite's result code (<https://www.sqlite.org/rescode.html>) and a look at the file.
fn advice(path: &Path, cause: &sqlx::Error) -> String {
    match code(cause) {
        Some(3 | 8 | 14) => {
            let denied =
                fs::metadata(path).map_or_else(|error| error.kind() == io::ErrorKind::PermissionDenied, |_| true);
            let what = if denied { "the file and its folder must be" } else { "its folder must exist and be" };
            format!("{what} readable and writable for the user courant runs as")
        }
        Some(5 | 6) => "another program keeps it locked: end that program, or wait until it is done".to_owned(),
        // A full disk comes as one of these too: the shared memory of the log cannot grow.
        Some(10) => "the disk is full, or it failed: make room, and keep the store on a local disk".to_owned(),
        Some(13) => "the disk is full: make room, nothing that was written is lost".to_owned(),
        Some(11) => "the file is damaged: restore a backup".to_owned(),
        Some(26) => "the file is not a SQLite database: name another file, or move this one away".to_owned(),
        _ => "SQLite does not accept it".to_owned(),
    }
}
