//! The history of a feed: archives that stay as they are, and articles that are taken down.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::documents::{rss, stories, title};
use crate::support::{Answer, House, World, ask, free_address, until};

fn house(world: &World) -> House {
    world.put("/feed", Answer::feed(rss(&stories("press", 1..=3))));
    House::new(&format!(
        "[[source]]\nid = \"press\"\nurl = \"{}/feed\"\n\
         [[feed]]\nid = \"all\"\ntitle = \"All\"\nsources = [\"*\"]\nlimit = {{ items = 2 }}\narchive = true\n",
        world.origin()
    ))
}

/// The documents of the feed from the current one back, as readers find them.
fn documents(house: &House) -> Vec<Value> {
    let mut documents = vec![house.feed("all")];
    while let Some(next) = documents.last().and_then(|document| document["next_url"].as_str()) {
        let path = next.strip_prefix("http://127.0.0.1:9/feeds/").expect("under base_url").to_owned();
        documents.push(serde_json::from_str(&house.read(&format!("public/{path}"))).expect("JSON"));
    }
    documents
}

fn titles(documents: &[Value]) -> BTreeSet<String> {
    let items = documents.iter().flat_map(|document| document["items"].as_array().expect("items"));
    items.map(|item| item["title"].as_str().expect("a title").to_owned()).collect()
}

fn named(numbers: impl IntoIterator<Item = u32>) -> BTreeSet<String> {
    numbers.into_iter().map(|number| title("press", number)).collect()
}

#[test]
fn everything_stays_readable_and_archives_stay_as_they_are() {
    let world = World::start();
    let house = house(&world);
    house.courant(&["once"]).expect(0);
    let first = |extension: &str| house.read(&format!("public/all/archive/1.{extension}"));
    let before = ["rss", "atom", "json"].map(first);
    assert_eq!(titles(&documents(&house)), named(1..=3));
    assert!(before[1].contains("<fh:archive/>") && before[1].contains("rel=\"current\""), "{}", before[1]);
    assert!(before[0].contains("<fh:archive/>") && !before[0].contains("prev-archive"), "{}", before[0]);
    assert!(
        house
            .read("public/all.atom")
            .contains("rel=\"prev-archive\" href=\"http://127.0.0.1:9/feeds/all/archive/1.atom\"")
    );

    // An edit of what is archived, and more than the feed holds at once.
    let edited: Vec<String> =
        stories("press", 1..=8).iter().map(|story| story.replace("Story 1 ", "Another 1 ")).collect();
    world.put("/feed", Answer::feed(rss(&edited)));
    house.courant(&["once", "--now"]).expect(0);
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(["rss", "atom", "json"].map(first), before, "an archive never changes");
    let documents = documents(&house);
    assert_eq!(titles(&documents), named(1..=8));
    assert_eq!(documents.len(), 5, "the current document and four archives");
    assert_eq!(documents[1]["_courant"]["archive"], 4);
    assert!(documents[1]["feed_url"].as_str().is_some_and(|url| url.ends_with("/all/archive/4.json")));
}

#[test]
fn an_article_that_is_taken_down_leaves_feeds_and_archives_and_can_come_back() {
    let world = World::start();
    let house = house(&world);
    house.courant(&["once"]).expect(0);
    let gone = documents(&house)[1]["items"][0].clone();
    let (address, name) = (gone["url"].as_str().expect("an address"), gone["title"].as_str().expect("a title"));

    let done = house.courant(&["takedown", address, "--reason", "a court order"]).expect(0);
    assert!(done.out.contains("is withdrawn"), "{}", done.out);
    assert!(!titles(&documents(&house)).contains(name));
    let atom = house.read("public/all/archive/1.atom");
    let tombstone = format!("<at:deleted-entry ref=\"{}\" when=", gone["id"].as_str().expect("an id"));
    assert!(atom.contains(&tombstone) && house.read("public/all.atom").contains(&tombstone), "{atom}");
    assert_eq!(house.feed("all")["_courant"]["deleted"][0]["id"], gone["id"]);

    // Its source still lists it.
    house.courant(&["once", "--now"]).expect(0);
    assert!(!titles(&documents(&house)).contains(name));
    house.courant(&["takedown", address]).expect(2);
    house.courant(&["takedown", address, "--undo"]).expect(0);
    assert!(!house.read("public/all.atom").contains("at:deleted-entry"));
    assert!(titles(&documents(&house)).contains(name));
    let missing = house.courant(&["takedown", "https://nowhere.example/"]).expect(2);
    assert!(missing.err.contains("there is no article `https://nowhere.example/`"), "{}", missing.err);
}

#[test]
fn a_takedown_beside_a_run_at_work_shows_within_seconds_in_feeds_and_archives() {
    let world = World::start();
    let mut house = house(&world);
    house.courant(&["once"]).expect(0);
    let gone = documents(&house)[1]["items"][0].clone();
    let (address, name) = (gone["url"].as_str().expect("an address"), gone["title"].as_str().expect("a title"));
    let served = free_address();
    house.set("COURANT_LISTEN", &served);
    let _running = house.start(&["run"]);
    let status = |path: &str| ask(served, "GET", path, &[]).ok().filter(|reply| reply.status == 200);
    until("the first answer", || status("/all.json"));

    let done = house.courant(&["takedown", address]).expect(0);
    assert!(done.out.contains("within seconds"), "{}", done.out);
    until("the feed and the archive without it", || (!titles(&documents(&house)).contains(name)).then_some(()));
    let tells = |path: &str| status(path).is_some_and(|reply| reply.text().contains("at:deleted-entry"));
    until("what readers are told", || (tells("/all.atom") && tells("/all/archive/1.atom")).then_some(()));
    house.courant(&["takedown", address, "--undo"]).expect(0);
    let is_back = || status("/all/archive/1.json").is_some_and(|reply| reply.text().contains(name));
    until("the article is back", || is_back().then_some(()));
}
