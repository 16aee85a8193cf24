//! A [`Feed`] as RSS 2.0.
//!
//! Follows <https://www.rssboard.org/rss-specification> and, where that is silent, <https://www.rssboard.org/rss-profile>.
//! Beyond the core: `content:encoded` for the body, `dc:creator` for authors (`author` wants a mail address),
//! `dc:contributor`, `dc:rights`, `dcterms:provenance` for attributions, `dc:relation` for other tellings of a story,
//! `dc:language` where an item's differs, Atom's links for the feed's own address, its hubs and archives (RFC 5005),
//! `atom:updated` for the time of a change, Media RSS for pictures, and what [`facts`] writes. `description` is a summary.

use super::text::{Plain, escape_html, line, person_name, rfc822, rfc3339, some_line, source_name, summary, title};
use super::xml::Xml;
use super::{Format, GENERATOR, facts, media};
use crate::model::{Article, Content, Enclosure, Feed, FeedEntry};
use crate::uri;

/// Writes the feed.
pub(super) fn write(feed: &Feed) -> Vec<u8> {
    let bodies: usize = feed.entries.iter().map(|entry| entry.article.content.body.len() + 2_000).sum();
    let mut xml = Xml::new(1, bodies);
    xml.start("channel", &[]);
    head(feed, &mut xml);
    feed.entries.iter().for_each(|entry| item(feed, entry, &mut xml));
    xml.end("channel");
    xml.document("rss", &[("version", "2.0")])
}

fn head(feed: &Feed, xml: &mut Xml) {
    let title = line(&feed.title);
    text("title", &[], &title, xml);
    xml.text("link", &[], &feed.page_url());
    text("description", &[], &some_line(Some(&feed.description)).unwrap_or(title), xml);
    if let Some(language) = some_line(feed.language.as_deref()) {
        xml.text("language", &[], &language);
    }
    if let Some(updated) = rfc822(feed.updated).filter(|_| feed.updated != jiff::Timestamp::UNIX_EPOCH) {
        xml.text("lastBuildDate", &[], &updated);
    }
    xml.text("generator", &[], GENERATOR);
    xml.text("docs", &[], "https://www.rssboard.org/rss-specification");
    if let Some(minutes) = feed.ttl_minutes.filter(|minutes| *minutes > 0) {
        xml.text("ttl", &[], &minutes.to_string());
    }
    let (own, media_type) = (Format::Rss.extension(), Format::Rss.bare_media_type());
    let mut link = |relation, address: &str, kind| {
        xml.empty("atom:link", &[("rel", relation), ("href", address), ("type", kind)]);
    };
    link("self", &feed.document_url(own), media_type);
    feed.hubs.iter().for_each(|hub| link("hub", &uri::of(hub), ""));
    if feed.history.archive.is_some() {
        link("current", &feed.url(own), media_type);
    }
    if let Some(previous) = feed.history.previous {
        link("prev-archive", &feed.archive_url(previous, own), media_type);
    }
    if feed.history.archive.is_some() {
        xml.empty("fh:archive", &[]);
    }
}

fn item(feed: &Feed, entry: &FeedEntry, xml: &mut Xml) {
    let article = &entry.article;
    let content = &article.content;
    xml.start("item", &[]);
    let title = title(content);
    if let Some(title) = &title {
        text("title", &[], title, xml);
    }
    xml.text("link", &[], &uri::of(&content.link));
    texts(content, title.is_some(), xml);
    guid(article, xml);
    if let Some(published) = content.published.and_then(rfc822) {
        xml.text("pubDate", &[], &published);
    }
    if let Some(updated) = content.updated.and_then(rfc3339) {
        xml.text("atom:updated", &[], &updated);
    }
    people_and_subjects(feed, content, xml);
    if let Some(comments) = content.comments.as_deref().and_then(uri::written) {
        xml.text("comments", &[], &comments);
    }
    source(entry, xml);
    for telling in &entry.also {
        xml.text("dc:relation", &[], &uri::of(&telling.link));
    }
    let first = content.enclosures.iter().position(|file| uri::written(&file.url).is_some_and(|url| uri::is_web(&url)));
    if let Some(first) = first {
        enclosure(&content.enclosures[first], xml);
    }
    let rest = content.enclosures.iter().enumerate().filter(|(at, _)| Some(*at) != first).map(|(_, file)| file);
    media::write(content, rest, xml);
    for node in facts::nodes(content, facts::Writer::Rss) {
        node.write(xml);
    }
    xml.end("item");
}

/// Summary and body. A body without a summary is the description; one of title and description must be there, so that an
/// article that says nothing has its address.
fn texts(content: &Content, has_title: bool, xml: &mut Xml) {
    match (summary(content), content.body.is_empty()) {
        (Some(summary), is_bare) => {
            xml.markup("description", &[], &escape_html(&summary));
            if !is_bare {
                xml.markup("content:encoded", &[], &content.body);
            }
        }
        (None, false) => xml.markup("description", &[], &content.body),
        (None, true) if !has_title => xml.markup("description", &[], &escape_html(content.link.as_str())),
        (None, true) => {}
    }
}

fn people_and_subjects(feed: &Feed, content: &Content, xml: &mut Xml) {
    for name in content.authors.iter().filter_map(person_name) {
        xml.text("dc:creator", &[], &name);
    }
    for name in content.contributors.iter().filter_map(person_name) {
        xml.text("dc:contributor", &[], &name);
    }
    for category in &content.categories {
        if let Some(term) = some_line(Some(&category.term)) {
            let domain = some_line(category.scheme.as_deref()).unwrap_or_default();
            xml.plain("category", &[("domain", &domain)], &term);
        }
    }
    if let Some(language) = content.language.as_deref().filter(|tag| feed.language.as_deref() != Some(tag)) {
        xml.text("dc:language", &[], &line(language));
    }
    if let Some(rights) = some_line(content.rights.as_deref()) {
        text("dc:rights", &[], &rights, xml);
    }
    for attribution in content.attributions.iter().filter_map(|attribution| some_line(Some(&attribution.text))) {
        xml.text("dcterms:provenance", &[], &attribution);
    }
}

/// A guid is a permalink only where it is the very address of the article: others may not open, or open something else.
fn guid(article: &Article, xml: &mut Xml) {
    let value = line(&article.published_id);
    let is_permalink = value == article.content.link.as_str();
    xml.text("guid", &[("isPermaLink", if is_permalink { "true" } else { "false" })], &value);
}

/// Length and type are required: an unknown length is 0, as the profile says, an unknown type that of any bytes.
fn enclosure(enclosure: &Enclosure, xml: &mut Xml) {
    let url = uri::written(&enclosure.url).unwrap_or_default();
    let length = enclosure.length_bytes.unwrap_or(0).to_string();
    let media_type = enclosure.media_type.as_deref().map(str::trim).filter(|kind| uri::is_media_type(kind));
    let media_type = media_type.unwrap_or("application/octet-stream");
    xml.empty("enclosure", &[("url", &url), ("length", &length), ("type", media_type)]);
}

/// The source by its feed, else (a page) by its home; without an address there is nothing to name.
fn source(entry: &FeedEntry, xml: &mut Xml) {
    let origin = &entry.origin;
    let url = [&origin.feed_url, &origin.home].into_iter().find_map(|url| uri::written(url.as_deref()?));
    if let Some(url) = url {
        text("source", &[("url", &url)], &source_name(origin, &entry.article.source), xml);
    }
}

/// Plain text where readers disagree whether it is HTML: what looks like markup is written as HTML that shows it.
fn text(name: &str, attributes: &[(&str, &str)], value: &str, xml: &mut Xml) {
    match Plain::of(value) {
        Plain::Text(value) => xml.plain(name, attributes, value),
        Plain::Html(html) => xml.plain(name, attributes, &html),
    }
}
