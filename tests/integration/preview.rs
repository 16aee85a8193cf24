//! `preview`: what a feed would hold and what it leaves out, before it goes live.

use serde_json::Value;

use crate::support::documents::{day, item, rss, stories, title};
use crate::support::{Answer, House, World, assert_says, until};

/// Two sources, read; the feed `all` is live.
fn house(world: &World) -> House {
    let mut text = String::new();
    for (id, tag, numbers) in [("alpha", "city", 1..=3), ("beta", "sea", 11..=13)] {
        let said =
            item("same", "https://wire.example.org/same", "Ferry line opens to the islands", &day(2), "Told twice.");
        world.put(&format!("/{id}.rss"), Answer::feed(rss(&[stories(id, numbers), vec![said]].concat())));
        text.push_str(&format!(
            "[[source]]\nid = \"{id}\"\nurl = \"{}/{id}.rss\"\ntags = [\"{tag}\"]\n",
            world.origin()
        ));
    }
    let house = House::new(&format!("{text}[[feed]]\nid = \"all\"\ntitle = \"Everything\"\nsources = [\"*\"]\n"));
    house.courant(&["once"]).expect(0);
    house
}

/// Adds to the settings; nothing is live of it until the next run.
fn add(house: &House, rest: &str) {
    house.write("courant.toml", format!("{}{rest}", house.read("courant.toml")));
}

fn titles(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|one| one["title"].as_str().expect("a title")).collect()
}

#[test]
fn preview_shows_a_feed_that_is_not_live_and_why_each_article_is_left_out() {
    let world = World::start();
    let house = house(&world);
    add(
        &house,
        "[rules]\ndrop = [{ title = \"^Story 1 \" }]\n[[feed]]\nid = \"draft\"\ntitle = \"Draft\"\nsources = [\"*\"]\n\
         duplicates = \"merge\"\nlimit = { items = 3 }\ntitle_prefix = \"{source}: \"\n\
         drop = [{ tag = [\"sea\"], title = \"1[12]\" }, { any = [\"horoscope\"] }]\n",
    );
    let asked = world.paths().len();
    let seen = house.courant(&["preview", "draft", "--json"]).expect(0).json();
    assert_eq!(seen["count"], 3, "{seen}");
    let left_out: Vec<(&str, u64)> = seen["left_out"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|group| (group["why"].as_str().expect("a reason"), group["count"].as_u64().expect("a number")))
        .collect();
    assert_eq!(
        left_out,
        [
            ("rule 1 of `drop` in `[rules]` fits", 1),
            ("rule 1 of `drop` fits", 2),
            ("rule 2 of `drop` fits", 0),
            ("it is beyond `limit.items`", 1)
        ],
        "{seen}"
    );
    assert_eq!(titles(&seen["left_out"][0]["articles"]), [title("alpha", 1)]);
    assert_eq!(seen["left_out"][2]["rule"], "{ any = [\"horoscope\"] }");
    assert_eq!(titles(&seen["repeats"]["articles"]), ["Ferry line opens to the islands"]);
    let text = house.courant(&["preview", "draft", "--limit", "1"]).expect(0).out;
    assert_says(
        &text,
        &["in the feed: 3", "… and 2 more", "rule 1 of `drop` fits: 2", "one story told again: 1", "repeats"],
    );
    assert_says(&text, &["rule 2 of `drop` fits: 0 { any = [\"horoscope\"] }"]);
    assert_eq!(world.paths().len(), asked, "a preview asks nobody");
    assert!(!house.path("public/draft.json").exists(), "a preview publishes nothing");
    house.courant(&["once"]).expect(0);
    let live = house.titles("draft");
    assert_eq!(titles(&seen["entries"]), live, "what was shown is what is published");
    assert!(live.iter().all(|title| title.contains(": ")), "{live:?}");
}

#[test]
fn preview_looks_beside_a_run_that_is_at_work() {
    let world = World::start();
    let house = house(&world);
    std::fs::remove_file(house.path("public/all.json")).expect("it was published");
    let _running = house.start(&["run"]);
    until("the feed of the daemon", || house.path("public/all.json").exists().then_some(()));
    let text = house.courant(&["preview", "all"]).expect(0).out;
    assert_says(&text, &["Everything", "in the feed: 8", "Story 13 of"]);
}

#[test]
fn preview_of_a_feed_that_is_not_there_names_the_one_that_was_meant() {
    let house = House::new("[[feed]]\nid = \"official\"\ntitle = \"Official\"\nsources = [\"*\"]\n");
    let ended = house.courant(&["preview", "oficial"]).expect(2);
    assert_says(&ended.err, &["there is no feed `oficial`", "courant.toml", "did you mean `official`?"]);
    let empty = house.courant(&["preview", "official"]).expect(0);
    assert_says(&empty.out, &["in the feed: 0", "courant once"]);
    assert!(!house.path("courant.db").exists(), "a preview makes no store");
}

#[test]
fn a_feed_is_rewritten_and_the_others_are_not() {
    let world = World::start();
    let house = house(&world);
    add(
        &house,
        "[rules]\nfooter = \"From {source}\"\n[[feed]]\nid = \"short\"\ntitle = \"Short\"\nsources = [\"alpha\"]\nbody = \"none\"\n\
         footer = \"\"\nrewrite = [{ title = '^Story (\\d+) of .*', with = 'No. $1' }]\nlimit = { per_source = 2 }\n",
    );
    house.courant(&["once"]).expect(0);
    assert!(house.titles("short").iter().any(|title| title.starts_with("No. ")), "{:?}", house.titles("short"));
    assert_eq!(house.titles("short").len(), 2);
    let (all, short) = (house.feed("all"), house.feed("short"));
    let ids = |feed: &Value| {
        let items = feed["items"].as_array().expect("a list").iter();
        items.map(|item| item["id"].clone()).collect::<Vec<_>>()
    };
    assert!(ids(&short).iter().all(|id| ids(&all).contains(id)), "ids are those of the other feed");
    let body = all["items"][0]["content_html"].as_str().expect("a body");
    assert!(body.contains("<p>From <a href="), "{body}");
    assert!(house.read("public/short.rss").contains("</rss>"));
    assert!(!house.read("public/short.json").contains("From <a"));
}
