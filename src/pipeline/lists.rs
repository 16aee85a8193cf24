//! Asking for lists of sources: with the client, the validators and the schedule of sources.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::address;
use crate::fetch::{Answer, HeaderMap, Kind, Request};
use crate::model::CacheHints;
use crate::plan::timing::{self, Attempt};
use crate::plan::{DocumentState, Health, SourceState};
use crate::source::list::{self, Listed};

use super::Pipeline;

/// A list with everything that decides how it is asked.
#[derive(Debug, Clone)]
pub struct ListSubscription {
    /// What the settings say.
    pub settings: list::Settings,
    /// When to ask.
    pub timing: timing::Timing,
    /// Headers of its own.
    pub headers: HeaderMap,
}

/// What is remembered of a list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListState {
    /// How it stands and when it is asked again, like a source.
    pub state: SourceState,
    /// The document of the last success.
    pub document: Option<DocumentState>,
    /// What it named then.
    pub sources: Vec<Listed>,
}

impl Pipeline {
    /// Asks for a list; gives what is remembered of it from then on. What fails changes nothing of what it named.
    pub async fn ask_list(&self, list: &ListSubscription, before: &ListState) -> ListState {
        let now = (self.clock)();
        let url = &list.settings.url;
        let known = before.document.as_ref().filter(|document| document.url == *url);
        let request = Request::new(Kind::Feed, url.clone())
            .since(known.map(|document| document.validators.clone()))
            .with_headers(list.headers.clone());
        let mut after = before.clone();
        after.state.attempted_at = Some(now);
        let answer = self.client.get(&request, now).await;
        after.state.status = answer.status();
        let mut hints = answer.hints();
        let outcome = match answer {
            Answer::Fetched(fetched) => {
                let digest = Some(fetched.document.digest());
                let document =
                    DocumentState { url: url.clone(), validators: fetched.validators, digest, fetched_at: now };
                if known.is_some_and(|known| known.digest == digest) {
                    after.document = Some(document);
                    Ok(None)
                } else {
                    list::read(&fetched.document).map(|read| {
                        (after.document, after.sources) = (Some(document), read.sources);
                        Some(read.remark)
                    })
                }
            }
            Answer::NotModified { .. } => Ok(None),
            Answer::Gone => {
                after.state.health = Health::Gone;
                let name = list.settings.name();
                after.state.message = Some(format!(
                    "gone for good (410): take it out, or `courant resume {name}`; its sources stay until then"
                ));
                return conclude(list, after, &hints, timing::Outcome::Gone, now);
            }
            Answer::Failed(failure) => {
                hints = CacheHints { retry_after: failure.retry_after(), ..CacheHints::default() };
                if let Some(until) = failure.postponed() {
                    after.state.attempted_at = before.state.attempted_at;
                    return conclude(list, after, &hints, timing::Outcome::Postponed { until }, now);
                }
                Err(failure.report())
            }
        };
        match outcome {
            Ok(remark) => {
                let message = remark.unwrap_or(before.state.message.clone().filter(|_| before.state.failures == 0));
                after.state =
                    SourceState { health: Health::Ok, message, failures: 0, succeeded_at: Some(now), ..after.state };
                conclude(list, after, &hints, timing::Outcome::Read, now)
            }
            Err(message) => {
                let url = address::redact(url);
                let message = if message.contains(&url) { message } else { format!("{url}: {message}") };
                after.state.health = Health::Failing;
                after.state.failures = before.state.failures.saturating_add(1);
                after.state.message = Some(format!("{message}; its {} sources stay", after.sources.len()));
                conclude(list, after, &hints, timing::Outcome::Failed, now)
            }
        }
    }
}

/// Decides when it is asked again.
fn conclude(
    list: &ListSubscription,
    mut after: ListState,
    hints: &CacheHints,
    outcome: timing::Outcome,
    now: Timestamp,
) -> ListState {
    let name = list.settings.name();
    let due = timing::next_due(&list.timing, &Attempt { source: &name, state: &after.state, hints, outcome, now });
    after.state = SourceState { next_due: due.at, not_before: due.not_before, why: due.why, ..after.state };
    after
}
