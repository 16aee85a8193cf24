//! Places that cannot be written: the exit code is 4, the message says what is in the way, what there was stays.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::documents::{rss, stories, title};
use crate::support::{Answer, House, World, assert_says, leave_out};

fn house_of(world: &World) -> House {
    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=2))));
    House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))])
}

#[test]
fn a_file_in_the_way_of_the_output_folder_ends_the_run_before_anything_is_asked() {
    let world = World::start();
    let mut house = house_of(&world);
    house.write("taken", "a file");
    for output in ["taken", "taken/below"] {
        house.set("COURANT_OUTPUT", output);
        let ended = house.courant(&["once"]).expect(4);
        assert_says(&ended.err, &["taken", "a file is in the way", "`output`"]);
    }
    assert_eq!(world.paths(), [""; 0]);
    assert_eq!(house.read("taken"), "a file");
}

#[test]
fn a_folder_in_the_way_of_a_feed_is_named_and_the_other_files_are_written() {
    let world = World::start();
    let house = house_of(&world);
    fs::create_dir_all(house.path("public/all.atom")).expect("writable");
    let ended = house.courant(&["once"]).expect(4);
    assert_says(&ended.err, &["public/all.atom", "a folder of this name is in the way"]);
    assert_eq!(house.titles("all"), [title("gazette", 2), title("gazette", 1)]);
    assert!(house.read("public/all.rss").contains(&title("gazette", 2)));

    fs::remove_dir(house.path("public/all.atom")).expect("ours");
    house.courant(&["once"]).expect(0);
    assert!(house.read("public/all.atom").contains(&title("gazette", 2)), "the articles were stored all the same");
    assert_eq!(world.count("/feed.rss"), 1);
}

#[test]
fn a_store_that_is_no_database_is_left_as_it_is() {
    let world = World::start();
    let house = house_of(&world);
    let text = "dear diary, this is no database at all\n".repeat(200);
    house.write("courant.db", &text);
    let ended = house.courant(&["once"]).expect(4);
    assert_says(&ended.err, &["courant.db", "not a SQLite database", "name another file, or move this one away"]);
    assert_eq!(house.read("courant.db"), text);
    assert_eq!(world.paths(), [""; 0]);
}

#[test]
fn a_store_below_a_file_or_at_a_folder_ends_the_run() {
    let world = World::start();
    let mut house = house_of(&world);
    house.write("taken", "a file");
    fs::create_dir(house.path("folder")).expect("writable");
    for (store, parts) in
        [("sqlite:taken/courant.db", &["taken"][..]), ("sqlite:folder", &["folder", "it is a folder"])]
    {
        house.set("COURANT_STORE", store);
        let ended = house.courant(&["once"]).expect(4);
        assert_says(&ended.err, parts);
    }
    house.set("COURANT_STORE", "mysql://host/news");
    let ended = house.courant(&["once"]).expect(4);
    assert_says(&ended.err, &["mysql://host/news", "sqlite:PATH"]);
}

/// A small disk of its own; `None` where this machine lets nobody mount one.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(folder: &'a Path, size: &str) -> Option<Self> {
        fs::create_dir_all(folder).expect("writable");
        let options = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).output();
    }
}

#[test]
fn a_full_disk_under_the_output_is_told_and_what_was_published_stays() {
    let world = World::start();
    let house = house_of(&world);
    let folder = house.path("public");
    let Some(_disk) = SmallDisk::mount(&folder, "256k") else {
        leave_out("a full disk under the output (no right to mount one)");
        return;
    };
    house.courant(&["once"]).expect(0);
    let published = house.read("public/all.rss");
    let filled = fs::write(folder.join("filler"), vec![b'x'; 300_000]);
    assert!(filled.is_err(), "the disk is small");

    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=40))));
    let ended = house.courant(&["once", "--now"]).expect(4);
    assert_says(&ended.err, &["public", "the disk is full", "free some space"]);
    assert_eq!(house.read("public/all.rss"), published, "readers see the old bytes or the new, never a part");
    assert_eq!(house.status("gazette")["articles"], 40);

    fs::remove_file(folder.join("filler")).expect("ours");
    house.courant(&["once"]).expect(0);
    assert!(house.read("public/all.rss").contains(&title("gazette", 40)));
}

#[test]
fn a_full_disk_under_the_store_loses_nothing_that_was_written() {
    let world = World::start();
    let mut house = house_of(&world);
    let folder = house.path("disk");
    let Some(_disk) = SmallDisk::mount(&folder, "1M") else {
        leave_out("a full disk under the store (no right to mount one)");
        return;
    };
    house.set("COURANT_STORE", "sqlite:disk/courant.db");
    house.courant(&["once"]).expect(0);
    let filled = fs::write(folder.join("filler"), vec![b'x'; 2_000_000]);
    assert!(filled.is_err(), "the disk is small");

    world.put("/feed.rss", Answer::feed(rss(&stories("gazette", 1..=90))));
    let ended = house.courant(&["once", "--now"]).expect(4);
    assert_says(&ended.err, &["store", "full"]);
    assert_eq!(house.titles("all").len(), 2, "the published feed stays");

    fs::remove_file(folder.join("filler")).expect("ours");
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(house.status("gazette")["articles"], 90);
}
