//! Articles to a [`Feed`]: which, in what order, how many.
//!
//! Between store and `emit`. [`Recipe::new`] reads the settings of a feed once; [`feed`] makes the feed as of a moment and
//! says what was left out and why, which is what `preview` shows. Pure: the same articles at the same moment make the same
//! feed. `keep` is asked before `drop`, duplicates are found among what is left, limits come last; what is left is rewritten.

mod archive;
mod duplicates;
mod filter;
mod reason;
mod recipe;
mod rewrite;
mod rule;
#[cfg(test)]
pub(crate) mod samples;
mod settings;
mod size;
mod units;
mod view;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use url::Url;

pub use archive::{archive, tombstone};
pub use filter::{Filter, Subject};
pub use reason::{Place, Reason};
pub use recipe::{Error, Everywhere, Recipe};
pub use rewrite::{Body, Rewrite};
pub use rule::{Fault, Rule};
pub use settings::{Duplicates, Limit, Order, Rules, Selector, Settings};
pub use units::{Age, Bytes};
pub use view::{Unreadable, View};

use duplicates::Tellings;

use crate::model::{Article, ArticleId, Feed, FeedEntry, History, Origin, SourceId, Stories};

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
    pub dropped: Vec<(ArticleId, Reason)>,
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
    feed_of_stories(recipe, articles, &Stories::new(), surroundings)
}

/// [`feed`], where it is known which articles tell one story: `stories` names the story of those that are told by several.
#[must_use]
pub fn feed_of_stories(
    recipe: &Recipe,
    articles: Vec<Article>,
    stories: &Stories,
    surroundings: &Surroundings,
) -> Composed {
    drawn(recipe, articles, stories, surroundings, &|_| true)
}

/// [`feed_of_stories`] with those of its entries alone that `shows` takes: asked once duplicates are out, so that an entry has the id
/// that it has in the whole feed.
#[must_use]
pub fn drawn(
    recipe: &Recipe,
    articles: Vec<Article>,
    stories: &Stories,
    surroundings: &Surroundings,
    shows: &dyn Fn(&Article) -> bool,
) -> Composed {
    let settings = recipe.settings();
    let given: Vec<ArticleId> = articles.iter().map(|article| article.id).collect();
    let mut reasons: HashMap<ArticleId, Reason> = HashMap::new();
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
        let repeats = duplicates::repeats(&kept, stories, surroundings.origins);
        if settings.duplicates == Duplicates::Merge {
            tellings = duplicates::tellings(&kept, &repeats, surroundings.origins);
        }
        let originals: HashSet<ArticleId> = repeats.values().copied().collect();
        let told = |article: &&Article| repeats.contains_key(&article.id) || originals.contains(&article.id);
        shown.extend(kept.iter().filter(told).map(|article| (article.source.clone(), article.id)));
        kept.retain(|article| !repeats.contains_key(&article.id));
        reasons.extend(repeats.into_iter().map(|(id, earlier)| (id, Reason::Repeats(earlier))));
    }
    kept.retain(shows);
    sort(&mut kept, settings.order);
    reasons.extend(beyond_quota(&mut kept, settings.limit.per_source).into_iter().map(|id| (id, Reason::BeyondSource)));
    let is_full = kept.len() >= settings.limit.items;
    let beyond = kept.split_off(settings.limit.items.min(kept.len()));
    reasons.extend(beyond.into_iter().map(|article| (article.id, Reason::BeyondItems)));
    let mut entries: Vec<FeedEntry> = kept
        .into_iter()
        .map(|article| FeedEntry {
            origin: (surroundings.origins)(&article.source),
            also: tellings.remove(&article.id).unwrap_or_default(),
            article,
        })
        .collect();
    let shape = recipe.shape();
    for entry in &mut entries {
        shape.rewrite(entry, surroundings.now);
    }
    let fitted = size::fit(&mut entries, settings.limit.bytes.0, shape);
    for entry in &mut entries {
        shape.sign(entry);
    }
    reasons.extend(fitted.left_out.into_iter().map(|id| (id, Reason::BeyondBytes)));
    shown.extend(entries.iter().map(|entry| (entry.article.source.clone(), entry.article.id)));
    let dropped = given.into_iter().filter_map(|id| Some((id, reasons.remove(&id)?))).collect();
    Composed { feed: head(settings, entries, surroundings), dropped, shortened: fitted.shortened, shown, is_full }
}

/// Takes out what a source has beyond its quota, the first of the order stay.
fn beyond_quota(articles: &mut Vec<Article>, quota: Option<usize>) -> Vec<ArticleId> {
    let Some(quota) = quota else { return Vec::new() };
    let mut counts: HashMap<SourceId, usize> = HashMap::new();
    let mut beyond = Vec::new();
    articles.retain(|article| {
        let count = counts.entry(article.source.clone()).or_default();
        *count += 1;
        if *count > quota {
            beyond.push(article.id);
        }
        *count <= quota
    });
    beyond
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
        history: History::default(),
        drawn: None,
        deleted: Vec::new(),
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
