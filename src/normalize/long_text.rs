//! Texts of megabytes without a tag: html5ever looks, at each character that it writes as a reference, through all of the text
//! that follows, so that such a text costs the square of its size.

use std::borrow::Cow;

use crate::dom::end_of_tag;
use crate::dom::tame::MAX_RUN_BYTES;

/// Bytes of text without a tag after which a place to break the line (`wbr`, which shows nothing) is put in; and of the longest
/// attribute that is kept.
pub(super) const MAX_TEXT_BYTES: usize = MAX_RUN_BYTES;

/// The markup, long texts parted.
pub(super) fn parted(html: &str) -> Cow<'_, str> {
    if html.len() <= MAX_TEXT_BYTES {
        return Cow::Borrowed(html);
    }
    let bytes = html.as_bytes();
    let (mut out, mut copied, mut begin, mut at) = (String::new(), 0, 0, 0);
    while at < bytes.len() {
        let tag = memchr::memchr(b'<', &bytes[at..]).map_or(bytes.len(), |found| at + found);
        let next = bytes.get(tag + 1).copied().unwrap_or_default();
        if tag < bytes.len() && !next.is_ascii_alphabetic() && !matches!(next, b'/' | b'!' | b'?') {
            at = tag + 1;
            continue;
        }
        while tag - begin > MAX_TEXT_BYTES {
            let earliest = begin + MAX_TEXT_BYTES;
            // Not within a reference or a character.
            let place = bytes[earliest..tag].iter().position(|byte| matches!(byte, b'&' | b' ' | b'<'));
            let Some(place) = place.map(|after| earliest + after) else { break };
            out.push_str(&html[copied..place]);
            out.push_str("<wbr>");
            (copied, begin) = (place, place);
        }
        at = if next.is_ascii_alphabetic() { end_of_tag(bytes, tag + 1) } else { tag + 1 };
        begin = at;
    }
    if copied == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::super::sanitize;
    use super::*;

    #[test]
    fn only_long_texts_are_parted() {
        let words = "é &amp; < ".repeat(5_000);
        let short = format!("<p>{}</p>", &words[..11_000]).repeat(20);
        assert!(matches!(parted(&short), Cow::Borrowed(_)));
        assert!(matches!(parted(&"é".repeat(40_000)), Cow::Borrowed(_)), "nothing in it becomes a reference");
        let long = format!("<p>{words}</p>");
        let made = parted(&long);
        assert_eq!(made.matches("<wbr>").count(), long.len() / MAX_TEXT_BYTES);
        assert_eq!(made.replace("<wbr>", ""), long);
    }

    #[test]
    fn a_long_text_says_the_same_when_it_is_cleaned() {
        let text = "a &amp; b &lt; c ".repeat(5_000);
        let clean = sanitize(&format!("<p>{text}</p>"), None);
        assert_eq!(clean.replace("<wbr>", ""), format!("<p>{text}</p>"));
    }

    #[test]
    fn an_attribute_is_not_parted_and_goes_when_it_is_too_long() {
        let clean = |count: usize| sanitize(&format!("<b lang=\"{}\">x</b>", "&quot;&gt; ".repeat(count)), None);
        assert!(clean(4_000).starts_with("<b lang=\"&quot;&gt; "), "{:.60}", clean(4_000));
        assert!(!clean(4_000).contains("wbr"));
        assert_eq!(clean(20_000), "<b>x</b>");
    }
}
