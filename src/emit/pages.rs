//! Pages for people who come to a feed with a browser: the front page and one page a feed.
//!
//! Browsers show feeds as raw XML, so each feed has a page that shows what is in it and how to subscribe. Everything is in
//! the page: no script, no font, no file but a small icon and the articles' own pictures, which are asked for without a referrer. Light or
//! dark as the reader's system is. Times are in UTC: a page is the same for everybody, to the byte.

use askama::Template;
use jiff::Timestamp;

use super::text::{clean, demanded_title, line, render, rfc3339, some_line, source_name};
use super::{Listing, Publication, Site};
use crate::excerpt;
use crate::model::{Content, Drawn, FeedEntry};

/// Articles on the page of a feed.
const ARTICLES: usize = 50;
/// Characters of an opening: a long lead would hide the next article.
const OPENING_CHARACTERS: usize = 300;

const STYLE: &str = include_str!("../../templates/style.css");

#[derive(Template)]
#[template(path = "front.html")]
struct Front<'a> {
    style: &'static str,
    title: String,
    address: &'a str,
    listings: &'a [Listing],
}

#[derive(Template)]
#[template(path = "feed.html")]
struct Page {
    style: &'static str,
    site_title: String,
    listing: Listing,
    articles: Vec<Teaser>,
    more: usize,
    /// Where views are answered.
    search: bool,
    /// What is shown of the feed, where that is not all.
    drawn: Option<Drawn>,
}

/// An article in a few lines.
struct Teaser {
    title: String,
    link: String,
    source: String,
    published: Option<Moment>,
    opening: Option<String>,
    picture: Option<Picture>,
    /// Name and address of other sources that tell it.
    also: Vec<(String, String)>,
    language: Option<String>,
}

struct Picture {
    url: String,
    alternative: String,
    credit: Option<String>,
}

/// A moment for people and for machines.
struct Moment {
    machine: String,
    human: String,
}

/// The page at `{base_url}/`.
#[must_use]
pub fn front(site: &Site, listings: &[Listing]) -> Vec<u8> {
    let page = Front { style: STYLE, title: line(site.title), address: site.base_url.as_str(), listings };
    render(&page).into_bytes()
}

/// The page at `{base_url}/{feed}/`.
#[must_use]
pub fn feed(site: &Site, publication: &Publication) -> Vec<u8> {
    let entries = &publication.feed.entries;
    let page = Page {
        style: STYLE,
        site_title: line(site.title),
        listing: Listing::of(publication),
        articles: entries.iter().take(ARTICLES).map(teaser).collect(),
        more: entries.len().saturating_sub(ARTICLES),
        search: site.views,
        drawn: publication.feed.drawn.clone(),
    };
    render(&page).into_bytes()
}

fn teaser(entry: &FeedEntry) -> Teaser {
    let content = &entry.article.content;
    let summary = excerpt::summary(content).map(|summary| excerpt::first(&clean(&summary), OPENING_CHARACTERS));
    let title = demanded_title(content);
    Teaser {
        link: content.link.to_string(),
        source: source_name(&entry.origin, &entry.article.source),
        also: entry
            .also
            .iter()
            .map(|telling| (source_name(&telling.origin, &telling.source), telling.link.to_string()))
            .collect(),
        published: content.published.as_ref().map(moment),
        // An article without a title has its first words above already.
        opening: summary.filter(|summary| !summary.is_empty() && !summary.starts_with(title.trim_end_matches('…'))),
        picture: picture(content),
        language: some_line(content.language.as_deref()),
        title,
    }
}

/// The picture that stands for the article, with what is known of it, else its first figure.
fn picture(content: &Content) -> Option<Picture> {
    let web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    let image = content.image.as_deref().filter(|url| web(url));
    let figure = content.figures.iter().find(|figure| match (image, figure.url.as_deref()) {
        (Some(image), Some(url)) => url == image,
        (None, Some(url)) => web(url),
        (_, None) => false,
    });
    let url = image.or_else(|| figure.and_then(|figure| figure.url.as_deref()))?;
    let said = |text: fn(&crate::model::Figure) -> Option<&str>| figure.and_then(text).map(line);
    Some(Picture {
        url: line(url),
        alternative: said(|figure| figure.alternative.as_deref().or(figure.caption.as_deref())).unwrap_or_default(),
        credit: said(|figure| figure.credit.as_deref()).filter(|credit| !credit.is_empty()),
    })
}

fn moment(moment: &Timestamp) -> Moment {
    Moment { machine: rfc3339(*moment).unwrap_or_default(), human: moment.strftime("%-d %B %Y, %H:%M UTC").to_string() }
}
