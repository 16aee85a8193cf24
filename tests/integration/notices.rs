//! The operator hears of sources that break and work again, once each, by a command.

use crate::support::documents::{rss, stories};
use crate::support::{Answer, House, World, assert_says, free_address, until};

/// A house of one source that is told of in `told`, trouble at once.
fn house(world: &World) -> House {
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=1))));
    let house = House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))]);
    let settings = house.read("courant.toml");
    let notify = r#"[notify]
command = ["sh", "-c", "echo \"$0\" >> told; cat >> told", "{subject}"]
after = "0s"
"#;
    house.write("courant.toml", format!("{settings}{notify}"));
    house
}

#[test]
fn once_tells_of_a_source_that_breaks_and_works_again_once_each() {
    let world = World::start();
    let house = house(&world);
    house.courant(&["once"]).expect(0);
    assert!(!house.path("told").exists(), "nothing is wrong");
    world.put("/feed.rss", Answer::status(404));
    for _ in 0..2 {
        house.courant(&["once", "--now"]);
    }
    let told = house.read("told");
    assert_says(
        &told,
        &["Courant: `gazette` broke\n", "broke: gazette", "/feed.rss", "answers 404", "in trouble since"],
    );
    assert_eq!(told.matches("Courant:").count(), 1, "{told}");
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=2))));
    house.courant(&["poll", "gazette"]).expect(0);
    let told = house.read("told");
    assert_says(&told, &["Courant: `gazette` works again\n", "works again: gazette"]);
    assert_eq!(told.matches("Courant:").count(), 2, "{told}");
}

#[test]
fn a_daemon_that_ends_tells_what_it_has_not_told_yet() {
    let world = World::start();
    let mut house = house(&world);
    world.put("/feed.rss", Answer::status(403));
    house.set("COURANT_LISTEN", "none");
    house.set("COURANT_ADMIN_LISTEN", &free_address());
    let mut daemon = house.start(&["run"]);
    world.wait_for("/feed.rss");
    until("the failure is written", || (house.status("gazette")["health"] == "failing").then_some(()));
    daemon.signal("TERM");
    assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
    assert_says(&house.read("told"), &["Courant: `gazette` broke", "answers 403"]);
}

#[test]
fn trouble_that_has_not_lasted_is_not_told_and_a_command_that_fails_stops_nothing() {
    let world = World::start();
    let house = house(&world);
    let patient = house.read("courant.toml").replace("after = \"0s\"", "after = \"1h\"");
    let hasty = house.read("courant.toml").replace("\"sh\"", "\"no-such-program\"");
    house.write("courant.toml", patient);
    world.put("/feed.rss", Answer::status(404));
    house.courant(&["once"]);
    assert!(!house.path("told").exists(), "it may be over soon");
    house.write("courant.toml", hasty);
    let ended = house.courant(&["once", "--now"]);
    assert_says(&ended.err, &["no-such-program", "cannot be started"]);
    assert!(house.status("gazette")["broken_since"].is_string(), "told or not, it is broken");
}
