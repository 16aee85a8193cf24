//! Article text that the markup of a page lacks and its scripts hold: `articleBody` of JSON-LD, and the state of pages that
//! are drawn by script (`__NEXT_DATA__`, `window.__STATE__ = {…}`).
//!
//! Asked only where the page shows next to nothing: what is shown is what the publisher means. A text that ends in dots was
//! cut and is not taken.

use std::collections::HashMap;

use serde_json::Value;

use crate::dom::{Marks, Page, escape, squash};
use crate::model::Rung;

use super::scene::{Scene, plain};
use super::stats::weight;
use super::{clean, prune};

/// Characters, white space aside, below which a page shows next to nothing.
pub(super) const FEW: u32 = 200;
/// Characters an embedded text must have to be an article; fewer are enough where it is declared to be one.
const ENOUGH: u32 = 400;
const ENOUGH_DECLARED: u32 = 200;
/// Scripts that are looked at, and bytes of one, at most.
const MAX_SCRIPTS: usize = 60;
const MAX_BYTES: usize = 4 << 20;
/// Nesting of state that is looked at, at most.
const MAX_DEPTH: usize = 40;
/// Paragraphs a text in a page's state must have to be taken for an article.
const PARAGRAPHS: usize = 3;

/// Where the state of a page keeps the text of its article.
const STATE: [&str; 8] = ["articleBody", "body", "bodyHtml", "body_html", "content", "contentHtml", "html", "rendered"];

/// The clean markup of the longest article text in scripts, and who said it; `None` where there is no whole one.
pub(super) fn body(scene: &Scene) -> Option<(Rung, String)> {
    let mut found: Option<(Rung, String)> = None;
    for script in scene.page.named(scene.page.root(), "script").take(MAX_SCRIPTS) {
        let linked = scene.page.attribute(script, "type").is_some_and(|kind| kind.contains("ld+json"));
        let text = scene.page.inside(script).filter_map(|node| scene.page.characters(node)).collect::<String>();
        let Some(value) = value(&text) else { continue };
        let (keys, rung) = if linked { (&STATE[..1], Rung::JsonLd) } else { (&STATE[..], Rung::Heuristic) };
        let mut texts = Vec::new();
        collect(&value, keys, 0, &mut texts);
        let enough = if linked { ENOUGH_DECLARED } else { ENOUGH };
        let whole =
            texts.into_iter().filter(|text| is_whole(text, enough) && (linked || paragraphs(text) >= PARAGRAPHS));
        if let Some(longest) = whole.max_by_key(|text| text.len())
            && found.as_ref().is_none_or(|(_, known)| known.len() < longest.len())
        {
            found = Some((rung, longest.to_owned()));
        }
    }
    let (rung, text) = found?;
    Some((rung, markup(scene, &text)))
}

/// The JSON of a script: all of it, or what it assigns to a name.
fn value(text: &str) -> Option<Value> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return None;
    }
    if text.starts_with(['{', '[']) {
        return serde_json::from_str(text).ok();
    }
    let assigned = text.starts_with("window.").then(|| text.find('{').map(|at| &text[at..])).flatten()?;
    serde_json::Deserializer::from_str(assigned).into_iter().next()?.ok()
}

fn collect<'a>(value: &'a Value, keys: &[&str], depth: usize, found: &mut Vec<&'a str>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys, depth + 1, found)),
        Value::Object(object) => {
            for (key, inner) in object {
                match inner {
                    Value::String(text) if keys.contains(&key.as_str()) => found.push(text),
                    other => collect(other, keys, depth + 1, found),
                }
            }
        }
        _ => {}
    }
}

/// Whether a text is long enough and does not end in dots.
fn is_whole(text: &str, enough: u32) -> bool {
    let end = text.trim_end_matches([']', ')', ' ', '\n']);
    weight(text) >= enough && !end.ends_with("..") && !end.ends_with('…')
}

fn paragraphs(text: &str) -> usize {
    text.matches("<p").count()
}

fn markup(scene: &Scene, text: &str) -> String {
    let html = if text.contains("<p") || text.contains("<br") {
        text.to_owned()
    } else {
        let lines = text.lines().filter_map(|line| plain(&squash(line)));
        lines.map(|line| format!("<p>{}</p>", escape(&line))).collect()
    };
    let page = Page::parse(&html);
    let mut marks = Marks::none(&page);
    prune::silent(&page, &mut marks);
    let inner = Scene {
        page: &page,
        base: scene.base.clone(),
        url: scene.url.clone(),
        zone: scene.zone,
        language: scene.language.clone(),
    };
    clean::markup(&inner, page.root(), &marks, &HashMap::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(script: &str) -> Option<(Rung, String)> {
        let page = Page::parse(&format!("<body><div id=app></div>{script}"));
        let zone = jiff::tz::TimeZone::UTC;
        body(&Scene { page: &page, base: None, url: None, zone: &zone, language: None })
    }

    #[test]
    fn a_whole_text_in_a_script_is_found() {
        let text = "The ferry stops in the winter and the people of the town go by the bridge. ".repeat(8);
        let linked = format!("<script type='application/ld+json'>[{{\"articleBody\":\"{text}\\n{text}\"}}]</script>");
        let (rung, markup) = found(&linked).expect("a body");
        assert_eq!((rung, markup.matches("<p>").count()), (Rung::JsonLd, 2), "{markup}");
        let html = format!("<p onclick='x()'>{text}</p><p>{text}<script>x()</script></p><p>{text}</p>")
            .replace('<', "\\u003c");
        for script in [
            format!(
                "<script id=__NEXT_DATA__ type='application/json'>{{\"props\":{{\"a\":[{{\"body\":\"{html}\"}}]}}}}</script>"
            ),
            format!("<script>window.__STATE__ = {{\"post\":{{\"content\":\"{html}\"}}}}; run();</script>"),
        ] {
            let (rung, markup) = found(&script).expect("a body");
            assert_eq!((rung, markup.matches("<p>").count()), (Rung::Heuristic, 3), "{script}");
            assert!(!markup.contains("x()"), "{markup}");
        }
    }

    #[test]
    fn a_text_that_was_cut_or_is_short_is_not_taken() {
        let text = "The ferry stops in the winter and the people of the town go by the bridge ".repeat(8);
        for (body, kind) in [
            (format!("{text}…"), "ld+json"),
            (format!("{text}..."), "ld+json"),
            ("Short.".to_owned(), "ld+json"),
            (text.clone(), "json"),
        ] {
            assert_eq!(
                found(&format!("<script type='application/{kind}'>{{\"articleBody\":\"{body}\"}}</script>")),
                None
            );
        }
        assert_eq!(found("<script>window.x = {broken</script><script type='application/json'>{</script>"), None);
    }
}
