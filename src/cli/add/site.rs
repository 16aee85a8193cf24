//! A page without a feed becomes a site file: rules drafted from its list, test pages stored beside it, and what they give
//! written down to be confirmed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::Context;
use jiff::tz::TimeZone;
use regex::Regex;
use serde_json::{Value, json};
use url::Url;

use crate::config::{self, Settings};
use crate::discover::{self, draft, listing};
use crate::dom::{self, Page};
use crate::encoding::{self, Markup};
use crate::extract;
use crate::model::{Document, SourceId};
use crate::source::{Source, SourceKind};
use crate::units;

use super::super::{Exit, Failure, out};
use super::preview::{self, Preview};
use super::search::{Hit, Nothing};
use super::{Arguments, Refusal, Shown};

/// Links that are worth a site file.
pub(super) const FEWEST: usize = 3;
/// Article pages that are stored.
pub(super) const STORED: usize = 3;
/// Characters of an article that an expectation names.
const QUOTED: usize = 60;

/// A site file with the pages that belong to it.
struct Drafted {
    id: SourceId,
    text: String,
    /// The pages, by their path from the folder of the site file.
    pages: Vec<(String, Document)>,
    notes: Vec<String>,
    has_rules: bool,
    source: Source,
}

/// Drafts a site file for a page, shows what it would publish, and writes it.
pub(super) fn add(
    arguments: &Arguments,
    settings: &Settings,
    nothing: &Nothing,
    page: &Hit,
    articles: Vec<(Url, Document)>,
) -> Result<Shown, Refusal> {
    let source = super::new_source(arguments, settings, page)?;
    let drafted = drafted(arguments, &source, page, articles);
    let preview = Preview::of(&drafted.source, &page.document, jiff::Timestamp::now())
        .map_err(|error| Refusal::new(format!("nothing was added: {error}"), json!({ "url": page.url })))?;
    let feeds = super::published_in(settings, &source);
    if !arguments.json {
        for tried in &nothing.tried {
            out::line(&format!("tried {}: {}", tried.url, tried.problem))?;
        }
        out::line(&format!("{}: it is read as a list of articles", nothing.problem))?;
        preview.print()?;
        for note in &drafted.notes {
            out::line(&format!("Note     {note}"))?;
        }
    }
    let file = if arguments.dry_run { None } else { Some(write(settings, &drafted)?) };
    if !arguments.json {
        conclude(&drafted, file.as_deref(), &feeds)?;
    }
    let mut value = preview.json();
    value.extend([
        ("added".to_owned(), Value::Bool(file.is_some())),
        ("id".to_owned(), json!(drafted.id)),
        ("url".to_owned(), json!(page.url)),
        ("kind".to_owned(), "site".into()),
        ("file".to_owned(), json!(file)),
        ("site".to_owned(), drafted.text.into()),
        ("has_rules".to_owned(), drafted.has_rules.into()),
        ("pages".to_owned(), drafted.pages.iter().map(|(path, _)| path.as_str()).collect()),
        ("notes".to_owned(), json!(drafted.notes)),
        ("tried".to_owned(), super::tried_json(&nothing.tried)),
        ("published_in".to_owned(), json!(feeds)),
    ]);
    Ok(Shown { exit: Exit::Done, value: Value::Object(value) })
}

fn drafted(arguments: &Arguments, new: &config::NewSource, page: &Hit, articles: Vec<(Url, Document)>) -> Drafted {
    let parsed = decoded(&page.document);
    let language = parsed.declared_language().map(str::to_owned).filter(|tag| is_language(tag));
    let zone_name = zone(std::iter::once(&page.document).chain(articles.iter().map(|(_, document)| document)));
    let zone = zone_name.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
    let context = discover::Context { url: Some(page.url.clone()), zone: zone.clone(), language: language.clone() };
    let mut draft = draft::draft(&page.document, &context);
    let name = new.name.clone().or_else(|| name(&parsed)).map(|name| dom::squash(&name));
    let id = new.id.clone();
    let mut text = format!(
        "# Drafted from {} by `courant add`. Read it before you rely on it: the selectors\n\
         # are what fits now, and what stands under [[expect]] is what was found, not yet what is right.\n\n[site]\nid = {}\n",
        page.url,
        quoted(id.as_str())
    );
    for (key, value) in [("name", name.as_deref()), ("language", language.as_deref())] {
        if let Some(value) = value {
            text.push_str(&format!("{key} = {}\n", quoted(value)));
        }
    }
    match &zone_name {
        Some(name) => text.push_str(&format!(
            "timezone = {}   # from the offsets its pages write; better the name of the place, as in \"Europe/Minsk\"\n",
            quoted(name)
        )),
        None => text.push_str("# timezone = \"Europe/Minsk\"   # for dates that name none; without it they are taken for UTC\n"),
    }
    text.push_str(&format!("home = {}\n", quoted(page.url.as_str())));
    if !new.tags.is_empty() {
        let tags: Vec<String> = new.tags.iter().map(|tag| quoted(tag)).collect();
        text.push_str(&format!("tags = [{}]\n", tags.join(", ")));
    }
    text.push_str(&format!("\n[list]\nurl = {}\n", quoted(page.url.as_str())));
    let rules = draft.rules.take();
    match &rules {
        Some(rules) => text.push_str(&draft::write(rules)),
        None => text.push_str("# No `item` is named: the list is found by what repeats on the page.\n"),
    }
    if let Some(every) = arguments.every {
        text.push_str(&format!("\n[fetch]\nevery = {}\n", quoted(&units::write_duration(every))));
    }
    let mut pages = vec![(format!("pages/{id}/list.html"), page.document.clone())];
    for (number, (url, document)) in (1..).zip(articles) {
        let path = format!("pages/{id}/article-{number}.html");
        if let Some(expect) = expect(&path, &url, &document, &zone, language.as_deref()) {
            text.push_str(&expect);
            pages.push((path, document));
        }
    }
    let compiled = rules.as_ref().and_then(|rules| listing::Rules::compile(rules).ok()).unwrap_or_default();
    let source = Source {
        name,
        language,
        zone,
        kind: SourceKind::Page { urls: vec![page.url.clone()], rules: Box::new(compiled) },
        ..preview::as_source(new)
    };
    Drafted { id, text, pages, notes: draft.notes, has_rules: rules.is_some(), source }
}

/// What a stored page gives, as an `[[expect]]`; `None` where it gives no article.
fn expect(path: &str, url: &Url, document: &Document, zone: &TimeZone, language: Option<&str>) -> Option<String> {
    // As `courant test` reads it: from the file alone.
    let stored = Document { url: Some(url.clone()), content_type: None, body: document.body.clone() };
    let context =
        extract::Context { url: None, zone: zone.clone(), language: language.map(str::to_owned), rules: None };
    let entry = extract::article(&stored, &context).entry;
    let mut text = format!("\n[[expect]]\npage = {}\nurl = {}\n", quoted(path), quoted(url.as_str()));
    let title = entry.title.as_ref().map(|title| title.value.clone()).filter(|title| !title.trim().is_empty());
    let body = entry.content.as_ref().map(|content| dom::text(&content.value)).unwrap_or_default();
    if title.is_none() && body.trim().is_empty() {
        return None;
    }
    if let Some(title) = title {
        text.push_str(&format!("title = {}\n", quoted(&title)));
    }
    if let Some(at) = entry.published {
        let written = at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        // TOML writes a moment to the second.
        let exact = at.subsec_nanosecond() == 0;
        text.push_str(&format!("published = {}\n", if exact { written } else { at.to_string() }));
    }
    let line = body.lines().map(dom::squash).find(|line| line.chars().count() > 40);
    if let Some(line) = line {
        let start: String = line.chars().take(QUOTED).collect();
        // Whole words, where the language has spaces.
        let whole = start.rsplit_once(' ').map_or(start.as_str(), |(whole, _)| whole);
        text.push_str(&format!("contains = [{}]\n", quoted(whole.trim())));
    }
    Some(text)
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn decoded(document: &Document) -> Page {
    Page::parse(&encoding::decode(&document.body, document.content_type.as_deref(), Markup::Html).text)
}

fn is_language(tag: &str) -> bool {
    (2..=20).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// What the site calls itself.
fn name(page: &Page) -> Option<String> {
    let of_meta = page.named(page.root(), "meta").find_map(|meta| {
        let is_name = page.filled(meta, "property").is_some_and(|name| name.eq_ignore_ascii_case("og:site_name"));
        is_name.then(|| page.filled(meta, "content").map(str::to_owned))?
    });
    let title =
        || page.named(page.root(), "title").next().map(|title| page.line(title)).filter(|title| !title.is_empty());
    of_meta.or_else(title)
}

/// The zone of a site by the offsets its pages write, where all agree on one of whole hours; never UTC, which programs write
/// whatever the place.
fn zone<'a>(documents: impl Iterator<Item = &'a Document>) -> Option<String> {
    static OFFSET: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})")
            .expect("the shape of a moment is a valid expression")
    });
    let mut offsets: BTreeSet<String> = BTreeSet::new();
    let mut count = 0_usize;
    for document in documents {
        let text = String::from_utf8_lossy(&document.body);
        for found in OFFSET.captures_iter(&text).take(500).filter_map(|found| found.get(1)) {
            offsets.insert(found.as_str().replace(':', ""));
            count += 1;
        }
    }
    let only = offsets.pop_first().filter(|_| offsets.is_empty() && count > 1)?;
    let hours: i32 = only.get(..3)?.parse().ok()?;
    // The signs of these names are the other way round (POSIX).
    let is_whole = only.get(3..) == Some("00") && hours != 0;
    is_whole.then(|| format!("Etc/GMT{:+}", -hours))
}

/// Writes the pages and the site file; takes all back if the settings cannot be read with it.
fn write(settings: &Settings, drafted: &Drafted) -> Result<PathBuf, Failure> {
    let told = |path: &Path| format!("cannot write `{}`", path.display());
    let mut written: Vec<PathBuf> = Vec::new();
    let done = (|| -> Result<PathBuf, Failure> {
        for (path, document) in &drafted.pages {
            let path = settings.sites.join(path);
            let folder = path.parent().unwrap_or(&settings.sites);
            fs::create_dir_all(folder).with_context(|| told(folder))?;
            // A site that was removed may have left its pages: they are not ours.
            config::create(&path, &document.body).with_context(|| told(&path))?;
            written.push(path);
        }
        let file = config::write_new(&settings.sites, drafted.id.as_str(), &drafted.text)
            .with_context(|| told(&settings.sites))?;
        written.push(file.clone());
        super::write::confirm(settings)?;
        Ok(file)
    })();
    if done.is_err() {
        for path in written.iter().rev() {
            let _ = fs::remove_file(path);
            let _ = path.parent().map(fs::remove_dir);
        }
    }
    done
}

fn conclude(drafted: &Drafted, file: Option<&Path>, feeds: &[String]) -> Result<(), Failure> {
    match file {
        Some(file) => {
            out::line(&format!("Drafted the site `{}` in {}", drafted.id, file.display()))?;
            let count = drafted.pages.len() - 1;
            out::line(&format!("  with {count} stored articles and what they give: read it, correct it, then"))?;
            out::line(&format!("  courant test {}     does it still give what you expect?", drafted.id))?;
        }
        None => out::line(&format!("Nothing was written (--dry-run). It would be:\n\n{}", drafted.text))?,
    }
    if !drafted.has_rules {
        out::line("It names no selectors: the list is found by what repeats on the page")?;
    }
    if feeds.is_empty() {
        out::line(&format!("No feed takes it yet: name \"{}\" in `sources` of a [[feed]]", drafted.id))?;
    } else {
        out::line(&format!("Its articles go into: {}", feeds.join(", ")))?;
    }
    if file.is_some() {
        out::line("It is asked at the next `courant once`; a running daemon takes it up by itself")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_taken_only_from_offsets_that_agree() {
        let rows = [
            ("2024-05-12T10:00:00+03:00 2024-05-11T10:00+0300", Some("Etc/GMT-3")),
            ("2024-05-12T10:00:00-05:00 2024-05-11T10:00:00-05:00", Some("Etc/GMT+5")),
            ("2024-05-12T10:00:00+03:00 2024-05-11T10:00:00+02:00", None),
            ("2024-05-12T10:00:00Z 2024-05-11T10:00:00Z", None),
            ("2024-05-12T10:00:00+05:30 2024-05-11T10:00:00+05:30", None),
            ("2024-05-12T10:00:00+03:00", None),
            ("", None),
        ];
        for (text, wanted) in rows {
            let document = Document { url: None, content_type: None, body: text.to_owned().into() };
            let found = zone(std::iter::once(&document));
            assert_eq!(found.as_deref(), wanted, "{text}");
            assert!(found.is_none_or(|name| TimeZone::get(&name).is_ok()));
        }
    }
}
