//! A feed document to a [`Reading`]: RSS 0.90 to 2.0, RSS 1.0 and 1.1, Atom 0.3 and 1.0, CDF, JSON Feed 1.0 and 1.1, and
//! pages that mark up their entries (h-feed).
//!
//! ```text
//! bytes ─► encoding ─► sniff ─► tokens ─► walker ─► reader (head, entry, people, media, construct) ─► Reading
//!                          ├──► json_feed ─────────────────────────────────────────────────────────┤
//!                          └──► microformats ──────────────────────────────────────────────────────┘
//! ```
//!
//! Lenient by design: a feed with any fault still gives its entries, a field that is missing or unreadable is `None`, and a
//! document that breaks off gives every entry that was complete. Only what is no feed at all is an [`Error`]. Field for field
//! the meaning is that of Universal Feed Parser, which most of the web's feeds were tested with; the tests say where it
//! differs. Every amount a stranger controls is bounded and nothing recurses over the document, so that time and memory grow
//! with its size and no faster; `benches/read` holds that. Beyond the bounds: an entry is left out and a problem says so (one
//! for each 300 bytes, at least 5,000, at most 50,000), an element deeper than 256 lends its text to the one around it, an
//! attribute beyond the thousandth of a tag, a declaration beyond the 128th, a part beyond the 200th of an entry are as if
//! they were not there, a base longer than 2 kB is ignored. Entities are never expanded into one another, and lengthen a
//! document by 256 kB at most. What is read and what is
//! left out is told in `docs/formats.md`.

mod attributes;
mod construct;
#[cfg(test)]
mod differences;
mod entities;
mod entry;
mod error;
mod facts;
mod head;
mod json_feed;
mod json_value;
mod links;
mod media;
mod microformats;
mod names;
mod namespaces;
mod opml;
mod origin;
mod people;
mod place;
mod podcast;
mod reader;
mod references;
mod repair;
mod sitemap;
mod sniff;
#[cfg(test)]
mod testing;
mod tokens;
mod tree;
mod walker;

pub use error::{Error, FeedLink};
pub use microformats::{Classes, microformats};
pub use opml::{FeedList, LeftOut, Other, Outline, opml};
pub use sitemap::{NoSitemap, Sitemap, sitemap};

use crate::encoding::{self, Markup};
use crate::model::{Document, Reading};

/// Reads a feed document. The format is told by content; the `Content-Type` only helps with the character encoding.
///
/// # Errors
///
/// Only for what is no feed: see [`Error`]. A broken feed is a [`Reading`] with `problems`.
pub fn feed(document: &Document) -> Result<Reading, Error> {
    if let Some(kind) = binary(&document.body) {
        return Err(Error::Binary { kind: Some(kind) });
    }
    let decoded = encoding::decode(&document.body, document.content_type.as_deref(), Markup::Xml);
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.is_empty() {
        return Err(Error::Empty);
    }
    if text.starts_with(['{', '[']) {
        return json_feed::read(text, document.url.as_ref());
    }
    let root = match sniff::root(text, document.url.as_ref()) {
        Ok(root) => root,
        Err(error) => return marked_up(document, text).ok_or_else(|| or_binary(error, text)),
    };
    let mut reading = reader::Reader::new(root, document.url.as_ref()).read();
    reading.problems.splice(0..0, decoded.problems);
    Ok(reading)
}

/// What is no feed may be a page whose classes say that it is one.
fn marked_up(document: &Document, text: &str) -> Option<Reading> {
    microformats::mentions(text, "h-entry").then(|| microformats(document, Classes::Current))?
}

/// What the first bytes say about a body that is no text.
fn binary(body: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 8] = [
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"%PDF-", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "gzip data that nobody unpacked"),
        (b"\x28\xb5\x2f\xfd", "zstd data that nobody unpacked"),
        (b"ID3", "an MP3 file"),
    ];
    KINDS.iter().find(|(start, _)| body.starts_with(start)).map(|(_, kind)| *kind)
}

/// Text that is mostly control characters was none.
fn or_binary(error: Error, text: &str) -> Error {
    let head = text.chars().take(512);
    let odd = head.clone().filter(|c| (c.is_control() && !c.is_whitespace()) || *c == '\u{fffd}').count();
    if error == Error::Unknown && odd * 10 > head.count() { Error::Binary { kind: None } } else { error }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::testing::{document, read};
    use super::*;
    use crate::model::Dialect;

    fn error(body: impl Into<Vec<u8>>) -> Error {
        feed(&document(body)).expect_err("no feed")
    }

    #[test]
    fn the_dialect_is_told_by_content() {
        let rows = [
            ("<rss version='2.0'/>", Dialect::Rss),
            ("<RSS/>", Dialect::Rss),
            ("<fee xmlns='http://www.w3.org/2005/Atom'><entry/></fee>", Dialect::Atom),
            ("<item><title>x</title></item>", Dialect::Rss),
            ("<rdf:RDF/>", Dialect::Rdf),
            ("<Channel xmlns='http://purl.org/net/rss1.1#' rdf:about='http://x.example/'/>", Dialect::Rdf),
            ("<feed/>", Dialect::Atom),
            ("<atom:feed xmlns:atom='http://www.w3.org/2005/Atom'/>", Dialect::Atom),
            ("<entry xmlns='http://www.w3.org/2005/Atom'/>", Dialect::Atom),
            ("<Channel HREF='http://x.example/'/>", Dialect::Cdf),
            ("{\"version\":\"https://jsonfeed.org/version/1\"}", Dialect::JsonFeed),
            ("\u{feff}\n <!-- made by hand --> <rss/>", Dialect::Rss),
            ("Notice: undefined index in <b>feed.php</b> on line 3<br />\n<rss/>", Dialect::Rss),
            ("<html><body>Down for repairs</body></html><rss version='2.0'/>", Dialect::Rss),
        ];
        for (text, wanted) in rows {
            assert_eq!(read(text).dialect, wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_feed_is_told_apart() {
        assert_eq!(error(""), Error::Empty);
        assert_eq!(error(" \n\u{feff} "), Error::Empty);
        assert_eq!(error("hello there"), Error::Unknown);
        assert_eq!(error("<?xml version='1.0'?>"), Error::NoElements);
        assert_eq!(error("<urlset/>"), Error::OtherXml { root: "urlset".to_owned() });
        assert_eq!(error("<catalog><item/></catalog>"), Error::OtherXml { root: "catalog".to_owned() });
        assert_eq!(error(b"\x89PNG\r\n".to_vec()), Error::Binary { kind: Some("a PNG picture") });
        assert_eq!(error((0..255).collect::<Vec<u8>>()), Error::Binary { kind: None });
        let brackets = b"\xda\x01x\x03<\xb5S\x01\xf1.\x02\xcc j=>\x05\x1f".repeat(20);
        assert_eq!(error(brackets), Error::Binary { kind: None }, "a tag in rubbish is no root");
    }

    #[test]
    fn a_page_is_reported_with_the_feeds_it_announces() {
        let page = "<!doctype html><html><head><title>Town &amp;\n news</title>\
            <link rel='stylesheet' href='s.css'><link rel=alternate type=application/rss+xml title=News href=/feed>\
            <link rel='alternate' type='application/json' href='/x'></head><body><p>Hello</body></html>";
        let mut document = document(page);
        document.url = "https://x.example/a/".parse().ok();
        let error = feed(&document).expect_err("a page");
        let feeds = vec![FeedLink { address: "https://x.example/feed".to_owned(), title: Some("News".to_owned()) }];
        assert_eq!(error, Error::Page { title: Some("Town & news".to_owned()), feeds });
        let wanted = "this is a web page (“Town & news”), not a feed; the page announces https://x.example/feed";
        assert_eq!(error.to_string(), wanted);
    }

    #[test]
    fn entries_inherit_authors_but_no_editor() {
        let named =
            |text: &str| read(text).inherited_authors().iter().filter_map(|who| who.name.clone()).collect::<Vec<_>>();
        let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><author><name>Ann Lee</name></author><entry/></feed>";
        assert_eq!(named(atom), ["Ann Lee"]);
        let json =
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"authors\":[{\"name\":\"Ann Lee\"}],\"items\":[]}";
        assert_eq!(named(json), ["Ann Lee"]);
        let rss = "<rss><channel><managingEditor>ann@x.example (Ann Lee)</managingEditor><item/></channel></rss>";
        assert!(named(rss).is_empty());
    }

    const SOUND: &str = "<?xml version=\"1.0\"?>\n<rss version=\"2.0\">\n<channel>\n<title>T</title>\n\
        <item><title>One</title><description>First &amp; best</description></item>\n\
        <item><title>Two</title><description><![CDATA[<p>Second</p>]]></description></item>\n\
        <item><title>Three</title><description>Third</description></item>\n</channel>\n</rss>\n";

    #[test]
    fn damage_costs_no_entry() {
        let rows = [
            ("nothing", SOUND.to_owned()),
            ("a warning first", format!("<br />\n<b>Warning</b>: x in <b>/srv/feed.php</b><br />\n{SOUND}")),
            ("a bare ampersand", SOUND.replace("Two", "Q & A, R&D")),
            ("undeclared entities", SOUND.replace("Two", "a&nbsp;b&mdash;c")),
            ("control characters", SOUND.replace("Two", "a\u{b}b\u{1}c")),
            ("forbidden references", SOUND.replace("Two", "a&#0;b&#x1F;c")),
            ("an unclosed tag", SOUND.replace("First", "First<br>")),
            ("crossed tags", SOUND.replace("Two", "<b><i>x</b></i>")),
            ("root never closed", SOUND.replace("</channel>\n</rss>", "")),
            ("rubbish at the end", format!("{SOUND}<!-- cached --><script>var a=1&&2;</script>")),
            ("an unquoted attribute", SOUND.replace("<item>", "<item foo=bar>")),
            ("a forgotten quote", SOUND.replacen("<item>", "<item foo=\"bar>", 1)),
            ("no version", SOUND.replace(" version=\"2.0\"", "")),
            ("the beginning lost", SOUND[SOUND.find("<title>").expect("a title")..].to_owned()),
            ("entries never closed", SOUND.replace("</item>", "")),
            ("a comment never closed", SOUND.replacen("<item>", "<!-- oh ><item>", 1)),
        ];
        for (damage, text) in rows {
            let reading = read(text);
            assert_eq!(reading.entries.len(), 3, "{damage}");
            assert!(reading.entries.iter().all(|entry| entry.title.is_some() && entry.summary.is_some()), "{damage}");
        }
    }

    #[test]
    fn a_feed_that_breaks_off_gives_every_complete_entry_and_no_half_one() {
        for (cut, _) in SOUND.char_indices().skip(SOUND.find("<item>").expect("an item")) {
            let text = &SOUND[..cut];
            let complete = text.matches("</item>").count();
            let reading = read(text);
            // The first entry stays even in part: there is nothing else.
            let begun = usize::from(text.contains("<item>"));
            assert_eq!(reading.entries.len(), complete.max(begun), "{text}");
            let whole = text.trim_end().ends_with("</rss>");
            assert_eq!(reading.problems.is_empty(), whole, "{text}");
        }
    }

    #[test]
    fn bytes_in_any_encoding_are_read() {
        let text = "<?xml version='1.0'?><rss><channel><title>Grüße € ж</title></channel></rss>";
        let wide = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let rows = [text.as_bytes().to_vec(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)];
        for body in rows {
            assert_eq!(read(body).channel.title.map(|title| title.value).as_deref(), Some("Grüße € ж"));
        }
    }

    #[test]
    fn bombs_cost_no_more_than_their_size() {
        let many = 50_000;
        let lol = "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>".to_owned();
        let rows = [
            format!("{lol}<rss><channel><title>{}</title></channel></rss>", "&c;".repeat(many)),
            format!("<rss><channel>{}", "<a>".repeat(many)),
            format!("<rss><channel>{}", "<title>".repeat(many)),
            format!("<rss><channel><item>{}", "<description><div>".repeat(many)),
            format!("<rss><channel>{}{}", "<a>".repeat(300), "</b>".repeat(many)),
            format!("<rss><channel>{}", "<!-- ".repeat(many)),
            format!("<rss><channel>{}", "<![CDATA[".repeat(many)),
            format!("<rss><channel>{}", "<!DOCTYPE x [".repeat(many)),
            format!("<rss><channel>{}", "<a b=\"".repeat(many)),
            format!("<rss><channel>{}", "<a b='\"' ".repeat(many)),
            format!("<rss {}><channel>{}", "xmlns:a='b' ".repeat(many), "<a:b/>".repeat(many)),
            format!("<rss><channel><item>{}</item>", "<category>x</category>".repeat(many)),
            format!("<rss><channel><item><description>{}{}", " ".repeat(many), "<i>".repeat(many)),
            format!("<rss><channel><item><title>{}", "&".repeat(many)),
            format!("<rss><channel><item><author>{}", "@".repeat(many)),
        ];
        for text in rows {
            let reading = read(text.clone());
            assert!(reading.entries.len() <= 1, "{}", &text[..60]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = feed(&document(body.clone()));
            let _ = opml(&document(body));
        }

        #[test]
        fn no_markup_makes_it_panic(text in "(<rss>|<feed xmlns='http://www.w3.org/2005/Atom'>|<item>|</item>|<entry |<title>|</|<!\\[CDATA\\[|\\]\\]>|<!--|-->|&#|;|&amp|<content type='xhtml'>|<div>|</div>|<media:content url=|\"|'|=|>|<|é|€|\u{85}|<author>|@|\\(|<pubDate>|<source>|<image>|<!DOCTYPE|\\[|<\\?| ){0,60}") {
            let _ = feed(&document(text.clone()));
            let _ = opml(&document(text));
        }

        #[test]
        fn no_change_of_a_byte_makes_it_panic_or_fail(at in 0..SOUND.len(), byte in any::<u8>()) {
            let mut body = SOUND.as_bytes().to_vec();
            body[at] = byte;
            let _ = feed(&document(body));
        }
    }
}
