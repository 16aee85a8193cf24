//! How much text, linked text and running text there is below every node of a page.

use crate::dom::{self, Marks, Node, Page};

/// Characters a block of text must have, links aside, to count as running text.
const RUNNING: u32 = 40;

/// Figures for every node, over what is not marked.
pub(super) struct Stats {
    text: Vec<u32>,
    link: Vec<u32>,
    running: Vec<u32>,
}

impl Stats {
    /// Counts, in two passes over the page.
    pub(super) fn of(page: &Page, marks: &Marks) -> Self {
        let size = page.size();
        let (mut text, mut link) = (vec![0_u32; size], vec![0_u32; size]);
        // Of every block, the characters that are its own and not those of a block inside it.
        let (mut own_text, mut own_link) = (vec![0_u32; size], vec![0_u32; size]);
        let mut block = vec![0_usize; size];
        let mut linked = vec![false; size];
        for node in page.inside(page.root()) {
            let at = node.index();
            let above = page.parent(node).map_or(0, Node::index);
            let name = page.name(node);
            block[at] = if dom::is_block(name) { at } else { block[above] };
            linked[at] = linked[above] || name == "a" && page.attribute(node, "href").is_some();
            if marks.dropped(node) {
                continue;
            }
            let Some(characters) = page.characters(node) else { continue };
            let count = weight(characters);
            text[at] = count;
            own_text[block[at]] += count;
            if linked[at] {
                link[at] = count;
                own_link[block[at]] += count;
            }
        }
        let mut running: Vec<u32> = (0..size)
            .map(|at| {
                let plain = own_text[at].saturating_sub(own_link[at]);
                if plain >= RUNNING && own_link[at] < plain { own_text[at] } else { 0 }
            })
            .collect();
        for node in page.inside(page.root()).rev() {
            let Some(parent) = page.parent(node) else { continue };
            for figures in [&mut text, &mut link, &mut running] {
                figures[parent.index()] += figures[node.index()];
            }
        }
        Self { text, link, running }
    }

    /// Characters below the node, white space aside.
    pub(super) fn text(&self, node: Node) -> u32 {
        self.text[node.index()]
    }

    /// Characters below the node inside links.
    pub(super) fn link(&self, node: Node) -> u32 {
        self.link[node.index()]
    }

    /// Characters below the node in blocks that read like sentences rather than labels.
    pub(super) fn running(&self, node: Node) -> u32 {
        self.running[node.index()]
    }

    /// The share of the text that is linked, 0.0 to 1.0.
    pub(super) fn link_density(&self, node: Node) -> f64 {
        f64::from(self.link(node)) / f64::from(self.text(node).max(1))
    }

    /// The share of `whole` that the running text below the node makes up.
    pub(super) fn share(&self, node: Node, whole: Node) -> f64 {
        f64::from(self.running(node)) / f64::from(self.running(whole).max(1))
    }
}

/// How many characters there are, white space aside. A character of a script without spaces stands for a syllable or a
/// word and counts twice.
pub(super) fn weight(text: &str) -> u32 {
    if text.is_ascii() {
        // Pieces whose count fits a byte are counted many characters at a time.
        let piece = |piece: &[u8]| piece.iter().map(|byte| u8::from(!matches!(byte, b' ' | 9..=13))).sum::<u8>();
        return text.as_bytes().chunks(240).fold(0, |sum, bytes| sum.saturating_add(u32::from(piece(bytes))));
    }
    text.chars().fold(0_u32, |sum, c| {
        let add = match c {
            c if c.is_whitespace() => 0,
            '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{3ffff}' => 2,
            _ => 1,
        };
        sum.saturating_add(add)
    })
}
