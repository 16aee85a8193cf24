//! The list of a page, found by its shape: links of one site with enough text, each in the same place of a structure that
//! repeats.

use std::collections::{HashMap, HashSet};

use url::Url;

use crate::address;
use crate::date::page as dates;
use crate::dom::{Node, Page};
use crate::model::{Entry, Field as Part, Rung, Text};

use super::Scene;

/// Links that a list has at least.
const FEWEST: usize = 3;
/// How far up the structure is compared.
const LEVELS: usize = 5;

/// The entries of the best list of the page; empty where nothing repeats.
pub(super) fn items(scene: &Scene) -> Vec<Entry> {
    let page = &scene.page;
    let mut groups: HashMap<String, Vec<Link>> = HashMap::new();
    for link in links(scene) {
        groups.entry(shape(page, link.node)).or_default().push(link);
    }
    let best = groups
        .into_values()
        .filter(|group| group.iter().map(|link| &link.url).collect::<HashSet<_>>().len() >= FEWEST)
        .max_by_key(|group| (score(page, group), std::cmp::Reverse(group[0].node)));
    let Some(mut group) = best else { return Vec::new() };
    group.sort_by_key(|link| link.node);
    let nodes: Vec<Node> = group.iter().map(|link| link.node).collect();
    let scopes: Vec<Node> = nodes.iter().map(|node| scope(page, *node, &nodes)).collect();
    let lines: Vec<String> = scopes.iter().map(|scope| page.line(*scope)).collect();
    let order = dates::order(lines.iter().map(String::as_str));
    group.iter().zip(scopes).map(|(link, scope)| entry(scene, link, scope, order)).collect()
}

struct Link {
    node: Node,
    url: Url,
    text: String,
}

/// Whether `host` is `domain` or a part of it.
fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Links to other pages of the same site that are not navigation.
fn links(scene: &Scene) -> Vec<Link> {
    let page = &scene.page;
    let host =
        scene.base.as_ref().and_then(|url| url.host_str()).map(|host| host.trim_start_matches("www.").to_owned());
    page.named(page.root(), "a")
        .filter_map(|node| {
            let url = scene.web(page.filled(node, "href")?)?;
            let same_site =
                host.as_deref().is_none_or(|host| url.host_str().is_some_and(|other| is_within(other, host)));
            let is_page = url.path().len() > 1 && Some(address::fold(&url)) != scene.url.as_ref().map(address::fold);
            let navigation = page.ancestors(node).any(|above| {
                matches!(page.name(above), "nav" | "footer" | "aside" | "menu")
                    || page.attribute(above, "role") == Some("navigation")
            });
            (same_site && is_page && !navigation).then(|| Link { node, text: page.line(node), url })
        })
        .collect()
}

/// The way from the link up, by names and classes: equal for the links of one list.
fn shape(page: &Page, node: Node) -> String {
    let mut shape = String::new();
    for above in std::iter::once(node).chain(page.ancestors(node)).take(LEVELS) {
        shape.push('>');
        shape.push_str(page.name(above));
        // Numbers and states in classes differ from entry to entry; the first class is what it is.
        if let Some(class) = page.filled(above, "class").and_then(|class| class.split_whitespace().next())
            && !class.chars().any(|c| c.is_ascii_digit())
        {
            shape.push('.');
            shape.push_str(class);
        }
    }
    shape
}

/// How much a group of links looks like a list of articles.
fn score(page: &Page, group: &[Link]) -> u64 {
    let distinct = group.iter().map(|link| &link.url).collect::<HashSet<_>>().len();
    let nodes: Vec<Node> = group.iter().map(|link| link.node).collect();
    let length: usize = group.iter().map(|link| link.text.chars().count().min(120)).sum();
    let average = length / group.len().max(1);
    let dated = group.iter().take(20).filter(|link| {
        let scope = scope(page, link.node, &nodes);
        page.named(scope, "time").next().is_some()
            || dates::find(&page.line(scope), &jiff::tz::TimeZone::UTC, None).is_some()
    });
    let dated = dated.count();
    let headings = group.iter().filter(|link| is_headed(page, link.node)).count();
    let words: u64 = match average {
        0..10 => 1,
        10..20 => 4,
        20..35 => 12,
        _ => 20,
    };
    let bonus = 10 + 10 * u64::from(dated * 2 >= group.len().min(20)) + 6 * u64::from(headings * 2 >= group.len());
    u64::try_from(distinct.min(40)).unwrap_or(0) * words * bonus
}

fn is_headed(page: &Page, node: Node) -> bool {
    let is_heading = |node: Node| matches!(page.name(node), "h1" | "h2" | "h3" | "h4" | "h5");
    page.inside(node).any(is_heading) || page.ancestors(node).take(2).any(is_heading)
}

/// The largest element around a link that holds no other link of the list.
fn scope(page: &Page, link: Node, links: &[Node]) -> Node {
    let alone = |above: &Node| {
        let end = page.end(*above);
        let first = links.partition_point(|other| other < above);
        links[first..].iter().take_while(|other| other.index() < end).all(|other| *other == link)
    };
    page.ancestors(link).take(8).take_while(alone).last().unwrap_or(link)
}

fn entry(scene: &Scene, link: &Link, scope: Node, order: Option<dates::Order>) -> Entry {
    let page = &scene.page;
    let heading = page
        .inside(scope)
        .find(|node| matches!(page.name(*node), "h1" | "h2" | "h3" | "h4" | "h5"))
        .map(|node| page.line(node));
    let title = heading.filter(|text| text.chars().count() > 9).unwrap_or_else(|| link.text.clone());
    let mut entry = Entry {
        link: Some(address::canonical(&link.url).into()),
        published: moment(scene, scope, order),
        summary: summary(page, scope, link.node, &title).map(Text::plain),
        image: page.named(scope, "img").find_map(|image| scene.web(&page.picture(image)?)).map(String::from),
        title: (!title.is_empty()).then(|| Text::plain(title)),
        ..Entry::default()
    };
    entry.provenance.insert(Part::Canonical, Rung::Heuristic);
    for (part, present) in [
        (Part::Title, entry.title.is_some()),
        (Part::Published, entry.published.is_some()),
        (Part::Image, entry.image.is_some()),
    ] {
        if present {
            entry.provenance.insert(part, Rung::Heuristic);
        }
    }
    entry
}

fn moment(scene: &Scene, scope: Node, order: Option<dates::Order>) -> Option<jiff::Timestamp> {
    let page = &scene.page;
    let language = scene.language.as_deref();
    let machine =
        page.named(scope, "time").find_map(|time| dates::read(page.filled(time, "datetime")?, scene.zone, language));
    let shown = || {
        page.inside(scope)
            .filter_map(|node| page.characters(node))
            .filter(|text| text.trim().chars().count() < 60)
            .find_map(|text| dates::read_in_order(text, order, scene.zone, language))
    };
    machine.or_else(shown).map(|moment| moment.at)
}

/// The longest paragraph beside the link.
fn summary(page: &Page, scope: Node, link: Node, title: &str) -> Option<String> {
    page.inside(scope)
        .filter(|node| {
            matches!(page.name(*node), "p" | "div" | "span" | "td" | "dd")
                && !page.contains(*node, link)
                && !page.contains(link, *node)
        })
        .map(|node| page.line(node))
        .filter(|text| text.chars().count() >= 40 && text != title)
        .max_by_key(String::len)
}

/// What links to the next page of a list say.
const WORDS: [&str; 17] = [
    "next",
    "next page",
    "older",
    "older posts",
    "older entries",
    "›",
    "»",
    "→",
    ">",
    ">>",
    "weiter",
    "nächste",
    "suivant",
    "siguiente",
    "далее",
    "следующая",
    "вперед",
];

/// The page that goes on with the list.
pub(super) fn next(scene: &Scene) -> Option<Url> {
    let page = &scene.page;
    page.inside(page.root())
        .filter(|node| matches!(page.name(*node), "a" | "link"))
        .find(|node| {
            let rel = page
                .attribute(*node, "rel")
                .is_some_and(|rel| rel.split_whitespace().any(|word| word.eq_ignore_ascii_case("next")));
            rel || page.name(*node) == "a"
                && WORDS.contains(
                    &page
                        .line(*node)
                        .trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}')
                        .to_lowercase()
                        .as_str(),
                )
        })
        .and_then(|node| scene.web(page.filled(node, "href")?))
        .filter(|url| scene.url.as_ref().is_none_or(|own| address::fold(own) != address::fold(url)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_only_ends_alike_is_another_site() {
        assert!(is_within("a.example", "a.example") && is_within("news.a.example", "a.example"));
        assert!(!is_within("evila.example", "a.example"));
    }
}
