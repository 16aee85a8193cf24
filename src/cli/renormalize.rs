//! `courant renormalize`: the rules as they are now over the pages that are kept, without a request.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::anyhow;

use crate::app::{self, App, system_clock};
use crate::config::Settings;
use crate::model::SourceId;
use crate::pipeline::{Difference, Reread, Subscription, chosen, renormalize};
use crate::store::{self, Store};

use super::{Common, Exit, Failure, difference, out};

/// Addresses named of pages that gave nothing.
const NAMED: usize = 5;

/// Arguments of `renormalize`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Only the sources that use the rules of this site.
    #[arg(long, value_name = "ID")]
    site: Option<SourceId>,
    /// Only this source.
    #[arg(long, value_name = "ID")]
    source: Option<SourceId>,
    /// Show what would differ and change nothing; also while another run is at work.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    common.start_logs("error")?;
    let settings = common.settings()?;
    let chosen = chosen(&settings.subscriptions, arguments.source.as_ref(), arguments.site.as_ref());
    if chosen.is_empty() && (arguments.source.is_some() || arguments.site.is_some()) {
        return Err(nothing_chosen(arguments));
    }
    if !app::store_exists(&settings.store) {
        out::line("no pages are kept yet: the store is not there")?;
        return Ok(Exit::Done);
    }
    super::runtime()?.block_on(async {
        if arguments.dry_run {
            let store = store::open(&settings.store).await?;
            let done = each(&store, &chosen, false).await;
            store.close().await;
            return finish(&done?, &settings, true);
        }
        let app = App::build(&settings, system_clock(), None).await?.unserved();
        let done = each(&app.pipeline.store, &chosen, true).await;
        // What was written before a failure is published as well.
        let rendered = app.render().await;
        app.close().await;
        let exit = finish(&done?, &settings, false)?;
        let rendered = rendered?;
        rendered.log();
        Ok(if rendered.failed.is_empty() { exit } else { Exit::Storage })
    })
}

fn nothing_chosen(arguments: &Arguments) -> Failure {
    let name = |id: Option<&SourceId>| id.map(ToString::to_string).unwrap_or_default();
    Failure::usage(match (&arguments.site, &arguments.source) {
        (Some(site), None) => anyhow!("no source uses the rules of a site `{site}`: see `courant check`"),
        (None, source) => anyhow!("there is no source `{}`: see `courant status`", name(source.as_ref())),
        (Some(site), source) => {
            anyhow!("there is no source `{}` that uses the rules of a site `{site}`", name(source.as_ref()))
        }
    })
}

/// Reads the pages of every chosen source again and prints what differs.
async fn each(
    store: &Arc<dyn Store>,
    chosen: &[&Arc<Subscription>],
    write: bool,
) -> Result<Vec<(SourceId, Reread)>, Failure> {
    let (clock, colour) = (system_clock(), out::has_colour());
    let mut all = Vec::with_capacity(chosen.len());
    for subscription in chosen {
        let mut printed = Ok(());
        let mut tell = |difference: &Difference| {
            let shown = difference::show(difference, colour);
            if printed.is_ok() {
                printed = out::line(shown.trim_end());
            }
        };
        let reread = renormalize(store, subscription, &clock, write, &mut tell).await?;
        printed?;
        all.push((subscription.source.id.clone(), reread));
    }
    Ok(all)
}

fn finish(done: &[(SourceId, Reread)], settings: &Settings, dry: bool) -> Result<Exit, Failure> {
    let mut damaged = false;
    let mut sum = Reread::default();
    for (source, reread) in done {
        sum.read += reread.read;
        sum.revised += reread.revised;
        sum.touched += reread.touched;
        sum.outdated += reread.outdated;
        damaged |= !reread.damaged.is_empty();
        list(source, "gives no article under these rules, so it stays as it is", &reread.without)?;
        list(source, "cannot be read back", &reread.damaged)?;
    }
    let mut summary = format!(
        "{} pages read again: {} articles {}",
        sum.read,
        sum.revised + sum.touched,
        if dry { "would differ" } else { "changed" }
    );
    if sum.touched > 0 {
        let _ = write!(summary, ", {} of them in markup alone", sum.touched);
    }
    if sum.outdated > 0 {
        let _ = write!(summary, "; {} passed over, for their source has said something else since", sum.outdated);
    }
    if sum.read == 0 && settings.keep_pages_bytes == 0 {
        summary.push_str("; `keep_pages = \"none\"` keeps none");
    }
    out::line(&summary)?;
    Ok(if damaged { Exit::Failed } else { Exit::Done })
}

fn list(source: &SourceId, what: &str, pages: &[String]) -> Result<(), Failure> {
    for page in pages.iter().take(NAMED) {
        out::line(&format!("{source}: {page} {what}"))?;
    }
    if pages.len() > NAMED {
        out::line(&format!("{source}: … and {} more pages like this", pages.len() - NAMED))?;
    }
    Ok(())
}
