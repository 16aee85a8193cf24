//! The kinds of sources, and how each reads its document.
//!
//! A feed source reads what `parse` understands; a page source finds the entries of a listing page, by the rules of a site
//! file or without; a sitemap source takes the newest addresses of a sitemap. All give a [`Reading`]; what is thin in it is
//! completed later from the article pages.

mod feed;
mod page;
mod secret;
mod settings;
pub mod sitemap;

use jiff::tz::TimeZone;
use url::Url;

use crate::address;
use crate::discover::listing;
use crate::extract::site_rules;
use crate::model::{Document, Origin, Reading, SourceId};
use crate::parse;

pub use secret::Secret;
pub use settings::{HttpVersion, KindName, RobotsFor, Settings};

/// A configured place to read, its settings resolved.
#[derive(Debug, Clone)]
pub struct Source {
    /// Permanent name.
    pub id: SourceId,
    /// What readers see as the origin of its entries; without it, what the source calls itself.
    pub name: Option<String>,
    /// Page of the source for people.
    pub home: Option<Url>,
    /// Labels that feeds select by.
    pub tags: Vec<String>,
    /// Language of entries that do not say.
    pub language: Option<String>,
    /// Zone of dates without one.
    pub zone: TimeZone,
    /// What is read, and how.
    pub kind: SourceKind,
    /// Rules for its article pages; fields without a rule are found without.
    pub rules: site_rules::Rules,
    /// Whether the pages of thin entries are fetched.
    pub full_text: bool,
    /// How many of the newest entries are announced on the first reading.
    pub first: usize,
}

/// The kinds of sources.
#[derive(Debug, Clone)]
pub enum SourceKind {
    /// A feed in any dialect.
    Feed {
        /// Its address.
        url: Url,
    },
    /// One or more listing pages whose links lead to articles.
    Page {
        /// Their addresses.
        urls: Vec<Url>,
        /// How entries are found in them; what has no rule is found by the repeating structure of the page.
        rules: Box<listing::Rules>,
    },
    /// One or more sitemaps, or indexes of sitemaps.
    Sitemap {
        /// Their addresses.
        urls: Vec<Url>,
        /// Which of their addresses are taken.
        rules: Box<sitemap::Rules>,
    },
}

/// Why a document gives no reading.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not a feed.
    #[error(transparent)]
    Feed(#[from] parse::Error),
    /// No entry was found on a listing page.
    #[error("no entries found on the page ({0}): has its layout changed? see what `courant read --listing` finds")]
    Page(String),
    /// It is neither a sitemap nor a feed.
    #[error(transparent)]
    Sitemap(#[from] parse::NoSitemap),
}

/// A reading, and where it goes on.
#[derive(Debug)]
pub struct Read {
    /// What the document said.
    pub reading: Reading,
    /// Where it goes on: the next page of a listing, where the rules name one; the maps that an index names.
    pub next: Vec<Url>,
}

impl Source {
    /// The addresses a refresh begins with.
    #[must_use]
    pub fn urls(&self) -> &[Url] {
        match &self.kind {
            SourceKind::Feed { url } => std::slice::from_ref(url),
            SourceKind::Page { urls, .. } | SourceKind::Sitemap { urls, .. } => urls,
        }
    }

    /// How many documents are read from one address on, the first included: pages of a listing, maps of an index.
    #[must_use]
    pub fn pages(&self) -> usize {
        match &self.kind {
            SourceKind::Feed { .. } => 1,
            SourceKind::Page { rules, .. } => usize::try_from(rules.pages).unwrap_or(1).max(1),
            SourceKind::Sitemap { .. } => sitemap::documents(),
        }
    }

    /// Whether its entries are thin by nature: a listing names articles, it does not hold them.
    #[must_use]
    pub fn is_listing(&self) -> bool {
        matches!(self.kind, SourceKind::Page { .. } | SourceKind::Sitemap { .. })
    }

    /// Whether a document that has not changed may lead to others that have: the index of sitemaps stays as it is while its
    /// maps grow.
    #[must_use]
    pub fn has_parts(&self) -> bool {
        matches!(self.kind, SourceKind::Sitemap { .. })
    }

    /// The page for people: as configured, else what the source said, else its address; of a sitemap, which is none, the
    /// front page.
    #[must_use]
    pub fn home(&self, said: Option<&str>) -> Url {
        let said = || said.and_then(|home| Url::parse(home).ok());
        let url = &self.urls()[0];
        let own = || match self.kind {
            SourceKind::Sitemap { .. } => url.join("/").unwrap_or_else(|_| url.clone()),
            SourceKind::Feed { .. } | SourceKind::Page { .. } => url.clone(),
        };
        self.home.clone().or_else(said).unwrap_or_else(|| address::without_secrets(&own()))
    }

    /// The source as the origin of an entry. `title` and `home` are what it said of itself.
    #[must_use]
    pub fn origin(&self, title: Option<&str>, home: Option<&str>) -> Origin {
        let home = self.home(home);
        let feed_url = match &self.kind {
            SourceKind::Feed { url } => address::without_secrets(url).to_string(),
            SourceKind::Page { .. } | SourceKind::Sitemap { .. } => home.to_string(),
        };
        Origin {
            id: Some(self.id.urn()),
            title: self.name.clone().or_else(|| title.map(str::to_owned)).or_else(|| Some(self.id.to_string())),
            feed_url: Some(feed_url),
            home: Some(home.to_string()),
        }
    }

    /// Reads one document of the source.
    pub fn read(&self, document: &Document) -> Result<Read, Error> {
        match &self.kind {
            SourceKind::Feed { .. } => feed::read(document),
            SourceKind::Page { rules, .. } => page::read(self, rules, document),
            SourceKind::Sitemap { rules, .. } => sitemap::read(self, rules, document),
        }
    }
}
