//! What holds for every document: what is said is read, however it is written down, and damage takes no more than it hits.

mod sound;

use courant::model::{
    Article, ArticleId, Category, Content, Dialect, Digest, Document, Enclosure, Entry, Feed, FeedEntry, Format,
    Origin, Person, Reading, SourceId,
};
use courant::{discover, emit, extract, normalize, parse};
use proptest::prelude::*;
use proptest::sample::select;

use sound::{EVERY, Item, Made, PLAIN, escape};

fn document(body: impl Into<Vec<u8>>) -> Document {
    let url = "https://x.example/feed".parse().ok();
    Document { url, content_type: None, body: body.into().into() }
}

fn read(body: impl Into<Vec<u8>>) -> Reading {
    let document = document(body);
    parse::feed(&document).unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&document.body)))
}

/// Whether a text says this: as it is, or as markup says it.
fn says(text: Option<&courant::model::Text>, said: &str) -> bool {
    let is_said = |text: &courant::model::Text| {
        text.value == said || (text.kind == courant::model::TextKind::Html && text.value == escape(said))
    };
    text.is_some_and(is_said)
}

/// Holds an entry to what its item says.
fn assert_says(entry: &Entry, item: &Item, made: Made, text: &str) {
    let plain = |text: &Option<courant::model::Text>| text.as_ref().map(|text| text.value.clone());
    assert_eq!(entry.guid.as_ref(), Some(&item.id), "{text}");
    assert_eq!(entry.link.as_ref(), Some(&item.link), "{text}");
    assert!(says(entry.title.as_ref(), &item.title), "{:?} for {:?} in {text}", entry.title, item.title);
    assert!(says(entry.summary.as_ref(), &item.summary), "{:?} for {:?} in {text}", entry.summary, item.summary);
    assert_eq!(plain(&entry.content).as_ref(), Some(&item.body), "{text}");
    assert_eq!((entry.published, entry.updated), (Some(item.published), Some(item.updated)), "{text}");
    let authors: Vec<_> = entry.authors.iter().map(|person| person.name.as_deref()).collect();
    assert_eq!(authors, [Some(item.author.as_str())], "{text}");
    let terms: Vec<&str> = entry.categories.iter().map(|category| category.term.as_str()).collect();
    assert_eq!(terms, item.categories, "{text}");
    // RSS 1.0 has no enclosures.
    if made != Made::Rdf {
        let found = entry.enclosures.iter().map(|found| (found.url.clone(), found.length_bytes.unwrap_or(0)));
        assert_eq!(found.collect::<Vec<_>>(), item.enclosure.clone().into_iter().collect::<Vec<_>>(), "{text}");
    }
}

fn assert_all_said(reading: &Reading, items: &[Item], made: Made, text: &str) {
    assert_eq!(reading.entries.len(), items.len(), "{text}");
    for (entry, item) in reading.entries.iter().zip(items) {
        assert_says(entry, item, made, text);
    }
}

/// The article that says what an item says.
fn article(item: &Item) -> Article {
    let source: SourceId = "press".parse().expect("a valid id");
    let enclosure = |(url, length): &(String, u64)| Enclosure {
        url: url.clone(),
        media_type: Some("audio/mpeg".to_owned()),
        length_bytes: Some(*length),
        title: None,
        duration_seconds: None,
    };
    Article {
        id: ArticleId::derive(&source, &item.id, 0),
        source,
        guid: item.id.clone(),
        published_id: item.id.clone(),
        first_seen: item.updated,
        announced_at: Some(item.updated),
        withdrawn_at: None,
        revision: 1,
        said: Digest::of(item.id.as_bytes()),
        content: Content {
            title: Some(item.title.clone()),
            summary: Some(item.summary.clone()),
            body: item.body.clone(),
            text: "One".to_owned(),
            published: Some(item.published),
            updated: Some(item.updated),
            authors: vec![Person::named(&item.author)],
            categories: item.categories.iter().map(Category::term).collect(),
            enclosures: item.enclosure.iter().map(enclosure).collect(),
            language: Some("de".to_owned()),
            comments: Some(format!("{}#comments", item.link)),
            ..Content::new(item.link.parse().expect("a valid address"))
        },
    }
}

/// What other programs leave before or behind a feed.
const JUNK: &[&str] = &[
    "",
    "\u{feff}",
    " \r\n\t",
    "\0\0",
    "Notice: undefined index in feed.php on line 3\n",
    "<br />\n<b>Warning</b>: something in <b>/srv/feed.php</b> on line <b>7</b><br />\n",
    "<!-- generated in 0.02 seconds -->",
    "<?php echo 1 ?>",
    "<script>var a = 1 && 2 < 3;</script>",
    "<!DOCTYPE rss>",
    "Grüße",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_is_read_however_it_is_written_down(
        made in select(&EVERY[..]), items in sound::items(sound::WORDS), style in sound::style(),
    ) {
        let text = sound::document(made, &items, &style);
        let reading = read(text.clone());
        prop_assert!(reading.problems.is_empty(), "{:?} in {text}", reading.problems);
        assert_all_said(&reading, &items, made, &text);
    }

    #[test]
    fn what_is_published_says_what_was_said(format in select(&Format::FEEDS[..]), items in sound::items(sound::WORDS)) {
        let origin = Origin { title: Some("Press & office".to_owned()), ..Origin::default() };
        let entry = |item: &Item| FeedEntry { article: article(item), origin: origin.clone(), also: Vec::new() };
        let feed = Feed {
            id: "official".parse().expect("a valid id"),
            title: items[0].title.clone(),
            description: items[0].summary.clone(),
            language: Some("en".to_owned()),
            base_url: "https://news.example/".parse().expect("a valid address"),
            updated: items[0].updated,
            ttl_minutes: Some(60),
            hubs: Vec::new(),
            drawn: None,
            history: courant::model::History::default(),
            deleted: Vec::new(),
            entries: items.iter().map(entry).collect(),
        };
        let bytes = emit::write(&feed, format);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let reading = read(bytes);
        prop_assert!(reading.problems.is_empty(), "{text}");
        let made = match format { Format::Rss => Made::Rss, Format::Atom => Made::Atom, Format::Json | Format::Ndjson => Made::Json };
        assert_all_said(&reading, &items, made, &text);
        for (entry, item) in reading.entries.iter().zip(&items) {
            // JSON Feed has no member for the page with comments.
            prop_assert_eq!(entry.language.as_deref(), Some("de"), "{}", text);
            prop_assert!(format == Format::Json || entry.comments == Some(format!("{}#comments", item.link)), "{text}");
        }
        let channel = reading.channel;
        prop_assert!(says(channel.title.as_ref(), &feed.title), "{text}");
        prop_assert!(says(channel.description.as_ref(), &feed.description), "{text}");
        prop_assert_eq!((channel.link, channel.self_link), (Some(feed.page_url()), Some(feed.url(format.extension()))));
        prop_assert_eq!(channel.language.as_deref(), Some("en"));
    }

    #[test]
    fn a_feed_that_breaks_off_anywhere_gives_the_entries_before(
        made in select(&EVERY[..]), items in sound::items(sound::WORDS), at in any::<prop::sample::Index>(),
    ) {
        let text = sound::document(made, &items, &PLAIN);
        let cut = &text.as_bytes()[..at.index(text.len())];
        let whole = read(text.clone()).entries;
        let Ok(part) = parse::feed(&document(cut)) else { return Ok(()) };
        // The first entry stays even in part: there is nothing else.
        let complete = if part.entries.len() == 1 { 0 } else { part.entries.len() };
        prop_assert_eq!(&part.entries[..complete], &whole[..complete]);
        let end = match made { Made::Rss | Made::Rdf => "</item>", Made::Atom => "</entry>", Made::Json => return Ok(()) };
        let ended = String::from_utf8_lossy(cut).matches(end).count();
        prop_assert!(part.entries.len() >= ended, "{} of {ended}", part.entries.len());
    }

    #[test]
    fn junk_around_a_feed_changes_nothing(
        made in select(vec![Made::Rss, Made::Rdf, Made::Atom]), items in sound::items(sound::WORDS),
        before in select(JUNK), after in select(JUNK), words in "[a-z .,;]{0,40}",
    ) {
        let text = sound::document(made, &items, &PLAIN);
        let whole = read(text.clone());
        let damaged = format!("{before}{words}{text}{words}{after}");
        let reading = read(damaged.clone());
        prop_assert_eq!((reading.dialect, &reading.channel), (whole.dialect, &whole.channel), "{}", damaged);
        prop_assert_eq!(reading.entries, whole.entries, "{}", damaged);
    }

    #[test]
    fn an_encoding_changes_nothing(made in select(&EVERY[..]), items in sound::items(sound::CYRILLIC)) {
        let items: Vec<Item> =
            items.into_iter().map(|item| Item { body: "<p>Москва &amp; ё</p>".to_owned(), ..item }).collect();
        let text = sound::document(made, &items, &PLAIN);
        let wanted = read(text.clone());
        let wide = |mark: bool, unit: fn(u16) -> [u8; 2]| {
            let mark = if mark { "\u{feff}" } else { "" };
            format!("{mark}{text}").encode_utf16().flat_map(unit).collect::<Vec<u8>>()
        };
        let mut bodies = vec![
            format!("\u{feff}{text}").into_bytes(),
            wide(true, u16::to_le_bytes),
            wide(true, u16::to_be_bytes),
            wide(false, u16::to_le_bytes),
            wide(false, u16::to_be_bytes),
        ];
        if made != Made::Json {
            let declared = format!("<?xml version=\"1.0\" encoding=\"windows-1251\"?>{text}");
            let (bytes, _, lost) = encoding_rs::WINDOWS_1251.encode(&declared);
            prop_assert!(!lost);
            bodies.push(bytes.into_owned());
        }
        for body in bodies {
            let reading = read(body);
            prop_assert_eq!(&reading.channel, &wanted.channel);
            prop_assert_eq!(&reading.entries, &wanted.entries);
        }
    }

    #[test]
    fn no_page_makes_anything_panic(
        text in "(<html>|<body>|<p>|</p>|<div class='news'>|</div>|<a href=|'/a/1'|>|<script type='application/ld\\+json'>|\\{\"@type\":\"NewsArticle\"|,\"headline\":|\"|\\}|</script>|<meta property='og:title' content=|<time datetime='2026-01-02'>|<h1>|</h1>|<img src=x onerror=x\\(\\)>|<table>|<td>|<svg>|<style>|<template>|<base href=|Photo: |Based on materials of |2 мая 2026| text |é|&#0;|&|<!--|-->){0,60}",
    ) {
        let document = document(text);
        let entry = extract::article(&document, &extract::Context::default()).entry;
        let html = entry.content.map(|text| text.value).unwrap_or_default();
        let clean = normalize::sanitize(&html, document.url.as_ref());
        // With the space before it: in an address it is a part of a name, its space encoded.
        for word in ["<script", " onerror=", "javascript:"] {
            prop_assert!(!clean.contains(word), "{clean}");
        }
        let _ = discover::listing::find(&document, &discover::Context::default());
        let _ = discover::feeds::find(&document, &discover::Context::default());
    }
}

/// What one value that everything below it inherits may cost: each of 2,000 entries would hold a copy.
#[test]
fn what_is_inherited_costs_no_more_than_its_document() {
    let long = "a/".repeat(20_000);
    let entries = "<entry><link href='x'/><content>y</content></entry>".repeat(2_000);
    let rows = [
        format!("<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://x.example/{long}'>{entries}</feed>"),
        format!("<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='{long}'>{entries}</feed>"),
    ];
    for text in rows {
        let reading = read(text.clone());
        assert_eq!((reading.dialect, reading.entries.len()), (Dialect::Atom, 2_000));
        let size: usize = reading.entries.iter().map(|entry| format!("{entry:?}").len()).sum();
        assert!(size < text.len() * 100, "{size} bytes of entries out of {}", text.len());
    }
}

#[test]
fn a_base_of_a_page_costs_no_more_than_the_page() {
    let long = "a/".repeat(20_000);
    let pictures = "<p>Some words of an article.</p><img src=x><a href=y>z</a>".repeat(1_000);
    let page = format!("<base href='https://x.example/{long}'><article><h1>T</h1>{pictures}</article>");
    let document = document(page.clone());
    let extraction = extract::article(&document, &extract::Context::default());
    let html = extraction.entry.content.map(|text| text.value).unwrap_or_default();
    assert!(html.contains("https://x.example/x"), "{html}");
    assert!(html.len() < page.len() * 20, "{} bytes out of {}", html.len(), page.len());
}
