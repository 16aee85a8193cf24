//! How long reading feeds takes: beside `feed-rs` and beside a bare walk over XML events, and how it grows.
//!
//! `cargo bench --bench read [-- feeds|sizes|hostile]` prints a table of each kind; `COURANT_FEEDS` names a folder of feeds
//! to read besides those made here. Ends with an error when time grows faster than the document: ten times the document may
//! take twenty times the time at most. Times are the shortest of several runs, in one thread. `--bench read_memory` measures
//! the memory: counting it would take time here.

#![expect(clippy::print_stdout, reason = "figures are for people")]

mod documents;
#[path = "../meter/mod.rs"]
mod meter;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use courant::model::{Document, Reading};

use documents::{Kind, document};
use meter::{Growth, float, megabytes_per_second, ratio, shortest};

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|text| text.starts_with(char::is_alphabetic)).collect();
    let asked = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let mut broken = Vec::new();
    if asked("feeds") {
        feeds();
    }
    if asked("sizes") {
        sizes(&mut broken);
    }
    if asked("hostile") {
        hostile(&mut broken);
    }
    for bound in &broken {
        println!("broken: {bound}");
    }
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Feeds as they are: Courant beside `feed-rs` and an event walk, over those documents that both read.
fn feeds() {
    println!(
        "{:24} {:>5} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "feeds", "count", "kB each", "MB/s", "feed-rs", "times", "walk", "part"
    );
    let made = |kind: Kind| vec![documents::feed(kind, 75_000)];
    let mut sets = vec![("RSS", made(Kind::Rss)), ("Atom", made(Kind::Atom)), ("JSON Feed", made(Kind::Json))];
    sets.insert(2, (Kind::Xhtml.name(), made(Kind::Xhtml)));
    if let Some(path) = std::env::var_os("COURANT_FEEDS") {
        sets.push(("the folder", folder(path.as_ref())));
    }
    for (name, texts) in sets {
        let texts: Vec<String> = texts.into_iter().filter(|text| feed_rs(text)).collect();
        let (mut bytes, mut own, mut other, mut walk) = (0, Duration::ZERO, Duration::ZERO, Duration::ZERO);
        for text in &texts {
            let document = document(text.clone());
            bytes += text.len();
            own += shortest(7, || read(&document));
            other += shortest(7, || feed_rs::parser::parse(text.as_bytes()));
            walk += shortest(7, || events(text));
        }
        let walked = name != "JSON Feed";
        let walk_figure =
            |figure: f64, digits: usize| if walked { format!("{figure:.digits$}") } else { String::new() };
        println!(
            "{name:24} {:5} {:8} {:9.0} {:9.0} {:9.2} {:>9} {:>9}",
            texts.len(),
            bytes / texts.len().max(1) / 1000,
            megabytes_per_second(bytes, own),
            megabytes_per_second(bytes, other),
            ratio(other, own),
            walk_figure(megabytes_per_second(bytes, walk), 0),
            walk_figure(ratio(walk, own), 2),
        );
    }
    println!();
}

/// The feeds in a folder that are text.
fn folder(path: &Path) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(path).expect("a folder").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// Ordinary feeds of any size.
fn sizes(broken: &mut Vec<String>) {
    println!("{:44} {:>8} {:>9} {:>9}", "sizes", "MB", "MB/s", "growth");
    for kind in documents::KINDS {
        let mut growth = Growth::default();
        for size in documents::SIZES {
            let document = document(documents::encoded(kind, size));
            let time = shortest(3, || read(&document));
            print_growth(kind.name(), document.body.len(), time, growth.add(document.body.len(), time), broken);
        }
    }
    println!();
}

/// Documents made to hurt, at two sizes.
fn hostile(broken: &mut Vec<String>) {
    println!("{:44} {:>8} {:>9} {:>9}", "hostile", "MB", "MB/s", "growth");
    for (name, make) in documents::HOSTILE {
        let (small, large) = (document(make(100_000)), document(make(1_000_000)));
        let (mut grown, mut time) = (f64::INFINITY, Duration::MAX);
        // A busy machine may disturb one try.
        for _ in 0..3 {
            let mut growth = Growth::default();
            growth.add(small.body.len(), shortest(3, || read(&small)));
            let tried = shortest(2, || read(&large));
            grown = grown.min(growth.add(large.body.len(), tried));
            time = time.min(tried);
            if grown <= 1.5 {
                break;
            }
        }
        print_growth(name, large.body.len(), time, grown, broken);
    }
    println!();
}

fn print_growth(name: &str, bytes: usize, time: Duration, grown: f64, broken: &mut Vec<String>) {
    let megabytes = float(bytes) / 1e6;
    println!("{name:44} {megabytes:8.1} {:9.0} {grown:9.2}", megabytes_per_second(bytes, time));
    if grown > 2.0 {
        broken.push(format!("{name} of {megabytes:.1} MB takes {grown:.1} times what a tenth of it lets expect"));
    }
}

fn read(document: &Document) -> Option<Reading> {
    courant::parse::feed(document).ok()
}

fn feed_rs(text: &str) -> bool {
    feed_rs::parser::parse(text.as_bytes()).is_ok()
}

/// Walks over the events of a document.
fn events(text: &str) -> usize {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut count = 0;
    while let Ok(event) = reader.read_event() {
        if matches!(event, quick_xml::events::Event::Eof) {
            break;
        }
        count += 1;
    }
    count
}
