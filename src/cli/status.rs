//! `courant status`: how each source stands.

use jiff::Timestamp;

use crate::app;
use crate::plan::Health;
use crate::serve::admin;
use crate::store::{self, SourceStatus};

use super::out::{self, Paint};
use super::{Common, Exit, Failure, input};

/// Arguments of `status`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Print the status as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let known = if app::store_exists(&settings.store) {
        super::runtime()?.block_on(async {
            let store = store::open(&settings.store).await?;
            let status = store.status().await?;
            store.close().await;
            Ok::<_, store::Error>(status)
        })?
    } else {
        Vec::new()
    };
    if arguments.json {
        input::print(&admin::Notes::default().status(&known))?;
        return Ok(Exit::Done);
    }
    let now = Timestamp::now();
    let head = ["source", "state", "articles", "last success", "last new", "next", "why"];
    let mut rows = vec![head.iter().map(|name| ((*name).to_owned(), Paint::Bold)).collect::<Vec<_>>()];
    rows.extend(known.iter().map(|source| row(source, now)));
    for id in settings.subscriptions.keys().filter(|id| !known.iter().any(|source| source.id == **id)) {
        rows.push(vec![(id.to_string(), Paint::Plain), ("never asked".to_owned(), Paint::Dim)]);
    }
    out::table(&rows)?;
    Ok(Exit::Done)
}

fn row(source: &SourceStatus, now: Timestamp) -> Vec<(String, Paint)> {
    let state = &source.state;
    let (name, paint) = match state.health {
        _ if source.paused => ("paused", Paint::Dim),
        Health::New => ("never asked", Paint::Dim),
        Health::Ok => ("ok", Paint::Good),
        Health::Suspect => ("suspect", Paint::Warn),
        Health::Failing => ("failing", Paint::Bad),
        Health::Gone => ("gone", Paint::Bad),
    };
    let articles = if source.pending > 0 {
        format!("{} (+{} waiting)", source.articles, source.pending)
    } else {
        source.articles.to_string()
    };
    let why = state.message.clone().unwrap_or_else(|| state.why.clone());
    vec![
        (source.id.to_string(), Paint::Plain),
        (name.to_owned(), paint),
        (articles, Paint::Plain),
        (out::distance(state.succeeded_at, now), Paint::Plain),
        (out::distance(state.new_at, now), Paint::Plain),
        (out::distance(state.next_due, now), Paint::Plain),
        (why, Paint::Dim),
    ]
}
