//! Where this reader and feed-rs differ, and why.
//!
//! Both read the same documents: generated ones, and the corpus in `COURANT_CORPORA` when it is set. Each difference must
//! fall into a class of [`CLASSES`] that says which of the two is right by which rule; one that does not fails the test.

mod sound;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use courant::model::{Dialect, Document, Entry, Reading, Text};
use courant::{dom, parse};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// The entries of one document as both read them.
struct Pair<'a> {
    dialect: Dialect,
    text: &'a str,
    ours: &'a Entry,
    theirs: &'a feed_rs::model::Entry,
}

/// A field that the two readers fill differently.
#[derive(Debug)]
struct Difference {
    field: &'static str,
    ours: Vec<String>,
    theirs: Vec<String>,
}

/// Why a difference is no fault of ours, and whether it is such a one.
type Class = (&'static str, fn(&Difference, &Pair) -> bool);

/// The differences of entries that are explained, the narrow classes first.
const CLASSES: &[Class] = &[
    ("an id that is not there: feed-rs makes a hash or a random one", |d, _| {
        d.field == "id" && d.ours.is_empty() && d.theirs.iter().all(|id| is_made(id))
    }),
    ("an id in another element (`rdf:about`, an Atom id in RSS): feed-rs makes a hash", |d, p| {
        let there = p.dialect == Dialect::Rdf || p.dialect == Dialect::Rss && p.text.contains("id>urn:");
        d.field == "id" && there && d.theirs.iter().all(|id| is_made(id))
    }),
    ("an Atom id is an IRI reference, resolved against `xml:base`: feed-rs keeps it as written", |d, p| {
        let resolved =
            |theirs: &String| d.ours.iter().all(|ours| ours.ends_with(theirs.trim_start_matches(['.', '/'])));
        d.field == "id" && p.dialect == Dialect::Atom && p.text.contains("base=") && d.theirs.iter().all(resolved)
    }),
    ("an address is kept as written: feed-rs normalizes it", |d, _| {
        matches!(d.field, "link" | "media" | "id") && !d.ours.is_empty() && normal(&d.ours) == normal(&d.theirs)
    }),
    ("a guid or id stands in for a link that is not there (RSS `isPermaLink`)", |d, p| {
        d.field == "link" && d.theirs.is_empty() && p.ours.guid.iter().eq(&d.ours)
    }),
    ("an address that is relative to nothing known is kept: feed-rs drops it", |d, _| {
        let rest = d.ours.iter().filter(|address| url::Url::parse(address).is_ok()).cloned().collect::<Vec<_>>();
        matches!(d.field, "link" | "media") && rest.len() < d.ours.len() && normal(&rest) == normal(&d.theirs)
    }),
    ("JSON Feed attachments are enclosures: feed-rs leaves them out", |d, p| {
        d.field == "media" && p.dialect == Dialect::JsonFeed && d.theirs.is_empty()
    }),
    ("of several pages the last: for feed-rs the first, which may be a feed or another form of the page", |d, p| {
        let is_page = |link: &feed_rs::model::Link| link.media_type.as_deref().is_none_or(|kind| kind.contains("html"));
        let several = p.theirs.links.len() > 1 || !p.theirs.links.iter().any(is_page);
        d.field == "link" && several
    }),
    ("an address in an attribute of an RSS link is its address: feed-rs reads the text", |d, p| {
        d.field == "link"
            && p.dialect == Dialect::Rss
            && (p.text.contains("<link href=") || p.text.contains("<link uri="))
    }),
    ("a guid that is a permanent link stands before links of other schemes", |d, p| {
        d.field == "link" && p.ours.link.is_some() && p.ours.link == p.ours.guid
    }),
    ("links in other places (Atom links in RSS, an address as text): feed-rs finds none", |d, _| {
        matches!(d.field, "link" | "media") && d.theirs.concat().is_empty()
    }),
    ("RSS `dc:date` is the last change (as feedparser reads it): for feed-rs it is the publication", |d, p| {
        let dc = p.text.contains(":date");
        matches!(p.dialect, Dialect::Rss | Dialect::Rdf)
            && dc
            && seconds(p).updated == seconds(p).their_published
            && is_date(d)
    }),
    ("a date of publication is no date of change: feed-rs copies one into the other", |d, p| {
        d.field == "updated" && d.ours.is_empty() && seconds(p).their_published == seconds(p).their_updated
    }),
    ("a date or its element that feed-rs does not read (`issued`, `created`, `dcterms:…`, loose forms)", |d, _| {
        is_date(d) && d.theirs.is_empty()
    }),
    ("terms once, none of them blank", |d, _| d.field == "categories" && once(&d.theirs) == d.ours),
    (
        "categories of other elements (`dc:subject`, keywords, Media RSS, iTunes): feed-rs reads `category` alone",
        |d, p| {
            let others = ["subject", "keywords", "media:category", "itunes:category", "<tags", "<category", "<media:"];
            d.field == "categories"
                && is_part(&once(&d.theirs), &d.ours)
                && others.iter().any(|name| p.text.contains(name))
        },
    ),
    ("persons once, and without the parentheses around the name", |d, _| {
        let bare = |name: &String| name.trim_matches(['(', ')', '<', '>', ' ']).to_owned();
        d.field == "authors" && once(&d.theirs.iter().map(bare).collect::<Vec<_>>()) == d.ours
    }),
    ("authors of other elements (`itunes:author`, `dc:author`, `atom:author`): feed-rs reads fewer", |d, p| {
        let others = ["author", "creator", "dc:", "itunes:"];
        d.field == "authors" && is_part(&d.theirs, &d.ours) && others.iter().any(|name| p.text.contains(name))
    }),
    (
        "authors of a JSON Feed are the feed's: feed-rs copies them into items, and reads `author` beside `authors`",
        |d, p| {
            d.field == "authors" && p.dialect == Dialect::JsonFeed && d.ours.iter().all(|name| d.theirs.contains(name))
        },
    ),
    ("tags of JSON Feed but for blank ones", |d, p| {
        let filled = d.theirs.iter().filter(|term| !term.trim().is_empty());
        d.field == "categories" && p.dialect == Dialect::JsonFeed && filled.eq(&d.ours)
    }),
    ("the same markup, written by another serializer", |d, _| is_text(d) && shape(&d.ours) == shape(&d.theirs)),
    ("the text goes on behind the first element inside: feed-rs stops there", |d, _| {
        let cut = |(ours, theirs): (&String, &String)| ours.len() > theirs.len() && ours.starts_with(theirs.as_str());
        (is_text(d) || d.field == "authors") && d.theirs.len() == 1 && d.ours.iter().zip(&d.theirs).all(cut)
    }),
    ("markup that is escaped inside a `div` is markup: for feed-rs it is the text of one", |d, p| {
        d.field == "content"
            && p.dialect == Dialect::Atom
            && d.theirs.iter().all(|text| text.starts_with("<div"))
            && words(&[dom::text(&d.theirs.concat())]) == words(&d.ours)
    }),
    ("base64 is decoded", |d, p| {
        d.field == "content" && p.dialect == Dialect::Atom && d.theirs.iter().all(|text| !text.contains([' ', '<']))
    }),
    (
        "bodies of other elements (`body`, `fullitem`, `content`, iTunes, a second `description`): feed-rs reads one",
        |d, p| {
            let names =
                ["body", "fullitem", "<content", "<description", "itunes:summary", "media:description", "<summary"];
            d.field == "content" && d.theirs.is_empty() && names.iter().any(|name| p.text.contains(name))
        },
    ),
    (
        "summaries and titles of other vocabularies (Dublin Core, iTunes, Media RSS): feed-rs does not read them",
        |d, p| {
            let names = ["dc:", "itunes:", "media:", "<summary"];
            let is_one = matches!(d.field, "summary" | "title") && d.theirs.is_empty();
            is_one && names.iter().any(|name| p.text.contains(name)) && !d.ours.concat().contains('<')
        },
    ),
    ("markup that should have been escaped is read as it stands: feed-rs reads nothing", |d, _| {
        is_text(d) && d.theirs.is_empty() && d.ours.iter().all(|text| text.contains(['<', '>']))
    }),
    ("the first of several elements counts: for feed-rs the last", |d, p| {
        let tags =
            [("title", "title>"), ("summary", "description>"), ("summary", "summary"), ("published", "pubDate>")];
        let repeated = |(field, tag): &(&str, &str)| d.field == *field && p.text.matches(tag).count() > 3;
        tags.iter().any(repeated) && d.ours.len() == d.theirs.len()
    }),
    ("entities of HTML, references without a meaning and text encoded twice are put right", |d, _| {
        is_text(d) && d.ours.len() == d.theirs.len() && letters(&d.ours) == letters(&d.theirs)
    }),
];

/// Why the number of entries may differ.
type DocumentClass = (&'static str, fn(&Difference, &Reading, &str) -> bool);

/// The differences in the number of entries that are explained.
const DOCUMENT_CLASSES: &[DocumentClass] = &[
    ("Atom 0.3 is read: feed-rs finds no entry in its namespace", |d, ours, text| {
        ours.dialect == Dialect::Atom && d.theirs == ["0"] && text.contains("http://purl.org/atom/ns#")
    }),
    ("Atom in a namespace that is misspelt is read: feed-rs finds no entry", |d, ours, text| {
        ours.dialect == Dialect::Atom && d.theirs == ["0"] && !text.contains("\"http://www.w3.org/2005/Atom\"")
    }),
    ("RSS 0.90 and items without a link or inside the channel are read: feed-rs leaves them out", |_, ours, _| {
        ours.dialect == Dialect::Rdf
    }),
    ("an item inside of another one is an item: a forgotten end tag looks the same", |d, ours, text| {
        let starts = text.matches("<item").count() + text.matches("<entry").count();
        d.ours != ["0"] && d.theirs != ["0"] && starts >= ours.entries.len()
    }),
    ("an Atom entry may be called `item`: feed-rs leaves it out", |d, ours, text| {
        ours.dialect == Dialect::Atom && d.theirs == ["0"] && !text.contains("<entry")
    }),
    ("RSS in a namespace is read: feed-rs finds no item", |d, ours, text| {
        ours.dialect == Dialect::Rss && d.theirs == ["0"] && text.contains("http://backend.userland.com/rss")
    }),
];

/// The moments of both.
struct Seconds {
    updated: Option<i64>,
    their_published: Option<i64>,
    their_updated: Option<i64>,
}

fn seconds(pair: &Pair) -> Seconds {
    Seconds {
        updated: pair.ours.updated.map(jiff::Timestamp::as_second),
        their_published: pair.theirs.published.map(|at| at.timestamp()),
        their_updated: pair.theirs.updated.map(|at| at.timestamp()),
    }
}

fn is_date(difference: &Difference) -> bool {
    matches!(difference.field, "published" | "updated")
}

fn is_text(difference: &Difference) -> bool {
    matches!(difference.field, "title" | "summary" | "content") && !difference.ours.is_empty()
}

/// Whether feed-rs made this id: hexadecimal digits, or a random UUID.
fn is_made(id: &str) -> bool {
    let digits = id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    digits && (28..=36).contains(&id.len())
}

fn normal(addresses: &[String]) -> Vec<String> {
    let one = |address: &String| url::Url::parse(address).map_or_else(|_| address.clone(), String::from);
    addresses.iter().map(one).collect()
}

fn once(texts: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for text in texts.iter().map(|text| squash(text)).filter(|text| !text.is_empty()) {
        if !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}

/// Whether every one of `part` is in `whole`.
fn is_part(part: &[String], whole: &[String]) -> bool {
    part.len() < whole.len() && part.iter().all(|one| whole.contains(one))
}

/// The words of some fragments, markup and references read.
fn words(fragments: &[String]) -> String {
    squash(&dom::text(&fragments.concat()))
}

/// Elements, attributes but for namespaces, and characters of a fragment, as a browser reads it; to it the end of a `br` that
/// an XML serializer wrote would be one more.
fn shape(fragments: &[String]) -> Vec<String> {
    let page = dom::Page::parse(&fragments.concat().replace("</br>", ""));
    let mut shape = Vec::new();
    for node in page.inside(page.root()) {
        if let Some(text) = page.characters(node) {
            shape.push(squash(text));
            continue;
        }
        let mut attributes: Vec<String> = page
            .attributes(node)
            .filter(|(name, _)| !name.starts_with("xmlns"))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        attributes.sort();
        shape.push(format!("<{} {}", page.name(node), attributes.join(" ")));
    }
    shape.retain(|part| !part.is_empty());
    shape
}

/// The ASCII letters of a text without its references.
fn letters(texts: &[String]) -> Vec<String> {
    let without = |text: &String| {
        let mut parts = text.split('&');
        let first = parts.next().unwrap_or_default().to_owned();
        let rest = parts.map(|part| part.split_once(';').map_or(part, |(_, rest)| rest).to_owned());
        let whole: String = std::iter::once(first).chain(rest).collect();
        whole.chars().filter(char::is_ascii_alphabetic).collect()
    };
    texts.iter().map(without).collect()
}

fn squash(text: &str) -> String {
    dom::squash(text)
}

fn differences(pair: &Pair) -> Vec<Difference> {
    let (ours, theirs) = (pair.ours, pair.theirs);
    let one = |text: Option<String>| text.filter(|text| !text.is_empty()).into_iter().collect::<Vec<_>>();
    let second = |moment: Option<i64>| one(moment.map(|moment| moment.to_string()));
    let text = |text: &Option<Text>| one(text.as_ref().map(|text| squash(&text.value)));
    let their_text = |text: &Option<feed_rs::model::Text>| one(text.as_ref().map(|text| squash(&text.content)));
    let their_link = theirs
        .links
        .iter()
        .find(|link| link.target.is_none() && link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    let linked =
        theirs.links.iter().filter(|link| link.rel.as_deref() == Some("enclosure")).map(|link| link.href.clone());
    let attached = theirs.media.iter().flat_map(|media| &media.content).filter_map(|content| content.url.as_ref());
    let their_media = linked.chain(attached.map(ToString::to_string));
    let enclosures = ours.enclosures.iter().map(|enclosure| enclosure.url.clone());
    let pictures = ours.media.iter().filter(|media| !media.thumbnail).map(|media| media.url.clone());
    // feed-rs does not tell enclosures from Media RSS.
    let set = |all: &mut dyn Iterator<Item = String>| all.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
    let rows = [
        ("id", one(ours.guid.clone()), one(Some(theirs.id.clone()))),
        ("link", one(ours.link.clone()), one(their_link.map(|link| link.href.clone()))),
        ("title", text(&ours.title), their_text(&theirs.title)),
        ("summary", text(&ours.summary), their_text(&theirs.summary)),
        (
            "content",
            text(&ours.content),
            one(theirs.content.as_ref().and_then(|content| content.body.as_deref()).map(squash)),
        ),
        (
            "published",
            second(ours.published.map(jiff::Timestamp::as_second)),
            second(theirs.published.map(|at| at.timestamp())),
        ),
        (
            "updated",
            second(ours.updated.map(jiff::Timestamp::as_second)),
            second(theirs.updated.map(|at| at.timestamp())),
        ),
        (
            "authors",
            ours.authors.iter().filter_map(|person| person.name.clone().or(person.email.clone())).collect(),
            theirs.authors.iter().filter_map(|person| person.name.clone().or(person.email.clone())).collect(),
        ),
        (
            "categories",
            ours.categories.iter().map(|category| category.term.clone()).collect(),
            theirs.categories.iter().map(|category| category.term.clone()).collect(),
        ),
        ("media", set(&mut enclosures.chain(pictures)), set(&mut { their_media })),
    ];
    let differ = |(field, ours, theirs): (&'static str, Vec<String>, Vec<String>)| {
        (ours != theirs).then_some(Difference { field, ours, theirs })
    };
    rows.into_iter().filter_map(differ).collect()
}

/// What the readers differ in, counted.
#[derive(Default)]
struct Tally {
    documents: usize,
    refused: usize,
    entries: usize,
    classes: BTreeMap<&'static str, usize>,
    unexplained: BTreeMap<String, Vec<String>>,
}

impl Tally {
    /// Has both read a document.
    fn take(&mut self, name: &str, body: &[u8], url: Option<&str>) {
        self.documents += 1;
        let document =
            Document { url: url.and_then(|url| url.parse().ok()), content_type: None, body: body.to_vec().into() };
        let parser = feed_rs::parser::Builder::new().base_uri(url).sanitize_content(false).build();
        let theirs = parser.parse(body);
        let (Ok(ours), Ok(theirs)) = (parse::feed(&document), theirs) else {
            self.refused += 1;
            return;
        };
        let text = String::from_utf8_lossy(body);
        if ours.entries.len() != theirs.entries.len() {
            let difference = Difference {
                field: "entries",
                ours: vec![ours.entries.len().to_string()],
                theirs: vec![theirs.entries.len().to_string()],
            };
            self.count_document(name, &difference, &ours, &text);
            return;
        }
        for (one, other) in ours.entries.iter().zip(&theirs.entries) {
            self.entries += 1;
            let pair = Pair { dialect: ours.dialect, text: &text, ours: one, theirs: other };
            for difference in differences(&pair) {
                match CLASSES.iter().find(|(_, holds)| holds(&difference, &pair)) {
                    Some((class, _)) => *self.classes.entry(class).or_default() += 1,
                    None => self.miss(name, &difference, ours.dialect),
                }
            }
        }
    }

    fn count_document(&mut self, name: &str, difference: &Difference, ours: &Reading, text: &str) {
        match DOCUMENT_CLASSES.iter().find(|(_, holds)| holds(difference, ours, text)) {
            Some((class, _)) => *self.classes.entry(class).or_default() += 1,
            None => self.miss(name, difference, ours.dialect),
        }
    }

    fn miss(&mut self, name: &str, difference: &Difference, dialect: Dialect) {
        let key = format!("{} {}", dialect.name(), difference.field);
        let short =
            |texts: &[String]| texts.iter().map(|text| text.chars().take(150).collect::<String>()).collect::<Vec<_>>();
        let line = format!("{name}: {:?} | {:?}", short(&difference.ours), short(&difference.theirs));
        self.unexplained.entry(key).or_default().push(line);
    }

    fn report(&self, what: &str) {
        let Self { documents, refused, entries, .. } = self;
        eprintln!("{what}: {documents} documents, {refused} refused by one of the two, {entries} entries compared");
        for (class, count) in &self.classes {
            eprintln!("  {count:6}  {class}");
        }
        let mut lines = String::new();
        for (key, found) in &self.unexplained {
            lines += &format!("{key}: {} unexplained\n", found.len());
            let step = (found.len() / 12).max(1);
            found.iter().step_by(step).take(12).for_each(|line| lines += &format!("    {line}\n"));
        }
        assert!(lines.is_empty(), "{what}: differences that nobody explained (ours | theirs)\n{lines}");
    }
}

#[test]
fn generated_documents_differ_in_what_is_known() {
    let mut runner = TestRunner::deterministic();
    let strategy = (proptest::sample::select(&sound::EVERY[..]), sound::items(sound::WORDS), sound::style());
    let mut tally = Tally::default();
    for number in 0..400 {
        let (made, items, style) = strategy.new_tree(&mut runner).expect("a document").current();
        tally.take(&format!("{made:?} {number}"), sound::document(made, &items, &style).as_bytes(), None);
    }
    tally.report("generated");
}

#[test]
fn feeds_of_the_corpus_differ_in_what_is_known() {
    let Some(corpora) = std::env::var_os("COURANT_CORPORA") else {
        eprintln!("LEFT OUT: the feeds of the corpus (COURANT_CORPORA is not set)");
        return;
    };
    let folder = Path::new(&corpora).join("feeds");
    let manifest = fs::read_to_string(folder.join("manifest.jsonl")).expect("the corpus has a manifest");
    let mut tally = Tally::default();
    for line in manifest.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        let name = row["id"].as_str().expect("an id");
        let body = fs::read(folder.join(row["file"].as_str().expect("a file"))).expect("the file can be read");
        tally.take(name, &body, row["url"].as_str());
    }
    tally.report("corpus");
}
