//! A folder of files, for any web server to serve.
//!
//! A file is written under another name in its own folder, flushed to the disk and renamed, so that readers and crashes see
//! the old bytes or the new. What is published is written down in a [`Manifest`], so that it can be taken away when it is
//! published no more; files of others are never touched. A crash may leave a temporary file behind (`.courant-…`):
//! [`Files::open`] takes away those older than an hour.
//!
//! Beside each file lie its twins, `.gz` and `.br`, for web servers that send them as they are. All three have the same time
//! of change, and the twins come first: a twin with another time was left by a crash and is made anew.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::manifest::Manifest;
use super::parcel::{has_twins, twin_places};
use super::{Change, Error, Parcel, Publisher, TWINS, names};

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
    /// Whether twins are written.
    with_twins: bool,
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
        Ok(Self { folder, manifest, with_twins: true })
    }

    /// The same with twins or without; those that were written earlier go with the next sweep.
    #[must_use]
    pub fn precompressing(self, with_twins: bool) -> Self {
        Self { with_twins, ..self }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

#[async_trait]
impl Publisher for Files {
    async fn publish(&self, parcel: &Parcel) -> Result<Change, Error> {
        let mut target = self.folder.clone();
        target.extend(names(&parcel.path)?);
        let (files, parcel, shown) = (self.clone(), parcel.clone(), target.display().to_string());
        let write = move || files.put(&target, &parcel);
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

    fn has_twins(&self) -> bool {
        self.with_twins
    }

    async fn holds(&self, path: &str) -> bool {
        let mut target = self.folder.clone();
        target.extend(names(path).unwrap_or_default());
        let Ok(metadata) = tokio::fs::metadata(&target).await else { return false };
        let is_alone = self.with_twins && usize::try_from(metadata.len()).is_ok_and(Parcel::is_worth_twins);
        let [gzip, _] = twin_places(&target);
        metadata.is_file() && (!is_alone || tokio::fs::metadata(gzip).await.is_ok_and(|metadata| metadata.is_file()))
    }
}

impl Files {
    /// Puts a file and its twins in their places, unless they are there.
    fn put(&self, target: &Path, parcel: &Parcel) -> Result<Change, Error> {
        let is_held = holds(target, &parcel.bytes);
        let wants_twins = self.with_twins && Parcel::is_worth_twins(parcel.bytes.len());
        if is_held && (!wants_twins || has_twins(target)) {
            if wants_twins {
                parcel.is_held_at(target.to_owned());
            }
            self.note(std::slice::from_ref(&parcel.path))?;
            return Ok(Change::Unchanged);
        }
        let coded = if wants_twins { parcel.twins().clone() } else { super::Twins::default() };
        let twins = [coded.gzip, coded.brotli];
        let with = TWINS.iter().zip(&twins).filter(|(_, bytes)| bytes.is_some());
        let ours = with.map(|(ending, _)| format!("{}{ending}", parcel.path));
        self.note(&ours.chain([parcel.path.clone()]).collect::<Vec<_>>())?;
        let folder = target.parent().unwrap_or_else(|| Path::new("."));
        create_folder(folder)?;
        let at = SystemTime::now();
        for ((place, bytes), ending) in twin_places(target).iter().zip(&twins).zip(TWINS) {
            match bytes {
                Some(bytes) => {
                    replace(folder, place, bytes, at).map_err(|source| place_error("write", place, source))?;
                }
                // A twin of what was here before would be sent in its stead.
                None if lock(&self.manifest).holds(&format!("{}{ending}", parcel.path)) => {
                    let _ = fs::remove_file(place);
                }
                None => {}
            }
        }
        let done = if is_held {
            // Nothing but the twins is new: readers that ask by date need not come again for them.
            align(target, &twin_places(target)).map(|()| Change::Unchanged)
        } else {
            replace(folder, target, &parcel.bytes, at).map(|()| Change::Written)
        };
        // The renames themselves are on the disk when their folder is. Some file systems cannot; the files are whole all the same.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
        done.map_err(|source| place_error("write", target, source))
    }

    fn note(&self, paths: &[String]) -> Result<(), Error> {
        let noted = lock(&self.manifest).add(paths);
        noted.map_err(|source| place_error("write down what is published in", &self.folder, source))
    }
}

/// Gives the twins the time of their file.
fn align(target: &Path, twins: &[PathBuf]) -> io::Result<()> {
    let at = fs::metadata(target)?.modified()?;
    for twin in twins {
        match File::options().write(true).open(twin) {
            Ok(file) => file.set_modified(at)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
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
fn replace(folder: &Path, target: &Path, bytes: &[u8], at: SystemTime) -> io::Result<()> {
    if target.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let mut temporary = temporary_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().set_modified(at)?;
    set_mode(temporary.path(), 0o644)?;
    temporary.as_file().sync_all()?;
    temporary.persist(target).map(|_| ()).map_err(|error| error.error)
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

    fn parcel(path: &str, bytes: &[u8]) -> Parcel {
        Parcel::new(path, "application/rss+xml", bytes.to_vec())
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
        assert_eq!(files.publish(&parcel("official/index.html", b"one")).await.expect("published"), Change::Written);
        let first = fs::metadata(&path).expect("there").modified().expect("known");
        assert_eq!(files.publish(&parcel("official/index.html", b"one")).await.expect("published"), Change::Unchanged);
        assert_eq!(fs::metadata(&path).expect("there").modified().expect("known"), first);
        assert_eq!(files.publish(&parcel("official/index.html", b"two")).await.expect("published"), Change::Written);
        assert_eq!(fs::read(&path).expect("there"), b"two");
        assert_eq!(names_in(&files.folder().join("official")), ["index.html"]);
    }

    #[tokio::test]
    async fn twins_come_with_their_file_and_go_with_it() {
        let folder = folder();
        let files = Files::open(folder.path()).expect("writable");
        let (one, two) = ("The quay is open. ".repeat(50), "The quay is shut. ".repeat(50));
        let place = |name: &str| folder.path().join(name);
        let read = |name: &str| fs::read(place(name)).expect("there");
        let of = |text: &str| super::super::Twins::of(text.as_bytes());
        let publish = async |text: &str| files.publish(&parcel("a.rss", text.as_bytes())).await;
        assert_eq!(publish(&one).await.expect("published"), Change::Written);
        assert_eq!(names_in(folder.path()), [".courant.published", "a.rss", "a.rss.br", "a.rss.gz"]);
        assert_eq!(read("a.rss.gz"), of(&one).gzip.expect("shorter"));
        assert_eq!(read("a.rss.br"), of(&one).brotli.expect("shorter"));
        let changed = |name: &str| fs::metadata(place(name)).and_then(|metadata| metadata.modified()).expect("there");
        let first = changed("a.rss");
        assert_eq!([changed("a.rss.gz"), changed("a.rss.br")], [first; 2]);

        // A twin that is missing, or was left by a crash before its file came, is made anew; the file stays as it is.
        fs::write(place("a.rss.gz"), b"of another text").expect("writable");
        fs::remove_file(place("a.rss.br")).expect("writable");
        assert_eq!(publish(&one).await.expect("published"), Change::Unchanged);
        assert_eq!(read("a.rss.gz"), of(&one).gzip.expect("shorter"));
        assert_eq!([changed("a.rss.gz"), changed("a.rss.br"), changed("a.rss")], [first; 3]);

        publish(&two).await.expect("published");
        assert_eq!(read("a.rss.gz"), of(&two).gzip.expect("shorter"));
        publish("short").await.expect("published");
        assert_eq!(names_in(folder.path()), [".courant.published", "a.rss"]);
        publish(&one).await.expect("published");
        let without = files.clone().precompressing(false);
        without.publish(&parcel("a.rss", two.as_bytes())).await.expect("published");
        assert_eq!(names_in(folder.path()), [".courant.published", "a.rss"], "no twin of an old text stays");
    }

    #[tokio::test]
    async fn what_lies_in_the_folder_is_not_compressed_again() {
        let folder = folder();
        let files = Files::open(folder.path()).expect("writable");
        let text = "The quay is open. ".repeat(50);
        files.publish(&parcel("a.rss", text.as_bytes())).await.expect("published");
        // Marked, to be known again.
        let place = folder.path().join("a.rss.gz");
        let at = fs::metadata(&place).and_then(|metadata| metadata.modified()).expect("there");
        fs::write(&place, b"marked").expect("writable");
        File::options().write(true).open(&place).and_then(|file| file.set_modified(at)).expect("settable");
        let again = parcel("a.rss", text.as_bytes());
        assert_eq!(files.publish(&again).await.expect("published"), Change::Unchanged);
        assert_eq!(again.twins().gzip.as_deref(), Some(b"marked".as_slice()));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn files_are_readable_by_a_web_server() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        Files::open(folder.path()).expect("writable").publish(&parcel("a.rss", b"x")).await.expect("published");
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
        files.publish(&parcel("a.rss", b"x")).await.expect("published");
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
            let error = files.publish(&parcel(path, b"x")).await.expect_err(path).to_string();
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
            files.publish(&parcel(path, b"x")).await.expect("published");
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
        files.publish(&parcel("same.rss", b"x")).await.expect("published");
        let given = ["../a.rss", "same.rss", "b.rss"].map(|path| parcel(path, b"x"));
        let outcome = super::super::all(&files, &given).await;
        assert_eq!((outcome.written, outcome.unchanged, outcome.failed.len()), (vec!["b.rss".to_owned()], 1, 1));
    }
}
