//! Articles spread over several pages: joined in order, what each page repeats told once, and never without an end.

use courant::model::Article;

use crate::support::documents::{listing, site};
use crate::support::{ALL, Answer, House, Press, SteppedClock, World};

const NOW: &str = "2026-03-01T12:00:00Z";

/// A page of a story: the headline, the lead and the note that every page has, words of its own, and where it goes on.
fn part(number: usize, next: &str) -> String {
    let next = if next.is_empty() { String::new() } else { format!("<a class=\"next\" href=\"{next}\">Next page</a>") };
    format!(
        "<!DOCTYPE html><html lang=\"en\"><body><h1>The long story</h1><div class=\"posted\">01.02.2026 10:00:00</div>\
         <div class=\"text\"><p class=\"lead\">How the bridge came to be, from the first plan to the last stone.</p>\
         <figure><img src=\"/top.jpg\"></figure><p>Part {number} tells what happened in year {number} of the works.</p>\
         <p>* * *</p><p>And then came winter {number}.</p><p>Told by Ada Berg</p></div>{next}</body></html>"
    )
}

fn world() -> (World, House) {
    let world = World::start();
    world.put("/office/", Answer::page(listing(&[("/a/1", "The long story", "How the bridge came to be.")])));
    let house = House::new(ALL);
    let rules = site("office", &world.origin()).replace("[article]", "[article]\nnext = \"a.next @href\"");
    house.write("sites/office.toml", rules);
    (world, house)
}

async fn read(house: &House) -> Article {
    let press = Press::open(house, &SteppedClock::at(NOW)).await;
    press.due().await;
    let article = press.articles().await.into_iter().next().expect("one article");
    press.close().await;
    article
}

fn told(article: &Article) -> Vec<&str> {
    article
        .content
        .text
        .lines()
        .filter(|line| line.starts_with("Part "))
        .filter_map(|line| line.split(' ').nth(1))
        .collect()
}

#[tokio::test]
async fn the_pages_of_an_article_are_joined_in_order_and_repeat_nothing() {
    let (world, house) = world();
    world.put("/a/1", Answer::page(part(1, "/a/1?page=2")));
    world.put("/a/1?page=2", Answer::page(part(2, "?page=3")));
    // The last page leads back to itself.
    world.put("/a/1?page=3", Answer::page(part(3, "?page=3")));
    let article = read(&house).await;
    assert_eq!(told(&article), ["1", "2", "3"], "{}", article.content.text);
    for once in ["How the bridge came to be, from", "Told by Ada Berg"] {
        assert_eq!(article.content.text.matches(once).count(), 1, "{}", article.content.text);
    }
    assert_eq!(article.content.text.matches("* * *").count(), 3, "what a page says between its own words stays");
    assert_eq!(article.content.body.matches("top.jpg").count(), 1, "{}", article.content.body);
    assert_eq!(article.content.figures.len(), 1, "{:?}", article.content.figures);
    assert_eq!(article.content.link.path(), "/a/1");
    let paths = world.paths();
    let pages: Vec<&String> = paths.iter().filter(|path| path.starts_with("/a/")).collect();
    assert_eq!(pages, ["/a/1", "/a/1?page=2", "/a/1?page=3"], "one after the other, each once");

    // All of them are kept, and read again together.
    let again = house.courant(&["renormalize"]).expect(0);
    assert_eq!(again.out, "1 pages read again: 0 articles changed\n");
    let rules = house.read("sites/office.toml");
    house.write("sites/office.toml", rules.replace("[article]", "[article]\ndrop = [\"p.lead\"]"));
    let changed = house.courant(&["renormalize"]).expect(0);
    assert!(changed.out.contains("- How the bridge came to be, from"), "{}", changed.out);
    assert!(house.feed("all")["items"][0]["content_html"].as_str().is_some_and(|body| body.contains("Part 3 tells")));
}

#[tokio::test]
async fn an_article_without_end_is_read_for_ten_pages() {
    let (world, house) = world();
    world.put("/a/1", Answer::page(part(1, "/a/1?page=2")));
    for number in 2..30 {
        world.put(&format!("/a/1?page={number}"), Answer::page(part(number, &format!("/a/1?page={}", number + 1))));
    }
    let article = read(&house).await;
    assert_eq!(told(&article).len(), 10, "{}", article.content.text);
    assert_eq!(world.paths().iter().filter(|path| path.starts_with("/a/")).count(), 10);
}

#[tokio::test]
async fn an_article_ends_where_its_next_page_is_none_of_its_own() {
    let other = World::start();
    other.put("/b", Answer::page(part(9, "")));
    let ends: [(&str, Answer); 5] = [
        ("missing", Answer::status(404)),
        ("front", Answer::moved(302, "/")),
        ("first", Answer::moved(302, "/a/1")),
        ("same", Answer::page(part(1, "/a/1?page=3"))),
        ("file", Answer::new("text/html", b"%PDF-1.7")),
    ];
    for (name, answer) in ends {
        let (world, house) = world();
        world.put("/", Answer::page(part(8, "")));
        world.put("/a/1", Answer::page(part(1, "/a/1?page=2")));
        world.put("/a/1?page=2", answer);
        world.put("/a/1?page=3", Answer::page(part(3, "")));
        assert_eq!(told(&read(&house).await), ["1"], "{name}");
    }
    let (world, house) = world();
    world.put("/a/1", Answer::page(part(1, &format!("{}/b", other.origin().replace("127.0.0.1", "localhost")))));
    assert_eq!(told(&read(&house).await), ["1"]);
    assert_eq!(other.paths(), [""; 0], "another site is not asked");
}
