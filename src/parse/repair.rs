//! Repairs of single values: forbidden characters, text that was encoded twice, markup where plain text was announced.

use std::borrow::Cow;

use crate::encoding::windows_1252;

use super::entities;

/// The text as a value: no white space around it, no control characters that XML forbids, those of windows-1252 as the
/// characters they were meant to be (HTML Standard §13.2.5.80), and UTF-8 that was taken for Latin-1 and encoded again put
/// right.
pub(super) fn clean(text: Cow<str>) -> String {
    let trimmed = text.trim();
    if is_suspicious(trimmed) {
        return repaired(trimmed);
    }
    match text {
        Cow::Borrowed(text) => text.trim().to_owned(),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_end().len());
            let start = text.len() - text.trim_start().len();
            if start > 0 {
                text.drain(..start);
            }
            // Room that was made for more is given back: the text is kept for long.
            if text.capacity() - text.len() > text.len() / 8 + 64 {
                text.shrink_to_fit();
            }
            text
        }
    }
}

/// Bytes looked at together.
const BLOCK: usize = 64;

/// Whether the text holds a control character, or may have been encoded twice. Looks at blocks, which the compiler turns into
/// wide instructions: every byte of every value passes here.
fn is_suspicious(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut beyond_ascii = None;
    for start in (0..bytes.len()).step_by(BLOCK) {
        let tail = bytes.get(start..).unwrap_or_default();
        let (odd, all) = match tail.first_chunk::<BLOCK>() {
            Some(block) => summary(block),
            None => summary(tail),
        };
        if odd && has_control(tail.get(..=BLOCK).unwrap_or(tail)) {
            return true;
        }
        if all >= 0x80 && beyond_ascii.is_none() {
            beyond_ascii = Some(start);
        }
    }
    beyond_ascii.and_then(|start| bytes.get(start..)).is_some_and(|bytes| {
        let first = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(bytes.len());
        text.get(text.len() - bytes.len() + first..).is_some_and(begins_like_encoded_twice)
    })
}

/// Whether a byte may belong to a control character, and all bits that occur.
#[inline]
#[expect(clippy::needless_bitwise_bool, reason = "branches would keep the loop from being vectorized")]
fn summary(block: &[u8]) -> (bool, u8) {
    // U+0080 to U+009F begin with C2.
    let odd = |byte: u8| {
        (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r') | (byte == 0x7f) | (byte == 0xc2)
    };
    let (odd, all) = block.iter().fold((0, 0), |(found, all), &byte| (found | u8::from(odd(byte)), all | byte));
    (odd != 0, all)
}

/// Whether control characters are among these bytes, which may begin and end inside a character.
fn has_control(bytes: &[u8]) -> bool {
    let is_control = |(at, &byte): (usize, &u8)| match byte {
        b'\t' | b'\n' | b'\r' => false,
        0..0x20 | 0x7f => true,
        0xc2 => matches!(bytes.get(at + 1), Some(0x80..=0x9f)),
        _ => false,
    };
    bytes.iter().enumerate().any(is_control)
}

fn repaired(text: &str) -> String {
    let once = encoded_once(text);
    let text = once.as_deref().unwrap_or(text);
    let is_kept = |c: &char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{80}'..='\u{9f}');
    let meant = |c: char| match u8::try_from(u32::from(c)) {
        Ok(byte @ 0x80..=0x9f) => windows_1252(byte),
        _ => c,
    };
    if text.chars().all(|c| !c.is_control() || is_kept(&c) && c.is_ascii()) {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len());
    kept.extend(text.chars().filter(is_kept).map(meant));
    kept
}

/// The text whose UTF-8 bytes were read as Latin-1 or windows-1252 to give this one; `None` when it is no such thing.
fn encoded_once(text: &str) -> Option<String> {
    let first = text.find(|c: char| !c.is_ascii())?;
    if !text.get(first..).is_some_and(begins_like_encoded_twice) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        bytes.push(legacy_byte(c)?);
    }
    String::from_utf8(bytes).ok()
}

/// Whether the first two characters were the first two bytes of one: this rules most text out.
fn begins_like_encoded_twice(text: &str) -> bool {
    let mut bytes = text.chars().map_while(legacy_byte);
    matches!((bytes.next(), bytes.next()), (Some(0xc2..=0xf4), Some(0x80..=0xbf)))
}

/// The byte that Latin-1 or windows-1252 have for a character.
fn legacy_byte(c: char) -> Option<u8> {
    u8::try_from(u32::from(c)).ok().or_else(|| (0x80..=0x9f).find(|byte| windows_1252(*byte) == c))
}

/// Whether text that a format calls plain holds HTML. Asks for an end tag or a character reference, and that every tag is one
/// of HTML's: a false alarm would lose text.
pub(super) fn looks_like_html(text: &str) -> bool {
    if memchr::memchr2(b'<', b'&', text.as_bytes()).is_none() {
        return false;
    }
    let tags = text.match_indices('<').filter_map(|(at, _)| tag_name(text.get(at + 1..)?));
    let mut closed = false;
    for (closes, name) in tags {
        if !TAGS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return false;
        }
        closed |= closes;
    }
    closed || has_reference(text)
}

/// Whether it is an end tag, and the name.
fn tag_name(text: &str) -> Option<(bool, &str)> {
    let name = text.strip_prefix('/').unwrap_or(text);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let closes = name.len() < text.len();
    name.get(..end).filter(|name| !name.is_empty()).map(|name| (closes, name))
}

fn has_reference(text: &str) -> bool {
    text.match_indices('&').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let name = end.and_then(|end| rest.get(..end)).unwrap_or_default();
        !name.is_empty() && (name.strip_prefix('#').is_some_and(is_number) || entities::named(name).is_some())
    })
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['x', 'X']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Elements found in titles and summaries.
#[rustfmt::skip]
const TAGS: &[&str] = &[
    "a", "abbr", "acronym", "address", "article", "aside", "audio", "b", "big", "blockquote", "br", "button", "caption",
    "center", "cite", "code", "col", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "input", "ins", "kbd", "label", "li", "mark",
    "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "video", "wbr",
];

/// The bytes of base64 text, white space ignored.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0x00ff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lose_control_characters_and_double_encoding() {
        let rows = [
            ("plain", "plain"),
            (" \n plain\u{a0}", "plain"),
            ("bad\u{b}char\u{1}\u{7f}", "badchar"),
            ("tab\tand\nline", "tab\tand\nline"),
            ("it\u{92}s", "it’s"),
            ("cafÃ©", "café"),
            ("donâ€™t", "don’t"),
            ("café Ã©", "café Ã©"),
            ("Größe", "Größe"),
            ("« été »", "« été »"),
        ];
        for (raw, wanted) in rows {
            assert_eq!(clean(Cow::Borrowed(raw)), wanted, "{raw}");
            assert_eq!(clean(Cow::Owned(raw.to_owned())), wanted, "{raw}");
        }
    }

    #[test]
    fn repairs_are_made_wherever_they_are_needed() {
        for length in 0..200 {
            let before = "x".repeat(length);
            let rows = [("\u{1}", ""), ("\u{92}", "’"), ("Ã©", "é"), ("é", "é"), ("\u{a0}x", "\u{a0}x")];
            for (raw, wanted) in rows {
                assert_eq!(clean(format!("a{before}{raw}b").into()), format!("a{before}{wanted}b"), "{length} {raw:?}");
            }
        }
    }

    #[test]
    fn only_markup_that_is_whole_and_known_is_html() {
        let rows = [
            ("a <b>bold</b> word", true),
            ("AT&amp;T", true),
            ("fish &#38; chips", true),
            ("a <b> and nothing", false),
            ("if a < b and c > d", false),
            ("<stdio.h></stdio.h>", false),
            ("Q&A; or not", false),
            ("plain", false),
        ];
        for (text, wanted) in rows {
            assert_eq!(looks_like_html(text), wanted, "{text}");
        }
    }

    #[test]
    fn base64_reads_with_line_breaks_and_refuses_other_text() {
        assert_eq!(base64("SGVs\nbG8=").as_deref(), Some(b"Hello".as_slice()));
        assert_eq!(base64("not base64!"), None);
    }
}
