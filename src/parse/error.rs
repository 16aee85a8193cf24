//! Why a document is not a feed.

use std::fmt::Write as _;

/// Why a document gives no [`Reading`](crate::model::Reading). Each says what there was instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing, or white space.
    #[error("the document is empty: nothing came with the answer")]
    Empty,
    /// An HTML page.
    #[error("this is a web page{}, not a feed{}", quoted(title.as_deref()), advice(feeds))]
    Page {
        /// The title of the page.
        title: Option<String>,
        /// The feeds that the page announces.
        feeds: Vec<FeedLink>,
    },
    /// Pictures, archives, programs.
    #[error("this is no text{}: a feed is XML or JSON", kind.map(|kind| format!(" but {kind}")).unwrap_or_default())]
    Binary {
        /// What the first bytes say it is.
        kind: Option<&'static str>,
    },
    /// JSON, but no JSON Feed.
    #[error("this is JSON, but not a JSON Feed: it has no `items`")]
    OtherJson,
    /// Begins like JSON and cannot be read as such.
    #[error("this begins like JSON and breaks off or is malformed at line {line}: {reason}")]
    BrokenJson {
        /// Line of the fault, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// XML of another kind.
    #[error("this is XML, but no feed: its root is `{root}`{}", hint(root))]
    OtherXml {
        /// Name of the root element.
        root: String,
    },
    /// XML without a single element.
    #[error("this is XML without elements: the document was probably cut off")]
    NoElements,
    /// Neither XML nor JSON.
    #[error("this is text, but neither XML nor JSON")]
    Unknown,
}

/// A feed that a page announces with a `link` element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLink {
    /// Its address; absolute where the page's own was known.
    pub address: String,
    /// What the page calls it.
    pub title: Option<String>,
}

fn quoted(title: Option<&str>) -> String {
    title.map(|title| format!(" (“{}”)", title.chars().take(80).collect::<String>())).unwrap_or_default()
}

fn advice(feeds: &[FeedLink]) -> String {
    if feeds.is_empty() {
        return ", and it announces none: add it as a page instead".to_owned();
    }
    let mut text = "; the page announces ".to_owned();
    for (number, feed) in feeds.iter().take(3).enumerate() {
        let _ = write!(text, "{}{}", if number == 0 { "" } else { ", " }, feed.address);
    }
    text
}

fn hint(root: &str) -> &'static str {
    let local = root.rsplit(':').next().unwrap_or(root);
    match local {
        "opml" => ", a list of feeds: import it",
        "urlset" | "sitemapindex" => ", a sitemap: read it with `kind = \"sitemap\"`",
        _ => "",
    }
}
