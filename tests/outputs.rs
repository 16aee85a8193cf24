//! Outputs built from every readable document of the corpus in `COURANT_CORPORA`: read back by our own reader with every
//! field equal, and written to `target/outputs` for the checks of other makes (`tests/outputs.py`).
//!
//! Each document is made a feed as a refresh and a rendering would: parsed, normalized, an article each, published in every
//! format. What a format cannot carry is told in `docs/formats.md`; everything else must come back.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use courant::model::{
    Article, ArticleId, Category, Content, Document, Entry, Feed, FeedEntry, Figure, Format, History, Origin, Person,
    SourceId, Text, TextKind,
};
use courant::{dom, emit, normalize, parse, uri};
use jiff::Timestamp;

const NOW: &str = "2026-03-10T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().expect("a moment")
}

/// The documents of a corpus, by their names.
fn documents(corpora: &Path) -> Vec<(String, Document)> {
    let folder = corpora.join("feeds");
    let manifest = fs::read_to_string(folder.join("manifest.jsonl")).expect("the manifest of the feeds");
    let document = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let body = fs::read(folder.join(line["file"].as_str().expect("a file"))).expect("a readable file");
        let url = line["url"].as_str().unwrap_or("https://press.example.org/feeds/news.xml");
        let content_type = line["content_type"].as_str().map(str::to_owned);
        let document = Document { url: url.parse().ok(), content_type, body: body.into() };
        (line["id"].as_str().expect("an id").to_owned(), document)
    };
    manifest.lines().map(document).collect()
}

/// The feed that a document would be published as.
fn feed(document: &Document) -> Option<Feed> {
    let reading = parse::feed(document).ok()?;
    let source: SourceId = "press".parse().expect("an id");
    let home = "https://press.example.org/".parse().expect("an address");
    let base = document.url.as_ref();
    let language = reading.channel.language.as_deref();
    let authors = reading.inherited_authors();
    let context = normalize::Context { base, home: &home, language, authors, now: now() };
    let identities = normalize::identities(&reading.entries, base, &home);
    let mut ids = HashSet::new();
    let articles = reading.entries.iter().cloned().zip(identities).enumerate().map(|(number, (entry, identity))| {
        let draft = normalize::draft(entry, identity, false, &context);
        let id = ArticleId::derive(&source, &format!("{number}"), 0);
        let pinned = Some(draft.guid.clone()).filter(|guid| uri::is_uri(guid) && ids.insert(guid.clone()));
        let published_id = pinned.unwrap_or_else(|| id.urn());
        Article {
            id,
            source: source.clone(),
            guid: draft.guid,
            published_id,
            first_seen: now(),
            announced_at: Some(now()),
            withdrawn_at: None,
            revision: 1,
            said: draft.said,
            content: draft.content,
        }
    });
    let title = reading.channel.title.as_ref().map(|title| dom::squash(&title.value));
    let origin = Origin {
        id: Some(source.urn()),
        title: title.clone(),
        feed_url: base.map(ToString::to_string),
        home: reading.channel.link.clone(),
    };
    let entries: Vec<FeedEntry> =
        articles.map(|article| FeedEntry { article, origin: origin.clone(), also: Vec::new() }).collect();
    Some(Feed {
        id: "news".parse().expect("an id"),
        title: title.filter(|title| !title.is_empty()).unwrap_or_else(|| "News".to_owned()),
        description: reading.channel.description.as_ref().map(|text| dom::squash(&text.value)).unwrap_or_default(),
        language: language.and_then(courant::language::tidy),
        base_url: "https://news.example.org/feeds/".parse().expect("an address"),
        updated: entries.iter().map(|entry| entry.article.touched()).max().unwrap_or(Timestamp::UNIX_EPOCH),
        ttl_minutes: reading.channel.ttl.and_then(|ttl| u32::try_from(ttl.as_secs() / 60).ok()),
        hubs: Vec::new(),
        drawn: None,
        history: History::default(),
        deleted: Vec::new(),
        entries,
    })
}

/// Text as every format writes it: without what XML cannot hold.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let is_kept = |c: &char| {
        !matches!(*c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
            && !('\u{fdd0}'..='\u{fdef}').contains(c)
    };
    text.chars().filter(is_kept).collect()
}

fn line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn some_line(text: Option<&String>) -> Option<String> {
    text.map(|text| line(text)).filter(|text| !text.is_empty())
}

/// What stands for a text: plain, however it was marked up.
fn plain(text: Option<&Text>) -> Option<String> {
    let text = text?;
    let plain = if text.kind == TextKind::Html { dom::squash(&dom::text(&text.value)) } else { line(&text.value) };
    Some(plain).filter(|plain| !plain.is_empty())
}

/// Two lists of fields: as held, and as read back.
type Fields = Vec<(&'static str, String, String)>;

/// What must come back of an article in a format.
fn compared(article: &Article, entry: &Entry, format: Format, feed: &Feed) -> Fields {
    let content = &article.content;
    let mut fields: Fields = Vec::new();
    let mut add = |name, held: &dyn std::fmt::Debug, read: &dyn std::fmt::Debug| {
        fields.push((name, format!("{held:?}"), format!("{read:?}")));
    };
    let is_xml = format != Format::Json;
    add("guid", &Some(&article.published_id), &entry.guid.as_ref());
    add("link", &Some(uri::of(&content.link)), &entry.link);
    let title = some_line(content.title.as_ref());
    if format != Format::Atom || title.is_some() {
        add("title", &title, &plain(entry.title.as_ref()));
    }
    let second = |moment: Option<Timestamp>| moment.map(Timestamp::as_second);
    add("published", &second(content.published), &second(entry.published));
    let updated = if format == Format::Atom { Some(article.touched()) } else { content.updated };
    add("updated", &second(updated), &second(entry.updated));
    // A body without a summary is the description in RSS.
    let body = Some(clean(&content.body)).filter(|body| !body.trim().is_empty());
    let read = entry.content.as_ref().or(entry.summary.as_ref().filter(|_| format == Format::Rss));
    let read = read.filter(|text| text.kind == TextKind::Html).map(|text| text.value.clone());
    if body.is_some() {
        add("body", &body.map(|body| body.trim().to_owned()), &read.map(|read| read.trim().to_owned()));
    }
    if let Some(summary) = some_line(content.summary.as_ref().or(content.lead.as_ref())) {
        add("summary", &Some(summary), &plain(entry.summary.as_ref()));
    }
    people(content, entry, format, &mut add);
    add("categories", &categories(&content.categories, format), &categories(&entry.categories, format));
    let language = content.language.clone().or(feed.language.clone());
    add("language", &language, &entry.language.clone().or(feed.language.clone()));
    add("enclosures", &enclosures(content, format), &read_enclosures(entry, format));
    if is_xml {
        add("comments", &content.comments.as_deref().and_then(uri::written), &entry.comments);
        add("figures", &figures(content), &read_figures(entry));
        add("license", &content.license.as_deref().and_then(uri::written), &entry.license);
        add("rights", &some_line(content.rights.as_ref()), &plain(entry.rights.as_ref()));
        add("comment count", &content.comment_count, &entry.comment_count);
        add("feed of comments", &content.comments_feed.as_deref().and_then(uri::written), &entry.comments_feed);
        add("answers", &content.in_reply_to.as_ref().filter(|what| uri::is_uri(what)), &entry.in_reply_to.as_ref());
        add("place", &content.place, &entry.place);
        let origin = |origin: Option<&Origin>| origin.map(|origin| origin.feed_url.clone());
        let source = feed.entries.first().map(|entry| &entry.origin).filter(|origin| origin.feed_url.is_some());
        add("source", &origin(source), &origin(entry.origin.as_deref()));
    }
    fields
}

fn people(
    content: &Content,
    entry: &Entry,
    format: Format,
    add: &mut impl FnMut(&'static str, &dyn std::fmt::Debug, &dyn std::fmt::Debug),
) {
    let bare =
        |name: &str| dom::squash(&dom::text(name.split('<').next().filter(|_| name.contains('@')).unwrap_or(name)));
    let name = |person: &Person| {
        let name = some_line(person.name.as_ref()).map(|name| bare(&name)).filter(|name| !name.is_empty());
        name.or_else(|| some_line(person.email.as_ref())).or_else(|| some_line(person.url.as_ref()))
    };
    let names = |people: &[Person]| {
        let mut names: Vec<String> = people.iter().filter_map(name).collect();
        names.dedup();
        names
    };
    // Read back, a name that is a mail address is one.
    let read = |people: &[Person]| {
        people
            .iter()
            .filter_map(|person| person.name.clone().or(person.email.clone()).or(person.url.clone()))
            .collect::<Vec<_>>()
    };
    add("authors", &names(&content.authors), &read(&entry.authors));
    if format != Format::Json {
        add("contributors", &names(&content.contributors), &read(&entry.contributors));
    }
    if format == Format::Atom {
        let mail = |person: &Person| person.email.clone().filter(|mail| uri::is_mail(mail));
        let mails = |people: &[Person]| people.iter().map(mail).collect::<Vec<_>>();
        if content.authors.len() == entry.authors.len() {
            add("mail addresses", &mails(&content.authors), &mails(&entry.authors));
        }
    }
}

fn categories(categories: &[Category], format: Format) -> Vec<String> {
    let scheme = |category: &Category| match format {
        Format::Rss => some_line(category.scheme.as_ref()),
        Format::Atom => category.scheme.as_deref().and_then(uri::written),
        Format::Json | Format::Ndjson => None,
    };
    let label = |category: &Category| some_line(category.label.as_ref()).filter(|_| format == Format::Atom);
    let one = |category: &Category| format!("{} {:?} {:?}", line(&category.term), scheme(category), label(category));
    categories.iter().filter(|category| !line(&category.term).is_empty()).map(one).collect()
}

/// Addresses with types and lengths; RSS says them of one alone, and demands both.
fn enclosures(content: &Content, format: Format) -> Vec<String> {
    let all = content.enclosures.iter().filter_map(|file| {
        let media_type = file.media_type.clone().filter(|kind| uri::is_media_type(kind));
        let length = file.length_bytes.filter(|length| *length > 0);
        Some(one_enclosure(&uri::written(&file.url)?, media_type, length, format))
    });
    let mut all: Vec<String> = all.collect();
    all.sort();
    all.dedup();
    all
}

fn read_enclosures(entry: &Entry, format: Format) -> Vec<String> {
    let files = entry.enclosures.iter().map(|file| {
        let length = file.length_bytes.filter(|length| *length > 0);
        one_enclosure(&file.url, file.media_type.clone(), length, format)
    });
    let is_file =
        |media: &&courant::model::Media| format == Format::Rss && media.media_type.as_deref() != Some("image");
    let media = entry.media.iter().filter(is_file);
    let media = media.map(|media| {
        let length = media.facts.as_ref().and_then(|facts| facts.length_bytes);
        one_enclosure(&media.url, media.media_type.clone(), length, format)
    });
    let mut all: Vec<String> = files.chain(media).collect();
    all.sort();
    all.dedup();
    all
}

fn one_enclosure(url: &str, media_type: Option<String>, length: Option<u64>, format: Format) -> String {
    let media_type = media_type.filter(|kind| kind != "application/octet-stream" || format == Format::Atom);
    format!("{url} {:?} {length:?}", media_type.map(|kind| kind.trim().to_ascii_lowercase()))
}

fn figures(content: &Content) -> Vec<String> {
    let shown = |url: &str| content.figures.iter().any(|figure| figure.url.as_deref() == Some(url));
    let image = content
        .image
        .iter()
        .filter(|url| !shown(url))
        .map(|url| Figure { url: Some(url.clone()), ..Figure::default() });
    let one = |figure: &Figure| {
        let url = uri::written(figure.url.as_deref()?)?;
        Some(format!("{url} {:?} {:?}", some_line(figure.caption.as_ref()), some_line(figure.credit.as_ref())))
    };
    let mut all: Vec<String> = image.chain(content.figures.iter().cloned()).filter_map(|figure| one(&figure)).collect();
    all.sort();
    all.dedup();
    all
}

fn read_figures(entry: &Entry) -> Vec<String> {
    let media = entry.media.iter().filter(|media| media.media_type.as_deref() == Some("image"));
    let one = |media: &courant::model::Media| format!("{} {:?} {:?}", media.url, media.caption, media.credit);
    let mut all: Vec<String> = media.map(one).collect();
    all.sort();
    all.dedup();
    all
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("outputs");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a writable folder");
    folder
}

#[test]
fn every_field_of_the_corpus_comes_back_from_every_format() {
    let Some(corpora) = std::env::var_os("COURANT_CORPORA") else {
        println!("LEFT OUT: outputs of the corpora (COURANT_CORPORA is not set)");
        return;
    };
    let folder = folder();
    let (mut read, mut articles, mut fields) = (0, 0, 0);
    let mut wrong: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for (number, (name, document)) in documents(Path::new(&corpora)).iter().enumerate() {
        let Some(feed) = feed(document) else { continue };
        read += 1;
        articles += feed.entries.len();
        for format in Format::ALL {
            let bytes = emit::write(&feed, format);
            fs::write(folder.join(format!("{number:04}.{}", format.extension())), &bytes).expect("room");
            if format == Format::Ndjson {
                continue;
            }
            let url = feed.url(format.extension()).parse().ok();
            let back = parse::feed(&Document { url, content_type: None, body: bytes.into() });
            let back = back.unwrap_or_else(|error| panic!("{name} as {}: {error}", format.name()));
            let count = |wrong: &mut BTreeMap<_, Vec<String>>, what, text| {
                wrong.entry((format.extension(), what)).or_default().push(text);
            };
            if back.entries.len() != feed.entries.len() {
                count(&mut wrong, "entries", format!("{name}: {} of {}", back.entries.len(), feed.entries.len()));
                continue;
            }
            for (held, entry) in feed.entries.iter().zip(&back.entries) {
                for (field, held, read) in compared(&held.article, entry, format, &feed) {
                    fields += 1;
                    if held != read {
                        count(&mut wrong, field, format!("{name}\n    held {held}\n    read {read}"));
                    }
                }
            }
        }
    }
    println!("{read} documents, {articles} articles: {fields} fields compared");
    for ((format, field), list) in &wrong {
        println!("{format} {field}: {} differ, the first: {}", list.len(), list[..list.len().min(3)].join("\n  "));
    }
    assert!(wrong.is_empty(), "fields differ");
}
