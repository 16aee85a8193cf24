//! Opening the file, and saying what to do when it cannot be opened.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::store::Error;

/// The tables, and every change to them since; `0002` added the kept pages.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations/sqlite");

/// How long a writer waits for another process, and a caller for a connection. Longer than any transaction of ours.
const PATIENCE: Duration = Duration::from_mins(1);

/// Connections that read: renders and lookups seldom overlap more, and each is a thread.
const READERS: u32 = 3;

/// Memory for pages, in KiB as SQLite counts (negative), for the writer and for each reader. Used only as far as needed.
const WRITER_CACHE: &str = "-16384";
const READER_CACHE: &str = "-4096";

/// Pages of the log after which it is written back, 16 MB: pages that change with every transaction are written back once for
/// many of them.
const LOG_PAGES: &str = "4096";

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
    let writer = pool().max_connections(1).connect_with(writing).await.map_err(explain)?;
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

/// Brings the tables up to date in one transaction, so that of two processes that start at once one waits.
async fn migrate(writer: &SqlitePool) -> Result<(), MigrateError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    MIGRATIONS.run_direct(None, &mut *transaction, false).await?;
    transaction.commit().await?;
    Ok(())
}

/// What the operator can do, from SQLite's result code (<https://www.sqlite.org/rescode.html>) and a look at the file.
fn advice(path: &Path, cause: &sqlx::Error) -> String {
    let code = cause.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let code = code.and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff);
    match code {
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
