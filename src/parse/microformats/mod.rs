//! The entries that a web page marks up for programs: h-feed and h-entry of microformats2, and their forerunners `hfeed`
//! and `hentry` where the caller wants them.
//!
//! Follows <https://microformats.org/wiki/microformats2-parsing>, <https://microformats.org/wiki/h-entry> and, for authors,
//! <https://indieweb.org/authorship>, over the parsed page instead of over JSON. A page is a feed by its classes alone: never
//! by its looks, so that error pages and front pages of newspapers stay pages; nor by one entry that is the page itself, as
//! software for sites marks up articles. The older classes stand in the themes of
//! every second blog, often around what is no post; they count only for who asks ([`Classes::Older`]), and only with a title
//! and an address. Left out: what an entry answers, likes or quotes (`h-cite`), events, and where else it was published.

mod entry;
mod properties;
mod roots;
mod values;

#[cfg(test)]
mod tests;

use url::Url;

use crate::address;
use crate::dom::{Node, Page};
use crate::encoding::{self, Markup};
use crate::model::{Category, Channel, Dialect, Document, Entry, Person, Reading, Text};

use super::reader::left_out;
use properties::Properties;
use roots::Era;

/// Entries read from one page.
const MAX_ENTRIES: usize = 1_000;

/// Which classes make an element an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Classes {
    /// Those of microformats2: `h-feed`, `h-entry`.
    Current,
    /// Also those of before: `hfeed`, `hentry`, where the page has none of the others.
    Older,
}

/// Reads the entries a page marks up; `None` for a page that marks up none.
#[must_use]
pub fn microformats(document: &Document, classes: Classes) -> Option<Reading> {
    let decoded = encoding::decode(&document.body, document.content_type.as_deref(), Markup::Html);
    if !mentions(&decoded.text, "h-entry") && (classes == Classes::Current || !mentions(&decoded.text, "hentry")) {
        return None;
    }
    let page = Page::parse(&decoded.text);
    let scene = Scene::of(&page, document.url.as_ref());
    let current = scene.read(Era::Current);
    let read = match classes {
        Classes::Older => current.or_else(|| scene.read(Era::Older)),
        Classes::Current => current,
    };
    read.map(|mut reading| {
        reading.problems.splice(0..0, decoded.problems);
        reading
    })
}

/// Whether a class can be in the page at all: cheaper than looking.
pub(super) fn mentions(text: &str, class: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), class.as_bytes()).is_some()
}

/// A page with what its addresses are relative to.
struct Scene<'a> {
    page: &'a Page,
    url: Option<&'a Url>,
    base: Option<Url>,
    /// Whether the page set the base itself.
    has_own_base: bool,
}

impl<'a> Scene<'a> {
    fn of(page: &'a Page, url: Option<&'a Url>) -> Self {
        let own = page.declared_base().and_then(|href| address::resolve_web(url, href));
        Self { page, url, has_own_base: own.is_some(), base: own.or_else(|| url.cloned()) }
    }

    /// An address as text: resolved where the base is known.
    fn address(&self, reference: &str) -> Option<String> {
        let reference = reference.trim();
        if reference.is_empty() {
            return None;
        }
        match address::resolve(self.base.as_ref(), reference) {
            Some(url) => Some(url.into()),
            None if self.base.is_none() && !reference.contains(':') => Some(reference.to_owned()),
            None => None,
        }
    }

    fn read(&self, era: Era) -> Option<Reading> {
        let feeds = roots::feeds(self.page, era);
        let author = self.page_author();
        let readings = feeds.into_iter().filter_map(|feed| {
            let properties = feed.root.map(|root| Properties::of(self, root));
            let channel = self.channel(properties.as_ref());
            let authors = if channel.authors.is_empty() { author.clone() } else { channel.authors.clone() };
            let mut entries: Vec<Entry> = Vec::new();
            for root in feed.entries.iter().take(MAX_ENTRIES) {
                let Some(mut entry) = entry::read(self, *root) else { continue };
                if entry.authors.is_empty() {
                    entry.authors.clone_from(&authors);
                }
                entries.push(entry);
            }
            let dropped = feed.entries.len().saturating_sub(MAX_ENTRIES);
            let problems = (dropped > 0).then(|| left_out(dropped, MAX_ENTRIES)).into_iter().collect();
            let is_article = feed.root.is_none() && matches!(&entries[..], [one] if self.is_about(one));
            (!entries.is_empty() && !is_article).then_some(Reading {
                dialect: Dialect::HFeed,
                channel,
                entries,
                problems,
            })
        });
        // A page may have more than one: the posts, and beside them what was said lately. The first of the fullest.
        let fullness = |entries: &[Entry]| -> usize {
            let weight = |entry: &Entry| {
                1 + 2 * usize::from(entry.content.is_some())
                    + usize::from(entry.published.is_some())
                    + usize::from(entry.title.is_some())
            };
            entries.iter().map(weight).sum()
        };
        readings.reduce(|best, other| if fullness(&other.entries) > fullness(&best.entries) { other } else { best })
    }

    /// Whether the page as a whole is this entry: it names no address, or that of the page.
    fn is_about(&self, entry: &Entry) -> bool {
        let fold = |link: &str| Url::parse(link).ok().map(|url| address::fold(&url));
        let own =
            [self.url.map(address::fold), self.page.declared_canonical().and_then(|href| fold(&self.address(href)?))];
        entry.link.as_deref().is_none_or(|link| own.contains(&fold(link).or_else(|| Some(link.to_owned()))))
    }

    /// What the feed says about itself; the page answers for what it leaves open.
    fn channel(&self, properties: Option<&Properties>) -> Channel {
        let page = self.page;
        let said = |name: &str| properties.and_then(|properties| properties.text(self, name));
        let title = said("name").or_else(|| {
            let title = page.named(page.root(), "title").next()?;
            Some(page.line(title)).filter(|title| !title.is_empty())
        });
        let link = properties.and_then(|properties| properties.address(self, "url"));
        let own = self.url.map(|url| url.as_str().to_owned());
        let language = properties.and_then(|properties| {
            let node = properties.root.node;
            std::iter::once(node)
                .chain(page.ancestors(node))
                .find_map(|node| page.filled(node, "lang"))
                .map(str::to_owned)
        });
        Channel {
            title: title.map(Text::plain),
            description: said("summary").map(Text::plain),
            link: link
                .or_else(|| page.declared_canonical().and_then(|href| self.address(href)))
                .or_else(|| own.clone()),
            self_link: own,
            hubs: self
                .linked("link", "hub")
                .and_then(|node| page.filled(node, "href"))
                .and_then(|href| self.address(href))
                .into_iter()
                .collect(),
            language: language.or_else(|| page.declared_language().map(str::to_owned)),
            image: properties.and_then(|properties| properties.address(self, "photo")),
            authors: properties.map(|properties| entry::authors(self, properties)).unwrap_or_default(),
            categories: properties
                .map(|properties| properties.texts(self, "category").into_iter().map(Category::term).collect())
                .unwrap_or_default(),
            ..Channel::default()
        }
    }

    /// The author of the page as a whole: whom it names with `rel=author`, else whose page it is by a card of its own.
    fn page_author(&self) -> Vec<Person> {
        let named = self.linked("a", "author").or_else(|| self.linked("link", "author"));
        let url = named.and_then(|link| self.page.filled(link, "href")).and_then(|href| self.address(href));
        let mut cards = roots::cards(self.page).into_iter().map(|card| entry::person(self, card.node));
        let is_meant = |person: &Person| match (&url, &person.url) {
            (Some(url), own) => own.as_ref() == Some(url),
            (None, Some(own)) => Url::parse(own).is_ok_and(|own| self.url.is_some_and(|page| is_home(&own, page))),
            (None, None) => false,
        };
        if let Some(person) = cards.find(is_meant).filter(|person| person.name.is_some()) {
            return vec![person];
        }
        let Some(link) = named else { return Vec::new() };
        let name = Some(self.page.line(link)).filter(|name| !name.is_empty() && name.chars().count() <= 100);
        let name = name.or_else(|| self.page.filled(link, "title").map(str::to_owned));
        name.map(|name| Person { name: Some(name), url, email: None }).into_iter().collect()
    }

    /// The first element of this name with this relation.
    fn linked(&self, name: &str, relation: &str) -> Option<Node> {
        self.page.named(self.page.root(), name).find(|node| has_relation(self.page, *node, relation))
    }
}

/// Whether an address is that of the page, or of the site it is on.
fn is_home(own: &Url, page: &Url) -> bool {
    address::fold(own) == address::fold(page) || (address::is_front(own) && own.host_str() == page.host_str())
}

fn has_relation(page: &Page, node: Node, relation: &str) -> bool {
    let is_it = |rel: &str| rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(relation));
    page.attribute(node, "rel").is_some_and(is_it)
}
