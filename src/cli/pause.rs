//! `courant pause` and `courant resume`: one source, by id.

use crate::model::SourceId;
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
