//! What subscribers get over HTTP: the bytes of the folder, validators that hold, codings, pages that lead to feeds.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;

use crate::support::documents::{rss, stories, title};
use crate::support::{Answer, House, Reply, Running, World, ask, free_address, until};

/// What is published here.
const FILES: [(&str, &str); 8] = [
    ("all.rss", "application/rss+xml; charset=utf-8"),
    ("all.atom", "application/atom+xml; charset=utf-8"),
    ("all.json", "application/feed+json"),
    ("all/index.html", "text/html; charset=utf-8"),
    ("index.html", "text/html; charset=utf-8"),
    ("icon.svg", "image/svg+xml"),
    ("feeds.opml", "text/x-opml; charset=utf-8"),
    ("sources.opml", "text/x-opml; charset=utf-8"),
];

struct Site {
    world: World,
    house: House,
    running: Running,
    address: SocketAddr,
}

impl Site {
    fn open() -> Self {
        let world = World::start();
        world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=8))));
        let mut house = House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))]);
        house.courant(&["once"]).expect(0);
        let address = free_address();
        house.set("COURANT_LISTEN", &address);
        let running = house.start(&["run"]);
        let site = Self { world, house, running, address };
        until("the first answer", || (ask(site.address, "GET", "/all.rss", &[]).ok()?.status == 200).then_some(()));
        site
    }

    fn ask(&self, method: &str, path: &str, headers: &[&str]) -> Reply {
        let headers: Vec<String> = headers.iter().map(|line| (*line).to_owned()).collect();
        ask(self.address, method, path, &headers).expect("an answer")
    }

    fn get(&self, path: &str, headers: &[&str]) -> Reply {
        self.ask("GET", path, headers)
    }
}

fn unpacked(reply: &Reply) -> Vec<u8> {
    let mut bytes = Vec::new();
    match reply.header("Content-Encoding") {
        Some("gzip") => flate2::read::GzDecoder::new(reply.body.as_slice()).read_to_end(&mut bytes).expect("gzip"),
        Some("br") => brotli::Decompressor::new(reply.body.as_slice(), 4096).read_to_end(&mut bytes).expect("brotli"),
        None => reply.body.as_slice().read_to_end(&mut bytes).expect("bytes"),
        Some(other) => panic!("{other} was not asked for"),
    };
    bytes
}

fn names(folder: &Path, below: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable"));
    let entries = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    let named = entries.flat_map(|entry| {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() { names(&entry.path(), &format!("{name}/")) } else { BTreeSet::from([name]) }
    });
    named.collect()
}

#[test]
fn the_folder_and_the_server_give_the_same_bytes_at_the_path_of_the_base_and_at_the_root() {
    let site = Site::open();
    let twins = |(path, _): &(&str, &str)| ["", ".gz", ".br"].map(|ending| format!("{path}{ending}"));
    let wanted: BTreeSet<String> = FILES.iter().flat_map(twins).collect();
    assert_eq!(names(&site.house.path("public"), ""), wanted);
    for (path, media_type) in FILES {
        let file = std::fs::read(site.house.path(&format!("public/{path}"))).expect("readable");
        let shown = path.strip_suffix("index.html").unwrap_or(path);
        for place in [format!("/feeds/{shown}"), format!("/{shown}")] {
            let reply = site.get(&place, &[]);
            assert_eq!((reply.status, reply.header("Content-Type")), (200, Some(media_type)), "{place}");
            assert!(reply.body == file, "{place} differs from the file");
            assert_eq!(reply.header("X-Content-Type-Options"), Some("nosniff"), "{place}");
            for (coding, ending) in [("gzip", "gz"), ("br", "br")] {
                let twin = std::fs::read(site.house.path(&format!("public/{path}.{ending}"))).expect("readable");
                let reply = site.get(&place, &[&format!("Accept-Encoding: {coding}")]);
                assert!(reply.body == twin, "{place} in {coding} differs from the twin");
            }
        }
    }
}

#[test]
fn every_coding_unpacks_to_the_same_bytes_and_has_a_strong_validator_of_its_own() {
    let site = Site::open();
    for path in ["/feeds/all.rss", "/feeds/all.atom", "/feeds/all.json", "/feeds/all/", "/feeds/"] {
        let plain = site.get(path, &[]);
        let mut etags = BTreeSet::new();
        for (accepts, coding) in [("identity", None), ("gzip", Some("gzip")), ("br", Some("br"))] {
            let accepts = format!("Accept-Encoding: {accepts}");
            let reply = site.get(path, &[&accepts]);
            assert_eq!(reply.header("Content-Encoding"), coding, "{path}");
            assert!(unpacked(&reply) == plain.body, "{path} as {coding:?}");
            assert!(coding.is_none() || reply.body.len() < plain.body.len(), "{path} as {coding:?}");
            let etag = reply.header("ETag").expect("a validator").to_owned();
            assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag} is not strong");
            assert_eq!(reply.header("Vary"), Some("Accept-Encoding"), "{path}");

            let condition = format!("If-None-Match: {etag}");
            let held = site.get(path, &[&accepts, &condition]);
            assert_eq!((held.status, held.body.len(), held.header("ETag")), (304, 0, Some(etag.as_str())), "{path}");
            etags.insert(etag);
        }
        assert_eq!(etags.len(), 3, "{path}");
        assert_eq!(site.get(path, &["If-None-Match: \"other\""]).status, 200, "{path}");
    }
}

#[test]
fn last_modified_is_the_newest_change_and_decides_where_no_etag_is_given() {
    let site = Site::open();
    let changed = site.house.feed("all")["_courant"]["date_modified"].as_str().map(str::parse::<jiff::Timestamp>);
    let changed = changed.expect("a feed with entries has a date").expect("a moment");
    let http_date =
        |hours| (changed + jiff::SignedDuration::from_hours(hours)).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let wanted = http_date(0);
    assert_eq!(site.get("/feeds/all.rss", &[]).header("Last-Modified"), Some(wanted.as_str()));
    let rows = [(http_date(0), 304), (http_date(1), 304), (http_date(-1), 200), ("yesterday".to_owned(), 200)];
    for (since, status) in rows {
        let condition = format!("If-Modified-Since: {since}");
        assert_eq!(site.get("/feeds/all.rss", &[&condition]).status, status, "{since}");
    }
    let condition = format!("If-Modified-Since: {wanted}");
    assert_eq!(site.get("/feeds/all.rss", &[&condition, "If-None-Match: \"other\""]).status, 200, "the ETag decides");
}

#[test]
fn head_says_what_get_would_and_sends_nothing() {
    let site = Site::open();
    for path in ["/feeds/all.rss", "/feeds/all/"] {
        let (get, head) = (site.get(path, &[]), site.ask("HEAD", path, &[]));
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        for name in ["Content-Length", "Content-Type", "ETag", "Last-Modified", "Cache-Control"] {
            assert!(get.header(name).is_some(), "{path} has no {name}");
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
        assert_eq!(get.header("Content-Length"), Some(get.body.len().to_string().as_str()));
    }
}

#[test]
fn what_is_not_there_and_what_may_not_be_done_is_told() {
    let site = Site::open();
    for path in [
        "/feeds/other.rss",
        "/feeds/../courant.toml",
        "/feeds/%2e%2e/courant.toml",
        "/courant.db",
        "/feedsall.rss",
        "/all.rss/",
    ] {
        assert_eq!(site.get(path, &[]).status, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE"] {
        let reply = site.ask(method, "/feeds/all.rss", &["Content-Length: 0"]);
        assert_eq!((reply.status, reply.header("Allow")), (405, Some("GET, HEAD, OPTIONS")), "{method}");
    }
}

#[test]
fn a_feed_by_its_bare_name_comes_in_the_format_the_reader_likes() {
    let site = Site::open();
    let rows = [
        ("*/*", "all.rss"),
        ("application/atom+xml, application/rss+xml;q=0.9, */*;q=0.1", "all.atom"),
        ("application/feed+json", "all.json"),
    ];
    for (accept, file) in rows {
        let accept = format!("Accept: {accept}");
        let explicit = site.get(&format!("/feeds/{file}"), &[]);
        for place in ["/feeds/all", "/all"] {
            let reply = site.get(place, &[&accept]);
            assert_eq!((reply.status, reply.header("Content-Location")), (200, Some(file)), "{place} {accept}");
            assert_eq!(reply.header("Vary"), Some("Accept, Accept-Encoding"));
            assert_eq!(reply.header("ETag"), explicit.header("ETag"));
            assert_eq!(reply.header("Content-Type"), explicit.header("Content-Type"));
            assert!(reply.body == explicit.body, "{place} {accept}");
            let condition = format!("If-None-Match: {}", explicit.header("ETag").expect("a validator"));
            let held = site.get(place, &[&accept, &condition]);
            assert_eq!((held.status, held.header("Vary")), (304, Some("Accept, Accept-Encoding")));
            let head = site.ask("HEAD", place, &[&accept]);
            assert_eq!((head.status, head.body.len()), (200, 0));
            assert_eq!(head.header("Content-Length"), reply.header("Content-Length"));
        }
    }
    let browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for place in ["/feeds/all", "/all"] {
        let reply = site.get(place, &[browser]);
        assert_eq!((reply.status, reply.header("Location")), (307, Some("all/")), "{place}");
        assert_eq!(reply.header("Vary"), Some("Accept, Accept-Encoding"));
    }
    // What is named whole is never anything else.
    let explicit = site.get("/feeds/all.rss", &["Accept: application/feed+json"]);
    assert_eq!(explicit.header("Content-Type"), Some("application/rss+xml; charset=utf-8"));
}

#[test]
fn scripts_of_other_sites_may_read_and_ask_again() {
    let site = Site::open();
    let reply = site.get("/feeds/all.json", &["Origin: https://reader.example"]);
    assert_eq!(reply.header("Access-Control-Allow-Origin"), Some("*"));
    assert_eq!(reply.header("Access-Control-Expose-Headers"), Some("ETag"));
    let asks = ["Origin: https://reader.example", "Access-Control-Request-Headers: if-none-match"];
    let reply = site.ask("OPTIONS", "/feeds/all.json", &asks);
    assert_eq!((reply.status, reply.header("Access-Control-Allow-Origin")), (204, Some("*")));
    let headers = reply.header("Access-Control-Allow-Headers").expect("headers");
    assert!(headers.contains("If-None-Match"), "{headers}");
}

#[test]
fn caches_are_told_when_the_next_source_is_due_or_what_the_feed_says() {
    let site = Site::open();
    let told = || {
        let value = |path: &str| site.get(path, &[]).header("Cache-Control").map(str::to_owned);
        [value("/feeds/all.rss"), value("/feeds/all/"), value("/feeds/feeds.opml")].map(Option::unwrap_or_default)
    };
    // A source of which nothing is known is asked hourly, give or take.
    let hourly = |value: &str| ["public, max-age=1800", "public, max-age=3600"].contains(&value);
    until("what the schedule says", || {
        let [feed, page, list] = told();
        (hourly(&feed) && hourly(&page) && list == "public, max-age=300").then_some(())
    });
    let settings = site.house.read("courant.toml").replace("id = \"all\"", "id = \"all\"\nttl = \"20m\"");
    site.house.write("courant.toml", settings);
    site.running.signal("HUP");
    until("the new lifetime", || (told()[0] == "public, max-age=1200").then_some(()));
    until("the page has it too", || {
        (told()[1..] == ["public, max-age=1200".to_owned(), "public, max-age=300".to_owned()]).then_some(())
    });
}

#[test]
fn twins_go_where_they_are_not_wanted() {
    let world = World::start();
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=8))));
    let house = House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))]);
    house.courant(&["once"]).expect(0);
    assert!(house.path("public/all.rss.gz").exists());
    house.write("courant.toml", format!("precompress = false\n{}", house.read("courant.toml")));
    house.courant(&["once"]).expect(0);
    let wanted: BTreeSet<String> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(names(&house.path("public"), ""), wanted);
}

#[test]
fn pages_lead_to_the_feeds_and_run_nothing() {
    let site = Site::open();
    for path in ["/feeds/", "/feeds/all/"] {
        let page = site.get(path, &[]);
        let policy = page.header("Content-Security-Policy").expect("a policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
        let text = page.text();
        for (extension, media_type) in
            [("rss", "application/rss+xml"), ("atom", "application/atom+xml"), ("json", "application/feed+json")]
        {
            let link = format!(
                "<link rel=\"alternate\" type=\"{media_type}\" href=\"http://127.0.0.1:9/feeds/all.{extension}\""
            );
            assert!(text.contains(&link), "{path} has no {link}");
        }
    }
    assert_eq!(site.get("/feeds/all.rss", &[]).header("Content-Security-Policy"), None);
    assert!(site.get("/feeds/all/", &[]).text().contains(&title("gazette", 8)));
}

#[test]
fn news_changes_validators_and_old_ones_get_the_news() {
    let site = Site::open();
    let before = site.get("/feeds/all.rss", &[]);
    let etag = before.header("ETag").expect("a validator");
    site.world.put("/second.rss", Answer::feed(rss(&stories("second", 20..=20))));
    let added = format!("[[source]]\nid = \"second\"\nurl = \"{}/second.rss\"\n", site.world.origin());
    site.house.write("courant.toml", site.house.read("courant.toml") + &added);
    site.running.signal("HUP");
    let condition = format!("If-None-Match: {etag}");
    let fresh = until("the news", || {
        let reply = ask(site.address, "GET", "/feeds/all.rss", std::slice::from_ref(&condition)).ok()?;
        (reply.status == 200).then_some(reply)
    });
    assert!(fresh.text().contains(&title("second", 20)));
    assert_ne!(fresh.header("ETag"), Some(etag));
    assert_ne!(fresh.header("Last-Modified"), before.header("Last-Modified"));
}
