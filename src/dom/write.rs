//! Markup of a page: each element as the caller's [`Shape`] says.

use super::{Marks, Node, Page};

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
    pub fn markup(&self, node: Node, marks: &Marks, mut shape: impl FnMut(Node) -> Shape) -> String {
        let mut out = String::new();
        let mut open: Vec<(usize, &'static str)> = Vec::new();
        let (mut next, end) = (node.index(), self.end(node));
        while next < end {
            close(&mut out, &mut open, next);
            let current = self.at(next);
            next += 1;
            if marks.dropped(current) {
                continue;
            }
            if let Some(characters) = self.characters(current) {
                let verbatim = open.iter().any(|(_, name)| *name == "pre");
                push_text(&mut out, characters, verbatim);
                continue;
            }
            if !self.is_element(current) {
                continue;
            }
            match shape(current) {
                Shape::Content => {}
                Shape::Nothing => next = self.end(current),
                Shape::Instead(markup) => {
                    out.push_str(&markup);
                    next = self.end(current);
                }
                Shape::Element(name, attributes) => {
                    open_tag(&mut out, name, &attributes);
                    if !is_void(name) {
                        open.push((self.end(current), name));
                    }
                }
            }
        }
        close(&mut out, &mut open, usize::MAX);
        out
    }
}

fn close(out: &mut String, open: &mut Vec<(usize, &'static str)>, reached: usize) {
    while let Some((end, name)) = open.last().copied()
        && end <= reached
    {
        open.pop();
        out.push_str("</");
        out.push_str(name);
        out.push('>');
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
}
