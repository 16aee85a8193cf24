//! Asking what is at an address: a feed, or a page that leads to one. One request at a time, and not many.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use crate::address;
use crate::discover::feeds::{self, Why};
use crate::discover::{self, listing};
use crate::fetch::{Answer, Client, Fetched, Kind, Request};
use crate::model::{Dialect, Document, SourceId};
use crate::parse;

/// Feeds that a page leads to which are asked for.
const MAX_TRIED: usize = 8;
/// The same where the usual places are wanted, too.
const MAX_GUESSED: usize = 20;

/// How far a search goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// The page itself is wanted, whatever feeds it has.
    pub(super) page_alone: bool,
    /// The places where many sites have a feed are tried, too.
    pub(super) usual_places: bool,
    /// Where no secure connection can be had, one that is not is asked for: nobody said which.
    pub(super) insecure_too: bool,
}

/// What a search works with.
pub(super) struct Search {
    pub(super) client: Client,
    /// Rest between two requests.
    pub(super) spacing: Duration,
    /// Addresses that are sources already, folded.
    pub(super) known: Vec<(String, SourceId)>,
}

/// What a search came to.
pub(super) enum Found {
    Hit(Box<Hit>),
    /// The feed of the page is a source already.
    Known {
        url: Url,
        of: SourceId,
    },
    Nothing(Box<Nothing>),
}

/// A source there is.
pub(super) struct Hit {
    /// What was asked for.
    pub(super) asked: Url,
    /// The address to keep: where permanent redirects led.
    pub(super) url: Url,
    pub(super) document: Document,
    /// What spoke for it, where it was found by a page.
    pub(super) why: Option<Why>,
    /// The feeds of that page.
    pub(super) feeds: Vec<feeds::Found>,
    pub(super) tried: Vec<Tried>,
}

/// A page that leads to no feed, or what is no page at all.
pub(super) struct Nothing {
    pub(super) problem: String,
    pub(super) is_page: bool,
    pub(super) feeds: Vec<feeds::Found>,
    pub(super) tried: Vec<Tried>,
    /// Title and link of what reading it as a listing finds.
    pub(super) listed: Vec<(String, String)>,
    /// The page itself, where it is one.
    pub(super) page: Option<Box<Hit>>,
}

/// An address that gave no feed.
pub(super) struct Tried {
    pub(super) url: Url,
    pub(super) problem: String,
}

impl Search {
    /// Asks for `url`, and for the feeds it leads to until one can be read.
    ///
    /// # Errors
    /// Why the address itself could not be had.
    pub(super) async fn run(&self, url: &Url, effort: Effort) -> Result<Found, String> {
        let kind = if effort.page_alone { Kind::Listing } else { Kind::Feed };
        let (url, fetched) = self.ask_either(url, kind, effort).await?;
        let Fetched { document, permanent, .. } = *fetched;
        let kept = permanent.unwrap_or_else(|| url.clone());
        if let Some(known) = self.known(&kept) {
            return Ok(known);
        }
        let hit = Hit { asked: url.clone(), url: kept, document, why: None, feeds: Vec::new(), tried: Vec::new() };
        if effort.page_alone {
            return Ok(Found::Hit(Box::new(hit)));
        }
        match parse::feed(&hit.document) {
            Ok(reading) if reading.dialect != Dialect::HFeed => Ok(Found::Hit(Box::new(hit))),
            Ok(_) => Ok(self.lead(hit, None, effort).await),
            Err(error @ parse::Error::Page { .. }) => Ok(self.lead(hit, Some(error), effort).await),
            Err(_) if parse::sitemap(&hit.document).is_ok_and(|map| !map.is_empty()) => Ok(Found::Hit(Box::new(hit))),
            Err(error) => Ok(Found::Nothing(Box::new(Nothing {
                problem: format!("{url}: {error}"),
                is_page: false,
                feeds: Vec::new(),
                tried: Vec::new(),
                listed: Vec::new(),
                page: None,
            }))),
        }
    }

    /// Goes where a page leads. `error` is why the page itself cannot be read; `None` for one that marks up
    /// its entries.
    async fn lead(&self, page: Hit, error: Option<parse::Error>, effort: Effort) -> Found {
        let mut feeds = feeds::find(&page.document, &discover::Context::default());
        // What only seems to be marked up cannot be read.
        feeds.retain(|feed| feed.why != Why::Marked || error.is_none());
        let mut tried = Vec::new();
        let mut empty = None;
        for candidate in candidates(&page, &feeds, effort) {
            if candidate.why == Why::Marked {
                return Found::Hit(Box::new(Hit { why: Some(Why::Marked), feeds, tried, ..page }));
            }
            if let Some(known) = self.known(&candidate.url) {
                // A usual place may be that of the whole site.
                if candidate.why == Why::Usual {
                    tried.push(Tried { url: candidate.url, problem: "a source already".to_owned() });
                    continue;
                }
                return known;
            }
            match self.attempt(&candidate).await {
                Attempt::Feed { url, document } => {
                    if let Some(known) = self.known(&url) {
                        return known;
                    }
                    return Found::Hit(Box::new(Hit { url, document, why: Some(candidate.why), feeds, tried, ..page }));
                }
                Attempt::Empty { url, document } => {
                    tried.push(Tried { url: candidate.url, problem: "a feed without entries".to_owned() });
                    empty.get_or_insert((url, document, candidate.why));
                }
                Attempt::Failed(problem) => tried.push(Tried { url: candidate.url, problem }),
                Attempt::Rests(problem) => {
                    tried.push(Tried { url: candidate.url, problem });
                    break;
                }
            }
        }
        // A feed that has nothing yet is better than none.
        if let Some((url, document, why)) = empty {
            return Found::Hit(Box::new(Hit { url, document, why: Some(why), feeds, tried, ..page }));
        }
        let title = match error {
            Some(parse::Error::Page { title: Some(title), .. }) => format!(" (“{title}”)"),
            _ => String::new(),
        };
        let led = if feeds.is_empty() { "it leads to no feed" } else { "none of the feeds it leads to can be read" };
        let problem = format!("{} is a web page{title}, and {led}", page.asked);
        let listed = listed(&page.document);
        Found::Nothing(Box::new(Nothing { problem, is_page: true, feeds, tried, listed, page: Some(Box::new(page)) }))
    }

    /// The pages of the first articles of a list, at most `count`; what cannot be had is passed over.
    pub(super) async fn articles(&self, links: &[Url], count: usize) -> Vec<(Url, Document)> {
        let mut pages = Vec::new();
        for url in links.iter().take(2 * count) {
            if pages.len() >= count {
                break;
            }
            tokio::time::sleep(self.spacing).await;
            match self.client.get(&Request::new(Kind::Page, url.clone()), Timestamp::now()).await {
                Answer::Fetched(fetched) => pages.push((url.clone(), fetched.document)),
                Answer::Failed(failure) if failure.postponed().is_some() || failure.status() == Some(429) => break,
                Answer::NotModified { .. } | Answer::Gone | Answer::Failed(_) => {}
            }
        }
        pages
    }

    fn known(&self, url: &Url) -> Option<Found> {
        let key = address::fold(url);
        let (_, of) = self.known.iter().find(|(known, _)| *known == key)?;
        Some(Found::Known { url: url.clone(), of: of.clone() })
    }

    async fn ask_either(&self, url: &Url, kind: Kind, effort: Effort) -> Result<(Url, Box<Fetched>), String> {
        let error = match self.ask(url, kind).await {
            Ok(fetched) => return Ok((url.clone(), fetched)),
            Err(error) => error,
        };
        let mut insecure = url.clone();
        if !effort.insecure_too || insecure.set_scheme("http").is_err() {
            return Err(error);
        }
        // What was said of the address that was meant first is the better explanation.
        self.ask(&insecure, kind).await.map(|fetched| (insecure, fetched)).map_err(|_| error)
    }

    async fn ask(&self, url: &Url, kind: Kind) -> Result<Box<Fetched>, String> {
        match self.client.get(&Request::new(kind, url.clone()), Timestamp::now()).await {
            Answer::Fetched(fetched) => Ok(fetched),
            Answer::NotModified { .. } => Err(format!("{url} answered 304 though nothing is held")),
            Answer::Gone => Err(format!("{url} is gone for good (410)")),
            Answer::Failed(failure) => Err(failure.report()),
        }
    }

    /// Asks for one feed that a page led to. What nobody named is asked for only where robots.txt allows it.
    async fn attempt(&self, candidate: &feeds::Found) -> Attempt {
        let url = &candidate.url;
        let is_guessed = matches!(candidate.why, Why::Platform(_) | Why::Usual);
        if is_guessed {
            match self.client.robots(url, Timestamp::now()).await {
                Ok(rules) if rules.allowed(url) => {}
                Ok(_) => return Attempt::Failed("robots.txt does not allow it".to_owned()),
                Err(failure) => return Attempt::Rests(failure.report()),
            }
        }
        tokio::time::sleep(self.spacing).await;
        let fetched = match self.client.get(&Request::new(Kind::Feed, url.clone()), Timestamp::now()).await {
            Answer::Fetched(fetched) => fetched,
            Answer::Failed(failure) if failure.postponed().is_some() || failure.status() == Some(429) => {
                return Attempt::Rests(failure.report());
            }
            Answer::Failed(failure) => {
                return Attempt::Failed(
                    failure.status().map_or_else(|| failure.report(), |status| format!("answers {status}")),
                );
            }
            Answer::Gone => return Attempt::Failed("gone for good (410)".to_owned()),
            Answer::NotModified { .. } => return Attempt::Failed("answered 304 though nothing is held".to_owned()),
        };
        let Fetched { document, permanent, .. } = *fetched;
        let url = permanent.unwrap_or_else(|| url.clone());
        match parse::feed(&document) {
            // Where nobody said that a feed is, the front page may answer.
            Ok(reading) if is_guessed && reading.dialect == Dialect::HFeed => Attempt::Failed("a web page".to_owned()),
            Ok(reading) if reading.entries.is_empty() => Attempt::Empty { url, document },
            Ok(_) => Attempt::Feed { url, document },
            Err(parse::Error::Page { .. }) => Attempt::Failed("a web page".to_owned()),
            Err(error) => Attempt::Failed(error.to_string()),
        }
    }
}

/// What asking for one feed came to.
enum Attempt {
    Feed {
        url: Url,
        document: Document,
    },
    Empty {
        url: Url,
        document: Document,
    },
    Failed(String),
    /// The host wants to be left alone.
    Rests(String),
}

/// The addresses to try, in their order.
fn candidates(page: &Hit, feeds: &[feeds::Found], effort: Effort) -> Vec<feeds::Found> {
    let mut candidates: Vec<feeds::Found> = feeds.iter().take(MAX_TRIED).cloned().collect();
    if effort.usual_places {
        let usual = feeds::usual(page.document.url.as_ref().unwrap_or(&page.asked));
        candidates.extend(usual.into_iter().filter(|usual| !feeds.iter().any(|feed| feed.url == usual.url)));
        candidates.truncate(MAX_GUESSED);
    }
    candidates
}

/// What reading a page as a listing without rules finds.
fn listed(document: &Document) -> Vec<(String, String)> {
    let listing = listing::find(document, &discover::Context::default());
    let shown =
        |entry: crate::model::Entry| Some((entry.title.map(|title| title.value).unwrap_or_default(), entry.link?));
    listing.entries.into_iter().filter_map(shown).collect()
}
