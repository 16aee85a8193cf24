//! The list of the files that were published into a folder, kept in the folder itself: so that what is published no more can
//! be told from what others put there.
//!
//! One path a line. A path is written down before its file comes to be; a line that a crash cut short is passed over.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::names;

/// Name of the list.
pub(super) const NAME: &str = ".courant.published";

/// What was published into a folder.
#[derive(Debug)]
pub(super) struct Manifest {
    folder: PathBuf,
    paths: BTreeSet<String>,
}

impl Manifest {
    /// Reads the list of a folder; without one nothing was published there.
    pub(super) fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join(NAME)).unwrap_or_default();
        let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        // What could lead out of the folder was not written by us.
        let paths = lines.filter(|path| names(path).is_ok()).map(str::to_owned).collect();
        Self { folder: folder.to_owned(), paths }
    }

    /// Writes down that paths are ours, those that are not known.
    pub(super) fn add(&mut self, paths: &[String]) -> io::Result<()> {
        let fresh: Vec<&String> = paths.iter().filter(|path| !self.paths.contains(*path)).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        let mut file = File::options().create(true).append(true).open(self.folder.join(NAME))?;
        // In one piece, and on lines of their own also after one that was cut short.
        let lines: String = fresh.iter().map(|path| format!("{path}\n")).collect();
        file.write_all(lines.as_bytes())?;
        file.sync_data()?;
        self.paths.extend(fresh.into_iter().cloned());
        Ok(())
    }

    /// Whether a path was published by us.
    pub(super) fn holds(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// The paths that are not kept.
    pub(super) fn others(&self, keeps: &dyn Fn(&str) -> bool) -> Vec<String> {
        self.paths.iter().filter(|path| !keeps(path)).cloned().collect()
    }

    /// Strikes paths off.
    pub(super) fn remove(&mut self, paths: &[String]) -> io::Result<()> {
        for path in paths {
            self.paths.remove(path);
        }
        let mut file = tempfile::Builder::new().prefix(super::files::TEMPORARY).tempfile_in(&self.folder)?;
        for path in &self.paths {
            writeln!(file, "{path}")?;
        }
        file.as_file().sync_all()?;
        file.persist(self.folder.join(NAME)).map(|_| ()).map_err(|error| error.error)
    }
}
