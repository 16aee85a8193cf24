//! `courant status`: how each source stands.

use jiff::Timestamp;

use crate::app;
use crate::pipeline::{ListState, ListSubscription};
use crate::plan::Health;
use crate::store::{self, SourceStatus};

use super::out::{self, Paint};
use super::{Common, Exit, Failure, input, lists};

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
        input::print(&lists::notes(&settings).status(&known))?;
        return Ok(Exit::Done);
    }
    let now = Timestamp::now();
    let head = ["source", "state", "articles", "last success", "last new", "next", "why"];
    let mut rows = vec![head.iter().map(|name| ((*name).to_owned(), Paint::Bold)).collect::<Vec<_>>()];
    rows.extend(known.iter().map(|source| row(source, now)));
    for id in settings.subscriptions.keys().filter(|id| !known.iter().any(|source| source.id == **id)) {
        rows.push(vec![(id.to_string(), Paint::Plain), ("never asked".to_owned(), Paint::Dim)]);
    }
    let lists = lists::states(&settings);
    if !lists.is_empty() {
        for row in &mut rows[1..] {
            let list = settings.list_of.get(row[0].0.as_str());
            if let (Some(list), Some((name, _))) = (list, row.first_mut()) {
                name.push_str(&format!(" ({list})"));
            }
        }
    }
    out::table(&rows)?;
    if !lists.is_empty() {
        out::line("")?;
        let head = ["list", "state", "sources", "last success", "next", "why"];
        let mut rows = vec![head.iter().map(|name| ((*name).to_owned(), Paint::Bold)).collect::<Vec<_>>()];
        rows.extend(lists.iter().map(|(list, held)| list_row(list, held, now)));
        out::table(&rows)?;
    }
    Ok(Exit::Done)
}

fn list_row(list: &ListSubscription, held: &ListState, now: Timestamp) -> Vec<(String, Paint)> {
    let (name, paint) = shown(held.state.health);
    vec![
        (list.settings.name().to_string(), Paint::Plain),
        (name.to_owned(), paint),
        (held.sources.len().to_string(), Paint::Plain),
        (out::distance(held.state.succeeded_at, now), Paint::Plain),
        (out::distance(held.state.next_due, now), Paint::Plain),
        (held.state.message.clone().unwrap_or_else(|| held.state.why.clone()), Paint::Dim),
    ]
}

fn shown(health: Health) -> (&'static str, Paint) {
    match health {
        Health::New => ("never asked", Paint::Dim),
        Health::Ok => ("ok", Paint::Good),
        Health::Suspect => ("suspect", Paint::Warn),
        Health::Failing => ("failing", Paint::Bad),
        Health::Gone => ("gone", Paint::Bad),
    }
}

fn row(source: &SourceStatus, now: Timestamp) -> Vec<(String, Paint)> {
    let state = &source.state;
    let (name, paint) = if source.paused { ("paused", Paint::Dim) } else { shown(state.health) };
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
