//! The inside of a start tag: where it ends, and the attributes in it, quoted or not.

use memchr::memchr;

/// Attributes of one tag that are read; what is beyond them is rubbish or malice.
const MAX_ATTRIBUTES: usize = 1000;

/// The attributes of a tag as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Attributes<'a>(&'a str);

/// An attribute: its name as written and its value with its references still in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

impl<'a> Attributes<'a> {
    pub(super) fn new(raw: &'a str) -> Self {
        Self(raw.trim_ascii())
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The attribute with this local name: the one without a prefix, else the first with one; case is ignored.
    pub(super) fn find(self, local: &str) -> Option<Attribute<'a>> {
        let mut prefixed = None;
        for attribute in self {
            let name = attribute.name.as_bytes();
            let prefix = name.len().checked_sub(local.len()).and_then(|at| name.split_at_checked(at));
            let Some((prefix, _)) = prefix.filter(|(_, name)| name.eq_ignore_ascii_case(local.as_bytes())) else {
                continue;
            };
            match prefix.last() {
                None => return Some(attribute),
                Some(b':') if prefixed.is_none() => prefixed = Some(attribute),
                Some(_) => {}
            }
        }
        prefixed
    }
}

impl<'a> IntoIterator for Attributes<'a> {
    type Item = Attribute<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        Iter { rest: self.0, left: MAX_ATTRIBUTES }
    }
}

pub(super) struct Iter<'a> {
    rest: &'a str,
    left: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        self.left = self.left.checked_sub(1)?;
        let between = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'=' | b'"' | b'\'');
        let text = self.rest.get(self.rest.bytes().position(|byte| !between(byte))?..)?;
        let name_end = text.bytes().position(|byte| byte.is_ascii_whitespace() || byte == b'=').unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(name_end)?;
        let after = rest.trim_ascii_start();
        let Some(value) = after.strip_prefix('=') else {
            self.rest = rest;
            return Some(Attribute { name, value: "" });
        };
        let value = value.trim_ascii_start();
        let (value, rest) = match value.bytes().next() {
            Some(quote @ (b'"' | b'\'')) => {
                let inside = value.get(1..).unwrap_or_default();
                match closing_quote(inside, quote) {
                    Some(end) => (inside.get(..end).unwrap_or_default(), inside.get(end + 1..).unwrap_or_default()),
                    None => split_at_space(inside),
                }
            }
            _ => split_at_space(value),
        };
        self.rest = rest;
        Some(Attribute { name, value })
    }
}

fn split_at_space(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| byte.is_ascii_whitespace()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Where the value that began before `text` ends; `None` when its quote was forgotten: there is none, or the next one
/// plainly opens another value.
fn closing_quote(text: &str, quote: u8) -> Option<usize> {
    let end = memchr(quote, text.as_bytes())?;
    let next = text.as_bytes().get(end + 1);
    let plausible = next.is_none_or(|&next| next.is_ascii_whitespace() || matches!(next, b'/' | b'>' | b'?' | b'<'));
    let swallowed_a_tag = text.get(..end).is_some_and(|value| memchr(b'>', value.as_bytes()).is_some());
    (plausible || !swallowed_a_tag).then_some(end)
}

/// The end of a tag.
pub(super) struct TagEnd {
    /// Bytes before it.
    pub(super) length: usize,
    /// Whether there is a `>`; otherwise the next tag begins there, or the document ends.
    pub(super) closed: bool,
}

/// Finds the end of the tag whose inside `text` begins with, looking from `from`.
pub(super) fn tag_end(text: &str, from: usize) -> TagEnd {
    let bytes = text.as_bytes();
    let mut at = from;
    let mut before_value = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'>' => return TagEnd { length: at, closed: true },
            b'<' => return TagEnd { length: at, closed: false },
            b'"' | b'\'' if before_value => {
                if let Some(end) = text.get(at + 1..).and_then(|tail| closing_quote(tail, byte)) {
                    at += end + 1;
                }
                before_value = false;
            }
            b'=' => before_value = true,
            b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => before_value = false,
        }
        at += 1;
    }
    TagEnd { length: bytes.len(), closed: false }
}

/// Whether the attributes end inside an unquoted value, so that a slash after them belongs to it: `<a href=http://x/>`.
pub(super) fn ends_in_open_value(attributes: &str) -> bool {
    let bytes = attributes.as_bytes();
    let last = bytes.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
    let Some(value) = last.iter().position(|&byte| byte == b'=').and_then(|at| last.get(at + 1..)) else {
        return false;
    };
    let is_quote = |byte: Option<&u8>| matches!(byte, Some(b'"' | b'\''));
    !value.is_empty() && !is_quote(value.last()) && !is_quote(value.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(&str, &str)> {
        Attributes::new(text).into_iter().map(|attribute| (attribute.name, attribute.value)).collect()
    }

    #[test]
    fn attributes_are_read_however_they_are_quoted() {
        let rows: [(&str, &[(&str, &str)]); 8] = [
            ("a=\"1\" b='2'", &[("a", "1"), ("b", "2")]),
            ("a=1 b = 2", &[("a", "1"), ("b", "2")]),
            ("checked a=\"\"", &[("checked", ""), ("a", "")]),
            ("a=\"1\"b=\"2\"", &[("a", "1"), ("b", "2")]),
            ("a=\"it's\"", &[("a", "it's")]),
            ("a=\"never closed b='2'", &[("a", "never"), ("closed", ""), ("b", "2")]),
            ("=x / \"", &[("x", "")]),
            ("", &[]),
        ];
        for (text, wanted) in rows {
            assert_eq!(pairs(text), wanted, "{text}");
        }
    }

    #[test]
    fn an_attribute_is_found_by_its_local_name_the_one_without_a_prefix_first() {
        let rows = [
            ("x:href='1' href='2'", Some("2")),
            ("x:href='1' y:href='2'", Some("1")),
            ("HREF='1'", Some("1")),
            ("xhref='1' hre='2'", None),
            ("", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(Attributes::new(text).find("href").map(|attribute| attribute.value), wanted, "{text}");
        }
    }

    #[test]
    fn attributes_beyond_a_thousand_are_not_read() {
        assert_eq!(pairs(&"a='b' ".repeat(MAX_ATTRIBUTES + 10)).len(), MAX_ATTRIBUTES);
    }

    #[test]
    fn a_tag_ends_where_it_was_meant_to() {
        let rows = [
            ("a title=\"x > y\">rest", 15, true),
            ("a title=\"x>rest <b c=\"d\">", 10, true),
            ("a b=c <next", 6, false),
            ("a b=it's>rest", 8, true),
        ];
        for (text, length, closed) in rows {
            let end = tag_end(text, 0);
            assert_eq!((end.length, end.closed), (length, closed), "{text}");
        }
    }
}
