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
fn changed_files_are_taken_up_by_themselves() {
    let world = World::start();
    let mut house = gazette(&world);
    let daemon = Daemon::start(&mut house);
    world.put("/second.rss", Answer::feed(rss(&stories("second", 5..=5))));
    // As editors do: a new file beside, then renamed.
    let table = format!("[[source]]\nid = \"second\"\nurl = \"{}/second.rss\"\n", world.origin());
    house.write("sources/.second.toml.swp", &table);
    std::fs::rename(house.path("sources/.second.toml.swp"), house.path("sources/second.toml")).expect("writable");
    until("the new source", || daemon.public("/feeds/all.json")?.text().contains(&title("second", 5)).then_some(()));
    assert_eq!(world.count("/feed.rss"), 1, "new settings are no reason to ask everybody again");

    house.write("sources/second.toml", table.replace("url", "ulr"));
    daemon.running.wait_for("the settings are not reloaded");
    until("the note", || daemon.admin("/readyz")?.text().contains("did you mean `url`?").then_some(()));
    let status: serde_json::Value =
        serde_json::from_slice(&daemon.admin("/status").expect("an answer").body).expect("JSON");
    assert_says(status["settings_problem"].as_str().unwrap_or_default(), &["second.toml:", "`ulr`"]);
    assert_eq!(daemon.admin("/readyz").expect("an answer").status, 200, "it goes on with the old ones");

    house.write("sources/second.toml", "");
    until("the end of the source", || {
        (!daemon.public("/feeds/all.json")?.text().contains(&title("second", 5))).then_some(())
    });
    until("the end of the note", || (daemon.admin("/readyz")?.text() == "ready\n").then_some(()));
    assert!(!daemon.admin("/metrics").expect("an answer").text().contains("_up{source=\"second\"}"), "its gauges stay");
}

#[test]
fn with_watch_off_only_the_signal_counts() {
    let world = World::start();
    let mut house = gazette(&world);
    house.set("COURANT_WATCH", "false");
    let daemon = Daemon::start(&mut house);
    let more = "[[feed]]\nid = \"more\"\ntitle = \"More\"\nsources = [\"gazette\"]\n";
    house.write("courant.toml", house.read("courant.toml") + more);
    // What a watching daemon would have seen twice by now.
    daemon.running.signal("HUP");
    until("the new feed", || (daemon.public("/feeds/more.json")?.status == 200).then_some(()));
    assert!(!daemon.running.log().contains("files have changed"));
}

#[test]
fn a_new_address_that_is_taken_leaves_the_old_one_open() {
    let world = World::start();
    let house = gazette(&world);
    let (public, admin, other) = (free_address(), free_address(), free_address());
    let settings = |listen: &str| {
        house
            .read("courant.toml")
            .lines()
            .filter(|line| !line.contains("listen ="))
            .collect::<Vec<_>>()
            .join("\n")
            .replacen("[fetch]", &format!("listen = \"{listen}\"\nadmin_listen = \"{admin}\"\n[fetch]"), 1)
    };
    house.write("courant.toml", settings(&public.to_string()));
    let running = house.start(&["run"]);
    let daemon = Daemon { running, public, admin };
    until("readiness", || (daemon.admin("/readyz")?.status == 200).then_some(()));

    house.write("courant.toml", settings(world.origin().trim_start_matches("http://")));
    daemon.running.wait_for("cannot listen at");
    assert_says(&daemon.running.log(), &[&format!("{public} stays"), "change `listen`"]);
    assert_eq!(daemon.public("/feeds/all.json").expect("an answer").status, 200);

    house.write("courant.toml", settings(&other.to_string()));
    until("the new address", || (ask(other, "GET", "/feeds/all.json", &[]).ok()?.status == 200).then_some(()));
    until("the end of the old one", || ask(public, "GET", "/feeds/all.json", &[]).is_err().then_some(()));
}

#[test]
fn what_is_under_way_at_a_reload_ends_as_it_began() {
    let world = World::start();
    let mut house = gazette(&world);
    let daemon = Daemon::start(&mut house);
    world.put("/slow.rss", Answer::feed(rss(&stories("slow", 1..=1))).hanging());
    let slow = format!("[[source]]\nid = \"slow\"\nurl = \"{}/slow.rss\"\n", world.origin());
    house.write("sources/slow.toml", &slow);
    world.wait_for("/slow.rss");
    // Of another host: one is asked one thing at a time.
    let other = World::start();
    other.put("/quick.rss", Answer::feed(rss(&stories("quick", 1..=1))));
    let quick = slow.replace(&world.origin(), &other.origin()).replace("slow", "quick");
    house.write("sources/quick.toml", quick);
    until("the quick one", || daemon.public("/feeds/all.json")?.text().contains(&title("quick", 1)).then_some(()));
    world.let_go();
    until("the slow one", || daemon.public("/feeds/all.json")?.text().contains(&title("slow", 1)).then_some(()));
    assert_eq!(world.count("/slow.rss"), 1, "it was neither cut short nor begun again");
}

#[test]
fn another_store_is_gone_over_to_or_left_alone() {
    let world = World::start();
    let mut house = gazette(&world);
    let mut daemon = Daemon::start(&mut house);
    let good = house.read("courant.toml");
    house.write("courant.toml", good.replace("sqlite:courant.db", "sqlite:courant.toml/courant.db"));
    daemon.running.wait_for("the settings are not reloaded");
    assert_eq!(daemon.public("/feeds/all.json").expect("it goes on").status, 200);
    house.write("courant.toml", good.replace("sqlite:courant.db", "sqlite:other.db"));
    daemon.running.wait_for("another store");
    until("the articles anew", || (world.count("/feed.rss") == 2).then_some(()));
    until("the other lock", || house.path("other.db.lock").exists().then_some(()));
    until("the feed", || daemon.public("/feeds/all.json")?.text().contains(&title("gazette", 2)).then_some(()));
    daemon.running.signal("TERM");
    assert_eq!(daemon.running.end(), Some(0), "{}", daemon.running.log());
}

#[test]
fn files_of_a_removed_feed_go_and_strangers_stay() {
    let world = World::start();
    let house = gazette(&world);
    let good = house.read("courant.toml");
    house.write("courant.toml", format!("{good}[[feed]]\nid = \"old\"\ntitle = \"Old\"\nsources = [\"*\"]\n"));
    house.courant(&["once"]).expect(0);
    house.write("public/theirs.rss", "theirs");
    let names = || {
        let mut names: Vec<String> = std::fs::read_dir(house.path("public"))
            .expect("a folder")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert!(names().contains(&"all.rss.gz".to_owned()) && names().contains(&"old.rss.br".to_owned()));
    assert!(names().contains(&"old.rss".to_owned()) && names().contains(&"old".to_owned()));
    house.write("courant.toml", good.replace("sources = [\"*\"]", "sources = [\"*\"]\nformats = [\"json\"]"));
    house.courant(&["once"]).expect(0);
    let wanted =
        [".courant.published", "all", "all.json", "feeds.opml", "icon.svg", "index.html", "sources.opml", "theirs.rss"];
    let is_twin =
        |name: &String| wanted[2..7].iter().any(|of| *name == format!("{of}.gz") || *name == format!("{of}.br"));
    let (twins, others): (Vec<String>, Vec<String>) = names().into_iter().partition(is_twin);
    assert_eq!((twins.len(), others.iter().map(String::as_str).collect::<Vec<_>>()), (10, wanted.to_vec()));
}

/// A service manager's end of the line.
struct Manager {
    socket: std::os::unix::net::UnixDatagram,
}

impl Manager {
    fn next(&self, wanted: &str) -> String {
        let mut told = Vec::new();
        loop {
            let mut buffer = [0; 4096];
            let length = self
                .socket
                .recv(&mut buffer)
                .unwrap_or_else(|error| panic!("{error}: waited for {wanted}, told {told:?}"));
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if text.lines().any(|line| line == wanted) {
                return text;
            }
            told.push(text);
        }
    }
}

#[test]
fn the_service_manager_is_told_by_path_and_by_abstract_name() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    for is_abstract in [false, true] {
        let world = World::start();
        let mut house = gazette(&world);
        let path = house.path("notify");
        let (name, address) = if is_abstract {
            let name = format!("courant-test-{}", path.display());
            (format!("@{name}"), SocketAddr::from_abstract_name(name).expect("a name"))
        } else {
            (path.display().to_string(), SocketAddr::from_pathname(&path).expect("a path"))
        };
        let manager = Manager { socket: UnixDatagram::bind_addr(&address).expect("free") };
        manager.socket.set_read_timeout(Some(std::time::Duration::from_secs(20))).expect("possible");
        house.set("NOTIFY_SOCKET", &name);
        house.set("WATCHDOG_USEC", "400000");
        let mut running = house.start(&["run"]);
        assert_says(&manager.next("READY=1"), &["STATUS=1 sources, 1 feeds"]);
        manager.next("WATCHDOG=1");
        running.signal("HUP");
        assert_says(&manager.next("RELOADING=1"), &["MONOTONIC_USEC="]);
        manager.next("READY=1");
        manager.next("WATCHDOG=1");
        running.signal("TERM");
        manager.next("STOPPING=1");
        assert_eq!(running.end(), Some(0), "{}", running.log());
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for command in ["run", "once"] {
        let world = World::start();
        let house = gazette(&world);
        world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=2))).hanging());
        let mut running = house.start(&["--log", "info", command]);
        world.wait_for("/feed.rss");
        running.signal("TERM");
        if command == "run" {
            running.wait_for("finishing what is under way");
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
        running.signal("TERM");
        let code = running.end();
        assert_says(&running.log(), &["ended at once"]);
        assert_eq!(code, Some(i32::from(command == "once")), "{}", running.log());
        world.let_go();
        house.courant(&["once"]).expect(0);
        assert_eq!(house.titles("all").len(), 2, "what was cut short is done by the next run");
    }
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
