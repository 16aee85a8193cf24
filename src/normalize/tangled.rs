//! Markup that costs far more to parse than its size: tags that are never closed, by the thousand.
//!
//! An HTML parser looks through the open elements at every tag, and opens formatting that was never closed anew in every
//! block, so that such a fragment costs the square of its size. Ammonia parses without bounds; what is tangled is parsed as a
//! [`Page`] first, which is cut off at a depth and a number of nodes, and written out again with every tag closed.

use std::borrow::Cow;

use crate::dom::{Marks, Node, Page, Shape};

/// Elements open at once, by a count of tags. Articles stay below 40; tables in tables, as mails have them, below 100.
const MAX_OPEN: usize = 200;

/// Different names of elements counted; HTML has about 140.
const MAX_NAMES: usize = 200;

/// Elements without an end, or whose end may be left out: they hold nothing open.
const WITHOUT_END: [&str; 28] = [
    "area", "base", "br", "caption", "col", "colgroup", "dd", "dt", "embed", "hr", "img", "input", "li", "link",
    "meta", "option", "p", "param", "rp", "rt", "source", "tbody", "td", "th", "thead", "tr", "track", "wbr",
];

/// The fragment as it is, or disentangled. `names` and `attributes` are those that are to stay, `without` what goes with its
/// content; of the others only the content stays.
pub(super) fn disentangle<'a>(
    html: &'a str,
    names: &[&'static str],
    without: &[&str],
    attributes: impl Fn(&str) -> Vec<&'static str>,
) -> Cow<'a, str> {
    if !is_tangled(html) {
        return Cow::Borrowed(html);
    }
    let page = Page::parse(html);
    let shape = |node: Node| {
        let name = page.name(node);
        if without.contains(&name) {
            return Shape::Nothing;
        }
        let Some(name) = names.iter().find(|known| **known == name) else { return Shape::Content };
        let kept = attributes(name).into_iter();
        let value = |key| page.attribute(node, key).map(|value| (key, value.to_owned()));
        Shape::Element(name, kept.filter_map(value).collect())
    };
    Cow::Owned(page.markup(page.root(), &Marks::none(&page), shape))
}

/// Whether more elements may be open at once than in any article. Counts start tags less end tags, name by name, so that ends
/// of what never began make up for nothing.
fn is_tangled(html: &str) -> bool {
    let mut open: Vec<(&str, usize)> = Vec::new();
    let mut total = 0;
    for (at, _) in html.match_indices('<') {
        let rest = html.get(at + 1..).unwrap_or_default();
        let (closes, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/' | '<')).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !is_name || WITHOUT_END.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        match open.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, count)) if closes => {
                total -= usize::from(*count > 0);
                *count = count.saturating_sub(1);
            }
            None if closes => {}
            Some((_, count)) => {
                *count += 1;
                total += 1;
            }
            None => {
                open.push((name, 1));
                total += 1;
            }
        }
        if total > MAX_OPEN || open.len() > MAX_NAMES {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::sanitize;
    use super::*;

    #[test]
    fn only_what_is_left_open_by_the_hundred_is_tangled() {
        let rows = [
            ("<p>one<br><img src=x><li>two".repeat(1_000), false),
            ("<div><b>x</b></div>".repeat(1_000), false),
            ("<td><p>x".repeat(1_000), false),
            ("<div>".repeat(201), true),
            ("<DIV class=a>".repeat(201), true),
            ("<div></x>".repeat(201), true),
            (format!("{}{}", "</div>".repeat(500), "<div>".repeat(201)), true),
            ((0..201).map(|number| format!("<p><b id={number}>x</p>")).collect(), true),
            ((0..201).map(|number| format!("<x{number}></x{number}>")).collect(), true),
            ("a < b <> </ < ".repeat(1_000), false),
        ];
        for (html, wanted) in rows {
            assert_eq!(is_tangled(&html), wanted, "{}", html.chars().take(60).collect::<String>());
        }
    }

    #[test]
    fn what_is_disentangled_says_the_same_and_is_as_safe() {
        let html = "<p onclick=x()>a <a href='/b'>b</a></p><script>x()</script><p>c";
        let base = "https://a.example/".parse().ok();
        let tangled = format!("{html}{}", "<font>".repeat(300));
        assert_eq!(sanitize(&tangled, base.as_ref()), "<p>a <a href=\"https://a.example/b\">b</a></p><p>c</p>");
        assert_eq!(sanitize(&tangled, base.as_ref()), sanitize(html, base.as_ref()));
    }

    #[test]
    fn tangles_cost_no_more_than_a_page() {
        let rows = ["<div>".repeat(100_000), (0..500).map(|number| format!("<p><b id={number}>x</p>")).collect()];
        for html in rows {
            assert!(sanitize(&html, None).len() < 4_000_000);
        }
    }
}
