//! The history of a feed: archives that fill up and then stay (RFC 5005 §4), and what was withdrawn (RFC 6721).
//!
//! What a feed announces is put into archives of fixed size, in the order it was announced, so that every article is in the
//! current document or in an archive. Which article is in which archive, and in which form, is kept in the store; the
//! documents are made once. Only an article that is withdrawn changes an archive.

use std::collections::{BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::compose::{self, Composed, Duplicates, Recipe, Surroundings};
use crate::emit::{self, Publication};
use crate::model::{Article, ArticleId, Format, SourceId, Tombstone};
use crate::store::{self, Archive, Selection};

use super::{Renderer, render::Rendered};

/// Articles of an archive, where the feed holds as many: a document of a size that readers take.
const ARCHIVE: usize = 50;
/// Articles looked at in one go.
const BATCH: usize = 1_000;
/// What is announced under an earlier date than this is put into the archives with the next full rendering.
const RECENT: SignedDuration = SignedDuration::from_hours(72);
/// How long a feed tells of an article that was withdrawn.
const TOLD: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many it tells of at most.
const MOST_TOLD: usize = 100;

impl Renderer {
    /// What was withdrawn lately of what the feed takes.
    pub(super) async fn deleted(
        &self,
        recipe: &Recipe,
        sources: &[SourceId],
        now: Timestamp,
    ) -> Result<Vec<Article>, store::Error> {
        let since = now.saturating_sub(TOLD).unwrap_or(Timestamp::MIN);
        let selection =
            Selection { sources: Some(sources.to_vec()), limit: MOST_TOLD, before: None, since: Some(since) };
        let mut withdrawn = self.store.withdrawn(&selection).await?;
        withdrawn.retain(|article| recipe.accepts(article, now));
        Ok(withdrawn)
    }

    /// Fills the archives of a feed with what is not in one yet, makes the documents that are missing or hold what was
    /// withdrawn, and puts into the feed where they are. `whole` looks at everything, else at what is recent.
    pub(super) async fn archives(
        &self,
        recipe: &Recipe,
        sources: &[SourceId],
        composed: &mut Composed,
        surroundings: &Surroundings<'_>,
        whole: bool,
        rendered: &mut Rendered,
    ) -> Result<(), store::Error> {
        let withdrawn = self.deleted(recipe, sources, surroundings.now).await?;
        composed.feed.deleted = withdrawn.iter().filter_map(compose::tombstone).collect();
        let latest = composed.feed.deleted.iter().map(|Tombstone { when, .. }| *when).max();
        composed.feed.updated = latest.map_or(composed.feed.updated, |latest| latest.max(composed.feed.updated));
        if !recipe.settings().archive {
            return Ok(());
        }
        let feed = &recipe.settings().id;
        let first_new = self.store.last_archive(feed).await? + 1;
        self.fill(recipe, sources, composed, surroundings.now, whole).await?;
        let last = self.store.last_archive(feed).await?;
        composed.feed.history.previous = Some(last).filter(|last| *last > 0);
        let mut due: BTreeSet<u32> = (first_new..=last).collect();
        due.extend(self.store.withdrawn_archives(feed).await?);
        if whole {
            for number in 1..first_new {
                if !self.is_published(recipe, number).await {
                    due.insert(number);
                }
            }
        }
        for number in due {
            let articles = self.archived(recipe, number).await?;
            let feed = compose::archive(recipe, number, articles, surroundings);
            let publication = Publication { feed: &feed, formats: &recipe.settings().formats };
            self.put(emit::archive_files(&publication), rendered).await;
        }
        Ok(())
    }

    /// Puts into archives what fills one, and what the feed has no room for.
    async fn fill(
        &self,
        recipe: &Recipe,
        sources: &[SourceId],
        composed: &Composed,
        now: Timestamp,
        whole: bool,
    ) -> Result<(), store::Error> {
        let settings = recipe.settings();
        let size = ARCHIVE.min(settings.limit.items);
        let shown: HashSet<ArticleId> = composed.feed.entries.iter().map(|entry| entry.article.id).collect();
        let since = if whole { None } else { now.saturating_sub(RECENT).ok() };
        let selection = Selection { sources: Some(sources.to_vec()), limit: BATCH, before: None, since };
        loop {
            let found = self.store.unarchived(&settings.id, &selection).await?;
            let is_end = found.len() < BATCH;
            let form = |article: &Article| (article.id, article.revision);
            let (taken, passed): (Vec<Article>, Vec<Article>) =
                found.into_iter().partition(|article| recipe.accepts(article, now));
            let mut number = self.store.last_archive(&settings.id).await?;
            let mut archives = vec![Archive { number: 0, articles: passed.iter().map(form).collect() }];
            let mut chunks = taken.chunks_exact(size);
            let mut add = |articles: &[Article]| {
                number += 1;
                archives.push(Archive { number, articles: articles.iter().map(form).collect() });
            };
            chunks.by_ref().for_each(&mut add);
            // What is in no archive is to be in the feed. Of a story told twice one telling is enough there.
            let rest = chunks.remainder();
            if is_end
                && settings.duplicates == Duplicates::All
                && rest.iter().any(|article| !shown.contains(&article.id))
            {
                add(rest);
            }
            archives.retain(|archive| !archive.articles.is_empty());
            if !archives.is_empty() {
                self.store.archive(&settings.id, &archives).await?;
            }
            if is_end || archives.is_empty() {
                return Ok(());
            }
        }
    }

    /// The articles of an archive, each in the form it had when it came in.
    async fn archived(&self, recipe: &Recipe, number: u32) -> Result<Vec<Article>, store::Error> {
        let mut articles = Vec::new();
        for (id, revision) in self.store.archived(&recipe.settings().id, number).await? {
            let Some(mut article) = self.store.article(id).await? else { continue };
            if article.revision != revision {
                let earlier = self.store.revisions(id).await?.into_iter().find(|earlier| earlier.revision == revision);
                if let Some(earlier) = earlier {
                    (article.content, article.revision) = (earlier.before, revision);
                }
            }
            articles.push(article);
        }
        Ok(articles)
    }

    async fn is_published(&self, recipe: &Recipe, number: u32) -> bool {
        let Some(publisher) = &self.publisher else { return true };
        for format in recipe.settings().formats.iter().filter(|format| Format::FEEDS.contains(format)) {
            if !publisher.holds(&emit::archive_path(&recipe.settings().id, number, *format)).await {
                return false;
            }
        }
        true
    }
}
