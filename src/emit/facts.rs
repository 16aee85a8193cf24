//! What RSS and Atom have no elements for and other vocabularies do: episodes, places, licenses, comments.
//!
//! The same elements in both, but where Atom has its own way ([`Writer`]). Only what the vocabularies demand is added: the
//! type of a transcript, by its ending. Trees kept as data leave as they came, in their own vocabulary.

use std::collections::BTreeMap;

use super::text::{escape_attribute, line, some_line};
use crate::model::{Chapter, Content, Element, Episode, Place, Shape};

/// Prefixes and the namespaces they stand for, declared where they are used.
const NAMESPACES: [(&str, &str); 9] = [
    ("creativeCommons", "http://backend.userland.com/creativeCommonsRssModule"),
    ("georss", "http://www.georss.org/georss"),
    ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
    ("media", super::media::NAMESPACE),
    ("podcast", "https://podcastindex.org/namespace/1.0"),
    ("psc", "http://podlove.org/simple-chapters"),
    ("slash", "http://purl.org/rss/1.0/modules/slash/"),
    ("thr", "http://purl.org/syndication/thread/1.0"),
    ("wfw", "http://wellformedweb.org/CommentAPI/"),
];

/// The namespaces of these prefixes.
pub(super) fn namespaces<'p>(prefixes: impl Iterator<Item = &'p String>) -> BTreeMap<String, String> {
    let known = |prefix: &String| NAMESPACES.iter().find(|(known, _)| known == prefix);
    prefixes.filter_map(known).map(|(prefix, address)| ((*prefix).to_owned(), (*address).to_owned())).collect()
}

/// Which format the elements are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    /// RSS.
    Rss,
    /// Atom, which has a link for licenses and counts comments by its own extension.
    Atom,
}

/// An element of another vocabulary.
#[derive(Default)]
pub(super) struct Node {
    /// Prefix and local name.
    name: String,
    attributes: BTreeMap<String, String>,
    text: Option<String>,
    children: Vec<Node>,
}

/// The elements for an article; none for most.
pub(super) fn nodes(content: &Content, writer: Writer) -> Vec<Node> {
    let mut nodes = Vec::new();
    if let Some(episode) = content.episode.as_deref() {
        apple(episode, content, &mut nodes);
        podcast(episode, &mut nodes);
    }
    if let Some(place) = content.place.as_deref() {
        georss(place, &mut nodes);
    }
    if writer == Writer::Rss {
        nodes.extend(content.license.as_deref().and_then(|license| text("creativeCommons:license", license)));
    }
    let counter = if writer == Writer::Rss { "slash:comments" } else { "thr:total" };
    nodes.extend(content.comment_count.and_then(|count| text(counter, &count.to_string())));
    nodes.extend(content.comments_feed.as_deref().and_then(|feed| text("wfw:commentRss", feed)));
    nodes.extend(content.in_reply_to.as_deref().map(|what| node("thr:in-reply-to").with("ref", what)));
    nodes
}

/// How long an episode plays, by itself or by its file.
pub(super) fn duration_seconds(content: &Content) -> Option<u32> {
    let file = content.enclosures.iter().find_map(|enclosure| enclosure.duration_seconds);
    content.episode.as_ref().and_then(|episode| episode.duration_seconds).or(file)
}

fn apple(episode: &Episode, content: &Content, nodes: &mut Vec<Node>) {
    let mut add = |name, value: Option<String>| nodes.extend(value.and_then(|value| text(name, &value)));
    add("itunes:title", episode.title.clone());
    add("itunes:subtitle", episode.subtitle.clone());
    add("itunes:episode", episode.number.map(|number| number.to_string()));
    add("itunes:season", episode.season.map(|season| season.to_string()));
    add("itunes:episodeType", episode.kind.map(|kind| kind.name().to_owned()));
    add("itunes:duration", duration_seconds(content).map(|seconds| seconds.to_string()));
    add("itunes:explicit", episode.explicit.map(|explicit| explicit.to_string()));
    add("itunes:block", episode.blocked.then(|| "Yes".to_owned()));
    nodes.extend(episode.image.as_deref().map(|image| node("itunes:image").with("href", image)));
}

fn podcast(episode: &Episode, nodes: &mut Vec<Node>) {
    for transcript in &episode.transcripts {
        let media_type = transcript.media_type.as_deref().unwrap_or_else(|| type_of_transcript(&transcript.url));
        let node = node("podcast:transcript").with("url", &transcript.url).with("type", media_type);
        let node = node.with_some("language", transcript.language.as_deref());
        nodes.push(node.with_some("rel", transcript.rel.as_deref()));
    }
    nodes.extend(episode.chapters.as_ref().map(|file| {
        let media_type = file.media_type.as_deref().unwrap_or("application/json+chapters");
        node("podcast:chapters").with("url", &file.url).with("type", media_type)
    }));
    for person in &episode.persons {
        let node = node("podcast:person").with_some("role", person.role.as_deref());
        let node = node.with_some("group", person.group.as_deref()).with_some("img", person.image.as_deref());
        nodes.push(Node { text: Some(line(&person.name)), ..node.with_some("href", person.link.as_deref()) });
    }
    for bite in &episode.soundbites {
        let node = node("podcast:soundbite").with("startTime", &bite.start_seconds.to_string());
        let node = node.with("duration", &bite.duration_seconds.to_string());
        nodes.push(Node { text: some_line(bite.title.as_deref()), ..node });
    }
    // Apple's elements have the numbers already.
    if let (Some(season), Some(name)) = (episode.season, episode.season_name.as_deref()) {
        nodes.extend(text("podcast:season", &season.to_string()).map(|node| node.with("name", name)));
    }
    nodes.extend(match (episode.number, episode.number_shown.as_deref()) {
        (Some(number), Some(shown)) => {
            text("podcast:episode", &number.to_string()).map(|node| node.with("display", shown))
        }
        (None, Some(shown)) if shown.parse::<f64>().is_ok() => text("podcast:episode", shown),
        _ => None,
    });
    if !episode.marks.is_empty() {
        let children = episode.marks.iter().map(chapter).collect();
        nodes.push(Node { children, ..node("psc:chapters").with("version", "1.2") });
    }
    nodes.extend(episode.more.iter().filter_map(|element| {
        let (prefix, _) = element.name.split_once(':')?;
        NAMESPACES.iter().any(|(known, _)| *known == prefix).then(|| tree(element, prefix))
    }));
}

/// The type is demanded; where the feed did not say it, the ending does.
fn type_of_transcript(url: &str) -> &'static str {
    const ENDINGS: [(&str, &str); 4] =
        [(".vtt", "text/vtt"), (".srt", "application/x-subrip"), (".json", "application/json"), (".html", "text/html")];
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    ENDINGS.iter().find(|(ending, _)| path.ends_with(ending)).map_or("text/plain", |(_, media_type)| media_type)
}

/// The start in "normal play time", as Podlove wants it.
fn chapter(chapter: &Chapter) -> Node {
    let seconds = chapter.start_seconds.max(0.0);
    let (hours, rest) = ((seconds / 3600.0).floor(), seconds % 3600.0);
    let start = format!("{hours:02}:{:02}:{:06.3}", (rest / 60.0).floor(), rest % 60.0);
    let node = node("psc:chapter").with("start", &start).with_some("title", chapter.title.as_deref());
    node.with_some("href", chapter.link.as_deref()).with_some("image", chapter.image.as_deref())
}

/// What an element holds of its own vocabulary or of none: others would have to be declared.
fn tree(element: &Element, prefix: &str) -> Node {
    let is_ours = |child: &&Element| child.name.split_once(':').is_none_or(|(other, _)| other == prefix);
    Node {
        name: element.name.clone(),
        attributes: element.attributes.iter().map(|(name, value)| (name.clone(), line(value))).collect(),
        text: some_line(element.text.as_deref()),
        children: element.children.iter().filter(is_ours).map(|child| tree(child, prefix)).collect(),
    }
}

fn georss(place: &Place, nodes: &mut Vec<Node>) {
    let point = place.point.map(|point| format!("{} {}", point.latitude, point.longitude));
    nodes.extend(point.and_then(|point| text("georss:point", &point)));
    nodes.extend(place.name.as_deref().and_then(|name| text("georss:featurename", name)));
    if let Some(Shape { kind, points }) = &place.shape {
        let points: Vec<String> =
            points.iter().map(|point| format!("{} {}", point.latitude, point.longitude)).collect();
        nodes.extend(text(&format!("georss:{}", kind.name()), &points.join(" ")));
    }
}

fn node(name: &str) -> Node {
    Node { name: name.to_owned(), ..Node::default() }
}

fn text(name: &str, value: &str) -> Option<Node> {
    let text = some_line(Some(value))?;
    Some(Node { text: Some(text), ..node(name) })
}

impl Node {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.attributes.insert(name.to_owned(), line(value));
        self
    }

    fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match some_line(value) {
            Some(value) => self.with(name, &value),
            None => self,
        }
    }

    /// Prefix and local name.
    fn names(&self) -> (String, String) {
        let (prefix, local) = self.name.split_once(':').unwrap_or(("", &self.name));
        (prefix.to_owned(), local.to_owned())
    }

    /// Text that is there but empty, so that the writers put no line break into an element without children.
    fn text(&self) -> Option<String> {
        self.text.clone().or_else(|| self.children.is_empty().then(String::new))
    }
}

/// Children as the crates hold them: by local name, which keeps the order of those that are called the same.
fn grouped<E: From<Node>>(children: Vec<Node>) -> BTreeMap<String, Vec<E>> {
    let mut groups: BTreeMap<String, Vec<E>> = BTreeMap::new();
    for child in children {
        let (_, local) = child.names();
        groups.entry(local).or_default().push(child.into());
    }
    groups
}

/// Puts elements where the crates want them: by prefix and local name.
pub(super) fn put<E: From<Node>>(nodes: Vec<Node>, map: &mut BTreeMap<String, BTreeMap<String, Vec<E>>>) {
    for node in nodes {
        let (prefix, local) = node.names();
        map.entry(prefix).or_default().entry(local).or_default().push(node.into());
    }
}

impl From<Node> for rss::extension::Extension {
    fn from(node: Node) -> Self {
        Self { value: node.text(), name: node.name, attrs: node.attributes, children: grouped(node.children) }
    }
}

impl From<Node> for atom_syndication::extension::Extension {
    fn from(node: Node) -> Self {
        Self {
            value: node.text(),
            name: node.name,
            // The crate writes the attributes of extensions as they are, ampersands included.
            attrs: node.attributes.into_iter().map(|(name, value)| (name, escape_attribute(&value))).collect(),
            children: grouped(node.children),
        }
    }
}

#[cfg(test)]
mod tests;
