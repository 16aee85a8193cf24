//! The text of a page: blocks on lines of their own, words never glued, white space as a reader sees it.

use super::tame::{self, Attribute, Element, Listener};
use super::{Marks, Node, Page};

/// Whether the element begins and ends a line of its own.
#[must_use]
pub fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "noscript"
            | "ol"
            | "optgroup"
            | "option"
            | "p"
            | "picture"
            | "pre"
            | "section"
            | "select"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "template"
            | "tfoot"
            | "th"
            | "thead"
            | "title"
            | "tr"
            | "ul"
            | "video"
            | "audio"
            | "iframe"
    )
}

/// Whether an element holds no text for readers.
fn is_silent(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "template"
            | "noscript"
            | "head"
            | "iframe"
            | "object"
            | "textarea"
            | "select"
            | "rt"
            | "rp"
    )
}

/// The text of an HTML fragment in reading order, blocks separated by newlines. Captions of figures are left out.
#[must_use]
pub fn text(html: &str) -> String {
    let mut prose = Prose::default();
    match tame::read(html, &mut prose) {
        Some(()) => prose.finish(),
        None => parsed_text(html),
    }
}

/// [`text`] by way of a whole parser.
fn parsed_text(html: &str) -> String {
    let page = Page::parse(html);
    let mut marks = Marks::none(&page);
    for node in page.inside(page.root()) {
        if page.name(node) == "figcaption" {
            marks.drop(&page, node);
        }
    }
    page.text_without(page.root(), &marks)
}

/// The text with every run of white space made one space, trimmed.
#[must_use]
pub fn squash(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

impl Page {
    /// The text of a node on one line.
    #[must_use]
    pub fn line(&self, node: Node) -> String {
        squash(&self.text(node))
    }

    /// The text of a node, blocks separated by newlines.
    #[must_use]
    pub fn text(&self, node: Node) -> String {
        let mut writer = Writer::default();
        self.write_text(node, None, &mut writer);
        writer.out
    }

    /// The text of a node without what is marked, blocks separated by newlines.
    #[must_use]
    pub fn text_without(&self, node: Node, marks: &Marks) -> String {
        let mut writer = Writer::default();
        self.write_text(node, Some(marks), &mut writer);
        writer.out
    }

    fn write_text(&self, node: Node, marks: Option<&Marks>, writer: &mut Writer) {
        let mut closing: Vec<usize> = Vec::new();
        let (mut next, end) = (node.index(), self.end(node));
        let mut quiet_until = 0;
        while next < end {
            while closing.last().is_some_and(|close| *close <= next) {
                closing.pop();
                writer.breaks();
            }
            let current = Node(u32::try_from(next).unwrap_or(0));
            next += 1;
            if marks.is_some_and(|marks| marks.dropped(current)) {
                // A block left out still parts its neighbours; what is below it may have been taken back in.
                if is_block(self.name(current)) {
                    writer.breaks();
                }
                continue;
            }
            if let Some(characters) = self.characters(current) {
                if current.index() >= quiet_until {
                    writer.push(characters);
                }
                continue;
            }
            let name = self.name(current);
            if name.is_empty() {
                continue;
            }
            if is_silent(name) && current != node {
                quiet_until = quiet_until.max(self.end(current));
            } else if name == "br" {
                writer.breaks();
            } else if is_block(name) {
                writer.breaks();
                closing.push(self.end(current));
            }
        }
    }
}

/// The text of a fragment, as [`text`] gives it, from what stands in it.
#[derive(Default)]
pub struct Prose {
    writer: Writer,
    /// Captions open.
    captions: usize,
}

impl Prose {
    /// The text so far.
    #[must_use]
    pub fn finish(self) -> String {
        self.writer.out
    }
}

impl Listener for Prose {
    fn open(&mut self, element: &'static Element, _: &[Attribute<'_>]) -> Option<()> {
        self.captions += usize::from(element.name == "figcaption");
        if element.is_block || (element.name == "br" && self.captions == 0) {
            self.writer.breaks();
        }
        Some(())
    }

    fn close(&mut self, element: &'static Element) {
        if element.is_block {
            self.writer.breaks();
        }
        self.captions -= usize::from(element.name == "figcaption");
    }

    fn characters(&mut self, characters: &str) {
        if self.captions == 0 {
            self.writer.push(characters);
        }
    }
}

/// Collapses white space and keeps line breaks single.
#[derive(Default)]
struct Writer {
    out: String,
    /// What stands between the last character and the next: nothing, a space, or a line break.
    gap: Option<char>,
}

impl Writer {
    fn breaks(&mut self) {
        self.gap = Some('\n');
    }

    fn push(&mut self, characters: &str) {
        let mut rest = characters;
        loop {
            let plain = rest.bytes().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
            if plain > 0 {
                self.fill_gap();
                self.out.push_str(&rest[..plain]);
            }
            let mut others = rest[plain..].chars();
            match others.next() {
                None => return,
                // Soft hyphens and zero-width characters are typesetting, not text.
                Some('\u{ad}' | '\u{200b}' | '\u{feff}' | '\u{2060}') => {}
                Some(c) if c.is_whitespace() => self.gap = self.gap.or(Some(' ')),
                Some(c) => {
                    self.fill_gap();
                    self.out.push(c);
                }
            }
            rest = others.as_str();
        }
    }

    fn fill_gap(&mut self) {
        if let Some(gap) = self.gap.take()
            && !self.out.is_empty()
        {
            self.out.push(gap);
        }
    }
}

/// Whether a byte of UTF-8 is of a character that is neither white space nor typesetting: those begin, above ASCII, with one of
/// five bytes.
fn is_plain(byte: u8) -> bool {
    byte > b' ' && !matches!(byte, 0xc2 | 0xe1 | 0xe2 | 0xe3 | 0xef)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_keeps_words_apart_and_inline_parts_together() {
        let rows = [
            ("<p>one</p><p>two</p>", "one\ntwo"),
            ("wo<b>r</b>d <i>two</i>", "word two"),
            ("a<br>b", "a\nb"),
            ("<ul><li>a<li>b</ul>c", "a\nb\nc"),
            ("<table><tr><td>1<td>2</table>", "1\n2"),
            ("  a \n\t b&nbsp; c ", "a b c"),
            ("a<script>x</script>b<div></div>c", "ab\nc"),
            ("<figure><img src=x><figcaption>said</figcaption></figure>after", "after"),
            ("hy\u{ad}phen", "hyphen"),
            ("<ruby>橋<rt>はし</rt></ruby>が", "橋が"),
        ];
        for (given, wanted) in rows {
            assert_eq!(text(given), wanted, "{given}");
        }
    }

    #[test]
    fn tame_markup_gives_the_text_that_a_parser_gives() {
        for html in crate::dom::tame::samples::TAME {
            let mut prose = Prose::default();
            assert!(tame::read(html, &mut prose).is_some(), "{html}");
            assert_eq!(prose.finish(), parsed_text(html), "{html}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_the_same_whichever_way_it_is_read(html in crate::dom::tame::samples::markup()) {
            prop_assert_eq!(text(&html), parsed_text(&html));
        }
    }
}
