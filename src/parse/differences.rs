//! Where our reading differs from Universal Feed Parser's, one table a class, with what is true.
//!
//! `docs/formats.md` gives the same list in words; `tests/oracle.py` holds every other document to its reading.

use crate::model::{Entry, Text};

use super::testing::{atom_entry, read, rss_item};

fn title(entry: &Entry) -> Option<&str> {
    entry.title.as_ref().map(|text| text.value.as_str())
}

fn body(entry: &Entry) -> Option<&str> {
    entry.content.as_ref().or(entry.summary.as_ref()).map(|text| text.value.as_str())
}

fn published(entry: &Entry) -> Option<String> {
    entry.published.map(|date| date.to_string())
}

/// It adds what is too much to the next unit: 32 July is 1 August.
#[test]
fn a_date_that_does_not_exist_is_none() {
    for date in
        ["2026-07-32", "2026-06-31T10:00:00Z", "2026-07-01T26:51:30Z", "2026-13-01T10:00:00Z", "2026-07-01T06:61:30Z"]
    {
        assert_eq!(published(&atom_entry(&format!("<published>{date}</published>"))), None, "{date}");
    }
}

/// It takes the time for a part of the day, or leaves it out.
#[test]
fn a_time_counts_without_colons_and_by_the_hour() {
    let rows = [
        ("2026-07-06T192030+01:00", "2026-07-06T18:20:30Z"),
        ("2026-07-06T19Z", "2026-07-06T19:00:00Z"),
        ("20260706T9:20:30Z", "2026-07-06T09:20:30Z"),
        ("2026-187", "2026-07-06T00:00:00Z"),
        ("2026/07/06 19:20:30", "2026-07-06T19:20:30Z"),
        ("Mon, 06 Jul 2026 19:20:30 CEST", "2026-07-06T17:20:30Z"),
    ];
    for (date, wanted) in rows {
        assert_eq!(
            published(&atom_entry(&format!("<published>{date}</published>"))).as_deref(),
            Some(wanted),
            "{date}"
        );
    }
}

/// It forgets the date it has when it meets one it cannot read.
#[test]
fn a_date_that_cannot_be_read_spoils_none_before_it() {
    let entry = rss_item("<pubDate>2026-07-06</pubDate><dc:date>2026-07-07</dc:date><pubDate>soon</pubDate>");
    assert_eq!(published(&entry).as_deref(), Some("2026-07-06T00:00:00Z"));
}

/// It cuts a name where the address was, and takes no end of an address that is longer than four letters.
#[test]
fn a_name_is_whole_and_without_its_address() {
    let rows = [
        ("Ada Example (mailto:ada@x.example)", "Ada Example"),
        ("mailto:ada@x.example (Ada Example)", "Ada Example"),
        ("ada@ships.industries (Ada Example)", "Ada Example"),
        ("Ada Example [ada@x.example]", "Ada Example"),
        ("Ada Example - ada@x.example", "Ada Example"),
    ];
    for (text, wanted) in rows {
        let author = rss_item(&format!("<author>{text}</author>")).authors.remove(0);
        assert_eq!(author.name.as_deref(), Some(wanted), "{text}");
    }
}

/// It takes the title and the text in a person for those of the feed or entry, and cuts names that hold markup.
#[test]
fn what_is_in_a_person_is_about_the_person() {
    let foaf = "xmlns:foaf='http://xmlns.com/foaf/0.1/'";
    let rows = [
        "<dc:creator><x:Description xmlns:x='urn:x'><dc:title>Ada</dc:title></x:Description></dc:creator>".to_owned(),
        format!(
            "<dc:creator><foaf:Person {foaf}><foaf:name>Ada</foaf:name><description>Sails</description></foaf:Person></dc:creator>"
        ),
        format!("<dc:creator>A<foaf:surname {foaf}>da</foaf:surname></dc:creator>"),
        "<author>Ada</author><itunes:owner><itunes:name>Bo</itunes:name></itunes:owner>".to_owned(),
    ];
    for elements in rows {
        let entry = rss_item(&format!("<title>T</title><description>D</description>{elements}"));
        assert_eq!((title(&entry), body(&entry)), (Some("T"), Some("D")), "{elements}");
        let names: Vec<_> = entry.authors.iter().filter_map(|person| person.name.as_deref()).collect();
        assert_eq!(names, ["Ada"], "{elements}");
    }
}

/// It gives the entry the title, link or id of a picture in it.
#[test]
fn what_is_in_a_picture_is_about_the_picture() {
    let picture =
        "<image><url>http://x.example/i</url><title>I</title><link>http://x.example/p</link><id>urn:i</id></image>";
    let entry = rss_item(&format!("{picture}<category>C{picture}</category>"));
    assert_eq!((title(&entry), entry.link.as_deref(), entry.guid.as_deref()), (None, None, None));
    let entry = atom_entry(&format!("{picture}<id>urn:e</id>"));
    assert_eq!(entry.link.as_deref(), Some("urn:e"));
}

/// It takes the last of two titles where something stands between them.
#[test]
fn the_first_title_counts() {
    let rows = [
        "<title>T</title><source url='http://s.example/'>S</source><title>Second</title>",
        "<title>T</title><image><title>I</title></image><media:title>M</media:title>",
        "<media:content url='u'><media:title>M</media:title></media:content><media:title>T</media:title>",
    ];
    for elements in rows {
        assert_eq!(title(&rss_item(elements)), Some("T"), "{elements}");
    }
}

/// It takes every second text for the content, were it the shorter one or about a film.
#[test]
fn a_second_text_is_the_content_only_where_it_says_more() {
    let rows = [
        "<description>Long notes</description><itunes:summary>Short</itunes:summary>",
        "<description>Long notes</description><summary>Short</summary>",
        "<summary>Short</summary><description>Long notes</description>",
        "<description>Long notes</description><media:content url='u'><media:description>M</media:description></media:content>",
        "<description>Short</description><summary>Shorter</summary><content:encoded>Long notes</content:encoded>",
        "<description>Short</description><content:encoded/><content:encoded>Long notes</content:encoded>",
    ];
    for elements in rows {
        assert_eq!(body(&rss_item(elements)), Some("Long notes"), "{elements}");
    }
}

/// It takes a drawing for no content.
#[test]
fn a_drawing_is_content() {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><title>t</title></svg>";
    let entry = atom_entry(&format!("<summary>S</summary><content type='application/svg+xml'>{svg}</content>"));
    assert_eq!(body(&entry), Some("<svg xmlns=\"http://www.w3.org/2000/svg\"><title>t</title></svg>"));
}

/// It takes a link without a type for `text/html`, whatever it is for, and the last one without `href` for the page.
#[test]
fn a_link_is_what_its_relation_says() {
    let page = "http://x.example/1";
    let rows = [
        format!("<link rel='alternate'>{page}</link><link rel='enclosure' type='text/html'>http://x.example/2</link>"),
        format!("<link href='{page}' rel=' alternate '/><id>urn:e</id>"),
        format!("<link href='{page}' type='application/pdf'/><id>urn:e</id>"),
    ];
    for elements in rows {
        assert_eq!(atom_entry(&elements).link.as_deref(), Some(page), "{elements}");
    }
    assert_eq!(rss_item("<enclosure url=' ' length='7'/>").enclosures, []);
    assert_eq!(atom_entry("<link rel='enclosure' href='http://x.example/a'/>").enclosures[0].media_type, None);
}

/// It lets a base go on behind its element, and makes addresses of two relative parts.
#[test]
fn a_base_ends_with_its_element_and_one_that_is_relative_to_nothing_resolves_nothing() {
    let entry = atom_entry("<title xml:base='http://b.example/d/'>T</title><link href='p'/>");
    assert_eq!(entry.link.as_deref(), Some("p"));
    let entry = atom_entry("<link xml:base='sub/' href='p'/>");
    assert_eq!(entry.link.as_deref(), Some("p"));
}

/// It reads an entry in a source as the next one, and what follows as the head of the feed.
#[test]
fn a_source_is_about_where_the_entry_is_from() {
    let feed = "<feed xmlns='http://www.w3.org/2005/Atom'><title>Feed</title><entry><source><title>S</title><entry/></source>\
                <title>T</title></entry></feed>";
    let channel = read(feed).channel;
    assert_eq!(channel.title, Some(Text::plain("Feed")));
}

/// It keeps characters that XML forbids, and guesses another encoding for the whole where a byte is wrong.
#[test]
fn one_wrong_character_changes_nothing_else() {
    assert_eq!(title(&rss_item("<title>alpha&#26;omega</title>")), Some("alphaomega"));
    let mut feed = "<rss><channel><title>\u{468} Espa?a</title></channel></rss>".to_owned().into_bytes();
    feed.iter_mut().filter(|byte| **byte == b'?').for_each(|byte| *byte = 0xf1);
    feed.splice(0..0, *b"\xef\xbb\xbf");
    let title = read(feed).channel.title.map(|text| text.value).unwrap_or_default();
    assert!(title.starts_with("\u{468} Espa") && title.ends_with('a'), "{title}");
}
