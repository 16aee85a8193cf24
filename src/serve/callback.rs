//! Where hubs elsewhere confirm and tell: `{base_url}/websub/{token}` (WebSub §5.3, §7).
//!
//! What comes in is checked against the secret of the subscription and put into the store's inbox; the refresh loop does the
//! rest. A wrong signature is answered like a right one (§8): whoever guesses learns nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, http};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::plan::push::{Phase, Pushed, Subscription};
use crate::signature;
use crate::store::{self, Store};

/// What the handlers need.
#[derive(Clone)]
pub struct Callbacks {
    /// Where subscriptions and inboxes are.
    pub store: Arc<dyn Store>,
    /// The present.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Called when something came in.
    pub arrived: Arc<dyn Fn() + Send + Sync>,
    /// The largest document taken.
    pub max_bytes: usize,
    /// Documents taken at once.
    pub permits: Arc<Semaphore>,
}

/// How many documents are taken at once.
pub const AT_ONCE: usize = 4;

/// The routes of the callbacks, under `prefix` (a path without a slash at its end).
pub fn routes(callbacks: Callbacks, prefix: &str) -> Router {
    Router::new().route(&format!("{prefix}/websub/{{token}}"), get(confirm).post(take)).with_state(callbacks)
}

/// What a hub asks or tells by `GET`.
#[derive(Debug, Deserialize)]
struct Question {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.topic")]
    topic: Option<String>,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
    #[serde(rename = "hub.lease_seconds")]
    lease: Option<String>,
    #[serde(rename = "hub.reason")]
    reason: Option<String>,
}

async fn confirm(
    State(callbacks): State<Callbacks>,
    Path(token): Path<String>,
    Query(question): Query<Question>,
) -> Response {
    match answer(&callbacks, &token, &question).await {
        Ok(Some(text)) => ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response(),
        Ok(None) => nothing(StatusCode::NOT_FOUND),
        Err(error) => unavailable(&error),
    }
}

/// What is answered; `None` where that is not what we want.
async fn answer(callbacks: &Callbacks, token: &str, question: &Question) -> Result<Option<String>, store::Error> {
    let push = callbacks.store.push();
    let held = push.subscription_at(token).await?;
    let is_topic = |held: &Subscription| question.topic.as_deref() == Some(held.topic.topic.as_str());
    let wanted = held.filter(|held| held.phase != Phase::Leaving);
    let now = (callbacks.clock)();
    match (question.mode.as_str(), wanted) {
        ("subscribe", Some(wanted)) if is_topic(&wanted) => {
            let Some(challenge) = question.challenge.clone() else { return Ok(None) };
            let lease = question.lease.as_deref().and_then(|lease| lease.trim().parse().ok());
            push.save_subscription(&wanted.confirmed(lease.map(Duration::from_secs), now)).await?;
            Ok(Some(challenge))
        }
        // Nobody subscribed here, or not any more: whatever it was about, it is to end.
        ("unsubscribe", None) => Ok(question.challenge.clone()),
        ("denied", Some(wanted)) if is_topic(&wanted) => {
            let denied = wanted.denied(question.reason.as_deref(), now);
            tracing::warn!(source.id = %denied.source, "{}; `{}` is polled", denied.problem.as_deref().unwrap_or_default(), denied.source);
            push.save_subscription(&denied).await?;
            Ok(Some(String::new()))
        }
        _ => Ok(None),
    }
}

async fn take(
    State(callbacks): State<Callbacks>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let push = callbacks.store.push();
    let held = match push.subscription_at(&token).await {
        Ok(held) => held.filter(|held| held.phase != Phase::Leaving),
        Err(error) => return unavailable(&error),
    };
    // The hub may forget about it (§7).
    let Some(held) = held else { return nothing(StatusCode::GONE) };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(given) = text("x-hub-signature") else { return unsigned(&held) };
    // Only now, and for a few at a time: strangers are not to fill the memory.
    let _permit = callbacks.permits.acquire().await.expect("the permits are never closed");
    let Ok(body) = axum::body::to_bytes(body, callbacks.max_bytes).await else {
        return nothing(StatusCode::PAYLOAD_TOO_LARGE);
    };
    if !signature::is_valid(&held.secret, &body, given) {
        return unsigned(&held);
    }
    let media_type = text(http::header::CONTENT_TYPE.as_str()).map(str::to_owned);
    let pushed = Pushed { number: 0, received_at: (callbacks.clock)(), media_type, body };
    match push.deliver(&token, &pushed).await {
        Ok(_) => {
            (callbacks.arrived)();
            nothing(StatusCode::ACCEPTED)
        }
        Err(error) => unavailable(&error),
    }
}

/// Answered like what is right (§8): whoever guesses learns nothing.
fn unsigned(held: &Subscription) -> Response {
    tracing::warn!(source.id = %held.source, "what came for `{}` is not signed by its hub, and is not believed", held.source);
    nothing(StatusCode::ACCEPTED)
}

fn nothing(status: StatusCode) -> Response {
    status.into_response()
}

fn unavailable(error: &store::Error) -> Response {
    tracing::error!("a hub cannot be answered: {error}");
    nothing(StatusCode::SERVICE_UNAVAILABLE)
}
