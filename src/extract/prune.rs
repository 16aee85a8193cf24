//! Furniture: what no article text is found in, by element and by name.

use std::sync::LazyLock;

use regex::Regex;

use crate::dom::{self, Marks, Node, Page};

use super::hints;
use super::stats::Stats;

/// An element that holds more than this share of the page's running text is not furniture, whatever it is called.
const ARTICLE_SHARE: f64 = 0.35;

/// Marks what is never shown as text: scripts, forms' controls, hidden templates.
pub(super) fn silent(page: &Page, marks: &mut Marks) {
    for node in page.inside(page.root()) {
        let gone = match page.name(node) {
            "script" | "style" | "template" | "head" | "link" | "meta" | "button" | "input" | "select" | "textarea"
            | "svg" | "canvas" | "map" | "dialog" | "object" | "embed" | "applet" | "frame" | "frameset"
            | "noframes" | "progress" | "datalist" | "title" | "math-renderer" | "rp" => true,
            "noscript" => page.named(node, "img").next().is_none(),
            "iframe" => !is_player(page, node),
            _ => false,
        };
        if gone && !marks.dropped(node) {
            marks.drop(page, node);
        }
    }
}

/// Whether an embedded frame plays something a reader would want to see.
pub(super) fn is_player(page: &Page, frame: Node) -> bool {
    player(page, frame).is_some()
}

/// The address of what an embedded frame plays; a frame that loads late has it in an attribute of its own.
pub(super) fn player(page: &Page, frame: Node) -> Option<&str> {
    const SOURCES: [&str; 5] = ["src", "data-src", "data-lazy-src", "data-litespeed-src", "data-cookieconsent-src"];
    SOURCES.into_iter().filter_map(|key| page.filled(frame, key)).find(|address| dom::is_player(address))
}

/// Marks what frames a page by its element alone: no text of an article stands there, however little else there is.
pub(super) fn framing(page: &Page, marks: &mut Marks, body: Node, headline: Option<Node>) {
    for node in page.inside(body).skip(1).filter(|node| matches!(page.name(*node), "nav" | "menu" | "footer")) {
        let holds_article = headline.is_some_and(|headline| page.contains(node, headline))
            || page.ancestors(node).any(|above| page.name(above) == "article");
        if !holds_article {
            marks.drop(page, node);
        }
    }
}

/// Marks what is furniture by its element or its names, sparing what holds the article.
pub(super) fn furniture(page: &Page, marks: &mut Marks, stats: &Stats, body: Node, headline: Option<Node>) {
    for node in page.inside(body).skip(1) {
        if marks.dropped(node) || !page.is_element(node) {
            continue;
        }
        if is_furniture(page, node, stats, body) || is_beside(page, node, stats, body, headline) {
            marks.drop(page, node);
        }
    }
}

fn is_furniture(page: &Page, node: Node, stats: &Stats, body: Node) -> bool {
    let name = page.name(node);
    if matches!(name, "html" | "body" | "main") {
        return false;
    }
    let share = stats.share(node, body);
    if is_hidden(page, node) {
        return share < 0.5;
    }
    let names = hints::names(page, node);
    if hints::comments(&names) && !hints::running_text(&names) {
        return share < 0.9 && !matches!(name, "article");
    }
    if share > 0.05 && is_discussion(page, node, stats, body) {
        return true;
    }
    if share > ARTICLE_SHARE {
        return false;
    }
    match name {
        "nav" | "menu" | "aside" | "footer" | "form" => return true,
        "header" => {
            let in_article = page.ancestors(node).any(|above| matches!(page.name(above), "article" | "main"));
            let has_headline = page.named(node, "h1").next().is_some();
            return !in_article && !has_headline && stats.running(node) < 200;
        }
        _ => {}
    }
    // A name like "link" or "label" says nothing where it is part of a line.
    if is_inline(name)
        && page
            .ancestors(node)
            .take(8)
            .find(|above| !is_inline(page.name(*above)))
            .is_some_and(|above| is_line(page, above, stats) && stats.text(above) > stats.text(node))
    {
        const ALOOF: [&str; 5] = ["sr-only", "visually-hidden", "screen-reader", "tooltip", "popover"];
        return ALOOF.iter().any(|word| names.contains(word));
    }
    if matches!(
        name,
        "img"
            | "picture"
            | "source"
            | "figure"
            | "figcaption"
            | "video"
            | "td"
            | "tr"
            | "table"
            | "tbody"
            | "pre"
            | "code"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
    ) {
        return false;
    }
    if page.filled(node, "role").is_some_and(|role| {
        matches!(
            role,
            "navigation" | "banner" | "contentinfo" | "complementary" | "search" | "dialog" | "alert" | "menu"
        )
    }) {
        return true;
    }
    let long_prose = stats.running(node) > 500 && stats.link_density(node) < 0.15;
    let strong = hints::furniture(&names) || hints::labels(&names) && !long_prose;
    if !strong && !hints::perhaps_furniture(&names) {
        return false;
    }
    let prose =
        stats.running(node) >= 100 && stats.link_density(node) < 0.3 && stats.running(node) * 3 > stats.text(node);
    let illustrates =
        !strong && stats.text(node) < 350 && stats.link_density(node) < 0.5 && page.named(node, "img").next().is_some();
    if illustrates || !strong && prose || prose && hints::lead(&names) {
        return false;
    }
    // A name may speak of both ("article-content with-sidebar"): then what it holds decides.
    if hints::article(&names) { !prose } else { !holds_picture_only(page, node, stats) }
}

/// Whether what readers wrote begins here, by its heading: "28 comments". They may write more than the article holds.
fn is_discussion(page: &Page, node: Node, stats: &Stats, body: Node) -> bool {
    static HEADING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^(?:\d+\s+)?(?:(?:reader )?comments?|kommentare?|leserkommentare|commentaires?|comentarios?|comentários?|commenti|reacties|komentarze|комментари\p{L}+|каментары\p{L}*|коментар\p{L}*|(?:thoughts?|responses?|repl(?:y|ies)) (?:on|to) .{1,200})(?:\s*[(:]?\s*\d+\)?)?$").expect("the built-in pattern is a valid expression")
    });
    if !matches!(page.name(node), "div" | "section" | "aside") || page.named(node, "h1").next().is_some() {
        return false;
    }
    let rest = stats.running(body).saturating_sub(stats.running(node));
    let first = page.inside(node).skip(1).find(|inner| {
        page.characters(*inner).is_some_and(|text| !text.trim().is_empty()) || is_heading(page.name(*inner))
    });
    rest > 100 && first.is_some_and(|first| is_heading(page.name(first)) && HEADING.is_match(&page.line(first)))
}

fn is_heading(name: &str) -> bool {
    matches!(name, "h2" | "h3" | "h4" | "h5")
}

/// Whether an element holds a line of text, of which parts may be links.
fn is_line(page: &Page, node: Node, stats: &Stats) -> bool {
    stats.running(node) > 0
        || matches!(page.name(node), "p" | "li" | "td" | "dd" | "h2" | "h3" | "blockquote" | "figcaption")
}

/// Whether it is a footer or a sidebar that outweighs a short article: it follows the headline and does not hold it.
fn is_beside(page: &Page, node: Node, stats: &Stats, body: Node, headline: Option<Node>) -> bool {
    let Some(headline) = headline else { return false };
    let share = stats.share(node, body);
    let rest = stats.running(body).saturating_sub(stats.running(node));
    if node < headline || share <= ARTICLE_SHARE || page.contains(node, headline) {
        return false;
    }
    let names = hints::names(page, node);
    // The foot of the whole page outweighs a notice of a sentence.
    let foot = page.ancestors(node).take_while(|above| *above != body).count() < 3
        && (page.name(node) == "footer" || names.split(' ').any(|name| name == "footer"));
    foot && rest > 40 || share < 0.8 && rest > 150 && (page.name(node) == "footer" || hints::beside(&names))
}

fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "strong"
            | "em"
            | "i"
            | "u"
            | "span"
            | "sup"
            | "sub"
            | "small"
            | "font"
            | "mark"
            | "abbr"
            | "cite"
            | "q"
            | "code"
            | "kbd"
            | "time"
            | "s"
            | "del"
            | "ins"
    )
}

/// Whether it is a frame around a picture: these are named "slide" or "caption" as well and are kept for the markup.
fn holds_picture_only(page: &Page, node: Node, stats: &Stats) -> bool {
    stats.text(node) == 0 && page.inside(node).any(|below| matches!(page.name(below), "img" | "picture"))
}

fn is_hidden(page: &Page, node: Node) -> bool {
    if page.attribute(node, "hidden").is_some_and(|value| value != "until-found") {
        // Parts that React streams late arrive hidden and are put in place by script: `<div hidden id="S:1f">`.
        let streamed = page.attribute(node, "id").is_some_and(|id| id.starts_with("S:") && id.len() < 8);
        return !streamed;
    }
    if page.attribute(node, "aria-hidden") == Some("true") && page.name(node) != "img" {
        return true;
    }
    page.attribute(node, "style").is_some_and(|style| {
        let style: String = style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        style.contains("display:none") || style.contains("visibility:hidden")
    })
}
