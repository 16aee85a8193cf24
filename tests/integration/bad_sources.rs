//! Sources that go wrong: each is told with what, where and what to do; everything else goes on.

use crate::support::documents::{article, listing, rss, site, stories, story, title};
use crate::support::{Answer, House, World, assert_says};

/// Bytes that are nothing: no text, no picture, no archive.
fn rubbish() -> Vec<u8> {
    (0..4_000_u32).map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).expect("a byte")).collect()
}

#[test]
fn bad_sources_are_told_keep_what_they_gave_and_spoil_no_other() {
    let web_page = "<!DOCTYPE html><html><head><title>Welcome</title>\
        <link rel=\"alternate\" type=\"application/rss+xml\" href=\"/real.rss\"></head><body><p>Hello</p></body></html>";
    let rows: [(&str, Answer, &[&str]); 7] = [
        ("missing", Answer::status(404), &["/missing.rss answers 404", "check the address"]),
        ("trouble", Answer::status(500), &["/trouble.rss answers 500", "the server is in trouble"]),
        ("rubbish", Answer::feed(rubbish()), &["/rubbish.rss", "this is no text"]),
        ("empty", Answer::feed(""), &["/empty.rss", "the document is empty"]),
        ("large", Answer::endless(50_000_000), &["127.0.0.1", "larger than 10 MB", "fetch.max_bytes"]),
        ("page", Answer::page(web_page), &["/page.rss", "“Welcome”", "not a feed", "/real.rss"]),
        ("cut", Answer::broken_off("<rss><channel>"), &["127.0.0.1", "broke off"]),
    ];
    let (world, doomed) = (World::start(), World::start());
    let mut sources: Vec<(&str, String)> =
        rows.iter().map(|(id, ..)| (*id, format!("{}/{id}.rss", world.origin()))).collect();
    sources.push(("good", format!("{}/good.rss", world.origin())));
    sources.push(("unreachable", format!("{}/unreachable.rss", doomed.origin())));
    sources.push(("slow", format!("{}/slow.rss", world.origin())));
    let mut house = House::reading(&sources);
    house.set("COURANT_FETCH_FIRST_BYTE_TIMEOUT", "1s");
    for (id, _) in &sources {
        let path = format!("/{id}.rss");
        world.put(&path, Answer::feed(rss(&stories(id, 1..=2))));
        doomed.put(&path, Answer::feed(rss(&stories(id, 1..=2))));
    }
    let first = house.courant(&["once", "--json"]).expect(0).json();
    assert_eq!((&first["sources"], &first["announced"]), (&10.into(), &20.into()), "{first}");

    for (id, answer, _) in &rows {
        world.put(&format!("/{id}.rss"), answer.clone());
    }
    world.put("/slow.rss", Answer::status(200).hanging());
    world.put("/good.rss", Answer::feed(rss(&stories("good", 1..=3))));
    drop(doomed);
    let second = house.courant(&["once", "--now", "--json"]).expect(0).json();
    let failed = second["failed"].as_array().expect("a list");
    assert_eq!((failed.len(), &second["announced"]), (9, &1.into()), "{second}");
    let mut wanted: Vec<(&str, &[&str])> = rows.iter().map(|(id, _, parts)| (*id, *parts)).collect();
    wanted.push(("unreachable", &["127.0.0.1", "refuses the connection", "the server is down"]));
    wanted.push(("slow", &["127.0.0.1", "did not begin to answer within 1 s"]));
    for (id, parts) in wanted {
        let failure = failed.iter().find(|failure| failure["source"] == id).unwrap_or_else(|| panic!("{id}: {second}"));
        assert_says(failure["message"].as_str().unwrap_or_default(), parts);
        let status = house.status(id);
        assert_eq!((&status["health"], &status["articles"]), (&"failing".into(), &2.into()), "{status}");
        assert_says(status["message"].as_str().unwrap_or_default(), parts);
        assert_eq!(status["failures"], 1, "{status}");
    }
    assert!(world.sent() < 20_000_000, "{} bytes were read of a body that is too large", world.sent());
    let titles = house.titles("all");
    assert_eq!(titles.len(), 21, "{titles:#?}");
    assert_eq!(titles[0], title("good", 3));
    for (id, _) in &sources {
        assert!(titles.contains(&title(id, 1)) && titles.contains(&title(id, 2)), "{id} is not in {titles:#?}");
    }

    // People are told the same on standard error, a line each.
    let third = house.courant(&["once", "--now"]).expect(0);
    assert_eq!(third.err.lines().filter(|line| line.contains("FAILED")).count(), 9, "{}", third.err);
    assert_says(&third.out, &["10 sources, 9 failed, 0 new"]);

    // A source that is well again goes on where it was.
    world.put("/rubbish.rss", Answer::feed(rss(&stories("rubbish", 2..=3))));
    house.courant(&["once", "--now"]).expect(0);
    let status = house.status("rubbish");
    assert_eq!((&status["health"], &status["articles"], &status["failures"]), (&"ok".into(), &3.into(), &0.into()));
    assert_eq!(house.titles("all").len(), 22);
}

#[test]
fn a_feed_cut_in_half_gives_its_complete_entries() {
    let world = World::start();
    let house = House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))]);
    let whole = rss(&stories("gazette", 1..=3));
    let third = whole.rfind("<item>").expect("three items");
    world.put("/feed.rss", Answer::feed(&whole[..third + 40]));
    house.courant(&["once"]).expect(0);
    let titles = house.titles("all");
    assert!(titles.contains(&title("gazette", 3)) && titles.contains(&title("gazette", 2)), "{titles:?}");

    world.put("/feed.rss", Answer::feed(&whole));
    house.courant(&["once", "--now"]).expect(0);
    let titles = house.titles("all");
    assert!(titles.contains(&title("gazette", 1)), "what was cut off comes when it is whole: {titles:?}");
}

#[test]
fn a_page_whose_rules_match_nothing_is_told_and_keeps_its_articles() {
    let world = World::start();
    let house = House::new(crate::support::ALL);
    house.write("sites/office.toml", site("office", &world.origin()));
    world.put("/office/", Answer::page(listing(&[("/a/1", "Bridge opened", "The new bridge is open.")])));
    world.put(
        "/a/1",
        Answer::page(article("Bridge opened", "05.02.2026 10:00:00", &["The bridge over the river was opened today."])),
    );
    house.courant(&["once"]).expect(0);
    assert_eq!(house.titles("all"), ["Bridge opened"]);
    let published = house.read("public/all.rss");

    world.put(
        "/office/",
        Answer::page(listing(&[("/a/1", "Bridge opened", "")]).replace("class=\"news\"", "class=\"card\"")),
    );
    let ended = house.courant(&["once", "--now"]).expect(3);
    assert_says(&ended.err, &["office", "/office/", "no entries", "layout changed", "courant read --listing"]);
    assert_eq!(house.status("office")["health"], "failing");
    assert_eq!(house.read("public/all.rss"), published, "the last good feed stays");
}

#[test]
fn an_article_whose_rules_match_nothing_is_told_by_what_it_lacks() {
    let world = World::start();
    let house = House::new(crate::support::ALL);
    house.write("sites/office.toml", site("office", &world.origin()) + "[health]\nrequire = [\"published\"]\n");
    world.put("/office/", Answer::page(listing(&[("/a/1", "Bridge opened", "The new bridge is open.")])));
    world.put("/a/1", Answer::page(article("Bridge opened", "soon", &["The bridge over the river was opened today."])));
    house.courant(&["once"]).expect(0);
    let status = house.status("office");
    assert_eq!(status["health"], "suspect", "{status}");
    assert_says(status["message"].as_str().unwrap_or_default(), &["1 of 1", "`published`", "health.require"]);
    assert_eq!(house.titles("all"), ["Bridge opened"]);
}

#[test]
fn when_every_source_fails_the_last_output_stays_and_the_exit_code_says_so() {
    let world = World::start();
    let sources = [("one", format!("{}/one.rss", world.origin())), ("two", format!("{}/two.rss", world.origin()))];
    let house = House::reading(&sources);
    for (id, _) in &sources {
        world.put(&format!("/{id}.rss"), Answer::feed(rss(&[story(id, 1)])));
    }
    house.courant(&["once"]).expect(0);
    let published = house.read("public/all.atom");
    for (id, _) in &sources {
        world.put(&format!("/{id}.rss"), Answer::status(503));
    }
    house.courant(&["once", "--now"]).expect(3);
    assert_eq!(house.read("public/all.atom"), published);
}

#[test]
fn strict_leaves_with_1_for_new_failures_only() {
    let world = World::start();
    let sources = [("one", format!("{}/one.rss", world.origin())), ("two", format!("{}/two.rss", world.origin()))];
    let house = House::reading(&sources);
    for (id, _) in &sources {
        world.put(&format!("/{id}.rss"), Answer::feed(rss(&[story(id, 1)])));
    }
    house.courant(&["once", "--strict"]).expect(0);
    world.put("/two.rss", Answer::status(404));
    house.courant(&["once", "--now", "--strict"]).expect(1);
    house.courant(&["once", "--now", "--strict"]).expect(0);
    world.put("/two.rss", Answer::feed(rss(&[story("two", 1)])));
    house.courant(&["once", "--now", "--strict"]).expect(0);
    world.put("/two.rss", Answer::status(404));
    house.courant(&["once", "--now", "--strict"]).expect(1);
}
