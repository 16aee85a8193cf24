//! A body made safe in one walk, where its markup is [tame](crate::dom::tame): the same bytes that the long way gives.
//!
//! Nothing is trusted here that the long way would not let stand: elements and attributes are taken from the same lists, an
//! address is kept, made absolute or given up by the same rules, and everything else is written anew with what markup reserves
//! escaped. Where the long way would take an attribute out, this one gives up, and the long way does it.

use std::borrow::Cow;

use url::Url;

use crate::address;
use crate::dom::Prose;
use crate::dom::tame::{self, Attribute, Element, Listener};

use super::media;
use super::sanitize::{is_kept_attribute, is_kept_element, is_kept_scheme};

/// A body that can be published, with its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Clean {
    /// Safe HTML.
    pub(super) html: String,
    /// [`text`](crate::dom::text) of it.
    pub(super) text: String,
}

/// The fragment made safe; `None` when its markup is not tame.
pub(super) fn clean(html: &str, base: Option<&Url>) -> Option<Clean> {
    let mut writer =
        Writer { html: String::with_capacity(html.len()), prose: Prose::default(), has_pictures: false, base };
    tame::read(html, &mut writer)?;
    let html = if writer.has_pictures { media::make_real(&writer.html, base) } else { writer.html };
    Some(Clean { html, text: writer.prose.finish() })
}

struct Writer<'b> {
    html: String,
    prose: Prose,
    has_pictures: bool,
    base: Option<&'b Url>,
}

impl Listener for Writer<'_> {
    fn open(&mut self, element: &'static Element, attributes: &[Attribute<'_>]) -> Option<()> {
        if !is_kept_element(element.name) {
            return Some(());
        }
        self.prose.open(element, attributes)?;
        self.has_pictures |= element.name == "img";
        self.html.push('<');
        self.html.push_str(element.name);
        for (name, value) in attributes {
            if !is_kept_attribute(element.name, name) {
                continue;
            }
            let value = match *name {
                "href" | "src" => address(value, self.base)?,
                "cite" => Cow::Owned(address::resolve(self.base, value)?.into()),
                _ => Cow::Borrowed(&**value),
            };
            self.html.push(' ');
            self.html.push_str(name);
            self.html.push_str("=\"");
            push_escaped(&mut self.html, &value, true);
            self.html.push('"');
        }
        self.html.push('>');
        Some(())
    }

    fn close(&mut self, element: &'static Element) {
        if is_kept_element(element.name) {
            self.prose.close(element);
            self.html.push_str("</");
            self.html.push_str(element.name);
            self.html.push('>');
        }
    }

    fn characters(&mut self, characters: &str) {
        self.prose.characters(characters);
        push_escaped(&mut self.html, characters, false);
    }
}

/// An address as it may stand: one with a scheme as it was written, any other absolute.
fn address<'v>(value: &'v str, base: Option<&Url>) -> Option<Cow<'v, str>> {
    match Url::parse(value) {
        Ok(url) => is_kept_scheme(url.scheme()).then_some(Cow::Borrowed(value)),
        Err(url::ParseError::RelativeUrlWithoutBase) => Some(Cow::Owned(base?.join(value).ok()?.into())),
        Err(_) => None,
    }
}

/// Writes text as the serializer of html5ever does (HTML Standard §13.3, "escaping a string").
fn push_escaped(out: &mut String, text: &str, in_attribute: bool) {
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        let (reference, length) = match byte {
            b'&' => ("&amp;", 1),
            b'<' => ("&lt;", 1),
            b'>' => ("&gt;", 1),
            b'"' if in_attribute => ("&quot;", 1),
            0xc2 if text.as_bytes().get(at + 1) == Some(&0xa0) => ("&nbsp;", 2),
            _ => continue,
        };
        out.push_str(&text[done..at]);
        out.push_str(reference);
        done = at + length;
    }
    out.push_str(&text[done..]);
}

#[cfg(test)]
mod tests {
    use super::super::sanitize::{sanitize, the_long_way};
    use super::*;
    use crate::dom::tame::samples::{TAME, WILD, markup};
    use proptest::prelude::*;

    fn base() -> Url {
        Url::parse("https://a.example/news/1.html").unwrap()
    }

    #[test]
    fn tame_bodies_come_out_as_by_the_long_way() {
        for html in TAME {
            let clean = clean(html, Some(&base())).unwrap_or_else(|| panic!("tame: {html}"));
            assert_eq!(clean.html, the_long_way(html, Some(&base())), "{html}");
            assert_eq!(clean.text, crate::dom::text(&clean.html), "{html}");
        }
        for html in WILD {
            assert_eq!(clean(html, Some(&base())), None, "{html}");
        }
    }

    #[test]
    fn hostile_bodies_come_out_as_by_the_long_way() {
        let rows =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/xss/rows.txt")).unwrap();
        for row in rows.lines().filter(|row| !row.starts_with('#')) {
            let html = row.split_once('\t').map_or(row, |(_, html)| html);
            for html in
                [html.to_owned(), format!("<p>a</p>{html}<p>b</p>"), html.replace("\\n", "\n").replace('\'', "\"")]
            {
                assert_eq!(sanitize(&html, Some(&base())), the_long_way(&html, Some(&base())), "{html}");
            }
        }
    }

    #[test]
    fn what_would_lose_an_attribute_goes_the_long_way() {
        for html in [
            "<a href=\"javascript:x()\" title=\"t\" lang=\"en\">a</a>",
            "<a href=\"https://\">a</a>",
            "<q cite=\"data:x\">a</q>",
            "<img src=\"file:///x\" alt=\"a\">",
        ] {
            assert_eq!(clean(html, Some(&base())), None, "{html}");
        }
        assert_eq!(clean("<a href=\"/x\">a</a>", None), None);
    }

    proptest! {
        #[test]
        fn both_ways_give_the_same_bytes(html in markup(), has_base in any::<bool>()) {
            let base = Some(base()).filter(|_| has_base);
            let long = the_long_way(&html, base.as_ref());
            prop_assert_eq!(sanitize(&html, base.as_ref()), long.as_str());
            if let Some(clean) = clean(&html, base.as_ref()) {
                prop_assert_eq!(&clean.html, &long);
                prop_assert_eq!(clean.text, crate::dom::text(&long));
            }
        }
    }
}
