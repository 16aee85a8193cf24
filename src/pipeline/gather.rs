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
use super::room::{Room, Share};
use super::{Pipeline, Subscription};

/// Feeds up to this size are read where they are: that takes less than a millisecond, and another thread as much.
const READ_AT_ONCE: usize = 256 * 1024;

/// What a source is asked with.
#[derive(Clone, Copy)]
struct Asked<'a> {
    subscription: &'a Arc<Subscription>,
    documents: &'a [DocumentState],
    room: &'a Room,
    now: Timestamp,
}

/// What the documents of a source came to.
#[derive(Default)]
pub(super) struct Gathered {
    /// Entries by the address of the document they are from, in the documents' order.
    pub(super) entries: Vec<(Option<Url>, Vec<Entry>)>,
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
    /// The addresses of the source that were asked, with what failed of each.
    pub(super) asked: Vec<(Url, Option<String>)>,
    /// The place it has moved to, where the address in the settings was asked instead since that place fails.
    pub(super) fell_back_from: Option<Url>,
    pub(super) postponed: Option<Timestamp>,
    pub(super) gone: bool,
    pub(super) changed: bool,
    /// Whether every document was read again, so that the entries are all there are.
    pub(super) is_whole: bool,
    pub(super) requests: u32,
    pub(super) not_modified: u32,
    /// Documents that are as they were, whatever the status.
    unchanged: u32,
    /// What is kept free for what the documents become, as soon as there are any.
    pub(super) share: Option<Share>,
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
    /// How many entries there are.
    pub(super) fn count(&self) -> usize {
        self.entries.iter().map(|(_, entries)| entries.len()).sum()
    }

    /// Adds the entries of a document.
    pub(super) fn add(&mut self, base: Option<Url>, entries: Vec<Entry>) {
        match self.entries.last_mut() {
            Some((last, group)) if *last == base => group.extend(entries),
            _ => self.entries.push((base, entries)),
        }
    }

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
        room: &Room,
        now: Timestamp,
    ) -> Gathered {
        let source = &subscription.source;
        let asked = Asked { subscription, documents, room, now };
        let mut gathered = Gathered::default();
        let is_single = source.urls().len() == 1;
        let moved = plan::moved_to(state, &source.urls()[0]).filter(|_| is_single);
        gathered.fell_back_from = moved.filter(|moved| plan::address_to_ask(state, &source.urls()[0]) != *moved);
        for first in source.urls() {
            let rests = |failing: &plan::Failing| failing.until > now;
            if !is_single && state.failing.get(first.as_str()).is_some_and(rests) {
                continue;
            }
            let begin = if is_single { plan::address_to_ask(state, first) } else { first.clone() };
            let mut waiting = VecDeque::from([begin]);
            let (held, earlier) = (gathered.documents.len(), gathered.failure.take());
            for page in 0..source.pages() {
                let Some(url) = waiting.pop_front() else { break };
                let next = self.document(&asked, &url, page, &mut gathered).await;
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
            gathered.asked.push((first.clone(), gathered.failure.clone()));
            gathered.failure = earlier.or(gathered.failure.take());
        }
        if source.urls().len() > gathered.asked.len() && gathered.asked.is_empty() {
            // All of them rest: nothing was asked, and the first whose time comes is waited for.
            gathered.postponed = state.failing.values().map(|failing| failing.until).min();
        }
        let all = gathered.asked.len() == source.urls().len();
        gathered.is_whole = all && gathered.changed && gathered.unchanged == 0 && gathered.failure.is_none();
        gathered
    }

    /// Fetches and reads one document; gives the addresses at which its listing goes on.
    async fn document(&self, asked: &Asked<'_>, url: &Url, page: usize, gathered: &mut Gathered) -> Vec<Url> {
        let Asked { subscription, documents, room, now } = *asked;
        let source = &subscription.source;
        // One of many addresses, or a further page of a listing, says nothing about the source as a whole.
        let is_source = page == 0 && source.urls().len() == 1;
        // Where the source has moved, the validators that came by way of the old address are those of the new one.
        let known = documents
            .iter()
            .find(|document| document.url == *url)
            .or_else(|| documents.iter().find(|document| is_source && document.url == source.urls()[0]));
        let kind = if source.is_listing() { Kind::Listing } else { Kind::Feed };
        let request = subscription.request(kind, url).since(known.map(|document| document.validators.clone()));
        let request = request.further(gathered.share.is_some());
        gathered.requests += 1;
        let fetched = match self.client.get(&request, now).await {
            Answer::Fetched(fetched) => fetched,
            Answer::NotModified { hints, permanent } => {
                gathered.not_modified += 1;
                gathered.status = Some(304);
                gathered.unchanged += 1;
                gathered.heed(&hints, page);
                gathered.note_led(is_source, permanent);
                // When it was seen last is asked of the parts of an index only.
                let held =
                    |document: &DocumentState| DocumentState { url: url.clone(), fetched_at: now, ..document.clone() };
                let seen = known.filter(|document| source.has_parts() || document.url != *url);
                gathered.documents.extend(seen.map(held));
                return held_parts(source, page, documents);
            }
            Answer::Gone if !is_source || *url != source.urls()[0] => {
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
            let is_held = known.is_some_and(|document| document.validators == fetched.validators);
            if !is_held || source.has_parts() {
                gathered.documents.push(held(fetched.validators));
            }
            return held_parts(source, page, documents);
        }
        if gathered.links.is_empty() {
            gathered.links = fetched.links;
        }
        let (document, hold) = (fetched.document, fetched.hold);
        let base = document.url.clone();
        room.enter(document.body.len(), &mut gathered.share).await;
        let read = if document.body.len() <= READ_AT_ONCE && !source.is_listing() {
            let read = source.read(&document);
            drop(document);
            read
        } else {
            let reader = Arc::clone(subscription);
            blocking(move || reader.source.read(&document)).await
        };
        drop(hold);
        match read {
            Ok(Read { reading, next }) => {
                gathered.changed = true;
                // A move is believed only where it leads to what can be read.
                gathered.note_led(is_source, fetched.permanent);
                gathered.authors = reading.inherited_authors().to_vec();
                gathered.problems.extend(reading.problems);
                gathered.add(base, reading.entries);
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
