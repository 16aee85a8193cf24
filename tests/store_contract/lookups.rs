//! What is known: the one read of a refresh.

use courant::model::{Alias, Digest};
use courant::plan::{Changes, Edit, NewArticle};
use courant::store::{Held, Lookup, Store};

use crate::world::*;

fn lookup(aliases: &[Alias], said: &str) -> Lookup {
    Lookup { aliases: aliases.to_vec(), said: Digest::of(said.as_bytes()) }
}

fn url(text: &str) -> Alias {
    Alias::Url(text.to_owned())
}

pub(crate) async fn known_tells_new_same_changed_and_waiting_apart(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    write(store, "a", Changes { pending: vec![page("waits", at(10))], ..news([article("a", "x"), article("a", "y")]) })
        .await;
    let asked = [
        lookup(&[guid("new")], "new"),
        lookup(&[guid("x")], "x"),
        lookup(&[guid("y")], "something else"),
        lookup(&[guid("waits")], "waits"),
        lookup(&[], "nameless"),
        lookup(&[url("x")], "x"),
    ];
    let wanted = [
        Held::Unknown,
        Held::Same(article("a", "x").id),
        Held::Changed(Box::new(article("a", "y"))),
        Held::Pending(Box::new(page("waits", at(10)))),
        Held::Unknown,
        Held::Unknown,
    ];
    assert_eq!(known(store, "a", &asked).await.entries, wanted);
    let nobody = store.known(&id("nobody"), &asked).await.expect("answers");
    assert_eq!((nobody.entries.len(), nobody.articles), (asked.len(), 0), "a source that is not held holds nothing");
}

pub(crate) async fn the_first_alias_that_is_known_decides(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    write(
        store,
        "a",
        Changes { pending: vec![page("y", at(10)), page("z", at(10))], ..news([article("a", "x"), article("a", "y")]) },
    )
    .await;
    let (x, y) = (article("a", "x").id, article("a", "y").id);
    let rows = [
        (vec![guid("?"), guid("y"), guid("x")], Held::Same(y)),
        (vec![guid("x"), guid("y")], Held::Same(x)),
        (vec![guid("z"), guid("x")], Held::Pending(Box::new(page("z", at(10))))),
    ];
    for (aliases, wanted) in rows {
        let said = if wanted == Held::Same(x) { "x" } else { "y" };
        let answer = known(store, "a", &[lookup(&aliases, said)]).await.entries.remove(0);
        assert_eq!(answer, wanted, "{aliases:?}: an article decides before a page of the same name");
    }
}

pub(crate) async fn known_takes_thousands_of_names_and_long_ones(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let long = "ä".repeat(100_000);
    let mut changes = news((0..700).map(|n| article("a", &format!("n{n}"))));
    changes
        .new
        .push(NewArticle { article: article("a", "long"), aliases: vec![guid(&long), guid("it's; DROP --\u{0}")] });
    assert_eq!(write(store, "a", changes).await, 701);
    let mut asked: Vec<Lookup> =
        (0..1400).map(|n| lookup(&[guid(&format!("n{n}")), url(&format!("u{n}"))], &format!("n{n}"))).collect();
    asked.push(lookup(&[guid(&long)], "long"));
    asked.push(lookup(&[guid("it's; DROP --\u{0}")], "long"));
    let answer = known(store, "a", &asked).await;
    let same = |held: &Held| matches!(held, Held::Same(_));
    assert!(answer.entries[..700].iter().all(same));
    assert!(answer.entries[700..1400].iter().all(|held| *held == Held::Unknown));
    assert!(answer.entries[1400..].iter().all(same));
    assert_eq!(answer.articles, 701);
}

pub(crate) async fn aliases_belong_to_the_first_and_to_one_source(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let shared = |article, name: &str| NewArticle { article, aliases: vec![url(name)] };
    let new = vec![shared(article("a", "x"), "page"), shared(article("a", "y"), "page")];
    write(store, "a", Changes { new, ..quiet() }).await;
    write(store, "b", Changes { new: vec![shared(article("b", "z"), "page")], ..quiet() }).await;
    let bookkeeping = Edit { article: article("a", "y"), revision: None, aliases: vec![url("page"), url("other")] };
    write(store, "a", Changes { edited: vec![bookkeeping], ..quiet() }).await;
    for (source, name, owner) in [("a", "page", "x"), ("b", "page", "z"), ("a", "other", "y")] {
        let answer = known(store, source, &[lookup(&[url(name)], owner)]).await.entries.remove(0);
        assert_eq!(answer, Held::Same(article(source, owner).id), "{source} {name}");
    }
}

pub(crate) async fn known_counts_and_dates_what_is_held(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let dated = |source: &str, key: &str, published: Option<i64>, seen: i64| {
        let mut article = article(source, key);
        (article.content.published, article.first_seen) = (published.map(at), at(seen));
        article
    };
    write(store, "a", news([dated("a", "x", Some(10), 500), dated("a", "y", None, 40)])).await;
    write(store, "b", news([dated("b", "z", Some(900), 0)])).await;
    let facts = known(store, "a", &[]).await;
    assert_eq!((facts.articles, facts.newest), (2, Some(at(40))), "first sight counts only where no date was given");

    let mut corrected = edit(&dated("a", "y", None, 40), "with a date");
    corrected.article.content.published = Some(at(5));
    write(store, "a", Changes { edited: vec![corrected], ..quiet() }).await;
    assert_eq!(known(store, "a", &[]).await.newest, Some(at(10)));
}
