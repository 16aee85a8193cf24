//! A sitemap: the newest of the addresses it names, thin, to be completed from their pages.

use std::collections::HashSet;

use jiff::Timestamp;
use regex::Regex;
use serde::Deserialize;
use url::Url;

use crate::dom::field::{OneOrMany, RuleError, expression};
use crate::model::{Channel, Dialect, Document, Entry, Reading, Text};
use crate::parse;

use super::{Error, Read, Source};

/// Entries taken, unless the settings say otherwise.
const NEWEST: usize = 50;
/// Entries taken at most.
const MOST: usize = 1_000;
/// Maps of an index that are read: the newest.
const MAPS: usize = 5;

/// `[sitemap]` of a site file, `sitemap` of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The addresses of the maps. In a source, `url` is.
    pub url: OneOrMany,
    /// Expressions: an address must match one of them.
    pub include: OneOrMany,
    /// Expressions: an address must match none of them.
    pub exclude: OneOrMany,
    /// Expressions: which maps of an index are read. Default: all.
    pub maps: OneOrMany,
    /// How many of the newest addresses are taken. Default: 50; at most 1000.
    pub newest: Option<usize>,
}

/// Compiled rules of a sitemap.
#[derive(Debug, Clone)]
pub struct Rules {
    include: Vec<Regex>,
    exclude: Vec<Regex>,
    maps: Vec<Regex>,
    newest: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { include: Vec::new(), exclude: Vec::new(), maps: Vec::new(), newest: NEWEST }
    }
}

impl Rules {
    /// Compiles the settings; every problem is told at once.
    pub fn compile(settings: &Settings) -> Result<Self, Vec<RuleError>> {
        let mut problems = Vec::new();
        let mut compile = |key: &str, patterns: &OneOrMany| {
            let mut compiled = Vec::new();
            for pattern in &patterns.0 {
                match expression(pattern) {
                    Ok(pattern) => compiled.push(pattern),
                    Err(error) => problems.push(RuleError { key: format!("sitemap.{key}"), reason: error.to_string() }),
                }
            }
            compiled
        };
        let include = compile("include", &settings.include);
        let exclude = compile("exclude", &settings.exclude);
        let maps = compile("maps", &settings.maps);
        let newest = settings.newest.unwrap_or(NEWEST);
        if newest == 0 || newest > MOST {
            problems
                .push(RuleError { key: "sitemap.newest".to_owned(), reason: format!("it must be from 1 to {MOST}") });
        }
        if problems.is_empty() { Ok(Self { include, exclude, maps, newest }) } else { Err(problems) }
    }

    fn takes(&self, url: &str) -> bool {
        (self.include.is_empty() || self.include.iter().any(|pattern| pattern.is_match(url)))
            && !self.exclude.iter().any(|pattern| pattern.is_match(url))
    }

    /// The maps of an index that are worth reading, the newest first.
    fn choose(&self, maps: Vec<(Url, Option<Timestamp>)>) -> Vec<Url> {
        let mut maps: Vec<(Url, Option<Timestamp>)> = maps
            .into_iter()
            .filter(|(url, _)| self.maps.is_empty() || self.maps.iter().any(|pattern| pattern.is_match(url.as_str())))
            .collect();
        // Numbered maps grow at the end: without dates the last are the newest.
        maps.reverse();
        maps.sort_by_key(|(_, changed)| std::cmp::Reverse(*changed));
        maps.into_iter().map(|(url, _)| url).take(MAPS).collect()
    }

    /// The newest of the entries that are wanted. Where no date tells, those at both ends of the map: which end grows
    /// differs from site to site.
    fn newest(&self, entries: Vec<Entry>) -> Vec<Entry> {
        let mut seen = HashSet::new();
        let mut entries: Vec<Entry> = entries
            .into_iter()
            .filter(|entry| entry.link.as_deref().is_some_and(|url| self.takes(url) && seen.insert(url.to_owned())))
            .collect();
        let moment = |entry: &Entry| entry.published.or(entry.updated);
        if entries.iter().any(|entry| moment(entry).is_some()) {
            entries.sort_by_key(|entry| std::cmp::Reverse(moment(entry)));
            entries.truncate(self.newest);
        } else if entries.len() > self.newest {
            let head = self.newest.div_ceil(2);
            let tail = entries.len() - (self.newest - head);
            entries.drain(head..tail);
        }
        entries
    }
}

/// How many documents are read at most: the map itself, and those an index names.
pub(super) fn documents() -> usize {
    1 + MAPS
}

pub(super) fn read(source: &Source, rules: &Rules, document: &Document) -> Result<Read, Error> {
    // A feed is a sitemap too (the protocol says so).
    let map = match parse::sitemap(document) {
        Ok(map) => map,
        Err(error) => {
            let reading = parse::feed(document).map_err(|_| error)?;
            parse::Sitemap { entries: reading.entries, problems: reading.problems, ..parse::Sitemap::default() }
        }
    };
    let found = map.entries.len();
    let entries = rules.newest(map.entries);
    let mut problems = map.problems;
    if found > 0 && entries.is_empty() {
        problems.push(format!("none of the {found} addresses is wanted by `include` and `exclude`"));
    }
    let channel = Channel {
        title: source.name.clone().map(Text::plain),
        link: source.home.as_ref().map(Url::to_string),
        language: source.language.clone(),
        ..Channel::default()
    };
    let reading = Reading { dialect: Dialect::Sitemap, channel, entries, problems };
    Ok(Read { reading, next: rules.choose(map.maps) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Rules {
        Rules::compile(&toml::from_str(text).expect("TOML")).expect("valid")
    }

    fn entry(number: usize, updated: Option<&str>) -> Entry {
        Entry {
            link: Some(format!("https://x.example/news/{number}")),
            updated: updated.map(|at| at.parse().expect("a time")),
            ..Entry::default()
        }
    }

    fn numbers(entries: &[Entry]) -> Vec<&str> {
        entries.iter().filter_map(|entry| entry.link.as_deref()?.rsplit('/').next()).collect()
    }

    #[test]
    fn the_newest_are_taken_and_both_ends_where_no_date_tells() {
        let dated = vec![
            entry(1, Some("2024-01-01T00:00:00Z")),
            entry(2, Some("2024-03-01T00:00:00Z")),
            entry(3, None),
            entry(4, Some("2024-02-01T00:00:00Z")),
        ];
        assert_eq!(numbers(&rules("newest = 2").newest(dated)), ["2", "4"]);
        let undated = (1..=9).map(|number| entry(number, None)).collect();
        assert_eq!(numbers(&rules("newest = 3").newest(undated)), ["1", "2", "9"]);
    }

    #[test]
    fn addresses_are_filtered() {
        let entries = (1..=12).map(|number| entry(number, None)).collect();
        let rules = rules("include = '/news/1'\nexclude = ['1$']");
        assert_eq!(numbers(&rules.newest(entries)), ["10", "12"]);
    }

    #[test]
    fn the_newest_maps_of_an_index_are_read() {
        let map = |name: &str, changed: Option<&str>| {
            (
                Url::parse(&format!("https://x.example/{name}.xml")).expect("an address"),
                changed.map(|at| at.parse().expect("a time")),
            )
        };
        let maps = vec![
            map("page", Some("2024-01-01T00:00:00Z")),
            map("post-1", None),
            map("post-2", None),
            map("post-3", Some("2024-05-01T00:00:00Z")),
        ];
        let names: Vec<String> =
            rules("maps = 'post'").choose(maps).into_iter().map(|url| url.path().to_owned()).collect();
        assert_eq!(names, ["/post-3.xml", "/post-2.xml", "/post-1.xml"]);
    }

    #[test]
    fn wrong_expressions_and_amounts_are_told() {
        let settings: Settings = toml::from_str("include = '('\nnewest = 0").expect("TOML");
        let keys: Vec<String> =
            Rules::compile(&settings).expect_err("wrong").into_iter().map(|error| error.key).collect();
        assert_eq!(keys, ["sitemap.include", "sitemap.newest"]);
    }
}
