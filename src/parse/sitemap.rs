//! Sitemaps: the addresses of a site as it lists them for search engines.
//!
//! Follows <https://www.sitemaps.org/protocol.html> with the extensions for news, pictures and videos, as leniently as
//! feeds are read: prefixes and namespaces do not matter, a map that breaks off gives every address that was complete. A text
//! with an address a line is a sitemap too. Priorities and `changefreq` are left out: they say what a site wishes, not what
//! it did.

use jiff::Timestamp;
use url::Url;

use crate::address;
use crate::date;
use crate::encoding::{self, Markup};
use crate::model::{Category, Document, Entry, Figure, Media, Text};

use super::references::unescape;
use super::tokens::{Token, Tokens};

/// Addresses of one map (the protocol's own limit).
const MAX_URLS: usize = 50_000;
/// Pictures and videos kept of one address.
const MAX_MEDIA: usize = 20;
/// Bytes of a text that is kept.
const MAX_TEXT_BYTES: usize = 10_000;

/// A sitemap as read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sitemap {
    /// The pages it names, in its order: `loc` as link, `lastmod` as `updated`, what the extensions say.
    pub entries: Vec<Entry>,
    /// The maps an index names, in its order, with the time of their last change.
    pub maps: Vec<(Url, Option<Timestamp>)>,
    /// What was wrong with it.
    pub problems: Vec<String>,
}

/// A document is no sitemap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no sitemap: neither a list of addresses nor an index of such lists")]
pub struct NoSitemap;

impl Sitemap {
    /// Whether it names neither pages nor maps.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.maps.is_empty()
    }
}

/// Reads a sitemap, an index of sitemaps, or a text with an address a line.
///
/// # Errors
/// What is none of these.
pub fn sitemap(document: &Document) -> Result<Sitemap, NoSitemap> {
    if super::binary(&document.body).is_some() {
        return Err(NoSitemap);
    }
    let decoded = encoding::decode(&document.body, document.content_type.as_deref(), Markup::Xml);
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.is_empty() {
        return Err(NoSitemap);
    }
    let base = document.url.as_ref();
    let mut map = if text.starts_with('<') { markup(text, base)? } else { lines(text)? };
    map.problems.splice(0..0, decoded.problems);
    Ok(map)
}

fn lines(text: &str) -> Result<Sitemap, NoSitemap> {
    let mut map = Sitemap::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()).take(MAX_URLS) {
        match address::resolve_web(None, line) {
            Some(url) => map.entries.push(Entry { link: Some(url.into()), ..Entry::default() }),
            // A text that is no list of addresses shows it in its first line.
            None if map.entries.is_empty() => return Err(NoSitemap),
            None => {}
        }
    }
    Ok(map)
}

/// What an element is inside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Page,
    Map,
    News,
    Image,
    Video,
}

impl Within {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "url" => Self::Page,
            "sitemap" => Self::Map,
            "news" => Self::News,
            "image" => Self::Image,
            "video" => Self::Video,
            _ => return None,
        })
    }
}

fn markup(text: &str, base: Option<&Url>) -> Result<Sitemap, NoSitemap> {
    let mut tokens = Tokens::new(text);
    let mut reader =
        Reader { base, map: Sitemap::default(), within: Vec::new(), entry: Entry::default(), loc: None, changed: None };
    let mut is_map = false;
    let mut value = String::new();
    while let Some(token) = tokens.next() {
        match token {
            Token::Start(tag) => {
                let name = local(tag.name);
                if !is_map && !matches!(name.as_str(), "urlset" | "sitemapindex" | "url" | "sitemap") {
                    // Anything else first is another kind of document.
                    return Err(NoSitemap);
                }
                value.clear();
                if let Some(within) = Within::of(&name).filter(|_| !tag.empty) {
                    reader.begin(within);
                }
                is_map = true;
            }
            Token::End(name) => {
                let name = local(name);
                match Within::of(&name) {
                    Some(within) if reader.within.contains(&within) => reader.end(within),
                    _ => reader.field(&name, value.trim()),
                }
                value.clear();
                if reader.is_full() {
                    reader.map.problems.push(format!("only the first {MAX_URLS} addresses were read"));
                    break;
                }
            }
            Token::Text(text) if value.len() < MAX_TEXT_BYTES => value.push_str(&unescape(text, &tokens.entities)),
            Token::Cdata(text) if value.len() < MAX_TEXT_BYTES => value.push_str(text),
            Token::Text(_) | Token::Cdata(_) => {}
        }
    }
    if is_map { Ok(reader.map) } else { Err(NoSitemap) }
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase()
}

struct Reader<'a> {
    base: Option<&'a Url>,
    map: Sitemap,
    within: Vec<Within>,
    entry: Entry,
    loc: Option<Url>,
    changed: Option<Timestamp>,
}

impl Reader<'_> {
    fn is_full(&self) -> bool {
        self.map.entries.len() + self.map.maps.len() >= MAX_URLS
    }

    fn begin(&mut self, within: Within) {
        match within {
            Within::Page | Within::Map => {
                // The one before was not closed.
                if let Some(open) = self.within.first().copied().filter(|_| self.loc.is_some()) {
                    self.end(open);
                }
                self.within.clear();
                self.entry = Entry::default();
                self.loc = None;
                self.changed = None;
            }
            Within::Image if self.entry.figures.len() < MAX_MEDIA => self.entry.figures.push(Figure::default()),
            Within::Video if self.entry.media.len() < MAX_MEDIA => {
                self.entry.media.push(Media { media_type: Some("video".to_owned()), ..Media::default() });
            }

            Within::News | Within::Image | Within::Video => {}
        }
        if self.within.len() < 8 {
            self.within.push(within);
        }
    }

    fn end(&mut self, within: Within) {
        while self.within.pop().is_some_and(|open| open != within) {}
        match within {
            Within::Map => self.map.maps.extend(self.loc.take().map(|url| (url, self.changed))),
            Within::Page => {
                let mut entry = std::mem::take(&mut self.entry);
                entry.updated = self.changed.take();
                entry.figures.retain(|figure| figure.url.is_some());
                entry.media.retain(|media| !media.url.is_empty());
                let pictured = entry.figures.first().and_then(|figure| figure.url.clone());
                entry.image = pictured.or(entry.image.take());
                if let Some(url) = self.loc.take() {
                    entry.link = Some(url.into());
                    self.map.entries.push(entry);
                }
            }
            Within::News | Within::Image | Within::Video => {}
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        let Some(within) = self.within.last().copied().filter(|_| !value.is_empty()) else { return };
        let web = || address::resolve_web(self.base, value);
        let entry = &mut self.entry;
        match (within, name) {
            (Within::Page | Within::Map, "loc") => self.loc = web(),
            (Within::Page | Within::Map, "lastmod") => self.changed = date::feed(value),
            (Within::News, "publication_date") => entry.published = date::feed(value),
            (Within::News, "title") => entry.title = Some(Text::plain(value)),
            (Within::News, "language") => entry.language = Some(value.to_owned()),
            (Within::News, "keywords") => {
                let words = value.split([',', ';']).map(str::trim).filter(|word| !word.is_empty()).take(50);
                entry.categories =
                    words.map(|term| Category { term: term.to_owned(), scheme: None, label: None }).collect();
            }
            (Within::Image, _) => {
                let Some(figure) = entry.figures.last_mut() else { return };
                match name {
                    "loc" => figure.url = web().map(String::from),
                    "caption" => figure.caption = Some(value.to_owned()),
                    "title" if figure.caption.is_none() => figure.caption = Some(value.to_owned()),
                    "geo_location" => figure.place = Some(value.to_owned()),
                    _ => {}
                }
            }
            (Within::Video, _) => {
                let Some(media) = entry.media.last_mut() else { return };
                match name {
                    "content_loc" => media.url = web().map(String::from).unwrap_or_default(),
                    "title" => media.caption = Some(value.to_owned()),
                    "thumbnail_loc" => entry.image = web().map(String::from),
                    "publication_date" if entry.published.is_none() => entry.published = date::feed(value),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Sitemap, NoSitemap> {
        sitemap(&Document {
            url: Url::parse("https://x.example/sitemap.xml").ok(),
            content_type: None,
            body: text.to_owned().into(),
        })
    }

    #[test]
    fn a_map_for_news_gives_entries_with_titles_and_dates() {
        let map = read(
            "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>
            <url><loc> https://x.example/n?a=1&amp;b=2 </loc><lastmod>2024-05-12T10:00:00+03:00</lastmod>
            <n:news><n:publication><n:name>X</n:name><n:language>be</n:language></n:publication><n:publication_date>2024-05-12</n:publication_date>
            <n:title><![CDATA[Bridge & tram]]></n:title><n:keywords>bridge, tram</n:keywords></n:news>
            <image:image><image:loc>/i.jpg</image:loc><image:title>The bridge</image:title></image:image>
            <video:video><video:title>Ride</video:title><video:content_loc>https://x.example/v.mp4</video:content_loc></video:video></url>
            <url><loc>https://x.example/old</loc><priority>0.5</priority></url></urlset>",
        )
        .expect("a map");
        let first = &map.entries[0];
        assert_eq!(first.link.as_deref(), Some("https://x.example/n?a=1&b=2"));
        assert_eq!(first.title.as_ref().map(|title| title.value.as_str()), Some("Bridge & tram"));
        assert_eq!(first.published.map(|at| at.to_string()).as_deref(), Some("2024-05-12T00:00:00Z"));
        assert_eq!(first.updated.map(|at| at.to_string()).as_deref(), Some("2024-05-12T07:00:00Z"));
        assert_eq!((first.language.as_deref(), first.categories.len()), (Some("be"), 2));
        assert_eq!(first.image.as_deref(), Some("https://x.example/i.jpg"));
        assert_eq!(first.media[0].caption.as_deref(), Some("Ride"));
        assert_eq!((map.entries.len(), map.entries[1].updated), (2, None));
    }

    #[test]
    fn an_index_names_maps() {
        let map = read("<sitemapindex><sitemap><loc>https://x.example/a.xml.gz</loc><lastmod>2024-05-12</lastmod></sitemap><sitemap><loc>b.xml</loc></sitemap></sitemapindex>").expect("an index");
        let maps: Vec<_> = map.maps.iter().map(|(url, changed)| (url.as_str(), changed.is_some())).collect();
        assert_eq!(maps, [("https://x.example/a.xml.gz", true), ("https://x.example/b.xml", false)]);
    }

    #[test]
    fn broken_maps_give_what_was_complete() {
        let rows = [
            ("<urlset><url><loc>https://x.example/1</loc></url><url><loc>https://x.example/2", 1),
            ("<urlset><url><loc>https://x.example/1</loc><url><loc>https://x.example/2</loc></url>", 2),
            ("<urlset><url><loc>https://x.example/a&b</loc></url><url><loc>javascript:x</loc></url></urlset>", 1),
            ("<urlset/>", 0),
            ("https://x.example/1\n\nhttps://x.example/2\nrubbish\n", 2),
        ];
        for (text, wanted) in rows {
            assert_eq!(read(text).expect("a map").entries.len(), wanted, "{text}");
        }
        for text in ["", "<html><body>x</body></html>", "<rss><channel/></rss>", "hello"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
