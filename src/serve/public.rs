//! What subscribers see: the published resources under the path of `base_url`, and at the root.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, LAST_MODIFIED, LOCATION, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Resource, Shelf, negotiate};

/// Pages hold no script and load nothing but pictures of articles.
const POLICY: &str = "default-src 'none'; img-src http: https: data:; media-src http: https:; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the handler needs.
#[derive(Clone)]
struct Public {
    shelf: Arc<Shelf>,
    /// Path of `base_url` without a slash at the end: nothing, or `/feeds`.
    prefix: Arc<str>,
    /// `Cache-Control` of every answer.
    caching: HeaderValue,
}

/// The router for subscribers. `prefix` is the path of `base_url`; `max_age_seconds` how long a reader may keep an answer.
pub fn router(shelf: Arc<Shelf>, prefix: &str, max_age_seconds: u32) -> Router {
    let caching =
        HeaderValue::from_str(&format!("public, max-age={max_age_seconds}")).expect("digits are a header value");
    let public = Public { shelf, prefix: prefix.trim_end_matches('/').into(), caching };
    Router::new().fallback(answer).with_state(public)
}

async fn answer(State(public): State<Public>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    let path = request.uri().path();
    let inside = path.strip_prefix(&*public.prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let inside = inside.unwrap_or(path).trim_start_matches('/');
    let key =
        if inside.is_empty() || inside.ends_with('/') { format!("{inside}index.html") } else { inside.to_owned() };
    if let Some(resource) = public.shelf.get(&key) {
        metrics::counter!("courant_http_requests_total", "resource" => key).increment(1);
        return send(&resource, &request, &public.caching);
    }
    // A page asked for without its slash.
    if public.shelf.get(&format!("{inside}/index.html")).is_some() {
        // Relative, so that it holds behind a proxy that takes a prefix off.
        let last = path.rsplit('/').next().unwrap_or_default();
        let place = HeaderValue::try_from(format!("{last}/")).unwrap_or(HeaderValue::from_static("./"));
        return (StatusCode::PERMANENT_REDIRECT, [(LOCATION, place)]).into_response();
    }
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], "there is nothing here\n").into_response()
}

fn send(resource: &Resource, request: &Request, caching: &HeaderValue) -> Response {
    let chosen = negotiate::choose(resource, request.headers());
    let held = negotiate::is_held(request.headers(), &chosen.etag, resource.modified);
    let body = if held || request.method() == Method::HEAD { bytes::Bytes::new() } else { chosen.bytes.clone() };
    let mut response = (if held { StatusCode::NOT_MODIFIED } else { StatusCode::OK }, body).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    headers.remove(CONTENT_LENGTH);
    let value = |text: &str| HeaderValue::from_str(text).expect("digests, dates and media types are header values");
    headers.insert(ETAG, value(&chosen.etag));
    headers.insert(LAST_MODIFIED, value(&negotiate::to_http_date(resource.modified)));
    headers.insert(CACHE_CONTROL, caching.clone());
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if held {
        return response;
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(resource.media_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(chosen.bytes.len()));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if resource.media_type.starts_with("text/html") {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    if let Some(coding) = chosen.coding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}
