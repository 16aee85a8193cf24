//! The runs of text a part of the page is made of: what a reader sees as one piece.
//!
//! Blocks and line breaks end a piece. So do elements side by side in one that has no text of its own: a row of `span`s is
//! as good as a row of `div`s.

use crate::dom::{self, Node, Page};

use super::survey::weight;

/// A run of text.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) text: String,
    /// The node its first character stands in.
    pub(super) start: Node,
    /// The innermost element around all of it.
    pub(super) holder: Node,
    /// Weight of the text within links.
    pub(super) linked: u32,
    pub(super) weight: u32,
}

/// The segments between two nodes. What `leave_out` says is not read.
pub(super) fn read(page: &Page, from: usize, to: usize, leave_out: impl Fn(Node) -> bool) -> Vec<Segment> {
    let mut reader = Reader { page, out: Vec::new(), parts: Vec::new(), linked: 0 };
    let mut closing: Vec<usize> = Vec::new();
    let mut link_until = 0;
    let mut next = from;
    while next < to.min(page.size()) {
        while closing.last().is_some_and(|close| *close <= next) {
            closing.pop();
            reader.flush();
        }
        let node = page.at(next);
        next += 1;
        if let Some(characters) = page.characters(node) {
            reader.push(node, characters, node.index() < link_until);
            continue;
        }
        let name = page.name(node);
        if name.is_empty() {
            continue;
        }
        if matches!(
            name,
            "script"
                | "style"
                | "noscript"
                | "template"
                | "svg"
                | "select"
                | "textarea"
                | "button"
                | "iframe"
                | "rt"
                | "rp"
        ) || leave_out(node)
        {
            next = page.end(node).max(next);
            if dom::is_block(name) {
                reader.flush();
            }
            continue;
        }
        if name == "a" {
            link_until = link_until.max(page.end(node));
        }
        if name == "br" {
            reader.flush();
        } else if dom::is_block(name) || name == "small" || parts_neighbours(page, node, name) {
            reader.flush();
            closing.push(page.end(node));
        }
    }
    reader.flush();
    reader.out
}

/// Whether an inline element stands for itself: others with text are beside it, and no bare text is.
fn parts_neighbours(page: &Page, node: Node, name: &str) -> bool {
    if matches!(
        name,
        "b" | "i"
            | "em"
            | "strong"
            | "mark"
            | "sup"
            | "sub"
            | "abbr"
            | "font"
            | "u"
            | "wbr"
            | "img"
            | "bdi"
            | "q"
            | "code"
    ) {
        return false;
    }
    let Some(parent) = page.parent(node) else { return false };
    let mut neighbours = 0;
    for child in page.children(parent).take(24) {
        match page.characters(child) {
            Some(text) if text.chars().any(char::is_alphanumeric) => return false,
            None if child != node && has_text(page, child) => neighbours += 1,
            _ => {}
        }
    }
    neighbours > 0
}

fn has_text(page: &Page, node: Node) -> bool {
    page.inside(node)
        .take(40)
        .any(|inner| page.characters(inner).is_some_and(|text| text.chars().any(char::is_alphanumeric)))
}

struct Reader<'a> {
    page: &'a Page,
    out: Vec<Segment>,
    parts: Vec<(Node, String)>,
    linked: u32,
}

impl Reader<'_> {
    fn push(&mut self, node: Node, characters: &str, is_linked: bool) {
        if characters.trim().is_empty() && self.parts.is_empty() {
            return;
        }
        if is_linked {
            self.linked += weight(characters);
        }
        self.parts.push((node, characters.to_owned()));
    }

    fn flush(&mut self) {
        let parts = std::mem::take(&mut self.parts);
        let linked = std::mem::take(&mut self.linked);
        let Some((start, _)) = parts.first() else { return };
        let last = parts.iter().rev().find(|(_, text)| !text.trim().is_empty()).map_or(*start, |(node, _)| *node);
        let joined: String = parts.iter().map(|(_, text)| text.as_str()).collect();
        let joined: String =
            joined.chars().filter(|c| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{feff}' | '\u{2060}')).collect();
        let text = dom::squash(&joined);
        if text.is_empty() {
            return;
        }
        let holder = self.page.ancestors(*start).find(|above| self.page.contains(*above, last)).unwrap_or(*start);
        let weight = weight(&text);
        self.out.push(Segment { text, start: *start, holder, linked, weight });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_parted_where_a_reader_sees_parts() {
        let rows: [(&str, &[&str]); 6] = [
            ("<p>one <b>two</b> three</p>", &["one two three"]),
            ("<div><span>12 May</span><span>A title</span></div>", &["12 May", "A title"]),
            ("<p>See <span>this</span> and <span>that</span></p>", &["See this and that"]),
            ("a<br>b", &["a", "b"]),
            ("<a><h3>T</h3><time>x</time></a>", &["T", "x"]),
            ("<p><b>12 May</b> <i>late</i></p>", &["12 May late"]),
        ];
        for (markup, wanted) in rows {
            let page = Page::parse(markup);
            let found: Vec<String> =
                read(&page, 0, page.size(), |_| false).into_iter().map(|segment| segment.text).collect();
            assert_eq!(found, wanted, "{markup}");
        }
    }
}
