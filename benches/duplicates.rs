//! What it costs to find who tells the same story, for one new article, in stores of several sizes.
//!
//! `cargo bench --bench duplicates [-- SIZE …]` (10,000, 100,000 and 1,000,000 unless told). CPU is that of the whole process, the
//! store's own threads included.

#![expect(clippy::print_stdout, reason = "figures are for people")]

use std::time::{Duration, Instant};

use courant::likeness::story::{Account, is_one, keys};
use courant::model::{Alias, Article, ArticleId, Content, Digest, SourceId};
use courant::plan::{Changes, NewArticle, SourceState, StoryMark};
use courant::store::{ClaimRequest, Due, Refresh, Store, open};
use jiff::{SignedDuration, Timestamp};

const SOURCES: usize = 1000;
const PER_REFRESH: usize = 20;
/// Articles a day: what fills the days that are looked at.
const DAYS: i64 = 30;

#[tokio::main]
async fn main() {
    let mut sizes: Vec<usize> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000, 1_000_000];
    }
    signatures();
    for size in sizes {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&format!("sqlite:{}", folder.path().join("courant.db").display())).await.expect("opens");
        let sources: Vec<SourceId> = (0..SOURCES).map(|n| format!("source-{n:04}").parse().expect("an id")).collect();
        store.sync_sources(&sources, at(0)).await.expect("takes the sources");
        let mut written = 0;
        while written < size {
            written += round(&*store, written, size, false).await.0;
        }
        let (count, spent, wall) = round(&*store, written, size, true).await;
        let (plain, without, _) = round(&*store, written + count, size, false).await;
        let micros = |spent: Duration, count: usize| {
            spent.as_secs_f64() * 1e6 / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX))
        };
        println!(
            "{size:9} held: {:6.0} µs of CPU ({:.0} µs wall) for a new article with its story, {:.0} without",
            micros(spent, count),
            micros(wall, count),
            micros(without, plain)
        );
        store.close().await;
    }
}

/// The keys of an article of 2 kB, and comparing two.
fn signatures() {
    let texts: Vec<String> = (0..1000).map(text).collect();
    let began = Instant::now();
    let made: usize = texts.iter().map(|text| keys(text).len()).sum();
    println!(
        "{:6.1} µs for the {} keys of a text of {} bytes",
        began.elapsed().as_secs_f64() * 1e6 / 1000.0,
        made / 1000,
        texts[0].len()
    );
    let began = Instant::now();
    let same = texts
        .iter()
        .filter(|text| {
            let retold = text.replace(" 1", " 2");
            is_one(&Account { title: None, text }, &Account { title: None, text: &retold })
        })
        .count();
    println!(
        "{:6.1} µs for comparing two texts that met ({same} of 1000 alike)",
        began.elapsed().as_secs_f64() * 1e6 / 1000.0
    );
}

/// Fifty sources with twenty articles each, every tenth told by another source before; gives the count and what it cost. With
/// `all`, stories are looked for too.
async fn round(store: &dyn Store, from: usize, size: usize, all: bool) -> (usize, Duration, Duration) {
    let now = at(i64::try_from(from).expect("few") * DAYS * 86_400 / i64::try_from(size).expect("few"));
    let request =
        ClaimRequest { now: at(i64::MAX / 2_000_000), lease: Duration::from_mins(10), limit: 50, due: Due::ByTime };
    let claims = store.claim_due(&request).await.expect("claims");
    let mut refreshes = Vec::new();
    for (index, claim) in claims.into_iter().enumerate() {
        let new: Vec<NewArticle> = (0..PER_REFRESH)
            .map(|n| {
                let number = from + index * PER_REFRESH + n;
                // Every tenth repeats what was told fifty articles ago.
                article(
                    &claim.source,
                    number,
                    if number.is_multiple_of(10) { number.saturating_sub(50) } else { number },
                    now,
                )
            })
            .collect();
        let state = SourceState { next_due: Some(now), ..SourceState::default() };
        refreshes.push(Refresh { claim, changes: Changes { new, ..Changes::state_only(state) } });
    }
    let count = refreshes.len() * PER_REFRESH;
    let (cpu, wall) = (cpu_time(), Instant::now());
    let day = now.as_second() / 86_400;
    for refresh in &mut refreshes {
        let marks = refresh.changes.new.iter().map(|new| StoryMark {
            article: new.article.id,
            day,
            keys: keys(&new.article.content.text),
            story: None,
        });
        refresh.changes.stories = marks.collect();
    }
    if all {
        let wanted: Vec<i64> =
            refreshes.iter().flat_map(|refresh| &refresh.changes.stories).flat_map(|mark| mark.keys.clone()).collect();
        let told = store.told(day - 2..=day + 2, &wanted).await.expect("answers");
        for refresh in &mut refreshes {
            for (mark, new) in refresh.changes.stories.iter_mut().zip(&refresh.changes.new) {
                let met = told.iter().find(|told| mark.keys.contains(&told.key));
                let Some(met) = met else { continue };
                let Some(other) = store.article(met.article).await.expect("answers") else { continue };
                let account = |content: &'_ Content| content.text.clone();
                let (one, two) = (account(&other.content), account(&new.article.content));
                if is_one(&Account { title: None, text: &one }, &Account { title: None, text: &two }) {
                    mark.story = Some(met.story.unwrap_or(met.article));
                }
            }
        }
    } else if from >= size {
        for refresh in &mut *refreshes {
            refresh.changes.stories.clear();
        }
    }
    store.finish(&refreshes).await.expect("finishes");
    (count, cpu_time().saturating_sub(cpu), wall.elapsed())
}

fn article(source: &SourceId, number: usize, told: usize, now: Timestamp) -> NewArticle {
    let link: url::Url = format!("https://{source}.example.org/{number}").parse().expect("an address");
    let text = text(told);
    let article = Article {
        id: ArticleId::derive(source, link.as_str(), 0),
        source: source.clone(),
        guid: link.to_string(),
        published_id: link.to_string(),
        first_seen: now,
        announced_at: Some(now),
        withdrawn_at: None,
        revision: 1,
        said: Digest::of(link.as_str().as_bytes()),
        content: Content { body: format!("<p>{text}</p>"), text, published: Some(now), ..Content::new(link.clone()) },
    };
    NewArticle { article, aliases: vec![Alias::Guid(link.to_string())] }
}

/// A text of 300 words that the number decides.
fn text(number: usize) -> String {
    let mut state = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut text = String::new();
    for _ in 0..300 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push_str(&format!("w{} ", state % 5000));
    }
    text
}

fn at(second: i64) -> Timestamp {
    let begin: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a moment");
    begin.checked_add(SignedDuration::from_secs(second.min(3_000_000_000))).expect("in range")
}

/// CPU time of this process so far.
fn cpu_time() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let spent = |task: std::fs::DirEntry| {
        let line = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        line.split_whitespace().next()?.parse().ok()
    };
    tasks.filter_map(spent).map(Duration::from_nanos).sum()
}
