//! A [`Feed`] as Atom 1.0.
//!
//! Follows RFC 4287. Beyond it: Media RSS for the captions and credits of pictures, and what [`facts`] writes. Attributions and an article's own
//! origin are `via` links (§4.2.7.2: "the source of the information provided in the containing element").

use std::collections::BTreeMap;

use atom_syndication::extension::{Extension, ExtensionMap};
use atom_syndication::{Category, Content, Entry, FixedDateTime, Generator, Link, Person, Source, Text, WriteConfig};
use jiff::Timestamp;

use super::text::{clean, demanded_title, line, person_name, rfc3339, some_line, source_name, summary};
use super::{Format, GENERATOR, facts, media};
use crate::model::{self, Feed, FeedEntry, Origin};

/// Writes the feed.
pub(super) fn write(feed: &Feed) -> Vec<u8> {
    let config = WriteConfig { write_document_declaration: false, indent_size: Some(1) };
    let declaration = b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_vec();
    let mut bytes =
        head(feed).write_with_config(declaration, config).expect("writing to memory fails for lack of memory only");
    bytes.push(b'\n');
    bytes
}

fn head(feed: &Feed) -> atom_syndication::Feed {
    let title = line(&feed.title);
    let entries: Vec<Entry> = feed.entries.iter().map(|given| entry(feed, given)).collect();
    // §4.1.1: every entry has an author, or the feed has one for those that lack one.
    let anonymous = entries.is_empty() || entries.iter().any(|entry| entry.authors.is_empty());
    let author = Person { name: title.clone(), ..Person::default() };
    let namespaces = facts::namespaces(entries.iter().flat_map(|entry| entry.extensions.keys()));
    let mut links = vec![
        typed_link("self", &feed.url(Format::Atom.extension()), Format::Atom.bare_media_type()),
        typed_link("alternate", &feed.page_url(), "text/html"),
    ];
    links.extend(feed.hubs.iter().map(|hub| link("hub", hub.to_string())));
    atom_syndication::Feed {
        title: Text::plain(title),
        subtitle: some_line(Some(&feed.description)).map(Text::plain),
        id: feed.id.urn(feed.base_url.as_str()),
        updated: moment(feed.updated),
        authors: if anonymous { vec![author] } else { Vec::new() },
        generator: Some(Generator { value: GENERATOR.to_owned(), ..Generator::default() }),
        links,
        entries,
        namespaces,
        lang: some_line(feed.language.as_deref()),
        ..atom_syndication::Feed::default()
    }
}

fn entry(feed: &Feed, given: &FeedEntry) -> Entry {
    let article = &given.article;
    let content = &article.content;
    let own_language = content.language.as_deref().filter(|tag| feed.language.as_deref() != Some(tag)).map(line);
    let text = |value: String| Text { value, lang: own_language.clone(), ..Text::default() };
    let html = || Content {
        value: Some(clean(&content.body).into_owned()),
        content_type: Some("html".to_owned()),
        lang: own_language.clone(),
        ..Content::default()
    };
    Entry {
        title: text(demanded_title(content)),
        id: line(&article.published_id),
        updated: moment(article.touched()),
        published: content.published.and_then(rfc3339).and_then(|text| text.parse().ok()),
        authors: content.authors.iter().filter_map(person).collect(),
        categories: content.categories.iter().map(category).collect(),
        links: links(given),
        source: Some(source(given)),
        summary: summary(content).map(text),
        content: (!content.body.is_empty()).then(html),
        extensions: extensions(content),
        ..Entry::default()
    }
}

/// The Unix epoch stands for years that cannot be written: Atom demands a moment.
fn moment(moment: Timestamp) -> FixedDateTime {
    let written = |moment| rfc3339(moment).and_then(|text| text.parse().ok());
    written(moment).or_else(|| written(Timestamp::UNIX_EPOCH)).unwrap_or_default()
}

fn person(person: &model::Person) -> Option<Person> {
    Some(Person {
        name: person_name(person)?,
        email: some_line(person.email.as_deref()),
        uri: some_line(person.url.as_deref()),
        ..Person::default()
    })
}

fn category(category: &model::Category) -> Category {
    Category {
        term: line(&category.term),
        scheme: some_line(category.scheme.as_deref()),
        label: some_line(category.label.as_deref()),
    }
}

fn links(entry: &FeedEntry) -> Vec<Link> {
    let content = &entry.article.content;
    let mut links = vec![link("alternate", content.link.to_string())];
    links.extend(some_line(content.comments.as_deref()).map(|url| link("replies", url)));
    links.extend(some_line(content.license.as_deref()).map(|url| link("license", url)));
    links.extend(content.enclosures.iter().map(enclosure));
    let named = content.attributions.iter().flat_map(|attribution| &attribution.names);
    links.extend(named.filter_map(|named| {
        Some(Link { title: some_line(Some(&named.name)), ..link("via", some_line(named.url.as_deref())?) })
    }));
    links.extend(content.origin.as_ref().and_then(via));
    links.extend(entry.also.iter().map(|telling| Link {
        title: Some(source_name(&telling.origin, &telling.source)),
        ..link("related", telling.link.to_string())
    }));
    links
}

fn via(origin: &Origin) -> Option<Link> {
    let url = [&origin.home, &origin.feed_url].into_iter().find_map(|url| some_line(url.as_deref()))?;
    Some(Link { title: some_line(origin.title.as_deref()), ..link("via", url) })
}

fn enclosure(enclosure: &model::Enclosure) -> Link {
    Link {
        mime_type: some_line(enclosure.media_type.as_deref()),
        length: enclosure.length_bytes.map(|length| length.to_string()),
        title: some_line(enclosure.title.as_deref()),
        ..link("enclosure", line(&enclosure.url))
    }
}

fn link(rel: &str, href: String) -> Link {
    Link { href, rel: rel.to_owned(), ..Link::default() }
}

fn typed_link(rel: &str, href: &str, media_type: &str) -> Link {
    Link { mime_type: Some(media_type.to_owned()), ..link(rel, line(href)) }
}

/// The feed the entry comes from, by an id of ours: theirs may change, or not be there.
fn source(entry: &FeedEntry) -> Source {
    let origin = &entry.origin;
    let links = [("self", &origin.feed_url), ("alternate", &origin.home)];
    Source {
        title: Text::plain(source_name(origin, &entry.article.source)),
        id: entry.article.source.urn(),
        // The crate always writes one. The source has changed at least when it gave this entry.
        updated: moment(entry.article.touched()),
        links: links.into_iter().filter_map(|(rel, url)| Some(link(rel, some_line(url.as_deref())?))).collect(),
        ..Source::default()
    }
}

fn extensions(content: &model::Content) -> ExtensionMap {
    // Enclosures are links already.
    let media: Vec<Extension> =
        media::objects(content, content.enclosures.len()).into_iter().map(Extension::from).collect();
    let mut map = ExtensionMap::new();
    if !media.is_empty() {
        map.insert("media".to_owned(), BTreeMap::from([("content".to_owned(), media)]));
    }
    facts::put(facts::nodes(content, facts::Writer::Atom), &mut map);
    map
}
