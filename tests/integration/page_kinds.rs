//! Article pages of every kind read without rules: one page for each way of writing and building one, held against what a
//! person reads on it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use courant::dom::squash;
use courant::extract::{self, Extraction};
use courant::model::{Attribution, Document, Figure};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use url::Url;

/// What a page says, as its author meant it. Fields that are left out are not looked at; `null` means that there is none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Truth {
    /// The kind of page.
    what: String,
    url: Url,
    zone: String,
    title: String,
    /// Every block of the text in reading order: what is said besides them leaks.
    text: Vec<String>,
    /// What a reader may find in the text or not: both are right.
    #[serde(default)]
    may: Vec<String>,
    /// What must not be in the text, and why the page holds it.
    #[serde(default)]
    absent: Vec<String>,
    lead: Option<String>,
    authors: Option<Vec<String>>,
    published: Option<Timestamp>,
    updated: Option<Timestamp>,
    language: Option<String>,
    dateline: Option<String>,
    figures: Option<Vec<Pictured>>,
    attributions: Option<Vec<Attribution>>,
    canonical: Option<String>,
    alternate: Option<Url>,
    paywalled: Option<bool>,
    /// What must be in the markup: links, players, tables.
    #[serde(default)]
    kept: Vec<String>,
    /// What must not be in the markup.
    #[serde(default)]
    markup_absent: Vec<String>,
    /// What cannot be had without rules, and why.
    #[serde(default)]
    beyond: Vec<Beyond>,
}

/// A fault that stands, by its line in the report.
#[derive(Deserialize)]
struct Beyond {
    fault: String,
    #[expect(dead_code, reason = "for readers of the truth")]
    because: String,
}

#[derive(Deserialize)]
struct Pictured {
    url: Option<String>,
    /// Other addresses of the same picture that are as good.
    #[serde(default)]
    or: Vec<String>,
    caption: Option<String>,
    place: Option<String>,
    credit: Option<String>,
}

impl Pictured {
    fn is(&self, figure: &Figure) -> bool {
        let address = self.url == figure.url || figure.url.as_ref().is_some_and(|url| self.or.contains(url));
        address && self.caption == figure.caption && self.place == figure.place && self.credit == figure.credit
    }
}

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pages/kinds");
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut pages: Vec<PathBuf> = entries
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "html"))
        .collect();
    pages.sort();
    pages
}

fn truth(page: &Path) -> Truth {
    let text = std::fs::read_to_string(page.with_extension("json")).expect("every page has its truth beside it");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", page.display()))
}

fn read(page: &Path, truth: &Truth) -> Extraction {
    let body = std::fs::read(page).expect("readable");
    let document =
        Document { url: Some(truth.url.clone()), content_type: Some("text/html".to_owned()), body: body.into() };
    let zone = TimeZone::get(&truth.zone).expect("a zone");
    extract::article(&document, &extract::Context { zone, ..extract::Context::default() })
}

/// How many of the blocks of a text were found, and what is wrong.
#[derive(Default)]
struct Found {
    blocks: usize,
    faults: Vec<String>,
}

/// Walks through the text from block to block: what lies between leaks.
fn text(truth: &Truth, text: &str, found: &mut Found) {
    let text: String = text.lines().map(squash).collect::<Vec<_>>().join("\n");
    let mut rest = text.as_str();
    let mut between = String::new();
    for block in &truth.text {
        let flat = rest.replace('\n', " ");
        let Some(at) = flat.find(block.as_str()) else {
            found.faults.push(format!("missing: {block}"));
            continue;
        };
        found.blocks += 1;
        if block.chars().count() > 60 && at > 0 && !rest[..at].ends_with('\n') {
            found.faults.push(format!("joined: {block}"));
        }
        between.push_str(&rest[..at]);
        between.push('\n');
        rest = &rest[at + block.len()..];
    }
    between.push_str(rest);
    for may in &truth.may {
        between = between.replace(may.as_str(), "");
    }
    let leaks = between.lines().filter(|line| line.chars().any(char::is_alphanumeric));
    found.faults.extend(leaks.map(|line| format!("leaks: {line}")));
    let told = truth.absent.iter().filter(|absent| text.contains(absent.as_str()));
    found.faults.extend(told.map(|absent| format!("holds: {absent}")));
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, wanted: Option<&T>, said: Option<&T>, found: &mut Found) {
    if wanted.is_some() && wanted != said {
        found.faults.push(format!("{what}: wanted {wanted:?}, found {said:?}"));
    }
}

fn fields(truth: &Truth, extraction: &Extraction, found: &mut Found) {
    let entry = &extraction.entry;
    same("title", Some(&truth.title), entry.title.as_ref().map(|title| &title.value), found);
    same("lead", truth.lead.as_ref(), entry.lead.as_ref(), found);
    let authors: Vec<String> = entry.authors.iter().filter_map(|person| person.name.clone()).collect();
    same("authors", truth.authors.as_ref(), Some(&authors), found);
    same("published", truth.published.as_ref(), entry.published.as_ref(), found);
    same("updated", truth.updated.as_ref(), entry.updated.as_ref(), found);
    same("language", truth.language.as_ref(), entry.language.as_ref(), found);
    same("dateline", truth.dateline.as_ref(), entry.dateline.as_ref(), found);
    same("canonical", truth.canonical.as_ref(), entry.link.as_ref(), found);
    same("alternate", truth.alternate.as_ref(), extraction.alternate.as_ref(), found);
    same("paywalled", truth.paywalled.as_ref(), entry.paywalled.as_ref(), found);
    let attributions: &[Attribution] = truth.attributions.as_deref().unwrap_or_default();
    if attributions != entry.attributions {
        found.faults.push(format!("attributions: wanted {attributions:?}, found {:?}", entry.attributions));
    }
    if let Some(figures) = &truth.figures {
        for (at, wanted) in figures.iter().enumerate() {
            let said = entry.figures.get(at);
            if !said.is_some_and(|said| wanted.is(said)) {
                found.faults.push(format!("figure {}: wanted {:?}, found {said:?}", at + 1, wanted.url));
            }
        }
        for more in entry.figures.iter().skip(figures.len()) {
            found.faults.push(format!("no figure of the article: {:?}", more.url));
        }
    }
    let markup = entry.content.as_ref().map(|content| content.value.as_str()).unwrap_or_default();
    let lost = truth.kept.iter().filter(|kept| !markup.contains(kept.as_str()));
    found.faults.extend(lost.map(|kept| format!("markup lost: {kept}")));
    let held = truth.markup_absent.iter().filter(|absent| markup.contains(absent.as_str()));
    found.faults.extend(held.map(|absent| format!("markup holds: {absent}")));
}

/// Set to part of a page's name to see that page only, with its text.
const ONLY: &str = "COURANT_PAGE";

#[test]
fn pages_of_every_kind_are_read_without_rules() {
    let only = std::env::var(ONLY).ok();
    let mut pages = pages();
    pages.retain(|page| only.as_deref().is_none_or(|only| page.to_string_lossy().contains(only)));
    let mut table = format!("{:20} {:>6} {:>6} {:>6}\n", "page", "blocks", "found", "faults");
    let mut wrong = 0;
    for page in &pages {
        let truth = truth(page);
        let extraction = read(page, &truth);
        let mut found = Found::default();
        text(&truth, &extraction.text, &mut found);
        fields(&truth, &extraction, &mut found);
        let stands = |fault: &String| truth.beyond.iter().any(|beyond| fault.starts_with(&beyond.fault));
        for beyond in truth.beyond.iter().filter(|beyond| !found.faults.iter().any(|it| it.starts_with(&beyond.fault)))
        {
            let _ = writeln!(table, "    now holds, take it out of `beyond`: {}", beyond.fault);
            wrong += 1;
        }
        let faults: Vec<&String> = found.faults.iter().filter(|fault| !stands(fault)).collect();
        wrong += faults.len();
        let name = page.file_stem().expect("a name").to_string_lossy();
        let (blocks, all) = (found.blocks, truth.text.len());
        let _ = writeln!(table, "{name:20} {all:6} {blocks:6} {:6}  {}", faults.len(), truth.what);
        for fault in faults {
            let _ = writeln!(table, "    {fault}");
        }
        if only.is_some() {
            let content = extraction.entry.content.map(|content| content.value).unwrap_or_default();
            let _ = writeln!(table, "{}\n{:#?}\n{content}", extraction.text, extraction.said);
        }
    }
    eprintln!("{table}{wrong} faults on {} pages", pages.len());
    assert!(only.is_some() || pages.len() >= 35, "pages are missing");
    assert_eq!(wrong, 0, "\n{table}");
}
