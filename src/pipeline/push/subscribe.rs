//! Asking hubs elsewhere to tell us of news, again before their promise ends, and saying good-bye (WebSub §5).

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{FORM, form};
use crate::address;
use crate::fetch::Call;
use crate::pipeline::{Pipeline, report};
use crate::plan::push::{LEASE, Phase, Subscription};
use crate::store;

/// The rest between two looks at what is due.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// Steps looked at in one go, and taken at once.
const BATCH: usize = 64;
const AT_ONCE: usize = 4;

impl Pipeline {
    /// Takes every step that is due, again and again, until cancelled.
    pub(super) async fn hold_subscriptions(&self, cancel: &CancellationToken) {
        let Some(callbacks) = &self.callbacks else { return };
        loop {
            if let Err(error) = self.take_steps(callbacks, cancel).await {
                report::store_failed(&error);
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = self.wanted.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    async fn take_steps(&self, callbacks: &Url, cancel: &CancellationToken) -> Result<(), store::Error> {
        let due = self.store.push().due_subscriptions((self.clock)(), BATCH).await?;
        let mut steps =
            stream::iter(due).map(|subscription| self.step(callbacks, subscription)).buffer_unordered(AT_ONCE);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                step = steps.next() => match step {
                    Some(outcome) => outcome?,
                    None => return Ok(()),
                },
            }
        }
    }

    /// One request to a hub.
    async fn step(&self, callbacks: &Url, subscription: Subscription) -> Result<(), store::Error> {
        let push = self.store.push();
        let is_leaving = subscription.phase == Phase::Leaving || !self.subscriptions.contains_key(&subscription.source);
        let asked = subscription.clone().asked((self.clock)());
        if is_leaving {
            // First, so that the hub that asks back finds that we mean it.
            push.end_subscription(&subscription.token).await?;
        } else {
            // First: a hub may confirm before it answers, and what it confirms must not be overwritten.
            push.save_subscription(&asked).await?;
        }
        let mode = if is_leaving { "unsubscribe" } else { "subscribe" };
        let problem = self.ask_hub(callbacks, &subscription, mode).await;
        let Some((problem, retry_after)) = problem else { return Ok(()) };
        let (id, hub) = (&subscription.source, address::redact(&subscription.topic.hub));
        if is_leaving {
            tracing::info!(source.id = %id, "the hub {hub} was not told that `{id}` is not wanted any more: {problem}");
            return Ok(());
        }
        tracing::warn!(source.id = %id, "the hub of `{id}` was asked in vain, the source is polled: {problem}");
        let now = (self.clock)();
        // Confirmed while it was asked: then it counts.
        if push.subscription_at(&subscription.token).await?.is_some_and(|held| held == asked) {
            push.save_subscription(&subscription.refused(problem, retry_after, now)).await?;
        }
        Ok(())
    }

    /// What went wrong, and how long the hub asks to wait.
    async fn ask_hub(
        &self,
        callbacks: &Url,
        subscription: &Subscription,
        mode: &str,
    ) -> Option<(String, Option<Duration>)> {
        let hub = &subscription.topic.hub;
        let callback = callbacks.join(&subscription.token).expect("a token is a part of a path");
        let lease = LEASE.as_secs().to_string();
        let body = form(&[
            ("hub.mode", mode),
            ("hub.topic", subscription.topic.topic.as_str()),
            ("hub.callback", callback.as_str()),
            ("hub.lease_seconds", &lease),
            ("hub.secret", &subscription.secret),
        ]);
        let call = Call { url: hub, headers: vec![("content-type", FORM.to_owned())], body: Some(body) };
        match self.client.call(call, (self.clock)()).await {
            Ok(reply) if reply.is_success() => None,
            Ok(reply) => {
                let said = String::from_utf8_lossy(&reply.body);
                let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
                let said = if said.is_empty() { String::new() } else { format!(": {said}") };
                Some((format!("{} answers {}{said}", address::redact(hub), reply.status), reply.retry_after))
            }
            Err(failure) => Some((failure.report(), failure.retry_after())),
        }
    }
}
