//! Articles at a glance, many to a row: each row that comes back wakes two threads, which costs more than what is in it.
//!
//! A row is read no further than it is asked for, and texts lie behind. What SQL can tell not to be wanted is not given at all.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Sqlite;
use super::select::bind;
use super::sql::{corrupt, failed, get, moment, query};
use crate::model::{ArticleId, Category, Depth, Glance, Glances, Hint, Person, SourceId};
use crate::store::{Error, Selection};

const ACTION: &str = "look at articles";
const WHAT: &str = "article";

/// Parameters that every way of selecting has.
const OWN_PARAMETERS: usize = 4;

/// An article as the statement gives it.
#[derive(Deserialize)]
struct Seen<'a>(
    #[serde(borrow)] Cow<'a, str>,
    i64,
    i64,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<Details>,
    Option<String>,
);

/// The place of an article.
#[derive(Deserialize)]
struct Place<'a>(i64, #[serde(borrow)] Cow<'a, str>);

/// Of the JSON of an article what rules ask.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    authors: Vec<Person>,
    language: Option<String>,
    categories: Vec<Category>,
    figures: Vec<Figure>,
    image: Option<IgnoredAny>,
    enclosures: Vec<Enclosure>,
}

#[derive(Deserialize)]
struct Figure {
    url: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Enclosure {
    media_type: Option<String>,
}

impl Sqlite {
    pub(super) async fn glance(&self, selection: &Selection, depth: Depth, hint: &Hint) -> Result<Glances, Error> {
        let (mut articles, mut places) = (Vec::new(), Vec::new());
        let ways = self.ways(selection).await?;
        let names = if ways.is_empty() { HashMap::new() } else { self.names_of(selection.sources.as_deref()).await? };
        for chosen in ways {
            let text = format!("{} FROM articles AS a WHERE a.rowid IN ({chosen})", columns(depth, hint));
            let needles = hint.needles().into_iter();
            let bound = needles.fold(bind(query(text), selection), |query, needle| query.bind(needle.pattern()));
            let row = bound.fetch_one(&self.readers).await.map_err(failed(ACTION))?;
            let seen: Vec<Seen> = list(get(&row, 0, WHAT)?)?;
            for seen in seen {
                articles.push(glance(seen, &names)?);
            }
            let passed: Option<&str> = get(&row, 1, WHAT)?;
            for Place(time, id) in list::<Place>(passed.unwrap_or("[]"))? {
                places.push((moment(time, WHAT)?, id_of(&id)?));
            }
        }
        places.extend(articles.iter().map(|glance| (glance.announced_at, glance.id)));
        // Of several ways each gave as many as were asked for.
        places.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        places.truncate(selection.limit);
        let last = places.last().copied();
        articles.sort_by(|a, b| b.announced_at.cmp(&a.announced_at).then(a.id.cmp(&b.id)));
        let is_read = |glance: &Glance| last.is_some_and(|(time, id)| (glance.announced_at, id) >= (time, glance.id));
        articles.retain(is_read);
        Ok(Glances { articles, read: places.len(), last })
    }

    /// The sources by number: those given, or all that are held.
    async fn names_of(&self, sources: Option<&[SourceId]>) -> Result<HashMap<i64, SourceId>, Error> {
        if let Some(sources) = sources {
            let numbers = self.numbers();
            return Ok(sources.iter().filter_map(|source| Some((*numbers.get(source)?, source.clone()))).collect());
        }
        let rows = sqlx::query("SELECT id, number FROM sources").fetch_all(&self.readers).await;
        let name = |row| Ok((get(row, 1, "source")?, super::rows::source(get(row, 0, "source")?)?));
        rows.map_err(failed(ACTION))?.iter().map(name).collect()
    }
}

/// One row of two lists: what is worth a glance in the order of [`Seen`], and the places of the others.
fn columns(depth: Depth, hint: &Hint) -> String {
    let column = |name, is_read| if is_read { name } else { "NULL" };
    let seen = format!(
        "json_group_array(json_array(hex(a.id), a.source, a.announced_at, a.title, {}, {}, {}, {}))",
        column("a.published", depth.head),
        column("a.link", depth.head),
        column("json(a.details)", depth.details),
        column("a.text", depth.text)
    );
    match condition(hint, &mut OWN_PARAMETERS.clone()) {
        None => format!("SELECT {seen}, NULL"),
        Some(worth) => format!(
            "SELECT {seen} FILTER (WHERE {worth}), \
             json_group_array(json_array(a.announced_at, hex(a.id))) FILTER (WHERE NOT ({worth}))"
        ),
    }
}

/// A hint as SQL; `parameters` counts those in use. `LIKE` takes ASCII letters in any case, and looks no further than to a NUL,
/// which texts do not hold (they were HTML), while titles may.
fn condition(hint: &Hint, parameters: &mut usize) -> Option<String> {
    let mut joined = |hints: &[Hint], word: &str| {
        let terms: Vec<String> = hints.iter().filter_map(|hint| condition(hint, parameters)).collect();
        (!terms.is_empty()).then(|| format!("({})", terms.join(word)))
    };
    match hint {
        Hint::Anything => None,
        Hint::Any(hints) => joined(hints, " OR "),
        Hint::All(hints) => joined(hints, " AND "),
        Hint::Word(_) => {
            *parameters += 1;
            Some(format!(
                "(a.text LIKE ${parameters} OR coalesce(a.title LIKE ${parameters} OR instr(a.title, char(0)), 0))"
            ))
        }
    }
}

fn list<'a, T: Deserialize<'a>>(text: &'a str) -> Result<Vec<T>, Error> {
    serde_json::from_str(text).map_err(|cause| corrupt(WHAT, cause))
}

fn id_of(text: &str) -> Result<ArticleId, Error> {
    text.to_ascii_lowercase().parse().map_err(|cause| corrupt(WHAT, cause))
}

fn glance(seen: Seen, names: &HashMap<i64, SourceId>) -> Result<Glance, Error> {
    let Seen(id, source, announced_at, title, published, link, details, text) = seen;
    let source = names.get(&source).ok_or_else(|| corrupt(WHAT, Nameless(source)))?;
    let details = details.unwrap_or_default();
    let is_image = |file: &Enclosure| file.media_type.as_deref().is_some_and(|kind| kind.starts_with("image/"));
    let has_image = details.image.is_some()
        || details.figures.iter().any(|figure| figure.url.is_some())
        || details.enclosures.iter().any(is_image);
    Ok(Glance {
        id: id_of(&id)?,
        source: source.clone(),
        announced_at: moment(announced_at, WHAT)?,
        title,
        published: published.map(|at| moment(at, WHAT)).transpose()?,
        link: link.unwrap_or_default(),
        authors: details.authors,
        categories: details.categories,
        language: details.language,
        has_image,
        text: text.unwrap_or_default(),
    })
}

/// An article of a source that has no row.
#[derive(Debug, thiserror::Error)]
#[error("no source has the number {0}")]
struct Nameless(i64);
