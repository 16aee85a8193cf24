//! Where the first poll of a feed spends its processor time: reading, names and digests, normalizing (the body made safe, its
//! text, its language), planning, the rows, and the feed that is rendered from them.
//!
//! `cargo bench --bench stages` prints microseconds per feed and per entry, and each stage's share, for feeds made here and for
//! those in the folder that `COURANT_FEEDS` names. Fetching is left out: `--bench poll` has it. Pure stages are the shortest of
//! several runs in one thread; the store is asked once, and its own threads are counted in.

#![expect(clippy::print_stdout, reason = "figures are for people")]

#[path = "../read/documents.rs"]
#[expect(dead_code, reason = "shared with the bench of reading")]
mod documents;
#[path = "../meter/mod.rs"]
#[expect(dead_code, reason = "shared with other benches")]
mod meter;

use std::path::Path;
use std::time::Duration;

use courant::compose::{self, Recipe, Surroundings};
use courant::emit::{self, Publication, Site};
use courant::model::{Document, Origin, Reading, SourceId, TextKind};
use courant::normalize::{self, Context, Identity};
use courant::plan::{self, Arrival, Changes, Circumstances, SourceState};
use courant::store::{self, ClaimRequest, Due, Lookup, Refresh, Selection, Store, Work};
use courant::{language, parse};
use jiff::Timestamp;
use url::Url;

use documents::{Kind, document, feed};
use meter::shortest;

/// How often a pure stage runs over all feeds.
const RUNS: usize = 3;

/// Refreshes in one transaction, as the daemon groups them.
const BATCH: usize = 64;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for kind in [Kind::Rss, Kind::Atom, Kind::Json, Kind::Xhtml] {
        let documents: Vec<Document> = (0..40).map(|_| document(feed(kind, 75_000))).collect();
        stages(kind.name(), documents).await;
    }
    if let Some(path) = std::env::var_os("COURANT_FEEDS") {
        stages("the folder", folder(path.as_ref())).await;
    }
}

/// The documents of a folder that can be read, in order of name.
fn folder(path: &Path) -> Vec<Document> {
    let mut files: Vec<_> = std::fs::read_dir(path)
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path())
        .filter(|p| p.is_file())
        .collect();
    files.sort();
    let bodies = files.into_iter().filter_map(|file| std::fs::read(file).ok());
    bodies.map(document).filter(|document| parse::feed(document).is_ok()).collect()
}

/// One feed on its way.
struct Feed {
    source: SourceId,
    base: Option<Url>,
    home: Url,
    reading: Reading,
}

impl Feed {
    fn context(&self) -> Context<'_> {
        Context {
            base: self.base.as_ref(),
            home: &self.home,
            language: self.reading.channel.language.as_deref(),
            authors: self.reading.inherited_authors(),
            now: now(),
        }
    }

    fn identities(&self) -> Vec<Identity> {
        normalize::identities(&self.reading.entries, self.base.as_ref(), &self.home)
    }

    fn arrivals(&self, identities: &[Identity]) -> Vec<Arrival> {
        let context = self.context();
        let entries = self.reading.entries.iter().zip(identities);
        let drafts =
            entries.map(|(entry, identity)| normalize::draft(entry.clone(), identity.clone(), false, &context));
        drafts.map(|draft| Arrival::New(Box::new(draft))).collect()
    }

    fn changes(&self, arrivals: Vec<Arrival>) -> Changes {
        let entries = arrivals.len();
        let circumstances =
            Circumstances { source: &self.source, first_reading: true, newest: None, entries, first: 10, now: now() };
        let state = SourceState { next_due: Some(now() + Duration::from_hours(1)), ..SourceState::default() };
        Changes { state: Some(state), ..plan::plan(arrivals, &circumstances).0 }
    }
}

async fn stages(name: &str, documents: Vec<Document>) {
    let read =
        shortest(RUNS, || documents.iter().map(|document| parse::feed(document).is_ok()).filter(|ok| *ok).count());
    let feeds: Vec<Feed> = documents.iter().enumerate().map(|(number, document)| made(number, document)).collect();
    let entries: usize = feeds.iter().map(|feed| feed.reading.entries.len()).sum();
    let bytes: usize = documents.iter().map(|document| document.body.len()).sum();
    println!(
        "{name}: {} feeds of {} kB, {} entries each",
        feeds.len(),
        bytes / feeds.len().max(1) / 1000,
        entries / feeds.len().max(1)
    );
    println!("{:40} {:>12} {:>12} {:>7}", "", "µs/feed", "µs/entry", "share");

    let identify = shortest(RUNS, || feeds.iter().map(|feed| feed.identities().len()).sum::<usize>());
    let identities: Vec<Vec<Identity>> = feeds.iter().map(Feed::identities).collect();
    let arrive =
        || feeds.iter().zip(&identities).map(|(feed, identities)| feed.arrivals(identities)).collect::<Vec<_>>();
    let draft = shortest(RUNS, arrive);
    let clean = shortest(RUNS, || feeds.iter().map(bodies_cleaned).sum::<usize>());
    let arrivals = arrive();
    let hear =
        shortest(RUNS, || feeds.iter().zip(&arrivals).map(|(feed, arrivals)| languages(feed, arrivals)).sum::<usize>());
    let plan = (0..RUNS).map(|_| {
        let arrivals = arrivals.clone();
        let mut kept = Vec::new();
        let mut given = Some(arrivals);
        let time = shortest(1, || {
            if let Some(given) = given.take() {
                kept = feeds.iter().zip(given).map(|(feed, arrivals)| feed.changes(arrivals)).collect();
            }
        });
        drop(kept);
        time
    });
    let plan = plan.max().unwrap_or_default();
    let all: Vec<Changes> = feeds.iter().zip(arrivals).map(|(feed, arrivals)| feed.changes(arrivals)).collect();
    let lookups: Vec<Vec<Lookup>> =
        identities.iter().map(|identities| identities.iter().map(lookup).collect()).collect();
    let (ask, write, render) = rows(&feeds, lookups, all).await;

    let all = read + identify + draft + plan + ask + write + render;
    let line = |what: &str, time: Duration| {
        let micros = time.as_secs_f64() * 1e6;
        let (per_feed, per_entry) = (micros / float(feeds.len()), micros / float(entries));
        println!("{what:40} {per_feed:12.1} {per_entry:12.2} {:6.1}%", 100.0 * time.as_secs_f64() / all.as_secs_f64());
    };
    line("reading", read);
    line("names and digests", identify);
    line("normalizing", draft);
    line("  of it: bodies made safe, their text", clean);
    line("  of it: language", hear);
    line("planning", plan);
    line("asking the store what is known", ask);
    line("rows", write);
    line("one feed of all, rendered", render);
    line("all", all);
    println!();
}

fn made(number: usize, document: &Document) -> Feed {
    Feed {
        source: format!("source-{number}").parse().expect("an id"),
        base: document.url.clone(),
        home: format!("https://news{number}.example/").parse().expect("an address"),
        reading: parse::feed(document).expect("read before"),
    }
}

fn bodies_cleaned(feed: &Feed) -> usize {
    let texts = feed.reading.entries.iter().filter_map(|entry| entry.content.as_ref().or(entry.summary.as_ref()));
    let html = texts.filter(|text| text.kind == TextKind::Html);
    html.map(|text| {
        let body = normalize::sanitize(&text.value, feed.base.as_ref());
        courant::dom::text(&body).len()
    })
    .sum()
}

fn languages(feed: &Feed, arrivals: &[Arrival]) -> usize {
    let said: Vec<&str> = feed.reading.channel.language.as_deref().into_iter().collect();
    let texts = arrivals.iter().filter_map(|arrival| match arrival {
        Arrival::New(draft) => Some(draft.content.text.as_str()),
        _ => None,
    });
    texts.filter(|text| language::find(text, &said).is_some()).count()
}

fn lookup(identity: &Identity) -> Lookup {
    Lookup { aliases: identity.aliases.clone(), said: identity.said }
}

/// Time to ask what is known, to write everything, to render one feed of all; of the whole process.
async fn rows(feeds: &[Feed], lookups: Vec<Vec<Lookup>>, mut changes: Vec<Changes>) -> (Duration, Duration, Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store::open(&format!("sqlite:{}", folder.path().join("bench.db").display())).await.expect("opens");
    let ids: Vec<SourceId> = feeds.iter().map(|feed| feed.source.clone()).collect();
    store.sync_sources(&ids, now()).await.expect("takes the sources");
    let (mut asking, mut writing) = (Duration::ZERO, Duration::ZERO);
    let claims = ClaimRequest { now: now(), lease: Duration::from_mins(10), limit: BATCH, due: Due::ByTime };
    loop {
        let claims = store.claim_due(&claims).await.expect("claims");
        if claims.is_empty() {
            break;
        }
        let refreshes: Vec<Refresh> = claims
            .into_iter()
            .map(|claim| {
                debug_assert!(matches!(claim.work, Work::Source { .. }));
                let number = ids.iter().position(|id| *id == claim.source).expect("a source of ours");
                Refresh { claim, changes: std::mem::take(&mut changes[number]) }
            })
            .collect();
        let before = process_time();
        for refresh in &refreshes {
            let number = ids.iter().position(|id| *id == refresh.claim.source).expect("a source of ours");
            store.known(&refresh.claim.source, &lookups[number]).await.expect("answers");
        }
        let asked = process_time();
        store.finish(&refreshes).await.expect("finishes");
        asking += asked.saturating_sub(before);
        writing += process_time().saturating_sub(asked);
    }
    let before = process_time();
    let bytes = render(&*store, ids).await;
    assert!(bytes > 0, "something is published");
    let rendering = process_time().saturating_sub(before);
    store.close().await;
    (asking, writing, rendering)
}

async fn render(store: &dyn Store, ids: Vec<SourceId>) -> usize {
    let recipe = toml::from_str("id = 'all'\ntitle = 'All'\nsources = ['*']").expect("valid settings");
    let recipe = Recipe::new(recipe).expect("readable rules");
    let base_url: Url = "https://news.example.org/".parse().expect("an address");
    let selection = Selection { sources: Some(ids), limit: recipe.settings().limit.items, ..Selection::default() };
    let articles = store.articles(&selection).await.expect("selects");
    let surroundings = Surroundings { base_url: &base_url, origins: &|_| Origin::default(), hubs: &[], now: now() };
    let composed = compose::feed(&recipe, articles, &surroundings);
    let site = Site { title: "News", base_url: &base_url, sources: &[], views: false };
    let publication = Publication { feed: &composed.feed, formats: &recipe.settings().formats };
    emit::feed_files(&site, &publication).iter().map(|file| file.bytes.len()).sum()
}

fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().expect("a moment")
}

fn float(count: usize) -> f64 {
    meter::float(count.max(1))
}

/// Processor time of all threads of this process. Linux counts it in nanoseconds here; elsewhere it reads as nothing.
fn process_time() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let spent = |task: std::fs::DirEntry| {
        let line = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        line.split_whitespace().next()?.parse().ok()
    };
    tasks.filter_map(spent).map(Duration::from_nanos).sum()
}
