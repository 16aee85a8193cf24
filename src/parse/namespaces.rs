//! Which vocabulary a prefix stands for: by its declaration, and by custom where it is not declared.
//!
//! Elements without a prefix are feed elements where the default namespace is one nobody knows: too many feeds declare a
//! wrong one.

/// A vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS of every version, Atom, CDF, and names in no known namespace.
    Core,
    Content,
    Dc,
    DcTerms,
    Media,
    Itunes,
    Syndication,
    Rdf,
    Xhtml,
    Svg,
    MathMl,
    Xml,
    /// A vocabulary we do not read.
    Other,
}

/// Namespace addresses, lower case, and what they stand for.
const ADDRESSES: &[(&str, Space)] = &[
    ("http://www.w3.org/2005/atom", Space::Core),
    ("http://purl.org/atom/ns#", Space::Core),
    ("http://purl.org/rss/1.0/", Space::Core),
    ("http://purl.org/net/rss1.1#", Space::Core),
    ("http://my.netscape.com/rdf/simple/0.9/", Space::Core),
    ("http://channel.netscape.com/rdf/simple/0.9/", Space::Core),
    ("http://my.netscape.com/publish/formats/rss-0.91.dtd", Space::Core),
    ("http://blogs.law.harvard.edu/tech/rss", Space::Core),
    ("http://cyber.law.harvard.edu/rss", Space::Core),
    ("http://www.rssboard.org/rss-specification", Space::Core),
    ("http://purl.org/rss/1.0/modules/rss091#", Space::Core),
    ("http://purl.org/pie/", Space::Core),
    ("http://purl.org/echo/", Space::Core),
    ("uri/of/echo/namespace#", Space::Core),
    ("http://example.com/newformat#", Space::Core),
    ("http://example.com/necho", Space::Core),
    ("http://purl.org/rss/1.0/modules/content/", Space::Content),
    ("http://purl.org/dc/elements/1.1/", Space::Dc),
    ("http://purl.org/dc/elements/1.0/", Space::Dc),
    ("http://purl.org/dc/terms/", Space::DcTerms),
    ("http://search.yahoo.com/mrss/", Space::Media),
    ("http://search.yahoo.com/mrss", Space::Media),
    ("http://video.search.yahoo.com/mrss/", Space::Media),
    ("http://video.search.yahoo.com/mrss", Space::Media),
    ("http://www.itunes.com/dtds/podcast-1.0.dtd", Space::Itunes),
    ("http://example.com/dtds/podcast-1.0.dtd", Space::Itunes),
    ("http://purl.org/rss/1.0/modules/syndication/", Space::Syndication),
    ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", Space::Rdf),
    ("http://www.w3.org/1999/xhtml", Space::Xhtml),
    ("http://www.w3.org/2000/svg", Space::Svg),
    ("http://www.w3.org/1998/math/mathml", Space::MathMl),
    ("http://www.w3.org/xml/1998/namespace", Space::Xml),
];

/// Prefixes people use without declaring them.
const CUSTOM: &[(&str, Space)] = &[
    ("atom", Space::Core),
    ("atom10", Space::Core),
    ("a10", Space::Core),
    ("rss", Space::Core),
    ("content", Space::Content),
    ("dc", Space::Dc),
    ("dcterms", Space::DcTerms),
    ("media", Space::Media),
    ("itunes", Space::Itunes),
    ("sy", Space::Syndication),
    ("rdf", Space::Rdf),
    ("xhtml", Space::Xhtml),
    ("svg", Space::Svg),
    ("xml", Space::Xml),
];

/// Declarations in force at one time; podcasts with every extension declare about 20.
const MAX_DECLARATIONS: usize = 128;

/// The vocabulary with this address.
pub(super) fn by_address(address: &str) -> Space {
    let address = address.trim().to_ascii_lowercase();
    if address.is_empty() || address.starts_with("http://backend.userland.com/rss") {
        return Space::Core;
    }
    let address = address.replacen("https://", "http://", 1);
    ADDRESSES.iter().find(|(known, _)| *known == address).map_or(Space::Other, |(_, space)| *space)
}

/// The declarations in force, innermost last.
#[derive(Debug, Default)]
pub(super) struct Declarations<'a>(Vec<Declaration<'a>>);

#[derive(Debug)]
struct Declaration<'a> {
    depth: usize,
    prefix: &'a str,
    space: Space,
}

impl<'a> Declarations<'a> {
    /// Declares `prefix` (empty for the default) at an element at `depth`.
    pub(super) fn declare(&mut self, depth: usize, prefix: &'a str, address: &str) {
        if self.0.len() >= MAX_DECLARATIONS {
            return;
        }
        self.0.push(Declaration { depth, prefix, space: by_address(address) });
    }

    /// Forgets what was declared deeper than `depth`.
    pub(super) fn leave(&mut self, depth: usize) {
        while self.0.last().is_some_and(|declaration| declaration.depth > depth) {
            self.0.pop();
        }
    }

    /// Splits a name as written into vocabulary and local name.
    pub(super) fn resolve<'n>(&self, name: &'n str) -> (Space, &'n str) {
        let declared = |prefix: &str| self.0.iter().rev().find(|known| known.prefix == prefix).map(|known| known.space);
        let Some((prefix, local)) = name.split_once(':') else {
            let space = declared("").filter(|space| *space != Space::Other);
            return (space.unwrap_or(Space::Core), name);
        };
        let custom = || CUSTOM.iter().find(|(known, _)| known.eq_ignore_ascii_case(prefix)).map(|(_, space)| *space);
        // A prefix bound to an address nobody knows still means what it says: `xmlns:media` has many wrong spellings.
        let space = match declared(prefix) {
            Some(Space::Other) | None => custom().unwrap_or(Space::Other),
            Some(space) => space,
        };
        (space, local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_means_what_is_declared_or_else_what_is_usual() {
        let mut declarations = Declarations::default();
        declarations.declare(1, "dublin", "http://purl.org/dc/elements/1.1/");
        declarations.declare(1, "media", "http://typo.example/mrss");
        declarations.declare(2, "dc", "HTTPS://SEARCH.YAHOO.COM/mrss/");
        let rows = [
            ("dublin:creator", (Space::Dc, "creator")),
            ("media:content", (Space::Media, "content")),
            ("dc:title", (Space::Media, "title")),
            ("itunes:author", (Space::Itunes, "author")),
            ("who:knows", (Space::Other, "knows")),
            ("title", (Space::Core, "title")),
        ];
        for (name, wanted) in rows {
            assert_eq!(declarations.resolve(name), wanted, "{name}");
        }
        declarations.leave(1);
        assert_eq!(declarations.resolve("dc:title"), (Space::Dc, "title"));
    }
}
