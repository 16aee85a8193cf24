//! Feeds of several sources: who is in them, what is left out, how much and in which order.

use crate::support::documents::{day, item, rss, stories, title};
use crate::support::{Answer, House, World};

const SOURCES: [(&str, &str, std::ops::RangeInclusive<u32>); 3] =
    [("alpha", "city", 1..=3), ("beta", "city", 11..=13), ("gamma", "sea", 21..=23)];

/// Stories by source and number.
type Stories = &'static [(&'static str, u32)];

fn house(world: &World, feeds: &[(&str, &str)]) -> House {
    let mut text = String::new();
    for (id, tag, numbers) in SOURCES {
        world.put(&format!("/{id}.rss"), Answer::feed(rss(&stories(id, numbers))));
        text.push_str(&format!(
            "[[source]]\nid = \"{id}\"\nurl = \"{}/{id}.rss\"\ntags = [\"{tag}\"]\n",
            world.origin()
        ));
    }
    for (id, rest) in feeds {
        text.push_str(&format!("[[feed]]\nid = \"{id}\"\ntitle = \"Feed {id}\"\n{rest}\n"));
    }
    House::new(&text)
}

fn titles(numbers: Stories) -> Vec<String> {
    numbers.iter().map(|(name, number)| title(name, *number)).collect()
}

#[test]
fn a_feed_takes_the_sources_and_articles_it_names_in_its_order() {
    let rows: [(&str, &str, Stories); 8] = [
        (
            "tagged",
            "sources = [\"tag:city\"]",
            &[("beta", 13), ("beta", 12), ("beta", 11), ("alpha", 3), ("alpha", 2), ("alpha", 1)],
        ),
        (
            "named",
            "sources = [\"gamma\", \"alpha\"]\nlimit = { items = 4 }",
            &[("gamma", 23), ("gamma", 22), ("gamma", 21), ("alpha", 3)],
        ),
        ("kept", "sources = [\"*\"]\nkeep = [{ title = \"^Story 1[12] \" }]", &[("beta", 12), ("beta", 11)]),
        (
            "dropped",
            "sources = [\"*\"]\ndrop = [{ source = [\"gamma\"] }, { any = [\"story 2\", \"STORY 13\"] }]",
            &[("beta", 12), ("beta", 11), ("alpha", 3), ("alpha", 1)],
        ),
        (
            "both",
            "sources = [\"*\"]\nkeep = [{ source = [\"alpha\"] }, { source = [\"beta\"] }]\ndrop = [{ not = { title = \"[13] of\" } }]",
            &[("beta", 13), ("beta", 11), ("alpha", 3), ("alpha", 1)],
        ),
        (
            "twice",
            "sources = [\"alpha\", \"tag:city\", \"*\"]\nkeep = [{ source = [\"alpha\"] }]",
            &[("alpha", 3), ("alpha", 2), ("alpha", 1)],
        ),
        ("young", "sources = [\"*\"]\nlimit = { age = \"1d\" }", &[]),
        ("none", "sources = [\"*\"]\nkeep = [{ any = [\"horoscope\"] }]", &[]),
    ];
    let world = World::start();
    let feeds: Vec<(&str, &str)> = rows.iter().map(|(id, rest, _)| (*id, *rest)).collect();
    let house = house(&world, &feeds);
    house.courant(&["once"]).expect(0);
    for (id, _, wanted) in rows {
        assert_eq!(house.titles(id), titles(wanted), "{id}");
        assert!(house.read(&format!("public/{id}.rss")).contains("</rss>"), "an empty feed is a feed: {id}");
    }
}

#[test]
fn a_late_arrival_is_first_where_news_is_and_in_its_place_where_dates_are() {
    let world = World::start();
    let house = house(&world, &[("news", "sources = [\"*\"]"), ("dates", "sources = [\"*\"]\norder = \"published\"")]);
    house.courant(&["once"]).expect(0);
    let late = item("late", "https://alpha.example.org/late", "A late notice", &day(15), "It was forgotten.");
    world.put("/alpha.rss", Answer::feed(rss(&[stories("alpha", 1..=3), vec![late]].concat())));
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(house.titles("news")[0], "A late notice");
    assert_eq!(house.titles("dates")[3], "A late notice", "{:?}", house.titles("dates"));
}

#[test]
fn entries_keep_their_link_and_name_their_source() {
    let world = World::start();
    let house = house(&world, &[("all", "sources = [\"*\"]\nlimit = { items = 1 }\nformats = [\"rss\", \"json\"]")]);
    house.courant(&["once"]).expect(0);
    let entry = &house.feed("all")["items"][0];
    assert_eq!(entry["url"], "https://gamma.example.org/story/23");
    assert_eq!(entry["id"], "https://gamma.example.org/story/23");
    assert_eq!(entry["_courant"]["source"]["title"], "The Gazette");
    let source = format!("<source url=\"{}/gamma.rss\">The Gazette</source>", world.origin());
    let rss = house.read("public/all.rss");
    assert!(rss.contains(&source), "{rss}");
    assert!(!house.path("public/all.atom").exists(), "only the formats that are named");
}

#[test]
fn one_story_of_several_sources_is_one_entry_that_names_them_all() {
    let world = World::start();
    let report = "The harbour bridge was closed to all traffic on Tuesday after engineers found 14 cracks in its western span. \
                  City engineer Helga Marsh said the cracks had grown since March. Drivers were told to use the tunnel at \
                  Eastgate, and ferries will run every ten minutes from Wednesday, the council said.";
    let told = |source: &str, title: &str, text: &str| {
        let link = format!("https://{source}.example.org/bridge");
        world.put(
            &format!("/{source}.rss"),
            Answer::feed(rss(&[item(&link, &link, title, &jiff::Timestamp::now().to_string(), text)])),
        );
    };
    told("agency", "Harbour bridge closed for repairs", report);
    told("herald", "Cracks shut the bridge", &format!("(Northern Press) {report} Readers told of long queues."));
    told(
        "mirror",
        "The mill has a new owner",
        "The mill on the river was sold on Monday to the heirs of its founder, who mean to grind there again before the harvest, as they told this paper in the yard of the mill.",
    );
    let sources: String = ["agency", "herald", "mirror"]
        .map(|id| format!("[[source]]\nid = \"{id}\"\nurl = \"{}/{id}.rss\"\n", world.origin()))
        .concat();
    let feeds: String = ["all", "first", "merge"]
        .map(|way| format!("[[feed]]\nid = \"{way}\"\ntitle = \"News\"\nsources = [\"*\"]\nduplicates = \"{way}\"\n"))
        .concat();
    let house = House::new(&format!("{sources}{feeds}"));
    house.courant(&["once"]).expect(0);
    assert_eq!(house.titles("all").len(), 3);
    for way in ["first", "merge"] {
        assert_eq!(house.titles(way).len(), 2, "{:?}", house.titles(way));
    }
    let items = house.feed("merge")["items"].as_array().expect("items").clone();
    let also: Vec<&serde_json::Value> =
        items.iter().filter_map(|item| item["_courant"]["also"].as_array()?.first()).collect();
    assert_eq!(also.len(), 1, "{items:#?}");
    assert!(
        ["https://agency.example.org/bridge", "https://herald.example.org/bridge"]
            .contains(&also[0]["url"].as_str().expect("a link"))
    );
}
