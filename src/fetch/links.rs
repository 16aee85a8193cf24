//! The `Link` headers of an answer (RFC 8288): where else it says something about this document, hub and self for WebSub
//! among them.
//!
//! Lenient: what cannot be read is passed over. Links about another document (`anchor`) and the `rev` form are left out.

use reqwest::header::{HeaderMap, LINK};
use url::Url;

/// Links beyond this are not read.
const MAX_LINKS: usize = 32;

/// Nor what lies beyond so many bytes of all headers together.
const MAX_BYTES: usize = 16 * 1024;

/// The links of an answer as relation and address, in the order they are named; a link of two relations counts twice.
/// Relations are in lower case; relative addresses are those at `base`, the address asked.
pub(super) fn read(headers: &HeaderMap, base: &Url) -> Vec<(String, Url)> {
    let mut links = Vec::new();
    let mut room = MAX_BYTES;
    for value in headers.get_all(LINK) {
        let text = String::from_utf8_lossy(value.as_bytes());
        let Some(left) = room.checked_sub(text.len()) else { break };
        room = left;
        let mut rest = text.as_ref();
        while let Some((target, after)) = target(rest) {
            let (parameters, after) = parameters(after);
            rest = after;
            let about_other = parameters.iter().any(|(name, _)| name == "anchor");
            let Some(url) = base.join(target.trim()).ok().filter(|_| !about_other) else { continue };
            let relations = parameters.into_iter().find(|(name, _)| name == "rel").map(|(_, value)| value);
            for relation in relations.unwrap_or_default().split_ascii_whitespace() {
                if links.len() == MAX_LINKS {
                    return links;
                }
                links.push((relation.to_ascii_lowercase(), url.clone()));
            }
        }
    }
    links
}

/// The address of the next link, and what follows it.
fn target(text: &str) -> Option<(&str, &str)> {
    let (_, text) = text.split_once('<')?;
    text.split_once('>')
}

/// The parameters of a link up to the comma that ends it, names in lower case; and what follows.
fn parameters(text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(after) = rest.strip_prefix(';') {
        let end = after.find(['=', ';', ',']).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let name = name.trim().to_ascii_lowercase();
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value(after.trim_start()),
            None => (String::new(), after),
        };
        found.push((name, value));
        rest = after.trim_start();
    }
    (found, rest)
}

/// A value, quoted or not, and what follows.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.trim().to_owned(), rest);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn links(values: &[&str]) -> Vec<String> {
        let base = Url::parse("https://a.example/feeds/all.xml").unwrap();
        let headers = values.iter().map(|value| (LINK, HeaderValue::from_bytes(value.as_bytes()).unwrap())).collect();
        read(&headers, &base).into_iter().map(|(relation, url)| format!("{relation} {url}")).collect()
    }

    #[test]
    fn relations_and_addresses_are_read_in_every_writing() {
        type Row = (&'static [&'static str], &'static [&'static str]);
        let rows: [Row; 10] = [
            (&["<https://hub.example/>; rel=\"hub\""], &["hub https://hub.example/"]),
            (
                &["<https://hub.example/>; rel=hub, <all.xml>; rel=self"],
                &["hub https://hub.example/", "self https://a.example/feeds/all.xml"],
            ),
            (
                &["<https://hub.example/>; rel=hub", "</x>;rel=self"],
                &["hub https://hub.example/", "self https://a.example/x"],
            ),
            (
                &["<https://h.example/a,b;c>; title=\"x, y; \\\" z\"; REL=\"Hub Next\""],
                &["hub https://h.example/a,b;c", "next https://h.example/a,b;c"],
            ),
            (&["<https://h.example/> ; type=x ; rel = hub ; rel=self"], &["hub https://h.example/"]),
            (&["</a>; rel=hub; anchor=\"#x\", </b>; rel=self"], &["self https://a.example/b"]),
            (&["</a>; crossorigin; rel=hub"], &["hub https://a.example/a"]),
            (&["</a>, </b>; rel=self"], &["self https://a.example/b"]),
            (&["<https://>; rel=hub, </b>; rel=self"], &["self https://a.example/b"]),
            (
                &["no link at all; rel=hub", "<unclosed; rel=hub", "</a>; rel=\"unclosed"],
                &["unclosed https://a.example/a"],
            ),
        ];
        for (values, wanted) in rows {
            assert_eq!(links(values), wanted, "{values:?}");
        }
    }

    #[test]
    fn crowds_are_cut() {
        let many = vec!["</a>; rel=x"; 100].join(", ");
        assert_eq!(links(&[&many]).len(), MAX_LINKS);
        let long = format!("</{}>; rel=x", "a".repeat(MAX_BYTES));
        assert_eq!(links(&[&long, "</b>; rel=self"]).len(), 0);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[ -~é]{0,60}", dense in "[<>;,=\"\\\\ arelé/]{0,40}") {
            let _ = links(&[&text, &dense]);
        }
    }
}
