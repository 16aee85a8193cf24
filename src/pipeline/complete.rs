//! An entry and the pages behind it to one entry, without a request: for pages just fetched and for pages kept.

use url::Url;

use crate::address;
use crate::extract::{self, Extraction};
use crate::model::{Document, Entry};
use crate::normalize;
use crate::source::Source;

/// What is read out of a page by the rules of its source.
pub(super) fn extract(source: &Source, document: &Document) -> Extraction {
    let context = extract::Context {
        url: None,
        zone: source.zone.clone(),
        language: source.language.clone(),
        rules: Some(&source.rules),
    };
    extract::article(document, &context)
}

/// Whether a page gave no article, though there is no other place for it.
pub(super) fn is_empty(source: &Source, extraction: &Extraction) -> bool {
    extraction.entry.content.is_none() && source.is_listing()
}

/// `said` completed by its page at `at`, the further parts joined.
pub(super) fn complete(source: &Source, said: &Entry, mut page: Entry, at: &Url) -> Entry {
    // A canonical address that leads to another site or to the front page is a mistake of the page, not an identity.
    page.link = page.link.take().filter(|link| is_plausible(link, at, source));
    page.link.get_or_insert_with(|| at.to_string());
    normalize::merge(said, page, source.is_listing())
}

fn is_plausible(canonical: &str, page: &Url, source: &Source) -> bool {
    let Some(url) = address::resolve_web(Some(page), canonical) else { return false };
    same_site(&url, page) && !leads_away(page, &url, source)
}

/// Whether two addresses are of one site: the same host, `www.` or not.
pub(super) fn same_site(a: &Url, b: &Url) -> bool {
    let host = |url: &Url| url.host_str().unwrap_or_default().trim_start_matches("www.").to_owned();
    host(a) == host(b)
}

/// Whether the page of an entry turned out to be that of its site: many sites answer so when an article is not there.
pub(super) fn leads_away(asked: &Url, at: &Url, source: &Source) -> bool {
    let is_of_site = |url: &Url| {
        let key = address::fold(url);
        address::is_front(url) || source.urls().iter().chain(&source.home).any(|own| address::fold(own) == key)
    };
    is_of_site(at) && !is_of_site(asked)
}
