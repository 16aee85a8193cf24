//! Sources by their address: what `read` says of a page, `add`, `remove`.

use std::fs;

use crate::support::documents::{listing, rss, stories};
use crate::support::{ALL, Answer, House, World, assert_says};

const GAZETTE: &str = "<!doctype html><html><head><title>The Gazette</title>\
    <link rel=alternate type=application/rss+xml title='Comments' href=/comments.xml>\
    <link rel=alternate type=application/rss+xml title='News' href=/feed.xml></head><body><p>Welcome</p></body></html>";

const NOTES: &str = "<!doctype html><html><head><title>Notes</title></head><body><div class=h-feed><h1 class=p-name>Ann's notes</h1>\
    <div class=h-entry><a class='u-url p-name' href=/n/1>Bees</a><time class=dt-published datetime=2026-01-02T12:00:00Z></time><div class=e-content><p>They came back.</p></div></div>\
    <div class=h-entry><a class='u-url p-name' href=/n/2>Bread</a><time class=dt-published datetime=2026-01-01T12:00:00Z></time><div class=e-content><p>It rose.</p></div></div></div></body></html>";

fn feed(name: &str, count: u32) -> Answer {
    Answer::feed(rss(&stories(name, 1..=count)))
}

/// The address of a path of a world.
fn at(world: &World, path: &str) -> String {
    world.origin() + path
}

/// The names of the files of sources, sorted.
fn files(house: &House) -> Vec<String> {
    let Ok(items) = fs::read_dir(house.path("sources")) else { return Vec::new() };
    let mut names: Vec<String> =
        items.map(|item| item.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn read_lists_the_feeds_of_a_page_and_stays_readable_for_programs() {
    let world = World::start();
    world.put("/", Answer::page(GAZETTE));
    world.put("/plain", Answer::page("<html><head><title>Plain</title></head><body>Hello"));
    let house = House::new("");
    let ended = house.courant(&["read", &at(&world, "/")]).expect(1);
    let answer = ended.json();
    assert_eq!(answer["ok"], false);
    let feeds = answer["feeds"].as_array().expect("a list");
    let rows: Vec<_> =
        feeds.iter().map(|feed| (feed["url"].as_str().unwrap(), feed["title"].as_str().unwrap())).collect();
    assert_eq!(rows, [(at(&world, "/feed.xml").as_str(), "News"), (at(&world, "/comments.xml").as_str(), "Comments")]);
    assert_eq!(feeds[0]["type"], "application/rss+xml");
    assert_eq!(feeds[0]["why"], "announced by the page");
    assert_says(
        &ended.err,
        &["this is a web page (“The Gazette”)", &format!("courant read {}", at(&world, "/feed.xml"))],
    );

    let plain = house.courant(&["read", &at(&world, "/plain")]).expect(1);
    assert_eq!(plain.json()["feeds"], serde_json::json!([]));
    assert!(plain.json()["hint"].is_null());
}

#[test]
fn feeds_are_told_by_content_whatever_they_are_served_as() {
    let world = World::start();
    world.put("/feed", Answer::page(rss(&stories("gazette", 1..=3))));
    world.put("/notes", Answer::page(NOTES));
    let house = House::reading(&[("gazette", at(&world, "/feed")), ("notes", at(&world, "/notes"))]);
    assert_eq!(house.courant(&["read", &at(&world, "/notes")]).expect(0).json()["format"], "h-feed");
    house.courant(&["once"]).expect(0);
    let titles = house.titles("all");
    assert!(titles.contains(&"Bees".to_owned()) && titles.contains(&"Story 3 of gazette".to_owned()), "{titles:?}");
    assert_eq!(titles.len(), 5);
}

#[test]
fn a_page_leads_to_its_feed_which_is_shown_and_added() {
    let world = World::start();
    world.put("/", Answer::page(GAZETTE));
    world.put("/feed.xml", feed("gazette", 12));
    let house = House::new(ALL);
    let page = at(&world, "/");
    let tried = house.courant(&["add", &page, "--dry-run"]).expect(0);
    assert_says(
        &tried.out,
        &["its feed", "The Gazette", "Entries  12", "Story 12 of gazette", "… and 7 more", "[[source]]"],
    );
    assert!(files(&house).is_empty());

    let added = house.courant(&[
        "add",
        &page,
        "--id",
        "gazette",
        "--tag",
        "world",
        "--tag",
        "local",
        "--tag",
        "world",
        "--every",
        "90m",
        "--name",
        "Our \"Gazette\"",
    ]);
    let added = added.expect(0);
    assert_says(&added.out, &["Added as `gazette`", "sources/gazette.toml", "Its articles go into: all"]);
    assert_eq!(files(&house), ["gazette.toml"]);
    let text = house.read("sources/gazette.toml");
    assert_says(
        &text,
        &["id = \"gazette\"", "tags = [\"world\", \"local\"]", "every = \"1h30m\"", &at(&world, "/feed.xml")],
    );
    world.forget();
    house.courant(&["once"]).expect(0);
    assert_eq!(world.paths(), ["/feed.xml"]);
    assert_eq!(house.titles("all").len(), 10, "the newest ten are announced at first");
}

#[test]
fn what_is_a_source_already_is_refused_with_its_place() {
    let world = World::start();
    world.put("/", Answer::page(GAZETTE));
    world.put("/feed.xml", feed("gazette", 2));
    world.put("/old.xml", Answer::moved(301, &at(&world, "/feed.xml")));
    let house = House::reading(&[("gazette", at(&world, "/feed.xml"))]);
    for path in ["/", "/feed.xml", "/feed.xml?utm_source=x", "/old.xml"] {
        let ended = house.courant(&["add", &at(&world, path)]).expect(2);
        assert_says(&ended.err, &["is a source already: `gazette`, in ", "courant.toml:"]);
    }
    world.put("/other.xml", feed("other", 2));
    let ended = house.courant(&["add", &at(&world, "/other.xml"), "--id", "gazette"]).expect(2);
    assert_says(&ended.err, &["the id `gazette` is taken", "--id"]);
    assert!(files(&house).is_empty());
}

#[test]
fn an_address_that_moved_for_good_is_added_where_it_is_now() {
    let world = World::start();
    world.put("/old.xml", Answer::moved(301, &at(&world, "/new.xml")));
    world.put("/away.xml", Answer::moved(302, &at(&world, "/new2.xml")));
    world.put("/new.xml", feed("gazette", 2));
    world.put("/new2.xml", feed("gazette", 2));
    let house = House::new("");
    let moved = house.courant(&["add", &at(&world, "/old.xml"), "--json"]).expect(0).json();
    assert_eq!(moved["url"], at(&world, "/new.xml"));
    let away = house.courant(&["add", &at(&world, "/away.xml"), "--json"]).expect(0).json();
    assert_eq!(away["url"], at(&world, "/away.xml"), "a redirect for now is not kept");
}

#[test]
fn feeds_are_tried_one_after_the_other_until_one_can_be_read() {
    let world = World::start();
    let links = "<link rel=alternate type=application/atom+xml href=/gone.atom><link rel=alternate type=application/rss+xml href=/page>\
        <link rel=alternate type=application/rss+xml href=/empty.xml><link rel=alternate type=application/rss+xml href=/good.xml>";
    world.put("/", Answer::page(format!("<html><head><title>T</title>{links}</head>")));
    world.put("/page", Answer::page("<html><body>A page</body></html>"));
    world.put("/empty.xml", Answer::feed(rss(&[])));
    world.put("/good.xml", feed("good", 1));
    let house = House::new("");
    let answer = house.courant(&["add", &at(&world, "/"), "--json"]).expect(0).json();
    assert_eq!((&answer["ok"], &answer["url"]), (&true.into(), &at(&world, "/good.xml").into()));
    let tried: Vec<_> =
        answer["tried"].as_array().unwrap().iter().map(|row| row["problem"].as_str().unwrap()).collect();
    assert_eq!(tried, ["answers 404", "a web page", "a feed without entries"]);
    assert_eq!(answer["entries"], 1);
    assert_eq!(answer["first"][0]["title"], "Story 1 of good");
    assert_eq!(answer["published_in"], serde_json::json!([]));
}

#[test]
fn places_nobody_named_are_tried_only_as_robots_txt_and_the_user_allow() {
    let world = World::start();
    world.put("/", Answer::page("<html><head><title>T</title></head><body><p>Hello</p></body></html>"));
    world.put(
        "/hugo/",
        Answer::page("<html><head><title>T</title><meta name=generator content='Hugo 0.1'></head></html>"),
    );
    world.put("/rss.xml", feed("hidden", 2));
    world.put("/hugo/index.xml", feed("hugo", 2));
    let house = House::new("");
    let ended = house.courant(&["add", &at(&world, "/")]).expect(2);
    assert_says(&ended.err, &["it leads to no feed", "--guess"]);
    assert_eq!(world.paths(), ["/"], "nothing is guessed unless asked for");

    let added = house.courant(&["add", "--guess", &at(&world, "/"), "--json"]).expect(0).json();
    assert_eq!((&added["url"], &added["why"]), (&at(&world, "/rss.xml").into(), &"a usual place".into()));

    let hugo = house.courant(&["add", &at(&world, "/hugo/"), "--json"]).expect(0).json();
    assert_eq!(hugo["why"], "where Hugo keeps it");

    let closed = World::start();
    closed.put("/", Answer::page("<html><head><title>T</title></head></html>"));
    closed.put("/feed", feed("closed", 2));
    closed.put("/robots.txt", Answer::new("text/plain", "User-agent: *\nDisallow: /\n"));
    let ended = house.courant(&["add", "--guess", &at(&closed, "/")]).expect(2);
    assert_says(&ended.err, &["robots.txt does not allow it"]);
    assert_eq!(closed.count("/feed"), 0);
    let named = house.courant(&["add", &at(&closed, "/feed")]);
    named.expect(0);
}

#[test]
fn a_page_without_feed_becomes_a_drafted_site_file() {
    let world = World::start();
    let list: String = (1..=6)
        .map(|n| {
            format!(
                "<li class=news><a class=head href=/n/10{n}>The bridge number {n} at Lakeside opens early</a>\
                 <span class=day>1{n}.06.2023</span><p>It took {n} years to build the bridge over the river.</p></li>"
            )
        })
        .collect();
    world.put("/news/", Answer::page(format!("<html lang=en><title>News of Lakeside</title><body><ul>{list}</ul>")));
    for n in 1..=6 {
        let time = format!("<time itemprop=datePublished datetime=2023-06-1{n}T10:00:00+03:00>June 1{n}</time>");
        let text =
            "The two banks of the river are joined again, and the ferry is given up after a hundred years. ".repeat(6);
        let page = format!(
            "<html lang=en><body><article><h1>The bridge number {n} at Lakeside opens early</h1>{time}<p>{text}</p>"
        );
        world.put(&format!("/n/10{n}"), Answer::page(page));
    }
    let house = House::new(ALL);
    let page = at(&world, "/news/");
    let tried = house.courant(&["add", &page, "--dry-run"]).expect(0);
    let rules = ["item = \"li.news\"", "link = \"a.head @href\"", "title = \"a.head\"", "published = \"span.day\""];
    assert_says(&tried.out, &rules);
    assert_says(&tried.out, &["it leads to no feed", "The bridge number 1", "timezone = \"Etc/GMT-3\"", "[[expect]]"]);
    assert!(!house.path("sites").exists(), "nothing is written by a dry run");

    let added = house.courant(&["add", &page, "--id", "lakeside", "--tag", "towns", "--every", "30m"]).expect(0);
    assert_says(&added.out, &["Drafted the site `lakeside`", "courant test lakeside", "Its articles go into: all"]);
    let site = house.read("sites/lakeside.toml");
    assert_says(&site, &["name = \"News of Lakeside\"", "tags = [\"towns\"]", "every = \"30m\""]);
    assert_eq!(site.matches("\n[[expect]]\n").count(), 3, "{site}");
    assert!(house.path("sites/pages/lakeside/list.html").exists());
    house.courant(&["check"]).expect(0);
    let tested = house.courant(&["test"]).expect(0);
    assert_says(&tested.out, &["3 as expected, 0 not"]);
    house.courant(&["once"]).expect(0);
    assert_eq!(house.titles("all").len(), 6);
    let again = house.courant(&["add", &page]).expect(2);
    assert_says(&again.err, &["is a source already: `lakeside`"]);
}

#[test]
fn a_list_without_names_is_drafted_without_selectors() {
    let world = World::start();
    let list: String = (1..=5)
        .map(|n| format!("1{n}.06.2023 <a href=/n/10{n}>The bridge number {n} at Lakeside opens early</a><br>"))
        .collect();
    world.put("/", Answer::page(format!("<html><title>T</title><body>{list}")));
    let house = House::new(ALL);
    let added = house.courant(&["add", &at(&world, "/"), "--json"]).expect(0).json();
    assert_eq!((&added["has_rules"], &added["entries"]), (&false.into(), &5.into()), "{added}");
    house.courant(&["check"]).expect(0);
    house.courant(&["test"]).expect(0);
}

#[test]
fn the_page_itself_is_a_source_when_asked_for() {
    let world = World::start();
    let items = [
        (
            "/n/1",
            "The bridge at Lakeside opens in the spring of the year",
            "It took two years to build the bridge over the river.",
        ),
        (
            "/n/2",
            "Four firms have signed the contract for the works",
            "The contract was signed at the town hall on Monday.",
        ),
        (
            "/n/3",
            "The Mayor has visited the new school in the valley",
            "The school has room for three hundred children.",
        ),
    ];
    world.put("/news/", Answer::page(listing(&items)));
    world.put("/bare/", Answer::page("<html><head><title>Bare</title></head><body><p>Nothing here</p></body></html>"));
    let house = House::new(ALL);
    let added = house.courant(&["add", "--page", &at(&world, "/news/"), "--id", "office"]).expect(0);
    assert_says(&added.out, &["Added as `office`", "The bridge at Lakeside"]);
    assert_says(&house.read("sources/office.toml"), &["kind = \"page\"", "name = \"News\""]);
    house.courant(&["once"]).expect(0);

    for arguments in [vec!["add", "--page"], vec!["add"]] {
        let url = at(&world, "/bare/");
        let bare = house.courant(&[arguments, vec![&url]].concat()).expect(2);
        assert_says(&bare.err, &["nothing was added"]);
    }
    assert_eq!(files(&house), ["office.toml"]);
}

#[test]
fn a_page_that_marks_up_its_entries_is_a_feed() {
    let world = World::start();
    world.put("/notes", Answer::page(NOTES));
    let house = House::new(ALL);
    let added = house.courant(&["add", &at(&world, "/notes"), "--id", "notes"]).expect(0);
    assert_says(&added.out, &["marks up its entries", "Ann's notes", "h-feed"]);
    house.courant(&["once"]).expect(0);
    assert_eq!(house.titles("all"), ["Bees", "Bread"]);
}

#[test]
fn what_cannot_be_had_is_explained_and_nothing_is_written() {
    let world = World::start();
    world.put("/sitemap.xml", Answer::new("text/xml", "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>"));
    world.put("/picture", Answer::new("image/png", b"\x89PNG\r\n\x1a\n"));
    world.put("/gone", Answer::status(410));
    world.put("/slow", Answer::status(429).header("Retry-After", "600"));
    let house = House::new("");
    let rows = [
        ("/nowhere", "answers 404 (not found)"),
        ("/gone", "gone for good (410)"),
        ("/slow", "429"),
        ("/sitemap.xml", "a sitemap"),
        ("/picture", "a PNG picture"),
    ];
    for (path, part) in rows {
        let ended = house.courant(&["add", &at(&world, path)]).expect(2);
        assert_says(&ended.err, &["nothing was added", part]);
        let told = house.courant(&["add", &at(&world, path), "--json"]).expect(2).json();
        assert_eq!(told["ok"], false, "{path}");
    }
    let closed = house.courant(&["add", "http://10.1.2.3/feed"]).expect(2);
    assert_says(&closed.err, &["10.1.2.3 is a private address", "fetch.allow_networks"]);
    let wrong = house.courant(&["add", "ftp://x.example/"]).expect(2);
    assert_says(&wrong.err, &["not an http(s) address"]);
    let never = house.courant(&["add", &at(&world, "/f"), "--every", "30"]).expect(2);
    assert_says(&never.err, &["not a duration"]);
    assert!(files(&house).is_empty());
}

#[test]
fn a_source_is_removed_and_what_people_wrote_stays() {
    let world = World::start();
    world.put("/a.xml", feed("a", 3));
    world.put("/b.xml", feed("b", 2));
    let house = House::new(&format!("[[source]]\nid = \"own\"\nurl = \"{}\"\n{ALL}", at(&world, "/own.xml")));
    world.put("/own.xml", feed("own", 1));
    house.courant(&["add", &at(&world, "/a.xml"), "--id", "a"]).expect(0);
    house.courant(&["add", &at(&world, "/b.xml"), "--id", "b"]).expect(0);
    let both =
        format!("# My feeds\n\n{}\n# The second\n{}", house.read("sources/a.toml"), house.read("sources/b.toml"));
    fs::remove_file(house.path("sources/b.toml")).expect("it is there");
    house.write("sources/a.toml", &both);
    house.courant(&["once"]).expect(0);
    assert_eq!(house.titles("all").len(), 6);

    let removed = house.courant(&["remove", "a"]).expect(0);
    assert_says(&removed.out, &["`a` was taken out of", "articles stay"]);
    let rest = house.read("sources/a.toml");
    assert_says(&rest, &["# My feeds", "# The second", "id = \"b\""]);
    assert!(!rest.contains("id = \"a\""), "{rest}");
    house.courant(&["once"]).expect(0);
    assert_eq!(house.titles("all").len(), 3);

    // Named again it goes on where it was.
    house.courant(&["add", &at(&world, "/a.xml"), "--id", "a"]).expect(0);
    assert_eq!(files(&house), ["a-2.toml", "a.toml"]);
    house.courant(&["once"]).expect(0);
    assert_eq!(house.titles("all").len(), 6);
    house.courant(&["remove", "a"]).expect(0);
    assert_eq!(files(&house), ["a.toml"]);
    let shown = house.courant(&["status"]).expect(0).out;
    assert!(!shown.lines().any(|line| line.starts_with("a ")), "{shown}");

    let own = house.courant(&["remove", "own"]).expect(2);
    assert_says(&own.err, &["`own` is in", "courant.toml:"]);
    let nobody = house.courant(&["remove", "nobody"]).expect(2);
    assert_says(&nobody.err, &["there is no source `nobody`"]);
}

#[test]
fn a_source_that_a_feed_names_is_not_removed() {
    let world = World::start();
    world.put("/a.xml", feed("a", 1));
    let house = House::new("");
    house.courant(&["add", &at(&world, "/a.xml"), "--id", "a"]).expect(0);
    house.write("courant.toml", house.read("courant.toml") + &ALL.replace("\"*\"", "\"a\""));
    let before = house.read("sources/a.toml");
    let ended = house.courant(&["remove", "a"]).expect(2);
    assert_says(&ended.err, &["still needed", "takes `a`"]);
    assert_eq!(house.read("sources/a.toml"), before);
    house.courant(&["check"]).expect(0);
}

#[test]
fn one_source_is_polled_alone() {
    let world = World::start();
    world.put("/a.xml", feed("a", 1));
    world.put("/b.xml", feed("b", 1));
    let house = House::reading(&[("a", at(&world, "/a.xml")), ("b", at(&world, "/b.xml"))]);
    let polled = house.courant(&["poll", "a"]).expect(0);
    assert_says(&polled.out, &["1 entries, 1 new"]);
    assert_eq!(world.paths(), ["/a.xml"]);
    assert_eq!(house.titles("all"), ["Story 1 of a"]);
    house.courant(&["poll", "a"]).expect(0);
    assert_eq!(world.paths(), ["/a.xml", "/a.xml"], "whatever its time");

    world.put("/b.xml", Answer::status(500));
    let failed = house.courant(&["poll", "b"]).expect(1);
    assert_says(&failed.out, &["FAILED", "500"]);
    house.courant(&["pause", "b"]).expect(0);
    assert_says(&house.courant(&["poll", "b"]).expect(1).err, &["it is paused", "courant resume b"]);
    assert_says(&house.courant(&["poll", "c"]).expect(2).err, &["there is no source `c`"]);
}
