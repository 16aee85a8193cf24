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
