//! Stories told by several, and the sketches by which articles are known again.

use std::collections::BTreeSet;

use courant::model::{Alias, ArticleId};
use courant::plan::{Changes, StoryMark};
use courant::store::{Held, Lookup, STORY_DAYS, STORY_DEPTH, Store};

use crate::world::*;

fn mark(article: ArticleId, day: i64, keys: &[i64], story: Option<ArticleId>) -> StoryMark {
    StoryMark { article, day, keys: keys.to_vec(), story }
}

async fn found(store: &dyn Store, days: std::ops::RangeInclusive<i64>, keys: &[i64]) -> BTreeSet<(i64, ArticleId)> {
    let told = store.told(days, keys).await.expect("answers");
    told.into_iter().map(|told| (told.key, told.article)).collect()
}

pub(crate) async fn articles_are_found_by_their_keys_on_their_days(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let (x, y) = (article("a", "x"), article("a", "y"));
    let stories = vec![mark(x.id, 100, &[1, -2], None), mark(y.id, 102, &[-2, 3], None)];
    let (x, y) = (x.id, y.id);
    write(store, "a", Changes { stories, ..news([article("a", "x"), article("a", "y")]) }).await;
    assert_eq!(found(store, 98..=104, &[-2, 3, 9, 9]).await, [(-2, x), (-2, y), (3, y)].into());
    assert_eq!(found(store, 101..=104, &[-2, 1]).await, [(-2, y)].into());
    assert!(found(store, 98..=104, &[]).await.is_empty());
    // What is long past is forgotten, and a key that everybody shares lists a few.
    let crowd: Vec<_> = (0..2 * STORY_DEPTH).map(|n| article("a", &format!("n{n}"))).collect();
    for one in crowd {
        let stories = vec![mark(one.id, 101 + STORY_DAYS, &[7], None)];
        write(store, "a", Changes { stories, ..news([one]) }).await;
    }
    assert!(found(store, 98..=101, &[1, -2]).await.is_empty());
    assert_eq!(found(store, 101..=120, &[7, -2]).await.len(), STORY_DEPTH + 1);
}

pub(crate) async fn a_story_names_all_who_tell_it_and_keeps_them(store: &dyn Store) {
    with_sources(store, &["a", "b", "c"]).await;
    let (a, b, c) = (article("a", "x").id, article("b", "x").id, article("c", "x").id);
    write(store, "a", Changes { stories: vec![mark(a, 100, &[1], None)], ..news([article("a", "x")]) }).await;
    assert!(store.stories(&[a, b]).await.expect("answers").is_empty());
    write(store, "b", Changes { stories: vec![mark(b, 100, &[1], Some(a))], ..news([article("b", "x")]) }).await;
    // Another story comes too late.
    write(store, "c", Changes { stories: vec![mark(b, 100, &[1], Some(c))], ..news([article("c", "x")]) }).await;
    let stories = store.stories(&[a, b, c, a]).await.expect("answers");
    assert_eq!((stories.get(&a), stories.get(&b)), (Some(&a), Some(&a)));
    let told = store.told(100..=100, &[1]).await.expect("answers");
    assert_eq!(
        told.iter().map(|told| (told.article, told.story)).collect::<BTreeSet<_>>(),
        [(a, Some(a)), (b, Some(a))].into()
    );
}

pub(crate) async fn sketches_are_those_of_the_dates_newest_first(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let dated = |key: &str, seconds: i64| {
        let mut article = article("a", key);
        article.content.published = Some(at(seconds));
        article.content.text = "ю".repeat(300);
        article
    };
    let mut untitled = dated("z", 50);
    untitled.content.title = None;
    write(store, "a", news([dated("x", 10), dated("y", 20), untitled])).await;
    write(store, "b", news([article("b", "x")])).await;
    let guids = async |from, to, limit| {
        let sketches = store.sketches(&id("a"), at(from), at(to), limit).await.expect("answers");
        assert!(sketches.iter().all(|sketch| sketch.opening.chars().count() == 200));
        sketches.into_iter().map(|sketch| (sketch.id, sketch.title, sketch.published)).collect::<Vec<_>>()
    };
    let named = |key: &str, seconds: i64| (article("a", key).id, Some(format!("About {key}")), Some(at(seconds)));
    assert_eq!(guids(10, 20, 9).await, [named("y", 20), named("x", 10)]);
    assert_eq!(guids(0, 99, 1).await, [(article("a", "z").id, None, Some(at(50)))]);
    assert_eq!(guids(51, 99, 9).await, []);
}

pub(crate) async fn names_of_several_articles_are_told(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    write(store, "a", news([article("a", "x"), article("a", "y")])).await;
    let lookup = |said: &str| Lookup {
        aliases: vec![Alias::Guid("x".to_owned()), Alias::Guid("y".to_owned())],
        said: courant::model::Digest::of(said.as_bytes()),
    };
    let answers = known(store, "a", &[lookup("else"), lookup("y")]).await.entries;
    assert_eq!(answers[0], Held::Contested(vec![article("a", "x"), article("a", "y")]));
    assert_eq!(answers[1], Held::Same(article("a", "y").id), "who said the same is meant");
}
