//! `courant once`: one round, then the feeds are written. For cron and timers.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::app::{App, system_clock};
use crate::pipeline::{self, Outcome, Rendered, Report, Retired, Round, Totals, once};
use crate::plan::Health;
use crate::store::SourceStatus;

use super::lists::Lists;
use super::notices::Teller;
use super::out::{self, Paint};
use super::{Common, Exit, Failure, input};

/// Arguments of `once`.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Arguments {
    /// Ask every source, whatever its time; what a server asked for with Retry-After still holds.
    #[arg(long)]
    now: bool,
    /// Leave with 1 when a source fails that did not fail the last time.
    #[arg(long)]
    strict: bool,
    /// Print a line per source.
    #[arg(long, short)]
    verbose: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    common.start_logs("error")?;
    let settings = common.settings()?;
    super::runtime()?.block_on(async {
        let mut app = App::build(&settings, system_clock(), None).await?.unserved();
        let settings = if Lists::of(&settings, &app.pipeline).ask(arguments.now).await {
            let fresh = common.settings()?;
            app.renew(&fresh).await?;
            app.sync(&fresh).await?;
            fresh
        } else {
            settings
        };
        let cancel = CancellationToken::new();
        let ended = end_on_signals(cancel.clone());
        let round = if arguments.now { Round::All } else { Round::Due };
        let bar = progress_bar(settings.subscriptions.len(), arguments);
        let mut failures = Vec::new();
        let mut progress = |report: &Report| {
            note(report, arguments, &bar);
            if matches!(report.outcome, Outcome::Failed(_) | Outcome::Gone) {
                failures.push(report.clone());
            }
        };
        let work = once(&app.pipeline, &round, &cancel, &mut progress);
        let totals = tokio::select! {
            totals = work => totals?,
            () = ended => {
                let message = "ended at once by a second signal: what was under way is done by the next run";
                return Err(Failure::new(Exit::Failed, anyhow::anyhow!(message)));
            }
        };
        bar.finish_and_clear();
        let rendered = app.render().await?;
        rendered.log();
        let retired = app.retire(&cancel).await?;
        retired.log();
        let hubs = &settings.websub.hubs;
        pipeline::push::announce_all(&app.pipeline, hubs, &settings.base_url, &rendered.written).await;
        // Looked at only where it decides: it takes a look at every source.
        let all_asked_failed = totals.sources > 0 && totals.failed == totals.sources;
        let status = if all_asked_failed { app.pipeline.store.status().await? } else { Vec::new() };
        Teller::of(&settings).tell(app.pipeline.notices.take()).await;
        app.close().await;
        print(arguments, &totals, &rendered, &retired, &failures)?;
        Ok(exit(arguments, &totals, &rendered, &status))
    })
}

/// Cancels on SIGINT and SIGTERM: what is under way is finished, the feeds are still written. Returns when another one comes.
async fn end_on_signals(cancel: CancellationToken) {
    let Ok(mut signals) = super::run::Ends::new() else { return std::future::pending().await };
    signals.wait().await;
    cancel.cancel();
    signals.wait().await;
}

fn progress_bar(sources: usize, arguments: &Arguments) -> ProgressBar {
    let is_shown = io::stderr().is_terminal() && !arguments.json && !arguments.verbose;
    let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(sources as u64), target);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} sources  {msg}").expect("the template is valid");
    bar.set_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn note(report: &Report, arguments: &Arguments, bar: &ProgressBar) {
    if !matches!(report.outcome, Outcome::Page | Outcome::PageFailed(_)) {
        bar.inc(1);
    }
    bar.set_message(report.source.to_string());
    if arguments.verbose {
        let _ = out::line(&describe(report));
    }
}

/// A report as one line.
pub(super) fn describe(report: &Report) -> String {
    let told = match &report.outcome {
        Outcome::Unchanged => "nothing new".to_owned(),
        Outcome::Read { entries, summary, remark } => {
            let mut told = format!("{entries} entries, {} new", summary.announced + summary.silent);
            let parts = [
                (summary.silent, "held silently"),
                (summary.edited, "edited"),
                (summary.waiting, "waiting for their page"),
            ];
            for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
                told.push_str(&format!(", {count} {what}"));
            }
            if let Some(remark) = remark {
                told.push_str(&format!(" — {remark}"));
            }
            told
        }
        Outcome::Page => "a page that waited was read".to_owned(),
        Outcome::PageFailed(message) => format!("a page that waited failed: {message}"),
        Outcome::Failed(message) => format!("FAILED: {message}"),
        Outcome::Gone => "GONE for good (410)".to_owned(),
        Outcome::Postponed(why) => format!("put off: {why}"),
        Outcome::Dropped => "not configured any more".to_owned(),
    };
    let status = report.status.map_or("   ".to_owned(), |status| status.to_string());
    format!("{status}  {:<24} {told}", report.source)
}

fn print(
    arguments: &Arguments,
    totals: &Totals,
    rendered: &Rendered,
    retired: &Retired,
    failures: &[Report],
) -> Result<(), Failure> {
    if arguments.json {
        input::print(&json!({
            "sources": totals.sources,
            "failed": failures.iter().map(|report| json!({
                "source": report.source, "status": report.status, "new": report.newly_failed,
                "message": match &report.outcome { Outcome::Failed(message) => message.clone(), _ => "gone for good (410)".to_owned() },
            })).collect::<Vec<_>>(),
            "announced": totals.announced,
            "silent": totals.silent,
            "edited": totals.edited,
            "requests": totals.requests,
            "not_modified": totals.not_modified,
            "written": rendered.written,
            "dropped": retired.articles,
            "output_errors": rendered.failed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }))?;
        return Ok(());
    }
    if !arguments.verbose {
        for report in failures {
            writeln!(io::stderr(), "{}", describe(report))?;
        }
    }
    let colour = out::has_colour();
    let failed = if totals.failed > 0 { Paint::Bad } else { Paint::Plain };
    out::line(&format!(
        "{} sources, {}, {} new ({} silent), {} edited; {} requests, {} of them 304; {} files written{}",
        totals.sources,
        out::paint(&format!("{} failed", totals.failed), failed, colour),
        totals.announced + totals.silent,
        totals.silent,
        totals.edited,
        totals.requests,
        totals.not_modified,
        rendered.written.len(),
        if retired.articles > 0 {
            format!("; {} articles dropped by `retention`", retired.articles)
        } else {
            String::new()
        },
    ))?;
    Ok(())
}

fn exit(arguments: &Arguments, totals: &Totals, rendered: &Rendered, status: &[SourceStatus]) -> Exit {
    if !rendered.failed.is_empty() {
        return Exit::Storage;
    }
    // One bad source is often due alone, and that is not all of them.
    let is_well = |source: &SourceStatus| !source.paused && matches!(source.state.health, Health::Ok | Health::Suspect);
    if totals.sources > 0 && totals.failed == totals.sources && !status.iter().any(is_well) {
        return Exit::AllFailed;
    }
    if arguments.strict && totals.newly_failed > 0 {
        return Exit::Failed;
    }
    Exit::Done
}
