//! What is kept, and what is let go: retention from outside.

use jiff::ToSpan;

use crate::support::documents::{rss, stories, title};
use crate::support::{Answer, House, Press, SteppedClock, World};

/// A feed of three entries over one source of which four articles are kept.
fn house(world: &World, rest: &str) -> House {
    House::new(&format!(
        "{rest}[[source]]\nid = \"gazette\"\nurl = \"{}/feed.rss\"\n[[feed]]\nid = \"all\"\ntitle = \"All\"\n\
         sources = [\"*\"]\nlimit = {{ items = 3 }}\n",
        world.origin()
    ))
}

#[tokio::test]
async fn what_is_dropped_is_not_news_again_and_what_a_feed_shows_stays() {
    let world = World::start();
    let house = house(&world, "[retention]\nitems = 1\n");
    let clock = SteppedClock::at("2026-06-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=8))));
    press.all().await;
    assert_eq!(press.articles().await.len(), 8);
    assert_eq!(press.retire().await.articles, 5, "the three that the feed shows stay");
    let shown = house.titles("all");
    let left: Vec<_> = press.articles().await.into_iter().filter_map(|article| article.content.title).collect();
    assert_eq!(left, shown);

    // The document changes, so that every entry of it is looked at; those dropped say something else, too.
    let mut entries = stories("gazette", 1..=9);
    entries[8] = entries[8].replace("</title>", ", again</title>");
    world.put("/feed.rss", Answer::feed(rss(&entries)));
    clock.step(2.hours());
    press.all().await;
    let titles: Vec<_> = press.articles().await.into_iter().filter_map(|article| article.content.title).collect();
    assert_eq!(titles.len(), 4, "one is new, five are gone for good: {titles:?}");
    assert_eq!(titles[0], title("gazette", 9));
    assert_eq!(press.retire().await.articles, 1, "what left the feed goes");
    assert_eq!(press.status("gazette").await.articles, 3);
    press.close().await;
}

#[test]
fn once_drops_and_says_so() {
    let world = World::start();
    let house = house(&world, "[retention]\nage = \"36500d\"\n");
    house.write(
        "courant.toml",
        house.read("courant.toml").replace("feed.rss\"\n", "feed.rss\"\nretention = { items = 2 }\n"),
    );
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=8))));
    let ended = house.courant(&["once"]).expect(0);
    assert!(ended.out.contains("; 5 articles dropped by `retention`"), "{}", ended.out);
    let ended = house.courant(&["once", "--json"]).expect(0);
    assert_eq!(ended.json()["dropped"], 0);
    assert_eq!(house.titles("all").len(), 3);
}

#[test]
fn limits_that_are_none_are_told_with_their_line() {
    for (wrong, wanted) in [("age = \"2 years\"", "730d"), ("count = 5", "unknown key `count`"), ("items = 0", "5000")]
    {
        let house = House::new(&format!("[retention]\n{wrong}\n"));
        let told = house.courant(&["check"]).expect(2).out;
        assert!(told.contains("courant.toml:1") && told.contains(wanted), "{told}");
    }
}

#[test]
fn a_backup_is_taken_refused_and_put_back() {
    let world = World::start();
    let house = house(&world, "");
    let told = house.courant(&["backup", "copy.db"]).expect(4).err;
    assert!(told.contains("there is no store") && told.contains("courant once"), "{told}");
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=3))));
    house.courant(&["once"]).expect(0);
    let told = house.courant(&["backup", "copy.db"]).expect(0).out;
    assert!(told.starts_with("3 articles, "), "{told}");
    let told = house.courant(&["backup", "copy.db"]).expect(2).err;
    assert!(told.contains("--force"), "{told}");
    house.courant(&["backup", "courant.db", "--force"]).expect(2);
    assert_eq!(house.courant(&["backup", "copy.db", "--force", "--json"]).expect(0).json()["articles"], 3);
    house.courant(&["doctor", "--store", "copy.db"]).expect(0);

    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=5))));
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(house.status("gazette")["articles"], 5);
    let told = house.courant(&["restore", "copy.db"]).expect(0).out;
    assert!(told.contains("courant.db.before-restore"), "{told}");
    assert_eq!(house.status("gazette")["articles"], 3);
    let told = house.courant(&["restore", "courant.toml"]).expect(4).err;
    assert!(told.contains("courant.toml"), "{told}");
    let told = house.courant(&["vacuum"]).expect(0).out;
    assert!(told.contains(" → "), "{told}");
    let found = house.courant(&["doctor", "--store", "--json"]).expect(0).json();
    assert_eq!((found["ok"].as_bool(), found["store"]["articles"].as_u64()), (Some(true), Some(3)));
}

#[test]
fn the_doctor_names_what_is_wrong_and_what_puts_it_right() {
    let world = World::start();
    let mut house = house(&world, "");
    let told = house.courant(&["doctor"]).expect(0).out;
    for part in ["settings", "there is none yet → courant once"] {
        assert!(told.contains(part), "{told}");
    }
    house.courant(&["once"]).expect(3);
    let found = house.courant(&["doctor", "--json"]).expect(1).json();
    let findings = found["findings"].as_array().expect("a list");
    let source = findings.iter().find(|finding| finding["about"] == "gazette").expect("the source is looked at");
    assert_eq!(
        (&source["level"], &source["fix"]),
        (&"bad".into(), &"when that is put right: courant poll gazette".into())
    );
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=3))));
    house.courant(&["poll", "gazette"]).expect(0);
    let told = house.courant(&["doctor"]).expect(0).out;
    assert!(told.contains("3 articles"), "{told}");
    house.set("COURANT_LISTEN", "nowhere");
    let told = house.courant(&["doctor"]).expect(1).out;
    assert!(told.contains("BAD") && told.contains("`listen`"), "{told}");
}

#[test]
fn no_command_is_ever_told_that_the_store_is_locked() {
    let world = World::start();
    let sources: Vec<_> = (0..6).map(|n| (format!("s{n}"), format!("{}/{n}.rss", world.origin()))).collect();
    for n in 0..6 {
        world.put(&format!("/{n}.rss"), Answer::feed(rss(&stories(&format!("s{n}"), 1..=9))));
    }
    let named: Vec<(&str, String)> = sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect();
    let house = House::reading(&named);
    let mut daemon = house.start(&["run"]);
    daemon.wait_for("6 sources");
    std::thread::scope(|scope| {
        for worker in 0..3 {
            let house = &house;
            scope.spawn(move || {
                for round in 0..4 {
                    let (source, copy) = (format!("s{}", (worker + round) % 6), format!("copy-{worker}.db"));
                    house.courant(&["status"]).expect(0);
                    house.courant(&["pause", &source]).expect(0);
                    house.courant(&["resume", &source]).expect(0);
                    house.courant(&["backup", &copy, "--force"]).expect(0);
                    house.courant(&["once", "--now"]).expect(75);
                }
            });
        }
    });
    daemon.signal("TERM");
    assert_eq!(daemon.end(), Some(0));
    let log = daemon.log();
    assert!(!log.contains("locked") && !log.contains("ERROR"), "{log}");
    let found = house.courant(&["doctor", "--store", "--json"]).expect(0).json();
    assert_eq!(found["store"]["articles"], 54);
}
