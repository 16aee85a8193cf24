//! Give the tokens the shape of a tree: every start has its end, in the right order, whatever the document says.
//!
//! Ends that are missing are supplied, ends that fit nothing are dropped, an entry that begins inside another one ends it.
//! Also keeps what is inherited: namespaces, `xml:base`, `xml:lang`. Depth is bounded; what is deeper is read as if it were
//! empty. Nothing here recurses.

use std::borrow::Cow;

use url::Url;

use super::attributes::Attribute;
use super::names::{self, Name};
use super::namespaces::{Declarations, Space};
use super::references::unescape;
use super::tokens::{Tag, Token, Tokens};

/// Elements inside one another; real feeds stay below 40, inline pages included.
pub(super) const MAX_DEPTH: usize = 256;
/// Bytes of a base that is inherited: every address below it may hold a copy.
const MAX_BASE_BYTES: usize = 2_000;
/// Bytes of a language that is inherited; the tags of BCP 47 that are in use stay below 40.
const MAX_LANGUAGE_BYTES: usize = 100;

/// One step through the tree.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// An element begins; it is now the innermost.
    Start(Tag<'a>),
    /// The innermost element ended.
    End,
    /// Text in the innermost element.
    Text(Piece<'a>),
}

/// A piece of text, read when asked for: most whitespace never is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Piece<'a> {
    /// With references in it.
    Escaped(&'a str),
    /// As it is.
    Literal(&'a str),
}

/// Walks through a document.
pub(super) struct Walker<'a> {
    tokens: Tokens<'a>,
    open: Vec<&'a str>,
    /// What is quickly compared of each of their names.
    marks: Vec<u32>,
    /// Elements to close before anything else, down to this depth.
    close_to: usize,
    /// A start tag that waits until the elements before it are closed.
    waiting: Option<Tag<'a>>,
    /// The index of the open entry.
    entry: Option<usize>,
    /// The index of the outermost `content` open inside that entry.
    content: Option<usize>,
    /// So many of the open elements, from the outermost on, are known to hold no text of their own.
    wrappers: usize,
    spaces: Declarations<'a>,
    bases: Vec<(usize, Url)>,
    languages: Vec<(usize, Cow<'a, str>)>,
    /// Whether elements had to be closed at the end of the document.
    cut: bool,
}

impl<'a> Walker<'a> {
    pub(super) fn new(tokens: Tokens<'a>, base: Option<&Url>) -> Self {
        Self {
            tokens,
            open: Vec::with_capacity(16),
            marks: Vec::with_capacity(16),
            close_to: usize::MAX,
            waiting: None,
            entry: None,
            content: None,
            wrappers: 0,
            spaces: Declarations::default(),
            bases: base.map(|url| (0, url.clone())).into_iter().collect(),
            languages: Vec::new(),
            cut: false,
        }
    }

    /// Bytes of the document not read yet.
    pub(super) fn bytes_left(&self) -> usize {
        self.tokens.rest().len()
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// What the element is about.
    pub(super) fn name(&self, tag: &Tag<'a>) -> Name {
        self.name_of(tag.name)
    }

    /// What an element is about by its name as written. Without a prefix it is an element of feeds even where the default
    /// namespace knows none of that name, unless it is markup for people.
    fn name_of(&self, name: &str) -> Name {
        let (space, local) = self.spaces.resolve(name);
        match names::name(space, local) {
            Name::Unknown if !name.contains(':') && !matches!(space, Space::Xhtml | Space::Svg | Space::MathMl) => {
                names::name(Space::Core, local)
            }
            name => name,
        }
    }

    /// Vocabulary and local name.
    pub(super) fn resolve(&self, tag: &Tag<'a>) -> (Space, &'a str) {
        self.spaces.resolve(tag.name)
    }

    /// The base of relative addresses here.
    pub(super) fn base(&self) -> Option<&Url> {
        self.bases.last().map(|(_, base)| base)
    }

    /// The base in force here, when an element set one.
    pub(super) fn own_base(&self) -> Option<&Url> {
        self.bases.last().filter(|(depth, _)| *depth > 0).map(|(_, base)| base)
    }

    /// The language in force here; empty where it was taken back.
    pub(super) fn language(&self) -> Option<&str> {
        self.languages.last().map(|(_, language)| language.as_ref())
    }

    /// The text of a piece.
    pub(super) fn read(&self, piece: Piece<'a>) -> Cow<'a, str> {
        match piece {
            Piece::Escaped(text) => unescape(text, &self.tokens.entities),
            Piece::Literal(text) => Cow::Borrowed(text),
        }
    }

    /// The value of an attribute with its references replaced.
    pub(super) fn value(&self, attribute: Attribute<'a>) -> Cow<'a, str> {
        unescape(attribute.value, &self.tokens.entities)
    }

    /// The attribute with this local name, trimmed; prefix and case are ignored; `None` when absent or empty.
    pub(super) fn attribute(&self, tag: &Tag<'a>, local: &str) -> Option<Cow<'a, str>> {
        let value = match self.value(tag.attributes.find(local)?) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        (!value.is_empty()).then_some(value)
    }

    /// The next step; `None` at the end of the document, when every element is closed.
    pub(super) fn next(&mut self) -> Option<Step<'a>> {
        loop {
            if self.open.len() > self.close_to {
                self.close();
                return Some(Step::End);
            }
            self.close_to = usize::MAX;
            if let Some(tag) = self.waiting.take() {
                return Some(self.start(tag));
            }
            match self.tokens.next() {
                Some(Token::Text(text)) => return Some(Step::Text(Piece::Escaped(text))),
                Some(Token::Cdata(text)) => return Some(Step::Text(Piece::Literal(text))),
                Some(Token::Start(tag)) => {
                    if self.open.len() >= MAX_DEPTH {
                        continue;
                    }
                    match self.ended_by(&tag) {
                        Some(ended) => {
                            self.waiting = Some(tag);
                            self.close_to = ended;
                        }
                        None => return Some(self.start(tag)),
                    }
                }
                Some(Token::End(name)) => {
                    if let Some(found) = self.opened(name) {
                        self.close_to = found;
                    }
                }
                None if self.open.is_empty() => return None,
                None => {
                    self.cut = true;
                    self.close_to = 0;
                }
            }
        }
    }

    /// Goes past the rest of the element at `depth` and its end.
    pub(super) fn skip(&mut self, depth: usize) {
        while self.depth() >= depth && self.next().is_some() {}
    }

    /// Takes back the start of `tag`, the last step: the element at `depth` ended before it, its end tag forgotten.
    pub(super) fn end_before(&mut self, tag: Tag<'a>, depth: usize) {
        self.close();
        self.close_to = depth.saturating_sub(1);
        self.waiting = Some(tag);
    }

    fn start(&mut self, tag: Tag<'a>) -> Step<'a> {
        let depth = self.open.len() + 1;
        if !tag.attributes.is_empty() {
            self.inherit(&tag, depth);
        }
        if self.entry.is_none() {
            self.entry = is_entry(tag.name).then_some(self.open.len());
        } else if self.content.is_none() && tag.name.ends_with("content") {
            self.content = Some(self.open.len());
        }
        self.open.push(tag.name);
        self.marks.push(mark(tag.name));
        if tag.empty {
            self.close_to = depth - 1;
        }
        Step::Start(tag)
    }

    fn close(&mut self) {
        self.open.pop();
        self.marks.pop();
        let depth = self.open.len();
        self.spaces.leave(depth);
        while self.bases.last().is_some_and(|(at, _)| *at > depth) {
            self.bases.pop();
        }
        while self.languages.last().is_some_and(|(at, _)| *at > depth) {
            self.languages.pop();
        }
        if self.entry == Some(depth) {
            self.entry = None;
        }
        if self.content == Some(depth) {
            self.content = None;
        }
        self.wrappers = self.wrappers.min(depth);
    }

    /// The index of the innermost open element that an end tag with this name closes.
    fn opened(&self, name: &str) -> Option<usize> {
        let wanted = mark(name);
        let mut like = None;
        for (index, (open, _)) in
            self.open.iter().zip(&self.marks).enumerate().rev().filter(|(_, (_, mark))| **mark == wanted)
        {
            if *open == name {
                return Some(index);
            }
            if like.is_none() && open.eq_ignore_ascii_case(name) {
                like = Some(index);
            }
        }
        like
    }

    /// The index of the element that must have ended, its end forgotten, where an entry begins: the last entry, or an element
    /// of the head that holds text. An entry inside a `content` is somebody else's feed, quoted.
    fn ended_by(&mut self, tag: &Tag<'a>) -> Option<usize> {
        if !is_entry(tag.name) {
            return None;
        }
        let Some(entry) = self.entry else { return self.text_holder() };
        (self.open.get(entry) == Some(&tag.name) && self.content.is_none()).then_some(entry)
    }

    /// The index of the outermost open element that holds text. Each is asked once while it is open.
    fn text_holder(&mut self) -> Option<usize> {
        while let Some(name) = self.open.get(self.wrappers) {
            if self.name_of(name).ends_with_its_text() {
                return Some(self.wrappers);
            }
            self.wrappers += 1;
        }
        None
    }

    fn inherit(&mut self, tag: &Tag<'a>, depth: usize) {
        for attribute in tag.attributes {
            let name = attribute.name;
            if name.eq_ignore_ascii_case("xmlns") {
                let address = self.value(attribute);
                self.spaces.declare(depth, "", &address);
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                let address = self.value(attribute);
                self.spaces.declare(depth, prefix, &address);
            } else if name.eq_ignore_ascii_case("xml:lang") || name.eq_ignore_ascii_case("lang") {
                let language = self.value(attribute);
                if language.len() <= MAX_LANGUAGE_BYTES {
                    self.languages.pop_if(|(at, _)| *at == depth);
                    self.languages.push((depth, language));
                }
            } else if name.eq_ignore_ascii_case("xml:base") || (depth <= 2 && name.eq_ignore_ascii_case("base")) {
                let value = self.value(attribute);
                let outer = self.bases.iter().rev().find(|(at, _)| *at < depth);
                let base = match outer {
                    Some((_, outer)) => outer.join(value.trim()).ok(),
                    None => Url::parse(value.trim()).ok(),
                };
                let fits = |base: &Url| !base.cannot_be_a_base() && base.as_str().len() <= MAX_BASE_BYTES;
                if let Some(base) = base.filter(fits) {
                    self.bases.pop_if(|(at, _)| *at == depth);
                    self.bases.push((depth, base));
                }
            }
        }
    }

    /// Whether the document ended before its elements did.
    pub(super) fn was_cut(&self) -> bool {
        self.cut
    }
}

/// Length and three letters of a name: names that are equal but for case have equal marks.
fn mark(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let letter = |at: usize| bytes.get(at).copied().unwrap_or_default().to_ascii_lowercase();
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    u32::from_be_bytes([length, letter(0), letter(bytes.len() / 2), letter(bytes.len().saturating_sub(1))])
}

fn is_entry(name: &str) -> bool {
    let Some(b'm' | b'M' | b'y' | b'Y') = name.as_bytes().last() else { return false };
    let local = name.rsplit(':').next().unwrap_or(name);
    local.eq_ignore_ascii_case("item") || local.eq_ignore_ascii_case("entry")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> String {
        let mut walker = Walker::new(Tokens::new(text), None);
        let mut out = String::new();
        while let Some(step) = walker.next() {
            match step {
                Step::Start(tag) => {
                    out.push_str(tag.name);
                    out.push('(');
                }
                Step::End => out.push(')'),
                Step::Text(piece) => out.push_str(&walker.read(piece)),
            }
        }
        out
    }

    #[test]
    fn every_start_gets_its_end() {
        let rows = [
            ("<a><b>x</b></a>", "a(b(x))"),
            ("<a><b>x</a>y", "a(b(x))y"),
            ("<a><b>x", "a(b(x))"),
            ("<a>x</c></a>", "a(x)"),
            ("<a><b><i>x</b>y</i></a>", "a(b(i(x))y)"),
            ("<a/><b>x</B>", "a()b(x)"),
            ("<c><item>1<item>2</c>", "c(item(1)item(2))"),
            ("<feed><entry><content><entry>1</entry></content></entry></feed>", "feed(entry(content(entry(1))))"),
            ("<rss><title>never closed<item>1</item></rss>", "rss(title(never closed)item(1))"),
        ];
        for (text, wanted) in rows {
            assert_eq!(shape(text), wanted, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded_and_what_is_deeper_keeps_its_text() {
        let text = format!("{}x{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        let shape = shape(&text);
        assert_eq!(shape.matches('(').count(), MAX_DEPTH);
        assert!(shape.contains('x'));
    }

    #[test]
    fn bases_inside_one_another_do_not_grow_without_limit() {
        let long =
            format!("<a xml:base='http://x.example/'>{}", format!("<a xml:base='{}/'>", "b".repeat(500)).repeat(99));
        let many = format!("<a xml:base='http://x.example/'><a {}>", "xml:base='b/' ".repeat(900));
        for (text, wanted) in [(long, MAX_BASE_BYTES), (many, 20)] {
            let mut walker = Walker::new(Tokens::new(&text), None);
            let mut longest = 0;
            while walker.next().is_some() {
                longest = longest.max(walker.base().map_or(0, |base| base.as_str().len()));
            }
            assert!(longest <= wanted, "{longest} bytes");
        }
    }

    #[test]
    fn the_open_element_meant_by_an_end_is_found_in_any_case() {
        assert_eq!(shape("<ab><AB>x</ab>y</AB>z"), "ab(AB(x))yz");
        assert_eq!(shape("<aXb><ayb>x</aXb>y"), "aXb(ayb(x))y");
    }

    #[test]
    fn base_and_language_are_inherited_and_taken_back() {
        let text = "<a xml:base='http://x.example/d/' xml:lang='de'><b xml:base='e/' xml:lang=''/><c/></a>";
        let mut walker = Walker::new(Tokens::new(text), None);
        let mut seen = Vec::new();
        while let Some(step) = walker.next() {
            if let Step::Start(tag) = step {
                let base = walker.base().map(Url::to_string).unwrap_or_default();
                seen.push(format!("{} {base} {}", tag.name, walker.language().unwrap_or("-")));
            }
        }
        assert_eq!(seen, ["a http://x.example/d/ de", "b http://x.example/d/e/ ", "c http://x.example/d/ de"]);
    }
}
