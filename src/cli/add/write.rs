//! Writes sources into files of their own, where the settings can be read with them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, anyhow};

use crate::cli::Failure;
use crate::config::{self, NewSource, Settings};

/// Writes tables of sources into a file of their own, and takes it back if the settings cannot be read with it.
pub(super) fn write(settings: &Settings, name: &str, text: &str) -> Result<PathBuf, Failure> {
    let path = config::write_new(&settings.sources, name, text)
        .with_context(|| format!("cannot write into `{}`", settings.sources.display()))?;
    confirm(settings).inspect_err(|_| {
        let _ = fs::remove_file(&path);
    })?;
    Ok(path)
}

/// The same for many sources, in as many files as they take.
pub(in crate::cli) fn write_all(
    settings: &Settings,
    name: &str,
    sources: &[NewSource],
) -> Result<Vec<PathBuf>, Failure> {
    let files = config::write_all_new(&settings.sources, name, sources)
        .with_context(|| format!("cannot write into `{}`", settings.sources.display()))?;
    confirm(settings).inspect_err(|_| files.iter().map(fs::remove_file).for_each(drop))?;
    Ok(files)
}

/// Whether the settings can be read with what was written.
pub(super) fn confirm(settings: &Settings) -> Result<(), Failure> {
    let Err(problems) = config::load(&settings.file) else { return Ok(()) };
    let listed: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
    Err(Failure::usage(anyhow!("nothing was added: with it the settings would be wrong:\n{}", listed.join("\n"))))
}
