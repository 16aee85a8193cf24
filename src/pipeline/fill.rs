//! Completing thin entries from the pages behind them.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::address;
use crate::extract;
use crate::fetch::{Answer, Failure, Kind, Request};
use crate::model::{Document, Entry, TextKind};
use crate::normalize;

use super::{Pipeline, Subscription};

/// Entries of a feed with fewer words than this are thin where full text is wanted.
const THIN_WORDS: usize = 120;

/// Pages a multi-page article is joined from at most.
const MOST_PARTS: usize = 10;

/// Endings by which feeds show that they cut a text.
const CUT_MARKS: [&str; 6] = ["…", "...", "[…]", "[...]", "Read more", "Continue reading"];

/// What became of the page of an entry.
pub(super) enum Filled {
    /// The entry, completed.
    Complete(Box<Entry>),
    /// Its page could not be read, and why. `never` where asking again is pointless.
    Failed {
        /// What, where and what to do.
        message: String,
        /// Whether asking again is pointless: robots.txt forbids the page, or it is no page of text.
        never: bool,
    },
    /// The host rests until then; nothing was asked.
    Postponed(Timestamp),
}

/// Whether the page of an entry should be read.
pub(super) fn is_thin(entry: &Entry, subscription: &Subscription) -> bool {
    if entry.link.is_none() {
        return false;
    }
    if subscription.source.is_listing() {
        return true;
    }
    subscription.source.full_text && is_cut(entry)
}

fn is_cut(entry: &Entry) -> bool {
    let Some(text) = entry.content.as_ref().or(entry.summary.as_ref()) else { return true };
    let plain = match text.kind {
        TextKind::Html => crate::dom::text(&text.value),
        TextKind::Plain => text.value.clone(),
    };
    let plain = plain.trim_end();
    plain.split_whitespace().count() < THIN_WORDS || CUT_MARKS.iter().any(|mark| plain.ends_with(mark))
}

/// The page of an entry.
pub(super) fn page_url(entry: &Entry, base: Option<&Url>) -> Option<Url> {
    entry.page().and_then(|link| address::resolve_web(base, link))
}

impl Pipeline {
    /// Fetches and reads the page of an entry, the further parts of a multi-page article joined.
    pub(super) async fn fill(
        &self,
        subscription: &Arc<Subscription>,
        entry: &Entry,
        url: &Url,
        now: Timestamp,
    ) -> Filled {
        let mut request = Request::new(Kind::Page, url.clone());
        if same_origin(url, &subscription.source.urls()[0]) {
            request = request.with_headers(subscription.headers.clone());
        }
        let document = match self.client.get(&request, now).await {
            Answer::Fetched(fetched) => fetched.document,
            Answer::Gone => {
                return Filled::Failed { message: format!("{} is gone (410)", address::redact(url)), never: false };
            }
            Answer::NotModified { .. } => {
                return Filled::Failed {
                    message: format!("{} answered 304 though nothing was held", address::redact(url)),
                    never: false,
                };
            }
            Answer::Failed(failure) => return failed(&failure),
        };
        let at = document.url.clone().unwrap_or_else(|| url.clone());
        let wrong = if leads_away(url, &at, subscription) {
            Some(("leads to the page of the site, not to an article", false))
        } else if !is_text(&document) {
            Some(("is a file, not a page of text", true))
        } else {
            None
        };
        if let Some((what, never)) = wrong {
            return Filled::Failed { message: format!("{} {what}", address::redact(url)), never };
        }
        let Some(extraction) = self.extract(subscription, document).await else {
            let message = format!("reading {} crashed: please report it with the page", address::redact(url));
            return Filled::Failed { message, never: false };
        };
        let mut extraction = self.or_alternate(subscription, extraction, &at, now).await;
        if extraction.entry.content.is_none() && subscription.source.is_listing() {
            let message = format!(
                "no article found on {}: check `body` in the rules of `{}`",
                address::redact(url),
                subscription.source.id
            );
            return Filled::Failed { message, never: false };
        }
        let mut next = extraction.next.take();
        let mut seen = vec![at.clone()];
        while let Some(url) = next.take().filter(|url| !seen.contains(url) && seen.len() < MOST_PARTS) {
            let Answer::Fetched(fetched) = self.client.get(&Request::new(Kind::Page, url.clone()), now).await else {
                break;
            };
            let Some(part) = self.extract(subscription, fetched.document).await else { break };
            normalize::append(&mut extraction.entry, part.entry);
            next = part.next;
            seen.push(url);
        }
        // A canonical address that leads to another site or to the front page is a mistake of the page, not an identity.
        extraction.entry.link = extraction.entry.link.take().filter(|link| is_plausible(link, &at, subscription));
        extraction.entry.link.get_or_insert_with(|| at.to_string());
        Filled::Complete(Box::new(normalize::merge(entry, extraction.entry, subscription.source.is_listing())))
    }

    /// What is read out of a page; `None` when that crashed: a page never takes its source along.
    pub(super) async fn extract(
        &self,
        subscription: &Arc<Subscription>,
        document: Document,
    ) -> Option<extract::Extraction> {
        let subscription = Arc::clone(subscription);
        let work = tokio::task::spawn_blocking(move || {
            let source = &subscription.source;
            let context = extract::Context {
                url: None,
                zone: source.zone.clone(),
                language: source.language.clone(),
                rules: Some(&source.rules),
            };
            extract::article(&document, &context)
        });
        work.await.ok()
    }
}

/// Runs a long pure function off the asynchronous threads.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn failed(failure: &Failure) -> Filled {
    if let Some(until) = failure.postponed() {
        return Filled::Postponed(until);
    }
    Filled::Failed {
        message: failure.report(),
        never: matches!(failure, Failure::Robots { .. } | Failure::NotAPage { .. }),
    }
}

pub(super) fn same_origin(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin()
}

fn is_plausible(canonical: &str, page: &Url, subscription: &Subscription) -> bool {
    let Some(url) = address::resolve_web(Some(page), canonical) else { return false };
    let host = |url: &Url| url.host_str().unwrap_or_default().trim_start_matches("www.").to_owned();
    host(&url) == host(page) && !leads_away(page, &url, subscription)
}

/// Whether the page of an entry turned out to be that of its site: many sites answer so when an article is not there.
pub(super) fn leads_away(asked: &Url, at: &Url, subscription: &Subscription) -> bool {
    let source = &subscription.source;
    let is_of_site = |url: &Url| {
        let key = address::fold(url);
        address::is_front(url) || source.urls().iter().chain(&source.home).any(|own| address::fold(own) == key)
    };
    is_of_site(at) && !is_of_site(asked)
}

/// Whether a document can be read as text: listings link to files as to articles, and not every server says so.
pub(super) fn is_text(document: &Document) -> bool {
    /// Bytes looked at.
    const BEGINNING: usize = 1024;
    let beginning = document.body.get(..BEGINNING).unwrap_or(&document.body);
    let is_utf16 = beginning.starts_with(&[0xff, 0xfe])
        || beginning.starts_with(&[0xfe, 0xff])
        || document.content_type.as_deref().is_some_and(|kind| kind.to_ascii_lowercase().contains("utf-16"));
    !beginning.starts_with(b"%PDF-") && (is_utf16 || !beginning.contains(&0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_whatever_the_server_calls_them() {
        let rows: [(&[u8], Option<&str>, bool); 6] = [
            (b"<html>", None, true),
            (b"", None, true),
            (b"%PDF-1.7", Some("text/html"), false),
            (b"\x89PNG\r\n\x1a\n\0\0", Some("text/plain"), false),
            (b"\xff\xfe<\0p\0", None, true),
            (b"<\0p\0", Some("text/html; charset=UTF-16LE"), true),
        ];
        for (body, kind, wanted) in rows {
            let document =
                Document { url: None, content_type: kind.map(str::to_owned), body: bytes::Bytes::from_static(body) };
            assert_eq!(is_text(&document), wanted, "{body:?}");
        }
    }
}
