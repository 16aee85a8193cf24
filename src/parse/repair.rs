//! Repairs of single values: forbidden characters, text that was encoded twice, markup where plain text was announced.

use std::borrow::Cow;

use crate::encoding::windows_1252;

use super::entities;

/// The text as a value: no white space around it, no control characters that XML forbids, those of windows-1252 as the
/// characters they were meant to be (HTML Standard §13.2.5.80), and UTF-8 that was taken for Latin-1 and encoded again put
/// right.
pub(super) fn clean(text: Cow<str>) -> String {
    let trimmed = text.trim();
    if is_suspicious(trimmed.as_bytes()) {
        return repaired(trimmed);
    }
    match text {
        Cow::Borrowed(text) => text.trim().to_owned(),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_end().len());
            let start = text.len() - text.trim_start().len();
            text.drain(..start);
            text
        }
    }
}

/// Whether a control character or the first byte of text that may have been encoded twice occurs. Looks at blocks, which the
/// compiler turns into wide instructions: every byte of every value passes here.
#[expect(clippy::needless_bitwise_bool, reason = "branches would keep the loop from being vectorized")]
fn is_suspicious(bytes: &[u8]) -> bool {
    // U+0080 to U+009F begin with the first of the two high bytes, UTF-8 encoded twice with either.
    let odd = |byte: u8| {
        (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r') | (byte == 0x7f) | (byte & 0xfe == 0xc2)
    };
    bytes.chunks(64).any(|block| block.iter().fold(false, |found, &byte| found | odd(byte)))
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
    text.chars().filter(is_kept).map(meant).collect()
}

/// The text whose UTF-8 bytes were read as Latin-1 or windows-1252 to give this one; `None` when it is no such thing.
fn encoded_once(text: &str) -> Option<String> {
    let byte =
        |c: char| u8::try_from(u32::from(c)).ok().or_else(|| (0x80..=0x9f).find(|byte| windows_1252(*byte) == c));
    // Most text is ruled out by its first character beyond ASCII and the one after it.
    let mut beyond = text.chars().skip_while(char::is_ascii).map_while(byte);
    if !matches!((beyond.next()?, beyond.next()?), (0xc2..=0xf4, 0x80..=0xbf)) {
        return None;
    }
    let bytes = text.chars().map(byte).collect::<Option<Vec<u8>>>()?;
    String::from_utf8(bytes).ok()
}

/// Whether text that a format calls plain holds HTML. Asks for an end tag or a character reference, and that every tag is one
/// of HTML's: a false alarm would lose text.
pub(super) fn looks_like_html(text: &str) -> bool {
    if !text.contains(['<', '&']) {
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
        ];
        for (raw, wanted) in rows {
            assert_eq!(clean(Cow::Borrowed(raw)), wanted, "{raw}");
            assert_eq!(clean(Cow::Owned(raw.to_owned())), wanted, "{raw}");
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
