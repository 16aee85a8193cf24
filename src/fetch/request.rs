//! What is asked for, and what came back.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::{Access, Error, Failure, Hold};
use crate::address;
use crate::model::{CacheHints, Document, Validators};

/// What a request is for: decides what is accepted, how hosts are spaced, and whether robots.txt is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A feed somebody named.
    Feed,
    /// A page somebody named, to be read like a feed.
    Listing,
    /// A page we found ourselves: only where robots.txt allows it.
    Page,
    /// A robots.txt.
    Robots,
}

impl Kind {
    /// The `Accept` header.
    pub(super) fn accept(self) -> &'static str {
        match self {
            Self::Feed => {
                "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, \
                 application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.3"
            }
            Self::Listing | Self::Page => "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.3",
            Self::Robots => "text/plain, */*;q=0.3",
        }
    }

    /// Whether a body of this media type is worth reading. Feeds come under every name there is; pages do not.
    pub(super) fn accepts(self, content_type: &str) -> bool {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_other = ["image/", "audio/", "video/", "font/"].iter().any(|family| essence.starts_with(family))
            || matches!(essence.as_str(), "application/pdf" | "application/zip" | "application/msword");
        !(is_other && matches!(self, Self::Listing | Self::Page))
    }
}

/// One thing to ask for. Always by GET.
#[derive(Clone)]
pub struct Request {
    /// The address.
    pub url: Url,
    /// What it is for.
    pub kind: Kind,
    /// The validators of the last 200, sent back byte for byte, both.
    pub validators: Option<Validators>,
    /// The source's own headers, see [`source_headers`]: not sent on when a redirect leaves the origin.
    pub headers: HeaderMap,
    /// How the source is asked, where that differs from `[fetch]`.
    pub access: Option<Arc<Access>>,
    /// Whether the address is of the source's own origin, so that its certificate may be shown there.
    pub is_home: bool,
    /// Whether who asks holds what other documents became.
    pub is_further: bool,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("url", &address::redact(&self.url))
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// Asks for `url` without validators or headers.
    #[must_use]
    pub fn new(kind: Kind, url: Url) -> Self {
        Self { url, kind, validators: None, headers: HeaderMap::new(), access: None, is_home: true, is_further: false }
    }

    /// The same, with the validators of the last 200.
    #[must_use]
    pub fn since(mut self, validators: Option<Validators>) -> Self {
        self.validators = validators.filter(|validators| !validators.is_empty());
        self
    }

    /// The same, with headers of the source.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// The same, asked as the source wants it; `is_home` where the address is of its own origin.
    #[must_use]
    pub fn with_access(mut self, access: Option<Arc<Access>>, is_home: bool) -> Self {
        self.access = access;
        self.is_home = is_home;
        self
    }

    /// The same, asked while what other documents became is held: it does not wait for those that wait for that.
    #[must_use]
    pub fn further(mut self, is_further: bool) -> Self {
        self.is_further = is_further;
        self
    }
}

/// Headers that are ours to set, or that we never send: a fetcher that says who it is keeps no cookies and poses as nobody.
const OURS: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
    "referer",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Checks the headers an operator gives a source. They are held as secrets: never logged. `cookies` is the whole `Cookie`
/// header: sent as it is, and never changed by what servers set.
pub fn source_headers<'a>(
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    cookies: Option<&str>,
) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    if let Some(cookies) = cookies {
        headers.insert(COOKIE, secret("cookies", cookies)?);
    }
    for (name, value) in pairs {
        let checked = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Error::Header { name: name.to_owned(), problem: "is not the name of a header" })?;
        if OURS.contains(&checked.as_str()) {
            return Err(Error::Header { name: name.to_owned(), problem: "is not for a source to set" });
        }
        headers.append(checked, secret(name, value)?);
    }
    Ok(headers)
}

fn secret(name: &str, value: &str) -> Result<HeaderValue, Error> {
    let wrong = |_| Error::Header { name: name.to_owned(), problem: "has characters a header cannot hold" };
    let mut value = HeaderValue::from_str(value).map_err(wrong)?;
    value.set_sensitive(true);
    Ok(value)
}

/// What came back.
#[derive(Debug)]
pub enum Answer {
    /// A body.
    Fetched(Box<Fetched>),
    /// 304: what we hold is still right. Keep the validators as they are.
    NotModified {
        /// When to ask again.
        hints: CacheHints,
        /// Where the address has moved for good, see [`Fetched::permanent`].
        permanent: Option<Url>,
    },
    /// 410: gone for good; do not ask again.
    Gone,
    /// Nothing, and why.
    Failed(Failure),
}

impl Answer {
    /// The HTTP status, where there was an answer at all.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Fetched(fetched) => Some(fetched.status),
            Self::NotModified { .. } => Some(304),
            Self::Gone => Some(410),
            Self::Failed(failure) => failure.status(),
        }
    }

    /// What the server said about asking again.
    #[must_use]
    pub fn hints(&self) -> CacheHints {
        match self {
            Self::Fetched(fetched) => fetched.hints.clone(),
            Self::NotModified { hints, .. } => hints.clone(),
            Self::Gone => CacheHints::default(),
            Self::Failed(failure) => CacheHints { retry_after: failure.retry_after(), max_age: None },
        }
    }

    /// Where the address has moved for good, see [`Fetched::permanent`].
    #[must_use]
    pub fn permanent(&self) -> Option<&Url> {
        match self {
            Self::Fetched(fetched) => fetched.permanent.as_ref(),
            Self::NotModified { permanent, .. } => permanent.as_ref(),
            Self::Gone | Self::Failed(_) => None,
        }
    }
}

/// A body and what its server said about it.
#[derive(Debug)]
pub struct Fetched {
    /// The body, unpacked, with the address it came from.
    pub document: Document,
    /// Its validators; empty when the server sent none, and then those of earlier answers are to be forgotten.
    pub validators: Validators,
    /// When to ask again.
    pub hints: CacheHints,
    /// What its `Link` headers name (RFC 8288): relation in lower case and address, as `("hub", …)` and `("self", …)`.
    pub links: Vec<(String, Url)>,
    /// The HTTP status: 200 or 203.
    pub status: u16,
    /// Where the address has moved for good: the end of the permanent redirects (301, 308) the chain began with.
    pub permanent: Option<Url>,
    /// Size of the body as sent.
    pub sent_bytes: u64,
    /// From the first request to the end of the body, without waiting for turns.
    pub took: Duration,
    /// What the body takes of the memory for large ones. Kept until it was read.
    pub hold: Hold,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_disguise_or_break_us_are_refused() {
        for (name, value) in
            [("User-Agent", "Mozilla"), ("cookie", "a=b"), ("Referer", "x"), ("bad name", "x"), ("x", "a\nb")]
        {
            assert!(source_headers([(name, value)], None).is_err(), "{name}");
        }
        let headers = source_headers([("Authorization", "Bearer x"), ("X-Key", "1")], None).unwrap();
        assert_eq!(headers.len(), 2);
        assert!(headers.values().all(HeaderValue::is_sensitive));
        assert!(!format!("{headers:?}").contains("Bearer"));
    }

    #[test]
    fn films_are_not_pages_but_feeds_come_under_any_name() {
        assert!(!Kind::Page.accepts("Video/mp4"));
        assert!(!Kind::Listing.accepts("application/pdf; x=1"));
        assert!(Kind::Page.accepts("text/html; charset=utf-8"));
        assert!(Kind::Page.accepts("application/octet-stream"));
        assert!(Kind::Feed.accepts("image/png"));
    }
}
