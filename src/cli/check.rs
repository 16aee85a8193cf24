//! `courant check`: the settings, every problem at once.

use serde_json::json;

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
        let rows: Vec<_> = problems
            .iter()
            .map(|problem| json!({ "file": problem.file, "line": problem.line, "message": problem.message }))
            .collect();
        input::print(&json!({ "ok": loaded.is_ok(), "problems": rows }))?;
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
            if !settings.fetch.allow_networks.is_empty() {
                out::line("note: `fetch.allow_networks` opens private networks to the addresses that sources name")?;
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
