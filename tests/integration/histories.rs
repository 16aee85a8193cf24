//! Histories of sources: a sequence of documents each, and the articles and announcements that must come of them.
//!
//! `tests/fixtures/histories/*.toml` tell them; every one is read by the real program over loopback, once with each store.
//! `cargo test --test integration histories -- --nocapture` prints the table.
//!
//! A file names its entries and then says, step by step, which of them the document lists. `{ of = "x", … }` lists an entry
//! with some of its keys changed; `n = "1..30"` lists it once for each number, which stands for `{n}` in its texts; `{step}` is
//! the number of the step. `day 20` is noon of the 20th day of 2026 and `words 40` a text of 40 words that no other entry has.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use courant::model::{Article, ArticleId};
use jiff::{SignedDuration, Timestamp};
use proptest::strategy::Strategy as _;
use serde::Deserialize;

use crate::support::documents::{article, day, item, rss};
use crate::support::{ALL, Answer, House, Press, SteppedClock, World};

/// When every history begins: the 150th day of 2026.
const BEGIN: &str = "2026-05-30T12:00:00Z";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    /// What happens, in a sentence.
    about: String,
    /// Whether the source is a listing page whose links lead to the texts of the entries.
    #[serde(default)]
    page: bool,
    /// Entries by name.
    #[serde(default)]
    entry: BTreeMap<String, Entry>,
    step: Vec<Step>,
    /// What must be at the end.
    expect: Expect,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entry {
    of: Option<String>,
    n: Option<String>,
    guid: Option<String>,
    link: Option<String>,
    title: Option<String>,
    date: Option<String>,
    text: Option<String>,
    /// The page says that this is its address.
    canonical: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// Time since the step before, as `2h` or `3d`; 2 hours unless told.
    #[serde(default)]
    after: Option<String>,
    /// What the document lists: names, or entries with keys changed.
    list: Vec<toml::Value>,
    /// The steps are done so many times over.
    #[serde(default)]
    times: Option<usize>,
    /// How many must be announced after it.
    #[serde(default)]
    announced: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// Articles held.
    articles: usize,
    /// Of these announced, the ones of the first reading included.
    announced: usize,
    /// Earlier forms of those announced.
    #[serde(default)]
    revisions: usize,
    /// Titles of the newest announcements, the newest first.
    #[serde(default)]
    newest: Vec<String>,
}

/// What came of a history.
struct Outcome {
    documents: usize,
    articles: usize,
    announced: usize,
    revisions: usize,
    wrong: Vec<String>,
}

impl Entry {
    fn over(self, base: &Self) -> Self {
        let base = base.clone();
        Self {
            of: None,
            n: self.n,
            guid: self.guid.or(base.guid),
            link: self.link.or(base.link),
            title: self.title.or(base.title),
            date: self.date.or(base.date),
            text: self.text.or(base.text),
            canonical: self.canonical.or(base.canonical),
        }
    }

    /// The entry with every placeholder filled in.
    fn filled(&self, name: &str, number: u32, step: usize) -> Self {
        let fill = |text: &Option<String>| {
            let text = text.as_ref()?;
            let mut text = text.replace("{step}", &step.to_string());
            // Numbers, with what is added to them: `{n}`, `{n+100}`.
            while let Some((before, rest)) = text.split_once("{n") {
                let (sum, after) = rest.split_once('}').expect("a closed brace");
                let more: u32 = sum.trim_start_matches('+').parse().unwrap_or(0);
                text = format!("{before}{}{after}", number + more);
            }
            Some(text)
        };
        let text = fill(&self.text).map(|text| match text.strip_prefix("words ") {
            Some(rest) => {
                let (count, seed) = rest.split_once(' ').unwrap_or((rest, name));
                words(&format!("{seed} {number}"), count.parse().expect("a number of words"))
            }
            None => text,
        });
        let date = fill(&self.date).map(|date| match date.strip_prefix("day ") {
            Some(rest) => moment(rest),
            None => date,
        });
        Self {
            of: None,
            n: None,
            guid: fill(&self.guid),
            link: fill(&self.link),
            title: fill(&self.title),
            date,
            text,
            canonical: fill(&self.canonical),
        }
    }
}

/// `20`, or `20 15:30`: a moment of that day of 2026.
fn moment(text: &str) -> String {
    let (number, time) = text.split_once(' ').unwrap_or((text, "12:00"));
    let noon = day(number.parse().expect("a day"));
    let time = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
    format!("{}T{time}Z", &noon[..10])
}

/// A text that nobody else has, in words of no language.
fn words(seed: &str, count: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ka", "lo", "mir", "ten", "sa", "vul", "pe", "dro", "ni", "hal", "be", "gor", "ti", "ras", "um", "fe"];
    let mut state = seed
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 60).unwrap_or(0)
    };
    let word = |next: &mut dyn FnMut() -> usize| (0..2 + next() % 2).map(|_| SYLLABLES[next()]).collect::<String>();
    let all: Vec<String> = (0..count).map(|_| word(&mut next)).collect();
    format!("{}.", all.join(" "))
}

fn listed(history: &History, step: &Step, number: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    for value in &step.list {
        let (name, entry) = match value {
            toml::Value::String(name) => (name.clone(), Entry::default()),
            other => {
                let entry: Entry = other.clone().try_into().expect("an entry");
                (entry.of.clone().unwrap_or_default(), entry)
            }
        };
        let base = history.entry.get(&name).cloned().unwrap_or_default();
        let entry = entry.over(&base);
        let numbers = entry.n.clone().unwrap_or_else(|| "0..0".to_owned());
        let (first, last) = numbers.split_once("..").expect("a range");
        let (first, last): (u32, u32) = (first.parse().expect("a number"), last.parse().expect("a number"));
        // Feeds begin with the newest.
        entries.extend((first..=last).rev().map(|n| entry.filled(&name, n, number)));
    }
    entries
}

/// Puts the document up.
fn publish(world: &World, entries: &[Entry], page: bool) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    if !page {
        let items: Vec<String> = entries
            .iter()
            .map(|entry| {
                item(
                    &text(&entry.guid),
                    &text(&entry.link),
                    &text(&entry.title),
                    &text(&entry.date),
                    &text(&entry.text),
                )
            })
            .collect();
        world.put("/feed.rss", Answer::feed(rss(&items)));
        return;
    }
    let mut list = String::new();
    for entry in entries {
        let (link, title) = (text(&entry.link), text(&entry.title));
        let _ = writeln!(
            list,
            "<li class=\"news\"><a href=\"{link}\">{title}</a><i>{}</i><p>{}</p></li>",
            text(&entry.date),
            text(&entry.guid)
        );
        let posted = "12.05.2026 10:00:00";
        let mut page = article(&title, posted, &[&text(&entry.text)]);
        if let Some(canonical) = &entry.canonical {
            page = page
                .replace("<title>", &format!("<link rel=\"canonical\" href=\"{}{canonical}\"><title>", world.origin()));
        }
        world.put(&link, Answer::page(page));
    }
    world.put("/office/", Answer::page(format!("<!DOCTYPE html><html lang=\"en\"><head><title>News</title></head><body><ul class=\"list\">\n{list}</ul></body></html>")));
}

const SITE: &str = r#"[site]
id = "gazette"
name = "The Office"
language = "en"
timezone = "UTC"

[list]
url = "{origin}/office/"
item = "ul.list li.news"
link = "a @href"
title = "a"
summary = "p"
published = "i"

[article]
title = "h1"
body = "div.text"
"#;

async fn run(history: &History, store: &str) -> Outcome {
    let world = World::start();
    let mut house = if history.page {
        let house = House::new(ALL);
        house.write("sites/gazette.toml", SITE.replace("{origin}", &world.origin()));
        house
    } else {
        House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))])
    };
    house.set("COURANT_STORE", store);
    let clock = SteppedClock::at(BEGIN);
    let press = Press::open(&house, &clock).await;
    let (mut wrong, mut documents) = (Vec::new(), 0);
    let mut before: BTreeMap<ArticleId, (Option<Timestamp>, String)> = BTreeMap::new();
    for step in &history.step {
        for _ in 0..step.times.unwrap_or(1) {
            documents += 1;
            publish(&world, &listed(history, step, documents), history.page);
            let after: SignedDuration = step.after.as_deref().unwrap_or("2h").parse().expect("a duration");
            clock.step(jiff::Span::new().seconds(after.as_secs()));
            press.all().await;
            // Pages that wait, one a round.
            while history.page && press.status("gazette").await.pending > 0 {
                clock.step(jiff::Span::new().minutes(1));
                press.due().await;
            }
            wrong.extend(
                broken(&mut before, &press.articles().await)
                    .into_iter()
                    .map(|what| format!("document {documents}: {what}")),
            );
        }
        let announced = press.articles().await.len();
        if step.announced.is_some_and(|wanted| wanted != announced) {
            wrong.push(format!("{announced} announced after document {documents}, not {:?}", step.announced));
        }
    }
    let articles = press.articles().await;
    let held = usize::try_from(press.status("gazette").await.articles).expect("few");
    let revisions = articles.iter().map(|article| article.revision as usize - 1).sum();
    let titles: Vec<&str> = articles.iter().filter_map(|article| article.content.title.as_deref()).collect();
    if !titles.iter().zip(&history.expect.newest).all(|(title, wanted)| title == wanted)
        || titles.len() < history.expect.newest.len()
    {
        wrong.push(format!("titles {titles:?}"));
    }
    press.close().await;
    Outcome { documents, articles: held, announced: articles.len(), revisions, wrong }
}

/// One thing that becomes of a source between two documents.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// A new article.
    News,
    /// All guids are others.
    Guids,
    /// All addresses are others.
    Move,
    /// All guids and addresses are others.
    Rename,
    /// All dates are later.
    Bump,
    /// One title is edited.
    Title(usize),
    /// One text is edited.
    Text(usize),
    /// One entry is missing this time.
    Gap(usize),
    /// The order is another.
    Order,
    /// Addresses carry another parameter.
    Tracking,
}

/// A source that lives through these turns: every article it ever told is told once.
fn lived(turns: &[Turn]) -> History {
    let (mut told, mut step) = (5, Vec::new());
    let (mut guids, mut place, mut bump, mut tracking) = (0, 0, 0, 0);
    let (mut titles, mut texts) = (BTreeMap::new(), BTreeMap::new());
    for turn in std::iter::once(&Turn::Order).chain(turns) {
        match turn {
            Turn::News => told += 1,
            Turn::Guids => guids += 1,
            Turn::Move => place += 1,
            Turn::Rename => (guids, place) = (guids + 1, place + 1),
            Turn::Bump => bump += 1,
            Turn::Title(n) => *titles.entry(n % told).or_insert(0) += 1,
            Turn::Text(n) => *texts.entry(n % told).or_insert(0) += 1,
            Turn::Tracking => tracking += 1,
            Turn::Gap(_) | Turn::Order => {}
        }
        let mut numbers: Vec<usize> = (0..told).rev().collect();
        match turn {
            Turn::Gap(n) => drop(numbers.remove(n % told)),
            Turn::Order => numbers.reverse(),
            _ => {}
        }
        let entry = |n: &usize| {
            let (title, text) = (titles.get(n).copied().unwrap_or(0), texts.get(n).copied().unwrap_or(0));
            let mut table = toml::Table::new();
            let mut put = |key: &str, value: String| drop(table.insert(key.to_owned(), toml::Value::String(value)));
            put("guid", format!("g{guids}-{n}"));
            put("link", format!("https://host{place}.example.org/{place}/{n}?utm_source=s{tracking}"));
            put("title", format!("{} {title}", words(&format!("title {n}"), 4)));
            put("date", format!("day {} {:02}:00", 100 + n, bump % 24));
            put("text", format!("{} {}", words(&format!("text {n}"), 50), words(&format!("edit {n} {text}"), 8)));
            toml::Value::Table(table)
        };
        step.push(Step { after: None, list: numbers.iter().map(entry).collect(), times: None, announced: Some(told) });
    }
    let expect = Expect { articles: told, announced: told, revisions: 0, newest: Vec::new() };
    History { about: format!("{turns:?}"), page: false, entry: BTreeMap::new(), step, expect }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_becomes_of_a_source_no_article_is_lost_or_doubled(
        turns in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::prelude::Just(Turn::News),
                proptest::prelude::Just(Turn::Guids),
                proptest::prelude::Just(Turn::Move),
                proptest::prelude::Just(Turn::Rename),
                proptest::prelude::Just(Turn::Bump),
                (0..9_usize).prop_map(Turn::Title),
                (0..9_usize).prop_map(Turn::Text),
                (0..9_usize).prop_map(Turn::Gap),
                proptest::prelude::Just(Turn::Order),
                proptest::prelude::Just(Turn::Tracking),
            ],
            1..8,
        )
    ) {
        let history = lived(&turns);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let outcome = runtime.block_on(run(&history, "memory:"));
        let came = (outcome.articles, outcome.announced, outcome.wrong);
        proptest::prop_assert_eq!(came, (history.expect.articles, history.expect.announced, Vec::new()));
    }
}

/// What must hold at every step: what was announced stays, at its place and under its id, and no two have one id.
fn broken(before: &mut BTreeMap<ArticleId, (Option<Timestamp>, String)>, articles: &[Article]) -> Vec<String> {
    let mut wrong = Vec::new();
    let now: BTreeMap<_, _> =
        articles.iter().map(|article| (article.id, (article.announced_at, article.published_id.clone()))).collect();
    for (id, place) in before.iter() {
        if now.get(id) != Some(place) {
            wrong.push(format!("article {id} lost its place or its id"));
        }
    }
    let mut ids: Vec<&String> = now.values().map(|(_, id)| id).collect();
    ids.sort();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        wrong.push("one id for two articles".to_owned());
    }
    *before = now;
    wrong
}

#[tokio::test]
async fn every_history_comes_to_its_articles_and_announcements() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/histories");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the histories").flatten().map(|file| file.path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no histories");
    let only = std::env::var("HISTORY").unwrap_or_default();
    println!(
        "{:38} {:6} {:>9} {:>8} {:>9} {:>9}  verdict",
        "history", "store", "documents", "articles", "announced", "revisions"
    );
    let mut failed = Vec::new();
    for file in files {
        let name = file.file_stem().expect("a name").to_string_lossy().replace('_', " ");
        if !name.contains(&only) {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("readable");
        let history: History = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!history.about.is_empty(), "{name}");
        for store in ["memory:", "sqlite:courant.db"] {
            let mut outcome = run(&history, store).await;
            let wanted = &history.expect;
            let came = (outcome.articles, outcome.announced, outcome.revisions);
            if came != (wanted.articles, wanted.announced, wanted.revisions) {
                outcome.wrong.insert(
                    0,
                    format!(
                        "wanted {} articles, {} announced, {} revisions",
                        wanted.articles, wanted.announced, wanted.revisions
                    ),
                );
            }
            let kind = store.split(':').next().unwrap_or_default();
            let verdict = if outcome.wrong.is_empty() {
                "right".to_owned()
            } else {
                format!("WRONG: {}", outcome.wrong.join("; "))
            };
            println!(
                "{name:38} {kind:6} {:9} {:8} {:9} {:9}  {verdict}",
                outcome.documents, outcome.articles, outcome.announced, outcome.revisions
            );
            if !outcome.wrong.is_empty() {
                failed.push(format!("{name} ({kind}): {verdict}"));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
