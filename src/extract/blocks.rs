//! The lines of text a page is made of, each with what is known about it.

use crate::dom::{self, Marks, Node, Page};

use super::stats::weight;

/// A run of text between two line breaks.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// The block element that holds it.
    pub(super) container: Node,
    /// Its text nodes.
    pub(super) parts: Vec<Node>,
    /// The text on one line.
    pub(super) text: String,
    /// Characters, white space aside.
    pub(super) length: u32,
    /// Of these, characters inside links.
    pub(super) linked: u32,
    /// Of these, characters in bold.
    pub(super) bold: u32,
}

impl Block {
    /// The share of linked characters.
    pub(super) fn link_density(&self) -> f64 {
        f64::from(self.linked) / f64::from(self.length.max(1))
    }

    /// Whether it was taken out of the text.
    pub(super) fn dropped(&self, marks: &Marks) -> bool {
        self.parts.iter().all(|part| marks.dropped(*part))
    }

    /// Takes the block out of the text.
    pub(super) fn drop(&self, page: &Page, marks: &mut Marks) {
        for part in &self.parts {
            marks.drop(page, *part);
        }
    }
}

/// The blocks below `root` that are not marked, in reading order.
pub(super) fn blocks(page: &Page, root: Node, marks: &Marks) -> Vec<Block> {
    let mut done = Vec::new();
    let mut current: Option<Block> = None;
    let mut linked_until = 0;
    let mut bold_until = 0;
    let mut closing: Vec<usize> = Vec::new();
    let mut containers: Vec<Node> = vec![root];
    for node in page.inside(root) {
        while closing.last().is_some_and(|end| *end <= node.index()) {
            closing.pop();
            containers.pop();
            done.extend(current.take());
        }
        let name = page.name(node);
        if dom::is_block(name) && node != root {
            done.extend(current.take());
            closing.push(page.end(node));
            containers.push(node);
        }
        if marks.dropped(node) {
            continue;
        }
        match name {
            "br" => done.extend(current.take()),
            "a" if page.attribute(node, "href").is_some() => linked_until = linked_until.max(page.end(node)),
            "b" | "strong" | "em" | "i" => bold_until = bold_until.max(page.end(node)),
            _ => {}
        }
        let Some(characters) = page.characters(node) else { continue };
        let length = weight(characters);
        if length == 0 && current.is_none() {
            continue;
        }
        let container = containers.last().copied().unwrap_or(root);
        let block = current.get_or_insert_with(|| Block {
            container,
            parts: Vec::new(),
            text: String::new(),
            length: 0,
            linked: 0,
            bold: 0,
        });
        block.parts.push(node);
        push_squashed(&mut block.text, characters);
        block.length += length;
        block.linked += if node.index() < linked_until { length } else { 0 };
        block.bold += if node.index() < bold_until { length } else { 0 };
    }
    done.extend(current);
    done.retain(|block| block.length > 0);
    for block in &mut done {
        block.text.truncate(block.text.trim_end().len());
    }
    done
}

/// Adds characters with every run of white space made one space, and none at the start.
fn push_squashed(out: &mut String, characters: &str) {
    let mut words = characters.split_whitespace();
    let spaced = |out: &String| !out.is_empty() && !out.ends_with(' ');
    if characters.starts_with(char::is_whitespace) && spaced(out) {
        out.push(' ');
    }
    if let Some(first) = words.next() {
        out.push_str(first);
    }
    for word in words {
        out.push(' ');
        out.push_str(word);
    }
    if characters.ends_with(char::is_whitespace) && spaced(out) {
        out.push(' ');
    }
}

/// Whether any text is left below `root`.
pub(super) fn any(page: &Page, root: Node, marks: &Marks) -> bool {
    page.inside(root)
        .any(|node| !marks.dropped(node) && page.characters(node).is_some_and(|text| !text.trim().is_empty()))
}
