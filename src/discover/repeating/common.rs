//! What all items of a list share: "Read more", "3 comments", the same picture beside each.

use std::collections::{HashMap, HashSet};

use crate::date::page as dates;
use crate::dom::Node;
use crate::dom::Page;

use super::super::Scene;
use super::links::Link;
use super::segments;
use super::spans::Span;
use super::survey::weight;

/// What all items of a list share, and therefore none of them says.
pub(super) struct Common {
    texts: HashSet<String>,
    pub(super) images: HashSet<String>,
    /// In which order day and month are written.
    pub(super) order: Option<dates::Order>,
}

/// Weight from which a text says something in spite of others that differ in a number alone.
const TELLING: u32 = 25;

/// A short text without its numbers: "12 comments" is as common as "3 comments".
fn common_form(text: &str) -> String {
    let is_short = weight(text) < TELLING;
    let mut form = String::with_capacity(text.len().min(320));
    for c in text.chars().take(80) {
        match c.is_numeric() && is_short {
            true if form.ends_with('#') => {}
            true => form.push('#'),
            false => form.extend(c.to_lowercase()),
        }
    }
    form
}

impl Common {
    pub(super) fn of(scene: &Scene, links: &[&Link], spans: &[Span]) -> Self {
        let page = &scene.page;
        let mut texts: HashMap<String, HashSet<&str>> = HashMap::new();
        let mut images: HashMap<String, usize> = HashMap::new();
        let mut lines = Vec::new();
        for (link, span) in links.iter().zip(spans) {
            for segment in segments::read(page, span.from, span.to, |_| false) {
                texts.entry(common_form(&segment.text)).or_default().insert(&link.key);
                if segment.text.len() < 300 {
                    lines.push(segment.text);
                }
            }
            // The links inside a sentence are as common as those that stand alone.
            for node in (span.from..span.to).map(|index| page.at(index)).filter(|node| page.name(*node) == "a") {
                texts.entry(common_form(&page.line(node))).or_default().insert(&link.key);
            }
            for image in (span.from..span.to).filter_map(|index| image_of(page, page.at(index))) {
                *images.entry(image).or_default() += 1;
            }
        }
        let order = dates::order(lines.iter().map(String::as_str));
        let often = 2.max(spans.len() / 8);
        Self {
            texts: texts.into_iter().filter(|(_, of)| of.len() >= often).map(|(text, _)| text).collect(),
            images: images.into_iter().filter(|(_, count)| *count > 2).map(|(image, _)| image).collect(),
            order,
        }
    }

    /// Whether a text says nothing about its item.
    pub(super) fn is_common(&self, text: &str) -> bool {
        text.is_empty() || self.texts.contains(&common_form(text))
    }
}

/// The picture an element shows, as written: an `img`, or the background of a box.
pub(super) fn image_of(page: &Page, node: Node) -> Option<String> {
    match page.name(node) {
        "" | "source" => None,
        "img" => page.picture(node),
        _ => {
            let style = page.filled(node, "style").filter(|style| style.contains("url("))?;
            let address = style.split_once("url(")?.1.split(')').next()?;
            let address = address.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
            (!address.is_empty() && !address.starts_with("data:")).then(|| address.to_owned())
        }
    }
}
