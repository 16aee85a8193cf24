//! Small documents for the world to serve.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An RSS feed of these items.
pub(crate) fn rss(items: &[String]) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel><title>The Gazette</title>\
         <link>https://gazette.example.org/</link><description>News</description>\n{}</channel></rss>\n",
        items.concat()
    )
}

/// One RSS item; parts that are empty are left out.
pub(crate) fn item(guid: &str, link: &str, title: &str, published: &str, text: &str) -> String {
    let element = |name: &str, attributes: &str, text: &str| {
        if text.is_empty() { String::new() } else { format!("<{name}{attributes}>{text}</{name}>") }
    };
    let date = if published.is_empty() { String::new() } else { http_date(published) };
    let parts = [
        element("guid", " isPermaLink=\"false\"", guid),
        element("link", "", link),
        element("title", "", title),
        element("pubDate", "", &date),
        element("description", "", text),
    ];
    format!("<item>{}</item>\n", parts.concat())
}

/// The `number`th story of a feed, published at noon of that day of 2026 (1 = 1 January).
pub(crate) fn story(name: &str, number: u32) -> String {
    let link = format!("https://{name}.example.org/story/{number}");
    item(&link, &link, &title(name, number), &day(number), &format!("What happened in story {number} of {name}."))
}

/// Stories of a feed, the newest first.
pub(crate) fn stories(name: &str, numbers: std::ops::RangeInclusive<u32>) -> Vec<String> {
    numbers.rev().map(|number| story(name, number)).collect()
}

/// The title of a story.
pub(crate) fn title(name: &str, number: u32) -> String {
    format!("Story {number} of {name}")
}

/// Noon of a day of 2026.
pub(crate) fn day(number: u32) -> String {
    let new_year: Timestamp = "2026-01-01T12:00:00Z".parse().expect("a moment");
    (new_year + jiff::SignedDuration::from_hours(24 * i64::from(number - 1))).to_string()
}

fn http_date(moment: &str) -> String {
    let moment: Timestamp = moment.parse().expect("a moment");
    moment.to_zoned_datetime(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A listing page of (address, title, summary).
pub(crate) fn listing(items: &[(&str, &str, &str)]) -> String {
    let item = |(link, title, summary): &(&str, &str, &str)| {
        format!("<li class=\"news\"><a href=\"{link}\">{title}</a><p>{summary}</p></li>\n")
    };
    let items: String = items.iter().map(item).collect();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>News</title></head><body><ul class=\"list\">\n{items}</ul></body></html>"
    )
}

/// An article page.
pub(crate) fn article(title: &str, posted: &str, paragraphs: &[&str]) -> String {
    let body: String = paragraphs.iter().map(|text| format!("<p>{text}</p>\n")).collect();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>{title}</title></head><body><h1>{title}</h1>\
         <div class=\"posted\">{posted}</div><div class=\"text\">{body}</div></body></html>"
    )
}

/// A site file for [`listing`] and [`article`] pages at `origin`.
pub(crate) fn site(id: &str, origin: &str) -> String {
    format!(
        r#"[site]
id = "{id}"
name = "The Office"
language = "en"
timezone = "UTC"
home = "{origin}/{id}/"

[list]
url = "{origin}/{id}/"
item = "ul.list li.news"
link = "a @href"
title = "a"
summary = "p"

[article]
title = "h1"
body = "div.text"
published = {{ select = "div.posted", format = "%d.%m.%Y %H:%M:%S" }}
"#
    )
}
