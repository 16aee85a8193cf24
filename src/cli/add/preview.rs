//! What a source would publish: its first entries as they would be held.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::config::NewSource;
use crate::dom;
use crate::encoding::{self, Markup};
use crate::excerpt;
use crate::extract::site_rules;
use crate::model::{Content, Document};
use crate::normalize;
use crate::source::{self, KindName, Source, SourceKind};

use super::super::{Failure, out};

/// Entries shown.
const SHOWN: usize = 5;
/// Entries announced at first, as the settings have it.
const FIRST: usize = 10;
/// Words below which an entry says little.
const SHORT: usize = 60;

/// A source, read once.
pub(super) struct Preview {
    format: &'static str,
    title: Option<String>,
    home: String,
    language: Option<String>,
    /// How many entries it has.
    pub(super) entries: usize,
    newest: Option<Timestamp>,
    oldest: Option<Timestamp>,
    /// Whether most entries are short.
    pub(super) is_thin: bool,
    first: Vec<Content>,
    problems: Vec<String>,
}

impl Preview {
    /// Reads a document as the source would.
    pub(super) fn of(source: &Source, document: &Document, now: Timestamp) -> Result<Self, source::Error> {
        let reading = source.read(document)?.reading;
        let home = source.home(reading.channel.link.as_deref());
        let base = document.url.as_ref();
        let language = reading.channel.language.clone();
        let authors = reading.inherited_authors().to_vec();
        let identities = normalize::identities(&reading.entries, base, &home);
        let dates: Vec<Timestamp> =
            reading.entries.iter().filter_map(|entry| entry.published.or(entry.updated)).collect();
        let context = normalize::Context { base, home: &home, language: language.as_deref(), authors: &authors, now };
        let entries = reading.entries.len();
        let drafts = reading.entries.into_iter().zip(identities).take(FIRST);
        let contents: Vec<Content> =
            drafts.map(|(entry, identity)| normalize::draft(entry, identity, false, &context).content).collect();
        let short =
            contents.iter().filter(|content| content.text.split_whitespace().take(SHORT).count() < SHORT).count();
        Ok(Self {
            format: reading.dialect.name(),
            title: source.name.clone().or_else(|| reading.channel.title.map(|title| title.value)),
            home: home.to_string(),
            language,
            entries,
            newest: dates.iter().max().copied(),
            oldest: dates.iter().min().copied(),
            is_thin: short * 2 > contents.len(),
            first: contents.into_iter().take(SHOWN).collect(),
            problems: reading.problems,
        })
    }

    /// The preview for programs.
    pub(super) fn json(&self) -> Map<String, Value> {
        let first = |content: &Content| {
            json!({
                "title": content.title,
                "link": content.link,
                "published": content.published.map(|at| at.to_string()),
                "summary": excerpt::summary(content),
            })
        };
        let value = json!({
            "format": self.format,
            "title": self.title,
            "home": self.home,
            "language": self.language,
            "entries": self.entries,
            "newest": self.newest.map(|at| at.to_string()),
            "oldest": self.oldest.map(|at| at.to_string()),
            "first": self.first.iter().map(first).collect::<Vec<_>>(),
            "problems": self.problems,
        });
        if let Value::Object(fields) = value { fields } else { Map::new() }
    }

    /// The preview for people.
    pub(super) fn print(&self) -> Result<(), Failure> {
        let row = |name: &str, value: &str| out::line(&format!("{name:<9}{value}"));
        row("Title", &self.title.as_deref().map_or_else(|| "–".to_owned(), dom::squash))?;
        row("Format", self.format)?;
        row("Home", &self.home)?;
        let dates = match (self.newest, self.oldest) {
            (Some(newest), Some(oldest)) if newest != oldest => {
                format!(", from {} to {}", minute(oldest), minute(newest))
            }
            (Some(newest), _) => format!(", of {}", minute(newest)),
            _ => ", none with a date".to_owned(),
        };
        row("Entries", &format!("{}{}", self.entries, if self.entries == 0 { String::new() } else { dates }))?;
        for problem in self.problems.iter().take(3) {
            row("Note", problem)?;
        }
        if self.first.is_empty() {
            return Ok(());
        }
        out::line("It would publish:")?;
        for content in &self.first {
            let date = content.published.map_or_else(|| "no date".to_owned(), minute);
            let title = content.title.clone().unwrap_or_else(|| "(no title)".to_owned());
            out::line(&format!("  {date:<17} {}", excerpt::first(&title, 90)))?;
            out::line(&format!("  {:<17} {}", "", content.link))?;
            let summary = excerpt::summary(content).filter(|summary| Some(summary) != content.title.as_ref());
            if let Some(summary) = summary.filter(|summary| !summary.is_empty()) {
                out::line(&format!("  {:<17} {}", "", excerpt::first(&summary, 90)))?;
            }
        }
        if self.entries > self.first.len() {
            out::line(&format!("  … and {} more", self.entries - self.first.len()))?;
        }
        Ok(())
    }
}

/// What a page calls itself.
pub(super) fn title(document: &Document) -> Option<String> {
    let text = encoding::decode(&document.body, document.content_type.as_deref(), Markup::Html).text;
    let page = dom::Page::parse(&text);
    let title = page.named(page.root(), "title").next()?;
    Some(page.line(title)).filter(|title| !title.is_empty() && title.chars().count() <= 200)
}

/// The source as the settings would have it.
pub(super) fn as_source(new: &NewSource) -> Source {
    let kind = match new.kind {
        KindName::Feed => SourceKind::Feed { url: new.url.clone() },
        KindName::Page => SourceKind::Page { urls: vec![new.url.clone()], rules: Box::default() },
        KindName::Sitemap => SourceKind::Sitemap { urls: vec![new.url.clone()], rules: Box::default() },
    };
    Source {
        id: new.id.clone(),
        name: new.name.clone(),
        home: new.home.clone(),
        tags: new.tags.clone(),
        language: None,
        zone: TimeZone::UTC,
        rules: site_rules::Rules::default(),
        full_text: new.full_text,
        first: FIRST,
        kind,
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}
