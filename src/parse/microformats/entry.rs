//! A marked entry to an [`Entry`].

use crate::dom::{Node, squash};
use crate::model::{Category, Enclosure, Entry, Media, Person, Text};

use super::Scene;
use super::properties::Properties;
use super::roots::{self, Era, Kind, Root};
use super::values;

/// Longest title, in characters; what is longer is the text of a note.
const MAX_TITLE: usize = 500;
/// Media read of one entry.
const MAX_MEDIA: usize = 50;

/// Reads one entry; `None` where nothing is said about it.
pub(super) fn read(scene: &Scene, root: Root) -> Option<Entry> {
    let properties = Properties::of(scene, root);
    if properties.is_empty() {
        return None;
    }
    let page = scene.page;
    let body = properties.nodes("content").next();
    let link = link(scene, &properties);
    let mut entry = Entry {
        guid: properties.address(scene, "uid").or_else(|| anchor(scene, root.node).filter(|_| link.is_none())),
        title: title(scene, &properties, body).map(Text::plain),
        link,
        content: content(scene, &properties, body),
        base: scene.base.as_ref().filter(|_| scene.has_own_base).map(url::Url::to_string),
        published: properties.moment(scene, "published"),
        updated: properties.moment(scene, "updated"),
        authors: authors(scene, &properties),
        language: page
            .filled(root.node, "lang")
            .or_else(|| body.and_then(|body| page.filled(body, "lang")))
            .map(str::to_owned),
        categories: properties.texts(scene, "category").into_iter().map(Category::term).collect(),
        dateline: location(scene, &properties),
        ..Entry::default()
    };
    entry.summary = properties.text(scene, "summary").map(Text::plain);
    attach(scene, &properties, body, &mut entry);
    let is_said = entry.title.is_some() || entry.content.is_some() || entry.summary.is_some();
    match root.era {
        Era::Current => {
            (is_said || (entry.link.is_some() && entry.published.is_some()) || !entry.media.is_empty()).then_some(entry)
        }
        // The older classes stand around what is no post, too.
        Era::Older => (entry.title.is_some() && entry.link.is_some()).then_some(entry),
    }
}

fn link(scene: &Scene, properties: &Properties) -> Option<String> {
    let named = properties.address(scene, "url");
    let of_title = || {
        let titles = properties.nodes("name");
        let mut links = titles.flat_map(|title| {
            let outside =
                scene.page.ancestors(title).take(3).filter(|node| scene.page.contains(properties.root.node, *node));
            let inside = scene.page.inside(title);
            inside.chain(outside.collect::<Vec<_>>()).collect::<Vec<_>>()
        });
        let href = links.find_map(|node| scene.page.filled(node, "href").filter(|_| scene.page.name(node) == "a"))?;
        scene.address(href)
    };
    let whole = || properties.may_imply().then(|| values::implied_address(scene, properties.root.node))?;
    named.or_else(of_title).or_else(whole)
}

/// Where the entry stands in its page, for one without an address.
fn anchor(scene: &Scene, node: Node) -> Option<String> {
    let id = scene.page.filled(node, "id").filter(|id| !id.contains(char::is_whitespace))?;
    let mut url = scene.base.clone()?;
    url.set_fragment(Some(id));
    Some(url.into())
}

/// The title; a note, whose name is its text, has none.
fn title(scene: &Scene, properties: &Properties, body: Option<Node>) -> Option<String> {
    let page = scene.page;
    let named = properties.nodes("name").find_map(|node| Some((node, values::text(page, node)?)));
    let (node, title) = match named {
        Some((node, title)) => (Some(node), title),
        None if properties.may_imply() => (None, values::implied_name(page, properties.root.node)?),
        None => return None,
    };
    if title.chars().count() > MAX_TITLE {
        return None;
    }
    let repeats = |other: Node| {
        let small = page.end(other) - other.index() < 200;
        node == Some(other) || (small && page.line(other) == title)
    };
    let is_note = body.is_some_and(repeats) || (body.is_none() && properties.nodes("summary").any(repeats));
    (!is_note).then_some(title)
}

/// The body: what is marked as such, else the links an answer or a bookmark is about.
fn content(scene: &Scene, properties: &Properties, body: Option<Node>) -> Option<Text> {
    let page = scene.page;
    if let Some(body) = body {
        let is_plain = roots::classes(page, body).any(|class| class == "p-content");
        return if is_plain {
            Some(page.text(body)).filter(|text| !text.is_empty()).map(Text::plain)
        } else {
            values::markup(page, body).map(Text::html)
        };
    }
    if properties.nodes("name").next().is_some() || properties.nodes("summary").next().is_some() {
        return None;
    }
    let about = properties.nodes("answers").take(10).filter_map(|node| {
        let url = values::address(scene, node)?;
        let said = values::text(page, node).unwrap_or_else(|| url.clone());
        Some(format!("<p><a href=\"{}\">{}</a></p>", crate::dom::escape(&url), crate::dom::escape(&said)))
    });
    Some(about.collect::<String>()).filter(|about| !about.is_empty()).map(Text::html)
}

/// Who wrote it: cards, names, or bare addresses.
pub(super) fn authors(scene: &Scene, properties: &Properties) -> Vec<Person> {
    let mut authors: Vec<Person> = Vec::new();
    for node in properties.nodes("author").take(20) {
        let person = person(scene, node);
        if (person.name.is_some() || person.url.is_some()) && !authors.contains(&person) {
            authors.push(person);
        }
    }
    authors
}

pub(super) fn person(scene: &Scene, node: Node) -> Person {
    let page = scene.page;
    let small = page.end(node) - node.index() < 400;
    let card =
        page.inside(node).take(400).filter_map(|inner| roots::root(page, inner)).find(|root| root.kind == Kind::Card);
    let Some(card) = card.filter(|_| small) else {
        let url = (page.name(node) == "a").then(|| values::address(scene, node)).flatten();
        let name = values::text(page, node).filter(|name| name.chars().count() <= 200);
        // An address in place of a name.
        let is_address =
            name.as_deref().is_some_and(|name| name.starts_with("http://") || name.starts_with("https://"));
        return match (name, url) {
            (Some(name), None) if is_address => Person { url: Some(name), ..Person::default() },
            (name, url) => person_of(name, url, None),
        };
    };
    let properties = Properties::of(scene, card);
    let said = properties.text(scene, "name").or_else(|| properties.text(scene, "nickname"));
    let name = said.or_else(|| values::implied_name(page, card.node)).or_else(|| properties.text(scene, "org"));
    let url = properties.address(scene, "url").or_else(|| values::implied_address(scene, card.node));
    person_of(name, url, properties.address(scene, "email").or_else(|| properties.text(scene, "email")))
}

fn person_of(name: Option<String>, url: Option<String>, email: Option<String>) -> Person {
    let mail = |address: &str| address.strip_prefix("mailto:").map(str::to_owned);
    let email = email.map(|email| mail(&email).unwrap_or(email)).or_else(|| url.as_deref().and_then(mail));
    let url = url.filter(|url| mail(url).is_none());
    Person { name: name.filter(|name| !name.is_empty()), email, url }
}

/// Where it was written: the name of a place.
fn location(scene: &Scene, properties: &Properties) -> Option<String> {
    let node = properties.nodes("location").next()?;
    let inner = roots::root(scene.page, node).map(|root| Properties::of(scene, root));
    let named = inner.and_then(|inner| inner.text(scene, "name").or_else(|| inner.text(scene, "locality")));
    named.or_else(|| values::text(scene.page, node)).filter(|place| place.chars().count() <= 200)
}

/// Pictures, films and sounds.
fn attach(scene: &Scene, properties: &Properties, body: Option<Node>, entry: &mut Entry) {
    let page = scene.page;
    for name in ["featured", "photo"] {
        for node in properties.nodes(name).take(MAX_MEDIA) {
            let Some(url) = values::address(scene, node) else { continue };
            entry.image.get_or_insert_with(|| url.clone());
            // A picture in the body is there already.
            let is_shown = body.is_some_and(|body| page.contains(body, node));
            if !is_shown && !entry.media.iter().any(|media| media.url == url) {
                let caption = page.filled(node, "alt").map(squash).filter(|caption| !caption.is_empty());
                entry.media.push(Media { url, media_type: Some("image".to_owned()), caption, ..Media::default() });
            }
        }
    }
    if properties.may_imply() && entry.image.is_none() {
        entry.image = values::implied_picture(scene, properties.root.node);
    }
    for name in ["audio", "video"] {
        for node in properties.nodes(name).take(MAX_MEDIA) {
            let Some(url) = values::address(scene, node) else { continue };
            if entry.enclosures.iter().any(|known| known.url == url) {
                continue;
            }
            let said = page.filled(node, "type").or_else(|| {
                let source = page.inside(node).skip(1).find(|inner| page.name(*inner) == "source")?;
                page.filled(source, "type")
            });
            let media_type = said.map(str::to_owned).or_else(|| media_type(&url, name).map(str::to_owned));
            entry.enclosures.push(Enclosure { url, media_type, ..Enclosure::default() });
        }
    }
}

/// The media type of a file by its name.
fn media_type(url: &str, kind: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let extension = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    Some(match (extension.as_str(), kind) {
        ("mp3", _) => "audio/mpeg",
        ("m4a", _) => "audio/mp4",
        ("oga" | "opus", _) | ("ogg", "audio") => "audio/ogg",
        ("wav", _) => "audio/wav",
        ("flac", _) => "audio/flac",
        ("mp4" | "m4v", _) => "video/mp4",
        ("webm", "audio") => "audio/webm",
        ("webm", _) => "video/webm",
        ("ogv" | "ogg", _) => "video/ogg",
        ("mov", _) => "video/quicktime",
        _ => return None,
    })
}
