//! Lists of subscriptions: in from other readers, and out again.

use courant::model::Document;
use courant::parse;

use crate::support::{ALL, House, assert_says};

const LIST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>My feeds</title></head><body>
<outline text="World">
  <outline text="Town &amp; Lake" type="rss" xmlUrl="https://town.example.org/feed.xml" htmlUrl="https://town.example.org/"/>
  <outline text="Far away"><outline text="Islands" type="rss" xmlUrl="https://islands.example.org/rss?lang=en&amp;full=1"/></outline>
  <outline text="A folder without feeds"/>
</outline>
<outline text="Harbour" type="rss" xmlUrl="https://harbour.example.org/atom"/>
<outline text="Harbour again" type="rss" xmlUrl="https://harbour.example.org/atom"/>
<outline text="A page" type="link" url="https://page.example.org/"/>
<outline text="A local file" type="rss" xmlUrl="file:///etc/passwd"/>
</body></opml>"#;

fn outlines(text: &str) -> Vec<(String, Option<String>, Vec<String>)> {
    let document = Document { url: None, content_type: None, body: text.to_owned().into_bytes().into() };
    let read = parse::opml(&document).expect("a list");
    let mut rows: Vec<_> =
        read.feeds.into_iter().map(|outline| (outline.feed_url, outline.title, outline.tags)).collect();
    rows.sort();
    rows
}

#[test]
fn a_nested_list_is_imported_once_and_exported_again() {
    let house = House::new("");
    house.write("list.opml", LIST);
    let first = house.courant(&["import", "list.opml"]).expect(0);
    assert_says(&first.out, &["3 sources added", "sources/imported.toml", "1 have no http(s) address"]);
    let checked = house.courant(&["check"]).expect(0);
    assert_says(&checked.out, &["3 sources"]);

    let again = house.courant(&["import", "opml", "list.opml"]).expect(0);
    assert_says(&again.out, &["nothing to add"]);
    let files = std::fs::read_dir(house.path("sources")).expect("a folder").count();
    assert_eq!(files, 1);

    let exported = house.courant(&["export"]).expect(0);
    let wanted = [
        ("https://harbour.example.org/atom", "Harbour", &[][..]),
        ("https://islands.example.org/rss?lang=en&full=1", "Islands", &["World", "Far away"]),
        ("https://town.example.org/feed.xml", "Town & Lake", &["World"]),
    ];
    let own = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
    let wanted: Vec<_> =
        wanted.iter().map(|(url, name, tags)| ((*url).to_owned(), Some((*name).to_owned()), own(tags))).collect();
    assert_eq!(outlines(&exported.out), wanted, "{}", exported.out);

    // What was exported is known to where it came from, and gives the same sources elsewhere.
    house.write("exported.opml", &exported.out);
    let back = house.courant(&["import", "exported.opml"]).expect(0);
    assert_says(&back.out, &["nothing to add"]);
    let other = House::new("");
    other.write("exported.opml", &exported.out);
    other.courant(&["import", "exported.opml"]).expect(0);
    assert_eq!(outlines(&other.courant(&["export"]).expect(0).out), wanted);
}

#[test]
fn tags_of_a_list_can_be_selected_by_feeds() {
    let house = House::new("");
    house.write("list.opml", LIST);
    house.courant(&["import", "list.opml"]).expect(0);
    let feed = ALL.replace("\"*\"", "\"tag:World\"");
    house.write("courant.toml", house.read("courant.toml") + &feed);
    house.courant(&["check"]).expect(0);
}

#[test]
fn a_list_that_breaks_off_gives_what_is_there() {
    let house = House::new("");
    house.write("list.opml", LIST.split("<outline text=\"Harbour\"").next().expect("a beginning"));
    let ended = house.courant(&["import", "list.opml"]).expect(0);
    assert_says(&ended.out, &["2 sources added"]);
}

#[test]
fn what_is_no_list_is_refused_with_what_it_is() {
    let rows = [
        ("rss.xml", "<rss version=\"2.0\"><channel/></rss>", "`rss`"),
        ("text.txt", "nothing but words", "not a list of subscriptions"),
        ("empty.opml", "", "empty"),
    ];
    let house = House::new("");
    for (name, text, part) in rows {
        house.write(name, text);
        let ended = house.courant(&["import", name]).expect(2);
        assert_says(&ended.err, &[name, "not a list of subscriptions", part]);
    }
    let ended = house.courant(&["import", "nowhere.opml"]).expect(2);
    assert_says(&ended.err, &["cannot read `nowhere.opml`"]);
    assert!(!house.path("sources").exists());
}

#[test]
fn the_published_lists_name_feeds_and_sources() {
    let house = House::new(ALL);
    house.write("list.opml", LIST);
    house.courant(&["import", "list.opml"]).expect(0);
    let mut house = house;
    // Nobody is reached; the lists are published all the same.
    house.set("COURANT_FETCH_PROXY", "http://127.0.0.1:9");
    house.courant(&["once"]).expect(3);
    let feeds = house.read("public/feeds.opml");
    assert_says(&feeds, &["http://127.0.0.1:9/feeds/all.rss"]);
    assert_eq!(outlines(&house.read("public/sources.opml")).len(), 3);
}
