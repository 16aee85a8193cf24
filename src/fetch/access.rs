//! How one source is asked, where that differs from `[fetch]`: by another way, with other trust, other limits.
//!
//! Everything here is the operator's, and much of it secret: `Debug` shows what is set and never what it is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Error, Settings, tls};
use crate::address;

/// An HTTP proxy. Its address may hold a name and a password: it is shown without them.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Proxy(Url);

impl Proxy {
    /// Its address, credentials included.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl TryFrom<String> for Proxy {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let url = Url::parse(text.trim()).ok();
        url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()).map(Self).ok_or(Error::Proxy)
    }
}

impl From<Proxy> for String {
    fn from(proxy: Proxy) -> Self {
        proxy.0.into()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&address::redact(&self.0))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// The way requests take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// To the server itself, also where `[fetch]` names a proxy.
    Direct,
    /// By a proxy.
    Proxy(Proxy),
}

/// Which requests ask `robots.txt` first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RobotsFor {
    /// Those for pages that we found ourselves.
    #[default]
    Pages,
    /// All: also those for feeds and listings that a person named.
    All,
}

/// How one source is asked, beyond its headers.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The way its requests take; `None`: as `[fetch]` says.
    pub way: Option<Way>,
    /// Whether HTTP/2 is left out, for servers that speak it badly.
    pub http1: bool,
    /// In place of `fetch.timeout`.
    pub timeout: Option<Duration>,
    /// In place of `fetch.first_byte_timeout`.
    pub first_byte_timeout: Option<Duration>,
    /// In place of `fetch.max_bytes`.
    pub max_bytes: Option<u64>,
    /// In place of `fetch.robots`.
    pub robots: Option<RobotsFor>,
    /// Whom we trust beyond the machine's authorities, and how we show ourselves.
    pub secure: Secure,
}

/// Certificates of one source.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secure {
    authorities: Option<Arc<[u8]>>,
    certificate: Option<Arc<[u8]>>,
}

impl Access {
    /// Trusts also the authorities in `pem`: a national or private one, or an intermediate the server forgets to send. `name`
    /// is where they were read, for the message.
    pub fn trust(&mut self, pem: &[u8], name: &str) -> Result<(), Error> {
        tls::authorities(pem).ok_or_else(|| Error::Authorities(name.to_owned()))?;
        self.secure.authorities = Some(pem.into());
        Ok(())
    }

    /// Shows the certificate in `pem`, its key included, to servers that ask for one; never to another origin.
    pub fn show(&mut self, pem: &[u8], name: &str) -> Result<(), Error> {
        let wrong = || Error::Certificate(name.to_owned());
        tls::identity(pem).ok_or_else(wrong)?;
        tls::Trust { identity: Some(pem), ..tls::Trust::default() }.config().map_err(|_| wrong())?;
        self.secure.certificate = Some(pem.into());
        Ok(())
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Debug for Secure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secure").finish_non_exhaustive()
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("way", &self.way)
            .field("authorities", &self.secure.authorities.is_some())
            .field("certificate", &self.secure.certificate.is_some())
            .finish_non_exhaustive()
    }
}

/// What decides which connections can be shared.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Wire {
    pub(super) proxy: Option<Proxy>,
    pub(super) authorities: Option<Arc<[u8]>>,
    pub(super) certificate: Option<Arc<[u8]>>,
    pub(super) http1: bool,
}

impl Wire {
    /// The connections of a source; `is_home` while they lead to its own origin.
    pub(super) fn of(settings: &Settings, access: Option<&Access>, is_home: bool) -> Self {
        let Some(access) = access else { return Self { proxy: settings.proxy.clone(), ..Self::default() } };
        let proxy = match &access.way {
            None => settings.proxy.clone(),
            Some(Way::Direct) => None,
            Some(Way::Proxy(proxy)) => Some(proxy.clone()),
        };
        Self {
            proxy,
            authorities: access.secure.authorities.clone(),
            certificate: access.secure.certificate.clone().filter(|_| is_home),
            http1: access.http1,
        }
    }
}

/// What one request may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) first_byte_timeout: Duration,
    pub(super) max_bytes: u64,
    pub(super) min_rate: u64,
}

impl Limits {
    pub(super) fn of(settings: &Settings, access: Option<&Access>) -> Self {
        let timeout = access.and_then(|access| access.timeout);
        let first_byte_timeout = access.and_then(|access| access.first_byte_timeout);
        Self {
            timeout: timeout.unwrap_or(settings.timeout),
            connect_timeout: settings.connect_timeout,
            // Who gives a server more time in all does not want it cut off at its first byte.
            first_byte_timeout: first_byte_timeout
                .unwrap_or(settings.first_byte_timeout.max(timeout.unwrap_or_default() / 3 * 2)),
            max_bytes: access.and_then(|access| access.max_bytes).unwrap_or(settings.max_bytes),
            min_rate: settings.min_rate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let proxy = Proxy::try_from("http://me:hush@proxy.example:3128".to_owned()).unwrap();
        let mut access = Access { way: Some(Way::Proxy(proxy.clone())), ..Access::default() };
        access.show(include_bytes!("tests/tls/client.pem"), "client.pem").unwrap();
        let settings = Settings { proxy: Some(proxy.clone()), ..Settings::default() };
        for shown in [format!("{proxy} {proxy:?}"), format!("{access:?}"), format!("{settings:?}")] {
            assert!(shown.contains("proxy.example:3128") && !shown.contains("hush"), "{shown}");
        }
        assert!(!format!("{access:?}").contains("45, 45"), "{access:?}");
        let told = Proxy::try_from("hush@proxy".to_owned()).unwrap_err().to_string();
        assert!(!told.contains("hush"), "{told}");
    }

    #[test]
    fn what_is_no_certificate_is_refused_by_name() {
        let mut access = Access::default();
        let (authority, client): (&[u8], &[u8]) =
            (include_bytes!("tests/tls/root.pem"), include_bytes!("tests/tls/client.pem"));
        for wrong in [b"".as_slice(), b"not a certificate", include_bytes!("tests/tls/below-key.pem")] {
            assert!(access.trust(wrong, "x.pem").unwrap_err().to_string().contains("`x.pem`"));
        }
        for wrong in [b"".as_slice(), authority, include_bytes!("tests/tls/below-key.pem")] {
            assert!(access.show(wrong, "x.pem").unwrap_err().to_string().contains("`x.pem`"));
        }
        assert!(access.is_plain());
        access.trust(authority, "root.pem").unwrap();
        access.show(client, "client.pem").unwrap();
        assert!(!access.is_plain());
    }

    #[test]
    fn a_certificate_of_ours_stays_at_home() {
        let mut access = Access { http1: true, ..Access::default() };
        access.show(include_bytes!("tests/tls/client.pem"), "client.pem").unwrap();
        access.trust(include_bytes!("tests/tls/root.pem"), "root.pem").unwrap();
        let settings = Settings::default();
        assert!(Wire::of(&settings, Some(&access), true).certificate.is_some());
        let abroad = Wire::of(&settings, Some(&access), false);
        assert!(abroad.certificate.is_none() && abroad.authorities.is_some() && abroad.http1);
    }

    #[test]
    fn more_time_in_all_is_more_time_to_begin() {
        let settings = Settings::default();
        let limits = |access: &Access| Limits::of(&settings, Some(access));
        let patient = Access { timeout: Some(Duration::from_mins(3)), ..Access::default() };
        assert_eq!(limits(&patient).first_byte_timeout, Duration::from_mins(2));
        let short = Access { timeout: Some(Duration::from_secs(3)), max_bytes: Some(7), ..Access::default() };
        assert_eq!((limits(&short).timeout, limits(&short).max_bytes), (Duration::from_secs(3), 7));
        assert_eq!(limits(&short).first_byte_timeout, settings.first_byte_timeout);
    }
}
