//! `courant read`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::model::{Document, Entry, Reading, Text};
use crate::parse;

use super::input::{self, Input};
use super::{Common, Exit, Failure};

/// Arguments of `read`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    input::answer(&arguments.input, common, answer)
}

fn answer(document: &Document) -> Value {
    match parse::feed(document) {
        Ok(reading) => shown(&reading),
        Err(error) => json!({ "ok": false, "error": error.to_string() }),
    }
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
        },
        "entries": reading.entries.iter().map(entry).collect::<Vec<_>>(),
        "problems": reading.problems,
    })
}

fn entry(entry: &Entry) -> Value {
    let enclosures = entry.enclosures.iter();
    let enclosures = enclosures.map(|e| json!({ "url": e.url, "type": e.media_type, "length": e.length_bytes }));
    let media = entry.media.iter().map(|media| json!({ "url": media.url, "type": media.media_type }));
    json!({
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
    })
}

fn text(text: Option<&Text>) -> Option<&str> {
    text.map(|text| text.value.as_str())
}

fn moment(moment: Option<Timestamp>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}
