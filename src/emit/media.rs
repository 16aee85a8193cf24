//! Pictures and further media as Media RSS objects, in RSS and Atom alike: what neither can say itself about a picture is
//! its caption and credit.
//!
//! Follows <https://www.rssboard.org/media-rss>.

use super::text::{Plain, some_line};
use super::xml::Xml;
use crate::model::{Content, Enclosure, Figure};
use crate::uri;

/// Writes the pictures of an article, its image first if no figure shows it, then those of its enclosures that the format
/// itself has no room for.
pub(super) fn write<'c>(content: &'c Content, rest: impl Iterator<Item = &'c Enclosure>, xml: &mut Xml) {
    let shown = |url: &str| content.figures.iter().any(|figure| figure.url.as_deref() == Some(url));
    if let Some(image) = content.image.as_deref().filter(|url| !shown(url)) {
        picture(&Figure { url: Some(image.to_owned()), ..Figure::default() }, xml);
    }
    content.figures.iter().for_each(|figure| picture(figure, xml));
    rest.for_each(|file| enclosure(file, xml));
}

fn picture(figure: &Figure, xml: &mut Xml) {
    let Some(url) = figure.url.as_deref().and_then(uri::written) else { return };
    let attributes = [("medium", "image"), ("url", &url)];
    let (caption, credit) = (some_line(figure.caption.as_deref()), some_line(figure.credit.as_deref()));
    if caption.is_none() && credit.is_none() {
        return xml.empty("media:content", &attributes);
    }
    xml.start("media:content", &attributes);
    if let Some(caption) = caption {
        described("media:description", &caption, xml);
    }
    if let Some(credit) = credit {
        xml.text("media:credit", &[], &credit);
    }
    xml.end("media:content");
}

fn enclosure(enclosure: &Enclosure, xml: &mut Xml) {
    let Some(url) = uri::written(&enclosure.url) else { return };
    let number = |number: Option<u64>| number.filter(|number| *number > 0).map(|number| number.to_string());
    let (size, duration) = (number(enclosure.length_bytes), number(enclosure.duration_seconds.map(u64::from)));
    let media_type = enclosure.media_type.as_deref().filter(|kind| uri::is_media_type(kind)).unwrap_or_default();
    let attributes = [
        ("duration", duration.as_deref().unwrap_or_default()),
        ("fileSize", size.as_deref().unwrap_or_default()),
        ("type", media_type),
        ("url", &url),
    ];
    let Some(title) = some_line(enclosure.title.as_deref()) else { return xml.empty("media:content", &attributes) };
    xml.start("media:content", &attributes);
    described("media:title", &title, xml);
    xml.end("media:content");
}

/// Plain text; where that would be taken for markup, as markup that means it.
fn described(name: &str, text: &str, xml: &mut Xml) {
    match Plain::declared(text) {
        Plain::Text(text) => xml.text(name, &[("type", "plain")], text),
        Plain::Html(html) => xml.text(name, &[("type", "html")], &html),
    }
}
