//! A store as a file: copying it while it is used, looking whether it is sound, putting a copy in its place, giving room back.
//!
//! Copies are made by `VACUUM INTO`: one read transaction, so the copy is of one moment, whoever writes meanwhile, and nobody
//! waits for it. They are written under another name, flushed, looked at, and renamed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use sqlx::{Connection as _, SqliteConnection};

use super::sql::{failed, get, micros, query};
use super::{Sqlite, connect};
use crate::store::Error;

/// Faults of the file that are listed one by one.
const LISTED: usize = 20;

/// What was found out about a store.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Inspection {
    /// The version of its tables.
    pub version: i64,
    /// The version that this program writes.
    pub current: i64,
    /// Sources that ever were.
    pub sources: u64,
    /// Articles that are held.
    pub articles: u64,
    /// What the file takes on the disk.
    pub bytes: u64,
    /// How much of that is free.
    pub free_bytes: u64,
    /// What is wrong with it.
    pub troubles: Vec<Trouble>,
}

impl Inspection {
    /// Whether it can be worked with.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        !self.troubles.iter().any(|trouble| trouble.fatal)
    }
}

/// Something that is wrong with a store.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Trouble {
    /// What.
    pub says: String,
    /// What to do about it.
    pub fix: String,
    /// Whether nothing should be built on this file.
    pub fatal: bool,
}

/// Copies the store at `path` to `target`, also while it is used, and looks at the copy before it takes its name. What is at
/// `target` is replaced.
///
/// # Errors
/// [`Error::Open`] when there is no store; else [`Error::Backend`], and `target` is as it was.
pub async fn backup(path: &Path, target: &Path, now: Timestamp) -> Result<Inspection, Error> {
    let part = beside(target, &format!(".part-{}", std::process::id()));
    let copied = copy(path, &part, now).await;
    let done = copied.and_then(|inspection| {
        if let Some(trouble) = inspection.troubles.iter().find(|trouble| trouble.fatal) {
            let cause =
                format!("the copy is not sound: {}; the store itself may not be: {}", trouble.says, trouble.fix);
            return Err(backend("copy itself")(io::Error::other(cause)));
        }
        fs::rename(&part, target).and_then(|()| flush_folder(target)).map_err(backend("copy itself"))?;
        Ok(inspection)
    });
    if done.is_err() {
        let _ = fs::remove_file(&part);
    }
    done
}

/// Copies a store to a file that nobody knows yet, flushed, and looks at the copy.
async fn copy(path: &Path, part: &Path, now: Timestamp) -> Result<Inspection, Error> {
    const ACTION: &str = "copy itself";
    if !path.is_file() {
        return Err(missing(path));
    }
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(backend(ACTION)(error)),
        _ => {}
    }
    let mut connection = connect::single(path).await.map_err(|cause| connect::refusal(path, cause))?;
    let name = part.to_string_lossy().into_owned();
    let copied = query("VACUUM INTO ?".to_owned()).bind(name).execute(&mut connection).await;
    copied.map_err(
        |cause| if connect::is_damaged(&cause) { connect::refusal(path, cause) } else { failed(ACTION)(cause) },
    )?;
    connection.close().await.map_err(failed(ACTION))?;
    File::open(part).and_then(|file| file.sync_all()).map_err(backend(ACTION))?;
    inspect(part, now).await
}

/// What came of [`restore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where the replaced store is; `None` when there was none.
    pub before: Option<PathBuf>,
    /// What was found out about the new one.
    pub inspection: Inspection,
}

/// Puts a copy of the store at `from` in the place of the one at `path`, which is kept beside. Whoever calls holds the lock.
///
/// Killed anywhere, `path` is the old store or the new one: the new one is written and looked at under another name, the old
/// one gets a second name, and one rename changes which of them `path` means.
///
/// # Errors
/// When `from` is no sound store of this version or an older one, or the files cannot be written: `path` is as it was.
pub async fn restore(path: &Path, from: &Path, now: Timestamp) -> Result<Restored, Error> {
    const ACTION: &str = "put a copy in its place";
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(backend(ACTION))?;
    }
    let part = beside(path, ".restoring");
    let done = async {
        let inspection = copy(from, &part, now).await?;
        if let Some(trouble) = inspection.troubles.iter().find(|trouble| trouble.fatal) {
            let advice = format!("{}: {}; nothing was changed", trouble.says, trouble.fix);
            return Err(Error::Open { location: from.display().to_string(), advice, source: None });
        }
        let before = if path.exists() { Some(set_aside(path).await?) } else { None };
        fs::rename(&part, path).and_then(|()| flush_folder(path)).map_err(backend(ACTION))?;
        Ok(Restored { before, inspection })
    };
    let done = done.await;
    if done.is_err() {
        let _ = fs::remove_file(&part);
    }
    done
}

/// Gives the store at `path` a second name; its log is folded in, or goes with it where it cannot be.
async fn set_aside(path: &Path) -> Result<PathBuf, Error> {
    const ACTION: &str = "set the present store aside";
    let folded = async {
        let mut connection = connect::single(path).await?;
        // Only possible when nobody else has the file open.
        query("PRAGMA journal_mode = DELETE".to_owned()).fetch_all(&mut connection).await?;
        connection.close().await
    };
    if let Err(cause) = folded.await
        && connect::is_busy(&cause)
    {
        return Err(connect::refusal(path, cause));
    }
    let names = (1..).map(|n: u32| {
        beside(path, &if n == 1 { ".before-restore".to_owned() } else { format!(".before-restore-{n}") })
    });
    let before = names.into_iter().find(|name| !name.exists()).expect("the names never end");
    fs::hard_link(path, &before).map_err(backend(ACTION))?;
    // A log is left only where the file is damaged: it must not meet the new one.
    for end in ["-wal", "-shm"] {
        let (log, kept) = (beside(path, end), beside(&before, end));
        if log.exists() {
            fs::rename(log, kept).map_err(backend(ACTION))?;
        }
    }
    Ok(before)
}

/// Looks whether a store is sound. Reads all of it; it may be in use.
///
/// # Errors
/// When it cannot be read at all. What is wrong with it is in the answer.
pub async fn inspect(path: &Path, now: Timestamp) -> Result<Inspection, Error> {
    if !path.is_file() {
        return Err(missing(path));
    }
    let mut connection = connect::single(path).await.map_err(|cause| connect::refusal(path, cause))?;
    let inspection = look(&mut connection, now).await;
    let _ = connection.close().await;
    inspection.map_err(|error| match error {
        Error::Backend { source, .. } if source.to_string().contains("not a database") => Error::Open {
            location: path.display().to_string(),
            advice: "it is not a SQLite database: name another file".to_owned(),
            source: Some(source),
        },
        error => error,
    })
}

/// What puts right what cannot be mended.
const RESTORE: &str = "put a backup in its place with `courant restore FILE`";

/// What puts right what can.
const VACUUM: &str = "`courant vacuum` puts it right";

async fn look(connection: &mut SqliteConnection, now: Timestamp) -> Result<Inspection, Error> {
    let current = connect::MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    let mut inspection = Inspection { current, ..Inspection::default() };
    let mut trouble =
        |says: String, fix: &str, fatal| inspection.troubles.push(Trouble { says, fix: fix.to_owned(), fatal });

    let tables =
        "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('_sqlx_migrations', 'articles', 'sources', 'aliases')";
    if number(connection, tables).await? != 4 {
        trouble("it is no store of courant".to_owned(), "name another file", true);
        return Ok(inspection);
    }
    let version = number(connection, "SELECT MAX(version) FROM _sqlx_migrations").await?;
    if version > current {
        trouble(
            format!("its tables are of version {version}, this program knows {current}"),
            "use the version of courant that wrote it, or a newer one",
            true,
        );
    }
    let faults = query(format!("PRAGMA integrity_check({LISTED})")).fetch_all(&mut *connection).await;
    for row in faults.map_err(failed("check its integrity"))? {
        let fault: String = get(&row, 0, "check")?;
        if fault != "ok" {
            trouble(format!("the file is damaged: {fault}"), RESTORE, true);
        }
    }
    let loose = query("PRAGMA foreign_key_check".to_owned()).fetch_all(&mut *connection).await;
    let loose = loose.map_err(failed("check its references"))?.len();
    if loose > 0 {
        trouble(format!("{loose} rows point to rows that are not there"), RESTORE, true);
    }
    let held = if version >= 3 { "dropped_at IS NULL" } else { "TRUE" };
    let states = if version >= 9 { "states" } else { "sources" };
    for (text, says, fix, fatal) in questions(held, states, now) {
        let needs = if text.contains("dropped_at") {
            3
        } else if text.contains("bodies") {
            2
        } else {
            1
        };
        let count = if version < needs { 0 } else { number(connection, &text).await? };
        if count > 0 {
            trouble(format!("{count} {says}"), fix, fatal);
        }
    }
    inspection.version = version;
    inspection.sources = number(connection, "SELECT COUNT(*) FROM sources").await?.unsigned_abs();
    let held = format!("SELECT COUNT(*) FROM articles WHERE {held}");
    inspection.articles = number(connection, &held).await?.unsigned_abs();
    let page = number(connection, "PRAGMA page_size").await?.unsigned_abs();
    inspection.bytes = number(connection, "PRAGMA page_count").await?.unsigned_abs() * page;
    inspection.free_bytes = number(connection, "PRAGMA freelist_count").await?.unsigned_abs() * page;
    Ok(inspection)
}

/// What must be none: how many, what they are, what puts it right, whether nothing should be built on it.
fn questions(held: &str, states: &str, now: Timestamp) -> [(String, &'static str, &'static str, bool); 7] {
    let tomorrow = now.saturating_add(SignedDuration::from_hours(24)).map_or(i64::MAX, micros);
    [
        (
            "SELECT COUNT(*) FROM aliases WHERE NOT EXISTS (SELECT 1 FROM articles WHERE id = article)".to_owned(),
            "names lead to articles that are not there",
            RESTORE,
            true,
        ),
        (
            format!(
                "SELECT COUNT(*) FROM sources WHERE articles <> (SELECT COUNT(*) FROM articles WHERE source = number AND {held})"
            ),
            "sources have another number of articles than they say",
            VACUUM,
            false,
        ),
        (
            format!("SELECT COUNT(*) FROM {states} WHERE NOT json_valid(state)"),
            "sources have a state that cannot be read",
            RESTORE,
            true,
        ),
        (
            "SELECT COUNT(*) FROM articles WHERE NOT json_valid(details)".to_owned(),
            "articles cannot be read",
            RESTORE,
            true,
        ),
        (
            format!("SELECT COUNT(*) FROM articles WHERE announced_at > {tomorrow}"),
            "articles were announced in the future: they stay on top of the feeds until then",
            "was the clock wrong when they came in? set it right",
            false,
        ),
        (
            "SELECT COUNT(*) FROM bodies WHERE NOT EXISTS (SELECT 1 FROM page_parts WHERE body = digest)".to_owned(),
            "bodies are kept that no page has",
            VACUUM,
            false,
        ),
        (
            "SELECT COUNT(*) FROM articles WHERE dropped_at IS NOT NULL AND announced_at IS NOT NULL".to_owned(),
            "articles were dropped and are announced all the same",
            RESTORE,
            false,
        ),
    ]
}

async fn number(connection: &mut SqliteConnection, text: &str) -> Result<i64, Error> {
    let row = query(text.to_owned()).fetch_one(connection).await.map_err(failed("look at its rows"))?;
    get(&row, 0, "check")
}

/// Puts counts right, drops what nothing needs, and writes the file anew without free room. Whoever calls holds the lock. Gives
/// the bytes before and after.
///
/// # Errors
/// When it cannot be written, for want of room as a rule: the store is as it was.
pub async fn vacuum(path: &Path) -> Result<(u64, u64), Error> {
    const ACTION: &str = "write itself anew";
    let size = || fs::metadata(path).map_or(0, |file| file.len());
    if !path.is_file() {
        return Err(missing(path));
    }
    // Brings the tables up to date first.
    Sqlite::open(path).await?.close_all().await;
    let before = size();
    let mut connection = connect::single(path).await.map_err(|cause| connect::refusal(path, cause))?;
    for text in [
        "UPDATE sources SET articles = (SELECT COUNT(*) FROM articles WHERE source = number AND dropped_at IS NULL) \
         WHERE articles <> (SELECT COUNT(*) FROM articles WHERE source = number AND dropped_at IS NULL)",
        "DELETE FROM bodies WHERE NOT EXISTS (SELECT 1 FROM page_parts WHERE body = digest)",
        // From here on free room can be given back bit by bit.
        "PRAGMA auto_vacuum = INCREMENTAL",
        "VACUUM",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    ] {
        query(text.to_owned()).persistent(false).fetch_all(&mut connection).await.map_err(failed(ACTION))?;
    }
    connection.close().await.map_err(failed(ACTION))?;
    Ok((before, size()))
}

/// A file in the same folder whose name goes on after that of `path`.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(end);
    path.with_file_name(name)
}

/// Makes a rename last.
fn flush_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn missing(path: &Path) -> Error {
    Error::Open { location: path.display().to_string(), advice: "there is no such file".to_owned(), source: None }
}

fn backend(action: &'static str) -> impl Fn(io::Error) -> Error {
    move |cause| Error::Backend { action, source: Box::new(cause) }
}
