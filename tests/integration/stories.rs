//! Whether reports of one story are told from reports of others: a set of pairs of which the truth is known.
//!
//! `tests/fixtures/stories/reports.toml` has invented reports with each sentence said twice, what came days later, forms that
//! are filled in, quotes and notices. Pairs are made of them as papers make theirs: cut, credited, retold, corrected, with
//! paragraphs of their own. One half of the reports and forms was looked at while the rules were made, the other was not.
//! `cargo test --test integration stories -- --nocapture` prints both.

use std::collections::BTreeMap;

use courant::likeness::story::{Account, is_one, keys};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Truth {
    report: Vec<Report>,
    form: Vec<Form>,
    quote: Vec<Quote>,
    notice: Vec<Notice>,
    local: Vec<Local>,
    pair: Vec<Given>,
}

/// Two articles as they come, title and text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    one_story: bool,
    one: Told,
    other: Told,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    id: String,
    language: String,
    #[serde(default)]
    same: Option<String>,
    title: [String; 2],
    text: Vec<[String; 2]>,
    later_title: String,
    later: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    id: String,
    language: String,
    title: String,
    text: String,
    fill: Vec<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Quote {
    language: String,
    said: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    texts: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Local {
    language: String,
    credit: String,
    said: Vec<String>,
}

type Told = (String, String);

struct Pair {
    kind: &'static str,
    name: String,
    /// Which half it belongs to.
    half: usize,
    one: Told,
    other: Told,
    is_one: bool,
}

fn truth() -> Truth {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stories/reports.toml");
    toml::from_str(&std::fs::read_to_string(file).expect("the reports")).expect("reports")
}

/// The sentences of a report, `way` saying which form each takes.
fn sentences(report: &Report, way: impl Fn(usize) -> usize) -> Vec<String> {
    report.text.iter().enumerate().map(|(n, forms)| forms[way(n)].clone()).collect()
}

fn joined(sentences: &[String]) -> String {
    sentences.join(" ")
}

/// The text with its last number made another.
fn corrected(text: &str, which: usize) -> String {
    let places: Vec<usize> = text
        .char_indices()
        .filter(|(at, c)| {
            c.is_ascii_digit() && !text[..*at].ends_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',')
        })
        .map(|(at, _)| at)
        .collect();
    let Some(at) = places.get(which % places.len().max(1)) else { return text.to_owned() };
    let digit = text.as_bytes()[*at] - b'0';
    format!("{}{}{}", &text[..*at], (digit + 3) % 9 + 1, &text[at + 1..])
}

fn retellings(report: &Report, local: &Local) -> Vec<(&'static str, Told)> {
    let all = sentences(report, |_| 0);
    let title = |n: usize| report.title[n].clone();
    let half = all.len().div_ceil(2).max(3);
    let mut swapped = sentences(report, |n| n % 2);
    let last = swapped.len() - 1;
    swapped.swap(last, last - 1);
    let mut updated = sentences(report, |n| usize::from(n == 1));
    updated.insert(2, local.said[0].clone());
    vec![
        ("credited", (title(0), format!("{} {} {}", local.credit, joined(&all), local.credit))),
        ("another title", (title(1), joined(&all))),
        ("cut", (title(1), joined(&all[..half]))),
        ("cut, credited", (title(0), format!("{} {}", local.credit, joined(&all[..half])))),
        ("own paragraphs below", (title(1), format!("{} {}", joined(&all), joined(&local.said)))),
        ("own paragraph on top", (title(0), format!("{} {}", local.said[1], joined(&all)))),
        ("retold in half", (title(1), joined(&swapped))),
        ("retold in half, first", (title(0), joined(&sentences(report, |n| usize::from(n < 2))))),
        ("retold", (title(1), joined(&sentences(report, |_| 1)))),
        ("corrected", (title(0), corrected(&joined(&all), 1))),
        ("updated", (title(1), corrected(&joined(&updated), 0))),
    ]
}

fn pairs(truth: &Truth) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let local = |language: &str| truth.local.iter().find(|local| local.language == language).expect("a paper");
    let wire = |report: &Report| (report.title[0].clone(), joined(&sentences(report, |_| 0)));
    for (index, report) in truth.report.iter().enumerate() {
        let half = index % 2;
        let mut add = |kind, one: Told, other: Told, is_one| {
            pairs.push(Pair { kind, name: report.id.clone(), half, one, other, is_one });
        };
        for (kind, told) in retellings(report, local(&report.language)) {
            add(kind, wire(report), told, true);
        }
        let later = (report.later_title.clone(), joined(&report.later));
        add("what came later", wire(report), later.clone(), false);
        add("what came later, retold", (report.title[1].clone(), joined(&sentences(report, |n| n % 2))), later, false);
        for other in &truth.report[index + 1..] {
            let kind = match (&report.same, &other.same) {
                (Some(one), Some(other)) if one == other => "translation",
                _ if report.language == other.language => "other matter",
                _ => continue,
            };
            add(kind, wire(report), wire(other), false);
            if kind == "translation" {
                continue;
            }
            if let Some(quote) = truth.quote.iter().find(|quote| quote.language == report.language) {
                let with = |report: &Report, count: usize| {
                    let mut all = sentences(report, |_| 0);
                    all.truncate(count);
                    all.push(quote.said.clone());
                    (report.title[0].clone(), joined(&all))
                };
                add("one quote", with(report, 6), with(other, 6), false);
                add("one quote, short", with(report, 2), with(other, 2), false);
            }
        }
    }
    for (index, form) in truth.form.iter().enumerate() {
        let filled = |values: &[String]| {
            let fill = |text: &str| {
                values
                    .iter()
                    .enumerate()
                    .fold(text.to_owned(), |text, (n, value)| text.replace(&format!("{{{n}}}"), value))
            };
            (fill(&form.title), fill(&form.text))
        };
        for (n, one) in form.fill.iter().enumerate() {
            for other in &form.fill[n + 1..] {
                pairs.push(Pair {
                    kind: "one form",
                    name: form.id.clone(),
                    half: index % 2,
                    one: filled(one),
                    other: filled(other),
                    is_one: false,
                });
            }
            let credited = filled(one);
            let credited = (credited.0.clone(), format!("{} {}", local_credit(truth, &form.language), credited.1));
            pairs.push(Pair {
                kind: "one form, credited",
                name: form.id.clone(),
                half: index % 2,
                one: filled(one),
                other: credited,
                is_one: true,
            });
        }
    }
    for given in &truth.pair {
        let (one, other, name) = (given.one.clone(), given.other.clone(), given.other.0.clone());
        pairs.push(Pair { kind: "as they come", name, half: 0, one, other, is_one: given.one_story });
    }
    for notice in &truth.notice {
        for (n, one) in notice.texts.iter().enumerate() {
            for other in &notice.texts[n + 1..] {
                let told = |text: &String| (text.clone(), text.clone());
                pairs.push(Pair {
                    kind: "notices",
                    name: one.clone(),
                    half: n % 2,
                    one: told(one),
                    other: told(other),
                    is_one: false,
                });
            }
        }
    }
    pairs
}

fn local_credit(truth: &Truth, language: &str) -> String {
    truth.local.iter().find(|local| local.language == language).map(|local| local.credit.clone()).unwrap_or_default()
}

/// As the index finds and the comparison decides.
fn decide(pair: &Pair) -> (bool, bool) {
    let account = |told: &Told| (told.0.clone(), told.1.clone());
    let (one, other) = (account(&pair.one), account(&pair.other));
    let (first, second) = (keys(&one.1), keys(&other.1));
    let met = first.iter().any(|key| second.contains(key));
    let same =
        is_one(&Account { title: Some(&one.0), text: &one.1 }, &Account { title: Some(&other.0), text: &other.1 });
    (met, same)
}

#[test]
fn one_story_is_told_from_others() {
    let truth = truth();
    let pairs = pairs(&truth);
    assert!(pairs.len() >= 200, "{}", pairs.len());
    let mut kinds: BTreeMap<(bool, &str), (usize, usize)> = BTreeMap::new();
    let mut halves = [(0_u32, 0_u32, 0_u32); 2];
    for pair in &pairs {
        let (met, same) = decide(pair);
        let found = met && same;
        let (right, wrong, missed) = &mut halves[pair.half];
        match (pair.is_one, found) {
            (true, true) => *right += 1,
            (true, false) => *missed += 1,
            (false, true) => *wrong += 1,
            (false, false) => {}
        }
        let kind = kinds.entry((!pair.is_one, pair.kind)).or_default();
        kind.0 += 1;
        kind.1 += usize::from(found == pair.is_one);
        if found != pair.is_one {
            println!(
                "{}: {} of {} (met: {met}, alike: {same})",
                if found { "wrongly one" } else { "not found" },
                pair.kind,
                pair.name
            );
        }
    }
    for ((apart, kind), (count, right)) in kinds {
        println!("{:9} {kind:26} {right:4} of {count:4} right", if apart { "apart" } else { "one story" });
    }
    println!("{} pairs", pairs.len());
    for (name, (right, wrong, missed)) in ["half looked at", "half not looked at"].into_iter().zip(halves) {
        let (precision, recall) =
            (f64::from(right) / f64::from(right + wrong), f64::from(right) / f64::from(right + missed));
        println!(
            "{name:20} precision {precision:.3} recall {recall:.3} ({right} right, {wrong} wrong, {missed} missed)"
        );
        assert!(precision >= 0.99 && recall >= 0.9, "{name}: precision {precision:.3}, recall {recall:.3}");
    }
}
