//! A [`Feed`] as Atom 1.0.
//!
//! Follows RFC 4287. Beyond it: archives (RFC 5005), tombstones (RFC 6721), threading (RFC 4685), Media RSS for the captions
//! and credits of pictures, and what [`facts`] writes. Attributions and an article's own origin are `via` links (§4.2.7.2:
//! "the source of the information provided in the containing element").

use jiff::Timestamp;

use super::text::{Plain, demanded_title, line, person_name, rfc3339, some_line, source_name, summary};
use super::xml::Xml;
use super::{Format, GENERATOR, facts, media};
use crate::model::{self, Feed, FeedEntry, Person};
use crate::uri;

/// Writes the feed.
pub(super) fn write(feed: &Feed) -> Vec<u8> {
    let bodies: usize = feed.entries.iter().map(|entry| entry.article.content.body.len() + 2_000).sum();
    let mut xml = Xml::new(1, bodies);
    head(feed, &mut xml);
    for tombstone in &feed.deleted {
        let when = moment(tombstone.when);
        xml.empty("at:deleted-entry", &[("ref", &line(&tombstone.id)), ("when", &when)]);
    }
    feed.entries.iter().for_each(|given| entry(feed, given, &mut xml));
    let language = some_line(feed.language.as_deref()).unwrap_or_default();
    xml.document("feed", &[("xmlns", "http://www.w3.org/2005/Atom"), ("xml:lang", &language)])
}

fn head(feed: &Feed, xml: &mut Xml) {
    let title = line(&feed.title);
    text("title", &title, xml);
    if let Some(subtitle) = some_line(Some(&feed.description)) {
        text("subtitle", &subtitle, xml);
    }
    xml.text("id", &[], &feed.urn());
    xml.text("updated", &[], &moment(feed.updated));
    // §4.1.1: every entry has an author, or the feed has one for those that lack one.
    let is_anonymous =
        |entry: &FeedEntry| entry.article.content.authors.iter().all(|author| person_name(author).is_none());
    if feed.entries.is_empty() || feed.entries.iter().any(is_anonymous) {
        xml.start("author", &[]);
        xml.text("name", &[], &title);
        xml.end("author");
    }
    let (own, media_type) = (Format::Atom.extension(), Format::Atom.bare_media_type());
    link("self", &feed.document_url(own), &[("type", media_type)], xml);
    link("alternate", &feed.page_url(), &[("type", "text/html")], xml);
    feed.hubs.iter().for_each(|hub| link("hub", &uri::of(hub), &[], xml));
    if feed.history.archive.is_some() {
        xml.empty("fh:archive", &[]);
        link("current", &feed.url(own), &[("type", media_type)], xml);
    }
    if let Some(previous) = feed.history.previous {
        link("prev-archive", &feed.archive_url(previous, own), &[("type", media_type)], xml);
    }
    xml.text("generator", &[], GENERATOR);
}

fn entry(feed: &Feed, given: &FeedEntry, xml: &mut Xml) {
    let article = &given.article;
    let content = &article.content;
    let own_language = content.language.as_deref().filter(|tag| feed.language.as_deref() != Some(tag)).map(line);
    xml.start("entry", &[("xml:lang", own_language.as_deref().unwrap_or_default())]);
    text("title", &demanded_title(content), xml);
    xml.text("id", &[], &line(&article.published_id));
    xml.text("updated", &[], &moment(article.touched()));
    if let Some(published) = content.published.and_then(rfc3339) {
        xml.text("published", &[], &published);
    }
    content.authors.iter().for_each(|author| person("author", author, xml));
    content.contributors.iter().for_each(|contributor| person("contributor", contributor, xml));
    content.categories.iter().for_each(|given| category(given, xml));
    links(given, xml);
    if let Some(rights) = some_line(content.rights.as_deref()) {
        text("rights", &rights, xml);
    }
    source(given, xml);
    if let Some(summary) = summary(content) {
        text("summary", &summary, xml);
    }
    if !content.body.is_empty() {
        xml.markup("content", &[("type", "html")], &content.body);
    }
    // Enclosures are links already.
    media::write(content, std::iter::empty(), xml);
    for node in facts::nodes(content, facts::Writer::Atom) {
        node.write(xml);
    }
    xml.end("entry");
}

/// A text construct (§3.1): plain, unless that would be taken for markup.
fn text(name: &str, value: &str, xml: &mut Xml) {
    match Plain::declared(value) {
        Plain::Text(value) => xml.text(name, &[], value),
        Plain::Html(html) => xml.markup(name, &[("type", "html")], &html),
    }
}

/// The Unix epoch stands for years that cannot be written: Atom demands a moment.
fn moment(moment: Timestamp) -> String {
    rfc3339(moment).or_else(|| rfc3339(Timestamp::UNIX_EPOCH)).unwrap_or_default()
}

fn person(element: &str, person: &Person, xml: &mut Xml) {
    let Some(name) = person_name(person) else { return };
    xml.start(element, &[]);
    xml.text("name", &[], &name);
    if let Some(address) = person.url.as_deref().and_then(uri::written) {
        xml.text("uri", &[], &address);
    }
    if let Some(mail) = some_line(person.email.as_deref()).filter(|mail| uri::is_mail(mail)) {
        xml.text("email", &[], &mail);
    }
    xml.end(element);
}

fn category(category: &model::Category, xml: &mut Xml) {
    let term = line(&category.term);
    if term.is_empty() {
        return;
    }
    let scheme = category.scheme.as_deref().and_then(uri::written).unwrap_or_default();
    let label = some_line(category.label.as_deref()).unwrap_or_default();
    xml.empty("category", &[("term", &term), ("scheme", &scheme), ("label", &label)]);
}

fn links(entry: &FeedEntry, xml: &mut Xml) {
    let content = &entry.article.content;
    link("alternate", &uri::of(&content.link), &[], xml);
    some_link("replies", content.comments.as_deref(), None, xml);
    some_link("license", content.license.as_deref(), None, xml);
    for file in &content.enclosures {
        let Some(address) = uri::written(&file.url) else { continue };
        let media_type = file.media_type.as_deref().filter(|kind| uri::is_media_type(kind)).unwrap_or_default();
        let length = file.length_bytes.map(|length| length.to_string()).unwrap_or_default();
        let title = some_line(file.title.as_deref()).unwrap_or_default();
        link("enclosure", &address, &[("type", media_type), ("length", &length), ("title", &title)], xml);
    }
    for named in content.attributions.iter().flat_map(|attribution| &attribution.names) {
        some_link("via", named.url.as_deref(), Some(&named.name), xml);
    }
    if let Some(origin) = &content.origin {
        let address = [&origin.home, &origin.feed_url].into_iter().find_map(|url| some_line(url.as_deref()));
        some_link("via", address.as_deref(), origin.title.as_deref(), xml);
    }
    for telling in &entry.also {
        let name = source_name(&telling.origin, &telling.source);
        link("related", &uri::of(&telling.link), &[("title", &name)], xml);
    }
}

fn link(relation: &str, address: &str, more: &[(&str, &str)], xml: &mut Xml) {
    let own = [("rel", relation), ("href", address)];
    let attributes: Vec<(&str, &str)> = own.into_iter().chain(more.iter().copied()).collect();
    xml.empty("link", &attributes);
}

fn some_link(relation: &str, address: Option<&str>, title: Option<&str>, xml: &mut Xml) {
    let Some(address) = address.and_then(uri::written) else { return };
    link(relation, &address, &[("title", &some_line(title).unwrap_or_default())], xml);
}

/// The feed the entry comes from, by an id of ours: theirs may change, or not be there.
fn source(entry: &FeedEntry, xml: &mut Xml) {
    let origin = &entry.origin;
    xml.start("source", &[]);
    text("title", &source_name(origin, &entry.article.source), xml);
    xml.text("id", &[], &entry.article.source.urn());
    // The source has changed at least when it gave this entry.
    xml.text("updated", &[], &moment(entry.article.touched()));
    some_link("self", origin.feed_url.as_deref(), None, xml);
    some_link("alternate", origin.home.as_deref(), None, xml);
    xml.end("source");
}
