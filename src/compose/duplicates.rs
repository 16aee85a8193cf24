//! One story told by two sources.
//!
//! Two articles of different sources are one story when the store holds them as one, when they share their address, or when
//! they share a title of five words and more within two days, and their texts, where there are any, do not tell otherwise.
//! Inside one source nothing is a duplicate: the store has matched those already.

use std::collections::HashMap;

use jiff::SignedDuration;

use crate::address;
use crate::likeness::{self, story};
use crate::model::{Article, ArticleId, Origin, SourceId, Stories, Telling};

/// Shorter titles are rubrics ("Weather", "Press release"), not stories.
const TELLING_WORDS: usize = 5;
/// Shorter texts do not tell whether they are of one matter.
const ENOUGH_WORDS: usize = 40;
/// How far apart one story is told.
const SAME_NEWS: SignedDuration = SignedDuration::from_hours(48);

/// The articles that repeat one announced earlier, each with the one it repeats.
#[must_use]
pub(super) fn repeats(
    articles: &[Article],
    stories: &Stories,
    origins: &dyn Fn(&SourceId) -> Origin,
) -> HashMap<ArticleId, ArticleId> {
    let mut oldest_first: Vec<&Article> = articles.iter().collect();
    oldest_first.sort_by_key(|article| (article.announced_at, article.id));
    let mut seen: HashMap<String, Vec<&Article>> = HashMap::new();
    let mut repeats = HashMap::new();
    for article in oldest_first {
        let story = stories.get(&article.id).map(|story| format!("story {story}"));
        let keys: Vec<String> =
            [story, address_key(article, origins), title_key(article)].into_iter().flatten().collect();
        let one_story = |earlier: &&&Article| {
            let story = stories.get(&article.id);
            story.is_some() && story == stories.get(&earlier.id) && earlier.source != article.source
        };
        let mut earlier = keys.iter().filter_map(|key| seen.get(key)).flatten();
        let earlier = earlier.find(|earlier| one_story(earlier) || is_same(earlier, article));
        if let Some(earlier) = earlier {
            repeats.insert(article.id, earlier.id);
            continue;
        }
        for key in keys {
            seen.entry(key).or_default().push(article);
        }
    }
    repeats
}

/// The other tellings of each story, by the article that was announced first.
pub(super) type Tellings = HashMap<ArticleId, Vec<Telling>>;

/// What the repeats among `articles` tell, by the article each repeats, the earliest first.
#[must_use]
pub(super) fn tellings(
    articles: &[Article],
    repeats: &HashMap<ArticleId, ArticleId>,
    origins: &dyn Fn(&SourceId) -> Origin,
) -> Tellings {
    let mut oldest_first: Vec<&Article> = articles.iter().filter(|article| repeats.contains_key(&article.id)).collect();
    oldest_first.sort_by_key(|article| (article.announced_at, article.id));
    let mut tellings = Tellings::new();
    for article in oldest_first {
        let telling = Telling {
            source: article.source.clone(),
            origin: origins(&article.source),
            link: article.content.link.clone(),
            title: article.content.title.clone(),
        };
        tellings.entry(repeats[&article.id]).or_default().push(telling);
    }
    tellings
}

/// The folded address, unless it is that of a whole source: articles that name no address have that.
fn address_key(article: &Article, origins: &dyn Fn(&SourceId) -> Origin) -> Option<String> {
    let link = &article.content.link;
    let home = origins(&article.source).home.and_then(|home| url::Url::parse(&home).ok());
    let key = address::fold(link);
    let is_home =
        home.is_some_and(|home| address::fold(&home) == key) || (link.path() == "/" && link.query().is_none());
    (!is_home).then(|| format!("address {key}"))
}

fn title_key(article: &Article) -> Option<String> {
    let words: Vec<String> = likeness::words(article.content.title.as_deref()?).collect();
    (words.len() >= TELLING_WORDS).then(|| format!("title {}", words.join(" ")))
}

fn is_same(earlier: &Article, later: &Article) -> bool {
    let moment = |article: &Article| article.content.published.or(article.announced_at).unwrap_or(article.first_seen);
    earlier.source != later.source
        && (address::fold(&earlier.content.link) == address::fold(&later.content.link)
            || moment(earlier).duration_since(moment(later)).abs() <= SAME_NEWS && !tell_otherwise(earlier, later))
}

/// Whether there is enough text under one title to see that it is of two matters: forms are filled in under one title.
fn tell_otherwise(earlier: &Article, later: &Article) -> bool {
    let account = |article: &'_ Article| article.content.text.split_whitespace().count() >= ENOUGH_WORDS;
    let told = [earlier, later]
        .map(|article| story::Account { title: article.content.title.as_deref(), text: &article.content.text });
    account(earlier) && account(later) && !story::is_one(&told[0], &told[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::samples;

    fn titled(source: &str, hours_ago: i64, title: &str) -> Article {
        let mut article = samples::article(source, hours_ago);
        article.content.title = Some(title.to_owned());
        article
    }

    #[test]
    fn only_the_same_story_of_another_source_is_a_repeat() {
        let long = "The plant opened its doors";
        let rows = [
            (titled("one", 5, long), titled("two", 2, "the plant: opened its doors!"), true),
            (titled("one", 5, long), titled("one", 2, long), false),
            (titled("one", 90, long), titled("two", 2, long), false),
            (titled("one", 5, "Weather today"), titled("two", 2, "Weather today"), false),
        ];
        for (first, second, wanted) in rows {
            let found = repeats(&[second.clone(), first.clone()], &Stories::new(), &samples::origin);
            assert_eq!(found.get(&second.id), wanted.then_some(&first.id), "{:?}", second.content.title);
            assert_eq!(found.get(&first.id), None);
        }
    }

    #[test]
    fn what_the_store_holds_as_one_story_is_one_but_for_one_source() {
        let told = [titled("one", 5, "A bridge is shut"), titled("two", 2, "Cracks"), titled("two", 1, "More cracks")];
        let stories = told.iter().map(|article| (article.id, told[0].id)).collect();
        let found = repeats(&told, &stories, &samples::origin);
        assert_eq!(found.get(&told[1].id), Some(&told[0].id));
        assert_eq!(found.get(&told[2].id), Some(&told[0].id));
        let alone = repeats(&told[1..], &stories, &samples::origin);
        assert!(alone.is_empty(), "one source does not repeat itself");
    }

    #[test]
    fn one_address_is_one_story_but_for_the_home_of_a_source() {
        let (mut first, mut second) = (titled("one", 500, "A"), titled("two", 2, "B"));
        first.content.link = "https://a.example/x".parse().expect("valid");
        second.content.link = "http://www.a.example/x/?utm_source=f".parse().expect("valid");
        assert_eq!(repeats(&[first.clone(), second.clone()], &Stories::new(), &samples::origin).len(), 1);
        for home in ["https://two.example/news/", "https://a.example/"] {
            first.content.link = home.parse().expect("valid");
            second.content.link = home.parse().expect("valid");
            assert_eq!(repeats(&[first.clone(), second.clone()], &Stories::new(), &samples::origin).len(), 0, "{home}");
        }
    }
}
