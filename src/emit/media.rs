//! Pictures and further media as Media RSS objects, in RSS and Atom alike: what neither can say itself about a picture is
//! its caption and credit.
//!
//! Follows <https://www.rssboard.org/media-rss>.

use std::collections::BTreeMap;

use super::text::{escape_attribute, line, some_line};
use crate::model::{Content, Enclosure, Figure};

/// The namespace, declared where the prefix `media` is used.
pub(super) const NAMESPACE: &str = "http://search.yahoo.com/mrss/";

/// One `media:content`.
#[derive(Default)]
pub(super) struct Object {
    attributes: BTreeMap<String, String>,
    children: Vec<(&'static str, String)>,
}

/// The pictures of an article, its image first if no figure shows it, then the enclosures from `skip` on: RSS itself holds
/// the first only.
pub(super) fn objects(content: &Content, skip: usize) -> Vec<Object> {
    let shown = |url: &str| content.figures.iter().any(|figure| figure.url.as_deref() == Some(url));
    let image = content.image.as_deref().filter(|url| !shown(url)).map(picture);
    let figures = content.figures.iter().filter_map(figure);
    image.into_iter().chain(figures).chain(content.enclosures.iter().skip(skip).map(enclosure)).collect()
}

fn picture(url: &str) -> Object {
    let mut object = Object::default();
    object.set("url", line(url));
    object.set("medium", "image".to_owned());
    object
}

fn figure(figure: &Figure) -> Option<Object> {
    let mut object = picture(figure.url.as_deref()?);
    object.children.extend(some_line(figure.caption.as_deref()).map(|caption| ("description", caption)));
    object.children.extend(some_line(figure.credit.as_deref()).map(|credit| ("credit", credit)));
    Some(object)
}

fn enclosure(enclosure: &Enclosure) -> Object {
    let mut object = Object::default();
    object.set("url", line(&enclosure.url));
    if let Some(media_type) = some_line(enclosure.media_type.as_deref()) {
        object.set("type", media_type);
    }
    if let Some(length) = enclosure.length_bytes {
        object.set("fileSize", length.to_string());
    }
    if let Some(seconds) = enclosure.duration_seconds {
        object.set("duration", seconds.to_string());
    }
    object.children.extend(some_line(enclosure.title.as_deref()).map(|title| ("title", title)));
    object
}

impl Object {
    fn set(&mut self, name: &str, value: String) {
        self.attributes.insert(name.to_owned(), value);
    }
}

/// Text that is there but empty, so that the writers put no line break into an element without children.
fn no_text(object: &Object) -> Option<String> {
    object.children.is_empty().then(String::new)
}

impl From<Object> for rss::extension::Extension {
    fn from(object: Object) -> Self {
        let child = |(name, value): (&str, String)| {
            let child = Self { name: format!("media:{name}"), value: Some(value), ..Self::default() };
            (name.to_owned(), vec![child])
        };
        Self {
            name: "media:content".to_owned(),
            value: no_text(&object),
            attrs: object.attributes,
            children: object.children.into_iter().map(child).collect(),
        }
    }
}

impl From<Object> for atom_syndication::extension::Extension {
    fn from(object: Object) -> Self {
        let child = |(name, value): (&str, String)| {
            let child = Self { name: format!("media:{name}"), value: Some(value), ..Self::default() };
            (name.to_owned(), vec![child])
        };
        Self {
            name: "media:content".to_owned(),
            value: no_text(&object),
            // The crate writes the attributes of extensions as they are, ampersands included.
            attrs: object.attributes.into_iter().map(|(name, value)| (name, escape_attribute(&value))).collect(),
            children: object.children.into_iter().map(child).collect(),
        }
    }
}
