//! One request and its answer: no redirects, no turns, but every bound on time and size.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use reqwest::Response;
use reqwest::header::{
    ACCEPT, CONNECTION, CONTENT_ENCODING, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION,
    RETRY_AFTER,
};
use tokio::time::{self, Instant};
use url::Url;

use super::access::Limits;
use super::guard::Blocked;
use super::hold::{Hold, Larder};
use super::host::{Now, shown_host};
use super::unpack::{Coding, UnpackError, Unpacker};
use super::{Failure, Fetched, Kind, Phase, TlsProblem, headers, links, robots};
use crate::address;
use crate::model::{CacheHints, Document, Validators};

/// What is unpacked of a body before it is looked at how large it has become: a gzipped byte may stand for a thousand.
const PART_BYTES: usize = 4 * 1024;

/// The share of the time allowed that a body may dawdle in before its rate counts.
const GRACE_SHARE: u32 = 3;

/// One exchange, ready to run.
pub(super) struct Exchange<'a> {
    pub(super) http: &'a reqwest::Client,
    pub(super) limits: Limits,
    pub(super) kind: Kind,
    pub(super) url: &'a Url,
    pub(super) headers: &'a HeaderMap,
    pub(super) validators: Option<&'a Validators>,
    /// Where the memory for a large body is from.
    pub(super) larder: &'a Larder,
    /// Whether the connection is not wanted again: the next feed of this host is asked for in an hour, and thousands of
    /// idle connections cost both sides more than new ones.
    pub(super) hangs_up: bool,
    /// When the whole request must be done.
    pub(super) deadline: Instant,
}

/// How an exchange ended, when it did not fail.
pub(super) enum Outcome {
    Redirect {
        status: u16,
        location: Option<HeaderValue>,
    },
    Gone,
    NotModified {
        hints: CacheHints,
    },
    /// A body; how it was reached is not known here.
    Body(Box<Fetched>),
}

impl Exchange<'_> {
    pub(super) async fn run(&self, now: Now) -> Result<Outcome, Failure> {
        let limit = self.limits.first_byte_timeout;
        let first_byte = (Instant::now() + limit).min(self.deadline);
        let Ok(sent) = time::timeout_at(first_byte, self.request().send()).await else {
            return Err(self.late(if first_byte < self.deadline { Phase::FirstByte } else { Phase::Whole }));
        };
        let response = sent.map_err(|error| classify(self.url, self.limits.connect_timeout, error))?;
        self.read(response, now.get()).await
    }

    fn request(&self) -> reqwest::RequestBuilder {
        let mut headers = self.headers.clone();
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static(self.kind.accept()));
        if self.hangs_up {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(validators) = self.validators {
            let pairs = [(IF_NONE_MATCH, &validators.etag), (IF_MODIFIED_SINCE, &validators.last_modified)];
            for (name, text) in pairs {
                // A text that came out of a header goes into one again.
                if let Some(value) = text.as_ref().and_then(|text| HeaderValue::from_bytes(text.as_bytes()).ok()) {
                    headers.insert(name, value);
                }
            }
        }
        self.http.get(self.url.clone()).headers(headers)
    }

    async fn read(&self, response: Response, now: Timestamp) -> Result<Outcome, Failure> {
        let status = response.status().as_u16();
        let hints = headers::hints(response.headers(), now);
        match status {
            301 | 302 | 303 | 307 | 308 => {
                let location = response.headers().get(LOCATION).cloned();
                self.drain(response).await;
                Ok(Outcome::Redirect { status, location })
            }
            304 if self.validators.is_some() => Ok(Outcome::NotModified { hints }),
            304 => Err(Failure::Unasked304 { url: address::redact(self.url) }),
            410 => Ok(Outcome::Gone),
            200 | 203 => self.body(response, status, hints).await,
            _ => {
                let retry_after = response.headers().contains_key(RETRY_AFTER).then_some(hints.retry_after).flatten();
                Err(Failure::Status { url: address::redact(self.url), status, retry_after })
            }
        }
    }

    /// Reads away the short body of a redirect, so that the connection can be used again.
    async fn drain(&self, response: Response) {
        const WORTH_READING: u64 = 16 * 1024;
        const WORTH_WAITING: Duration = Duration::from_millis(200);
        if response.content_length().is_some_and(|length| length <= WORTH_READING) {
            let until = (Instant::now() + WORTH_WAITING).min(self.deadline);
            let _ = time::timeout_at(until, response.bytes()).await;
        }
    }

    async fn body(&self, response: Response, status: u16, hints: CacheHints) -> Result<Outcome, Failure> {
        let content_type = headers::content_type(response.headers());
        if let Some(content_type) = content_type.as_ref().filter(|content_type| !self.kind.accepts(content_type)) {
            let url = address::redact(self.url);
            return Err(Failure::NotAPage { url, content_type: content_type.clone() });
        }
        let coding = self.coding(response.headers())?;
        let validators = headers::validators(response.headers());
        let links = links::read(response.headers(), self.url);
        let (body, sent_bytes, hold) = self.collect(response, coding).await?;
        let document = Document { url: Some(public(self.url)), content_type, body: body.into() };
        let took = Duration::ZERO;
        let fetched = Fetched { document, validators, hints, links, status, permanent: None, sent_bytes, took, hold };
        Ok(Outcome::Body(Box::new(fetched)))
    }

    fn coding(&self, headers: &HeaderMap) -> Result<Coding, Failure> {
        let named = headers.get_all(CONTENT_ENCODING).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let named = named.collect::<Vec<_>>().join(",");
        Coding::read(&named).ok_or_else(|| Failure::Coding { host: self.host(), coding: named })
    }

    /// Collects the body: unpacked, within the size, the time and the rate allowed.
    async fn collect(&self, response: Response, coding: Coding) -> Result<(Vec<u8>, u64, Hold), Failure> {
        let is_robots = self.kind == Kind::Robots;
        let limit = if is_robots { robots::MAX_BYTES } else { self.limits.max_bytes };
        if !is_robots && response.content_length().is_some_and(|length| length > limit) {
            return Err(self.too_large(limit));
        }
        let mut unpacker = Unpacker::new(coding, usize::try_from(limit).unwrap_or(usize::MAX));
        let mut pace = Pace::new(&self.limits);
        let mut hold = Hold::default();
        let mut pieces = response.bytes_stream();
        loop {
            let (patience, deadline) = (pace.patience(), self.deadline + pace.waited);
            let Ok(next) = time::timeout_at(patience.min(deadline), pieces.next()).await else {
                return Err(if patience < deadline { self.too_slow(&pace) } else { self.late(Phase::Whole) });
            };
            let Some(piece) = next else { break };
            let piece = piece.map_err(|error| self.broken_off(error, pace.received))?;
            pace.received += piece.len() as u64;
            for part in piece.chunks(PART_BYTES) {
                let pushed = if pace.received > limit { Err(UnpackError::TooLarge) } else { unpacker.push(part) };
                match pushed {
                    Ok(()) => {}
                    // What lies beyond the first half megabyte of a robots.txt is not read (RFC 9309 §2.5).
                    Err(UnpackError::TooLarge) if is_robots => return Ok((unpacker.salvage(), pace.received, hold)),
                    Err(error) => return Err(self.unpackable(error, limit)),
                }
                if hold.lacks(unpacker.unpacked_bytes()) {
                    let began = Instant::now();
                    hold.grow(self.larder, unpacker.unpacked_bytes()).await;
                    pace.wait(began.elapsed());
                }
            }
        }
        let body = unpacker.finish().map_err(|error| self.unpackable(error, limit))?;
        Ok((body, pace.received, hold))
    }

    fn host(&self) -> String {
        shown_host(self.url)
    }

    fn late(&self, phase: Phase) -> Failure {
        let limit = match phase {
            Phase::Connect => self.limits.connect_timeout,
            Phase::FirstByte => self.limits.first_byte_timeout,
            Phase::Whole => self.limits.timeout,
        };
        Failure::Timeout { host: self.host(), phase, limit }
    }

    fn too_slow(&self, pace: &Pace) -> Failure {
        Failure::TooSlow { host: self.host(), received: pace.received, elapsed: pace.begun.elapsed() }
    }

    fn too_large(&self, limit: u64) -> Failure {
        Failure::TooLarge { host: self.host(), limit }
    }

    fn unpackable(&self, error: UnpackError, limit: u64) -> Failure {
        match error {
            UnpackError::TooLarge => self.too_large(limit),
            UnpackError::Damaged(coding, source) => Failure::Damaged { host: self.host(), coding, source },
        }
    }

    fn broken_off(&self, error: reqwest::Error, received: u64) -> Failure {
        Failure::Truncated { host: self.host(), received, source: Some(error.without_url().into()) }
    }
}

/// Tells apart what went wrong before the head of the answer came.
pub(super) fn classify(url: &Url, connect_timeout: Duration, error: reqwest::Error) -> Failure {
    let host = shown_host(url);
    if let Some(blocked) = find::<Blocked>(&error) {
        return Failure::Blocked { host, blocked: blocked.clone() };
    }
    if error.is_connect() && error.is_timeout() {
        return Failure::Timeout { host, phase: Phase::Connect, limit: connect_timeout };
    }
    let is_refused = find::<io::Error>(&error).is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    if let Some(fault) = find::<rustls::Error>(&error) {
        let problem = TlsProblem::of(fault);
        let source = (problem == TlsProblem::Other).then(|| fault.clone().into());
        return Failure::Tls { host, problem, source };
    }
    let (is_dns, is_connect) = (error.is_dns(), error.is_connect());
    let source = error.without_url().into();
    match () {
        () if is_refused => Failure::Refused { host },
        () if is_dns => Failure::Dns { host, source },
        () if is_connect => Failure::Connect { host, source },
        () => Failure::Broken { host, source },
    }
}

/// The address without what is not to be told: it becomes the base of links, and those are published.
fn public(url: &Url) -> Url {
    address::without_secrets(url)
}

/// How fast a body comes.
struct Pace {
    begun: Instant,
    received: u64,
    min_rate: u64,
    grace: Duration,
    /// How long it was not read on, for want of memory: the server is not to blame.
    waited: Duration,
}

impl Pace {
    fn new(limits: &Limits) -> Self {
        let grace = limits.timeout / GRACE_SHARE;
        Self { begun: Instant::now(), received: 0, min_rate: limits.min_rate, grace, waited: Duration::ZERO }
    }

    /// It was not read for so long.
    fn wait(&mut self, length: Duration) {
        self.begun += length;
        self.waited += length;
    }

    /// When the body will have fallen below the least rate, if nothing more comes.
    fn patience(&self) -> Instant {
        const FOREVER: Duration = Duration::from_hours(24);
        let paid = self.received.checked_mul(1_000).and_then(|thousands| thousands.checked_div(self.min_rate));
        let paid = paid.map_or(FOREVER, |milliseconds| Duration::from_millis(milliseconds).min(FOREVER));
        self.begun + paid.max(self.grace)
    }
}

/// The first error of type `E` in the chain of causes; errors wrapped in an [`io::Error`] included, which hides them.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inside {
            Some(inside) => Some(inside as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    None
}
