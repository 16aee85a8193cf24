//! What is held of articles, and what refreshes change about it, in plain collections.

use jiff::Timestamp;

use super::{Everything, Pending};
use crate::model::{Alias, Article, ArticleId, SourceId};
use crate::plan::{Changes, Edit, Kept, StoryMark};
use crate::store::{Held, Lookup, Refresh, Selection, Work, exact, rules};

impl Everything {
    pub(super) fn held(&self, source: &SourceId, lookup: &Lookup) -> Held {
        let id_of = |alias: &Alias| self.aliases.get(&(source.clone(), alias.clone()));
        let named = |alias: &Alias| id_of(alias).and_then(|id| self.articles.get(id));
        let mut articles: Vec<&Article> = Vec::new();
        for id in lookup.aliases.iter().filter_map(id_of) {
            if self.dropped.get(id).is_some_and(|(_, _, said)| *said == lookup.said) {
                return Held::Same(*id);
            }
            let Some(article) = self.articles.get(id) else { continue };
            if article.said == lookup.said {
                return Held::Same(article.id);
            }
            if articles.iter().all(|other| other.id != article.id) {
                articles.push(article);
            }
        }
        for alias in &lookup.aliases {
            let name = (source.clone(), alias.clone());
            let dropped = self.aliases.get(&name).filter(|id| self.dropped.contains_key(id));
            if named(alias).is_some() || dropped.is_some() {
                return match (articles.as_slice(), dropped) {
                    ([], Some(id)) => Held::Same(*id),
                    ([article], _) => Held::Changed(Box::new((*article).clone())),
                    (articles, _) => Held::Contested(articles.iter().map(|article| (*article).clone()).collect()),
                };
            }
            if let Some(pending) = self.pending.get(&(source.clone(), alias.key())) {
                return Held::Pending(Box::new(pending.page.clone()));
            }
        }
        Held::Unknown
    }

    /// Writes everything of a refresh but its new articles.
    pub(super) fn apply(&mut self, refresh: &Refresh) {
        let source = &refresh.claim.source;
        let Changes { new, edited, pending, settled, documents, kept: _, stories: _, state, topic } = &refresh.changes;
        for new in new {
            self.name(source, new.article.id, &new.aliases);
        }
        for edit in edited {
            self.edit(source, edit);
        }
        for document in documents {
            let name = (source.clone(), document.url.to_string());
            self.documents.insert(name, exact::document(document.clone()));
        }
        for page in pending {
            let name = (source.clone(), page.key.clone());
            let lease = self.pending.get(&name).and_then(|held| held.lease);
            self.pending.insert(name, Pending { page: exact::page(page.clone()), lease });
        }
        for key in settled {
            self.pending.remove(&(source.clone(), key.clone()));
        }
        if let (Some(state), Some(held)) = (state, self.sources.get_mut(source)) {
            held.state = exact::state(state.clone());
        }
        if let Work::Source { pushed: Some(pushed), .. } = &refresh.claim.work {
            self.pushes.inbox.remove(&pushed.number);
        }
        let now = refresh.changes.state.as_ref().and_then(|state| state.attempted_at).unwrap_or(Timestamp::UNIX_EPOCH);
        self.change_topic(source, topic.as_ref(), now);
    }

    /// The pages kept of a source, the one fetched last first: when, of which article, and what they take.
    pub(super) fn kept_of(&self, source: &SourceId) -> Vec<(Timestamp, ArticleId, u64)> {
        let own = self.kept.iter().filter(|(_, (of, _))| of == source);
        let mut own: Vec<_> = own.map(|(id, (_, page))| (page.parts[0].fetched_at, *id, page.packed_bytes())).collect();
        own.sort_by(|(a_time, a_id, _), (b_time, b_id, _)| b_time.cmp(a_time).then(a_id.cmp(b_id)));
        own
    }

    pub(super) fn keep(&mut self, source: &SourceId, kept: &Kept) {
        if kept.pages.is_empty() {
            return;
        }
        for page in &kept.pages {
            let name = self.aliases.iter().find(|((of, alias), _)| of == source && alias.key() == page.key);
            let name = name.filter(|(_, article)| self.articles.contains_key(article) && !page.parts.is_empty());
            let Some((_, article)) = name else { continue };
            self.kept.insert(*article, (source.clone(), exact::kept(page.clone())));
        }
        let mut taken = 0;
        for (_, article, bytes) in self.kept_of(source) {
            taken += bytes;
            if taken > kept.room_bytes {
                self.kept.remove(&article);
            }
        }
    }

    pub(super) fn tell(&mut self, marks: &[&StoryMark]) {
        let Some(today) = marks.iter().map(|mark| mark.day).max() else { return };
        for mark in marks {
            for key in &mark.keys {
                let told = self.story_keys.entry((mark.day, *key)).or_default();
                if told.len() < rules::STORY_DEPTH && !told.contains(&mark.article) {
                    told.push(mark.article);
                }
            }
            if let Some(story) = mark.story {
                self.stories.entry(story).or_insert(story);
                self.stories.entry(mark.article).or_insert(story);
            }
        }
        self.story_keys.retain(|(day, _), _| *day >= today - rules::STORY_DAYS);
    }

    /// `false` when the id is held: then nothing changes.
    pub(super) fn insert(&mut self, source: &SourceId, new: &Article) -> bool {
        if self.articles.contains_key(&new.id) || self.dropped.contains_key(&new.id) {
            return false;
        }
        let mut article = exact::article(new.clone());
        article.source = source.clone();
        if self.published_ids.contains(&article.published_id) {
            let free = rules::published_ids(&article).find(|id| !self.published_ids.contains(id));
            article.published_id = free.expect("the candidates never end");
        }
        self.published_ids.insert(article.published_id.clone());
        self.articles.insert(article.id, article);
        true
    }

    pub(super) fn name(&mut self, source: &SourceId, article: ArticleId, aliases: &[Alias]) {
        for alias in aliases {
            self.aliases.entry((source.clone(), alias.clone())).or_insert(article);
        }
    }

    pub(super) fn edit(&mut self, source: &SourceId, edit: &Edit) {
        let Some(held) = self.articles.get_mut(&edit.article.id) else {
            if self.dropped.contains_key(&edit.article.id) {
                self.name(source, edit.article.id, &edit.aliases);
            }
            return;
        };
        let next = exact::article(edit.article.clone());
        let made_from = edit.revision.as_ref().map_or(next.revision, |revision| revision.revision);
        let current = held.revision == made_from;
        if let Some(revision) = &edit.revision {
            let mut revision = exact::revision(revision.clone());
            if !current {
                revision.before = held.content.clone();
            }
            revision.revision = held.revision;
            self.revisions.entry(held.id).or_default().push(revision);
        }
        held.said = next.said;
        held.announced_at = next.announced_at;
        held.withdrawn_at = if edit.restores() { next.withdrawn_at } else { next.withdrawn_at.or(held.withdrawn_at) };
        if edit.revision.is_some() {
            held.revision += 1;
        }
        if edit.revision.is_some() || current {
            held.content = next.content;
        }
        self.name(source, edit.article.id, &edit.aliases);
    }

    /// The dates of all articles of a source that ever were.
    pub(super) fn dates(&self, source: &SourceId) -> impl Iterator<Item = Timestamp> {
        let held = self.articles.values().filter(move |article| article.source == *source).map(dated);
        held.chain(self.dropped.values().filter(move |(of, ..)| of == source).map(|(_, dated, _)| *dated))
    }

    pub(super) fn drop_article(&mut self, id: ArticleId) {
        let Some(article) = self.articles.remove(&id) else { return };
        self.dropped.insert(id, (article.source.clone(), dated(&article), article.said));
        self.revisions.remove(&id);
        self.kept.remove(&id);
        self.pending.retain(|_, pending| pending.page.article != Some(id));
    }

    pub(super) fn selects(&self, selection: &Selection, article: &Article) -> bool {
        let Some(announced_at) = article.announced_at.filter(|_| article.withdrawn_at.is_none()) else { return false };
        self.sources.get(&article.source).is_some_and(|source| !source.removed)
            && selection.sources.as_ref().is_none_or(|sources| sources.contains(&article.source))
            && selection.since.is_none_or(|since| announced_at >= exact::moment(since))
            && selection
                .before
                .map(|(time, id)| (exact::moment(time), id))
                .is_none_or(|(time, id)| announced_at < time || (announced_at == time && article.id > id))
    }
}

/// The date that retention and announcing go by.
pub(super) fn dated(article: &Article) -> Timestamp {
    article.content.published.unwrap_or(article.first_seen)
}
