//! Writing a feed of 1,000 entries and 2 MB of text in each format, and choosing 100 of 1,000 articles by rules.
//!
//! First each format beside the bare write of the same document, read back and built beforehand: by the `rss` crate, by
//! `atom_syndication`, by `serde_json`. Ends with an error where ours takes more than 1.5 times theirs.

#![expect(clippy::print_stdout, reason = "figures are for people")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use courant::compose::{self, Recipe, Surroundings};
use courant::emit::{self, Format, Publication, Site};
use courant::model::{Article, ArticleId, Content, Digest, Feed, FeedEntry, Origin, Person, SourceId};
use jiff::Timestamp;

/// How much longer than the bare write of the same document ours may take.
const MOST: f64 = 1.5;

/// Rounds of both by turns; the median counts.
const ROUNDS: usize = 60;

fn main() -> ExitCode {
    let is_fast = ratios();
    divan::main();
    if is_fast { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Ours and theirs by turns; whether all are within [`MOST`].
fn ratios() -> bool {
    let feed = feed();
    let bytes = |format| emit::write(&feed, format);
    let channel = rss::Channel::read_from(&bytes(Format::Rss)[..]).expect("reads RSS");
    let atom = atom_syndication::Feed::read_from(&bytes(Format::Atom)[..]).expect("reads Atom");
    let json: serde_json::Value = serde_json::from_slice(&bytes(Format::Json)).expect("reads JSON");
    assert_eq!((channel.items().len(), atom.entries().len()), (1000, 1000));
    let theirs: [(&str, Format, &dyn Fn() -> usize); 3] = [
        ("rss", Format::Rss, &|| channel.write_to(Vec::new()).expect("writes").len()),
        ("atom_syndication", Format::Atom, &|| atom.write_to(Vec::new()).expect("writes").len()),
        ("serde_json", Format::Json, &|| serde_json::to_vec(&json).expect("writes").len()),
    ];
    let mut is_fast = true;
    for (name, format, bare) in theirs {
        let ours = || bytes(format).len();
        let [one, other] = by_turns(&ours, bare);
        let ratio = one.as_secs_f64() / other.as_secs_f64();
        println!(
            "{:6} {:7} bytes {:6.2} ms   {name:16} {:7} bytes {:6.2} ms   {ratio:.2} times{}",
            format.extension(),
            ours(),
            one.as_secs_f64() * 1e3,
            bare(),
            other.as_secs_f64() * 1e3,
            if ratio > MOST { ": TOO SLOW" } else { "" }
        );
        is_fast &= ratio <= MOST;
    }
    is_fast
}

/// The median time of each, measured by turns.
fn by_turns(one: &dyn Fn() -> usize, other: &dyn Fn() -> usize) -> [Duration; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (times, write) in times.iter_mut().zip([one, other]) {
            let began = Instant::now();
            divan::black_box(write());
            times.push(began.elapsed());
        }
    }
    times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    })
}

#[divan::bench(args = Format::ALL)]
fn write(bencher: divan::Bencher, format: Format) {
    let feed = feed();
    let bytes = emit::write(&feed, format).len();
    bencher.counter(divan::counter::BytesCount::new(bytes)).bench(|| emit::write(divan::black_box(&feed), format));
}

#[divan::bench]
fn page(bencher: divan::Bencher) {
    let feed = feed();
    let site = Site { title: "News", base_url: &feed.base_url, sources: &[], views: false };
    bencher.bench(|| emit::pages::feed(&site, &Publication { feed: divan::black_box(&feed), formats: &Format::ALL }));
}

#[divan::bench]
fn compose(bencher: divan::Bencher) {
    let settings = "id = 'a'\ntitle = 'A'\nsources = ['*']\nduplicates = 'first'\n\
                    keep = [{ any = ['number', 'budget'], language = ['en'] }]\ndrop = [{ title = '(?i)horoscope' }]";
    let recipe = Recipe::new(toml::from_str(settings).expect("valid settings")).expect("readable rules");
    let base_url = "https://news.example.org/".parse().expect("an address");
    let surroundings = Surroundings { base_url: &base_url, origins: &origin, hubs: &[], now: at(2_000_000) };
    bencher
        .with_inputs(|| (0..1000).map(article).collect::<Vec<_>>())
        .bench_values(|articles| compose::feed(&recipe, articles, &surroundings));
}

fn feed() -> Feed {
    let entries =
        (0..1000).map(article).map(|article| FeedEntry { origin: origin(&article.source), article, also: Vec::new() });
    Feed {
        id: "official".parse().expect("an id"),
        title: "Official news".to_owned(),
        description: "What the press offices say".to_owned(),
        language: Some("en".to_owned()),
        base_url: "https://news.example.org/".parse().expect("an address"),
        updated: at(1_000_000),
        ttl_minutes: None,
        hubs: Vec::new(),
        history: courant::model::History::default(),
        drawn: None,
        deleted: Vec::new(),
        entries: entries.collect(),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("within range")
}

fn origin(source: &SourceId) -> Origin {
    Origin {
        id: None,
        title: Some(format!("Source {source}")),
        feed_url: Some(format!("https://{source}.example/feed")),
        home: Some(format!("https://{source}.example/")),
    }
}

/// An article of about 2 kB.
fn article(number: i64) -> Article {
    let source: SourceId = format!("s{}", number % 10).parse().expect("an id");
    let link = format!("https://{source}.example/news/{number}?a=1&b=2");
    let paragraph = "The plant said it would <b>open</b> its doors & hire 400 people, “soon” – as planned. ".repeat(5);
    let body = format!("<p>{}</p>\n", paragraph.replace('&', "&amp;")).repeat(4);
    Article {
        id: ArticleId::derive(&source, &link, 0),
        source,
        guid: link.clone(),
        published_id: link.clone(),
        first_seen: at(number),
        announced_at: Some(at(number)),
        withdrawn_at: None,
        revision: 1,
        said: Digest::of(link.as_bytes()),
        content: Content {
            title: Some(format!("Plant number {number} opens & hires")),
            lead: Some("The plant said it would open its doors.".to_owned()),
            text: paragraph.repeat(4),
            body,
            published: Some(at(number)),
            authors: vec![Person::named("Ann Writer")],
            language: Some("en".to_owned()),
            ..Content::new(link.parse().expect("an address"))
        },
    }
}
