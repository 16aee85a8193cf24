//! What RSS and Atom have no elements for and other vocabularies do: episodes, places, licenses, comments.
//!
//! The same elements in both, but where Atom has its own way ([`Writer`]). Only what the vocabularies demand is added: the
//! type of a transcript, by its ending. Trees kept as data leave as they came, in their own vocabulary.

use std::collections::BTreeMap;

use super::text::{line, some_line};
use super::xml::{self, Xml};
use crate::excerpt;
use crate::model::{Chapter, Content, Element, Episode, Place, Shape, ShapeKind};
use crate::uri;

/// Characters of a subtitle that directories of podcasts take.
const SUBTITLE_CHARACTERS: usize = 255;

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
        nodes.extend(content.license.as_deref().and_then(|license| address("creativeCommons:license", license)));
    }
    let counter = if writer == Writer::Rss { "slash:comments" } else { "thr:total" };
    nodes.extend(content.comment_count.and_then(|count| text(counter, &count.to_string())));
    nodes.extend(content.comments_feed.as_deref().and_then(|feed| address("wfw:commentRss", feed)));
    // What it answers is named by an id, which is a URI (RFC 4685 §3).
    let answered = content.in_reply_to.as_deref().filter(|what| uri::is_uri(what));
    nodes.extend(answered.map(|what| node("thr:in-reply-to").with("ref", what)));
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
    add("itunes:subtitle", episode.subtitle.as_deref().map(|text| excerpt::first(text, SUBTITLE_CHARACTERS)));
    add("itunes:episode", episode.number.filter(|number| *number > 0).map(|number| number.to_string()));
    add("itunes:season", episode.season.filter(|season| *season > 0).map(|season| season.to_string()));
    add("itunes:episodeType", episode.kind.map(|kind| kind.name().to_owned()));
    add("itunes:duration", duration_seconds(content).map(|seconds| seconds.to_string()));
    add("itunes:explicit", episode.explicit.map(|explicit| explicit.to_string()));
    add("itunes:block", episode.blocked.then(|| "Yes".to_owned()));
    let image = episode.image.as_deref().and_then(uri::written).filter(|image| uri::is_web(image));
    nodes.extend(image.map(|image| node("itunes:image").with("href", &image)));
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
        xml::is_known(prefix).then(|| tree(element, prefix))
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

/// `GeoRSS` in its simple form, but for boxes: those that read it strictly know them in GML alone.
fn georss(place: &Place, nodes: &mut Vec<Node>) {
    let point = place.point.map(|point| format!("{} {}", point.latitude, point.longitude));
    nodes.extend(point.and_then(|point| text("georss:point", &point)));
    nodes.extend(place.name.as_deref().and_then(|name| text("georss:featureName", name)));
    let Some(Shape { kind, points }) = &place.shape else { return };
    let points: Vec<String> = points.iter().map(|point| format!("{} {}", point.latitude, point.longitude)).collect();
    match (kind, points.as_slice()) {
        (ShapeKind::Box, [lower, upper]) => {
            let corners = [text("gml:lowerCorner", lower), text("gml:upperCorner", upper)];
            let envelope = Node { children: corners.into_iter().flatten().collect(), ..node("gml:Envelope") };
            nodes.push(Node { children: vec![envelope], ..node("georss:where") });
        }
        _ => nodes.extend(text(&format!("georss:{}", kind.name()), &points.join(" "))),
    }
}

fn node(name: &str) -> Node {
    Node { name: name.to_owned(), ..Node::default() }
}

fn text(name: &str, value: &str) -> Option<Node> {
    let text = some_line(Some(value))?;
    Some(Node { text: Some(text), ..node(name) })
}

fn address(name: &str, value: &str) -> Option<Node> {
    text(name, &uri::written(value)?)
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

    /// Writes it at its place.
    pub(super) fn write(&self, xml: &mut Xml) {
        let attributes: Vec<(&str, &str)> =
            self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        match &self.text {
            Some(text) if self.children.is_empty() => xml.text(&self.name, &attributes, text),
            None if self.children.is_empty() => xml.empty(&self.name, &attributes),
            text => {
                xml.start(&self.name, &attributes);
                xml.characters(text.as_deref().unwrap_or_default());
                self.children.iter().for_each(|child| child.write(xml));
                xml.end(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests;
