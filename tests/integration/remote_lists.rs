//! Lists of sources that are kept elsewhere: what they name is read, what they name no more leaves.

use crate::support::documents::{rss, stories, title};
use crate::support::{ALL, Answer, House, World, assert_says, until};

fn outline(world: &World, name: &str) -> String {
    format!("<outline text=\"{name}\" type=\"rss\" xmlUrl=\"{}/{name}.rss\"/>", world.origin())
}

fn list(world: &World, names: &[&str]) -> String {
    let outlines: String = names.iter().map(|name| outline(world, name)).collect();
    format!("<opml version=\"2.0\"><body><outline text=\"Friends\">{outlines}</outline></body></opml>")
}

/// A world with three feeds and a list of the first two, and a house that takes its sources from it.
fn world_and_house(more: &str) -> (World, House) {
    let world = World::start();
    for name in ["one", "two", "three"] {
        world.put(&format!("/{name}.rss"), Answer::feed(rss(&stories(name, 1..=1))));
    }
    world.put("/list.opml", Answer::new("text/x-opml", list(&world, &["one", "two"])).header("ETag", "\"1\""));
    let table = format!(
        "[[list]]\nid = \"friends\"\nurl = \"{}/list.opml\"\ntags = [\"world\"]\nprefix = \"friend-\"\n{more}",
        world.origin()
    );
    let house = House::new(&format!("{table}{ALL}"));
    (world, house)
}

fn titles(house: &House) -> Vec<String> {
    let mut titles = house.titles("all");
    titles.sort();
    titles
}

fn row(house: &House) -> serde_json::Value {
    house.courant(&["status", "--json"]).expect(0).json()["lists"][0].clone()
}

#[test]
fn what_a_list_names_is_read_and_what_it_names_no_more_leaves() {
    let (world, house) = world_and_house("");
    house.courant(&["once"]).expect(0);
    assert_eq!(titles(&house), [title("one", 1), title("two", 1)]);
    let status = house.courant(&["status"]).expect(0);
    assert_says(&status.out, &["friend-127-0-0-1-one-rss-", "(friends)", "sources"]);
    let status = house.courant(&["status", "--json"]).expect(0).json();
    assert_eq!((&status["sources"][0]["list"], &status["lists"][0]["sources"]), (&"friends".into(), &2.into()));
    let exported = house.courant(&["export"]).expect(0);
    assert_says(&exported.out, &["/one.rss", "/two.rss", "world"]);

    // Not due: nobody asks. Asked all the same: with its validator.
    house.courant(&["once"]).expect(0);
    assert_eq!(world.count("/list.opml"), 1);
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!((world.count("/list.opml"), titles(&house).len()), (2, 2));
    let asked = world.asked().into_iter().rfind(|asked| asked.path == "/list.opml").expect("it was asked");
    assert_eq!(asked.header("If-None-Match"), Some("\"1\""));

    world.put("/list.opml", Answer::new("text/x-opml", list(&world, &["two", "three"])).header("ETag", "\"2\""));
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(titles(&house), [title("three", 1), title("two", 1)]);

    // Back again it goes on where it was: its article is known, and its id the same.
    world.put("/list.opml", Answer::new("text/x-opml", list(&world, &["one", "two", "three"])));
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(titles(&house).len(), 3);
    assert_eq!(house.courant(&["status", "--json"]).json()["sources"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_list_that_fails_changes_nothing_and_is_reported() {
    let (world, house) = world_and_house("");
    house.courant(&["once"]).expect(0);
    let whole = list(&world, &["one"]);
    let rows = [
        (Answer::status(500), "500"),
        (Answer::new("text/x-opml", "<opml><body/></opml>"), "names no feed"),
        (Answer::new("text/x-opml", &whole[..whole.len() - 30]), "breaks off"),
        (Answer::page("<!DOCTYPE html><title>Sign in</title><p>Sign in"), "not a list"),
        (Answer::new("text/x-opml", ""), "not a list"),
        (Answer::status(410), "gone for good"),
    ];
    for (answer, wanted) in rows {
        world.put("/list.opml", answer);
        house.courant(&["resume", "friends"]).expect(0);
        house.courant(&["once", "--log", "off"]).expect(0);
        let row = row(&house);
        assert_says(row["message"].as_str().unwrap_or_default(), &[wanted, "sources stay"]);
        assert_eq!((&row["sources"], titles(&house).len()), (&2.into(), 2), "{wanted}");
    }
    let before = world.count("/list.opml");
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(world.count("/list.opml"), before, "what is gone is not asked for again");
    world.put("/list.opml", Answer::new("text/x-opml", &whole));
    house.courant(&["resume", "friends"]).expect(0);
    house.courant(&["once"]).expect(0);
    assert_eq!(titles(&house), [title("one", 1)]);
    assert_eq!((&row(&house)["health"], &row(&house)["message"]), (&"ok".into(), &serde_json::Value::Null));
}

#[test]
fn what_the_settings_name_stays_as_they_say() {
    let (world, house) = world_and_house("limit = 1\n");
    let own = format!("[[source]]\nid = \"mine\"\nurl = \"{}/two.rss\"\nname = \"My own\"\n", world.origin());
    house.write("sources/mine.toml", own);
    world.put("/list.opml", Answer::new("text/x-opml", list(&world, &["two", "one", "three"])));
    house.courant(&["once"]).expect(0);
    // The first of the list is ours already; the limit counts what the list names.
    assert_eq!(titles(&house), [title("two", 1)]);
    assert_eq!(house.status("mine")["list"], serde_json::Value::Null);
    house.write("courant.toml", house.read("courant.toml").replace("limit = 1\n", ""));
    house.courant(&["once"]).expect(0);
    assert_eq!(titles(&house).len(), 3);
    let id = house.courant(&["status", "--json"]).json()["sources"][0]["id"].as_str().expect("an id").to_owned();
    let refused = house.courant(&["remove", &id]).expect(2);
    assert_says(&refused.err, &["is from the list `friends`", "courant pause"]);
    assert_eq!(world.count("/two.rss"), 1);
}

#[test]
fn a_daemon_takes_up_a_list_without_a_restart_and_needs_no_network_for_what_it_knows() {
    let (world, house) = world_and_house("");
    let mut running = house.start(&["run"]);
    running.wait_for("new settings: 2 sources");
    let began = std::time::Instant::now();
    until("both", || {
        if began.elapsed().as_secs() >= 19 {
            eprintln!("{}", running.log());
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        std::fs::read_to_string(house.path("public/all.json"))
            .is_ok_and(|text| text.contains(&title("two", 1)) && text.contains(&title("one", 1)))
            .then_some(())
    });
    running.signal("TERM");
    assert_eq!(running.end(), Some(0), "{}", running.log());
    drop(world);
    let checked = house.courant(&["check"]).expect(0);
    assert_says(&checked.out, &["2 sources"]);
}

#[test]
fn problems_of_lists_are_told_with_their_line() {
    let house = House::new(
        "[[list]]\nurl = \"https://news.example.org/a.opml\"\nprefix = \"Über\"\n[[list]]\nurl = \"ftp://x\"\n[[list]]\nurl = \"https://news.example.org/b.opml\"\nevrey = \"1h\"\n[[feed]]\nid = \"x\"\ntitle = \"X\"\nsources = [\"tag:later\"]\n",
    );
    let checked = house.courant(&["check"]).expect(2);
    let wanted = [
        "ids cannot begin with the prefix `Über`",
        "is not an http(s) address",
        "did you mean `every`?",
        "courant.toml:12:",
    ];
    assert_says(&checked.out, &wanted);
    let house = House::new(
        "[[list]]\nurl = \"https://news.example.org/a.opml\"\n[[feed]]\nid = \"x\"\ntitle = \"X\"\nsources = [\"tag:later\"]\n",
    );
    assert_says(
        &house.courant(&["check"]).expect(0).out,
        &["note: `feed`: `x` takes `tag:later`", "a list may bring it"],
    );
}
