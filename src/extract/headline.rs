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
    let mut shown = shown(page);
    if shown.is_empty() {
        shown = head.as_deref().and_then(|title| bold(page, title)).into_iter().collect();
    }
    let host = scene.url.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
    let strip = |title: &str| without_site(title, site.as_deref(), host.as_deref());
    let mut named: Vec<String> = said.iter().filter_map(|partial| partial.title.clone()).collect();
    // Templates put the site's name where the headline should be.
    if named.iter().chain(head.iter()).any(|title| !is_site(title, site.as_deref(), host.as_deref())) {
        named.retain(|title| !is_site(title, site.as_deref(), host.as_deref()));
    }

    let titles: Vec<Title> = named
        .iter()
        .chain(head.iter())
        .flat_map(|title| [title.clone(), strip(title)])
        .map(|text| Title { folded: fold(&text), text })
        .collect();
    let is_house = |text: &str| is_site(text, site.as_deref(), host.as_deref());
    let chosen = shown
        .iter()
        .filter(|heading| !is_house(&heading.text) || titles.iter().all(|title| is_house(&title.text)))
        .filter(|heading| !leads_home(scene, heading.node))
        .filter_map(|heading| {
            let is_main = page.name(heading.node) == "h1";
            let is_own = !is_linked(page, heading.node);
            let folded = fold(&heading.text);
            let best = titles.iter().map(|title| agreement(&heading.text, &folded, title, is_main && is_own)).max()?;
            let rank = (best, is_main, is_own, std::cmp::Reverse(heading.node), heading.kicker.is_empty());
            (best > 0).then_some((rank, heading))
        })
        .max_by_key(|(rank, _)| *rank)
        .map(|(_, heading)| heading);
    let only = || {
        let mut ones = shown.iter().filter(|heading| page.name(heading.node) == "h1" && !is_linked(page, heading.node));
        let one = ones.next()?;
        (ones.all(|other| other.node == one.node || fold(&other.text) == fold(&one.text))
            && one.text.split_whitespace().count() > 2
            && !is_house(&one.text))
        .then_some(one)
    };
    let (title, node) = match chosen {
        Some(heading) => (Some(as_written(heading, &titles, &is_house)), Some(heading.node)),
        None => match only() {
            Some(one) if named.is_empty() => (Some(one.text.clone()), Some(one.node)),
            other => (named.first().or(head.as_ref()).map(|title| strip(title)), other.map(|one| one.node)),
        },
    };
    let mut forms: Vec<String> = named.iter().chain(head.iter()).flat_map(|form| [form.clone(), strip(form)]).collect();
    forms.extend(title.clone());
    Headline { title: title.filter(|title| !title.is_empty()), node, forms }
}

/// A title that the head names, with and without the name of the site.
struct Title {
    text: String,
    folded: String,
}

/// A heading that may be the headline.
struct Heading {
    node: Node,
    text: String,
    /// The line above the headline, where it was left out of the text.
    kicker: String,
    /// The first line, where there are more.
    first: Option<String>,
}

/// Headings that may be the headline, in reading order. One with a kicker in it is given with and without.
fn shown(page: &Page) -> Vec<Heading> {
    let mut marks = Marks::none(page);
    let mut found: Vec<Node> = Vec::new();
    for node in page.inside(page.root()) {
        let name = page.name(node);
        if matches!(name, "script" | "style" | "svg" | "noscript" | "template" | "button" | "time") {
            marks.drop(page, node);
        } else if matches!(name, "h1" | "h2" | "h3")
            || matches!(name, "div" | "span" | "p" | "td") && is_named(page, node)
        {
            found.push(node);
        }
    }
    let mut shown: Vec<Heading> = Vec::new();
    for node in found {
        if page
            .ancestors(node)
            .any(|above| matches!(page.name(above), "nav" | "aside" | "footer" | "noscript" | "template" | "svg"))
        {
            continue;
        }
        let lines = page.text_without(node, &marks);
        let first = lines.split_once('\n').map(|(first, _)| crate::dom::squash(first)).or_else(|| {
            let mut inside = page.children(node).filter(|inner| page.is_element(*inner));
            inside.next().filter(|_| inside.next().is_some()).map(|inner| page.line(inner))
        });
        let text = crate::dom::squash(&lines);
        let length = text.chars().count();
        if !(3..400).contains(&length) {
            continue;
        }
        if let Some((kicker, rest)) = (page.name(node) == "h1").then(|| without_kicker(page, node, &text)).flatten() {
            shown.push(Heading { node, text: rest, kicker, first: None });
        }
        shown.push(Heading { node, text, kicker: String::new(), first });
        if shown.len() >= 200 {
            break;
        }
    }
    shown
}

/// On pages without headings: a line in bold that the title of the page begins or ends with.
fn bold(page: &Page, title: &str) -> Option<Heading> {
    let title = fold(title);
    let elements =
        page.inside(page.root()).filter(|node| matches!(page.name(*node), "b" | "strong" | "font")).take(200);
    let mut lines = elements.map(|node| (node, page.line(node))).filter(|(_, text)| (15..300).contains(&text.len()));
    lines
        .find(|(_, text)| Some(fold(text)).is_some_and(|text| title.ends_with(&text) || title.starts_with(&text)))
        .map(|(node, text)| Heading { node, text, kicker: String::new(), first: None })
}

/// A headline apart from the line above it that its template puts into the same heading.
fn without_kicker(page: &Page, node: Node, text: &str) -> Option<(String, String)> {
    const NAMES: [&str; 14] = [
        "kicker",
        "eyebrow",
        "overline",
        "overhead",
        "topline",
        "dachzeile",
        "roofline",
        "spitzmarke",
        "toptitle",
        "supertitle",
        "pretitle",
        "pre-title",
        "surtitre",
        "antetitulo",
    ];
    let first = page.inside(node).skip(1).filter(|inner| page.is_element(*inner)).take(3).find(|inner| {
        let names = hints::names(page, *inner);
        NAMES.iter().any(|name| names.contains(&format!("{name} ")) || names.contains(&format!("{name}-")))
    })?;
    let kicker = page.line(first);
    let rest = text.strip_prefix(&kicker)?.trim_start_matches([' ', ':', '|', '–', '-', '•']).to_owned();
    (!kicker.is_empty() && rest.split_whitespace().count() > 1).then_some((kicker, rest))
}

/// The headline as it is meant: without what the heading adds to the title, in the case the title has.
fn as_written(heading: &Heading, titles: &[Title], is_house: &impl Fn(&str) -> bool) -> String {
    let text = without_house(&heading.text, is_house);
    let folded = fold(text);
    if let Some(title) = titles.iter().find(|title| title.folded == folded) {
        // A heading in capitals is styled; a space before a colon comes of elements set side by side.
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        let as_title = is_shouted(text, &title.text) || bare(text) == bare(&title.text);
        return if as_title { title.text.clone() } else { text.to_owned() };
    }
    // A line of its own below it is a subtitle.
    let first = heading.first.as_ref().filter(|first| {
        let first = fold(first);
        titles.iter().any(|title| title.folded == first)
    });
    if let Some(first) = first {
        return first.clone();
    }
    let long = folded.chars().count();
    let part = titles.iter().find(|title| {
        let short = title.folded.chars().count();
        // A line above it, or the date and the rubrics below it.
        short > 14
            && (folded.ends_with(&title.folded) && long <= short * 2
                || folded
                    .strip_prefix(&title.folded)
                    .is_some_and(|rest| rest.chars().filter(char::is_ascii_digit).count() > 4))
    });
    part.map_or(text, |title| &title.text).to_owned()
}

/// The heading without the name of the site behind it.
fn without_house<'a>(text: &'a str, is_house: &impl Fn(&str) -> bool) -> &'a str {
    let tail =
        SEPARATORS.iter().filter_map(|separator| text.rfind(separator).map(|at| (at, at + separator.len()))).max();
    match tail {
        Some((at, after)) if is_house(&text[after..]) && text[..at].split_whitespace().count() > 1 => text[..at].trim(),
        _ => text,
    }
}

/// Whether a heading is in capitals and the title is not.
fn is_shouted(heading: &str, title: &str) -> bool {
    !heading.chars().any(char::is_lowercase) && title.chars().any(char::is_lowercase)
}

/// Whether a heading links to the front page: the name of the site rather than a headline.
fn leads_home(scene: &Scene, node: Node) -> bool {
    let page = scene.page;
    let is_front = |url: &url::Url| url.path() == "/" && url.query().is_none();
    let inside = page.named(node, "a").next();
    let link = inside.or_else(|| page.ancestors(node).take(3).find(|above| page.name(*above) == "a"));
    link.and_then(|link| page.filled(link, "href"))
        .filter(|href| !href.starts_with('#'))
        .and_then(|href| scene.web(href))
        .is_some_and(|url| is_front(&url) && scene.url.as_ref().is_some_and(|own| !is_front(own)))
}

/// Whether a heading is a link: the teaser of a story rather than the story.
fn is_linked(page: &Page, node: Node) -> bool {
    page.named(node, "a").any(|link| page.attribute(link, "href").is_some())
        || page.ancestors(node).take(3).any(|above| page.name(above) == "a")
}

fn is_named(page: &Page, node: Node) -> bool {
    hints::headline(&hints::names(page, node))
}

/// How well a heading agrees with a title: 5 the same, 4 a main heading that begins like it or speaks of the same,
/// 3 the title plus a suffix, 2 one part of the title, 1 much of it.
fn agreement(shown: &str, heading: &str, named: &Title, is_main: bool) -> u8 {
    let title = named.folded.as_str();
    let (short, long) = (heading.chars().count(), title.chars().count());
    if heading.is_empty() || title.is_empty() {
        return 0;
    }
    if heading == title {
        return 5;
    }
    let begins = title.starts_with(heading) && short * 3 >= long && short > 9;
    if is_main
        && (begins
            || heading.starts_with(title) && long > 12
            || !is_shouted(shown, &named.text) && is_kin(shown, &named.text))
    {
        return 4;
    }
    if begins {
        return 3;
    }
    if short > 9 && title.contains(heading) && parts(&named.text).any(|part| fold(part) == heading) {
        return 2;
    }
    if title.ends_with(heading) && short * 2 >= long && short > 12
        || heading.starts_with(title) && long * 2 >= short && long > 12
    {
        return 1;
    }
    0
}

/// Whether a heading speaks of what a title written for search engines speaks of: half of its words, or of the title's.
fn is_kin(heading: &str, title: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let mut words: Vec<String> =
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3).map(fold).collect();
        words.dedup();
        words.truncate(60);
        words
    };
    let (heading, title) = (words(heading), words(title));
    let akin = |a: &str, b: &str| a == b || a.chars().count() > 5 && a.chars().take(6).eq(b.chars().take(6));
    let shared = heading.iter().filter(|word| title.iter().any(|other| akin(word, other))).count();
    let fewer = heading.len().min(title.len());
    // A title of one word says enough where it is a long one.
    let one = fewer == 1 && heading.len().max(title.len()) < 4 && title.iter().any(|word| word.chars().count() > 5);
    shared > 1 && shared * 2 > fewer || shared == 1 && one
}

/// A title at the separators that templates join it with.
fn parts(title: &str) -> impl Iterator<Item = &str> {
    title
        .split(['|', '»', '«', '›', '‹', '·', '•'])
        .flat_map(|part| part.split(" - "))
        .flat_map(|part| part.split(" – "))
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

    fn title_of(html: &str) -> Option<String> {
        let page = Page::parse(html);
        let url = url::Url::parse("https://gazette.example/2023/plant").ok();
        let scene = Scene { page: &page, base: url.clone(), url, zone: &jiff::tz::TimeZone::UTC, language: None };
        find(&scene, &[]).title
    }

    #[test]
    fn the_main_heading_stands_above_a_title_for_search_engines() {
        let rows = [
            // Half of its words are those of the title.
            (
                "<title>Best New Power Plants 2023</title><h1>The ten best power plants to see in 2023</h1>",
                "The ten best power plants to see in 2023",
            ),
            // A subtitle of the title, but the same beginning.
            (
                "<title>Plant opens in spring | The Gazette</title><h1>Plant opens in spring, says the mayor</h1>",
                "Plant opens in spring, says the mayor",
            ),
            // In capitals it is styled.
            ("<title>Plant opens in spring</title><h1>PLANT OPENS IN SPRING</h1>", "Plant opens in spring"),
            // The name of the site leads home.
            (
                "<title>Four Lakes » Archive » Plant opens in spring</title><h1><a href='/'>Four Lakes</a></h1><h2>Plant opens in spring</h2>",
                "Plant opens in spring",
            ),
        ];
        for (html, wanted) in rows {
            assert_eq!(title_of(html).as_deref(), Some(wanted), "{html}");
        }
    }

    #[test]
    fn a_heading_that_speaks_of_something_else_is_no_headline() {
        let page = Page::parse("<h1>Latest news of the region today</h1>");
        let scene = Scene { page: &page, base: None, url: None, zone: &jiff::tz::TimeZone::UTC, language: None };
        let said = Partial { title: Some("Plant opens in the spring".to_owned()), ..Partial::default() };
        assert_eq!(find(&scene, &[&said]).title.as_deref(), Some("Plant opens in the spring"));
    }

    #[test]
    fn lines_above_and_below_the_headline_are_not_part_of_it() {
        let rows = [
            "<title>Plant opens in spring</title><h1><span class=kicker>Energy</span> <span>Plant opens in spring</span></h1><h2>x</h2>",
            "<title>Plant opens in spring</title><h1><b>Plant opens in spring</b> <i>The mayor is glad</i></h1>",
            "<title>Plant opens in spring</title><h1>Plant opens in spring <small>13.06.2023 • Energy</small></h1>",
            "<title>Plant opens in spring | Gazette</title><h1>Plant opens in spring – Gazette</h1>",
        ];
        for html in rows {
            assert_eq!(title_of(html).as_deref(), Some("Plant opens in spring"), "{html}");
        }
    }
}
