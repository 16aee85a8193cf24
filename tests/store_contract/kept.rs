//! Article pages kept as they were fetched, and edits that no refresh made.

use courant::model::{Digest, Document, Entry, Text};
use courant::plan::{Changes, Kept, KeptPage, KeptPart};
use courant::store::Store;
use jiff::Timestamp;

use crate::world::*;

fn part(url: &str, body: &str, fetched_at: Timestamp) -> KeptPart {
    let url = url.parse().expect("an address");
    let body = body.to_owned().into_bytes().into();
    let document = Document { url: None, content_type: Some("text/html; charset=utf-8".to_owned()), body };
    KeptPart::of(&document, &url, fetched_at)
}

/// The page of the article with this guid.
pub(crate) fn kept_page(key: &str, body: &str, fetched_at: Timestamp) -> KeptPage {
    let address = format!("https://a.example/{key}");
    KeptPage {
        key: guid(key).key(),
        entry: Entry { guid: Some(key.to_owned()), title: Some(Text::plain("As listed")), ..Entry::default() },
        said: Digest::of(key.as_bytes()),
        base: Some("https://a.example/feed".parse().expect("an address")),
        language: Some("en".to_owned()),
        authors: vec![courant::model::Person::named("Ada Berg")],
        url: address.parse().expect("an address"),
        parts: vec![part(&address, body, fetched_at)],
    }
}

fn keeping(pages: Vec<KeptPage>, room_bytes: u64) -> Changes {
    Changes { kept: Kept { pages, room_bytes }, ..quiet() }
}

async fn keys(store: &dyn Store, source: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for id in store.kept(&id(source)).await.expect("lists") {
        keys.push(store.kept_page(id).await.expect("reads").expect("it is listed").key);
    }
    keys
}

const ROOM: u64 = 1_000_000;

pub(crate) async fn a_kept_page_comes_back_whole_and_is_replaced(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let x = article("a", "x");
    let mut page = kept_page("x", "<p>one</p>", at(10));
    page.parts.push(part("https://a.example/x?page=2", "<p>\u{0}\u{feff}two</p>", at(11)));
    page.parts.push(part("https://a.example/x?page=3", "", at(12)));
    page.parts[1].content_type = None;
    let changes = Changes { kept: Kept { pages: vec![page.clone()], room_bytes: ROOM }, ..news([x.clone()]) };
    write(store, "a", changes).await;
    assert_eq!(store.kept_page(x.id).await.expect("reads"), Some(page.clone()));
    let bodies = page.parts.iter().map(|part| part.document().expect("whole").body);
    assert_eq!(bodies.collect::<Vec<_>>(), ["<p>one</p>", "<p>\u{0}\u{feff}two</p>", ""]);

    let again = KeptPage { base: None, language: None, ..kept_page("x", "<p>other</p>", at(20)) };
    write(store, "a", keeping(vec![again.clone()], ROOM)).await;
    assert_eq!(store.kept_page(x.id).await.expect("reads"), Some(again));
    assert_eq!(keys(store, "a").await, ["guid:x"]);
}

pub(crate) async fn a_page_is_kept_under_the_article_its_key_leads_to(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    write(store, "a", news([article("a", "x")])).await;
    write(store, "b", news([article("b", "y")])).await;
    let pages =
        vec![kept_page("x", "<p>x</p>", at(1)), kept_page("y", "<p>y</p>", at(2)), kept_page("z", "<p>z</p>", at(3))];
    write(store, "a", keeping(pages, ROOM)).await;
    assert_eq!(keys(store, "a").await, ["guid:x"], "y is of another source, z is nobody");
    assert_eq!(keys(store, "b").await, [""; 0]);
    assert_eq!(store.kept_page(article("b", "y").id).await.expect("reads"), None);
}

pub(crate) async fn the_pages_fetched_first_make_room(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let names = ["k1", "k2", "k3", "k4"];
    write(store, "a", news(names.map(|key| article("a", key)))).await;
    write(store, "b", news([article("b", "k1")])).await;
    write(store, "b", keeping(vec![kept_page("k1", "<p>b</p>", at(0))], ROOM)).await;
    let body = |key: &str| format!("<p>all about {key}</p>");
    let size = kept_page("k1", &body("k1"), at(0)).packed_bytes();
    // Fetched out of order; the room is for two and a half.
    for (key, seconds) in [("k2", 20), ("k1", 10), ("k3", 30)] {
        write(store, "a", keeping(vec![kept_page(key, &body(key), at(seconds))], size * 5 / 2)).await;
    }
    assert_eq!(keys(store, "a").await, ["guid:k2", "guid:k3"]);
    assert_eq!(keys(store, "b").await, ["guid:k1"], "every source has room of its own");
    write(store, "a", quiet()).await;
    assert_eq!(keys(store, "a").await, ["guid:k2", "guid:k3"], "a refresh without pages drops none");
    let large: String = (0_u32..3_000).map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
    write(store, "a", keeping(vec![kept_page("k4", &large, at(40))], size * 5 / 2)).await;
    assert_eq!(keys(store, "a").await, [""; 0], "what is larger than the room is not kept, nor what is older");
}

pub(crate) async fn a_body_that_pages_share_outlives_each_of_them(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    write(store, "a", news([article("a", "x"), article("a", "y")])).await;
    write(store, "b", news([article("b", "x")])).await;
    let same = |key: &str, seconds| kept_page(key, "<p>Not found</p>", at(seconds));
    write(store, "a", keeping(vec![same("x", 1), same("y", 2)], ROOM)).await;
    write(store, "b", keeping(vec![same("x", 3)], ROOM)).await;
    write(store, "a", keeping(vec![kept_page("x", "<p>Found</p>", at(4))], ROOM)).await;
    assert_eq!(store.kept_page(article("a", "y").id).await.expect("reads"), Some(same("y", 2)));
    let newer = kept_page("y", "<p>Found too</p>", at(5));
    let room = newer.packed_bytes();
    write(store, "a", keeping(vec![newer], room)).await;
    assert_eq!(keys(store, "a").await, ["guid:y"]);
    assert_eq!(store.kept_page(article("b", "x").id).await.expect("reads"), Some(same("x", 3)));
}

pub(crate) async fn edits_without_a_refresh_are_written_as_those_of_one(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let (x, y) = (article("a", "x"), article("a", "y"));
    write(store, "a", news([x.clone(), y.clone()])).await;
    let due = store.next_due().await.expect("answers");
    let mut first = edit(&x, "other words");
    first.aliases = vec![guid("x again"), guid("y")];
    let mut quiet = edit(&y, "y");
    (quiet.revision, quiet.article.revision) = (None, 1);
    quiet.article.content.body = "<p><em>All</em> about y</p>".into();
    store.amend(&[first, quiet, edit(&article("a", "nobody"), "x")]).await.expect("writes");
    let held_x = load(store, &x).await;
    assert_eq!(
        (held_x.content.text.as_str(), held_x.revision, held_x.announced_at),
        ("other words", 2, x.announced_at)
    );
    assert_eq!(store.revisions(x.id).await.expect("reads")[0].before, x.content);
    let held_y = load(store, &y).await;
    assert_eq!((held_y.content.body.as_str(), held_y.revision), ("<p><em>All</em> about y</p>", 1));
    assert_eq!(store.revisions(y.id).await.expect("reads"), []);
    let found = |held| matches!(held, courant::store::Held::Changed(article) if article.guid == "x");
    assert!(found(held(store, "a", "x again").await), "names are added");
    assert!(!found(held(store, "a", "y").await), "a name that is taken stays where it is");
    assert_eq!(store.next_due().await.expect("answers"), due);
}
