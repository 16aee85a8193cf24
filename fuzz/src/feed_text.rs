//! A feed document out of choices: what the parser knows, put together right and wrong.

use arbitrary::Arbitrary;

/// How a document begins.
const ROOTS: &[&str] = &[
    "<rss version='2.0'><channel>",
    "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/' \
     xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:media='http://search.yahoo.com/mrss/' \
     xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:atom='http://www.w3.org/2005/Atom'><channel>",
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>",
    "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en' xml:base='https://x.example/b/'>",
    "<a:feed xmlns:a='http://www.w3.org/2005/Atom' xmlns:h='http://www.w3.org/1999/xhtml'>",
    "<feed version='0.3' xmlns='http://purl.org/atom/ns#'>",
    "<Channel HREF='https://x.example/'>",
    "<!DOCTYPE rss [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><rss><channel>",
    "<opml><body>",
    "<?xml version='1.0' encoding='windows-1251'?><rss><channel>",
];

/// Names of elements of every dialect.
const NAMES: &[&str] = &[
    "item", "entry", "title", "link", "guid", "id", "description", "summary", "content", "content:encoded", "author",
    "name", "email", "uri", "dc:creator", "dc:date", "dc:subject", "dc:language", "pubDate", "published", "updated",
    "issued", "modified", "created", "category", "enclosure", "source", "comments", "image", "url", "media:content",
    "media:group", "media:thumbnail", "media:title", "media:description", "media:credit", "itunes:category",
    "itunes:keywords", "itunes:image", "itunes:summary", "itunes:new-feed-url", "channel", "textInput", "ttl",
    "skipHours", "hour", "skipDays", "day", "sy:updatePeriod", "sy:updateFrequency", "language", "copyright", "rights",
    "generator", "logo", "icon", "subtitle", "tagline", "atom:link", "atom:updated", "h:div", "div", "p", "br", "b",
    "script", "svg", "math", "outline", "head", "body", "html", "unknown", "rdf:li", "fullitem", "wrapper",
];

/// Attributes, each with its value.
const ATTRIBUTES: &[&str] = &[
    " href='/a?x=1&amp;y=2'", " href=\"https://x.example/é\"", " rel='enclosure'", " rel='self'", " rel=hub",
    " rel='alternate'", " rel='replies'", " type='xhtml'", " type='html'", " type='text/html'", " type='application/xml'",
    " type='audio/mpeg'", " mode='base64'", " url='a.mp3'", " length='12'", " length='-1'", " isPermaLink='false'",
    " isPermaLink='true'", " xml:base='c/'", " xml:base='https://y.example/'", " xml:lang='de'", " xml:lang=''",
    " term='t'", " scheme='s'", " label='l'", " domain='d'", " rdf:about='https://x.example/1'", " text='T'",
    " xmlUrl='https://x.example/f'", " medium='image'", " xmlns='http://www.w3.org/1999/xhtml'", " xmlns:media='urn:x'",
    " xmlns=''", " onclick='x()'", " style='x'", " broken", " broken='", " x=\"", " a<b", " lastmod='2026-01-02'",
];

/// Texts of every kind of value.
const TEXTS: &[&str] = &[
    "Mon, 06 Jul 2026 10:00:00 GMT", "2026-07-06T10:00:00+02:00", "2026-07-06", "99999-99-99T99:99:99Z", "6 июля 2026",
    "https://x.example/a/1", "/relative?x=1", "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", "javascript:alert(1)",
    "ada@x.example (Ada)", "Ada <ada@x.example>", "hourly", "60", "-1", "Monday", "a, b, c", "UEsDBA==", "Grüße €",
    "Ã©tÃ©", "\u{85}\u{96}", "\u{feff}", "\u{0}\u{b}", "\u{fffe}", "\r\n", "\u{2028}", "]]>", "\u{202e}abc",
    "&lt;p&gt;x&lt;/p&gt;", "&lt;script&gt;x()&lt;/script&gt;", "&lt;img src=x onerror=x()&gt;", "&amp;amp;", "&nbsp;",
    "&#0;", "&#x1F;", "&#xD800;", "&#65534;", "&a;", "&b;", "&bogus;", "&", "<", ">", "<!--", "-->", "<![CDATA[", "<?x ?>",
    "<p>", "</p>", "<iframe src='https://y.example/'></iframe>", "<a href='javascript:x()'>", "'", "\"", " ", "\n\t",
];

/// One piece of a document.
#[derive(Debug, Arbitrary)]
pub enum Piece {
    /// A start tag with some attributes.
    Start(u8, Vec<u8>),
    /// An empty element.
    Empty(u8, Vec<u8>),
    /// An end tag, whether it fits or not.
    End(u8),
    /// The end of the innermost open element.
    Close,
    /// A text.
    Text(u8),
    /// An element with one text in it.
    Whole(u8, u8),
    /// A text as CDATA.
    Cdata(u8),
    /// What nobody thought of.
    Free(String),
}

/// A document.
#[derive(Debug, Arbitrary)]
pub struct FeedText {
    root: u8,
    pieces: Vec<Piece>,
    closes: bool,
}

impl FeedText {
    /// The document as text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = pick(ROOTS, self.root).to_owned();
        let mut open = Vec::new();
        for piece in self.pieces.iter().take(400) {
            match piece {
                Piece::Start(name, attributes) => {
                    tag(&mut out, *name, attributes, ">");
                    open.push(pick(NAMES, *name));
                }
                Piece::Empty(name, attributes) => tag(&mut out, *name, attributes, "/>"),
                Piece::End(name) => end(&mut out, pick(NAMES, *name)),
                Piece::Close => open.pop().into_iter().for_each(|name| end(&mut out, name)),
                Piece::Text(text) => out.push_str(pick(TEXTS, *text)),
                Piece::Whole(name, text) => {
                    tag(&mut out, *name, &[], ">");
                    out.push_str(pick(TEXTS, *text));
                    end(&mut out, pick(NAMES, *name));
                }
                Piece::Cdata(text) => {
                    out.push_str("<![CDATA[");
                    out.push_str(pick(TEXTS, *text));
                    out.push_str("]]>");
                }
                Piece::Free(text) => out.push_str(text),
            }
        }
        if self.closes {
            open.into_iter().rev().for_each(|name| end(&mut out, name));
        }
        out
    }
}

fn tag(out: &mut String, name: u8, attributes: &[u8], close: &str) {
    out.push('<');
    out.push_str(pick(NAMES, name));
    attributes.iter().take(6).for_each(|attribute| out.push_str(pick(ATTRIBUTES, *attribute)));
    out.push_str(close);
}

fn end(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn pick<'a>(list: &[&'a str], index: u8) -> &'a str {
    list[usize::from(index) % list.len()]
}
