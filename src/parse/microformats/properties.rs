//! The properties of a marked element: which elements inside it say what.

use jiff::Timestamp;

use crate::dom::{Node, Page};

use super::roots::{self, Era, Kind, Root};
use super::values::{address, moment, text};
use super::{Scene, has_relation};

/// Properties kept of one element.
const MAX_PROPERTIES: usize = 400;
/// Values read of one property.
const MAX_VALUES: usize = 100;

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
