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
        r"(?i)(?:\bupdate[ds]?\b|\bmodified\b|\baktualisiert\b|\bletzte änderung\b|\bgeändert\b|\bmis à jour\b|\bmodifié\b|\bactualizad[oa]\b|\batualizad[oa]\b|\baggiornat[oa]\b|\bobnovljeno\b|обновлен|изменен|оновлен|зменен|\breviewed\b|\bedited\b)",
    )
});
static PUBLISHED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:\bpublish(?:ed)?\b|\bposted\b|\bcreated\b|\breleased\b|\bfirst published\b|\bveröffentlicht\b|\berstellt\b|\bstand\b|\bvom\b|\bpublié\b|\ble \d|\bpublicad[oa]\b|\bpubblicat[oa]\b|\bpostad[oa]\b|опубликован|размещен|дата|опубліковано|апублікавана|\bdatum\b|\bdate\b|\bfecha\b|\bdata\b|\bgeplaatst\b|\bpublicerad\b|\bon\b)",
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
    if said.published.is_none() {
        said.published = in_scripts(scene);
    }
    if said.published.is_none() {
        said.published = scene.url.as_ref().and_then(|url| dates::in_address(url.path(), scene.zone));
    }
    if said.published.is_none() {
        lines(scene, everywhere, false, &mut said);
    }
    // One date that calls itself the update is all there is to go by.
    said
}

/// What scripts call `datePublished`: state that a page is drawn from, or JSON-LD too broken to parse.
fn in_scripts(scene: &Scene) -> Option<Moment> {
    static KEY: LazyLock<Regex> = LazyLock::new(|| regex(r#""datePublished\\?"\s*:\s*\\?"([^"\\]{8,40})"#));
    let page = scene.page;
    page.named(page.root(), "script")
        .flat_map(|script| page.children(script))
        .filter_map(|inner| page.characters(inner))
        .find_map(|source| KEY.captures(source).and_then(|found| scene.moment(found.get(1)?.as_str())))
}

/// `time` elements and the like.
fn times(scene: &Scene, nodes: &[Node], said: &mut Partial) {
    let page = scene.page;
    for node in nodes
        .iter()
        .copied()
        .filter(|node| matches!(page.name(*node), "time" | "abbr" | "relative-time" | "local-time"))
    {
        let Some(moment) = attribute_moment(scene, node) else { continue };
        if is_elsewhere(page, node) {
            continue;
        }
        let names = hints::names(page, node);
        let before = label_before(page, node);
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
            || page.name(above) != "body" && page.name(above) != "html" && OTHER.is_match(&hints::names(page, above))
    })
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
            .filter(|parent| !matches!(page.name(*parent), "script" | "style" | "title" | "option" | "a" | "noscript"))
        else {
            continue;
        };
        // The line is what the parent shows, where that is short: "Posted: <b>13.06.2023</b>".
        let shown = page.line(parent);
        let line = if shown.chars().count() <= 160 { shown } else { crate::dom::squash(characters) };
        let length = line.chars().count();
        if length > 160 {
            continue;
        }
        let Some((moment, taken)) = dates::find(&line, scene.zone, language) else { continue };
        let names = hints::names(page, parent)
            + &page.parent(parent).map(|above| hints::names(page, above)).unwrap_or_default();
        let label = label_before(page, parent) + " " + &line;
        let labelled = PUBLISHED.is_match(&label) || UPDATED.is_match(&label);
        let known = labelled && length < 100 || NAMED.is_match(&names);
        let bare = length < taken + 25;
        if !(known || !sure && bare) || is_elsewhere(page, parent) {
            continue;
        }
        if UPDATED.is_match(&line) && !PUBLISHED.is_match(&line) {
            said.updated = said.updated.or(Some(moment));
            continue;
        }
        said.published = Some(moment);
        return;
    }
}
