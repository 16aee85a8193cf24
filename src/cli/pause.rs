//! `courant pause` and `courant resume`: one source, by id.

use crate::config::{self, Settings};
use crate::model::SourceId;
use crate::pipeline::ListSubscription;
use crate::plan::Health;
use crate::store;

use super::{Common, Exit, Failure, out};

/// Arguments of `pause` and `resume`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The source, by its id.
    source: SourceId,
}

pub(super) fn run(arguments: &Arguments, common: &Common, pause: bool) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let source = &arguments.source;
    if let Some(list) = settings
        .lists
        .iter()
        .find(|list| list.settings.name() == *source && !settings.subscriptions.contains_key(source))
    {
        return pause_list(list, &settings, pause);
    }
    let known = super::runtime()?.block_on(async {
        let store = store::open(&settings.store).await?;
        // A source that was never asked has no row yet.
        let ids: Vec<SourceId> = settings.subscriptions.keys().cloned().collect();
        store.sync_sources(&ids, jiff::Timestamp::now()).await?;
        let mut known = store.set_paused(source, pause).await?;
        if !pause {
            known &= store.wake(source, jiff::Timestamp::now()).await?;
        }
        store.close().await;
        Ok::<_, store::Error>(known)
    })?;
    if !known {
        return Err(Failure::usage(anyhow::anyhow!("there is no source `{source}`: see `courant status`")));
    }
    out::line(&if pause {
        format!("`{source}` is paused: `courant resume {source}` ends it")
    } else {
        format!("`{source}` is asked again")
    })?;
    Ok(Exit::Done)
}

/// A list that was gone is asked again. None is paused: it is taken out of the settings, or left alone.
fn pause_list(list: &ListSubscription, settings: &Settings, pause: bool) -> Result<Exit, Failure> {
    let name = list.settings.name();
    let message =
        format!("`{name}` is a list, which cannot be paused: take its [[list]] out of {}", settings.file.display());
    let Some(folder) = settings.lists_folder().filter(|_| !pause) else {
        return Err(Failure::usage(anyhow::anyhow!(message)));
    };
    let mut held = config::read_state(&folder, &name);
    held.state.next_due = Some(jiff::Timestamp::now());
    held.state.health = if held.state.health == Health::Gone { Health::Failing } else { held.state.health };
    config::write_state(&folder, &name, &held)?;
    out::line(&format!("the list `{name}` is asked again"))?;
    Ok(Exit::Done)
}
