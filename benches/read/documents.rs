//! The documents that are read: feeds like those of news sites, of any size, and documents made to hurt.

use std::fmt::Write as _;

use bytes::Bytes;
use courant::model::Document;

/// Feeds as publishing software writes them.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Bodies escaped or in CDATA sections by turns.
    Rss,
    /// Escaped HTML.
    Atom,
    Json,
    /// Atom with inline XHTML.
    Xhtml,
    /// RSS in Russian.
    Windows1251,
    Utf16,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rss => "RSS",
            Self::Atom => "Atom",
            Self::Json => "JSON Feed",
            Self::Xhtml => "Atom, XHTML inline",
            Self::Windows1251 => "RSS, windows-1251",
            Self::Utf16 => "RSS, UTF-16",
        }
    }
}

/// The kinds whose cost is followed from size to size.
pub(crate) const KINDS: [Kind; 6] = [Kind::Rss, Kind::Atom, Kind::Json, Kind::Xhtml, Kind::Windows1251, Kind::Utf16];

/// Sizes in bytes.
pub(crate) const SIZES: [usize; 4] = [100_000, 1_000_000, 10_000_000, 50_000_000];

/// A body as it came from its server.
pub(crate) fn document(body: impl Into<Bytes>) -> Document {
    Document {
        url: "https://news.example/feed".parse().ok(),
        content_type: Some("application/xml".to_owned()),
        body: body.into(),
    }
}

/// A feed of about so many bytes, in the encoding of its kind.
pub(crate) fn encoded(kind: Kind, size: usize) -> Bytes {
    match kind {
        Kind::Windows1251 => {
            let text = feed(kind, size * 3 / 2);
            let bytes = encoding_rs::WINDOWS_1251.encode(&text).0.into_owned();
            Bytes::from(bytes)
        }
        Kind::Utf16 => {
            let text = feed(Kind::Rss, size / 2);
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            Bytes::from([0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>())
        }
        _ => Bytes::from(feed(kind, size)),
    }
}

/// A feed of about so many bytes, in entries of 2.5 kB.
pub(crate) fn feed(kind: Kind, size: usize) -> String {
    let (head, entry, foot): (&str, fn(usize, &mut String), &str) = match kind {
        Kind::Rss | Kind::Utf16 => (RSS_HEAD, rss_item, "</channel>\n</rss>\n"),
        Kind::Windows1251 => (RUSSIAN_HEAD, russian_item, "</channel>\n</rss>\n"),
        Kind::Atom => (ATOM_HEAD, atom_entry, "</feed>\n"),
        Kind::Xhtml => (ATOM_HEAD, xhtml_entry, "</feed>\n"),
        Kind::Json => (JSON_HEAD, json_item, "{}]}"),
    };
    let mut text = String::with_capacity(size + 5000);
    text.push_str(head);
    for number in 0.. {
        if text.len() >= size {
            break;
        }
        entry(number, &mut text);
    }
    text.push_str(foot);
    text
}

const RSS_HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
     xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n\
     <title>Town news</title>\n<link>https://news.example/</link>\n<description>What happens here</description>\n\
     <atom:link href=\"https://news.example/feed\" rel=\"self\" type=\"application/rss+xml\"/>\n\
     <lastBuildDate>Mon, 06 Jul 2026 10:00:00 +0000</lastBuildDate>\n<language>en</language>\n";
const RUSSIAN_HEAD: &str = "<?xml version=\"1.0\" encoding=\"windows-1251\"?>\n<rss version=\"2.0\">\n<channel>\n\
     <title>Новости города</title>\n<link>https://news.example/</link>\n";
const ATOM_HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n\
     <title>Town news</title>\n<id>https://news.example/</id>\n<link rel=\"alternate\" href=\"https://news.example/\"/>\n\
     <link rel=\"self\" href=\"https://news.example/feed\"/>\n<updated>2026-07-06T10:00:00Z</updated>\n";
const JSON_HEAD: &str = "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Town news\",\
     \"home_page_url\":\"https://news.example/\",\"feed_url\":\"https://news.example/feed.json\",\"items\":[";

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

fn rss_item(number: usize, text: &mut String) {
    let html = body(number);
    let content = if number.is_multiple_of(2) { format!("<![CDATA[{html}]]>") } else { escaped(&html) };
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

fn russian_item(number: usize, text: &mut String) {
    let words =
        "<p>Совет города обсудил дороги, школы и воду. <a href=\"https://news.example/minutes?day=2\">Протокол</a></p>";
    let html = escaped(&words.repeat(14));
    let _ = write!(
        text,
        "<item>\n<title>Отчёт {number}</title>\n<link>https://news.example/{number}</link>\n\
         <pubDate>Mon, 06 Jul 2026 0{}:00:00 +0200</pubDate>\n<guid>https://news.example/?p={number}</guid>\n\
         <description>{html}</description>\n</item>\n",
        number % 10
    );
}

fn atom_entry(number: usize, text: &mut String) {
    atom(number, &format!("<content type=\"html\">{}</content>", escaped(&body(number))), text);
}

fn xhtml_entry(number: usize, text: &mut String) {
    let content =
        format!("<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">{}</div></content>", body(number));
    atom(number, &content, text);
}

fn atom(number: usize, content: &str, text: &mut String) {
    let _ = write!(
        text,
        "<entry>\n  <title type=\"html\">Report {number}: roads &amp;amp; schools</title>\n  \
         <link rel=\"alternate\" type=\"text/html\" href=\"https://news.example/{number}\"/>\n  \
         <id>https://news.example/?p={number}</id>\n  <published>2026-07-06T0{}:00:00+02:00</published>\n  \
         <updated>2026-07-06T09:30:00+02:00</updated>\n  <author><name>Ada Example</name></author>\n  \
         <category term=\"Council\"/>\n  <summary>What the council said about roads, schools and water.</summary>\n  \
         {content}\n</entry>\n",
        number % 10,
    );
}

fn json_item(number: usize, text: &mut String) {
    let html = body(number).replace('"', "\\\"").replace('\n', "\\n");
    let _ = writeln!(
        text,
        "{{\"id\":\"https://news.example/?p={number}\",\"url\":\"https://news.example/{number}\",\"title\":\"Report {number}\",\
         \"content_html\":\"{html}\",\"summary\":\"What the council said.\",\"date_published\":\"2026-07-06T0{}:00:00+02:00\",\
         \"authors\":[{{\"name\":\"Ada Example\"}}],\"tags\":[\"Council\",\"Roads\"],\"_views\":{{\"today\":[1,2,3]}}}},",
        number % 10,
    );
}

/// Makes a document of a size that goes with the number.
type Maker = fn(usize) -> String;

/// Documents made to hurt: the number is the larger of those that are tried, or a tenth of it.
pub(crate) const HOSTILE: &[(&str, Maker)] = &[
    ("tags never closed", |n| inside(&"<a>".repeat(n / 10))),
    ("tags never closed, items below", |n| inside(&format!("{}{}", "<a>".repeat(250), "<item/>".repeat(n)))),
    ("ends of nothing, deep", |n| inside(&format!("{}{}", "<ab>".repeat(250), "</cd>".repeat(n)))),
    ("deep nesting, closed", |n| inside(&format!("{}{}", "<a>".repeat(n), "</a>".repeat(n)))),
    ("deep nesting inside content", |n| {
        inside(&format!("<item><content type='xhtml'>{}x</content></item>", "<div>".repeat(n)))
    }),
    ("items inside quoted feeds", |n| {
        inside(&format!("<item><content>{}{}</content></item>", "<a>".repeat(200), "<item></item>".repeat(n)))
    }),
    ("a long attribute", |n| inside(&format!("<link href='{}'/>", "x".repeat(n)))),
    ("a long attribute, its quote forgotten", |n| inside(&format!("<link href='{}>", "x ".repeat(n)))),
    ("quotes forgotten in every tag", |n| inside(&"<a b=\"x>t".repeat(n))),
    ("attributes on one tag", |n| inside(&format!("<item><link {}/></item>", "a='b' ".repeat(n)))),
    ("bare attributes on one tag", |n| inside(&format!("<item><link {}/></item>", "a ".repeat(n)))),
    ("bases on one tag", |n| inside(&format!("<item {}/>", "xml:base='a/' ".repeat(n)))),
    ("bases, long and deep", |n| {
        let base = format!("<a xml:base='{}/'>", "b".repeat(n / 250));
        inside(&format!("{}<item><link>x</link></item>", base.repeat(250)))
    }),
    ("languages on one tag", |n| inside(&format!("<item {}/>", "lang='a' ".repeat(n)))),
    ("namespaces declared on one tag", |n| {
        let declared: String = (0..n / 10).map(|n| format!(" xmlns:n{n}='http://x.example/{n}'")).collect();
        inside(&format!("<item{declared}><n5:a/></item>"))
    }),
    ("many declared, many used", |n| {
        let declared: String = (0..200).map(|n| format!(" xmlns:n{n}='http://x.example/{n}'")).collect();
        format!("<rss{declared}>{}</rss>", "<item><z:a/></item>".repeat(n / 10))
    }),
    ("references", |n| inside(&format!("<item><description>{}</description></item>", "&amp;".repeat(n)))),
    ("references of all kinds", |n| {
        inside(&format!("<item><description>{}</description></item>", "&eacute;&#233;&unknown;&x".repeat(n / 4)))
    }),
    ("declared entities", |n| {
        let value = "x".repeat(60);
        let declared: String = (0..250).map(|n| format!("<!ENTITY e{n} '{value}'>")).collect();
        format!("<!DOCTYPE rss [{declared}]><rss><item><description>{}</description></item></rss>", "&e9;".repeat(n))
    }),
    ("entities that refer to one another", |n| {
        let declared: String = (1..100).map(|n| format!("<!ENTITY e{n} '&e{};&e{};'>", n - 1, n - 1)).collect();
        format!("<!DOCTYPE rss [{declared}]><rss><item><title>{}</title></item></rss>", "&e99;".repeat(n))
    }),
    ("less-than signs", |n| inside(&format!("<item><title>{}</title></item>", "< ".repeat(n)))),
    ("less-than signs, close together", |n| inside(&"<".repeat(n))),
    ("ampersands", |n| inside(&format!("<item><title>{}</title></item>", "&".repeat(n)))),
    ("ampersands inside XHTML", |n| {
        inside(&format!("<item><content type='xhtml'><p>{}</p></content></item>", "& ".repeat(n)))
    }),
    ("tiny items", |n| inside(&"<item><title>x</title></item>".repeat(n))),
    ("tinier items", |n| inside(&"<item/>".repeat(n))),
    ("items without ends", |n| inside(&"<item>".repeat(n))),
    ("one item, many parts", |n| {
        let part = "<category>a</category><author>b</author><enclosure url='c'/><media:content url='d'/>";
        inside(&format!("<item>{}</item>", part.repeat(n / 10)))
    }),
    ("captions for all of a group", |n| {
        let objects = "<media:content url='d'/>".repeat(300);
        let text = "x".repeat(n);
        inside(&format!(
            "<item><media:content url='e'><media:description>{text}</media:description></media:content>{objects}</item>"
        ))
    }),
    ("descriptions in one item", |n| {
        inside(&format!("<item>{}</item>", "<description>a</description>".repeat(n / 10)))
    }),
    ("white space, then many pieces", |n| {
        let pieces = "<![CDATA[ ]]> ".repeat(n / 20);
        inside(&format!("<item><title>x{}{pieces}</title></item>", " ".repeat(n)))
    }),
    ("many pieces of text", |n| {
        inside(&format!("<item><title>{}</title></item>", "x<b/><![CDATA[y]]>".repeat(n / 10)))
    }),
    ("a section never closed", |n| inside(&format!("<item><description><![CDATA[{}", "x > y ".repeat(n)))),
    ("sections never closed", |n| inside(&"<![CDATA[".repeat(n))),
    ("comments never closed", |n| inside(&"<!-- x >".repeat(n))),
    ("declarations never closed", |n| inside(&"<!x ".repeat(n))),
    ("document types never closed", |n| "<!DOCTYPE x [ ]] ".repeat(n)),
    ("instructions never closed", |n| inside(&"<?x ".repeat(n))),
    ("tags before the feed", |n| format!("{}<rss/>", "<p>".repeat(n))),
    ("base64", |n| inside(&format!("<item><content mode='base64'>{}</content></item>", "PHA+YTwvcD4=".repeat(n / 10)))),
    ("text encoded twice", |n| inside(&format!("<item><description>{}</description></item>", "cafÃ© ".repeat(n / 5)))),
    ("control characters", |n| inside(&format!("<item><title>{}</title></item>", "a\u{1}\u{92}".repeat(n / 3)))),
    ("a long date", |n| inside(&format!("<item><pubDate>{}</pubDate></item>", "Mon ".repeat(n)))),
    ("an author with many addresses", |n| inside(&format!("<item><author>{}</author></item>", "a@b.c ".repeat(n / 5)))),
    ("a title of many tags", |n| inside(&format!("<item><title>{}</title></item>", "&lt;b>".repeat(n / 5)))),
    ("keywords", |n| inside(&format!("<item><itunes:keywords>{}</itunes:keywords></item>", "a,".repeat(n)))),
    ("JSON, nested in an item", |n| format!("{{\"items\":[{{\"_x\":{}", "[".repeat(n))),
    ("JSON, nested and closed", |n| {
        format!("{{\"version\":\"https://jsonfeed.org/version/1\",\"x\":{}{}}}", "[".repeat(n), "]".repeat(n))
    }),
    ("JSON, objects nested", |n| format!("{{\"items\":[{}", "{\"a\":".repeat(n / 5))),
    ("JSON, tiny items", |n| format!("{{\"items\":[{}{{}}]}}", "{},".repeat(n))),
    ("JSON, members of one item", |n| format!("{{\"items\":[{{{}\"id\":1}}]}}", "\"a\":1,".repeat(n))),
    ("JSON, tags of one item", |n| format!("{{\"items\":[{{\"tags\":[{}1]}}]}}", "\"a\",".repeat(n))),
    ("JSON, breaking off", |n| format!("{{\"items\":[{}{{\"id", "{\"id\":\"1\"},".repeat(n / 10))),
    ("JSON, escapes", |n| format!("{{\"items\":[{{\"content_html\":\"{}\"}}]}}", "\\u003c\\n".repeat(n / 5))),
    ("JSON, a string never closed", |n| {
        format!("{{\"items\":[{{\"id\":\"1\"}},{{\"content_html\":\"{}", "a\\\\".repeat(n))
    }),
];

/// An RSS document around `elements`.
fn inside(elements: &str) -> String {
    format!("<rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/'><channel>{elements}</channel></rss>")
}
