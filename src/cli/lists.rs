//! The lists that sources are taken from: asked when they are due, shown by `status`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::address;
use crate::config::{self, Settings};
use crate::pipeline::{ListState, ListSubscription, Pipeline};
use crate::plan::Health;
use crate::serve::admin::Notes;

/// Lists asked for at once.
const AT_ONCE: usize = 8;

/// The longest sleep between two looks: `courant resume` may have made a list due.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// What asking needs.
#[derive(Clone)]
pub(super) struct Lists {
    folder: Option<PathBuf>,
    named: Arc<Vec<ListSubscription>>,
    pipeline: Pipeline,
}

impl Lists {
    pub(super) fn of(settings: &Settings, pipeline: &Pipeline) -> Self {
        let named = Arc::new(settings.lists.clone());
        Self { folder: settings.lists_folder(), named, pipeline: pipeline.clone() }
    }

    /// Asks for those that are due, or for `all`; gives whether they name other sources than before.
    pub(super) async fn ask(&self, all: bool) -> bool {
        let Some(folder) = &self.folder else { return false };
        let now = (self.pipeline.clock)();
        let due = self.named.iter().filter_map(|list| {
            let held = config::read_state(folder, &list.settings.name());
            let is_due = due_at(list, &held).is_some_and(|due| due <= now);
            let is_free = held.state.health != Health::Gone && held.state.not_before.is_none_or(|until| until <= now);
            (is_due || all && is_free).then_some((list, held))
        });
        let due: Vec<_> = due.collect();
        let mut changed = false;
        for some in due.chunks(AT_ONCE) {
            let asked = join_all(some.iter().map(|(list, held)| self.pipeline.ask_list(list, held))).await;
            for ((list, held), after) in some.iter().zip(asked) {
                changed |= keep_state(folder, list, held, &after);
            }
        }
        changed
    }

    /// How long until one is due.
    fn rest(&self) -> Duration {
        let Some(folder) = &self.folder else { return LOOK_AGAIN };
        let now = (self.pipeline.clock)();
        let dues =
            self.named.iter().filter_map(|list| due_at(list, &config::read_state(folder, &list.settings.name())));
        let rest = dues.min().map_or(LOOK_AGAIN, |due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
        rest.clamp(Duration::from_secs(1), LOOK_AGAIN)
    }
}

/// Writes down what became of a list; gives whether it names other sources.
fn keep_state(folder: &Path, list: &ListSubscription, before: &ListState, after: &ListState) -> bool {
    tell(list, before, after);
    let name = list.settings.name();
    if let Err(error) = config::write_state(folder, &name, after) {
        tracing::error!("cannot keep the list `{name}` in `{}`: {error}", folder.display());
        return false;
    }
    before.sources != after.sources
}

/// When a list is due: at once where the settings name another address than was read.
fn due_at(list: &ListSubscription, held: &ListState) -> Option<Timestamp> {
    if held.document.as_ref().is_some_and(|document| document.url != list.settings.url) && held.state.failures == 0 {
        return Some(Timestamp::UNIX_EPOCH);
    }
    held.state.next_due
}

/// Logs what became of a list, once.
fn tell(list: &ListSubscription, before: &ListState, after: &ListState) {
    let name = list.settings.name();
    match &after.state.message {
        Some(message) if after.state.health != Health::Ok => {
            tracing::warn!(list.id = %name, http.status = after.state.status, "list `{name}`: {message}");
        }
        _ if before.sources != after.sources => {
            let (had, has) = (before.sources.len(), after.sources.len());
            tracing::info!(list.id = %name, "list `{name}`: {has} sources, {had} before");
        }
        _ => tracing::debug!(list.id = %name, http.status = after.state.status, "list `{name}`: nothing new"),
    }
}

/// Asks for lists whenever they are due, and says when they name other sources.
pub(super) async fn keep(mut lists: watch::Receiver<Lists>, notes: Arc<Mutex<Notes>>, changed: mpsc::Sender<()>) {
    loop {
        let current = lists.borrow_and_update().clone();
        if current.ask(false).await && changed.send(()).await.is_err() {
            return;
        }
        let rows = rows(&current);
        notes.lock().unwrap_or_else(PoisonError::into_inner).lists = rows;
        tokio::select! {
            () = tokio::time::sleep(current.rest()) => {}
            still = lists.changed() => if still.is_err() { return },
        }
    }
}

/// A row for each list.
fn rows(lists: &Lists) -> Vec<Value> {
    let Some(folder) = &lists.folder else { return Vec::new() };
    lists.named.iter().map(|list| row(list, &config::read_state(folder, &list.settings.name()))).collect()
}

fn row(list: &ListSubscription, held: &ListState) -> Value {
    json!({
        "id": list.settings.name(),
        "url": address::redact(&list.settings.url),
        "health": held.state.health,
        "message": held.state.message,
        "sources": held.sources.len(),
        "failures": held.state.failures,
        "http_status": held.state.status,
        "attempted_at": held.state.attempted_at,
        "succeeded_at": held.state.succeeded_at,
        "next_due": held.state.next_due,
        "why": held.state.why,
    })
}

/// The lists with what is remembered of each.
pub(super) fn states(settings: &Settings) -> Vec<(ListSubscription, ListState)> {
    let Some(folder) = settings.lists_folder() else { return Vec::new() };
    let state = |list: &ListSubscription| (list.clone(), config::read_state(&folder, &list.settings.name()));
    settings.lists.iter().map(state).collect()
}

/// What the status tells besides sources.
pub(super) fn notes(settings: &Settings) -> Notes {
    Notes {
        settings_problem: None,
        lists: states(settings).iter().map(|(list, held)| row(list, held)).collect(),
        list_of: settings.list_of.iter().map(|(source, list)| (source.clone(), list.to_string())).collect(),
    }
}
