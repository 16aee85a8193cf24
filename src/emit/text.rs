//! What every format does to texts and moments, so that all say the same.

use std::borrow::Cow;

use askama::Template;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::model::{Content, Origin, Person, SourceId};
use crate::{dom, excerpt};

/// Length of a title made of the text, where a format demands one.
const TITLE_CHARACTERS: usize = 80;

/// Bytes that are looked at together.
const BYTES_AT_ONCE: usize = 64;

/// The text without the characters XML 1.0 (§2.2) cannot hold, not even escaped, or advises against, and with `\n` for every line end, as XML
/// reads them (§2.11).
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if is_clean(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' => clean.push('\n'),
            c if is_xml(c) => clean.push(c),
            _ => {}
        }
    }
    Cow::Owned(clean)
}

/// Whether nothing is to be taken out of a text. Nearly every text is as it should be, so that this is what most of them cost:
/// bytes are looked at many at a time, and only the few that may begin something else one by one.
fn is_clean(text: &[u8]) -> bool {
    // Without branches, so that it is done for many bytes by one instruction.
    let doubt = |byte: u8| {
        let is_control = u8::from(byte < 0x20) & u8::from(byte != b'\t') & u8::from(byte != b'\n');
        is_control | u8::from(byte == 0x7f) | u8::from(byte == 0xc2) | u8::from(byte == 0xef)
    };
    text.chunks(BYTES_AT_ONCE).enumerate().all(|(number, chunk)| {
        if chunk.iter().fold(0, |sum, byte| sum | doubt(*byte)) == 0 {
            return true;
        }
        let mut doubtful = (0..chunk.len()).filter(|at| doubt(chunk[*at]) != 0);
        doubtful.all(|at| match &text[number * BYTES_AT_ONCE + at..] {
            [0xc2, second, ..] => *second >= 0xa0,
            [0xef, 0xb7, third, ..] => !matches!(third, 0x90..=0xaf),
            [0xef, 0xbf, third, ..] => *third < 0xbe,
            [0xef, ..] => true,
            _ => false,
        })
    })
}

fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fdcf}'
        | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..)
}

/// A text of one line: like [`clean`], with every run of white space made one space.
pub(super) fn line(text: &str) -> String {
    if is_line(text.as_bytes()) {
        return text.to_owned();
    }
    let clean = clean(text);
    let mut words = clean.split_whitespace();
    let mut line = String::with_capacity(clean.len());
    line.push_str(words.next().unwrap_or_default());
    for word in words {
        line.push(' ');
        line.push_str(word);
    }
    line
}

/// Whether a text is one line as it is: printable, with single spaces of ASCII between words. Most are; what may begin white space
/// of another kind is not told here.
fn is_line(text: &[u8]) -> bool {
    let wrong = |byte: u8| {
        u8::from(byte < 0x20)
            | u8::from(byte == 0x7f)
            | u8::from(byte == 0xc2)
            | u8::from(byte == 0xef)
            | u8::from(byte.wrapping_sub(0xe1) < 3)
    };
    text.iter().fold(0, |sum, byte| sum | wrong(*byte)) == 0
        && text.first() != Some(&b' ')
        && text.last() != Some(&b' ')
        && !text.windows(2).any(|two| two == b"  ")
}

/// A text of one line that says something.
pub(super) fn some_line(text: Option<&str>) -> Option<String> {
    text.map(line).filter(|line| !line.is_empty())
}

/// The headline, where there is one.
pub(super) fn title(content: &Content) -> Option<String> {
    some_line(content.title.as_deref())
}

/// The headline, or what stands in for it where one is demanded: the first words of the text, at last the address.
pub(super) fn demanded_title(content: &Content) -> String {
    let opening = || excerpt::first(&clean(&content.text), TITLE_CHARACTERS);
    let summary = || excerpt::summary(content).map(|summary| excerpt::first(&clean(&summary), TITLE_CHARACTERS));
    title(content)
        .or_else(|| Some(opening()).filter(|text| !text.is_empty()))
        .or_else(|| summary().filter(|text| !text.is_empty()))
        .unwrap_or_else(|| content.link.to_string())
}

/// What sums the article up, where it says anything.
pub(super) fn summary(content: &Content) -> Option<String> {
    let summary = excerpt::summary(content)?;
    Some(clean(&summary).trim().to_owned()).filter(|summary| !summary.is_empty())
}

/// The name of a person, without markup and without the mail address in brackets that some write behind it; else the mail
/// address, else the page.
pub(super) fn person_name(person: &Person) -> Option<String> {
    let bare = |name: String| match (name.find('<'), name.rfind('>')) {
        (Some(start), Some(end)) if start < end && name[start..end].contains('@') => {
            some_line(Some(&format!("{} {}", &name[..start], &name[end + 1..])))
        }
        _ if memchr::memchr2(b'<', b'&', name.as_bytes()).is_none() => Some(name),
        _ if matches!(Plain::of(&name), Plain::Html(_)) => some_line(Some(&dom::text(&name))),
        _ => Some(name),
    };
    let name = some_line(person.name.as_deref()).and_then(bare);
    name.or_else(|| [&person.email, &person.url].into_iter().find_map(|text| some_line(text.as_deref())))
}

/// The name of a source, as it names itself or as we do.
pub(super) fn source_name(origin: &Origin, source: &SourceId) -> String {
    some_line(origin.title.as_deref()).unwrap_or_else(|| source.to_string())
}

/// Plain characters as HTML.
pub(super) fn escape_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    while let Some(at) = memchr::memchr3(b'&', b'<', b'>', rest.as_bytes()) {
        html.push_str(&rest[..at]);
        html.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            _ => "&gt;",
        });
        rest = &rest[at + 1..];
    }
    html.push_str(rest);
    html
}

/// Plain text on its way into an element that some readers take for HTML.
pub(super) enum Plain<'t> {
    /// Nobody could mistake it.
    Text(&'t str),
    /// It looks like markup: this is HTML that shows it.
    Html(String),
}

impl<'t> Plain<'t> {
    /// Tells which where nothing says what the element holds: tags and character references are what readers look for.
    pub(super) fn of(text: &'t str) -> Self {
        let is_reference = |rest: &str| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '#').unwrap_or(rest.len());
            end > 0 && rest[end..].starts_with(';')
        };
        Self::told(text, is_reference)
    }

    /// Tells which where the element says what it holds: there HTML costs nothing, and even what only begins like a
    /// reference is written as such.
    pub(super) fn declared(text: &'t str) -> Self {
        Self::told(text, |rest| rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '#' | '_')))
    }

    fn told(text: &'t str, is_reference: impl Fn(&str) -> bool) -> Self {
        let begins_tag =
            |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        let mut signs = text.match_indices(['<', '&']);
        let is_markup = signs.any(|(at, sign)| {
            let rest = &text[at + 1..];
            if sign == "<" { begins_tag(rest) } else { is_reference(rest) }
        });
        if is_markup { Self::Html(escape_html(text)) } else { Self::Text(text) }
    }
}

/// A template filled in.
pub(super) fn render(template: &impl Template) -> String {
    template.render().expect("writing to memory fails for lack of memory only")
}

/// RFC 822 as RSS wants it, in GMT. `None` for years no format can write.
pub(super) fn rfc822(moment: Timestamp) -> Option<String> {
    rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&publishable(moment)?).ok()
}

/// RFC 3339 in UTC. `None` for years no format can write.
pub(super) fn rfc3339(moment: Timestamp) -> Option<String> {
    publishable(moment).map(|moment| moment.to_string())
}

/// The moment to the second, which is all RSS can say, within the years of four digits.
fn publishable(moment: Timestamp) -> Option<Timestamp> {
    // Year 1 and year 9999; the latter is as far as a timestamp goes.
    let first = -62_135_596_800;
    let second = moment.as_second();
    if second < first { None } else { Timestamp::from_second(second).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_xml_cannot_hold_are_taken_out() {
        let rows = [
            ("plain", "plain"),
            ("a\0b\u{8}c\u{1f}d\u{fffe}e\u{ffff}f", "abcdef"),
            ("\u{7f}c\u{80}d\u{9f}e\u{a0}f\u{fdd0}", "cde\u{a0}f"),
            ("tab\tline\nkept 🗞 é", "tab\tline\nkept 🗞 é"),
            ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ];
        for (given, wanted) in rows {
            assert_eq!(clean(given), wanted, "{given:?}");
        }
        for text in ["  a\u{b}\n\tb\u{a0}c ", "a b c", "a b\u{2003}c", "a b  c", "a\u{3000}b c", " a b c", "a b\u{85}c"]
        {
            let wanted = if text.contains('\u{85}') { "a bc" } else { "a b c" };
            assert_eq!(line(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn every_character_is_judged_alike_wherever_it_stands() {
        let every = (0..=0x1_1000).filter_map(char::from_u32);
        for c in every.chain(['\u{1f5de}', '\u{10ffff}']) {
            for before in [0, BYTES_AT_ONCE - 1, BYTES_AT_ONCE] {
                let text = format!("{}{c}z", "a".repeat(before));
                let wanted = c != '\r' && is_xml(c);
                assert_eq!(is_clean(text.as_bytes()), wanted, "{c:?} behind {before}");
                assert_eq!(clean(&text).contains(c), wanted, "{c:?} behind {before}");
            }
        }
    }

    #[test]
    fn moments_are_written_in_utc_to_the_second() {
        let moment: Timestamp = "2023-06-13T16:29:00.75+03:00".parse().expect("valid");
        assert_eq!(rfc822(moment).as_deref(), Some("Tue, 13 Jun 2023 13:29:00 GMT"));
        assert_eq!(rfc3339(moment).as_deref(), Some("2023-06-13T13:29:00Z"));
        assert_eq!((rfc822(Timestamp::MIN), rfc3339(Timestamp::MIN)), (None, None));
    }
}
