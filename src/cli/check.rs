//! `courant check`: the settings, every problem at once.

use std::collections::BTreeMap;

use serde_json::json;

use crate::config::{Problem, Settings};
use crate::fetch::{Proxy, Way};

use super::out::{self, Paint};
use super::{Common, Exit, Failure, input};

/// Arguments of `check`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Print the problems as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let file = crate::config::find(common.config.as_deref())
        .map_err(|problem| Failure::usage(anyhow::anyhow!("{problem}")))?;
    let loaded = crate::config::load(&file);
    if arguments.json {
        let problems = loaded.as_ref().err().map(Vec::as_slice).unwrap_or_default();
        let notes = loaded.as_ref().map(notes).unwrap_or_default();
        let rows = |problems: &[Problem]| -> Vec<_> {
            let row =
                |problem: &Problem| json!({ "file": problem.file, "line": problem.line, "message": problem.message });
            problems.iter().map(row).collect()
        };
        input::print(&json!({ "ok": loaded.is_ok(), "problems": rows(problems), "notes": rows(&notes) }))?;
        return Ok(if loaded.is_ok() { Exit::Done } else { Exit::Usage });
    }
    match loaded {
        Ok(settings) => {
            let good = out::paint("ok", Paint::Good, out::has_colour());
            out::line(&format!(
                "{good}: {}: {} sources, {} feeds at {}",
                settings.file.display(),
                settings.subscriptions.len(),
                settings.recipes.len(),
                settings.base_url
            ))?;
            settings.notes.iter().try_for_each(|note| out::line(&format!("note: {note}")))?;
            for note in notes(&settings) {
                out::line(&format!("note: {note}"))?;
            }
            Ok(Exit::Done)
        }
        Err(problems) => {
            for problem in &problems {
                out::line(&problem.to_string())?;
            }
            Ok(Exit::Usage)
        }
    }
}

/// What works and should be known.
fn notes(settings: &Settings) -> Vec<Problem> {
    let note = |message: String| Problem { file: None, line: None, message };
    let mut notes = settings.remarks.clone();
    if !settings.fetch.allow_networks.is_empty() {
        notes.push(note("`fetch.allow_networks` opens private networks to the addresses that sources name".to_owned()));
    }
    let trusted = |whose: &str, proxy: &Proxy| {
        note(format!(
            "{whose} {proxy} is trusted: it looks names up by itself, so it must refuse private networks; addresses and names \
             are checked here as far as they are known"
        ))
    };
    notes.extend(settings.fetch.proxy.iter().map(|proxy| trusted("`fetch.proxy`", proxy)));
    let mut own = BTreeMap::new();
    for (id, subscription) in settings.subscriptions.iter() {
        if let Some(Way::Proxy(proxy)) = subscription.access.as_ref().and_then(|access| access.way.as_ref()) {
            own.entry(proxy.to_string()).or_insert((id, proxy));
        }
    }
    notes.extend(own.values().map(|(id, proxy)| trusted(&format!("the proxy of source `{id}`"), proxy)));
    notes
}
