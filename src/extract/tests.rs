//! The press pages of the fixtures: the same fields by the rules of their site and, as far as it goes, without.

use bytes::Bytes;
use jiff::tz::TimeZone;
use serde::Deserialize;
use url::Url;

use super::site_rules::{ArticleTables, Rules};
use super::{Context, Extraction, article};
use crate::model::{Document, Field, Rung};

const SITE: &str = include_str!("../../tests/fixtures/pages/press/site.toml");
const BRIDGE: &[u8] = include_bytes!("../../tests/fixtures/pages/press/bridge.html");
const SCHOOL: &[u8] = include_bytes!("../../tests/fixtures/pages/press/school.html");
const MOST: &[u8] = include_bytes!("../../tests/fixtures/pages/press/most.html");

#[derive(Deserialize)]
struct SiteFile {
    article: ArticleTables,
}

fn rules() -> Rules {
    Rules::compile(&toml::from_str::<SiteFile>(SITE).expect("the site file is TOML").article)
        .expect("the rules are valid")
}

fn read(page: &'static [u8], name: &str, rules: Option<&Rules>) -> Extraction {
    let url = Url::parse("https://press.example.org/en/").and_then(|base| base.join(name)).ok();
    let document = Document { url, content_type: None, body: Bytes::from_static(page) };
    article(&document, &Context { zone: TimeZone::get("Europe/Minsk").expect("bundled"), rules, ..Context::default() })
}

/// Each page by its rules and without them.
fn both(page: &'static [u8], name: &str) -> [Extraction; 2] {
    [read(page, name, Some(&rules())), read(page, name, None)]
}

fn text(extraction: &Extraction) -> String {
    crate::dom::text(&extraction.entry.content.as_ref().expect("a body").value)
}

#[test]
fn a_press_page_gives_its_fields_with_rules_and_without() {
    for read in both(BRIDGE, "bridge.html") {
        let entry = &read.entry;
        assert_eq!(
            entry.title.as_ref().map(|title| title.value.as_str()),
            Some("Opening of the bridge over the Silver")
        );
        assert_eq!(entry.published.map(|at| at.to_string()).as_deref(), Some("2023-06-13T13:29:00Z"));
        assert!(entry.lead.as_deref().is_some_and(|lead| lead.starts_with("The new bridge joins")));
        assert_eq!(entry.language.as_deref(), Some("en"));
        let [figure] = &entry.figures[..] else { panic!("one figure") };
        assert_eq!(figure.url.as_deref(), Some("https://press.example.org/i/bridge.jpg"));
        assert_eq!(figure.caption.as_deref(), Some("The first guests on the bridge."));
        assert_eq!(figure.place.as_deref(), Some("Lakeside"));
        assert_eq!(figure.credit.as_deref(), Some("Lakeside Photo Club"));
        let [line] = &entry.attributions[..] else { panic!("one attribution") };
        assert_eq!(line.names[0].name, "Valley News Agency");
        assert_eq!(line.names[1].url.as_deref(), Some("https://daily.example.org/"));
        let text = text(&read);
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(text.starts_with("The new bridge joins") && text.ends_with("is being drawn."));
        assert!(read.problems.is_empty(), "{:?}", read.problems);
    }
}

#[test]
fn a_windows_1251_page_reads_like_any_other() {
    for read in both(MOST, "most.html") {
        let entry = &read.entry;
        assert_eq!(entry.title.as_ref().map(|title| title.value.as_str()), Some("Открытие моста через Серебрянку"));
        assert_eq!(entry.published.map(|at| at.to_string()).as_deref(), Some("2023-05-28T08:40:00Z"));
        assert_eq!(entry.language.as_deref(), Some("ru"));
        assert_eq!(entry.figures[0].place.as_deref(), Some("Озерный"));
        assert_eq!(entry.attributions[0].names[0].name, "Агентства долины");
        assert!(text(&read).contains("«Мы говорили в самом начале, что мост будет стоять до лета."));
    }
}

#[test]
fn an_attribution_that_lost_its_names_has_none() {
    for read in both(SCHOOL, "school.html") {
        let [line] = &read.entry.attributions[..] else { panic!("one attribution") };
        assert_eq!(line.text, "Based on materials of and");
        assert!(line.names.is_empty());
        assert!(!text(&read).contains("Based on"));
    }
}

#[test]
fn a_field_says_which_rung_gave_it() {
    let read = read(BRIDGE, "bridge.html", Some(&rules()));
    for field in [Field::Title, Field::Lead, Field::Body, Field::Published, Field::Figures, Field::Attributions] {
        assert_eq!(read.entry.provenance.get(&field), Some(&Rung::Rule), "{field}");
    }
    assert!(read.said.iter().any(|said| said.field == Field::Title && said.rung == Rung::Heuristic));
}

#[test]
fn rules_that_find_nothing_fall_back_and_are_told() {
    let tables: SiteFile = toml::from_str(
        "[article]\ntitle = 'h1.none'\nbody = 'div.none'\npublished = { select = 'h1', format = '%d.%m.%Y' }",
    )
    .expect("TOML");
    let rules = Rules::compile(&tables.article).expect("valid");
    let read = read(BRIDGE, "bridge.html", Some(&rules));
    assert_eq!(
        read.entry.title.as_ref().map(|title| title.value.as_str()),
        Some("Opening of the bridge over the Silver")
    );
    assert_eq!(read.entry.provenance.get(&Field::Body), Some(&Rung::Heuristic));
    assert!(read.entry.published.is_some());
    assert_eq!(read.problems.len(), 3, "{:?}", read.problems);
}

const PARAGRAPH: &str =
    "The ferry stops in the winter, and the people of the town go over the new bridge until the ice is gone.";

/// The markup and the text read from a page of this body, in which `¶` stands for a paragraph of the article.
fn of_body(body: &str) -> (String, Vec<String>) {
    let mut count = 0;
    let mut html = String::from("<html lang=en><title>The ferry stops</title><body>");
    for c in body.chars() {
        if c == '¶' {
            count += 1;
            html.push_str(&format!("<p>{count} {PARAGRAPH} {PARAGRAPH}</p>"));
        } else {
            html.push(c);
        }
    }
    let url = Url::parse("https://gazette.example/2023/ferry").ok();
    let document = Document { url, content_type: Some("text/html".to_owned()), body: html.into() };
    let read = article(&document, &Context::default());
    let lines = read.text.lines().filter(|line| !line.contains("in the winter")).map(str::to_owned).collect();
    (read.entry.content.map(|content| content.value).unwrap_or_default(), lines)
}

#[test]
fn what_belongs_to_the_text_stays_and_what_does_not_goes() {
    let rows: [(&str, &[&str]); 15] = [
        // Names of parts of a line say nothing; React and page builders write such.
        (
            "<article>¶¶<ul><li><a href=/b><span class=Link_link__x1>The bridge</span></a> opens on the first day of the spring</li></ul>¶</article>",
            &["The bridge opens on the first day of the spring"],
        ),
        (
            "<article>¶¶<p>The <em>old</em><strong> </strong>ferry of the town lies at the quay and is painted there every year.</p>¶</article>",
            &["The old ferry of the town lies at the quay and is painted there every year."],
        ),
        (
            "<article>¶¶<div class='elementor-widget elementor-widget-heading'><h2>What comes next for us</h2></div>¶¶</article>",
            &["What comes next for us"],
        ),
        // Headings that only begin like a call.
        ("<article>¶¶<h2>Copyright law in a divided world</h2>¶¶</article>", &["Copyright law in a divided world"]),
        (
            "<article>¶¶<h2>Advertising on the ferry and its rules</h2>¶¶</article>",
            &["Advertising on the ferry and its rules"],
        ),
        ("<article>¶¶<h2>Related stories</h2><ul><li><a href=/1>One more bridge</a></li></ul></article>", &[]),
        (
            "<article>¶¶<div class=heading-h3>More great stories</div><ul><li>Ferries <a href=/1>of the north and east</a></li></ul></article>",
            &[],
        ),
        // Calls of the page.
        (
            "<article>¶¶<p>Subscribe to the Gazette and read on.</p><p>Follow The Gazette on Twitter and elsewhere.</p>¶</article>",
            &[],
        ),
        ("<article>¶¶<p>Written by Ann Lee</p><p>(Visited 1,902 times, 3 today)</p>¶</article>", &[]),
        ("<article>¶¶<p>If you enjoyed this article, tell your friends.</p><p>Page 1 of 8</p>¶</article>", &[]),
        // A subtitle belongs to the headline; a lead to the text.
        (
            "<main><h1>The ferry stops</h1><h2 class=dek>Winter comes early this year to the people of the town.</h2><div class=article-body>¶¶¶</div></main>",
            &[],
        ),
        (
            "<main><h1>The ferry stops</h1><p class=lead>Winter comes early this year to the people of the town.</p><div class=article-body>¶¶¶</div></main>",
            &["Winter comes early this year to the people of the town."],
        ),
        // Teasers of other news above the headline.
        (
            "<div class=content><div><span>Council: the budget of the town is due in the spring and no later than that</span></div><h1>The ferry stops</h1>¶¶¶¶</div>",
            &[],
        ),
        // Sources belong to the article.
        (
            "<article>¶¶<h2>References</h2><ul><li><a href=/1>A history of ferries</a></li><li><a href=/2>The ice of the river</a></li></ul></article>",
            &["References", "A history of ferries", "The ice of the river"],
        ),
        // Cells of links.
        (
            "<article>¶¶<table><tr><td><div><a href=/1>Northern line</a></div></td><td>12 ships a day in the summer</td></tr><tr><td><div><a href=/2>Eastern line</a></div></td><td>9 ships a day, fewer in June</td></tr></table>¶</article>",
            &["Northern line", "12 ships a day in the summer", "Eastern line", "9 ships a day, fewer in June"],
        ),
    ];
    for (body, wanted) in rows {
        assert_eq!(of_body(body).1, wanted, "{body}");
    }
}

#[test]
fn an_article_whose_parts_are_called_furniture_is_still_read() {
    let (markup, _) = of_body(
        "<article><section class=Report__Section--Ads>¶¶¶</section><section class=Report__Section--Ads>¶¶¶</section><section class=Report__Section--Ads>¶¶¶</section><p>A few words of the page itself stand here as well, and they are no more than a hundred and fifty letters, so that it is not empty without.</p></article>",
    );
    assert_eq!(markup.matches("in the winter").count(), 18, "{markup}");
}

#[test]
fn text_parted_by_line_breaks_becomes_paragraphs() {
    let sentence = "The ferry stops in the winter, and the people go over the bridge.";
    let (markup, _) = of_body(&format!(
        "<div class=post-body>{sentence}<br><br>{sentence} <b>1</b><br>{sentence} 2<br> <br>{sentence} 3</div>"
    ));
    assert_eq!(markup.matches("<p>").count(), 3, "{markup}");
    assert_eq!(markup.matches("<br>").count(), 1, "{markup}");
}

#[test]
fn a_page_that_shows_nothing_names_its_other_form() {
    let html = "<link rel=amphtml href=/amp/ferry><body><div id=app>Loading</div>";
    let document =
        Document { url: Url::parse("https://gazette.example/ferry").ok(), content_type: None, body: html.into() };
    let alternate = article(&document, &Context::default()).alternate;
    assert_eq!(alternate.map(String::from).as_deref(), Some("https://gazette.example/amp/ferry"));
}

#[test]
fn no_document_makes_it_fail() {
    let hostile: [&[u8]; 8] = [
        b"",
        b"<",
        b"\xff\xfe\x00",
        b"<html><body></body></html>",
        b"<script type='application/ld+json'>{\"@type\":[[[[</script>",
        b"<base href='::'><a href='//'><img srcset=', ,'>",
        b"<meta charset=utf-16><p>x",
        "<p>\u{202e}\u{feff}".as_bytes(),
    ];
    for body in hostile {
        for content_type in [None, Some("text/html"), Some("text/plain; charset=nonsense")] {
            let document =
                Document { url: None, content_type: content_type.map(str::to_owned), body: Bytes::from_static(body) };
            let _ = article(&document, &Context::default());
        }
    }
    let deep = "<div>".repeat(60_000) + "<p>text";
    let _ = article(&Document { url: None, content_type: None, body: deep.into() }, &Context::default());
}
