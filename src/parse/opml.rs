//! Lists of feeds: OPML, as every reader exports it.
//!
//! Follows <http://opml.org/spec2.opml>, leniently: attribute names in any case, `type` missing, `url` for `xmlUrl`, folders
//! as outlines without an address, text escaped once too often, a list that breaks off. Folders and the `category` attribute
//! become tags. What is in a list and is no feed is told in [`FeedList::left_out`].

use std::collections::HashSet;

use crate::encoding::{self, Markup};
use crate::model::Document;

use super::error::Error;
use super::references::{Entities, unescape};
use super::tokens::{Tag, Token, Tokens};

/// Feeds read from one list.
const MAX_OUTLINES: usize = 100_000;
/// Outlines told as left out.
const MAX_LEFT_OUT: usize = 10_000;
/// Folders around a feed that become tags; real lists have two.
const MAX_FOLDERS: usize = 16;

/// A list as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedList {
    /// What the list is called.
    pub title: Option<String>,
    /// The feeds, in the order of the list; the same one may be in it twice.
    pub feeds: Vec<Outline>,
    /// What is in the list and is no feed.
    pub left_out: Vec<LeftOut>,
    /// Whether its end is missing: it may have named more.
    pub breaks_off: bool,
    /// What was wrong with the list as a whole.
    pub problems: Vec<String>,
}

/// A feed in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// What the list calls it. OPML `title`, else `text`.
    pub title: Option<String>,
    /// Where the feed is. OPML `xmlUrl`.
    pub feed_url: String,
    /// The page it belongs to. OPML `htmlUrl`.
    pub home: Option<String>,
    /// The folders it is in, outermost first, and its own categories.
    pub tags: Vec<String>,
}

/// An entry of a list that is no feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What the list calls it.
    pub title: Option<String>,
    /// Where it leads.
    pub address: Option<String>,
    /// What it is.
    pub what: Other,
}

/// What an entry of a list is that is no feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// A page; its feed is not named. OPML `htmlUrl` alone, `type="link"`.
    Page,
    /// Another list. OPML `type="include"`.
    List,
    /// Said to be a feed, without an address.
    NoAddress,
}

/// Reads a list of feeds, in its order.
///
/// # Errors
///
/// [`Error::Empty`] for nothing, [`Error::OtherXml`] and [`Error::Unknown`] for what holds no outline.
pub fn opml(document: &Document) -> Result<FeedList, Error> {
    let decoded = encoding::decode(&document.body, document.content_type.as_deref(), Markup::Xml);
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.is_empty() {
        return Err(Error::Empty);
    }
    // Copied out of a page, the markup itself is escaped.
    let unescaped = text.starts_with("&lt;").then(|| unescape(text, &Entities::default()));
    let mut list = Builder::default();
    list.read(unescaped.as_deref().unwrap_or(text));
    match (list.root.take(), list.is_opml) {
        (_, true) => Ok(list.finish(decoded.problems)),
        (Some(root), false) => Err(Error::OtherXml { root }),
        (None, false) => Err(Error::Unknown),
    }
}

#[derive(Default)]
struct Builder {
    list: FeedList,
    /// The outlines we are in.
    open: Vec<Open>,
    root: Option<String>,
    is_opml: bool,
    /// Whether the next text is the title of the list.
    in_title: bool,
    /// Feeds beyond the bound.
    too_many: usize,
}

/// An outline that others may be in.
struct Open {
    /// The name of a folder.
    title: Option<String>,
    /// Its place among what is left out, as long as nothing was found inside: a page then, not a folder.
    page: Option<usize>,
}

impl Builder {
    fn read(&mut self, text: &str) {
        let mut tokens = Tokens::new(text);
        while let Some(token) = tokens.next() {
            let in_title = std::mem::take(&mut self.in_title);
            match token {
                Token::Start(tag) => self.start(&tag, &tokens.entities),
                Token::End(name) => self.end(local(name)),
                Token::Text(text) if in_title => self.list.title = Some(unescape(text, &tokens.entities).into_owned()),
                Token::Cdata(text) if in_title => self.list.title = Some(text.to_owned()),
                Token::Text(_) | Token::Cdata(_) => {}
            }
        }
    }

    fn start(&mut self, tag: &Tag, entities: &Entities) {
        let name = local(tag.name);
        let is_outline = name.eq_ignore_ascii_case("outline");
        self.is_opml |= name.eq_ignore_ascii_case("opml") || is_outline;
        if self.root.is_none() {
            self.root = Some(tag.name.to_owned());
            self.list.breaks_off = name.eq_ignore_ascii_case("opml") && !tag.empty;
        }
        self.in_title = name.eq_ignore_ascii_case("title") && self.list.title.is_none() && !tag.empty;
        if is_outline {
            let open = self.outline(tag, entities);
            if !tag.empty {
                self.open.push(open);
            }
        }
    }

    /// Takes an outline up; what others inside it are to know of it.
    fn outline(&mut self, tag: &Tag, entities: &Entities) -> Open {
        let attribute = |name: &str| {
            let mut attributes = tag.attributes.into_iter();
            let found = attributes.find(|attribute| local(attribute.name).eq_ignore_ascii_case(name))?;
            Some(once(&unescape(found.value, entities))).filter(|value| !value.is_empty())
        };
        let first = |names: &[&str]| names.iter().find_map(|name| attribute(name));
        // A folder with an address of its own has something in it, and is no page then.
        if let Some(page) = self.open.last_mut().and_then(|folder| folder.page.take()) {
            self.list.left_out.truncate(page);
        }
        let title = first(&["title", "text"]);
        let kind = attribute("type").unwrap_or_default().to_ascii_lowercase();
        let home = first(&["htmlUrl", "html_url"]);
        let plain = first(&["url", "href"]);
        let is_list = kind == "include" || (kind == "link" && plain.as_deref().is_some_and(is_list_address));
        let is_link = matches!(kind.as_str(), "link" | "html" | "include");
        let named = first(&["xmlUrl", "xml_url", "feedUrl", "rssUrl", "rss", "atom"]);
        let named = named.filter(|address| !is_list || !is_list_address(address));
        if let Some(feed_url) = named.or_else(|| plain.clone().filter(|_| !is_link)) {
            self.feed(Outline { title, feed_url, home, tags: self.tags(attribute("category")) });
            return Open { title: None, page: None };
        }
        let what = match (&home, &plain) {
            _ if is_list => Some(Other::List),
            (Some(_), _) | (_, Some(_)) => Some(Other::Page),
            _ if matches!(kind.as_str(), "rss" | "atom" | "feed") => Some(Other::NoAddress),
            _ => None,
        };
        let told = what.filter(|_| self.list.left_out.len() < MAX_LEFT_OUT);
        if let Some(what) = told {
            self.list.left_out.push(LeftOut { title: title.clone(), address: home.or(plain), what });
        }
        let page = told.filter(|what| *what == Other::Page).map(|_| self.list.left_out.len() - 1);
        Open { title, page }
    }

    fn feed(&mut self, outline: Outline) {
        if self.list.feeds.len() < MAX_OUTLINES {
            self.list.feeds.push(outline);
        } else {
            self.too_many += 1;
        }
    }

    /// The folders around, then the categories of the feed itself; each once.
    fn tags(&self, category: Option<String>) -> Vec<String> {
        let mut tags: Vec<String> =
            self.open.iter().filter_map(|folder| folder.title.clone()).take(MAX_FOLDERS).collect();
        for category in category.unwrap_or_default().split(',') {
            tags.extend(category.split('/').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
        }
        let mut seen = HashSet::new();
        tags.retain(|tag| seen.insert(tag.clone()));
        tags
    }

    fn end(&mut self, name: &str) {
        if name.eq_ignore_ascii_case("outline") {
            self.open.pop();
        } else if name.eq_ignore_ascii_case("body") {
            self.open.clear();
        } else if name.eq_ignore_ascii_case("opml") {
            self.list.breaks_off = false;
        }
    }

    fn finish(mut self, problems: Vec<String>) -> FeedList {
        self.list.problems = problems;
        if self.too_many > 0 {
            let message = format!("it has {} feeds more than the {MAX_OUTLINES} that are read", self.too_many);
            self.list.problems.push(message);
        }
        let title = self.list.title.take().map(|title| once(&title));
        FeedList { title: title.filter(|title| !title.is_empty()), ..self.list }
    }
}

/// The text on one line, one round of references taken out where it was escaped once too often.
fn once(value: &str) -> String {
    let twice = ["&amp;", "&#", "&quot;", "&lt;", "&gt;", "&apos;"].iter().any(|sign| value.contains(sign));
    let value = if twice { unescape(value, &Entities::default()) } else { value.into() };
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn is_list_address(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('.').next().is_some_and(|ending| ending.eq_ignore_ascii_case("opml"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::document;
    use super::*;

    /// Title, address and tags of each feed.
    fn shown(text: impl Into<Vec<u8>>) -> Vec<String> {
        let row =
            |feed: Outline| format!("{}|{}|{}", feed.title.unwrap_or_default(), feed.feed_url, feed.tags.join("+"));
        opml(&document(text)).expect("a list").feeds.into_iter().map(row).collect()
    }

    #[test]
    fn feeds_are_found_in_folders_and_in_any_case() {
        let text = "<?xml version='1.0'?><opml version='1.0'><head><title>Mine &amp; yours</title></head><body>\
            <outline text='World'><outline title='A &amp; B' text='x' type='rss' xmlUrl='http://a.example/f?x=1&amp;y=2' htmlUrl='http://a.example/'/>\
            <outline text='Europe'><outline text='C' XMLURL='http://c.example/f' category='/news/daily,World'/></outline></outline>\
            <outline text='D' url='http://d.example/f' type='rss'><outline text='Link' type='link' url='http://l.example/'/>";
        assert_eq!(
            shown(text),
            [
                "A & B|http://a.example/f?x=1&y=2|World",
                "C|http://c.example/f|World+Europe+news+daily",
                "D|http://d.example/f|",
            ]
        );
        let list = opml(&document(text)).expect("a list");
        assert_eq!(list.feeds[0].home.as_deref(), Some("http://a.example/"));
        assert_eq!(list.title.as_deref(), Some("Mine & yours"));
    }

    #[test]
    fn a_list_is_read_whatever_is_wrong_with_it() {
        let one = "A|http://a.example/f|";
        let rows: [(&str, &str, &[&str]); 20] = [
            (
                "no head",
                "<opml version='2.0'><body><outline text='A' xmlUrl='http://a.example/f'/></body></opml>",
                &[one],
            ),
            ("no version", "<opml><outline text='A' xmlUrl='http://a.example/f'/></opml>", &[one]),
            (
                "no root",
                "<outline text='A' xmlUrl='http://a.example/f'/><outline text='B' xmlUrl='http://b.example/f'/>",
                &[one, "B|http://b.example/f|"],
            ),
            (
                "capitals",
                "<OPML VERSION='1.1'><BODY><OUTLINE TEXT='A' XMLURL='http://a.example/f'/></BODY></OPML>",
                &[one],
            ),
            ("only a title", "<opml><outline title='A' xmlUrl='http://a.example/f'/></opml>", &[one]),
            ("an empty title", "<opml><outline title=' ' text='A' xmlUrl='http://a.example/f'/></opml>", &[one]),
            ("no text", "<opml><outline xmlUrl='http://a.example/f'/></opml>", &["|http://a.example/f|"]),
            ("no type", "<opml><outline text='A' url='http://a.example/f'/></opml>", &[one]),
            ("type atom", "<opml><outline text='A' type='atom' xmlUrl='http://a.example/f'/></opml>", &[one]),
            ("a link with a feed", "<opml><outline text='A' type='link' xmlUrl='http://a.example/f'/></opml>", &[one]),
            ("xmlurl", "<opml><outline text='A' xmlurl='http://a.example/f'/></opml>", &[one]),
            ("spaces", "<opml><outline text=' A\n ' xmlUrl=' http://a.example/f\n'/></opml>", &[one]),
            (
                "escaped twice",
                "<opml><outline text='A &amp;amp; B' xmlUrl='http://a.example/f?x=1&amp;amp;y=2'/></opml>",
                &["A & B|http://a.example/f?x=1&y=2|"],
            ),
            (
                "escaped as a whole",
                "&lt;?xml version='1.0'?&gt;&lt;opml&gt;&lt;outline text='A' xmlUrl='http://a.example/f'/&gt;&lt;/opml&gt;",
                &[one],
            ),
            (
                "bare ampersands",
                "<opml><outline text='A & B' xmlUrl='http://a.example/f?x=1&y=2'/></opml>",
                &["A & B|http://a.example/f?x=1&y=2|"],
            ),
            (
                "never closed",
                "<opml><body><outline text='A' xmlUrl='http://a.example/f'><outline text='B' xmlUrl='http://b.example/f'>",
                &[one, "B|http://b.example/f|"],
            ),
            (
                "crossed tags",
                "<opml><body><outline text='N'><outline text='A' xmlUrl='http://a.example/f'/></body></outline></opml>",
                &["A|http://a.example/f|N"],
            ),
            (
                "broken off",
                "<opml><body><outline text='A' xmlUrl='http://a.example/f'/><outline text='B' xmlUr",
                &[one],
            ),
            (
                "categories",
                "<opml><outline text='A' category='/x/y, z ,,/x/' xmlUrl='http://a.example/f'/></opml>",
                &["A|http://a.example/f|x+y+z"],
            ),
            (
                "a nameless folder",
                "<opml><outline><outline text='A' xmlUrl='http://a.example/f'/></outline></opml>",
                &[one],
            ),
        ];
        for (what, text, wanted) in rows {
            assert_eq!(shown(text), wanted, "{what}");
        }
    }

    #[test]
    fn a_list_is_read_in_any_encoding() {
        let text = "<?xml version='1.0'?><opml><outline text='Ж' xmlUrl='http://a.example/f'/></opml>";
        let utf16 = |unit: fn(u16) -> [u8; 2]| {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect::<Vec<u8>>()
        };
        for body in [format!("\u{feff}{text}").into_bytes(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
            assert_eq!(shown(body), ["Ж|http://a.example/f|"]);
        }
    }

    #[test]
    fn what_is_no_feed_is_told() {
        let text = "<opml><body><outline text='Page' htmlUrl='http://p.example/'/><outline text='Link' type='link' url='http://l.example/'/>\
            <outline text='More' type='include' url='http://m.example/list.opml'/><outline text='List' type='link' url='http://m.example/other.OPML?x'/>\
            <outline text='Lost' type='rss'/><outline text='Folder' htmlUrl='http://f.example/'><outline text='A' xmlUrl='http://a.example/f'/></outline>\
            <outline text='Empty folder'/></body></opml>";
        let list = opml(&document(text)).expect("a list");
        let told: Vec<_> =
            list.left_out.iter().map(|out| (out.title.as_deref().unwrap_or_default(), out.what)).collect();
        let wanted = [
            ("Page", Other::Page),
            ("Link", Other::Page),
            ("More", Other::List),
            ("List", Other::List),
            ("Lost", Other::NoAddress),
        ];
        assert_eq!(told, wanted);
        assert_eq!(shown(text), ["A|http://a.example/f|Folder"]);
    }

    #[test]
    fn huge_and_deep_lists_are_bounded() {
        let many = MAX_OUTLINES + 10;
        let list = opml(&document("<opml>".to_owned() + &"<outline xmlUrl='http://a.example/f'/>".repeat(many)))
            .expect("a list");
        assert_eq!(list.feeds.len(), MAX_OUTLINES);
        assert_eq!(list.problems, ["it has 10 feeds more than the 100000 that are read"]);
        let unclosed = "<opml>".to_owned() + &"<outline text='A' xmlUrl='http://a.example/f'>".repeat(2_000);
        assert_eq!(shown(unclosed).len(), 2_000, "feeds that are never closed are all read");
        let deep = "<opml>".to_owned() + &"<outline text='A' htmlUrl='http://a.example/'>".repeat(50_000);
        assert!(opml(&document(deep)).expect("a list").feeds.is_empty());
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        assert_eq!(opml(&document(" ")), Err(Error::Empty));
        assert_eq!(opml(&document("<rss/>")), Err(Error::OtherXml { root: "rss".to_owned() }));
        assert_eq!(opml(&document("hello")), Err(Error::Unknown));
        assert_eq!(opml(&document("<opml/>")), Ok(FeedList::default()));
    }
}
