//! Pages to articles: whole extraction beside parsing alone, on generated news pages, or on those in the folder that
//! `COURANT_PAGES` names. Prints first how the two compare, then what divan measures, memory included.

use std::fmt::Write;

use std::path::Path;
use std::time::{Duration, Instant};

use courant::dom::Page;
use courant::extract::{self, Context};
use courant::model::Document;
use courant::normalize;
use divan::AllocProfiler;
use divan::counter::{BytesCount, ItemsCount};
use html5ever::tendril::TendrilSink;
use scraper::{Html, HtmlTreeSink};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    compare();
    divan::main();
}

/// Prints pages per second of html5ever alone and of whole extraction, sanitizing included: the best of some rounds each.
fn compare() {
    let (pages, context) = (pages(), Context::default());
    let texts: Vec<String> = pages.iter().map(|page| String::from_utf8_lossy(&page.body).into_owned()).collect();
    let bare = best(|| texts.iter().map(|text| bare_parse(text).tree.values().len()).sum());
    let whole = best(|| pages.iter().map(|page| extracted(page, &context)).sum());
    let rate = |time: Duration| (1.0 / (time / u32::try_from(pages.len()).unwrap_or(1)).as_secs_f64()).round();
    eprintln!(
        "{} pages, {} kB: html5ever alone {} pages/s, extraction {} pages/s: {:.2} of it",
        pages.len(),
        size(&pages) >> 10,
        rate(bare),
        rate(whole),
        bare.as_secs_f64() / whole.as_secs_f64()
    );
}

fn best(mut run: impl FnMut() -> usize) -> Duration {
    let time = |run: &mut dyn FnMut() -> usize| {
        let start = Instant::now();
        divan::black_box(run());
        start.elapsed()
    };
    (0..7).map(|_| time(&mut run)).min().unwrap_or_default()
}

fn bare_parse(text: &str) -> Html {
    html5ever::driver::parse_document(HtmlTreeSink::new(Html::new_document()), html5ever::ParseOpts::default())
        .one(text)
}

fn extracted(page: &Document, context: &Context) -> usize {
    let entry = extract::article(page, context).entry;
    entry.content.map_or(0, |content| normalize::sanitize(&content.value, page.url.as_ref()).len())
}

const WORDS: [&str; 24] = [
    "bridge", "river", "the", "mayor", "opened", "works", "of", "spring", "school", "valley", "and", "ferry", "winter",
    "people", "town", "hall", "in", "was", "built", "by", "four", "firms", "said", "new",
];

/// A sentence that differs with `seed`.
fn sentence(seed: usize, length: usize) -> String {
    let words: Vec<&str> = (0..length).map(|at| WORDS[(seed * 7 + at * 5 + at * at) % WORDS.len()]).collect();
    format!("{}.", words.join(" "))
}

/// A news page with head, menu, article, related list, comments and footer: about 40 kB.
fn page(number: usize) -> Document {
    let title = sentence(number, 8);
    let mut html = format!(
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>{title} | The Gazette</title><meta property='og:title' content='{title}'><meta name=description content='{}'><script type='application/ld+json'>{{\"@context\":\"https://schema.org\",\"@type\":\"NewsArticle\",\"headline\":\"{title}\",\"author\":{{\"@type\":\"Person\",\"name\":\"Ann Lee\"}},\"datePublished\":\"2023-06-13T16:29:00+03:00\"}}</script><style>{}</style></head><body><nav>",
        sentence(number + 1, 20),
        ".a{color:red}".repeat(300),
    );
    for item in 0..60 {
        let _ = write!(html, "<a class='menu-item nav-link' href='/section/{item}'>{}</a>", WORDS[item % WORDS.len()]);
    }
    let _ = write!(
        html,
        "</nav><main><article><h1>{title}</h1><div class=byline>By Ann Lee <time datetime='2023-06-13'>June 13, 2023</time></div><div class='article-body'>"
    );
    for paragraph in 0..25 {
        let _ = write!(
            html,
            "<p>{} <a href='/tag/{paragraph}'>{}</a> {}</p>",
            sentence(number + paragraph, 40),
            WORDS[paragraph % 24],
            sentence(paragraph, 20)
        );
        if paragraph % 6 == 0 {
            let _ = write!(
                html,
                "<figure><img data-src='/i/{paragraph}.jpg'><figcaption>{} Photo: Ann Lee</figcaption></figure><div class='ad-slot'>Advertisement</div>",
                sentence(paragraph, 9)
            );
        }
    }
    html.push_str("</div></article><aside class=related><h2>Related</h2><ul>");
    for item in 0..40 {
        let _ = write!(
            html,
            "<li class='card card--small'><a href='/story/{item}'><img src='/t/{item}.jpg'>{}</a></li>",
            sentence(item, 9)
        );
    }
    html.push_str("</ul></aside><section id=comments>");
    for comment in 0..40 {
        let _ = write!(
            html,
            "<div class=comment><span class=author>User {comment}</span><p>{}</p></div>",
            sentence(comment, 25)
        );
    }
    let _ = write!(html, "</section></main><footer>{}</footer></body></html>", "<a href='/legal'>Legal</a>".repeat(40));
    Document {
        url: "https://gazette.example/2023/06/13/story".parse().ok(),
        content_type: Some("text/html; charset=utf-8".to_owned()),
        body: html.into(),
    }
}

/// The pages of the folder that is named, else generated ones.
fn pages() -> Vec<Document> {
    match std::env::var_os("COURANT_PAGES") {
        Some(folder) => stored(Path::new(&folder)),
        None => (0..20).map(page).collect(),
    }
}

/// Every file of a folder, as a page.
fn stored(folder: &Path) -> Vec<Document> {
    let files = std::fs::read_dir(folder).expect("COURANT_PAGES names a folder");
    let mut paths: Vec<_> = files.flatten().map(|file| file.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    let read = paths.iter().filter_map(|path| std::fs::read(path).ok());
    read.map(|body| Document { url: None, content_type: Some("text/html".to_owned()), body: body.into() }).collect()
}

fn size(pages: &[Document]) -> usize {
    pages.iter().map(|page| page.body.len()).sum()
}

#[divan::bench]
fn parse_only(bencher: divan::Bencher) {
    let pages = pages();
    bencher
        .counter(ItemsCount::new(pages.len()))
        .counter(BytesCount::new(size(&pages)))
        .bench(|| pages.iter().map(|page| Page::parse(&String::from_utf8_lossy(&page.body)).size()).sum::<usize>());
}

/// One page at a time: `max alloc` beside the size of the page is what it takes to hold.
#[divan::bench]
fn largest_page(bencher: divan::Bencher) {
    let (pages, context) = (pages(), Context::default());
    let Some(page) = pages.iter().max_by_key(|page| page.body.len()) else { return };
    bencher.counter(BytesCount::new(page.body.len())).bench(|| extracted(page, &context));
}

#[divan::bench]
fn article(bencher: divan::Bencher) {
    let (pages, context) = (pages(), Context::default());
    bencher
        .counter(ItemsCount::new(pages.len()))
        .counter(BytesCount::new(size(&pages)))
        .bench(|| pages.iter().filter(|page| extract::article(page, &context).entry.content.is_some()).count());
}
