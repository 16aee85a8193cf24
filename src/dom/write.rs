//! Markup of a page: each element as the caller's [`Shape`] says.

use super::{Marks, Node, Page, is_block};

/// What becomes of an element in markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Written under this name with these attributes, its content inside.
    Element(&'static str, Vec<(&'static str, String)>),
    /// Only its content is written.
    Content,
    /// This markup is written in its place.
    Instead(String),
    /// Nothing of it is written.
    Nothing,
}

impl Page {
    /// The markup of what is below `node`, without what is marked, every element as `shape` says.
    ///
    /// Text and inline elements that stand loose, and what is in a bare `p`, are written as paragraphs: one ends where a
    /// block begins or ends, and at two line breaks in a row.
    pub fn markup(&self, node: Node, marks: &Marks, mut shape: impl FnMut(Node) -> Shape) -> String {
        let mut writer = Writer::default();
        let (mut next, end) = (node.index(), self.end(node));
        while next < end {
            writer.reach(next);
            let current = self.at(next);
            next += 1;
            if marks.dropped(current) {
                continue;
            }
            if let Some(characters) = self.characters(current) {
                if !characters.bytes().all(|byte| byte.is_ascii_whitespace()) {
                    writer.inline();
                }
                writer.text(characters);
                continue;
            }
            if !self.is_element(current) {
                continue;
            }
            let (shape, parts) = (shape(current), parts(self.name(current)));
            if parts && shape != Shape::Nothing {
                writer.part();
            }
            match shape {
                Shape::Content if parts => {
                    writer.gap();
                    writer.bounds.push(self.end(current));
                }
                Shape::Content => {}
                Shape::Nothing => next = self.end(current),
                Shape::Instead(markup) => {
                    writer.part();
                    writer.out.push_str(&markup);
                    next = self.end(current);
                }
                Shape::Element("p", attributes) if attributes.is_empty() && writer.open.is_empty() => {
                    writer.bounds.push(self.end(current));
                }
                Shape::Element("br", _) if writer.is_loose() => writer.breaks += 1,
                Shape::Element(name, attributes) => {
                    let stands_loose = writer.open.is_empty() || writer.breaks > 0;
                    if stands_loose && !parts && !self.inside(current).any(|inner| self::parts(self.name(inner))) {
                        writer.inline();
                    }
                    open_tag(&mut writer.out, name, &attributes);
                    if !is_void(name) {
                        writer.open.push((self.end(current), name));
                        writer.verbatim += usize::from(name == "pre");
                    }
                }
            }
        }
        writer.reach(usize::MAX);
        writer.part();
        writer.out
    }
}

/// Whether the element parts paragraphs. What is shown within a line does not, though it has a line of its own as text.
fn parts(name: &str) -> bool {
    is_block(name) && !matches!(name, "picture" | "noscript" | "iframe" | "video" | "audio")
}

/// The end of a paragraph that is open because something loose stands in it, until a block parts it.
const LOOSE: usize = usize::MAX;

#[derive(Default)]
struct Writer {
    out: String,
    /// Elements that are open, with the number of the node that ends them.
    open: Vec<(usize, &'static str)>,
    /// Where blocks end that are not written themselves.
    bounds: Vec<usize>,
    /// Line breaks since the last text of a loose paragraph.
    breaks: u32,
    /// How many of the open elements keep white space as it is.
    verbatim: usize,
}

impl Writer {
    /// Closes what ends before this node.
    fn reach(&mut self, next: usize) {
        while self.bounds.last().is_some_and(|end| *end <= next) {
            self.bounds.pop();
            self.close(next);
            self.part();
            self.gap();
        }
        self.close(next);
    }

    /// Keeps words of neighbouring blocks apart inside an element that holds both.
    fn gap(&mut self) {
        if !self.open.is_empty() && !self.out.ends_with([' ', '\n', '>']) {
            self.out.push(' ');
        }
    }

    fn close(&mut self, next: usize) {
        while let Some((end, name)) = self.open.last().copied()
            && end <= next
            && end != LOOSE
        {
            self.open.pop();
            self.verbatim -= usize::from(name == "pre");
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    /// Whether nothing is open but a loose paragraph.
    fn is_loose(&self) -> bool {
        self.open.is_empty() || self.open.len() == 1 && self.open[0].0 == LOOSE
    }

    /// Ends the loose paragraph.
    fn part(&mut self) {
        if self.open.last().is_some_and(|(end, _)| *end == LOOSE) {
            self.open.pop();
            self.out.truncate(self.out.trim_end_matches(' ').len());
            self.out.push_str("</p>");
        }
        self.breaks = 0;
    }

    /// Makes sure that what follows stands in a paragraph or another element.
    fn inline(&mut self) {
        match std::mem::take(&mut self.breaks) {
            0 => {}
            1 if !self.open.is_empty() => self.out.push_str("<br>"),
            _ => self.part(),
        }
        if self.open.is_empty() {
            self.out.push_str("<p>");
            self.open.push((LOOSE, "p"));
        }
    }

    fn text(&mut self, characters: &str) {
        if self.open.is_empty() || self.breaks > 0 {
            return;
        }
        // A paragraph begins with its first word.
        let begins = self.open.len() == 1 && self.open[0].0 == LOOSE && self.out.ends_with("<p>");
        push_text(
            &mut self.out,
            if begins { characters.trim_start_matches(|c: char| c.is_ascii_whitespace()) } else { characters },
            self.verbatim > 0,
        );
    }
}

fn open_tag(out: &mut String, name: &str, attributes: &[(&'static str, String)]) {
    out.push('<');
    out.push_str(name);
    for (key, value) in attributes {
        out.push(' ');
        out.push_str(key);
        out.push_str("=\"");
        out.push_str(&escape(value));
        out.push('"');
    }
    out.push('>');
}

fn is_void(name: &str) -> bool {
    matches!(name, "br" | "hr" | "img" | "source" | "wbr" | "col")
}

fn push_text(out: &mut String, characters: &str, verbatim: bool) {
    if verbatim {
        out.push_str(&escape(characters));
        return;
    }
    let mut space = false;
    for c in characters.chars() {
        if c.is_ascii_whitespace() {
            space = true;
            continue;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
        }
        push_escaped(out, c);
    }
    if space {
        out.push(' ');
    }
}

/// The text with what markup reserves written as references; safe between tags and in quoted attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_escaped(&mut out, c));
    out
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_written_as_the_shape_says() {
        let page = Page::parse("<body><div><p onclick=x>a &lt; <b>b</b><br></p><i>c</i><hr></div>");
        let marks = Marks::none(&page);
        let written = page.markup(page.root(), &marks, |node| match page.name(node) {
            "p" => Shape::Element("p", vec![("title", "\"q\"".to_owned())]),
            "br" => Shape::Element("br", Vec::new()),
            "i" => Shape::Nothing,
            "hr" => Shape::Instead("***".to_owned()),
            _ => Shape::Content,
        });
        assert_eq!(written, "<p title=\"&quot;q&quot;\">a &lt; b<br></p>***");
    }

    #[test]
    fn what_stands_loose_is_written_as_paragraphs() {
        let rows = [
            ("one<br><br>two <b>2</b><br>three", "<p>one</p><p>two <b>2</b><br>three</p>"),
            ("<div>one<div>two</div>three</div>four", "<p>one</p><p>two</p><p>three</p><p>four</p>"),
            (
                "<p>one <br> <br> two</p><ul><li>three</ul> four ",
                "<p>one</p><p>two</p><ul><li>three</li></ul><p>four</p>",
            ),
            ("<div> <br> </div><b>x<div>y</div></b>", "<b>x y</b>"),
        ];
        for (given, wanted) in rows {
            let page = Page::parse(given);
            let written = page.markup(page.root(), &Marks::none(&page), |node| match page.name(node) {
                "p" => Shape::Element("p", Vec::new()),
                "b" => Shape::Element("b", Vec::new()),
                "br" => Shape::Element("br", Vec::new()),
                "ul" => Shape::Element("ul", Vec::new()),
                "li" => Shape::Element("li", Vec::new()),
                _ => Shape::Content,
            });
            assert_eq!(written, wanted, "{given}");
        }
    }
}
