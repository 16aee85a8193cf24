//! What operators see: health, readiness, status and metrics, on an address of their own.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use url::Url;

use crate::address;
use crate::model::SourceId;
use crate::plan::Health;
use crate::store::{SourceStatus, Store};

/// What the handlers need.
#[derive(Clone)]
pub struct Admin {
    /// Asked for the status of sources.
    pub store: Arc<dyn Store>,
    /// Holds the counters.
    pub metrics: PrometheusHandle,
    /// Whether the feeds were rendered once since the start.
    pub rendered: Arc<AtomicBool>,
    /// What the operator should know besides.
    pub notes: Arc<Mutex<Notes>>,
}

/// What the operator should know of the process as a whole.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// Why the settings as they are now are not in force; nothing when they are.
    pub settings_problem: Option<String>,
    /// The lists that sources are taken from, as rows of the status.
    pub lists: Vec<serde_json::Value>,
    /// The list of each source that is from one.
    pub list_of: BTreeMap<SourceId, String>,
}

impl Notes {
    /// The status of sources as JSON, the same for `/status` and `courant status --json`.
    #[must_use]
    pub fn status(&self, sources: &[SourceStatus]) -> serde_json::Value {
        let rows = sources.iter().map(|source| {
            let mut row = row(source);
            row["list"] = json!(self.list_of.get(&source.id));
            row
        });
        json!({
            "sources": rows.collect::<Vec<_>>(),
            "lists": self.lists,
            "settings_problem": self.settings_problem,
        })
    }
}

impl Admin {
    fn notes(&self) -> Notes {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The router for operators.
pub fn router(admin: Admin) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/status", get(status))
        .route("/metrics", get(metrics))
        .with_state(admin)
}

async fn ready(State(admin): State<Admin>) -> Response {
    if let Err(error) = admin.store.check().await {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response();
    }
    if !admin.rendered.load(Ordering::Acquire) {
        return (StatusCode::SERVICE_UNAVAILABLE, "the feeds are not rendered yet\n").into_response();
    }
    match admin.notes().settings_problem {
        None => "ready\n".into_response(),
        Some(problem) => {
            format!("ready\nnote: the settings as they are now are not in force: {problem}\n").into_response()
        }
    }
}

async fn status(State(admin): State<Admin>) -> Response {
    match admin.store.status().await {
        Ok(sources) => Json(admin.notes().status(&sources)).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// A source as JSON.
fn row(source: &SourceStatus) -> serde_json::Value {
    json!({
        "id": source.id,
        "health": source.state.health,
        "message": source.state.message,
        "paused": source.paused,
        "articles": source.articles,
        "pending": source.pending,
        "failures": source.state.failures,
        "http_status": source.state.status,
        "attempted_at": source.state.attempted_at,
        "succeeded_at": source.state.succeeded_at,
        "new_at": source.state.new_at,
        "next_due": source.state.next_due,
        "why": source.state.why,
        "broken_since": source.state.trouble.as_ref().filter(|trouble| trouble.told).map(|trouble| trouble.since),
        "moved_to": source.state.moved_to.as_deref().and_then(|url| Url::parse(url).ok()).map(|url| address::redact(&url)),
    })
}

async fn metrics(State(admin): State<Admin>) -> Response {
    let sources = match admin.store.status().await {
        Ok(sources) => sources,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    };
    let version = "text/plain; version=0.0.4; charset=utf-8";
    ([(CONTENT_TYPE, version)], admin.metrics.render() + &gauges(&sources)).into_response()
}

/// The gauges of the sources there are now. Written from the store and kept nowhere, so that those of a source go with it.
fn gauges(sources: &[SourceStatus]) -> String {
    type Value = fn(&SourceStatus) -> i64;
    let table: [(&str, Value); 8] = [
        ("up", |source| i64::from(matches!(source.state.health, Health::Ok | Health::Suspect))),
        ("suspect", |source| i64::from(source.state.health == Health::Suspect)),
        ("failures", |source| i64::from(source.state.failures)),
        ("articles", |source| source.articles.cast_signed()),
        ("pending_pages", |source| source.pending.cast_signed()),
        ("last_success_timestamp_seconds", |source| seconds(source.state.succeeded_at)),
        ("last_new_timestamp_seconds", |source| seconds(source.state.new_at)),
        ("next_due_timestamp_seconds", |source| seconds(source.state.next_due)),
    ];
    let mut text = String::new();
    for (name, value) in table {
        text.push_str(&format!("# TYPE courant_source_{name} gauge\n"));
        for source in sources {
            // An id is made of letters, digits and marks that need no escape.
            text.push_str(&format!("courant_source_{name}{{source=\"{}\"}} {}\n", source.id, value(source)));
        }
        text.push('\n');
    }
    text
}

fn seconds(moment: Option<jiff::Timestamp>) -> i64 {
    moment.map_or(0, jiff::Timestamp::as_second)
}
