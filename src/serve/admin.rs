//! What operators see: health, readiness, status and metrics, on an address of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use url::Url;

use crate::address;
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
    "ready\n".into_response()
}

async fn status(State(admin): State<Admin>) -> Response {
    match admin.store.status().await {
        Ok(sources) => Json(json!({ "sources": sources.iter().map(row).collect::<Vec<_>>() })).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// A source as JSON, the same for `/status` and `courant status --json`.
#[must_use]
pub fn row(source: &SourceStatus) -> serde_json::Value {
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
        "moved_to": source.state.moved_to.as_deref().and_then(|url| Url::parse(url).ok()).map(|url| address::redact(&url)),
    })
}

async fn metrics(State(admin): State<Admin>) -> Response {
    let sources = match admin.store.status().await {
        Ok(sources) => sources,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    };
    for source in &sources {
        describe(source);
    }
    let version = "text/plain; version=0.0.4; charset=utf-8";
    ([(CONTENT_TYPE, version)], admin.metrics.render()).into_response()
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus values are floating point")]
fn describe(source: &SourceStatus) {
    let id = || source.id.to_string();
    let seconds = |moment: Option<jiff::Timestamp>| moment.map_or(0.0, |moment| moment.as_second() as f64);
    let up = matches!(source.state.health, Health::Ok | Health::Suspect);
    gauge!("courant_source_up", "source" => id()).set(f64::from(u8::from(up)));
    gauge!("courant_source_suspect", "source" => id()).set(f64::from(u8::from(source.state.health == Health::Suspect)));
    gauge!("courant_source_failures", "source" => id()).set(f64::from(source.state.failures));
    gauge!("courant_source_articles", "source" => id()).set(source.articles as f64);
    gauge!("courant_source_pending_pages", "source" => id()).set(source.pending as f64);
    gauge!("courant_source_last_success_timestamp_seconds", "source" => id()).set(seconds(source.state.succeeded_at));
    gauge!("courant_source_last_new_timestamp_seconds", "source" => id()).set(seconds(source.state.new_at));
    gauge!("courant_source_next_due_timestamp_seconds", "source" => id()).set(seconds(source.state.next_due));
}
