//! The elements that mean something to us, whatever a dialect calls them.

use super::namespaces::Space;

/// What an element is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Rss,
    Rdf,
    Feed,
    Channel,
    Item,
    Title,
    Link,
    Guid,
    /// RSS `description`: HTML unless it says otherwise.
    Description,
    /// Atom `summary`, CDF `abstract`: plain text unless it says otherwise.
    Summary,
    ItunesSummary,
    Content,
    /// HTML by definition: `content:encoded`.
    Encoded,
    /// `xhtml:body` inside an entry.
    Body,
    Published,
    Updated,
    Created,
    Author,
    Contributor,
    /// `webMaster`, `dc:publisher`, `itunes:owner`: not an author.
    Publisher,
    Named,
    Email,
    Url,
    Category,
    ItunesCategory,
    /// Several categories in one text, separated by commas.
    Keywords,
    Enclosure,
    Source,
    Comments,
    Image,
    ItunesImage,
    Logo,
    Icon,
    TextInput,
    Language,
    Rights,
    Subtitle,
    Generator,
    Ttl,
    Hour,
    Day,
    UpdatePeriod,
    UpdateFrequency,
    NewFeedUrl,
    MediaGroup,
    MediaContent,
    MediaThumbnail,
    MediaTitle,
    MediaDescription,
    MediaCredit,
    MediaText,
    MediaPlayer,
    /// `itunes:owner`.
    Owner,
    /// `itunes:subtitle`, which is the description of a feed that has no other.
    ItunesSubtitle,
    /// Something about a show or an episode, told further by [`podcast`](super::podcast).
    Podcast,
    /// A place, told further by [`place`](super::place).
    Place,
    /// A fact of another vocabulary, told further by [`facts`](super::facts).
    Fact,
    /// Transparent: what is inside counts as if it stood outside.
    Unknown,
}

impl Name {
    /// Whether the element holds text or a few elements of its own, and never an entry.
    pub(super) fn ends_with_its_text(self) -> bool {
        use Name::{Channel, Content, Encoded, Feed, Item, MediaGroup, Rdf, Rss, Source, Unknown};
        !matches!(self, Channel | Content | Encoded | Feed | Item | MediaGroup | Rdf | Rss | Source | Unknown)
    }
}

/// The longest local name in the tables.
const LONGEST: usize = 20;

/// The element called `local` in a vocabulary; case is ignored.
pub(super) fn name(space: Space, local: &str) -> Name {
    match space {
        Space::Podcast | Space::Chapters => return Name::Podcast,
        Space::Other | Space::Svg | Space::MathMl | Space::Xml => return Name::Unknown,
        _ => {}
    }
    let mut buffer = [0_u8; LONGEST];
    let Some(lower) = buffer.get_mut(..local.len()) else { return Name::Unknown };
    lower.copy_from_slice(local.as_bytes());
    lower.make_ascii_lowercase();
    match space {
        Space::Core => core(lower),
        Space::DcTerms if lower == b"license" => Name::Fact,
        Space::Dc | Space::DcTerms => dublin_core(lower),
        Space::Media => media(lower),
        Space::Itunes => itunes(lower),
        Space::Content if lower == b"encoded" => Name::Encoded,
        Space::Syndication if lower == b"updateperiod" => Name::UpdatePeriod,
        Space::Syndication if lower == b"updatefrequency" => Name::UpdateFrequency,
        Space::GeoRss | Space::Geo | Space::Gml => place(lower),
        Space::Syndication
        | Space::License
        | Space::FeedBurner
        | Space::CommentApi
        | Space::Slash
        | Space::Threading
        | Space::History
        | Space::Admin => fact(lower),
        Space::Rdf if lower == b"rdf" => Name::Rdf,
        Space::Xhtml if lower == b"body" => Name::Body,
        _ => Name::Unknown,
    }
}

fn core(local: &[u8]) -> Name {
    match local {
        b"rss" => Name::Rss,
        // RSS 1.0 written without its prefix.
        b"rdf" => Name::Rdf,
        b"feed" => Name::Feed,
        b"channel" => Name::Channel,
        b"item" | b"entry" => Name::Item,
        b"title" => Name::Title,
        b"link" => Name::Link,
        b"guid" | b"id" => Name::Guid,
        b"description" => Name::Description,
        b"summary" | b"abstract" => Name::Summary,
        b"content" => Name::Content,
        b"fullitem" => Name::Encoded,
        b"body" => Name::Body,
        b"pubdate" | b"published" | b"issued" => Name::Published,
        b"updated" | b"modified" | b"lastbuilddate" => Name::Updated,
        b"created" => Name::Created,
        b"author" | b"managingeditor" => Name::Author,
        b"contributor" => Name::Contributor,
        b"webmaster" => Name::Publisher,
        b"name" => Name::Named,
        b"email" => Name::Email,
        b"url" | b"uri" | b"homepage" => Name::Url,
        b"category" | b"keywords" => Name::Category,
        b"tags" => Name::Keywords,
        b"enclosure" => Name::Enclosure,
        b"source" => Name::Source,
        b"comments" => Name::Comments,
        b"image" => Name::Image,
        b"logo" => Name::Logo,
        b"icon" => Name::Icon,
        b"textinput" => Name::TextInput,
        b"language" => Name::Language,
        b"copyright" | b"rights" => Name::Rights,
        b"subtitle" | b"tagline" => Name::Subtitle,
        b"generator" => Name::Generator,
        b"ttl" => Name::Ttl,
        b"hour" => Name::Hour,
        b"day" => Name::Day,
        b"newlocation" => Name::NewFeedUrl,
        b"docs" | b"cloud" => Name::Fact,
        _ => Name::Unknown,
    }
}

fn dublin_core(local: &[u8]) -> Name {
    match local {
        b"title" => Name::Title,
        b"description" => Name::Description,
        b"creator" | b"author" => Name::Author,
        b"contributor" => Name::Contributor,
        b"publisher" => Name::Publisher,
        b"subject" => Name::Category,
        b"language" => Name::Language,
        b"rights" => Name::Rights,
        b"date" | b"modified" => Name::Updated,
        b"issued" => Name::Published,
        b"created" => Name::Created,
        _ => Name::Unknown,
    }
}

fn media(local: &[u8]) -> Name {
    match local {
        b"group" => Name::MediaGroup,
        b"content" => Name::MediaContent,
        b"thumbnail" => Name::MediaThumbnail,
        b"title" => Name::MediaTitle,
        b"description" => Name::MediaDescription,
        b"credit" => Name::MediaCredit,
        b"text" => Name::MediaText,
        b"player" => Name::MediaPlayer,
        b"category" => Name::Category,
        b"keywords" => Name::Keywords,
        _ => Name::Unknown,
    }
}

fn itunes(local: &[u8]) -> Name {
    match local {
        b"author" => Name::Author,
        b"owner" => Name::Owner,
        b"name" => Name::Named,
        b"email" => Name::Email,
        b"summary" => Name::ItunesSummary,
        b"subtitle" => Name::ItunesSubtitle,
        b"category" => Name::ItunesCategory,
        b"keywords" => Name::Keywords,
        b"image" | b"link" => Name::ItunesImage,
        b"new-feed-url" => Name::NewFeedUrl,
        b"title" | b"duration" | b"episode" | b"season" | b"episodetype" | b"explicit" | b"block" | b"complete"
        | b"type" => Name::Podcast,
        _ => Name::Unknown,
    }
}

fn place(local: &[u8]) -> Name {
    match local {
        b"point" | b"line" | b"polygon" | b"box" | b"where" | b"featurename" | b"lat" | b"long" | b"lon"
        | b"latitude" | b"longitude" | b"lat_long" | b"pos" => Name::Place,
        _ => Name::Unknown,
    }
}

fn fact(local: &[u8]) -> Name {
    match local {
        b"updatebase" | b"license" | b"origlink" | b"commentrss" | b"comments" | b"total" | b"in-reply-to"
        | b"complete" | b"archive" | b"generatoragent" => Name::Fact,
        _ => Name::Unknown,
    }
}
