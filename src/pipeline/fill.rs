//! Completing thin entries from the pages behind them.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::address;
use crate::extract;
use crate::fetch::{Answer, Failure, Fetched, Hold, Kind, Request, keeps_secrets};
use crate::model::{Document, Entry, TextKind, Validators};
use crate::normalize;
use crate::plan::{KeptPage, KeptPart};

use super::{Pipeline, Subscription, complete};

/// Entries of a feed with fewer words than this are thin where full text is wanted.
const THIN_WORDS: usize = 120;

/// Pages a multi-page article is joined from at most.
const MOST_PARTS: usize = 10;

/// Endings by which feeds show that they cut a text.
const CUT_MARKS: [&str; 6] = ["…", "...", "[…]", "[...]", "Read more", "Continue reading"];

/// What became of the page of an entry.
pub(super) enum Filled {
    /// The entry, completed, and the pages it is from.
    Complete(Box<Entry>, Vec<KeptPart>),
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

/// A page, with the validators of the answer it is from.
pub(super) struct Sheet {
    pub(super) document: Document,
    pub(super) validators: Validators,
    /// What it takes of the memory for large bodies. Let go of before anything else is asked for.
    hold: Hold,
}

impl Pipeline {
    /// Fetches and reads the page of an entry, the further parts of a multi-page article joined.
    pub(super) async fn fill(
        &self,
        subscription: &Arc<Subscription>,
        entry: &Entry,
        url: &Url,
        kept: Option<&KeptPage>,
        now: Timestamp,
    ) -> Filled {
        let Sheet { document, validators, hold } = match self.sheet(subscription, url, kept, now).await {
            Ok(sheet) => sheet,
            Err(Answer::Gone) => {
                return Filled::Failed { message: format!("{} is gone (410)", address::redact(url)), never: false };
            }
            Err(Answer::NotModified { .. } | Answer::Fetched(_)) => {
                return Filled::Failed {
                    message: format!("{} answered 304 though nothing was held", address::redact(url)),
                    never: false,
                };
            }
            Err(Answer::Failed(failure)) => return failed(&failure),
        };
        let at = document.url.clone().unwrap_or_else(|| url.clone());
        let wrong = if complete::leads_away(url, &at, &subscription.source) {
            Some(("leads to the page of the site, not to an article", false))
        } else if !is_text(&document) {
            Some(("is a file, not a page of text", true))
        } else {
            None
        };
        if let Some((what, never)) = wrong {
            return Filled::Failed { message: format!("{} {what}", address::redact(url)), never };
        }
        let Some((extraction, part)) = self.extract(subscription, document, url, now).await else {
            let message = format!("reading {} crashed: please report it with the page", address::redact(url));
            return Filled::Failed { message, never: false };
        };
        drop(hold);
        let (mut extraction, alternate) = self.or_alternate(subscription, extraction, &at, kept, now).await;
        if complete::is_empty(&subscription.source, &extraction) {
            let message = format!(
                "no article found on {}: check `body` in the rules of `{}`",
                address::redact(url),
                subscription.source.id
            );
            return Filled::Failed { message, never: false };
        }
        let part = part.map(|part| part.validated(validators));
        let mut parts: Vec<KeptPart> = part.into_iter().chain(alternate).collect();
        parts.extend(self.further(subscription, &mut extraction, &at, kept, now).await);
        let entry = complete::complete(&subscription.source, entry, extraction.entry, &at);
        Filled::Complete(Box::new(entry), parts)
    }

    /// Fetches the further pages of a multi-page article, one by one, and joins them to the first. A page that cannot be
    /// fetched ends the article; gives the pages to keep.
    async fn further(
        &self,
        subscription: &Arc<Subscription>,
        extraction: &mut extract::Extraction,
        first: &Url,
        kept: Option<&KeptPage>,
        now: Timestamp,
    ) -> Vec<KeptPart> {
        let mut parts = Vec::new();
        let mut next = extraction.next.take();
        let mut seen = vec![first.clone()];
        for _ in 1..MOST_PARTS {
            let is_further = |url: &Url| !seen.contains(url) && complete::same_site(url, first);
            let Some(url) = next.take().filter(is_further) else { break };
            let Ok(Sheet { document, validators, .. }) = self.sheet(subscription, &url, kept, now).await else { break };
            let at = document.url.clone().unwrap_or_else(|| url.clone());
            // Past the last page many sites show the first again.
            let is_other = seen.contains(&at) || complete::leads_away(&url, &at, &subscription.source);
            if is_other || !is_text(&document) {
                break;
            }
            let Some((more, part)) = self.extract(subscription, document, &url, now).await else { break };
            if !normalize::append(&mut extraction.entry, more.entry) {
                break;
            }
            next = more.next;
            parts.extend(part.map(|part| if at == url { part.validated(validators) } else { part }));
            seen.extend([url, at]);
        }
        parts
    }

    /// A page as it is now: fetched, or as it was kept where its server says that it has not changed.
    pub(super) async fn sheet(
        &self,
        subscription: &Subscription,
        url: &Url,
        kept: Option<&KeptPage>,
        now: Timestamp,
    ) -> Result<Sheet, Answer> {
        let held = kept.and_then(|page| page.part_at(url));
        let held = held.and_then(|part| {
            Some(Sheet { document: part.document().ok()?, validators: part.validators.clone(), hold: Hold::default() })
        });
        let request = subscription.page_request(url).since(held.as_ref().map(|held| held.validators.clone()));
        match (self.client.get(&request, now).await, held) {
            (Answer::Fetched(fetched), _) => {
                let Fetched { document, validators, hold, .. } = *fetched;
                Ok(Sheet { document, validators, hold })
            }
            (Answer::NotModified { .. }, Some(held)) => Ok(held),
            (other, _) => Err(other),
        }
    }

    /// What is read out of a page, and the page to keep; `None` when that crashed: a page never takes its source along.
    pub(super) async fn extract(
        &self,
        subscription: &Arc<Subscription>,
        document: Document,
        url: &Url,
        now: Timestamp,
    ) -> Option<(extract::Extraction, Option<KeptPart>)> {
        let (subscription, url, is_kept) = (Arc::clone(subscription), url.clone(), self.keep_bytes > 0);
        let work = tokio::task::spawn_blocking(move || {
            let part = is_kept.then(|| KeptPart::of(&document, &url, now));
            (complete::extract(&subscription.source, &document), part)
        });
        work.await.ok()
    }
}

impl Subscription {
    /// The request for a page.
    pub(super) fn page_request(&self, url: &Url) -> Request {
        self.request(Kind::Page, url)
    }

    /// A request as the source is asked: with its secrets where it is the server they are for, and nowhere else, whether an
    /// index, a page or an earlier redirect leads there.
    pub(super) fn request(&self, kind: Kind, url: &Url) -> Request {
        let is_home = keeps_secrets(&self.source.urls()[0], url);
        let request = Request::new(kind, url.clone()).with_access(self.access.clone(), is_home);
        if is_home { request.with_headers(self.headers.clone()) } else { request }
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
