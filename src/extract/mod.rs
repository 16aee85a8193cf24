//! A page to one [`Entry`].
#![allow(dead_code, unused)]

mod blocks;
mod body;
mod boilerplate;
mod hints;
mod prune;
mod stats;

use url::Url;

use crate::dom::Page;
use crate::model::{Document, Entry, Text};

pub fn decode(body: &[u8], content_type: Option<&str>) -> String {
    if let Some((encoding, skip)) = encoding_rs::Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[skip..]).0.into_owned();
    }
    let head = String::from_utf8_lossy(&body[..body.len().min(2048)]).to_lowercase();
    let label = |text: &str| {
        let rest = text.split("charset=").nth(1)?;
        let rest = rest.trim_start_matches(['"', '\'', ' ']);
        encoding_rs::Encoding::for_label(rest.split(['"', '\'', ' ', ';', '>', '/']).next()?.as_bytes())
    };
    if let Ok(text) = std::str::from_utf8(body) {
        return text.to_owned();
    }
    let encoding = content_type.and_then(|t| label(&t.to_lowercase())).or_else(|| label(&head)).unwrap_or_else(|| {
        let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
        detector.feed(body, true);
        detector.guess(None, chardetng::Utf8Detection::Allow)
    });
    encoding.decode_without_bom_handling(body).0.into_owned()
}

pub fn quick(document: &Document) -> (String, String) {
    let text = decode(&document.body, document.content_type.as_deref());
    let page = Page::parse(&text);
    let mut titles: Vec<String> = Vec::new();
    for node in page.named(page.root(), "meta") {
        if matches!(page.attribute(node, "property").or(page.attribute(node, "name")), Some("og:title" | "twitter:title")) {
            titles.extend(page.filled(node, "content").map(str::to_owned));
        }
    }
    for node in page.named(page.root(), "title").take(1) {
        let line = page.line(node);
        titles.extend(line.split([' ']).next().map(|_| line.clone()));
    }
    let body = body::find(&page, &titles);
    (page.text_without(body.root, &body.marks), titles.first().cloned().unwrap_or_default())
}
