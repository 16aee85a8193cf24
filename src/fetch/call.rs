//! One request that is no reading of a source: asking a hub, telling a subscriber (WebSub).
//!
//! The same guard and the same bounds on time and size as for everything else, but no turns, no robots.txt and no redirects:
//! who is called this way asked to be.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{self, Instant};
use url::Url;

use super::exchange::classify;
use super::{Client, Failure, Phase, headers};
use crate::address;

/// The answer to a call is read as far as this; longer ones are cut.
const ANSWER_BYTES: usize = 16 * 1024;

/// A request to be sent once.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// Where to.
    pub url: &'a Url,
    /// Headers of the request, as name and value; one that cannot be sent is left out.
    pub headers: Vec<(&'a str, String)>,
    /// The body of a `POST`; `None` = `GET`.
    pub body: Option<Bytes>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Whether the status is one of success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Client {
    /// Sends one request and reads the beginning of the answer, whatever its status. `now` is the present.
    ///
    /// # Errors
    /// When the address is closed to us, or no answer came in time.
    pub async fn call(&self, call: Call<'_>, now: Timestamp) -> Result<Reply, Failure> {
        self.guard().vet_url(call.url)?;
        let _permit = self.call_permit().await;
        let settings = self.settings();
        let deadline = Instant::now() + settings.timeout;
        let late = |phase, limit| Failure::Timeout { host: super::host::shown_host(call.url), phase, limit };
        let named = call.headers.iter().filter_map(|(name, value)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
        });
        let given: HeaderMap = named.collect();
        let request = match call.body {
            Some(body) => self.plain().post(call.url.clone()).body(body),
            None => self.plain().get(call.url.clone()),
        };
        let first_byte = (Instant::now() + settings.first_byte_timeout).min(deadline);
        let Ok(sent) = time::timeout_at(first_byte, request.headers(given).send()).await else {
            return Err(late(Phase::FirstByte, settings.first_byte_timeout));
        };
        let response = sent.map_err(|error| classify(call.url, settings.connect_timeout, error))?;
        let mut reply = Reply {
            status: response.status().as_u16(),
            retry_after: headers::hints(response.headers(), now).retry_after,
            body: Vec::new(),
        };
        let mut pieces = response.bytes_stream();
        while reply.body.len() < ANSWER_BYTES {
            match time::timeout_at(deadline, pieces.next()).await {
                Err(_) => return Err(late(Phase::Whole, settings.timeout)),
                // The status is what counts: an answer that breaks off is cut there.
                Ok(None | Some(Err(_))) => break,
                Ok(Some(Ok(piece))) => reply.body.extend_from_slice(&piece),
            }
        }
        reply.body.truncate(ANSWER_BYTES);
        Ok(reply)
    }

    /// Why a call cannot be made there; `None` where it can. Names are vetted when they are resolved.
    #[must_use]
    pub fn objection(&self, url: &Url) -> Option<String> {
        self.guard().vet_url(url).err().map(|failure| format!("{}: {}", address::redact(url), failure.report()))
    }
}
