//! The first minutes: `init`, `check`, the demo.

use std::collections::BTreeSet;

use crate::support::{Ended, House, assert_says, leave_out};

#[test]
fn init_makes_a_folder_that_check_finds_right() {
    let house = House::empty();
    house.courant(&["init"]).expect(0);
    let checked = house.courant(&["check"]).expect(0);
    assert_says(&checked.out, &["ok", "courant.toml", "0 sources", "1 feed"]);
    assert_eq!(
        house.courant(&["check", "--json"]).expect(0).json(),
        serde_json::json!({ "ok": true, "problems": [], "notes": [] })
    );
    let text = house.read("courant.toml");
    let again = house.courant(&["init"]).expect(2);
    assert_says(&again.err, &["courant.toml", "there already"]);
    assert_eq!(house.read("courant.toml"), text);
    house.courant(&["once"]).expect(0);
    assert!(house.path("public/all.rss").exists(), "a house without sources publishes empty feeds");
}

#[test]
fn every_key_that_init_comments_out_is_a_key() {
    let house = House::empty();
    house.courant(&["init", "."]).expect(0);
    let is_key = |line: &str| {
        let key = line.split(" = ").next().unwrap_or_default();
        line.contains(" = ") && !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    };
    let mut shown = 0;
    let text = house.read("courant.toml");
    let lines = text.lines().map(|line| {
        let Some(rest) = line.strip_prefix("# ") else { return line.to_owned() };
        if is_key(rest) || rest.starts_with("[[") {
            shown += 1;
            return rest.replace('…', "secret");
        }
        line.to_owned()
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    assert!(shown > 10, "only {shown} keys were found:\n{text}");
    house.write("courant.toml", text);
    std::fs::rename(house.path("sites/example.toml.off"), house.path("sites/un-news-pages.toml")).expect("it is there");
    house.write(
        "sites/un-news-pages.toml",
        house.read("sites/un-news-pages.toml").replace("id = \"press-office\"", "id = \"un-news-pages\""),
    );
    for secret in ["secrets/un-key", "secrets/un-session", "secrets/un-password"] {
        house.write(secret, "hush");
    }
    let (authority, ours) =
        (include_str!("../../src/fetch/tests/tls/root.pem"), include_str!("../../src/fetch/tests/tls/client.pem"));
    for (file, pem) in [("national.pem", authority), ("ours.pem", ours), ("ours.key", ours)] {
        house.write(&format!("certificates/{file}"), pem);
    }
    let checked = house.courant(&["check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.out);
    assert_says(&checked.out, &["2 sources"]);
}

#[test]
fn wrong_usage_leaves_with_2_and_says_how() {
    let house = House::empty();
    for arguments in [&["onze"][..], &["once", "--noww"], &["pause"], &[]] {
        let ended = house.courant(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        assert_says(&ended.err, &["Usage"]);
    }
    house.courant(&["--help"]).expect(0);
    house.courant(&["--version"]).expect(0);
}

/// An entry as a reader of another make sees it: id, title, moment.
type Shown = (String, Option<String>, Option<i64>);

fn read_back(house: &House, feed: &str, extension: &str) -> Vec<Shown> {
    let bytes = house.read(&format!("world/public/{feed}.{extension}"));
    let read = feed_rs::parser::parse(bytes.as_bytes()).unwrap_or_else(|error| panic!("{feed}.{extension}: {error}"));
    let shown = |entry: feed_rs::model::Entry| {
        (entry.id, entry.title.map(|title| title.content), entry.published.map(|moment| moment.timestamp()))
    };
    read.entries.into_iter().map(shown).collect()
}

/// Runs the demo; gives where its sample world answered.
fn demo(house: &House) -> (Ended, String) {
    let ended = house.courant(&["demo", "--once", "--out", "world"]).expect(0);
    let world =
        ended.out.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address").to_owned();
    (ended, world)
}

#[test]
fn the_demo_publishes_feeds_that_agree_in_every_format() {
    let house = House::empty();
    demo(&house);
    for (feed, least) in [("official", 10), ("english", 8), ("all", 12)] {
        let rss = read_back(&house, feed, "rss");
        assert!(rss.len() >= least, "{feed} has {} entries", rss.len());
        let ids: BTreeSet<&str> = rss.iter().map(|(id, ..)| id.as_str()).collect();
        assert_eq!(ids.len(), rss.len(), "{feed} has an id twice");
        assert_eq!(rss, read_back(&house, feed, "json"), "{feed}: RSS and JSON Feed");
        let atom = read_back(&house, feed, "atom");
        assert_eq!(rss.len(), atom.len(), "{feed}");
        for (rss, atom) in rss.iter().zip(&atom) {
            assert_eq!((&rss.0, rss.2), (&atom.0, atom.2), "{feed}: RSS and Atom");
            // Atom must have a title where the others leave it out.
            assert!(rss.1.is_none() || rss.1 == atom.1, "{feed}: {rss:?} {atom:?}");
        }
    }
}

#[test]
fn the_demo_run_again_in_its_folder_adds_nothing() {
    for _ in 0..5 {
        let house = House::empty();
        let (_, first) = demo(&house);
        let before = read_back(&house, "all", "atom");
        let (again, second) = demo(&house);
        if first != second {
            // Somebody else took the usual port in between: another address is another site.
            continue;
        }
        let ids = |entries: &[Shown]| entries.iter().map(|(id, ..)| id.clone()).collect::<BTreeSet<_>>();
        let after = read_back(&house, "all", "atom");
        assert_eq!(ids(&before), ids(&after), "{}", again.out);
        assert!(
            !again.out.lines().any(|line| line.contains(" new") && !line.contains(" 0 new") && line.starts_with("200")),
            "{}",
            again.out
        );
        return;
    }
    leave_out("the demo run again (its port is taken)");
}
