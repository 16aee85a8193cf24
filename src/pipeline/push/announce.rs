//! Telling hubs elsewhere that a feed of ours changed (WebSub §6: how is left open; this is what public hubs take).

use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use url::Url;

use super::{FORM, form};
use crate::address;
use crate::fetch::{Call, Client};
use crate::model::Format;
use crate::pipeline::Pipeline;

/// Hubs told at once.
const AT_ONCE: usize = 8;

/// Waits before the second and the third try.
const RETRIES: [Duration; 2] = [Duration::from_secs(10), Duration::from_mins(1)];

/// Tells hubs of the feeds among the files that were written: for a run that ends then.
pub async fn announce_all(pipeline: &Pipeline, hubs: &[Url], base_url: &Url, written: &[String]) {
    let topics = written.iter().filter(|path| is_feed(path)).filter_map(|path| base_url.join(path).ok());
    let pairs = topics.flat_map(|topic| hubs.iter().map(move |hub| (hub, topic.clone())));
    let told = pairs.map(|(hub, topic)| async move {
        announce(&pipeline.client, hub, &topic, || (pipeline.clock)()).await;
    });
    futures_util::stream::iter(told).buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// Whether a published file is a feed.
#[must_use]
pub fn is_feed(path: &str) -> bool {
    let Some((name, extension)) = path.rsplit_once('.') else { return false };
    !name.contains('/') && Format::ALL.iter().any(|format| format.extension() == extension)
}

/// Tells one hub of one address, and again when it fails; then it is told at the next change.
pub(super) async fn announce(client: &Client, hub: &Url, topic: &Url, now: impl Fn() -> Timestamp) {
    let mut waits = RETRIES.into_iter();
    loop {
        let body = form(&[("hub.mode", "publish"), ("hub.url", topic.as_str()), ("hub.topic", topic.as_str())]);
        let call = Call { url: hub, headers: vec![("content-type", FORM.to_owned())], body: Some(body) };
        let problem = match client.call(call, now()).await {
            Ok(reply) if reply.is_success() => return,
            Ok(reply) => format!("it answers {}", reply.status),
            Err(failure) => failure.report(),
        };
        let hub = address::redact(hub);
        let Some(wait) = waits.next() else {
            tracing::warn!(url = %topic, "the hub {hub} was not told of {topic}: {problem}; it is told of the next change");
            return;
        };
        tracing::debug!(url = %topic, "the hub {hub} was not told of {topic}: {problem}; it is tried again");
        tokio::time::sleep(wait).await;
    }
}
