//! `courant import ftr`: site rules of Full-Text RSS become a site file.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, anyhow};
use serde_json::json;
use url::Url;

use crate::config::Settings;
use crate::extract::ftr::{self, Imported, LeftOut};
use crate::model::SourceId;

use super::{Exit, Failure, input, out};

/// How the result is told.
pub(super) struct How {
    /// Tell what would be written and write nothing.
    pub(super) dry_run: bool,
    /// Tell it as JSON.
    pub(super) json: bool,
}

pub(super) fn run(file: &str, text: &str, settings: &Settings, how: &How) -> Result<Exit, Failure> {
    let imported = ftr::read(text);
    let id = host(file, &imported).ok_or_else(|| {
        Failure::usage(anyhow!(
            "`{file}` does not say which site it is for: name it after the host, as in `news.example.org.txt`"
        ))
    })?;
    let path = settings.sites.join(format!("{id}.toml"));
    let is_written = !how.dry_run && !imported.is_empty();
    if is_written {
        write(&path, &imported.site_file(id.as_str()))?;
    }
    if how.json {
        let left = |left: &LeftOut| json!({ "line": left.line, "text": left.text, "reason": left.reason });
        input::print(&json!({
            "site": id,
            "file": is_written.then(|| path.display().to_string()),
            "left_out": imported.left_out.iter().map(left).collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::Done);
    }
    if imported.is_empty() {
        out::line(&format!("nothing of `{file}` could be carried over"))?;
    } else if is_written {
        out::line(&format!(
            "rules of `{id}` written to {}; a source uses them with `site = \"{id}\"`",
            path.display()
        ))?;
    } else {
        out::line(&imported.site_file(id.as_str()))?;
    }
    for LeftOut { line, text, reason } in &imported.left_out {
        out::line(&format!("{file}:{line}: not carried over: {text} ({reason})"))?;
    }
    Ok(Exit::Done)
}

/// The host that rules are for: the name of their file, else the page they are tried on.
fn host(file: &str, imported: &Imported) -> Option<SourceId> {
    let stem = Path::new(file).file_name()?.to_str()?.strip_suffix(".txt").map(|stem| stem.trim_start_matches('.'));
    let named = stem.filter(|stem| stem.contains('.')).and_then(|stem| stem.to_ascii_lowercase().parse().ok());
    let tried = || {
        let url = imported.tests.iter().find_map(|test| Url::parse(test).ok())?;
        url.host_str()?.trim_start_matches("www.").parse().ok()
    };
    named.or_else(tried)
}

/// Writes a new site file; one that is there is somebody's work.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    }
    let file = fs::File::options().write(true).create_new(true).open(path);
    let mut file = file.with_context(|| format!("cannot make `{}`: is it there already?", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(())
}
