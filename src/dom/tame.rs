//! Markup that is plainly what it seems, read in one walk and without a tree.
//!
//! Most bodies in feeds are written by editors that close what they open. For those a whole HTML parser does nothing but find
//! out that there is nothing to repair. [`read`] takes a small, strict part of HTML: known elements, nested and closed as the
//! HTML Standard itself would nest and close them, attributes quoted and each once, references complete. On such markup it
//! tells the same elements, attributes and characters, in the same order, as the parser would build (§13.2.6.4.7 "in body").
//! At the first thing beyond that part it gives up, and the parser reads the markup instead; so a doubt costs time and nothing
//! else. Tables, frames, players, scripts, styles, forms and foreign markup are never tame.

use std::borrow::Cow;

use html5ever::data::NAMED_ENTITIES;
use memchr::{memchr, memchr2, memmem};

/// Bytes of markup that are read: a parser cuts off what has too many nodes, and so few bytes never have.
const MAX_BYTES: usize = 512 << 10;
/// Elements open at once.
const MAX_OPEN: usize = 64;
/// Attributes of one tag.
const MAX_ATTRIBUTES: usize = 24;
/// Bytes of the longest text between two tags, and of the longest attribute.
pub const MAX_RUN_BYTES: usize = 32 << 10;

/// An element that tame markup may hold.
#[derive(Debug, PartialEq, Eq)]
pub struct Element {
    /// Its name in lower case.
    pub name: &'static str,
    /// Whether it begins and ends a line of its own, as [`is_block`](super::is_block) says.
    pub is_block: bool,
    rule: Rule,
}

impl Element {
    /// Whether it has no content and no end tag.
    #[must_use]
    pub fn is_void(&self) -> bool {
        matches!(self.rule, Rule::Void | Rule::Line)
    }
}

/// What the HTML Standard does at the tags of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// "Any other start tag": nothing but to open it.
    Phrase,
    /// Kept in the list of active formatting elements: left alone while none of its name is open.
    Formatting,
    /// Ends a paragraph.
    Block,
    Paragraph,
    Heading,
    /// Ends a paragraph; swallows a line break that follows.
    Preformatted,
    /// `li`: ends the one before it.
    Item,
    /// `dt`, `dd`: ends the one before it.
    Term,
    Void,
    /// `hr`: ends a paragraph.
    Line,
}

const fn element(name: &'static str, rule: Rule) -> Element {
    let is_block = !matches!(rule, Rule::Phrase | Rule::Formatting | Rule::Void);
    Element { name, is_block, rule }
}

/// The most frequent first, since they are looked through in order.
static ELEMENTS: [Element; 63] = [
    element("p", Rule::Paragraph),
    element("a", Rule::Formatting),
    element("br", Rule::Void),
    element("em", Rule::Formatting),
    element("strong", Rule::Formatting),
    element("li", Rule::Item),
    element("img", Rule::Void),
    element("span", Rule::Phrase),
    element("ul", Rule::Block),
    element("div", Rule::Block),
    element("b", Rule::Formatting),
    element("i", Rule::Formatting),
    element("figure", Rule::Block),
    element("figcaption", Rule::Block),
    element("h2", Rule::Heading),
    element("h3", Rule::Heading),
    element("blockquote", Rule::Block),
    element("code", Rule::Formatting),
    element("ol", Rule::Block),
    element("h1", Rule::Heading),
    element("h4", Rule::Heading),
    element("h5", Rule::Heading),
    element("h6", Rule::Heading),
    element("pre", Rule::Preformatted),
    element("hr", Rule::Line),
    element("wbr", Rule::Void),
    element("u", Rule::Formatting),
    element("s", Rule::Formatting),
    element("small", Rule::Formatting),
    element("sup", Rule::Phrase),
    element("sub", Rule::Phrase),
    element("cite", Rule::Phrase),
    element("abbr", Rule::Phrase),
    element("time", Rule::Phrase),
    element("q", Rule::Phrase),
    element("del", Rule::Phrase),
    element("ins", Rule::Phrase),
    element("mark", Rule::Phrase),
    element("kbd", Rule::Phrase),
    element("samp", Rule::Phrase),
    element("var", Rule::Phrase),
    element("dfn", Rule::Phrase),
    element("bdi", Rule::Phrase),
    element("bdo", Rule::Phrase),
    element("font", Rule::Formatting),
    element("tt", Rule::Formatting),
    element("big", Rule::Formatting),
    element("strike", Rule::Formatting),
    element("center", Rule::Block),
    element("section", Rule::Block),
    element("article", Rule::Block),
    element("aside", Rule::Block),
    element("header", Rule::Block),
    element("footer", Rule::Block),
    element("main", Rule::Block),
    element("nav", Rule::Block),
    element("address", Rule::Block),
    element("details", Rule::Block),
    element("summary", Rule::Block),
    element("dl", Rule::Block),
    element("dt", Rule::Term),
    element("dd", Rule::Term),
    element("hgroup", Rule::Block),
];

/// An attribute: its name in lower case, its value with references replaced.
pub type Attribute<'a> = (&'a str, Cow<'a, str>);

/// Is told what stands in tame markup, in order.
pub trait Listener {
    /// An element begins. `None` when the markup is to be left to the parser.
    fn open(&mut self, element: &'static Element, attributes: &[Attribute<'_>]) -> Option<()>;
    /// An element that is not void ends.
    fn close(&mut self, element: &'static Element);
    /// Characters, references replaced; a text may come in several parts.
    fn characters(&mut self, characters: &str);
}

/// Reads a fragment. `None` when it is not tame: what the listener was told then counts for nothing.
pub fn read(markup: &str, listener: &mut impl Listener) -> Option<()> {
    if markup.len() > MAX_BYTES || markup.starts_with('\u{feff}') {
        return None;
    }
    // Without a way out in the middle, so that many bytes are looked at together.
    let (mut has_returns, mut has_controls) = (false, false);
    for byte in markup.bytes() {
        has_returns |= byte == b'\r';
        has_controls |= byte < b' ' && !matches!(byte, b'\n' | b'\t' | b'\r');
    }
    if has_controls {
        return None;
    }
    if has_returns {
        // As a parser takes them (§13.2.3.5).
        let markup = markup.replace("\r\n", "\n").replace('\r', "\n");
        return Walk { markup: &markup, open: Vec::new(), listener }.read();
    }
    Walk { markup, open: Vec::new(), listener }.read()
}

struct Walk<'m, 'l, L> {
    markup: &'m str,
    open: Vec<&'static Element>,
    listener: &'l mut L,
}

impl<'m, L: Listener> Walk<'m, '_, L> {
    fn read(mut self) -> Option<()> {
        let bytes = self.markup.as_bytes();
        let mut attributes: Vec<Attribute<'m>> = Vec::new();
        let mut at = 0;
        loop {
            let end = memchr(b'<', &bytes[at..]).map_or(bytes.len(), |length| at + length);
            self.text(&self.markup[at..end])?;
            at = match bytes.get(end..)? {
                [] => break,
                [_, b'/', ..] => self.end_tag(end + 2)?,
                [_, b'!', b'-', b'-', ..] => end_of_comment(self.markup, end + 4)?,
                _ => self.start_tag(end + 1, &mut attributes)?,
            };
        }
        while let Some(element) = self.open.pop() {
            self.listener.close(element);
        }
        Some(())
    }

    fn text(&mut self, text: &str) -> Option<()> {
        if text.len() > MAX_RUN_BYTES {
            return None;
        }
        let mut rest = text;
        while let Some(at) = memchr(b'&', rest.as_bytes()) {
            if at > 0 {
                self.listener.characters(&rest[..at]);
            }
            let (meaning, length) = reference(&rest[at..], false)?;
            self.listener.characters(meaning.text(&mut [0; 8]));
            rest = &rest[at + length..];
        }
        if !rest.is_empty() {
            self.listener.characters(rest);
        }
        Some(())
    }

    /// Reads a start tag whose name begins at `at`; gives where it ends.
    fn start_tag(&mut self, at: usize, attributes: &mut Vec<Attribute<'m>>) -> Option<usize> {
        let (element, at) = self.name(at)?;
        let at = read_attributes(self.markup, at, attributes)?;
        let bytes = self.markup.as_bytes();
        let at = match bytes.get(at..)? {
            [b'>', ..] => at + 1,
            [b'/', b'>', ..] if element.is_void() => at + 2,
            _ => return None,
        };
        self.make_room(element)?;
        if element.rule == Rule::Preformatted && matches!(bytes.get(at), Some(b'\n' | b'&')) {
            return None;
        }
        self.listener.open(element, attributes)?;
        if !element.is_void() {
            self.open.push(element);
        }
        (self.open.len() <= MAX_OPEN).then_some(at)
    }

    /// Ends what the start of an element ends by itself. `None` where a parser would do more than that.
    fn make_room(&mut self, element: &'static Element) -> Option<()> {
        let top = |open: &[&'static Element]| open.last().map(|element| element.rule);
        if element.is_block {
            let is_paragraph = |open: &&&Element| open.rule == Rule::Paragraph;
            if top(&self.open) == Some(Rule::Paragraph) {
                self.end_top();
            }
            if self.open.iter().any(|open| is_paragraph(&open)) {
                return None;
            }
        }
        match element.rule {
            Rule::Formatting if self.open.contains(&element) => None,
            Rule::Heading if self.open.iter().any(|open| open.rule == Rule::Heading) => None,
            Rule::Item => {
                if top(&self.open) == Some(Rule::Item) {
                    self.end_top();
                }
                self.open.last().filter(|open| matches!(open.name, "ul" | "ol")).map(|_| ())
            }
            Rule::Term => {
                if top(&self.open) == Some(Rule::Term) {
                    self.end_top();
                }
                self.open.last().filter(|open| open.name == "dl").map(|_| ())
            }
            _ => Some(()),
        }
    }

    /// Reads an end tag whose name begins at `at`; gives where it ends.
    fn end_tag(&mut self, at: usize) -> Option<usize> {
        let (element, at) = self.name(at)?;
        let at = skip_blank(self.markup.as_bytes(), at);
        if self.markup.as_bytes().get(at) != Some(&b'>') || element.is_void() {
            return None;
        }
        let is_ended_by_it = |rule: Rule| matches!(rule, Rule::Paragraph | Rule::Item | Rule::Term);
        while *self.open.last()? != element {
            // "Generate implied end tags", which the end of a block does and that of a phrase does not.
            let top = self.open.last()?;
            let fits = element.is_block && element.rule != Rule::Paragraph && is_ended_by_it(top.rule);
            let crosses_list = matches!(element.rule, Rule::Item | Rule::Term) && top.rule != Rule::Paragraph;
            if !fits || crosses_list {
                return None;
            }
            self.end_top();
        }
        self.end_top();
        Some(at + 1)
    }

    fn end_top(&mut self) {
        if let Some(element) = self.open.pop() {
            self.listener.close(element);
        }
    }

    /// The element whose name begins at `at`, and where the name ends.
    fn name(&self, at: usize) -> Option<(&'static Element, usize)> {
        let bytes = self.markup.as_bytes().get(at..)?;
        let length = bytes.iter().position(|byte| !byte.is_ascii_lowercase() && !byte.is_ascii_digit())?;
        let name = &bytes[..length];
        let element = ELEMENTS.iter().find(|element| element.name.as_bytes() == name)?;
        Some((element, at + length))
    }
}

/// Reads the attributes of a tag from behind its name; gives where its `>` or `/>` stands.
fn read_attributes<'m>(markup: &'m str, mut at: usize, attributes: &mut Vec<Attribute<'m>>) -> Option<usize> {
    let bytes = markup.as_bytes();
    attributes.clear();
    loop {
        let begin = skip_blank(bytes, at);
        if matches!(bytes.get(begin)?, b'>' | b'/') {
            return Some(begin);
        }
        let is_name =
            |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b':');
        let length = bytes[begin..].iter().position(|byte| !is_name(byte))?;
        let name = &markup[begin..begin + length];
        if begin == at
            || length == 0
            || attributes.len() == MAX_ATTRIBUTES
            || attributes.iter().any(|(known, _)| *known == name)
        {
            return None;
        }
        at = begin + length;
        let mut value = Cow::Borrowed("");
        if bytes.get(at) == Some(&b'=') {
            let quote = *bytes.get(at + 1).filter(|byte| matches!(byte, b'"' | b'\''))?;
            let end = at + 2 + memchr(quote, &bytes[at + 2..])?;
            value = attribute_value(&markup[at + 2..end])?;
            at = end + 1;
        }
        attributes.push((name, value));
    }
}

fn attribute_value(raw: &str) -> Option<Cow<'_, str>> {
    let Some(first) = memchr2(b'&', b'<', raw.as_bytes()) else {
        return (raw.len() <= MAX_RUN_BYTES).then_some(Cow::Borrowed(raw));
    };
    if raw.len() > MAX_RUN_BYTES || raw[first..].contains('<') {
        return None;
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        value.push_str(&rest[..at]);
        let (meaning, length) = reference(&rest[at..], true)?;
        value.push_str(meaning.text(&mut [0; 8]));
        rest = &rest[at + length..];
    }
    value.push_str(rest);
    Some(Cow::Owned(value))
}

/// One or two characters that a reference stands for.
struct Meaning(char, Option<char>);

impl Meaning {
    fn text<'b>(&self, buffer: &'b mut [u8; 8]) -> &'b str {
        let length = self.0.encode_utf8(&mut buffer[..]).len();
        let more = self.1.map_or(0, |second| second.encode_utf8(&mut buffer[length..]).len());
        std::str::from_utf8(&buffer[..length + more]).unwrap_or_default()
    }
}

/// What the `&` that `text` begins with means, and how many bytes that takes. `None` where it is a matter of repair.
fn reference(text: &str, in_attribute: bool) -> Option<(Meaning, usize)> {
    let bytes = text.as_bytes();
    if bytes.get(1) == Some(&b'#') {
        return numeric(text);
    }
    let name =
        bytes[1..].iter().position(|byte| !byte.is_ascii_alphanumeric()).map_or(bytes.len() - 1, |length| length);
    if name == 0 {
        return Some((Meaning('&', None), 1));
    }
    if bytes.get(1 + name) == Some(&b';') {
        let (first, second) = *NAMED_ENTITIES.get(&text[1..name + 2])?;
        let first = char::from_u32(first).filter(|first| *first != '\0')?;
        let second = char::from_u32(second).filter(|second| *second != '\0');
        return Some((Meaning(first, second), name + 2));
    }
    // An address with parameters: `&b=2` means itself, unless `b` is one of the names that need no semicolon.
    let is_short_name = NAMED_ENTITIES.get(&text[1..=name]).is_some_and(|meaning| meaning.0 != 0);
    (in_attribute && !is_short_name).then_some((Meaning('&', None), 1))
}

fn numeric(text: &str) -> Option<(Meaning, usize)> {
    let end = memchr(b';', &text.as_bytes()[..text.len().min(12)])?;
    let number = &text[2..end];
    let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |digits| (digits, 16));
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, radix).ok()?;
    let is_plain =
        matches!(number, 9 | 10 | 0x20..=0x7e | 0xa0..=0xd7ff | 0xe000..=0xfdcf | 0xfdf0..=0xfffd | 0x10000..=0x1fffd);
    char::from_u32(number).filter(|_| is_plain).map(|character| (Meaning(character, None), end + 1))
}

/// Where a comment ends whose text begins at `at`.
fn end_of_comment(markup: &str, at: usize) -> Option<usize> {
    let rest = &markup[at..];
    let text = &rest[..memmem::find(rest.as_bytes(), b"-->")?];
    let is_plain = !rest.starts_with('>') && !rest.starts_with("->") && !text.contains('<') && !text.contains("--!");
    is_plain.then_some(at + text.len() + 3)
}

fn skip_blank(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| !matches!(byte, b' ' | b'\n' | b'\t')).map_or(bytes.len(), |length| at + length)
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
