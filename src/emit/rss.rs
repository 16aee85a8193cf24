//! A [`Feed`] as RSS 2.0.
//!
//! Follows <https://www.rssboard.org/rss-specification> and, where that is silent, <https://www.rssboard.org/rss-profile>.
//! Beyond the core: `content:encoded` for the body, `dc:creator` for authors (`author` wants a mail address), `dc:source`
//! for attributions, `dc:relation` for other tellings of a story, `dc:language` where an item's differs, `atom:link` for the feed's own address, `atom:updated` for the
//! time of a change, Media RSS for pictures, and what [`facts`] writes. `description` is a summary.

use std::collections::BTreeMap;

use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};
use rss::{Category, Channel, Enclosure, Guid, Item, Source};

use super::text::{clean, escape_html, line, person_name, rfc822, rfc3339, some_line, source_name, summary, title};
use super::{Format, GENERATOR, facts, media};
use crate::model::{self, Article, Content, Feed, FeedEntry};

const ATOM: &str = "http://www.w3.org/2005/Atom";

/// Writes the feed.
pub(super) fn write(feed: &Feed) -> Vec<u8> {
    let mut bytes =
        channel(feed).pretty_write_to(Vec::new(), b' ', 1).expect("writing to memory fails for lack of memory only");
    bytes.push(b'\n');
    bytes
}

fn channel(feed: &Feed) -> Channel {
    let title = line(&feed.title);
    let mut namespaces = BTreeMap::from([("atom".to_owned(), ATOM.to_owned())]);
    let items: Vec<Item> = feed.entries.iter().map(|entry| item(feed, entry)).collect();
    namespaces.append(&mut facts::namespaces(items.iter().flat_map(|item| item.extensions.keys())));
    Channel {
        link: feed.page_url(),
        description: some_line(Some(&feed.description)).unwrap_or_else(|| title.clone()),
        title,
        language: some_line(feed.language.as_deref()),
        last_build_date: (feed.updated != jiff::Timestamp::UNIX_EPOCH).then(|| rfc822(feed.updated)).flatten(),
        generator: Some(GENERATOR.to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        ttl: feed.ttl_minutes.map(|minutes| minutes.to_string()),
        extensions: extensions("atom", "link", links(feed)),
        namespaces,
        items,
        ..Channel::default()
    }
}

/// Where the feed is, and who tells of its changes.
fn links(feed: &Feed) -> Vec<Extension> {
    let own = [
        ("href", feed.url(Format::Rss.extension())),
        ("rel", "self".to_owned()),
        ("type", Format::Rss.bare_media_type().to_owned()),
    ];
    let hubs = feed.hubs.iter().map(|hub| atom_link([("href", hub.to_string()), ("rel", "hub".to_owned())]));
    std::iter::once(atom_link(own)).chain(hubs).collect()
}

fn atom_link<const N: usize>(attributes: [(&str, String); N]) -> Extension {
    Extension {
        name: "atom:link".to_owned(),
        // Empty text keeps the writer from breaking the line inside.
        value: Some(String::new()),
        attrs: attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        ..Extension::default()
    }
}

fn extensions(prefix: &str, name: &str, elements: Vec<Extension>) -> ExtensionMap {
    BTreeMap::from([(prefix.to_owned(), BTreeMap::from([(name.to_owned(), elements)]))])
}

fn item(feed: &Feed, entry: &FeedEntry) -> Item {
    let article = &entry.article;
    let content = &article.content;
    let title = title(content);
    // One of title and description must be there; an article that says nothing has its address.
    let description = summary(content)
        .map(|summary| escape_html(&summary))
        .or_else(|| title.is_none().then(|| escape_html(content.link.as_str())));
    Item {
        title,
        link: Some(content.link.to_string()),
        description,
        content: (!content.body.is_empty()).then(|| clean(&content.body).into_owned()),
        categories: content.categories.iter().map(category).collect(),
        comments: some_line(content.comments.as_deref()),
        enclosure: content.enclosures.first().map(enclosure),
        guid: Some(guid(article)),
        pub_date: content.published.and_then(rfc822),
        source: source(entry),
        extensions: item_extensions(content),
        dublin_core_ext: dublin_core(feed, entry),
        ..Item::default()
    }
}

/// A guid is a permalink only where it is the very address of the article: others may not open, or open something else.
fn guid(article: &Article) -> Guid {
    let value = line(&article.published_id);
    Guid { permalink: value == article.content.link.as_str(), value }
}

fn category(category: &model::Category) -> Category {
    Category { name: line(&category.term), domain: some_line(category.scheme.as_deref()) }
}

/// Length and type are required: an unknown length is 0, as the profile says, an unknown type that of any bytes.
fn enclosure(enclosure: &model::Enclosure) -> Enclosure {
    Enclosure {
        url: line(&enclosure.url),
        length: enclosure.length_bytes.unwrap_or(0).to_string(),
        mime_type: some_line(enclosure.media_type.as_deref()).unwrap_or_else(|| "application/octet-stream".to_owned()),
    }
}

/// The source by its feed, else (a page) by its home; without an address there is nothing to name.
fn source(entry: &FeedEntry) -> Option<Source> {
    let origin = &entry.origin;
    let url = [&origin.feed_url, &origin.home].into_iter().find_map(|url| some_line(url.as_deref()))?;
    Some(Source { url, title: Some(source_name(origin, &entry.article.source)) })
}

fn item_extensions(content: &Content) -> ExtensionMap {
    let mut map = ExtensionMap::new();
    if let Some(updated) = content.updated.and_then(rfc3339) {
        let element = Extension { name: "atom:updated".to_owned(), value: Some(updated), ..Extension::default() };
        map.append(&mut extensions("atom", "updated", vec![element]));
    }
    let media: Vec<Extension> = media::objects(content, 1).into_iter().map(Extension::from).collect();
    if !media.is_empty() {
        map.append(&mut extensions("media", "content", media));
    }
    facts::put(facts::nodes(content, facts::Writer::Rss), &mut map);
    map
}

fn dublin_core(feed: &Feed, entry: &FeedEntry) -> Option<DublinCoreExtension> {
    let content = &entry.article.content;
    let own_language = content.language.as_deref().filter(|tag| feed.language.as_deref() != Some(tag));
    let extension = DublinCoreExtension {
        creators: content.authors.iter().filter_map(person_name).collect(),
        relations: entry.also.iter().map(|telling| telling.link.to_string()).collect(),
        languages: own_language.map(line).into_iter().collect(),
        sources: content.attributions.iter().filter_map(|attribution| some_line(Some(&attribution.text))).collect(),
        ..DublinCoreExtension::default()
    };
    (extension != DublinCoreExtension::default()).then_some(extension)
}
