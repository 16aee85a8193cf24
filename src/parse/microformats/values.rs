//! What the value of a property is: a line, an address, a moment, markup; and what an element says as a whole.

use jiff::Timestamp;

use crate::date;
use crate::dom::{Node, Page, squash};

use super::{Scene, roots};

/// Nodes in a property of which a line is wanted; what is larger is no name.
const MAX_NODES: usize = 3_000;
/// Bytes of text in such a property.
const MAX_TEXT: usize = 64 << 10;

/// The value of a `p-` property: what the element says, on one line.
pub(super) fn text(page: &Page, node: Node) -> Option<String> {
    if !is_small(page, node) {
        return None;
    }
    let said = parts(page, node).map(|parts| parts.concat());
    let said = said.or_else(|| attribute(page, node).map(str::to_owned));
    Some(squash(&said.unwrap_or_else(|| line(page, node)))).filter(|text| !text.is_empty())
}

/// Whether an element can be a value, not a whole page of text.
fn is_small(page: &Page, node: Node) -> bool {
    page.end(node) - node.index() <= MAX_NODES
        && page.inside(node).filter_map(|inner| page.characters(inner)).map(str::len).sum::<usize>() <= MAX_TEXT
}

/// The text of an element with its pictures in words.
fn line(page: &Page, node: Node) -> String {
    let line = page.line(node);
    if !line.is_empty() {
        return line;
    }
    page.named(node, "img").filter_map(|image| page.filled(image, "alt")).collect::<Vec<_>>().join(" ")
}

/// What an element says to programs in place of its text.
fn attribute(page: &Page, node: Node) -> Option<&str> {
    match page.name(node) {
        "abbr" | "link" => page.attribute(node, "title"),
        "data" | "input" => page.attribute(node, "value"),
        "img" | "area" => page.attribute(node, "alt"),
        _ => None,
    }
}

/// The parts that carry the value where an element is more than its value (the value class pattern).
fn parts(page: &Page, node: Node) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut next = node.index() + 1;
    while next < page.end(node) {
        let inner = page.at(next);
        next += 1;
        let title = roots::classes(page, inner).any(|class| class == "value-title");
        if !title && !roots::classes(page, inner).any(|class| class == "value") {
            if roots::root(page, inner).is_some() {
                next = page.end(inner);
            }
            continue;
        }
        let value = match page.name(inner) {
            _ if title => page.attribute(inner, "title"),
            "time" | "ins" | "del" => page.attribute(inner, "datetime"),
            _ => attribute(page, inner),
        };
        found.push(value.map_or_else(|| page.line(inner), str::to_owned));
        next = page.end(inner);
    }
    (!found.is_empty()).then_some(found)
}

/// The value of a `u-` property: the address the element leads to.
pub(super) fn address(scene: &Scene, node: Node) -> Option<String> {
    let page = scene.page;
    let named = match page.name(node) {
        "a" | "area" | "link" => page.filled(node, "href"),
        "img" | "audio" | "source" | "iframe" => page.filled(node, "src"),
        "video" => page.filled(node, "src").or_else(|| page.filled(node, "poster")),
        "object" => page.filled(node, "data"),
        _ => None,
    };
    if let Some(named) = named {
        return scene.address(named);
    }
    // A player names its file in its `source`; a thing inside has its own address.
    let inner = page.inside(node).skip(1).find(|inner| {
        let is_source = page.name(*inner) == "source" && matches!(page.name(node), "audio" | "video" | "picture");
        is_source || roots::classes(page, *inner).any(|class| class == "u-url")
    });
    if let Some(inner) = inner.filter(|inner| *inner != node) {
        return page.filled(inner, "href").or_else(|| page.filled(inner, "src")).and_then(|href| scene.address(href));
    }
    let said = text(page, node)?;
    (!said.contains(char::is_whitespace)).then(|| scene.address(&said))?
}

/// The value of a `dt-` property.
pub(super) fn moment(page: &Page, node: Node) -> Option<Timestamp> {
    if !is_small(page, node) {
        return None;
    }
    let named = match page.name(node) {
        "time" | "ins" | "del" => page.filled(node, "datetime"),
        _ => None,
    };
    if let Some(parts) = parts(page, node)
        && let Some(moment) = together(&parts)
    {
        return Some(moment);
    }
    let named = named.or_else(|| attribute(page, node));
    let inner = || page.named(node, "time").find_map(|time| page.filled(time, "datetime"));
    named.or_else(inner).and_then(date::feed).or_else(|| date::feed(&page.line(node)))
}

/// A date, a time of day and a zone that stand apart: the first of each.
fn together(parts: &[String]) -> Option<Timestamp> {
    let (mut day, mut time, mut zone) = (None, None, None);
    for part in parts.iter().map(|part| part.trim()) {
        let digits = part.trim_start_matches(['+', '-']);
        let is_zone =
            part == "Z" || (part.len() != digits.len() && digits.chars().all(|c| c.is_ascii_digit() || c == ':'));
        let is_day = part.split(['T', ' ']).next().is_some_and(|first| first.matches('-').count() > 0);
        if is_zone {
            zone.get_or_insert(part);
        } else if is_day {
            day.get_or_insert(part);
        } else if part.contains(':') || part.to_ascii_lowercase().ends_with('m') {
            time.get_or_insert(part);
        } else {
            day.get_or_insert(part);
        }
    }
    let day = day?;
    let Some(time) = time else { return date::feed(day) };
    let text = format!("{day} {}{}", clock(time), zone.unwrap_or_default());
    date::feed(&text).or_else(|| date::feed(&text.replacen(' ', "T", 1))).or_else(|| date::feed(day))
}

/// A time of day by a clock of twenty-four hours: `4:30pm` is `16:30`.
fn clock(time: &str) -> String {
    let lower = time.to_ascii_lowercase().replace(['.', ' '], "");
    let (digits, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(0)),
        (_, Some(digits)) => (digits, Some(12)),
        _ => return time.to_owned(),
    };
    let (hour, rest) = digits.split_once(':').unwrap_or((digits, "00"));
    match (hour.parse::<u8>(), half) {
        (Ok(hour @ 1..=12), Some(half)) => format!("{:02}:{rest}", hour % 12 + half),
        _ => time.to_owned(),
    }
}

/// The markup inside an element, scripts and styles left out by those who clean it.
pub(super) fn markup(page: &Page, node: Node) -> Option<String> {
    Some(page.inner_html(node).trim().to_owned()).filter(|markup| !markup.is_empty())
}

/// The name an element has as a whole: what its picture or abbreviation says, else its text.
pub(super) fn implied_name(page: &Page, node: Node) -> Option<String> {
    let mut at = Some(node);
    for _ in 0..3 {
        let Some(node) = at else { break };
        let alternative = match page.name(node) {
            "img" | "area" => page.filled(node, "alt"),
            "abbr" => page.filled(node, "title"),
            _ => None,
        };
        if let Some(alternative) = alternative {
            return Some(squash(alternative));
        }
        at = only_child(page, node);
    }
    text(page, node)
}

/// The address an element has as a whole: its own, or that of the only link in it.
pub(super) fn implied_address(scene: &Scene, node: Node) -> Option<String> {
    let page = scene.page;
    let href = |node: Node| page.filled(node, "href").filter(|_| matches!(page.name(node), "a" | "area"));
    let mut links = page.inside(node).filter_map(href);
    let first = links.next()?;
    (links.next().is_none() || href(node).is_some()).then(|| scene.address(first))?
}

/// The picture an element has as a whole.
pub(super) fn implied_picture(scene: &Scene, node: Node) -> Option<String> {
    let mut images = scene.page.named(node, "img").filter_map(|image| scene.page.filled(image, "src"));
    let first = images.next()?;
    images.next().is_none().then(|| scene.address(first))?
}

fn only_child(page: &Page, node: Node) -> Option<Node> {
    let mut children = page.children(node).filter(|child| page.is_element(*child));
    let child = children.next()?;
    children.next().is_none().then_some(child)
}
