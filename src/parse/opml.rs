//! Lists of feeds: OPML, as every reader exports it.
//!
//! Follows <http://opml.org/spec2.opml>, leniently: attribute names in any case, `type` missing, `url` for `xmlUrl`, folders
//! as outlines without an address. Folders and the `category` attribute become tags.

use crate::encoding::{self, Markup};
use crate::model::Document;

use super::error::Error;
use super::tokens::{Tag, Tokens};
use super::walker::{Step, Walker};

/// Feeds read from one list.
const MAX_OUTLINES: usize = 100_000;

/// A feed in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// What the list calls it. OPML `title`, else `text`.
    pub title: Option<String>,
    /// Where the feed is. OPML `xmlUrl`.
    pub feed_url: String,
    /// The page it belongs to. OPML `htmlUrl`.
    pub home: Option<String>,
    /// The folders it is in, outermost first, and its own categories.
    pub tags: Vec<String>,
}

/// Reads a list of feeds, in its order.
///
/// # Errors
///
/// [`Error::Empty`] for nothing, [`Error::OtherXml`] and [`Error::Unknown`] for what holds no outline.
pub fn opml(document: &Document) -> Result<Vec<Outline>, Error> {
    let decoded = encoding::decode(&document.body, document.content_type.as_deref(), Markup::Xml);
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return Err(Error::Empty);
    }
    let mut walker = Walker::new(Tokens::new(text), None);
    let mut list = List::default();
    while let Some(step) = walker.next() {
        match step {
            Step::Start(tag) => list.start(&walker, &tag),
            Step::End => list.end(walker.depth()),
            Step::Text(_) => {}
        }
    }
    match (list.root, list.is_opml) {
        (_, true) => Ok(list.feeds),
        (Some(root), false) => Err(Error::OtherXml { root }),
        (None, false) => Err(Error::Unknown),
    }
}

#[derive(Default)]
struct List {
    feeds: Vec<Outline>,
    /// The folders we are in, with their depth.
    folders: Vec<(usize, String)>,
    root: Option<String>,
    is_opml: bool,
}

impl List {
    fn start<'a>(&mut self, walker: &Walker<'a>, tag: &Tag<'a>) {
        let local = tag.name.rsplit(':').next().unwrap_or(tag.name);
        self.is_opml |= local.eq_ignore_ascii_case("opml") || local.eq_ignore_ascii_case("outline");
        if self.root.is_none() {
            self.root = Some(tag.name.to_owned());
        }
        if !local.eq_ignore_ascii_case("outline") || self.feeds.len() >= MAX_OUTLINES {
            return;
        }
        let attribute = |name: &str| walker.attribute(tag, name).map(std::borrow::Cow::into_owned);
        let title = attribute("title").or_else(|| attribute("text"));
        let kind = attribute("type").unwrap_or_default().to_ascii_lowercase();
        let is_link = matches!(kind.as_str(), "link" | "include" | "html");
        let address = attribute("xmlUrl").or_else(|| attribute("feedUrl"));
        let address = address.or_else(|| attribute("url").filter(|_| !is_link));
        let Some(feed_url) = address else {
            self.folders.extend(title.map(|title| (walker.depth(), title)));
            return;
        };
        let mut tags: Vec<String> = self.folders.iter().map(|(_, title)| title.clone()).collect();
        for category in attribute("category").unwrap_or_default().split(',') {
            tags.extend(category.split('/').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
        }
        let mut seen = std::collections::HashSet::new();
        tags.retain(|tag| seen.insert(tag.clone()));
        self.feeds.push(Outline { title, feed_url, home: attribute("htmlUrl"), tags });
    }

    fn end(&mut self, depth: usize) {
        while self.folders.last().is_some_and(|(at, _)| *at > depth) {
            self.folders.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::document;
    use super::*;

    #[test]
    fn feeds_are_found_in_folders_and_in_any_case() {
        let text = "<?xml version='1.0'?><opml version='1.0'><head><title>Mine</title></head><body>\
            <outline text='World'><outline title='A &amp; B' text='x' type='rss' xmlUrl='http://a.example/f?x=1&amp;y=2' htmlUrl='http://a.example/'/>\
            <outline text='Europe'><outline text='C' XMLURL='http://c.example/f' category='/news/daily,World'/></outline></outline>\
            <outline text='D' url='http://d.example/f' type='rss'><outline text='Link' type='link' url='http://l.example/'/>";
        let outlines = opml(&document(text)).expect("a list");
        let shown: Vec<_> =
            outlines.iter().map(|o| (o.title.as_deref(), o.feed_url.as_str(), o.tags.join("/"))).collect();
        assert_eq!(
            shown,
            [
                (Some("A & B"), "http://a.example/f?x=1&y=2", "World".to_owned()),
                (Some("C"), "http://c.example/f", "World/Europe/news/daily".to_owned()),
                (Some("D"), "http://d.example/f", String::new()),
            ]
        );
        assert_eq!(outlines[0].home.as_deref(), Some("http://a.example/"));
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        assert_eq!(opml(&document(" ")), Err(Error::Empty));
        assert_eq!(opml(&document("<rss/>")), Err(Error::OtherXml { root: "rss".to_owned() }));
        assert_eq!(opml(&document("hello")), Err(Error::Unknown));
        assert_eq!(opml(&document("<opml/>")), Ok(Vec::new()));
    }
}
