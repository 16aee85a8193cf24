//! Notices that the files of the settings have changed.
//!
//! By looking at them: names, sizes, times and inodes of what [`config::files`] lists. That works on every file system, and
//! sees editors that write a new file and rename it, and whole folders exchanged. A change counts when two looks in a row
//! found the same, so that a file in the middle of being written is left alone.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use crate::config::{self, Settings};

/// The shortest time between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Looking takes at most this part of the time, however many files there are.
const SHARE: u32 = 50;

/// What is looked at, and what was found.
pub(super) struct Watch {
    /// What the settings in force were read from; `None` = perhaps an earlier state of the files.
    read: Option<u64>,
    /// The last look.
    seen: Option<u64>,
    rest: Duration,
}

impl Watch {
    /// Watches the files that were read at `began` or later.
    pub(super) fn begin(settings: &Settings, began: SystemTime) -> Self {
        let files = look(settings);
        let is_later = files.iter().any(|file| file.changed.is_none_or(|changed| changed >= began));
        Self { read: (!is_later).then(|| hash(&files)), seen: None, rest: LOOK }
    }

    /// Returns when the files have changed, and quiet has returned. Nothing is lost when it is dropped.
    pub(super) async fn changed(&mut self, settings: &Settings) {
        if !settings.watch {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(self.rest).await;
            let began = Instant::now();
            let found = hash(&look(settings));
            self.rest = LOOK.max(began.elapsed() * SHARE);
            let is_quiet = self.seen.replace(found) == Some(found);
            if is_quiet && self.read != Some(found) {
                self.read = Some(found);
                return;
            }
        }
    }

    /// Takes the files as they are now for read.
    pub(super) fn note(&mut self, settings: &Settings) {
        let found = hash(&look(settings));
        (self.read, self.seen) = (Some(found), Some(found));
    }
}

/// A file as it was found.
#[derive(Hash)]
struct Found {
    path: PathBuf,
    changed: Option<SystemTime>,
    length_bytes: u64,
    inode: u64,
}

fn look(settings: &Settings) -> Vec<Found> {
    let found = |path: PathBuf| match fs::metadata(&path) {
        Ok(data) => Found { changed: data.modified().ok(), length_bytes: data.len(), inode: data.ino(), path },
        Err(_) => Found { path, changed: Some(SystemTime::UNIX_EPOCH), length_bytes: 0, inode: 0 },
    };
    config::files(settings).into_iter().map(found).collect()
}

fn hash(files: &[Found]) -> u64 {
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    hasher.finish()
}
