//! Everything that is published, each with its place: one list for the folder and the server, so that both give the same.
//!
//! Places are fixed for ever: `index.html`, `{feed}/index.html`, `{feed}.rss`, `{feed}.atom`, `{feed}.json`,
//! `{feed}.ndjson`, `{feed}/archive/{number}.{extension}`, `feeds.opml`, `sources.opml`, `icon.svg`. A path that ends in `index.html` is served at the folder's address.

use jiff::Timestamp;
use url::Url;

use super::text::{demanded_title, line, some_line};
use super::{Format, Outline, opml, pages, write};
use crate::model::{Feed, FeedId};

/// Articles named on the front page for each feed.
const LATEST: usize = 3;

const HTML: &str = "text/html; charset=utf-8";
const OPML: &str = "text/x-opml; charset=utf-8";

/// The icon of the pages. A file, not a `data:` address in them: Liferea 1.14 never ends asking for such an address, and asks for
/// nothing any more once it has met five.
const ICON: &str = include_str!("../../templates/icon.svg");

/// One file of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its place, relative to `base_url` and to the output folder: parts joined by `/`.
    pub path: String,
    /// The `Content-Type` to serve it with.
    pub media_type: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A feed with the formats it is published in.
#[derive(Debug, Clone, Copy)]
pub struct Publication<'a> {
    /// The feed.
    pub feed: &'a Feed,
    /// The formats, the first the one to recommend.
    pub formats: &'a [Format],
}

/// What the front page and the lists say of a feed; small enough to be kept while the feed itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Its title.
    pub title: String,
    /// What it is about; may be empty.
    pub description: String,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// Its page for people.
    pub page_url: String,
    /// The page's place relative to the front page.
    pub page_path: String,
    /// Where it is, in each format.
    pub addresses: Vec<Address>,
    /// Newest change; `None` when there never was one.
    pub updated: Option<Timestamp>,
    /// How many entries it holds; `None` where the page does not say.
    pub entries: Option<usize>,
    /// Title and address of its newest articles.
    pub latest: Vec<Headline>,
}

/// Where a feed is in one format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The format.
    pub format: Format,
    /// The whole address.
    pub url: String,
    /// Its place relative to the front page.
    pub path: String,
}

/// An article by its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// Its title, or its first words.
    pub title: String,
    /// Its address.
    pub link: String,
    /// BCP 47 tag.
    pub language: Option<String>,
}

impl Listing {
    /// What there is to say of a feed.
    #[must_use]
    pub fn of(publication: &Publication) -> Self {
        let feed = publication.feed;
        let address = |format: &Format| Address {
            format: *format,
            url: feed.url(format.extension()),
            path: format!("{}.{}{}", feed.id, format.extension(), feed.question()),
        };
        let headline = |entry: &crate::model::FeedEntry| Headline {
            title: demanded_title(&entry.article.content),
            link: entry.article.content.link.to_string(),
            language: some_line(entry.article.content.language.as_deref()),
        };
        Self {
            title: line(&feed.title),
            description: line(&feed.description),
            language: some_line(feed.language.as_deref()),
            page_url: feed.page_url(),
            page_path: format!("{}/{}", feed.id, feed.question()),
            addresses: publication.formats.iter().map(address).collect(),
            updated: (feed.updated != Timestamp::UNIX_EPOCH).then_some(feed.updated),
            entries: Some(feed.entries.len()),
            latest: feed.entries.iter().take(LATEST).map(headline).collect(),
        }
    }

    /// The same without what changes with every article.
    #[must_use]
    pub fn lasting(self) -> Self {
        Self { updated: None, entries: None, latest: Vec::new(), ..self }
    }
}

/// What the whole site is made of.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Its name, for the head of pages.
    pub title: &'a str,
    /// Where it lives; ends in `/`.
    pub base_url: &'a Url,
    /// Its sources, for `sources.opml`.
    pub sources: &'a [Outline],
    /// Whether views are answered, so that pages have a place to ask for them.
    pub views: bool,
}

/// Every file of the site: feeds and their pages first, then what points to them.
#[must_use]
pub fn site(site: &Site, publications: &[Publication]) -> Vec<File> {
    let mut files: Vec<File> = publications.iter().flat_map(|publication| feed_files(site, publication)).collect();
    let listings: Vec<Listing> = publications.iter().map(Listing::of).collect();
    files.extend(front_files(site, &listings));
    files
}

/// Where the files of one feed are, in the order of [`feed_files`].
#[must_use]
pub fn feed_paths(feed: &FeedId, formats: &[Format]) -> Vec<String> {
    let formats = formats.iter().map(|format| format!("{feed}.{}", format.extension()));
    formats.chain([format!("{feed}/index.html")]).collect()
}

/// The files of one feed: every format, then its page.
#[must_use]
pub fn feed_files(site: &Site, publication: &Publication) -> Vec<File> {
    let id = &publication.feed.id;
    let feed = |format: &Format| File {
        path: format!("{id}.{}", format.extension()),
        media_type: format.media_type(),
        bytes: write(publication.feed, *format),
    };
    let mut files: Vec<File> = publication.formats.iter().map(feed).collect();
    files.push(page_file(site, publication));
    files
}

/// The page of a feed or of a view of one.
#[must_use]
pub fn page_file(site: &Site, publication: &Publication) -> File {
    let path = format!("{}/index.html", publication.feed.id);
    File { path, media_type: HTML, bytes: pages::feed(site, publication) }
}

/// The files of one archive, a format each. Articles alone have no archives: nothing in them leads to another document.
#[must_use]
pub fn archive_files(publication: &Publication) -> Vec<File> {
    let feed = publication.feed;
    let number = feed.history.archive.unwrap_or_default();
    let formats = publication.formats.iter().filter(|format| Format::FEEDS.contains(format));
    let file = |format: &Format| File {
        path: archive_path(&feed.id, number, *format),
        media_type: format.media_type(),
        bytes: write(feed, *format),
    };
    formats.map(file).collect()
}

/// The place of an archive: `{feed}/archive/{number}.{extension}`.
#[must_use]
pub fn archive_path(feed: &FeedId, number: u32, format: Format) -> String {
    format!("{feed}/archive/{number}.{}", format.extension())
}

/// The front page, its icon and the lists.
#[must_use]
pub fn front_files(site: &Site, listings: &[Listing]) -> Vec<File> {
    let outlines: Vec<Outline> = listings.iter().map(Outline::of_listing).collect();
    let list = |path: &str, title: String, outlines: &[Outline]| File {
        path: path.to_owned(),
        media_type: OPML,
        bytes: opml::write(&title, outlines),
    };
    vec![
        File { path: "icon.svg".to_owned(), media_type: "image/svg+xml", bytes: ICON.into() },
        list("feeds.opml", site.title.to_owned(), &outlines),
        list("sources.opml", format!("{}: sources", site.title), site.sources),
        File { path: "index.html".to_owned(), media_type: HTML, bytes: pages::front(site, listings) },
    ]
}
