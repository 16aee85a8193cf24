//! `courant read`: a feed document as JSON; of a page, the feeds it leads to.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::config::Listed;
use crate::discover;
use crate::discover::feeds::{self, Why};
use crate::discover::listing::{self, Listing};
use crate::model::{Dialect, Document, Entry, Reading, Text};
use crate::parse;

use super::input::{self, Input};
use super::{Common, Exit, Failure, extract, facts};

/// Arguments of `read`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Read a page that lists articles, by the `[list]` rules of `--site` or without rules.
    #[arg(long)]
    listing: bool,
    /// A site file, for its rules.
    #[arg(long, value_name = "FILE", requires = "listing")]
    site: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    if !arguments.listing {
        return input::answer(&arguments.input, common, answer);
    }
    let site = extract::load_site(arguments.site.as_deref())?;
    let rules = match site.as_ref().and_then(|site| site.listed.as_ref()) {
        Some(Listed::Pages { rules, .. }) => (**rules).clone(),
        _ => listing::Rules::default(),
    };
    let context = discover::Context {
        url: None,
        zone: site.as_ref().map_or(TimeZone::UTC, |site| site.zone.clone()),
        language: site.as_ref().and_then(|site| site.head.language.clone()),
    };
    input::answer(&arguments.input, common, |document| list(&listing::read(document, &rules, &context)))
}

fn list(listing: &Listing) -> Value {
    json!({
        "ok": !listing.entries.is_empty(),
        "format": Dialect::Page,
        "entries": listing.entries.iter().map(entry).collect::<Vec<_>>(),
        "next": listing.next,
        "problems": listing.problems,
    })
}

fn answer(document: &Document) -> Value {
    match parse::feed(document) {
        Ok(reading) => shown(&reading),
        Err(error @ parse::Error::Page { .. }) => page(document, &error),
        Err(error) => json!({ "ok": false, "error": error.to_string() }),
    }
}

/// A page where a feed was wanted: the feeds it leads to, and what to do when there is no doubt which one is meant.
fn page(document: &Document, error: &parse::Error) -> Value {
    let mut found = feeds::find(document, &discover::Context::default());
    // The page was no feed.
    found.retain(|feed| feed.why != Why::Marked);
    let mut listed = feeds_json(&found);
    if let (parse::Error::Page { feeds, .. }, true) = (error, found.is_empty()) {
        // Without the address of the page its links are told as they are written.
        let told = |feed: &parse::FeedLink| json!({ "url": feed.address, "title": feed.title, "type": null, "why": Why::Announced.to_string() });
        listed = feeds.iter().map(told).collect();
    }
    let mut value = json!({ "ok": false, "error": error.to_string(), "feeds": listed });
    if let Some(feed) = feeds::clear(&found) {
        value["hint"] = format!("its feed: courant read {}", quoted(feed.url.as_str())).into();
    }
    value
}

/// An address as a shell takes it.
fn quoted(address: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,~".contains(c);
    if address.chars().all(is_plain) { address.to_owned() } else { format!("'{}'", address.replace('\'', "%27")) }
}

/// Feeds of a page for programs.
pub(super) fn feeds_json(found: &[feeds::Found]) -> Value {
    let row = |feed: &feeds::Found| json!({ "url": feed.url, "title": feed.title, "type": feed.media_type, "why": feed.why.to_string() });
    found.iter().map(row).collect()
}

/// A feed of a page for people.
pub(super) fn feed_line(feed: &feeds::Found) -> String {
    let title = feed.title.as_ref().map(|title| format!(" “{title}”")).unwrap_or_default();
    format!("{}{title} ({})", feed.url, feed.why)
}

fn shown(reading: &Reading) -> Value {
    let channel = &reading.channel;
    json!({
        "ok": true,
        "format": reading.dialect,
        "channel": {
            "title": text(channel.title.as_ref()),
            "link": channel.link,
            "updated": moment(channel.updated),
            "published": moment(channel.published),
            "language": channel.language,
            "facts": facts::of_channel(channel),
        },
        "entries": reading.entries.iter().map(entry).collect::<Vec<_>>(),
        "problems": reading.problems,
    })
}

fn entry(entry: &Entry) -> Value {
    let enclosures = entry.enclosures.iter();
    let enclosures = enclosures.map(|e| json!({ "url": e.url, "type": e.media_type, "length": e.length_bytes }));
    let media = entry.media.iter().map(|media| json!({ "url": media.url, "type": media.media_type }));
    let mut shown = json!({
        "guid": entry.guid,
        "title": text(entry.title.as_ref()),
        "link": entry.link,
        "published": moment(entry.published),
        "updated": moment(entry.updated),
        "authors": entry.authors,
        "summary": text(entry.summary.as_ref()),
        "content": text(entry.content.as_ref()),
        "enclosures": enclosures.collect::<Vec<_>>(),
        "categories": entry.categories.iter().map(|category| &category.term).collect::<Vec<_>>(),
        "media": media.collect::<Vec<_>>(),
    });
    facts::of_entry(entry, &mut shown);
    shown
}

fn text(text: Option<&Text>) -> Option<&str> {
    text.map(|text| text.value.as_str())
}

fn moment(moment: Option<Timestamp>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}
