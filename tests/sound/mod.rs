//! Sound feeds: values, and documents of every dialect that say them, in one style or another.

#![allow(dead_code, reason = "each of the tests that share this uses a part of it")]

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use proptest::prelude::*;
use proptest::sample::select;

/// What one entry says.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) link: String,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) body: String,
    pub(crate) published: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) author: String,
    pub(crate) categories: Vec<String>,
    pub(crate) enclosure: Option<(String, u64)>,
}

/// How a document is written down; none of it changes what it says.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    pub(crate) quote: char,
    pub(crate) gap: &'static str,
    pub(crate) cdata: bool,
    pub(crate) turned: bool,
    pub(crate) prefix: &'static str,
}

/// The plainest style.
pub(crate) const PLAIN: Style = Style { quote: '"', gap: "", cdata: false, turned: false, prefix: "" };

/// The dialects that documents are made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Rss,
    Rdf,
    Atom,
    Json,
}

/// Every dialect.
pub(crate) const EVERY: [Made; 4] = [Made::Rss, Made::Rdf, Made::Atom, Made::Json];

/// Words with everything that markup trips over.
pub(crate) const WORDS: &[&str] = &[
    "water",
    "Rates",
    "R&D",
    "a<b",
    "5 > 4",
    "\"quoted\"",
    "it's",
    "Grüße",
    "новости",
    "新闻",
    "🗞",
    "]]>",
    "&amp;",
    "100%",
    "#tag",
    "C++",
    "—",
    "…",
    "&lt;p&gt;",
];

/// Words that windows-1251 can write.
pub(crate) const CYRILLIC: &[&str] = &["новости", "Москва", "R&D", "water", "№ 5", "«да»", "—", "a<b", "ё"];

const BODIES: &[&str] = &[
    "<p>One.</p>",
    "<p>One &amp; <b>two</b></p><p>Three &lt; four</p>",
    "<ul><li>a</li><li>b</li></ul>",
    "<p>Ünïcode — жук</p>",
    "<p>]]&gt; &amp;amp; &nbsp;x</p>",
    "<p><a href=\"https://x.example/?a=1&amp;b=2\">link</a></p>",
];

/// A line of words.
pub(crate) fn line(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(select(words), 1..5).prop_map(|words| words.join(" "))
}

/// A moment between 1990 and 2026, to the second.
pub(crate) fn moment() -> impl Strategy<Value = Timestamp> {
    (631_152_000_i64..1_767_225_600).prop_map(|second| Timestamp::from_second(second).expect("in range"))
}

/// One entry of these words.
pub(crate) fn item(words: &'static [&'static str]) -> impl Strategy<Value = Item> {
    let texts = (line(words), line(words), select(BODIES));
    let enclosure = prop::option::of((0..9_u32, 1..1_000_000_u64));
    let parts = (line(&["Ann", "Bob", "O'Hara", "Ж. Жук"]), prop::collection::vec(select(words), 0..3), enclosure);
    (any::<u32>(), texts, moment(), moment(), parts).prop_map(|(number, texts, published, updated, parts)| Item {
        id: format!("urn:x-test:{number}"),
        link: format!("https://x.example/news/{number}?a=1&b=2"),
        title: texts.0,
        summary: texts.1,
        body: texts.2.to_owned(),
        published,
        updated,
        author: parts.0,
        categories: unique(parts.1),
        enclosure: parts.2.map(|(file, length)| (format!("https://x.example/{file}.mp3?x=1&y=2"), length)),
    })
}

fn unique(words: Vec<&str>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in words.into_iter().map(str::to_owned) {
        if !kept.contains(&word) {
            kept.push(word);
        }
    }
    kept
}

/// Some entries.
pub(crate) fn items(words: &'static [&'static str]) -> impl Strategy<Value = Vec<Item>> {
    prop::collection::vec(item(words), 1..4)
}

/// Any style.
pub(crate) fn style() -> impl Strategy<Value = Style> {
    let quote = select(vec!['"', '\'']);
    let gap = select(vec!["", "\n", "\r\n\t ", "<!-- note -->"]);
    let prefix = select(vec!["", "a", "ns0", "content", "x-y"]);
    (quote, gap, any::<bool>(), any::<bool>(), prefix).prop_map(|(quote, gap, cdata, turned, prefix)| Style {
        quote,
        gap,
        cdata,
        turned,
        prefix,
    })
}

/// The document of these entries.
pub(crate) fn document(made: Made, items: &[Item], style: &Style) -> String {
    match made {
        Made::Rss => rss(items, style),
        Made::Rdf => rdf(items, style),
        Made::Atom => atom(items, style),
        Made::Json => json(items, style),
    }
}

fn rss(items: &[Item], style: &Style) -> String {
    let (dc, encoded) = (style.other("dc"), style.other("encoded"));
    let spaces = [
        ("version", "2.0".to_owned()),
        (&*format!("xmlns:{dc}"), "http://purl.org/dc/elements/1.1/".to_owned()),
        (&*format!("xmlns:{encoded}"), "http://purl.org/rss/1.0/modules/content/".to_owned()),
        ("xmlns:up", "http://www.w3.org/2005/Atom".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let mut inner = style.whole("title", "Feed");
    for item in items {
        let mut parts = vec![
            style.element("guid", &[("isPermaLink", "false")], &item.id),
            style.whole("link", &item.link),
            style.whole("title", &item.title),
            style.whole("description", &escape(&item.summary)),
            style.whole(&format!("{encoded}:encoded"), &item.body),
            style.whole("pubDate", &rfc822(item.published)),
            style.whole("up:updated", &item.updated.to_string()),
            style.whole(&format!("{dc}:creator"), &item.author),
        ];
        parts.extend(item.categories.iter().map(|term| style.whole("category", term)));
        parts.extend(item.enclosure.as_ref().map(|(url, length)| {
            let attributes = [("url", url.as_str()), ("length", &length.to_string()), ("type", "audio/mpeg")];
            style.empty("enclosure", &attributes)
        }));
        inner += &style.wrap("item", &[], &style.join(parts));
    }
    let spaces: Vec<(&str, &str)> = spaces.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    style.wrap("rss", &spaces, &style.wrap("channel", &[], &inner))
}

fn rdf(items: &[Item], style: &Style) -> String {
    let core = |name: &str| style.name(name);
    let core_space = if style.prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{}", style.prefix) };
    let spaces = [
        ("xmlns:rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
        (core_space.as_str(), "http://purl.org/rss/1.0/"),
        ("xmlns:c0", "http://purl.org/rss/1.0/modules/content/"),
        ("xmlns:dct", "http://purl.org/dc/terms/"),
        ("xmlns:d", "http://purl.org/dc/elements/1.1/"),
    ];
    let mut inner =
        style.wrap(&core("channel"), &[("rdf:about", "https://x.example/")], &style.whole(&core("title"), "Feed"));
    for item in items {
        let mut parts = vec![
            style.whole(&core("link"), &item.link),
            style.whole(&core("title"), &item.title),
            style.whole(&core("description"), &escape(&item.summary)),
            style.whole("c0:encoded", &item.body),
            style.whole("dct:issued", &item.published.to_string()),
            style.whole("dct:modified", &item.updated.to_string()),
            style.whole("d:creator", &item.author),
        ];
        parts.extend(item.categories.iter().map(|term| style.whole("d:subject", term)));
        inner += &style.wrap(&core("item"), &[("rdf:about", &item.id)], &style.join(parts));
    }
    style.wrap("rdf:RDF", &spaces, &inner)
}

fn atom(items: &[Item], style: &Style) -> String {
    let core = |name: &str| style.name(name);
    let core_space = if style.prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{}", style.prefix) };
    let spaces = [(core_space.as_str(), "http://www.w3.org/2005/Atom")];
    let mut inner = style.whole(&core("title"), "Feed") + &style.whole(&core("id"), "urn:x-test:feed");
    for item in items {
        let mut parts = vec![
            style.whole(&core("id"), &item.id),
            style.empty(&core("link"), &[("rel", "alternate"), ("href", &item.link)]),
            style.element(&core("title"), &[("type", "text")], &item.title),
            style.whole(&core("summary"), &item.summary),
            style.element(&core("content"), &[("type", "html")], &item.body),
            style.whole(&core("published"), &item.published.to_string()),
            style.whole(&core("updated"), &item.updated.to_string()),
            style.wrap(&core("author"), &[], &style.whole(&core("name"), &item.author)),
        ];
        parts.extend(item.categories.iter().map(|term| style.empty(&core("category"), &[("term", term)])));
        parts.extend(item.enclosure.as_ref().map(|(url, length)| {
            let length = length.to_string();
            let attributes =
                [("rel", "enclosure"), ("href", url.as_str()), ("length", &length), ("type", "audio/mpeg")];
            style.empty(&core("link"), &attributes)
        }));
        inner += &style.wrap(&core("entry"), &[], &style.join(parts));
    }
    style.wrap(&core("feed"), &spaces, &inner)
}

fn json(items: &[Item], style: &Style) -> String {
    let item = |item: &Item| {
        let enclosures = item
            .enclosure
            .iter()
            .map(|(url, length)| serde_json::json!({ "url": url, "mime_type": "audio/mpeg", "size_in_bytes": length }));
        serde_json::json!({
            "id": item.id, "url": item.link, "title": item.title, "summary": item.summary, "content_html": item.body,
            "date_published": item.published.to_string(), "date_modified": item.updated.to_string(),
            "authors": [{ "name": item.author }], "tags": item.categories,
            "attachments": enclosures.collect::<Vec<_>>(),
        })
    };
    let feed = serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1", "title": "Feed", "items": items.iter().map(item).collect::<Vec<_>>(),
    });
    if style.cdata { serde_json::to_string_pretty(&feed) } else { serde_json::to_string(&feed) }.expect("JSON")
}

/// RFC 822, as RSS wants its dates.
pub(crate) fn rfc822(moment: Timestamp) -> String {
    rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&moment).expect("a year of four digits")
}

/// Plain characters as markup.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Style {
    /// A prefix of ours, another one where the core has it.
    fn other(&self, prefix: &str) -> String {
        if self.prefix.is_empty() { prefix.to_owned() } else { format!("{}-{prefix}", self.prefix) }
    }

    fn name(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}:{name}", self.prefix) }
    }

    fn join(&self, mut parts: Vec<String>) -> String {
        if self.turned {
            parts.rotate_left(3);
        }
        parts.concat()
    }

    fn start(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        let space = if self.gap.starts_with('<') || self.gap.is_empty() { " " } else { self.gap };
        let attribute = |(name, value): &(&str, &str)| {
            let value = escape(value).replace('"', "&quot;").replace('\'', "&#39;");
            format!("{space}{name}={0}{value}{0}", self.quote)
        };
        let mut attributes: Vec<String> = attributes.iter().map(attribute).collect();
        if self.turned {
            attributes.reverse();
        }
        format!("<{name}{}", attributes.concat())
    }

    fn empty(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        format!("{}/>{}", self.start(name, attributes), self.gap)
    }

    fn element(&self, name: &str, attributes: &[(&str, &str)], text: &str) -> String {
        let text =
            if self.cdata { format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>")) } else { escape(text) };
        format!("{}>{text}</{name}>{}", self.start(name, attributes), self.gap)
    }

    fn whole(&self, name: &str, text: &str) -> String {
        self.element(name, &[], text)
    }

    fn wrap(&self, name: &str, attributes: &[(&str, &str)], inner: &str) -> String {
        format!("{}>{}{inner}</{name}>{}", self.start(name, attributes), self.gap, self.gap)
    }
}
