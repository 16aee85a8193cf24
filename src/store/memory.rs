//! The store's [contract](super) in plain collections behind a lock: the definition the others are held to, and enough for
//! tests and for `demo`. Nothing outlives the process.

mod articles;
mod claims;
mod push;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use articles::dated;

use super::{
    Archive, Claim, ClaimRequest, ClockMark, Due, Error, Finished, HostState, Known, Lookup, Prune, Push, Refresh,
    Selection, Sketch, SourceStatus, Store, Told, exact, rules,
};
use crate::model::{Alias, Article, ArticleId, Digest, FeedId, Revision, SourceId, Stories};
use crate::plan::retention::{self, Bounds, Holding};
use crate::plan::timing::Correction;
use crate::plan::{DocumentState, Edit, KeptPage, PendingPage, SourceState};

/// A store that lives as long as the process.
#[derive(Debug, Default)]
pub struct Memory {
    /// Everything. Held for the length of one call, never across an await.
    everything: Mutex<Everything>,
}

#[derive(Debug, Default)]
struct Everything {
    sources: BTreeMap<SourceId, Source>,
    documents: BTreeMap<(SourceId, String), DocumentState>,
    articles: HashMap<ArticleId, Article>,
    /// What was dropped: of which source, its date, and what its entry said.
    dropped: HashMap<ArticleId, (SourceId, Timestamp, Digest)>,
    published_ids: HashSet<String>,
    aliases: HashMap<(SourceId, Alias), ArticleId>,
    revisions: HashMap<ArticleId, Vec<Revision>>,
    kept: BTreeMap<ArticleId, (SourceId, KeptPage)>,
    /// Page, place and revision of an article in the archives of a feed.
    archived: BTreeMap<(FeedId, ArticleId), (u32, usize, u32)>,
    pending: BTreeMap<(SourceId, String), Pending>,
    hosts: HashMap<String, HostState>,
    pushes: push::Pushes,
    clock: Option<ClockMark>,
    /// Calls of `amend`.
    amended: i64,
    story_keys: BTreeMap<(i64, i64), Vec<ArticleId>>,
    stories: Stories,
    leases: i64,
}

#[derive(Debug)]
struct Source {
    state: SourceState,
    paused: bool,
    removed: bool,
    lease: Option<Lease>,
}

#[derive(Debug)]
struct Pending {
    page: PendingPage,
    lease: Option<Lease>,
}

#[derive(Debug, Clone, Copy)]
struct Lease {
    number: i64,
    /// `None` = it ran out.
    until: Option<Timestamp>,
}

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Everything> {
        self.everything.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for Memory {
    async fn sync_sources(&self, configured: &[SourceId], now: Timestamp) -> Result<(), Error> {
        let mut all = self.lock();
        for source in all.sources.values_mut() {
            source.removed = true;
        }
        for id in configured {
            let newcomer = || Source { state: rules::newcomer(now), paused: false, removed: false, lease: None };
            all.sources.entry(id.clone()).or_insert_with(newcomer).removed = false;
        }
        Ok(())
    }

    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claim>, Error> {
        let mut all = self.lock();
        all.expire(request.now);
        // What arrived by itself first, whatever the time of its source.
        let pushed = all.pushed(request);
        let mut work = all.due(request);
        work.retain(|(_, source, key)| key.is_some() || !pushed.contains(source));
        work.sort();
        let pushed = pushed.into_iter().map(|source| (Timestamp::MIN, source, None));
        let mut work: Vec<_> = pushed.chain(work).collect();
        work.truncate(request.limit);
        let until = request.now.saturating_add(request.lease).expect("adding to a moment saturates");
        Ok(work.into_iter().filter_map(|(_, source, key)| all.claim(source, key, exact::moment(until))).collect())
    }

    async fn release(&self, claims: &[Claim]) -> Result<(), Error> {
        let mut all = self.lock();
        for claim in claims {
            all.end_lease(claim);
        }
        Ok(())
    }

    async fn release_all(&self) -> Result<(), Error> {
        let mut all = self.lock();
        all.sources.values_mut().for_each(|source| source.lease = None);
        all.pending.values_mut().for_each(|pending| pending.lease = None);
        Ok(())
    }

    async fn known(&self, source: &SourceId, lookups: &[Lookup]) -> Result<Known, Error> {
        let all = self.lock();
        let own = || all.articles.values().filter(|article| article.source == *source);
        Ok(Known {
            entries: lookups.iter().map(|lookup| all.held(source, lookup)).collect(),
            articles: own().count() as u64,
            newest: all.dates(source).max(),
        })
    }

    async fn sketches(
        &self,
        source: &SourceId,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<Sketch>, Error> {
        let all = self.lock();
        let dated = |article: &Article| article.content.published.unwrap_or(article.first_seen);
        let (from, to) = (exact::moment(from), exact::moment(to));
        let mut found: Vec<&Article> = all
            .articles
            .values()
            .filter(|article| article.source == *source && dated(article) >= from && dated(article) <= to)
            .collect();
        found.sort_by_key(|article| (std::cmp::Reverse(dated(article)), article.id));
        let sketch = |article: &Article| Sketch {
            id: article.id,
            title: article.content.title.clone(),
            opening: article.content.text.chars().take(rules::OPENING).collect(),
            published: article.content.published,
        };
        Ok(found.into_iter().take(limit).map(sketch).collect())
    }

    async fn told(&self, days: RangeInclusive<i64>, keys: &[i64]) -> Result<Vec<Told>, Error> {
        let all = self.lock();
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        let places = days.flat_map(|day| keys.iter().map(move |key| (day, *key)));
        let found = places.filter_map(|place| Some((place.1, all.story_keys.get(&place)?)));
        let told = |key, article: &ArticleId| Told { key, article: *article, story: all.stories.get(article).copied() };
        Ok(found.flat_map(|(key, articles)| articles.iter().map(move |article| told(key, article))).collect())
    }

    async fn stories(&self, articles: &[ArticleId]) -> Result<Stories, Error> {
        let all = self.lock();
        Ok(articles.iter().filter_map(|article| Some((*article, *all.stories.get(article)?))).collect())
    }

    async fn finish(&self, refreshes: &[Refresh]) -> Result<Vec<Finished>, Error> {
        let mut all = self.lock();
        let leases: Vec<bool> = refreshes.iter().map(|refresh| all.end_lease(&refresh.claim)).collect();
        let insert = |(refresh, held): (&Refresh, &bool)| {
            let new = refresh.changes.new.iter().filter(|_| *held);
            let new = new.filter(|new| all.insert(&refresh.claim.source, &new.article)).count();
            if *held { Finished::Written { new } } else { Finished::Lost }
        };
        let outcomes = refreshes.iter().zip(&leases).map(insert).collect();
        let written = || refreshes.iter().zip(&leases).filter(|(_, held)| **held).map(|(refresh, _)| refresh);
        written().for_each(|refresh| all.apply(refresh));
        // Last: a page belongs to whom its key leads to once everything is written.
        written().for_each(|refresh| all.keep(&refresh.claim.source, &refresh.changes.kept));
        all.tell(&written().flat_map(|refresh| &refresh.changes.stories).collect::<Vec<_>>());
        Ok(outcomes)
    }

    async fn articles(&self, selection: &Selection) -> Result<Vec<Article>, Error> {
        let all = self.lock();
        let mut chosen: Vec<&Article> =
            all.articles.values().filter(|article| all.selects(selection, article)).collect();
        chosen.sort_by(|a, b| b.announced_at.cmp(&a.announced_at).then(a.id.cmp(&b.id)));
        Ok(chosen.into_iter().take(selection.limit).cloned().collect())
    }

    async fn article(&self, id: ArticleId) -> Result<Option<Article>, Error> {
        Ok(self.lock().articles.get(&id).cloned())
    }

    async fn revisions(&self, id: ArticleId) -> Result<Vec<Revision>, Error> {
        Ok(self.lock().revisions.get(&id).cloned().unwrap_or_default())
    }

    async fn kept(&self, source: &SourceId) -> Result<Vec<ArticleId>, Error> {
        let mut kept = self.lock().kept_of(source);
        kept.sort_by_key(|(fetched_at, id, _)| (*fetched_at, *id));
        Ok(kept.into_iter().map(|(_, id, _)| id).collect())
    }

    async fn kept_page(&self, id: ArticleId) -> Result<Option<KeptPage>, Error> {
        Ok(self.lock().kept.get(&id).map(|(_, page)| page.clone()))
    }

    async fn amend(&self, edits: &[Edit]) -> Result<(), Error> {
        let mut all = self.lock();
        for edit in edits {
            let source = edit.article.source.clone();
            all.edit(&source, edit);
        }
        all.amended += 1;
        Ok(())
    }

    async fn amended(&self) -> Result<i64, Error> {
        Ok(self.lock().amended)
    }

    async fn unarchived(&self, feed: &FeedId, selection: &Selection) -> Result<Vec<Article>, Error> {
        let all = self.lock();
        let selection = Selection { before: None, ..selection.clone() };
        let is_free = |article: &&Article| !all.archived.contains_key(&(feed.clone(), article.id));
        let mut chosen: Vec<&Article> =
            all.articles.values().filter(|article| all.selects(&selection, article)).filter(is_free).collect();
        chosen.sort_by_key(|article| (article.announced_at, article.id));
        Ok(chosen.into_iter().take(selection.limit).cloned().collect())
    }

    async fn archive(&self, feed: &FeedId, archives: &[Archive]) -> Result<(), Error> {
        let mut all = self.lock();
        for archive in archives {
            for (place, (article, revision)) in archive.articles.iter().enumerate() {
                all.archived.entry((feed.clone(), *article)).or_insert((archive.number, place, *revision));
            }
        }
        Ok(())
    }

    async fn archived(&self, feed: &FeedId, number: u32) -> Result<Vec<(ArticleId, u32)>, Error> {
        let all = self.lock();
        let own = all.archived.iter().filter(|((of, _), (page, ..))| of == feed && *page == number && number > 0);
        let mut own: Vec<_> = own.map(|((_, article), (_, place, revision))| (*place, *article, *revision)).collect();
        own.sort_unstable();
        Ok(own.into_iter().map(|(_, article, revision)| (article, revision)).collect())
    }

    async fn last_archive(&self, feed: &FeedId) -> Result<u32, Error> {
        let all = self.lock();
        let own = all.archived.iter().filter(|((of, _), _)| of == feed);
        Ok(own.map(|(_, (page, ..))| *page).max().unwrap_or_default())
    }

    async fn archives_of(&self, id: ArticleId) -> Result<Vec<(FeedId, u32)>, Error> {
        let all = self.lock();
        let own = all.archived.iter().filter(|((_, article), (page, ..))| *article == id && *page > 0);
        Ok(own.map(|((feed, _), (page, ..))| (feed.clone(), *page)).collect())
    }

    async fn withdrawn_archives(&self, feed: &FeedId) -> Result<Vec<u32>, Error> {
        let all = self.lock();
        let own = all.archived.iter().filter(|((of, _), (page, ..))| of == feed && *page > 0);
        let is_withdrawn = |id| all.articles.get(id).is_some_and(|article| article.withdrawn_at.is_some());
        let mut pages: Vec<u32> = own.filter(|((_, id), _)| is_withdrawn(id)).map(|(_, (page, ..))| *page).collect();
        pages.sort_unstable();
        pages.dedup();
        Ok(pages)
    }

    async fn withdrawn(&self, selection: &Selection) -> Result<Vec<Article>, Error> {
        let all = self.lock();
        let is_chosen = |article: &&Article| {
            all.sources.get(&article.source).is_some_and(|source| !source.removed)
                && selection.sources.as_ref().is_none_or(|sources| sources.contains(&article.source))
                && article.announced_at.is_some()
                && article
                    .withdrawn_at
                    .is_some_and(|when| selection.since.is_none_or(|since| when >= exact::moment(since)))
        };
        let mut chosen: Vec<&Article> = all.articles.values().filter(is_chosen).collect();
        chosen.sort_by(|a, b| b.withdrawn_at.cmp(&a.withdrawn_at).then(a.id.cmp(&b.id)));
        Ok(chosen.into_iter().take(selection.limit).cloned().collect())
    }

    async fn named(&self, name: &str) -> Result<Vec<ArticleId>, Error> {
        let all = self.lock();
        let is_meant = |article: &&Article| {
            article.published_id == name || article.guid == name || article.content.link.as_str() == name
        };
        let mut found: Vec<ArticleId> = all.articles.values().filter(is_meant).map(|article| article.id).collect();
        found.sort_unstable();
        Ok(found)
    }

    async fn prune(&self, request: &Prune) -> Result<usize, Error> {
        let mut all = self.lock();
        let own = all.articles.values().filter(|article| article.source == request.source);
        let holdings = own.map(|article| Holding {
            id: article.id,
            dated: dated(article),
            bytes: (article.content.body.len() + article.content.text.len()) as u64,
        });
        let bounds = Bounds { since: request.bounds.since.map(exact::moment), ..request.bounds };
        let mut beyond = retention::surplus(holdings.collect(), &bounds, &request.spared);
        beyond.truncate(request.limit);
        for id in &beyond {
            all.drop_article(*id);
        }
        Ok(beyond.len())
    }

    async fn forget_documents(&self, unseen_since: Timestamp, limit: usize) -> Result<usize, Error> {
        let mut all = self.lock();
        let before = exact::moment(unseen_since);
        let is_read = |source: &SourceId| {
            all.documents.iter().any(|((of, _), document)| of == source && document.fetched_at >= before)
        };
        let unseen = all.documents.iter().filter(|(_, document)| document.fetched_at < before);
        let unseen = unseen.filter(|((source, _), _)| is_read(source)).map(|(name, _)| name.clone());
        let unseen: Vec<_> = unseen.take(limit).collect();
        for name in &unseen {
            all.documents.remove(name);
        }
        Ok(unseen.len())
    }

    async fn tidy(&self) -> Result<bool, Error> {
        Ok(false)
    }

    async fn status(&self) -> Result<Vec<SourceStatus>, Error> {
        let all = self.lock();
        let active = all.sources.iter().filter(|(_, source)| !source.removed);
        let row = |(id, source): (&SourceId, &Source)| SourceStatus {
            id: id.clone(),
            state: source.state.clone(),
            paused: source.paused,
            articles: all.articles.values().filter(|article| article.source == *id).count() as u64,
            pending: all.pending.keys().filter(|(of, _)| of == id).count() as u64,
        };
        Ok(active.map(row).collect())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        let all = self.lock();
        let free = |due: Timestamp, lease: Option<Lease>| {
            lease.and_then(|lease| lease.until).map_or(due, |until| due.max(until))
        };
        let active = |source: &Source| !source.paused && !source.removed;
        let sources = all.sources.values().filter(|source| active(source));
        let sources = sources.filter_map(|source| Some(free(rules::due_at(&source.state)?, source.lease)));
        let pages = all.pending.iter().filter(|((of, _), _)| all.sources.get(of).is_some_and(active));
        let pages = pages
            .map(|((of, _), pending)| all.busy_until(of).map_or(pending.page.due, |until| pending.page.due.max(until)));
        let anything = ClaimRequest { now: Timestamp::MIN, lease: Duration::ZERO, limit: 1, due: Due::ByTime };
        let pushed = all.pushed(&anything).first().map(|_| Timestamp::UNIX_EPOCH);
        Ok(sources.chain(pages).chain(pushed).min())
    }

    async fn set_paused(&self, source: &SourceId, paused: bool) -> Result<bool, Error> {
        Ok(self.lock().active(source).map(|source| source.paused = paused).is_some())
    }

    async fn wake(&self, source: &SourceId, now: Timestamp) -> Result<bool, Error> {
        Ok(self.lock().active(source).map(|source| rules::wake(&mut source.state, now)).is_some())
    }

    async fn host(&self, host: &str) -> Result<Option<HostState>, Error> {
        Ok(self.lock().hosts.get(host).cloned())
    }

    async fn resting(&self, now: Timestamp) -> Result<Vec<(String, Timestamp)>, Error> {
        let all = self.lock();
        let resting = all.hosts.iter().filter_map(|(host, state)| Some((host.clone(), state.next_slot?)));
        Ok(resting.filter(|(_, until)| *until > now).collect())
    }

    async fn save_host(&self, host: &str, state: &HostState) -> Result<(), Error> {
        self.lock().hosts.insert(host.to_owned(), exact::host(state.clone()));
        Ok(())
    }

    async fn correct(&self, correction: Correction) -> Result<usize, Error> {
        let mut guard = self.lock();
        let all = &mut *guard;
        let mut corrected = 0;
        for source in all.sources.values_mut() {
            if correction.source(&mut source.state) {
                source.state = exact::state(source.state.clone());
                corrected += 1;
            }
        }
        let moved = |moment: &mut Timestamp| *moment = exact::moment(correction.moment(*moment));
        let sources = all.sources.values_mut().map(|source| &mut source.lease);
        let leases = sources.chain(all.pending.values_mut().map(|pending| &mut pending.lease)).flatten();
        leases.filter_map(|lease| lease.until.as_mut()).for_each(moved);
        all.pending.values_mut().for_each(|pending| moved(&mut pending.page.due));
        all.hosts.values_mut().flat_map(|host| [&mut host.next_slot, &mut host.robots_at]).flatten().for_each(moved);
        all.pushes.correct(correction);
        Ok(corrected)
    }

    async fn clock_mark(&self) -> Result<Option<ClockMark>, Error> {
        Ok(self.lock().clock)
    }

    async fn save_clock_mark(&self, mark: ClockMark) -> Result<(), Error> {
        self.lock().clock = Some(mark);
        Ok(())
    }

    async fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    fn push(&self) -> &dyn Push {
        self
    }

    async fn close(&self) {}
}

impl Everything {
    fn active(&mut self, source: &SourceId) -> Option<&mut Source> {
        self.sources.get_mut(source).filter(|source| !source.removed)
    }
}
