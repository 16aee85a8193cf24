//! Lists of subscriptions: our own feeds, and the sources they are made of.
//!
//! Follows OPML 2.0, <https://opml.org/spec2.opml>, without dates: they would change the bytes and say nothing.

use askama::Template;

use super::text::{line, render, some_line};
use super::{Listing, Publication};
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

    /// A feed of ours, in the first of its formats.
    #[must_use]
    pub fn of_feed(publication: &Publication) -> Self {
        Self::of_listing(&Listing::of(publication))
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
struct Document {
    title: String,
    outlines: Vec<Outline>,
}

/// Writes a list of subscriptions.
#[must_use]
pub fn write(title: &str, outlines: &[Outline]) -> Vec<u8> {
    let document = Document { title: line(title), outlines: outlines.iter().map(Outline::cleaned).collect() };
    let mut text = render(&document);
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
}
