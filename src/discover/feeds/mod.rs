//! The feeds a page announces: `link rel=alternate` (RSS Autodiscovery), and links that look like feeds where it
//! announces none.

use url::Url;

use crate::dom::Node;
use crate::model::Document;

use super::{Context, Scene};

/// A feed a page announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its address.
    pub url: Url,
    /// Its name, as the page gives it.
    pub title: Option<String>,
    /// The media type the page gives; `None` for a link in the text.
    pub media_type: Option<String>,
}

/// Media types of feeds, the best first.
const TYPES: [&str; 7] = [
    "application/atom+xml",
    "application/rss+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/json",
    "text/xml",
    "application/xml",
];

/// The feeds of a page, the most likely first: the site's own before those of comments, Atom before RSS before the rest.
#[must_use]
pub fn find(document: &Document, context: &Context) -> Vec<Found> {
    let scene = Scene::of(document, context);
    let page = &scene.page;
    let mut found: Vec<(u32, Found)> = Vec::new();
    for link in page.named(page.root(), "link").filter(|link| is_alternate(&scene, *link)) {
        let Some(url) = page.filled(link, "href").and_then(|href| scene.web(href)) else { continue };
        let Some(media_type) = page.filled(link, "type").map(str::to_ascii_lowercase) else { continue };
        let Some(rank) = TYPES.iter().position(|kind| media_type.starts_with(kind)) else { continue };
        // `application/json` is also the type of programming interfaces (WordPress announces one).
        if media_type == "application/json" && !url.path().contains("feed") {
            continue;
        }
        let title = page.filled(link, "title").map(str::to_owned);
        let rank = u32::try_from(rank).unwrap_or(0) + penalty(&url, title.as_deref());
        push(&mut found, rank, Found { url, title, media_type: Some(media_type) });
    }
    if found.is_empty() {
        for link in page.named(page.root(), "a") {
            let Some(url) = page.filled(link, "href").and_then(|href| scene.web(href)) else { continue };
            if looks_like_feed(&url) {
                let title = Some(page.line(link)).filter(|text| !text.is_empty());
                let rank = 10 + penalty(&url, title.as_deref());
                push(&mut found, rank, Found { url, title, media_type: None });
            }
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, found)| found).take(50).collect()
}

fn is_alternate(scene: &Scene, link: Node) -> bool {
    scene.page.attribute(link, "rel").is_some_and(|rel| {
        let mut words = rel.split_whitespace().map(str::to_ascii_lowercase);
        words.any(|word| word == "alternate" || word == "feed")
    })
}

fn push(found: &mut Vec<(u32, Found)>, rank: u32, one: Found) {
    if !found.iter().any(|(_, known)| known.url == one.url) {
        found.push((rank, one));
    }
}

/// What makes a feed less likely to be the one that is wanted: comments, one author, one subject, search.
fn penalty(url: &Url, title: Option<&str>) -> u32 {
    let told = format!("{} {}", url.path().to_lowercase(), title.unwrap_or_default().to_lowercase());
    let comments = ["comment", "kommentar", "комментар", "каментар"].iter().any(|word| told.contains(word));
    let narrow = ["/author/", "/tag/", "/category/", "/search/", "podcast"].iter().any(|word| told.contains(word));
    u32::from(comments) * 100 + u32::from(narrow) * 20
}

fn looks_like_feed(url: &Url) -> bool {
    let path = url.path().to_lowercase();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    ["rss", "feed", "atom", "rss.xml", "feed.xml", "atom.xml", "index.rdf", "feed.json", "rss.php", "index.xml"]
        .contains(&last)
        || [".rss", ".atom", ".rdf"].iter().any(|ending| last.ends_with(ending))
        || url.query().is_some_and(|query| query == "feed=rss2" || query.contains("format=feed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(markup: &str) -> Vec<String> {
        let document = Document {
            url: Url::parse("https://x.example/news/").ok(),
            content_type: None,
            body: markup.to_owned().into(),
        };
        find(&document, &Context::default()).into_iter().map(|found| found.url.into()).collect()
    }

    #[test]
    fn announced_feeds_come_in_order_of_likelihood() {
        let markup = "<link rel=alternate type=application/rss+xml title='Comments feed' href=/comments/feed/>
            <link rel=alternate type=application/rss+xml href=/feed/><link rel=alternate type=application/atom+xml href=atom.xml>
            <link rel=alternate type=application/json href=/wp-json/wp/v2/posts/1><link rel=alternate hreflang=de href=/de/>";
        assert_eq!(
            found(markup),
            ["https://x.example/news/atom.xml", "https://x.example/feed/", "https://x.example/comments/feed/"]
        );
    }

    #[test]
    fn links_are_looked_at_only_where_nothing_is_announced() {
        assert_eq!(found("<a href=/rss.xml>RSS</a><a href=/about>About</a>"), ["https://x.example/rss.xml"]);
        assert_eq!(
            found("<link rel=alternate type=application/rss+xml href=/feed/><a href=/rss.xml>RSS</a>"),
            ["https://x.example/feed/"]
        );
        assert!(found("").is_empty());
    }
}
