//! What only a store that lasts can show: opening again, sharing a file, and saying what is wrong with one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use courant::plan::Changes;
use courant::store::{Error, Finished, Held, HostState, Selection, Store, open};

use crate::world::*;

#[tokio::test]
async fn everything_is_there_after_opening_again() {
    let home = sqlite().await;
    let store = &*home.store;
    with_sources(store, &["a", "b", "c"]).await;
    let changes = Changes {
        pending: vec![page("p", at(10))],
        documents: vec![document("https://a.example/feed", "1")],
        ..news([full_article("a", "x"), article("a", "y")])
    };
    write(store, "a", changes).await;
    write(store, "a", Changes { edited: vec![edit(&article("a", "y"), "words")], ..quiet() }).await;
    store.set_paused(&id("c"), true).await.expect("pauses");
    store.save_host("h", &HostState { robots: Some("x".to_owned()), ..HostState::default() }).await.expect("saves");
    let lease = claim_source(store, "b").await;
    let status = store.status().await.expect("lists");
    store.close().await;

    let again = open(&home.location()).await.expect("opens again");
    let store = &*again;
    assert_eq!(store.status().await.expect("lists"), status);
    assert_eq!(load(store, &full_article("a", "x")).await, full_article("a", "x"));
    assert_eq!(store.revisions(article("a", "y").id).await.expect("reads").len(), 1);
    assert!(matches!(held(store, "a", "p").await, Held::Pending(_)));
    assert_eq!(guids(store, &Selection { sources: Some(ids(&["a"])), limit: 9, ..Selection::default() }).await, ["y"]);
    assert!(store.host("h").await.expect("reads").is_some());
    assert_eq!(finish(store, lease, quiet()).await, Finished::Written { new: 0 }, "a lease outlives a restart");
    store.close().await;
}

#[tokio::test]
async fn what_was_finished_is_there_without_closing() {
    let home = sqlite().await;
    with_sources(&*home.store, &["a"]).await;
    write(&*home.store, "a", news([article("a", "x")])).await;
    // A copy of the files as they are is what a kill leaves behind.
    let left = tempfile::tempdir().expect("a folder");
    for file in ["courant.db", "courant.db-wal"] {
        fs::copy(home.folder.path().join("deep").join(file), left.path().join(file)).expect("copies");
    }
    let again = open(&format!("sqlite:{}", left.path().join("courant.db").display())).await.expect("opens");
    assert_eq!(load(&*again, &article("a", "x")).await, article("a", "x"));
    assert!(
        fs::metadata(home.folder.path().join("deep/courant.db-wal")).expect("a log").len() > 0,
        "not folded in yet"
    );
    again.close().await;
}

#[tokio::test]
async fn a_torn_log_loses_the_last_transaction_alone() {
    let home = sqlite().await;
    with_sources(&*home.store, &["a"]).await;
    write(&*home.store, "a", news([article("a", "x")])).await;
    let log = home.folder.path().join("deep/courant.db-wal");
    let whole = fs::metadata(&log).expect("a log").len();
    write(&*home.store, "a", news([article("a", "y")])).await;
    let left = tempfile::tempdir().expect("a folder");
    fs::copy(home.folder.path().join("deep/courant.db"), left.path().join("courant.db")).expect("copies");
    let bytes = fs::read(&log).expect("reads");
    assert!(bytes.len() as u64 > whole + 100);
    fs::write(left.path().join("courant.db-wal"), &bytes[..bytes.len() - 100]).expect("writes");

    let again = open(&format!("sqlite:{}", left.path().join("courant.db").display())).await.expect("opens");
    assert_eq!(load(&*again, &article("a", "x")).await, article("a", "x"));
    assert_eq!(again.article(article("a", "y").id).await.expect("reads"), None);
    let claims = claim(&*again, at(-1_000_000) + LEASE, 9).await;
    assert_eq!(names(&claims), ["a"], "the lease of the refresh that was lost runs out");
    let outcome = finish(&*again, claims[0].clone(), news([article("a", "y")])).await;
    assert_eq!(outcome, Finished::Written { new: 1 }, "and it is done again");
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_processes_worth_of_stores_share_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let location = format!("sqlite:{}", folder.path().join("courant.db").display());
    let opened = futures_util::future::join_all((0..4).map(|_| open(&location))).await;
    let stores: Vec<Arc<dyn Store>> = opened.into_iter().map(|store| store.expect("opens at once")).collect();
    let sources: Vec<String> = (0..60).map(|n| format!("s{n}")).collect();
    with_sources(&*stores[0], &sources.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let tasks = stores.iter().cloned().map(|store| {
        tokio::spawn(async move {
            let mut done = 0;
            loop {
                let claims = claim(&*store, at(1), 3).await;
                if claims.is_empty() {
                    return done;
                }
                for claim in claims {
                    let source = claim.source.to_string();
                    let outcome = finish(&*store, claim, news((0..5).map(|n| article(&source, &n.to_string())))).await;
                    assert_eq!(outcome, Finished::Written { new: 5 });
                    done += 1;
                }
            }
        })
    });
    let done = futures_util::future::join_all(tasks).await;
    assert_eq!(done.into_iter().map(|done| done.expect("no task fails")).sum::<usize>(), 60, "nothing was done twice");
    let articles = stores[3].articles(&Selection { limit: 1000, ..Selection::default() }).await.expect("selects");
    assert_eq!(articles.len(), 300);
    for store in stores {
        store.close().await;
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_half_way_leaves_nothing_behind() {
    let home = sqlite().await;
    let store = &*home.store;
    with_sources(store, &["a"]).await;
    for round in 0..30_u32 {
        let claim = claim_source(store, "a").await;
        let changes = news((0..40).map(|n| article("a", &format!("{round}-{n}"))));
        let refresh = courant::store::Refresh { claim: claim.clone(), changes };
        let limit = std::time::Duration::from_micros(u64::from(round) * 100);
        let outcome = tokio::time::timeout(limit, store.finish(&[refresh])).await;
        let count = known(store, "a", &[]).await.articles;
        assert_eq!(count % 40, 0, "all or nothing");
        if outcome.is_err() {
            store.release(&[claim]).await.expect("goes on");
        }
    }
}

async fn refusal(location: &str) -> String {
    match open(location).await.map(|_| ()).expect_err("cannot be opened") {
        error @ Error::Open { .. } => error.to_string(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name);
    fs::write(place("letter.txt"), "Dear reader, this is not a database. ".repeat(100)).expect("writes");
    fs::create_dir(place("folder")).expect("makes");
    let rows = [
        (place("letter.txt"), "is not a SQLite database"),
        (place("folder"), "it is a folder"),
        (place("letter.txt/inside/courant.db"), "cannot be made"),
    ];
    for (path, wanted) in rows {
        let message = refusal(&format!("sqlite:{}", path.display())).await;
        assert!(message.contains(wanted) && message.contains(&path.display().to_string()), "{message}");
    }
    assert!(fs::read_to_string(place("letter.txt")).expect("reads").starts_with("Dear"), "it is left as it was");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).expect("makes");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).expect("locks");
    if fs::write(locked.join("probe"), "").is_ok() {
        return; // This user may write anywhere.
    }
    let message = refusal(&format!("sqlite:{}", locked.join("courant.db").display())).await;
    assert!(message.contains("writable"), "{message}");
}
