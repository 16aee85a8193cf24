//! When it was published, found by looking: `time` elements, lines that say "Posted:", elements named for a date, the day
//! in the address.

use std::sync::LazyLock;

use regex::Regex;

use crate::date::page::{self as dates, Moment};
use crate::dom::{Node, Page};

use super::hints;
use super::scene::{Partial, Scene};

static UPDATED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:\bupdate[ds]?\b|\bmodified\b|\baktualisiert\b|\bletzte änderung\b|\bgeändert\b|\bmis à jour\b|\bmodifié\b|\bactualizad[oa]\b|\batualizad[oa]\b|\baggiornat[oa]\b|\bobnovljeno\b|обновлен|изменен|оновлен|зменен|\breviewed\b|\bedited\b|\brevised\b|\boppdatert\b|\bopdateret\b|\buppdaterad\b|\bbijgewerkt\b|\baktualizacja\b|\bgüncelle[mn])",
    )
});
static PUBLISHED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:\bpublish(?:ed)?\b|\bposted\b|\bcreated\b|\breleased\b|\bfirst published\b|\bveröffentlicht\b|\berstellt\b|\bstand\b|\bvom\b|\bpublié\b|\ble \d|\bpublicad[oa]\b|\bpubblicat[oa]\b|\bpostad[oa]\b|опубликован|размещен|дата|опубліковано|апублікавана|\bdatum\b|\bdate\b|\bfecha\b|\bdata\b|\bwritten\b|\bmise? en ligne\b|\bparu\b|\bpostat\b|\bopublikowan|\bgeplaatst\b|\bpublicerad\b|\bon\b)",
    )
});
/// The words of [`PUBLISHED`] that say nothing but that.
static STATED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:\bpublish(?:ed)?\b|\bposted\b|\bcreated\b|\breleased\b|\bwritten\b|\bveröffentlicht\b|\berstellt\b|\bpublié\b|\bpublicad[oa]\b|\bpubblicat[oa]\b|опубликован|размещен|опубліковано|апублікавана|\bgeplaatst\b|\bpublicerad\b)",
    )
});
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[ -](?:date|datetime|pubdate|published|publish|posted|post-date|postdate|entry-date|timestamp|time|dateline|datum|fecha|data|dates|meta|postmeta|byline|info|created|artikel-datum|article-date|dtreviewed|updated)[ -]",
    )
});
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[ -](?:related|sidebar|widget|comments?|footer|copyright|event|events|calendar|recent|popular|teaser|latest|upcoming|ticker|menu|nav)[ -]",
    )
});

fn regex(pattern: &str) -> Regex {
    // Boundaries of ASCII words keep the fast matcher on text that is not ASCII; words of other scripts stand without them.
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the built-in date patterns are valid expressions")
}

/// Finds dates in the part of the page around the headline (`top`), then in all of it, then in the address.
pub(super) fn find(scene: &Scene, top: &[Node], everywhere: &[Node]) -> Partial {
    let mut said = Partial::default();
    times(scene, top, &mut said);
    if said.published.is_none() {
        lines(scene, top, true, &mut said);
    }
    if said.published.is_none() {
        lines(scene, top, false, &mut said);
    }
    if said.published.is_none() {
        times(scene, everywhere, &mut said);
    }
    if said.published.is_none() {
        lines(scene, everywhere, true, &mut said);
    }
    if said.published.is_none() && said.updated.is_none() {
        said.published = in_scripts(scene, false);
    }
    if said.published.is_none() {
        said.published = scene.url.as_ref().and_then(|url| dates::in_address(url.path(), scene.zone));
    }
    if said.published.is_none() {
        lines(scene, everywhere, false, &mut said);
    }
    if said.published.is_none() && said.updated.is_none() {
        said.published = in_scripts(scene, true);
    }
    // One date that calls itself the update is all there is to go by.
    said
}

/// What scripts call `datePublished`: state that a page is drawn from, or JSON-LD too broken to parse. As a `guess`, the
/// other names of it, where a page holds one date of such a name and no second.
fn in_scripts(scene: &Scene, guess: bool) -> Option<Moment> {
    static OTHERS: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r#""(?:published_?at|publish_?date|publication_?date|published_?date|date_published|pub_?date|firstPublished(?:At|Date)?)\\?"\s*:\s*\\?"([^"\\]{8,40})"#,
        )
    });
    static KEY: LazyLock<Regex> = LazyLock::new(|| regex(r#""datePublished\\?"\s*:\s*\\?"([^"\\]{8,40})"#));
    let page = scene.page;
    let sources = || {
        page.named(page.root(), "script")
            .flat_map(|script| page.children(script))
            .filter_map(|inner| page.characters(inner))
    };
    if !guess {
        return sources()
            .find_map(|source| KEY.captures(source).and_then(|found| scene.moment(found.get(1)?.as_str())));
    }
    let mut others = sources()
        .filter(|source| source.contains("ub"))
        .flat_map(|source| OTHERS.captures_iter(source))
        .take(50)
        .filter_map(|found| scene.moment(found.get(1)?.as_str()));
    let first = others.next()?;
    others.all(|other| other.agrees(first)).then_some(first)
}

/// `time` elements and the like.
fn times(scene: &Scene, nodes: &[Node], said: &mut Partial) {
    let page = scene.page;
    for node in nodes.iter().copied().filter(|node| match page.name(*node) {
        "time" | "abbr" | "relative-time" | "local-time" => true,
        // hAtom: `<span class="updated" title="2023-06-13T16:29:00Z">`.
        "span" | "div" | "p" => page.attribute(*node, "class").is_some_and(|class| {
            class.split_whitespace().any(|word| matches!(word, "published" | "updated" | "dt-published" | "dt-updated"))
        }),
        _ => false,
    }) {
        let Some(moment) = attribute_moment(scene, node) else { continue };
        if is_elsewhere(page, node) {
            continue;
        }
        let names = hints::names(page, node);
        let mut before = label_before(page, node);
        if page.end(node) - node.index() < 8 {
            before = format!("{before} {}", page.line(node));
        }
        let updated = (names.contains("updated") && !names.contains("published"))
            || names.contains("modified")
            || UPDATED.is_match(&before);
        if updated {
            said.updated = said.updated.or(Some(moment));
        } else {
            said.published = said.published.or(Some(moment));
        }
    }
}

fn attribute_moment(scene: &Scene, node: Node) -> Option<Moment> {
    let page = scene.page;
    ["datetime", "title", "content", "data-datetime"]
        .iter()
        .filter_map(|key| page.filled(node, key))
        .find_map(|text| scene.moment(text))
        .or_else(|| (page.name(node) == "time").then(|| scene.moment(&page.line(node)))?)
}

/// Whether the element belongs to something else than the article: a teaser, a comment, a calendar.
fn is_elsewhere(page: &Page, node: Node) -> bool {
    let near = std::iter::once(node).chain(page.ancestors(node)).take(8);
    near.take_while(|above| page.named(*above, "h1").next().is_none()).any(|above| {
        matches!(page.name(above), "aside" | "nav" | "footer")
            && !page.ancestors(above).any(|outer| page.name(outer) == "article")
            || page.name(above) != "body" && page.name(above) != "html" && is_other(&hints::names(page, above))
    })
}

/// Whether the names speak of something beside the article. Page builders call every part of a page a widget.
fn is_other(names: &str) -> bool {
    if names.contains(" elementor-") { OTHER.is_match(&names.replace("-widget", "")) } else { OTHER.is_match(names) }
}

/// The words right before an element, in its parent.
fn label_before(page: &Page, node: Node) -> String {
    let Some(parent) = page.parent(node) else { return String::new() };
    let text: String =
        page.inside(parent).take_while(|inner| *inner < node).filter_map(|inner| page.characters(inner)).collect();
    let text = crate::dom::squash(&text);
    let skip = text.chars().count().saturating_sub(40);
    text.chars().skip(skip).collect()
}

/// Short lines with a date: with a label, in an element named for dates, or (not `sure`) nothing but the date.
fn lines(scene: &Scene, nodes: &[Node], sure: bool, said: &mut Partial) {
    let page = scene.page;
    let language = scene.language.as_deref();
    for node in nodes.iter().copied() {
        let Some(characters) = page.characters(node) else { continue };
        if !characters.chars().any(char::is_numeric) {
            continue;
        }
        let Some(parent) = page
            .parent(node)
            .filter(|parent| !matches!(page.name(*parent), "script" | "style" | "title" | "option" | "noscript"))
        else {
            continue;
        };
        let named = || {
            let above = page.parent(parent).map(|above| hints::names(page, above)).unwrap_or_default();
            NAMED.is_match(&(hints::names(page, parent) + &above))
        };
        // A link with a date in it is a teaser of something else, unless it is the permanent link of this one's date.
        if page.name(parent) == "a" && !(page.end(parent) - parent.index() < 4 && named()) {
            continue;
        }
        // The line is what the parent shows, where that is short: "Posted: <b>13.06.2023</b>".
        let shown = page.line(parent);
        let line = if shown.chars().count() <= 160 { shown } else { crate::dom::squash(characters) };
        // A text that opens with its date: "13.06.2023 The works …".
        let opens = !sure && line.chars().count() > 160;
        let line: String = if opens { line.chars().take(24).collect() } else { line };
        let length = line.chars().count();
        let Some(found) = dates::locate(&line, scene.zone, language) else { continue };
        if opens && !found.before.is_empty() {
            continue;
        }
        let (moment, taken) = (found.moment, found.length);
        let before = label_before(page, parent);
        let label = format!("{before} {line}");
        let labelled = PUBLISHED.is_match(&label) || UPDATED.is_match(&label);
        let known = labelled && length < 100 || named();
        let bare = length < taken + 25;
        if !(known || !sure && bare) || is_elsewhere(page, parent) {
            continue;
        }
        // "Written … / Updated …": what stands before a date names it.
        let before = before + " " + &found.before;
        let last = |pattern: &Regex, text: &str| pattern.find_iter(text).last().map_or(0, |found| found.end());
        let updated = match (last(&UPDATED, &before), last(&STATED, &before)) {
            (0, 0) => length < taken + 20 && UPDATED.is_match(&line),
            (updated, stated) => updated > stated,
        };
        if updated {
            said.updated = said.updated.or(Some(moment));
            continue;
        }
        said.published = Some(moment);
        return;
    }
}
