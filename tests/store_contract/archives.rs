//! Archives of feeds, and what was withdrawn.

use courant::model::{Article, ArticleId, FeedId};
use courant::plan::Edit;
use courant::store::{Archive, Selection, Store};
use jiff::Timestamp;

use crate::world::*;

fn feed(id: &str) -> FeedId {
    id.parse().expect("a valid id")
}

fn announced(key: &str, hour: i64) -> Article {
    let time = Timestamp::from_second(1_700_000_000 + hour * 3600).expect("in range");
    Article { announced_at: Some(time), ..article("a", key) }
}

fn all() -> Selection {
    Selection { limit: 100, ..Selection::default() }
}

async fn unarchived(store: &dyn Store, id: &str) -> Vec<ArticleId> {
    let found = store.unarchived(&feed(id), &all()).await.expect("reads");
    found.into_iter().map(|article| article.id).collect()
}

pub(crate) async fn what_is_in_an_archive_stays_in_it(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let (old, middle, new) = (announced("old", 1), announced("middle", 2), announced("new", 3));
    write(store, "a", news([new.clone(), old.clone(), middle.clone()])).await;
    assert_eq!(unarchived(store, "f").await, [old.id, middle.id, new.id], "the oldest announcement first");

    let first = Archive { number: 1, articles: vec![(old.id, 1), (new.id, 4)] };
    let passed = Archive { number: 0, articles: vec![(middle.id, 1)] };
    store.archive(&feed("f"), &[passed, first.clone()]).await.expect("writes");
    assert_eq!(store.archived(&feed("f"), 1).await.expect("reads"), first.articles);
    assert_eq!(store.archived(&feed("f"), 0).await.expect("reads"), [], "what was passed over is in none");
    assert_eq!(store.last_archive(&feed("f")).await.expect("reads"), 1);
    assert_eq!(unarchived(store, "f").await, []);
    assert_eq!(unarchived(store, "g").await.len(), 3, "feeds have archives of their own");
    assert_eq!(store.last_archive(&feed("g")).await.expect("reads"), 0);

    let again = Archive { number: 2, articles: vec![(old.id, 9), (middle.id, 9)] };
    store.archive(&feed("f"), &[again]).await.expect("writes");
    assert_eq!(store.last_archive(&feed("f")).await.expect("reads"), 1, "all of it had its place");
    assert_eq!(store.archives_of(old.id).await.expect("reads"), [(feed("f"), 1)]);
    assert_eq!(store.archives_of(middle.id).await.expect("reads"), []);
}

pub(crate) async fn selections_bound_what_is_archived_next(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let (one, two) = (announced("one", 1), announced("two", 2));
    write(store, "a", news([one.clone(), two.clone(), Article { announced_at: None, ..article("a", "silent") }])).await;
    let of = |sources: &[&str], since: Option<Timestamp>, limit| Selection {
        sources: Some(ids(sources)),
        since,
        limit,
        before: None,
    };
    for (selection, wanted) in [
        (of(&["a"], None, 1), vec![one.id]),
        (of(&["a"], two.announced_at, 9), vec![two.id]),
        (of(&["b"], None, 9), vec![]),
        (of(&["nobody"], None, 9), vec![]),
    ] {
        let found = store.unarchived(&feed("f"), &selection).await.expect("reads");
        assert_eq!(found.iter().map(|article| article.id).collect::<Vec<_>>(), wanted, "{selection:?}");
    }
}

pub(crate) async fn what_is_withdrawn_leaves_the_feeds_and_is_told(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let (gone, stays) = (announced("gone", 1), announced("stays", 2));
    write(store, "a", news([gone.clone(), stays.clone()])).await;
    let when = Timestamp::from_second(1_800_000_000).expect("in range");
    let edit = Edit {
        article: Article { withdrawn_at: Some(when), ..load(store, &gone).await },
        revision: None,
        aliases: Vec::new(),
    };
    let before = store.amended().await.expect("reads");
    store.amend(&[edit]).await.expect("writes");
    assert_ne!(store.amended().await.expect("reads"), before, "others see that something was amended");
    assert_eq!(unarchived(store, "f").await, [stays.id]);
    let told = |since: Option<Timestamp>| Selection { since, ..all() };
    let ids = |found: Vec<Article>| found.into_iter().map(|article| article.id).collect::<Vec<_>>();
    assert_eq!(ids(store.withdrawn(&told(Some(when))).await.expect("reads")), [gone.id]);
    let later = Timestamp::from_second(1_800_000_001).expect("in range");
    assert_eq!(ids(store.withdrawn(&told(Some(later))).await.expect("reads")), []);
}

pub(crate) async fn articles_are_found_by_their_names(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let mut one = announced("one", 1);
    one.published_id = "tag:a.example,2024:one".into();
    one.content.link = "https://a.example/page".parse().expect("an address");
    write(store, "a", news([one.clone(), announced("two", 2)])).await;
    for name in [&one.published_id, &one.guid, "https://a.example/page"] {
        assert_eq!(store.named(name).await.expect("reads"), [one.id], "{name}");
    }
    assert_eq!(store.named("nothing").await.expect("reads"), []);
}
