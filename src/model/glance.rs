//! An article at a glance: what rules ask, without what only writing it needs.

use jiff::Timestamp;

use super::{Article, ArticleId, Category, Person, SourceId};

/// How much is read of an article at a glance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Its address and its own date.
    pub head: bool,
    /// Its authors, categories and language, and whether it has a picture.
    pub details: bool,
    /// Its text.
    pub text: bool,
}

/// What tells an article, where reading all of it would cost more than it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Glance {
    /// Its id.
    pub id: ArticleId,
    /// Its source.
    pub source: SourceId,
    /// Its place in the output.
    pub announced_at: Timestamp,
    /// Its headline.
    pub title: Option<String>,
    /// Its own date; this and the address are missing where [`Depth::head`] was not asked for.
    pub published: Option<Timestamp>,
    /// Its address.
    pub link: String,
    /// Its authors; this and what follows is missing where [`Depth::details`] was not asked for.
    pub authors: Vec<Person>,
    /// Its subjects.
    pub categories: Vec<Category>,
    /// BCP 47 tag of its text.
    pub language: Option<String>,
    /// Whether there is a picture.
    pub has_image: bool,
    /// Its text; missing where [`Depth::text`] was not asked for.
    pub text: String,
}

/// What an article must say to be worth a glance. It only spares looks: what it lets through may be wrong, what it holds back
/// may not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Hint {
    /// Whatever it says.
    #[default]
    Anything,
    /// This occurs in title or text.
    Word(Needle),
    /// One of these.
    Any(Vec<Hint>),
    /// All of these.
    All(Vec<Hint>),
}

/// ASCII letters and digits, to be found in any case, inside of words too. A `k` stands for any character: the sign of the
/// kelvin is one in lower case, and no ASCII letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle(String);

/// Articles at a glance, out of those that were looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Glances {
    /// What can be told from the hint not to be wanted is left out; the newest first.
    pub articles: Vec<Glance>,
    /// How many there were with those that are left out.
    pub read: usize,
    /// The place of the last of them.
    pub last: Option<(Timestamp, ArticleId)>,
}

impl Depth {
    /// What either reads.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { head: self.head || other.head, details: self.details || other.details, text: self.text || other.text }
    }
}

impl Needle {
    /// For what is neither empty nor has other characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_plain.then(|| Self(text.to_ascii_lowercase()))
    }

    /// As a pattern of SQL: `%bri_ge%`.
    #[must_use]
    pub fn pattern(&self) -> String {
        format!("%{}%", self.0.replace('k', "_"))
    }
}

impl Hint {
    /// All needles in it.
    #[must_use]
    pub fn needles(&self) -> Vec<&Needle> {
        match self {
            Self::Anything => Vec::new(),
            Self::Word(needle) => vec![needle],
            Self::Any(hints) | Self::All(hints) => hints.iter().flat_map(Self::needles).collect(),
        }
    }

    /// One of these; anything, where one of them is.
    #[must_use]
    pub fn any(hints: impl IntoIterator<Item = Self>) -> Self {
        let mut hints: Vec<Self> = hints.into_iter().collect();
        match hints.len() {
            1 => hints.remove(0),
            _ if hints.is_empty() || hints.contains(&Self::Anything) => Self::Anything,
            _ => Self::Any(hints),
        }
    }

    /// All of these that say anything.
    #[must_use]
    pub fn all(hints: impl IntoIterator<Item = Self>) -> Self {
        let mut hints: Vec<Self> = hints.into_iter().filter(|hint| *hint != Self::Anything).collect();
        match hints.len() {
            0 => Self::Anything,
            1 => hints.remove(0),
            _ => Self::All(hints),
        }
    }
}

impl Glance {
    /// An article seen to this depth.
    #[must_use]
    pub fn of(article: &Article, depth: Depth) -> Self {
        let content = &article.content;
        let mut glance = Self {
            id: article.id,
            source: article.source.clone(),
            announced_at: article.announced_at.unwrap_or(article.first_seen),
            title: content.title.clone(),
            published: None,
            link: String::new(),
            authors: Vec::new(),
            categories: Vec::new(),
            language: None,
            has_image: false,
            text: if depth.text { content.text.clone() } else { String::new() },
        };
        if depth.head {
            glance.published = content.published;
            content.link.as_str().clone_into(&mut glance.link);
        }
        if depth.details {
            glance.authors.clone_from(&content.authors);
            glance.categories.clone_from(&content.categories);
            glance.language.clone_from(&content.language);
            glance.has_image = content.has_image();
        }
        glance
    }
}

impl Glances {
    /// Everything that was looked at.
    #[must_use]
    pub fn all(articles: Vec<Glance>) -> Self {
        let last = articles.last().map(|last| (last.announced_at, last.id));
        Self { read: articles.len(), last, articles }
    }
}
