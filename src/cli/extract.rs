//! `courant extract`: a page as an article.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::input::{self, Input};
use super::{Common, Exit, Failure};
use crate::config::Site;
use crate::extract::{self, Context, Extraction};
use crate::model::Document;
use crate::normalize;

/// Arguments of `extract`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    reading: Reading,
}

/// How pages are read.
#[derive(clap::Args)]
pub(super) struct Reading {
    /// The time zone of dates that name none, e.g. `Europe/Minsk` [default: the site file's, or UTC].
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// A site file, for its rules.
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
}

impl Reading {
    /// The site file that was named.
    pub(super) fn site(&self) -> anyhow::Result<Option<Site>> {
        load_site(self.site.as_deref())
    }

    /// What is known about the pages beforehand.
    pub(super) fn context<'a>(&self, site: Option<&'a Site>) -> anyhow::Result<Context<'a>> {
        let named = self.timezone.as_deref().map(|name| {
            TimeZone::get(name).with_context(|| format!("`{name}` is not a time zone: name one like Europe/Minsk"))
        });
        let zone = named.transpose()?.or_else(|| site.map(|site| site.zone.clone())).unwrap_or(TimeZone::UTC);
        Ok(Context {
            url: None,
            zone,
            language: site.and_then(|site| site.head.language.clone()),
            rules: site.map(|site| &site.rules),
        })
    }
}

/// A site file, where one is named.
pub(super) fn load_site(file: Option<&Path>) -> anyhow::Result<Option<Site>> {
    let Some(file) = file else { return Ok(None) };
    let site = Site::load(file).map_err(|problems| {
        let listed: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", listed.join("\n"))
    })?;
    Ok(Some(site))
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let site = arguments.reading.site()?;
    let context = arguments.reading.context(site.as_ref())?;
    input::answer(&arguments.input, common, |document| answer(document, &extract::article(document, &context)))
}

fn answer(document: &Document, extraction: &Extraction) -> Value {
    let entry = &extraction.entry;
    let html = entry.content.as_ref().map(|content| content.value.as_str()).unwrap_or_default();
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
        "text": extraction.text,
        "html": normalize::sanitize(html, document.url.as_ref()),
        "image": entry.image,
        "figures": entry.figures.iter().map(|figure| json!({
            "url": figure.url, "caption": figure.caption, "place": figure.place, "credit": figure.credit, "alternative": figure.alternative,
        })).collect::<Vec<_>>(),
        "attributions": entry.attributions,
        "site": entry.site,
        "paywalled": entry.paywalled,
        "categories": entry.categories.iter().map(|category| &category.term).collect::<Vec<_>>(),
        "next": extraction.next,
        "provenance": entry.provenance,
        "problems": extraction.problems,
    })
}
