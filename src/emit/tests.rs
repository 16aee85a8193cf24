//! What holds for every format: it can be read back, says the same as the others, and is the same each time.

use proptest::prelude::*;

use super::samples::{empty, feed, poor, rich, telling};
use super::*;
use crate::model::Article;

/// What a reader finds, in the order it finds it.
#[derive(Debug, PartialEq)]
struct Found {
    id: String,
    link: String,
    title: Option<String>,
    published: Option<i64>,
    updated: Option<i64>,
}

fn second(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().expect("RFC 3339").as_second()
}

fn read(format: Format, bytes: &[u8]) -> Vec<Found> {
    match format {
        Format::Rss => read_rss(bytes),
        Format::Atom => read_atom(bytes),
        Format::Json => read_json(bytes),
        Format::Ndjson => read_lines(bytes),
    }
}

/// What shows a text that looks like markup.
fn unescape(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn read_rss(bytes: &[u8]) -> Vec<Found> {
    let channel = ::rss::Channel::read_from(bytes).expect("well-formed RSS");
    let rfc822 = |text: &str| jiff::fmt::rfc2822::parse(text).expect("RFC 822").timestamp().as_second();
    let updated = |item: &::rss::Item| Some(second(item.extensions.get("atom")?.get("updated")?.first()?.value()?));
    let found = |item: &::rss::Item| Found {
        id: item.guid.as_ref().expect("a guid").value.clone(),
        link: item.link.clone().expect("a link"),
        // Such references are written only around what would be taken for them.
        title: item.title.as_deref().map(|title| {
            let is_html = ["&lt;", "&gt;", "&amp;"].iter().any(|reference| title.contains(reference));
            if is_html { unescape(title) } else { title.to_owned() }
        }),
        published: item.pub_date.as_deref().map(rfc822),
        updated: updated(item),
    };
    channel.items.iter().map(found).collect()
}

fn read_atom(bytes: &[u8]) -> Vec<Found> {
    let feed = atom_syndication::Feed::read_from(bytes).expect("well-formed Atom");
    let found = |entry: &atom_syndication::Entry| Found {
        id: entry.id.clone(),
        link: entry.links[0].href.clone(),
        title: Some(match entry.title.r#type {
            atom_syndication::TextType::Html => unescape(&entry.title.value),
            _ => entry.title.value.clone(),
        }),
        published: entry.published.map(|moment| moment.timestamp()),
        updated: Some(entry.updated.timestamp()),
    };
    feed.entries.iter().map(found).collect()
}

fn read_json(bytes: &[u8]) -> Vec<Found> {
    let feed: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
    feed["items"].as_array().expect("items").iter().map(found).collect()
}

fn read_lines(bytes: &[u8]) -> Vec<Found> {
    let lines = std::str::from_utf8(bytes).expect("UTF-8").lines();
    lines.map(|line| found(&serde_json::from_str(line).expect("JSON"))).collect()
}

fn found(item: &serde_json::Value) -> Found {
    let text = |item: &serde_json::Value, key: &str| item[key].as_str().map(str::to_owned);
    Found {
        id: text(item, "id").expect("an id"),
        link: text(item, "url").expect("an address"),
        title: text(item, "title"),
        published: item["date_published"].as_str().map(second),
        updated: item["date_modified"].as_str().map(second),
    }
}

/// What Atom says more than the others: a title and a moment that stand in for missing ones.
fn without_stand_ins(mut found: Vec<Found>, articles: &[Article]) -> Vec<Found> {
    for (found, article) in found.iter_mut().zip(articles) {
        if text::title(&article.content).is_none() {
            found.title = None;
        }
        if article.content.updated.is_none() {
            assert_eq!(found.updated.unwrap_or(article.touched().as_second()), article.touched().as_second());
            found.updated = None;
        }
    }
    found
}

fn assert_formats_agree(articles: &[Article]) {
    let feed = feed(articles.to_vec());
    let read = |format| without_stand_ins(read(format, &write(&feed, format)), articles);
    let first = read(Format::ALL[0]);
    assert_eq!(first.len(), articles.len());
    for format in Format::ALL {
        assert_eq!(read(format), first, "{}", format.name());
    }
}

fn snapshot(name: &str, bytes: Vec<u8>) {
    let text = String::from_utf8(bytes).expect("UTF-8");
    insta::with_settings!({ snapshot_path => "../../tests/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn a_rich_article_is_written_whole() {
    let mut feed = feed(vec![rich()]);
    feed.entries[0].also.push(telling());
    for format in Format::FEEDS {
        snapshot(&format!("rich_{}", format.extension()), pretty(format, write(&feed, format)));
    }
}

#[test]
fn a_poor_article_is_written_without_inventing_anything() {
    for format in Format::FEEDS {
        snapshot(&format!("poor_{}", format.extension()), pretty(format, write(&feed(vec![poor(), empty()]), format)));
    }
}

/// JSON is written on one line; a snapshot is for people.
fn pretty(format: Format, bytes: Vec<u8>) -> Vec<u8> {
    if format != Format::Json {
        return bytes;
    }
    let value: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    serde_json::to_vec_pretty(&value).expect("JSON")
}

#[test]
fn every_format_gives_the_same_ids_titles_and_moments_in_the_same_order() {
    assert_formats_agree(&[rich(), poor(), empty()]);
}

#[test]
fn a_strict_reader_of_another_make_finds_the_same() {
    let articles = [rich(), poor(), empty()];
    let feed = feed(articles.to_vec());
    for format in Format::FEEDS {
        let bytes = write(&feed, format);
        let read = feed_rs::parser::parse(bytes.as_slice()).unwrap_or_else(|error| panic!("{format:?}: {error}"));
        assert_eq!(read.entries.len(), articles.len(), "{}", format.name());
        for (entry, article) in read.entries.iter().zip(&articles) {
            assert_eq!(entry.id, article.published_id, "{}", format.name());
            let published = entry.published.map(|moment| moment.timestamp());
            assert_eq!(published, article.content.published.map(jiff::Timestamp::as_second), "{}", format.name());
        }
        let content = read.entries[0].content.as_ref().and_then(|content| content.body.as_deref());
        assert_eq!(content, Some(articles[0].content.body.as_str()), "{}", format.name());
    }
}

#[test]
fn the_same_feed_makes_the_same_bytes() {
    for format in Format::ALL {
        assert_eq!(write(&feed(vec![rich(), poor()]), format), write(&feed(vec![rich(), poor()]), format));
    }
}

#[test]
fn an_empty_feed_is_valid_in_every_format() {
    for format in Format::FEEDS {
        let bytes = write(&feed(Vec::new()), format);
        assert!(read(format, &bytes).is_empty());
        feed_rs::parser::parse(bytes.as_slice()).unwrap_or_else(|error| panic!("{format:?}: {error}"));
    }
}

#[test]
fn a_guid_is_a_permalink_only_where_it_is_the_address() {
    let mut other = rich();
    other.published_id = "https://press.example.org/?p=5".to_owned();
    let bytes = write(&feed(vec![rich(), poor(), other]), Format::Rss);
    let channel = ::rss::Channel::read_from(bytes.as_slice()).expect("RSS");
    let permalinks: Vec<bool> =
        channel.items.iter().map(|item| item.guid.as_ref().expect("a guid").permalink).collect();
    assert_eq!(permalinks, [true, false, false]);
}

#[test]
fn atom_has_an_author_for_entries_that_lack_one() {
    let authors = |articles| {
        let feed = atom_syndication::Feed::read_from(write(&feed(articles), Format::Atom).as_slice()).expect("Atom");
        feed.authors.iter().map(|author| author.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(authors(vec![rich(), poor()]), ["Official <news> & notices"]);
    assert!(authors(vec![rich()]).is_empty());
}

#[test]
fn the_site_is_every_file_in_its_place_for_ever() {
    let (one, base_url) = (feed(vec![rich(), poor(), empty()]), feed(Vec::new()).base_url);
    let publications = [Publication { feed: &one, formats: &Format::ALL }];
    let files = site(&Site { title: "News", base_url: &base_url, sources: &[], views: false }, &publications);
    let places: Vec<(&str, &str)> = files.iter().map(|file| (file.path.as_str(), file.media_type)).collect();
    assert_eq!(
        places,
        [
            ("official.rss", "application/rss+xml; charset=utf-8"),
            ("official.atom", "application/atom+xml; charset=utf-8"),
            ("official.json", "application/feed+json"),
            ("official.ndjson", "application/x-ndjson"),
            ("official/index.html", "text/html; charset=utf-8"),
            ("icon.svg", "image/svg+xml"),
            ("feeds.opml", "text/x-opml; charset=utf-8"),
            ("sources.opml", "text/x-opml; charset=utf-8"),
            ("index.html", "text/html; charset=utf-8"),
        ]
    );
}

#[test]
fn pages_escape_what_sources_say_and_name_every_format() {
    let mut hostile = rich();
    hostile.content.title = Some("<script>alert(1)</script>".to_owned());
    hostile.content.lead = None;
    hostile.content.summary = Some("<img src=x onerror=alert(1)>".to_owned());
    hostile.content.image = Some("javascript:alert(1)".to_owned());
    let feed = feed(vec![hostile]);
    let site = Site { title: "News \"<b>\"", base_url: &feed.base_url, sources: &[], views: false };
    let publication = Publication { feed: &feed, formats: &Format::ALL };
    for page in [pages::feed(&site, &publication), pages::front(&site, &[Listing::of(&publication)])] {
        let page = String::from_utf8(page).expect("UTF-8");
        for wrong in ["<script", "<img src=x", "javascript:", "<b>"] {
            assert!(!page.contains(wrong), "{wrong}");
        }
        for format in Format::ALL {
            let address = feed.url(format.extension());
            let link = format!("<link rel=\"alternate\" type=\"{}\" href=\"{address}\"", format.bare_media_type());
            assert!(page.contains(&link), "{link}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_documents_that_read_back_the_same(
        title in any::<String>(), summary in any::<String>(), body in any::<String>(), guid in any::<String>(),
        name in any::<String>(), tag in any::<String>(),
    ) {
        let mut article = rich();
        article.guid.clone_from(&guid);
        article.published_id = format!("x:{guid}");
        let content = &mut article.content;
        content.title = Some(title);
        content.summary = Some(summary);
        content.text.clone_from(&body);
        content.body = body;
        content.authors[0].name = Some(name.clone());
        content.categories[0].term.clone_from(&tag);
        content.figures[0].caption = Some(name);
        content.enclosures[0].url = tag;
        for format in Format::ALL {
            let text = String::from_utf8(write(&feed(vec![article.clone()]), format)).expect("UTF-8");
            prop_assert_eq!(text::clean(&text), text.as_str());
        }
        assert_formats_agree(&[article, poor()]);
    }
}

#[test]
fn the_limit_of_bytes_holds_in_every_format() {
    // Markup takes most in XML, quotes in JSON, short entries are mostly frame.
    let bodies =
        ["<p>x</p>".repeat(900), "\"\\'\u{7}".repeat(900), "плюс ".repeat(900), "<p>Short & sharp.</p>".to_owned()];
    for limit in [20_000, 60_000, 200_000] {
        for body in &bodies {
            let articles = (0..100).map(|number| {
                let mut article = rich();
                article.id = crate::model::ArticleId::derive(&article.source, &number.to_string(), 0);
                article.content.body.clone_from(body);
                article
            });
            let settings = format!("id = 'a'\ntitle = 'A'\nsources = ['*']\nlimit = {{ bytes = {limit} }}");
            let recipe = crate::compose::Recipe::new(toml::from_str(&settings).expect("valid")).expect("valid");
            let template = feed(Vec::new());
            let origins = |_: &crate::model::SourceId| super::samples::feed(vec![poor()]).entries.remove(0).origin;
            let surroundings = crate::compose::Surroundings {
                base_url: &template.base_url,
                origins: &origins,
                hubs: &[],
                now: template.updated,
            };
            let feed = crate::compose::feed(&recipe, articles.collect(), &surroundings).feed;
            assert!(!feed.entries.is_empty());
            let sizes = Format::ALL.map(|format| write(&feed, format).len());
            let largest = sizes.into_iter().max().expect("there are formats");
            assert!(largest <= limit, "{sizes:?} above {limit} with {} entries", feed.entries.len());
            assert!(largest * 4 > limit || feed.entries.len() == 100, "{sizes:?} far below {limit}");
        }
    }
}

#[test]
fn the_page_names_the_other_tellings_of_a_merged_story() {
    let mut feed = feed(vec![rich()]);
    feed.entries[0].also.push(telling());
    let site = Site { title: "News", base_url: &feed.base_url, sources: &[], views: false };
    let page = pages::feed(&site, &Publication { feed: &feed, formats: &Format::ALL });
    let wanted = "Also at <a href=\"https://agency.example/5?a=1&#38;b=2\" dir=\"auto\">The Agency &#38; co</a></p>";
    assert!(String::from_utf8(page).expect("UTF-8").contains(wanted));
}
