//! Store to published bytes: every feed whose sources changed, then what points to the feeds.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use url::Url;

use crate::compose::{self, Recipe, Surroundings};
use crate::emit::{self, File, Listing, Outline, Publication, Site};
use crate::model::{Article, ArticleId, FeedId, Origin, SourceId};
use crate::publish::{self, Publisher};
use crate::store::{self, Selection, Store};

use super::push::News;
use super::{Clock, Subscriptions};

/// Articles read from the store for one feed at most, however much its rules leave out.
const MOST_READ: usize = 10_000;

/// Told of every file with the moment its content last changed: the shelf of the server.
pub type Sink = Arc<dyn Fn(File, Timestamp) + Send + Sync>;

/// Makes the published feeds.
pub struct Renderer {
    /// What is read.
    pub store: Arc<dyn Store>,
    /// The feeds.
    pub recipes: Vec<Recipe>,
    /// The sources by id.
    pub subscriptions: Arc<Subscriptions>,
    /// Where files go; `None` writes none.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// Where else they go.
    pub sink: Sink,
    /// Name of the site.
    pub title: String,
    /// Where the output lives; ends in `/`.
    pub base_url: Url,
    /// WebSub hubs that the feeds name.
    pub hubs: Vec<Url>,
    /// Told of the files that changed.
    pub news: Arc<News>,
    /// The present.
    pub clock: Clock,
    /// What the front page says of each feed. Guards the map only.
    pub listings: Mutex<BTreeMap<FeedId, (Listing, Timestamp)>>,
    /// What each feed shows. Guards the map only.
    pub shown: Mutex<BTreeMap<FeedId, Vec<(SourceId, ArticleId)>>>,
}

/// What a rendering did.
#[derive(Debug, Default)]
pub struct Rendered {
    /// Paths with new bytes.
    pub written: Vec<String>,
    /// Files that were right already.
    pub unchanged: usize,
    /// What could not be written.
    pub failed: Vec<publish::Error>,
    /// The feeds that were made.
    pub feeds: Vec<FeedState>,
}

/// A feed as rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedState {
    /// Its id.
    pub id: FeedId,
    /// Entries in it.
    pub entries: usize,
    /// Articles its rules left out.
    pub dropped: usize,
    /// Its address in each format.
    pub urls: Vec<String>,
}

impl Rendered {
    fn take(&mut self, outcome: publish::Outcome) {
        self.written.extend(outcome.written);
        self.unchanged += outcome.unchanged;
        self.failed.extend(outcome.failed);
    }

    /// Logs what changed, and each failure once.
    pub fn log(&self) {
        if !self.written.is_empty() {
            tracing::info!(written = self.written.len(), "published {} files", self.written.len());
        }
        for error in &self.failed {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            tracing::error!("{error}{cause}; what was published before stays");
        }
    }
}

impl Renderer {
    /// Renders the feeds that take articles of `changed` sources (`None` = all), and what points to them.
    pub async fn render(&self, changed: Option<&BTreeSet<SourceId>>) -> Result<Rendered, store::Error> {
        let now = (self.clock)();
        let origins = self.origins().await?;
        let outlines: Vec<Outline> = self
            .subscriptions
            .values()
            .map(|subscription| outline(&subscription.source, &origins[&subscription.source.id]))
            .collect();
        let site = Site { title: &self.title, base_url: &self.base_url, sources: &outlines };
        let mut rendered = Rendered::default();
        for recipe in &self.recipes {
            let sources = self.selected(recipe);
            if changed.is_some_and(|changed| !sources.iter().any(|source| changed.contains(source))) {
                continue;
            }
            let surroundings = Surroundings {
                base_url: &self.base_url,
                origins: &|source| origins.get(source).cloned().unwrap_or_default(),
                hubs: &self.hubs,
                now,
            };
            let composed = self.compose(recipe, sources, &surroundings).await?;
            let publication = Publication { feed: &composed.feed, formats: &recipe.settings().formats };
            self.publish(emit::feed_files(&site, &publication), composed.feed.updated, &mut rendered).await;
            let urls = publication.formats.iter().map(|format| composed.feed.url(format.extension())).collect();
            let state = FeedState {
                id: composed.feed.id.clone(),
                entries: composed.feed.entries.len(),
                dropped: composed.dropped.len(),
                urls,
            };
            rendered.feeds.push(state);
            self.every_shown().insert(composed.feed.id.clone(), composed.shown);
            self.listings().insert(composed.feed.id.clone(), (Listing::of(&publication), composed.feed.updated));
        }
        let (listings, updated) = {
            let listings = self.listings();
            let in_order = self.recipes.iter().filter_map(|recipe| listings.get(&recipe.settings().id));
            let updated = in_order.clone().map(|(_, updated)| *updated).max().unwrap_or(Timestamp::UNIX_EPOCH);
            (in_order.map(|(listing, _)| listing.clone()).collect::<Vec<_>>(), updated)
        };
        self.publish(emit::front_files(&site, &listings), updated, &mut rendered).await;
        self.news.add(&rendered.written);
        Ok(rendered)
    }

    /// What the feeds show, by source; `None` until every feed was rendered.
    #[must_use]
    pub fn shown(&self) -> Option<BTreeMap<SourceId, BTreeSet<ArticleId>>> {
        let feeds = self.every_shown();
        let is_whole = self.recipes.iter().all(|recipe| feeds.contains_key(&recipe.settings().id));
        let mut shown: BTreeMap<SourceId, BTreeSet<ArticleId>> = BTreeMap::new();
        for (source, article) in feeds.values().flatten() {
            shown.entry(source.clone()).or_default().insert(*article);
        }
        is_whole.then_some(shown)
    }

    /// Every path that is published.
    #[must_use]
    pub fn paths(&self) -> HashSet<String> {
        let mut paths: HashSet<String> = ["index.html", "feeds.opml", "sources.opml"].map(str::to_owned).into();
        for recipe in &self.recipes {
            let id = &recipe.settings().id;
            paths.insert(format!("{id}/index.html"));
            paths.extend(recipe.settings().formats.iter().map(|format| format!("{id}.{}", format.extension())));
        }
        paths
    }

    fn listings(&self) -> std::sync::MutexGuard<'_, BTreeMap<FeedId, (Listing, Timestamp)>> {
        self.listings.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn every_shown(&self) -> std::sync::MutexGuard<'_, BTreeMap<FeedId, Vec<(SourceId, ArticleId)>>> {
        self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn publish(&self, files: Vec<File>, modified: Timestamp, rendered: &mut Rendered) {
        if let Some(publisher) = &self.publisher {
            let places = files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
            rendered.take(publish::all(publisher.as_ref(), places.collect::<Vec<_>>()).await);
        }
        for file in files {
            (self.sink)(file, modified);
        }
    }

    fn selected(&self, recipe: &Recipe) -> Vec<SourceId> {
        let sources = self.subscriptions.values().map(|subscription| &subscription.source);
        sources
            .filter(|source| recipe.settings().selects(&source.id, &source.tags))
            .map(|source| source.id.clone())
            .collect()
    }

    async fn origins(&self) -> Result<HashMap<SourceId, Origin>, store::Error> {
        let status = self.store.status().await?;
        let said: HashMap<_, _> = status.iter().map(|status| (&status.id, &status.state)).collect();
        let origin = |source: &crate::source::Source| {
            let state = said.get(&source.id);
            source.origin(state.and_then(|state| state.title.as_deref()), state.and_then(|state| state.home.as_deref()))
        };
        Ok(self
            .subscriptions
            .values()
            .map(|subscription| (subscription.source.id.clone(), origin(&subscription.source)))
            .collect())
    }

    /// Reads as many articles as the feed needs: more than it holds where its rules leave some out.
    async fn compose(
        &self,
        recipe: &Recipe,
        sources: Vec<SourceId>,
        surroundings: &Surroundings<'_>,
    ) -> Result<compose::Composed, store::Error> {
        let wanted = recipe.settings().limit.items;
        let page = if recipe.is_selective() { wanted.saturating_mul(4) } else { wanted }.min(MOST_READ);
        let mut selection =
            Selection { sources: Some(sources), limit: page, before: None, since: recipe.oldest(surroundings.now) };
        let mut articles: Vec<Article> = Vec::new();
        loop {
            let more = self.store.articles(&selection).await?;
            let last = more.last().and_then(|article| article.announced_at.map(|at| (at, article.id)));
            let is_end = more.len() < page;
            articles.extend(more);
            let is_last = is_end || articles.len() >= MOST_READ || last.is_none();
            // A feed without rules is full with what it wanted; only one with rules may have to go on, and keep what it read.
            let given = if is_last { std::mem::take(&mut articles) } else { articles.clone() };
            let composed = compose::feed(recipe, given, surroundings);
            if is_last || composed.is_full {
                return Ok(composed);
            }
            selection.before = last;
        }
    }
}

/// A source in a list of subscriptions. A listing page is no feed: it is listed as a link.
#[must_use]
pub fn outline(source: &crate::source::Source, origin: &Origin) -> Outline {
    let outline = Outline::of_source(&source.id, origin, &source.tags);
    Outline { feed_url: outline.feed_url.filter(|_| !source.is_listing()), ..outline }
}
