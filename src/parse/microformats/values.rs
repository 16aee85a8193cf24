//! The properties of a marked element, and what their values are.

use jiff::Timestamp;

use crate::date;
use crate::dom::{Node, Page, squash};

use super::roots::{self, Era, Kind, Root};
use super::{Scene, has_relation};

/// Properties kept of one element.
const MAX_PROPERTIES: usize = 400;
/// Values read of one property.
const MAX_VALUES: usize = 100;
/// Nodes in a property of which a line is wanted; what is larger is no name.
const MAX_NODES: usize = 3_000;
/// Bytes of text in such a property.
const MAX_TEXT: usize = 64 << 10;

/// The properties we read, by their class without prefix, and their prefix.
const CURRENT: [(&str, &str); 30] = [
    ("p-name", "name"),
    ("p-summary", "summary"),
    ("e-summary", "summary"),
    ("e-content", "content"),
    ("p-content", "content"),
    ("dt-published", "published"),
    ("dt-updated", "updated"),
    ("u-url", "url"),
    ("u-uid", "uid"),
    ("p-author", "author"),
    ("u-author", "author"),
    ("p-category", "category"),
    ("u-category", "category"),
    ("u-photo", "photo"),
    ("u-featured", "featured"),
    ("u-video", "video"),
    ("u-audio", "audio"),
    ("u-logo", "photo"),
    ("u-email", "email"),
    ("p-org", "org"),
    ("p-nickname", "nickname"),
    ("p-location", "location"),
    ("u-location", "location"),
    ("p-locality", "locality"),
    ("u-in-reply-to", "answers"),
    ("u-like-of", "answers"),
    ("u-repost-of", "answers"),
    ("u-bookmark-of", "answers"),
    ("p-repost-of", "answers"),
    ("p-bookmark-of", "answers"),
];

const OLDER_ENTRY: [(&str, &str); 7] = [
    ("entry-title", "name"),
    ("entry-summary", "summary"),
    ("entry-content", "content"),
    ("published", "published"),
    ("updated", "updated"),
    ("author", "author"),
    ("category", "category"),
];

const OLDER_CARD: [(&str, &str); 5] =
    [("fn", "name"), ("url", "url"), ("photo", "photo"), ("email", "email"), ("nickname", "nickname")];

const OLDER_FEED: [(&str, &str); 2] = [("site-title", "name"), ("site-description", "summary")];

/// The properties of one element, in the order of the page.
pub(super) struct Properties {
    found: Vec<(&'static str, Node)>,
    pub(super) root: Root,
    /// Whether another thing is inside.
    nested: bool,
}

impl Properties {
    /// Collects what belongs to the element itself: not what belongs to a thing inside it.
    pub(super) fn of(scene: &Scene, root: Root) -> Self {
        let page = scene.page;
        let mut own = Self { found: Vec::new(), root, nested: false };
        let mut next = root.node.index() + 1;
        let end = page.end(root.node);
        while next < end && own.found.len() < MAX_PROPERTIES {
            let node = page.at(next);
            next += 1;
            if page.name(node) == "template" {
                next = page.end(node);
                continue;
            }
            for name in names(page, node, root) {
                if !own.found.contains(&(name, node)) {
                    own.found.push((name, node));
                }
            }
            let inner = roots::root(page, node).filter(|inner| inner.era == root.era);
            // `hfeed` is on the body, and `vcard` around the author: neither hides anything.
            if let Some(inner) = inner {
                own.nested = true;
                if inner.kind != Kind::Feed || root.era == Era::Current {
                    next = page.end(node);
                }
            }
        }
        own
    }

    /// The elements of a property.
    pub(super) fn nodes(&self, name: &str) -> impl Iterator<Item = Node> {
        self.found.iter().filter(move |(other, _)| *other == name).map(|(_, node)| *node)
    }

    /// Whether the element says anything of its own.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether a name or an address may be taken from the element as a whole (“implied properties”).
    pub(super) fn may_imply(&self) -> bool {
        let told = ["name", "summary", "content", "category", "author", "location"];
        !self.nested && !self.found.iter().any(|(name, _)| told.contains(name))
    }

    /// The first value of a property as one line.
    pub(super) fn text(&self, scene: &Scene, name: &str) -> Option<String> {
        self.nodes(name).take(MAX_VALUES).find_map(|node| text(scene.page, node))
    }

    /// The values of a property, each once.
    pub(super) fn texts(&self, scene: &Scene, name: &str) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for text in self.nodes(name).take(MAX_VALUES).filter_map(|node| text(scene.page, node)) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    /// The first value of a property as an address.
    pub(super) fn address(&self, scene: &Scene, name: &str) -> Option<String> {
        self.nodes(name).take(MAX_VALUES).find_map(|node| address(scene, node))
    }

    /// The first value of a property as a moment.
    pub(super) fn moment(&self, scene: &Scene, name: &str) -> Option<Timestamp> {
        self.nodes(name).take(MAX_VALUES).find_map(|node| moment(scene.page, node))
    }
}

/// The properties an element is of a root.
fn names(page: &Page, node: Node, root: Root) -> Vec<&'static str> {
    let mut found = Vec::new();
    let table: &[(&str, &'static str)] = match (root.era, root.kind) {
        (Era::Current, _) => &CURRENT,
        (Era::Older, Kind::Entry) => &OLDER_ENTRY,
        (Era::Older, Kind::Feed) => &OLDER_FEED,
        (Era::Older, _) => &OLDER_CARD,
    };
    for class in roots::classes(page, node) {
        found.extend(table.iter().filter(|(known, _)| *known == class).map(|(_, name)| *name));
    }
    if root.era == Era::Older && root.kind == Kind::Entry && page.name(node) == "a" {
        if has_relation(page, node, "bookmark") {
            found.push("url");
        }
        if has_relation(page, node, "tag") {
            found.push("category");
        }
    }
    found
}

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
