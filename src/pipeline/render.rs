//! Store to published bytes: every feed whose sources changed, then what points to the feeds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use url::Url;

use crate::compose::{self, Duplicates, Recipe, Surroundings};
use crate::emit::{self, File, Listing, Outline, Publication, Site};
use crate::model::{Article, ArticleId, Digest, FeedId, Format, Origin, SourceId, Stories};
use crate::publish::{self, Parcel, Publisher};
use crate::store::{self, Store};

use super::paths::Paths;
use super::picking::{Look, Picking};
use super::push::News;
use super::{Clock, Subscriptions};

/// Feeds whose newest articles the front page names; where there are more it names none.
const MOST_WITH_NEWS: usize = 100;

/// Told of every file with the moment its content last changed: the shelf of the server.
pub type Sink = Arc<dyn Fn(&Parcel, Timestamp) + Send + Sync>;

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
    /// Whether views of the feeds are answered.
    pub views: bool,
    /// Told of the files that changed.
    pub news: Arc<News>,
    /// The present.
    pub clock: Clock,
    /// What earlier renderings found out. Held for single steps only.
    pub listings: Mutex<Remembered>,
    /// What each feed shows. Guards the map only.
    pub shown: Mutex<BTreeMap<FeedId, Vec<(SourceId, ArticleId)>>>,
}

/// What one rendering finds out for the next.
#[derive(Debug, Default)]
pub struct Remembered {
    /// What the front page says of each feed.
    feeds: BTreeMap<FeedId, (Listing, Timestamp)>,
    /// What each source says of itself; `None` until all were looked at.
    said: Option<HashMap<SourceId, Said>>,
    /// Which sources are in which feeds; `None` until it is asked for.
    members: Option<Arc<Members>>,
    /// What each feed was when it was published last.
    prints: HashMap<FeedId, Digest>,
}

/// Which sources are in which feeds, by their number.
#[derive(Debug)]
struct Members {
    of_feeds: Vec<Arc<[SourceId]>>,
    feeds_of: HashMap<SourceId, Vec<usize>>,
}

impl Members {
    fn of<'a>(recipes: &[Recipe], sources: &(impl Iterator<Item = (&'a SourceId, &'a [String])> + Clone)) -> Self {
        let (mut of_feeds, mut feeds_of) = (Vec::with_capacity(recipes.len()), HashMap::<_, Vec<usize>>::new());
        for (number, recipe) in recipes.iter().enumerate() {
            let taken = sources.clone().filter(|(id, tags)| recipe.settings().selects(id, tags));
            let sources: Arc<[SourceId]> = taken.map(|(id, _)| id.clone()).collect();
            for source in sources.iter() {
                feeds_of.entry(source.clone()).or_default().push(number);
            }
            of_feeds.push(sources);
        }
        Self { of_feeds, feeds_of }
    }

    /// The feeds that take articles of these sources (`None` = all feeds), in order.
    fn due(&self, changed: Option<&BTreeSet<SourceId>>) -> Vec<usize> {
        let Some(changed) = changed else { return (0..self.of_feeds.len()).collect() };
        let due: BTreeSet<usize> = changed.iter().filter_map(|id| self.feeds_of.get(id)).flatten().copied().collect();
        due.into_iter().collect()
    }
}

/// What all sources say of themselves, and whether one of them says something else than before.
struct WhatIsSaid {
    of: HashMap<SourceId, Said>,
    is_new: bool,
}

/// What a source says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    title: Option<String>,
    home: Option<String>,
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
    /// Paths that are published no more and were taken away.
    pub removed: Vec<String>,
    /// The feeds that were made.
    pub feeds: Vec<FeedState>,
}

/// A feed as made of what the store holds.
pub(super) struct Made {
    pub(super) composed: compose::Composed,
    /// Articles that the rules take and for which there is no room; they were not read.
    pub(super) beyond: Vec<ArticleId>,
    /// Articles that the rules refused.
    pub(super) refused: usize,
    /// Whether all articles of its sources were looked at.
    pub(super) is_whole: bool,
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
        if !self.removed.is_empty() {
            let names = self.removed.join(", ");
            tracing::info!(removed = self.removed.len(), "took away what is published no more: {names}");
        }
        for error in &self.failed {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            tracing::error!("{error}{cause}; what was published before stays");
        }
    }
}

impl Renderer {
    /// Renders the feeds that take articles of `changed` sources (`None` = all), and what points to them where that shows
    /// something else than before. What it costs grows with those feeds, not with all feeds and sources.
    pub async fn render(&self, changed: Option<&BTreeSet<SourceId>>) -> Result<Rendered, store::Error> {
        let now = (self.clock)();
        let held = self.listings().said.take();
        let is_first = changed.is_none() || held.is_none();
        let said = self.what_is_said(changed, held).await?;
        let members = self.members();
        let origins = |id: &SourceId| {
            let subscription = self.subscriptions.get(id);
            subscription.map(|subscription| origin(&subscription.source, &said.of)).unwrap_or_default()
        };
        let site = Site { title: &self.title, base_url: &self.base_url, sources: &[], views: self.views };
        let mut rendered = Rendered::default();
        let mut is_front_old = is_first || said.is_new;
        for number in members.due(changed) {
            let Some((recipe, sources)) = self.recipes.get(number).zip(members.of_feeds.get(number)) else { continue };
            let surroundings = Surroundings { base_url: &self.base_url, origins: &origins, hubs: &self.hubs, now };
            let made = self.compose(recipe, sources.to_vec(), &surroundings, None).await?;
            let (mut composed, refused) = (made.composed, made.refused + made.beyond.len());
            let whole = changed.is_none();
            self.archives(recipe, sources, &mut composed, &surroundings, whole, &mut rendered).await?;
            let publication = Publication { feed: &composed.feed, formats: &recipe.settings().formats };
            self.print(&site, &publication, &mut rendered).await;
            let urls = publication.formats.iter().map(|format| composed.feed.url(format.extension())).collect();
            let state = FeedState {
                id: composed.feed.id.clone(),
                entries: composed.feed.entries.len(),
                dropped: composed.dropped.len() + refused,
                urls,
            };
            rendered.feeds.push(state);
            let listing = self.listing(&publication);
            let updated = composed.feed.updated;
            self.every_shown().insert(composed.feed.id.clone(), composed.shown);
            let earlier = self.listings().feeds.insert(composed.feed.id.clone(), (listing.clone(), updated));
            is_front_old |= earlier.is_none_or(|(earlier, _)| earlier != listing);
        }
        let mut is_front_right = true;
        if is_front_old {
            let failures = rendered.failed.len();
            self.front(&said.of, &mut rendered).await;
            is_front_right = rendered.failed.len() == failures;
        }
        // What could not be published is made again with the next rendering, as after the start.
        self.listings().said = is_front_right.then_some(said.of);
        self.news.add(&rendered.written);
        Ok(rendered)
    }

    /// Makes and publishes the files of a feed, unless it is as it was and they are where they belong. Where views are answered it
    /// always does: they look beyond what the feed holds, and are drawn anew when it was made.
    async fn print(&self, site: &Site<'_>, publication: &Publication<'_>, rendered: &mut Rendered) {
        let id = &publication.feed.id;
        let print = emit::fingerprint(site, publication);
        let is_known = self.listings().prints.insert(id.clone(), print) == Some(print);
        if is_known && !self.views && self.holds(id, publication.formats).await {
            rendered.unchanged += publication.formats.len() + 1;
            return;
        }
        let failures = rendered.failed.len();
        self.publish(emit::feed_files(site, publication), publication.feed.updated, rendered).await;
        if rendered.failed.len() > failures {
            self.listings().prints.remove(id);
        }
    }

    /// Whether the files of a feed are in the folder, where there is one.
    async fn holds(&self, feed: &FeedId, formats: &[Format]) -> bool {
        let Some(publisher) = &self.publisher else { return true };
        for path in emit::feed_paths(feed, formats) {
            if !publisher.holds(&path).await {
                return false;
            }
        }
        true
    }

    /// The front page and the lists.
    async fn front(&self, said: &HashMap<SourceId, Said>, rendered: &mut Rendered) {
        let (listings, updated) = {
            let listings = self.listings();
            let in_order = self.recipes.iter().filter_map(|recipe| listings.feeds.get(&recipe.settings().id));
            let updated = in_order.clone().map(|(_, updated)| *updated).max().unwrap_or(Timestamp::UNIX_EPOCH);
            (in_order.map(|(listing, _)| listing.clone()).collect::<Vec<_>>(), updated)
        };
        let files = {
            let sources = self.subscriptions.values().map(|subscription| &subscription.source);
            let outlines: Vec<Outline> = sources.map(|source| outline(source, &origin(source, said))).collect();
            let site = Site { title: &self.title, base_url: &self.base_url, sources: &outlines, views: self.views };
            emit::front_files(&site, &listings)
        };
        self.publish(files, updated, rendered).await;
    }

    /// What the front page says of a feed. Where there are many it says what lasts only: the page would change, as a whole, with
    /// every article, and nobody reads a thousand headlines.
    fn listing(&self, publication: &Publication<'_>) -> Listing {
        let listing = Listing::of(publication);
        if self.recipes.len() <= MOST_WITH_NEWS { listing } else { listing.lasting() }
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

    /// Every place that something is published at.
    #[must_use]
    pub fn paths(&self) -> Paths {
        Paths::of(&self.recipes, self.publisher.as_ref().is_some_and(|publisher| publisher.has_twins()))
    }

    fn listings(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.listings.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn every_shown(&self) -> std::sync::MutexGuard<'_, BTreeMap<FeedId, Vec<(SourceId, ArticleId)>>> {
        self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Publishes files to the folder alone.
    pub(super) async fn put(&self, files: Vec<File>, rendered: &mut Rendered) {
        self.publish_all(&parcels(files), rendered).await;
    }

    async fn publish_all(&self, parcels: &[Parcel], rendered: &mut Rendered) {
        if let Some(publisher) = &self.publisher {
            rendered.take(publish::all(publisher.as_ref(), parcels).await);
        }
    }

    /// Publishes files to the folder and to the server, which share what is compressed.
    async fn publish(&self, files: Vec<File>, modified: Timestamp, rendered: &mut Rendered) {
        let parcels = parcels(files);
        self.publish_all(&parcels, rendered).await;
        for parcel in &parcels {
            (self.sink)(parcel, modified);
        }
    }

    /// Which sources are in which feeds: found once.
    fn members(&self) -> Arc<Members> {
        let sources = self.subscriptions.values().map(|subscription| &subscription.source);
        let find = || Arc::new(Members::of(&self.recipes, &sources.map(|source| (&source.id, source.tags.as_slice()))));
        Arc::clone(self.listings().members.get_or_insert_with(find))
    }

    /// A feed by its name, with its sources.
    pub(super) fn member(&self, feed: &str) -> Option<(&Recipe, Arc<[SourceId]>)> {
        let number = self.recipes.iter().position(|recipe| recipe.settings().id.as_str() == feed)?;
        Some((self.recipes.get(number)?, self.members().of_feeds.get(number)?.clone()))
    }

    pub(super) fn selected(&self, recipe: &Recipe) -> Vec<SourceId> {
        let sources = self.subscriptions.values().map(|subscription| &subscription.source);
        sources
            .filter(|source| recipe.settings().selects(&source.id, &source.tags))
            .map(|source| source.id.clone())
            .collect()
    }

    /// What all sources say of themselves now.
    pub(super) async fn said(&self) -> Result<HashMap<SourceId, Said>, store::Error> {
        Ok(self.what_is_said(None, None).await?.of)
    }

    /// What these sources say of themselves now.
    pub(super) async fn said_by(&self, sources: &[SourceId]) -> Result<HashMap<SourceId, Said>, store::Error> {
        let states = self.store.states(sources).await?.into_iter();
        Ok(states.map(|(id, state)| (id, Said { title: state.title, home: state.home })).collect())
    }

    /// What the sources say of themselves: of those that changed as it is now, of the others as it was at the last rendering
    /// of everything.
    async fn what_is_said(
        &self,
        changed: Option<&BTreeSet<SourceId>>,
        held: Option<HashMap<SourceId, Said>>,
    ) -> Result<WhatIsSaid, store::Error> {
        /// States looked at together: all of them at once would take far more memory than what is kept of them.
        const TOGETHER: usize = 512;
        let held = held.filter(|_| changed.is_some());
        let ids: Vec<SourceId> = match (changed, &held) {
            (Some(changed), Some(_)) => changed.iter().cloned().collect(),
            _ => self.subscriptions.keys().cloned().collect(),
        };
        let mut said = WhatIsSaid { of: held.unwrap_or_default(), is_new: false };
        for some in ids.chunks(TOGETHER) {
            for store::Titled { source: id, title, home } in self.store.titles(some).await? {
                let now = Said { title, home };
                said.is_new |= said.of.get(&id) != Some(&now);
                let own = self.subscriptions.get(&id).map(|subscription| subscription.source.id.clone());
                said.of.insert(own.unwrap_or(id), now);
            }
        }
        Ok(said)
    }

    /// Which of these articles tell one story, where the feed wants to know.
    pub(super) async fn stories(&self, recipe: &Recipe, articles: &[Article]) -> Result<Stories, store::Error> {
        if recipe.settings().duplicates == Duplicates::All {
            return Ok(Stories::new());
        }
        let ids: Vec<ArticleId> = articles.iter().map(|article| article.id).collect();
        self.store.stories(&ids).await
    }

    /// Reads as many articles as the feed needs, and makes it. `look` is told of each that is read, and why the rules refuse it.
    pub(super) async fn compose<'l>(
        &'l self,
        recipe: &'l Recipe,
        sources: Vec<SourceId>,
        surroundings: &Surroundings<'_>,
        look: Option<Look<'l>>,
    ) -> Result<Made, store::Error> {
        let wanted = recipe.settings().limit.items;
        let mut picking = Picking::new(self.store.as_ref(), recipe, sources, surroundings.now).seen_by(look);
        let mut articles: Vec<Article> = Vec::new();
        loop {
            let more = picking.next().await?;
            let is_nothing = more.is_empty();
            articles.extend(more);
            let is_last = picking.is_done();
            if !is_last && (articles.len() < wanted || is_nothing) {
                continue;
            }
            // Only a feed that chooses among all may have to go on, and keep what it read.
            let given = if is_last { std::mem::take(&mut articles) } else { articles.clone() };
            let stories = self.stories(recipe, &given).await?;
            let composed = compose::feed_of_stories(recipe, given, &stories, surroundings);
            if is_last || composed.is_full {
                let (refused, is_whole) = (picking.refused(), picking.is_whole());
                return Ok(Made { composed, beyond: picking.into_beyond(), refused, is_whole });
            }
        }
    }
}

fn parcels(files: Vec<File>) -> Vec<Parcel> {
    files.into_iter().map(|File { path, media_type, bytes }| Parcel::new(path, media_type, bytes)).collect()
}

/// A source as the origin of its entries, by what it said of itself.
pub(super) fn origin(source: &crate::source::Source, said: &HashMap<SourceId, Said>) -> Origin {
    let said = said.get(&source.id);
    source.origin(said.and_then(|said| said.title.as_deref()), said.and_then(|said| said.home.as_deref()))
}

/// A source in a list of subscriptions. A listing page is no feed: it is listed as a link.
#[must_use]
pub fn outline(source: &crate::source::Source, origin: &Origin) -> Outline {
    let outline = Outline::of_source(&source.id, origin, &source.tags);
    Outline { feed_url: outline.feed_url.filter(|_| !source.is_listing()), ..outline }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_about_the_feeds_that_take_its_source_and_no_others() {
        let recipe = |sources: &str| {
            let text = format!("id = 'a'\ntitle = 'A'\nsources = [{sources}]");
            Recipe::new(toml::from_str(&text).unwrap()).unwrap()
        };
        let recipes = ["'one'", "'tag:local'", "'*'", "'two', 'one'"].map(recipe);
        let id = |name: &str| name.parse::<SourceId>().unwrap();
        let sources = [(id("one"), vec![]), (id("two"), vec!["local".to_owned()]), (id("three"), vec![])];
        let members = Members::of(&recipes, &sources.iter().map(|(id, tags)| (id, tags.as_slice())));
        assert_eq!(*members.of_feeds[3], [id("one"), id("two")]);
        let rows: [(&[&str], &[usize]); 5] = [
            (&["one"], &[0, 2, 3]),
            (&["two"], &[1, 2, 3]),
            (&["three"], &[2]),
            (&["three", "two"], &[1, 2, 3]),
            (&["gone"], &[]),
        ];
        for (changed, wanted) in rows {
            assert_eq!(members.due(Some(&changed.iter().map(|name| id(name)).collect())), wanted, "{changed:?}");
        }
        assert_eq!(members.due(None), [0, 1, 2, 3]);
    }
}
