//! A parsed page: the only place that names scraper's types.
//!
//! A [`Page`] is parsed once and never changed. Its nodes are numbered in reading order, so that a subtree is a range of
//! numbers and a figure for every node is a plain vector. What is to be left out of a text or of markup is said by [`Marks`]
//! beside the page, not by taking nodes away.
//!
//! Bounded: a page is cut off at [`MAX_BYTES`], at [`MAX_NODES`] nodes, or where elements nest deeper than [`MAX_DEPTH`], and
//! [`without_floods`] says how many attributes a tag may have.

pub mod field;
mod flood;
mod marks;
mod picture;
mod player;
mod select;
pub mod tame;
mod text;
mod write;

use std::cell::OnceCell;
use std::collections::HashMap;

use ego_tree::NodeId;
use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, driver};
use scraper::{Html, HtmlTreeSink};

pub use flood::{end_of_tag, without_floods};
pub use marks::Marks;
pub use player::is_player;
pub use select::{Selector, SelectorError};
pub use text::{Prose, is_block, squash, text};
pub use write::{Shape, escape};

/// Bytes of UTF-8 that are parsed; what follows is left out.
pub const MAX_BYTES: usize = 12 << 20;
/// Nodes after which parsing ends.
pub const MAX_NODES: usize = 400_000;
/// Nesting after which parsing ends. Browsers stop at 512; old pages with tags that are never closed go deeper.
pub const MAX_DEPTH: usize = 1_500;

/// How much is parsed between two looks at the bounds, in bytes.
const PIECE: usize = 16 << 10;
/// Bytes of a base of addresses: each of them may hold a copy.
const MAX_BASE_BYTES: usize = 2_000;
const NONE: u32 = u32::MAX;

/// A node of a [`Page`]: its number in reading order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(u32);

impl Node {
    /// The number, for vectors with a figure for every node.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

struct Slot {
    id: NodeId,
    parent: u32,
    /// One past the last node of the subtree.
    end: u32,
}

/// A parsed page.
pub struct Page {
    html: Html,
    slots: Vec<Slot>,
    numbers: OnceCell<HashMap<NodeId, u32>>,
    cut: bool,
}

impl Page {
    /// Parses a whole page. `noscript` is read as markup: pictures hide there.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = without_floods(&text[..text.floor_char_boundary(MAX_BYTES)]);
        let mut options = ParseOpts::default();
        options.tree_builder.scripting_enabled = false;
        let mut parser = driver::parse_document(HtmlTreeSink::new(Html::new_document()), options);
        let (mut rest, mut cut) = (&*text, false);
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.ceil_char_boundary(PIECE));
            parser.process(piece.into());
            rest = after;
            if beyond_bounds(&parser.tokenizer.sink.sink.0.borrow()) {
                cut = !rest.is_empty();
                break;
            }
        }
        Self::number(parser.finish(), cut)
    }

    fn number(html: Html, cut: bool) -> Self {
        let mut slots: Vec<Slot> = Vec::new();
        let mut parent = NONE;
        for edge in html.tree.root().traverse() {
            match edge {
                ego_tree::iter::Edge::Open(node) => {
                    let number = u32::try_from(slots.len()).unwrap_or(NONE - 1);
                    slots.push(Slot { id: node.id(), parent, end: 0 });
                    parent = number;
                }
                ego_tree::iter::Edge::Close(_) => {
                    let end = u32::try_from(slots.len()).unwrap_or(NONE - 1);
                    let slot = &mut slots[parent as usize];
                    slot.end = end;
                    parent = slot.parent;
                }
            }
        }
        Self { html, slots, numbers: OnceCell::new(), cut }
    }

    /// Whether the page broke a bound and was cut off.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The document node: everything is inside.
    #[must_use]
    pub fn root(&self) -> Node {
        Node(0)
    }

    /// How many nodes there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.slots.len()
    }

    /// The node and all below it, in reading order.
    pub fn inside(&self, node: Node) -> impl DoubleEndedIterator<Item = Node> + use<> {
        (node.0..self.slots[node.index()].end).map(Node)
    }

    /// The elements below and including the node that have this name.
    pub fn named<'a>(&'a self, node: Node, name: &'a str) -> impl Iterator<Item = Node> + 'a {
        self.inside(node).filter(move |node| self.name(*node) == name)
    }

    /// The children, in reading order.
    pub fn children(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        let end = self.slots[node.index()].end;
        let mut next = node.0 + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(Node(next))?;
            next = self.slots[child.index()].end;
            Some(child)
        })
    }

    /// The node around this one.
    #[must_use]
    pub fn parent(&self, node: Node) -> Option<Node> {
        let parent = self.slots[node.index()].parent;
        (parent != NONE).then_some(Node(parent))
    }

    /// The nodes around this one, the nearest first.
    pub fn ancestors(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        std::iter::successors(self.parent(node), |node| self.parent(*node))
    }

    /// The number one past the last node of the subtree.
    #[must_use]
    pub fn end(&self, node: Node) -> usize {
        self.slots[node.index()].end as usize
    }

    /// The node with this number; the last one when there are fewer.
    #[must_use]
    pub fn at(&self, index: usize) -> Node {
        Node(u32::try_from(index.min(self.slots.len().saturating_sub(1))).unwrap_or(0))
    }

    /// Whether `inner` is `outer` or below it.
    #[must_use]
    pub fn contains(&self, outer: Node, inner: Node) -> bool {
        outer <= inner && inner.index() < self.end(outer)
    }

    /// The name of an element in lower case; empty for any other node.
    #[must_use]
    pub fn name(&self, node: Node) -> &str {
        self.element(node).map_or("", |element| &*element.name.local)
    }

    /// Whether it is an element.
    #[must_use]
    pub fn is_element(&self, node: Node) -> bool {
        self.element(node).is_some()
    }

    /// The characters of a text node.
    #[must_use]
    pub fn characters(&self, node: Node) -> Option<&str> {
        match self.value(node) {
            scraper::Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, node: Node, name: &str) -> Option<&str> {
        self.attributes(node).find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The value of an attribute, trimmed; `None` when nothing is left.
    #[must_use]
    pub fn filled(&self, node: Node, name: &str) -> Option<&str> {
        self.attribute(node, name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// All attributes with their values.
    pub fn attributes(&self, node: Node) -> impl Iterator<Item = (&str, &str)> {
        self.element(node)
            .into_iter()
            .flat_map(|element| element.attrs.iter().map(|(name, value)| (&*name.local, &**value)))
    }

    /// What the `base` element names as base of relative addresses.
    #[must_use]
    pub fn declared_base(&self) -> Option<&str> {
        let href = self.named(self.root(), "base").find_map(|node| self.filled(node, "href"));
        href.filter(|href| href.len() <= MAX_BASE_BYTES)
    }

    /// The canonical address the page declares, as written.
    #[must_use]
    pub fn declared_canonical(&self) -> Option<&str> {
        let is_canonical = |rel: &str| rel.split_whitespace().any(|word| word.eq_ignore_ascii_case("canonical"));
        self.named(self.root(), "link")
            .find(|node| self.attribute(*node, "rel").is_some_and(is_canonical))
            .and_then(|node| self.filled(node, "href"))
    }

    /// The language the page declares.
    #[must_use]
    pub fn declared_language(&self) -> Option<&str> {
        let html = self.named(self.root(), "html").next()?;
        self.filled(html, "lang").or_else(|| self.filled(html, "xml:lang"))
    }

    fn value(&self, node: Node) -> &scraper::Node {
        self.html.tree.get(self.slots[node.index()].id).expect("slots hold nodes of this tree").value()
    }

    fn element(&self, node: Node) -> Option<&scraper::node::Element> {
        self.value(node).as_element()
    }

    fn numbers(&self) -> &HashMap<NodeId, u32> {
        self.numbers.get_or_init(|| self.slots.iter().zip(0..).map(|(slot, number)| (slot.id, number)).collect())
    }
}

/// Whether the tree has become too large, or too deep where it was added to last.
fn beyond_bounds(html: &Html) -> bool {
    let nodes = html.tree.values().len();
    let deepest_open = html.tree.root().last_children().take(MAX_DEPTH + 1).count();
    nodes > MAX_NODES || deepest_open > MAX_DEPTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtrees_are_ranges_in_reading_order() {
        let page = Page::parse("<body><div id=a><p>x</p><p>y</p></div><div id=b></div>");
        let a = page.named(page.root(), "div").next().expect("a div");
        assert_eq!(page.attribute(a, "id"), Some("a"));
        assert_eq!(page.children(a).map(|n| page.name(n)).collect::<Vec<_>>(), ["p", "p"]);
        assert!(page.inside(a).all(|node| page.contains(a, node)));
        assert_eq!(page.ancestors(a).map(|n| page.name(n).to_owned()).collect::<Vec<_>>(), ["body", "html", ""]);
    }

    #[test]
    fn pages_beyond_the_bounds_are_cut_and_still_read() {
        let deep = format!("<p>start</p>{}<p>end", "<div>".repeat(200_000));
        let page = Page::parse(&deep);
        assert!(page.is_cut());
        assert!(page.size() < 50_000, "{}", page.size());
        let broad = "<i></i>".repeat(MAX_NODES + 10_000);
        assert!(Page::parse(&broad).size() < MAX_NODES + 10_000);
    }

    #[test]
    fn noscript_is_read_as_markup() {
        let page = Page::parse("<body><noscript><img src=x></noscript>");
        assert_eq!(page.named(page.root(), "img").count(), 1);
    }
}
