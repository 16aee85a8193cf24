//! Which part of a page holds the text: down from the body, as long as one element below holds most of the running text,
//! or says by its name that it is the text and holds enough of it.

use crate::dom::{Marks, Node, Page};

use super::hints;
use super::stats::Stats;

/// Pieces of a text that are put together, at most.
const MAX_PIECES: usize = 60;

/// An element that may be the text, with what its names say.
struct Candidate {
    node: Node,
    /// How the names call it, as an index into [`CALLED`].
    called: Vec<usize>,
}

type Called = fn(&Page, Node, &str) -> bool;

/// What an element may call itself, the most telling first, and how much of the running text it must hold to be believed.
const CALLED: [(Called, f64); 5] = [
    (
        |page, node, _| {
            page.attribute(node, "itemprop").is_some_and(|value| value.split_whitespace().any(|v| v == "articleBody"))
        },
        0.4,
    ),
    (|_, _, names| hints::running_text(names), 0.45),
    (|page, node, _| page.name(node) == "article", 0.5),
    (|page, node, _| page.name(node) == "main" || page.attribute(node, "role") == Some("main"), 0.5),
    (|_, _, names| hints::article(names), 0.6),
];

/// The part of the page that holds the text.
pub(super) fn part(page: &Page, body: Node, marks: &Marks, stats: &Stats) -> Node {
    let candidates = candidates(page, body, marks, stats);
    let mut current = body;
    loop {
        let next = by_name(page, current, &candidates, stats).or_else(|| by_weight(page, current, marks, stats));
        match next {
            Some(next) => current = next,
            None => return current,
        }
    }
}

fn candidates(page: &Page, body: Node, marks: &Marks, stats: &Stats) -> Vec<Candidate> {
    page.inside(body)
        .skip(1)
        .filter(|node| !marks.dropped(*node) && stats.running(*node) > 100 && is_container(page.name(*node)))
        .filter_map(|node| {
            let names = hints::names(page, node);
            let called: Vec<usize> = (0..CALLED.len()).filter(|at| CALLED[*at].0(page, node, &names)).collect();
            (!called.is_empty()).then_some(Candidate { node, called })
        })
        .collect()
}

/// The element below whose name says that it is the text, if it holds enough of it.
fn by_name(page: &Page, current: Node, candidates: &[Candidate], stats: &Stats) -> Option<Node> {
    let inside: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| candidate.node != current && page.contains(current, candidate.node))
        .collect();
    CALLED
        .iter()
        .enumerate()
        .find_map(|(at, (_, share))| {
            let found: Vec<Node> = inside
                .iter()
                .filter(|candidate| candidate.called.contains(&at))
                .map(|candidate| candidate.node)
                .collect();
            let best = found.iter().copied().max_by(|a, b| stats.running(*a).cmp(&stats.running(*b)).then(b.cmp(a)))?;
            let whole = together(page, current, best, &found, stats);
            (whole != current && stats.share(whole, current) >= *share).then_some(whole)
        })
        .or_else(|| headed(page, current, &inside, stats))
}

/// The one `article` that holds the one main heading, among teasers that are `article` elements as well: it may be short.
fn headed(page: &Page, current: Node, inside: &[&Candidate], stats: &Stats) -> Option<Node> {
    const SHARE: f64 = 0.2;
    let mut headings = page.named(current, "h1");
    let heading = headings.next().filter(|_| headings.next().is_none())?;
    let article = page.ancestors(heading).find(|above| page.name(*above) == "article")?;
    let is_candidate = inside.iter().any(|candidate| candidate.node == article);
    let teases =
        page.named(current, "article").any(|other| !page.contains(article, other) && !page.contains(other, article));
    (is_candidate && teases && stats.share(article, current) >= SHARE).then_some(article)
}

/// Texts come in pieces of one name with other things between: the element around the pieces. Pieces with headlines of
/// their own are other articles.
fn together(page: &Page, current: Node, best: Node, found: &[Node], stats: &Stats) -> Node {
    let mut whole = best;
    for other in found.iter().copied().take(MAX_PIECES) {
        let apart = !page.contains(whole, other) && !page.contains(other, best);
        if !apart || stats.running(other) * 10 < stats.running(best) {
            continue;
        }
        let Some(around) = page.ancestors(other).find(|above| page.contains(*above, whole)) else { continue };
        let mut between = page.ancestors(other).take_while(|above| *above != around);
        let other_article = page.name(other) == "article"
            || between.any(|above| page.name(above) == "article" && !page.contains(above, best))
            || page.named(around, "h1").count() > 1;
        if page.contains(current, around) && !other_article {
            whole = around;
        }
    }
    whole
}

/// The child that holds most of the running text.
fn by_weight(page: &Page, current: Node, marks: &Marks, stats: &Stats) -> Option<Node> {
    let heaviest = page
        .children(current)
        .filter(|node| page.is_element(*node) && !marks.dropped(*node))
        .max_by_key(|node| stats.running(*node))?;
    let share = stats.share(heaviest, current);
    let holds_blocks = match page.name(heaviest) {
        "p" | "pre" | "blockquote" | "ul" | "ol" | "li" | "span" | "a" | "b" | "figure" | "figcaption" => false,
        "table" | "tbody" | "tr" | "td" => share > 0.9 || is_layout(page, heaviest, current, stats),
        _ => true,
    };
    (holds_blocks && share >= 0.8 && stats.running(heaviest) > 0).then_some(heaviest)
}

/// Whether a table puts the parts of a page in their places: one cell holds nearly all the text, in lines.
fn is_layout(page: &Page, table: Node, current: Node, stats: &Stats) -> bool {
    let in_lines =
        |cell: Node| page.inside(cell).filter(|node| matches!(page.name(*node), "br" | "p")).nth(3).is_some();
    page.named(table, "td").any(|cell| stats.share(cell, current) >= 0.75 && in_lines(cell))
}

fn is_container(name: &str) -> bool {
    matches!(
        name,
        "div" | "section" | "article" | "main" | "td" | "span" | "font" | "center" | "form" | "body" | "blockquote"
    ) || name.contains('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAGRAPH: &str = "The bridge over the river was built by four firms, and the people of the town walk over it in the evening to the other side.";

    /// The `id` of the part that is chosen.
    fn chosen(markup: &str) -> String {
        let page = Page::parse(&markup.replace('P', &format!("<p>{PARAGRAPH}</p>")));
        let body = page.named(page.root(), "body").next().expect("a body");
        let marks = Marks::none(&page);
        let part = part(&page, body, &marks, &Stats::of(&page, &marks));
        page.attribute(part, "id").unwrap_or_default().to_owned()
    }

    #[test]
    fn the_part_is_chosen_by_name_and_by_weight() {
        let rows = [
            ("<div id=a>PPPP</div><div id=b>P</div>", "a"),
            ("<div id=a><div id=b class=entry-content>PPP</div><div>PP</div></div>", "b"),
            (
                "<div id=a><section><div class=article-body>PP</div></section><p>x</p><section><div class=article-body>PP</div></section></div>",
                "a",
            ),
            ("<div id=a><article id=b><h1>1</h1>PPPP</article><article><h1>2</h1>PP</article></div>", "b"),
            ("<div id=a><p class=body-text>P</div>", "a"),
        ];
        for (markup, wanted) in rows {
            assert_eq!(chosen(markup), wanted, "{markup}");
        }
    }
}
