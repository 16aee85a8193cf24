//! The published resources in memory, each ready to send in every content coding, headers included.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use axum::http::HeaderValue;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::outlook::Outlook;
use super::representation::{Answered, Representation};
use crate::model::{Digest, Format};
use crate::publish::{Parcel, Twins};

/// How long a reader may keep what says nothing else, in seconds.
const MAX_AGE_SECONDS: u32 = 300;
/// The same for archives, which hardly ever change: only where an article is withdrawn.
const ARCHIVE_MAX_AGE_SECONDS: u32 = 86_400;

/// One resource: what it is and its bytes in every coding we offer.
#[derive(Debug)]
pub struct Resource {
    /// `Content-Type`, charset included.
    pub media_type: &'static str,
    /// When its content last changed: `Last-Modified`.
    pub modified: Timestamp,
    /// Digest of the plain bytes: the core of the `ETag`s.
    pub digest: Digest,
    /// The bytes.
    pub plain: Bytes,
    /// How long a reader may keep it, in seconds.
    max_age: u32,
    /// The codings, the shortest first; the plain bytes last.
    representations: Vec<Representation>,
    /// What is expected of its feed, where caches are told by that.
    outlook: Option<Arc<Outlook>>,
    /// Counts what is asked for.
    answered: Answered,
}

impl Resource {
    pub(super) fn new(path: &str, media_type: &'static str, plain: &Bytes, twins: &Twins, dates: Dates) -> Self {
        let Dates { modified, max_age, outlook } = dates;
        let digest = Digest::of(plain);
        let coded = [("br", &twins.brotli), ("gzip", &twins.gzip)];
        let mut coded: Vec<(&str, &Bytes)> =
            coded.into_iter().filter_map(|(coding, bytes)| Some((coding, bytes.as_ref()?))).collect();
        coded.sort_by_key(|(_, bytes)| bytes.len());
        let offers = coded.into_iter().map(|(coding, bytes)| (Some(coding), bytes)).chain([(None, plain)]);
        let represent = |(coding, bytes): (Option<&'static str>, &Bytes)| {
            Representation::new(coding, bytes, media_type, digest, modified, max_age)
        };
        let representations = offers.map(represent).collect();
        let answered = Answered::of(path);
        Self { media_type, modified, digest, plain: plain.clone(), max_age, representations, outlook, answered }
    }

    /// What caches are told now, where that is not what its headers say.
    pub(super) fn cache_control(&self) -> Option<HeaderValue> {
        self.outlook.as_ref()?.cache_control(Timestamp::now())
    }

    /// The codings, the shortest first; the plain bytes last.
    pub(super) fn representations(&self) -> &[Representation] {
        &self.representations
    }

    /// What it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        self.representations.iter().map(|offer| offer.bytes.len()).sum()
    }

    /// Counts a request for it.
    pub(super) fn count(&self) {
        self.answered.count();
    }
}

/// What a resource says of time.
pub(super) struct Dates {
    pub(super) modified: Timestamp,
    pub(super) max_age: u32,
    pub(super) outlook: Option<Arc<Outlook>>,
}

/// What the server has to know of a feed beside its documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Its name in addresses.
    pub feed: String,
    /// The formats it is published in, the first the one to recommend.
    pub formats: Vec<Format>,
    /// How long a reader may keep it, in seconds; `None` where the feed does not say: then it is told by its sources.
    pub max_age: Option<u32>,
}

/// A feed on the shelf.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) terms: Terms,
    pub(super) outlook: Arc<Outlook>,
}

/// The next moment that an HTTP date can tell apart.
pub(super) fn later(moment: Timestamp) -> Timestamp {
    moment.saturating_add(SignedDuration::from_secs(1)).unwrap_or(moment)
}

/// All published resources by path. Cheap to share; readers never wait for compression.
#[derive(Debug)]
pub struct Shelf {
    /// Guards the map only; resources are replaced whole.
    resources: RwLock<HashMap<String, Arc<Resource>>>,
    /// What is known of feeds, by name. Guards the map only.
    feeds: RwLock<HashMap<String, Arc<Held>>>,
    /// Where archives are, which are too many to be held and hardly ever asked for: the output folder.
    archives: RwLock<Option<PathBuf>>,
    /// How long a reader may keep what says nothing else, in seconds.
    max_age: u32,
}

impl Default for Shelf {
    fn default() -> Self {
        let (resources, feeds) = Default::default();
        Self { resources, feeds, archives: RwLock::default(), max_age: MAX_AGE_SECONDS }
    }
}

impl Shelf {
    /// A shelf whose archives lie in this folder.
    #[must_use]
    pub fn beside(folder: Option<PathBuf>) -> Self {
        Self { archives: RwLock::new(folder), ..Self::default() }
    }

    /// From now on archives lie in this folder.
    pub fn lie_in(&self, folder: Option<PathBuf>) {
        *self.archives.write().unwrap_or_else(std::sync::PoisonError::into_inner) = folder;
    }

    /// A shelf of what readers are to ask for again every time.
    #[must_use]
    pub fn of_the_moment() -> Self {
        Self { max_age: 0, ..Self::default() }
    }

    /// Learns which feeds there are, in place of what was known. What is expected of those that stay is kept.
    pub fn learn(&self, feeds: impl IntoIterator<Item = Terms>) {
        let mut held = self.feeds.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let outlook = |feed: &str| held.get(feed).map(|held| Arc::clone(&held.outlook)).unwrap_or_default();
        let feeds: HashMap<String, Arc<Held>> = feeds
            .into_iter()
            .map(|terms| (terms.feed.clone(), Arc::new(Held { outlook: outlook(&terms.feed), terms })))
            .collect();
        *held = feeds;
    }

    /// What is known of a feed.
    pub(super) fn feed(&self, feed: &str) -> Option<Arc<Held>> {
        self.feeds.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(feed).cloned()
    }

    /// The feeds that were asked for since what was expected of them has passed; each is named once.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let feeds = self.feeds.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let asked = feeds.iter().filter(|(_, held)| held.terms.max_age.is_none() && held.outlook.take_asked());
        asked.map(|(feed, _)| feed.clone()).collect()
    }

    /// Learns when a feed may hold something new: until then copies of it may be kept.
    pub fn expect(&self, feed: &str, due: Timestamp) {
        if let Some(held) = self.feed(feed) {
            held.outlook.expect(due);
        }
    }

    /// An archive (`news/archive/3.atom`) from the folder.
    fn archive(&self, path: &str) -> Option<Arc<Resource>> {
        let (feed, file) = path.split_once("/archive/")?;
        let (number, extension) = file.split_once('.')?;
        let is_plain = !feed.is_empty() && !feed.starts_with('.') && !feed.contains(['/', '\\']);
        let is_plain = is_plain && number.bytes().all(|byte| byte.is_ascii_digit());
        let format = Format::FEEDS.into_iter().find(|format| format.extension() == extension).filter(|_| is_plain)?;
        let folder = self.archives.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()?;
        let place = folder.join(feed).join("archive").join(file);
        let bytes = Bytes::from(std::fs::read(&place).ok()?);
        let modified = std::fs::metadata(&place).and_then(|metadata| metadata.modified()).ok()?;
        let modified = Timestamp::try_from(modified).ok()?;
        let dates = Dates { modified, max_age: ARCHIVE_MAX_AGE_SECONDS, outlook: None };
        Some(Arc::new(Resource::new(path, format.media_type(), &bytes, &Twins::beside(&place), dates)))
    }

    /// Puts a parcel at its path, such as `news.rss` or `news/index.html`. Equal bytes change nothing, dates included.
    pub fn put(&self, parcel: &Parcel, modified: Timestamp) {
        let Parcel { path, media_type, bytes, .. } = parcel;
        let digest = Digest::of(bytes);
        let feed = path.strip_suffix("/index.html").or_else(|| Some(path.rsplit_once('.')?.0)).unwrap_or_default();
        let feed = self.feed(feed);
        let said = feed.as_ref().and_then(|feed| feed.terms.max_age);
        let max_age = said.unwrap_or(self.max_age);
        let outlook = feed.map(|feed| Arc::clone(&feed.outlook));
        if let Some(outlook) = &outlook {
            outlook.was_made();
        }
        let outlook = outlook.filter(|_| said.is_none() && self.max_age > 0);
        let held = self.held(path);
        let is_same = |held: &Arc<Resource>| held.digest == digest && held.media_type == *media_type;
        let modified = match &held {
            Some(held) if is_same(held) && held.max_age == max_age && held.outlook.is_some() == outlook.is_some() => {
                return;
            }
            Some(held) if is_same(held) => held.modified,
            // New bytes under an old date would be missed by readers that ask by date alone; dates are sent in whole seconds.
            Some(held) if held.modified.as_second() >= modified.as_second() => later(held.modified),
            _ => modified,
        };
        let dates = Dates { modified, max_age, outlook };
        let resource = Resource::new(path, media_type, bytes, parcel.twins(), dates);
        self.write().insert(path.clone(), Arc::new(resource));
    }

    /// Takes away everything but these paths.
    pub fn keep_only(&self, keeps: impl Fn(&str) -> bool) {
        self.write().retain(|path, _| keeps(path));
    }

    /// The resource at a path.
    pub fn get(&self, path: &str) -> Option<Arc<Resource>> {
        self.held(path).or_else(|| self.archive(path))
    }

    fn held(&self, path: &str) -> Option<Arc<Resource>> {
        self.read().get(path).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Arc<Resource>>> {
        self.resources.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Arc<Resource>>> {
        self.resources.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_bytes_always_get_a_later_date_and_equal_ones_keep_theirs() {
        let shelf = Shelf::default();
        let date: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let modified = |bytes: &'static str, at: Timestamp| {
            shelf.put(&Parcel::new("a.rss", "application/rss+xml", bytes), at);
            shelf.get("a.rss").unwrap().modified
        };
        assert_eq!(modified("one", date), date);
        assert_eq!(modified("one", later(date)), date);
        assert_eq!(modified("two", date), later(date));
        let within_the_second = later(date) + SignedDuration::from_millis(300);
        assert_eq!(modified("three", within_the_second).as_second(), later(later(date)).as_second());
    }

    #[test]
    fn another_ttl_changes_what_caches_are_told_and_no_date() {
        let shelf = Shelf::default();
        let parcel = Parcel::new("a.rss", "application/rss+xml", "text");
        let told = |max_age| {
            shelf.learn([Terms { feed: "a".to_owned(), formats: Vec::new(), max_age }]);
            let later = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(i64::from(max_age.unwrap_or(1)));
            shelf.put(&parcel, later);
            let resource = shelf.get("a.rss").unwrap();
            let value = resource.representations()[0].headers()["cache-control"].to_str().unwrap().to_owned();
            (value, resource.modified)
        };
        let (first, modified) = told(None);
        assert_eq!(first, "public, max-age=300");
        assert_eq!(told(Some(60)), ("public, max-age=60".to_owned(), modified));
    }

    #[test]
    fn the_shortest_coding_comes_first_and_what_saves_nothing_is_left_out() {
        let shelf = Shelf::default();
        let codings = |path: &str, text: String| {
            shelf.put(&Parcel::new(path, "application/rss+xml", text), Timestamp::UNIX_EPOCH);
            let resource = shelf.get(path).unwrap();
            let codings: Vec<_> = resource.representations().iter().map(|offer| offer.coding).collect();
            assert!(resource.representations().is_sorted_by_key(|offer| offer.bytes.len()));
            codings
        };
        assert_eq!(codings("a.rss", "The quay is open again. ".repeat(100)), [Some("br"), Some("gzip"), None]);
        assert_eq!(codings("b.rss", "short".to_owned()), [None]);
    }
}
