//! Tags with attributes by the thousand: an HTML parser compares each new one with all before it, so that such a tag costs the
//! square of its size.

use std::borrow::Cow;

/// Attributes of one tag that are parsed; those after them are left out. Real tags stay below 100.
pub(super) const MAX_ATTRIBUTES: usize = 500;

/// The markup, in each tag at most 500 attributes. One look at every character at most, and a copy only where something is
/// left out.
#[must_use]
pub fn without_floods(markup: &str) -> Cow<'_, str> {
    let bytes = markup.as_bytes();
    let mut kept = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', &bytes[at..]) {
        at += found + 1;
        if !bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let tag = Tag::read(bytes, at);
        if let Some(flood) = tag.flood {
            kept.push_str(&markup[copied..flood]);
            copied = tag.end;
        }
        at = tag.end;
    }
    if copied == 0 {
        return Cow::Borrowed(markup);
    }
    kept.push_str(&markup[copied..]);
    Cow::Owned(kept)
}

/// Where the tag ends whose name begins at `at`: its `>`, or the end of the markup.
#[must_use]
pub fn end_of_tag(markup: &[u8], at: usize) -> usize {
    Tag::read(markup, at).end
}

/// Where a tag ends, as the HTML Standard reads one (§13.2.5.32 on).
struct Tag {
    /// Its `>`, or the end of the markup.
    end: usize,
    /// Where the first attribute beyond the bound begins.
    flood: Option<usize>,
}

impl Tag {
    /// Reads a tag whose name begins at `at`.
    fn read(bytes: &[u8], mut at: usize) -> Self {
        let is_blank = |byte: u8| byte.is_ascii_whitespace() || byte == b'/';
        let until = |from: usize, stop: &dyn Fn(u8) -> bool| {
            bytes[from..].iter().position(|byte| stop(*byte)).map_or(bytes.len(), |length| from + length)
        };
        let mut flood = None;
        at = until(at, &|byte| is_blank(byte) || byte == b'>');
        for count in 0_usize.. {
            at = until(at, &|byte| !is_blank(byte));
            if bytes.get(at).is_none_or(|byte| *byte == b'>') {
                break;
            }
            if count == MAX_ATTRIBUTES {
                flood = Some(at);
            }
            // An equals sign may begin a name.
            at = until(at + 1, &|byte| is_blank(byte) || matches!(byte, b'>' | b'='));
            let after = until(at, &|byte| !byte.is_ascii_whitespace());
            if bytes.get(after) != Some(&b'=') {
                continue;
            }
            at = until(after + 1, &|byte| !byte.is_ascii_whitespace());
            at = match bytes.get(at) {
                Some(quote @ (b'"' | b'\'')) => {
                    memchr::memchr(*quote, &bytes[at + 1..]).map_or(bytes.len(), |length| at + length + 2)
                }
                _ => until(at, &|byte| byte.is_ascii_whitespace() || byte == b'>'),
            };
        }
        Self { end: at, flood }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn flood(count: usize) -> String {
        (0..count).map(|number| format!("a{number}='>' ")).collect()
    }

    #[test]
    fn a_tag_keeps_only_so_many_attributes() {
        let markup = format!("<p>é</p><img {}src=x><p title=\"a > b\">ü</p>", flood(MAX_ATTRIBUTES + 20));
        let kept = without_floods(&markup);
        assert_eq!(kept, format!("<p>é</p><img {}><p title=\"a > b\">ü</p>", flood(MAX_ATTRIBUTES)));
        let unended = format!("<p>é<b {}", flood(MAX_ATTRIBUTES + 20));
        assert_eq!(without_floods(&unended), format!("<p>é<b {}", flood(MAX_ATTRIBUTES)));
    }

    #[test]
    fn ordinary_markup_is_not_copied() {
        let attributes = flood(MAX_ATTRIBUTES);
        for markup in ["", "a < b", "<p a=\"x", "<a href='x'>é</a>", "<a href=x/y =z>", &format!("<p {attributes}>")] {
            assert!(matches!(without_floods(markup), Cow::Borrowed(_)), "{markup}");
        }
    }

    proptest! {
        #[test]
        fn no_markup_makes_it_panic(markup in "(<|>|<p|'|\"|=|/| |é|a){0,60}") {
            prop_assert_eq!(without_floods(&markup), markup.as_str());
        }
    }
}
