//! `courant import`: a list of subscriptions becomes a source file, a long one several.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::address;
use crate::config::{self, NewSource, Settings};
use crate::extract::ftr;
use crate::model::{Document, SourceId};
use crate::parse::{self, FeedList, LeftOut, Other, Outline};
use crate::source::list;

use super::{Common, Exit, Failure, add, import_ftr, input, out};

/// Lines told of one kind of thing that was left out.
const TOLD: usize = 10;

/// Arguments of `import`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// `opml` or `ftr` and a file, or a file alone, whose kind is told by its content; `-` for standard input.
    #[arg(required = true, num_args = 1..=2, value_names = ["KIND", "FILE"])]
    what: Vec<String>,
    /// A label for every source that is added; may be given more than once.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Tell what would be added and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let (kind, file) = match arguments.what.as_slice() {
        [file] => (None, file),
        [kind, file] if matches!(kind.as_str(), "opml" | "ftr") => (Some(kind.as_str()), file),
        [kind, _] => {
            return Err(Failure::usage(anyhow!(
                "`{kind}` cannot be imported: the kinds there are are `opml` and `ftr`"
            )));
        }
        _ => unreachable!("one or two values are demanded"),
    };
    let settings = common.settings()?;
    let body = read(file)?;
    let text = String::from_utf8_lossy(&body);
    if kind.map_or_else(
        || !text.trim_start_matches('\u{feff}').trim_start().starts_with('<') && ftr::is_rules(&text),
        |kind| kind == "ftr",
    ) {
        let how = import_ftr::How { dry_run: arguments.dry_run, json: arguments.json };
        return import_ftr::run(file, &text, &settings, &how);
    }
    let list = opml(file, body)?;
    let sorted = sort(list, &settings, &arguments.tags);
    let written = if sorted.new.is_empty() || arguments.dry_run {
        Vec::new()
    } else {
        add::write_all(&settings, "imported", &sorted.new)?
    };
    if arguments.json {
        input::print(&sorted.json(&written))?;
        return Ok(Exit::Done);
    }
    match (written.as_slice(), sorted.new.len()) {
        (_, 0) => out::line("nothing to add")?,
        ([file], count) => out::line(&format!("{} added in {}", sources(count), file.display()))?,
        ([first, .., last], count) => {
            let files = written.len();
            out::line(&format!(
                "{} added in {files} files, {} to {}",
                sources(count),
                first.display(),
                last.display()
            ))?;
        }
        ([], count) => {
            out::line(&format!("{} would be added:\n", sources(count)))?;
            sorted.new.iter().try_for_each(|source| out::line(&source.table()))?;
        }
    }
    sorted.tell()
}

fn sources(count: usize) -> String {
    format!("{count} source{}", if count == 1 { "" } else { "s" })
}

fn read(file: &str) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    if file == "-" {
        std::io::stdin().read_to_end(&mut body).context("cannot read standard input")?;
    } else {
        body = fs::read(file).with_context(|| format!("cannot read `{file}`"))?;
    }
    Ok(body)
}

fn opml(file: &str, body: Vec<u8>) -> anyhow::Result<FeedList> {
    let document = Document { url: None, content_type: None, body: Bytes::from(body) };
    parse::opml(&document).with_context(|| format!("`{file}` is not a list of subscriptions"))
}

/// A list, sorted into what is new and what is not.
struct Sorted {
    new: Vec<NewSource>,
    /// Feeds that are sources already.
    known: usize,
    /// Feeds that are in the list twice.
    twice: usize,
    /// Feeds whose address is none of the web.
    refused: Vec<Outline>,
    left_out: Vec<LeftOut>,
    problems: Vec<String>,
}

fn sort(list: FeedList, settings: &Settings, tags: &[String]) -> Sorted {
    let subscriptions = settings.subscriptions.values();
    let urls = subscriptions.flat_map(|subscription| subscription.source.urls().to_vec());
    let known: BTreeSet<String> = urls.map(|url| address::fold(&url)).collect();
    let mut ids: BTreeSet<SourceId> = config::places(settings).into_keys().collect();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut sorted = Sorted {
        new: Vec::new(),
        known: 0,
        twice: 0,
        refused: Vec::new(),
        left_out: list.left_out,
        problems: list.problems,
    };
    for outline in list.feeds {
        let Some(url) = list::web_address(&outline.feed_url) else {
            sorted.refused.push(outline);
            continue;
        };
        let key = address::fold(&url);
        if known.contains(&key) {
            sorted.known += 1;
            continue;
        }
        let labels = outline.tags.iter().chain(tags);
        if let Some(at) = places.get(&key) {
            // In two folders: one source with the tags of both.
            sorted.twice += 1;
            add_tags(&mut sorted.new[*at], labels);
            continue;
        }
        let id = config::id_of(&url);
        if !ids.insert(id.clone()) {
            sorted.known += 1;
            continue;
        }
        let home = outline.home.as_deref().and_then(list::web_address);
        let mut source = NewSource { name: outline.title.clone(), home, ..NewSource::feed(id, url) };
        add_tags(&mut source, labels);
        places.insert(key, sorted.new.len());
        sorted.new.push(source);
    }
    sorted
}

fn add_tags<'a>(source: &mut NewSource, tags: impl Iterator<Item = &'a String>) {
    for tag in tags {
        if !source.tags.contains(tag) {
            source.tags.push(tag.clone());
        }
    }
}

impl Sorted {
    /// What was not added, and why.
    fn tell(&self) -> Result<Exit, Failure> {
        if self.known > 0 {
            out::line(&format!("{} known already", are(self.known)))?;
        }
        if self.twice > 0 {
            out::line(&format!("{} in the list more than once", are(self.twice)))?;
        }
        if !self.refused.is_empty() {
            let count = self.refused.len();
            let have = if count == 1 { "has" } else { "have" };
            out::line(&format!("{count} {have} no http(s) address and {} left out:", was(count)))?;
            tell_some(self.refused.iter().map(|outline| shown(outline.title.as_deref(), Some(&outline.feed_url))))?;
        }
        let kinds = [
            (Other::Page, "no feed but a page (`courant add` finds the feed of a page)"),
            (Other::List, "another list of subscriptions (import it by itself)"),
            (Other::NoAddress, "without an address"),
        ];
        for (kind, what) in kinds {
            let of_kind = self.left_out.iter().filter(|left| left.what == kind);
            let lines: Vec<String> =
                of_kind.map(|left| shown(left.title.as_deref(), left.address.as_deref())).collect();
            if !lines.is_empty() {
                out::line(&format!("{} left out, {what}:", are(lines.len())))?;
                tell_some(lines.into_iter())?;
            }
        }
        self.problems.iter().try_for_each(|problem| out::line(&format!("note: {problem}")))?;
        Ok(Exit::Done)
    }

    fn json(&self, files: &[std::path::PathBuf]) -> Value {
        let left = |left: &LeftOut| {
            let why = match left.what {
                Other::Page => "page",
                Other::List => "list",
                Other::NoAddress => "no-address",
            };
            json!({ "title": left.title, "url": left.address, "why": why })
        };
        let refused = |outline: &Outline| json!({ "title": outline.title, "url": outline.feed_url, "why": "not-http" });
        let new = |source: &NewSource| json!({ "id": source.id, "url": source.url, "name": source.name, "tags": source.tags });
        json!({
            "ok": true,
            "file": files.first(),
            "files": files,
            "added": self.new.iter().map(new).collect::<Vec<_>>(),
            "known": self.known,
            "twice": self.twice,
            "left_out": self.refused.iter().map(refused).chain(self.left_out.iter().map(left)).collect::<Vec<_>>(),
            "problems": self.problems,
        })
    }
}

fn are(count: usize) -> String {
    format!("{count} {}", was(count))
}

fn was(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

fn shown(title: Option<&str>, address: Option<&str>) -> String {
    [title, address].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn tell_some(lines: impl ExactSizeIterator<Item = String>) -> Result<(), Failure> {
    let more = lines.len().saturating_sub(TOLD);
    for line in lines.take(TOLD) {
        out::line(&format!("  {line}"))?;
    }
    if more > 0 {
        out::line(&format!("  … and {more} more"))?;
    }
    Ok(())
}
