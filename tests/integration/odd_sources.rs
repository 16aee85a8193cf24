//! Sources that are sound, but not as one would think: shared addresses, files among articles, several listings.

use courant::plan::Health;
use jiff::ToSpan;

use crate::support::documents::{article, item, listing, rss, site};
use crate::support::{ALL, Answer, House, Press, SteppedClock, World};

const NOW: &str = "2026-03-01T12:00:00Z";

fn feed_of(world: &World) -> House {
    let house = House::new(ALL);
    house.write("sources/show.toml", format!("[[source]]\nid = \"show\"\nurl = \"{}/show.rss\"\n", world.origin()));
    house
}

#[tokio::test]
async fn episodes_that_share_the_address_of_their_show_are_never_taken_for_one_another() {
    let world = World::start();
    let house = feed_of(&world);
    let episode = |n: u32| {
        let text = format!("What is talked about in episode {n}.");
        item(
            &format!("episode-{n}"),
            "https://show.example.org/listen",
            &format!("Episode {n}"),
            &format!("2026-02-{n:02}T08:00:00Z"),
            &text,
        )
    };
    let clock = SteppedClock::at(NOW);
    let press = Press::open(&house, &clock).await;
    let mut episodes = vec![episode(2), episode(1)];
    for newest in 3..6 {
        world.put("/show.rss", Answer::feed(rss(&episodes)));
        press.all().await;
        clock.step(24.hours());
        episodes.insert(0, episode(newest));
    }
    let articles = press.articles().await;
    let titles: Vec<_> = articles.iter().filter_map(|article| article.content.title.clone()).collect();
    assert_eq!(titles, ["Episode 4", "Episode 3", "Episode 2", "Episode 1"]);
    assert!(articles.iter().all(|article| article.revision == 1));
    press.close().await;
}

#[tokio::test]
async fn a_feed_that_was_empty_at_first_does_not_announce_its_archive_as_news() {
    let world = World::start();
    let house = feed_of(&world);
    let clock = SteppedClock::at(NOW);
    let press = Press::open(&house, &clock).await;
    world.put("/show.rss", Answer::feed(rss(&[])));
    press.all().await;
    clock.step(1.hour());
    let entry = |n: u32| {
        let link = format!("https://show.example.org/{n}");
        item(&link, &link, &format!("Entry {n}"), &format!("2026-01-{n:02}T08:00:00Z"), "Text.")
    };
    world.put("/show.rss", Answer::feed(rss(&(1..=28).rev().map(entry).collect::<Vec<_>>())));
    press.all().await;
    let articles = press.articles().await;
    assert_eq!(articles.len(), 10);
    assert!(articles.iter().all(|article| article.announced_at == article.content.published));
    press.close().await;
}

/// A site with one listing of these items, each an article page unless said otherwise.
fn office(world: &World, items: &[(&str, &str, &str)]) -> House {
    world.put("/office/", Answer::page(listing(items)));
    for (path, title, _) in items {
        let text = format!("{title}, said the mayor in the morning, and nobody in the hall was against it.");
        world.put(path, Answer::page(article(title, "01.02.2026 10:00:00", &[&text])));
    }
    let house = House::new(ALL);
    house.write("sites/office.toml", site("office", &world.origin()));
    house
}

#[tokio::test]
async fn a_file_among_articles_is_published_from_its_listing_and_asked_once() {
    let world = World::start();
    let items = [("/a/1", "Bridge opened", "The bridge is open."), ("/a/2.pdf", "Budget of the town", "As passed.")];
    let house = office(&world, &items);
    world.put("/a/2.pdf", Answer::new("application/pdf", b"%PDF-1.7\n\x00\x01 stream"));
    let clock = SteppedClock::at(NOW);
    let press = Press::open(&house, &clock).await;
    press.all().await;
    let articles = press.articles().await;
    let file = articles.iter().find(|article| article.content.link.path() == "/a/2.pdf").expect("published at once");
    assert_eq!((file.content.title.as_deref(), file.content.text.as_str()), (Some("Budget of the town"), "As passed."));
    clock.step(48.hours());
    press.all().await;
    assert_eq!(world.count("/a/2.pdf"), 1);
    press.close().await;
}

#[tokio::test]
async fn an_article_that_leads_to_the_front_page_is_not_made_of_it() {
    let world = World::start();
    let items = [("/a/1", "Bridge opened", "The bridge is open."), ("/a/2", "Fair postponed", "It is held in May.")];
    let house = office(&world, &items);
    world.put("/a/2", Answer::moved(302, "/"));
    world.put("/", Answer::page(article("Welcome", "01.02.2026 10:00:00", &["Welcome to the pages of the office."])));
    let clock = SteppedClock::at(NOW);
    let press = Press::open(&house, &clock).await;
    press.all().await;
    assert_eq!(press.status("office").await.pending, 1, "it waits like any page that fails");
    assert!(press.articles().await.iter().all(|article| !article.content.text.contains("Welcome")));
    press.close().await;
}

#[tokio::test]
async fn an_address_of_several_that_is_gone_does_not_stop_the_others() {
    let world = World::start();
    let items = [("/a/1", "Bridge opened", "The bridge is open."), ("/a/3", "School visited", "A class.")];
    let house = office(&world, &items);
    let address = |path: &str| format!("{}{path}", world.origin());
    let one = format!("url = \"{}\"", address("/office/"));
    let both = format!("url = [\"{}\", \"{}\"]", address("/closed/"), address("/office/"));
    house.write("sites/office.toml", site("office", &world.origin()).replace(&one, &both));
    world.put("/closed/", Answer::status(410));
    let clock = SteppedClock::at(NOW);
    let press = Press::open(&house, &clock).await;
    press.all().await;
    assert_eq!(press.articles().await.len(), 2);
    let state = press.status("office").await.state;
    assert_eq!(state.health, Health::Suspect);
    assert!(state.next_due.is_some() && state.message.is_some_and(|message| message.contains("/closed/")));
    press.close().await;
}

#[tokio::test]
async fn a_pause_asked_for_one_address_holds_though_another_answers() {
    let world = World::start();
    let items = [("/a/1", "Bridge opened", "The bridge is open.")];
    let house = office(&world, &items);
    let one = format!("url = \"{}/office/\"", world.origin());
    let both = format!("url = [\"{0}/busy/\", \"{0}/office/\"]", world.origin());
    house.write("sites/office.toml", site("office", &world.origin()).replace(&one, &both));
    // Short enough that the host is asked again within the refresh.
    world.put("/busy/", Answer::status(503).header("Retry-After", "1"));
    let clock = SteppedClock::at(NOW);
    let press = Press::open(&house, &clock).await;
    press.all().await;
    assert!(press.status("office").await.state.not_before.is_some());
    press.close().await;
}

#[tokio::test]
async fn an_edit_whose_page_fails_waits_without_asking_the_listing_anew() {
    let world = World::start();
    let summary = |text| [("/a/1", "Bridge opened", text), ("/a/2", "Fair postponed", "It is held in May.")];
    let house = office(&world, &summary("The bridge is open."));
    let clock = SteppedClock::at(NOW);
    let press = Press::open(&house, &clock).await;
    press.all().await;

    world.put("/office/", Answer::page(listing(&summary("The bridge is open, and closed."))).header("ETag", "\"2\""));
    world.put("/a/1", Answer::status(500));
    clock.step(2.hours());
    press.all().await;
    let before = press.articles().await;
    assert!(before.iter().all(|article| article.revision == 1 && !article.content.partial), "{before:#?}");
    assert_eq!(press.status("office").await.pending, 1);

    world.forget();
    clock.step(5.minutes());
    press.all().await;
    assert_eq!((world.not_modified(), world.paths()), (1, vec!["/office/".to_owned()]));

    world
        .put("/a/1", Answer::page(article("Bridge closed", "01.02.2026 10:00:00", &["Closed again, said the mayor."])));
    clock.step(6.minutes());
    press.due().await;
    let articles = press.articles().await;
    let edited = articles.iter().find(|article| article.revision == 2).expect("the page came back");
    assert_eq!(edited.content.title.as_deref(), Some("Bridge closed"));
    assert_eq!((articles.len(), press.status("office").await.pending), (2, 0));
    press.close().await;
}
