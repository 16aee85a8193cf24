//! `courant remove`: takes a source out of the files that `add` and `import` write. Its articles stay in the store.

use std::fs;

use anyhow::{Context, anyhow};

use crate::app;
use crate::config::{self, Settings};
use crate::model::SourceId;
use crate::store;

use super::{Common, Exit, Failure, out};

/// Arguments of `remove`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The source, by its id.
    source: SourceId,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let id = &arguments.source;
    let by_hand = |message: String| Failure::usage(anyhow!(message));
    let Some(place) = config::places(&settings).remove(id) else {
        if let Some(list) = settings.list_of.get(id) {
            return Err(by_hand(format!(
                "`{id}` is from the list `{list}` and goes when that names it no more; `courant pause {id}` lets it rest"
            )));
        }
        return Err(by_hand(format!("there is no source `{id}`: see `courant status`")));
    };
    let Some(line) = place.line else {
        return Err(by_hand(format!("`{id}` is a site: remove its file {place}")));
    };
    if place.file == settings.file {
        return Err(by_hand(format!("`{id}` is in {place}: remove its [[source]] there")));
    }
    let file = &place.file;
    let text = fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let rest = config::without(file, &text, id).map_err(|why| {
        by_hand(format!("cannot take `{id}` out of {}:{line}, {why}: edit it by hand", file.display()))
    })?;
    match &rest {
        Some(rest) => config::replace(file, rest),
        None => fs::remove_file(file),
    }
    .with_context(|| format!("cannot change `{}`", file.display()))?;
    let settings = match config::load(&settings.file) {
        Ok(settings) => settings,
        Err(problems) => {
            config::replace(file, &text).with_context(|| format!("cannot put `{}` back", file.display()))?;
            let listed: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
            return Err(by_hand(format!("`{id}` is still needed, so it was left where it is:\n{}", listed.join("\n"))));
        }
    };
    forget(&settings)?;
    let what = if rest.is_some() { "taken out of" } else { "removed with its file" };
    out::line(&format!("`{id}` was {what} {}; its articles stay in the store and leave the feeds", file.display()))?;
    Ok(Exit::Done)
}

/// Tells the store which sources there are now, so that `status` shows it and a daemon asks it no more.
fn forget(settings: &Settings) -> Result<(), Failure> {
    if !app::store_exists(&settings.store) {
        return Ok(());
    }
    super::runtime()?.block_on(async {
        let store = store::open(&settings.store).await?;
        let ids: Vec<SourceId> = settings.subscriptions.keys().cloned().collect();
        store.sync_sources(&ids, jiff::Timestamp::now()).await?;
        store.close().await;
        Ok(())
    })
}
