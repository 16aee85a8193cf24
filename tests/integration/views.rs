//! Views of feeds, asked of the program itself: what they show, what they cost, and that nobody has them who did not ask.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::Value;

use crate::support::documents::{day, item, rss, stories, title};
use crate::support::{Answer, House, Reply, Running, World, ask, assert_says, free_address, until};

/// What the feeds of these tests hold; older articles lie below.
const LIMITED: &str = "[[feed]]\nid = \"all\"\ntitle = \"Everything\"\nsources = [\"*\"]\nlimit = { items = 3 }\n\
                       drop = [{ title = 'Weather' }]\n";

struct Site {
    _world: World,
    house: House,
    _running: Running,
    address: SocketAddr,
}

impl Site {
    /// A daemon over two sources, with what is put before the settings.
    fn open(first: &str) -> Self {
        let world = World::start();
        world.put("/gazette", Answer::feed(rss(&stories("gazette", 1..=9))));
        let told = |number: u32, title: &str, text: &str| {
            let link = format!("https://courier.example.org/{number}");
            item(&link, &link, title, &day(number), text)
        };
        let courier = [
            told(20, "Weather of the week", "The water of the lake is warm."),
            told(
                12,
                "Le café du port est rouvert",
                "Les habitants du vieux port ont retrouvé leur café ce matin, après des travaux.",
            ),
            told(11, "A bridge over the water", "The new bridge is open to everybody who walks or rides."),
        ];
        world.put("/courier", Answer::feed(rss(&courier)));
        let source = |id: &str| format!("[[source]]\nid = \"{id}\"\nurl = \"{}/{id}\"\n", world.origin());
        let mut house = House::empty();
        let address = free_address();
        house.write(
            "courant.toml",
            format!(
                "base_url = \"http://127.0.0.1:9/feeds/\"\ncontact = \"https://news.example.org/about-us\"\nstore = \"sqlite:courant.db\"\n\
                 output = \"public\"\nlisten = \"none\"\nadmin_listen = \"none\"\n{first}[fetch]\nallow_networks = [\"127.0.0.0/8\"]\n{}{}{LIMITED}",
                source("gazette"),
                source("courier")
            ),
        );
        house.courant(&["once"]).expect(0);
        house.set("COURANT_LISTEN", &address);
        let running = house.start(&["run"]);
        let site = Self { _world: world, house, _running: running, address };
        until("the first answer", || (ask(site.address, "GET", "/all.rss", &[]).ok()?.status == 200).then_some(()));
        site
    }

    fn ask(&self, method: &str, path: &str, headers: &[&str]) -> Reply {
        let headers: Vec<String> = headers.iter().map(|line| (*line).to_owned()).collect();
        ask(self.address, method, path, &headers).expect("an answer")
    }

    fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[])
    }

    fn json(&self, question: &str) -> Value {
        let reply = self.get(&format!("/feeds/all.json?{question}"));
        assert_eq!(reply.status, 200, "{question}: {}", reply.text());
        serde_json::from_slice(&reply.body).expect("JSON")
    }

    fn titles(&self, question: &str) -> Vec<String> {
        let feed = self.json(question);
        let items = feed["items"].as_array().expect("items");
        items.iter().map(|item| item["title"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

#[test]
fn a_view_shows_what_fits_beyond_the_limit_of_its_feed_and_by_its_rules() {
    let site = Site::open("views = true\n");
    let gazette = |numbers: &[u32]| numbers.iter().map(|number| title("gazette", *number)).collect::<Vec<_>>();
    assert_eq!(site.titles("q=gazette"), gazette(&[9, 8, 7]), "no more than the feed itself holds");
    assert_eq!(site.titles("q=%22story+1%22"), gazette(&[1]), "the oldest of all");
    assert_eq!(site.titles("q=WATER"), ["A bridge over the water"], "what the rules drop is not shown");
    assert_eq!(site.titles("q=cafe&lang=fr"), ["Le café du port est rouvert"]);
    assert_eq!(site.titles("source=courier").len(), 2);
    assert_eq!(site.titles("q=%22new+bridge%22&source=courier,gazette").len(), 1);
    assert_eq!(site.titles("since=2026-01-12&source=courier").len(), 1);
    assert_eq!(site.titles("q=nowhere"), Vec::<String>::new());
    assert_eq!(site.titles("lang=tlh"), Vec::<String>::new());
}

#[test]
fn a_view_is_a_feed_of_its_own_with_the_entries_of_the_whole() {
    let site = Site::open("views = true\n[websub]\nhub = true\n");
    let whole: Value = serde_json::from_slice(&site.get("/feeds/all.json").body).expect("JSON");
    let view = site.json("q=Caf%C3%A9&q=&lang=FR");
    assert_eq!(view["title"], "Everything: cafe, in French");
    assert_eq!(view["feed_url"], "http://127.0.0.1:9/feeds/all.json?q=cafe&lang=fr");
    assert_eq!(view["home_page_url"], "http://127.0.0.1:9/feeds/all/?q=cafe&lang=fr");
    assert!(whole["hubs"].is_array() && view["hubs"].is_null(), "hubs tell of whole feeds alone");
    assert_ne!(view["_courant"]["id"], whole["_courant"]["id"]);
    let ids = |feed: &Value| {
        let items = feed["items"].as_array().expect("items").iter();
        items.map(|item| item["id"].as_str().unwrap_or_default().to_owned()).collect::<BTreeSet<_>>()
    };
    assert!(ids(&view).is_subset(&ids(&whole)) && !ids(&view).is_empty());
    let atom = site.get("/feeds/all.atom?q=bridge");
    assert_eq!(atom.header("Content-Type"), Some("application/atom+xml; charset=utf-8"));
    assert_says(
        &atom.text(),
        &["rel=\"self\" href=\"http://127.0.0.1:9/feeds/all.atom?q=bridge\"", "<title>Everything: bridge</title>"],
    );
    let rss = site.get("/all.rss?q=bridge&lang=en");
    assert_says(&rss.text(), &["href=\"http://127.0.0.1:9/feeds/all.rss?q=bridge&amp;lang=en\""]);
    assert_eq!(rss.header("X-Robots-Tag"), Some("noindex"));
    assert_eq!(site.get("/all.rss").header("X-Robots-Tag"), None);
    for path in ["/feeds/", "/feeds/feeds.opml", "/feeds/all/"] {
        assert!(!site.get(path).text().contains("?q="), "{path} names no view");
    }
}

#[test]
fn a_view_is_kept_with_its_validators_until_its_feed_changes() {
    let site = Site::open("views = true\n");
    let path = "/feeds/all.rss?q=story";
    let first = site.get(path);
    let etag = first.header("ETag").expect("a validator").to_owned();
    assert_eq!(first.header("Vary"), Some("Accept-Encoding"));
    let condition = format!("If-None-Match: {etag}");
    for same in [path, "/feeds/all.rss?q=Story+story&lang="] {
        let held = site.ask("GET", same, &[&condition]);
        assert_eq!((held.status, held.body.len()), (304, 0), "{same}");
    }
    let head = site.ask("HEAD", path, &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("Content-Length"), Some(first.body.len().to_string().as_str()));
    let packed = site.ask("GET", path, &["Accept-Encoding: gzip, br"]);
    assert_eq!(packed.header("Content-Encoding"), Some("gzip"));
    assert_ne!(packed.header("ETag"), Some(etag.as_str()));
    let date = format!("If-Modified-Since: {}", first.header("Last-Modified").expect("a date"));
    assert_eq!(site.ask("GET", path, &[&date]).status, 304);

    // One that is beyond what the feed itself holds.
    let path = "/feeds/all.rss?q=%22story+2%22";
    let first = site.get(path);
    assert!(first.text().contains(&title("gazette", 2)));
    site.house.courant(&["takedown", "https://gazette.example.org/story/2"]).expect(0);
    let condition = format!("If-None-Match: {}", first.header("ETag").expect("a validator"));
    let after = until("the view without it", || {
        let reply = site.ask("GET", path, &[&condition]);
        (reply.status == 200).then_some(reply)
    });
    assert!(!after.text().contains(&title("gazette", 2)));
    assert_ne!(after.header("ETag"), first.header("ETag"));
    let date = format!("If-Modified-Since: {}", first.header("Last-Modified").expect("a date"));
    let by_date = site.ask("GET", path, &[&date]);
    assert_eq!(by_date.status, 200, "other bytes have another date");
}

#[test]
fn what_cannot_be_read_is_refused_with_what_would_be_right() {
    let site = Site::open("views = true\n");
    let rows = [
        ("/feeds/all.rss?query=x", "`q` (words"),
        ("/feeds/all.rss?q=%22open", "quotation mark"),
        ("/feeds/all.json?since=soon", "7d"),
        ("/feeds/all.json?source=other", "no source of the feed `all`"),
        ("/feeds/all/?lang=english", "pt-BR"),
    ];
    for (path, wanted) in rows {
        let reply = site.get(path);
        assert_eq!((reply.status, reply.header("Content-Type")), (400, Some("text/plain; charset=utf-8")), "{path}");
        assert_says(&reply.text(), &[wanted]);
    }
    for path in ["/feeds/other.rss?q=x", "/feeds/all.ndjson?q=x", "/feeds/all.pdf?q=x"] {
        assert_eq!(site.get(path).status, 404, "{path}");
    }
    // What is no feed has no views.
    for path in ["/feeds/feeds.opml?q=x", "/feeds/?q=x"] {
        assert_eq!(site.get(path).status, 200, "{path}");
    }
    let whole = site.get("/feeds/all.rss");
    assert_eq!(site.get("/feeds/all.rss?q=&lang=").header("ETag"), whole.header("ETag"), "an empty form asks for all");
}

#[test]
fn the_page_has_a_form_that_leads_to_a_page_with_the_addresses_of_the_view() {
    let site = Site::open("views = true\n");
    assert_says(&site.get("/feeds/all/").text(), &["<form", "name=\"q\"", "form-action 'self'"]);
    let page = site.get("/feeds/all/?q=%22the+water%22&lang=");
    assert_eq!(page.status, 200);
    assert_says(
        &page.text(),
        &[
            "A bridge over the water",
            "name=\"robots\" content=\"noindex\"",
            "http://127.0.0.1:9/feeds/all.rss?q=%22the+water%22",
            "value=\"&#34;the water&#34;\"",
        ],
    );
    let browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8";
    for (accept, place) in [(browser, "all/?q=water"), ("Accept: application/atom+xml", "all.atom?q=water")] {
        let reply = site.ask("GET", "/feeds/all?q=water", &[accept]);
        assert_eq!((reply.status, reply.header("Location")), (307, Some(place)), "{accept}");
    }
}

#[test]
fn without_the_setting_a_query_says_nothing() {
    let site = Site::open("");
    let whole = site.get("/feeds/all.rss");
    for question in ["q=water", "nonsense", "since=soon"] {
        let reply = site.get(&format!("/feeds/all.rss?{question}"));
        assert_eq!((reply.status, reply.header("ETag")), (200, whole.header("ETag")), "{question}");
    }
    let page = site.get("/feeds/all/").text();
    assert!(!page.contains("<form") && page.contains("form-action 'none'"));
}

#[test]
fn where_stories_are_told_once_a_view_has_no_entry_that_the_feed_has_not() {
    let world = World::start();
    let told = |source: &str, number: u32, text: &str| {
        let link = format!("https://{source}.example.org/harbour");
        rss(&[item(&link, &link, "The harbour of the town opens its gates again", &day(number), text)])
    };
    world.put("/one", Answer::feed(told("one", 10, "Ships may enter.")));
    world.put("/two", Answer::feed(told("two", 11, "Vessels may enter.")));
    let mut house =
        House::reading(&[("one", format!("{}/one", world.origin())), ("two", format!("{}/two", world.origin()))]);
    let settings = house.read("courant.toml").replace("id = \"all\"", "id = \"all\"\nduplicates = \"first\"");
    house.write("courant.toml", format!("views = true\n{settings}"));
    house.courant(&["once"]).expect(0);
    assert_eq!(house.titles("all").len(), 1, "one story");
    let address = free_address();
    house.set("COURANT_LISTEN", &address);
    let _running = house.start(&["run"]);
    let count = |question: &str| {
        let reply = ask(address, "GET", &format!("/all.json?{question}"), &[]).ok()?;
        let feed: Value = serde_json::from_slice(&reply.body).expect("JSON");
        Some(feed["items"].as_array().expect("items").len())
    };
    assert_eq!(until("the first answer", || count("q=ships")), 1);
    assert_eq!(count("q=vessels"), Some(0), "the feed shows the other telling");
    assert_eq!(count("source=two"), Some(0));
}
