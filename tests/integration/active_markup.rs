//! Markup that would run something, through everything that reads it and everything that publishes it: nothing of it is left.

use std::collections::BTreeMap;

use courant::emit::{self, Publication, Site, pages};
use courant::extract;
use courant::model::{
    Article, ArticleId, Content, Digest, Document, Draft, Entry, Feed, FeedEntry, Figure, Format, Origin, Person,
    SourceId,
};
use courant::{normalize, parse};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use crate::support::inert::objections;

const ROWS: &str = include_str!("../fixtures/xss/rows.txt");

/// The rows of the table: line, class, markup.
fn rows() -> Vec<(usize, &'static str, String)> {
    let lines = ROWS.lines().zip(1..).filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    let row = |(line, number): (&'static str, usize)| {
        let (class, markup) = line.split_once('\t').unwrap_or_else(|| panic!("line {number} has no tab"));
        (number, class, unescape(markup))
    };
    lines.map(row).collect()
}

/// Reads the escapes of a Rust text.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let code = |digits: String| u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        let read = match rest.next() {
            Some('n') => Some('\n'),
            Some('t') => Some('\t'),
            Some('r') => Some('\r'),
            Some('f') => Some('\u{c}'),
            Some('0') => Some('\0'),
            Some('\\') => Some('\\'),
            Some('x') => code(rest.by_ref().take(2).collect()),
            Some('u') => code(rest.by_ref().skip(1).take_while(|c| *c != '}').collect()),
            _ => None,
        };
        out.push(read.unwrap_or_else(|| panic!("an escape that is none in {text}")));
    }
    out
}

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}

fn now() -> Timestamp {
    "2026-03-10T12:00:00Z".parse().expect("a moment")
}

/// The drafts of what a document says.
fn drafts(body: &str, content_type: &str) -> Vec<Draft> {
    let base = url("https://press.example/feed");
    let document = Document {
        url: Some(base.clone()),
        content_type: Some(content_type.to_owned()),
        body: body.to_owned().into_bytes().into(),
    };
    let reading = parse::feed(&document).unwrap_or_else(|error| panic!("{error}: {body}"));
    reading.entries.into_iter().map(|entry| draft(entry, &base)).collect()
}

fn draft(entry: Entry, base: &Url) -> Draft {
    let home = url("https://press.example/");
    let identity = normalize::identities(std::slice::from_ref(&entry), Some(base), &home).remove(0);
    normalize::draft(
        entry,
        identity,
        false,
        &normalize::Context { base: Some(base), home: &home, language: None, authors: &[], now: now() },
    )
}

/// The text of an element or attribute.
fn xml(text: &str) -> String {
    let clean: String = text.chars().filter(|c| *c >= ' ' || matches!(c, '\t' | '\n' | '\r')).collect();
    clean.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

const START: &str = "<p>The works began on Monday, said the mayor, and everybody came to see them.</p>";

/// Every way markup comes in from a feed.
fn through_feeds(markup: &str) -> Vec<(&'static str, Content)> {
    let whole = format!("{START}{markup}");
    let rss = |element: &str, text: &str| {
        format!(
            "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>T</title>\
             <item><guid>1</guid><title>T</title><{element}>{text}</{element}></item></channel></rss>"
        )
    };
    let atom = |kind: &str, text: &str| {
        format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>T</title><entry><id>urn:x:1</id><title>T</title>\
             <content type=\"{kind}\">{text}</content></entry></feed>"
        )
    };
    let xhtml = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{whole}</div>");
    let json = json!({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{"id": "1", "content_html": whole}]});
    let feeds = [
        ("RSS, escaped", rss("content:encoded", &xml(&whole)), "application/rss+xml"),
        ("RSS, CDATA", rss("description", &format!("<![CDATA[{whole}]]>")), "application/rss+xml"),
        ("RSS, bare", rss("description", &whole), "application/rss+xml"),
        ("Atom, html", atom("html", &xml(&whole)), "application/atom+xml"),
        ("Atom, xhtml", atom("xhtml", &xhtml), "application/atom+xml"),
        ("Atom, text", atom("text", &xml(&whole)), "application/atom+xml"),
        ("JSON Feed", json.to_string(), "application/feed+json"),
    ];
    let first = |(way, body, kind): (&'static str, String, &str)| {
        let draft = drafts(&body, kind).into_iter().next().unwrap_or_else(|| panic!("{way}: no entry in {body}"));
        (way, draft.content)
    };
    feeds.into_iter().map(first).collect()
}

/// What a page with the markup inside its article gives.
fn through_page(markup: &str) -> Content {
    let text = "The bridge is open again after two winters, and the ferry goes to another town now. ".repeat(4);
    let page = format!(
        "<!doctype html><html><head><title>Bridge opened</title></head><body><nav><a href=\"/\">Home</a></nav>\
         <article><h1>Bridge opened</h1>{START}<p>{text}</p><p>{text}</p>{markup}<p>{text}</p></article></body></html>"
    );
    let at = url("https://press.example/a/1");
    let document = Document {
        url: Some(at.clone()),
        content_type: Some("text/html; charset=utf-8".to_owned()),
        body: page.into(),
    };
    draft(extract::article(&document, &extract::Context::default()).entry, &at).content
}

#[test]
fn the_table_is_large_and_every_class_would_run() {
    let mut classes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (_, class, markup) in rows() {
        let (all, active) = classes.entry(class).or_default();
        *all += 1;
        *active += usize::from(!objections(&markup).is_empty());
    }
    let all: usize = classes.values().map(|(all, _)| all).sum();
    assert!(all >= 300, "{all}");
    // What is escaped once more, or written in characters that only look alike, runs where a step too many is taken.
    for (class, (all, active)) in classes.iter().filter(|(class, _)| !matches!(**class, "escaped" | "charset")) {
        assert!(active * 3 >= all * 2, "only {active} of {all} rows of `{class}` are told from harmless ones");
    }
}

#[test]
fn nothing_active_comes_through_a_feed() {
    for (line, _, markup) in rows() {
        for (way, content) in through_feeds(&markup) {
            let found = objections(&content.body);
            assert!(found.is_empty(), "line {line}, {way}: {found:?}\n{markup}\n{}", content.body);
            assert!(content.body.contains("The works began"), "line {line}, {way}: {}", content.body);
        }
    }
}

#[test]
fn nothing_active_comes_through_a_page() {
    for (line, _, markup) in rows() {
        let content = through_page(&markup);
        let found = objections(&content.body);
        assert!(found.is_empty(), "line {line}: {found:?}\n{markup}\n{}", content.body);
        assert!(content.body.contains("The works began"), "line {line}: {markup}\n{}", content.body);
    }
}

#[test]
fn nothing_active_comes_out_of_many_rows_tangled_into_one() {
    let all: Vec<String> = rows().into_iter().map(|(_, _, markup)| markup).collect();
    let mut forms =
        vec![all.concat(), all.iter().rev().cloned().collect(), format!("{}{}", "<b><div>".repeat(300), all.concat())];
    forms.extend(all.chunks(7).map(|rows| rows.join("<table><td>")));
    forms.extend(all.windows(2).map(|pair| format!("{}{}", pair[1], pair[0])));
    for markup in forms {
        let body = normalize::sanitize(&markup, Some(&url("https://press.example/a/1")));
        let found = objections(&body);
        assert!(found.is_empty(), "{found:?}\n{}", markup.chars().take(2_000).collect::<String>());
        // What was made safe once is left as it is.
        let again = normalize::sanitize(&body, None);
        assert!(objections(&again).is_empty());
    }
}

/// A feed of one article whose every text is `text` and whose body is `body`.
fn feed(text: &str, body: &str) -> Feed {
    let source: SourceId = "press".parse().expect("an id");
    let own = || Some(text.to_owned());
    let link = url("https://press.example/a/1");
    let content = Content {
        title: own(),
        lead: own(),
        summary: own(),
        body: body.to_owned(),
        text: text.to_owned(),
        authors: vec![Person::named(text)],
        figures: vec![Figure {
            url: Some("https://press.example/i.jpg".to_owned()),
            caption: own(),
            place: own(),
            credit: own(),
            alternative: own(),
        }],
        dateline: own(),
        ..Content::new(link)
    };
    let article = Article {
        id: ArticleId::derive(&source, "1", 0),
        source,
        guid: "1".to_owned(),
        published_id: "https://press.example/a/1".to_owned(),
        first_seen: now(),
        announced_at: Some(now()),
        withdrawn_at: None,
        revision: 1,
        said: Digest::of(b"1"),
        content,
    };
    let origin = Origin { title: own(), home: Some("https://press.example/".to_owned()), ..Origin::default() };
    Feed {
        id: "all".parse().expect("an id"),
        title: text.to_owned(),
        description: text.to_owned(),
        language: None,
        base_url: url("https://news.example/"),
        updated: now(),
        ttl_minutes: None,
        hubs: Vec::new(),
        drawn: None,
        history: courant::model::History::default(),
        deleted: Vec::new(),
        entries: vec![FeedEntry { article, origin, also: Vec::new() }],
    }
}

/// The elements of a well-formed XML document with the names of their attributes.
fn xml_skeleton(bytes: &[u8]) -> Vec<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_reader(bytes);
    let (mut buffer, mut skeleton) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) => return skeleton,
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                let attribute = |attribute: Result<quick_xml::events::attributes::Attribute, _>| {
                    attribute.expect("well-formed").key.as_ref().to_owned()
                };
                let mut names: Vec<String> = tag.attributes().map(attribute).collect();
                // Texts of Atom say whether they are HTML, which is what shows a text that looks like it.
                if ["title", "subtitle", "summary", "rights"].contains(&tag.name().as_ref()) {
                    names.retain(|name| name != "type");
                }
                skeleton.push(format!("{} {names:?}", tag.name().as_ref()));
            }
            Ok(_) => {}
            Err(error) => panic!("{error}: {}", String::from_utf8_lossy(bytes)),
        }
        buffer.clear();
    }
}

fn json_skeleton(value: &Value, at: &str, skeleton: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| json_skeleton(value, &format!("{at}.{key}"), skeleton));
        }
        Value::Array(items) => items.iter().for_each(|value| json_skeleton(value, &format!("{at}[]"), skeleton)),
        _ => skeleton.push(at.to_owned()),
    }
}

/// The elements of a page with the names of their attributes; what the parser finds wrong is no matter.
fn page_skeleton(bytes: &[u8]) -> Vec<String> {
    let page = scraper::Html::parse_document(&String::from_utf8_lossy(bytes));
    let elements = page.tree.values().filter_map(scraper::Node::as_element);
    elements
        .map(|element| format!("{} {:?}", element.name(), element.attrs().map(|(name, _)| name).collect::<Vec<_>>()))
        .collect()
}

fn skeleton(feed: &Feed, format: Format) -> Vec<String> {
    let bytes = emit::write(feed, format);
    if format != Format::Json {
        return xml_skeleton(&bytes);
    }
    let mut skeleton = Vec::new();
    json_skeleton(&serde_json::from_slice(&bytes).expect("JSON"), "", &mut skeleton);
    skeleton
}

#[test]
fn texts_stay_texts_in_every_format_and_on_the_pages() {
    let sound = feed("a b", "<p>a b</p>");
    let base_url = url("https://news.example/");
    let page = |feed: &Feed, title: &str| {
        let site = Site { title, base_url: &base_url, sources: &[], views: false };
        let publication = Publication { feed, formats: &Format::ALL };
        let listing = emit::Listing::of(&publication);
        (page_skeleton(&pages::feed(&site, &publication)), page_skeleton(&pages::front(&site, &[listing])))
    };
    let pages_wanted = page(&sound, "a b");
    for (line, _, markup) in rows() {
        let text = format!("a {markup} b");
        let hostile = feed(&text, "<p>a b</p>");
        for format in Format::FEEDS {
            assert_eq!(skeleton(&hostile, format), skeleton(&sound, format), "line {line}, {format:?}: {markup}");
        }
        assert_eq!(page(&hostile, &text), pages_wanted, "line {line}: {markup}");
    }
}

#[test]
fn bodies_come_out_of_every_format_as_they_were_made_safe() {
    for (line, _, markup) in rows() {
        for content in [through_page(&markup), through_feeds(&markup).remove(0).1] {
            let feed = feed("a b", &content.body);
            for format in Format::FEEDS {
                let document = Document {
                    url: Some(url("https://news.example/all")),
                    content_type: Some(format.media_type().to_owned()),
                    body: emit::write(&feed, format).into(),
                };
                let reading = parse::feed(&document).expect("what is published is read");
                let entry = &reading.entries[0];
                let body = entry.content.as_ref().or(entry.summary.as_ref());
                let body = body.map(|text| text.value.clone()).unwrap_or_default();
                let found = objections(&body);
                assert!(found.is_empty(), "line {line}, {format:?}: {found:?}\n{markup}\n{body}");
            }
        }
    }
}

/// Addresses that run something, in every way of writing them that address parsers make the same.
const RUNNING: [&str; 12] = [
    "javascript:fire()",
    "JavaScript:fire()",
    " \u{1}javascript:fire()",
    "java\nscript:fire()",
    "java\tscript:fire()",
    "javascript\n:fire()",
    "javascript://press.example/%0Afire()",
    "data:text/html,<script>fire()</script>",
    "vbscript:fire()",
    "file:///etc/passwd",
    "view-source:javascript:fire()",
    "blob:https://press.example/1",
];

/// Feeds with an address in every place where one may stand.
fn feeds_of_addresses(address: &str) -> [(String, &'static str); 3] {
    let at = xml(address);
    let rss = format!(
        "<rss version=\"2.0\" xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\" xmlns:media=\"http://search.yahoo.com/mrss/\" \
         xmlns:podcast=\"https://podcastindex.org/namespace/1.0\" xmlns:wfw=\"http://wellformedweb.org/CommentAPI/\" \
         xmlns:atom=\"http://www.w3.org/2005/Atom\" xmlns:cc=\"http://web.resource.org/cc/\" \
         xmlns:creativeCommons=\"http://backend.userland.com/creativeCommonsRssModule\" xmlns:thr=\"http://purl.org/syndication/thread/1.0\">\
         <channel><title>T</title><link>{at}</link><item><guid isPermaLink=\"true\">{at}</guid><title>T</title><link>{at}</link>\
         <comments>{at}</comments><enclosure url=\"{at}\" length=\"1\" type=\"audio/mpeg\"/><source url=\"{at}\">S</source>\
         <atom:author><atom:name>A</atom:name><atom:uri>{at}</atom:uri></atom:author>\
         <atom:link rel=\"related\" href=\"{at}\"/><atom:link rel=\"replies\" href=\"{at}\" type=\"application/atom+xml\"/>\
         <itunes:image href=\"{at}\"/><media:content url=\"{at}\" medium=\"image\"/><media:thumbnail url=\"{at}\"/>\
         <media:group><media:content url=\"{at}\" type=\"video/mp4\"><media:player url=\"{at}\"/></media:content></media:group>\
         <podcast:transcript url=\"{at}\" type=\"text/vtt\"/><podcast:chapters url=\"{at}\" type=\"application/json+chapters\"/>\
         <podcast:person href=\"{at}\" img=\"{at}\">P</podcast:person><podcast:license url=\"{at}\">L</podcast:license>\
         <podcast:soundbite startTime=\"1\" duration=\"2\">x</podcast:soundbite><podcast:trailer url=\"{at}\">x</podcast:trailer>\
         <wfw:commentRss>{at}</wfw:commentRss><cc:license>{at}</cc:license><creativeCommons:license>{at}</creativeCommons:license>\
         <thr:in-reply-to ref=\"x\" href=\"{at}\"/><description>D</description></item></channel></rss>"
    );
    let atom = format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>T</title><link href=\"{at}\"/><icon>{at}</icon><logo>{at}</logo>\
         <entry xml:base=\"{at}\"><id>urn:x:1</id><title>T</title><link href=\"{at}\"/><link rel=\"enclosure\" href=\"{at}\"/>\
         <link rel=\"via\" href=\"{at}\"/><link rel=\"related\" href=\"{at}\"/><link rel=\"license\" href=\"{at}\"/>\
         <author><name>A</name><uri>{at}</uri></author><source><id>urn:x:s</id><title>S</title><link href=\"{at}\"/>\
         <link rel=\"self\" href=\"{at}\"/></source><content src=\"{at}\" type=\"text/html\"/><summary>D</summary></entry></feed>"
    );
    let json = json!({
        "version": "https://jsonfeed.org/version/1.1", "title": "T", "home_page_url": address, "icon": address, "favicon": address,
        "items": [{
            "id": "1", "url": address, "external_url": address, "image": address, "banner_image": address,
            "authors": [{"name": "A", "url": address, "avatar": address}], "content_text": "D",
            "attachments": [{"url": address, "mime_type": "audio/mpeg"}],
        }],
    });
    [(rss, "application/rss+xml"), (atom, "application/atom+xml"), (json.to_string(), "application/feed+json")]
}

/// Every string of a published feed that a reader may take for an address.
fn strings(bytes: &[u8], format: Format) -> Vec<(String, String)> {
    fn of_json(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| of_json(value, &format!("{at}.{key}"), found)),
            Value::Array(items) => items.iter().for_each(|value| of_json(value, at, found)),
            Value::String(text) => found.push((at.to_owned(), text.clone())),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if format == Format::Json {
        of_json(&serde_json::from_slice(bytes).expect("JSON"), "", &mut found);
        return found;
    }
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    let mut reader = quick_xml::Reader::from_str(text);
    let plain = |text: &str| quick_xml::escape::unescape(text).expect("well-formed").into_owned();
    let (mut name, mut said) = (String::new(), String::new());
    loop {
        use quick_xml::events::Event;
        match reader.read_event().expect("well-formed") {
            Event::Eof => return found,
            Event::Start(tag) | Event::Empty(tag) => {
                tag.name().as_ref().clone_into(&mut name);
                said.clear();
                for attribute in tag.attributes().map(|attribute| attribute.expect("well-formed")) {
                    found.push((format!("{name}@{}", attribute.key.as_ref()), plain(&attribute.value)));
                }
            }
            Event::Text(text) => said.push_str(&plain(&text)),
            Event::CData(text) => said.push_str(&text),
            Event::GeneralRef(reference) => said.push_str(&plain(&format!("&{};", &*reference))),
            Event::End(_) => found.push((name.clone(), std::mem::take(&mut said))),
            _ => {}
        }
    }
}

#[test]
fn no_address_that_runs_something_is_published_anywhere() {
    // Names, not addresses: nobody follows them.
    const NAMES: [&str; 4] = ["guid", "id", ".items.id", ".items._courant.guid"];
    for address in RUNNING {
        for (body, kind) in feeds_of_addresses(address) {
            for draft in drafts(&body, kind) {
                let mut feed = feed("a b", "");
                feed.entries[0].origin = draft.content.origin.clone().unwrap_or_default();
                feed.entries[0].article.content = draft.content;
                for format in Format::FEEDS {
                    for (place, text) in strings(&emit::write(&feed, format), format) {
                        let bare: String = text.chars().filter(|c| *c > ' ').collect::<String>().to_ascii_lowercase();
                        let runs = ["javascript:", "data:", "vbscript:", "file:", "view-source:", "blob:"];
                        let is_name = NAMES.contains(&place.as_str());
                        assert!(
                            is_name || !runs.iter().any(|scheme| bare.starts_with(scheme)),
                            "{kind} as {format:?}: {place} is {text:?}"
                        );
                    }
                }
            }
        }
    }
}
