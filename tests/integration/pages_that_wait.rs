//! Article pages that fail: the good ones are published, the bad one waits, is published partial, and completed later.

use courant::model::Article;
use jiff::ToSpan;

use crate::support::documents::{article, listing, site};
use crate::support::{ALL, Answer, House, Press, SteppedClock, World};

const BAD: &str = "Fair postponed";

fn world() -> (World, House) {
    let world = World::start();
    let items = [
        ("/a/1", "Bridge opened", "The new bridge is open."),
        ("/a/2", BAD, "The fair is held in May instead."),
        ("/a/3", "School visited", "A class showed its work."),
    ];
    world.put("/office/", Answer::page(listing(&items)));
    for (path, title, _) in items.iter().filter(|(_, title, _)| *title != BAD) {
        world.put(
            path,
            Answer::page(article(title, "01.02.2026 10:00:00", &[&format!("{title}, said the mayor in the morning.")])),
        );
    }
    let house = House::new(ALL);
    house.write("sites/office.toml", site("office", &world.origin()));
    (world, house)
}

fn find<'a>(articles: &'a [Article], title: &str) -> Option<&'a Article> {
    articles.iter().find(|article| article.content.title.as_deref() == Some(title))
}

#[tokio::test]
async fn a_page_that_fails_waits_is_published_partial_and_completed_without_being_announced_again() {
    let (world, house) = world();
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;

    press.due().await;
    let articles = press.articles().await;
    assert_eq!(articles.len(), 2, "the good ones are published: {articles:#?}");
    assert!(articles.iter().all(|article| !article.content.partial && article.content.published.is_some()));
    let status = press.status("office").await;
    assert_eq!((status.pending, status.state.failures), (1, 0), "a page that fails does not fail its source");

    // Asked again after ten minutes, not before.
    clock.step(5.minutes());
    press.due().await;
    assert_eq!(world.count("/a/2"), 1);
    clock.step(6.minutes());
    press.due().await;
    assert_eq!(world.count("/a/2"), 2);
    assert!(find(&press.articles().await, BAD).is_none());

    // With title and summary it is held for an hour at most.
    clock.step(50.minutes());
    press.due().await;
    assert_eq!(world.count("/a/2"), 3);
    let articles = press.articles().await;
    let partial = find(&articles, BAD).expect("published from what the listing said").clone();
    assert!(partial.content.partial);
    assert!(partial.content.text.contains("held in May instead"), "{}", partial.content.text);
    assert_eq!(house.titles("all")[0], BAD);
    assert_eq!(house.feed("all")["items"][0]["_courant"]["partial"], true);

    world.put(
        "/a/2",
        Answer::page(article(
            BAD,
            "01.03.2026 09:00:00",
            &["The spring fair is held in May, when the roads are dry again."],
        )),
    );
    clock.step(25.hours());
    press.due().await;
    let articles = press.articles().await;
    let whole = find(&articles, BAD).expect("still there");
    assert!(!whole.content.partial);
    assert!(whole.content.text.contains("when the roads are dry again"));
    assert_eq!((whole.id, whole.announced_at), (partial.id, partial.announced_at), "not announced again");
    assert_eq!(whole.revision, 2);
    let revisions = press.store().revisions(whole.id).await.expect("the store works");
    assert_eq!(revisions.iter().map(|revision| revision.cause.as_str()).collect::<Vec<_>>(), ["page"]);
    assert_eq!(press.articles().await.len(), 3);
    assert_eq!(press.status("office").await.pending, 0);

    // Done: the page is not asked again.
    world.forget();
    clock.step(48.hours());
    press.due().await;
    assert_eq!(world.paths(), ["/office/"]);
    press.close().await;
}

#[tokio::test]
async fn a_page_that_comes_back_in_time_is_published_whole_at_once() {
    let (world, house) = world();
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    press.due().await;
    world.put(
        "/a/2",
        Answer::page(article(
            BAD,
            "01.03.2026 09:00:00",
            &["The spring fair is held in May, when the roads are dry again."],
        )),
    );
    clock.step(11.minutes());
    press.due().await;
    let articles = press.articles().await;
    let whole = find(&articles, BAD).expect("published");
    assert_eq!((whole.content.partial, whole.revision), (false, 1));
    press.close().await;
}

#[tokio::test]
async fn a_page_forbidden_by_robots_is_never_asked_and_its_entry_published_from_the_listing() {
    let (world, house) = world();
    world.put("/robots.txt", Answer::new("text/plain", "User-agent: *\nDisallow: /a/2\n"));
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    press.due().await;
    let articles = press.articles().await;
    assert!(find(&articles, BAD).is_some_and(|article| article.content.partial), "{articles:#?}");
    assert_eq!(articles.len(), 3);
    assert_eq!(world.count("/a/2"), 0);
    press.close().await;
}

#[tokio::test]
async fn pages_are_left_alone_while_robots_txt_cannot_be_had() {
    let (world, house) = world();
    world.put("/robots.txt", Answer::status(500));
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    press.due().await;
    assert_eq!(world.paths(), ["/office/", "/robots.txt"], "one try for the rules, none for the pages");
    assert_eq!(press.status("office").await.pending, 3);
    world.put("/robots.txt", Answer::status(404));
    for _ in 0..4 {
        clock.step(40.minutes());
        press.due().await;
    }
    let articles = press.articles().await;
    let whole = articles.iter().filter(|article| !article.content.partial).count();
    assert_eq!((articles.len(), whole), (3, 2), "{articles:#?}");
    press.close().await;
}

#[tokio::test]
async fn a_long_listing_is_read_whole_in_its_first_round_and_announces_its_newest() {
    let world = World::start();
    let rows: Vec<(String, String)> =
        (1..=30).rev().map(|n| (format!("/a/{n}"), format!("Notice {n} of the office"))).collect();
    let items: Vec<(&str, &str, &str)> = rows.iter().map(|(path, title)| (path.as_str(), title.as_str(), "")).collect();
    world.put("/office/", Answer::page(listing(&items)));
    for (path, title) in &rows {
        world.put(
            path,
            Answer::page(article(title, "01.02.2026 10:00:00", &[&format!("{title}, in full and for everybody.")])),
        );
    }
    let house = House::new(ALL);
    house.write("sites/office.toml", site("office", &world.origin()));
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    press.due().await;
    let status = press.status("office").await;
    assert_eq!((status.articles, status.pending), (30, 0));
    let mut titles = house.titles("all");
    titles.sort();
    let mut newest: Vec<String> = (21..=30).map(|n| format!("Notice {n} of the office")).collect();
    newest.sort();
    assert_eq!(titles, newest);
    assert_eq!(world.asked().len(), 32, "each page once, the listing once, the rules once");
    press.close().await;
}

#[tokio::test]
async fn a_list_that_broke_off_on_its_second_page_is_read_on_when_that_is_back() {
    let world = World::start();
    let house = House::new(ALL);
    let rules = site("office", &world.origin())
        .replace("summary = ", "next = { select = \"a.next @href\", pages = 2 }\nsummary = ");
    house.write("sites/office.toml", rules);
    let more = listing(&[("/a/1", "Bridge opened", "It is open.")])
        .replace("</ul>", "</ul><a class=\"next\" href=\"?page=2\">Next</a>");
    world.put("/office/", Answer::page(more));
    world.put("/office/?page=2", Answer::status(500));
    for (path, title) in [("/a/1", "Bridge opened"), ("/a/2", "Mill sold")] {
        world.put(
            path,
            Answer::page(article(title, "01.02.2026 10:00:00", &[&format!("{title}, said the mayor in the morning.")])),
        );
    }
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    press.all().await;
    assert_eq!(house.titles("all"), ["Bridge opened"]);
    world.put("/office/?page=2", Answer::page(listing(&[("/a/2", "Mill sold", "It has an owner.")])));
    clock.step(1.hours());
    press.all().await;
    assert_eq!(press.articles().await.len(), 2, "{:?} {:?}", house.titles("all"), world.paths());
    press.close().await;
}

/// A page that scripts draw: nothing but its head can be read.
fn drawn_by_script(title: &str, head: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>{title}</title><meta property=\"og:title\" content=\"{title}\">{head}\
         </head><body><div id=\"app\"></div><script src=\"/app.js\"></script></body></html>"
    )
}

#[tokio::test]
async fn a_page_without_text_is_read_in_the_other_form_it_offers_and_keeps_its_address() {
    let world = World::start();
    let items = [("/a/1", "Bridge opened", ""), ("/a/2", "Fair in May", ""), ("/a/3", "School visited", "")];
    world.put("/office/", Answer::page(listing(&items)));
    let head = "<link rel=\"amphtml\" href=\"/amp/1\"><meta property=\"article:published_time\" content=\"2026-02-01T10:00:00Z\">";
    world.put("/a/1", Answer::page(drawn_by_script("Bridge opened", head)));
    let whole =
        article("Bridge opened", "01.02.2026 10:00:00", &["The new bridge is open, said the mayor in the morning."]);
    world.put("/amp/1", Answer::page(whole));
    // Its other form is forbidden: nothing is asked, and the page stands for what it is.
    world.put("/robots.txt", Answer::new("text/plain", "User-agent: *\nDisallow: /print/\n"));
    let head = "<link rel=\"alternate\" media=\"print\" href=\"/print/2\">";
    world.put("/a/2", Answer::page(drawn_by_script("Fair in May", head)));
    // A page that has its text is not asked for in another form.
    let long =
        "A class showed its work to the people of the town and told how the boat for the races was built. ".repeat(4);
    let page = article("School visited", "01.02.2026 11:00:00", &[&long]);
    world.put("/a/3", Answer::page(page.replace("</head>", "<link rel=\"amphtml\" href=\"/amp/3\"></head>")));
    let house = House::new(ALL);
    house.write("sites/office.toml", site("office", &world.origin()));
    let clock = SteppedClock::at("2026-03-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    press.due().await;
    let articles = press.articles().await;
    let bridge = &find(&articles, "Bridge opened").expect("published").content;
    assert_eq!(bridge.link.as_str(), format!("{}/a/1", world.origin()), "the address is that of the page");
    assert!(bridge.text.contains("said the mayor") && !bridge.partial, "{bridge:#?}");
    assert!(bridge.published.is_some());
    assert_eq!(
        (world.count("/amp/1"), world.count("/print/2"), world.count("/amp/3")),
        (1, 0, 0),
        "{:?}",
        world.paths()
    );
    assert_eq!(press.status("office").await.pending, 1, "the fair waits");
    press.close().await;

    // Both forms are kept: read again by the same rules they come to the same, and nobody is asked.
    world.forget();
    let ended = house.courant(&["renormalize"]).expect(0);
    assert_eq!(ended.out, "2 pages read again: 0 articles changed\n");
    let press = Press::open(&house, &clock).await;
    let articles = press.articles().await;
    let bridge = find(&articles, "Bridge opened").expect("still there");
    assert!(bridge.content.text.contains("said the mayor") && bridge.revision == 1, "{bridge:#?}");
    assert!(world.asked().is_empty());
    press.close().await;
}
