//! `courant poll`: asks one source now, then the feeds are written.

use anyhow::anyhow;
use tokio_util::sync::CancellationToken;

use crate::app::{App, system_clock};
use crate::model::SourceId;
use crate::pipeline::{Outcome, Report, Round, once};
use crate::plan::Health;
use crate::store::SourceStatus;

use super::notices::Teller;
use super::{Common, Exit, Failure, once::describe, out};

/// Arguments of `poll`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The source, by its id.
    source: SourceId,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    common.start_logs("error")?;
    let settings = common.settings()?;
    let id = &arguments.source;
    if !settings.subscriptions.contains_key(id) {
        return Err(Failure::usage(anyhow!("there is no source `{id}`: see `courant status`")));
    }
    super::runtime()?.block_on(async {
        let app = App::build(&settings, system_clock(), None).await?.unserved();
        let mut reports: Vec<Report> = Vec::new();
        let mut progress = |report: &Report| reports.push(report.clone());
        once(&app.pipeline, &Round::Only(id.clone()), &CancellationToken::new(), &mut progress).await?;
        let rendered = app.render().await?;
        rendered.log();
        Teller::of(&settings).tell(app.pipeline.notices.take()).await;
        let status = if reports.is_empty() { app.pipeline.store.status().await? } else { Vec::new() };
        app.close().await;
        for report in &reports {
            out::line(&describe(report))?;
        }
        if reports.is_empty() {
            let row = status.iter().find(|row| row.id == *id);
            return Err(Failure::new(
                Exit::Failed,
                anyhow!("`{id}` was not asked: {}", row.map_or_else(String::new, why_not)),
            ));
        }
        out::line(&format!("{} files written", rendered.written.len()))?;
        let has_failed =
            |report: &Report| matches!(report.outcome, Outcome::Failed(_) | Outcome::Gone | Outcome::Postponed(_));
        Ok(if !rendered.failed.is_empty() {
            Exit::Storage
        } else if reports.iter().any(has_failed) {
            Exit::Failed
        } else {
            Exit::Done
        })
    })
}

/// Why nothing was handed out to ask.
fn why_not(row: &SourceStatus) -> String {
    let id = &row.id;
    if row.paused {
        return format!("it is paused; `courant resume {id}` ends that");
    }
    if row.state.health == Health::Gone {
        return format!("its server says that it is gone for good; `courant resume {id}` asks all the same");
    }
    let until = row.state.not_before.map(|until| format!(" until {until}")).unwrap_or_default();
    format!("its server asked to be left alone{until}")
}
