//! `courant export`: the list of sources, for other programs, in folders by their first tag.

use std::io::Write;

use crate::emit::{self, Outline};
use crate::pipeline;

use super::{Common, Exit, Failure};

/// Arguments of `export`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What to write.
    #[arg(value_parser = ["opml"], default_value = "opml")]
    kind: String,
}

pub(super) fn run(_: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let outlines: Vec<Outline> = settings
        .subscriptions
        .values()
        .map(|subscription| {
            let source = &subscription.source;
            pipeline::outline(source, &source.origin(None, None))
        })
        .collect();
    std::io::stdout()
        .lock()
        .write_all(&emit::opml::write_in_folders(&format!("{}: sources", settings.title), &outlines))?;
    Ok(Exit::Done)
}
