//! What a new article costs the render loop: by how many feeds it is in, by how many feeds there are, by how many articles are
//! held. Milliseconds of CPU of the whole process, the least of several articles.
//!
//! `cargo bench --bench render [-- ARTICLES …]` (10,000 and 100,000 unless told), each with 100 and 1,000 feeds of about 200 kB in
//! two formats. `made`: read, composed, written, for nobody. `in place`: also put into a folder. `with twins`: also compressed.
//! Before that, what twins cost and save by quality. Ends with an error where ten times the feeds or articles make the feeds that
//! an article is in cost twice as much.

#![expect(clippy::print_stdout, reason = "figures are for people")]

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use courant::compose::Recipe;
use courant::fetch::HeaderMap;
use courant::model::{Alias, Article, ArticleId, Content, Digest, SourceId};
use courant::pipeline::{Renderer, Subscription, Subscriptions};
use courant::plan::{Changes, NewArticle, SourceState, health, timing};
use courant::publish::{Files, Publisher};
use courant::source::{Source, SourceKind};
use courant::store::{ClaimRequest, Due, Refresh, Store, open};
use courant::units::limits::Limits;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const SOURCES: usize = 1000;
/// How many feeds take the articles of the first, the second, the third source.
const TAKEN_BY: [usize; 3] = [1, 10, 100];
const ROUNDS: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let mut sizes: Vec<usize> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000];
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut made: Vec<(String, Duration)> = Vec::new();
    for articles in sizes {
        let place = folder.path().join(format!("{articles}.db"));
        let store: Arc<dyn Store> = open(&format!("sqlite:{}", place.display())).await.expect("opens");
        let ids: Vec<SourceId> = (0..SOURCES).map(source).collect();
        store.sync_sources(&ids, at(0)).await.expect("takes the sources");
        for round in 0..articles.div_ceil(SOURCES * 10) {
            fill(&*store, i64::try_from(round).expect("few")).await;
        }
        for feeds in [100, 1000] {
            let row = measure(&store, articles, feeds, folder.path()).await;
            made.push((format!("{articles} articles, {feeds} feeds"), row));
        }
        store.close().await;
    }
    let (least, most) = (made.iter().min_by_key(|row| row.1), made.iter().max_by_key(|row| row.1));
    let (Some(least), Some(most)) = (least, most) else { return ExitCode::SUCCESS };
    let ratio = most.1.as_secs_f64() / least.1.as_secs_f64();
    println!("an article in ten feeds: {ratio:.2} times as much with {} as with {}", most.0, least.0);
    if ratio > 2.0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints what an article in 1, 10 and 100 feeds costs; gives what ten feeds cost to be made.
async fn measure(store: &Arc<dyn Store>, articles: usize, feeds: usize, folder: &Path) -> Duration {
    static NEXT: AtomicI64 = AtomicI64::new(1_000_000);
    let mut ten = Duration::ZERO;
    for (kind, twins) in [("made", None), ("in place", Some(false)), ("with twins", Some(true))] {
        let publisher = twins.map(|twins| {
            let files = Files::open(folder.join(format!("{articles}-{feeds}-{twins}"))).expect("writable");
            Arc::new(files.precompressing(twins)) as Arc<dyn Publisher>
        });
        let renderer = renderer(store, feeds, publisher);
        if twins.is_none() {
            qualities(&renderer, store).await;
        }
        // Everything once, as at the start; where that is put into a folder, a few feeds are enough.
        let first = (0..TAKEN_BY.len()).map(source).collect();
        renderer.render(None.or(twins.map(|_| &first))).await.expect("renders");
        let mut line = format!("{articles:7} articles {feeds:5} feeds  {kind:10}");
        for (number, taken_by) in TAKEN_BY.into_iter().enumerate() {
            let mut best = Duration::MAX;
            for _ in 0..ROUNDS {
                let id = source(number);
                let second = NEXT.fetch_add(60, Ordering::Relaxed);
                insert(&**store, &id, second).await;
                let changed = std::iter::once(id).collect();
                let before = cpu_time();
                let rendered = renderer.render(Some(&changed)).await.expect("renders");
                best = best.min(cpu_time().saturating_sub(before));
                assert_eq!(rendered.feeds.len(), taken_by);
            }
            if taken_by == 10 && twins.is_none() {
                ten = best;
            }
            let millis = best.as_secs_f64() * 1e3;
            let each = millis / f64::from(u32::try_from(taken_by).expect("few"));
            line.push_str(&format!("   in {taken_by:3}: {millis:8.2} ms, {each:6.2} a feed"));
        }
        println!("{line}");
    }
    ten
}

/// What the twins of one feed cost and save, by quality; once.
async fn qualities(renderer: &Renderer, store: &Arc<dyn Store>) {
    static DONE: std::sync::Once = std::sync::Once::new();
    let preview = renderer.preview(&renderer.recipes[0]).await.expect("reads");
    let _ = store;
    DONE.call_once(|| {
        let plain = courant::emit::write(&preview.composed.feed, courant::emit::Format::Atom);
        for quality in [1, 4, 6, 7, 9] {
            coded(&format!("gzip {quality}"), &plain, |plain| {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(quality));
                encoder.write_all(plain).and_then(|()| encoder.finish()).expect("writes").len()
            });
        }
        for quality in [1, 2, 3, 4, 5, 6] {
            coded(&format!("Brotli {quality}"), &plain, |plain| {
                let mut out = Vec::new();
                let mut encoder = brotli::CompressorWriter::new(&mut out, 4096, quality, 22);
                encoder.write_all(plain).expect("writes");
                drop(encoder);
                out.len()
            });
        }
    });
}

fn coded(name: &str, plain: &[u8], code: impl Fn(&[u8]) -> usize) {
    let (mut best, mut length) = (Duration::MAX, 0);
    for _ in 0..5 {
        let began = Instant::now();
        length = code(plain);
        best = best.min(began.elapsed());
    }
    println!("{name:10} {:7} of {} bytes, {:6.2} ms", length, plain.len(), best.as_secs_f64() * 1e3);
}

fn renderer(store: &Arc<dyn Store>, feeds: usize, publisher: Option<Arc<dyn Publisher>>) -> Renderer {
    let recipe = |number: usize| {
        let own = (0..10).map(|n| 3 + (number * 7 + n) % (SOURCES - 3));
        let shared = TAKEN_BY.iter().enumerate().filter(|(_, taken_by)| number < **taken_by).map(|(source, _)| source);
        let names: Vec<String> = shared.chain(own).map(|number| format!("'{}'", source(number))).collect();
        let text = format!(
            "id = 'feed-{number}'\ntitle = 'Feed {number}'\nformats = ['rss', 'atom']\nsources = [{}]",
            names.join(", ")
        );
        Recipe::new(toml::from_str(&text).expect("valid settings")).expect("readable rules")
    };
    Renderer {
        store: Arc::clone(store),
        recipes: (0..feeds).map(recipe).collect(),
        subscriptions: Arc::new((0..SOURCES).map(subscription).collect::<Subscriptions>()),
        publisher,
        sink: Arc::new(|_, _| {}),
        title: "News".to_owned(),
        base_url: "https://news.example.org/".parse().expect("an address"),
        views: false,
        hubs: Vec::new(),
        news: Arc::default(),
        clock: Arc::new(|| at(2_000_000)),
        listings: Mutex::default(),
        shown: Mutex::default(),
    }
}

fn subscription(number: usize) -> (SourceId, Arc<Subscription>) {
    let id = source(number);
    let source = Source {
        id: id.clone(),
        name: None,
        home: None,
        tags: Vec::new(),
        language: None,
        zone: TimeZone::UTC,
        kind: SourceKind::Feed { url: format!("https://{id}.example.org/feed").parse().expect("an address") },
        rules: courant::extract::site_rules::Rules::default(),
        full_text: false,
        first: 10,
    };
    let subscription = Subscription {
        source,
        site: None,
        timing: timing::Timing::default(),
        health: health::Settings::default(),
        headers: HeaderMap::new(),
        retention: Limits::default(),
        access: None,
    };
    (id, Arc::new(subscription))
}

/// Ten articles of each source.
async fn fill(store: &dyn Store, round: i64) {
    loop {
        let request =
            ClaimRequest { now: at(round * 3600), lease: Duration::from_mins(10), limit: 100, due: Due::ByTime };
        let claims = store.claim_due(&request).await.expect("claims");
        if claims.is_empty() {
            return;
        }
        let refresh = |claim: courant::store::Claim| {
            let new = (0..10).map(|n| article(&claim.source, round * 3600 + n * 300)).collect();
            let state = SourceState { next_due: Some(at((round + 1) * 3600)), ..SourceState::default() };
            Refresh { claim, changes: Changes { new, ..Changes::state_only(state) } }
        };
        let refreshes: Vec<Refresh> = claims.into_iter().map(refresh).collect();
        store.finish(&refreshes).await.expect("finishes");
    }
}

/// One more article.
async fn insert(store: &dyn Store, source: &SourceId, second: i64) {
    let due = Due::Only { source: source.clone(), round: at(second) };
    let request = ClaimRequest { now: at(second), lease: Duration::from_mins(10), limit: 1, due };
    let claim = store.claim_due(&request).await.expect("claims").remove(0);
    let new = vec![article(source, second)];
    let state =
        SourceState { next_due: Some(at(second)), attempted_at: Some(at(second - 1)), ..SourceState::default() };
    let changes = Changes { new, ..Changes::state_only(state) };
    store.finish(&[Refresh { claim, changes }]).await.expect("finishes");
}

/// An article of 2 kB, no two alike.
fn article(source: &SourceId, second: i64) -> NewArticle {
    let link = format!("https://{source}.example.org/news/{second}");
    let mut state = ArticleId::derive(source, &link, 0)
        .as_bytes()
        .iter()
        .fold(7_u64, |state, byte| state.wrapping_mul(0x0100_0000_01b3) ^ u64::from(*byte));
    let words = ["harbour", "council", "bridge", "morning", "vote", "rain", "school", "price", "team", "road", "film"];
    let mut text = String::new();
    for _ in 0..170 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let word = words[usize::try_from(state % 11).expect("few")];
        text.push_str(&format!("{word}{} ", if state.is_multiple_of(3) { (state >> 32) % 97 } else { 0 }));
    }
    let article = Article {
        id: ArticleId::derive(source, &link, 0),
        source: source.clone(),
        guid: link.clone(),
        published_id: link.clone(),
        first_seen: at(second),
        announced_at: Some(at(second)),
        withdrawn_at: None,
        revision: 1,
        said: Digest::of(link.as_bytes()),
        content: Content {
            title: Some(format!("What happened at {second}")),
            body: format!("<p>{text}</p>"),
            text,
            published: Some(at(second)),
            ..Content::new(link.parse().expect("an address"))
        },
    };
    NewArticle { article, aliases: vec![Alias::Guid(link)] }
}

fn source(number: usize) -> SourceId {
    format!("source-{number:04}").parse().expect("an id")
}

fn at(second: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().expect("a moment") + SignedDuration::from_secs(second)
}

/// CPU time of this process so far. Linux counts it in nanoseconds here; elsewhere it reads as nothing.
fn cpu_time() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let spent = |task: std::fs::DirEntry| {
        let line = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        line.split_whitespace().next()?.parse().ok()
    };
    tasks.filter_map(spent).map(Duration::from_nanos).sum()
}
