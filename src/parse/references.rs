//! Character and entity references: read what has a meaning, leave the rest as written.
//!
//! A declared entity is used when its value is plain text; a value that refers to other entities is never expanded, so there
//! is nothing for a bomb to multiply.

use std::borrow::Cow;
use std::cell::Cell;

use memchr::memchr_iter;

use super::entities::named;

/// Entities kept from one document type declaration.
const MAX_ENTITIES: usize = 256;
/// Bytes of the longest value that is kept: a name or an address, not a text that multiplies.
const MAX_VALUE_BYTES: usize = 64;
/// Bytes by which declared entities may lengthen one document; what comes later stays as written.
const MAX_GROWTH_BYTES: usize = 256 * 1024;
/// Bytes of the longest reference, `&` and `;` left out.
const MAX_NAME_BYTES: usize = 40;

/// What a document type declares.
#[derive(Debug, Default)]
pub(super) struct Entities<'a> {
    /// Sorted by name.
    declared: Vec<(&'a str, Cow<'a, str>)>,
    /// Bytes by which their values were longer than the references so far.
    growth: Cell<usize>,
}

impl<'a> Entities<'a> {
    /// Keeps the harmless entities of an internal subset.
    pub(super) fn declare(&mut self, subset: &'a str) {
        for declaration in subset.split("<!ENTITY").skip(1).take(MAX_ENTITIES) {
            let declaration = declaration.trim_ascii_start();
            let Some((name, rest)) = declaration.split_once(|c: char| c.is_ascii_whitespace()) else { continue };
            let rest = rest.trim_ascii_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
            let Some(value) = rest.get(1..).and_then(|tail| tail.split_once(quote)).map(|(value, _)| value) else {
                continue;
            };
            if value.len() > MAX_VALUE_BYTES {
                continue;
            }
            let value = unescape(value, &Entities::default());
            if !value.contains(['&', '<']) && self.declared.len() < MAX_ENTITIES {
                self.declared.push((name, value));
            }
        }
        // The first declaration of a name counts (XML 1.0 §4.2): the sort keeps it first.
        self.declared.sort_by_key(|(name, _)| *name);
        self.declared.dedup_by_key(|(name, _)| *name);
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.declared.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        let (name, value) = self.declared.get(found)?;
        let growth = self.growth.get() + value.len().saturating_sub(name.len() + 2);
        if growth > MAX_GROWTH_BYTES {
            return None;
        }
        self.growth.set(growth);
        Some(value)
    }
}

/// The text with its references replaced, borrowed where there are none. What is no reference (a bare `&`, an unknown name)
/// stays as written; a reference to a character that XML forbids is dropped.
pub(super) fn unescape<'a>(raw: &'a str, entities: &Entities) -> Cow<'a, str> {
    let mut out = String::new();
    // Bytes of `raw` whose meaning is in `out`.
    let mut done = 0;
    for at in memchr_iter(b'&', raw.as_bytes()) {
        let Some((meaning, length)) = raw.get(at..).and_then(|text| reference(text, entities)) else { continue };
        if done == 0 {
            out.reserve_exact(raw.len());
        }
        out.push_str(raw.get(done..at).unwrap_or_default());
        match meaning {
            Meaning::Character(character) => out.push(character),
            Meaning::Text(text) => out.push_str(text),
            Meaning::Nothing => {}
        }
        done = at + length;
    }
    if done == 0 {
        return Cow::Borrowed(raw);
    }
    out.push_str(raw.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// What a reference stands for.
enum Meaning<'e> {
    Character(char),
    Text(&'e str),
    Nothing,
}

/// The meaning of the reference that `text` begins with, and its bytes.
fn reference<'e>(text: &str, entities: &'e Entities) -> Option<(Meaning<'e>, usize)> {
    let usual = match text.as_bytes() {
        [_, b'l', b't', b';', ..] => Some(('<', 4)),
        [_, b'g', b't', b';', ..] => Some(('>', 4)),
        [_, b'a', b'm', b'p', b';', ..] => Some(('&', 5)),
        [_, b'q', b'u', b'o', b't', b';', ..] => Some(('"', 6)),
        _ => None,
    };
    if let Some((character, length)) = usual {
        return Some((Meaning::Character(character), length));
    }
    let window = text.as_bytes().get(1..text.len().min(MAX_NAME_BYTES + 2)).unwrap_or_default();
    let end =
        window.iter().position(|&byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'#' | b'_' | b'.' | b'-')))?;
    if window.get(end) != Some(&b';') {
        return None;
    }
    let name = text.get(1..=end)?;
    let meaning = match name.strip_prefix('#') {
        Some(number) => character(number_of(number)?).map_or(Meaning::Nothing, Meaning::Character),
        None => match entities.get(name) {
            Some(value) => Meaning::Text(value),
            None => Meaning::Character(named(name)?),
        },
    };
    Some((meaning, end + 2))
}

fn number_of(digits: &str) -> Option<u32> {
    match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}

/// The character with this number; control characters that XML forbids are nothing.
fn character(code: u32) -> Option<char> {
    match code {
        0x00..=0x08 | 0x0b | 0x0c | 0x0e..=0x1f | 0x7f | 0xfffe | 0xffff => None,
        _ => char::from_u32(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_with_a_meaning_are_replaced_and_others_stay() {
        let rows = [
            ("a &amp;&lt;&gt;&quot;&apos; b", "a &<>\"' b"),
            ("Q & A, R&D, AT&T;", "Q & A, R&D, AT&T;"),
            ("&nbsp;&mdash;&eacute;", "\u{a0}—é"),
            ("&#233;&#xE9;&#XE9;", "ééé"),
            ("a&#0;b&#11;c&#x1F;d&#xD800;e&#xFFFFFFFFFF;f", "abcde&#xFFFFFFFFFF;f"),
            ("&amp;eacute;", "&eacute;"),
            ("&unknown; &; &#; &#x;", "&unknown; &; &#; &#x;"),
            ("&eacute", "&eacute"),
            ("&", "&"),
        ];
        for (raw, wanted) in rows {
            assert_eq!(unescape(raw, &Entities::default()), wanted, "{raw}");
        }
    }

    #[test]
    fn declared_entities_lengthen_a_document_only_so_far() {
        let declared = format!("<!ENTITY a '{}'> <!ENTITY a 'second'>", "x".repeat(63));
        let mut entities = Entities::default();
        entities.declare(&declared);
        assert_eq!(unescape("&a;", &entities).len(), 63);
        let text = "&a;".repeat(100_000);
        let read = unescape(&text, &entities);
        assert!(read.len() <= text.len() + MAX_GROWTH_BYTES && read.ends_with("&a;"), "{}", read.len());
    }

    #[test]
    fn declared_entities_count_unless_they_refer_to_others() {
        let mut entities = Entities::default();
        entities.declare(
            "<!ENTITY town 'Example Town'> <!ENTITY lol \"&a;&a;&a;\"> <!ENTITY dash '&#8211;'> <!ENTITY % p 'x'>",
        );
        assert_eq!(unescape("&town; &dash; &lol; &p;", &entities), "Example Town – &lol; &p;");
    }
}
