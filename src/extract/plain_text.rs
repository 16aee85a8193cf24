//! Articles that come as plain text: a headline, a line with the date, paragraphs, the line of a photo.
//!
//! Such texts are pages copied out of a browser: one paragraph a line, white space where columns were.

use std::sync::LazyLock;

use regex::Regex;

use crate::date::page as dates;
use crate::dom::{escape, squash};
use crate::model::{Figure, Rung};

use super::scene::Partial;
use super::{Context, Extraction, attribution, boilerplate, dateline, figures, settle, site_rules};
use crate::language;

static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)<(?:!doctype|html|head|body|title|meta|link|script|style|div|p|br|span|a|img|table|tr|td|ul|ol|li|h[1-6]|article|section|main|b|i|em|strong|blockquote|figure|font|center|pre|form)\b").expect("the built-in pattern is a valid expression")
});

/// Whether a text is evidently not HTML.
pub(super) fn is_plain(text: &str, content_type: Option<&str>) -> bool {
    let kind = content_type.and_then(|kind| kind.split(';').next()).map(|kind| kind.trim().to_ascii_lowercase());
    match kind.as_deref() {
        Some("text/html" | "application/xhtml+xml") => false,
        Some("text/plain") => true,
        _ => !TAG.is_match(text),
    }
}

/// Reads an article out of plain text.
pub(super) fn read(text: &str, context: &Context) -> Extraction {
    let mut lines = lines(text);
    let mut found = Partial::default();
    take_dates(&mut lines, context, &mut found);
    found.title = take_title(&mut lines);
    let mut blocks = paragraphs(lines);
    take_figures(&mut blocks, &mut found);
    take_attributions(&mut blocks, &mut found);
    blocks.retain(|block| !boilerplate::is_phrase_text(&block.text));
    found.lead = lead(&blocks);
    found.dateline = blocks.first().and_then(|block| dateline::of(&block.text));
    let plain: Vec<&str> = blocks.iter().map(|block| block.text.as_str()).collect();
    let plain = plain.join("\n");
    found.language = language::find(&plain, &context.language.as_deref().into_iter().collect::<Vec<_>>());
    let figures: String = found.figures.iter().map(site_rules::figure_markup).collect();
    let body: String =
        blocks.iter().map(|block| format!("<p>{}</p>", escape(&block.text))).collect::<Vec<_>>().join("\n");
    let body = if blocks.is_empty() { String::new() } else { body + &figures };
    let text = crate::dom::text(&body);
    Extraction { text, ..settle::settle(&[(Rung::Heuristic, found)], (Rung::Heuristic, body), &plain) }
}

/// A line with the number of empty lines before it.
struct Line {
    /// As written, for the width of its gaps.
    raw: String,
    text: String,
    gap: usize,
}

struct Paragraph {
    raw: String,
    text: String,
    gap: usize,
}

fn lines(text: &str) -> Vec<Line> {
    let mut gap = 0;
    let mut found = Vec::new();
    for raw in text.lines().take(50_000) {
        let text = squash(raw);
        if text.is_empty() {
            gap += 1;
            continue;
        }
        found.push(Line { raw: raw.trim().to_owned(), text, gap });
        gap = 0;
    }
    found
}

/// Takes out lines that are a date and little else, near the start or the end.
fn take_dates(lines: &mut Vec<Line>, context: &Context, found: &mut Partial) {
    let last = lines.len();
    let mut at = 0;
    lines.retain(|line| {
        at += 1;
        let near_an_end = at <= 6 || at + 3 > last;
        if !near_an_end || line.text.chars().count() > 80 {
            return true;
        }
        let Some((moment, taken)) = dates::find(&line.text, &context.zone, context.language.as_deref()) else {
            return true;
        };
        let rest = line.text.chars().count().saturating_sub(taken);
        if rest > 30 {
            return true;
        }
        if boilerplate::says_updated(&line.text) {
            found.updated = found.updated.or(Some(moment));
        } else {
            found.published = found.published.or(Some(moment));
        }
        false
    });
}

/// The headline: the first line, if it is short and no sentence of the text.
fn take_title(lines: &mut Vec<Line>) -> Option<String> {
    let first = lines.first()?;
    let next_gap = lines.get(1).map_or(1, |line| line.gap);
    let length = first.text.chars().count();
    let is_sentence = first.text.ends_with(['.', ',', ';', ':']);
    (length <= 250 && (!is_sentence || next_gap > 0 && length <= 120)).then(|| lines.remove(0).text)
}

/// Joins lines to paragraphs: where an opening quote is not closed yet, and where the text was broken to a width.
fn paragraphs(lines: Vec<Line>) -> Vec<Paragraph> {
    let wrapped = is_wrapped(&lines);
    let mut blocks: Vec<Paragraph> = Vec::new();
    for line in lines {
        let joins = blocks.last().is_some_and(|last| {
            (wrapped && line.gap == 0) || (line.gap <= 1 && opens_quote(&last.text) && last.text.len() < 5_000)
        });
        if let Some(last) = blocks.last_mut().filter(|_| joins) {
            last.text.push(' ');
            last.text.push_str(&line.text);
            last.raw.push(' ');
            last.raw.push_str(&line.raw);
        } else {
            blocks.push(Paragraph { raw: line.raw, text: line.text, gap: line.gap });
        }
    }
    blocks
}

/// Whether lines are broken to a width: most full lines are about as long as the longest, and none is very long.
fn is_wrapped(lines: &[Line]) -> bool {
    let longest = lines.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
    let unfinished = lines.iter().filter(|line| line.text.ends_with(|c: char| c.is_alphabetic() || c == ',')).count();
    lines.len() > 6 && longest <= 100 && unfinished * 2 > lines.len()
}

/// Whether a quotation is opened and not closed.
fn opens_quote(text: &str) -> bool {
    [('“', '”'), ('«', '»'), ('„', '“')].iter().any(|(open, close)| {
        if *open == '“' && text.contains('„') {
            return false;
        }
        let count = |wanted: char| text.chars().filter(|c| *c == wanted).count();
        count(*open) > count(*close)
    })
}

/// Photo lines: a short place, a wide gap, a short credit; or "Photo: …".
fn take_figures(blocks: &mut Vec<Paragraph>, found: &mut Partial) {
    static GAP: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?P<place>\S(?:.{0,60}?\S)?)(?:\s{3,}|\s*\t\s*)(?P<credit>\S(?:.{0,60}?\S)?)$")
            .expect("the built-in pattern is a valid expression")
    });
    let short = |text: &str| text.split_whitespace().count() <= 6 && !text.ends_with(['.', '!', '?', ':']);
    blocks.retain(|block| {
        if let Some(parts) = GAP.captures(block.raw.trim()) {
            let (place, credit) = (squash(&parts["place"]), squash(&parts["credit"]));
            if short(&place) && short(&credit) && place.chars().next().is_some_and(char::is_alphabetic) {
                found.figures.push(Figure { place: Some(place), credit: Some(credit), ..Figure::default() });
                return false;
            }
        }
        if block.text.chars().count() <= 120 {
            let figure = figures::split_caption(&block.text);
            if figure.credit.is_some() && figure.caption.is_none() {
                found.figures.push(figure);
                return false;
            }
        }
        true
    });
}

fn take_attributions(blocks: &mut Vec<Paragraph>, found: &mut Partial) {
    blocks.retain(|block| match attribution::of_line(&block.text, &[]) {
        Some(line) => {
            found.attributions.push(line);
            false
        }
        None => true,
    });
}

/// The first paragraph, where it stands further from the next than paragraphs of the body do from each other.
fn lead(blocks: &[Paragraph]) -> Option<String> {
    let [first, second, rest @ ..] = blocks else { return None };
    let usual = {
        let mut gaps: Vec<usize> = rest.iter().map(|block| block.gap).collect();
        gaps.sort_unstable();
        gaps.get(gaps.len() / 2).copied().unwrap_or(second.gap)
    };
    (second.gap > usual && first.text.chars().count() >= 40).then(|| first.text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Document;

    const RELEASE: &str = "Posted: 05.02.2024 09:15:00\n\nOpening of the bridge at Lakeside\n\nThe new bridge joins the two banks of the river.\u{a0}The Mayor, Ann Lee, said so at the opening in Lakeside on February 3rd.\n\n\nWork on the bridge took two years. Four firms took part.\n“We said in the spring that it would be ready by the winter.\u{a0}\nHere it is. There were doubts, and we went on,” Ann Lee said.\n“It is a good bridge,” Bo Ek noted.\n\nLakeside\u{a0} \u{a0} \u{a0} \u{a0} \u{a0}photobank\n\n\u{a0} “People will walk here every day,” Bo Ek added.\n\nBased on materials of\u{a0}and";

    fn extraction(text: &str, zone: &str) -> Extraction {
        let document =
            Document { url: None, content_type: Some("text/plain".to_owned()), body: text.to_owned().into() };
        super::super::article(
            &document,
            &Context { zone: jiff::tz::TimeZone::get(zone).expect("a zone"), ..Context::default() },
        )
    }

    #[test]
    fn a_copied_press_release_is_told_apart() {
        let read = extraction(RELEASE, "Europe/Minsk");
        let entry = &read.entry;
        assert_eq!(entry.published.map(|at| at.to_string()).as_deref(), Some("2024-02-05T06:15:00Z"));
        assert_eq!(entry.title.as_ref().map(|title| title.value.as_str()), Some("Opening of the bridge at Lakeside"));
        assert!(
            entry
                .lead
                .as_deref()
                .is_some_and(|lead| lead.starts_with("The new bridge") && lead.ends_with("February 3rd."))
        );
        assert_eq!(
            entry.figures,
            [Figure { place: Some("Lakeside".into()), credit: Some("photobank".into()), ..Figure::default() }]
        );
        assert_eq!(entry.attributions[0].text, "Based on materials of and");
        assert!(entry.attributions[0].names.is_empty());
        assert_eq!(entry.language.as_deref(), Some("en"));
        let text = crate::dom::text(&entry.content.as_ref().expect("a body").value);
        let blocks: Vec<&str> = text.lines().collect();
        assert_eq!(blocks.len(), 5, "{text}");
        assert!(blocks[2].starts_with("“We said") && blocks[2].ends_with("Ann Lee said."));
        assert!(!text.contains("Posted") && !text.contains("photobank") && !text.contains("Based on"));
    }

    #[test]
    fn text_broken_to_a_width_is_joined() {
        let text = "Headline of the text\n\nThe first paragraph goes on over two lines and\nends here.\n\nThe second paragraph goes on over more lines,\nsince it is longer than the first one was and\nso it needs three.\n\nThe third one is here and it\nends soon.";
        let text = crate::dom::text(&extraction(text, "UTC").entry.content.expect("a body").value);
        assert_eq!(text.lines().count(), 3, "{text}");
    }

    #[test]
    fn markup_is_not_taken_for_plain_text() {
        assert!(!is_plain("<p>x", None));
        assert!(!is_plain("x", Some("text/html; charset=utf-8")));
        assert!(is_plain("a < b and c > d", None));
        assert!(is_plain("<p>x", Some("text/plain")));
    }
}
