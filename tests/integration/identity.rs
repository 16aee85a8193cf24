//! One article is one article: whatever becomes of guids, links and titles; and what is news is told once.

use courant::model::Article;
use jiff::ToSpan;

use crate::support::documents::{article, day, item, listing, rss, site, stories, story, title};
use crate::support::{ALL, Answer, House, Press, SteppedClock, World};

/// A feed that changes, and the press that reads it.
struct Reader {
    world: World,
    house: House,
    clock: SteppedClock,
    press: Press,
}

impl Reader {
    async fn of(items: &[String]) -> Self {
        let world = World::start();
        let house = House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))]);
        let clock = SteppedClock::at("2026-06-01T12:00:00Z");
        let press = Press::open(&house, &clock).await;
        let reader = Self { world, house, clock, press };
        reader.read(items).await;
        reader
    }

    async fn read(&self, items: &[String]) -> Vec<Article> {
        self.world.put("/feed.rss", Answer::feed(rss(items)));
        self.clock.step(2.hours());
        self.press.all().await;
        self.press.articles().await
    }
}

#[tokio::test]
async fn entries_that_change_how_they_are_named_stay_one_article() {
    let link = "https://gazette.example.org/bridge";
    let entry = |guid: &str, link: &str, title: &str| item(guid, link, title, &day(20), "The bridge is open.");
    let rows = [
        ("the guid changes", entry("7", link, "Bridge"), entry("post-7", link, "Bridge")),
        (
            "the link changes",
            entry("7", link, "Bridge"),
            entry("7", "https://gazette.example.org/2026/bridge", "Bridge"),
        ),
        (
            "tracking is added",
            entry("", link, "Bridge"),
            entry("", &format!("{link}?utm_source=feed&amp;utm_medium=rss"), "Bridge"),
        ),
        (
            "https, www and a slash",
            entry("", link, "Bridge"),
            entry("", "http://www.gazette.example.org/bridge/", "Bridge"),
        ),
        ("no name at all", entry("", "", "Bridge"), entry("", "", "Bridge")),
    ];
    for (name, before, after) in rows {
        let reader = Reader::of(&[before]).await;
        let first = reader.press.articles().await;
        let second = reader.read(&[story("gazette", 21), after]).await;
        assert_eq!((first.len(), second.len()), (1, 2), "{name}: {second:#?}");
        let same = second.iter().find(|article| article.id == first[0].id).unwrap_or_else(|| panic!("{name}"));
        assert_eq!((same.announced_at, &same.published_id), (first[0].announced_at, &first[0].published_id), "{name}");
    }
}

#[tokio::test]
async fn a_guid_that_everybody_shares_names_nobody() {
    let entries: Vec<String> = (1..=3)
        .map(|n| item("0", &format!("https://gazette.example.org/{n}"), &format!("Notice {n}"), &day(n), "Text."))
        .collect();
    let reader = Reader::of(&entries).await;
    let again = reader.read(&entries).await;
    assert_eq!(again.len(), 3, "{again:#?}");
    let feed = reader.house.feed("all");
    let mut ids: Vec<String> =
        feed["items"].as_array().expect("items").iter().map(|item| item["id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3, "{feed}");
}

#[tokio::test]
async fn an_edited_title_makes_a_revision_and_no_news() {
    let entry = |title: &str| item("7", "https://gazette.example.org/7", title, &day(20), "The bridge is open.");
    let reader = Reader::of(&[story("gazette", 25), entry("Bridge openned")]).await;
    let before = reader.house.feed("all");
    let articles = reader.read(&[story("gazette", 25), entry("Bridge opened")]).await;
    assert_eq!(articles.len(), 2);
    let edited = articles.iter().find(|article| article.guid == "7").expect("held");
    assert_eq!((edited.content.title.as_deref(), edited.revision), (Some("Bridge opened"), 2));
    assert!(edited.content.updated.is_some_and(|updated| Some(updated) > edited.content.published));
    let revisions = reader.press.store().revisions(edited.id).await.expect("the store works");
    assert_eq!(revisions[0].before.title.as_deref(), Some("Bridge openned"));
    let after = reader.house.feed("all");
    let ids = |feed: &serde_json::Value| {
        feed["items"].as_array().expect("items").iter().map(|item| item["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&before), ids(&after), "it keeps its place and its id");
    assert_eq!(reader.house.titles("all")[1], "Bridge opened");
}

#[tokio::test]
async fn spaces_that_move_make_no_revision() {
    let entry = |text: &str| item("7", "https://gazette.example.org/7", "Bridge", &day(20), text);
    let reader = Reader::of(&[entry("The bridge is open.")]).await;
    let before = reader.house.read("public/all.atom");
    let articles = reader.read(&[entry("The  bridge\n is open. ")]).await;
    assert_eq!(articles[0].revision, 1);
    assert_eq!(reader.house.read("public/all.atom"), before);
}

#[tokio::test]
async fn the_first_reading_announces_the_ten_newest_in_the_place_of_their_dates() {
    let reader = Reader::of(&stories("gazette", 1..=30)).await;
    let newest: Vec<String> = (21..=30).rev().map(|number| title("gazette", number)).collect();
    assert_eq!(reader.house.titles("all"), newest);
    assert_eq!(reader.press.status("gazette").await.articles, 30, "the others are held silently");
    let announced = reader.press.articles().await;
    assert!(announced.iter().all(|article| article.announced_at == article.content.published));

    reader.read(&stories("gazette", 2..=31)).await;
    let titles = reader.house.titles("all");
    assert_eq!((titles.len(), &titles[0]), (11, &title("gazette", 31)));
}

#[tokio::test]
async fn an_archive_that_floods_in_is_silent_and_a_single_late_notice_is_not() {
    let reader = Reader::of(&stories("gazette", 101..=110)).await;
    let flood = [stories("gazette", 101..=110), stories("archive", 1..=30)].concat();
    reader.read(&flood).await;
    assert_eq!(reader.house.titles("all").len(), 10, "{:?}", reader.house.titles("all"));
    let status = reader.press.status("gazette").await;
    assert_eq!(status.articles, 40);
    let told = status.state.message.unwrap_or_default();
    assert!(told.contains("30 entries") && told.contains("redesign"), "{told}");

    reader.read(&[flood, vec![story("late", 50)]].concat()).await;
    assert_eq!(reader.house.titles("all")[0], title("late", 50));
}

#[tokio::test]
async fn an_article_on_two_listings_is_one_and_its_page_read_once() {
    let world = World::start();
    let rows = [("/a/1", "Bridge opened", "It is open."), ("/a/2", "School visited", "It was seen.")];
    world.put("/office/", Answer::page(listing(&rows)));
    world.put(
        "/office/economy/",
        Answer::page(listing(&[
            ("/a/1?utm_source=economy", "Bridge opened", "It is open."),
            ("/a/3", "Mill sold", "It has an owner."),
        ])),
    );
    for (path, title) in [("/a/1", "Bridge opened"), ("/a/2", "School visited"), ("/a/3", "Mill sold")] {
        world.put(
            path,
            Answer::page(article(title, "05.02.2026 10:00:00", &[&format!("{title}, as the office said today.")])),
        );
    }
    let house = House::new(ALL);
    let both = format!("url = [\"{0}/office/\", \"{0}/office/economy/\"]", world.origin());
    house.write(
        "sites/office.toml",
        site("office", &world.origin()).replace(&format!("url = \"{}/office/\"", world.origin()), &both),
    );
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    press.all().await;
    assert_eq!(world.count("/office/economy/"), 1, "{:?}", world.paths());
    assert_eq!(press.articles().await.len(), 3, "{:?}", house.titles("all"));
    let pages = world.paths().into_iter().filter(|path| path.starts_with("/a/1")).count();
    assert_eq!(pages, 1, "{:?}", world.paths());
    press.close().await;
}

#[tokio::test]
async fn every_store_leads_to_the_same_published_bytes() {
    let world = World::start();
    let mut published = Vec::new();
    for store in ["sqlite:courant.db", "memory:"] {
        let mut house = House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))]);
        house.set("COURANT_STORE", store);
        let clock = SteppedClock::at("2026-06-01T12:00:00Z");
        let press = Press::open(&house, &clock).await;
        let edited =
            item("https://gazette.example.org/story/14", "", "Story 14, told again", &day(14), "It came otherwise.");
        for items in [stories("gazette", 1..=15), [vec![edited], stories("gazette", 15..=20)].concat()] {
            world.put("/feed.rss", Answer::feed(rss(&items)));
            clock.step(2.hours());
            press.all().await;
        }
        press.close().await;
        published.push(
            ["all.rss", "all.atom", "all.json", "all/index.html", "index.html"]
                .map(|file| house.read(&format!("public/{file}"))),
        );
    }
    assert_eq!(published[0], published[1]);
    assert!(published[0][0].contains("Story 14, told again"));
}
