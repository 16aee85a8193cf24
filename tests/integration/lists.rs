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
    assert_says(
        &first.out,
        &[
            "3 sources added",
            "sources/imported.toml",
            "1 was in the list more than once",
            "1 has no http(s) address",
            "A local file file:///etc/passwd",
            "1 was left out, no feed but a page",
            "A page https://page.example.org/",
        ],
    );
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
fn a_long_list_is_split_into_files_people_can_read() {
    let house = House::new("");
    let outline = |n: usize| format!("<outline text=\"S {n}\" xmlUrl=\"https://s{n}.example.org/feed\"/>");
    house.write("list.opml", format!("<opml><body>{}</body></opml>", (0..2_345).map(outline).collect::<String>()));
    let first = house.courant(&["import", "list.opml"]).expect(0);
    assert_says(&first.out, &["2345 sources added in 3 files", "imported.toml to ", "imported-3.toml"]);
    assert_eq!(house.read("sources/imported-3.toml").matches("[[source]]").count(), 345);
    assert_says(&house.courant(&["import", "list.opml"]).expect(0).out, &["nothing to add", "2345 were known already"]);
    // One taken out by a command: all else stays as it was, comments included.
    let text = house.read("sources/imported-2.toml").replacen("[[source]]", "# Ours\n[[source]]", 2);
    house.write("sources/imported-2.toml", &text);
    let id = text
        .lines()
        .rfind(|line| line.starts_with("id = "))
        .expect("an id")
        .trim_matches(|c| !char::is_alphanumeric(c))
        .replace("id = \"", "");
    house.courant(&["remove", &id]).expect(0);
    let rest = house.read("sources/imported-2.toml");
    assert!(text.starts_with(&rest) && rest.matches("[[source]]").count() == 999);
}

#[test]
fn what_is_exported_comes_back_with_every_tag() {
    let tags = [&[][..], &["World"], &["World", "daily"], &["A, B & C/D", "x"], &["World", "1/2", "daily"]];
    let table = |(number, tags): (usize, &&[&str])| {
        let tags: Vec<String> = tags.iter().map(|tag| format!("{tag:?}")).collect();
        format!(
            "[[source]]\nid = \"s{number}\"\nurl = \"https://s{number}.example.org/feed?a=1&b=2\"\nname = \"Source {number}\"\ntags = [{}]\n",
            tags.join(", ")
        )
    };
    let house = House::new(&tags.iter().enumerate().map(table).collect::<String>());
    let exported = house.courant(&["export"]).expect(0).out;
    let other = House::new("");
    other.write("list.opml", &exported);
    other.courant(&["import", "list.opml"]).expect(0);
    let back = outlines(&other.courant(&["export"]).expect(0).out);
    let wanted: Vec<Vec<String>> = tags.iter().map(|tags| tags.iter().map(|tag| (*tag).to_owned()).collect()).collect();
    assert_eq!(back.into_iter().map(|(_, _, tags)| tags).collect::<Vec<_>>(), wanted, "{exported}");
}

#[test]
fn an_import_can_be_looked_at_first_and_told_to_programs() {
    let house = House::new("");
    house.write("list.opml", LIST);
    let tried = house.courant(&["import", "list.opml", "--dry-run", "--tag", "mine"]).expect(0);
    assert_says(&tried.out, &["3 sources would be added", "tags = [\"World\", \"Far away\", \"mine\"]"]);
    assert!(!house.path("sources").exists());
    let told = house.courant(&["import", "list.opml", "--json"]).expect(0).json();
    assert_eq!(told["added"].as_array().map(Vec::len), Some(3));
    let why: Vec<_> = told["left_out"].as_array().unwrap().iter().map(|row| row["why"].as_str().unwrap()).collect();
    assert_eq!(why, ["not-http", "page"]);
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

#[test]
fn rules_of_a_site_become_a_site_file_and_what_css_cannot_say_is_named() {
    let house = House::new("");
    let rules = "# The press office\ntitle: //h1[@class='head']\nbody: //div[@id='text']\nbody: //p[text()='x']/..\n\
        strip_id_or_class: share\nnext_page_link: //a[@rel='next']\ntest_url: https://press.example.org/a/1\n";
    house.write("press.example.org.txt", rules);
    let dry = house.courant(&["import", "press.example.org.txt", "--dry-run"]).expect(0);
    assert_says(
        &dry.out,
        &["body = 'div[id=\"text\"]'", "press.example.org.txt:4: not carried over: body: //p[text()='x']/.."],
    );
    assert!(!house.path("sites").join("press.example.org.toml").exists());

    let done = house.courant(&["import", "ftr", "press.example.org.txt"]).expect(0);
    assert_says(&done.out, &["rules of `press.example.org` written to", "`site = \"press.example.org\"`"]);
    house.courant(&["check"]).expect(0);
    assert_says(
        &house.read("sites/press.example.org.toml"),
        &["id = \"press.example.org\"", "# Not carried over, line 4"],
    );
    house.write("page.html", "<h1 class=head>Bridge opened</h1><div id=text><p>The bridge is open again.</p><p class='a share'>Share</p></div>");
    let page = house.courant(&["extract", "page.html", "--site", "sites/press.example.org.toml"]).expect(0).json();
    assert_eq!(
        (page["title"].as_str(), page["text"].as_str()),
        (Some("Bridge opened"), Some("The bridge is open again."))
    );

    let again = house.courant(&["import", "press.example.org.txt"]).expect(2);
    assert_says(&again.err, &["is it there already?"]);
    let json = house.courant(&["import", "--json", "--dry-run", "press.example.org.txt"]).expect(0).json();
    assert_eq!((json["site"].as_str(), json["left_out"][0]["line"].as_u64()), (Some("press.example.org"), Some(4)));
    house.write("list.txt", "https://a.example/feed\n");
    house.courant(&["import", "list.txt"]).expect(2);
}
