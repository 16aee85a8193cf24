//! XML as RSS and Atom are written in: escaped, indented, the same bytes for the same values.
//!
//! Documents are written from the inside out: what is in the feed first, then its root, which declares the namespaces that
//! turned out to be used. Attributes without a value are left out, so that callers need not ask.

use super::text::clean;

/// Prefixes and the namespaces they stand for, declared where they are used.
const NAMESPACES: [(&str, &str); 16] = [
    ("at", "http://purl.org/atompub/tombstones/1.0"),
    ("atom", "http://www.w3.org/2005/Atom"),
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("creativeCommons", "http://backend.userland.com/creativeCommonsRssModule"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("fh", "http://purl.org/syndication/history/1.0"),
    ("georss", "http://www.georss.org/georss"),
    ("gml", "http://www.opengis.net/gml"),
    ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("podcast", "https://podcastindex.org/namespace/1.0"),
    ("psc", "http://podlove.org/simple-chapters"),
    ("slash", "http://purl.org/rss/1.0/modules/slash/"),
    ("thr", "http://purl.org/syndication/thread/1.0"),
    ("wfw", "http://wellformedweb.org/CommentAPI/"),
];

/// Room for the root with every namespace.
const ROOT_BYTES: usize = 1_500;

/// Whether elements with this prefix can be written.
pub(super) fn is_known(prefix: &str) -> bool {
    NAMESPACES.iter().any(|(known, _)| *known == prefix)
}

/// Names and values of attributes; an empty value is none.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A part of a document being written.
pub(super) struct Xml {
    out: String,
    depth: usize,
    /// A bit for each row of [`NAMESPACES`].
    used: u32,
}

impl Xml {
    /// A part at this depth of the document, of about so many bytes.
    pub(super) fn new(depth: usize, bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes + ROOT_BYTES), depth, used: 0 }
    }

    /// Begins an element that holds others.
    pub(super) fn start(&mut self, name: &str, attributes: Attributes) {
        self.tag(name, attributes);
        self.out.push('>');
        self.depth += 1;
    }

    /// Ends it.
    pub(super) fn end(&mut self, name: &str) {
        self.depth -= 1;
        self.line();
        self.close(name);
    }

    /// An element without content.
    pub(super) fn empty(&mut self, name: &str, attributes: Attributes) {
        self.tag(name, attributes);
        self.out.push_str("/>");
    }

    /// An element with text.
    pub(super) fn text(&mut self, name: &str, attributes: Attributes, text: &str) {
        self.tag(name, attributes);
        self.out.push('>');
        escape(&clean(text), &mut self.out, &TEXT);
        self.close(name);
    }

    /// An element with text as the RSS profile wants plain text: `&` and `<` by number, so that nobody takes them for markup.
    pub(super) fn plain(&mut self, name: &str, attributes: Attributes, text: &str) {
        self.tag(name, attributes);
        self.out.push('>');
        escape(&clean(text), &mut self.out, &PLAIN);
        self.close(name);
    }

    /// An element with HTML, as it is.
    pub(super) fn markup(&mut self, name: &str, attributes: Attributes, html: &str) {
        self.tag(name, attributes);
        self.out.push_str("><![CDATA[");
        let html = clean(html);
        let mut rest = &html[..];
        while let Some(at) = memchr::memmem::find(rest.as_bytes(), b"]]>") {
            self.out.push_str(&rest[..at]);
            self.out.push_str("]]]]><![CDATA[>");
            rest = &rest[at + 3..];
        }
        self.out.push_str(rest);
        self.out.push_str("]]>");
        self.close(name);
    }

    /// Text inside an element that holds others too.
    pub(super) fn characters(&mut self, text: &str) {
        escape(&clean(text), &mut self.out, &TEXT);
    }

    /// The document: `root` around what was written, which declares the namespaces that are used.
    pub(super) fn document(self, root: &str, attributes: Attributes) -> Vec<u8> {
        let used = NAMESPACES.iter().enumerate().filter(|(row, _)| self.used & (1 << row) != 0);
        let declared: Vec<(String, &str)> =
            used.map(|(_, (prefix, address))| (format!("xmlns:{prefix}"), *address)).collect();
        let declared = declared.iter().map(|(name, address)| (name.as_str(), *address));
        let attributes: Vec<(&str, &str)> = attributes.iter().copied().chain(declared).collect();
        let mut head = Self::new(0, ROOT_BYTES);
        head.out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
        head.start(root, &attributes);
        // There is room for it: the document moves, and is not written a second time.
        let mut document = self.out;
        document.insert_str(0, &head.out);
        document.push_str("\n</");
        document.push_str(root);
        document.push_str(">\n");
        document.into_bytes()
    }

    fn line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.depth {
            self.out.push(' ');
        }
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// A start tag up to its end.
    fn tag(&mut self, name: &str, attributes: Attributes) {
        if let Some((prefix, _)) = name.split_once(':') {
            let row = NAMESPACES.iter().position(|(known, _)| *known == prefix);
            self.used |= row.map_or(0, |row| 1 << row);
        }
        self.line();
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape(&clean(value), &mut self.out, &ATTRIBUTE);
            self.out.push('"');
        }
    }
}

/// What stands for `&`, `<`, `>` and `"`.
type References = [&'static str; 4];

const TEXT: References = ["&amp;", "&lt;", "&gt;", "\""];
const PLAIN: References = ["&#x26;", "&#x3C;", "&gt;", "\""];
const ATTRIBUTE: References = ["&amp;", "&lt;", "&gt;", "&quot;"];

fn escape(text: &str, out: &mut String, references: &References) {
    let next = |rest: &str| match references[3] {
        "\"" => memchr::memchr3(b'&', b'<', b'>', rest.as_bytes()),
        _ => rest.bytes().position(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"')),
    };
    let mut rest = text;
    while let Some(at) = next(rest) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match after.as_bytes()[0] {
            b'&' => references[0],
            b'<' => references[1],
            b'>' => references[2],
            _ => references[3],
        });
        rest = &after[1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_escaped_where_it_stands() {
        let mut xml = Xml::new(1, 0);
        xml.start("a", &[("b", "\"<&>\""), ("none", "")]);
        xml.text("c", &[], "<&>\"\u{8}");
        xml.plain("d", &[], "<&>");
        xml.markup("e", &[], "<p>]]></p>");
        xml.empty("dc:f", &[]);
        xml.end("a");
        let document = String::from_utf8(xml.document("r", &[("version", "1")])).expect("UTF-8");
        let wanted = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <r version=\"1\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n \
             <a b=\"&quot;&lt;&amp;&gt;&quot;\">\n  <c>&lt;&amp;&gt;\"</c>\n  <d>&#x3C;&#x26;&gt;</d>\n  \
             <e><![CDATA[<p>]]]]><![CDATA[></p>]]></e>\n  <dc:f/>\n </a>\n</r>\n";
        assert_eq!(document, wanted);
    }
}
