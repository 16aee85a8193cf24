//! The driver against a store that is slow, or fails.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;

use super::crowd::{CROWD, Crowd};
use super::driver::{LEASE, MOST_HELD, MOST_PUSHED, crashed, key_of};
use super::queue::{Fault, Job, Queue};
use super::*;
use crate::fetch::{self, Client};
use crate::model::{Article, ArticleId, FeedId, Revision, SourceId, Stories};
use crate::pipeline::Renderer;
use crate::plan::{self, Edit, KeptPage, Known, Lookup, PendingPage};
use crate::publish::{self, Publisher};
use crate::store::memory::Memory;
use crate::store::{Archive, Claim, ClaimRequest, Finished, HostState, Refresh, Selection, SourceStatus, Store, Work};

/// A store in memory whose writing takes a while.
#[derive(Default)]
struct Slow {
    memory: Memory,
    takes: Duration,
    claims: AtomicUsize,
    written: AtomicUsize,
    /// Leases that are out, and the most there ever were.
    out: AtomicUsize,
    most_out: AtomicUsize,
    /// Writings that fail before one does not.
    fails: AtomicUsize,
}

#[async_trait]
impl Store for Slow {
    async fn sync_sources(&self, configured: &[SourceId], now: Timestamp) -> Result<(), store::Error> {
        self.memory.sync_sources(configured, now).await
    }
    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claim>, store::Error> {
        self.claims.fetch_add(1, Ordering::Relaxed);
        let claims = self.memory.claim_due(request).await?;
        let out = self.out.fetch_add(claims.len(), Ordering::Relaxed) + claims.len();
        self.most_out.fetch_max(out, Ordering::Relaxed);
        Ok(claims)
    }
    async fn release(&self, claims: &[Claim]) -> Result<(), store::Error> {
        self.memory.release(claims).await
    }
    async fn release_all(&self) -> Result<(), store::Error> {
        self.memory.release_all().await
    }
    async fn told(&self, days: RangeInclusive<i64>, keys: &[i64]) -> Result<Vec<store::Told>, store::Error> {
        self.memory.told(days, keys).await
    }
    async fn stories(&self, articles: &[ArticleId]) -> Result<Stories, store::Error> {
        self.memory.stories(articles).await
    }
    async fn sketches(
        &self,
        source: &SourceId,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<store::Sketch>, store::Error> {
        self.memory.sketches(source, from, to, limit).await
    }

    async fn known(&self, source: &SourceId, lookups: &[Lookup]) -> Result<Known, store::Error> {
        self.memory.known(source, lookups).await
    }
    async fn finish(&self, refreshes: &[Refresh]) -> Result<Vec<Finished>, store::Error> {
        tokio::time::sleep(self.takes).await;
        if self.fails.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |fails| fails.checked_sub(1)).is_ok() {
            let full = std::io::Error::other("the disk is full");
            return Err(store::Error::Backend { action: "write refreshes", source: Box::new(full) });
        }
        let finished = self.memory.finish(refreshes).await?;
        let count = finished.iter().filter(|finished| **finished != Finished::Lost).count();
        self.written.fetch_add(count, Ordering::Relaxed);
        self.out.fetch_sub(refreshes.len(), Ordering::Relaxed);
        Ok(finished)
    }
    async fn articles(&self, selection: &Selection) -> Result<Vec<Article>, store::Error> {
        self.memory.articles(selection).await
    }
    async fn article(&self, id: ArticleId) -> Result<Option<Article>, store::Error> {
        self.memory.article(id).await
    }
    async fn revisions(&self, id: ArticleId) -> Result<Vec<Revision>, store::Error> {
        self.memory.revisions(id).await
    }
    async fn kept(&self, source: &SourceId) -> Result<Vec<ArticleId>, store::Error> {
        self.memory.kept(source).await
    }
    async fn kept_page(&self, id: ArticleId) -> Result<Option<KeptPage>, store::Error> {
        self.memory.kept_page(id).await
    }
    async fn amend(&self, edits: &[Edit]) -> Result<(), store::Error> {
        self.memory.amend(edits).await
    }
    async fn unarchived(&self, feed: &FeedId, selection: &Selection) -> Result<Vec<Article>, store::Error> {
        self.memory.unarchived(feed, selection).await
    }
    async fn archive(&self, feed: &FeedId, archives: &[Archive]) -> Result<(), store::Error> {
        self.memory.archive(feed, archives).await
    }
    async fn archived(&self, feed: &FeedId, number: u32) -> Result<Vec<(ArticleId, u32)>, store::Error> {
        self.memory.archived(feed, number).await
    }
    async fn last_archive(&self, feed: &FeedId) -> Result<u32, store::Error> {
        self.memory.last_archive(feed).await
    }
    async fn archives_of(&self, id: ArticleId) -> Result<Vec<(FeedId, u32)>, store::Error> {
        self.memory.archives_of(id).await
    }
    async fn withdrawn_archives(&self, feed: &FeedId) -> Result<Vec<u32>, store::Error> {
        self.memory.withdrawn_archives(feed).await
    }
    async fn withdrawn(&self, selection: &Selection) -> Result<Vec<Article>, store::Error> {
        self.memory.withdrawn(selection).await
    }
    async fn named(&self, name: &str) -> Result<Vec<ArticleId>, store::Error> {
        self.memory.named(name).await
    }
    async fn status(&self) -> Result<Vec<SourceStatus>, store::Error> {
        self.memory.status().await
    }
    async fn amended(&self) -> Result<i64, store::Error> {
        self.memory.amended().await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, store::Error> {
        self.memory.next_due().await
    }
    async fn set_paused(&self, source: &SourceId, paused: bool) -> Result<bool, store::Error> {
        self.memory.set_paused(source, paused).await
    }
    async fn wake(&self, source: &SourceId, now: Timestamp) -> Result<bool, store::Error> {
        self.memory.wake(source, now).await
    }
    async fn host(&self, host: &str) -> Result<Option<HostState>, store::Error> {
        self.memory.host(host).await
    }
    async fn save_host(&self, host: &str, state: &HostState) -> Result<(), store::Error> {
        self.memory.save_host(host, state).await
    }
    async fn prune(&self, request: &store::Prune) -> Result<usize, store::Error> {
        self.memory.prune(request).await
    }
    async fn forget_documents(&self, unseen_since: Timestamp, limit: usize) -> Result<usize, store::Error> {
        self.memory.forget_documents(unseen_since, limit).await
    }
    async fn tidy(&self) -> Result<bool, store::Error> {
        self.memory.tidy().await
    }
    async fn check(&self) -> Result<(), store::Error> {
        Ok(())
    }
    fn push(&self) -> &dyn crate::store::Push {
        self.memory.push()
    }

    async fn close(&self) {}
}

/// A pipeline without subscriptions over a store that knows three sources; the clock goes with the paused time of the test.
async fn pipeline(takes: Duration) -> (Arc<Slow>, Pipeline) {
    let store = Arc::new(Slow { takes, ..Slow::default() });
    let ids = ["a", "b", "c"].map(|id| id.parse().unwrap());
    let start: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
    store.sync_sources(&ids, start).await.unwrap();
    let began = Instant::now();
    let pipeline = Pipeline {
        store: Arc::clone(&store) as Arc<dyn Store>,
        client: Client::new(&fetch::Settings::default()).unwrap(),
        subscriptions: Arc::default(),
        clock: Arc::new(move || start + began.elapsed()),
        concurrency: 8,
        hosts: Arc::default(),
        callbacks: None,
        arrived: Arc::default(),
        wanted: Arc::default(),
        watch: Arc::default(),
        notices: Arc::default(),
        trouble_after: jiff::SignedDuration::ZERO,
        keep_bytes: 0,
        told_twice: Arc::default(),
        documents_for: None,
    };
    (store, pipeline)
}

fn renderer(pipeline: &Pipeline) -> Arc<Renderer> {
    Arc::new(Renderer {
        store: Arc::clone(&pipeline.store),
        recipes: Vec::new(),
        subscriptions: Arc::default(),
        publisher: None,
        sink: Arc::new(|_: &crate::publish::Parcel, _| {}),
        title: String::new(),
        base_url: "https://press.example/".parse().unwrap(),
        hubs: Vec::new(),
        views: false,
        news: Arc::default(),
        clock: Arc::clone(&pipeline.clock),
        listings: Mutex::default(),
        shown: Mutex::default(),
    })
}

#[tokio::test(start_paused = true)]
async fn what_ended_is_written_however_slow_the_store_is() {
    let (store, pipeline) = pipeline(LOOK_AGAIN * 3).await;
    let cancel = CancellationToken::new();
    let press = Arc::new(Press::new(renderer(&pipeline)));
    let end = async {
        tokio::time::sleep(LOOK_AGAIN * 5).await;
        cancel.cancel();
    };
    tokio::join!(daemon(&pipeline, &press, &cancel), end);
    assert_eq!(store.written.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a_slow_store_holds_the_work_back_and_nothing_piles_up() {
    let (store, pipeline) = pipeline(Duration::from_secs(1)).await;
    let ids: Vec<SourceId> = (0..3_000).map(|n| format!("s{n}").parse().unwrap()).collect();
    store.sync_sources(&ids, (pipeline.clock)()).await.unwrap();
    let totals = once(&pipeline, &Round::Due, &CancellationToken::new(), &mut |_| ()).await.unwrap();
    assert_eq!((totals.failed, store.written.load(Ordering::Relaxed)), (0, 3_000));
    assert!(
        store.most_out.load(Ordering::Relaxed) <= MOST_HELD,
        "{} claims at once",
        store.most_out.load(Ordering::Relaxed)
    );
}

#[tokio::test(start_paused = true)]
async fn draining_ends_in_time_and_gives_back_what_hangs() {
    let (store, pipeline) = pipeline(Duration::ZERO).await;
    let mut driver = Driver::new(&pipeline);
    let request = ClaimRequest { now: (pipeline.clock)(), lease: LEASE, limit: 3, due: Due::ByTime };
    for claim in store.claim_due(&request).await.unwrap() {
        driver.claims.insert(key_of(&claim), Arc::new(claim));
    }
    let began = Instant::now();
    driver.drain(&mut |_| ()).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), DRAIN.as_secs());
    let again = store.claim_due(&ClaimRequest { now: (pipeline.clock)(), ..request }).await.unwrap();
    assert_eq!(again.len(), 3, "due again at once");
}

#[tokio::test(start_paused = true)]
async fn a_fresh_pipeline_is_gone_on_with_and_the_driver_gives_signs_of_life() {
    let (store, old) = pipeline(Duration::ZERO).await;
    let press = Arc::new(Press::new(renderer(&old)));
    let (sender, fresh) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let beats = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&beats);
    let told = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let beat = Beat { every: Duration::from_secs(1), told: Arc::new(told) };
    let steering = Steering { cancel: cancel.clone(), fresh, beat };
    let other = Arc::new(Slow::default());
    let new = Pipeline { store: Arc::clone(&other) as Arc<dyn Store>, ..old.clone() };
    let end = async {
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert!(beats.load(Ordering::Relaxed) >= 55, "only {} in a minute of rest", beats.load(Ordering::Relaxed));
        assert_eq!(other.claims.load(Ordering::Relaxed), 0);
        sender.send(new).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = store.claims.load(Ordering::Relaxed);
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(store.claims.load(Ordering::Relaxed), before);
        assert!(other.claims.load(Ordering::Relaxed) > 1);
        cancel.cancel();
    };
    tokio::join!(steered(&old, &press, steering), end);
}

#[tokio::test(start_paused = true)]
async fn what_the_store_does_not_take_is_kept_and_written_when_it_does() {
    let (store, pipeline) = pipeline(Duration::ZERO).await;
    store.fails.store(3, Ordering::Relaxed);
    let cancel = CancellationToken::new();
    let press = Arc::new(Press::new(renderer(&pipeline)));
    let end = async {
        tokio::time::sleep(STORE_REST * 4).await;
        cancel.cancel();
    };
    tokio::join!(daemon(&pipeline, &press, &cancel), end);
    assert_eq!(store.written.load(Ordering::Relaxed), 3, "long before their leases run out");
}

fn page_job(number: u32, host: &str, pipeline: &Arc<Pipeline>) -> Job {
    let url = format!("https://{host}/{number}").parse().unwrap();
    let page = plan::waiting(
        &crate::model::Alias::Guid(number.to_string()),
        url,
        crate::model::Entry::default(),
        None,
        Timestamp::UNIX_EPOCH,
        Timestamp::UNIX_EPOCH,
    );
    let claim = Claim { source: "a".parse().unwrap(), lease: 1, work: Work::Page(Box::new(page)) };
    Job::new(Arc::new(claim), Arc::clone(pipeline), false)
}

#[tokio::test(start_paused = true)]
async fn a_crowded_host_does_not_take_every_lane() {
    let (_, pipeline) = pipeline(Duration::ZERO).await;
    let shared = Arc::new(pipeline);
    let page = |number: u32, host: &str| page_job(number, host, &shared);
    let queue = Queue::default();
    let jobs = (0..20).map(|number| page(number, "crowded.example")).chain([page(20, "other.example")]);
    assert_eq!(queue.put(jobs, 8), 8);
    let taken: Vec<Job> = std::iter::from_fn(|| queue.take()).collect();
    assert_eq!((taken.len(), queue.startable()), (5, 0));
    for job in taken {
        queue.end(job, Err(Fault::Crash(String::new())));
    }
    assert_eq!((queue.startable(), queue.clear().len()), (16, 16));
    assert_eq!(queue.ended().await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_was_slow_takes_one_lane_until_it_is_quick_again() {
    let (_, pipeline) = pipeline(Duration::ZERO).await;
    let shared = Arc::new(pipeline);
    let queue = Queue::default();
    queue.put((0..30).map(|number| page_job(number, "slow.example", &shared)), 8);
    let mut taken: Vec<Job> = std::iter::from_fn(|| queue.take()).collect();
    assert_eq!(taken.len(), 4);
    tokio::time::advance(Duration::from_secs(6)).await;
    for job in taken.drain(1..) {
        queue.end(job, Err(Fault::Crash(String::new())));
    }
    assert!(queue.take().is_none(), "one lane is at work");
    queue.end(taken.pop().unwrap(), Err(Fault::Crash(String::new())));
    let one = queue.take().unwrap();
    assert!(queue.take().is_none());
    tokio::time::advance(Duration::from_secs(1)).await;
    queue.end(one, Err(Fault::Crash(String::new())));
    assert_eq!(std::iter::from_fn(|| queue.take()).count(), 4);
}

#[test]
fn who_waits_outside_is_called_back_a_few_at_a_time_under_the_newest_lease() {
    let claim = |number: usize, lease: i64| Claim {
        source: format!("s{number}").parse().unwrap(),
        lease,
        work: Work::Source { state: Box::default(), documents: Vec::new(), pushed: None },
    };
    let (crowded, other): (Arc<str>, Arc<str>) = ("crowded.example".into(), "other.example".into());
    let mut crowd = Crowd::default();
    (0..100).for_each(|number| crowd.take(Arc::clone(&crowded), &claim(number, 1)));
    crowd.take(other, &claim(100, 1));
    assert!(crowd.renew(&claim(0, 7)) && !crowd.renew(&claim(200, 7)));
    assert!(crowd.next(|_| CROWD).is_empty(), "there are enough in the queue");
    let next = crowd.next(|host| if *host == *crowded { CROWD / 2 } else { CROWD });
    assert_eq!((next.len(), next[0].lease, next[1].lease), (CROWD / 2, 7, 1));
    assert_eq!(crowd.next(|_| 0).len(), CROWD + 1);
    assert!(crowd.is_at(&crowded));
    assert_eq!(crowd.take_all().len(), 100 - CROWD / 2 - CROWD);
    assert!(crowd.is_empty() && !crowd.is_at(&crowded));
}

#[tokio::test(start_paused = true)]
async fn what_hubs_send_waits_outside_beyond_some_megabytes() {
    let (_, pipeline) = pipeline(Duration::ZERO).await;
    let mut driver = Driver::new(&pipeline);
    let pushed = |number: i64, bytes: usize| {
        let body = vec![b' '; bytes].into();
        let received_at = Timestamp::UNIX_EPOCH;
        let pushed = plan::push::Pushed { number, received_at, media_type: None, body };
        let work = Work::Source { state: Box::default(), documents: Vec::new(), pushed: Some(Box::new(pushed)) };
        Arc::new(Claim { source: format!("s{number}").parse().unwrap(), lease: number, work })
    };
    let job = |claim| Job::new(claim, Arc::clone(&driver.pipeline), false);
    let none = HashMap::new();
    assert!(!driver.waits_outside(&job(pushed(0, 2 * MOST_PUSHED)), &none), "one may be of any size");
    let (second, third) = (job(pushed(2, MOST_PUSHED / 2)), job(pushed(3, MOST_PUSHED / 2 + 1)));
    let first = pushed(1, MOST_PUSHED / 2);
    driver.claims.insert(key_of(&first), first);
    assert!(!driver.waits_outside(&second, &none));
    assert!(driver.waits_outside(&third, &none));
}

#[tokio::test(start_paused = true)]
async fn sources_that_this_process_does_not_know_are_not_claimed_again_and_again() {
    for round in [Round::Due, Round::All] {
        let (store, pipeline) = pipeline(Duration::ZERO).await;
        let cancel = CancellationToken::new();
        let mut progress = |_: &Report| assert!(store.claims.load(Ordering::Relaxed) < 100, "{round:?}");
        let totals = once(&pipeline, &round, &cancel, &mut progress).await.unwrap();
        assert_eq!((totals.sources, store.written.load(Ordering::Relaxed)), (0, 3), "{round:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn work_that_outlasts_its_lease_is_neither_begun_again_nor_lost() {
    let (store, pipeline) = pipeline(Duration::ZERO).await;
    let mut driver = Driver::new(&pipeline);
    driver.claim(&Due::ByTime).await.unwrap();
    tokio::time::advance(LEASE * 2).await;
    driver.claim(&Due::ByTime).await.unwrap();
    assert_eq!(driver.claims.len(), 3);
    while !driver.claims.is_empty() {
        let ended = driver.queue.ended().await;
        driver.write(ended).await.1.unwrap();
    }
    assert_eq!((driver.claims.len(), store.written.load(Ordering::Relaxed)), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn everything_is_rendered_every_hour_also_where_changes_come_all_the_time() {
    let (_, pipeline) = pipeline(Duration::ZERO).await;
    // A feed that no change is about: no source is in it.
    let recipe = toml::from_str("id = 'quiet'\ntitle = 'Quiet'\nsources = ['*']").unwrap();
    let folder = Arc::new(Leaky::default());
    let renderer = Renderer {
        recipes: vec![crate::compose::Recipe::new(recipe).unwrap()],
        publisher: Some(Arc::clone(&folder) as Arc<dyn Publisher>),
        ..Arc::into_inner(renderer(&pipeline)).unwrap()
    };
    let (dirty, cancel) = (Arc::new(Dirty::default()), CancellationToken::new());
    let changes = async {
        for _ in 0..15 {
            dirty.add(BTreeSet::from(["a".parse().unwrap()]));
            tokio::time::sleep(Duration::from_mins(10)).await;
        }
        cancel.cancel();
    };
    tokio::join!(render_loop(Arc::new(Press::new(Arc::new(renderer))), Arc::clone(&dirty), cancel.clone()), changes);
    assert_eq!(folder.made.load(Ordering::Relaxed), 2);
}

/// A folder that loses everything, so that what is rendered has to be made.
#[derive(Default)]
struct Leaky {
    /// How often the feed was put there.
    made: AtomicUsize,
}

#[async_trait]
impl Publisher for Leaky {
    async fn publish(&self, parcel: &publish::Parcel) -> Result<publish::Change, publish::Error> {
        self.made.fetch_add(usize::from(parcel.path == "quiet.rss"), Ordering::Relaxed);
        Ok(publish::Change::Written)
    }
    async fn keep_only(
        &self,
        _: &(dyn for<'a> Fn(&'a str) -> bool + Send + Sync),
    ) -> Result<Vec<String>, publish::Error> {
        Ok(Vec::new())
    }
    fn has_twins(&self) -> bool {
        false
    }
    async fn holds(&self, _: &str) -> bool {
        false
    }
}

#[test]
fn a_crash_over_a_page_is_no_failure_of_its_source() {
    let page = PendingPage {
        key: "url:a".to_owned(),
        url: "https://press.example/x".parse().unwrap(),
        entry: crate::model::Entry::default(),
        language: None,
        tries: 0,
        due: Timestamp::UNIX_EPOCH,
        first_seen: Timestamp::UNIX_EPOCH,
        announce: plan::Announce::Now,
        article: None,
        error: None,
    };
    let claim = Claim { source: "a".parse().unwrap(), lease: 1, work: Work::Page(Box::new(page)) };
    let (refresh, report) = crashed(claim, Timestamp::UNIX_EPOCH);
    let mut totals = Totals::default();
    totals.add(&report);
    assert_eq!((totals.sources, totals.failed), (0, 0));
    assert_eq!(refresh.changes.pending[0].tries, 1);
}
