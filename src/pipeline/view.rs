//! A view of a feed, made when it is asked for: the articles of the feed that fit a query, beyond what the feed itself holds.
//!
//! It shows entries of the feed as it would be without its limit: chosen by its rules, told once where it merges stories, under the same
//! ids. What one view may cost is bounded: so many articles are looked at, the newest first, and no longer than a while.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::compose::{self, Duplicates, Order, Recipe, Surroundings, View};
use crate::emit::{self, File, Publication, Site};
use crate::model::{Article, ArticleId, Drawn, Format, SourceId};
use crate::store::{self, Selection};

use super::Renderer;
use super::render::origin;

/// Articles looked at for one view, the newest of the feed.
const LOOKED_AT: usize = 2_000;
/// Read from the store at once.
const PAGE: usize = 250;
/// Nothing more is read after this.
const PATIENCE: Duration = Duration::from_secs(2);
/// Entries and bytes of a view at most; those of the feed where they are less.
const ITEMS: usize = 100;
const BYTES: u64 = 500_000;

/// As what a view is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A feed.
    Format(Format),
    /// Its page for people.
    Page,
}

/// Why there is no view.
#[derive(Debug, thiserror::Error)]
pub enum NoView {
    /// There is no such feed, or not in this format.
    #[error("there is no such feed")]
    NoFeed,
    /// A source is not one of the feed's.
    #[error("`source`: `{source_id}` is no source of the feed `{feed}`: its sources are named in sources.opml")]
    NoSource {
        /// The source.
        source_id: SourceId,
        /// The feed.
        feed: String,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Renderer {
    /// Makes a view of a feed.
    ///
    /// # Errors
    /// When there is no such feed or source, or the store cannot be read.
    pub async fn view(&self, feed: &str, view: &View, form: Form) -> Result<File, NoView> {
        let (whole, members) = self.member(feed).ok_or(NoView::NoFeed)?;
        let formats = &whole.settings().formats;
        if matches!(form, Form::Format(format) if !formats.contains(&format)) {
            return Err(NoView::NoFeed);
        }
        if let Some(other) = view.sources().iter().find(|source| !members.contains(source)) {
            return Err(NoView::NoSource { source_id: other.clone(), feed: feed.to_owned() });
        }
        let now = (self.clock)();
        let found = self.look(whole, members.to_vec(), view, now).await?;
        let sources: HashSet<SourceId> = found.articles.iter().map(|article| article.source.clone()).collect();
        let mut sources: Vec<SourceId> = sources.into_iter().chain(view.sources().iter().cloned()).collect();
        sources.sort_unstable();
        sources.dedup();
        let said = self.said_by(&sources).await?;
        let origins = |id: &SourceId| {
            let subscription = self.subscriptions.get(id);
            subscription.map(|subscription| origin(&subscription.source, &said)).unwrap_or_default()
        };
        let stories = self.stories(whole, &found.articles).await?;
        let of = &whole.settings().title;
        let name = |id: &SourceId| origins(id).title.unwrap_or_else(|| id.to_string());
        let recipe = view.recipe(whole, format!("{of}: {}", view.describe(&name)), ITEMS, BYTES);
        let surroundings = Surroundings { base_url: &self.base_url, origins: &origins, hubs: &[], now };
        let shows = |article: &Article| found.fitting.contains(&article.id);
        let mut composed = compose::drawn(&recipe, found.articles, &stories, &surroundings, &shows);
        composed.feed.drawn = Some(Drawn { query: view.query(), words: view.words(), of: of.clone() });
        let publication = Publication { feed: &composed.feed, formats };
        Ok(match form {
            Form::Format(format) => File {
                path: format!("{feed}.{}", format.extension()),
                media_type: format.media_type(),
                bytes: emit::write(&composed.feed, format),
            },
            Form::Page => {
                let site = Site { title: &self.title, base_url: &self.base_url, sources: &[], views: true };
                emit::page_file(&site, &publication)
            }
        })
    }

    /// Looks through the feed for what fits. Where duplicates count, all that was looked at comes along: what repeats what decides which
    /// entries there are.
    async fn look(
        &self,
        whole: &Recipe,
        members: Vec<SourceId>,
        view: &View,
        now: Timestamp,
    ) -> Result<Found, store::Error> {
        let is_told_once = whole.settings().duplicates != Duplicates::All;
        let is_narrow = !is_told_once && !view.sources().is_empty();
        let sources = if is_narrow { view.sources().to_vec() } else { members };
        let since = view.oldest(now).filter(|_| !is_told_once);
        let mut selection = Selection { sources: Some(sources), limit: PAGE, before: None, since };
        // In the order of the store the first that fit are the ones to show.
        let enough = if is_told_once || whole.settings().order != Order::Announced { usize::MAX } else { ITEMS };
        let asked = Arc::new((view.recipe(whole, String::new(), ITEMS, BYTES), view.clone()));
        let (began, mut read, mut found) = (Instant::now(), 0, Found::default());
        while read < LOOKED_AT && found.fitting.len() < enough && began.elapsed() < PATIENCE {
            let more = self.store.articles(&selection).await?;
            read += more.len();
            let is_end = more.len() < PAGE;
            selection.before = more.last().and_then(|article| article.announced_at.map(|at| (at, article.id)));
            let asked = Arc::clone(&asked);
            let sift = move || sift(more, &asked.0, &asked.1, is_told_once, now);
            // A document that brings this to panic shows nothing of its page.
            let (articles, fitting) = tokio::task::spawn_blocking(sift).await.unwrap_or_default();
            found.articles.extend(articles);
            found.fitting.extend(fitting);
            if is_end || selection.before.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

/// What was found.
#[derive(Debug, Default)]
struct Found {
    /// In the order of the store.
    articles: Vec<Article>,
    /// Those of them that fit.
    fitting: HashSet<ArticleId>,
}

/// Takes out what the rules refuse, and what does not fit; of that only what is compared stays where `keeps_others`.
fn sift(
    articles: Vec<Article>,
    recipe: &Recipe,
    view: &View,
    keeps_others: bool,
    now: Timestamp,
) -> (Vec<Article>, Vec<ArticleId>) {
    let (mut kept, mut fitting) = (Vec::new(), Vec::new());
    for mut article in articles {
        if !recipe.takes(&article, now) {
            continue;
        }
        if view.fits(&article, now) {
            fitting.push(article.id);
        } else if keeps_others {
            article.content.body = String::new();
        } else {
            continue;
        }
        kept.push(article);
    }
    (kept, fitting)
}
