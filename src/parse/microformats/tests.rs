//! What pages mark up, in the manner of the programs that write it.

use super::*;
use crate::parse::{Error, feed};

fn page(markup: &str) -> Document {
    Document {
        url: Url::parse("https://x.example/blog/").ok(),
        content_type: Some("text/html".to_owned()),
        body: markup.to_owned().into(),
    }
}

fn read(markup: &str) -> Reading {
    feed(&page(markup)).unwrap_or_else(|error| panic!("{error}: {markup}"))
}

/// The only entry of a page, put into a feed.
fn only(markup: &str) -> Entry {
    let mut reading = read(&markup.replace("<body>", "<body><div class=h-feed>"));
    assert_eq!(reading.entries.len(), 1, "{markup}");
    reading.entries.remove(0)
}

fn shown(text: Option<&Text>) -> &str {
    text.map_or("-", |text| text.value.as_str())
}

const BLOG: &str = r#"<!doctype html><html lang="en"><head><title>Ann's notebook – home</title>
    <link rel="canonical" href="https://x.example/blog/"><link rel="hub" href="https://hub.example/"></head><body>
    <main class="h-feed"><h1 class="p-name">Ann's notebook</h1><p class="p-summary">Bees and bread</p>
    <a class="p-author h-card" href="/ann"><img class="u-photo" src="/ann.jpg" alt="">Ann Lee</a>
    <article class="h-entry"><h2 class="p-name"><a class="u-url u-uid" href="bees">Bees &amp; I</a></h2>
      <time class="dt-published" datetime="2026-03-10T09:00:00+01:00">today</time>
      <time class="dt-updated" datetime="2026-03-11">since</time>
      <p class="p-summary">They came back.</p>
      <div class="e-content"><p>They <b>came</b> back. <a href="/hive">The hive</a></p></div>
      <a class="p-category" href="/tag/bees">bees</a> <a rel="tag" class="p-category">garden</a><a class="p-category">bees</a>
      <img class="u-photo" src="bee.jpg" alt="A bee"><audio class="u-audio" src="hum.mp3"></audio>
      <video class="u-video"><source src="dance.webm" type="video/webm"></video>
      <span class="p-location h-card"><span class="p-name">Lakeside</span></span>
      <div class="p-comment h-cite"><p class="p-name">So nice</p><time class="dt-published" datetime="2020-01-01"></time></div>
      <div class="u-in-reply-to h-cite"><a class="u-url p-name" href="https://y.example/1">A question</a></div></article>
    <article class="h-entry"><div class="p-name e-content">A short note, no title.</div><a class="u-url" href="/n/2"><time class="dt-published">2026-03-09 18:30</time></a>
      <div class="p-author h-card"><a class="u-url p-name" href="https://bob.example/">Bob</a></div></article>
    </main></body></html>"#;

#[test]
fn an_h_feed_gives_its_entries_and_itself() {
    let reading = read(BLOG);
    assert_eq!(reading.dialect, Dialect::HFeed);
    let channel = &reading.channel;
    assert_eq!(
        (shown(channel.title.as_ref()), shown(channel.description.as_ref())),
        ("Ann's notebook", "Bees and bread")
    );
    assert_eq!(channel.link.as_deref(), Some("https://x.example/blog/"));
    assert_eq!(
        (channel.hubs.as_slice(), channel.language.as_deref()),
        (["https://hub.example/".to_owned()].as_slice(), Some("en"))
    );
    assert_eq!(reading.entries.len(), 2);
    let bees = &reading.entries[0];
    assert_eq!(shown(bees.title.as_ref()), "Bees & I");
    assert_eq!(bees.link.as_deref(), Some("https://x.example/blog/bees"));
    assert_eq!(bees.guid, bees.link);
    assert_eq!(bees.published.map(|at| at.to_string()).as_deref(), Some("2026-03-10T08:00:00Z"));
    assert_eq!(bees.updated.map(|at| at.to_string()).as_deref(), Some("2026-03-11T00:00:00Z"));
    assert_eq!(shown(bees.summary.as_ref()), "They came back.");
    assert_eq!(bees.content, Some(Text::html("<p>They <b>came</b> back. <a href=\"/hive\">The hive</a></p>")));
    assert_eq!(bees.categories, [Category::term("bees"), Category::term("garden")]);
    assert_eq!(bees.image.as_deref(), Some("https://x.example/blog/bee.jpg"));
    assert_eq!(bees.media[0].caption.as_deref(), Some("A bee"));
    let types: Vec<_> = bees.enclosures.iter().filter_map(|enclosure| enclosure.media_type.as_deref()).collect();
    assert_eq!(types, ["audio/mpeg", "video/webm"]);
    assert_eq!(bees.dateline.as_deref(), Some("Lakeside"));
    let ann = Person { name: Some("Ann Lee".to_owned()), url: Some("https://x.example/ann".to_owned()), email: None };
    assert_eq!(bees.authors, [ann], "the feed's author");
}

#[test]
fn a_note_has_no_title_and_its_own_author() {
    let note = &read(BLOG).entries[1];
    assert_eq!(note.title, None);
    assert_eq!(shown(note.content.as_ref()), "A short note, no title.");
    assert_eq!(note.link.as_deref(), Some("https://x.example/n/2"));
    assert_eq!(note.published.map(|at| at.to_string()).as_deref(), Some("2026-03-09T18:30:00Z"));
    assert_eq!(note.authors[0].name.as_deref(), Some("Bob"));
    assert_eq!(note.authors[0].url.as_deref(), Some("https://bob.example/"));
}

#[test]
fn names_addresses_and_pictures_can_be_implied() {
    let rows = [
        ("<a class=h-entry href=/a>Just a link</a>", "Just a link", Some("https://x.example/a")),
        ("<div class=h-entry><a class=u-url href=/b>By its text</a></div>", "By its text", Some("https://x.example/b")),
        (
            "<div class=h-entry><a class=u-url href=/c><img alt='By its picture' src=c.jpg></a></div>",
            "By its picture",
            Some("https://x.example/c"),
        ),
        (
            "<div class=h-entry><h2 class=p-name><a href=/d>Linked title</a></h2></div>",
            "Linked title",
            Some("https://x.example/d"),
        ),
        (
            "<div class=h-entry><a href=/e><h2 class=p-name>Title in a link</h2></a></div>",
            "Title in a link",
            Some("https://x.example/e"),
        ),
        ("<div class=h-entry><abbr class=p-name title='In full'>Abbr.</abbr></div>", "In full", None),
        ("<div class=h-entry><data class=p-name value='For programs'>x</data></div>", "For programs", None),
        (
            "<div class=h-entry><p class=p-name>No <span class=value>One</span> and <span class=value>Two</span></p></div>",
            "OneTwo",
            None,
        ),
    ];
    for (markup, title, link) in rows {
        let reading = microformats(&page(&format!("<body><div class=h-feed>{markup}")), Classes::Current);
        let Some(reading) = reading else {
            // An element without any property says nothing.
            assert!(markup.starts_with("<a class=h-entry"), "{markup}");
            continue;
        };
        let entry = &reading.entries[0];
        assert_eq!((shown(entry.title.as_ref()), entry.link.as_deref()), (title, link), "{markup}");
    }
}

#[test]
fn dates_are_read_however_they_stand() {
    let rows = [
        ("<time class=dt-published datetime='2026-03-10T09:00:00Z'>x</time>", "2026-03-10T09:00:00Z"),
        ("<time class=dt-published datetime='2026-03-10 09:00:00+0200'>x</time>", "2026-03-10T07:00:00Z"),
        ("<abbr class=dt-published title='2026-03-10T09:00Z'>x</abbr>", "2026-03-10T09:00:00Z"),
        ("<span class=dt-published>10 March 2026</span>", "2026-03-10T00:00:00Z"),
        (
            "<span class=dt-published><span class=value>2026-03-10</span> at <span class=value>09:00</span><span class=value>+01:00</span></span>",
            "2026-03-10T08:00:00Z",
        ),
        (
            "<span class=dt-published><abbr class=value title=2026-03-10>Tuesday</abbr>, <span class=value>4:30pm</span></span>",
            "2026-03-10T16:30:00Z",
        ),
        (
            "<span class=dt-published><span class=value-title title='2026-03-10T09:00:00Z'> </span>last week</span>",
            "2026-03-10T09:00:00Z",
        ),
        ("<p class=dt-published>on <time datetime='2026-03-10T09:00:00Z'>that day</time></p>", "2026-03-10T09:00:00Z"),
        ("<data class=dt-published value='2026-03-10T09:00:00Z'></data>", "2026-03-10T09:00:00Z"),
    ];
    for (markup, wanted) in rows {
        let entry = only(&format!("<body><div class=h-entry><p class=p-name>Title</p>{markup}</div>"));
        assert_eq!(entry.published.map(|at| at.to_string()).as_deref(), Some(wanted), "{markup}");
    }
    let entry =
        only("<body><div class=h-entry><p class=p-name>T</p><span class=dt-published>the other day</span></div>");
    assert_eq!(entry.published, None);
}

#[test]
fn the_fullest_feed_of_a_page_is_read_and_what_is_inside_an_entry_is_its_own() {
    let one = |class: &str, count: usize, inner: &str| {
        let entries: String = (0..count)
            .map(|n| format!("<li class=h-entry><a class='p-name u-url' href=/{class}/{n}>{class} {n}</a>{inner}</li>"))
            .collect();
        format!("<ul class=h-feed>{entries}</ul>")
    };
    let quoted = "<div class=e-content>text<div class='h-entry'><b class=p-name>quoted</b></div></div>";
    let markup = format!("<body>{}{}{}", one("said", 2, ""), one("post", 2, quoted), one("old", 3, ""));
    let reading = read(&markup);
    assert_eq!(reading.entries.iter().map(|e| shown(e.title.as_ref())).collect::<Vec<_>>(), ["post 0", "post 1"]);
    // A feed that is a child of another thing keeps its entries to itself.
    let child = "<body><div class=h-card><p class=p-name>Ann</p></div><div class=h-feed><div class=h-feed><p class=h-entry><i class=p-name>Inner</i></p></div></div>";
    assert_eq!(shown(only(child).title.as_ref()), "Inner");
    // Entries that stand free make a feed too; events and quotations do not.
    let free = "<title>Home</title><div class=h-event><p class=h-entry><i class=p-name>Not I</i></p></div><p class=h-entry><i class=p-name>I</i></p><p class=h-entry><i class=p-name>You</i></p>";
    let reading = read(&format!("<html>{free}"));
    assert_eq!((reading.entries.len(), shown(reading.channel.title.as_ref())), (2, "Home"));
}

#[test]
fn an_article_that_is_marked_up_is_no_feed_of_one() {
    let entry = |link: &str| {
        format!(
            "<html><head><link rel=canonical href=/blog/canon></head><body><article class=h-entry><h1 class=p-name>Title</h1>{link}<div class=e-content>Text</div></article>"
        )
    };
    for link in ["", "<a class=u-url href=''></a>", "<a class=u-url href=/blog/></a>", "<a class=u-url href=canon></a>"]
    {
        assert!(feed(&page(&entry(link))).is_err(), "{link}");
    }
    assert_eq!(read(&entry("<a class=u-url href=/blog/one></a>")).entries.len(), 1, "a list of one");
}

#[test]
fn classes_of_style_sheets_and_pages_without_entries_are_no_feed() {
    let rows = [
        "<body class='h-full h-100'><div class='h-screen p-4'><p class=p-name>Not found</p></div>",
        "<body class=hfeed><article class=hentry><h1 class=entry-title>Post</h1></article>",
        "<body><div class=h-feed><p class=p-name>Empty</p></div>",
        "<body><div class=h-entry></div>",
        "<body><p>We write about h-entry and class names.</p>",
        "<body><div class=h-card><a class=u-url href=/>Ann</a></div><p>h-entry</p>",
    ];
    for markup in rows {
        let error = feed(&page(&format!("<html>{markup}"))).expect_err(markup);
        assert!(matches!(error, Error::Page { .. }), "{markup}: {error:?}");
    }
}

#[test]
fn the_older_classes_count_for_who_asks() {
    let markup = "<html><head><title>Site</title></head><body class='blog hfeed'><h1 class=site-title>My site</h1>
        <article id=post-7 class='post hentry category-news'><h2 class=entry-title><a href=/7/ rel=bookmark>Seventh</a></h2>
        <span class='author vcard'><a class='url fn n' href=/author/ann/>Ann</a></span>
        <time class='entry-date published' datetime=2026-03-10T09:00:00+00:00>10 March</time><time class=updated datetime=2026-03-12T09:00:00+00:00></time>
        <div class=entry-content><p>Text</p></div><a rel='category tag' href=/c/>News</a></article>
        <article class=hentry><p class=entry-title>No link, no post</p></article>";
    let document = page(markup);
    assert!(matches!(feed(&document), Err(Error::Page { .. })));
    let reading = microformats(&document, Classes::Older).expect("entries");
    assert_eq!(reading.entries.len(), 1);
    let entry = &reading.entries[0];
    assert_eq!((shown(entry.title.as_ref()), entry.link.as_deref()), ("Seventh", Some("https://x.example/7/")));
    assert_eq!(entry.published.map(|at| at.to_string()).as_deref(), Some("2026-03-10T09:00:00Z"));
    assert_eq!(entry.updated.map(|at| at.to_string()).as_deref(), Some("2026-03-12T09:00:00Z"));
    assert_eq!(entry.authors[0].name.as_deref(), Some("Ann"));
    assert_eq!(entry.categories, [Category::term("News")]);
    assert_eq!(shown(entry.content.as_ref()), "<p>Text</p>");
}

#[test]
fn answers_and_bookmarks_without_words_show_what_they_are_about() {
    let entry = only(
        "<body><div class=h-entry><a class=u-like-of href=https://y.example/1>Their post</a> <a class=u-url href=/l/1><time class=dt-published datetime=2026-03-10></time></a></div>",
    );
    assert_eq!(shown(entry.content.as_ref()), "<p><a href=\"https://y.example/1\">Their post</a></p>");
    assert_eq!(entry.link.as_deref(), Some("https://x.example/l/1"));
}

#[test]
fn a_base_of_the_page_holds_for_addresses_and_content() {
    let entry =
        only("<head><base href=https://b.example/x/></head><body><p class=h-entry id=one><i class=p-name>T</i></p>");
    assert_eq!(entry.base.as_deref(), Some("https://b.example/x/"));
    assert_eq!(entry.guid.as_deref(), Some("https://b.example/x/#one"), "the place in the page stands for an address");
}

#[test]
fn the_author_of_the_page_is_that_of_its_entries() {
    let entry = "<div class=h-feed><p class=h-entry><i class=p-name>T</i></p></div>";
    let card = |href: &str| format!("<div class=h-card><a class='p-name u-url' href='{href}'>Ann Lee</a></div>");
    let rows = [
        (format!("{entry}<a rel=author href=/ann>Ann</a>"), Some("Ann")),
        (format!("<a rel=author href=/ann>about me</a>{}{entry}", card("/ann")), Some("Ann Lee")),
        (format!("{}{entry}", card("/")), Some("Ann Lee")),
        (format!("{}{entry}", card("https://somebody.example/")), None),
    ];
    for (markup, wanted) in rows {
        let reading = read(&format!("<html><body>{markup}"));
        let author = reading.entries[0].authors.first().and_then(|author| author.name.as_deref());
        assert_eq!(author, wanted, "{markup}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn no_markup_makes_it_panic(text in "(<div class='h-feed'>|<p class='h-entry u-url'>|<a class='u-url p-name' href=|<i class='dt-published'>|<i class=value>|<time datetime='|<div class='e-content'>|<b class='p-author h-card'>|<article class=hentry>|<a rel=bookmark href=x>|</div>|</p>|</i>|<base href=|2026-|10:00|é|€|'|>|<| ){0,60}") {
        let _ = microformats(&page(&format!("h-entry{text}")), Classes::Older);
    }
}

#[test]
fn what_is_too_much_is_told() {
    let reading = read(&"<p class=h-entry><i class=p-name>x</i></p>".repeat(MAX_ENTRIES + 3));
    assert_eq!((reading.entries.len(), reading.problems), (MAX_ENTRIES, vec![left_out(3, MAX_ENTRIES)]));
}

#[test]
fn hostile_pages_end() {
    let many = 20_000;
    let rows = [
        "<div class='h-entry p-name'>".repeat(many),
        format!("<div class=h-feed>{}", "<p class=h-entry><i class=p-name>x</i></p>".repeat(many)),
        format!("<div class=h-entry>{}", "<i class='p-name p-category value'>x".repeat(many)),
        format!("<div class=h-entry>{}", "<i class='dt-published'><i class=value>1-".repeat(many)),
        format!("<div class=h-entry>{}", "<div class='p-author h-card'>".repeat(many)),
        format!("<div class=h-entry>{}{}", "<i class=p-category>".repeat(400), "x ".repeat(1 << 21)),
    ];
    for markup in rows {
        let reading = microformats(&page(&markup), Classes::Older);
        assert!(reading.is_none_or(|reading| reading.entries.len() <= MAX_ENTRIES));
    }
}
