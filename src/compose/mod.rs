//! Articles to a [`Feed`]: which, in what order, how many.
//!
//! Between store and `emit`. [`Recipe::new`] reads the settings of a feed once; [`feed`] makes the feed as of a moment and
//! says what was left out and why, which is what `preview` shows. Pure: the same articles at the same moment make the same
//! feed. `keep` is asked before `drop`, duplicates are found among what is left, limits come last.

mod duplicates;
mod filter;
mod rule;
#[cfg(test)]
pub(crate) mod samples;
mod settings;
mod size;
mod units;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use url::Url;

pub use filter::{Filter, Subject};
pub use rule::{Fault, Rule};
pub use settings::{Duplicates, Limit, Order, Selector, Settings};
pub use units::{Age, Bytes};

use duplicates::Tellings;

use crate::model::{Article, ArticleId, Feed, FeedEntry, FeedId, Origin, SourceId};

/// The settings of a feed, read without fault and ready to be used.
#[derive(Debug, Clone)]
pub struct Recipe {
    settings: Settings,
    keep: Vec<Filter>,
    drop: Vec<Filter>,
}

/// Why a feed cannot be made as its settings say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A rule that cannot be read.
    #[error("cannot read rule {number} of `{list}` in feed `{feed}`{}: {reason}", shown_key(.key))]
    Rule {
        /// The feed.
        feed: FeedId,
        /// `keep` or `drop`.
        list: &'static str,
        /// Its place in the list, from 1.
        number: usize,
        /// The key at fault (`not.title` inside `not`); empty for the rule as a whole.
        key: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A key that cannot be followed.
    #[error("cannot use `{key}` of feed `{feed}`: {reason}")]
    Key {
        /// The feed.
        feed: FeedId,
        /// The key at fault.
        key: &'static str,
        /// What is wrong and what would be right.
        reason: &'static str,
    },
}

fn shown_key(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!(", key `{key}`") }
}

impl Recipe {
    /// Reads the settings of a feed.
    ///
    /// # Errors
    /// Everything that is wrong with them, in the order of the settings.
    pub fn new(settings: Settings) -> Result<Self, Vec<Error>> {
        let mut errors = key_errors(&settings);
        let keep = filters(&settings.id, "keep", &settings.keep, &mut errors);
        let drop = filters(&settings.id, "drop", &settings.drop, &mut errors);
        if errors.is_empty() { Ok(Self { settings, keep, drop }) } else { Err(errors) }
    }

    /// The settings it was made from.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether more articles may have to be read than the feed holds: some are left out by rules or as duplicates, or the
    /// order is not that of the store.
    #[must_use]
    pub fn is_selective(&self) -> bool {
        let settings = &self.settings;
        !self.keep.is_empty()
            || !self.drop.is_empty()
            || settings.duplicates != Duplicates::All
            || settings.order != Order::Announced
    }

    /// Articles announced before this are beyond the limit of age.
    #[must_use]
    pub fn oldest(&self, now: Timestamp) -> Option<Timestamp> {
        self.settings.limit.age.map(|age| now.checked_sub(age.0).unwrap_or(Timestamp::MIN))
    }

    /// Why the rules leave an article out; `None` when they take it.
    fn refusal(&self, article: &Article, now: Timestamp) -> Option<String> {
        if article.withdrawn_at.is_some() {
            return Some("it was withdrawn".to_owned());
        }
        let Some(announced_at) = article.announced_at else {
            return Some("it is held silently".to_owned());
        };
        if self.oldest(now).is_some_and(|oldest| announced_at < oldest) {
            return Some("it is older than `limit.age`".to_owned());
        }
        let subject = Subject::new(article, now);
        if !self.keep.is_empty() && !self.keep.iter().any(|filter| filter.fits(&subject)) {
            return Some("no rule of `keep` fits".to_owned());
        }
        let dropped = self.drop.iter().position(|filter| filter.fits(&subject))?;
        Some(format!("rule {} of `drop` fits", dropped + 1))
    }
}

fn key_errors(settings: &Settings) -> Vec<Error> {
    let rows = [
        (settings.title.trim().is_empty(), "title", "it is empty, and readers show it"),
        (
            is_taken(settings.id.as_str()),
            "id",
            "other addresses end or begin like this: `article` and `media` are taken, and so are names that end in a dot and \
             an extension like `.rss`",
        ),
        (settings.sources.is_empty(), "sources", "it is empty: name source ids, `tag:…`, or \"*\" for every source"),
        (
            settings.formats.is_empty(),
            "formats",
            "it is empty: name some of \"rss\", \"atom\", \"json\", or leave it out",
        ),
        (settings.limit.items == 0, "limit.items", "a feed of 0 entries is never read: write 1 or more"),
    ];
    let error = |(key, reason)| Error::Key { feed: settings.id.clone(), key, reason };
    rows.into_iter().filter(|(wrong, _, _)| *wrong).map(|(_, key, reason)| error((key, reason))).collect()
}

/// Whether a feed of this name would be in the way of another address of the output: its page is the folder `{id}/`.
fn is_taken(id: &str) -> bool {
    let extension = id.rsplit_once('.').map(|(_, extension)| extension);
    matches!(id, "article" | "media" | "hub" | "websub")
        || matches!(extension, Some("rss" | "atom" | "json" | "opml" | "html"))
}

fn filters(feed: &FeedId, list: &'static str, rules: &[Rule], errors: &mut Vec<Error>) -> Vec<Filter> {
    let mut filters = Vec::with_capacity(rules.len());
    for (index, rule) in rules.iter().enumerate() {
        match Filter::new(rule) {
            Ok(filter) => filters.push(filter),
            Err(faults) => errors.extend(faults.into_iter().map(|Fault { key, reason }| Error::Rule {
                feed: feed.clone(),
                list,
                number: index + 1,
                key,
                reason,
            })),
        }
    }
    filters
}

/// What a feed is made in.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Where the output lives; ends in `/`.
    pub base_url: &'a Url,
    /// What is known of each source.
    pub origins: &'a (dyn Fn(&SourceId) -> Origin + Sync),
    /// WebSub hubs that the feed names.
    pub hubs: &'a [Url],
    /// The present.
    pub now: Timestamp,
}

/// A feed and what did not get into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    /// The feed.
    pub feed: Feed,
    /// Articles left out, each with the reason, in the order given.
    pub dropped: Vec<(ArticleId, String)>,
    /// Articles whose body was cut to its summary to keep the feed under its limit of bytes.
    pub shortened: Vec<ArticleId>,
    /// Articles without which the feed would be another: its entries, and what repeats or is repeated.
    pub shown: Vec<(SourceId, ArticleId)>,
    /// Whether `limit.items` was reached: older articles would change nothing.
    pub is_full: bool,
}

/// Makes a feed of the articles of its sources.
#[must_use]
pub fn feed(recipe: &Recipe, articles: Vec<Article>, surroundings: &Surroundings) -> Composed {
    let settings = &recipe.settings;
    let given: Vec<ArticleId> = articles.iter().map(|article| article.id).collect();
    let mut reasons: HashMap<ArticleId, String> = HashMap::new();
    let mut kept: Vec<Article> = Vec::with_capacity(articles.len().min(settings.limit.items));
    for article in articles {
        match recipe.refusal(&article, surroundings.now) {
            Some(reason) => drop(reasons.insert(article.id, reason)),
            None => kept.push(article),
        }
    }
    let mut tellings = Tellings::new();
    let mut shown: Vec<(SourceId, ArticleId)> = Vec::new();
    if settings.duplicates != Duplicates::All {
        let repeats = duplicates::repeats(&kept, surroundings.origins);
        if settings.duplicates == Duplicates::Merge {
            tellings = duplicates::tellings(&kept, &repeats, surroundings.origins);
        }
        let originals: HashSet<ArticleId> = repeats.values().copied().collect();
        let told = |article: &&Article| repeats.contains_key(&article.id) || originals.contains(&article.id);
        shown.extend(kept.iter().filter(told).map(|article| (article.source.clone(), article.id)));
        kept.retain(|article| !repeats.contains_key(&article.id));
        reasons.extend(repeats.into_iter().map(|(id, earlier)| (id, format!("it repeats article {earlier}"))));
    }
    sort(&mut kept, settings.order);
    let is_full = kept.len() >= settings.limit.items;
    let beyond = kept.split_off(settings.limit.items.min(kept.len()));
    reasons.extend(beyond.into_iter().map(|article| (article.id, "it is beyond `limit.items`".to_owned())));
    let mut entries: Vec<FeedEntry> = kept
        .into_iter()
        .map(|article| FeedEntry {
            origin: (surroundings.origins)(&article.source),
            also: tellings.remove(&article.id).unwrap_or_default(),
            article,
        })
        .collect();
    let fitted = size::fit(&mut entries, settings.limit.bytes.0);
    reasons.extend(fitted.left_out.into_iter().map(|id| (id, "it is beyond `limit.bytes`".to_owned())));
    shown.extend(entries.iter().map(|entry| (entry.article.source.clone(), entry.article.id)));
    let dropped = given.into_iter().filter_map(|id| Some((id, reasons.remove(&id)?))).collect();
    Composed { feed: head(settings, entries, surroundings), dropped, shortened: fitted.shortened, shown, is_full }
}

/// Newest first; equal moments by id, so that the order is always the same.
fn sort(articles: &mut [Article], order: Order) {
    articles.sort_by_key(|article| {
        let moment = match order {
            Order::Announced => article.announced_at,
            Order::Published => article.content.published.or(article.announced_at),
        };
        (Reverse(moment), article.id)
    });
}

fn head(settings: &Settings, entries: Vec<FeedEntry>, surroundings: &Surroundings) -> Feed {
    // A newcomer that takes its place among older entries changes the feed when it comes in.
    let changed = |entry: &FeedEntry| {
        let article = &entry.article;
        article.touched().max(article.announced_at.unwrap_or(Timestamp::MIN)).max(article.first_seen)
    };
    Feed {
        id: settings.id.clone(),
        title: settings.title.clone(),
        description: settings.description.clone(),
        language: settings.language.clone().or_else(|| shared_language(&entries)),
        base_url: surroundings.base_url.clone(),
        updated: entries.iter().map(changed).max().unwrap_or(Timestamp::UNIX_EPOCH),
        ttl_minutes: settings.ttl.map(|ttl| u32::try_from(ttl.0.as_mins()).unwrap_or(u32::MAX)),
        hubs: surroundings.hubs.to_vec(),
        entries,
    }
}

/// The language all entries are in; where they are in variants of one (`en-GB`, `en-US`), that one.
fn shared_language(entries: &[FeedEntry]) -> Option<String> {
    let mut tags = entries.iter().map(|entry| entry.article.content.language.as_deref());
    let first = tags.next()??;
    let primary = first.split('-').next()?;
    let mut shared = first;
    for tag in tags {
        let tag = tag?;
        if !tag.split('-').next()?.eq_ignore_ascii_case(primary) {
            return None;
        }
        if !tag.eq_ignore_ascii_case(shared) {
            shared = primary;
        }
    }
    Some(shared.to_owned())
}

#[cfg(test)]
mod tests;
