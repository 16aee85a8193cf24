//! The client: turns, robots.txt and redirects around single [exchanges](super::exchange).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::dns::Resolve;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Certificate, Proxy, redirect};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::Url;

use super::exchange::{Exchange, Outcome};
use super::guard::{GuardedResolver, SystemResolver};
use super::host::{Host, Hosts, Now, Verdict, shown_host};
use super::robots;
use super::trail::Trail;
use super::{Answer, Failure, Fetched, Guard, Kind, Remembered, Request, Settings, host_key};
use crate::address;

/// Connections that nobody uses are closed after this.
const IDLE: Duration = Duration::from_secs(5);

/// How long a host rests that says 429 and not how long.
const PAUSE_ON_429: Duration = Duration::from_mins(1);

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The contact cannot be sent.
    #[error("`{0}` cannot be the contact: write an address, e.g. `https://news.example.org/about-us`")]
    Contact(String),
    /// The proxy cannot be used.
    #[error("`{0}` cannot be the proxy: write an address that begins with http:// or https://")]
    Proxy(String),
    /// A limit of zero would let nothing through.
    #[error("`fetch.{0}` must be more than nothing")]
    Zero(&'static str),
    /// A certificate cannot be read.
    #[error("cannot read the certificate in `{0}`: it must be PEM")]
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
    Setup(#[source] reqwest::Error),
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
    resolver: Arc<dyn Resolve>,
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
        let trusted = settings.proxy.as_ref().and_then(Url::host_str).map(str::to_owned);
        let resolver: Arc<dyn Resolve> = Arc::new(GuardedResolver::new(resolver, guard.clone(), trusted));
        let http = connect(settings, &resolver, Vec::new())?;
        let shared = Shared {
            settings: settings.clone(),
            guard,
            hosts: Hosts::default(),
            permits: Semaphore::new(settings.concurrency.min(Semaphore::MAX_PERMITS)),
            resolver,
        };
        Ok(Self { http, shared: Arc::new(shared) })
    }

    /// A client that also trusts the authorities in `pem` (a national or private one, or an intermediate the server forgets
    /// to send), sharing turns and limits with this one. `name` is where they were read, for the message.
    pub fn with_authorities(&self, pem: &[u8], name: &str) -> Result<Self, Error> {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|_| Error::Certificate(name.to_owned()))?;
        if certificates.is_empty() {
            return Err(Error::Certificate(name.to_owned()));
        }
        let http = connect(&self.shared.settings, &self.shared.resolver, certificates)
            .map_err(|_| Error::Certificate(name.to_owned()))?;
        Ok(Self { http, shared: Arc::clone(&self.shared) })
    }

    /// Asks for one thing. Waits for the host's turn; every wait is bounded. `now` is the present.
    pub async fn get(&self, request: &Request, now: Timestamp) -> Answer {
        let now = Now::new(now);
        self.follow(request, now).await.unwrap_or_else(Answer::Failed)
    }

    /// The robots.txt of the host of `url`: for sitemaps and for those who want to know beforehand. [`Client::get`] asks it
    /// by itself for every [`Kind::Page`].
    pub async fn robots(&self, url: &Url, now: Timestamp) -> Result<Arc<super::Robots>, Failure> {
        self.rules(url, Now::new(now)).await
    }

    /// What is worth keeping of the host of `url`; see [`host_key`].
    #[must_use]
    pub fn remembered(&self, url: &Url) -> Remembered {
        let host = self.shared.hosts.find(&host_key(url));
        host.map(|host| host.remembered(self.shared.settings.page_spacing)).unwrap_or_default()
    }

    /// Takes up what was kept of the host of `url`.
    pub fn remember(&self, url: &Url, remembered: &Remembered, now: Timestamp) {
        self.host(url, now).remember(remembered, now);
    }

    fn host(&self, url: &Url, now: Timestamp) -> Arc<Host> {
        self.shared.hosts.get(&host_key(url), now)
    }

    /// Follows a request through its redirects.
    async fn follow(&self, request: &Request, now: Now) -> Result<Answer, Failure> {
        let settings = &self.shared.settings;
        let mut trail = Trail::new(request);
        let mut took = Duration::ZERO;
        loop {
            self.shared.guard.vet_url(&trail.url)?;
            let spacing = self.spacing(request.kind, &trail, now).await?;
            let host = self.host(&trail.url, now.get());
            let turn = host.turn(spacing, now).await?;
            let permit = self.shared.permits.acquire().await.expect("the permits are never closed");
            let begun = Instant::now();
            let exchange = Exchange {
                http: &self.http,
                settings,
                kind: request.kind,
                url: &trail.url,
                headers: &trail.headers,
                validators: request.validators.as_ref(),
                hangs_up: request.kind == Kind::Feed && turn.is_last(),
                deadline: begun + settings.timeout.saturating_sub(took),
            };
            let outcome = exchange.run(now).await;
            took += begun.elapsed();
            let asked_to_wait = match &outcome {
                Err(Failure::Status { status: 429, retry_after, .. }) => Some(retry_after.unwrap_or(PAUSE_ON_429)),
                Err(Failure::Status { status: 503, retry_after, .. }) => *retry_after,
                _ => None,
            };
            if let Some(length) = asked_to_wait {
                host.pause(length, now.get());
            }
            drop(permit);
            drop(turn);
            match outcome? {
                Outcome::Redirect { status, location } => {
                    trail.follow(status, location.as_ref(), settings.redirects)?;
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

    /// The rest before this hop; for a page we found ourselves, an error where robots.txt forbids it.
    async fn spacing(&self, kind: Kind, trail: &Trail, now: Now) -> Result<Duration, Failure> {
        let settings = &self.shared.settings;
        let delay = match kind {
            Kind::Feed => return Ok(settings.feed_spacing),
            Kind::Listing => None,
            Kind::Robots => return Ok(Duration::ZERO),
            Kind::Page => {
                let rules = Box::pin(self.rules(&trail.url, now)).await?;
                if !rules.allowed(&trail.url) {
                    let host = shown_host(&trail.url);
                    return Err(Failure::Robots { host, url: address::redact(&trail.url) });
                }
                rules.crawl_delay()
            }
        };
        // A redirect is the second half of one visit.
        Ok(if trail.hops() > 0 { Duration::ZERO } else { settings.page_spacing.max(delay.unwrap_or_default()) })
    }

    /// The rules of the host of `url`, fetched once a day.
    async fn rules(&self, url: &Url, now: Now) -> Result<Arc<super::Robots>, Failure> {
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
        match self.follow(&Request::new(Kind::Robots, address), now).await {
            Ok(Answer::Fetched(fetched)) => {
                Ok(host.learn_robots(&String::from_utf8_lossy(&fetched.document.body), now.get()))
            }
            // No such file, and no right to see it, mean that nothing is forbidden (RFC 9309 §2.3.1.3).
            Ok(_) => Ok(host.learn_robots("", now.get())),
            Err(Failure::Status { status: 400..=428 | 430..=499, .. } | Failure::Redirect { .. }) => {
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

/// Who we are: name, version, and where to find out more.
fn user_agent(contact: Option<&str>) -> Result<HeaderValue, Error> {
    let name = concat!("Courant/", env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
    let Some(contact) = contact else { return Ok(HeaderValue::from_static(name)) };
    let wrong = || Error::Contact(contact.to_owned());
    let address = Url::parse(contact).map_err(|_| wrong())?;
    if !matches!(address.scheme(), "http" | "https" | "mailto") {
        return Err(wrong());
    }
    // As written where it can be; an address in other letters in the form that names it on the wire.
    let contact = if contact.is_ascii() { contact } else { address.as_str() };
    HeaderValue::from_str(&format!("{name} (+{contact})")).map_err(|_| wrong())
}

fn connect(
    settings: &Settings,
    resolver: &Arc<dyn Resolve>,
    authorities: Vec<Certificate>,
) -> Result<reqwest::Client, Error> {
    // Fails when a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let agent = user_agent(settings.contact.as_deref())?;
    let proxy = match &settings.proxy {
        Some(url) if matches!(url.scheme(), "http" | "https") => {
            Some(Proxy::all(url.clone()).map_err(|_| Error::Proxy(address::redact(url)))?)
        }
        Some(url) => return Err(Error::Proxy(address::redact(url))),
        None => None,
    };
    let builder = || {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, br, zstd"));
        let builder = reqwest::Client::builder()
            .user_agent(agent.clone())
            .default_headers(headers)
            .no_proxy()
            .referer(false)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .dns_resolver(Arc::clone(resolver))
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1);
        match &proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        }
    };
    if !authorities.is_empty() {
        return builder().tls_certs_merge(authorities).build().map_err(Error::Setup);
    }
    // A machine without any authorities of its own (a bare container) uses the ones we carry.
    builder().build().or_else(|_| builder().tls_backend_preconfigured(bundled_roots()).build()).map_err(Error::Setup)
}

fn bundled_roots() -> rustls::ClientConfig {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let mut config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}
