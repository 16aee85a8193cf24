//! What is to be left out of a page, said beside it.

use super::{Node, Page};

/// A set of nodes left out, each with everything below it.
#[derive(Debug, Clone)]
pub struct Marks(Vec<bool>);

impl Marks {
    /// Nothing left out.
    #[must_use]
    pub fn none(page: &Page) -> Self {
        Self(vec![false; page.size()])
    }

    /// Leaves out the node and all below it.
    pub fn drop(&mut self, page: &Page, node: Node) {
        self.0[node.index()..page.end(node)].fill(true);
    }

    /// Takes the node and all below it back in.
    pub fn restore(&mut self, page: &Page, node: Node) {
        self.0[node.index()..page.end(node)].fill(false);
    }

    /// Takes the node back in, and nothing below it.
    pub fn restore_only(&mut self, node: Node) {
        self.0[node.index()] = false;
    }

    /// Whether the node is left out.
    #[must_use]
    pub fn dropped(&self, node: Node) -> bool {
        self.0[node.index()]
    }
}
