//! What kind of document it is, told by its content: servers call feeds `text/html`, and pages feeds.

use url::Url;

use crate::address;
use crate::model::Dialect;

use super::error::{Error, FeedLink};
use super::names::{self, Name};
use super::namespaces::Space;
use super::references::{Entities, unescape};
use super::tokens::{Tag, Token, Tokens};

/// Elements looked at before a document is given up: warnings and pages in front of a feed are short.
const MAX_TAGS: usize = 20_000;
/// Links to feeds that an error reports.
const MAX_LINKS: usize = 20;

/// Where a feed begins.
pub(super) struct Root<'a> {
    /// Everything from the root's start tag on.
    pub(super) tokens: Tokens<'a>,
    pub(super) dialect: Dialect,
    /// Whether it is Atom in the namespace of version 1.0.
    pub(super) atom_1: bool,
}

/// Finds the root of a feed in a document that is not JSON, whatever stands before it.
pub(super) fn root<'a>(text: &'a str, base: Option<&Url>) -> Result<Root<'a>, Error> {
    let mut tokens = Tokens::new(text);
    let mut seen = Seen::default();
    for _ in 0..MAX_TAGS {
        let before = tokens.rest();
        match tokens.next() {
            None => break,
            Some(Token::Start(tag)) => {
                if let Some(dialect) = seen.dialect(&tag) {
                    tokens.skip_to(before);
                    let atom_1 = dialect == Dialect::Atom && has_atom_namespace(&tag);
                    return Ok(Root { tokens, dialect, atom_1 });
                }
                seen.note(&tag, &mut tokens, base);
            }
            Some(Token::Text(text) | Token::Cdata(text)) => seen.has_text |= !text.trim_ascii().is_empty(),
            Some(Token::End(_)) => {}
        }
    }
    Err(seen.error(text))
}

/// What stood before the root, or in a document without one.
#[derive(Default)]
struct Seen {
    /// The first element that is not HTML.
    root: Option<String>,
    is_page: bool,
    /// Whether that element belongs into a feed: the start tag of the feed itself is broken.
    lost_its_root: bool,
    has_text: bool,
    title: Option<String>,
    feeds: Vec<FeedLink>,
}

impl Seen {
    /// The dialect of the feed that begins with `tag`.
    fn dialect(&self, tag: &Tag) -> Option<Dialect> {
        let local = tag.name.rsplit(':').next().unwrap_or(tag.name).to_ascii_lowercase();
        // In a page or another XML document only an element that says so is a feed.
        let doubtful = self.is_page || (self.root.is_some() && !self.lost_its_root);
        match local.as_str() {
            "rss" => Some(Dialect::Rss),
            "feed" if !doubtful || has_atom_namespace(tag) => Some(Dialect::Atom),
            "rdf" if !self.is_page => Some(Dialect::Rdf),
            "channel" if !doubtful && declares(tag, "http://purl.org/net/rss1.1#") => Some(Dialect::Rdf),
            "channel" if !doubtful && is_cdf(tag) => Some(Dialect::Cdf),
            "channel" | "item" if !doubtful => Some(Dialect::Rss),
            "entry" if !doubtful => Some(Dialect::Atom),
            _ => None,
        }
    }

    fn note<'a>(&mut self, tag: &Tag<'a>, tokens: &mut Tokens<'a>, base: Option<&Url>) {
        let name = tag.name.to_ascii_lowercase();
        match name.as_str() {
            "html" | "head" | "body" => self.is_page = true,
            "title" if self.is_page && self.title.is_none() => {
                if let Some(Token::Text(text)) = tokens.next() {
                    let title = unescape(text, &Entities::default());
                    self.title = Some(title.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|t| !t.is_empty());
                }
            }
            "link" => self.feeds.extend(feed_link(tag, base).filter(|_| self.feeds.len() < MAX_LINKS)),
            "meta" | "script" | "style" | "div" | "p" | "br" | "b" | "i" | "h1" | "h2" | "a" | "table" | "font"
            | "center" | "span" | "pre" | "hr" | "strong" | "small" | "img" | "noscript" | "iframe" => {}
            _ if self.root.is_none() && is_name(tag.name) => {
                let known = names::name(Space::Core, &name) != Name::Unknown;
                self.lost_its_root = !self.is_page && (known || has_atom_namespace(tag));
                self.root = Some(tag.name.to_owned());
            }
            _ => {}
        }
    }

    fn error(self, text: &str) -> Error {
        let head = text.trim_start().as_bytes();
        let doctype = head.get(..14).is_some_and(|head| head.eq_ignore_ascii_case(b"<!doctype html"));
        if self.is_page || doctype {
            return Error::Page { title: self.title, feeds: self.feeds };
        }
        match self.root {
            Some(root) => Error::OtherXml { root },
            None if head.starts_with(b"<") && !self.has_text => Error::NoElements,
            None => Error::Unknown,
        }
    }
}

/// Whether an element is called what somebody would call one: rubbish has angle brackets too.
fn is_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.');
    name.len() <= 100 && name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(is_letter)
}

fn is_cdf(tag: &Tag) -> bool {
    tag.attributes.into_iter().any(|a| ["href", "lastmod", "self"].iter().any(|n| n.eq_ignore_ascii_case(a.name)))
}

fn has_atom_namespace(tag: &Tag) -> bool {
    declares(tag, "http://www.w3.org/2005/Atom")
}

/// Whether the tag declares a namespace of this address.
fn declares(tag: &Tag, address: &str) -> bool {
    let is_it = |value: &str| value.trim().eq_ignore_ascii_case(address);
    tag.attributes.into_iter().any(|attribute| attribute.name.starts_with("xmlns") && is_it(attribute.value))
}

/// The feed that a `link` element of a page announces.
fn feed_link(tag: &Tag, base: Option<&Url>) -> Option<FeedLink> {
    let attribute = |name: &str| {
        let found = tag.attributes.into_iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))?;
        Some(unescape(found.value, &Entities::default()).trim().to_owned())
    };
    let relation = attribute("rel")?.to_ascii_lowercase();
    let media_type = attribute("type").unwrap_or_default().to_ascii_lowercase();
    let announces = relation.split_ascii_whitespace().any(|relation| relation == "alternate" || relation == "feed");
    let is_feed = ["rss", "atom", "rdf", "feed+json"].iter().any(|kind| media_type.contains(kind));
    if !announces || !is_feed {
        return None;
    }
    let reference = attribute("href").filter(|reference| !reference.is_empty())?;
    let address = address::resolve_web(base, &reference).map_or(reference, String::from);
    Some(FeedLink { address, title: attribute("title").filter(|title| !title.is_empty()) })
}
