//! Articles for the tests of this module.

use jiff::{SignedDuration, Timestamp};

use crate::model::{Article, ArticleId, Content, Digest, Origin, SourceId};

/// The present of the tests.
pub(crate) fn now() -> Timestamp {
    "2026-03-10T12:00:00Z".parse().expect("a valid time")
}

/// An article of `source`, published and announced so many hours ago; different hours make different articles.
pub(crate) fn article(source: &str, hours_ago: i64) -> Article {
    let source: SourceId = source.parse().expect("a valid id");
    let link = format!("https://{source}.example/news/{hours_ago}");
    let moment = now() - SignedDuration::from_hours(hours_ago);
    Article {
        id: ArticleId::derive(&source, &link, 0),
        source,
        guid: link.clone(),
        published_id: link.clone(),
        first_seen: moment,
        announced_at: Some(moment),
        withdrawn_at: None,
        revision: 1,
        said: Digest::of(link.as_bytes()),
        content: Content {
            title: Some(format!("News {hours_ago}")),
            body: "<p>Some words.</p>".to_owned(),
            text: "Some words.".to_owned(),
            published: Some(moment),
            language: Some("en".to_owned()),
            ..Content::new(link.parse().expect("a valid address"))
        },
    }
}

/// The origin of a source.
pub(crate) fn origin(source: &SourceId) -> Origin {
    Origin {
        id: None,
        title: Some(format!("Source {source}")),
        feed_url: Some(format!("https://{source}.example/feed.xml")),
        home: Some(format!("https://{source}.example/news/")),
    }
}
