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
    Podcast,
    /// Podlove Simple Chapters.
    Chapters,
    GeoRss,
    Gml,
    /// W3C Basic Geo, and what came before it.
    Geo,
    /// Creative Commons, in its module for RSS and in RDF.
    License,
    FeedBurner,
    /// The Comment API of Well-Formed Web.
    CommentApi,
    Slash,
    /// Atom Threading Extensions, RFC 4685.
    Threading,
    /// Feed Paging and Archiving, RFC 5005.
    History,
    /// What RSS 1.0 says of its generator.
    Admin,
    Rdf,
    Xhtml,
    Svg,
    MathMl,
    Xml,
    /// A vocabulary we do not read.
    Other,
}

/// Namespace addresses as [`folded`], and what they stand for.
const ADDRESSES: &[(&str, Space)] = &[
    ("w3.org/2005/atom", Space::Core),
    ("purl.org/rss/1.0", Space::Core),
    ("purl.org/net/rss1.1", Space::Core),
    ("my.netscape.com/rdf/simple/0.9", Space::Core),
    ("channel.netscape.com/rdf/simple/0.9", Space::Core),
    ("my.netscape.com/publish/formats/rss-0.91.dtd", Space::Core),
    ("blogs.law.harvard.edu/tech/rss", Space::Core),
    ("cyber.law.harvard.edu/rss", Space::Core),
    ("cyber.law.harvard.edu/rss/rss.html", Space::Core),
    ("rssboard.org/rss-specification", Space::Core),
    ("purl.org/rss/1.0/modules/rss091", Space::Core),
    ("purl.org/pie", Space::Core),
    ("purl.org/echo", Space::Core),
    ("uri/of/echo/namespace", Space::Core),
    ("example.com/newformat", Space::Core),
    ("example.com/necho", Space::Core),
    ("purl.org/rss/1.0/modules/content", Space::Content),
    ("purl.org/dc/elements/1.1", Space::Dc),
    ("purl.org/dc/elements/1.0", Space::Dc),
    ("purl.org/dc/terms", Space::DcTerms),
    ("search.yahoo.com/mrss", Space::Media),
    ("video.search.yahoo.com/mrss", Space::Media),
    ("tools.search.yahoo.com/mrss", Space::Media),
    ("rssboard.org/media-rss", Space::Media),
    ("itunes.com/dtds/podcast-1.0.dtd", Space::Itunes),
    ("itunes.com/dtds/podcast-1.0", Space::Itunes),
    ("itunes.apple.com/dtds/podcast-1.0.dtd", Space::Itunes),
    ("example.com/dtds/podcast-1.0.dtd", Space::Itunes),
    ("purl.org/rss/1.0/modules/syndication", Space::Syndication),
    ("podcastindex.org/namespace/1.0", Space::Podcast),
    ("podlove.org/simple-chapters", Space::Chapters),
    ("podlove.de/simple-chapters", Space::Chapters),
    ("georss.org/georss", Space::GeoRss),
    ("georss.org/georss/10", Space::GeoRss),
    ("georss.org/georss/11", Space::GeoRss),
    ("georss.org", Space::GeoRss),
    ("opengis.net/gml", Space::Gml),
    ("opengis.net/gml/3.2", Space::Gml),
    ("w3.org/2003/01/geo/wgs84_pos", Space::Geo),
    ("w3.org/2003/01/geo", Space::Geo),
    ("postneo.com/icbm", Space::Geo),
    ("backend.userland.com/creativecommonsrssmodule", Space::License),
    ("cyber.law.harvard.edu/rss/creativecommonsrssmodule.html", Space::License),
    ("web.resource.org/cc", Space::License),
    ("creativecommons.org/ns", Space::License),
    ("rssnamespace.org/feedburner/ext/1.0", Space::FeedBurner),
    ("feedburner.com/feedburner/ext/1.0", Space::FeedBurner),
    ("wellformedweb.org/commentapi", Space::CommentApi),
    ("purl.org/rss/1.0/modules/slash", Space::Slash),
    ("purl.org/syndication/thread/1.0", Space::Threading),
    ("purl.org/syndication/history/1.0", Space::History),
    ("webns.net/mvcb", Space::Admin),
    ("w3.org/1999/02/22-rdf-syntax-ns", Space::Rdf),
    ("w3.org/1999/xhtml", Space::Xhtml),
    ("w3.org/2000/svg", Space::Svg),
    ("w3.org/1998/math/mathml", Space::MathMl),
    ("w3.org/xml/1998/namespace", Space::Xml),
];

/// Beginnings of addresses that are spelled in many ways behind, as [`folded`]: versions of RSS, drafts of Atom, and the
/// pages of the repository that the podcast vocabulary was first described in.
const BEGINNINGS: &[(&str, Space)] = &[
    ("backend.userland.com/rss", Space::Core),
    ("purl.org/atom/ns", Space::Core),
    ("github.com/podcastindex-org/podcast-namespace", Space::Podcast),
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
    ("podcast", Space::Podcast),
    ("psc", Space::Chapters),
    ("georss", Space::GeoRss),
    ("gml", Space::Gml),
    ("geo", Space::Geo),
    ("creativecommons", Space::License),
    ("cc", Space::License),
    ("feedburner", Space::FeedBurner),
    ("wfw", Space::CommentApi),
    ("slash", Space::Slash),
    ("thr", Space::Threading),
    ("fh", Space::History),
    ("admin", Space::Admin),
    ("xhtml", Space::Xhtml),
    ("svg", Space::Svg),
    ("xml", Space::Xml),
];

/// Declarations in force at one time; podcasts with every extension declare about 20.
const MAX_DECLARATIONS: usize = 128;

impl Space {
    /// The prefix people use for it, where what is in it can be kept as data.
    pub(super) fn prefix(self) -> Option<&'static str> {
        match self {
            Self::Podcast => Some("podcast"),
            Self::Itunes => Some("itunes"),
            Self::Content => Some("content"),
            _ => None,
        }
    }
}

/// The vocabulary with this address.
pub(super) fn by_address(address: &str) -> Space {
    let address = address.trim().to_ascii_lowercase();
    let address = folded(&address);
    if address.is_empty() {
        return Space::Core;
    }
    let known = ADDRESSES.iter().find(|(known, _)| *known == address);
    let known = known.or_else(|| BEGINNINGS.iter().find(|(known, _)| address.starts_with(known)));
    known.map_or(Space::Other, |(_, space)| *space)
}

/// A lower-case address without what people write in several ways: the scheme, `www.`, and what separates it from a name.
fn folded(address: &str) -> &str {
    let address = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://")).unwrap_or(address);
    address.strip_prefix("www.").unwrap_or(address).trim_end_matches(['/', '#'])
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

    #[test]
    fn an_address_is_known_however_it_is_spelled() {
        let rows = [
            ("http://www.itunes.com/dtds/podcast-1.0.dtd", Space::Itunes),
            ("http://www.itunes.com/DTDs/PodCast-1.0.dtd", Space::Itunes),
            ("https://podcastindex.org/namespace/1.0", Space::Podcast),
            ("http://podcastindex.org/namespace/1.0/", Space::Podcast),
            ("https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md", Space::Podcast),
            ("http://search.yahoo.com/mrss", Space::Media),
            ("https://www.rssboard.org/media-rss", Space::Media),
            ("http://purl.org/dc/elements/1.1", Space::Dc),
            ("http://www.georss.org/georss/", Space::GeoRss),
            ("http://www.opengis.net/gml", Space::Gml),
            ("http://www.w3.org/2003/01/geo/wgs84_pos#", Space::Geo),
            ("http://backend.userland.com/creativeCommonsRssModule", Space::License),
            ("http://backend.userland.com/RSS2", Space::Core),
            ("http://purl.org/atom/ns#draft-ietf-atompub-format-07", Space::Core),
            ("http://wellformedweb.org/CommentAPI/", Space::CommentApi),
            ("http://purl.org/rss/1.0/modules/slash/", Space::Slash),
            ("http://rssnamespace.org/feedburner/ext/1.0", Space::FeedBurner),
            ("", Space::Core),
            ("http://example.org/ours", Space::Other),
        ];
        for (address, wanted) in rows {
            assert_eq!(by_address(address), wanted, "{address}");
        }
    }
}
