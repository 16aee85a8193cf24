//! Whether markup does nothing: parsed as a browser parses it, every element and attribute is looked at.
//!
//! The lists here are written for the test, apart from those of the program: what is on neither is an objection.

use scraper::{Html, Node};
use url::Url;

const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "audio",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "iframe",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "small",
    "source",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "track",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Attributes that hold no address.
const PLAIN: &[&str] = &[
    "alt", "title", "lang", "dir", "datetime", "width", "height", "colspan", "rowspan", "headers", "scope", "span",
    "start", "reversed", "type", "value", "controls", "preload", "kind", "srclang", "label", "media", "hreflang",
    "sizes", "rel",
];

const ADDRESSES: &[&str] = &["href", "src", "cite", "poster"];

/// Schemes of what a link may lead to, and of what is loaded.
const LINKED: &[&str] = &["http", "https", "mailto", "tel", "ftp", "magnet"];
const LOADED: &[&str] = &["http", "https"];

/// Hosts of players whose frames may be shown.
const PLAYERS: &[&str] = &["www.youtube.com", "player.vimeo.com"];

/// What in `markup` may run, load from where it should not, or look like part of the page around it. Looked at as a fragment
/// and as a page, then once more as it is written out again: what changes in between is how filters are got around.
pub(crate) fn objections(markup: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut form = markup.to_owned();
    for round in 0..3 {
        let fragment = Html::parse_fragment(&form);
        look(&fragment, &mut found);
        look(&Html::parse_document(&format!("<!doctype html><body><div>{form}</div>")), &mut found);
        // Readers that put it into a page as it is, wherever that is.
        look(&Html::parse_document(&format!("<!doctype html><body><table><tr><td>{form}")), &mut found);
        let again = fragment.root_element().inner_html();
        if again == form {
            break;
        }
        assert!(round < 2 || !found.is_empty(), "it never comes to rest: {form}");
        form = again;
    }
    found.sort();
    found.dedup();
    found
}

fn look(page: &Html, found: &mut Vec<String>) {
    for node in page.tree.values() {
        match node {
            Node::Element(element) => {
                let name = element.name();
                if !matches!(name, "html" | "head" | "body") && !ELEMENTS.contains(&name) {
                    found.push(format!("<{name}>"));
                }
                if &*element.name.ns != "http://www.w3.org/1999/xhtml" {
                    found.push(format!("<{name}> of another vocabulary"));
                }
                for (attribute, value) in element.attrs() {
                    found.extend(objection(name, attribute, value));
                }
            }
            Node::Comment(_) | Node::ProcessingInstruction(_) => found.push("a comment".to_owned()),
            Node::Text(_) | Node::Document | Node::Fragment | Node::Doctype(_) => {}
        }
    }
}

fn objection(element: &str, name: &str, value: &str) -> Option<String> {
    let told = || Some(format!("<{element} {name}={value:?}>"));
    if PLAIN.contains(&name) {
        return None;
    }
    let allowed = if element == "a" || matches!(name, "cite") { LINKED } else { LOADED };
    let is_safe = |address: &str| Url::parse(address).is_ok_and(|url| allowed.contains(&url.scheme()));
    match name {
        "srcset" => {
            let mut addresses = value.split(", ").filter_map(|candidate| candidate.split_whitespace().next());
            if addresses.all(is_safe) { None } else { told() }
        }
        "src" if element == "iframe" => {
            let is_player =
                |url: Url| url.scheme() == "https" && url.host_str().is_some_and(|host| PLAYERS.contains(&host));
            if Url::parse(value).is_ok_and(is_player) { None } else { told() }
        }
        _ if ADDRESSES.contains(&name) => {
            if is_safe(value) {
                None
            } else {
                told()
            }
        }
        _ => told(),
    }
}
