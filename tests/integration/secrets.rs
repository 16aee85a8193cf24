//! What is private about a source: sent to its server, and seen nowhere else.

use std::fs;

use crate::support::documents::{rss, site, stories};
use crate::support::{ALL, Answer, House, World, assert_says};

const SECRETS: [&str; 4] = ["hush-password", "hush-token", "hush-cookie", "hush-key"];

fn source(id: &str, world: &World, keys: &str) -> String {
    format!("[[source]]\nid = \"{id}\"\nurl = \"{}/{id}.rss\"\n{keys}\n", world.origin())
}

#[test]
fn secrets_reach_their_server_and_nothing_else() {
    let (world, other) = (World::start(), World::start());
    let sources = [
        source("signed", &world, "user = \"reader\"\npassword_file = \"secrets/password\""),
        source("token", &world, "token = { env = \"COURANT_SECRET_PRESS\" }"),
        source(
            "cookie",
            &world,
            "cookies = { session = { file = \"secrets/cookie\" } }\nheaders = { X-Key = \"hush-key\" }",
        ),
        source("away", &world, "token = { env = \"COURANT_SECRET_PRESS\" }"),
        source("broken", &world, "token = { env = \"COURANT_SECRET_PRESS\" }"),
    ];
    let mut house = House::new(&(sources.concat() + ALL));
    house.write("secrets/password", "hush-password\n");
    house.write("secrets/cookie", "hush-cookie");
    house.write("secrets/token", "hush-token\n");
    let token_file = house.path("secrets/token").display().to_string();
    house.set("COURANT_SECRET_PRESS_FILE", &token_file);
    for id in ["signed", "token", "cookie"] {
        world.put(&format!("/{id}.rss"), Answer::feed(rss(&stories(id, 1..=2))));
    }
    world.put("/away.rss", Answer::moved(301, &format!("{}/away.rss", other.origin())));
    other.put("/away.rss", Answer::feed(rss(&stories("away", 1..=1))));
    world.put("/broken.rss", Answer::status(401));

    let checked = house.courant(&["check"]).expect(0);
    assert_says(&checked.out, &["note: ", "secrets/password", "everybody on this machine can read", "chmod 600"]);
    let mut said = vec![checked.out, checked.err];
    for arguments in [
        &["once", "-v", "--log", "trace"][..],
        &["once", "--now", "--json"],
        &["status"],
        &["status", "--json"],
        &["check", "--json"],
        &["export"],
    ] {
        let ended = house.courant(arguments);
        said.extend([ended.out, ended.err]);
    }
    let sent = |path: &str, header: &str| {
        let asked = world.asked();
        let asked = asked.iter().find(|asked| asked.path == path).unwrap_or_else(|| panic!("{path} was asked"));
        asked.header(header).unwrap_or_default().to_owned()
    };
    assert_eq!(sent("/signed.rss", "Authorization"), "Basic cmVhZGVyOmh1c2gtcGFzc3dvcmQ=");
    assert_eq!(sent("/token.rss", "Authorization"), "Bearer hush-token");
    assert_eq!(sent("/cookie.rss", "Cookie"), "session=hush-cookie");
    assert_eq!(sent("/cookie.rss", "X-Key"), "hush-key");
    assert!(other.asked().iter().all(|asked| asked.header("Authorization").is_none()), "{:?}", other.asked());
    assert_eq!(other.count("/away.rss"), 2);
    assert_says(&said.concat(), &["/broken.rss answers 401", "`password_file`"]);

    let published = fs::read_dir(house.path("public")).expect("published");
    let files = published.filter_map(|file| fs::read_to_string(file.expect("readable").path()).ok());
    let store = String::from_utf8_lossy(&fs::read(house.path("courant.db")).expect("a store")).into_owned();
    for (place, text) in said.into_iter().chain(files).chain([store]).enumerate() {
        for secret in SECRETS.into_iter().chain(["cmVhZGVyOmh1c2g"]) {
            assert!(!text.contains(secret), "{secret} shows in {place}: {text}");
        }
    }
}

#[test]
fn a_site_stays_free_of_secrets_and_its_source_adds_them() {
    let world = World::start();
    let house = House::new(&format!("[[source]]\nid = \"office\"\ntoken_file = \"token\"\n{ALL}"));
    house.write("sites/office.toml", site("office", &world.origin()));
    house.write("token", "hush-token");
    house.courant(&["once"]);
    let asked = world.asked();
    let listing = asked.iter().find(|asked| asked.path == "/office/").expect("the listing was asked");
    assert_eq!(listing.header("Authorization"), Some("Bearer hush-token"));
}

#[test]
fn what_is_missing_or_wrong_is_found_before_anything_is_asked() {
    let world = World::start();
    let sources = [
        source("a", &world, "user = \"reader\"\npassword_file = \"nowhere\""),
        source("b", &world, "authorities = \"courant.toml\""),
        source("c", &world, "token = { env = \"COURANT_SECRET_NONE\" }"),
        source("d", &world, "token = 4711"),
        source("e", &world, "proxy = \"me:hush@proxy\""),
    ];
    let house = House::new(&(sources.concat() + ALL));
    let ended = house.courant(&["check"]).expect(2);
    assert_says(
        &ended.out,
        &[
            "`password_file`: cannot read `nowhere`",
            "`authorities`: `courant.toml` holds no certificates",
            "neither `COURANT_SECRET_NONE` nor `COURANT_SECRET_NONE_FILE`",
            "a secret is a text in quotes",
            "`proxy`: a proxy is an address that begins with http",
        ],
    );
    assert!(!ended.out.contains("4711") && !ended.out.contains("hush"), "{}", ended.out);
    assert_eq!(world.paths(), [""; 0]);
}

#[test]
fn a_proxy_is_told_of_without_its_password() {
    let world = World::start();
    let mut house = House::new(&(source("a", &world, "proxy = \"http://me:hush@proxy.example:3128\"") + ALL));
    house.set("COURANT_FETCH_PROXY", "http://me:hush@gate.example:3128");
    let ended = house.courant(&["check"]).expect(0);
    assert_says(
        &ended.out,
        &["`fetch.proxy` http://***@gate.example:3128/ is trusted", "source `a` http://***@proxy.example"],
    );
    assert!(!ended.out.contains("hush"), "{}", ended.out);
}
