//! The headline: the `h1` that agrees with what the head says, else what the head says without the site's name.

use crate::dom::{Marks, Node, Page};

use super::hints;
use super::scene::{Partial, Scene, fold};

/// The headline and the element that shows it, if one does.
pub(super) struct Headline {
    /// The headline.
    pub(super) title: Option<String>,
    /// Where it stands on the page.
    pub(super) node: Option<Node>,
    /// Every form of it that was named, to be left out of the text.
    pub(super) forms: Vec<String>,
}

/// Finds the headline, given what the rungs above say.
pub(super) fn find(scene: &Scene, said: &[&Partial]) -> Headline {
    let page = scene.page;
    let site = said.iter().find_map(|partial| partial.site.clone());
    let head = page
        .named(page.root(), "title")
        .find(|node| !page.ancestors(*node).any(|above| page.name(above) == "svg"))
        .map(|node| page.line(node))
        .filter(|line| !line.is_empty());
    let shown = shown(page);
    let host = scene.url.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
    let strip = |title: &str| without_site(title, site.as_deref(), host.as_deref());
    let mut named: Vec<String> = said.iter().filter_map(|partial| partial.title.clone()).collect();
    // Templates put the site's name where the headline should be.
    if named.iter().chain(head.iter()).any(|title| !is_site(title, site.as_deref(), host.as_deref())) {
        named.retain(|title| !is_site(title, site.as_deref(), host.as_deref()));
    }

    let agreeing = shown.iter().filter_map(|(node, text)| {
        let best = named.iter().chain(head.iter()).map(|title| agreement(text, title)).max()?;
        let rank = (best, page.name(*node) == "h1", !is_linked(page, *node), std::cmp::Reverse(*node));
        (best > 0).then_some((rank, *node, text.clone()))
    });
    let chosen = agreeing.max_by_key(|(rank, _, _)| *rank);
    let only = || {
        let mut ones = shown.iter().filter(|(node, _)| page.name(*node) == "h1");
        let one = ones.next()?;
        (ones.next().is_none()
            && one.1.split_whitespace().count() > 2
            && Some(fold(&one.1)) != site.as_deref().map(fold))
        .then_some(one)
    };
    let (title, node) = match chosen {
        Some((_, node, text)) => (Some(text), Some(node)),
        None => match only() {
            Some((node, text)) if named.is_empty() => (Some(text.clone()), Some(*node)),
            other => (named.first().or(head.as_ref()).map(|title| strip(title)), other.map(|(node, _)| *node)),
        },
    };
    let mut forms: Vec<String> = named.iter().chain(head.iter()).flat_map(|form| [form.clone(), strip(form)]).collect();
    forms.extend(title.clone());
    Headline { title: title.filter(|title| !title.is_empty()), node, forms }
}

/// Headings that may be the headline, in reading order.
fn shown(page: &Page) -> Vec<(Node, String)> {
    let mut marks = Marks::none(page);
    for node in page.inside(page.root()) {
        if matches!(page.name(node), "script" | "style" | "svg" | "noscript" | "template" | "button" | "time") {
            marks.drop(page, node);
        }
    }
    page.inside(page.root())
        .filter(|node| {
            let name = page.name(*node);
            name == "h1"
                || matches!(name, "h2" | "h3")
                || page.is_element(*node) && matches!(name, "div" | "span" | "p" | "td") && is_named(page, *node)
        })
        .filter(|node| {
            !page
                .ancestors(*node)
                .any(|above| matches!(page.name(above), "nav" | "aside" | "footer" | "noscript" | "template" | "svg"))
        })
        .filter_map(|node| {
            let text = crate::dom::squash(&page.text_without(node, &marks));
            let length = text.chars().count();
            (length > 2 && length < 400).then_some((node, text))
        })
        .take(200)
        .collect()
}

/// Whether a heading is a link: the teaser of a story rather than the story.
fn is_linked(page: &Page, node: Node) -> bool {
    page.named(node, "a").any(|link| page.attribute(link, "href").is_some())
        || page.ancestors(node).take(3).any(|above| page.name(above) == "a")
}

fn is_named(page: &Page, node: Node) -> bool {
    hints::headline(&hints::names(page, node))
}

/// How well a heading agrees with a title: 3 the same, 2 the title plus a suffix, 1 much of it.
fn agreement(heading: &str, title: &str) -> u8 {
    let (heading, title) = (fold(heading), fold(title));
    let (short, long) = (heading.chars().count(), title.chars().count());
    if heading.is_empty() || title.is_empty() {
        return 0;
    }
    if heading == title {
        return 3;
    }
    if title.starts_with(&heading) && short * 3 >= long && short > 9 {
        return 2;
    }
    if title.ends_with(&heading) && short * 2 >= long && short > 12
        || heading.starts_with(&title) && long * 2 >= short && long > 12
    {
        return 1;
    }
    0
}

/// The title without the site's name before or after it.
fn without_site(title: &str, site: Option<&str>, host: Option<&str>) -> String {
    let mut rest = title.trim().to_owned();
    for _ in 0..3 {
        let Some(shorter) = one_part_less(&rest, site, host) else { break };
        rest = shorter;
    }
    rest
}

const SEPARATORS: [&str; 14] =
    [" | ", " – ", " — ", " - ", " :: ", " » ", " · ", " • ", " « ", " / ", " > ", " ‹ ", " ~ ", "｜"];

fn one_part_less(title: &str, site: Option<&str>, host: Option<&str>) -> Option<String> {
    let last = SEPARATORS
        .iter()
        .filter_map(|separator| title.rfind(separator).map(|at| (at, separator.len(), *separator)))
        .max()?;
    let (head, tail) = (title[..last.0].trim(), title[last.0 + last.1..].trim());
    let strong = !matches!(last.2, " - " | " – " | " — " | " / ");
    let words = |text: &str| text.split_whitespace().count();
    if is_site(tail, site, host)
        || words(tail) <= 4 && words(head) >= 2 && words(head) > words(tail) && (strong || words(tail) <= 3)
    {
        return (!head.is_empty()).then(|| head.to_owned());
    }
    let first =
        SEPARATORS.iter().filter_map(|separator| title.find(separator).map(|at| (at, separator.len()))).min()?;
    let (head, tail) = (title[..first.0].trim(), title[first.0 + first.1..].trim());
    (is_site(head, site, host) && !tail.is_empty()).then(|| tail.to_owned())
}

fn is_site(part: &str, site: Option<&str>, host: Option<&str>) -> bool {
    let part = fold(part);
    if part.is_empty() {
        return false;
    }
    if let Some(site) = site.map(fold).filter(|site| site.len() > 2)
        && (part == site || part.starts_with(&site) || site.starts_with(&part) && part.len() > 3)
    {
        return true;
    }
    host.is_some_and(|host| {
        let name = host.strip_prefix("www.").unwrap_or(host);
        let label = fold(name.split('.').next().unwrap_or(name));
        fold(name) == part || part.len() > 3 && label == part || label.len() > 4 && part == format!("the{label}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_site_is_taken_off() {
        let rows = [
            ("Plant opens in spring | The Gazette", "Plant opens in spring"),
            ("Plant opens in spring - News - gazette.example", "Plant opens in spring"),
            ("Gazette: Plant opens", "Gazette: Plant opens"),
            ("The Gazette – Plant opens in the spring", "Plant opens in the spring"),
            (
                "Rock-climbing in winter - a guide for the whole family",
                "Rock-climbing in winter - a guide for the whole family",
            ),
        ];
        for (given, wanted) in rows {
            assert_eq!(without_site(given, Some("The Gazette"), Some("www.gazette.example")), wanted);
        }
    }

    #[test]
    fn the_heading_that_agrees_with_the_head_is_the_headline() {
        let page = Page::parse(
            "<title>Plant opens in spring | The Gazette</title><h1>The Gazette</h1><h2>Plant opens in spring</h2><h2>Other</h2>",
        );
        let scene = Scene { page: &page, base: None, url: None, zone: &jiff::tz::TimeZone::UTC, language: None };
        let found = find(&scene, &[]);
        assert_eq!(found.title.as_deref(), Some("Plant opens in spring"));
        assert_eq!(found.node.map(|node| page.name(node)), Some("h2"));
    }
}
