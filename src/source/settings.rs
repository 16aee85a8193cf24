//! `[[source]]`: one source of the settings.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::Secret;
use crate::model::SourceId;
use crate::units::limits;

/// One `[[source]]`: a feed or listing of its own, or what is private or local about a site of the same id.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Permanent name.
    pub id: SourceId,
    /// Its address. Not needed where a site file of this id names its pages.
    #[serde(default, deserialize_with = "web_address")]
    pub url: Option<Url>,
    /// What is at the address. Default: `feed`.
    pub kind: Option<KindName>,
    /// What readers see as the origin of its entries. Default: what the source calls itself.
    pub name: Option<String>,
    /// Page of the source for people. Default: what the source says.
    #[serde(default, deserialize_with = "web_address")]
    pub home: Option<Url>,
    /// Labels that feeds select by with `tag:…`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Which addresses of a sitemap are taken.
    pub sitemap: Option<super::sitemap::Settings>,
    /// Fetch the pages of thin entries. Default: false for feeds; listings always do.
    pub full_text: Option<bool>,
    /// Id of the site file whose article rules read the pages of thin entries.
    pub site: Option<String>,
    /// Language of entries that do not say.
    pub language: Option<String>,
    /// Zone of dates without one, as in `Europe/Minsk`. Default: UTC.
    pub timezone: Option<String>,
    /// How many of the newest entries are announced on the first reading. Default: 10.
    pub first: Option<usize>,
    /// How often to ask, as in `30m`. Default: learned from the source.
    pub every: Option<String>,
    /// When to ask, as a cron line in the zone of the source.
    pub cron: Option<String>,
    /// Let `every` and `cron` beat what the server asks for.
    pub insist: Option<bool>,
    /// How much of it is kept. Default: as `[retention]` says, else everything.
    #[serde(default)]
    pub retention: limits::Settings,
    /// Headers for its server, as for an API key. Never logged; not sent on to other hosts. So it is with all that follows.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Cookies for its server, by name. None are ever collected.
    #[serde(default)]
    pub cookies: BTreeMap<String, Secret>,
    /// Name to sign in with (RFC 7617).
    pub user: Option<String>,
    /// Password to sign in with.
    pub password: Option<Secret>,
    /// File of the password.
    pub password_file: Option<PathBuf>,
    /// Token to sign in with (RFC 6750).
    pub token: Option<Secret>,
    /// File of the token.
    pub token_file: Option<PathBuf>,
    /// PEM file of authorities that are trusted beyond those of the machine.
    pub authorities: Option<PathBuf>,
    /// PEM file of a certificate of ours, for servers that ask for one; with its key, or that in `certificate_key`.
    pub certificate: Option<PathBuf>,
    /// PEM file of the key of `certificate`.
    pub certificate_key: Option<PathBuf>,
    /// A proxy in place of `fetch.proxy`, or `none`.
    pub proxy: Option<Secret>,
    /// The newest HTTP that is spoken with its server. Default: what the server can.
    pub http: Option<HttpVersion>,
    /// In place of `fetch.timeout`.
    pub timeout: Option<String>,
    /// In place of `fetch.first_byte_timeout`.
    pub first_byte_timeout: Option<String>,
    /// In place of `fetch.max_bytes`.
    pub max_bytes: Option<String>,
    /// In place of `fetch.robots`.
    pub robots: Option<RobotsFor>,
}

/// Versions of HTTP that can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum HttpVersion {
    /// HTTP/1.1, for servers that speak HTTP/2 badly.
    #[serde(rename = "1.1")]
    One,
    /// HTTP/2 where the server can.
    #[serde(rename = "2")]
    Two,
}

/// Which requests ask `robots.txt` first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RobotsFor {
    /// Those for pages that we found ourselves.
    Pages,
    /// All.
    All,
}

impl Settings {
    /// Nothing but the id: a site that is read as its file says.
    #[must_use]
    pub fn of_site(id: SourceId) -> Self {
        Self {
            id,
            url: None,
            kind: None,
            sitemap: None,
            name: None,
            home: None,
            tags: Vec::new(),
            full_text: None,
            site: None,
            language: None,
            timezone: None,
            first: None,
            every: None,
            cron: None,
            insist: None,
            retention: limits::Settings::default(),
            headers: BTreeMap::new(),
            cookies: BTreeMap::new(),
            user: None,
            password: None,
            password_file: None,
            token: None,
            token_file: None,
            authorities: None,
            certificate: None,
            certificate_key: None,
            proxy: None,
            http: None,
            timeout: None,
            first_byte_timeout: None,
            max_bytes: None,
            robots: None,
        }
    }
}

/// Reads an address of the web; what is none is told with what one looks like.
fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let wrong = || {
        // A name and a password in front of the host are not repeated.
        let text = text.rsplit('@').next().unwrap_or_default();
        let message =
            format!("`{text}` is not an http(s) address: write it whole, as in `https://news.example.org/feed.xml`");
        de::Error::custom(message)
    };
    url.map(Some).ok_or_else(wrong)
}

/// The kinds of sources as settings name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KindName {
    /// A feed in any dialect.
    Feed,
    /// A listing page.
    Page,
    /// A sitemap.
    Sitemap,
}
