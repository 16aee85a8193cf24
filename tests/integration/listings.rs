//! Listing pages read without rules: one page for each way of building a list, measured against what a person would pick.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use courant::discover::{Context, draft, listing};
use courant::model::{Document, Entry};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use url::Url;

/// What a page gives, as its author meant it.
#[derive(Deserialize)]
struct Truth {
    url: Url,
    zone: Option<String>,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    url: String,
    title: Option<String>,
    published: Option<Timestamp>,
    summary: Option<String>,
    image: Option<String>,
}

/// Counts of one page, or of all.
#[derive(Default, Clone, Copy)]
struct Tally {
    wanted: usize,
    found: usize,
    right: usize,
    /// Title, date, summary and picture right, of the items found.
    fields: [usize; 4],
}

impl Tally {
    fn f1(&self) -> f64 {
        ratio(2 * self.right, self.wanted + self.found)
    }

    fn add(&mut self, other: &Self) {
        self.wanted += other.wanted;
        self.found += other.found;
        self.right += other.right;
        self.fields.iter_mut().zip(other.fields).for_each(|(sum, more)| *sum += more);
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 1.0;
    }
    f64::from(u32::try_from(part).expect("counts are small")) / f64::from(u32::try_from(whole).expect("small"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/listings")
}

fn document(page: &Path) -> (Truth, Document, Context) {
    let truth = std::fs::read_to_string(page.with_extension("json")).expect("every page has its truth beside it");
    let truth: Truth = serde_json::from_str(&truth).expect("the truth is JSON");
    let body = std::fs::read(page).expect("readable");
    let document =
        Document { url: Some(truth.url.clone()), content_type: Some("text/html".to_owned()), body: body.into() };
    let zone = truth.zone.as_deref().map_or(TimeZone::UTC, |zone| TimeZone::get(zone).expect("a zone"));
    (truth, document, Context { zone, ..Context::default() })
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "html"))
        .collect();
    pages.sort();
    pages
}

fn tally(truth: &Truth, entries: &[Entry], told: &mut String) -> Tally {
    let by_link: BTreeMap<&str, &Entry> =
        entries.iter().filter_map(|entry| Some((entry.link.as_deref()?, entry))).collect();
    let mut tally = Tally { wanted: truth.items.len(), found: entries.len(), ..Tally::default() };
    for item in &truth.items {
        let Some(entry) = by_link.get(item.url.as_str()) else {
            let _ = writeln!(told, "    missing {}", item.url);
            continue;
        };
        tally.right += 1;
        let title = entry.title.as_ref().map(|text| text.value.clone());
        let summary = entry.summary.as_ref().map(|text| text.value.clone());
        let pairs = [
            (item.title.clone(), title),
            (item.published.map(|at| at.to_string()), entry.published.map(|at| at.to_string())),
            (item.summary.clone(), summary),
            (item.image.clone(), entry.image.clone()),
        ];
        for (right, (wanted, found)) in tally.fields.iter_mut().zip(pairs) {
            if wanted == found {
                *right += 1;
            } else {
                let _ = writeln!(told, "    {}\n      wanted {wanted:?}\n      found  {found:?}", item.url);
            }
        }
    }
    let known: Vec<&str> = truth.items.iter().map(|item| item.url.as_str()).collect();
    for link in by_link.keys().filter(|link| !known.contains(link)) {
        let _ = writeln!(told, "    not an item {link}");
    }
    tally
}

#[test]
fn lists_are_found_without_rules() {
    let mut pages = pages();
    let only = std::env::var("COURANT_LISTING").ok();
    pages.retain(|page| only.as_deref().is_none_or(|only| page.to_string_lossy().contains(only)));
    let mut table = format!("{:32} {:>5} {:>5}   F1  title  date  lead image\n", "page", "want", "found");
    let (mut all, mut sum) = (Tally::default(), 0.0);
    for page in &pages {
        let (truth, document, context) = document(page);
        let entries = listing::find(&document, &context).entries;
        let mut told = String::new();
        let one = tally(&truth, &entries, &mut told);
        let [title, date, summary, image] = one.fields.map(|right| ratio(right, one.right));
        let name = page.file_stem().expect("a name").to_string_lossy();
        let _ = writeln!(
            table,
            "{name:32} {:5} {:5}  {:.3} {title:.2}  {date:.2}  {summary:.2}  {image:.2}",
            one.wanted,
            one.found,
            one.f1()
        );
        if only.is_some() {
            table.push_str(&told);
        }
        all.add(&one);
        sum += one.f1();
    }
    let mean = sum / f64::from(u32::try_from(pages.len().max(1)).expect("few"));
    let [title, date, summary, image] = all.fields.map(|right| ratio(right, all.right));
    let _ = writeln!(
        table,
        "{:32} {:5} {:5}  {:.3} {title:.2}  {date:.2}  {summary:.2}  {image:.2}  mean of pages {mean:.3}",
        "all",
        all.wanted,
        all.found,
        all.f1()
    );
    eprintln!("{table}");
    if only.is_none() {
        assert!(pages.len() >= 52, "pages are missing");
        assert!(all.f1() >= 0.98 && mean >= 0.98, "{table}");
        assert!([title, date, summary, image].iter().all(|right| *right >= 0.97), "{table}");
    }
}

#[test]
fn drafted_rules_find_what_is_found_without() {
    let (mut drafted, mut told) = (0, String::new());
    let pages = pages();
    for page in &pages {
        let (_, document, context) = document(page);
        let draft = draft::draft(&document, &context);
        let name = page.file_stem().expect("a name").to_string_lossy().into_owned();
        let Some(rules) = draft.rules else {
            let _ = writeln!(told, "{name}: none: {:?}", draft.notes);
            continue;
        };
        drafted += 1;
        let _ = writeln!(told, "{name}: {:?}\n{}", draft.notes, draft::write(&rules));
        let text = format!("url = \"https://x.example/\"\n{}", draft::write(&rules));
        let written: listing::ListRules = toml::from_str(&text).expect("the draft is TOML");
        let compiled = listing::Rules::compile(&written).expect("the draft is valid");
        let by_rules = listing::read(&document, &compiled, &context).entries;
        let told = |entry: &Entry| (entry.link.clone(), entry.title.clone(), entry.published);
        let found = draft.listing.entries;
        assert!(found.iter().map(told).eq(by_rules.iter().map(told)), "{name}: {text}");
    }
    eprintln!("{told}\n{drafted} of {} pages", pages.len());
    // The others have no element for an item, dates over several items, or no names that last.
    assert!(drafted * 5 >= pages.len() * 3, "{drafted} of {}\n{told}", pages.len());
}
