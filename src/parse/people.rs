//! People: elements of their own in Atom, one text with mail address and name in RSS.

use crate::model::Person;

use super::construct;
use super::names::Name;
use super::reader::{MAX_PARTS, Reader};
use super::repair;
use super::walker::Step;

/// The person whose element has just begun.
pub(super) fn read(reader: &mut Reader) -> Person {
    let depth = reader.walker.depth();
    let mut person = Person::default();
    let mut text = String::new();
    while let Some(step) = reader.walker.next() {
        match step {
            Step::Text(piece) => {
                text.push_str(&reader.walker.read(piece));
            }
            Step::Start(tag) => match reader.walker.name(&tag) {
                Name::Named | Name::Title => person.name = construct::filled(&mut reader.walker).or(person.name),
                Name::Email => person.email = construct::filled(&mut reader.walker).or(person.email),
                Name::Url => {
                    let address = construct::filled(&mut reader.walker);
                    person.url = address.map(|address| reader.resolve(&address)).or(person.url);
                }
                Name::Unknown => {}
                // Its end was forgotten. A title, a text or a picture may be about the person.
                name if reader.walker.depth() == depth + 1
                    && construct::is_sibling(name)
                    && !matches!(name, Name::Description | Name::Image | Name::Language) =>
                {
                    reader.walker.end_before(tag, depth);
                }
                _ => reader.walker.skip(reader.walker.depth()),
            },
            Step::End if reader.walker.depth() < depth => break,
            Step::End => {}
        }
    }
    if person.name.is_none() && person.email.is_none() {
        let (name, email) = split(&repair::clean(text.into()));
        (person.name, person.email) = (name, email);
    }
    person
}

/// Adds a person who has a name or an address.
pub(super) fn add(people: &mut Vec<Person>, person: Person) {
    let empty = person.name.is_none() && person.email.is_none();
    if !empty && people.len() < MAX_PARTS && !people.contains(&person) {
        people.push(person);
    }
}

/// Splits the forms in use: `mail`, `mail (name)`, `name <mail>`, `"name" <mail>`, `name (mail)`, `name - mail`, `name`.
fn split(text: &str) -> (Option<String>, Option<String>) {
    let filled = |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
    let Some((start, end)) = mail(text) else { return (filled(text), None) };
    let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let after = match after.strip_prefix("?subject=") {
        Some(rest) => rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest),
        None => after,
    };
    let before = before.trim_end_matches("mailto:");
    let name = format!("{before}{after}");
    let name = ["()", "<>", "[]", "&lt;&gt;"].iter().fold(name, |name, empty| name.replace(empty, ""));
    let name = name.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '-' | '–' | '|' | '/' | ':'));
    let name = name.strip_prefix('(').unwrap_or(name);
    let name = name.strip_suffix(')').unwrap_or(name);
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
    (filled(name), text.get(start..end).and_then(filled))
}

/// Where the first mail address begins and ends.
fn mail(text: &str) -> Option<(usize, usize)> {
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-');
    let is_domain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes).take(16) {
        let start = at - bytes.iter().take(at).rev().take_while(|byte| is_local(**byte)).count();
        let domain = bytes.iter().skip(at + 1).take_while(|byte| is_domain(**byte)).count();
        let name = text.get(at + 1..at + 1 + domain).unwrap_or_default().trim_end_matches(['.', '-']);
        if start < at && name.rsplit_once('.').is_some_and(|(host, top)| !host.is_empty() && top.len() >= 2) {
            return Some((start, at + 1 + name.len()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::testing::{atom_entry, rss_item};
    use super::*;

    #[test]
    fn one_text_is_split_into_name_and_address() {
        let rows = [
            ("ada@x.example (Ada Example)", (Some("Ada Example"), Some("ada@x.example"))),
            ("Ada Example <ada@x.example>", (Some("Ada Example"), Some("ada@x.example"))),
            ("Ada Example (ada@x.example)", (Some("Ada Example"), Some("ada@x.example"))),
            ("Ada Example (mailto:ada@x.example)", (Some("Ada Example"), Some("ada@x.example"))),
            ("mailto:ada@x.example?subject=hi Ada", (Some("Ada"), Some("ada@x.example"))),
            ("Ada Example [ada@x.example]", (Some("Ada Example"), Some("ada@x.example"))),
            ("Ada Example - ada@x.example", (Some("Ada Example"), Some("ada@x.example"))),
            ("\"Example, Ada\" <ada@x.example>", (Some("Example, Ada"), Some("ada@x.example"))),
            ("ada@x.example, Ada Example", (Some("Ada Example"), Some("ada@x.example"))),
            ("ada@x.example", (None, Some("ada@x.example"))),
            ("Ada Example", (Some("Ada Example"), None)),
            ("Ada @ home", (Some("Ada @ home"), None)),
            ("@ada", (Some("@ada"), None)),
        ];
        for (text, (name, email)) in rows {
            assert_eq!(split(text), (name.map(str::to_owned), email.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn every_author_element_is_one_person() {
        let names = |elements: &str| {
            let entry = rss_item(elements);
            entry.authors.into_iter().filter_map(|person| person.name).collect::<Vec<_>>()
        };
        assert_eq!(names("<dc:creator>A</dc:creator><dc:creator>B</dc:creator><author>A</author>"), ["A", "B"]);
        assert_eq!(names("<author>by <a href='/ada'>Ada</a></author>"), ["by Ada"]);
        assert_eq!(names("<dc:contributor>C</dc:contributor><dc:publisher>P</dc:publisher>"), [""; 0]);
    }

    #[test]
    fn atom_authors_have_parts() {
        let entry =
            atom_entry("<author><name>Ada</name><uri>http://x.example/ada</uri><email>a@x.example</email></author>");
        let wanted = Person {
            name: Some("Ada".to_owned()),
            email: Some("a@x.example".to_owned()),
            url: Some("http://x.example/ada".to_owned()),
        };
        assert_eq!(entry.authors, [wanted]);
    }
}
