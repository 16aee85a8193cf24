//! A list of sources that is kept elsewhere (OPML): what it names is read like what the settings name.
//!
//! Pure: what a fetched list names ([`read`]), and how a source of it is called ([`id_of`]). Lists inside lists are not followed.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::address;
use crate::model::{Digest, Document, SourceId};
use crate::parse::{self, Other};

/// Sources taken from one list, unless it says otherwise.
pub const LIMIT: usize = 5_000;

/// The longest prefix: with it an id must still be one.
const LONGEST_PREFIX: usize = 12;

/// One `[[list]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Its address.
    #[serde(deserialize_with = "super::settings::needed_web_address")]
    pub url: Url,
    /// Name for `status`. Default: made of the address.
    pub id: Option<SourceId>,
    /// How often to ask, as in `12h`. Default: `6h`.
    pub every: Option<String>,
    /// Labels for every source of it.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What the ids of its sources begin with. Default: nothing.
    #[serde(default)]
    pub prefix: String,
    /// At most so many sources, the first of the list. Default: [`LIMIT`].
    pub limit: Option<usize>,
    /// Headers for its server, as for an API key. Never logged; not sent on to other hosts.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

impl Settings {
    /// The name it goes by.
    #[must_use]
    pub fn name(&self) -> SourceId {
        self.id.clone().unwrap_or_else(|| id_of(&self.url))
    }

    /// Whether ids may begin with the prefix.
    #[must_use]
    pub fn has_sound_prefix(&self) -> bool {
        self.prefix.is_empty() || self.prefix.len() <= LONGEST_PREFIX && self.prefix.parse::<SourceId>().is_ok()
    }

    /// What a source of the list is called: always the same for one address.
    ///
    /// # Panics
    /// Never with a [sound](Self::has_sound_prefix) prefix.
    #[must_use]
    pub fn id_of(&self, url: &Url) -> SourceId {
        format!("{}{}", self.prefix, id_of(url)).parse().expect("a sound prefix leaves an id an id")
    }
}

/// A source as a list names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its address.
    pub url: Url,
    /// What the list calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its page for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Url>,
    /// The folders it is in, and its categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// What a list names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlines {
    /// Its sources, each once, in order.
    pub sources: Vec<Listed>,
    /// What is in it and not taken.
    pub remark: Option<String>,
}

/// Reads a list. One that names nothing, or breaks off, is not believed: it would take sources away that nobody took away.
///
/// # Errors
/// Why it is not a list, or not believed.
pub fn read(document: &Document) -> Result<Outlines, String> {
    let list = parse::opml(document).map_err(|error| format!("not a list of sources: {error}"))?;
    if list.breaks_off {
        return Err("the list breaks off: it has no `</opml>`".to_owned());
    }
    let (mut lists, mut others) = (0, 0);
    for left in &list.left_out {
        *(if left.what == Other::List { &mut lists } else { &mut others }) += 1;
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut sources: Vec<Listed> = Vec::new();
    for outline in list.feeds {
        let Some(url) = web_address(&outline.feed_url) else {
            others += 1;
            continue;
        };
        // In two folders: one source with the tags of both.
        let at = *places.entry(address::fold(&url)).or_insert(sources.len());
        if at == sources.len() {
            let home = outline.home.as_deref().and_then(web_address);
            sources.push(Listed { url, name: outline.title, home, tags: Vec::new() });
        }
        for tag in outline.tags {
            if !sources[at].tags.contains(&tag) {
                sources[at].tags.push(tag);
            }
        }
    }
    if sources.is_empty() {
        return Err("the list names no feed".to_owned());
    }
    let kinds = [(lists, "lists inside it, which are not followed"), (others, "entries that are no feed")];
    let told: Vec<String> =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let remark = (!told.is_empty()).then(|| format!("left out: {}", told.join(", ")));
    Ok(Outlines { sources, remark })
}

/// An address of the web, also as feed readers write it (`feed://…`).
#[must_use]
pub fn web_address(text: &str) -> Option<Url> {
    let bare = text
        .strip_prefix("feed:")
        .map(|rest| if rest.starts_with("//") { format!("http:{rest}") } else { rest.to_owned() });
    Url::parse(bare.as_deref().unwrap_or(text)).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// An id from host and path, with a short hash that keeps like addresses apart.
#[must_use]
pub fn id_of(url: &Url) -> SourceId {
    let host = url.host_str().unwrap_or_default();
    let place = format!("{}{}", host.strip_prefix("www.").unwrap_or(host), url.path());
    let mut slug = String::new();
    for c in place.chars().flat_map(char::to_lowercase) {
        let c = if c.is_ascii_alphanumeric() { c } else { '-' };
        if !(c == '-' && slug.ends_with('-')) {
            slug.push(c);
        }
    }
    let slug: String = slug.trim_matches('-').chars().take(80).collect();
    let hash = &Digest::of(address::fold(url).as_bytes()).to_string()[..6];
    let id = format!("{}-{hash}", slug.trim_matches('-'));
    id.trim_start_matches('-').parse().expect("made of letters, digits and dashes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlines(text: &str) -> Result<Outlines, String> {
        read(&Document { url: None, content_type: None, body: text.to_owned().into_bytes().into() })
    }

    #[test]
    fn ids_are_readable_and_differ_for_different_addresses() {
        let id = |url: &str| id_of(&Url::parse(url).unwrap()).to_string();
        assert!(id("https://www.a.example/News/feed.xml?x=1").starts_with("a-example-news-feed-xml-"));
        assert_ne!(id("https://a.example/feed?x=1"), id("https://a.example/feed?x=2"));
        assert_eq!(id("https://a.example/feed"), id("http://www.a.example/feed/"));
        let longest = Url::parse(&format!("https://a.example/{}", "x".repeat(300))).unwrap();
        let settings = |prefix: &str| {
            let text = format!("url = 'https://l.example/x.opml'\nprefix = '{prefix}'");
            toml::from_str::<Settings>(&text).unwrap()
        };
        let list = settings("friends-of-u");
        assert!(list.has_sound_prefix() && list.id_of(&longest).as_str().starts_with("friends-of-ua-example-xxx"));
        assert!(!settings("friends-of-us").has_sound_prefix() && !settings("A ").has_sound_prefix());
    }

    #[test]
    fn a_list_gives_each_source_once_and_tells_what_it_leaves_out() {
        let text = "<opml><body><outline text='N'><outline text='A' xmlUrl='http://a.example/f'/></outline>\
            <outline text='M'><outline text='A too' xmlUrl='https://www.a.example/f/'/><outline text='B' xmlUrl='feed://b.example/f'/></outline>\
            <outline type='include' url='http://c.example/more.opml'/><outline text='F' xmlUrl='file:///etc/passwd'/>\
            <outline text='P' htmlUrl='http://p.example/'/></body></opml>";
        let read = outlines(text).unwrap();
        let rows: Vec<_> = read.sources.iter().map(|source| (source.url.as_str(), source.tags.join("+"))).collect();
        assert_eq!(rows, [("http://a.example/f", "N+M".to_owned()), ("http://b.example/f", "M".to_owned())]);
        let remark = read.remark.unwrap();
        assert_eq!(remark, "left out: 1 lists inside it, which are not followed, 2 entries that are no feed");
    }

    #[test]
    fn what_would_take_sources_away_by_mistake_is_not_believed() {
        let rows = [
            ("<opml><body></body></opml>", "names no feed"),
            ("<opml><body><outline text='A' xmlUrl='http://a.example/f'/><outl", "breaks off"),
            ("<opml><body><outline text='A' xmlUrl='ftp://a.example/f'/></body></opml>", "names no feed"),
            ("<html><title>Sign in</title></html>", "not a list"),
            ("", "not a list"),
        ];
        for (text, wanted) in rows {
            let error = outlines(text).expect_err(text);
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
