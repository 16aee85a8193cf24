//! Bytes to characters: byte order mark, what the transport and the document declare, and what the bytes prove.
//!
//! Declarations lie often enough that they are only candidates. A byte order mark or the zeros of UTF-16 and UTF-32 decide;
//! then bytes that are valid UTF-8 are UTF-8; then the declared legacy encoding that reads the bytes without an error; then
//! a guess. Single wrong bytes in a UTF-8 document are read one by one as windows-1252 and spoil nothing around them.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{CoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes of a page in which its `meta` elements are looked for: the HTML Standard asks for the first 1024, real pages put
/// scripts before them.
const META_WINDOW: usize = 4096;
/// Bytes of a document in which its XML declaration must begin and end.
const PROLOG_WINDOW: usize = 1024;
/// Bytes the guess is made from: enough for any language, and bounded.
const GUESS_WINDOW: usize = 256 * 1024;

/// What kind of document it is, which says where it declares its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// `<?xml encoding="…"?>`.
    Xml,
    /// `<meta charset="…">` or its `http-equiv` form.
    Html,
    /// Nowhere.
    Text,
}

/// A document as characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The characters, byte order mark removed; borrowed where the bytes are UTF-8.
    pub text: Cow<'a, str>,
    /// The encoding that was used, by its WHATWG name.
    pub encoding: &'static str,
    /// What was repaired, for the operator; empty for a sound document.
    pub problems: Vec<String>,
}

/// Decodes a body. `content_type` is the header as sent, parameters included. Never fails: what no encoding explains becomes
/// U+FFFD.
#[must_use]
pub fn decode<'a>(body: &'a [u8], content_type: Option<&str>, markup: Markup) -> Decoded<'a> {
    if let Some(decoded) = by_mark(body) {
        return decoded;
    }
    let header = content_type.and_then(charset_of).map(Label::new);
    let inside = declared(body, markup).map(Label::new);
    match utf8(body) {
        Some(text) => valid_utf8(text, header, inside),
        None => legacy(body, header, inside),
    }
}

/// The character windows-1252 has at `byte`: printable where Unicode and ISO 8859-1 have control characters.
#[must_use]
pub fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// The bytes as characters when they are UTF-8: `encoding_rs` checks them with wider instructions than the standard library.
fn utf8(body: &[u8]) -> Option<&str> {
    match UTF_8.decode_without_bom_handling_and_without_replacement(body)? {
        Cow::Borrowed(text) => Some(text),
        Cow::Owned(_) => None,
    }
}

/// A declared encoding: its name and what we have for it.
#[derive(Clone)]
struct Label {
    name: String,
    encoding: Option<&'static Encoding>,
}

impl Label {
    fn new(name: String) -> Self {
        // Labels that other software writes and the WHATWG list lacks.
        let lower = name.to_ascii_lowercase().replace('_', "-");
        let known = match lower.as_str() {
            "cp1252" | "ansi" | "win-1252" => "windows-1252",
            "cp1251" | "win-1251" | "windows1251" => "windows-1251",
            "cp932" | "ms932" => "shift_jis",
            "cp936" | "gb18030-2000" => "gb18030",
            "cp949" | "uhc" | "ms949" => "euc-kr",
            "cp950" | "ms950" => "big5",
            "cp874" => "windows-874",
            "cp866" => "ibm866",
            "maccyrillic" | "mac-cyrillic" => "x-mac-cyrillic",
            "macroman" | "mac-roman" => "macintosh",
            "utf8mb4" | "utf-8mb4" => "utf-8",
            other => other,
        };
        Self { encoding: Encoding::for_label(known.as_bytes()).or_else(|| Encoding::for_label(name.as_bytes())), name }
    }

    /// What is declared, when it is neither UTF-8 nor an encoding its bytes would have shown.
    fn legacy(&self) -> Option<&'static Encoding> {
        self.encoding.filter(|e| *e != UTF_8 && *e != UTF_16LE && *e != UTF_16BE && *e != encoding_rs::REPLACEMENT)
    }
}

/// Reads a body whose first bytes say what it is: a mark, or the zeros beside its first characters.
fn by_mark(body: &[u8]) -> Option<Decoded<'_>> {
    let start = body.get(..4).unwrap_or(body);
    let wide =
        |name: &'static str, text: String| Decoded { text: Cow::Owned(text), encoding: name, problems: Vec::new() };
    match start {
        [0, 0, 0xfe, 0xff] => return Some(wide("UTF-32BE", utf_32(body.get(4..)?, u32::from_be_bytes))),
        [0xff, 0xfe, 0, 0] => return Some(wide("UTF-32LE", utf_32(body.get(4..)?, u32::from_le_bytes))),
        [0, 0, 0, first] if *first != 0 => return Some(wide("UTF-32BE", utf_32(body, u32::from_be_bytes))),
        [first, 0, 0, 0] if *first != 0 => return Some(wide("UTF-32LE", utf_32(body, u32::from_le_bytes))),
        _ => {}
    }
    let (encoding, from) = match start {
        [0xfe, 0xff, ..] => (UTF_16BE, 2),
        [0xff, 0xfe, ..] => (UTF_16LE, 2),
        [0, a, 0, b] if *a != 0 && *b != 0 => (UTF_16BE, 0),
        [a, 0, b, 0] if *a != 0 && *b != 0 => (UTF_16LE, 0),
        [0xef, 0xbb, 0xbf, ..] => {
            let rest = body.get(3..)?;
            return Some(match utf8(rest) {
                Some(text) => Decoded { text: Cow::Borrowed(text), encoding: "UTF-8", problems: Vec::new() },
                None => patched(rest),
            });
        }
        [0x4c, 0x6f, 0xa7, 0x94] => return Some(wide("IBM037", ebcdic(body))),
        _ => return None,
    };
    let (text, broken) = encoding.decode_without_bom_handling(body.get(from..)?);
    let problems = if broken { vec![format!("not every byte is {}", encoding.name())] } else { Vec::new() };
    Some(Decoded { text, encoding: encoding.name(), problems })
}

fn utf_32(bytes: &[u8], number: fn([u8; 4]) -> u32) -> String {
    let (units, _) = bytes.as_chunks::<4>();
    units.iter().map(|unit| char::from_u32(number(*unit)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Reads IBM037, which mainframes still send: letters, digits and the punctuation of markup; the rest is U+FFFD.
fn ebcdic(bytes: &[u8]) -> String {
    let read = |byte: &u8| match byte {
        0x81..=0x89 => char::from(b'a' + (byte - 0x81)),
        0x91..=0x99 => char::from(b'j' + (byte - 0x91)),
        0xa2..=0xa9 => char::from(b's' + (byte - 0xa2)),
        0xc1..=0xc9 => char::from(b'A' + (byte - 0xc1)),
        0xd1..=0xd9 => char::from(b'J' + (byte - 0xd1)),
        0xe2..=0xe9 => char::from(b'S' + (byte - 0xe2)),
        0xf0..=0xf9 => char::from(b'0' + (byte - 0xf0)),
        0x05 => '\t',
        0x0d => '\r',
        0x15 | 0x25 => '\n',
        other => {
            let table = [
                (0x40, ' '),
                (0x4b, '.'),
                (0x4c, '<'),
                (0x4d, '('),
                (0x4e, '+'),
                (0x4f, '|'),
                (0x50, '&'),
                (0x5a, '!'),
                (0x5b, '$'),
                (0x5c, '*'),
                (0x5d, ')'),
                (0x5e, ';'),
                (0x60, '-'),
                (0x61, '/'),
                (0x6b, ','),
                (0x6c, '%'),
                (0x6d, '_'),
                (0x6e, '>'),
                (0x6f, '?'),
                (0x79, '`'),
                (0x7a, ':'),
                (0x7b, '#'),
                (0x7c, '@'),
                (0x7d, '\''),
                (0x7e, '='),
                (0x7f, '"'),
                (0xa1, '~'),
                (0xb0, '^'),
                (0xba, '['),
                (0xbb, ']'),
                (0xc0, '{'),
                (0xd0, '}'),
                (0xe0, '\\'),
            ];
            table.iter().find(|(known, _)| known == other).map_or(char::REPLACEMENT_CHARACTER, |(_, c)| *c)
        }
    };
    bytes.iter().map(read).collect()
}

/// UTF-8 proves itself, with two exceptions: seven-bit encodings that switch by escape sequences, and a declared CJK
/// encoding whose few characters look like UTF-8 by chance.
fn valid_utf8(text: &str, header: Option<Label>, inside: Option<Label>) -> Decoded<'_> {
    let declared = header.into_iter().chain(inside).find_map(|label| label.legacy());
    if let Some(encoding) = declared
        && ((encoding == encoding_rs::ISO_2022_JP && memchr::memchr(0x1b, text.as_bytes()).is_some())
            || (is_double_byte(encoding) && by_chance(text)))
        && let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(text.as_bytes())
    {
        return Decoded { text, encoding: encoding.name(), problems: Vec::new() };
    }
    let problems = match declared {
        Some(declared) if !text.is_ascii() => vec![format!("declared as {}, but it is UTF-8", declared.name())],
        _ => Vec::new(),
    };
    Decoded { text: Cow::Borrowed(text), encoding: "UTF-8", problems }
}

fn is_double_byte(encoding: &'static Encoding) -> bool {
    use encoding_rs::{BIG5, EUC_JP, EUC_KR, GB18030, GBK, SHIFT_JIS};
    [BIG5, EUC_JP, EUC_KR, GB18030, GBK, SHIFT_JIS].contains(&encoding)
}

/// Whether there are so few characters beyond ASCII, all of two bytes, that their validity proves nothing.
fn by_chance(text: &str) -> bool {
    let mut beyond = text.chars().filter(|c| !c.is_ascii());
    let few: Vec<char> = beyond.by_ref().take(8).collect();
    !few.is_empty() && few.len() < 8 && few.iter().all(|c| c.len_utf8() == 2)
}

fn legacy(body: &[u8], header: Option<Label>, inside: Option<Label>) -> Decoded<'_> {
    if is_mostly_utf8(body) {
        return patched(body);
    }
    let mut candidates: Vec<Label> = header.into_iter().chain(inside).collect();
    // A server's default label says less than the document's own: let it speak last.
    if candidates.len() == 2 && candidates.first().is_some_and(|label| label.encoding == Some(WINDOWS_1252)) {
        candidates.reverse();
    }
    for label in &candidates {
        let Some(encoding) = label.legacy() else { continue };
        if let (text, false) = converted(body, encoding, Faults::Refused) {
            return Decoded { text: Cow::Owned(text), encoding: encoding.name(), problems: Vec::new() };
        }
    }
    let encoding = guess(body);
    let (text, broken) = converted(body, encoding, Faults::Replaced);
    let mut problems = match candidates.first() {
        Some(label) => vec![format!("declared as {}, read as {}", label.name, encoding.name())],
        None => vec![format!("no encoding declared and not UTF-8, read as {}", encoding.name())],
    };
    if broken {
        problems.push(format!("not every byte is {}", encoding.name()));
    }
    Decoded { text: Cow::Owned(text), encoding: encoding.name(), problems }
}

/// What bytes that are no character mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Faults {
    /// It is another encoding.
    Refused,
    /// U+FFFD.
    Replaced,
}

/// The characters, and whether bytes were none; no characters where faults are refused. Measures before it allocates:
/// `encoding_rs` would ask for three bytes for each.
fn converted(body: &[u8], encoding: &'static Encoding, faults: Faults) -> (String, bool) {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut buffer = [0; 4096];
    let (mut rest, mut length, mut broken) = (body, 0, false);
    loop {
        let (state, read, written, faulty) = decoder.decode_to_utf8(rest, &mut buffer, true);
        (length, broken) = (length + written, broken | faulty);
        if broken && faults == Faults::Refused {
            return (String::new(), true);
        }
        rest = rest.get(read..).unwrap_or_default();
        if state == CoderResult::InputEmpty {
            break;
        }
    }
    // The decoder wants room for any character before it writes the last one.
    let mut text = String::with_capacity(length + 16);
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut rest = body;
    loop {
        let (state, read, _) = decoder.decode_to_string(rest, &mut text, true);
        if state == CoderResult::InputEmpty {
            return (text, broken);
        }
        rest = rest.get(read..).unwrap_or_default();
        text.reserve_exact(64);
    }
}

fn guess(body: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(body.get(..GUESS_WINDOW).unwrap_or(body), true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Whether more characters beyond ASCII are sound UTF-8 than bytes are wrong.
fn is_mostly_utf8(body: &[u8]) -> bool {
    let (mut sound, mut wrong) = (0_usize, 0_usize);
    for chunk in body.utf8_chunks() {
        // Each of them begins with one such byte.
        sound += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        wrong += chunk.invalid().len();
    }
    sound > wrong
}

/// Reads UTF-8 with other bytes among it: those are windows-1252.
fn patched(body: &[u8]) -> Decoded<'_> {
    let more = |byte: &u8| windows_1252(*byte).len_utf8() - 1;
    let longer: usize = body.utf8_chunks().flat_map(|chunk| chunk.invalid()).map(more).sum();
    let mut text = String::with_capacity(body.len() + longer);
    let mut wrong = 0_usize;
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        wrong += chunk.invalid().len();
        text.extend(chunk.invalid().iter().map(|byte| windows_1252(*byte)));
    }
    let problems = vec![format!("{wrong} bytes are not UTF-8, read as windows-1252")];
    Decoded { text: Cow::Owned(text), encoding: "UTF-8", problems }
}

/// The `charset` parameter of a `Content-Type`.
fn charset_of(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
    })
}

/// The encoding a document declares in its first bytes.
fn declared(body: &[u8], markup: Markup) -> Option<String> {
    let window = match markup {
        Markup::Xml => PROLOG_WINDOW,
        Markup::Html => META_WINDOW,
        Markup::Text => return None,
    };
    let head = body.get(..window).unwrap_or(body);
    if markup == Markup::Xml
        && !head.trim_ascii_start().get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"<?xml"))
    {
        return None;
    }
    let end = if markup == Markup::Xml { memchr::memchr(b'>', head).map(|end| end + 1) } else { None };
    let head = head.get(..end.unwrap_or(head.len())).unwrap_or_default();
    let head: String = head.iter().map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let prolog =
        head.trim_start().strip_prefix("<?xml").and_then(|rest| rest.split_once('>')).map(|(prolog, _)| prolog);
    if let Some(value) = prolog.and_then(|prolog| value_after(prolog, "encoding")) {
        return Some(value);
    }
    match markup {
        Markup::Html => head.split("<meta").skip(1).find_map(|meta| value_after(meta.split('>').next()?, "charset")),
        _ => None,
    }
}

/// The word after `name =`, quoted or not.
fn value_after(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(name)?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let end = value.find(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | ';' | '?' | '/' | '>'));
    let value = end.and_then(|end| value.get(..end)).unwrap_or(value);
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUSSIAN: &str = "Президент провёл рабочую встречу с председателем областного исполнительного комитета";

    fn xml(encoding: &str, text: &str, with: &'static Encoding) -> Vec<u8> {
        let text = format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?><rss><title>{text}</title></rss>");
        with.encode(&text).0.into_owned()
    }

    fn read(body: &[u8], content_type: Option<&str>) -> (String, &'static str) {
        let decoded = decode(body, content_type, Markup::Xml);
        (decoded.text.into_owned(), decoded.encoding)
    }

    #[test]
    fn a_true_declaration_is_followed() {
        use encoding_rs::{BIG5, EUC_JP, EUC_KR, GBK, KOI8_R, SHIFT_JIS, WINDOWS_1251, WINDOWS_1255};
        let rows = [
            ("windows-1251", RUSSIAN, WINDOWS_1251),
            ("koi8-r", RUSSIAN, KOI8_R),
            ("cp1251", RUSSIAN, WINDOWS_1251),
            ("gb2312", "中国政府网发布消息", GBK),
            ("big5", "總統府新聞", BIG5),
            ("shift_jis", "首相官邸ニュース", SHIFT_JIS),
            ("euc-jp", "首相官邸ニュース", EUC_JP),
            ("euc-kr", "대통령실 소식", EUC_KR),
            ("euc-kr", "년", EUC_KR),
            ("windows-1255", "חדשות היום", WINDOWS_1255),
            ("iso-8859-1", "Grüße", WINDOWS_1252),
        ];
        for (label, text, encoding) in rows {
            let (read, _) = read(&xml(label, text, encoding), None);
            assert!(read.contains(text), "{label}: {read}");
        }
    }

    #[test]
    fn the_bytes_decide_against_a_wrong_declaration() {
        let utf8 = xml("windows-1251", RUSSIAN, UTF_8);
        assert!(read(&utf8, Some("text/xml; charset=windows-1251")).0.contains(RUSSIAN));
        let legacy = xml("utf-8", RUSSIAN, encoding_rs::WINDOWS_1251);
        assert_eq!(read(&legacy, Some("text/xml; charset=utf-8")).1, "windows-1251");
        assert!(read(&legacy, None).0.contains(RUSSIAN));
        assert_eq!(decode(&legacy, None, Markup::Xml).problems, ["declared as utf-8, read as windows-1251"]);
    }

    #[test]
    fn a_servers_default_does_not_overrule_the_document() {
        let body = xml("windows-1251", RUSSIAN, encoding_rs::WINDOWS_1251);
        assert!(read(&body, Some("text/xml; charset=iso-8859-1")).0.contains(RUSSIAN));
        let body = xml("iso-8859-1", RUSSIAN, encoding_rs::WINDOWS_1251);
        assert!(read(&body, Some("text/xml; charset=\"windows-1251\"")).0.contains(RUSSIAN));
    }

    #[test]
    fn wide_encodings_are_known_by_their_first_bytes() {
        let text = "<?xml version='1.0' encoding='utf-16'?><rss>ж€</rss>";
        let utf16 = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let utf32 = |unit: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| unit(u32::from(c))).collect::<Vec<u8>>();
        let rows = [
            ("UTF-16LE", utf16(u16::to_le_bytes), &[0xff, 0xfe][..]),
            ("UTF-16BE", utf16(u16::to_be_bytes), &[0xfe, 0xff]),
            ("UTF-32LE", utf32(u32::to_le_bytes), &[0xff, 0xfe, 0, 0]),
            ("UTF-32BE", utf32(u32::to_be_bytes), &[0, 0, 0xfe, 0xff]),
        ];
        for (name, body, mark) in rows {
            assert_eq!(read(&body, None), (text.to_owned(), name));
            assert_eq!(read(&[mark, &body].concat(), None), (text.to_owned(), name));
        }
        let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        assert_eq!(read(&marked, Some("text/xml; charset=koi8-r")), (text.to_owned(), "UTF-8"));
        assert_eq!(
            read(b"\x4c\x6f\xa7\x94\x93\x40\x6f\x6e\x4c\xd9\x61\x6e", None),
            ("<?xml ?><R/>".to_owned(), "IBM037")
        );
    }

    #[test]
    fn stray_bytes_spoil_only_themselves() {
        let body = [RUSSIAN.as_bytes(), b" caf\xe9 \x93x\x94 ", RUSSIAN.as_bytes()].concat();
        let decoded = decode(&body, None, Markup::Xml);
        assert_eq!(decoded.text, format!("{RUSSIAN} café “x” {RUSSIAN}"));
        assert_eq!((decoded.encoding, decoded.problems.len()), ("UTF-8", 1));
    }

    #[test]
    fn pages_declare_their_encoding_in_a_meta_element() {
        for meta in [
            "<meta charset=windows-1251>",
            "<META http-equiv='Content-Type' content='text/html; charset=windows-1251'>",
        ] {
            let page = format!("<html><head>{}{meta}</head><p>Да</p>", "<script></script>".repeat(100));
            let body = encoding_rs::WINDOWS_1251.encode(&page).0.into_owned();
            assert!(decode(&body, None, Markup::Html).text.contains("Да"), "{meta}");
        }
    }

    #[test]
    fn text_that_switches_by_escapes_is_read_when_it_says_so() {
        let (body, ..) = encoding_rs::ISO_2022_JP.encode("首相");
        assert_eq!(decode(&body, Some("text/plain; charset=iso-2022-jp"), Markup::Text).text, "首相");
        assert_eq!(decode(b"plain", Some("text/plain; charset=nonsense"), Markup::Text).encoding, "UTF-8");
        assert_eq!(decode(b"", None, Markup::Html).text, "");
    }
}
