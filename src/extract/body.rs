//! The text of the article: which part of the page it is, and what in that part is not it.
//!
//! First what is furniture by element or name is marked, then the part is chosen that holds the running text, then its
//! blocks are judged one by one.

use crate::dom::{Marks, Node, Page};

use super::{boilerplate, hints, prune};
use super::stats::Stats;

/// The part of the page that is the article, and what is left out of it.
pub(super) struct Body {
    /// The element around the text.
    pub(super) root: Node,
    /// What is left out of the text.
    pub(super) marks: Marks,
}

/// Finds the text. `titles` are the headlines other rungs named, to be left out of it.
pub(super) fn find(page: &Page, titles: &[String]) -> Body {
    let body = page.named(page.root(), "body").next().unwrap_or(page.root());
    let mut marks = Marks::none(page);
    prune::silent(page, &mut marks);
    let bare = marks.clone();
    let before = Stats::of(page, &marks);
    prune::furniture(page, &mut marks, &before, body);
    let mut stats = Stats::of(page, &marks);
    // A page whose every part is called furniture: take the names less seriously.
    if stats.text(body) < 150 && before.text(body) > stats.text(body) * 2 {
        marks = bare;
        stats = before;
    }
    let root = choose(page, body, &marks, &stats);
    boilerplate::sweep(page, root, &mut marks, &stats, titles);
    Body { root, marks }
}

/// Goes down from the body as long as one element below holds most of the running text.
fn choose(page: &Page, body: Node, marks: &Marks, stats: &Stats) -> Node {
    let mut current = body;
    loop {
        let next = by_name(page, current, marks, stats).or_else(|| by_weight(page, current, marks, stats));
        match next {
            Some(next) => current = next,
            None => return current,
        }
    }
}

/// The element below whose name says that it is the text, if it holds enough of it.
fn by_name(page: &Page, current: Node, marks: &Marks, stats: &Stats) -> Option<Node> {
    let inside: Vec<Node> =
        page.inside(current).skip(1).filter(|node| page.is_element(*node) && !marks.dropped(*node) && stats.running(*node) > 100).collect();
    let best = |wanted: &dyn Fn(Node) -> bool, share: f64| {
        let found: Vec<Node> = inside.iter().copied().filter(|node| wanted(*node)).collect();
        let best = found.iter().copied().max_by(|a, b| stats.running(*a).cmp(&stats.running(*b)).then(a.cmp(b)))?;
        (stats.share(best, current) >= share).then_some(best)
    };
    let said = |node: Node| page.attribute(node, "itemprop").is_some_and(|value| value.split_whitespace().any(|v| v == "articleBody"));
    best(&said, 0.4)
        .or_else(|| best(&|node| hints::running_text(&hints::names(page, node)), 0.45))
        .or_else(|| best(&|node| page.name(node) == "article", 0.5))
        .or_else(|| best(&|node| page.name(node) == "main" || page.attribute(node, "role") == Some("main"), 0.5))
        .or_else(|| best(&|node| hints::article(&hints::names(page, node)), 0.6))
}

fn by_weight(page: &Page, current: Node, marks: &Marks, stats: &Stats) -> Option<Node> {
    let heaviest = page
        .children(current)
        .filter(|node| page.is_element(*node) && !marks.dropped(*node))
        .max_by_key(|node| stats.running(*node))?;
    let holds_blocks = !matches!(page.name(heaviest), "p" | "pre" | "blockquote" | "ul" | "ol" | "li" | "table" | "tr" | "td" | "span" | "a" | "b")
        || matches!(page.name(heaviest), "table" | "tr" | "td") && stats.share(heaviest, current) > 0.9;
    (holds_blocks && stats.share(heaviest, current) >= 0.8 && stats.running(heaviest) > 0).then_some(heaviest)
}
