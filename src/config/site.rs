//! A site file: what is read of one site, and how (`sites/<id>.toml`). Shareable, without secrets, testable offline.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde::Deserialize;
use url::Url;

use crate::discover::listing;
use crate::extract::site_rules::{ArticleRules, ArticleTables, Rules};
use crate::model::SourceId;
use crate::plan::{health, timing};
use crate::source::sitemap;
use crate::units::limits;

use super::sections::{At, Problem, Sections};
use super::toml_files;

/// The tables of a site file.
const KEYS: &[&str] = &["site", "list", "article", "feed", "sitemap", "fetch", "health", "retention", "expect"];

/// `[site]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Permanent name; also the id of the source.
    pub id: SourceId,
    /// What readers see.
    pub name: Option<String>,
    /// Language of entries that do not say.
    pub language: Option<String>,
    /// Zone of dates without one. Default: UTC.
    pub timezone: Option<String>,
    /// Page of the site for people.
    pub home: Option<Url>,
    /// Labels that feeds select by.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// `[feed]`: in place of `[list]`, for a site whose feed lists the articles.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedTable {
    url: Url,
}

/// `[[expect]]`: a stored page and what it must give. What is not named is not checked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The stored page, relative to the site file.
    pub page: PathBuf,
    /// The address it was stored from.
    pub url: Option<Url>,
    /// The headline.
    pub title: Option<String>,
    /// The lead.
    pub lead: Option<String>,
    /// When it was published: a moment with its zone.
    pub published: Option<toml::value::Datetime>,
    /// When it was changed.
    pub updated: Option<toml::value::Datetime>,
    /// The authors by name.
    pub authors: Option<Vec<String>>,
    /// The language.
    pub language: Option<String>,
    /// The place line.
    pub dateline: Option<String>,
    /// Texts the article must contain.
    #[serde(default)]
    pub contains: Vec<String>,
    /// Texts the article must not contain.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Pictures in order; of each, what is named is checked.
    pub figures: Option<Vec<ExpectFigure>>,
    /// Lines that name sources.
    pub attributions: Option<Vec<String>>,
}

/// What a picture must give.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectFigure {
    /// Its address.
    pub url: Option<String>,
    /// What it shows.
    pub caption: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// By whom.
    pub credit: Option<String>,
}

/// How a site lists its articles.
#[derive(Debug, Clone)]
pub enum Listed {
    /// On pages, found by rules where there are any.
    Pages {
        /// The addresses.
        urls: Vec<Url>,
        /// The rules.
        rules: Box<listing::Rules>,
    },
    /// By its feed.
    Feed(Url),
    /// By its sitemaps.
    Sitemap {
        /// The addresses.
        urls: Vec<Url>,
        /// Which of the pages they name are taken.
        rules: Box<sitemap::Rules>,
    },
}

/// A site file, read without fault.
#[derive(Debug, Clone)]
pub struct Site {
    /// The file.
    pub file: PathBuf,
    /// `[site]`.
    pub head: Head,
    /// The zone of its dates.
    pub zone: TimeZone,
    /// How it lists its articles; `None` for a file of article rules alone.
    pub listed: Option<Listed>,
    /// The rules for its article pages.
    pub rules: Rules,
    /// When to ask.
    pub timing: timing::Settings,
    /// What is normal.
    pub health: health::Settings,
    /// How much of it is kept.
    pub retention: limits::Settings,
    /// What stored pages must give.
    pub expect: Vec<Expect>,
}

impl Site {
    /// Reads one site file.
    ///
    /// # Errors
    /// Every problem in it.
    pub fn load(file: &Path) -> Result<Self, Vec<Problem>> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            vec![Problem { file: Some(file.to_owned()), line: None, message: format!("cannot read it: {error}") }]
        })?;
        read(file, &text)
    }
}

/// Reads the site files of a folder; problems are added to `problems`.
pub(super) fn read_folder(folder: &Path, problems: &mut Vec<Problem>) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, text) in toml_files(folder, problems) {
        match read(&file, &text) {
            Ok(site) => sites.push(site),
            Err(found) => problems.extend(found),
        }
    }
    sites
}

fn read(file: &Path, text: &str) -> Result<Site, Vec<Problem>> {
    let mut sections = Sections::parse(file, text);
    let is_sound = sections.problems.is_empty();
    let head: Option<At<Head>> = sections.take("site");
    let list: Option<At<listing::ListRules>> = sections.take("list");
    let feed: Option<At<FeedTable>> = sections.take("feed");
    let map: Option<At<sitemap::Settings>> = sections.take("sitemap");
    let articles: Vec<At<ArticleRules>> = sections.take_each("article");
    let timing: Option<At<timing::Settings>> = sections.take("fetch");
    let health: Option<At<health::Settings>> = sections.take("health");
    let retention: Option<At<limits::Settings>> = sections.take("retention");
    let expect: Vec<At<Expect>> = sections.take_each("expect");
    if head.is_none() && is_sound {
        sections.problem(Some(1), "`[site]` is missing or wrong: it names the `id` of the site");
    }
    let zone =
        head.as_ref().map_or(TimeZone::UTC, |head| zone(&mut sections, head.value.timezone.as_deref(), head.line));
    let starts: Vec<usize> = articles.iter().filter_map(|article| article.line).collect();
    let tables = ArticleTables(articles.into_iter().map(|article| article.value).collect());
    let rules = Rules::compile(&tables).unwrap_or_else(|errors| {
        for error in errors {
            let line = line_of(text, &starts, &error.key);
            sections.problem(line, format!("`{}`: {}", error.key, error.reason));
        }
        Rules::default()
    });
    let listed = listed(&mut sections, text, list, feed, map);
    if let Some(At { value, line }) = &timing
        && let Err(error) = timing::Timing::new(value, &zone)
    {
        sections.problem(*line, format!("`fetch`: {error}"));
    }
    let problems = sections.finish(KEYS);
    let Some(head) = head.filter(|_| problems.is_empty()) else { return Err(problems) };
    Ok(Site {
        file: file.to_owned(),
        head: head.value,
        zone,
        listed,
        rules,
        timing: timing.map(|timing| timing.value).unwrap_or_default(),
        health: health.map(|health| health.value).unwrap_or_default(),
        retention: retention.map(|retention| retention.value).unwrap_or_default(),
        expect: expect.into_iter().map(|expect| expect.value).collect(),
    })
}

fn listed(
    sections: &mut Sections,
    text: &str,
    list: Option<At<listing::ListRules>>,
    feed: Option<At<FeedTable>>,
    map: Option<At<sitemap::Settings>>,
) -> Option<Listed> {
    if let Some(At { value, line }) = map {
        if list.is_some() || feed.is_some() {
            sections.problem(line, "`[sitemap]` excludes `[list]` and `[feed]`: keep the one that names the articles");
            return None;
        }
        return sitemaps(sections, text, &value, line);
    }
    match (list, feed) {
        (Some(list), Some(_)) => {
            sections
                .problem(list.line, "`[list]` and `[feed]` exclude each other: keep the one that lists the articles");
            None
        }
        (None, Some(At { value: FeedTable { url }, line })) => {
            if !matches!(url.scheme(), "http" | "https") {
                sections.problem(line, format!("`feed.url`: `{url}` is not an http(s) address"));
            }
            Some(Listed::Feed(url))
        }
        (Some(At { value, line }), None) => {
            let urls: Vec<Url> = value.url.0.iter().filter_map(|url| address(sections, "list", url, line)).collect();
            if value.url.0.is_empty() {
                sections.problem(line, "`list.url` is missing: name the pages that list the articles");
            }
            let rules = listing::Rules::compile(&value).unwrap_or_else(|errors| {
                for error in errors {
                    let at = line_of(text, &line.into_iter().collect::<Vec<_>>(), &error.key);
                    sections.problem(at, format!("`{}`: {}", error.key, error.reason));
                }
                listing::Rules::default()
            });
            Some(Listed::Pages { urls, rules: Box::new(rules) })
        }
        (None, None) => None,
    }
}

fn sitemaps(sections: &mut Sections, text: &str, settings: &sitemap::Settings, line: Option<usize>) -> Option<Listed> {
    let urls: Vec<Url> = settings.url.0.iter().filter_map(|url| address(sections, "sitemap", url, line)).collect();
    if settings.url.0.is_empty() {
        sections.problem(line, "`sitemap.url` is missing: name the sitemaps that name the articles");
    }
    match sitemap::Rules::compile(settings) {
        Ok(rules) => Some(Listed::Sitemap { urls, rules: Box::new(rules) }),
        Err(errors) => {
            for error in errors {
                let at = line_of(text, &line.into_iter().collect::<Vec<_>>(), &error.key);
                sections.problem(at, format!("`{}`: {}", error.key, error.reason));
            }
            None
        }
    }
}

fn address(sections: &mut Sections, table: &str, text: &str, line: Option<usize>) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if url.is_none() {
        sections.problem(line, format!("`{table}.url`: `{text}` is not an http(s) address"));
    }
    url
}

/// The zone of a name; a problem and UTC where there is none.
pub(super) fn zone(sections: &mut Sections, name: Option<&str>, line: Option<usize>) -> TimeZone {
    let Some(name) = name else { return TimeZone::UTC };
    TimeZone::get(name).unwrap_or_else(|_| {
        sections.problem(line, format!("`timezone`: `{name}` is no time zone: write one like `Europe/Minsk`"));
        TimeZone::UTC
    })
}

/// The line a rule stands at: the first that begins with its key, from the beginning of its table on. `key` is a path such as
/// `article[1].published.format`.
fn line_of(text: &str, starts: &[usize], key: &str) -> Option<usize> {
    let (table, rest) = key.split_once('.')?;
    let number = table.split_once('[').and_then(|(_, number)| number.trim_end_matches(']').parse().ok()).unwrap_or(0);
    let start: usize = *starts.get(number).or(starts.first())?;
    let name = rest.split(['.', '[']).next()?;
    let is_rule =
        |line: &str| line.trim_start().strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='));
    let found = text.lines().enumerate().skip(start.saturating_sub(1)).find(|(_, line)| is_rule(line));
    Some(found.map_or(start, |(index, _)| index + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let found = read(Path::new("s.toml"), text).expect_err("it has problems");
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rules_that_cannot_be_read_name_file_line_and_selector() {
        let text = "[site]\nid = \"a\"\n[list]\nurl = [\"https://a.example/\"]\nitem = \"li[\"\nlink = \"a @href\"\n\n[article]\ntitle = \"h1\"\nbody = \"div >\"\npublished = { select = \"time\", format = \"%Q\" }\n";
        let found = problems(text);
        assert!(
            found.iter().any(|problem| problem.starts_with("s.toml:5: `list.item`") && problem.contains("li[")),
            "{found:#?}"
        );
        assert!(
            found.iter().any(|problem| problem.starts_with("s.toml:10: `article.body`") && problem.contains("div >")),
            "{found:#?}"
        );
        assert!(found.iter().any(|problem| problem.starts_with("s.toml:11: `article.published")), "{found:#?}");
    }

    #[test]
    fn unknown_keys_are_refused_in_every_table() {
        let text = "[site]\nid = \"a\"\nnam = \"x\"\n[article]\ntitel = \"h1\"\n[fetch]\nevrey = \"1h\"\n[health]\nmin_item = 3\n[sit]\n";
        let found = problems(text);
        for hint in [
            "did you mean `name`?",
            "did you mean `title`?",
            "did you mean `every`?",
            "did you mean `min_items`?",
            "did you mean `site`?",
        ] {
            assert!(found.iter().any(|problem| problem.contains(hint)), "{hint} is not in {found:#?}");
        }
    }

    #[test]
    fn the_feed_of_a_site_is_on_the_web() {
        let found = problems("[site]\nid = \"a\"\n[feed]\nurl = \"ftp://a.example/f\"\n");
        assert!(found[0].contains("s.toml:3: `feed.url`"), "{found:#?}");
    }

    #[test]
    fn list_and_feed_exclude_each_other_and_zones_are_checked() {
        let text = "[site]\nid = \"a\"\ntimezone = \"Europe/Nowhere\"\n[list]\nurl = [\"https://a.example/\"]\n[feed]\nurl = \"https://a.example/f\"\n";
        let found = problems(text);
        assert!(found[0].contains("Europe/Nowhere"), "{found:#?}");
        assert!(found[1].contains("exclude each other"), "{found:#?}");
    }
}
