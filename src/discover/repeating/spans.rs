//! How far the item of a link reaches: the largest element that holds no other link of the list, and what stands beside it
//! where the items of a list have no elements of their own.

use crate::date::page as dates;
use crate::dom::{Node, Page};

use super::links::Link;

/// How far an item reaches up from its link.
const MAX_CLIMB: usize = 9;
/// Nodes of an item that are read.
const MAX_NODES: usize = 4_000;
/// Neighbours of a scope that may belong to its item.
const MAX_BESIDE: usize = 8;

/// The extent of an item: a range of nodes in reading order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) scope: Node,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// The scope of each link, which are in reading order: the largest element around it that holds no link to another article
/// of the list.
pub(super) fn scopes(page: &Page, links: &[&Link]) -> Vec<Node> {
    let climbs: Vec<usize> = links.iter().enumerate().map(|(number, _)| climb(page, links, number)).collect();
    // An item that is alone in its part of the page would reach over all of it: most say how far one reaches.
    let mut counts = [0_usize; MAX_CLIMB + 1];
    for climb in &climbs {
        counts[*climb] += 1;
    }
    let usual = (0..=MAX_CLIMB).rev().max_by_key(|climb| counts[*climb]).unwrap_or(0);
    let up = |link: &Link, climb: usize| {
        std::iter::once(link.node).chain(page.ancestors(link.node)).nth(climb).unwrap_or(link.node)
    };
    links
        .iter()
        .zip(climbs)
        .map(|(link, climb)| up(link, if links.len() > 1 { climb.min(usual) } else { climb }))
        .collect()
}

/// The scopes of links beside others of the list, which no scope reaches over. Both are in reading order.
pub(super) fn scopes_beside(page: &Page, links: &[&Link], others: &[&Link]) -> Vec<Node> {
    let mut scopes = scopes(page, links);
    for (scope, link) in scopes.iter_mut().zip(links) {
        let holds_other = |scope: Node| {
            let first = others.partition_point(|other| other.node < scope);
            let end = page.end(scope);
            others[first..].iter().take_while(|other| other.node.index() < end).any(|other| other.key != link.key)
        };
        if holds_other(*scope) {
            let around = std::iter::once(link.node).chain(page.ancestors(link.node));
            *scope = around.take_while(|node| node > scope && !holds_other(*node)).last().unwrap_or(link.node);
        }
    }
    scopes
}

fn climb(page: &Page, links: &[&Link], number: usize) -> usize {
    let link = links[number];
    let is_alone = |above: Node| {
        let end = page.end(above);
        let before =
            links[..number].iter().rev().take_while(|other| other.node >= above).all(|other| other.key == link.key);
        let after =
            links[number..].iter().take_while(|other| other.node.index() < end).all(|other| other.key == link.key);
        before && after
    };
    let is_part = |above: &Node| !matches!(page.name(*above), "" | "html" | "body" | "main");
    page.ancestors(link.node).take(MAX_CLIMB).take_while(|above| is_part(above) && is_alone(*above)).count()
}

/// The spans of the items with these scopes, which are in reading order.
pub(super) fn spans(page: &Page, scopes: &[Node]) -> Vec<Span> {
    let mut spans: Vec<Span> =
        scopes.iter().map(|scope| Span { scope: *scope, from: scope.index(), to: page.end(*scope) }).collect();
    let mut start = 0;
    while start < scopes.len() {
        let parent = page.parent(scopes[start]);
        let mut end = start + 1;
        while end < scopes.len() && page.parent(scopes[end]) == parent {
            end += 1;
        }
        if let Some(parent) = parent {
            beside(page, parent, &mut spans[start..end]);
        }
        start = end;
    }
    for span in &mut spans {
        span.to = span.to.min(span.from + MAX_NODES);
    }
    spans
}

/// Gives each item what stands between it and its neighbours.
fn beside(page: &Page, parent: Node, spans: &mut [Span]) {
    if spans.len() < 2 {
        return;
    }
    let children: Vec<Node> = page.children(parent).filter(|child| is_something(page, *child)).collect();
    let place = |scope: Node| children.iter().position(|child| *child == scope);
    let Some(places) = spans.iter().map(|span| place(span.scope)).collect::<Option<Vec<_>>>() else { return };
    if places.windows(2).any(|pair| pair[0] >= pair[1]) {
        return;
    }
    let before = &children[places[0].saturating_sub(MAX_BESIDE)..places[0]];
    let last = places[places.len() - 1] + 1;
    let after = &children[last..children.len().min(last + MAX_BESIDE)];
    let between = signatures(page, &children, &places);
    // A heading over some items is not part of any.
    let is_heading = |node: &Node| {
        let signature = signature(page, *node);
        let is_over = signature.ends_with('@') || matches!(page.name(*node), "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        is_over && between.iter().filter(|known| **known == signature).count() * 2 < places.len()
    };
    let mut leading = Vec::new();
    let mut trailing = Vec::new();
    for number in 1..places.len() {
        let gap = &children[places[number - 1] + 1..places[number]];
        if gap.is_empty() {
            continue;
        }
        if let Some(first) = gap.iter().position(is_heading) {
            let last = gap.iter().rposition(is_heading).unwrap_or(first);
            give(page, spans, number, &gap[last + 1..], true);
            give(page, spans, number - 1, &gap[..first], false);
            continue;
        }
        let cut = cut(page, gap, before, after);
        give(page, spans, number, &gap[cut..], true);
        give(page, spans, number - 1, &gap[..cut], false);
        leading.push(gap.len() - cut);
        trailing.push(cut);
    }
    // What stands before the first and after the last item looks as between the others.
    let usual =
        |counts: &[usize]| (0..=MAX_BESIDE).rev().max_by_key(|n| counts.iter().filter(|count| *count == n).count());
    let gaps = spans.len() - 1;
    if let Some(count) = usual(&leading).filter(|count| *count > 0 && leading.len() * 2 >= gaps) {
        let taken = before.len().min(count);
        give(page, spans, 0, &before[before.len() - taken..], true);
    }
    if let Some(count) = usual(&trailing).filter(|count| *count > 0 && trailing.len() * 2 >= gaps) {
        let fits = |node: &&Node| between.contains(&signature(page, **node));
        let taken = after.iter().take(count).take_while(fits).count();
        give(page, spans, spans.len() - 1, &after[..taken], false);
    }
}

/// What everything between the items looks like.
fn signatures(page: &Page, children: &[Node], places: &[usize]) -> Vec<String> {
    let gaps = places.windows(2).flat_map(|pair| &children[pair[0] + 1..pair[1]]);
    gaps.take(200).map(|node| signature(page, *node)).collect()
}

fn give(page: &Page, spans: &mut [Span], number: usize, nodes: &[Node], is_before: bool) {
    let nodes = if is_before {
        &nodes[nodes.len().saturating_sub(MAX_BESIDE)..]
    } else {
        &nodes[..nodes.len().min(MAX_BESIDE)]
    };
    let (Some(first), Some(last), Some(span)) = (nodes.first(), nodes.last(), spans.get_mut(number)) else { return };
    if is_before {
        span.from = span.from.min(first.index());
    } else {
        span.to = span.to.max(page.end(*last));
    }
}

/// Where to part what stands between two items: before it belongs to the item above, after it to the one below.
fn cut(page: &Page, gap: &[Node], before: &[Node], after: &[Node]) -> usize {
    if let Some(rule) = gap.iter().rposition(|node| page.name(*node) == "hr") {
        return rule + 1;
    }
    let alike = |a: &Node, b: &Node| signature(page, *a) == signature(page, *b);
    let same = gap.iter().rev().zip(before.iter().rev());
    let led = same.take_while(|(a, b)| page.name(**a) != "br" && alike(a, b)).count();
    let followed = gap.iter().zip(after).take_while(|(a, b)| alike(a, b)).count();
    let cut = gap.len() - led;
    if followed <= cut {
        return cut;
    }
    // Both fit: a date stands over its item unless one stands under the last item too.
    let is_date = |node: &Node| signature(page, *node).ends_with('@');
    let is_dated_before = gap[cut..].iter().any(is_date) && !after.iter().take(gap.len()).any(is_date);
    if is_dated_before { cut } else { gap.len() }
}

/// What a neighbour looks like: name and first class, and whether it is a date.
fn signature(page: &Page, node: Node) -> String {
    let text = match page.characters(node) {
        Some(text) => text.trim().to_owned(),
        None => page.line(node),
    };
    let is_date = text.chars().count() < 50
        && text.chars().any(|c| c.is_ascii_digit())
        && dates::find(&text, &jiff::tz::TimeZone::UTC, None).is_some();
    let class = page.filled(node, "class").and_then(|class| class.split_whitespace().next()).unwrap_or_default();
    format!("{}.{class}{}", page.name(node), if is_date { "@" } else { "" })
}

fn is_something(page: &Page, node: Node) -> bool {
    match page.characters(node) {
        Some(text) => text.chars().any(char::is_alphanumeric),
        None => page.is_element(node) && !matches!(page.name(node), "script" | "style" | "template"),
    }
}
