//! Cut a document into tags and text, whatever is wrong with it.
//!
//! Not an XML parser: it never fails and never looks back. A `<` that begins no markup is text, an end tag needs no start,
//! a quote that is never closed ends with its tag, a comment that is never closed ends with its first `>`. Character
//! references are left as written ([`references`](super::references) reads them); a document type declaration only gives
//! its harmless entities. Everything is a slice of the document, and every byte is looked at a bounded number of times.

use memchr::{memchr, memchr_iter};

use super::attributes::{self, Attributes};
use super::references::Entities;

/// A piece of markup or text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    /// A start tag, or an empty element.
    Start(Tag<'a>),
    /// An end tag: its name as written, prefix included.
    End(&'a str),
    /// Text with its references still in it.
    Text(&'a str),
    /// The inside of a CDATA section.
    Cdata(&'a str),
}

/// A start tag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tag<'a> {
    /// The name as written, prefix included.
    pub(super) name: &'a str,
    /// What is between name and `>`.
    pub(super) attributes: Attributes<'a>,
    /// Whether it ends in `/>`.
    pub(super) empty: bool,
}

/// Reads the tokens of a document one after another.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// A search for this terminator ran to the end of the document once: it is not made again.
    no_comment_end: bool,
    /// A document has one type; a second declaration is read past.
    doctype_seen: bool,
    /// Entities the document type declares.
    pub(super) entities: Entities<'a>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, no_comment_end: false, doctype_seen: false, entities: Entities::default() }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    /// Goes on at `rest`, which must be a part of the document not read yet.
    pub(super) fn skip_to(&mut self, rest: &'a str) {
        self.rest = rest;
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Takes up to `pattern` and drops the pattern; the whole rest when there is none.
    fn take_until(&mut self, pattern: &str) -> &'a str {
        let Some(end) = find(self.rest, pattern) else { return self.take(self.rest.len()) };
        let taken = self.take(end);
        self.take(pattern.len());
        taken
    }

    fn text(&mut self, from: usize) -> Token<'a> {
        let bytes = self.rest.as_bytes();
        let mut at = from;
        while let Some(found) = bytes.get(at..).and_then(|tail| memchr(b'<', tail)) {
            at += found;
            if bytes.get(at + 1).is_some_and(|&next| begins_markup(next)) {
                return Token::Text(self.take(at));
            }
            at += 1;
        }
        Token::Text(self.take(bytes.len()))
    }

    /// Takes an end tag; `None` for the beginning of one at the end of the document.
    fn end_tag(&mut self) -> Option<Token<'a>> {
        self.take(2);
        let end = attributes::tag_end(self.rest, 0);
        let inside = self.take(end.length);
        self.take(usize::from(end.closed));
        if !end.closed && self.rest.is_empty() {
            return None;
        }
        Some(Token::End(inside.split(|c: char| c.is_ascii_whitespace() || c == '/').next().unwrap_or_default()))
    }

    /// Takes a start tag; `None` for the beginning of one at the end of the document.
    fn start_tag(&mut self) -> Option<Token<'a>> {
        self.take(1);
        let bytes = self.rest.as_bytes();
        let ends = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' | b'>' | b'<');
        let name_end = bytes.iter().position(ends).unwrap_or(bytes.len());
        let end = attributes::tag_end(self.rest, name_end);
        let inside = self.take(end.length);
        self.take(usize::from(end.closed));
        if !end.closed && self.rest.is_empty() {
            return None;
        }
        let (name, attributes) = inside.split_at_checked(name_end).unwrap_or((inside, ""));
        let (attributes, empty) = match attributes.strip_suffix('/') {
            Some(attributes) if !attributes::ends_in_open_value(attributes) => (attributes, true),
            _ => (attributes, false),
        };
        Some(Token::Start(Tag { name, attributes: Attributes::new(attributes), empty }))
    }

    /// Reads past a declaration, comment or section; a CDATA section is text.
    fn declaration(&mut self) -> Option<Token<'a>> {
        if self.rest.starts_with("<!--") {
            self.comment();
            return None;
        }
        if self.rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<![CDATA[")) {
            self.take(9);
            return Some(Token::Cdata(self.take_until("]]>")));
        }
        if self.rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!DOCTYPE")) {
            let inside = self.doctype();
            self.entities.declare(inside);
            return None;
        }
        self.take_until(">");
        None
    }

    fn comment(&mut self) {
        let end = if self.no_comment_end { None } else { find(self.rest, "-->") };
        if let Some(end) = end {
            self.take(end + 3);
        } else {
            self.no_comment_end = true;
            self.take_until(">");
        }
    }

    /// Takes a document type declaration; gives its internal subset.
    fn doctype(&mut self) -> &'a str {
        let bytes = self.rest.as_bytes();
        if std::mem::replace(&mut self.doctype_seen, true) {
            self.take_until(">");
            return "";
        }
        let Some(stop) = bytes.iter().position(|&byte| byte == b'>' || byte == b'[') else {
            self.take(bytes.len());
            return "";
        };
        if bytes.get(stop) == Some(&b'>') {
            self.take(stop + 1);
            return "";
        }
        self.take(stop + 1);
        let Some(end) = subset_end(self.rest) else {
            // Without its end nothing tells the subset from the document: go on with the first tag.
            let end = memchr(b'>', self.rest.as_bytes()).map_or(self.rest.len(), |end| end + 1);
            self.take(end);
            return "";
        };
        let subset = self.take(end);
        self.take_until(">");
        subset
    }
}

/// Where `pattern` is. It begins with a character that is rare in text: looking for that one costs less than making a searcher
/// for each of many short sections.
fn find(text: &str, pattern: &str) -> Option<usize> {
    let (bytes, pattern) = (text.as_bytes(), pattern.as_bytes());
    memchr_iter(*pattern.first()?, bytes).find(|&at| bytes.get(at..).is_some_and(|tail| tail.starts_with(pattern)))
}

/// Where the `]` is that is followed by `>`.
fn subset_end(text: &str) -> Option<usize> {
    let after = |at: usize| text.as_bytes().iter().skip(at + 1).take(64).find(|byte| !byte.is_ascii_whitespace());
    let ends = |at: usize| after(at) == Some(&b'>');
    memchr_iter(b']', text.as_bytes()).take(1000).find(|&at| ends(at))
}

fn begins_markup(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?' | b'_' | b':') || byte >= 0x80
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let bytes = self.rest.as_bytes();
            let first = *bytes.first()?;
            if first != b'<' {
                return Some(self.text(0));
            }
            match bytes.get(1) {
                Some(b'/') => return self.end_tag(),
                Some(b'!') => {
                    if let Some(token) = self.declaration() {
                        return Some(token);
                    }
                }
                Some(b'?') => {
                    self.take_until(">");
                }
                Some(&next) if begins_markup(next) => return self.start_tag(),
                _ => return Some(self.text(1)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(text: &str) -> Vec<String> {
        let shape = |token| match token {
            Token::Start(tag) => format!("<{}{}", tag.name, if tag.empty { "/" } else { "" }),
            Token::End(name) => format!("/{name}"),
            Token::Text(text) => format!("'{text}'"),
            Token::Cdata(text) => format!("[{text}]"),
        };
        Tokens::new(text).map(shape).collect()
    }

    #[test]
    fn tokens_survive_what_is_no_markup() {
        let rows: [(&str, &[&str]); 18] = [
            ("<a>x</a>", &["<a", "'x'", "/a"]),
            ("<a/><b />", &["<a/", "<b/"]),
            ("1 < 2 <b>", &["'1 < 2 '", "<b"]),
            ("<<a>", &["'<'", "<a"]),
            ("a <", &["'a <'"]),
            ("<a", &[]),
            ("x</a", &["'x'"]),
            ("<a <b>", &["<a", "<b"]),
            ("<a b='c", &[]),
            ("</a <b>", &["/a", "<b"]),
            ("<![CDATA[x]]>y", &["[x]", "'y'"]),
            ("<![CDATA[x]y]]]>z", &["[x]y]]", "'z'"]),
            ("<!-- a - b -- c --->d", &["'d'"]),
            ("<![CDATA[never closed", &["[never closed]"]),
            ("<!-- a > b -->c", &["'c'"]),
            ("<!-- never closed > c", &["' c'"]),
            ("<?php echo 1 ?>c", &["'c'"]),
            ("<a href=http://x.example/>b", &["<a", "'b'"]),
        ];
        for (text, wanted) in rows {
            assert_eq!(shapes(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_document_type_is_no_text_even_with_a_subset() {
        assert_eq!(shapes("<!DOCTYPE rss [<!ENTITY x \"<a>]\"> ] ><rss>"), ["<rss"]);
        assert_eq!(shapes("<!DOCTYPE html><rss>"), ["<rss"]);
        assert_eq!(shapes("<!DOCTYPE rss [ <!ENTITY x 'y'> <rss>"), ["' '", "<rss"]);
    }
}
