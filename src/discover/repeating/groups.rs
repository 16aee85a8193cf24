//! Links that stand in the same place: by the names and classes of the elements around them.

use std::collections::{BTreeMap, HashSet};

use crate::dom::{Node, Page};

use super::links::Link;
use super::spans;
use super::survey::{Survey, weight};

/// How far up the structure is compared, the link included.
const LEVELS: usize = 5;
/// Classes that say where in a row an element stands, not what it is.
const STATES: &[&str] = &[
    "odd", "even", "first", "last", "active", "current", "new", "visited", "alt", "clearfix", "hidden", "left", "right",
];

/// Links that stand in the same place, as numbers into the links of the page, in reading order.
pub(super) type Group = Vec<usize>;

/// Puts the links of a page into groups.
pub(super) fn groups(page: &Page, survey: &Survey, links: &[Link]) -> Vec<Group> {
    let mut fine: BTreeMap<(String, (u32, bool)), Group> = BTreeMap::new();
    for (number, link) in links.iter().enumerate() {
        // The same list may stand in the middle and at the side.
        let standing = if link.standing > 0.9 { 2 } else { u32::from(link.standing > 0.3) };
        fine.entry((shape(page, survey, link.node), (standing, link.is_outside))).or_default().push(number);
    }
    let mut coarse: BTreeMap<(String, (u32, bool)), Vec<Group>> = BTreeMap::new();
    for ((_, standing), group) in fine {
        let names = names(page, links[group[0]].node);
        coarse.entry((names, standing)).or_default().push(group);
    }
    let mut groups: Vec<Group> = coarse.into_values().flat_map(|alike| join(page, links, alike)).collect();
    groups.sort_by_key(|group| group[0]);
    groups
}

/// The way from the link up by names alone.
fn names(page: &Page, node: Node) -> String {
    let around = std::iter::once(node).chain(page.ancestors(node)).take(LEVELS);
    around.map(|above| format!("{}{}>", page.name(above), column(page, above))).collect()
}

/// The way from the link up, by names and classes: equal for the links of one list.
fn shape(page: &Page, survey: &Survey, node: Node) -> String {
    let mut shape = String::new();
    for above in std::iter::once(node).chain(page.ancestors(node)).take(LEVELS) {
        shape.push('>');
        shape.push_str(page.name(above));
        if let Some(class) = telling_class(page, survey, above) {
            shape.push('.');
            shape.push_str(class);
        }
        shape.push_str(&column(page, above));
    }
    shape
}

/// Which cell of its row a cell is: the cells of a row say different things.
fn column(page: &Page, node: Node) -> String {
    let row = matches!(page.name(node), "td" | "th").then(|| page.parent(node)).flatten();
    let before =
        |row| page.children(row).filter(|cell| page.is_element(*cell)).take_while(|cell| *cell != node).count();
    row.map(|row| before(row).to_string()).unwrap_or_default()
}

/// The class that says what an element is: not its number, not its state, not one that nothing else has.
pub(super) fn telling_class<'a>(page: &'a Page, survey: &Survey, node: Node) -> Option<&'a str> {
    let classes = || {
        let words = page.filled(node, "class").unwrap_or_default().split_whitespace();
        words.take(20).filter(|word| survey.uses(word) > 1 && !STATES.contains(word))
    };
    let is_numbered = |word: &&str| word.ends_with(|c: char| c.is_ascii_digit());
    classes().find(|word| !is_numbered(word)).or_else(|| classes().find(|word| survey.uses(word) > 2))
}

/// Joins groups that differ by class alone where their items are neighbours: classes may name the subject of an item, or
/// be made up by a program.
fn join(page: &Page, links: &[Link], alike: Vec<Group>) -> Vec<Group> {
    if alike.len() < 2 || alike.len() > 200 {
        return alike;
    }
    let mut by_container: BTreeMap<Option<Node>, Vec<Group>> = BTreeMap::new();
    let mut single: Vec<Group> = Vec::new();
    for group in alike {
        if distinct(links, &group) < 2 {
            single.push(group);
        } else {
            by_container.entry(container(page, links, &group)).or_default().push(group);
        }
    }
    let mut out = Vec::new();
    for (container_of, groups) in by_container {
        let Some(place) = container_of else {
            out.extend(groups);
            continue;
        };
        let mut joined: Group = groups.iter().flatten().copied().collect();
        joined.sort_unstable();
        let mut groups = groups;
        let first = groups[0].clone();
        let alike = groups[1..].iter().all(|other| are_alike(links, &first, other));
        if groups.len() > 1 && alike && container(page, links, &joined) == Some(place) {
            groups = vec![joined];
        }
        if let [only] = &mut groups[..] {
            single.retain(|one| {
                let mut with: Group = only.iter().chain(one).copied().collect();
                with.sort_unstable();
                let fits = page.contains(place, links[one[0]].node)
                    && are_alike(links, only, one)
                    && container(page, links, &with) == Some(place);
                if fits {
                    *only = with;
                }
                !fits
            });
        }
        out.extend(groups);
    }
    out.extend(single);
    out
}

/// Whether two groups may be one: they lead to different articles, and say about as much.
fn are_alike(links: &[Link], one: &Group, other: &Group) -> bool {
    let keys: HashSet<&str> = one.iter().map(|number| links[*number].key.as_str()).collect();
    let said = |group: &Group| {
        let sum: u32 = group.iter().map(|number| weight(&links[*number].text)).sum();
        sum / u32::try_from(group.len().max(1)).unwrap_or(1)
    };
    let (a, b) = (said(one), said(other));
    a.max(b) <= 3 * a.min(b) && !other.iter().any(|number| keys.contains(links[*number].key.as_str()))
}

/// The element whose children the items of all links are; `None` where they are in several.
fn container(page: &Page, links: &[Link], group: &Group) -> Option<Node> {
    let peers: Vec<&Link> = group.iter().map(|number| &links[*number]).collect();
    let scopes = spans::scopes(page, &peers);
    let parent = page.parent(*scopes.first()?)?;
    scopes.iter().all(|scope| page.parent(*scope) == Some(parent)).then_some(parent)
}

/// How many articles a group leads to.
pub(super) fn distinct(links: &[Link], group: &Group) -> usize {
    group.iter().map(|number| links[*number].key.as_str()).collect::<HashSet<_>>().len()
}
