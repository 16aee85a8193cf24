//! Pages that are kept, read again by other rules: what differs is a revision, nothing is news, nobody is asked.

use courant::plan::KeptPage;
use jiff::ToSpan;

use crate::support::documents::{article, listing, site};
use crate::support::{ALL, Answer, House, Press, SteppedClock, World};

const NOW: &str = "2026-03-01T12:00:00Z";

/// A site of two articles, whose rules read the date without minding the day.
fn world() -> (World, House) {
    let world = World::start();
    let items =
        [("/a/1", "Bridge opened", "The new bridge is open."), ("/a/2", "School visited", "A class showed its work.")];
    world.put("/office/", Answer::page(listing(&items)));
    for (path, title, _) in items {
        let text = format!("{title}, said the mayor in the morning, and everybody came to see it.");
        world.put(
            path,
            Answer::page(article(title, "01.02.2026 10:00:00", &[&text, "Share this page with everybody."])),
        );
    }
    let house = House::new(ALL);
    house.write("sites/office.toml", site("office", &world.origin()));
    (world, house)
}

/// Reads everything once.
async fn read(house: &House) {
    let press = Press::open(house, &SteppedClock::at(NOW)).await;
    press.due().await;
    assert_eq!(press.articles().await.len(), 2);
    press.close().await;
}

/// Rules that leave the line about sharing out.
fn with_better_rules(house: &House) {
    let rules = house.read("sites/office.toml");
    let better = rules.replace("[article]", "[article]\ndrop = [\"p:last-of-type\"]");
    assert_ne!(rules, better);
    house.write("sites/office.toml", better);
}

async fn kept(house: &House) -> Vec<KeptPage> {
    let press = Press::open(house, &SteppedClock::at(NOW)).await;
    let source = "office".parse().expect("an id");
    let mut pages = Vec::new();
    for id in press.store().kept(&source).await.expect("lists") {
        pages.extend(press.store().kept_page(id).await.expect("reads"));
    }
    press.close().await;
    pages
}

#[tokio::test]
async fn pages_are_kept_as_they_were_fetched() {
    let (world, house) = world();
    let moved =
        article("Bridge opened", "01.02.2026 10:00:00", &["The bridge is open, said the mayor in the morning."]);
    world.put("/a/1", Answer::moved(301, "/b/1"));
    world.put("/b/1", Answer::page(moved.clone()));
    read(&house).await;
    let pages = kept(&house).await;
    assert_eq!(pages.len(), 2);
    let bridge = pages.iter().find(|page| page.url.path() == "/a/1").expect("kept");
    let [part] = &bridge.parts[..] else { panic!("one page: {bridge:?}") };
    assert_eq!((part.url.path(), part.fetched_at.to_string().as_str()), ("/b/1", NOW));
    assert_eq!(part.content_type.as_deref(), Some("text/html; charset=utf-8"));
    assert_eq!(part.document().expect("whole").body, moved);
    assert_eq!(bridge.entry.title.as_ref().map(|title| title.value.as_str()), Some("Bridge opened"));
}

#[tokio::test]
async fn no_page_is_kept_where_none_is_wanted() {
    let (_world, mut house) = world();
    house.set("COURANT_KEEP_PAGES", "none");
    read(&house).await;
    assert_eq!(kept(&house).await, []);
    let ended = house.courant(&["renormalize"]).expect(0);
    assert!(ended.out.contains("`keep_pages = \"none\"` keeps none"), "{}", ended.out);
}

#[tokio::test]
async fn other_rules_make_revisions_that_are_no_news_and_ask_nobody() {
    let (world, house) = world();
    read(&house).await;
    let before = house.feed("all");
    assert!(before.to_string().contains("Share this page"), "{before}");
    world.forget();

    let same = house.courant(&["renormalize"]).expect(0);
    assert_eq!(same.out, "2 pages read again: 0 articles changed\n");
    assert_eq!(house.feed("all"), before);

    with_better_rules(&house);
    let dry = house.courant(&["renormalize", "--dry-run"]).expect(0);
    assert!(dry.out.contains("    - Share this page with everybody.\n"), "{}", dry.out);
    assert!(dry.out.ends_with("2 pages read again: 2 articles would differ\n"), "{}", dry.out);
    assert_eq!(house.feed("all"), before, "a dry run changes nothing");

    let done = house.courant(&["renormalize", "--site", "office"]).expect(0);
    assert!(done.out.ends_with("2 pages read again: 2 articles changed\n"), "{}", done.out);
    let after = house.feed("all");
    assert!(!after.to_string().contains("Share this page"), "{after}");
    let facts = |feed: &serde_json::Value| {
        let items = feed["items"].as_array().expect("items").clone();
        items
            .iter()
            .map(|item| (item["id"].clone(), item["url"].clone(), item["date_published"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(facts(&after), facts(&before), "identity, order and dates stay");

    let press = Press::open(&house, &SteppedClock::at("2026-03-02T12:00:00Z")).await;
    for article in press.articles().await {
        assert_eq!(article.revision, 2);
        assert_eq!(article.announced_at, article.content.published, "it keeps the place it had");
        let revisions = press.store().revisions(article.id).await.expect("reads");
        assert_eq!((revisions.len(), revisions[0].cause.as_str()), (1, "rules"));
        assert!(revisions[0].before.text.contains("Share this page"));
    }
    press.close().await;
    assert_eq!(world.paths(), [""; 0], "nobody was asked");

    let again = house.courant(&["renormalize"]).expect(0);
    assert_eq!(again.out, "2 pages read again: 0 articles changed\n");
}

#[tokio::test]
async fn rules_that_find_nothing_leave_the_article_and_say_so() {
    let (_world, house) = world();
    read(&house).await;
    let before = house.feed("all");
    let rules = house.read("sites/office.toml");
    let start = rules.find("body =").expect("a rule for the body");
    let end = rules[start..].find('\n').map_or(rules.len(), |length| start + length);
    house.write("sites/office.toml", format!("{}body = \"#nowhere\"{}", &rules[..start], &rules[end..]));
    let ended = house.courant(&["renormalize"]).expect(0);
    // A rule that finds nothing leaves the field to the heuristics: either way the article is still there.
    assert!(ended.out.contains("2 pages read again"), "{}", ended.out);
    assert_eq!(house.titles("all").len(), before["items"].as_array().map_or(0, Vec::len));
}

#[tokio::test]
async fn what_its_source_changed_since_is_passed_over() {
    let (world, house) = world();
    read(&house).await;
    // The listing says something else, and the page cannot be fetched any more.
    let items = [
        ("/a/1", "Bridge closed", "The new bridge is closed."),
        ("/a/2", "School visited", "A class showed its work."),
    ];
    world.put("/office/", Answer::page(listing(&items)));
    world.put("/a/1", Answer::status(500));
    let clock = SteppedClock::at(NOW);
    let press = Press::open(&house, &clock).await;
    clock.step(2.hours());
    press.all().await;
    press.close().await;
    with_better_rules(&house);
    let ended = house.courant(&["renormalize"]).expect(0);
    assert!(
        ended.out.ends_with(
            "2 pages read again: 1 articles changed; 1 passed over, for their source has said something else since\n"
        ),
        "{}",
        ended.out
    );
}

#[tokio::test]
async fn another_run_keeps_it_out_but_not_a_dry_run() {
    let (_world, house) = world();
    read(&house).await;
    let press = Press::open(&house, &SteppedClock::at(NOW)).await;
    let ended = house.courant(&["renormalize"]).expect(75);
    assert!(ended.err.contains("another run holds"), "{}", ended.err);
    house.courant(&["renormalize", "--dry-run"]).expect(0);
    press.close().await;
    house.courant(&["renormalize"]).expect(0);
}

#[test]
fn names_that_are_nobodys_are_usage_errors() {
    let (_world, house) = world();
    for (arguments, said) in [
        (["--site", "offices"], "no source uses the rules of a site `offices`"),
        (["--source", "offices"], "there is no source `offices`"),
    ] {
        let ended = house.courant(&["renormalize", arguments[0], arguments[1]]).expect(2);
        assert!(ended.err.contains(said), "{}", ended.err);
    }
    let ended = house.courant(&["renormalize"]).expect(0);
    assert!(ended.out.contains("no pages are kept yet"), "{}", ended.out);
}
