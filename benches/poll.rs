//! What a whole refresh costs: fetch over loopback, read, normalize, plan, store in SQLite. Prints milliseconds of CPU and wall
//! time per source and the most memory taken in each round; the loopback server works in the same process and is counted in,
//! and being one host it is asked one request at a time.
//!
//! `cargo bench --bench poll`, or with numbers of sources, which shows how it grows: `cargo bench --bench poll -- 1000 5000
//! 20000`.

#![expect(clippy::print_stdout, reason = "figures are for people")]

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use courant::fetch::{self, Client};
use courant::model::SourceId;
use courant::pipeline::{Pipeline, Round, Subscription, Totals, once};
use courant::plan::{health, timing};
use courant::source::{Source, SourceKind};
use courant::store;
use courant::units::limits::Limits;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

const ENTRIES: usize = 30;

#[tokio::main]
async fn main() {
    let mut sizes: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes.push(300);
    }
    for sources in sizes {
        poll(sources).await;
    }
}

/// Polls so many sources until nothing is new, and once more with something new in each.
async fn poll(sources: usize) {
    let generation = Arc::new(AtomicUsize::new(0));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback can be bound");
    let address = listener.local_addr().expect("a bound socket has an address");
    let router = Router::new().route("/{feed}", get(feed)).with_state(Arc::clone(&generation));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });

    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let store =
        store::open(&format!("sqlite:{}", folder.path().join("bench.db").display())).await.expect("the store opens");
    let subscriptions: courant::pipeline::Subscriptions =
        (0..sources).map(|number| subscription(number, &address.to_string())).collect();
    let ids: Vec<SourceId> = subscriptions.keys().cloned().collect();
    store.sync_sources(&ids, Timestamp::now()).await.expect("the sources are taken in");
    let settings = fetch::Settings {
        allow_networks: vec!["127.0.0.0/8".parse().expect("a network")],
        ..fetch::Settings::default()
    };
    let pipeline = Pipeline {
        store: Arc::clone(&store),
        client: Client::new(&settings).expect("the client is set up"),
        subscriptions: Arc::new(subscriptions),
        clock: Arc::new(Timestamp::now),
        concurrency: 64,
        keep_bytes: 0,
        told_twice: Arc::default(),
        documents_for: None,
        hosts: Arc::default(),
        callbacks: None,
        arrived: Arc::default(),
        wanted: Arc::default(),
        watch: Arc::default(),
        notices: Arc::default(),
        trouble_after: jiff::SignedDuration::MAX,
    };
    println!("{sources} sources of {} kB, {ENTRIES} entries each", document(0, 0).len() / 1000);
    println!(
        "{:<24}{:>14}{:>15}{:>11}{:>9}{:>13}",
        "round", "CPU ms/source", "wall ms/source", "requests", "304", "peak MB"
    );
    round("first reading", &pipeline, sources).await;
    round("nothing new, 304", &pipeline, sources).await;
    generation.fetch_add(1, Ordering::SeqCst);
    round("one new entry each", &pipeline, sources).await;
    round("nothing new, 304", &pipeline, sources).await;
    store.close().await;
    server.abort();
}

async fn round(name: &str, pipeline: &Pipeline, sources: usize) {
    forget_peak();
    let (cpu, wall) = (cpu_time(), Instant::now());
    let totals: Totals =
        once(pipeline, &Round::All, &CancellationToken::new(), &mut |_| ()).await.expect("the store works");
    let per = |time: Duration| time.as_secs_f64() * 1000.0 / f64::from(u32::try_from(sources).unwrap_or(u32::MAX));
    assert_eq!((totals.sources, totals.failed), (sources, 0), "every source must be read");
    println!(
        "{name:<24}{:>14.3}{:>15.3}{:>11}{:>9}{:>13.0}",
        per(cpu_time().saturating_sub(cpu)),
        per(wall.elapsed()),
        totals.requests,
        totals.not_modified,
        peak_megabytes()
    );
}

/// Has the most memory taken counted from now on (proc(5), `clear_refs`).
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory taken since.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<f64>().ok()).unwrap_or_default() / 1000.0
}

/// User and system time of this process (`/proc/self/stat`, in hundredths of a second).
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<u64> =
        stat.rsplit(") ").next().unwrap_or_default().split(' ').filter_map(|field| field.parse().ok()).collect();
    // After the state letter: fields 14 and 15 of proc(5) are the 11th and 12th numbers here.
    Duration::from_millis(10 * (fields.get(10).unwrap_or(&0) + fields.get(11).unwrap_or(&0)))
}

fn subscription(number: usize, address: &str) -> (SourceId, Arc<Subscription>) {
    let id: SourceId = format!("source-{number}").parse().expect("a valid id");
    let url = format!("http://{address}/{number}").parse().expect("a valid address");
    let source = Source {
        id: id.clone(),
        name: None,
        home: None,
        tags: Vec::new(),
        language: None,
        zone: TimeZone::UTC,
        kind: SourceKind::Feed { url },
        rules: courant::extract::site_rules::Rules::default(),
        full_text: false,
        first: 10,
    };
    let subscription = Subscription {
        source,
        site: None,
        timing: timing::Timing::default(),
        health: health::Settings::default(),
        headers: fetch::HeaderMap::new(),
        retention: Limits::default(),
        access: None,
    };
    (id, Arc::new(subscription))
}

async fn feed(State(generation): State<Arc<AtomicUsize>>, Path(number): Path<usize>, headers: HeaderMap) -> Response {
    let generation = generation.load(Ordering::SeqCst);
    let etag = format!("\"{number}-{generation}\"");
    if headers.get(IF_NONE_MATCH).is_some_and(|held| held.as_bytes() == etag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(ETAG, etag)], document(number, generation)).into_response()
}

fn document(number: usize, generation: usize) -> String {
    let mut text = String::from("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Bench</title>");
    for entry in (generation..generation + ENTRIES).rev() {
        let _ = write!(
            text,
            "<item><guid isPermaLink=\"false\">{number}-{entry}</guid><title>Entry {entry} of feed {number}</title>\
             <link>https://news.example/{number}/{entry}</link><pubDate>Mon, 02 Mar 2026 {:02}:{:02}:00 GMT</pubDate>\
             <description>{}</description></item>",
            entry / 60,
            entry % 60,
            "&lt;p&gt;The harbour was busy that day, and nobody had time for the crane that stood still.&lt;/p&gt;"
                .repeat(24)
        );
    }
    text.push_str("</channel></rss>");
    text
}
