//! What only the inside can show: failing half-way, a file of another version, the way a selection takes.

use std::path::{Path, PathBuf};

use sqlx::Row as _;
use tempfile::TempDir;

use super::*;
use crate::model::{Alias, Content, Digest, Document, Entry};
use crate::plan::{Changes, Kept, KeptPart, NewArticle, SourceState};
use crate::store::{Due, Work};

async fn home() -> (TempDir, PathBuf, Sqlite) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("courant.db");
    let store = Sqlite::open(&path).await.expect("a new file opens");
    (folder, path, store)
}

fn id(text: &str) -> SourceId {
    text.parse().expect("a source id")
}

async fn claims(store: &Sqlite) -> Vec<Claim> {
    let request = ClaimRequest {
        now: Timestamp::UNIX_EPOCH,
        lease: std::time::Duration::from_mins(5),
        limit: 9,
        due: Due::ByTime,
    };
    store.claim_due(&request).await.expect("claims")
}

fn refresh(claim: Claim, title: &str) -> Refresh {
    let state = SourceState { title: Some(title.to_owned()), ..SourceState::default() };
    Refresh { claim, changes: Changes::state_only(state) }
}

#[tokio::test]
async fn an_error_in_one_refresh_leaves_the_store_as_it_was() {
    let (_folder, _, store) = home().await;
    store.sync_sources(&[id("a"), id("b")], Timestamp::UNIX_EPOCH).await.expect("takes the sources");
    let before = store.status().await.expect("lists");
    let refreshes: Vec<Refresh> = claims(&store).await.into_iter().map(|claim| refresh(claim, "boom")).collect();
    sqlx::query(
        "CREATE TRIGGER full BEFORE UPDATE ON states WHEN new.source = 2 AND new.state LIKE '%boom%' \
         BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    )
    .execute(&store.writer)
    .await
    .expect("sets the trap");
    let error = store.finish(&refreshes).await.expect_err("fails on b");
    assert_eq!(error.to_string(), "the store failed while it tried to write refreshes");
    assert_eq!(store.status().await.expect("lists"), before);

    sqlx::query("DROP TRIGGER full").execute(&store.writer).await.expect("takes the trap away");
    let outcomes = store.finish(&refreshes).await.expect("the leases still hold");
    assert_eq!(outcomes, [Finished::Written { new: 0 }; 2]);
}

#[tokio::test]
async fn what_an_answer_leaves_as_it_was_is_not_written_again() {
    let (_folder, _, store) = home().await;
    store.sync_sources(&[id("a"), id("b")], Timestamp::UNIX_EPOCH).await.expect("takes the sources");
    let first: Vec<Refresh> = claims(&store).await.into_iter().map(|claim| refresh(claim, "The bridge")).collect();
    store.finish(&first).await.expect("finishes");
    sqlx::query("CREATE TABLE rewritten (source INTEGER)").execute(&store.writer).await.expect("sets a trap");
    sqlx::query("CREATE TRIGGER told AFTER UPDATE ON states BEGIN INSERT INTO rewritten VALUES (new.source); END")
        .execute(&store.writer)
        .await
        .expect("sets a trap");
    let asked = |claim: Claim, title: &str, second: i64| {
        let moment = Timestamp::from_second(second).expect("a moment");
        let mut refresh = refresh(claim, title);
        let state = refresh.changes.state.as_mut().expect("a state");
        (state.next_due, state.attempted_at, state.succeeded_at) = (Some(moment), Some(moment), Some(moment));
        (state.status, state.why) = (Some(304), format!("asked at {second}"));
        refresh
    };
    let second: Vec<Refresh> = claims(&store)
        .await
        .into_iter()
        .zip([("The bridge", 7), ("The tunnel", 8)])
        .map(|(claim, (title, second))| asked(claim, title, second))
        .collect();
    store.finish(&second).await.expect("finishes");
    let states: Vec<SourceState> = store.status().await.expect("lists").into_iter().map(|row| row.state).collect();
    let wanted: Vec<SourceState> = second.iter().filter_map(|refresh| refresh.changes.state.clone()).collect();
    assert_eq!(states, wanted, "what is told is all that was written, wherever it stands");
    let rewritten = sqlx::query("SELECT source FROM rewritten").fetch_all(&store.writer).await.expect("looks");
    assert_eq!(rewritten.iter().map(|row| row.get::<i64, _>(0)).collect::<Vec<_>>(), [2], "only b has another title");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let (_folder, path, store) = home().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', 1, X'00', 0)",
    )
    .execute(&store.writer)
    .await
    .expect("pretends");
    store.close().await;
    let error = Sqlite::open(&path).await.expect_err("refuses");
    assert!(error.to_string().contains("another version of courant"), "{error}");
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named() {
    let (_folder, _, store) = home().await;
    store.sync_sources(&[id("a")], Timestamp::UNIX_EPOCH).await.expect("takes the sources");
    sqlx::query("UPDATE states SET state = '{}'").execute(&store.writer).await.expect("spoils it");
    let error = store.status().await.expect_err("cannot be read");
    assert!(matches!(&error, Error::Corrupt { what, .. } if what == "source `a`"), "{error}");
}

#[tokio::test]
async fn readers_cannot_write_and_every_connection_minds_its_references() {
    let (_folder, _, store) = home().await;
    assert!(sqlx::query("DELETE FROM sources").execute(&store.readers).await.is_err());
    for pool in [&store.writer, &store.readers] {
        let pragma = |name: &'static str| async move {
            sql::query(format!("PRAGMA {name}")).fetch_one(pool).await.expect("answers").get::<i64, _>(0)
        };
        // 2 is FULL: a commit is on disk when it returns.
        assert_eq!((pragma("foreign_keys").await, pragma("synchronous").await), (1, 2));
    }
}

/// The steps of a statement as SQLite plans them.
async fn plan(store: &Sqlite, text: String) -> String {
    let rows = sql::query(format!("EXPLAIN QUERY PLAN {text}")).fetch_all(&store.readers).await.expect("plans");
    rows.iter().map(|row| row.get::<String, _>(3)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn hot_questions_are_answered_from_their_indexes_without_sorting() {
    let (_folder, _, store) = home().await;
    let rows = [
        (select::walk(None), "articles_announced"),
        (select::walk(Some(&[1, 2, 3].into())), "articles_announced"),
        (select::each(&[1]), "articles_of_source"),
        (claims::free("s.due_at <= $1"), "sources_due"),
        ("SELECT dated FROM articles WHERE source = 1 ORDER BY dated DESC LIMIT 1".to_owned(), "articles_dated"),
    ];
    for (text, index) in rows {
        let plan = plan(&store, text.clone()).await;
        assert!(plan.contains(&format!("INDEX {index} ")), "{text}\n{plan}");
        assert!(index == "sources_due" || plan.contains(&format!("COVERING INDEX {index} ")), "{text}\n{plan}");
        assert!(index == "articles_of_source" || !plan.contains("TEMP B-TREE FOR ORDER"), "{text}\n{plan}");
    }
}

fn newcomer(key: &str) -> (NewArticle, Article) {
    let article = Article {
        id: ArticleId::derive(&id("a"), key, 0),
        source: id("a"),
        guid: key.to_owned(),
        published_id: format!("https://a.example/{key}"),
        first_seen: Timestamp::UNIX_EPOCH,
        announced_at: None,
        withdrawn_at: None,
        revision: 1,
        said: Digest::of(key.as_bytes()),
        content: Content::new(format!("https://a.example/{key}").parse().expect("an address")),
    };
    (NewArticle { article: article.clone(), aliases: vec![Alias::Guid(key.to_owned())] }, article)
}

fn kept(key: &str, body: &'static [u8]) -> KeptPage {
    let url: url::Url = "https://a.example/x".parse().expect("an address");
    let document = Document { url: None, content_type: None, body: bytes::Bytes::from_static(body) };
    let parts = vec![KeptPart::of(&document, &url, Timestamp::UNIX_EPOCH)];
    let said = Digest::of(b"x");
    KeptPage {
        key: key.to_owned(),
        entry: Entry::default(),
        said,
        base: None,
        language: None,
        authors: Vec::new(),
        url,
        parts,
    }
}

fn keeping(claim: Claim, pages: Vec<KeptPage>) -> Refresh {
    let kept = Kept { pages, room_bytes: 1_000_000 };
    Refresh { claim, changes: Changes { kept, ..Changes::state_only(SourceState::default()) } }
}

#[tokio::test]
async fn equal_bodies_are_held_once_and_go_with_the_last_page() {
    let (_folder, _, store) = home().await;
    store.sync_sources(&[id("a")], Timestamp::UNIX_EPOCH).await.expect("takes the sources");
    let bodies = || async {
        sqlx::query("SELECT COUNT(*) FROM bodies").fetch_one(&store.readers).await.expect("counts").get::<i64, _>(0)
    };
    let claim = claims(&store).await.remove(0);
    let mut refresh = keeping(claim, vec![kept("guid:x", b"<p>same</p>"), kept("guid:y", b"<p>same</p>")]);
    refresh.changes.new = vec![newcomer("x").0, newcomer("y").0];
    store.finish(&[refresh]).await.expect("writes");
    assert_eq!(bodies().await, 1);
    for (pages, left) in [(vec![kept("guid:x", b"<p>other</p>")], 2), (vec![kept("guid:y", b"<p>other</p>")], 1)] {
        let claim = claims(&store).await.remove(0);
        store.finish(&[keeping(claim, pages)]).await.expect("writes");
        assert_eq!(bodies().await, left);
    }
}

#[tokio::test]
async fn closing_folds_the_log_into_the_file() {
    let (_folder, path, store) = home().await;
    store.sync_sources(&[id("a")], Timestamp::UNIX_EPOCH).await.expect("takes the sources");
    let claim = claims(&store).await.remove(0);
    assert!(matches!(claim.work, Work::Source { .. }));
    store.close().await;
    let log = Path::new(&path).with_extension("db-wal");
    assert!(!log.exists(), "{}", log.display());
}
