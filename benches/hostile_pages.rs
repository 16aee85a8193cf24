//! How the cost of a page grows that was made to hurt: `cargo bench --bench hostile_pages`.
//!
//! Each kind is turned into an article, cleaned, and read as a listing, at two sizes. Ends with an error when ten times the page
//! takes more than twenty times the time. Times are the shortest of several runs, in one thread.

#![expect(clippy::print_stdout, reason = "figures are for people")]

mod meter;

use std::process::ExitCode;
use std::time::Duration;

use courant::discover::{self, listing};
use courant::extract::{self, Context};
use courant::model::Document;
use courant::normalize;

use meter::{Growth, megabytes_per_second, shortest};

/// A kind: its name, what it begins with, and what is repeated until the size is reached.
const KINDS: [(&str, &str, &str); 40] = [
    ("plain paragraphs", "<article><h1>T</h1>", "<p>The works were opened in spring, said the mayor.</p>"),
    ("lines by breaks", "<article><h1>T</h1>", "a<br>"),
    ("dated lines by breaks", "<article>", "2 May 2026<br>"),
    ("dated links", "<ul>", "<li><a href='/news/1'>A headline</a> <time>2 May 2026</time></li>"),
    ("attributes of one tag", "<p>", ""),
    ("attributes of many tags", "", "<p a b c d e f g h i j k l m n o>x</p>"),
    ("blocks never closed", "", "<div>"),
    ("blocks never closed, with text", "", "<div>some words of a text, "),
    ("formatting never closed", "", "<b><p>x"),
    ("links never closed", "", "<a href='/x'>x "),
    ("ends of nothing", "<p>", "</b></p></div>"),
    ("crossed formatting", "", "<b><i>x</b></i>"),
    ("tables in tables", "", "<table><tr><td>"),
    ("cells", "<table>", "<tr><td>some words<td>and more</tr>"),
    ("text where no text may be", "<table>", "x<b>y"),
    ("lists in lists", "", "<ul><li>x"),
    ("svg", "", "<svg><g><title>x</title></g>"),
    ("svg never closed", "", "<svg><desc><p>"),
    ("math", "", "<math><mi>x</mi><mtext><b>"),
    ("selections", "", "<select><option>x"),
    ("templates", "", "<template><div>x"),
    ("frames", "", "<iframe src='https://x.example/1'></iframe>"),
    ("noscript", "", "<noscript><img src=x></noscript>"),
    ("comments", "", "<!-- x -->"),
    ("a comment never closed", "<!--", "x -- y "),
    ("scripts", "", "<script>var a = {\"datePublished\":\"2026-05-02\"};</script>"),
    ("JSON-LD, many", "", "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"x\"}</script>"),
    ("JSON-LD, nested", "<script type='application/ld+json'>", "{\"@graph\":["),
    ("microdata", "", "<div itemscope itemtype='https://schema.org/Article'><b itemprop=author>Ann Lee</b>"),
    ("bylines", "<article>", "<p class=byline>By Ann Lee and Bo Ek</p>"),
    ("authors by class", "<article>", "<span class=author><a rel=author href=/ann>Ann Lee</a></span>"),
    ("times", "<article>", "<time datetime='2026-05-02T10:00:00Z'>2 May</time>"),
    ("figures", "<article>", "<figure><img src=/a.jpg><figcaption>A bridge. Photo: Ann Lee</figcaption></figure>"),
    ("pictures with many sources", "<article><img src=a srcset='", "/a.jpg 100w, "),
    ("sources of the text", "<article>", "<p>Based on materials of <a href=/x>The Gazette</a></p>"),
    ("headings", "", "<h1>A headline</h1>"),
    ("meta", "", "<meta property='article:author' content='Ann Lee'>"),
    ("one word", "<p>", "x"),
    ("references", "<p>", "&amp;&#x41;&bogus"),
    ("quotes", "<article><p>", "“x” "),
];

fn main() -> ExitCode {
    let mut broken = Vec::new();
    println!("{:34} {:>6} {:>20} {:>20} {:>20}", "MB/s, and growth", "kB", "article", "cleaned", "listing");
    for (name, head, part) in KINDS {
        let make = |size: usize| {
            let part = if part.is_empty() { attributes(size) } else { part.repeat(size / part.len()) };
            format!("<!DOCTYPE html><html><head><title>T</title></head><body>{head}{part}")
        };
        let (small, large) = (make(40_000), make(400_000));
        let figures: Vec<String> = [article, clean, list]
            .into_iter()
            .zip(["article", "cleaned", "listing"])
            .map(|(run, what)| {
                let (grown, time) = growth(&small, &large, run);
                if grown > 2.0 {
                    broken.push(format!("{name} ({what}): {grown:.1} times what a tenth of it lets expect"));
                }
                format!("{:12.1} {grown:7.2}", megabytes_per_second(large.len(), time))
            })
            .collect();
        println!("{name:34} {:6} {}", large.len() / 1000, figures.join(" "));
    }
    for bound in &broken {
        println!("broken: {bound}");
    }
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn attributes(size: usize) -> String {
    let tag: String = (0..size / 9).map(|number| format!("a{number:06}= ")).collect();
    format!("<b {tag}>x</b>")
}

/// How much more the large one takes than its size lets expect, and its time. A busy machine may disturb one try.
fn growth(small: &str, large: &str, run: fn(&Document)) -> (f64, Duration) {
    let document = |text: &str| Document {
        url: "https://news.example/2026/works".parse().ok(),
        content_type: Some("text/html; charset=utf-8".to_owned()),
        body: text.to_owned().into(),
    };
    let (few, many) = (document(small), document(large));
    let (mut grown, mut time) = (f64::INFINITY, Duration::MAX);
    for _ in 0..3 {
        let mut growth = Growth::default();
        growth.add(small.len(), shortest(3, || run(&few)));
        let tried = shortest(1, || run(&many));
        grown = grown.min(growth.add(large.len(), tried));
        time = time.min(tried);
        if grown <= 1.5 || tried > Duration::from_secs(5) {
            break;
        }
    }
    (grown, time)
}

fn article(document: &Document) {
    std::hint::black_box(extract::article(document, &Context::default()));
}

fn clean(document: &Document) {
    let text = std::str::from_utf8(&document.body).expect("made of characters");
    std::hint::black_box(normalize::sanitize(text, document.url.as_ref()));
}

fn list(document: &Document) {
    std::hint::black_box(listing::find(document, &discover::Context::default()));
}
