//! Fetching and reading the documents of a source: its feed, or its listing pages one after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::address;
use crate::fetch::{Answer, Kind};
use crate::model::{CacheHints, Channel, Entry, Person, Validators};
use crate::plan::{self, DocumentState, SourceState};
use crate::source::{Read, Source};

use super::fill::blocking;
use super::{Pipeline, Subscription};

/// What the documents of a source came to.
#[derive(Default)]
pub(super) struct Gathered {
    /// Entries with the address of the document they are from, in the documents' order.
    pub(super) entries: Vec<(Entry, Option<Url>)>,
    pub(super) channel: Channel,
    /// Authors of entries that name none.
    pub(super) authors: Vec<Person>,
    pub(super) documents: Vec<DocumentState>,
    /// `Link` headers of the first document that was read.
    pub(super) links: Vec<(String, Url)>,
    pub(super) hints: CacheHints,
    pub(super) status: Option<u16>,
    pub(super) led: Led,
    pub(super) problems: Vec<String>,
    pub(super) failure: Option<String>,
    pub(super) postponed: Option<Timestamp>,
    pub(super) gone: bool,
    pub(super) changed: bool,
    /// Whether every document was read again, so that the entries are all there are.
    pub(super) is_whole: bool,
    pub(super) requests: u32,
    pub(super) not_modified: u32,
    /// Documents that are as they were, whatever the status.
    unchanged: u32,
}

/// Where the address of a source led.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Led {
    /// Nothing was read that could tell, or it has several addresses.
    #[default]
    Unknown,
    /// Not away for good.
    Nowhere,
    /// By permanent redirects.
    Away(Url),
}

impl Gathered {
    fn note_led(&mut self, is_source: bool, permanent: Option<Url>) {
        if is_source {
            self.led = permanent.map_or(Led::Nowhere, Led::Away);
        }
    }

    /// The longest of what several documents ask for holds. How long a further page of a listing may be kept says nothing
    /// about the first.
    fn heed(&mut self, hints: &CacheHints, page: usize) {
        self.hints.retry_after = self.hints.retry_after.max(hints.retry_after);
        if page == 0 {
            self.hints.max_age = self.hints.max_age.max(hints.max_age);
        }
    }
}

impl Pipeline {
    /// Fetches and reads the documents of a source.
    pub(super) async fn gather(
        &self,
        subscription: &Arc<Subscription>,
        state: &SourceState,
        documents: &[DocumentState],
        now: Timestamp,
    ) -> Gathered {
        let source = &subscription.source;
        let mut gathered = Gathered::default();
        let moved = plan::moved_to(state, &source.urls()[0]).filter(|_| source.urls().len() == 1);
        for first in source.urls() {
            let mut waiting = VecDeque::from([moved.clone().unwrap_or_else(|| first.clone())]);
            let (held, earlier) = (gathered.documents.len(), gathered.failure.take());
            for page in 0..source.pages() {
                let Some(url) = waiting.pop_front() else { break };
                let next = self.document(subscription, &url, page, documents, now, &mut gathered).await;
                for next in next {
                    if !waiting.contains(&next) && !gathered.documents.iter().any(|document| document.url == next) {
                        waiting.push_back(next);
                    }
                }
            }
            if gathered.failure.is_some() {
                // A list that broke off is not held as read: unchanged first pages would hide the rest for good.
                gathered.documents.truncate(held);
            }
            gathered.failure = earlier.or(gathered.failure.take());
        }
        gathered.is_whole = gathered.changed && gathered.unchanged == 0 && gathered.failure.is_none();
        gathered
    }

    /// Fetches and reads one document; gives the addresses at which its listing goes on.
    async fn document(
        &self,
        subscription: &Arc<Subscription>,
        url: &Url,
        page: usize,
        documents: &[DocumentState],
        now: Timestamp,
        gathered: &mut Gathered,
    ) -> Vec<Url> {
        let source = &subscription.source;
        // One of many addresses, or a further page of a listing, says nothing about the source as a whole.
        let is_source = page == 0 && source.urls().len() == 1;
        let known = documents.iter().find(|document| document.url == *url);
        let kind = if source.is_listing() { Kind::Listing } else { Kind::Feed };
        let request = subscription.request(kind, url).since(known.map(|document| document.validators.clone()));
        gathered.requests += 1;
        let fetched = match self.client.get(&request, now).await {
            Answer::Fetched(fetched) => fetched,
            Answer::NotModified { hints, permanent } => {
                gathered.not_modified += 1;
                gathered.status = Some(304);
                gathered.unchanged += 1;
                gathered.heed(&hints, page);
                gathered.note_led(is_source, permanent);
                gathered.documents.extend(known.map(|document| DocumentState { fetched_at: now, ..document.clone() }));
                return held_parts(source, page, documents);
            }
            Answer::Gone if !is_source => {
                gathered.status = Some(410);
                gathered.failure.get_or_insert(format!("{} is gone for good (410): take it out", address::redact(url)));
                return Vec::new();
            }
            Answer::Gone => {
                gathered.status = Some(410);
                gathered.gone = true;
                return Vec::new();
            }
            Answer::Failed(failure) => {
                gathered.status = failure.status();
                gathered.heed(&CacheHints { retry_after: failure.retry_after(), ..CacheHints::default() }, page);
                gathered.postponed = gathered.postponed.max(failure.postponed());
                gathered.failure.get_or_insert(failure.report());
                return Vec::new();
            }
        };
        gathered.status = Some(fetched.status);
        gathered.heed(&fetched.hints, page);
        let digest = fetched.document.digest();
        let held = |validators: Validators| DocumentState {
            url: url.clone(),
            validators,
            digest: Some(digest),
            fetched_at: now,
        };
        if known.is_some_and(|document| document.digest == Some(digest)) {
            gathered.unchanged += 1;
            gathered.note_led(is_source, fetched.permanent);
            gathered.documents.push(held(fetched.validators));
            return held_parts(source, page, documents);
        }
        if gathered.links.is_empty() {
            gathered.links = fetched.links;
        }
        let document = fetched.document;
        let base = document.url.clone();
        let reader = source.clone();
        match blocking(move || reader.read(&document)).await {
            Ok(Read { reading, next }) => {
                gathered.changed = true;
                // A move is believed only where it leads to what can be read.
                gathered.note_led(is_source, fetched.permanent);
                gathered.authors = reading.inherited_authors().to_vec();
                gathered.problems.extend(reading.problems);
                gathered.entries.extend(reading.entries.into_iter().map(|entry| (entry, base.clone())));
                gathered.channel = reading.channel;
                gathered.documents.push(held(fetched.validators));
                next
            }
            // Validators are not kept: what could not be read is not held, and is read again next time.
            Err(error) => {
                gathered.failure.get_or_insert(format!("{}: {error}", address::redact(url)));
                Vec::new()
            }
        }
    }
}

/// The parts of a document that is as it was: those that were read last time may have changed.
fn held_parts(source: &Source, page: usize, documents: &[DocumentState]) -> Vec<Url> {
    if page > 0 || !source.has_parts() {
        return Vec::new();
    }
    let mut parts: Vec<&DocumentState> =
        documents.iter().filter(|document| !source.urls().contains(&document.url)).collect();
    // What the index named once is still known: the maps read last go before them.
    parts.sort_by_key(|part| std::cmp::Reverse(part.fetched_at));
    parts.into_iter().map(|part| part.url.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceKind;

    #[test]
    fn the_maps_read_last_are_asked_for_before_those_of_long_ago() {
        let url = |name: &str| Url::parse(&format!("https://a.example/{name}")).expect("an address");
        let source = Source {
            id: "a".parse().expect("an id"),
            name: None,
            home: None,
            tags: Vec::new(),
            language: None,
            zone: jiff::tz::TimeZone::UTC,
            kind: SourceKind::Sitemap { urls: vec![url("index.xml")], rules: Box::default() },
            rules: crate::extract::site_rules::Rules::default(),
            full_text: true,
            first: 10,
        };
        let read = |name: &str, day: &str| DocumentState {
            url: url(name),
            validators: Validators::default(),
            digest: None,
            fetched_at: format!("2026-03-{day}T00:00:00Z").parse().expect("a time"),
        };
        let documents = [read("1.xml", "01"), read("2.xml", "09"), read("3.xml", "09"), read("index.xml", "09")];
        assert_eq!(held_parts(&source, 0, &documents), ["2.xml", "3.xml", "1.xml"].map(url));
        assert_eq!(held_parts(&source, 1, &documents), []);
    }
}
