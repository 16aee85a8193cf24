//! Throughput of reading feeds, beside feed-rs on the same documents: `cargo bench --bench read`.
//!
//! The documents are made here: 30 entries and about 75 kB each, the size of a news site's feed. RSS has its bodies escaped
//! or in CDATA sections by turns, as publishing software does; Atom has escaped HTML.

use std::fmt::Write as _;

use bytes::Bytes;
use courant::model::Document;
use divan::Bencher;
use divan::counter::BytesCount;

const ENTRIES: usize = 30;

fn main() {
    divan::main();
}

/// The documents that are measured.
const KINDS: [&str; 2] = ["rss", "atom"];

fn document(kind: &str) -> String {
    if kind == "rss" { rss() } else { atom() }
}

#[divan::bench(args = KINDS)]
fn courant(bencher: Bencher, kind: &str) {
    let text = document(kind);
    let size = BytesCount::of_str(&text);
    let document = Document {
        url: "https://news.example/feed".parse().ok(),
        content_type: Some("application/xml; charset=utf-8".to_owned()),
        body: Bytes::from(text),
    };
    bencher.counter(size).bench(|| {
        let reading = courant::parse::feed(&document).expect("a sound feed");
        assert_eq!(reading.entries.len(), ENTRIES);
        reading
    });
}

#[divan::bench(args = KINDS)]
fn feed_rs(bencher: Bencher, kind: &str) {
    let text = document(kind);
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let feed = feed_rs::parser::parse(text.as_bytes()).expect("a sound feed");
        assert_eq!(feed.entries.len(), ENTRIES);
        feed
    });
}

fn body(number: usize) -> String {
    let mut html = String::new();
    for paragraph in 0..7 {
        let _ = writeln!(
            html,
            "<p>Paragraph {paragraph} of report {number}: the council met on the second day and heard what had been done \
             about roads, schools &amp; water since spring. <a href=\"https://news.example/{number}/{paragraph}?a=1&amp;b=2\">The \
             minutes</a> say more, and so does the mayor’s note.</p>"
        );
    }
    html
}

fn escaped(html: &str) -> String {
    html.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn rss() -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n\
         <title>Town news</title>\n<link>https://news.example/</link>\n<description>What happens here</description>\n\
         <atom:link href=\"https://news.example/feed\" rel=\"self\" type=\"application/rss+xml\"/>\n\
         <lastBuildDate>Mon, 06 Jul 2026 10:00:00 +0000</lastBuildDate>\n<language>en</language>\n",
    );
    for number in 0..ENTRIES {
        let html = body(number);
        let content = if number % 2 == 0 { format!("<![CDATA[{html}]]>") } else { escaped(&html) };
        let _ = write!(
            text,
            "<item>\n\t<title>Report {number}: roads &amp; schools</title>\n\t<link>https://news.example/{number}</link>\n\t\
             <dc:creator><![CDATA[Ada Example]]></dc:creator>\n\t<pubDate>Mon, 06 Jul 2026 0{}:00:00 +0200</pubDate>\n\t\
             <category><![CDATA[Council]]></category>\n\t<category><![CDATA[Roads]]></category>\n\t\
             <guid isPermaLink=\"false\">https://news.example/?p={number}</guid>\n\t\
             <description><![CDATA[What the council said about roads, schools and water.]]></description>\n\t\
             <content:encoded>{content}</content:encoded>\n</item>\n",
            number % 10
        );
    }
    text.push_str("</channel>\n</rss>\n");
    text
}

fn atom() -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n\
         <title>Town news</title>\n<id>https://news.example/</id>\n<link rel=\"alternate\" href=\"https://news.example/\"/>\n\
         <link rel=\"self\" href=\"https://news.example/feed\"/>\n<updated>2026-07-06T10:00:00Z</updated>\n",
    );
    for number in 0..ENTRIES {
        let _ = write!(
            text,
            "<entry>\n  <title type=\"html\">Report {number}: roads &amp;amp; schools</title>\n  \
             <link rel=\"alternate\" type=\"text/html\" href=\"https://news.example/{number}\"/>\n  \
             <id>https://news.example/?p={number}</id>\n  <published>2026-07-06T0{}:00:00+02:00</published>\n  \
             <updated>2026-07-06T09:30:00+02:00</updated>\n  <author><name>Ada Example</name></author>\n  \
             <category term=\"Council\"/>\n  <summary>What the council said about roads, schools and water.</summary>\n  \
             <content type=\"html\">{}</content>\n</entry>\n",
            number % 10,
            escaped(&body(number))
        );
    }
    text.push_str("</feed>\n");
    text
}
