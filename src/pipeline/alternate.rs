//! The article of a page that shows next to nothing, from the other form it offers: for small screens (AMP) or for print.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::extract::Extraction;
use crate::fetch::{Answer, Kind, Request};
use crate::model::Field;
use crate::normalize;

use super::fill::{is_text, leads_away, same_origin};
use super::{Pipeline, Subscription};

impl Pipeline {
    /// What a page gave; where it offers another form of itself, and that holds more, what that one gives. Asked once, by the
    /// same manners as any page; where it cannot be had, the page stands. The address stays that of the page.
    pub(super) async fn or_alternate(
        &self,
        subscription: &Arc<Subscription>,
        mut extraction: Extraction,
        page: &Url,
        now: Timestamp,
    ) -> Extraction {
        let Some(url) = extraction.alternate.take().filter(|url| url != page) else { return extraction };
        let mut request = Request::new(Kind::Page, url.clone());
        if same_origin(&url, &subscription.source.urls()[0]) {
            request = request.with_headers(subscription.headers.clone());
        }
        let Answer::Fetched(fetched) = self.client.get(&request, now).await else { return extraction };
        let document = fetched.document;
        let at = document.url.as_ref().unwrap_or(&url);
        if leads_away(&url, at, subscription) || !is_text(&document) {
            return extraction;
        }
        match self.extract(subscription, document).await {
            Some(other) if other.entry.content.is_some() && letters(&other.text) > letters(&extraction.text) => {
                join(extraction, other)
            }
            _ => extraction,
        }
    }
}

/// The article of `other` under the address of `page`; what only the page tells is kept.
fn join(page: Extraction, other: Extraction) -> Extraction {
    let mut provenance = page.entry.provenance.clone();
    provenance.extend(other.entry.provenance.iter().filter(|(field, _)| **field != Field::Canonical));
    let mut article = other.entry;
    article.link = None;
    let mut entry = normalize::merge(&page.entry, article, true);
    entry.provenance = provenance;
    Extraction { entry, text: other.text, next: other.next, ..page }
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Entry, Rung, Text};

    #[test]
    fn the_other_form_gives_the_article_and_the_page_its_address() {
        let page = Extraction {
            entry: Entry {
                link: Some("https://x.example/a".to_owned()),
                title: Some(Text::plain("Ferry".to_owned())),
                published: "2024-05-02T06:30:00Z".parse().ok(),
                provenance: [(Field::Canonical, Rung::OpenGraph), (Field::Published, Rung::JsonLd)].into(),
                ..Entry::default()
            },
            ..Extraction::default()
        };
        let other = Extraction {
            entry: Entry {
                link: Some("https://x.example/amp/a".to_owned()),
                title: Some(Text::plain("The ferry is back".to_owned())),
                content: Some(Text::html("<p>It sails.</p>".to_owned())),
                provenance: [(Field::Canonical, Rung::Heuristic), (Field::Title, Rung::Heuristic)].into(),
                ..Entry::default()
            },
            text: "It sails.".to_owned(),
            ..Extraction::default()
        };
        let joined = join(page, other);
        assert_eq!(joined.entry.link.as_deref(), Some("https://x.example/a"));
        assert_eq!(joined.entry.title.map(|title| title.value).as_deref(), Some("The ferry is back"));
        assert!(joined.entry.published.is_some() && joined.entry.content.is_some());
        let rungs =
            [(Field::Title, Rung::Heuristic), (Field::Published, Rung::JsonLd), (Field::Canonical, Rung::OpenGraph)];
        assert_eq!(joined.entry.provenance, rungs.into());
        assert_eq!(joined.text, "It sails.");
    }
}
