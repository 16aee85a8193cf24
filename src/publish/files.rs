//! A folder of files, for any web server to serve.
//!
//! A file is written under another name in its own folder, flushed to the disk and renamed, so that readers and crashes see
//! the old bytes or the new. What is published is written down in a [`Manifest`], so that it can be taken away when it is
//! published no more; files of others are never touched. A crash may leave a temporary file behind (`.courant-…`):
//! [`Files::open`] takes away those older than an hour.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::manifest::Manifest;
use super::{Change, Error, Publisher, names};

/// How temporary files begin.
pub(super) const TEMPORARY: &str = ".courant-";
/// No publication takes this long: a temporary file as old belongs to nobody.
const ABANDONED: Duration = Duration::from_hours(1);

/// A folder that is published into.
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
    /// Guards the list of what was published, in memory and in the folder.
    manifest: Arc<Mutex<Manifest>>,
}

impl Files {
    /// Opens the folder, making it where it is missing, and proves that it can be written to.
    ///
    /// # Errors
    /// [`Error::Place`], with what to do.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        create_folder(&folder)?;
        remove_abandoned(&folder);
        temporary_in(&folder).map_err(|source| place_error("write in the folder", &folder, source))?;
        let manifest = Arc::new(Mutex::new(Manifest::read(&folder)));
        Ok(Self { folder, manifest })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

#[async_trait]
impl Publisher for Files {
    async fn publish(&self, path: &str, bytes: &[u8]) -> Result<Change, Error> {
        let mut target = self.folder.clone();
        target.extend(names(path)?);
        let bytes = Bytes::copy_from_slice(bytes);
        let (files, path, shown) = (self.clone(), path.to_owned(), target.display().to_string());
        let write = move || {
            let noted = lock(&files.manifest).add(&path);
            noted.map_err(|source| place_error("write down what is published in", &files.folder, source))?;
            put(&target, &bytes)
        };
        tokio::task::spawn_blocking(write).await.map_err(|error| panicked(shown, error))?
    }

    async fn keep_only(&self, keeps: &(dyn for<'a> Fn(&'a str) -> bool + Send + Sync)) -> Result<Vec<String>, Error> {
        let others = lock(&self.manifest).others(keeps);
        if others.is_empty() {
            return Ok(others);
        }
        let files = self.clone();
        let remove = move || {
            let gone: Vec<String> = others.into_iter().filter(|path| take_away(&files.folder, path)).collect();
            let noted = lock(&files.manifest).remove(&gone);
            noted.map_err(|source| place_error("write down what is published in", &files.folder, source))?;
            Ok(gone)
        };
        let shown = self.folder.display().to_string();
        tokio::task::spawn_blocking(remove).await.map_err(|error| panicked(shown, error))?
    }

    async fn holds(&self, path: &str) -> bool {
        let mut target = self.folder.clone();
        target.extend(names(path).unwrap_or_default());
        tokio::fs::metadata(&target).await.is_ok_and(|metadata| metadata.is_file())
    }
}

fn lock(manifest: &Mutex<Manifest>) -> MutexGuard<'_, Manifest> {
    manifest.lock().unwrap_or_else(PoisonError::into_inner)
}

fn panicked(place: String, error: tokio::task::JoinError) -> Error {
    let advice = "the task that wrote it was ended; try again";
    Error::Place { action: "write", place, advice, source: io::Error::other(error) }
}

/// Removes a file, and its folder when nothing else is in it; gives whether the file is gone. What cannot be removed stays
/// on the list and is tried again.
fn take_away(folder: &Path, path: &str) -> bool {
    let target = folder.join(path);
    let gone = match fs::remove_file(&target) {
        Ok(()) => true,
        Err(error) => matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory),
    };
    if let Some(inside) = target.parent().filter(|inside| gone && *inside != folder) {
        // Fails where something is in it.
        let _ = fs::remove_dir(inside);
    }
    gone
}

/// Puts the bytes in the file, unless it holds them.
fn put(target: &Path, bytes: &[u8]) -> Result<Change, Error> {
    if holds(target, bytes) {
        return Ok(Change::Unchanged);
    }
    let folder = target.parent().unwrap_or_else(|| Path::new("."));
    create_folder(folder)?;
    replace(folder, target, bytes).map_err(|source| place_error("write", target, source))?;
    Ok(Change::Written)
}

/// Whether the file holds exactly these bytes. A file that cannot be read is written anew.
fn holds(target: &Path, bytes: &[u8]) -> bool {
    let Ok(mut file) = File::open(target) else { return false };
    let same_length = file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == bytes.len() as u64);
    if !same_length {
        return false;
    }
    let mut held = Vec::with_capacity(bytes.len());
    file.read_to_end(&mut held).is_ok() && held == bytes
}

/// Writes beside the file and renames: the temporary file goes by itself when something fails on the way.
fn replace(folder: &Path, target: &Path, bytes: &[u8]) -> io::Result<()> {
    if target.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let mut temporary = temporary_in(folder)?;
    temporary.write_all(bytes)?;
    set_mode(temporary.path(), 0o644)?;
    temporary.as_file().sync_all()?;
    temporary.persist(target).map_err(|error| error.error)?;
    // The rename itself is on the disk when its folder is. Some file systems cannot; the file is whole all the same.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn temporary_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(TEMPORARY).suffix(".tmp").tempfile_in(folder)
}

/// A web server is another user: whatever the mask of this process, it has to read what is published.
#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

fn create_folder(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)
        .and_then(|()| set_mode(folder, 0o755))
        .map_err(|source| place_error("create the folder", folder, source))
}

/// Takes away what a crash left in the folder and the folders of feeds in it. What cannot be removed does no harm.
fn remove_abandoned(folder: &Path) {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let feeds =
        entries(folder).filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path());
    for folder in std::iter::once(folder.to_owned()).chain(feeds) {
        for entry in entries(&folder) {
            let name = entry.file_name();
            let ours = name.to_str().is_some_and(|name| name.starts_with(TEMPORARY));
            let age = entry.metadata().and_then(|metadata| metadata.modified()).map(|moment| moment.elapsed());
            if ours && matches!(age, Ok(Ok(age)) if age > ABANDONED) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn place_error(action: &'static str, place: &Path, source: io::Error) -> Error {
    let advice = match source.kind() {
        ErrorKind::PermissionDenied => {
            "give the user that runs courant the right to write there, or set another `output`"
        }
        ErrorKind::ReadOnlyFilesystem => "it is on a read-only file system; set another `output` or mount it writable",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full; free some space, what was published stays up"
        }
        ErrorKind::IsADirectory => "a folder of this name is in the way; move it or name the feed otherwise",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a file is in the way of the folder; move it or set another `output`"
        }
        ErrorKind::NotFound => "a folder on the way to it went away; create it or set another `output`",
        _ => "see the cause; what was published before stays up",
    };
    Error::Place { action, place: format!("`{}`", place.display()), advice, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("readable")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn files_are_written_with_their_folders_and_left_alone_when_equal() {
        let folder = folder();
        let files = Files::open(folder.path().join("public")).expect("writable");
        let path = files.folder().join("official/index.html");
        assert_eq!(files.publish("official/index.html", b"one").await.expect("published"), Change::Written);
        let first = fs::metadata(&path).expect("there").modified().expect("known");
        assert_eq!(files.publish("official/index.html", b"one").await.expect("published"), Change::Unchanged);
        assert_eq!(fs::metadata(&path).expect("there").modified().expect("known"), first);
        assert_eq!(files.publish("official/index.html", b"two").await.expect("published"), Change::Written);
        assert_eq!(fs::read(&path).expect("there"), b"two");
        assert_eq!(names_in(&files.folder().join("official")), ["index.html"]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn files_are_readable_by_a_web_server() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        Files::open(folder.path()).expect("writable").publish("a.rss", b"x").await.expect("published");
        let mode = fs::metadata(folder.path().join("a.rss")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
    }

    #[tokio::test]
    async fn files_of_others_stay_and_abandoned_temporary_files_go() {
        let folder = folder();
        let old = |name: &str| {
            let file = File::create(folder.path().join(name)).expect("writable");
            file.set_modified(std::time::SystemTime::now() - 2 * ABANDONED).expect("settable");
        };
        old("robots.txt");
        old(".courant-abc.tmp");
        fs::write(folder.path().join(".courant-new.tmp"), b"").expect("writable");
        let files = Files::open(folder.path()).expect("writable");
        files.publish("a.rss", b"x").await.expect("published");
        assert_eq!(names_in(folder.path()), [".courant-new.tmp", ".courant.published", "a.rss", "robots.txt"]);
    }

    #[tokio::test]
    async fn what_is_in_the_way_is_named_and_leaves_nothing_behind() {
        let folder = folder();
        let files = Files::open(folder.path()).expect("writable");
        fs::create_dir(folder.path().join("a.rss")).expect("writable");
        fs::write(folder.path().join("official"), b"a file").expect("writable");
        let rows = [("a.rss", "a folder of this name"), ("official/index.html", "a file is in the way")];
        for (path, wanted) in rows {
            let error = files.publish(path, b"x").await.expect_err(path).to_string();
            assert!(error.contains(wanted) && error.contains(&folder.path().display().to_string()), "{error}");
        }
        assert_eq!(names_in(folder.path()), [".courant.published", "a.rss", "official"]);
        let error = Files::open(folder.path().join("official")).expect_err("a file").to_string();
        assert!(error.contains("a file is in the way"), "{error}");
    }

    #[tokio::test]
    async fn what_is_published_no_more_goes_and_strangers_files_stay() {
        let folder = folder();
        let files = Files::open(folder.path()).expect("writable");
        for path in ["old.rss", "old/index.html", "shared/index.html", "new.rss"] {
            files.publish(path, b"x").await.expect("published");
        }
        // Not ours: a feed of the same name in another format, a page beside ours, and a way out of the folder.
        fs::write(folder.path().join("old.atom"), b"theirs").expect("writable");
        fs::write(folder.path().join("shared/theirs.html"), b"theirs").expect("writable");
        let outside = tempfile::NamedTempFile::new().expect("writable");
        let list = folder.path().join(super::super::manifest::NAME);
        let way_out = format!("../{}\n", outside.path().file_name().expect("a name").to_string_lossy());
        let text = fs::read_to_string(&list).expect("there") + &way_out + "new.r";
        fs::write(&list, text).expect("writable");
        // As the next process finds it.
        let files = Files::open(folder.path()).expect("writable");
        let removed = files.keep_only(&|path: &str| path == "new.rss").await.expect("possible");
        assert_eq!(removed, ["old.rss", "old/index.html", "shared/index.html"]);
        assert_eq!(names_in(folder.path()), [".courant.published", "new.rss", "old.atom", "shared"]);
        assert_eq!(names_in(&folder.path().join("shared")), ["theirs.html"]);
        assert!(outside.path().exists());
        assert_eq!(fs::read_to_string(&list).expect("there"), "new.rss\n");
        assert_eq!(files.keep_only(&|path: &str| path == "new.rss").await.expect("possible"), [""; 0]);
    }

    #[test]
    fn every_cause_comes_with_advice() {
        let rows = [
            (ErrorKind::PermissionDenied, "right to write"),
            (ErrorKind::ReadOnlyFilesystem, "read-only"),
            (ErrorKind::StorageFull, "disk is full"),
            (ErrorKind::Other, "see the cause"),
        ];
        for (kind, wanted) in rows {
            let error = place_error("write", Path::new("public/a.rss"), kind.into()).to_string();
            assert!(error.starts_with("cannot write `public/a.rss`: ") && error.contains(wanted), "{error}");
        }
    }

    #[tokio::test]
    async fn one_failure_does_not_stop_the_others() {
        let folder = folder();
        let files = Files::open(folder.path()).expect("writable");
        files.publish("same.rss", b"x").await.expect("published");
        let given: [(&str, &[u8]); 3] = [("../a.rss", b"x"), ("same.rss", b"x"), ("b.rss", b"x")];
        let outcome = super::super::all(&files, given).await;
        assert_eq!((outcome.written, outcome.unchanged, outcome.failed.len()), (vec!["b.rss".to_owned()], 1, 1));
    }
}
