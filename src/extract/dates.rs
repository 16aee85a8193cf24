//! When it was published, found by looking: `time` elements, lines that say "Posted:", elements named for a date, the day
//! in the address.

use std::cell::OnceCell;
use std::sync::LazyLock;

use regex::Regex;

use crate::date::page::{self as dates, Moment, Order};
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
        r"(?i)(?:\bpublish(?:ed)?\b|\bposted\b|\bcreated\b|\breleased\b|\bfirst published\b|\bveröffentlicht\b|\berstellt\b|\bstand\b|\bvom\b|\bpublié\b|\ble \d|\bpublicad[oa]\b|\bpubblicat[oa]\b|\bpostad[oa]\b|опубликован|размещен|дата|опубліковано|апублікавана|\bdatum\b|\bdate\b|\bfecha\b|\bdata\b|\bwritten\b|\bmise? en ligne\b|\bgepostet\b|\bwurde am\b|\bonline seit\b|\beingestellt\b|\bparu\b|\bpostat\b|\bopublikowan|\bgeplaatst\b|\bpublicerad\b|\bon\b)",
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
        r"[ -](?:date|datetime|pubdate|published|publish|posted|post-date|postdate|entry-date|timestamp|time|dateline|datum|fecha|data|dates|meta|postmeta|postmetadata|post-info|postinfo|entry-info|byline|info|created|artikel-datum|article-date|dtreviewed|updated)[ -]",
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

/// Words before a date of the writer or the house rather than of the text.
static OF_MEMBER: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:\bregistriert|\bmitglied seit\b|\bbeigetreten\b|\bjoined\b|\bmember since\b|\bregistered\b|\binscrit|\bregistrado\b|зарегистрирован|\bborn\b|\bgeboren\b|\bfounded\b|\bgegründet\b|\bexpires\b|\bdeadline\b)[^.]{0,12}$",
    )
});

/// Finds dates in the part of the page around the headline (`top`), then in all of it, then in the address.
pub(super) fn find(scene: &Scene, top: &[Node], everywhere: &[Node]) -> Partial {
    let headlines: Vec<Node> = scene.page.named(scene.page.root(), "h1").collect();
    let mut said = Partial::default();
    times(scene, top, &headlines, &mut said);
    if said.published.is_none() {
        lines(scene, top, &headlines, true, &mut said);
    }
    if said.published.is_none() {
        lines(scene, top, &headlines, false, &mut said);
    }
    if said.published.is_none() {
        times(scene, everywhere, &headlines, &mut said);
    }
    if said.published.is_none() {
        lines(scene, everywhere, &headlines, true, &mut said);
    }
    if said.published.is_none() && said.updated.is_none() {
        said.published = in_scripts(scene, false);
    }
    if said.published.is_none() {
        said.published = scene.url.as_ref().and_then(|url| dates::in_address(url.path(), scene.zone));
    }
    if said.published.is_none() {
        lines(scene, everywhere, &headlines, false, &mut said);
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

/// The order of day and month that all numeric dates of the page show together.
fn order_of(page: &Page) -> Option<Order> {
    let texts = page.inside(page.root()).filter_map(|node| page.characters(node));
    dates::order(texts.filter(|text| text.len() < 200 && text.contains('/')))
}

/// `time` elements and the like.
fn times(scene: &Scene, nodes: &[Node], headlines: &[Node], said: &mut Partial) {
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
        if is_elsewhere(page, node, headlines) {
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
    ["datetime", "title", "content", "data-datetime", "data-date", "data-timestamp", "data-published"]
        .iter()
        .filter_map(|key| page.filled(node, key))
        .find_map(|text| scene.moment(text))
        .or_else(|| (page.name(node) == "time").then(|| scene.moment(&page.line(node)))?)
}

/// Whether the element belongs to something else than the article: a teaser, a comment, a calendar.
fn is_elsewhere(page: &Page, node: Node, headlines: &[Node]) -> bool {
    let near = std::iter::once(node).chain(page.ancestors(node)).take(8);
    let has_headline = |above: Node| {
        let next = headlines.get(headlines.partition_point(|headline| *headline < above));
        next.is_some_and(|headline| page.contains(above, *headline))
    };
    near.take_while(|above| !has_headline(*above)).any(|above| {
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
    // Backwards, and no further than the label can reach: a parent may hold thousands of dates.
    let (mut parts, mut length) = (Vec::new(), 0);
    for text in (parent.index()..node.index()).rev().take(100).filter_map(|at| page.characters(page.at(at))) {
        parts.push(text);
        length += text.trim().len();
        if length > 200 {
            break;
        }
    }
    parts.reverse();
    let text = crate::dom::squash(&parts.concat());
    let skip = text.chars().count().saturating_sub(40);
    text.chars().skip(skip).collect()
}

/// Short lines with a date: with a label, in an element named for dates, or (not `sure`) nothing but the date.
fn lines(scene: &Scene, nodes: &[Node], headlines: &[Node], sure: bool, said: &mut Partial) {
    let page = scene.page;
    let language = scene.language.as_deref();
    // What the last parent shows: a page may be one parent with thousands of lines.
    let mut last_shown: Option<(Node, String)> = None;
    let order = OnceCell::new();
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
        let shown = match last_shown.take().filter(|(of, _)| *of == parent) {
            Some((_, shown)) => shown,
            None => page.line(parent),
        };
        let is_short = shown.chars().take(161).count() <= 160;
        let line = if is_short { shown.clone() } else { crate::dom::squash(characters) };
        last_shown = Some((parent, shown));
        // A text that opens with its date: "13.06.2023 The works …".
        let opens = !sure && line.chars().count() > 160;
        let line: String = if opens { line.chars().take(24).collect() } else { line };
        let length = line.chars().count();
        let located = dates::locate(&line, scene.zone, language).or_else(|| {
            // 05/06/2023: read where the other dates of the page show the order.
            let order = line.contains('/').then(|| *order.get_or_init(|| order_of(page)))??;
            dates::locate(&dates::with_order(&line, order), scene.zone, language)
        });
        let Some(found) = located else { continue };
        if opens && !found.before.is_empty() {
            continue;
        }
        let (moment, taken) = (found.moment, found.length);
        let before = label_before(page, parent);
        let label = format!("{before} {line}");
        let labelled = PUBLISHED.is_match(&label) || UPDATED.is_match(&label);
        let known = labelled && length < 100 || named();
        // "13.06.2023 • Energy" under the headline, in the same element.
        let headed = found.before.is_empty() && page.ancestors(parent).take(3).any(|above| page.name(above) == "h1");
        let bare = length < taken + 25 || headed;
        if !(known || !sure && bare) || OF_MEMBER.is_match(&format!("{before} {}", found.before)) {
            continue;
        }
        // Wikis say at the foot of a page when it was changed last.
        let stamped = || UPDATED.is_match(&line) && hints::names(page, parent).contains("-lastmod ");
        if is_elsewhere(page, parent, headlines) {
            if said.updated.is_none() && stamped() {
                said.updated = Some(moment);
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> (Option<String>, Option<String>) {
        let page = Page::parse(body);
        let scene = Scene { page: &page, base: None, url: None, zone: &jiff::tz::TimeZone::UTC, language: None };
        let nodes: Vec<Node> = page.inside(page.root()).collect();
        let said = find(&scene, &nodes, &nodes);
        let day = |moment: Option<Moment>| moment.map(|moment| moment.at.strftime("%F").to_string());
        (day(said.published), day(said.updated))
    }

    #[test]
    fn the_words_before_a_date_say_what_it_is() {
        let rows = [
            ("<p class=date>Written: 2023-06-13 15:03 / Updated: 2023-06-14 10:00</p>", Some("2023-06-13"), None),
            ("<p>Last updated on June 14, 2023</p>", None, Some("2023-06-14")),
            ("<time datetime='2023-06-14'><b>Last Updated:</b> June 14</time>", None, Some("2023-06-14")),
            (
                "<footer><p id=footer-info-lastmod>Zuletzt am 14. Juni 2023 geändert</p></footer>",
                None,
                Some("2023-06-14"),
            ),
            ("<dl><dd>Registriert: 01.02.2003</dd><dd>13.06.2023, 10:00</dd></dl>", Some("2023-06-13"), None),
            ("<p>Mise en ligne le 13 juin 2023</p>", Some("2023-06-13"), None),
        ];
        for (body, published, updated) in rows {
            let (said_published, said_updated) = said(body);
            assert_eq!((said_published.as_deref(), said_updated.as_deref()), (published, updated), "{body}");
        }
    }

    #[test]
    fn dates_are_found_where_templates_put_them() {
        let rows = [
            "<span class=updated title='2023-06-13T10:00:00Z'></span><span class=published title='2023-06-13T10:00:00Z'></span>",
            "<div class=entry-date><a href='/2023/06/'>13. Juni 2023</a></div>",
            "<div class='elementor-widget elementor-widget-post-info'><a href='/2023/'><time>June 13, 2023</time></a></div>",
            "<p><strong>13.06.2023 „The works are open“, said the head of the plant on the river, who had come with many guests from the town and the lands around it to see the new machines at work.</strong></p>",
            "<script>var state = {\"published_at\":\"2023-06-13T10:00:00Z\"}</script>",
        ];
        for body in rows {
            assert_eq!(said(body).0.as_deref(), Some("2023-06-13"), "{body}");
        }
        assert_eq!(said("<p><a href=/other>Plant opens, 13.06.2023</a></p>").0, None);
        // The order of day and month is shown by the other dates of a page, or not known.
        let slashed = "<p>Published: 05/06/2023</p>";
        assert_eq!(said(slashed).0, None);
        assert_eq!(said(&format!("{slashed}<aside>20/05/2023</aside>")).0.as_deref(), Some("2023-06-05"));
        let two = "<script>x = [{\"published_at\":\"2023-06-13\"}, {\"published_at\":\"2022-01-01\"}]</script>";
        assert_eq!(said(two).0, None);
    }
}
