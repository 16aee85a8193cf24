//! Articles: identity, revisions, and what feeds select.

use std::time::Duration;

use courant::model::{Article, ArticleId, Depth, Enclosure, Figure, Glance, Glances, Hint, Needle};
use courant::plan::{Changes, Edit, NewArticle};
use courant::store::{ClaimRequest, Due, Finished, Held, Refresh, Selection, Store};
use jiff::Timestamp;

use crate::world::*;

fn all(limit: usize) -> Selection {
    Selection { limit, ..Selection::default() }
}

fn of(sources: &[&str], limit: usize) -> Selection {
    Selection { sources: Some(ids(sources)), limit, ..Selection::default() }
}

fn announced(source: &str, key: &str, time: Option<Timestamp>) -> Article {
    Article { announced_at: time, ..article(source, key) }
}

pub(crate) async fn every_field_comes_back(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let mut bare = article("a", "bare");
    (bare.content.title, bare.content.published, bare.announced_at) = (None, None, None);
    (bare.content.body, bare.content.text) = (String::new(), String::new());
    write(store, "a", news([full_article("a", "full"), bare.clone()])).await;
    assert_eq!(load(store, &full_article("a", "full")).await, full_article("a", "full"));
    assert_eq!(load(store, &bare).await, bare);
    assert_eq!(store.article(article("a", "nothing").id).await.expect("reads"), None);
    assert_eq!(store.revisions(bare.id).await.expect("reads"), []);
}

pub(crate) async fn inserting_an_id_that_exists_changes_nothing_but_adds_aliases(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    write(store, "a", news([article("a", "x")])).await;
    let mut other = article("a", "x");
    other.content.text = "other words".into();
    other.published_id = "https://elsewhere.example/".into();
    let again = NewArticle { article: other, aliases: vec![guid("second name")] };
    let changes = Changes { new: vec![again, newcomer(article("a", "y")), newcomer(article("a", "y"))], ..quiet() };
    assert_eq!(write(store, "a", changes).await, 1, "only y is new, and only once");
    assert_eq!(load(store, &article("a", "x")).await, article("a", "x"));
    assert!(matches!(held(store, "a", "second name").await, Held::Changed(found) if found.guid == "x"));
    assert_eq!(known(store, "a", &[]).await.articles, 2);
}

pub(crate) async fn a_published_id_that_is_taken_becomes_a_urn(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let claiming = |source: &str, key: &str, published_id: &str| Article {
        published_id: published_id.to_owned(),
        ..article(source, key)
    };
    let taken = "https://a.example/1";
    write(store, "a", news([claiming("a", "x", taken), claiming("a", "y", taken)])).await;
    write(store, "b", news([claiming("b", "z", taken), claiming("b", "free", "tag:b.example,2024:1")])).await;
    let mut seen = std::collections::BTreeSet::new();
    for (source, key, wanted) in [
        ("a", "x", taken.to_owned()),
        ("a", "y", article("a", "y").id.urn()),
        ("b", "z", article("b", "z").id.urn()),
        ("b", "free", "tag:b.example,2024:1".to_owned()),
    ] {
        let published_id = load(store, &article(source, key)).await.published_id;
        assert_eq!(published_id, wanted, "{source} {key}");
        assert!(seen.insert(published_id));
    }
    // A guid that takes the very urn an article would fall back to.
    let victim = article("b", "victim");
    write(store, "a", news([claiming("a", "thief", &victim.id.urn())])).await;
    assert_eq!(write(store, "b", news([claiming("b", "victim", taken)])).await, 1);
    let published_id = load(store, &victim).await.published_id;
    assert!(
        published_id.starts_with("urn:uuid:") && seen.insert(published_id.clone()) && published_id != victim.id.urn()
    );
}

pub(crate) async fn identity_is_pinned_whatever_an_edit_says(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    write(store, "a", news([article("a", "x")])).await;
    let mut next = edit(&article("a", "x"), "new words");
    next.article.source = id("b");
    next.article.guid = "y".into();
    next.article.published_id = "https://elsewhere.example/".into();
    next.article.first_seen = at(1000);
    write(store, "a", Changes { edited: vec![next.clone()], ..quiet() }).await;
    let kept = load(store, &article("a", "x")).await;
    let pinned = article("a", "x");
    assert_eq!(
        (&kept.source, &kept.guid, &kept.published_id, kept.first_seen),
        (&pinned.source, &pinned.guid, &pinned.published_id, pinned.first_seen)
    );
    assert_eq!((kept.content.text.as_str(), kept.revision), ("new words", 2));
}

pub(crate) async fn an_edit_with_a_revision_keeps_what_it_replaces(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let first = full_article("a", "x");
    write(store, "a", news([first.clone()])).await;
    let to_second = edit(&first, "second");
    write(store, "a", Changes { edited: vec![to_second.clone()], ..quiet() }).await;
    let second = load(store, &first).await;
    assert_eq!(second, to_second.article);
    let mut to_third = edit(&second, "third");
    (to_third.article.announced_at, to_third.article.withdrawn_at) = (Some(at(70)), None);
    write(store, "a", Changes { edited: vec![Edit { revision: None, ..to_third.clone() }], ..quiet() }).await;
    let held = load(store, &first).await;
    assert_eq!(held.withdrawn_at, second.withdrawn_at, "what is withdrawn stays so unless it is brought back");
    if let Some(revision) = &mut to_third.revision {
        Edit::RESTORED.clone_into(&mut revision.cause);
    }
    write(store, "a", Changes { edited: vec![to_third.clone()], ..quiet() }).await;
    assert_eq!(load(store, &first).await, to_third.article);
    let kept = store.revisions(first.id).await.expect("reads");
    assert_eq!(kept, [to_second.revision.expect("given"), to_third.revision.expect("given")], "oldest first");

    let mut bookkeeping = to_third.article;
    bookkeeping.content.partial = false;
    bookkeeping.announced_at = None;
    let edited = vec![Edit { article: bookkeeping.clone(), revision: None, aliases: Vec::new() }];
    write(store, "a", Changes { edited, ..quiet() }).await;
    assert_eq!(load(store, &first).await, bookkeeping);
    assert_eq!(store.revisions(first.id).await.expect("reads").len(), 2, "bookkeeping makes no revision");
}

pub(crate) async fn an_edit_made_from_an_older_form_loses_nothing(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let first = article("a", "x");
    write(store, "a", news([first.clone()])).await;
    write(store, "a", Changes { edited: vec![edit(&first, "from the page")], ..quiet() }).await;
    // Both were made from the first form, by workers that did not know of each other.
    write(store, "a", Changes { edited: vec![edit(&first, "from the feed")], ..quiet() }).await;
    let kept = load(store, &first).await;
    assert_eq!((kept.content.text.as_str(), kept.revision), ("from the feed", 3));
    let texts = |kept: Vec<courant::model::Revision>| -> Vec<(u32, String)> {
        kept.into_iter().map(|revision| (revision.revision, revision.before.text)).collect()
    };
    let wanted = [(1, first.content.text.clone()), (2, "from the page".to_owned())];
    assert_eq!(texts(store.revisions(first.id).await.expect("reads")), wanted);

    let mut stale = Edit { article: first.clone(), revision: None, aliases: Vec::new() };
    stale.article.announced_at = Some(at(44));
    write(store, "a", Changes { edited: vec![stale], ..quiet() }).await;
    let kept = load(store, &first).await;
    assert_eq!((kept.content.text.as_str(), kept.revision, kept.announced_at), ("from the feed", 3, Some(at(44))));
    assert_eq!(kept.said, first.said);
}

pub(crate) async fn an_edit_of_what_is_not_held_does_nothing(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let stray = Edit { aliases: vec![guid("x")], ..edit(&article("a", "x"), "words") };
    write(store, "a", Changes { edited: vec![stray], ..quiet() }).await;
    assert_eq!(store.article(article("a", "x").id).await.expect("reads"), None);
    assert_eq!(held(store, "a", "x").await, Held::Unknown);
}

pub(crate) async fn feeds_hold_announced_articles_newest_first_with_ties_by_id(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let withdrawn = Article { withdrawn_at: Some(at(9)), ..announced("a", "withdrawn", Some(at(99))) };
    let mut tied = [announced("a", "tie1", Some(at(20))), announced("a", "tie2", Some(at(20)))];
    tied.sort_by_key(|article| article.id);
    write(store, "a", news(tied.clone())).await;
    write(store, "a", news([announced("a", "silent", None), withdrawn, announced("a", "old", Some(at(10)))])).await;
    write(store, "b", news([announced("b", "late", Some(at(30)))])).await;

    let order = ["late", &tied[0].guid, &tied[1].guid, "old"];
    assert_eq!(guids(store, &all(9)).await, order);
    assert_eq!(guids(store, &all(2)).await, order[..2]);
    assert_eq!(guids(store, &of(&["a"], 2)).await, order[1..3]);
    assert_eq!(guids(store, &Selection { since: Some(at(20)), ..all(9) }).await, order[..3], "`since` is included");
    assert_eq!(guids(store, &all(0)).await, Vec::<String>::new());
    assert_eq!(guids(store, &of(&[], 9)).await, Vec::<String>::new(), "no source, no article");
    assert_eq!(guids(store, &of(&["b", "nobody", "b"], 9)).await, ["late"], "unknown and repeated sources are no harm");

    let announce = Edit { article: announced("a", "silent", Some(at(40))), revision: None, aliases: Vec::new() };
    write(store, "a", Changes { edited: vec![announce], ..quiet() }).await;
    assert_eq!(guids(store, &all(1)).await, ["silent"], "what is announced later enters");
}

pub(crate) async fn paging_through_ties_skips_and_repeats_nothing(store: &dyn Store) {
    with_sources(store, &["a", "b", "c"]).await;
    for source in ["a", "b", "c"] {
        write(store, source, news((0..20).map(|n| announced(source, &format!("{n}"), Some(at(n / 7)))))).await;
    }
    for selection in [all(7), of(&["a"], 7), of(&["c", "b"], 7)] {
        let whole = store.articles(&Selection { limit: 99, ..selection.clone() }).await.expect("selects");
        let mut paged: Vec<Article> = Vec::new();
        loop {
            let before = paged.last().and_then(|last| Some((last.announced_at?, last.id)));
            let next = store.articles(&Selection { before, ..selection.clone() }).await.expect("selects");
            if next.is_empty() {
                break;
            }
            paged.extend(next);
        }
        assert_eq!(whole.len(), selection.sources.map_or(60, |sources| sources.len() * 20));
        assert_eq!(paged, whole);
    }
}

pub(crate) async fn a_glance_shows_an_article_as_deep_as_it_is_asked_for(store: &dyn Store) {
    with_sources(store, &["a", "b", "c"]).await;
    let mut pictured = announced("b", "pictured", Some(at(2)));
    pictured.content.figures = vec![Figure { url: Some("https://b.example/1.jpg".to_owned()), ..Figure::default() }];
    let mut captioned = announced("b", "captioned", Some(at(3)));
    captioned.content.figures = vec![Figure { caption: Some("A gate".to_owned()), ..Figure::default() }];
    let mut attached = announced("b", "attached", Some(at(4)));
    let picture = Some("image/png".to_owned());
    attached.content.enclosures = vec![Enclosure { media_type: picture, ..Enclosure::default() }];
    let mut bare = announced("c", "bare", Some(at(5)));
    (bare.content.title, bare.content.published) = (None, None);
    write(store, "a", news([Article { announced_at: Some(at(1)), ..full_article("a", "full") }])).await;
    write(store, "b", news([pictured, captioned, attached])).await;
    write(store, "c", news([bare, announced("c", "silent", None)])).await;
    for selection in [all(9), all(2), of(&["b"], 9), of(&["c", "a"], 9), of(&["nobody"], 9), of(&["a"], 0)] {
        let articles = store.articles(&selection).await.expect("selects");
        for flags in 0..8 {
            let depth = Depth { head: flags & 1 > 0, details: flags & 2 > 0, text: flags & 4 > 0 };
            let glances = store.glances(&selection, depth, &Hint::Anything).await.expect("selects");
            let wanted = articles.iter().map(|article| Glance::of(article, depth)).collect();
            assert_eq!(glances, Glances::all(wanted), "{selection:?} {depth:?}");
        }
    }
    let details = Depth { details: true, ..Depth::default() };
    let glances = store.glances(&of(&["b"], 9), details, &Hint::Anything).await.expect("selects");
    let pictures: Vec<bool> = glances.articles.iter().map(|glance| glance.has_image).collect();
    assert_eq!(pictures, [true, false, true], "a caption is no picture");
}

pub(crate) async fn a_hint_hides_nothing_that_says_what_it_wants(store: &dyn Store) {
    with_sources(store, &["a", "b", "c"]).await;
    let told = |key: &str, title: Option<&str>, text: &str, second: i64| {
        let mut article = announced("a", key, Some(at(second)));
        (article.content.title, article.content.text) = (title.map(str::to_owned), text.to_owned());
        article
    };
    let articles = [
        told("title", Some("The BRIDGE is open"), "Traffic flows.", 1),
        told("text", None, "Behind the bridges of Riga, quickly", 2),
        told("kelvin", Some("At 300 \u{212a}ilns"), "Hot", 3),
        told("neither", Some("A quay"), "Boats", 4),
        told("both", Some("bridge"), "and a KILN", 5),
    ];
    write(store, "a", news(articles)).await;
    let word = |text: &str| Hint::Word(Needle::new(text).expect("plain"));
    let rows: [(Hint, &[&str]); 5] = [
        (word("bridge"), &["both", "text", "title"]),
        (word("kiln"), &["both", "kelvin"]),
        (Hint::Any(vec![word("boats"), word("kiln")]), &["both", "neither", "kelvin"]),
        (Hint::All(vec![word("bridge"), word("kiln")]), &["both"]),
        (word("nowhere"), &[]),
    ];
    for (hint, wanted) in rows {
        for (selection, read) in [(all(9), 5), (of(&["a"], 9), 5), (of(&["a", "b", "c"], 3), 3)] {
            let glances = store.glances(&selection, Depth::default(), &hint).await.expect("selects");
            assert_eq!(glances.read, read, "{hint:?}");
            let whole = store.articles(&selection).await.expect("selects");
            assert_eq!(glances.last, whole.last().and_then(|last| Some((last.announced_at?, last.id))));
            let ids: Vec<ArticleId> = glances.articles.iter().map(|glance| glance.id).collect();
            let wanted = wanted.iter().map(|key| article("a", key).id);
            let missing = wanted.filter(|id| whole.iter().any(|article| article.id == *id) && !ids.contains(id));
            assert_eq!(missing.count(), 0, "{hint:?} in {selection:?}");
        }
    }
}

pub(crate) async fn articles_asked_for_together_come_together(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let written: Vec<Article> = (0..700).map(|n| announced("a", &format!("{n}"), None)).collect();
    write(store, "a", news(written.clone())).await;
    let mut ids: Vec<ArticleId> = written.iter().map(|article| article.id).collect();
    ids.push(article("a", "never").id);
    let mut held = store.held(&ids).await.expect("reads");
    held.sort_by_key(|article| article.id);
    let mut wanted = written;
    wanted.sort_by_key(|article| article.id);
    assert_eq!(held, wanted);
    assert_eq!(store.held(&[]).await.expect("reads"), []);
}

/// The numbers of sources on both sides of where a store may change its way.
pub(crate) async fn selections_by_few_and_by_many_sources_agree(store: &dyn Store) {
    let sources: Vec<String> = (0..50).map(|n| format!("s{n}")).collect();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    with_sources(store, &sources).await;
    let mut refreshes = Vec::new();
    for (n, claim) in (0..).zip(claim(store, at(1), 50).await) {
        let source = claim.source.to_string();
        let articles = (0..4).map(|m| announced(&source, &format!("{m}"), Some(at((n * 7 + m * 31) % 40))));
        refreshes.push(Refresh { changes: news(articles), claim });
    }
    store.finish(&refreshes).await.expect("finishes");
    let everything = store.articles(&all(1000)).await.expect("selects");
    assert_eq!(everything.len(), 200);
    for count in [1, 2, 5, 7, 8, 20, 49, 50] {
        let chosen = ids(&sources[..count]);
        let expected = everything.iter().filter(|article| chosen.contains(&article.source)).take(10);
        let selected = store.articles(&of(&sources[..count], 10)).await.expect("selects");
        assert!(selected.iter().eq(expected), "{count} sources");
    }
}

pub(crate) async fn removed_sources_leave_the_feeds(store: &dyn Store) {
    with_sources(store, &["a", "b", "c"]).await;
    for source in ["a", "b", "c"] {
        write(store, source, news([announced(source, source, Some(at(1)))])).await;
    }
    with_sources(store, &["a", "c"]).await;
    for selection in [all(9), of(&["a", "b", "c"], 9)] {
        let mut left = guids(store, &selection).await;
        left.sort();
        assert_eq!(left, ["a", "c"]);
    }
    assert_eq!(guids(store, &of(&["b"], 9)).await, Vec::<String>::new());
    with_sources(store, &["a", "b", "c"]).await;
    assert_eq!(guids(store, &of(&["b"], 9)).await, ["b"], "a source that returns brings its articles");
}

pub(crate) async fn many_rows_in_one_refresh_are_all_written(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let changes = Changes {
        pending: (0..150).map(|n| page(&format!("p{n}"), at(n))).collect(),
        documents: (0..150).map(|n| document(&format!("https://a.example/{n}"), &n.to_string())).collect(),
        ..news((0..333).map(|n| article("a", &format!("{n}"))))
    };
    assert_eq!(write(store, "a", changes).await, 333);
    let status = store.status().await.expect("lists").remove(0);
    assert_eq!((status.articles, status.pending), (333, 150));
    assert_eq!(store.articles(&all(1000)).await.expect("selects").len(), 333);
}

pub(crate) async fn finishing_from_many_tasks_at_once_writes_everything(store: &dyn Store) {
    let sources: Vec<String> = (0..40).map(|n| format!("s{n}")).collect();
    with_sources(store, &sources.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let work = (0..40).map(|_| async {
        let request = ClaimRequest { now: at(1), lease: Duration::from_mins(1), limit: 1, due: Due::ByTime };
        let claim = store.claim_due(&request).await.expect("claims").remove(0);
        let source = claim.source.to_string();
        store.known(&claim.source, &[]).await.expect("answers");
        finish(store, claim, news((0..10).map(|n| article(&source, &format!("{n}"))))).await
    });
    let outcomes = futures_util::future::join_all(work).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Finished::Written { new: 10 }), "{outcomes:?}");
    assert_eq!(store.articles(&all(1000)).await.expect("selects").len(), 400);
}
