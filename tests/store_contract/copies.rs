//! The store as a file: copied while it is used, looked through, put back, written anew.

use std::fs;
use std::path::{Path, PathBuf};

use courant::plan::retention::Bounds;
use courant::store::{Prune, Store, file, open};

use crate::world::*;

fn path(home: &Home) -> PathBuf {
    home.folder.path().join("deep/courant.db")
}

/// A store with two articles, open.
async fn filled() -> Home {
    let home = sqlite().await;
    with_sources(&*home.store, &["a"]).await;
    write(&*home.store, "a", news([full_article("a", "x"), article("a", "y")])).await;
    home
}

async fn opened(path: &Path) -> std::sync::Arc<dyn Store> {
    open(&format!("sqlite:{}", path.display())).await.expect("opens")
}

fn files(folder: &Path) -> Vec<String> {
    let items = fs::read_dir(folder).expect("lists");
    let mut names: Vec<String> =
        items.map(|item| item.expect("lists").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_while_others_write_is_of_one_moment() {
    let home = filled().await;
    let target = home.folder.path().join("copy.db");
    let store = std::sync::Arc::clone(&home.store);
    let writing = tokio::spawn(async move {
        for round in 0..20 {
            let pair = ["one", "two"].map(|name| article("a", &format!("{name}-{round}")));
            write(&*store, "a", news(pair)).await;
        }
    });
    for _ in 0..5 {
        let copy = file::backup(&path(&home), &target, at(100)).await.expect("copies");
        assert!(copy.troubles.is_empty() && copy.articles.is_multiple_of(2), "{copy:?}");
    }
    writing.await.expect("writes on");
    home.store.close().await;
    assert_eq!(files(home.folder.path()), ["copy.db", "deep"]);
    let copy = opened(&target).await;
    assert_eq!(load(&*copy, &full_article("a", "x")).await, full_article("a", "x"));
    copy.close().await;
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_leaves_what_was_there() {
    let home = filled().await;
    let folder = home.folder.path();
    let target = folder.join("copy.db");
    fs::write(&target, "yesterday's").expect("writes");
    let error = file::backup(&folder.join("nothing.db"), &target, at(0)).await.expect_err("there is nothing to copy");
    assert!(error.to_string().contains("there is no such file"), "{error}");
    file::backup(&path(&home), &folder.join("no/such/folder.db"), at(0)).await.expect_err("there is no such folder");
    assert_eq!(fs::read_to_string(&target).expect("reads"), "yesterday's");
    assert_eq!(files(folder), ["copy.db", "deep"]);
}

#[tokio::test]
async fn a_copy_that_is_put_back_keeps_what_it_replaces() {
    let home = filled().await;
    let backup = home.folder.path().join("copy.db");
    file::backup(&path(&home), &backup, at(0)).await.expect("copies");
    write(&*home.store, "a", news([article("a", "z")])).await;
    home.store.close().await;
    for name in ["courant.db.before-restore", "courant.db.before-restore-2"] {
        let restored = file::restore(&path(&home), &backup, at(0)).await.expect("puts back");
        let before = restored.before.expect("there was one");
        assert_eq!(before.file_name().and_then(|name| name.to_str()), Some(name));
    }
    let old = opened(&path(&home).with_file_name("courant.db.before-restore")).await;
    assert!(old.article(article("a", "z").id).await.expect("reads").is_some());
    old.close().await;
    let store = opened(&path(&home)).await;
    assert_eq!(store.article(article("a", "z").id).await.expect("reads"), None);
    assert_eq!(load(&*store, &article("a", "y")).await, article("a", "y"));
    store.close().await;
    let new = home.folder.path().join("other/courant.db");
    assert_eq!(file::restore(&new, &backup, at(0)).await.expect("puts where nothing was").before, None);
}

#[tokio::test]
async fn what_is_no_sound_store_is_not_put_back() {
    let home = filled().await;
    let folder = home.folder.path();
    home.store.close().await;
    let held = fs::read(path(&home)).expect("reads");
    fs::write(folder.join("letter.db"), "Dear reader. ".repeat(1000)).expect("writes");
    let mut damaged = held.clone();
    damaged[8192..].fill(0x5a);
    fs::write(folder.join("damaged.db"), damaged).expect("writes");
    for name in ["letter.db", "damaged.db", "missing.db"] {
        file::restore(&path(&home), &folder.join(name), at(0)).await.expect_err(name);
        assert_eq!(fs::read(path(&home)).expect("reads"), held, "{name}");
        assert_eq!(files(&folder.join("deep")), ["courant.db"], "{name}");
    }
}

#[tokio::test]
async fn a_store_that_others_use_is_not_replaced() {
    let home = filled().await;
    let backup = home.folder.path().join("copy.db");
    file::backup(&path(&home), &backup, at(0)).await.expect("copies");
    let error = file::restore(&path(&home), &backup, at(0)).await.expect_err("it is open");
    assert!(error.to_string().contains("another program"), "{error}");
    assert_eq!(load(&*home.store, &article("a", "y")).await, article("a", "y"));
}

#[tokio::test]
async fn room_is_given_back_and_counts_are_put_right() {
    let home = filled().await;
    let many = (0..400).map(|n| {
        let mut article = article("a", &n.to_string());
        article.content.body = format!("<p>{}</p>", "the tide ".repeat(900));
        article
    });
    write(&*home.store, "a", news(many)).await;
    let size = async || file::inspect(&path(&home), at(0)).await.expect("reads").bytes;
    let full = size().await;
    let request = Prune {
        source: id("a"),
        bounds: Bounds { items: Some(5), ..Bounds::default() },
        spared: [].into(),
        limit: 1000,
        now: at(0),
    };
    assert_eq!(home.store.prune(&request).await.expect("drops"), 397);
    while home.store.tidy().await.expect("gives back") {}
    assert!(size().await < full / 4, "{full} → {}", size().await);
    home.store.close().await;
    let (before, after) = file::vacuum(&path(&home)).await.expect("writes anew");
    assert!(after <= before, "{before} → {after}");
    let found = file::inspect(&path(&home), at(0)).await.expect("reads");
    assert_eq!((found.articles, found.troubles, found.free_bytes), (5, Vec::new(), 0));
}
