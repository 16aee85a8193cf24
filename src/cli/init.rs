//! `courant init`: a place to begin.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Exit, Failure, out};

/// The commented settings file; a test loads it.
const SETTINGS: &str = include_str!("../../config/courant.toml");

/// A commented site file.
const SITE: &str = include_str!("../../config/sites/example.toml.off");

/// Arguments of `init`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folder to begin in.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let folder = &arguments.folder;
    let settings = folder.join("courant.toml");
    if settings.exists() {
        return Err(Failure::usage(anyhow::anyhow!("`{}` is there already: it is left alone", settings.display())));
    }
    write(&folder.join("sites/example.toml.off"), SITE)?;
    write(&settings, SETTINGS)?;
    out::line(&format!("wrote {} and {}", settings.display(), folder.join("sites/example.toml.off").display()))?;
    out::line("next: name your sources in courant.toml, then `courant check` and `courant run`")?;
    Ok(Exit::Done)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}
