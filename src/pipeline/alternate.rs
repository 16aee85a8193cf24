//! The article of a page that shows next to nothing, from the other form it offers: for small screens (AMP) or for print.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::extract::Extraction;
use crate::model::Field;
use crate::normalize;
use crate::plan::{KeptPage, KeptPart};

use super::fill::{Sheet, is_text};
use super::{Pipeline, Subscription, complete};

impl Pipeline {
    /// What a page gave; where it offers another form of itself, and that holds more, what that one gives, with the form to
    /// keep. Asked once, by the same manners as any page; where it cannot be had, the page stands.
    pub(super) async fn or_alternate(
        &self,
        subscription: &Arc<Subscription>,
        extraction: Extraction,
        page: &Url,
        kept: Option<&KeptPage>,
        now: Timestamp,
    ) -> (Extraction, Option<KeptPart>) {
        let Some(url) = offered(&extraction).filter(|url| *url != page).cloned() else { return (extraction, None) };
        let Ok(Sheet { document, validators, .. }) = self.sheet(subscription, &url, kept, now).await else {
            return (extraction, None);
        };
        let at = document.url.clone().unwrap_or_else(|| url.clone());
        if complete::leads_away(&url, &at, &subscription.source) || !is_text(&document) {
            return (extraction, None);
        }
        let Some((other, part)) = self.extract(subscription, document, &url, now).await else {
            return (extraction, None);
        };
        match join(extraction, other) {
            Ok(joined) => (joined, part.map(|part| if at == url { part.validated(validators) } else { part })),
            Err(page) => (*page, None),
        }
    }
}

/// The other form of a page, where it is asked for: the page shows next to nothing and has no further pages.
pub(super) fn offered(extraction: &Extraction) -> Option<&Url> {
    extraction.alternate.as_ref().filter(|_| extraction.next.is_none())
}

/// The article of `other` under the address of `page`; what only the page tells is kept. The page as it was where `other`
/// holds no more.
pub(super) fn join(page: Extraction, other: Extraction) -> Result<Extraction, Box<Extraction>> {
    if other.entry.content.is_none() || letters(&other.text) <= letters(&page.text) {
        return Err(Box::new(page));
    }
    let mut provenance = page.entry.provenance.clone();
    provenance.extend(other.entry.provenance.iter().filter(|(field, _)| **field != Field::Canonical));
    let mut article = other.entry;
    article.link = None;
    let mut entry = normalize::merge(&page.entry, article, true);
    entry.provenance = provenance;
    Ok(Extraction { entry, text: other.text, next: other.next, alternate: None, ..page })
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
        let joined = join(page.clone(), other).expect("it holds more");
        assert!(join(joined.clone(), page).is_err(), "less is not taken");
        assert_eq!(joined.entry.link.as_deref(), Some("https://x.example/a"));
        assert_eq!(joined.entry.title.map(|title| title.value).as_deref(), Some("The ferry is back"));
        assert!(joined.entry.published.is_some() && joined.entry.content.is_some());
        let rungs =
            [(Field::Title, Rung::Heuristic), (Field::Published, Rung::JsonLd), (Field::Canonical, Rung::OpenGraph)];
        assert_eq!(joined.entry.provenance, rungs.into());
        assert_eq!(joined.text, "It sails.");
    }
}
