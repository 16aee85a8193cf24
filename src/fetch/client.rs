//! The client: turns, robots.txt and redirects around single [exchanges](super::exchange).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::dns::Resolve;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use url::Url;

use super::access::{Limits, Wire};
use super::connect::connect;
use super::exchange::{Exchange, Outcome};
use super::guard::SystemResolver;
use super::hold::Larder;
use super::host::{Host, Hosts, Now, Verdict, shown_host};
use super::robots;
use super::trail::Trail;
use super::{Access, Answer, Cause, Failure, Fetched, Guard, Kind, Remembered, Request, RobotsFor, Settings, host_key};
use crate::address;

/// Requests to hubs and subscribers under way at once.
const CALLS: usize = 512;

/// How long a host rests that says 429 and not how long.
const PAUSE_ON_429: Duration = Duration::from_mins(1);

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The contact cannot be sent.
    #[error("`{0}` cannot be the contact: write an address, e.g. `https://news.example.org/about-us`")]
    Contact(String),
    /// The proxy cannot be used.
    #[error("a proxy is an address that begins with http:// or https://, such as `http://proxy.example.org:3128`")]
    Proxy,
    /// A limit of zero would let nothing through.
    #[error("`fetch.{0}` must be more than nothing")]
    Zero(&'static str),
    /// Authorities cannot be read.
    #[error("`{0}` holds no certificates of authorities: they must be PEM, `-----BEGIN CERTIFICATE-----`")]
    Authorities(String),
    /// A certificate of ours cannot be used.
    #[error(
        "`{0}` holds no certificate with its key, both PEM: `-----BEGIN CERTIFICATE-----` and `-----BEGIN PRIVATE KEY-----`"
    )]
    Certificate(String),
    /// A source's header cannot be sent.
    #[error("the header `{name}` {problem}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The HTTP client could not be set up.
    #[error("cannot set up secure connections")]
    Setup(#[source] Cause),
}

/// Asks servers. Cheap to clone; clones share connections, turns and limits.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    guard: Guard,
    hosts: Hosts,
    /// Requests under way at once.
    permits: Semaphore,
    /// Memory for large bodies: of documents that are asked for first, and of pages and further ones.
    larders: [Larder; 2],
    /// Calls under way at once: who is called is slow at nobody's cost but that of other calls.
    calls: Semaphore,
    /// Not guarded: what it finds is vetted by who asks it.
    resolver: Arc<dyn Resolve>,
    /// Guards the connections of sources that are not asked like the others.
    wires: Mutex<HashMap<Wire, reqwest::Client>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that resolves names as this machine does.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        Self::with_resolver(settings, Arc::new(SystemResolver))
    }

    /// A client that resolves names by `resolver`; what it finds is vetted all the same.
    pub fn with_resolver(settings: &Settings, resolver: Arc<dyn Resolve>) -> Result<Self, Error> {
        let limits = [
            ("concurrency", settings.concurrency == 0),
            ("timeout", settings.timeout.is_zero()),
            ("connect_timeout", settings.connect_timeout.is_zero()),
            ("first_byte_timeout", settings.first_byte_timeout.is_zero()),
            ("max_bytes", settings.max_bytes == 0),
        ];
        if let Some((name, _)) = limits.iter().find(|(_, is_zero)| *is_zero) {
            return Err(Error::Zero(name));
        }
        let guard = Guard::new(&settings.allow_networks);
        let http = connect(settings, &resolver, &guard, &Wire::of(settings, None, true))?;
        let shared = Shared {
            settings: settings.clone(),
            guard,
            hosts: Hosts::new(settings.page_spacing),
            larders: Default::default(),
            permits: Semaphore::new(settings.concurrency.min(Semaphore::MAX_PERMITS)),
            calls: Semaphore::new(CALLS),
            resolver,
            wires: Mutex::default(),
        };
        Ok(Self { http, shared: Arc::new(shared) })
    }

    /// Asks for one thing. Waits for the host's turn; every wait is bounded. `now` is the present.
    pub async fn get(&self, request: &Request, now: Timestamp) -> Answer {
        let now = Now::new(now);
        self.follow(request, now).await.unwrap_or_else(Answer::Failed)
    }

    /// The robots.txt of the host of `url`: for sitemaps and for those who want to know beforehand. [`Client::get`] asks it
    /// by itself for every [`Kind::Page`].
    pub async fn robots(&self, url: &Url, now: Timestamp) -> Result<Arc<super::Robots>, Failure> {
        self.rules(url, None, Now::new(now)).await
    }

    /// Whether `robots.txt` is asked also for feeds and listings of a source.
    #[must_use]
    pub fn robots_for(&self, access: Option<&Access>) -> RobotsFor {
        access.and_then(|access| access.robots).unwrap_or(self.shared.settings.robots)
    }

    /// What is worth keeping of the host of `url`; see [`host_key`].
    #[must_use]
    pub fn remembered(&self, url: &Url) -> Remembered {
        let host = self.shared.hosts.find(&host_key(url));
        host.map(|host| host.remembered(self.shared.settings.page_spacing)).unwrap_or_default()
    }

    /// The rests that hosts have asked for since the last call, by [`host_key`]: to be kept.
    #[must_use]
    pub fn take_rests(&self) -> BTreeMap<String, Timestamp> {
        self.shared.hosts.take_asked()
    }

    /// Takes rests back that could not be kept: they are given out again.
    pub fn return_rests(&self, rests: BTreeMap<String, Timestamp>) {
        self.shared.hosts.take_back(rests);
    }

    /// Takes up a rest that was kept.
    pub fn remember_rest(&self, host: &str, until: Timestamp, now: Timestamp) {
        let remembered = Remembered { next_slot: Some(until), ..Remembered::default() };
        self.shared.hosts.get(host, now).remember(&remembered, now);
    }

    /// Takes up what was kept of the host of `url`.
    pub fn remember(&self, url: &Url, remembered: &Remembered, now: Timestamp) {
        self.host(url, now).remember(remembered, now);
    }

    /// The client for requests that belong to no source.
    pub(super) fn plain(&self) -> &reqwest::Client {
        &self.http
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub(super) fn guard(&self) -> &Guard {
        &self.shared.guard
    }

    /// Waits until one call more may be under way.
    pub(super) async fn call_permit(&self) -> SemaphorePermit<'_> {
        self.shared.calls.acquire().await.expect("the permits are never closed")
    }

    /// Waits until one request more may be under way.
    pub(super) async fn permit(&self) -> SemaphorePermit<'_> {
        self.shared.permits.acquire().await.expect("the permits are never closed")
    }

    /// The clock was set by so much: rests that servers asked for keep their distance to the present.
    pub fn clock_was_set(&self, by: SignedDuration) {
        self.shared.hosts.shift(by);
    }

    fn host(&self, url: &Url, now: Timestamp) -> Arc<Host> {
        self.shared.hosts.get(&host_key(url), now)
    }

    /// Where the memory for a large body is from.
    fn larder(&self, request: &Request) -> &Larder {
        let [first, further] = &self.shared.larders;
        if request.is_further || matches!(request.kind, Kind::Page | Kind::Robots) { further } else { first }
    }

    /// The connections for a request.
    fn http(&self, access: Option<&Access>, is_home: bool) -> Result<reqwest::Client, Error> {
        if access.is_none() {
            return Ok(self.http.clone());
        }
        let shared = &self.shared;
        let wire = Wire::of(&shared.settings, access, is_home);
        let mut wires = shared.wires.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(http) = wires.get(&wire) {
            return Ok(http.clone());
        }
        let http = connect(&shared.settings, &shared.resolver, &shared.guard, &wire)?;
        wires.insert(wire, http.clone());
        Ok(http)
    }

    /// Whether the address of the next hop may be asked.
    async fn vet(&self, url: &Url, access: Option<&Access>) -> Result<(), Failure> {
        let shared = &self.shared;
        shared.guard.vet_url(url)?;
        if Wire::of(&shared.settings, access, false).proxy.is_none() {
            return Ok(());
        }
        shared.guard.vet_behind_proxy(url, shared.resolver.as_ref(), shared.settings.connect_timeout).await
    }

    /// Follows a request through its redirects.
    async fn follow(&self, request: &Request, now: Now) -> Result<Answer, Failure> {
        let settings = &self.shared.settings;
        let access = request.access.as_deref();
        let limits = Limits::of(settings, access);
        let redirects =
            if request.kind == Kind::Robots { settings.redirects.max(robots::REDIRECTS) } else { settings.redirects };
        let mut trail = Trail::new(request);
        let mut took = Duration::ZERO;
        loop {
            self.vet(&trail.url, access).await?;
            let spacing = self.spacing(request, &trail, now).await?;
            let host = self.host(&trail.url, now.get());
            let turn = host.turn(spacing, now).await?;
            let permit = self.permit().await;
            let unready = |error: Error| Failure::Connect { host: shown_host(&trail.url), source: error.into() };
            let http = self.http(access, trail.is_home).map_err(unready)?;
            let begun = Instant::now();
            let exchange = Exchange {
                http: &http,
                limits,
                kind: request.kind,
                url: &trail.url,
                headers: &trail.headers,
                validators: request.validators.as_ref(),
                larder: self.larder(request),
                hangs_up: request.kind == Kind::Feed && turn.is_last(),
                deadline: begun + limits.timeout.saturating_sub(took),
            };
            let outcome = exchange.run(now).await;
            took += begun.elapsed();
            let asked_to_wait = match &outcome {
                Err(Failure::Status { status: 429, retry_after, .. }) => Some(retry_after.unwrap_or(PAUSE_ON_429)),
                Err(Failure::Status { status: 503, retry_after, .. }) => *retry_after,
                _ => None,
            };
            if let Some(length) = asked_to_wait {
                self.shared.hosts.pause(&host, length, now.get());
            }
            drop(permit);
            drop(turn);
            match outcome? {
                Outcome::Redirect { status, location } => {
                    trail.follow(status, location.as_ref(), redirects)?;
                }
                Outcome::Gone => return Ok(Answer::Gone),
                Outcome::NotModified { hints } => {
                    return Ok(Answer::NotModified { hints, permanent: trail.permanent });
                }
                Outcome::Body(fetched) => {
                    let permanent = trail.permanent;
                    return Ok(Answer::Fetched(Box::new(Fetched { permanent, took, ..*fetched })));
                }
            }
        }
    }

    /// The rest before this hop; an error where robots.txt is asked and forbids it.
    async fn spacing(&self, request: &Request, trail: &Trail, now: Now) -> Result<Duration, Failure> {
        let settings = &self.shared.settings;
        let usual = match request.kind {
            Kind::Robots => return Ok(Duration::ZERO),
            Kind::Feed => settings.feed_spacing,
            Kind::Listing | Kind::Page => settings.page_spacing,
        };
        let access = request.access.as_ref();
        let is_asked = request.kind == Kind::Page || self.robots_for(access.map(AsRef::as_ref)) == RobotsFor::All;
        let delay = if is_asked {
            let rules = Box::pin(self.rules(&trail.url, access, now)).await?;
            if !rules.allowed(&trail.url) {
                let host = shown_host(&trail.url);
                return Err(Failure::Robots { host, url: address::redact(&trail.url) });
            }
            rules.crawl_delay()
        } else {
            None
        };
        // A redirect is the second half of one visit.
        let is_second_half = trail.hops() > 0 && request.kind != Kind::Feed;
        Ok(if is_second_half { Duration::ZERO } else { usual.max(delay.unwrap_or_default()) })
    }

    /// The rules of the host of `url`, fetched once a day.
    async fn rules(&self, url: &Url, access: Option<&Arc<Access>>, now: Now) -> Result<Arc<super::Robots>, Failure> {
        let host = self.host(url, now.get());
        let unknown = |source| Failure::RobotsUnknown { host: shown_host(url), source };
        if let Some(verdict) = host.robots(now.get()) {
            return rules_of(verdict).ok_or_else(|| unknown(None));
        }
        let _turn = host.robots_turn().await;
        if let Some(verdict) = host.robots(now.get()) {
            return rules_of(verdict).ok_or_else(|| unknown(None));
        }
        let mut address = url.clone();
        address.set_path(robots::PATH);
        address.set_query(None);
        let request = Request { access: access.cloned(), ..Request::new(Kind::Robots, address) };
        match self.follow(&request, now).await {
            Ok(Answer::Fetched(fetched)) => {
                Ok(host.learn_robots(&String::from_utf8_lossy(&fetched.document.body), now.get()))
            }
            // No such file, and no right to see it, mean that nothing is forbidden (RFC 9309 §2.3.1.3).
            Ok(_) => Ok(host.learn_robots("", now.get())),
            // An answer without a file (204) forbids nothing either.
            Err(Failure::Status { status: 201..=299 | 400..=428 | 430..=499, .. } | Failure::Redirect { .. }) => {
                Ok(host.learn_robots("", now.get()))
            }
            // The host rests: that says nothing about its rules.
            Err(failure @ Failure::Postponed { .. }) => Err(failure),
            Err(failure) => rules_of(host.miss_robots(now.get())).ok_or_else(|| unknown(Some(Box::new(failure)))),
        }
    }
}

fn rules_of(verdict: Verdict) -> Option<Arc<super::Robots>> {
    match verdict {
        Verdict::Rules(rules) => Some(rules),
        Verdict::Unknown => None,
    }
}
