//! The article as clean markup: elements that carry meaning, absolute addresses, pictures made real, nothing else.
//!
//! Not yet sanitized: that is the work of normalizing. But scripts, handlers and addresses that are no addresses are gone.

use std::collections::{HashMap, HashSet};

use crate::address;
use crate::dom::{self, Marks, Node, Page, Shape};

use super::prune;
use super::scene::Scene;

/// The markup below `root`, without what is marked.
///
/// `instead` holds markup that stands for an element, from a site's rules.
pub(super) fn markup(scene: &Scene, root: Node, marks: &Marks, instead: &HashMap<Node, String>) -> String {
    let page = scene.page;
    let full = fullness(page, root, marks);
    let mut shown: HashSet<String> = HashSet::new();
    let written = page.markup(root, marks, |node| match instead.get(&node) {
        Some(markup) => Shape::Instead(markup.clone()),
        None => shape(scene, node, &full, &mut shown),
    });
    written.trim().to_owned()
}

/// Of every node below `root`: whether text or media is left in it, and whether blocks are.
struct Fullness {
    first: usize,
    filled: Vec<bool>,
    blocks: Vec<bool>,
    /// How many children are filled.
    children: Vec<u32>,
}

impl Fullness {
    fn filled(&self, node: Node) -> bool {
        node.index().checked_sub(self.first).and_then(|at| self.filled.get(at)).copied().unwrap_or(false)
    }

    /// Whether nothing is left beside it, so that it needs no line of its own.
    fn is_alone(&self, page: &Page, node: Node) -> bool {
        let above = page.parent(node).and_then(|above| above.index().checked_sub(self.first));
        above.and_then(|at| self.children.get(at)).is_none_or(|count| *count == 1)
    }

    fn holds_blocks(&self, node: Node) -> bool {
        node.index().checked_sub(self.first).and_then(|at| self.blocks.get(at)).copied().unwrap_or(false)
    }
}

fn fullness(page: &Page, root: Node, marks: &Marks) -> Fullness {
    let first = root.index();
    let size = page.end(root) - first;
    let (mut filled, mut blocks, mut children) = (vec![false; size], vec![false; size], vec![0_u32; size]);
    for node in page.inside(root).rev() {
        let at = node.index() - first;
        if !marks.dropped(node) {
            let text = page.characters(node).is_some_and(|text| text.chars().any(|c| !c.is_whitespace()));
            filled[at] |= text || matches!(page.name(node), "img" | "iframe" | "video" | "audio" | "hr" | "br");
        }
        let Some(parent) = page.parent(node).filter(|_| at > 0) else { continue };
        let above = parent.index() - first;
        if marks.dropped(node) {
            filled[above] |= filled[at];
            continue;
        }
        children[above] += u32::from(filled[at]);
        filled[above] |= filled[at] && page.name(node) != "br";
        blocks[above] |= filled[at]
            && (blocks[at] || dom::is_block(page.name(node)) && !matches!(page.name(node), "noscript" | "picture"));
    }
    Fullness { first, filled, blocks, children }
}

fn shape(scene: &Scene, node: Node, full: &Fullness, shown: &mut HashSet<String>) -> Shape {
    let page = scene.page;
    let name = page.name(node);
    if !full.filled(node) && !matches!(name, "br" | "td" | "th") {
        // An inline element may hold the space between two words.
        return if dom::is_block(name) || scene.page.children(node).next().is_none() {
            Shape::Nothing
        } else {
            Shape::Content
        };
    }
    match name {
        "p" | "ul" | "ol" | "li" | "dl" | "dt" | "dd" | "blockquote" | "pre" | "table" | "thead" | "tbody"
        | "tfoot" | "tr" | "caption" | "figure" | "figcaption" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "em"
        | "strong" | "b" | "i" | "u" | "s" | "sup" | "sub" | "small" | "mark" | "abbr" | "cite" | "q" | "code"
        | "kbd" | "samp" | "var" | "del" | "ins" | "br" | "hr" | "ruby" | "rt" => plain(name),
        "td" | "th" => Shape::Element(if name == "td" { "td" } else { "th" }, spans(page, node)),
        "strike" => plain("s"),
        "tt" => plain("code"),
        "a" => match page.filled(node, "href").and_then(|href| link(scene, href)) {
            Some(href) => Shape::Element("a", vec![("href", href)]),
            None => Shape::Content,
        },
        "img" => picture(scene, node, shown),
        "noscript" => {
            let hidden = page
                .named(node, "img")
                .filter_map(|image| scene.picture(image))
                .all(|url| shown.contains(url.as_str()));
            if hidden { Shape::Nothing } else { Shape::Content }
        }
        "iframe" if prune::is_player(page, node) => {
            prune::player(page, node).and_then(|source| scene.web(source)).map_or(Shape::Nothing, |source| {
                Shape::Instead(format!("<iframe src=\"{}\"></iframe>", dom::escape(source.as_str())))
            })
        }
        "video" | "audio" => media(scene, node),
        "script" | "style" | "iframe" | "object" | "embed" | "svg" | "button" | "input" | "source" | "track" => {
            Shape::Nothing
        }
        "div" | "section" | "article" | "center" | "header" | "main" | "address" | "summary" | "font" | "span"
            if dom::is_block(name) && !full.holds_blocks(node) =>
        {
            let line = within(page, node, &["figcaption", "dt", "p", "caption"]) && full.is_alone(page, node);
            let pictured = within(page, node, &["li", "td", "th", "blockquote", "figcaption", "dd", "dt", "p"])
                && only_picture(page, node);
            if line || pictured { Shape::Content } else { plain("p") }
        }
        _ => Shape::Content,
    }
}

/// An element of the same name without attributes.
fn plain(name: &str) -> Shape {
    const NAMES: [&str; 48] = [
        "p",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "caption",
        "figure",
        "figcaption",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "em",
        "strong",
        "b",
        "i",
        "u",
        "s",
        "sup",
        "sub",
        "small",
        "mark",
        "abbr",
        "cite",
        "q",
        "code",
        "kbd",
        "samp",
        "var",
        "del",
        "ins",
        "br",
        "hr",
        "ruby",
        "rt",
        "td",
        "th",
    ];
    NAMES.iter().find(|known| **known == name).map_or(Shape::Content, |known| Shape::Element(known, Vec::new()))
}

fn within(page: &Page, node: Node, names: &[&str]) -> bool {
    page.ancestors(node).take(2).any(|above| names.contains(&page.name(above)))
}

fn only_picture(page: &Page, node: Node) -> bool {
    page.inside(node).all(|inner| page.characters(inner).is_none_or(|text| text.trim().is_empty()))
}

fn spans(page: &Page, node: Node) -> Vec<(&'static str, String)> {
    ["colspan", "rowspan"]
        .into_iter()
        .filter_map(|key| {
            page.filled(node, key)
                .filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))
                .map(|value| (key, value.to_owned()))
        })
        .collect()
}

/// The address of a link in its absolute form; a place on the same page stays as it is.
fn link(scene: &Scene, href: &str) -> Option<String> {
    if let Some(place) = href.strip_prefix('#') {
        return (!place.is_empty()).then(|| match &scene.url {
            Some(url) => {
                let mut url = url.clone();
                url.set_fragment(Some(place));
                url.into()
            }
            None => href.to_owned(),
        });
    }
    address::resolve(scene.base.as_ref(), href).map(String::from)
}

fn picture(scene: &Scene, node: Node, shown: &mut HashSet<String>) -> Shape {
    let Some(url) = scene.picture(node) else { return Shape::Nothing };
    shown.insert(url.as_str().to_owned());
    let mut attributes = vec![("src", String::from(url))];
    for key in ["alt", "width", "height"] {
        if let Some(value) =
            scene.page.filled(node, key).filter(|value| key == "alt" || value.bytes().all(|byte| byte.is_ascii_digit()))
        {
            attributes.push((key, value.to_owned()));
        }
    }
    Shape::Element("img", attributes)
}

fn media(scene: &Scene, node: Node) -> Shape {
    let page = scene.page;
    let source =
        page.filled(node, "src").or_else(|| page.named(node, "source").find_map(|inner| page.filled(inner, "src")));
    let Some(source) = source.and_then(|source| scene.web(source)) else { return Shape::Nothing };
    let name = if page.name(node) == "video" { "video" } else { "audio" };
    let poster = page
        .filled(node, "poster")
        .and_then(|poster| scene.web(poster))
        .map(|url| format!(" poster=\"{}\"", dom::escape(url.as_str())));
    Shape::Instead(format!(
        "<{name} controls src=\"{}\"{}></{name}>",
        dom::escape(source.as_str()),
        poster.unwrap_or_default()
    ))
}
