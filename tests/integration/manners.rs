//! How servers are asked: as seldom as they wish, never twice for the same bytes, under one honest name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use courant::pipeline::Outcome;
use jiff::ToSpan;

use crate::support::documents::{article, listing, rss, site, stories, title};
use crate::support::{Answer, House, Press, SteppedClock, World, assert_says};

/// A weak validator with odd characters, and a date in the old form: both to be sent back byte for byte.
const ETAG: &str = "W/\"a,b  c\"";
const LAST_MODIFIED: &str = "Sunday, 01-Mar-26 12:00:00 GMT";

/// A feed and a listing page; with `validators` or without.
fn house(world: &World, validators: bool) -> House {
    let marked = |answer: Answer| if validators { answer.header("ETag", ETAG) } else { answer };
    let feed = marked(Answer::feed(rss(&stories("gazette", 1..=2))));
    world.put("/feed.rss", if validators { feed.header("Last-Modified", LAST_MODIFIED) } else { feed });
    world.put("/office/", marked(Answer::page(listing(&[("/a/1", "Bridge opened", "It is open.")]))));
    world.put("/a/1", Answer::page(article("Bridge opened", "05.02.2026 10:00:00", &["The bridge was opened today."])));
    let house = House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))]);
    house.write("sites/office.toml", site("office", &world.origin()));
    house
}

/// Every file below a folder with its time and bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, (SystemTime, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()) {
        if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            let changed = fs::metadata(&entry).and_then(|metadata| metadata.modified()).expect("known");
            found.insert(entry.clone(), (changed, fs::read(&entry).expect("readable")));
        }
    }
    found
}

#[test]
fn asked_again_everything_is_conditional_and_a_304_touches_nothing() {
    let world = World::start();
    let house = house(&world, true);
    house.courant(&["once"]).expect(0);
    assert_eq!(world.paths(), ["/a/1", "/feed.rss", "/office/", "/robots.txt"]);
    let before = files(&house.path("public"));
    assert!(before.len() >= 6, "{:?}", before.keys());

    world.forget();
    let again = house.courant(&["once", "--now", "--json"]).expect(0).json();
    assert_eq!(world.paths(), ["/feed.rss", "/office/"], "article pages are not asked again");
    assert_eq!(world.not_modified(), 2);
    assert_eq!((&again["requests"], &again["not_modified"]), (&2.into(), &2.into()), "{again}");
    for asked in world.asked() {
        assert_eq!(asked.header("If-None-Match"), Some(ETAG), "{asked:?}");
        let date = (asked.path == "/feed.rss").then_some(LAST_MODIFIED);
        assert_eq!(asked.header("If-Modified-Since"), date, "{asked:?}");
    }
    assert_eq!(again["written"], serde_json::json!([]));
    assert_eq!(files(&house.path("public")), before, "bytes and times of files stay");
    assert_eq!(house.status("gazette")["health"], "ok");
}

#[test]
fn the_same_bytes_without_validators_change_nothing_either() {
    let world = World::start();
    let house = house(&world, false);
    house.courant(&["once"]).expect(0);
    let before = files(&house.path("public"));
    world.forget();
    let again = house.courant(&["once", "--now", "--json"]).expect(0).json();
    assert_eq!(world.paths(), ["/feed.rss", "/office/"], "article pages are not asked again");
    assert_eq!((&again["announced"], &again["edited"]), (&0.into(), &0.into()), "{again}");
    assert_eq!(files(&house.path("public")), before);
}

#[test]
fn validators_of_an_answer_that_could_not_be_read_are_not_kept() {
    let world = World::start();
    let house = House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))]);
    world.put("/feed.rss", Answer::feed("<html>Down for repairs</html>").header("ETag", "\"repairs\""));
    house.courant(&["once"]).expect(3);
    world.forget();
    house.courant(&["once", "--now"]).expect(3);
    assert_eq!(world.asked()[0].header("If-None-Match"), None, "a 304 would hide the failure for ever");
}

#[test]
fn run_again_at_once_nobody_is_asked() {
    let world = World::start();
    let house = house(&world, true);
    house.courant(&["once"]).expect(0);
    world.forget();
    let again = house.courant(&["once"]).expect(0);
    assert_eq!(world.paths(), [""; 0]);
    assert_says(&again.out, &["0 sources"]);
}

#[test]
fn a_restarted_daemon_asks_what_is_new_and_leaves_alone_what_is_not_due() {
    let world = World::start();
    world.put("/old.rss", Answer::feed(rss(&stories("old", 1..=1))));
    world.put("/new.rss", Answer::feed(rss(&stories("new", 1..=1))));
    let house = House::reading(&[("old", format!("{}/old.rss", world.origin()))]);
    house.courant(&["once"]).expect(0);
    world.forget();
    let added = format!("[[source]]\nid = \"new\"\nurl = \"{}/new.rss\"\n", world.origin());
    house.write("courant.toml", house.read("courant.toml") + &added);
    let mut running = house.start(&["run"]);
    running.wait_for("source `new`: 1 entries");
    running.signal("TERM");
    assert_eq!(running.end(), Some(0), "{}", running.log());
    assert_eq!(world.paths(), ["/new.rss"]);
    assert_eq!(house.titles("all").len(), 2);
}

#[test]
fn retry_after_holds_against_now() {
    let (world, other) = (World::start(), World::start());
    other.put("/other.rss", Answer::feed(rss(&stories("other", 1..=1))));
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=1))));
    let house = House::reading(&[
        ("gazette", format!("{}/feed.rss", world.origin())),
        ("neighbour", format!("{}/feed.rss", world.origin())),
        ("other", format!("{}/other.rss", other.origin())),
    ]);
    house.courant(&["once"]).expect(0);
    world.forget();
    world.put("/feed.rss", Answer::status(503).header("Retry-After", "7200"));
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(world.count("/feed.rss"), 1, "the neighbour on the resting host is left alone in the same round");
    let mut stand = ["gazette", "neighbour"].map(|id| house.status(id));
    stand.sort_by_key(|status| status["health"].to_string());
    let [failing, resting] = stand;
    assert_eq!((&failing["health"], &resting["health"]), (&"failing".into(), &"ok".into()), "a rest is no failure");
    assert_says(failing["why"].as_str().unwrap_or_default(), &["2 h", "Retry-After"]);
    world.forget();
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(world.paths(), [""; 0]);
    assert_eq!(other.count("/other.rss"), 3, "other hosts are asked as ever");
}

#[tokio::test]
async fn retry_after_is_over_when_its_time_has_passed() {
    let world = World::start();
    let house = House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))]);
    world.put("/feed.rss", Answer::status(429).header("Retry-After", "3600"));
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    press.all().await;
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=1))));
    for (minutes, asked) in [(30, 1), (29, 1), (2, 2)] {
        clock.step(minutes.minutes());
        press.all().await;
        assert_eq!(world.count("/feed.rss"), asked, "{}", clock.now());
    }
    assert_eq!(house.titles("all"), [title("gazette", 1)]);
    press.close().await;
}

#[test]
fn gone_stops_a_source_until_it_is_resumed() {
    let world = World::start();
    let house = house(&world, false);
    house.courant(&["once"]).expect(0);
    world.put("/feed.rss", Answer::status(410));
    house.courant(&["once", "--now"]).expect(0);
    let status = house.status("gazette");
    assert_eq!((&status["health"], &status["next_due"]), (&"gone".into(), &serde_json::Value::Null), "{status}");
    assert_says(status["message"].as_str().unwrap_or_default(), &["/feed.rss", "410", "courant resume gazette"]);
    assert!(house.titles("all").contains(&title("gazette", 2)), "its articles stay");

    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=3))));
    world.forget();
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(world.count("/feed.rss"), 0);
    house.courant(&["resume", "gazette"]).expect(0);
    house.courant(&["once"]).expect(0);
    assert_eq!(world.count("/feed.rss"), 1);
    assert_eq!(house.status("gazette")["health"], "ok");
    assert_eq!(house.titles("all")[0], title("gazette", 3));
}

#[test]
fn a_paused_source_is_not_asked_until_it_is_resumed() {
    let world = World::start();
    let house = house(&world, false);
    house.courant(&["once"]).expect(0);
    house.courant(&["pause", "gazette"]).expect(0);
    world.forget();
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(world.count("/feed.rss"), 0);
    house.courant(&["resume", "gazette"]).expect(0);
    house.courant(&["once"]).expect(0);
    assert_eq!(world.count("/feed.rss"), 1);
    let unknown = house.courant(&["pause", "gazete"]).expect(2);
    assert_says(&unknown.err, &["`gazete`", "there is no source"]);
}

#[tokio::test]
async fn a_permanent_redirect_is_believed_on_the_third_day() {
    let world = World::start();
    let house = House::reading(&[("gazette", format!("{}/old.rss", world.origin()))]);
    world.put("/old.rss", Answer::moved(301, &format!("{}/new.rss", world.origin())));
    world.put("/new.rss", Answer::feed(rss(&stories("gazette", 1..=1))));
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    for _ in 0..3 {
        world.forget();
        press.all().await;
        assert_eq!(world.paths(), ["/new.rss", "/old.rss"], "{}", clock.now());
        clock.step(24.hours());
    }
    world.forget();
    press.all().await;
    assert_eq!(world.paths(), ["/new.rss"]);
    let status = press.status("gazette").await;
    assert_eq!(status.state.moved_to.as_deref(), Some(format!("{}/new.rss", world.origin()).as_str()));
    assert_eq!(press.articles().await.len(), 1, "the articles are the same");
    press.close().await;
}

#[tokio::test]
async fn a_temporary_redirect_is_never_believed() {
    let world = World::start();
    let house = House::reading(&[("gazette", format!("{}/old.rss", world.origin()))]);
    world.put("/old.rss", Answer::moved(302, &format!("{}/new.rss", world.origin())));
    world.put("/new.rss", Answer::feed(rss(&stories("gazette", 1..=1))));
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    for _ in 0..5 {
        press.all().await;
        clock.step(24.hours());
    }
    assert_eq!(world.count("/old.rss"), 5);
    assert_eq!(press.status("gazette").await.state.moved_to, None);
    press.close().await;
}

#[test]
fn private_addresses_are_refused_unless_their_network_is_allowed() {
    let world = World::start();
    let mut house = house(&world, false);
    house.set("COURANT_FETCH_ALLOW_NETWORKS", "[]");
    let ended = house.courant(&["once"]).expect(3);
    assert_says(&ended.err, &["127.0.0.1", "fetch.allow_networks"]);
    assert_eq!(world.paths(), [""; 0], "nothing reached the server");
}

#[tokio::test]
async fn redirects_to_private_addresses_are_refused() {
    let world = World::start();
    let house = house(&world, false);
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    for (target, address) in [
        ("http://10.1.2.3/feed", "10.1.2.3"),
        ("http://[::1]/", "::1"),
        ("http://169.254.169.254/latest", "169.254.169.254"),
    ] {
        clock.step(1.hours());
        world.put("/feed.rss", Answer::moved(302, target));
        let reports = press.all().await;
        let report = reports.iter().find(|report| report.source.as_str() == "gazette").expect("asked");
        let Outcome::Failed(message) = &report.outcome else { panic!("{report:?}") };
        assert_says(message, &[address, "fetch.allow_networks"]);
    }
    press.close().await;
}

#[test]
fn every_request_bears_one_name_and_nothing_that_tells_on_readers() {
    let world = World::start();
    let house = house(&world, true);
    world.put("/feed.rss", Answer::moved(302, "/there.rss").header("Set-Cookie", "reader=7; Path=/"));
    world.put("/there.rss", Answer::feed(rss(&stories("gazette", 1..=1))).header("Set-Cookie", "reader=7; Path=/"));
    house.courant(&["once"]).expect(0);
    house.courant(&["once", "--now"]).expect(0);
    let asked = world.asked();
    assert_eq!(asked.len(), 8, "{:?}", world.paths());
    for request in asked {
        let agent = request.header("User-Agent").unwrap_or_default();
        assert!(agent.starts_with("Courant/") && agent.ends_with("(+https://news.example.org/about-us)"), "{agent}");
        assert_eq!((request.header("Cookie"), request.header("Referer")), (None, None), "{request:?}");
        assert!(request.header("Accept-Encoding").is_some_and(|codings| codings.contains("gzip")), "{request:?}");
    }
    assert_eq!(world.count("/robots.txt"), 1);
}
