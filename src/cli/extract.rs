//! `courant extract`.

use anyhow::Context as _;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::input::{self, Input};
use super::{Common, Exit, Failure};
use crate::extract::{self, Context, Extraction};

/// Arguments of `extract`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    pub(super) reading: Reading,
}

/// How pages are read.
#[derive(clap::Args)]
pub(crate) struct Reading {
    /// The time zone of dates that name none, e.g. `Europe/Minsk`.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    timezone: String,
}

impl Reading {
    /// What is known about the pages beforehand.
    pub(super) fn context(&self) -> anyhow::Result<Context> {
        let zone = TimeZone::get(&self.timezone).with_context(|| format!("`{}` is not a time zone: name one like Europe/Minsk", self.timezone))?;
        Ok(Context { zone, ..Context::default() })
    }
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let context = arguments.reading.context()?;
    input::answer(&arguments.input, common, |document| answer(&extract::article(document, &context)))
}

fn answer(extraction: &Extraction) -> Value {
    let entry = &extraction.entry;
    let html = entry.content.as_ref().map(|content| content.value.clone()).unwrap_or_default();
    json!({
        "ok": true,
        "title": entry.title.as_ref().map(|title| &title.value),
        "link": entry.link,
        "authors": entry.authors.iter().map(|person| json!({ "name": person.name, "url": person.url })).collect::<Vec<_>>(),
        "published": entry.published,
        "updated": entry.updated,
        "language": entry.language,
        "dateline": entry.dateline,
        "lead": entry.lead,
        "text": crate::dom::text(&html),
        "html": html,
        "image": entry.image,
        "figures": entry.figures.iter().map(|figure| json!({
            "url": figure.url, "caption": figure.caption, "place": figure.place, "credit": figure.credit, "alternative": figure.alternative,
        })).collect::<Vec<_>>(),
        "attributions": entry.attributions,
        "categories": entry.categories.iter().map(|category| &category.term).collect::<Vec<_>>(),
        "next": extraction.next,
        "provenance": entry.provenance,
        "problems": extraction.problems,
    })
}
