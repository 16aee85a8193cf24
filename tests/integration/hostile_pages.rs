//! Pages made to exhaust whoever reads them: bounded in nodes, depth and output, and still read as far as they go.

use std::fmt::Write as _;

use courant::dom::{MAX_DEPTH, MAX_NODES, Page};
use courant::extract::{self, Extraction};
use courant::model::Document;
use courant::normalize;

use crate::support::documents::{listing, site};
use crate::support::inert::objections;
use crate::support::{ALL, Answer, House, Press, SteppedClock, World};

const TEXT: &str =
    "The bridge is open again after two winters, said the mayor, and the ferry goes to another town now. ";

fn read(body: impl Into<Vec<u8>>, content_type: &str) -> Extraction {
    let document = Document {
        url: Some("https://press.example/a/1".parse().expect("an address")),
        content_type: Some(content_type.to_owned()),
        body: body.into().into(),
    };
    extract::article(&document, &extract::Context::default())
}

/// What is published of a page: bounded, and nothing in it runs.
fn published(extraction: &Extraction) -> String {
    let html = extraction.entry.content.as_ref().map(|content| content.value.clone()).unwrap_or_default();
    let body = normalize::sanitize(&html, None);
    let head: String = body.chars().take(200).collect();
    assert!(body.len() < 30_000_000, "{} bytes: {head}", body.len());
    body
}

fn page(head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html><head><title>Bridge opened</title>{head}</head><body><article><h1>Bridge opened</h1>\
         <p>{TEXT}</p><p>{TEXT}{TEXT}</p>{body}</article></body></html>"
    )
}

const HTML: &str = "text/html; charset=utf-8";

#[test]
fn a_hundred_thousand_open_tags_are_cut_off_at_a_depth() {
    for tag in [
        "<div>",
        "<b>",
        "<b><p>",
        "<table><tr><td>",
        "<ul><li>",
        "<svg><g>",
        "<font color=red>",
        "<a href=x><div>",
        "<template>",
    ] {
        let text = page("", &tag.repeat(100_000));
        let parsed = Page::parse(&text);
        assert!(parsed.size() < MAX_NODES + 100_000, "{tag}: {} nodes", parsed.size());
        let mut depths: Vec<usize> = Vec::with_capacity(parsed.size());
        for index in 0..parsed.size() {
            let above = parsed.parent(parsed.at(index)).map_or(0, |parent| depths[parent.index()] + 1);
            depths.push(above);
        }
        // The depth is looked at once in so many bytes, of which a tag takes three at least.
        assert!(depths.iter().max() < Some(&(MAX_DEPTH + 16 * 1024 / 3)), "{tag}: {:?}", depths.iter().max());
        let extraction = read(text, HTML);
        assert!(extraction.text.contains("open again after two winters"), "{tag}");
        assert!(objections(&published(&extraction)).is_empty(), "{tag}");
    }
}

#[test]
fn twenty_megabytes_of_tables_are_read_as_far_as_the_bounds_go() {
    let row = "<table><tr><td>a</td><td><table><tr><td>b</td></tr></table></td></tr></table>";
    let text = page("", &row.repeat(20_000_000 / row.len()));
    assert!(text.len() > 19_000_000);
    let parsed = Page::parse(&text);
    assert!(parsed.is_cut() && parsed.size() < MAX_NODES + 20_000, "{} nodes", parsed.size());
    let extraction = read(text, HTML);
    assert!(
        extraction.problems.iter().any(|problem| problem.contains("too large or too deep")),
        "{:?}",
        extraction.problems
    );
    assert!(extraction.text.contains("open again after two winters"));
    published(&extraction);
}

#[test]
fn attributes_by_the_hundred_thousand_cost_no_more_than_their_bytes() {
    let many: String = (0..50_000).map(|n| format!(" a{n}=\"{n}\"")).collect();
    let long = "x".repeat(3_000_000);
    let extraction =
        read(page("", &format!("<p{many}>last words of it all</p><p title=\"{long}\">and the very end</p>")), HTML);
    assert!(extraction.text.contains("the very end"));
    assert!(published(&extraction).len() < 100_000);
}

#[test]
fn linked_data_that_leads_back_to_itself_ends() {
    let graphs = [
        r##"{"@context":"https://schema.org","@graph":[{"@type":"NewsArticle","@id":"#a","mainEntity":{"@id":"#b"},"author":{"@id":"#a"},"headline":"Bridge opened"},{"@type":"WebPage","@id":"#b","mainEntity":{"@id":"#a"},"isPartOf":{"@id":"#b"},"author":{"@id":"#b"}}]}"##.to_owned(),
        r##"{"@type":"NewsArticle","@id":"#a","author":{"@id":"#a","author":{"@id":"#a"}},"publisher":{"@id":"#a"},"image":{"@id":"#a"}}"##.to_owned(),
        format!("{}{}", "{\"@type\":\"NewsArticle\",\"mainEntity\":".repeat(100_000), "1"),
        format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000)),
        format!("{{\"@type\":\"NewsArticle\",\"author\":[{}{{}}]}}", "{\"@type\":\"Person\",\"name\":\"Ada\"},".repeat(100_000)),
        format!("{{\"@graph\":[{}{{}}]}}", r##"{"@type":"NewsArticle","@id":"#x","headline":"a","isPartOf":{"@id":"#x"}},"##.repeat(20_000)),
    ];
    for graph in graphs {
        let head = format!("<script type=\"application/ld+json\">{graph}</script>");
        let extraction = read(page(&head, ""), HTML);
        assert!(
            extraction.text.contains("open again after two winters"),
            "{}",
            graph.chars().take(80).collect::<String>()
        );
        assert!(extraction.entry.authors.len() <= 1_000, "{} authors", extraction.entry.authors.len());
        let title = extraction.entry.title.map(|title| title.value).unwrap_or_default();
        assert!(title.len() < 100, "{title}");
    }
}

#[test]
fn broken_encodings_give_text_and_no_markup_that_was_not_there() {
    let own = page("", "<p>Łódź – Grüße – мост</p>");
    let utf16: Vec<u8> = own.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut cut = own.clone().into_bytes();
    cut.retain(|byte| *byte != 0xc5 && *byte != 0x81);
    let rows: Vec<(Vec<u8>, &str)> = vec![
        (own.clone().into(), "text/html; charset=no-such-thing"),
        (own.clone().into(), "text/html; charset=utf-7"),
        (own.clone().into(), "text/html; charset=\"\u{0}\""),
        (cut, HTML),
        ([b"\xff\xfe".to_vec(), utf16.clone()].concat(), HTML),
        (utf16[..utf16.len() - 1].to_vec(), "text/html; charset=utf-16le"),
        ([own.as_bytes(), &[0xff; 10_000]].concat(), HTML),
        ([own.as_bytes(), &[0xed, 0xa0, 0x80].repeat(5_000)[..]].concat(), HTML),
        (page("<meta charset=utf-16><meta charset=x-user-defined>", "<p>a</p>").into(), "text/html"),
        (
            page("<meta http-equiv=content-type content='text/html; charset=iso-2022-jp'>", "\x1b$B<p>\x1b(B").into(),
            "text/html",
        ),
    ];
    for (body, content_type) in rows {
        let extraction = read(body.clone(), content_type);
        assert!(extraction.text.contains("open again after two winters"), "{content_type}: {}", extraction.text);
        assert!(objections(&published(&extraction)).is_empty(), "{content_type}");
    }
    // Random bytes are no article, and nothing breaks over them.
    let mut state = 1_u64;
    let noise: Vec<u8> = (0..300_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect();
    for content_type in [HTML, "text/html", "text/plain", "application/xhtml+xml; charset=gb18030"] {
        published(&read(noise.clone(), content_type));
    }
}

const ATTRIBUTES: &str = "src href action formaction data poster background cite longdesc usemap classid codebase manifest ping \
    profile srcset srcdoc style xlink:href xml:base onclick onerror onload icon dynsrc lowsrc content value \
    from to values by attributename is id name target data-src data-srcset data-lazy-src data-original \
    data-url data-image imagesrcset archive code";

const ELEMENTS: &str = "a img video audio source track iframe blockquote q del ins table td p div form button input object embed \
    applet svg math use image link meta base body area picture custom-x frame figure time details summary \
    template slot noscript portal";

#[test]
fn scripts_in_every_attribute_come_to_nothing() {
    let mut markup = String::new();
    for element in ELEMENTS.split(' ') {
        for name in ATTRIBUTES.split(' ') {
            let _ = write!(markup, "<{element} {name}=\"javascript:fire()\" {name}=\"x\">word</{element}>");
        }
    }
    let extraction = read(page("", &markup), HTML);
    assert_eq!(objections(&published(&extraction)), [""; 0]);
    assert_eq!(objections(&normalize::sanitize(&markup, None)), [""; 0]);
    for address in extraction.entry.link.iter().chain(&extraction.entry.image) {
        assert!(address.starts_with("https://"), "{address}");
    }
    assert!(
        extraction.entry.figures.iter().filter_map(|figure| figure.url.as_deref()).all(|url| url.starts_with("http"))
    );
}

#[tokio::test]
async fn a_page_that_sends_browsers_elsewhere_is_not_followed() {
    let world = World::start();
    world.put("/office/", Answer::page(listing(&[("/a/1", "Bridge opened", "The new bridge is open.")])));
    let elsewhere = format!("<meta http-equiv=refresh content=\"0;url={}/trap\">", world.origin());
    let script = "<script>location='/trap'</script><base href='/trap/'><link rel=canonical href='javascript:x'>";
    world.put("/a/1", Answer::page(page(&format!("{elsewhere}{script}"), "").replace("<article>", "<div class=text>")));
    let house = House::new(ALL);
    house.write("sites/office.toml", site("office", &world.origin()));
    let press = Press::open(&house, &SteppedClock::at("2026-03-01T12:00:00Z")).await;
    press.due().await;
    let articles = press.articles().await;
    assert_eq!(articles.len(), 1);
    assert_eq!(articles[0].content.link.as_str(), format!("{}/a/1", world.origin()));
    assert_eq!(world.count("/trap"), 0);
    press.close().await;
}
