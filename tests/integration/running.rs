//! The program as a service: one at a time, ended and reloaded by signals, watched from outside.

use std::net::SocketAddr;
use std::time::Instant;

use crate::support::documents::{rss, stories, title};
use crate::support::{Answer, House, Reply, Running, World, ask, assert_says, free_address, until};

/// A daemon with its two addresses.
struct Daemon {
    running: Running,
    public: SocketAddr,
    admin: SocketAddr,
}

impl Daemon {
    fn start(house: &mut House) -> Self {
        let (public, admin) = (free_address(), free_address());
        house.set("COURANT_LISTEN", &public);
        house.set("COURANT_ADMIN_LISTEN", &admin);
        let daemon = Self { running: house.start(&["run"]), public, admin };
        until("readiness", || (daemon.admin("/readyz")?.status == 200).then_some(()));
        daemon
    }

    fn admin(&self, path: &str) -> Option<Reply> {
        ask(self.admin, "GET", path, &[]).ok()
    }

    fn public(&self, path: &str) -> Option<Reply> {
        ask(self.public, "GET", path, &[]).ok()
    }
}

fn gazette(world: &World) -> House {
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=2))));
    House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))])
}

#[test]
fn a_second_run_leaves_with_75_at_once_while_the_first_is_at_work() {
    let world = World::start();
    let house = gazette(&world);
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=2))).hanging());
    let mut first = house.start(&["once"]);
    world.wait_for("/feed.rss");
    let began = Instant::now();
    for command in ["once", "run"] {
        let second = house.courant(&[command]).expect(75);
        assert_says(&second.err, &["another run holds", "courant.db.lock"]);
    }
    assert!(began.elapsed().as_secs() < 5, "it waited");
    house.courant(&["status"]).expect(0);
    house.courant(&["check"]).expect(0);
    assert_eq!(world.count("/feed.rss"), 1);

    world.let_go();
    assert_eq!(first.end(), Some(0), "{}", first.log());
    assert_eq!(house.titles("all").len(), 2);
    house.courant(&["once"]).expect(0);
}

#[test]
fn a_lock_left_by_a_killed_run_holds_nobody_up() {
    let world = World::start();
    let house = gazette(&world);
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=2))).hanging());
    let first = house.start(&["once"]);
    world.wait_for("/feed.rss");
    drop(first);
    world.let_go();
    house.courant(&["once"]).expect(0);
    assert_eq!(house.titles("all").len(), 2, "what was cut short is done by the next run, lease or not");
}

#[test]
fn a_daemon_told_to_end_finishes_what_is_under_way() {
    let world = World::start();
    let house = gazette(&world);
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=2))).hanging());
    let mut running = house.start(&["run"]);
    world.wait_for("/feed.rss");
    running.signal("TERM");
    running.wait_for("finishing what is under way");
    world.let_go();
    assert_eq!(running.end(), Some(0), "{}", running.log());
    assert_eq!(house.titles("all"), [title("gazette", 2), title("gazette", 1)], "{}", running.log());
    assert_eq!(house.status("gazette")["health"], "ok");
}

#[test]
fn a_run_told_to_end_still_writes_the_feeds() {
    let world = World::start();
    let house = gazette(&world);
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=2))).hanging());
    let mut running = house.start(&["once"]);
    world.wait_for("/feed.rss");
    running.signal("INT");
    world.let_go();
    assert_eq!(running.end(), Some(0), "{}", running.log());
    assert_eq!(house.titles("all").len(), 2);
}

#[test]
fn reloading_takes_good_settings_and_keeps_the_old_ones_over_bad() {
    let world = World::start();
    let mut house = gazette(&world);
    let daemon = Daemon::start(&mut house);
    until("the first feed", || daemon.public("/feeds/all.json")?.text().contains(&title("gazette", 2)).then_some(()));
    let good = house.read("courant.toml");

    house.write("courant.toml", good.replace("[[feed]]", "[[feed]]\ntitel = \"x\""));
    daemon.running.signal("HUP");
    daemon.running.wait_for("the settings are not reloaded");
    assert_says(&daemon.running.log(), &["courant.toml:", "unknown key `titel`", "did you mean `title`?"]);
    assert_eq!(daemon.public("/feeds/all.json").expect("it goes on").status, 200);

    world.put("/second.rss", Answer::feed(rss(&stories("second", 5..=5))));
    let more = format!(
        "{good}[[source]]\nid = \"second\"\nurl = \"{}/second.rss\"\n[[feed]]\nid = \"more\"\ntitle = \"More\"\nsources = [\"second\"]\n",
        world.origin()
    );
    house.write("courant.toml", more);
    daemon.running.signal("HUP");
    until("the new feed", || daemon.public("/feeds/more.json")?.text().contains(&title("second", 5)).then_some(()));
    assert_eq!(world.count("/feed.rss"), 1, "new settings are no reason to ask everybody again");
    house.courant(&["once"]).expect(75);

    house.write("courant.toml", &good);
    daemon.running.signal("HUP");
    until("the end of the feed", || (daemon.public("/feeds/more.json")?.status == 404).then_some(()));
    assert_eq!(daemon.public("/feeds/all.json").expect("it goes on").status, 200);
}

#[test]
fn signals_that_come_while_it_starts_are_obeyed_when_it_has() {
    let world = World::start();
    let house = gazette(&world);
    for _ in 0..5 {
        let mut running = house.start(&["--log", "debug", "run"]);
        until("the first line", || (!running.log().is_empty()).then_some(()));
        running.signal("HUP");
        running.wait_for("new settings");
        running.signal("TERM");
        assert_eq!(running.end(), Some(0), "{}", running.log());
    }
}

#[test]
fn health_follows_the_daemon() {
    let world = World::start();
    let mut house = gazette(&world);
    house.set("COURANT_ADMIN_LISTEN", &free_address());
    let before = house.courant(&["health"]).expect(1);
    assert_says(&before.err, &["nobody listens at 127.0.0.1"]);
    let mut daemon = Daemon::start(&mut house);
    house.courant(&["health"]).expect(0);
    daemon.running.signal("TERM");
    assert_eq!(daemon.running.end(), Some(0));
    house.courant(&["health"]).expect(1);
}

#[test]
fn operators_see_every_source_on_an_address_of_their_own() {
    let world = World::start();
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=2))));
    let mut house = House::reading(&[
        ("gazette", format!("{}/feed.rss", world.origin())),
        ("missing", format!("{}/missing.rss", world.origin())),
    ]);
    let daemon = Daemon::start(&mut house);
    until("both sources", || {
        let status: serde_json::Value = serde_json::from_slice(&daemon.admin("/status")?.body).ok()?;
        let rows = status["sources"].as_array()?.clone();
        let health: Vec<&str> = rows.iter().filter_map(|row| row["health"].as_str()).collect();
        (health == ["ok", "failing"]).then_some(())
    });
    assert_eq!(daemon.admin("/healthz").expect("an answer").status, 200);
    let metrics = daemon.admin("/metrics").expect("an answer");
    assert_says(metrics.header("Content-Type").unwrap_or_default(), &["text/plain"]);
    let lines = [
        "courant_source_up{source=\"gazette\"} 1",
        "courant_source_up{source=\"missing\"} 0",
        "courant_source_failures{source=\"missing\"} 1",
        "courant_source_articles{source=\"gazette\"} 2",
        "courant_requests_total{source=\"gazette\"} 1",
        "courant_refreshes_total{source=\"missing\",outcome=\"failed\"} 1",
    ];
    assert_says(&metrics.text(), &lines);

    for path in ["/status", "/metrics", "/healthz", "/readyz"] {
        for place in [path.to_owned(), format!("/feeds{path}")] {
            assert_eq!(daemon.public(&place).expect("an answer").status, 404, "{place} is not for subscribers");
        }
    }
    assert_eq!(daemon.admin("/feeds/all.rss").expect("an answer").status, 404, "nor are feeds for operators");
}

#[test]
fn an_address_that_is_taken_is_told_with_its_key() {
    let world = World::start();
    let mut house = gazette(&world);
    let taken = world.origin().trim_start_matches("http://").to_owned();
    house.set("COURANT_LISTEN", &taken);
    let ended = house.courant(&["run"]);
    assert_ne!(ended.code, Some(0));
    assert_says(&ended.err, &[&format!("cannot listen at {taken}"), "`listen`"]);
}
