//! What we hold: normalized, complete, stored, with revisions.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    ArticleId, Attribution, Category, Digest, Enclosure, Episode, Field, Figure, Origin, Person, Place, Provenance,
    SourceId,
};

/// An article as held in the store and published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Ours, stable for life.
    pub id: ArticleId,
    /// The source it was first seen in.
    pub source: SourceId,
    /// Theirs: the first guid seen, or the canonical address where there was none. Pinned.
    pub guid: String,
    /// The id in every output format, decided once: `guid` where it is an absolute IRI and unique in the store, else
    /// `urn:uuid:` of `id`.
    pub published_id: String,
    /// When we first saw it. Never published as `published`.
    pub first_seen: Timestamp,
    /// Its place in output feeds; `None` = held silently.
    pub announced_at: Option<Timestamp>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
    /// 1 for the first form, one more for each change.
    pub revision: u32,
    /// Digest of the [`Entry`](super::Entry) as its feed or listing gave it: equal means nothing to do.
    pub said: Digest,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
}

/// What an article says, apart from who it is: the part that revisions change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Canonical address. Falls back to the source's home for an entry that names none.
    pub link: Url,
    /// Headline, plain text. Absent for notices that have none.
    pub title: Option<String>,
    /// The opening paragraph that sums the article up, plain text, as a page sets it apart.
    pub lead: Option<String>,
    /// Summary, plain text, where the source gave one beside the body.
    pub summary: Option<String>,
    /// The article, sanitized HTML with absolute addresses, lead and figures included. Empty when there is no text.
    pub body: String,
    /// The article, plain text in reading order (lead included, captions not), blocks separated by newlines.
    pub text: String,
    /// When it was published. Never in the future, never guessed. RSS `pubDate`, Atom `published`.
    pub published: Option<Timestamp>,
    /// When the source says it changed, or its words changed in earnest. Atom `updated`.
    pub updated: Option<Timestamp>,
    /// Authors by name.
    pub authors: Vec<Person>,
    /// Others who took part. Atom `contributor`, `dc:contributor`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Person>,
    /// BCP 47 tag of the text.
    pub language: Option<String>,
    /// Subjects.
    pub categories: Vec<Category>,
    /// Pictures with captions, places and credits.
    pub figures: Vec<Figure>,
    /// Address of the picture that stands for the article.
    pub image: Option<String>,
    /// Attached media.
    pub enclosures: Vec<Enclosure>,
    /// Whose material it rests on.
    pub attributions: Vec<Attribution>,
    /// Place line.
    pub dateline: Option<String>,
    /// Page with comments.
    pub comments: Option<String>,
    /// Where it was first published, when the source itself re-publishes.
    pub origin: Option<Origin>,
    /// What a podcast says about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode: Option<Box<Episode>>,
    /// Where it happened. `GeoRSS`, W3C Basic Geo, `podcast:location`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Box<Place>>,
    /// Address of the license. `creativeCommons:license`, `cc:license`, Atom `link rel=license`, `dcterms:license`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Who holds which rights, in a line. Atom `rights`, `dc:rights`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<String>,
    /// How many comments there were, when it was last read as news or changed. `slash:comments`, `thr:total`, Atom `link/@thr:count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment_count: Option<u32>,
    /// Feed of the comments. `wfw:commentRss`, Atom `link rel=replies` to a feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments_feed: Option<String>,
    /// What it answers, by id or address. `thr:in-reply-to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// Which rung gave each field.
    pub provenance: Provenance,
    /// Whether the page behind it is still to be fetched or could not be: what there is came from the feed or listing.
    pub partial: bool,
}

impl Content {
    /// Whether there is a picture: the image that stands for it, a figure, or an attached one.
    #[must_use]
    pub fn has_image(&self) -> bool {
        self.image.is_some()
            || self.figures.iter().any(|figure| figure.url.is_some())
            || self
                .enclosures
                .iter()
                .any(|file| file.media_type.as_deref().is_some_and(|kind| kind.starts_with("image/")))
    }

    /// What the links and pictures of the body lead to, in order; without their queries, which churn by themselves (sizes,
    /// signatures, counters).
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        let body = self.body.as_str();
        let after = |name: &'static str| body.match_indices(name).map(move |(at, name)| at + name.len());
        let mut starts: Vec<usize> = after(" href=\"").chain(after(" src=\"")).collect();
        starts.sort_unstable();
        starts.into_iter().map(move |start| body[start..].split(['"', '?']).next().unwrap_or_default())
    }

    /// An article at `link` that says nothing.
    #[must_use]
    pub fn new(link: Url) -> Self {
        Self {
            link,
            title: None,
            lead: None,
            summary: None,
            body: String::new(),
            text: String::new(),
            published: None,
            updated: None,
            authors: Vec::new(),
            contributors: Vec::new(),
            language: None,
            categories: Vec::new(),
            figures: Vec::new(),
            image: None,
            enclosures: Vec::new(),
            attributions: Vec::new(),
            dateline: None,
            comments: None,
            origin: None,
            episode: None,
            place: None,
            license: None,
            rights: None,
            comment_count: None,
            comments_feed: None,
            in_reply_to: None,
            provenance: Provenance::new(),
            partial: false,
        }
    }
}

impl Article {
    /// The moment for formats that require one: updated, else published, else first seen. Atom `updated`.
    #[must_use]
    pub fn touched(&self) -> Timestamp {
        self.content.updated.or(self.content.published).unwrap_or(self.first_seen)
    }
}

/// A normalized entry, before it is decided whether it is news.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Every name the entry goes by, the most telling first: its guid, then its address.
    pub aliases: Vec<Alias>,
    /// The text to pin as [`Article::guid`]: the guid, else the canonical address, else a digest of title and date.
    pub guid: String,
    /// Digest of the entry as its feed or listing gave it.
    pub said: Digest,
    /// What it says.
    pub content: Content,
}

/// A name an article is found by again: a guid as written, or an address folded so that trivial variants agree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Alias {
    /// A guid, byte for byte.
    #[serde(rename = "guid")]
    Guid(String),
    /// A folded address.
    #[serde(rename = "url")]
    Url(String),
}

impl Alias {
    /// The text of the alias with its kind, as the store keeps it.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Guid(guid) => format!("guid:{guid}"),
            Self::Url(url) => format!("url:{url}"),
        }
    }
}

/// An earlier form of an article: who changed what, when. Made when a newer form replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// Number of the form that was replaced.
    pub revision: u32,
    /// When it was replaced.
    pub replaced_at: Timestamp,
    /// What made the new form, e.g. `refresh`, `page`, `rules`.
    pub cause: String,
    /// The fields that the new form changed.
    pub changed: Vec<Field>,
    /// The content as it was.
    pub before: Content,
}
