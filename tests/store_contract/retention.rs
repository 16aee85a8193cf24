//! What retention drops, and what stays of it.

use courant::model::{Alias, Article, Digest};
use courant::plan::retention::Bounds;
use courant::plan::{Changes, DocumentState, Edit, Kept, NewArticle, PendingPage};
use courant::store::{Held, Lookup, Prune, Selection, Store, Work};
use jiff::Timestamp;

use crate::kept::kept_page;
use crate::world::*;

/// An article of that date.
fn dated(key: &str, seconds: i64) -> Article {
    let mut article = article("a", key);
    article.content.published = Some(at(seconds));
    article.announced_at = Some(at(seconds));
    article
}

fn prune(bounds: Bounds, spared: &[&Article]) -> Prune {
    let spared = spared.iter().map(|article| article.id).collect();
    Prune { source: id("a"), bounds, spared, limit: 1000, now: at(90) }
}

async fn drop_all(store: &dyn Store) -> usize {
    store.prune(&prune(Bounds { items: Some(0), ..Bounds::default() }, &[])).await.expect("prunes")
}

async fn left(store: &dyn Store) -> Vec<String> {
    guids(store, &Selection { limit: 99, ..Selection::default() }).await
}

pub(crate) async fn each_bound_drops_the_oldest_and_what_is_spared_stays(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let rows: Vec<Article> = (1..=6).map(|n| dated(&format!("k{n}"), n * 10)).collect();
    let size = (rows[0].content.body.len() + rows[0].content.text.len()) as u64;
    write(store, "a", news(rows.clone())).await;
    write(store, "b", news([article("b", "x")])).await;
    let none = Bounds::default();
    assert_eq!(store.prune(&prune(none, &[])).await.expect("prunes"), 0);
    let by_age = prune(Bounds { since: Some(at(20)), ..none }, &[]);
    assert_eq!(store.prune(&by_age).await.expect("prunes"), 1);
    assert_eq!(store.prune(&by_age).await.expect("prunes"), 0, "what is gone is not counted again");
    let by_items = prune(Bounds { items: Some(3), ..none }, &[&rows[1]]);
    assert_eq!(store.prune(&by_items).await.expect("prunes"), 1);
    assert_eq!(left(store).await, ["k6", "k5", "k4", "k2", "x"]);
    let by_bytes = prune(Bounds { bytes: Some(size * 5 / 2), ..none }, &[]);
    assert_eq!(store.prune(&by_bytes).await.expect("prunes"), 2);
    assert_eq!(left(store).await, ["k6", "k5", "x"]);
    let counts: Vec<u64> = store.status().await.expect("lists").iter().map(|row| row.articles).collect();
    assert_eq!(counts, [2, 1]);
    let nobody = Prune { source: id("z"), ..prune(Bounds { items: Some(0), ..none }, &[]) };
    assert_eq!(store.prune(&nobody).await.expect("prunes"), 0);
}

pub(crate) async fn what_is_dropped_is_not_held_and_never_news_again(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let (x, y) = (dated("x", 10), dated("y", 20));
    write(store, "a", news([x.clone(), y.clone()])).await;
    assert_eq!(drop_all(store).await, 2);
    assert_eq!(store.article(x.id).await.expect("reads"), None);
    assert_eq!(left(store).await, [""; 0]);
    for said in ["x", "something else"] {
        let lookup = Lookup { aliases: vec![guid("x")], said: Digest::of(said.as_bytes()) };
        let known = known(store, "a", &[lookup]).await;
        assert_eq!((known.entries, known.articles, known.newest), (vec![Held::Same(x.id)], 0, Some(at(20))));
    }
    // A crossing refresh may still bring it, or edit it.
    assert_eq!(write(store, "a", news([x.clone()])).await, 0);
    write(store, "a", Changes { edited: vec![edit(&y, "other words")], ..quiet() }).await;
    store.amend(&[edit(&x, "other words")]).await.expect("writes");
    assert_eq!(store.article(y.id).await.expect("reads"), None);
    assert_eq!(store.revisions(x.id).await.expect("reads"), []);
    assert_eq!(left(store).await, [""; 0]);
    assert_eq!(write(store, "a", news([dated("z", 30)])).await, 1);
    assert_eq!(left(store).await, ["z"]);
}

pub(crate) async fn what_is_dropped_takes_its_revisions_pages_and_waiting_with_it(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let (x, y) = (dated("x", 10), dated("y", 20));
    let pages = vec![kept_page("x", "<p>same</p>", at(1)), kept_page("y", "<p>same</p>", at(2))];
    let kept = Kept { pages, room_bytes: 1_000_000 };
    let waits = PendingPage { article: Some(x.id), ..page("waits", at(5)) };
    let changes = Changes { kept, pending: vec![waits, page("stays", at(5))], ..news([x.clone(), y.clone()]) };
    write(store, "a", changes).await;
    write(store, "a", Changes { edited: vec![edit(&x, "words"), edit(&y, "words")], ..quiet() }).await;
    let bounds = Bounds { items: Some(1), ..Bounds::default() };
    assert_eq!(store.prune(&prune(bounds, &[])).await.expect("prunes"), 1);
    assert_eq!(store.revisions(x.id).await.expect("reads"), []);
    assert_eq!(store.kept_page(x.id).await.expect("reads"), None);
    assert_eq!(store.revisions(y.id).await.expect("reads").len(), 1);
    assert_eq!(store.kept_page(y.id).await.expect("reads"), Some(kept_page("y", "<p>same</p>", at(2))));
    assert_eq!(store.kept(&id("a")).await.expect("lists"), [y.id]);
    let waiting = claim(store, at(5), 9).await;
    assert_eq!(names(&waiting), ["a/guid:stays"]);
    assert!(matches!(waiting[0].work, Work::Page(_)));
    // No page is kept of what is gone.
    let kept = Kept { pages: vec![kept_page("x", "<p>again</p>", at(3))], room_bytes: 1_000_000 };
    write(store, "a", Changes { kept, ..quiet() }).await;
    assert_eq!(store.kept_page(x.id).await.expect("reads"), None);
}

pub(crate) async fn the_names_of_what_is_dropped_stay_taken(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let x = dated("x", 10);
    write(store, "a", news([x.clone()])).await;
    assert_eq!(drop_all(store).await, 1);
    // New names lead to it, and it keeps its own.
    let again = NewArticle { article: x.clone(), aliases: vec![guid("x"), guid("x, renamed")] };
    write(store, "a", Changes { new: vec![again], ..quiet() }).await;
    let named = Edit { revision: None, aliases: vec![Alias::Url("a.example/x".to_owned())], ..edit(&x, "words") };
    write(store, "a", Changes { edited: vec![named], ..quiet() }).await;
    let lookup = |alias: Alias| Lookup { aliases: vec![alias], said: Digest::of(b"?") };
    let names = [guid("x"), guid("x, renamed"), Alias::Url("a.example/x".to_owned())].map(lookup);
    assert_eq!(known(store, "a", &names).await.entries, [Held::Same(x.id), Held::Same(x.id), Held::Same(x.id)]);
    assert_eq!(known(store, "b", &names).await.entries, [Held::Unknown, Held::Unknown, Held::Unknown]);
    let mut other = article("b", "x");
    other.published_id.clone_from(&x.published_id);
    write(store, "b", news([other.clone()])).await;
    assert_eq!(load(store, &other).await.published_id, other.id.urn(), "no two articles ever share one");
}

pub(crate) async fn dropping_goes_on_where_it_was_cut_off(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    write(store, "a", news((0..450).map(|n| dated(&format!("k{n:03}"), n)))).await;
    let spared = dated("k001", 1);
    let mut request = Prune { limit: 200, ..prune(Bounds { items: Some(30), ..Bounds::default() }, &[&spared]) };
    let mut dropped = Vec::new();
    while dropped.last() != Some(&0) {
        dropped.push(store.prune(&request).await.expect("prunes"));
    }
    assert_eq!(dropped, [200, 200, 19, 0]);
    assert_eq!(left(store).await.len(), 31);
    assert_eq!(left(store).await[30], "k001");
    request.spared.clear();
    assert_eq!(store.prune(&request).await.expect("prunes"), 1);
    assert!(!store.tidy().await.expect("tidies"), "so little room is given back at once");
}

pub(crate) async fn documents_unseen_for_long_are_forgotten_unless_nothing_is_seen(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let seen = |address: &str, seconds| DocumentState { fetched_at: at(seconds), ..document(address, "1") };
    let of_a = ["1", "2", "3"].map(|day| seen(&format!("https://a.example/{day}"), day.parse().unwrap_or(0)));
    let fresh = seen("https://a.example/index", 100);
    write(store, "a", Changes { documents: of_a.into_iter().chain([fresh]).collect(), ..quiet() }).await;
    write(store, "b", Changes { documents: vec![seen("https://b.example/", 1)], ..quiet() }).await;
    let forget = async |since: Timestamp, limit| store.forget_documents(since, limit).await.expect("forgets");
    assert_eq!(forget(at(3), 1).await, 1);
    assert_eq!(forget(at(3), 9).await, 1);
    assert_eq!(forget(at(3), 9).await, 0);
    assert_eq!(addresses(store, "a").await, ["https://a.example/3", "https://a.example/index"]);
    assert_eq!(addresses(store, "b").await, ["https://b.example/"], "a source that only fails keeps its validators");
}

async fn addresses(store: &dyn Store, source: &str) -> Vec<String> {
    match claim_source(store, source).await.work {
        Work::Source { documents, .. } => documents.into_iter().map(|document| document.url.to_string()).collect(),
        Work::Page(_) => panic!("a source was claimed"),
    }
}
