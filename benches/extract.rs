//! Pages to articles: whole extraction beside parsing alone, on generated news pages.

use std::fmt::Write;

use courant::dom::Page;
use courant::extract::{self, Context};
use courant::model::Document;
use divan::counter::{BytesCount, ItemsCount};

fn main() {
    divan::main();
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

fn pages() -> Vec<Document> {
    (0..20).map(page).collect()
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

#[divan::bench]
fn article(bencher: divan::Bencher) {
    let (pages, context) = (pages(), Context::default());
    bencher
        .counter(ItemsCount::new(pages.len()))
        .counter(BytesCount::new(size(&pages)))
        .bench(|| pages.iter().filter(|page| extract::article(page, &context).entry.content.is_some()).count());
}
