//! The articles of a feed out of the store, page by page until it is full.
//!
//! Where rules leave some out, articles are read at a glance first, no deeper than the rules ask, and whole only where they
//! fit and there is room for them: of a feed that takes one of twenty, nineteen bodies are never read.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::compose::{Reason, Recipe};
use crate::model::{Article, ArticleId, Depth, Glance, Glances, Hint, SourceId};
use crate::store::{Error, Selection, Store};

/// Articles read from the store for one feed at most, however much its rules leave out.
const MOST_READ: usize = 10_000;

/// Articles read at a glance together; fewer where all their texts come along.
const MOST_AT_ONCE: usize = 2_000;
const MOST_TEXTS_AT_ONCE: usize = 500;

/// Told of each article that is read, and why the rules refuse it.
pub(super) type Look<'a> = &'a mut (dyn FnMut(&Glance, Option<Reason>) + Send);

/// Reads the articles that a feed can take, the newest first.
pub struct Picking<'a> {
    store: &'a dyn Store,
    recipe: &'a Recipe,
    now: Timestamp,
    selection: Selection,
    at_once: usize,
    /// Articles read, and of those the ones that the rules take.
    read: usize,
    taken: usize,
    is_whole: bool,
    beyond: Vec<ArticleId>,
    look: Option<Look<'a>>,
}

impl<'a> Picking<'a> {
    /// Begins with the newest articles of these sources.
    #[must_use]
    pub fn new(store: &'a dyn Store, recipe: &'a Recipe, sources: Vec<SourceId>, now: Timestamp) -> Self {
        let wanted = recipe.settings().limit.items;
        let reads_texts = recipe.depth().is_some_and(|depth| depth.text) && recipe.hint() == Hint::Anything;
        let at_once = match recipe.depth() {
            None => MOST_READ,
            Some(_) if reads_texts => MOST_TEXTS_AT_ONCE,
            Some(_) => MOST_AT_ONCE,
        };
        let limit = if recipe.is_selective() { wanted.saturating_mul(4) } else { wanted }.min(at_once);
        let selection = Selection { sources: Some(sources), limit, before: None, since: recipe.oldest(now) };
        Self {
            store,
            recipe,
            now,
            selection,
            at_once,
            read: 0,
            taken: 0,
            is_whole: false,
            beyond: Vec::new(),
            look: None,
        }
    }

    /// Has somebody told of all that is read.
    pub(super) fn seen_by(self, look: Option<Look<'a>>) -> Self {
        Self { look, ..self }
    }

    /// Reads on; gives those that the rules take and there is room for.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Vec<Article>, Error> {
        match self.recipe.depth() {
            Some(depth) => self.at_a_glance(depth).await,
            None => self.whole().await,
        }
    }

    async fn whole(&mut self) -> Result<Vec<Article>, Error> {
        let mut articles = self.store.articles(&self.selection).await?;
        self.go_on(articles.len(), articles.last().and_then(|last| Some((last.announced_at?, last.id))));
        articles.retain(|article| {
            let refusal = self.recipe.refusal(article, self.now);
            if let Some(look) = &mut self.look {
                look(&Glance::of(article, Depth { head: true, ..Depth::default() }), refusal);
            }
            refusal.is_none()
        });
        self.taken += articles.len();
        Ok(articles)
    }

    async fn at_a_glance(&mut self, depth: Depth) -> Result<Vec<Article>, Error> {
        // Who is told of all that is read wants to know what it is, be it worth a glance or not.
        let (depth, hint) = match &self.look {
            Some(_) => (Depth { head: true, ..depth }, Hint::Anything),
            None => (depth, self.recipe.hint()),
        };
        let Glances { articles: glances, read, last } = self.store.glances(&self.selection, depth, &hint).await?;
        let mut fitting: Vec<ArticleId> = Vec::new();
        for glance in &glances {
            let refusal = self.recipe.refusal_at_a_glance(glance, self.now);
            if let Some(look) = &mut self.look {
                look(glance, refusal);
            }
            if refusal.is_none() {
                fitting.push(glance.id);
            }
        }
        drop(glances);
        let wanted = self.recipe.settings().limit.items;
        if !self.recipe.chooses_among_all() {
            let room = wanted.saturating_sub(self.taken).min(fitting.len());
            self.beyond.extend_from_slice(&fitting[room..]);
            self.taken += fitting.len() - room;
            fitting.truncate(room);
        }
        self.taken += fitting.len();
        self.go_on(read, last);
        self.selection.limit = self.next_limit(wanted);
        let held = self.store.held(&fitting).await?;
        let mut held: HashMap<ArticleId, Article> = held.into_iter().map(|article| (article.id, article)).collect();
        // What was changed since it was looked at is looked at again.
        let in_order = fitting.iter().filter_map(|id| held.remove(id));
        Ok(in_order.filter(|article| self.recipe.takes(article, self.now)).collect())
    }

    /// Notes what was read, and where to read on.
    fn go_on(&mut self, count: usize, last: Option<(Timestamp, ArticleId)>) {
        self.read += count;
        self.is_whole = count < self.selection.limit || last.is_none();
        self.selection.before = last;
    }

    /// As many as should fill the feed, going by how many fitted so far, and some more: each statement has its price.
    fn next_limit(&self, wanted: usize) -> usize {
        let lacking = wanted.saturating_sub(self.taken);
        let likely = lacking.saturating_mul(self.read).checked_div(self.taken).unwrap_or(self.at_once);
        let limit = likely.saturating_add(likely / 8).clamp(wanted.min(self.at_once), self.at_once);
        limit.min(MOST_READ.saturating_sub(self.read)).max(1)
    }

    /// Whether nothing more is to be read, full or not.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_whole || self.read >= MOST_READ
    }

    /// Whether all articles of the sources were looked at.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// How many the rules refused.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.read.saturating_sub(self.taken)
    }

    /// Those that the rules take and for which there is no room.
    pub(super) fn into_beyond(self) -> Vec<ArticleId> {
        self.beyond
    }
}
