//! What podcasts say: about themselves and about one episode.
//!
//! Two vocabularies, read into the same fields: that of Apple's directory (`itunes`,
//! <https://help.apple.com/itc/podcasts_connect/#/itcb54353390>) and that of the podcast index (`podcast`,
//! <https://podcastindex.org/namespace/1.0>), with Podlove's chapters (`psc`). What applications show has a type here; the rest
//! of the second vocabulary is kept as it is, as [`Element`]s, so that it can leave again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Person;

/// What a podcast says about one episode, beyond what every entry says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Episode {
    /// The title without numbers and the name of the show. `itunes:title`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// One line about it. `itunes:subtitle`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// Its number. `itunes:episode`, `podcast:episode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The number as shown to people, where it is another: `podcast:episode/@display`, or a number that is not whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_shown: Option<String>,
    /// Number of the season. `itunes:season`, `podcast:season`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season: Option<u32>,
    /// Name of the season. `podcast:season/@name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season_name: Option<String>,
    /// What kind of episode it is. `itunes:episodeType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<EpisodeKind>,
    /// How long it plays, in seconds; absent rather than 0. `itunes:duration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
    /// Whether it is for grown-ups. `itunes:explicit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explicit: Option<bool>,
    /// Whether directories shall leave it out. `itunes:block`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub blocked: bool,
    /// Its own cover. `itunes:image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What is said in it, as files. `podcast:transcript`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transcripts: Vec<Transcript>,
    /// Its chapters, as a file. `podcast:chapters`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chapters: Option<ChaptersFile>,
    /// Its chapters, as the feed itself lists them. `psc:chapter`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Chapter>,
    /// Who takes part. `podcast:person`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub persons: Vec<Participant>,
    /// Passages that stand for it. `podcast:soundbite`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub soundbites: Vec<Soundbite>,
    /// The rest of the vocabulary of the podcast index, as it is: `podcast:value`, `podcast:alternateEnclosure`,
    /// `podcast:socialInteract`, `podcast:location`, `podcast:license`, `podcast:txt`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Element>,
}

/// What kind of episode it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EpisodeKind {
    /// An ordinary one.
    Full,
    /// It announces the show, a season or an episode.
    Trailer,
    /// Something extra.
    Bonus,
}

impl EpisodeKind {
    /// Its name in `itunes:episodeType`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Trailer => "trailer",
            Self::Bonus => "bonus",
        }
    }
}

/// A file with what is said in an episode.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Transcript {
    /// Where it is.
    pub url: String,
    /// Media type: `text/vtt`, `application/x-subrip`, `text/html`, …
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its language, where it is not that of the feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `captions` where it can be shown in time with the sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rel: Option<String>,
}

/// A file with the chapters of an episode.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChaptersFile {
    /// Where it is.
    pub url: String,
    /// Media type, `application/json+chapters`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
}

/// A chapter of an episode.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chapter {
    /// Where it begins, in seconds.
    pub start_seconds: f64,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A page about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// A picture for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// Somebody who takes part in an episode or a show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Participant {
    /// The name.
    pub name: String,
    /// What the person does, `host` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The group of roles, `cast` where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// A picture of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// A page of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// A passage that stands for an episode.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Soundbite {
    /// Where it begins, in seconds.
    pub start_seconds: f64,
    /// How long it is, in seconds.
    pub duration_seconds: f64,
    /// Its title, where it is not that of the episode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// What a podcast says about itself, beyond what every channel says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Show {
    /// Its id for all directories. `podcast:guid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// `episodic` (newest first) or `serial` (in order). `itunes:type`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What it holds: `podcast`, `music`, `video`, `audiobook`, … `podcast:medium`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// Whether it is for grown-ups. `itunes:explicit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explicit: Option<bool>,
    /// Whether it may not be imported elsewhere. `podcast:locked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked: Option<bool>,
    /// Whether no further episodes will come. `itunes:complete`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub complete: bool,
    /// Whether directories shall leave it out. `itunes:block`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub blocked: bool,
    /// Its cover. `itunes:image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Whom to write to about it. `itunes:owner`, `podcast:locked/@owner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Person>,
    /// Where it can be paid for. `podcast:funding`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub funding: Vec<Funding>,
    /// Who takes part in every episode. `podcast:person`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub persons: Vec<Participant>,
    /// The rest of the vocabulary of the podcast index, as it is: `podcast:value`, `podcast:trailer`, `podcast:liveItem`,
    /// `podcast:podroll`, `podcast:txt`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Element>,
}

/// A place where a show can be paid for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Funding {
    /// Its page.
    pub url: String,
    /// What to call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// An element of XML kept as data. Namespaces are told by the usual prefix: `podcast:value`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Element {
    /// Usual prefix and local name.
    pub name: String,
    /// Attributes without a prefix.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The text right in it, white space around it removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The elements in it, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Element>,
}
