//! Lists of subscriptions: our own feeds, and the sources they are made of.
//!
//! Follows OPML 2.0, <https://opml.org/spec2.opml>, without dates: they would change the bytes and say nothing.

use std::collections::BTreeMap;

use askama::Template;

use super::Listing;
use super::text::{line, render, some_line};
use crate::model::{Origin, SourceId};

/// One subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Name as shown.
    pub title: String,
    /// Address of the feed. `None` for a page that has none: a reader then gets a link.
    pub feed_url: Option<String>,
    /// Address of its page.
    pub home: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// Tags. OPML separates them by commas, so a comma within one becomes a space.
    pub categories: Vec<String>,
}

impl Outline {
    /// A source as an outline.
    #[must_use]
    pub fn of_source(id: &SourceId, origin: &Origin, tags: &[String]) -> Self {
        Self {
            title: origin.title.clone().unwrap_or_else(|| id.to_string()),
            feed_url: origin.feed_url.clone(),
            home: origin.home.clone(),
            description: None,
            language: None,
            categories: tags.to_vec(),
        }
    }

    pub(super) fn of_listing(listing: &Listing) -> Self {
        let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            title: listing.title.clone(),
            feed_url: listing.addresses.first().map(|address| address.url.clone()),
            home: Some(listing.page_url.clone()),
            description: optional(&listing.description),
            language: listing.language.clone(),
            categories: Vec::new(),
        }
    }

    /// The same in characters XML can hold, each text on one line.
    fn cleaned(&self) -> Self {
        let categories = self.categories.iter().map(|tag| line(&tag.replace(',', " ")));
        Self {
            title: line(&self.title),
            feed_url: some_line(self.feed_url.as_deref()),
            home: some_line(self.home.as_deref()),
            description: some_line(self.description.as_deref()),
            language: some_line(self.language.as_deref()),
            categories: categories.filter(|tag| !tag.is_empty()).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "opml.xml")]
struct Document<R: Iterator<Item = Row> + Clone> {
    title: String,
    /// Made one by one as they are written: there may be tens of thousands.
    rows: R,
}

/// A line of the list.
#[derive(Clone)]
enum Row {
    /// A folder begins.
    Open(String),
    /// A subscription.
    Outline(Outline),
    /// The innermost folder ends.
    Close,
}

/// Writes a list of subscriptions.
#[must_use]
pub fn write(title: &str, outlines: &[Outline]) -> Vec<u8> {
    document(title, outlines.iter().map(|outline| Row::Outline(outline.cleaned())))
}

/// Writes a list of subscriptions in folders: each in that of its first tag, its other tags as categories. A tag that a
/// category cannot hold, with a comma or slash in it, is a folder within. Folders come in order of name, what has no tag first.
#[must_use]
pub fn write_in_folders(title: &str, outlines: &[Outline]) -> Vec<u8> {
    let mut folders: BTreeMap<Vec<String>, Vec<Outline>> = BTreeMap::new();
    for outline in outlines {
        let tags = outline.categories.iter().map(|tag| line(tag)).filter(|tag| !tag.is_empty()).enumerate();
        let (path, categories): (Vec<_>, Vec<_>) =
            tags.partition(|(place, tag)| *place == 0 || tag.contains([',', '/']));
        let tags = |pairs: Vec<(usize, String)>| pairs.into_iter().map(|(_, tag)| tag).collect::<Vec<_>>();
        let other = Outline { categories: tags(categories), ..outline.clone() };
        folders.entry(tags(path)).or_default().push(other.cleaned());
    }
    let mut rows = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for (path, outlines) in folders {
        let shared = open.iter().zip(&path).take_while(|(one, other)| one == other).count();
        rows.extend(open.drain(shared..).map(|_| Row::Close));
        rows.extend(path[shared..].iter().cloned().map(Row::Open));
        open = path;
        rows.extend(outlines.into_iter().map(Row::Outline));
    }
    rows.extend(open.into_iter().map(|_| Row::Close));
    document(title, rows.iter().cloned())
}

fn document(title: &str, rows: impl Iterator<Item = Row> + Clone) -> Vec<u8> {
    let mut text = render(&Document { title: line(title), rows });
    text.push('\n');
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_a_subscription_and_a_page_a_link() {
        let feed = Outline {
            title: "Ann & \"Co\"\u{0}".to_owned(),
            feed_url: Some("https://a.example/?a=1&b=2".to_owned()),
            home: Some("https://a.example/".to_owned()),
            categories: vec!["world".to_owned(), "a,b".to_owned()],
            ..Outline::default()
        };
        let page =
            Outline { title: "Page".to_owned(), home: Some("https://b.example/".to_owned()), ..Outline::default() };
        let text = String::from_utf8(write("Sources <all>", &[feed, page])).expect("UTF-8");
        insta::assert_snapshot!(text, @r#"
        <?xml version="1.0" encoding="utf-8"?>
        <opml version="2.0">
         <head>
          <title>Sources &#60;all&#62;</title>
          <docs>https://opml.org/spec2.opml</docs>
         </head>
         <body>
          <outline text="Ann &#38; &#34;Co&#34;" title="Ann &#38; &#34;Co&#34;" type="rss" xmlUrl="https://a.example/?a=1&#38;b=2" htmlUrl="https://a.example/" category="world,a b"/>
          <outline text="Page" title="Page" type="link" url="https://b.example/"/>
         </body>
        </opml>
        "#);
    }

    #[test]
    fn the_first_tag_of_a_subscription_is_its_folder() {
        let feed = |name: &str, tags: &[&str]| Outline {
            title: name.to_owned(),
            feed_url: Some(format!("https://{name}.example/f")),
            categories: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..Outline::default()
        };
        let list = [
            feed("b", &["World & all", "daily"]),
            feed("a", &[]),
            feed("c", &["World & all"]),
            feed("d", &["Local", "1/2"]),
        ];
        let text = String::from_utf8(write_in_folders("Mine", &list)).expect("UTF-8");
        insta::assert_snapshot!(text.split_once("</head>").expect("a head").1, @r#"

         <body>
          <outline text="a" title="a" type="rss" xmlUrl="https://a.example/f"/>
          <outline text="Local" title="Local">
          <outline text="1/2" title="1/2">
          <outline text="d" title="d" type="rss" xmlUrl="https://d.example/f"/>
          </outline>
          </outline>
          <outline text="World &#38; all" title="World &#38; all">
          <outline text="b" title="b" type="rss" xmlUrl="https://b.example/f" category="daily"/>
          <outline text="c" title="c" type="rss" xmlUrl="https://c.example/f"/>
          </outline>
         </body>
        </opml>
        "#);
    }
}
