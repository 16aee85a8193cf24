//! The HTTP client behind the [client](super::Client): who we are, by which way, and whom we trust.

use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::Resolve;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::redirect;
use rustls::pki_types::CertificateDer;
use url::Url;

use super::access::Wire;
use super::guard::GuardedResolver;
use super::{Error, Guard, Settings, tls};

/// Connections that nobody uses are closed after this.
const IDLE: Duration = Duration::from_secs(5);

/// The HTTP client for connections of one kind. Whatever `resolver` finds is vetted by `guard`.
pub(super) fn connect(
    settings: &Settings,
    resolver: &Arc<dyn Resolve>,
    guard: &Guard,
    wire: &Wire,
) -> Result<reqwest::Client, Error> {
    // Fails when a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, br, zstd"));
    let proxy_host = wire.proxy.as_ref().and_then(|proxy| proxy.url().host_str()).map(str::to_owned);
    let resolver = GuardedResolver::new(Arc::clone(resolver), guard.clone(), proxy_host);
    let mut builder = reqwest::Client::builder()
        .user_agent(user_agent(settings.contact.as_deref())?)
        .default_headers(headers)
        .no_proxy()
        .referer(false)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .dns_resolver(Arc::new(resolver))
        .connect_timeout(settings.connect_timeout)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(1)
        .tls_backend_preconfigured(secure(wire)?);
    if wire.http1 {
        builder = builder.http1_only();
    }
    if let Some(proxy) = &wire.proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy.url().clone()).map_err(|_| Error::Proxy)?);
    }
    builder.build().map_err(|error| Error::Setup(error.into()))
}

fn secure(wire: &Wire) -> Result<rustls::ClientConfig, Error> {
    let authorities: Vec<CertificateDer<'static>> = match &wire.authorities {
        Some(pem) => tls::authorities(pem).ok_or_else(|| Error::Authorities("authorities".to_owned()))?,
        None => Vec::new(),
    };
    let trust = tls::Trust { authorities, identity: wire.certificate.as_deref(), http1: wire.http1 };
    trust.config().map_err(|error| Error::Setup(error.into()))
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
