//! A [`Feed`] as JSON Feed 1.1.
//!
//! Follows <https://www.jsonfeed.org/version/1.1/>. What the format has no member for is in the extension `_courant`:
//! captions and credits, leads, attributions, place lines, episodes, the source, and where each field was found. The addresses in
//! texts are absolute already. `next_url` leads to the archive before the document (RFC 5005). [`write_lines`] gives the items
//! alone, one a line.

use std::borrow::Cow;

use serde::Serialize;

use super::text::{clean, line, person_name, rfc3339, some_line, summary, title};
use super::{Format, GENERATOR, facts};
use crate::model::{self, Article, Category, Content, Enclosure, Episode, Feed, FeedEntry, Named, Place, Provenance};
use crate::uri;

/// Writes the feed.
pub(super) fn write(feed: &Feed) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(room(feed));
    serde_json::to_writer(&mut bytes, &head(feed)).expect("text, numbers and string keys are always JSON");
    bytes.push(b'\n');
    bytes
}

/// Writes the items alone, one a line: what programs read that want articles and no feed.
pub(super) fn write_lines(feed: &Feed) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(room(feed));
    for entry in &feed.entries {
        serde_json::to_writer(&mut bytes, &item(entry)).expect("text, numbers and string keys are always JSON");
        bytes.push(b'\n');
    }
    bytes
}

/// About how many bytes a feed takes.
fn room(feed: &Feed) -> usize {
    feed.entries.iter().map(|entry| entry.article.content.body.len() * 21 / 20 + 1_500).sum()
}

#[derive(Serialize)]
struct Head<'a> {
    version: &'static str,
    title: String,
    home_page_url: String,
    feed_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hubs: Vec<Hub>,
    _courant: HeadExtension,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Hub {
    r#type: &'static str,
    url: String,
}

#[derive(Serialize)]
struct HeadExtension {
    generator: &'static str,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_modified: Option<String>,
    /// Number of this archive; not there in the current document.
    #[serde(skip_serializing_if = "Option::is_none")]
    archive: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deleted: Vec<Deleted>,
}

/// An article that was withdrawn.
#[derive(Serialize)]
struct Deleted {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_deleted: Option<String>,
}

#[derive(Serialize)]
struct Item<'a> {
    id: String,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_html: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_published: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_modified: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Author>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
    _courant: Extension<'a>,
}

#[derive(Serialize)]
struct Author {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Attachment {
    url: String,
    mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_in_seconds: Option<u32>,
}

/// What only Courant says of an article.
#[derive(Serialize)]
struct Extension<'a> {
    guid: String,
    source: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    revision: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    partial: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dateline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments_feed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reply_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rights: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contributors: Vec<Author>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    episode: Option<&'a Episode>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    figures: Vec<Figure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributions: Vec<Attribution>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<Telling>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<Category>,
    #[serde(skip_serializing_if = "Provenance::is_empty")]
    provenance: Provenance,
}

#[derive(Serialize)]
struct Origin {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feed_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    home: Option<String>,
}

/// The same story of another source.
#[derive(Serialize)]
struct Telling {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    source: Origin,
}

#[derive(Serialize)]
struct Figure {
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alternative: Option<String>,
}

#[derive(Serialize)]
struct Attribution {
    text: String,
    names: Vec<Named>,
}

fn head(feed: &Feed) -> Head<'_> {
    Head {
        version: "https://jsonfeed.org/version/1.1",
        title: line(&feed.title),
        home_page_url: feed.page_url(),
        feed_url: feed.document_url(Format::Json.extension()),
        next_url: feed.history.previous.map(|number| feed.archive_url(number, Format::Json.extension())),
        description: some_line(Some(&feed.description)),
        language: some_line(feed.language.as_deref()),
        hubs: feed.hubs.iter().map(|hub| Hub { r#type: "WebSub", url: hub.to_string() }).collect(),
        _courant: HeadExtension {
            generator: GENERATOR,
            id: feed.urn(),
            date_modified: (feed.updated != jiff::Timestamp::UNIX_EPOCH).then(|| rfc3339(feed.updated)).flatten(),
            archive: feed.history.archive,
            deleted: feed.deleted.iter().map(deleted).collect(),
        },
        items: feed.entries.iter().map(item).collect(),
    }
}

fn deleted(tombstone: &model::Tombstone) -> Deleted {
    Deleted { id: line(&tombstone.id), date_deleted: rfc3339(tombstone.when) }
}

fn item(entry: &FeedEntry) -> Item<'_> {
    let article = &entry.article;
    let content = &article.content;
    let has_body = !content.body.is_empty();
    Item {
        id: line(&article.published_id),
        url: uri::of(&content.link),
        title: title(content),
        content_html: has_body.then(|| clean(&content.body)),
        // One of the two must be there, be it empty.
        content_text: (!has_body).then(|| clean(&content.text).trim().to_owned()),
        summary: summary(content),
        image: image(content),
        date_published: content.published.and_then(rfc3339),
        date_modified: content.updated.and_then(rfc3339),
        authors: content.authors.iter().filter_map(author).collect(),
        tags: content.categories.iter().filter_map(|category| some_line(Some(&category.term))).collect(),
        language: some_line(content.language.as_deref()),
        attachments: attachments(content),
        _courant: extension(entry, article),
    }
}

/// The picture that stands for the article, else its first figure.
fn image(content: &Content) -> Option<String> {
    let figure = content.figures.iter().find_map(|figure| figure.url.as_deref());
    content.image.as_deref().and_then(uri::written).or_else(|| uri::written(figure?))
}

fn author(person: &model::Person) -> Option<Author> {
    let mail =
        || some_line(person.email.as_deref()).filter(|mail| uri::is_mail(mail)).map(|mail| format!("mailto:{mail}"));
    Some(Author { name: person_name(person)?, url: person.url.as_deref().and_then(uri::written).or_else(mail) })
}

/// The files; the first one that plays is the episode, should only that say how long.
fn attachments(content: &Content) -> Vec<Attachment> {
    let plays = |file: &Attachment| file.mime_type.starts_with("audio/") || file.mime_type.starts_with("video/");
    let mut files: Vec<Attachment> = content.enclosures.iter().filter_map(attachment).collect();
    if let Some(file) = files.iter_mut().find(|file| plays(file)) {
        file.duration_in_seconds = file.duration_in_seconds.or_else(|| facts::duration_seconds(content));
    }
    files
}

fn attachment(enclosure: &Enclosure) -> Option<Attachment> {
    let media_type = some_line(enclosure.media_type.as_deref()).filter(|kind| uri::is_media_type(kind));
    Some(Attachment {
        url: uri::written(&enclosure.url)?,
        mime_type: media_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        title: some_line(enclosure.title.as_deref()),
        size_in_bytes: enclosure.length_bytes,
        duration_in_seconds: enclosure.duration_seconds,
    })
}

fn extension<'a>(entry: &FeedEntry, article: &'a Article) -> Extension<'a> {
    let content = &article.content;
    Extension {
        guid: clean(&article.guid).into_owned(),
        source: origin(&entry.origin, Some(article.source.as_str())),
        origin: content.origin.as_ref().map(|given| origin(given, given.id.as_deref())),
        revision: article.revision,
        partial: content.partial,
        lead: some_line(content.lead.as_deref()),
        dateline: some_line(content.dateline.as_deref()),
        comments: some_line(content.comments.as_deref()),
        comment_count: content.comment_count,
        comments_feed: some_line(content.comments_feed.as_deref()),
        in_reply_to: some_line(content.in_reply_to.as_deref()),
        license: some_line(content.license.as_deref()),
        rights: some_line(content.rights.as_deref()),
        contributors: content.contributors.iter().filter_map(author).collect(),
        place: content.place.as_deref(),
        episode: content.episode.as_deref(),
        figures: content.figures.iter().map(figure).collect(),
        attributions: content.attributions.iter().map(attribution).collect(),
        also: entry.also.iter().map(telling).collect(),
        categories: categories(content),
        provenance: content.provenance.clone(),
    }
}

fn origin(given: &model::Origin, id: Option<&str>) -> Origin {
    Origin {
        id: some_line(id),
        title: some_line(given.title.as_deref()),
        feed_url: some_line(given.feed_url.as_deref()),
        home: some_line(given.home.as_deref()),
    }
}

fn telling(telling: &model::Telling) -> Telling {
    Telling {
        url: uri::of(&telling.link),
        title: some_line(telling.title.as_deref()),
        source: origin(&telling.origin, Some(telling.source.as_str())),
    }
}

fn figure(figure: &model::Figure) -> Figure {
    Figure {
        url: some_line(figure.url.as_deref()),
        caption: some_line(figure.caption.as_deref()),
        place: some_line(figure.place.as_deref()),
        credit: some_line(figure.credit.as_deref()),
        alternative: some_line(figure.alternative.as_deref()),
    }
}

fn attribution(attribution: &model::Attribution) -> Attribution {
    let named = |named: &Named| Named { name: line(&named.name), url: some_line(named.url.as_deref()) };
    Attribution { text: line(&attribution.text), names: attribution.names.iter().map(named).collect() }
}

/// Categories in full where `tags` lose something of them.
fn categories(content: &Content) -> Vec<Category> {
    if content.categories.iter().all(|category| category.scheme.is_none() && category.label.is_none()) {
        return Vec::new();
    }
    let category = |category: &Category| Category {
        term: line(&category.term),
        scheme: some_line(category.scheme.as_deref()),
        label: some_line(category.label.as_deref()),
    };
    content.categories.iter().map(category).collect()
}
