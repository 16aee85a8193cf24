//! A feed for the tests of this module: an article that has everything, one that has next to nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{
    Article, ArticleId, Attribution, Category, Content, Digest, Enclosure, Feed, FeedEntry, Field, Figure, Named,
    Origin, Person, Rung, SourceId, Telling,
};

pub(super) fn moment(text: &str) -> Timestamp {
    text.parse().expect("a valid time")
}

/// A feed of these articles.
pub(super) fn feed(articles: Vec<Article>) -> Feed {
    let entries = articles.into_iter().map(|article| FeedEntry { origin: origin(), article, also: Vec::new() });
    Feed {
        id: "official".parse().expect("a valid id"),
        title: "Official <news> & notices".to_owned(),
        description: "What the press offices say".to_owned(),
        language: Some("en".to_owned()),
        base_url: "https://news.example.org/feeds/".parse().expect("a valid address"),
        updated: moment("2023-06-14T08:00:00Z"),
        ttl_minutes: Some(60),
        hubs: vec!["https://hub.example/".parse().unwrap()],
        history: crate::model::History::default(),
        drawn: None,
        deleted: Vec::new(),
        entries: entries.collect(),
    }
}

/// The same story of another source.
pub(super) fn telling() -> Telling {
    Telling {
        source: "agency".parse().expect("a valid id"),
        origin: Origin { title: Some("The Agency & co".to_owned()), ..Origin::default() },
        link: "https://agency.example/5?a=1&b=2".parse().expect("a valid address"),
        title: Some("A plant opens".to_owned()),
    }
}

fn origin() -> Origin {
    Origin {
        id: Some("tag:press.example.org,2020:feed".to_owned()),
        title: Some("Press & office".to_owned()),
        feed_url: Some("https://press.example.org/feed?a=1&b=2".to_owned()),
        home: Some("https://press.example.org/".to_owned()),
    }
}

fn article(guid: &str, content: Content) -> Article {
    let source: SourceId = "press".parse().expect("a valid id");
    let id = ArticleId::derive(&source, guid, 0);
    let first_seen = moment("2023-06-14T07:00:00Z");
    Article {
        id,
        source,
        guid: guid.to_owned(),
        published_id: if guid.contains(':') { guid.to_owned() } else { id.urn() },
        first_seen,
        announced_at: Some(first_seen),
        withdrawn_at: None,
        revision: 1,
        said: Digest::of(guid.as_bytes()),
        content,
    }
}

/// An article with nothing but a text.
pub(super) fn poor() -> Article {
    article("notice-7", bare("https://press.example.org/notices/", "<p>Water is back on.</p>", "Water is back on."))
}

/// An article with nothing at all.
pub(super) fn empty() -> Article {
    article("https://press.example.org/e", bare("https://press.example.org/e", "", ""))
}

fn bare(link: &str, body: &str, text: &str) -> Content {
    Content { body: body.to_owned(), text: text.to_owned(), ..Content::new(link.parse().expect("a valid address")) }
}

/// An article with everything.
pub(super) fn rich() -> Article {
    let link = "https://press.example.org/news/5?a=1&b=2";
    let body = "<p>The plant <b>opened</b> on Tuesday.</p>\n<p>It is “big” &amp; new: ]]&gt; 5 &lt; 6.</p>";
    let mut article = article(link, bare(link, body, "The plant opened on Tuesday.\nIt is “big” & new: ]]> 5 < 6."));
    article.revision = 3;
    article.content = Content {
        title: Some("Visit to a plant: 5 < 6 & ]]> ends\u{8}".to_owned()),
        lead: Some("The plant opened on Tuesday.".to_owned()),
        summary: Some("A plant & its <opening>.".to_owned()),
        published: Some(moment("2023-06-13T16:29:00.5+03:00")),
        updated: Some(moment("2023-06-13T18:00:00Z")),
        authors: vec![
            Person {
                name: Some("Ann Writer".to_owned()),
                email: Some("ann@press.example.org".to_owned()),
                url: Some("https://press.example.org/ann".to_owned()),
            },
            Person::named("Bob"),
        ],
        language: Some("en-GB".to_owned()),
        categories: vec![
            Category::term("Economy & trade"),
            Category {
                term: "04000000".to_owned(),
                scheme: Some("http://cv.iptc.org/newscodes/mediatopic/".to_owned()),
                label: Some("economy".to_owned()),
            },
        ],
        figures: vec![
            Figure {
                url: Some("https://press.example.org/a.jpg?w=1&h=2".to_owned()),
                caption: Some("The gate & the yard".to_owned()),
                place: Some("Minsk".to_owned()),
                credit: Some("Photo: C. Camera".to_owned()),
                alternative: Some("A gate".to_owned()),
            },
            Figure { caption: Some("A caption alone".to_owned()), ..Figure::default() },
        ],
        image: Some("https://press.example.org/lead.jpg".to_owned()),
        enclosures: vec![
            Enclosure {
                url: "https://press.example.org/a.mp3".to_owned(),
                media_type: Some("audio/mpeg".to_owned()),
                length_bytes: Some(1234),
                title: Some("The speech".to_owned()),
                duration_seconds: None,
            },
            Enclosure { url: "https://press.example.org/b.pdf".to_owned(), ..Enclosure::default() },
        ],
        attributions: vec![Attribution {
            text: "Based on materials of the Agency & others".to_owned(),
            names: vec![Named { name: "Agency".to_owned(), url: Some("https://agency.example/".to_owned()) }],
        }],
        dateline: Some("MINSK, June 13".to_owned()),
        comments: Some("https://press.example.org/news/5#comments".to_owned()),
        origin: Some(Origin {
            title: Some("The Agency".to_owned()),
            home: Some("https://agency.example/5".to_owned()),
            ..Origin::default()
        }),
        provenance: BTreeMap::from([(Field::Title, Rung::Rule), (Field::Body, Rung::Heuristic)]),
        ..article.content
    };
    article
}
