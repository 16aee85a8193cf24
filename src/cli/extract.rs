//! `courant extract`.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::input::{self, Input};
use crate::extract::site_rules::{ArticleTables, Rules};
use crate::extract::{self, Context, Extraction};
use crate::model::Document;

/// Arguments of `extract`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    pub(super) reading: Reading,
}

/// How pages are read.
#[derive(clap::Args)]
pub(super) struct Reading {
    /// The time zone of dates that name none, e.g. `Europe/Minsk`; the site file's, or UTC, by default.
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// A site file, for its rules.
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
}

/// What a site file says about its pages.
pub(super) struct Site {
    rules: Rules,
    timezone: Option<String>,
    language: Option<String>,
}

#[derive(Deserialize)]
struct SiteFile {
    #[serde(default)]
    site: SiteTable,
    #[serde(default)]
    article: ArticleTables,
}

#[derive(Default, Deserialize)]
struct SiteTable {
    timezone: Option<String>,
    language: Option<String>,
}

impl Reading {
    /// The site file, if one is named.
    pub(super) fn site(&self) -> anyhow::Result<Option<Site>> {
        let Some(path) = &self.site else { return Ok(None) };
        let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let file: SiteFile =
            toml::from_str(&text).with_context(|| format!("`{}` is not a site file", path.display()))?;
        let rules = Rules::compile(&file.article).map_err(|problems| {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            anyhow::anyhow!("{}: {}", path.display(), told.join("; "))
        })?;
        Ok(Some(Site { rules, timezone: file.site.timezone, language: file.site.language }))
    }

    /// What is known about the pages beforehand.
    pub(super) fn context<'a>(&self, site: Option<&'a Site>) -> anyhow::Result<Context<'a>> {
        let name = self.timezone.as_deref().or(site.and_then(|site| site.timezone.as_deref())).unwrap_or("UTC");
        let zone =
            TimeZone::get(name).with_context(|| format!("`{name}` is not a time zone: name one like Europe/Minsk"))?;
        Ok(Context {
            url: None,
            zone,
            language: site.and_then(|site| site.language.clone()),
            rules: site.map(|site| &site.rules),
        })
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let site = arguments.reading.site()?;
    let context = arguments.reading.context(site.as_ref())?;
    let answer = |document: &Document| answer(&extract::article(document, &context));
    match &arguments.input.batch {
        Some(manifest) => input::batch(manifest, answer),
        None => input::print(&answer(&arguments.input.document()?)),
    }
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
