//! What the store costs: CPU and wall time of writing, of asking what is known, of selecting for feeds, of an idle poll.
//!
//! `cargo bench --bench store [-- ARTICLES] [known|select|poll|ask|grow]` (100,000 unless told, and everything) prints a line per
//! figure; `grow` what a refresh costs with 10,000, 100,000 … articles held, up to that number. CPU is that of the whole process,
//! the store's own threads included.

#![expect(clippy::print_stdout, reason = "figures are for people")]

use std::fs;
use std::time::{Duration, Instant};

use courant::compose::Recipe;
use courant::model::{Alias, Article, ArticleId, Category, Content, Digest, Person, SourceId, Validators};
use courant::pipeline::Picking;
use courant::plan::{Changes, DocumentState, NewArticle, SourceState};
use courant::store::{Claim, ClaimRequest, Due, Lookup, Refresh, Selection, Store, open};
use jiff::{SignedDuration, Timestamp};

const SOURCES: usize = 5000;
const PER_REFRESH: usize = 20;

#[tokio::main]
async fn main() {
    let articles: usize = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("courant.db");
    let store = open(&format!("sqlite:{}", file.display())).await.expect("opens");
    let sources: Vec<SourceId> = (0..SOURCES).map(|n| source(&format!("source-{n:04}"))).collect();
    let meter = Meter::start();
    store.sync_sources(&sources, at(0)).await.expect("takes the sources");
    meter.print("sync of 5,000 new sources", SOURCES);

    let only: Option<String> = std::env::args().skip(1).find(|text| text.starts_with(char::is_alphabetic));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if only.as_deref() == Some("grow") {
        growth(&*store, &sources, articles).await;
        store.close().await;
        return;
    }
    fill(&*store, 0, articles).await;
    let bytes = fs::metadata(&file).map_or(0, |meta| meta.len());
    println!("{:44} {:9} bytes", "file, per article", bytes / articles.max(1) as u64);
    if wanted("known") {
        lookups(&*store, &sources).await;
    }
    if wanted("select") {
        selections(&*store, &sources).await;
        filtered(&*store, &sources).await;
    }
    if wanted("poll") {
        for group in [1, 16, 64] {
            idle_polls(&*store, 1000 + i64::try_from(group).unwrap_or_default(), group).await;
        }
    }
    if wanted("ask") {
        let meter = Meter::start();
        for _ in 0..1000 {
            store.next_due().await.expect("answers");
        }
        meter.print("next_due", 1000);
        let meter = Meter::start();
        store.status().await.expect("lists");
        meter.print("status of 5,000 sources", 1);
    }
    store.close().await;
}

/// Inserts articles, 20 of a source in a refresh, 50 refreshes in a transaction.
async fn fill(store: &dyn Store, first: i64, articles: usize) -> i64 {
    let (mut written, mut spent, mut round) = (0, Duration::ZERO, first);
    let wall = Instant::now();
    while written < articles {
        let claims = claim(store, round, 50).await;
        if claims.is_empty() {
            round += 1;
            continue;
        }
        let refreshes: Vec<Refresh> = claims.into_iter().map(|claim| refresh(claim, round, PER_REFRESH)).collect();
        let cpu = cpu_time();
        store.finish(&refreshes).await.expect("finishes");
        spent += cpu_time().saturating_sub(cpu);
        written += refreshes.len() * PER_REFRESH;
    }
    println!("{:44} {:9.1} µs CPU", "insert an article of 2 kB, 1,000 at a time", micros(spent, written));
    println!("{:44} {:9.1} µs wall, making the articles included", "", micros(wall.elapsed(), written));
    round
}

async fn lookups(store: &dyn Store, sources: &[SourceId]) {
    let ask = |source: &SourceId, from: usize| -> Vec<Lookup> {
        let one = |n| Lookup { aliases: names(source, 0, n), said: Digest::of(&[1]) };
        (from..from + 30).map(one).collect()
    };
    let half: Vec<Vec<Lookup>> = sources.iter().take(2000).map(|source| ask(source, PER_REFRESH - 10)).collect();
    let meter = Meter::start();
    for (source, lookups) in sources.iter().zip(&half) {
        assert_eq!(store.known(source, lookups).await.expect("answers").entries.len(), 30);
    }
    meter.print("known: 30 entries of two names, 10 held", half.len());
}

async fn selections(store: &dyn Store, sources: &[SourceId]) {
    for (name, selected) in [
        ("latest 100 of all 5,000 sources", None),
        ("latest 100 of 1,000 of 5,000 sources", Some(sources.iter().step_by(5).cloned().collect())),
        ("latest 100 of 100 of 5,000 sources", Some(sources.iter().step_by(50).cloned().collect())),
        ("latest 100 of 10 of 5,000 sources", Some(sources[..10].to_vec())),
        ("latest 100 of 1 source", Some(sources[..1].to_vec())),
    ] {
        let selection = Selection { sources: selected, limit: 100, ..Selection::default() };
        let meter = Meter::start();
        for _ in 0..100 {
            store.articles(&selection).await.expect("selects");
        }
        meter.print(name, 100);
        let ids = Selection { limit: 1, ..selection };
        let meter = Meter::start();
        for _ in 0..100 {
            store.articles(&ids).await.expect("selects");
        }
        meter.print(&format!("{}, its newest alone", name.trim_start_matches("latest 100 of ")), 100);
    }
}

/// The latest 100 that fit a rule that one article of twenty fits, read as the renderer reads them: by rules that ask for the
/// title, for all that lies beside the text, and for the words of the text.
async fn filtered(store: &dyn Store, sources: &[SourceId]) {
    let sources: Vec<SourceId> = sources.iter().step_by(5).cloned().collect();
    for (name, rule) in [
        ("title", "title = 'bridge'"),
        ("category, author, language", "category = ['bridges']\nauthor = ['a. writer']\nlanguage = ['en']"),
        ("words of the text", "any = ['bridge']"),
        ("words of the text, and length", "any = ['bridge']\nmin_words = 100"),
    ] {
        let settings = format!("id = 'a'\ntitle = 'A'\nsources = ['*']\nlimit = {{ items = 100 }}\n[[keep]]\n{rule}");
        let recipe = Recipe::new(toml::from_str(&settings).expect("valid settings")).expect("valid rules");
        let mut walls = Vec::new();
        let meter = Meter::start();
        for _ in 0..50 {
            let wall = Instant::now();
            let mut picking = Picking::new(store, &recipe, sources.clone(), at(0));
            let mut taken = 0;
            while taken < 100 && !picking.is_done() {
                taken += picking.next().await.expect("selects").len();
            }
            assert_eq!(taken, 100);
            walls.push(wall.elapsed());
        }
        meter.print(&format!("100 of 1,000, 1 of 20 fits: {name}"), 50);
        walls.sort();
        println!("{:44} {:9.1} µs wall", "the median", micros(walls[25], 1));
    }
}

/// What a refresh costs with ever more articles held.
async fn growth(store: &dyn Store, sources: &[SourceId], most: usize) {
    let (mut held, mut step, mut round) = (0, 10_000, 0);
    while held < most {
        round = fill(store, round, step.min(most) - held).await + 1;
        held = step.min(most);
        println!("{held} articles held");
        lookups(store, sources).await;
        idle_polls(store, round, 64).await;
        round += 1;
        step *= 10;
    }
}

/// Claims and finishes every source with nothing new, so many at a time: what a 304 costs the store.
async fn idle_polls(store: &dyn Store, round: i64, group: usize) {
    let meter = Meter::start();
    let mut done = 0;
    loop {
        let claims = claim(store, round, group).await;
        if claims.is_empty() {
            break;
        }
        done += claims.len();
        let refreshes: Vec<Refresh> = claims.into_iter().map(|claim| refresh(claim, round, 0)).collect();
        store.finish(&refreshes).await.expect("finishes");
    }
    meter.print(&format!("claim and finish, nothing new, {group} at a time"), done);
}

async fn claim(store: &dyn Store, round: i64, limit: usize) -> Vec<Claim> {
    let request = ClaimRequest { now: at(round * 3600), lease: Duration::from_mins(10), limit, due: Due::ByTime };
    store.claim_due(&request).await.expect("claims")
}

fn refresh(claim: Claim, round: i64, articles: usize) -> Refresh {
    let state = SourceState {
        next_due: Some(at((round + 1) * 3600)),
        attempted_at: Some(at(round * 3600)),
        succeeded_at: Some(at(round * 3600)),
        why: "learned rhythm: an article about every 3 h".to_owned(),
        title: Some("A source with a name".to_owned()),
        home: Some("https://news.example.org/en/".to_owned()),
        ..SourceState::default()
    };
    let document = DocumentState {
        url: format!("https://{}.example.org/feed.xml", claim.source).parse().expect("an address"),
        validators: Validators { etag: Some("\"5f3-61a8\"".to_owned()), last_modified: None },
        digest: Some(Digest::of(&round.to_be_bytes())),
        fetched_at: at(round * 3600),
    };
    let new = (0..articles)
        .map(|n| NewArticle { article: article(&claim.source, round, n), aliases: names(&claim.source, round, n) });
    let changes = Changes { new: new.collect(), documents: vec![document], ..Changes::state_only(state) };
    Refresh { claim, changes }
}

fn names(source: &SourceId, round: i64, n: usize) -> Vec<Alias> {
    let address = format!("{source}.example.org/news/2024/05/01/article-number-{round}-{n}");
    vec![Alias::Guid(format!("https://{address}.html")), Alias::Url(address)]
}

fn article(source: &SourceId, round: i64, n: usize) -> Article {
    let guid = format!("https://{source}.example.org/news/2024/05/01/article-number-{round}-{n}.html");
    // Spread over the round, so that the newest come from all sources alike.
    let id = ArticleId::derive(source, &guid, 0);
    let second = i64::from(id.as_bytes()[0]) * 14 + i64::from(id.as_bytes()[1]) % 14;
    let words = "The plant was opened on Wednesday, its director said. ";
    Article {
        id,
        source: source.clone(),
        published_id: guid.clone(),
        first_seen: at(round * 3600),
        announced_at: Some(at(round * 3600 + second)),
        withdrawn_at: None,
        revision: 1,
        said: Digest::of(guid.as_bytes()),
        content: Content {
            title: Some(format!(
                "Article {n} of round {round}: a {} was opened",
                if n == 7 { "bridge" } else { "plant" }
            )),
            summary: Some(words.to_owned()),
            body: format!("<p>{}</p>", words.repeat(18)),
            text: words.repeat(17),
            published: Some(at(round * 3600 + second)),
            authors: vec![Person::named("A. Writer")],
            language: Some("en".to_owned()),
            categories: ["News", if n == 7 { "Bridges" } else { "Plants" }].map(Category::term).to_vec(),
            ..Content::new(guid.parse().expect("an address"))
        },
        guid,
    }
}

fn source(text: &str) -> SourceId {
    text.parse().expect("a source id")
}

fn at(seconds: i64) -> Timestamp {
    "2024-05-01T00:00:00Z".parse::<Timestamp>().expect("a moment") + SignedDuration::from_secs(seconds)
}

/// Measures a stretch of work.
struct Meter {
    wall: Instant,
    cpu: Duration,
}

impl Meter {
    fn start() -> Self {
        Self { wall: Instant::now(), cpu: cpu_time() }
    }

    fn print(self, what: &str, count: usize) {
        let (wall, cpu) = (self.wall.elapsed(), cpu_time().saturating_sub(self.cpu));
        println!("{what:44} {:9.1} µs CPU {:9.1} µs wall", micros(cpu, count), micros(wall, count));
    }
}

fn micros(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX))
}

/// User and system time of this process. Linux counts it in nanoseconds here; elsewhere it reads as nothing.
fn cpu_time() -> Duration {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let spent = |task: fs::DirEntry| {
        let line = fs::read_to_string(task.path().join("schedstat")).ok()?;
        line.split_whitespace().next()?.parse().ok()
    };
    tasks.filter_map(spent).map(Duration::from_nanos).sum()
}
