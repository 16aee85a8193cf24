//! Settings that are wrong: every problem at once, with file and line and what would be right; nothing is done.

use crate::support::documents::{rss, stories};
use crate::support::{ALL, Answer, House, World, assert_says};

#[test]
fn wrong_settings_name_file_line_and_what_would_be_right() {
    let world = World::start();
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=1))));
    let source = format!("[[source]]\nid = \"gazette\"\nurl = \"{}/feed.rss\"\n", world.origin());
    let rows: [(&str, String, &str, &[&str]); 11] = [
        (
            "unknown key",
            format!("{source}evry = \"1h\"\n{ALL}"),
            "evry",
            &["unknown key `evry`", "did you mean `every`?"],
        ),
        (
            "unknown source",
            format!("{source}{}", ALL.replace("\"*\"", "\"gazete\"")),
            "[[feed]]",
            &["`gazete`, which is no source", "did you mean `gazette`?"],
        ),
        (
            "unknown tag",
            format!("{source}tags = [\"world\"]\n{}", ALL.replace("\"*\"", "\"tag:wrold\"")),
            "[[feed]]",
            &["`tag:wrold`, which no source has", "did you mean `world`?"],
        ),
        (
            "filter",
            format!("{source}{ALL}drop = [{{ title = \"(horoscope\" }}]\n"),
            "[[feed]]",
            &["`all`", "drop", "title", "(horoscope"],
        ),
        (
            "rule for every feed",
            format!("{source}{ALL}[rules]\ndrop = [{{ any_of = [{{ titel = \"x\" }}] }}]\n"),
            "drop",
            &["`rules`: unknown key `titel`", "did you mean `title`?"],
        ),
        (
            "rewriting",
            format!("{source}{ALL}[rules]\nrewrite = [{{ title = \"(a)\", with = \"$2\" }}]\n"),
            "[rules]",
            &["rule 1 of `rewrite` in `[rules]`, key `with`", "no group `2`"],
        ),
        (
            "unknown source of a rule",
            format!("{source}{ALL}keep = [{{ not = {{ source = [\"gazete\"] }} }}]\n"),
            "[[feed]]",
            &["`gazete`, which is no source", "did you mean `gazette`?"],
        ),
        (
            "address",
            format!("[[source]]\nid = \"gazette\"\nurl = \"gazette\"\n{ALL}"),
            "url = \"gazette\"",
            &["`gazette` is not an http(s) address", "https://"],
        ),
        (
            "zone",
            format!("{source}timezone = \"Europe/Minks\"\n{ALL}"),
            "[[source]]",
            &["`Europe/Minks` is no time zone", "Europe/Minsk"],
        ),
        ("twice", format!("{source}{source}{ALL}"), "", &["`gazette` is given twice"]),
        ("not TOML", format!("{source}tags = [\"a\"\n{ALL}"), "", &[]),
    ];
    for (name, text, at, parts) in rows {
        let house = House::new(&text);
        let file = house.read("courant.toml");
        let line = file.lines().position(|line| !at.is_empty() && line.starts_with(at)).map(|index| index + 1);
        let ended = house.courant(&["once"]).expect(2);
        assert_says(&ended.err, &["courant.toml:", "problem"]);
        assert_says(&ended.err, parts);
        if let Some(line) = line {
            assert_says(&ended.err, &[&format!("courant.toml:{line}: ")]);
        }
        let checked = house.courant(&["check"]).expect(2);
        assert_says(&checked.out, parts);
        let machine = house.courant(&["check", "--json"]).expect(2).json();
        assert_eq!(machine["ok"], false, "{name}");
        assert!(machine["problems"][0]["message"].is_string(), "{name}: {machine}");
        assert!(!house.path("public").exists() && !house.path("courant.db").exists(), "{name}: something was done");
    }
    assert_eq!(world.paths(), [""; 0], "nothing is asked with settings that have a problem");
}

#[test]
fn every_problem_is_told_at_once() {
    let house = House::new(
        "[[source]]\nid = \"Two Words\"\nurl = \"https://a.example/f\"\n[[feed]]\nid = \"a\"\ntitel = \"A\"\nsources = []\n[fech]\n",
    );
    house.write(
        "sites/office.toml",
        "[site]\nid = \"office\"\n[list]\nurl = [\"https://a.example/\"]\nitem = \"li[\"\n",
    );
    let ended = house.courant(&["check"]).expect(2);
    assert_says(&ended.out, &["Two Words", "`title`", "`fetch`", "office.toml:5: `list.item`"]);
}

#[test]
fn a_settings_file_that_is_not_there_is_told_with_where_it_was_looked_for() {
    let house = House::empty();
    let ended = house.courant(&["--config", "nowhere.toml", "once"]).expect(2);
    assert_says(&ended.err, &["nowhere.toml"]);
    if !std::path::Path::new("/etc/courant/courant.toml").exists() {
        let ended = house.courant(&["once"]).expect(2);
        assert_says(&ended.err, &["no settings file found", "courant.toml", "--config", "courant init"]);
    }
}

#[test]
fn a_wrong_variable_of_the_environment_is_named() {
    let world = World::start();
    let mut house = House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))]);
    house.set("COURANT_OUTPT", "elsewhere");
    let ended = house.courant(&["once"]).expect(2);
    assert_says(&ended.err, &["COURANT_OUTPT", "did you mean `output`?"]);
}
