//! The seam between two pages of one article: what the second repeats is left out.
//!
//! Works on markup as `extract` writes it, whose tags are closed and whose attributes are quoted. What is not so is taken in
//! larger pieces, and made safe later like everything else.

use std::collections::HashSet;

use crate::dom;

/// Elements without an end.
const VOID: [&str; 9] = ["img", "br", "hr", "source", "track", "wbr", "embed", "input", "col"];

/// The blocks of `more`, without those at its beginning and its end that `before` has too.
pub(super) fn new_blocks<'a>(before: &str, more: &'a str) -> &'a str {
    let held: HashSet<String> = blocks(before).into_iter().map(key).collect();
    let is_repeated = |block: &&str| {
        let key = key(block);
        key.is_empty() || held.contains(&key)
    };
    let blocks = blocks(more);
    let skipped: usize = blocks.iter().take_while(|block| is_repeated(block)).map(|block| block.len()).sum();
    let rest = more.get(skipped..).unwrap_or_default();
    let trailing = blocks.iter().rev().take_while(|block| is_repeated(block)).map(|block| block.len()).sum();
    rest.get(..rest.len().saturating_sub(trailing)).unwrap_or_default()
}

/// What a block says: its words; the markup where it has none (pictures).
fn key(block: &str) -> String {
    let words = dom::squash(&dom::text(block));
    if words.is_empty() { block.trim().to_owned() } else { words }
}

/// Markup cut into what stands at its top level; joined, the pieces are the whole.
fn blocks(markup: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let (mut start, mut at, mut depth) = (0, 0, 0_usize);
    while let Some(offset) = markup.get(at..).and_then(|rest| rest.find('<')) {
        let open = at + offset;
        let tag = &markup[open..];
        let length = tag_length(tag);
        let end = open + length;
        let name: String = tag[1..length].chars().take_while(char::is_ascii_alphanumeric).collect();
        if tag.starts_with("</") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                blocks.push(&markup[start..end]);
                start = end;
            }
        } else if VOID.contains(&name.as_str()) && depth == 0 {
            blocks.push(&markup[start..end]);
            start = end;
        } else if !name.is_empty() && !VOID.contains(&name.as_str()) {
            if depth == 0 && !markup[start..open].trim().is_empty() {
                blocks.push(&markup[start..open]);
                start = open;
            }
            depth += 1;
        }
        at = end;
    }
    if start < markup.len() {
        blocks.push(&markup[start..]);
    }
    blocks
}

/// The bytes of the tag that a text begins with; `>` in a quoted value does not end it.
fn tag_length(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (None, b'>') => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_page_repeats_is_left_out_at_both_ends_only() {
        let first = "<h1>Tides</h1>\n<p>The lead.</p><p>One.</p><p>* * *</p><figure><img src=\"a.jpg\"></figure><p>Told by <b>Ada</b></p>";
        let rows = [
            ("<p>Two.</p>", "<p>Two.</p>"),
            ("<h1>Tides</h1><p>The lead.</p><p>Two.</p>", "<p>Two.</p>"),
            ("<p>Two.</p><p>* * *</p><p>Three.</p><p>Told by Ada</p>", "<p>Two.</p><p>* * *</p><p>Three.</p>"),
            ("<figure><img src=\"a.jpg\"></figure><p>Two.</p>", "<p>Two.</p>"),
            ("<figure><img src=\"b.jpg\"></figure><p>Two.</p>", "<figure><img src=\"b.jpg\"></figure><p>Two.</p>"),
            ("<h1>Tides</h1> <p>The lead.</p>", ""),
            ("loose <b>words</b><p title=\"a > b\">Two.</p>", "loose <b>words</b><p title=\"a > b\">Two.</p>"),
            ("", ""),
        ];
        for (more, wanted) in rows {
            assert_eq!(new_blocks(first, more), wanted, "{more}");
        }
    }

    #[test]
    fn pieces_are_the_whole_whatever_the_markup() {
        for markup in [
            "<",
            "a<b",
            "</p></p>x",
            "<p>a<p>b",
            "<p title=\"",
            "é<é>é</é>",
            "<br><br>x",
            "<p>a</p>b<p>c</p>",
            "<!-- <p> -->",
        ] {
            assert_eq!(blocks(markup).concat(), markup);
        }
    }
}
