//! The feeds of a page, the most likely first: those it announces (RSS Autodiscovery), the entries it marks up itself, links
//! that look like feeds, and the places where the software that made the page keeps its feeds.
//!
//! Nothing is asked here: what is found is where to ask, in which order, and why. Links and places of software are looked
//! for only where the page announces no feed of the whole site or section. Addresses that nothing on the page speaks for
//! are given only when asked for ([`usual`]).

mod links;
mod platforms;

use std::fmt;

use url::Url;

use crate::address;
use crate::dom::Node;
use crate::model::Document;

use super::{Context, Scene};

/// Feeds told of one page.
const MAX_FOUND: usize = 50;

/// A feed of a page: where it is, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its address.
    pub url: Url,
    /// Its name, as the page gives it.
    pub title: Option<String>,
    /// The media type the page gives, or its address suggests.
    pub media_type: Option<String>,
    /// What speaks for it.
    pub why: Why,
    /// How much of the site it tells of.
    pub scope: Scope,
}

/// What speaks for a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A `link` element of the page names it.
    Announced,
    /// The page itself is one, by its classes (`h-entry`).
    Marked,
    /// A link in the page looks like it.
    Linked,
    /// Sites made with this software have their feed there.
    Platform(&'static str),
    /// Many sites have one there.
    Usual,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Announced => f.write_str("announced by the page"),
            Self::Marked => f.write_str("the page itself marks up its entries (h-entry)"),
            Self::Linked => f.write_str("linked from the page"),
            Self::Platform(name) => write!(f, "where {name} keeps it"),
            Self::Usual => f.write_str("a usual place"),
        }
    }
}

/// How much a feed tells of, what is wanted most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The section the page is of.
    Section,
    /// The whole site.
    Site,
    /// One subject, author or search, or another site.
    Part,
    /// What readers say.
    Comments,
}

/// Media types of feeds by what they contain, the best first.
const TYPES: [&str; 9] =
    ["atom", "rss", "feed+json", "rdf", "application/json", "text/xml", "application/xml", "text/html", ""];

/// The feeds of a page, the most likely first.
#[must_use]
pub fn find(document: &Document, context: &Context) -> Vec<Found> {
    let scene = Scene::of(document, context);
    let mut found = List::default();
    links::announced(&scene, &mut found);
    if let Some(url) = scene.url.clone().filter(|_| is_marked_up(&scene)) {
        found.push(Found {
            url,
            title: None,
            media_type: Some("text/html".to_owned()),
            why: Why::Marked,
            scope: Scope::Site,
        });
    }
    let is_told = |found: &Found| found.why == Why::Announced && found.scope <= Scope::Site;
    if !found.0.iter().any(is_told) {
        links::linked(&scene, &mut found);
        platforms::places(&scene, document, &mut found);
    }
    found.ranked()
}

/// Addresses where many sites have a feed, the most usual first: below the page, then below its host.
#[must_use]
pub fn usual(page: &Url) -> Vec<Found> {
    const NAMES: [&str; 12] = [
        "feed",
        "rss",
        "rss.xml",
        "feed.xml",
        "atom.xml",
        "index.xml",
        "feed.json",
        "feeds",
        "rss/",
        "feed/atom",
        "blog/feed",
        "?feed=rss2",
    ];
    let mut folders = vec![platforms::folder(page)];
    folders.extend(page.join("/").ok().filter(|root| *root != folders[0]));
    let mut found: Vec<Found> = Vec::new();
    for (number, folder) in folders.iter().enumerate() {
        // Below a section only the names that software gives by itself.
        let names = if number + 1 < folders.len() { &NAMES[..3] } else { &NAMES[..] };
        for url in names.iter().filter_map(|name| folder.join(name).ok()) {
            if !found.iter().any(|known| known.url == url) {
                let media_type = links::suggested_type(&url).map(str::to_owned);
                found.push(Found { url, title: None, media_type, why: Why::Usual, scope: Scope::Site });
            }
        }
    }
    found
}

/// The one feed that is meant, where the page leaves no doubt: the others tell less, or are the same in another format.
#[must_use]
pub fn clear(found: &[Found]) -> Option<&Found> {
    let best = found.first().filter(|best| best.why <= Why::Marked && best.scope <= Scope::Site)?;
    let rival = |other: &&Found| other.why == Why::Announced && other.scope == best.scope && rank(other) == rank(best);
    (found.iter().skip(1).filter(rival).count() == 0).then_some(best)
}

/// What was found, in the order it was found.
#[derive(Default)]
struct List(Vec<Found>);

impl List {
    fn push(&mut self, one: Found) {
        if self.0.len() < 4 * MAX_FOUND && !self.0.iter().any(|known| known.url == one.url) {
            self.0.push(one);
        }
    }

    fn ranked(mut self) -> Vec<Found> {
        // What the page says itself goes before what is only likely; platforms stay in the order of the table.
        let order = |found: &Found| {
            let why = match found.why {
                Why::Announced => 0,
                Why::Marked => 1,
                Why::Linked => 2,
                Why::Platform(_) => 3,
                Why::Usual => 4,
            };
            let kind = if matches!(found.why, Why::Platform(_)) { 0 } else { rank(found) };
            // A place the software is known for goes before a link to a part.
            let scope =
                if found.why >= Why::Linked && found.scope == Scope::Section { Scope::Site } else { found.scope };
            (scope, why, kind)
        };
        self.0.sort_by_key(order);
        self.0.truncate(MAX_FOUND);
        self.0
    }
}

/// The place of a media type among those of feeds.
fn rank(found: &Found) -> usize {
    let media_type = found.media_type.as_deref().unwrap_or_default();
    TYPES.iter().position(|kind| media_type.contains(kind)).unwrap_or(TYPES.len())
}

/// Whether the page marks up a list of entries in the manner of microformats2; one alone is an article.
fn is_marked_up(scene: &Scene) -> bool {
    let page = &scene.page;
    let classes = page.inside(page.root()).filter_map(|node: Node| page.attribute(node, "class"));
    let (mut feeds, mut entries) = (0, 0);
    for class in classes.flat_map(str::split_ascii_whitespace) {
        feeds += usize::from(class == "h-feed");
        entries += usize::from(class == "h-entry");
    }
    entries > 1 || (entries == 1 && feeds > 0)
}

/// How much a feed tells of, as its address and title say.
fn scope(page: Option<&Url>, url: &Url, title: Option<&str>) -> Scope {
    let path = url.path().to_lowercase();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let title = title.unwrap_or_default().to_lowercase().replace("commentar", "");
    let query = url.query().unwrap_or_default().to_lowercase();
    let is_comment = |text: &str| COMMENTS.iter().any(|word| text.contains(word));
    let speaks = segments.iter().any(|segment| is_comment(segment) && !segment.starts_with("commentar"));
    if speaks || is_comment(&title) || query.contains("comments") {
        return Scope::Comments;
    }
    if page.is_some_and(|page| is_section(page, url)) {
        return Scope::Section;
    }
    let narrow = segments.iter().any(|segment| PARTS.contains(segment)) || title.contains("podcast");
    let chosen = ["cat=", "tag=", "author=", "s=", "category=", "topic="];
    let chosen = query.split('&').any(|pair| chosen.iter().any(|name| pair.starts_with(name)));
    if narrow || chosen { Scope::Part } else { Scope::Site }
}

/// Words for what readers say, in the languages of feeds.
const COMMENTS: [&str; 21] = [
    "comment",
    "kommentar",
    "kommentti",
    "comentari",
    "comentári",
    "commenti",
    "reactie",
    "yorum",
    "komentar",
    "komentarz",
    "komentář",
    "komment",
    "коммент",
    "камент",
    "комент",
    "σχόλι",
    "コメント",
    "评论",
    "評論",
    "댓글",
    "التعليق",
];

/// Segments of addresses that tell of a part.
const PARTS: [&str; 14] = [
    "author",
    "autor",
    "auteur",
    "tag",
    "tags",
    "category",
    "categories",
    "kategorie",
    "categorie",
    "categoria",
    "topic",
    "topics",
    "search",
    "label",
];

/// Whether a feed is that of the section a page shows: its address begins with that of the page. The feed below an article
/// is that of its comments.
fn is_section(page: &Url, url: &Url) -> bool {
    if address::is_front(page) || page.host_str() != url.host_str() {
        return false;
    }
    let path = page.path().trim_end_matches('/');
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let is_article = |segment: &str| segment.matches('-').count() > 2 || segment.chars().any(|c| c.is_ascii_digit());
    let below = url.path().strip_prefix(path).is_some_and(|rest| rest.starts_with(['/', '.']) || rest.is_empty());
    below && segments.len() <= 4 && !segments.iter().any(|segment| is_article(segment) || *segment == "index.html")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(address: &str, markup: &str) -> Vec<Found> {
        let document = Document { url: Url::parse(address).ok(), content_type: None, body: markup.to_owned().into() };
        find(&document, &Context::default())
    }

    fn found(markup: &str) -> Vec<String> {
        all("https://x.example/news/", markup).into_iter().map(|found| found.url.into()).collect()
    }

    #[test]
    fn announced_feeds_come_in_order_of_likelihood() {
        let markup = "<link rel=alternate type=application/rss+xml title='Comments feed' href=/comments/feed/>
            <link rel=alternate type=application/rss+xml href=/feed/><link rel=alternate type=application/atom+xml href=/atom.xml>
            <link rel=alternate type=application/rss+xml href=/tag/bees/feed/>
            <link rel=alternate type=application/json href=/wp-json/wp/v2/posts/1><link rel=alternate hreflang=de href=/de/>";
        assert_eq!(
            found(markup),
            [
                "https://x.example/atom.xml",
                "https://x.example/feed/",
                "https://x.example/tag/bees/feed/",
                "https://x.example/comments/feed/"
            ]
        );
    }

    #[test]
    fn links_are_looked_at_only_where_nothing_is_announced() {
        assert_eq!(found("<a href=/rss.xml>RSS</a><a href=/about>About</a>"), ["https://x.example/rss.xml"]);
        assert_eq!(
            found("<link rel=alternate type=application/rss+xml href=/feed/><a href=/rss.xml>RSS</a>"),
            ["https://x.example/feed/"]
        );
        assert_eq!(
            found("<link rel=alternate type=application/rss+xml href=/comments/feed/><a href=/rss.xml>RSS</a>"),
            ["https://x.example/rss.xml", "https://x.example/comments/feed/"]
        );
        assert!(found("").is_empty());
    }

    #[test]
    fn the_feed_of_the_section_goes_before_that_of_the_site_and_that_of_an_article_last() {
        let two = |own: &str, title: &str| {
            format!(
                "<link rel=alternate type=application/rss+xml href=/feed/><link rel=alternate type=application/rss+xml href='{own}' title='{title}'>"
            )
        };
        let first = |address: &str, markup: &str| all(address, markup)[0].url.path().to_owned();
        assert_eq!(
            first("https://x.example/category/news/", &two("/category/news/feed/", "News")),
            "/category/news/feed/"
        );
        assert_eq!(first("https://x.example/", &two("/category/news/feed/", "News")), "/feed/");
        let post = "https://x.example/2026/03/a-long-day-in-town/";
        assert_eq!(first(post, &two("/2026/03/a-long-day-in-town/feed/", "Day")), "/feed/");
        assert_eq!(first("https://x.example/news/", &two("/news/feed/", "X » Kommentar-Feed")), "/feed/");
        assert_eq!(first("https://x.example/", &two("/commentary/feed", "Commentary")), "/feed/");
        assert_eq!(all("https://x.example/", &two("/commentary/feed", "Commentary"))[1].scope, Scope::Site);
    }

    #[test]
    fn a_page_that_marks_up_entries_is_a_feed_after_those_it_announces() {
        let entry = "<div class='post h-entry'><a class=u-url href=/1>One</a></div>";
        assert!(found(entry).is_empty(), "one entry is an article");
        let marked = &format!("<div class=h-feed>{entry}</div>");
        assert_eq!(found(marked), ["https://x.example/news/"]);
        let announced = format!("<link rel=alternate type=application/rss+xml href=/feed/>{marked}");
        assert_eq!(found(&announced), ["https://x.example/feed/", "https://x.example/news/"]);
    }

    #[test]
    fn only_a_page_without_rivals_leaves_no_doubt() {
        let rss = |href: &str| format!("<link rel=alternate type=application/rss+xml href={href}>");
        let atom = "<link rel=alternate type=application/atom+xml href=/atom>";
        let rows = [
            (rss("/a"), Some("/a")),
            (rss("/a") + atom, Some("/atom")),
            (rss("/a") + &rss("/b"), None),
            (rss("/a") + &rss("/comments/feed"), Some("/a")),
            ("<a href=/rss.xml>RSS</a>".to_owned(), None),
            (String::new(), None),
        ];
        for (markup, wanted) in rows {
            let found = all("https://x.example/", &markup);
            assert_eq!(clear(&found).map(|found| found.url.path()), wanted, "{markup}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

        #[test]
        fn no_markup_makes_it_panic(
            address in "https://(github\\.com|x\\.example|www\\.youtube\\.com)/[a-z./@?=&%é-]{0,20}",
            markup in "(<link rel=alternate |type=application/rss\\+xml |href=|feed:|http://|/feed|<a |rss|>|'|%E2|é|<meta name=generator content=|hugo|wordpress|/blogs/|/channel/UC|<base |https://feedly.com/i/| ){0,50}",
        ) {
            let found = all(&address, &markup);
            proptest::prop_assert!(found.len() <= MAX_FOUND);
            let _ = (clear(&found), Url::parse(&address).map(|url| usual(&url)));
        }
    }

    #[test]
    fn usual_places_are_below_the_page_and_below_the_host() {
        let url = Url::parse("https://x.example/blog/index.html?x=1#y").expect("valid");
        let places: Vec<String> = usual(&url).into_iter().map(|found| found.url.into()).collect();
        assert_eq!(places[0], "https://x.example/blog/feed");
        assert!(places.contains(&"https://x.example/feed.json".to_owned()), "{places:?}");
        let front = usual(&Url::parse("https://x.example").expect("valid"));
        assert!(front.len() >= 10 && front.iter().all(|found| found.why == Why::Usual));
    }
}
