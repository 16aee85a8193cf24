//! Sites that name their articles in sitemaps only.

use crate::support::{ALL, Answer, House, World};

fn map(world: &World, numbers: impl Iterator<Item = u32>) -> Answer {
    let url = |n: u32| format!("<url><loc>{}/n/10{n}</loc><lastmod>2024-05-1{n}</lastmod></url>", world.origin());
    Answer::new("application/xml", format!("<urlset>{}</urlset>", numbers.map(url).collect::<String>()))
}

fn world() -> World {
    let world = World::start();
    for n in 1..=9 {
        let text = "The two banks of the river are joined again, and the ferry is given up after all. ".repeat(6);
        world.put(
            &format!("/n/10{n}"),
            Answer::page(format!("<html><body><article><h1>The bridge number {n} opens early</h1><p>{text}</p>")),
        );
    }
    world
}

fn sorted(house: &House) -> Vec<String> {
    let mut numbers: Vec<String> =
        house.titles("all").iter().map(|title| title.replace(|c: char| !c.is_ascii_digit(), "")).collect();
    numbers.sort();
    numbers
}

#[test]
fn the_newest_pages_of_a_sitemap_become_articles() {
    let world = world();
    world.put("/sitemap.xml", map(&world, 1..=6));
    let url = format!("{}/sitemap.xml", world.origin());
    let added = House::new(ALL).courant(&["add", &url, "--json"]).expect(0).json();
    assert_eq!((&added["kind"], &added["entries"]), (&"sitemap".into(), &6.into()));
    let source = format!("[[source]]\nid = \"map\"\nkind = \"sitemap\"\nurl = \"{url}\"\n");
    let house = House::new(&format!("{source}sitemap = {{ newest = 3, exclude = \"/n/105$\" }}\n{ALL}"));
    house.courant(&["check"]).expect(0);
    house.courant(&["once"]).expect(0);
    assert_eq!(sorted(&house), ["3", "4", "6"]);
}

#[test]
fn maps_grow_while_their_index_stays_as_it_is() {
    let world = world();
    let maps = ["a", "b"].map(|name| format!("<sitemap><loc>{}/{name}.xml</loc></sitemap>", world.origin())).concat();
    world.put("/sitemap.xml", Answer::new("text/xml", format!("<sitemapindex>{maps}</sitemapindex>")));
    world.put("/a.xml", map(&world, 1..=2));
    world.put("/b.xml", map(&world, 3..=3));
    let house = House::new(ALL);
    let url = format!("{}/sitemap.xml", world.origin());
    house.write("sites/maps.toml", format!("[site]\nid = \"maps\"\n\n[sitemap]\nurl = \"{url}\"\n"));
    house.courant(&["check"]).expect(0);
    house.courant(&["once"]).expect(0);
    assert_eq!(sorted(&house), ["1", "2", "3"]);
    world.put("/b.xml", map(&world, 3..=4));
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(sorted(&house).len(), 4);
}

#[test]
fn wrong_settings_of_sitemaps_are_told_with_their_place() {
    let house = House::new("[[source]]\nid = \"a\"\nurl = \"https://a.example/x\"\nsitemap = { newest = 3 }\n");
    let ended = house.courant(&["check"]).expect(2);
    assert!(format!("{}{}", ended.out, ended.err).contains("needs `kind = \"sitemap\"`"), "{}{}", ended.out, ended.err);
    let house = House::new("");
    house.write("sites/m.toml", "[site]\nid = \"m\"\n[sitemap]\nurl = \"https://a.example/x\"\ninclude = \"(\"\n");
    let ended = house.courant(&["check"]).expect(2);
    let told = format!("{}{}", ended.out, ended.err);
    assert!(told.contains("m.toml:5") && told.contains("sitemap.include"), "{told}");
}
