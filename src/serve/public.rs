//! What subscribers see: the published resources under the path of `base_url`, and at the root.
//!
//! A feed asked for by its bare name (`/news`) is sent in the format that the reader likes best; people are led to its page.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ALLOW, CONTENT_LOCATION, CONTENT_TYPE, LOCATION, VARY,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::accept::{self, Wanted};
use super::{Resource, Shelf, negotiate};

/// What may be done here.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// What a script of another site is told before it asks with headers of its own (Fetch §4.8): it may do so, for a day.
const PREFLIGHT: [(HeaderName, &str); 5] = [
    (ALLOW, METHODS),
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
    (ACCESS_CONTROL_ALLOW_HEADERS, "Accept, If-Modified-Since, If-None-Match"),
    (ACCESS_CONTROL_MAX_AGE, "86400"),
];

/// What the handler needs.
struct Public {
    shelf: Arc<Shelf>,
    /// Path of `base_url` without a slash at the end: nothing, or `/feeds`.
    prefix: String,
}

/// The router for subscribers. `prefix` is the path of `base_url`.
pub fn router(shelf: Arc<Shelf>, prefix: &str) -> Router {
    let public = Public { shelf, prefix: prefix.trim_end_matches('/').to_owned() };
    Router::new().fallback(answer).with_state(Arc::new(public))
}

async fn answer(State(public): State<Arc<Public>>, request: Request) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return (StatusCode::NO_CONTENT, PREFLIGHT).into_response(),
        _ => return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, METHODS)]).into_response(),
    }
    let path = request.uri().path();
    let inside = path.strip_prefix(&*public.prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let inside = inside.unwrap_or(path).trim_start_matches('/');
    let key = if inside.is_empty() || inside.ends_with('/') {
        Cow::Owned(format!("{inside}index.html"))
    } else {
        Cow::Borrowed(inside)
    };
    if let Some(resource) = public.shelf.get(&key) {
        return send(&resource, &request);
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    if let Some(response) = by_name(&public.shelf, inside, last, &request) {
        return response;
    }
    // A page asked for without its slash.
    if public.shelf.get(&format!("{inside}/index.html")).is_some() {
        return (StatusCode::PERMANENT_REDIRECT, [(LOCATION, folder(last))]).into_response();
    }
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], "there is nothing here\n").into_response()
}

/// A feed by its bare name, in the format the reader likes best. The page links to what is beside it, so that people are sent
/// to its own address. That is for this request only: another, of a reader of feeds, has another answer.
fn by_name(shelf: &Shelf, feed: &str, last: &str, request: &Request) -> Option<Response> {
    let terms = shelf.terms(feed)?;
    let varies = HeaderValue::from_static("Accept, Accept-Encoding");
    match accept::choose(&terms.formats, request.headers()) {
        Wanted::Page => {
            shelf.get(&format!("{feed}/index.html"))?;
            Some((StatusCode::TEMPORARY_REDIRECT, [(LOCATION, folder(last)), (VARY, varies)]).into_response())
        }
        Wanted::Format(format) => {
            let resource = shelf.get(&format!("{feed}.{}", format.extension()))?;
            let mut response = send(&resource, request);
            let place = HeaderValue::try_from(format!("{last}.{}", format.extension())).ok()?;
            response.headers_mut().insert(CONTENT_LOCATION, place);
            response.headers_mut().insert(VARY, varies);
            Some(response)
        }
    }
}

/// The folder of this name, relative, so that it holds behind a proxy that takes a prefix off.
fn folder(last: &str) -> HeaderValue {
    HeaderValue::try_from(format!("{last}/")).unwrap_or(HeaderValue::from_static("./"))
}

fn send(resource: &Resource, request: &Request) -> Response {
    resource.count();
    let chosen = negotiate::choose(resource, request.headers());
    if negotiate::is_held(request.headers(), &chosen.etag, resource.modified) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().clone_from(chosen.held());
        return response;
    }
    let body = if request.method() == Method::HEAD { Body::empty() } else { Body::from(chosen.bytes.clone()) };
    let mut response = Response::new(body);
    response.headers_mut().clone_from(chosen.headers());
    response
}
