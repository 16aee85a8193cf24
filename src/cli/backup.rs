//! `courant backup`, `courant restore`, `courant vacuum`: the store as a file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::json;

use crate::app::{self, Lock};
use crate::config::Settings;
use crate::store::file;
use crate::units;

use super::{Common, Exit, Failure, input, out};

/// Arguments of `backup`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file to write.
    file: PathBuf,
    /// Replace the file if it is there.
    #[arg(long)]
    force: bool,
    /// Print what was written as JSON.
    #[arg(long)]
    json: bool,
}

/// Arguments of `restore`.
#[derive(clap::Args)]
pub(super) struct RestoreArguments {
    /// The backup to go back to.
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let (store, target) = (existing(&settings)?, &arguments.file);
    let shown = target.display();
    if target.is_dir() {
        return Err(Failure::usage(anyhow!("`{shown}` is a folder: name a file inside it")));
    }
    if is_same(&store, target) {
        return Err(Failure::usage(anyhow!("`{shown}` is the store itself: name another file")));
    }
    if target.exists() && !arguments.force {
        return Err(Failure::usage(anyhow!(
            "`{shown}` is there already: name another file, or replace it with --force"
        )));
    }
    let began = Instant::now();
    let copy = super::runtime()?.block_on(file::backup(&store, target, Timestamp::now()))?;
    let seconds = began.elapsed().as_secs_f64();
    if arguments.json {
        input::print(&json!({ "file": target, "bytes": copy.bytes, "articles": copy.articles, "seconds": seconds }))?;
    } else {
        let size = about(copy.bytes);
        out::line(&format!("{} articles, {size}, in {seconds:.1} s: `{shown}` is whole and sound", copy.articles))?;
    }
    Ok(Exit::Done)
}

pub(super) fn restore(arguments: &RestoreArguments, common: &Common) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let store = path(&settings)?;
    if is_same(&store, &arguments.file) {
        return Err(Failure::usage(anyhow!("`{}` is the store itself: name a backup", arguments.file.display())));
    }
    let _lock = Lock::take(&settings.store)?;
    let restored = super::runtime()?.block_on(file::restore(&store, &arguments.file, Timestamp::now()))?;
    let copy = &restored.inspection;
    out::line(&format!("{} articles, {}: `{}` is in place", copy.articles, about(copy.bytes), store.display()))?;
    if let Some(before) = restored.before {
        out::line(&format!("what was there is kept as `{}`: delete it when all is well", before.display()))?;
    }
    for trouble in &copy.troubles {
        out::line(&format!("note: {}: {}", trouble.says, trouble.fix))?;
    }
    Ok(Exit::Done)
}

pub(super) fn vacuum(common: &Common) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let store = existing(&settings)?;
    let _lock = Lock::take(&settings.store)?;
    let began = Instant::now();
    let (before, after) = super::runtime()?.block_on(file::vacuum(&store))?;
    let seconds = began.elapsed().as_secs_f64();
    out::line(&format!("{} → {} in {seconds:.1} s", about(before), about(after)))?;
    Ok(Exit::Done)
}

/// The file of the store.
pub(super) fn path(settings: &Settings) -> Result<PathBuf, Failure> {
    let file = settings.store.strip_prefix("sqlite:").map(PathBuf::from);
    file.ok_or_else(|| Failure::usage(anyhow!("`{}` is no file: only a store in a file has copies", settings.store)))
}

fn existing(settings: &Settings) -> Result<PathBuf, Failure> {
    let path = path(settings)?;
    if app::store_exists(&settings.store) {
        return Ok(path);
    }
    Err(Failure::storage(anyhow!("there is no store at `{}` yet: `courant once` begins one", path.display())))
}

fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| std::fs::canonicalize(path).ok();
    whole(one).is_some_and(|one| whole(other) == Some(one))
}

/// A size for people: `4.6 GB`.
pub(super) fn about(bytes: u64) -> String {
    let rounded = match bytes {
        0..=9_999 => return units::write_size(bytes),
        10_000..=9_999_999 => (bytes / 1_000, "kB"),
        _ => (bytes / 1_000_000, "MB"),
    };
    format!("{} {}", rounded.0, rounded.1)
}
