//! A reading to what readers get, and what they must be able to make of it.

use courant::compose::{self, Recipe, Surroundings};
use courant::emit::{self, Outline, Publication, Site};
use courant::model::{Article, Document, Feed, Format, Origin, Reading, SourceId};
use courant::plan::{self, Arrival, Circumstances};
use courant::{normalize, parse};
use jiff::Timestamp;
use url::Url;

use crate::active;

/// The feed of everything that was read, as a first refresh would make it.
#[must_use]
pub fn feed(reading: Reading, document: &Document) -> Feed {
    let now: Timestamp = "2026-03-10T12:00:00Z".parse().expect("a valid time");
    let home: Url = "https://feeds.example/a/".parse().expect("a valid address");
    let source: SourceId = "source".parse().expect("a valid id");
    let language = reading.channel.language.clone();
    let authors = reading.inherited_authors().to_vec();
    let context =
        normalize::Context { base: document.url.as_ref(), home: &home, language: language.as_deref(), authors: &authors, now };
    let identities = normalize::identities(&reading.entries, document.url.as_ref(), &home);
    let entries = reading.entries.len();
    let drafts = reading.entries.into_iter().zip(identities);
    let arrivals = drafts.map(|(entry, identity)| {
        Arrival::New(Box::new(normalize::draft(entry, identity, false, &context)))
    });
    let circumstances =
        Circumstances { source: &source, first_reading: true, newest: None, entries, first: usize::MAX, now };
    let (changes, _) = plan::plan(arrivals.collect(), &circumstances);
    let articles: Vec<Article> = changes
        .new
        .into_iter()
        .map(|new| Article { announced_at: new.article.announced_at.or(Some(now)), ..new.article })
        .collect();
    let origin = Origin {
        id: reading.channel.id,
        title: reading.channel.title.map(|title| title.value),
        feed_url: reading.channel.self_link,
        home: reading.channel.link,
    };
    let title = origin.title.clone().filter(|title| !title.trim().is_empty()).unwrap_or_else(|| "Feed".to_owned());
    let description = reading.channel.description.map(|text| text.value).unwrap_or_default();
    let settings = toml::from_str("id = 'fuzz'\ntitle = 'Fuzz'\nsources = ['*']\nlimit = { items = 100000, bytes = '900 MB' }")
        .expect("valid settings");
    let recipe = Recipe::new(settings).expect("valid settings");
    let base_url: Url = "https://news.example/feeds/".parse().expect("a valid address");
    let surroundings = Surroundings { base_url: &base_url, origins: &|_| origin.clone(), now };
    let mut feed = compose::feed(&recipe, articles, &surroundings).feed;
    (feed.title, feed.description) = (title, description);
    feed
}

/// Writes every file of the site and reads each as strictly as its format allows.
pub fn check(feed: &Feed) {
    for entry in &feed.entries {
        active::check(&entry.article.content.body);
    }
    for format in Format::ALL {
        let bytes = emit::write(feed, format);
        assert!(bytes == emit::write(feed, format), "{} is not the same twice", format.name());
        check_bytes(&bytes, format.media_type());
        check_read_back(feed, format, bytes);
    }
    let outline = Outline::of_source(
        &"source".parse().expect("a valid id"),
        &feed.entries.first().map(|entry| entry.origin.clone()).unwrap_or_default(),
        &[],
    );
    let site = Site { title: &feed.title, base_url: &feed.base_url, sources: &[outline] };
    for file in emit::site(&site, &[Publication { feed, formats: &Format::ALL }]) {
        check_bytes(&file.bytes, file.media_type);
    }
}

fn check_bytes(bytes: &[u8], media_type: &str) {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    let forbidden = text.chars().find(|c| !is_xml(*c));
    assert_eq!(forbidden, None, "in {media_type}: {text}");
    if media_type.contains("json") {
        let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
        check_json(&value);
    } else if media_type.contains("html") {
        active::check_page(text);
    } else if media_type.contains("xml") || media_type.contains("opml") {
        let parsed = roxmltree::Document::parse_with_options(
            text,
            roxmltree::ParsingOptions { nodes_limit: u32::MAX, ..roxmltree::ParsingOptions::default() },
        );
        parsed.unwrap_or_else(|error| panic!("{media_type}: {error} in {text}"));
    }
}

/// JSON can escape what XML cannot hold; a reader that goes on to XML must not meet it either.
fn check_json(value: &serde_json::Value) {
    match value {
        serde_json::Value::String(text) => assert!(text.chars().all(is_xml), "{text:?}"),
        serde_json::Value::Array(values) => values.iter().for_each(check_json),
        serde_json::Value::Object(members) => members.values().for_each(check_json),
        _ => {}
    }
}

/// Holds what our own reader makes of it to what was meant: every entry, its id, its title, its moments.
fn check_read_back(feed: &Feed, format: Format, bytes: Vec<u8>) {
    let document = Document { url: None, content_type: Some(format.media_type().to_owned()), body: bytes.into() };
    let text = || String::from_utf8_lossy(&document.body).into_owned();
    let reading = parse::feed(&document).unwrap_or_else(|error| panic!("{}: {error} in {}", format.name(), text()));
    assert_eq!(reading.problems, Vec::<String>::new(), "{}: {}", format.name(), text());
    assert_eq!(reading.entries.len(), feed.entries.len(), "{}: {}", format.name(), text());
    for (entry, meant) in reading.entries.iter().zip(&feed.entries) {
        let (article, content) = (&meant.article, &meant.article.content);
        assert_eq!(entry.guid.as_deref(), Some(line(&article.published_id).as_str()), "{}: {}", format.name(), text());
        let link = entry.link.as_deref().and_then(|link| Url::parse(link).ok());
        assert_eq!(link.as_ref(), Some(&content.link), "{}: {}", format.name(), text());
        let title = content.title.as_deref().map(line).filter(|title| !title.is_empty());
        if title.is_some() || format != Format::Atom {
            let found = entry.title.as_ref().map(|title| line(&title.value));
            assert_eq!(found, title, "{}: {}", format.name(), text());
        }
        let published = content.published.filter(|moment| moment.as_second() >= FIRST_YEAR);
        assert_eq!(
            entry.published.map(Timestamp::as_second),
            published.map(Timestamp::as_second),
            "{}: {}",
            format.name(),
            text()
        );
        let body = entry.content.as_ref().map(|text| bare(&text.value)).unwrap_or_default();
        let written = if content.body.is_empty() && format == Format::Json { &content.text } else { &content.body };
        assert_eq!(body, bare(written), "{}: {}", format.name(), text());
    }
}

/// The first second of year 1: nothing before it can be written.
const FIRST_YEAR: i64 = -62_135_596_800;

fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The text on one line, without what no format can hold and what a reader repairs.
fn line(text: &str) -> String {
    text.chars().filter(|c| is_xml(*c)).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text without white space.
fn bare(text: &str) -> String {
    text.chars().filter(|c| is_xml(*c) && !c.is_whitespace()).collect()
}
