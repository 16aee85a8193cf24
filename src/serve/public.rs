//! What subscribers see: the published resources under the path of `base_url`, and at the root.
//!
//! A feed asked for by its bare name (`/news`) is sent in the format that the reader likes best; people are led to its page.

use std::borrow::Cow;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ALLOW, CACHE_CONTROL, CONTENT_LOCATION, CONTENT_TYPE, LOCATION, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tower_service::Service;

use super::accept::{self, Wanted};
use super::shelf::Held;
use super::views::{self, Found, Views};
use super::{Resource, Shelf, negotiate};
use crate::compose::View;
use crate::model::Format;

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

/// What answers subscribers: a service to be handed to `axum::serve`. Nothing is looked up by routes but what is
/// [beside](Readers::beside) the published resources.
#[derive(Clone)]
pub struct Readers {
    public: Arc<Public>,
    /// Answers what is no resource: hubs and their subscribers.
    beside: Option<Router>,
    /// Answers queries; without them whatever follows a question mark says nothing.
    views: Option<Arc<Views>>,
}

/// What the answers are made of.
struct Public {
    shelf: Arc<Shelf>,
    /// Path of `base_url` without a slash at the end: nothing, or `/feeds`.
    prefix: String,
}

impl Readers {
    /// Answers from a shelf. `prefix` is the path of `base_url`.
    #[must_use]
    pub fn new(shelf: Arc<Shelf>, prefix: &str) -> Self {
        let public = Public { shelf, prefix: prefix.trim_end_matches('/').to_owned() };
        Self { public: Arc::new(public), beside: None, views: None }
    }

    /// Lets these routes answer at `hub` and below `websub/`.
    #[must_use]
    pub fn beside(self, routes: Router) -> Self {
        Self { beside: Some(routes), ..self }
    }

    /// Answers queries with views, where there are some.
    #[must_use]
    pub fn with_views(self, views: Option<Arc<Views>>) -> Self {
        Self { views, ..self }
    }

    /// What makes the service of each connection.
    #[must_use]
    pub fn into_make_service(self) -> axum::routing::IntoMakeService<Self> {
        axum::ServiceExt::into_make_service(self)
    }
}

impl Service<Request> for Readers {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answering {
        let inside = self.public.inside(request.uri().path());
        if let Some(routes) = self.beside.as_mut().filter(|_| inside == "hub" || inside.starts_with("websub/")) {
            return Answering::Later(Box::pin(routes.call(request)));
        }
        if let Some(views) = &self.views
            && let Some(question) = Question::of(&request, inside, &self.public.shelf)
        {
            return Answering::Later(Box::pin(question.answer(Arc::clone(&self.public), Arc::clone(views), request)));
        }
        Answering::Now(Some(self.public.answer(&request)))
    }
}

/// An answer: most are there at once.
pub enum Answering {
    /// It is here, until it is taken.
    Now(Option<Response>),
    /// Somebody works on it.
    Later(Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>),
}

impl Future for Answering {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Now(response) => Poll::Ready(Ok(response.take().unwrap_or_default())),
            Self::Later(later) => later.as_mut().poll(context),
        }
    }
}

impl Public {
    /// A path as it is inside the output.
    fn inside<'a>(&self, path: &'a str) -> &'a str {
        let inside = path.strip_prefix(&*self.prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        inside.unwrap_or(path).trim_start_matches('/')
    }

    fn answer(&self, request: &Request) -> Response {
        match *request.method() {
            Method::GET | Method::HEAD => {}
            Method::OPTIONS => return (StatusCode::NO_CONTENT, PREFLIGHT).into_response(),
            _ => return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, METHODS)]).into_response(),
        }
        let path = request.uri().path();
        let inside = self.inside(path);
        let key = if inside.is_empty() || inside.ends_with('/') {
            Cow::Owned(format!("{inside}index.html"))
        } else {
            Cow::Borrowed(inside)
        };
        if let Some(resource) = self.shelf.get(&key) {
            return send(&resource, request);
        }
        let last = path.rsplit('/').next().unwrap_or_default();
        if let Some(response) = by_name(&self.shelf, inside, last, request) {
            return response;
        }
        // A page asked for without its slash.
        if self.shelf.get(&format!("{inside}/index.html")).is_some() {
            return (StatusCode::PERMANENT_REDIRECT, [(LOCATION, folder(last))]).into_response();
        }
        nothing()
    }
}

fn nothing() -> Response {
    let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::NOT_FOUND, kind, "there is nothing here\n").into_response()
}

/// A feed that something more is asked of: `news.rss?q=water`, or its page `news/?q=water`, or its bare name.
struct Question {
    feed: Arc<Held>,
    /// `None` = the page.
    format: Option<Format>,
    /// Whether the bare name was given: the form is chosen by what the reader likes.
    is_bare: bool,
}

impl Question {
    fn of(request: &Request, inside: &str, shelf: &Shelf) -> Option<Self> {
        request.uri().query().filter(|query| !query.is_empty())?;
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let of = |name: &str, format, is_bare| Some(Self { feed: shelf.feed(name)?, format, is_bare });
        if let Some(name) = inside.strip_suffix("/index.html").or_else(|| inside.strip_suffix('/')) {
            return of(name, None, false);
        }
        let named = inside.rsplit_once('.').and_then(|(name, ending)| {
            let format = Format::ALL.into_iter().find(|format| format.extension() == ending)?;
            of(name, Some(format), false)
        });
        named.or_else(|| of(inside, None, true))
    }

    async fn answer(self, public: Arc<Public>, views: Arc<Views>, request: Request) -> Result<Response, Infallible> {
        let query = request.uri().query().unwrap_or_default();
        let found = match View::read(query) {
            Err(unreadable) => views::wrong(&unreadable.to_string()),
            Ok(view) if view.is_everything() => return Ok(public.answer(&request)),
            Ok(_) if self.is_bare => return Ok(self.lead(&request)),
            Ok(view) => views.find(&self.feed, self.format, view).await,
        };
        let mut response = match found {
            Found::View(resource) => send(&resource, &request),
            Found::Nothing => nothing(),
            Found::Said(response) => response,
        };
        // A feed is there to be found; what somebody asked of it is not.
        response.headers_mut().insert(ROBOTS, HeaderValue::from_static("noindex"));
        Ok(response)
    }

    /// To the place of the form that the reader likes.
    fn lead(&self, request: &Request) -> Response {
        let name = &self.feed.terms.feed;
        let query = request.uri().query().unwrap_or_default();
        let place = match accept::choose(&self.feed.terms.formats, request.headers()) {
            Wanted::Page => format!("{name}/?{query}"),
            Wanted::Format(format) => format!("{name}.{}?{query}", format.extension()),
        };
        let place = HeaderValue::try_from(place).unwrap_or(HeaderValue::from_static("./"));
        let varies = HeaderValue::from_static("Accept");
        (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, place), (VARY, varies)]).into_response()
    }
}

/// What search engines are told (`X-Robots-Tag`).
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// A feed by its bare name, in the format the reader likes best. The page links to what is beside it, so that people are sent
/// to its own address. That is for this request only: another, of a reader of feeds, has another answer.
fn by_name(shelf: &Shelf, feed: &str, last: &str, request: &Request) -> Option<Response> {
    let terms = &shelf.feed(feed)?.terms;
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
        *response.headers_mut() = headers_of(resource, chosen.held());
        return response;
    }
    let body = if request.method() == Method::HEAD { Body::empty() } else { Body::from(chosen.bytes.clone()) };
    let mut response = Response::new(body);
    *response.headers_mut() = headers_of(resource, chosen.headers());
    response
}

/// The headers prepared, with what caches are told now.
fn headers_of(resource: &Resource, prepared: &HeaderMap) -> HeaderMap {
    let mut headers = prepared.clone();
    if let Some(value) = resource.cache_control() {
        headers.insert(CACHE_CONTROL, value);
    }
    headers
}
