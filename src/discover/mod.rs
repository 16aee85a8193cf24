//! A page to addresses: the feeds it announces, the articles it lists.

pub mod draft;
pub mod feeds;
pub mod listing;
mod repeating;

use jiff::tz::TimeZone;
use url::Url;

use crate::address;
use crate::dom::Page;
use crate::encoding::{self, Markup};
use crate::model::Document;

/// What is known about a page before it is read.
#[derive(Debug, Clone)]
pub struct Context {
    /// The page's address, where the document does not know it.
    pub url: Option<Url>,
    /// The zone of dates that name none. UTC by default.
    pub zone: TimeZone,
    /// The language it is expected in.
    pub language: Option<String>,
}

impl Default for Context {
    fn default() -> Self {
        Self { url: None, zone: TimeZone::UTC, language: None }
    }
}

/// A parsed page with the base of its addresses.
struct Scene<'a> {
    page: Page,
    url: Option<Url>,
    base: Option<Url>,
    zone: &'a TimeZone,
    language: Option<String>,
}

impl<'a> Scene<'a> {
    fn of(document: &Document, context: &'a Context) -> Self {
        let page = Page::parse(&encoding::decode(&document.body, document.content_type.as_deref(), Markup::Html).text);
        let url = document.url.clone().or_else(|| context.url.clone());
        let declared = page.declared_base().and_then(|href| address::resolve_web(url.as_ref(), href));
        let base = declared
            .or_else(|| url.clone())
            .or_else(|| page.declared_canonical().and_then(|href| address::resolve_web(None, href)));
        let language = context.language.clone().or_else(|| page.declared_language().map(str::to_owned));
        Self { page, url, base, zone: &context.zone, language }
    }

    fn web(&self, reference: &str) -> Option<Url> {
        address::resolve_web(self.base.as_ref(), reference)
    }
}
