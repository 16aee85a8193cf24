//! The driver against a store that is slow, or fails.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::*;
use crate::fetch::{self, Client};
use crate::model::SourceId;
use crate::model::{Article, ArticleId, Revision};
use crate::plan::{Edit, KeptPage, Known, Lookup, PendingPage};
use crate::store::memory::Memory;
use crate::store::{HostState, Selection, SourceStatus, Store};

/// A store in memory whose writing takes a while.
#[derive(Default)]
struct Slow {
    memory: Memory,
    takes: Duration,
    claims: AtomicUsize,
    written: AtomicUsize,
}

#[async_trait]
impl Store for Slow {
    async fn sync_sources(&self, configured: &[SourceId], now: Timestamp) -> Result<(), store::Error> {
        self.memory.sync_sources(configured, now).await
    }
    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claim>, store::Error> {
        self.claims.fetch_add(1, Ordering::Relaxed);
        self.memory.claim_due(request).await
    }
    async fn release(&self, claims: &[Claim]) -> Result<(), store::Error> {
        self.memory.release(claims).await
    }
    async fn release_all(&self) -> Result<(), store::Error> {
        self.memory.release_all().await
    }
    async fn known(&self, source: &SourceId, lookups: &[Lookup]) -> Result<Known, store::Error> {
        self.memory.known(source, lookups).await
    }
    async fn finish(&self, refreshes: &[Refresh]) -> Result<Vec<Finished>, store::Error> {
        tokio::time::sleep(self.takes).await;
        let finished = self.memory.finish(refreshes).await?;
        let count = finished.iter().filter(|finished| **finished != Finished::Lost).count();
        self.written.fetch_add(count, Ordering::Relaxed);
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
    async fn status(&self) -> Result<Vec<SourceStatus>, store::Error> {
        self.memory.status().await
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
        keep_bytes: 0,
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
        sink: Arc::new(|_, _| {}),
        title: String::new(),
        base_url: "https://press.example/".parse().unwrap(),
        hubs: Vec::new(),
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
    let renderer = renderer(&pipeline);
    let end = async {
        tokio::time::sleep(LOOK_AGAIN * 5).await;
        cancel.cancel();
    };
    tokio::join!(daemon(&pipeline, &renderer, &cancel), end);
    assert_eq!(store.written.load(Ordering::Relaxed), 3);
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
    while let Some(joined) = driver.tasks.join_next_with_id().await {
        driver.write(joined).await.1.unwrap();
    }
    assert_eq!((driver.claims.len(), store.written.load(Ordering::Relaxed)), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn everything_is_rendered_every_hour_also_where_changes_come_all_the_time() {
    let (_, pipeline) = pipeline(Duration::ZERO).await;
    // A feed that no change is about: no source is in it.
    let recipe = toml::from_str("id = 'quiet'\ntitle = 'Quiet'\nsources = ['*']").unwrap();
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let sink = move |file: crate::emit::File, _| {
        count.fetch_add(usize::from(file.path == "quiet.rss"), Ordering::Relaxed);
    };
    let renderer = Renderer {
        recipes: vec![crate::compose::Recipe::new(recipe).unwrap()],
        sink: Arc::new(sink),
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
    tokio::join!(render_loop(Arc::new(renderer), Arc::clone(&dirty), cancel.clone()), changes);
    assert_eq!(made.load(Ordering::Relaxed), 2);
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
