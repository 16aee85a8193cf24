//! Our own hub's door: `{base_url}/hub` takes requests to be told of changes (WebSub §5.1).
//!
//! A request is checked, taken (202) and asked back later; nothing is told to anybody who did not confirm.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use tokio::sync::mpsc::{Sender, error::TrySendError};
use url::Url;

use crate::fetch::Client;
use crate::plan::push::{Intent, Wish, longest_lease};
use crate::store::Store;

/// The longest secret (§5.1), and the longest address, in bytes.
const SECRET: usize = 200;
const ADDRESS: usize = 2_048;

/// Subscribers in all: beyond this nobody is added.
const MOST: u64 = 200_000;

/// What the handler needs.
#[derive(Clone)]
pub struct Hub {
    /// Counts subscribers.
    pub store: Arc<dyn Store>,
    /// Where requests are asked back.
    pub intents: Sender<Intent>,
    /// Whether a feed is published under a path.
    pub is_published: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// Knows which addresses may be told.
    pub client: Client,
    /// Where the output lives; ends in `/`.
    pub base_url: Url,
}

/// The route of the hub, under `prefix` (a path without a slash at its end).
pub fn routes(hub: Hub, prefix: &str) -> Router {
    Router::new().route(&format!("{prefix}/hub"), post(take)).layer(DefaultBodyLimit::max(16 * 1024)).with_state(hub)
}

#[derive(Debug, Deserialize)]
struct Request {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.callback")]
    callback: String,
    #[serde(rename = "hub.topic")]
    topic: String,
    #[serde(rename = "hub.lease_seconds")]
    lease: Option<String>,
    #[serde(rename = "hub.secret")]
    secret: Option<String>,
}

async fn take(State(hub): State<Hub>, form: Result<Form<Request>, FormRejection>) -> Response {
    let refuse = |message: String| (StatusCode::BAD_REQUEST, format!("{message}\n")).into_response();
    let request = match form {
        Ok(Form(request)) => request,
        Err(rejection) => {
            return refuse(format!(
                "a form with hub.mode, hub.callback and hub.topic is wanted: {}",
                rejection.body_text()
            ));
        }
    };
    let intent = match hub.intent(request) {
        Ok(intent) => intent,
        Err(message) => return refuse(message),
    };
    let busy = || (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "60")], "try again in a minute\n").into_response();
    if matches!(intent.wish, Wish::Subscribe { .. }) {
        match hub.store.push().subscribers().await {
            Ok(count) if count < MOST => {}
            Ok(_) => return busy(),
            Err(error) => {
                tracing::error!("a subscriber cannot be taken: {error}");
                return busy();
            }
        }
    }
    match hub.intents.try_send(intent) {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(TrySendError::Full(_) | TrySendError::Closed(_)) => busy(),
    }
}

impl Hub {
    /// What is asked for, or why it cannot be had.
    fn intent(&self, request: Request) -> Result<Intent, String> {
        let wish = match request.mode.as_str() {
            "subscribe" => {
                let secret = request.secret.filter(|secret| !secret.is_empty());
                if secret.as_ref().is_some_and(|secret| secret.len() >= SECRET) {
                    return Err(format!("hub.secret must be shorter than {SECRET} bytes"));
                }
                let lease = request.lease.as_deref().map(str::trim).filter(|lease| !lease.is_empty());
                let lease = lease.map(|lease| lease.parse().map(Duration::from_secs)).transpose();
                let lease = lease.map_err(|_| "hub.lease_seconds must be a number of seconds".to_owned())?;
                Wish::Subscribe { lease: longest_lease(lease), secret }
            }
            "unsubscribe" => Wish::Unsubscribe,
            _ => return Err("hub.mode must be subscribe or unsubscribe".to_owned()),
        };
        let address = |key: &str, text: &str| match text.parse::<Url>() {
            Ok(url) if matches!(url.scheme(), "http" | "https") && text.len() <= ADDRESS => Ok(url),
            _ => Err(format!("{key} must be an http(s) address of at most {ADDRESS} bytes")),
        };
        let topic_url = address("hub.topic", &request.topic)?;
        let topic = topic_url.as_str().strip_prefix(self.base_url.as_str()).unwrap_or_default().to_owned();
        if !(self.is_published)(&topic) {
            return Err("hub.topic is not the address of a feed that is published here".to_owned());
        }
        let callback = address("hub.callback", &request.callback)?;
        if let Some(objection) = self.client.objection(&callback) {
            return Err(format!("hub.callback: {objection}"));
        }
        Ok(Intent { topic, topic_url, callback, wish })
    }
}
