//! The elements that a page marks as feeds, entries and cards, and which entry belongs to which feed.

use crate::dom::{Node, Page};

/// The vocabulary of an element: the two are never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// microformats2: `h-entry`, `p-name`.
    Current,
    /// Before: `hentry`, `entry-title`.
    Older,
}

/// What an element is marked as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Feed,
    Entry,
    Card,
    /// A thing that is no entry, and whose properties are its own.
    Other,
}

/// A marked element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Root {
    pub(super) node: Node,
    pub(super) kind: Kind,
    pub(super) era: Era,
}

/// A feed with its entries; without an element of its own where entries stand free in the page.
pub(super) struct Feed {
    pub(super) root: Option<Root>,
    pub(super) entries: Vec<Root>,
}

/// The things of microformats2. A fixed list: style sheets use `h-full` and `h-100` for heights.
const CURRENT: [(&str, Kind); 17] = [
    ("h-feed", Kind::Feed),
    ("h-entry", Kind::Entry),
    ("h-card", Kind::Card),
    ("h-cite", Kind::Other),
    ("h-event", Kind::Other),
    ("h-adr", Kind::Other),
    ("h-geo", Kind::Other),
    ("h-item", Kind::Other),
    ("h-app", Kind::Other),
    ("h-x-app", Kind::Other),
    ("h-listing", Kind::Other),
    ("h-product", Kind::Other),
    ("h-recipe", Kind::Other),
    ("h-resume", Kind::Other),
    ("h-review", Kind::Other),
    ("h-review-aggregate", Kind::Other),
    ("h-measure", Kind::Other),
];

const OLDER: [(&str, Kind); 8] = [
    ("hfeed", Kind::Feed),
    ("hentry", Kind::Entry),
    ("vcard", Kind::Card),
    ("adr", Kind::Other),
    ("vevent", Kind::Other),
    ("hproduct", Kind::Other),
    ("hrecipe", Kind::Other),
    ("hreview", Kind::Other),
];

/// The classes of an element. Upper and lower case differ.
pub(super) fn classes(page: &Page, node: Node) -> impl Iterator<Item = &str> {
    page.attribute(node, "class").unwrap_or_default().split_ascii_whitespace()
}

/// What an element is marked as. Where both vocabularies are used, the older one is for old programs only.
pub(super) fn root(page: &Page, node: Node) -> Option<Root> {
    let class = page.attribute(node, "class")?;
    let find = |table: &[(&str, Kind)]| {
        let kinds = class.split_ascii_whitespace().filter_map(|class| table.iter().find(|(name, _)| *name == class));
        // An element that is several things is first of all an entry.
        kinds.map(|(_, kind)| *kind).min_by_key(|kind| *kind != Kind::Entry)
    };
    if let Some(kind) = find(&CURRENT) {
        return Some(Root { node, kind, era: Era::Current });
    }
    find(&OLDER).map(|kind| Root { node, kind, era: Era::Older })
}

/// The cards of a page that stand outside its entries, the first hundred.
pub(super) fn cards(page: &Page) -> Vec<Root> {
    let mut cards = Vec::new();
    let mut next = 0;
    while next < page.size() && cards.len() < 100 {
        let node = page.at(next);
        next += 1;
        let Some(root) = root(page, node).filter(|root| root.era == Era::Current && root.kind != Kind::Feed) else {
            continue;
        };
        cards.extend((root.kind == Kind::Card).then_some(root));
        next = page.end(node);
    }
    cards
}

/// The feeds of a page in its order, the entries that stand free as the last.
pub(super) fn feeds(page: &Page, era: Era) -> Vec<Feed> {
    let mut feeds: Vec<Feed> = Vec::new();
    let mut free = Feed { root: None, entries: Vec::new() };
    // The feeds around where we are: their end, and their place among the feeds.
    let mut around: Vec<(usize, usize)> = Vec::new();
    let mut next = 0;
    while next < page.size() {
        while around.last().is_some_and(|(end, _)| *end <= next) {
            around.pop();
        }
        let node = page.at(next);
        next += 1;
        if page.name(node) == "template" {
            next = page.end(node);
            continue;
        }
        let Some(root) = root(page, node).filter(|root| root.era == era) else { continue };
        match root.kind {
            // Themes put `hfeed` on the body of every page.
            Kind::Feed => {
                around.push((page.end(node), feeds.len()));
                feeds.push(Feed { root: Some(root), entries: Vec::new() });
            }
            Kind::Entry => {
                match around.last() {
                    Some((_, feed)) => feeds[*feed].entries.push(root),
                    None => free.entries.push(root),
                }
                // What is inside an entry is its own: answers, quotations, the post it repeats.
                next = page.end(node);
            }
            Kind::Card | Kind::Other => next = page.end(node),
        }
    }
    feeds.push(free);
    feeds.retain(|feed| !feed.entries.is_empty());
    feeds
}
