//! The documents of a feed beside the current one: archives, and what is told of articles that were withdrawn.

use jiff::Timestamp;

use super::{Recipe, Surroundings, head};
use crate::model::{Article, Feed, FeedEntry, History, Tombstone};

/// Makes an archive of articles in the order they were announced. Those that were withdrawn since leave a tombstone.
#[must_use]
pub fn archive(recipe: &Recipe, number: u32, articles: Vec<Article>, surroundings: &Surroundings) -> Feed {
    let deleted: Vec<Tombstone> = articles.iter().rev().filter_map(tombstone).collect();
    let held = articles.into_iter().rev().filter(|article| article.withdrawn_at.is_none());
    let shape = recipe.shape();
    let entry = |article: Article| {
        let origin = (surroundings.origins)(&article.source);
        let mut entry = FeedEntry { origin, article, also: Vec::new() };
        shape.rewrite(&mut entry, surroundings.now);
        shape.sign(&mut entry);
        entry
    };
    let feed = head(recipe.settings(), held.map(entry).collect(), surroundings);
    Feed {
        history: History { archive: Some(number), previous: number.checked_sub(1).filter(|previous| *previous > 0) },
        updated: deleted.iter().map(|tombstone| tombstone.when).max().unwrap_or(Timestamp::MIN).max(feed.updated),
        ttl_minutes: None,
        hubs: Vec::new(),
        deleted,
        ..feed
    }
}

/// What is told of an article that was withdrawn; `None` of all others.
#[must_use]
pub fn tombstone(article: &Article) -> Option<Tombstone> {
    Some(Tombstone { id: article.published_id.clone(), when: article.withdrawn_at? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::samples;

    #[test]
    fn an_archive_is_newest_first_and_leads_back() {
        let recipe =
            Recipe::new(toml::from_str("id = 'a'\ntitle = 'A'\nsources = ['*']\nttl = '1h'").unwrap()).unwrap();
        let base_url = "https://news.example.org/".parse().unwrap();
        let origins = |source: &crate::model::SourceId| samples::origin(source);
        let surroundings =
            Surroundings { base_url: &base_url, origins: &origins, hubs: &[], now: Timestamp::UNIX_EPOCH };
        let mut articles: Vec<Article> = (1..=3).map(|hour| samples::article("one", hour)).collect();
        let gone = "2030-01-01T00:00:00Z".parse().unwrap();
        articles[1].withdrawn_at = Some(gone);
        let wanted = [articles[2].id, articles[0].id];
        let feed = archive(&recipe, 2, articles.clone(), &surroundings);
        assert_eq!(feed.entries.iter().map(|entry| entry.article.id).collect::<Vec<_>>(), wanted);
        assert_eq!(feed.deleted, [Tombstone { id: articles[1].published_id.clone(), when: gone }]);
        assert_eq!((feed.updated, feed.ttl_minutes), (gone, None));
        assert_eq!(feed.history, History { archive: Some(2), previous: Some(1) });
        assert_eq!(archive(&recipe, 1, articles, &surroundings).history.previous, None);
    }
}
