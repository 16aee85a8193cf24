//! One coding of a resource with the headers it is sent with, made once when the resource is put on the shelf.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LAST_MODIFIED, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use jiff::Timestamp;
use metrics::Counter;

use super::negotiate::to_http_date;
use crate::model::Digest;

/// Pages hold no script and load nothing but pictures of articles. A form leads back here.
const POLICY: &str = "default-src 'none'; img-src http: https: data:; media-src http: https:; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// One representation of a resource.
#[derive(Debug)]
pub(super) struct Representation {
    /// `Content-Encoding`, where there is one.
    pub(super) coding: Option<&'static str>,
    /// Strong `ETag`, of these very bytes.
    pub(super) etag: HeaderValue,
    /// The bytes.
    pub(super) bytes: Bytes,
    /// All that is sent with them.
    headers: HeaderMap,
    /// What is sent where the reader has them.
    held: HeaderMap,
}

impl Representation {
    pub(super) fn new(
        coding: Option<&'static str>,
        bytes: &Bytes,
        media_type: &'static str,
        digest: Digest,
        modified: Timestamp,
        max_age: u32,
    ) -> Self {
        let value = |text: String| HeaderValue::try_from(text).expect("digests, dates and digits are header values");
        let etag = value(coding.map_or_else(|| format!("\"{digest}\""), |coding| format!("\"{digest}-{coding}\"")));
        let mut held = HeaderMap::with_capacity(8);
        held.insert(ETAG, etag.clone());
        held.insert(LAST_MODIFIED, value(to_http_date(modified)));
        held.insert(CACHE_CONTROL, value(format!("public, max-age={max_age}")));
        held.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        held.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        held.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag"));
        let mut headers = HeaderMap::with_capacity(12);
        headers.extend(held.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if media_type.starts_with("text/html") {
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        }
        if let Some(coding) = coding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        Self { coding, etag, bytes: bytes.clone(), headers, held }
    }

    /// The headers of an answer with the bytes.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The headers of an answer that says they are held.
    pub(super) fn held(&self) -> &HeaderMap {
        &self.held
    }
}

/// Counts the requests for a resource, without a look at the registry of metrics for each.
pub(super) struct Answered(Counter);

impl Answered {
    /// The counter of a path. Archives of a feed are counted together: there may be thousands.
    pub(super) fn of(path: &str) -> Self {
        let label = match path.split_once("/archive/") {
            Some((feed, _)) => format!("{feed}/archive"),
            None => path.to_owned(),
        };
        Self(metrics::counter!("courant_http_requests_total", "resource" => label))
    }

    pub(super) fn count(&self) {
        self.0.increment(1);
    }
}

impl std::fmt::Debug for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answered")
    }
}
