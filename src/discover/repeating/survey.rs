//! One look over the whole page: how much text is where, and which parts are not the list.

use std::collections::HashMap;

use crate::dom::{Node, Page};

use super::words;

/// Share of the page's text above which a part is the page itself, whatever its class says.
const MOST: f64 = 0.7;

/// Figures for every node of a page.
pub(super) struct Survey {
    /// Weight of the text before each node; one more than there are nodes.
    before: Vec<u32>,
    /// How many links are before each node.
    links: Vec<u32>,
    /// How likely the links at each node belong to a list, from 0 (navigation) to 1.
    standing: Vec<f32>,
    /// How many elements have a word in their class.
    classes: HashMap<String, u32>,
}

/// How much a text says: characters, those of scripts that write a word with one or two counted for more.
pub(super) fn weight(text: &str) -> u32 {
    let of = |c: char| match u32::from(c) {
        _ if c.is_whitespace() => 0,
        0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff => 3,
        _ => 1,
    };
    text.chars().map(of).sum()
}

impl Survey {
    pub(super) fn of(page: &Page) -> Self {
        let mut before = Vec::with_capacity(page.size() + 1);
        let mut classes: HashMap<String, u32> = HashMap::new();
        let mut links = Vec::with_capacity(page.size() + 1);
        let (mut sum, mut count, mut quiet_until) = (0_u32, 0_u32, 0);
        for node in page.inside(page.root()) {
            before.push(sum);
            links.push(count);
            if let Some(text) = page.characters(node) {
                if node.index() >= quiet_until {
                    sum = sum.saturating_add(weight(text));
                }
                continue;
            }
            count += u32::from(page.name(node) == "a");
            if matches!(page.name(node), "script" | "style" | "noscript" | "template" | "head" | "select" | "textarea")
            {
                quiet_until = quiet_until.max(page.end(node));
            }
            for word in page.filled(node, "class").unwrap_or_default().split_whitespace().take(20) {
                match classes.get_mut(word) {
                    Some(count) => *count += 1,
                    None => {
                        classes.insert(word.to_owned(), 1);
                    }
                }
            }
        }
        before.push(sum);
        links.push(count);
        let mut survey = Self { before, links, standing: Vec::new(), classes };
        survey.standing = survey.standings(page);
        survey
    }

    fn standings(&self, page: &Page) -> Vec<f32> {
        let whole = f64::from(self.text(0, page.size()).max(1));
        let mut standing: Vec<f32> = Vec::with_capacity(page.size());
        for node in page.inside(page.root()) {
            let around = page.parent(node).and_then(|parent| standing.get(parent.index()).copied()).unwrap_or(1.0);
            let own = if page.is_element(node) { self.own_standing(page, node) } else { 1.0 };
            let own =
                if own < 1.0 && f64::from(self.text(node.index(), page.end(node))) > whole * MOST { 1.0 } else { own };
            standing.push(around.min(own));
        }
        standing
    }

    fn own_standing(&self, page: &Page, node: Node) -> f32 {
        let is_outer = |above: Node| matches!(page.name(above), "" | "html" | "body" | "div" | "form");
        let of_name: f32 = match page.name(node) {
            "html" | "body" | "main" | "article" => return 1.0,
            "nav" | "footer" | "menu" if !is_in_item(page, node) => 0.05,
            "header" if page.ancestors(node).all(is_outer) => 0.3,
            "aside" => 0.2,
            _ => 1.0,
        };
        let of_role = match page.attribute(node, "role") {
            Some("navigation" | "menu" | "menubar" | "contentinfo" | "search" | "tablist") => 0.05,
            Some("complementary" | "banner") => 0.2,
            _ => 1.0,
        };
        // The classes of an item may say `hot` or `archive`: only what holds several links is judged by its class.
        if self.links(node.index(), page.end(node)) < 3 {
            return of_name.min(of_role);
        }
        let of_class = ["class", "id"].iter().filter_map(|key| page.filled(node, key)).map(words::of_class);
        of_class.fold(of_name.min(of_role), f32::min)
    }

    /// How many links there are between two nodes.
    pub(super) fn links(&self, from: usize, to: usize) -> u32 {
        let at = |index: usize| self.links.get(index.min(self.links.len() - 1)).copied().unwrap_or(0);
        at(to).saturating_sub(at(from))
    }

    /// The weight of the text between two nodes.
    pub(super) fn text(&self, from: usize, to: usize) -> u32 {
        let at = |index: usize| self.before.get(index.min(self.before.len() - 1)).copied().unwrap_or(0);
        at(to).saturating_sub(at(from))
    }

    /// How likely a link at this node belongs to a list.
    pub(super) fn standing(&self, node: Node) -> f32 {
        self.standing.get(node.index()).copied().unwrap_or(1.0)
    }

    /// How many elements have this word in their class.
    pub(super) fn uses(&self, class: &str) -> u32 {
        self.classes.get(class).copied().unwrap_or(0)
    }
}

/// A footer or menu inside an item is that of the item.
fn is_in_item(page: &Page, node: Node) -> bool {
    page.ancestors(node).take(6).any(|above| matches!(page.name(above), "article" | "li" | "tr"))
}
