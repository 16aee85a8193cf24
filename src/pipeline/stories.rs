//! Which new articles tell a story that another source told before.
//!
//! The keys of an article are made with its refresh ([`marks`]); who shares them is looked up when refreshes are written
//! ([`Pipeline::tell_stories`]), one batch after the other, so that two sources that come in together see each other. What is
//! asked for one article does not depend on how many are held: a few keys, a few articles for each, a few compared.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::likeness::story::{self, Account};
use crate::model::{Article, ArticleId};
use crate::plan::{Changes, StoryMark};
use crate::store::{self, Refresh, Told};

use super::Pipeline;

/// How far apart one story is told.
const WITHIN: SignedDuration = SignedDuration::from_hours(48);

/// The same in days, a part of one counting whole.
const DAYS: i64 = 2;

/// Articles that are compared whole with a new one: those that share the most keys.
const COMPARED: usize = 5;

/// The marks of what a refresh brought: announced, and told within the last days.
pub(super) fn marks(changes: &Changes, now: Timestamp) -> Vec<StoryMark> {
    let new = changes.new.iter().map(|new| &new.article);
    let edited = changes.edited.iter().filter(|edit| edit.revision.is_some()).map(|edit| &edit.article);
    let recent =
        |article: &&Article| article.announced_at.is_some() && now.duration_since(moment(article)).abs() <= WITHIN;
    let mark = |article: &Article| {
        let keys = story::keys(text(article));
        (!keys.is_empty()).then(|| StoryMark { article: article.id, day: day(moment(article)), keys, story: None })
    };
    new.chain(edited).filter(recent).filter_map(mark).collect()
}

impl Pipeline {
    /// Puts the articles of these refreshes into the stories that were told before.
    pub(super) async fn tell_stories(&self, refreshes: &mut [Refresh]) -> Result<(), store::Error> {
        let marks = || refreshes.iter().flat_map(|refresh| &refresh.changes.stories);
        let (Some(first), Some(last)) = (marks().map(|mark| mark.day).min(), marks().map(|mark| mark.day).max()) else {
            return Ok(());
        };
        let mut keys: Vec<i64> = marks().flat_map(|mark| mark.keys.iter().copied()).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut batch = Batch::default();
        for told in self.store.told(first - DAYS..=last + DAYS, &keys).await? {
            batch.told.entry(told.key).or_default().push(told);
        }
        let places: Vec<(usize, usize)> = refreshes
            .iter()
            .enumerate()
            .flat_map(|(at, refresh)| (0..refresh.changes.stories.len()).map(move |mark| (at, mark)))
            .collect();
        for (at, place) in places {
            let mark = refreshes[at].changes.stories[place].clone();
            let Some(article) = article(&refreshes[at].changes, mark.article).cloned() else { continue };
            let story = self.story_of(&article, &mark, &batch).await?;
            refreshes[at].changes.stories[place].story = story;
            batch.add(article, mark, story);
        }
        Ok(())
    }

    /// The story that an article tells, by the first article that told it.
    async fn story_of(
        &self,
        article: &Article,
        mark: &StoryMark,
        batch: &Batch,
    ) -> Result<Option<ArticleId>, store::Error> {
        let mut shared: HashMap<ArticleId, (usize, Option<ArticleId>)> = HashMap::new();
        for told in mark.keys.iter().filter_map(|key| batch.told.get(key)).flatten() {
            let entry = shared.entry(told.article).or_insert((0, told.story));
            entry.0 += 1;
            entry.1 = entry.1.or(told.story);
        }
        shared.remove(&mark.article);
        let mut likely: Vec<(ArticleId, (usize, Option<ArticleId>))> = shared.into_iter().collect();
        likely.sort_by_key(|(id, (count, _))| (std::cmp::Reverse(*count), *id));
        for (id, (_, story)) in likely.into_iter().take(COMPARED) {
            let other = match batch.articles.get(&id) {
                Some(other) => other.clone(),
                None => match self.store.article(id).await? {
                    Some(other) => other,
                    None => continue,
                },
            };
            if other.source != article.source
                && moment(&other).duration_since(moment(article)).abs() <= WITHIN
                && story::is_one(&account(&other), &account(article))
            {
                return Ok(Some(story.unwrap_or(id)));
            }
        }
        Ok(None)
    }
}

/// Who shares keys: what is held, and what the refreshes of one batch brought so far.
#[derive(Default)]
struct Batch {
    articles: HashMap<ArticleId, Article>,
    told: HashMap<i64, Vec<Told>>,
}

impl Batch {
    fn add(&mut self, article: Article, mark: StoryMark, story: Option<ArticleId>) {
        let distinct: HashSet<i64> = mark.keys.into_iter().collect();
        for key in distinct {
            self.told.entry(key).or_default().push(Told { key, article: article.id, story });
        }
        self.articles.insert(article.id, article);
    }
}

fn article(changes: &Changes, id: ArticleId) -> Option<&Article> {
    let new = changes.new.iter().map(|new| &new.article);
    new.chain(changes.edited.iter().map(|edit| &edit.article)).find(|article| article.id == id)
}

fn moment(article: &Article) -> Timestamp {
    article.content.published.or(article.announced_at).unwrap_or(article.first_seen)
}

/// Days since 1970.
fn day(moment: Timestamp) -> i64 {
    moment.as_second().div_euclid(86_400)
}

fn text(article: &Article) -> &str {
    &article.content.text
}

fn account(article: &Article) -> Account<'_> {
    Account { title: article.content.title.as_deref(), text: text(article) }
}
