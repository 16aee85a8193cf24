//! Stores of every version there was, as that version wrote them, opened by this one.
//!
//! The rows are written by the SQL of then, not by the code of now. A new migration adds a row to `VERSIONS`, and what that
//! version could hold to [`fill`].

use std::fs;
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use super::*;
use crate::model::{Alias, Content, Digest, Document};
use crate::plan::KeptPart;
use crate::store::{Due, Held, Lookup, Work};

const VERSIONS: [i64; 8] = [1, 2, 3, 4, 5, 6, 8, 9];

fn id(text: &str) -> SourceId {
    text.parse().expect("a source id")
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).expect("a moment")
}

/// The article that every store here holds.
fn article() -> Article {
    let source = id("a");
    Article {
        id: ArticleId::derive(&source, "guid:x", 0),
        source,
        guid: "x".to_owned(),
        published_id: "https://a.example/x".to_owned(),
        first_seen: moment(0),
        announced_at: Some(moment(1)),
        withdrawn_at: None,
        revision: 2,
        said: Digest::of(b"said"),
        content: Content {
            title: Some("The bridge".to_owned()),
            lead: Some("It is open.".to_owned()),
            body: "<p>“Grün” &amp; 工場</p>".to_owned(),
            text: "“Grün” & 工場".to_owned(),
            published: Some(moment(-60)),
            language: Some("en".to_owned()),
            ..Content::new("https://a.example/x".parse().expect("an address"))
        },
    }
}

/// A file with the tables of a version, closed as that version closed it.
async fn begin(path: &Path, version: i64) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let options = options.journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let pool = SqlitePool::connect_with(options.clone()).await.expect("makes a file");
    connect::MIGRATIONS.run_to(version, &pool).await.expect("makes the tables of then");
    pool.close().await;
    options.connect().await.expect("opens")
}

/// Rows as the version wrote them.
async fn fill(connection: &mut SqliteConnection, version: i64) {
    let held = article();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (article, said) = (hex(held.id.as_bytes()), hex(held.said.as_bytes()));
    let name = hex(Digest::of(b"guid:x").as_bytes());
    let at = |seconds: i64| moment(seconds).as_microsecond();
    let before = serde_json::to_string(&Content { title: Some("A bridge".to_owned()), ..held.content.clone() });
    let state = serde_json::to_string(&crate::plan::SourceState { next_due: Some(moment(90)), ..Default::default() });
    let (before, state) = (before.expect("JSON"), state.expect("JSON"));
    let mut rows = if version < 9 {
        vec![format!("INSERT INTO sources (id, due_at, articles, state) VALUES ('a', {}, 1, '{state}')", at(90))]
    } else {
        let state = serde_json::to_string(&crate::plan::SourceState { next_due: None, ..Default::default() });
        vec![
            format!(
                "INSERT INTO sources (id, due_at, articles, next_due, why) VALUES ('a', {0}, 1, {0}, 'so')",
                at(90)
            ),
            format!("INSERT INTO states VALUES (1, '{}')", state.expect("JSON")),
        ]
    };
    rows.extend([
        format!(
            "INSERT INTO documents (source, url, etag, fetched_at) VALUES (1, 'https://a.example/feed', '\"7\"', {})",
            at(2)
        ),
        format!(
            "INSERT INTO articles (id, source, guid, published_id, first_seen, announced_at, revision, said, dated, \
             published, link, title, details, body, text) VALUES (x'{article}', 1, 'x', 'https://a.example/x', {}, {}, 2, \
             x'{said}', {}, {}, 'https://a.example/x', 'The bridge', '{{\"lead\":\"It is open.\",\"language\":\"en\"}}', \
             '<p>“Grün” &amp; 工場</p>', '“Grün” & 工場')",
            at(0),
            at(1),
            at(-60),
            at(-60)
        ),
        format!("INSERT INTO aliases VALUES (1, x'{name}', x'{article}', 'guid:x')"),
        format!("INSERT INTO revisions VALUES (x'{article}', 1, {}, 'refresh', '[\"title\"]', '{before}')", at(3)),
        format!("INSERT INTO hosts VALUES ('a.example', {}, 'User-agent: *', {})", at(4), at(5)),
        "UPDATE counters SET value = 41 WHERE name = 'lease'".to_owned(),
    ]);
    if version >= 2 {
        let body = hex(Digest::of(b"<p>x</p>").as_bytes());
        let document = Document { url: None, content_type: None, body: bytes::Bytes::from_static(b"<p>x</p>") };
        let packed = hex(&KeptPart::of(&document, &held.content.link, moment(6)).body.bytes);
        rows.extend([
            format!("INSERT INTO bodies VALUES (x'{body}', 8, x'{packed}')"),
            format!(
                "INSERT INTO pages (article, source, fetched_at, size, key, url, authors, entry, said) VALUES \
                 (x'{article}', 1, {}, 12, 'guid:x', 'https://a.example/x', '[]', '{}', x'{said}')",
                at(6),
                serde_json::to_string(&crate::model::Entry::default()).expect("JSON")
            ),
            format!(
                "INSERT INTO page_parts (article, part, url, content_type, fetched_at, body) VALUES (x'{article}', 0, 'https://a.example/x', 'text/html', {}, x'{body}')",
                at(6)
            ),
        ]);
    }
    if version >= 3 {
        let dropped = hex(ArticleId::derive(&id("a"), "guid:y", 0).as_bytes());
        let name = hex(Digest::of(b"guid:y").as_bytes());
        rows.extend([
            format!(
                "INSERT INTO articles (id, source, guid, published_id, first_seen, revision, said, dated, link, details, \
                 body, text, dropped_at) VALUES (x'{dropped}', 1, '', 'https://a.example/y', {}, 1, x'{said}', {}, '', \
                 '{{}}', '', '', {})",
                at(0),
                at(-90),
                at(7)
            ),
            format!("INSERT INTO aliases VALUES (1, x'{name}', x'{dropped}', 'guid:y')"),
        ]);
    }
    for row in rows {
        sql::query(row.clone()).execute(&mut *connection).await.unwrap_or_else(|error| panic!("{row}: {error}"));
    }
}

/// Everything the rows said, asked through the store.
async fn check(store: &Sqlite, version: i64) {
    let held = article();
    assert_eq!(store.article(held.id).await.expect("reads"), Some(held.clone()), "version {version}");
    let revisions = store.revisions(held.id).await.expect("reads");
    assert_eq!(revisions.len(), 1);
    assert_eq!((revisions[0].before.title.as_deref(), revisions[0].replaced_at), (Some("A bridge"), moment(3)));
    let selection = Selection { limit: 9, ..Selection::default() };
    assert_eq!(store.articles(&selection).await.expect("selects"), std::slice::from_ref(&held));
    let lookup = |key: &str| Lookup { aliases: vec![Alias::Guid(key.to_owned())], said: Digest::of(b"said") };
    let known = store.known(&id("a"), &[lookup("x"), lookup("y")]).await.expect("answers");
    let dropped = ArticleId::derive(&id("a"), "guid:y", 0);
    let second = if version >= 3 { Held::Same(dropped) } else { Held::Unknown };
    assert_eq!((known.entries, known.articles), (vec![Held::Same(held.id), second], 1));
    assert_eq!(known.newest, Some(moment(-60)));
    let host = store.host("a.example").await.expect("reads").expect("held");
    assert_eq!((host.next_slot, host.robots.as_deref()), (Some(moment(4)), Some("User-agent: *")));
    let page = store.kept_page(held.id).await.expect("reads");
    let body = page.map(|page| page.parts[0].document().expect("unpacks").body);
    assert_eq!(body.as_deref(), (version >= 2).then_some(&b"<p>x</p>"[..]));
    let status = store.status().await.expect("lists");
    assert_eq!((status.len(), status[0].articles, status[0].state.next_due), (1, 1, Some(moment(90))));
    let request =
        ClaimRequest { now: moment(100), lease: std::time::Duration::from_mins(5), limit: 9, due: Due::ByTime };
    let claims = store.claim_due(&request).await.expect("claims");
    assert_eq!(claims[0].lease, 42, "lease numbers go on");
    let Work::Source { documents, .. } = &claims[0].work else { panic!("a source is due") };
    assert_eq!((documents.len(), documents[0].validators.etag.as_deref()), (1, Some("\"7\"")));
    store.release(&claims).await.expect("gives back");
}

#[tokio::test]
async fn a_store_of_each_version_is_brought_up_to_date_with_everything_in_it() {
    let newest = connect::MIGRATIONS.iter().map(|migration| migration.version).max();
    assert_eq!(VERSIONS.last().copied(), newest, "a new version needs a row here");
    for version in VERSIONS {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("courant.db");
        let mut connection = begin(&path, version).await;
        fill(&mut connection, version).await;
        connection.close().await.expect("closes");
        let before = file::inspect(&path, moment(100)).await.expect("reads");
        assert_eq!((before.version, before.articles, before.troubles), (version, 1, Vec::new()));

        let store = Sqlite::open(&path).await.expect("brings it up to date");
        check(&store, version).await;
        store.close().await;
        let after = file::inspect(&path, moment(100)).await.expect("reads");
        assert_eq!((Some(after.version), after.troubles), (newest, Vec::new()));
    }
}

#[tokio::test]
async fn a_lease_outlives_a_change_of_tables() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("courant.db");
    let mut connection = begin(&path, 8).await;
    fill(&mut connection, 8).await;
    let until = moment(500).as_microsecond();
    let text = format!("UPDATE sources SET lease = 40, lease_until = {until}");
    sql::query(text).execute(&mut connection).await.expect("leases");
    connection.close().await.expect("closes");
    let store = Sqlite::open(&path).await.expect("brings it up to date");
    assert_eq!(store.next_due().await.expect("answers"), Some(moment(500)));
    let request = |now| ClaimRequest { now, lease: std::time::Duration::from_mins(5), limit: 9, due: Due::ByTime };
    assert!(store.claim_due(&request(moment(499))).await.expect("claims").is_empty());
    assert_eq!(store.claim_due(&request(moment(500))).await.expect("claims").len(), 1);
    store.close().await;
}

#[tokio::test]
async fn a_change_of_tables_that_is_cut_short_leaves_the_old_ones() {
    for version in [1, 2] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("courant.db");
        let mut connection = begin(&path, version).await;
        fill(&mut connection, version).await;
        // As a process leaves the files that is killed within the change.
        for text in ["PRAGMA cache_size = 1", "BEGIN IMMEDIATE"] {
            sql::query(text.to_owned()).execute(&mut connection).await.expect("begins");
        }
        for migration in connect::MIGRATIONS.iter().filter(|migration| migration.version > version) {
            sqlx::raw_sql(migration.sql.clone()).execute(&mut connection).await.expect("changes");
        }
        let left = tempfile::tempdir().expect("a folder");
        for file in ["courant.db", "courant.db-wal"] {
            fs::copy(folder.path().join(file), left.path().join(file)).expect("copies");
        }
        drop(connection);
        let path = left.path().join("courant.db");
        assert_eq!(file::inspect(&path, moment(100)).await.expect("reads").version, version);
        let store = Sqlite::open(&path).await.expect("brings it up to date");
        check(&store, version).await;
        store.close().await;
    }
}

#[tokio::test]
async fn a_change_of_tables_that_fails_half_way_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("courant.db");
    let mut connection = begin(&path, 1).await;
    fill(&mut connection, 1).await;
    // The second change goes through, the third stumbles over this.
    sql::query("ALTER TABLE articles ADD COLUMN size INTEGER".to_owned())
        .execute(&mut connection)
        .await
        .expect("traps");
    connection.close().await.expect("closes");
    Sqlite::open(&path).await.expect_err("it stumbles");
    let mut connection = connect::single(&path).await.expect("opens");
    let tables = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'pages'";
    let row = sql::query(tables.to_owned()).fetch_one(&mut connection).await.expect("counts");
    assert_eq!(row.get::<i64, _>(0), 0, "what went through is taken back");
    connection.close().await.expect("closes");
    assert_eq!(file::inspect(&path, moment(100)).await.expect("reads").version, 1);
}
