//! What a site file says about the article pages of a site: the `[article]` tables, compiled and applied.
//!
//! A field found by a rule stands above every other rung. Fields not written, or not found, fall back one by one.

mod apply;

use std::fmt;

use regex::Regex;
use serde::de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::date::format::Reader;
pub use crate::dom::field::RuleError;
use crate::dom::field::{self, Field, FieldRule, OneOrMany};
use crate::dom::{Page, Selector};

pub(super) use apply::{Ruled, figure_markup, read};

/// One `[article]` table as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArticleRules {
    /// CSS that a page must have for this table to be used; the first table that fits is.
    pub when: Option<String>,
    /// Headline.
    pub title: Option<FieldRule>,
    /// Opening paragraph.
    pub lead: Option<FieldRule>,
    /// The elements with the text.
    pub body: Option<FieldRule>,
    /// What is left out of the body.
    pub drop: OneOrMany,
    /// Who wrote it.
    pub authors: Option<FieldRule>,
    /// When it was published.
    pub published: Option<FieldRule>,
    /// When it was changed.
    pub updated: Option<FieldRule>,
    /// Language of the text.
    pub language: Option<FieldRule>,
    /// Place line.
    pub dateline: Option<FieldRule>,
    /// Subjects, one an element.
    pub categories: Option<FieldRule>,
    /// Address of the article.
    pub canonical: Option<FieldRule>,
    /// Address of the next page of the same article.
    pub next: Option<FieldRule>,
    /// Pictures.
    pub figure: Option<FigureRule>,
    /// Lines that name sources.
    pub attribution: Option<AttributionRule>,
}

/// `figure = { select, src, caption, place, credit }`; all but `select` are looked for inside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigureRule {
    /// The element around a picture and what is written under it.
    pub select: String,
    /// The address of the picture; the `img` inside by default.
    pub src: Option<FieldRule>,
    /// The caption; `figcaption` by default.
    pub caption: Option<FieldRule>,
    /// Where it was taken: a field, or an expression with a named group that is looked for in the caption.
    pub place: Option<FieldRule>,
    /// Who made it: a field, or an expression with a named group that is looked for in the caption.
    pub credit: Option<FieldRule>,
}

/// `attribution = { select, matching, remove }`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributionRule {
    /// Elements that may be such a line.
    pub select: String,
    /// What such a line looks like; its named group holds the names. Any element that is selected, where not given.
    pub matching: Option<String>,
    /// Whether the line is taken out of the body.
    #[serde(default)]
    pub remove: bool,
}

/// The `[article]` tables of a site: one, or several with `when` as `[[article]]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArticleTables(pub Vec<ArticleRules>);

impl<'de> Deserialize<'de> for ArticleTables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TableOrTables;
        impl<'de> Visitor<'de> for TableOrTables {
            type Value = ArticleTables;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an [article] table, or [[article]] tables")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ArticleTables, A::Error> {
                ArticleRules::deserialize(MapAccessDeserializer::new(map)).map(|one| ArticleTables(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ArticleTables, A::Error> {
                let mut many = Vec::new();
                while let Some(one) = list.next_element()? {
                    many.push(one);
                }
                Ok(ArticleTables(many))
            }
        }
        deserializer.deserialize_any(TableOrTables)
    }
}

/// The compiled rules of a site.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    variants: Vec<Variant>,
}

#[derive(Debug, Clone, Default)]
struct Variant {
    when: Option<Selector>,
    title: Option<Field>,
    lead: Option<Field>,
    body: Option<Field>,
    drop: Vec<Selector>,
    authors: Option<Field>,
    published: Option<(Field, Reader)>,
    updated: Option<(Field, Reader)>,
    language: Option<Field>,
    dateline: Option<Field>,
    categories: Option<Field>,
    canonical: Option<Field>,
    next: Option<Field>,
    figure: Option<FigureFields>,
    attribution: Option<AttributionFields>,
}

#[derive(Debug, Clone)]
struct FigureFields {
    select: Selector,
    src: Option<Field>,
    caption: Option<Field>,
    place: Option<Part>,
    credit: Option<Part>,
}

/// A part of a caption: an element of its own, or what an expression takes out of the caption.
#[derive(Debug, Clone)]
enum Part {
    Element(Field),
    Expression(Regex),
}

#[derive(Debug, Clone)]
struct AttributionFields {
    select: Selector,
    matching: Option<Regex>,
    remove: bool,
}

impl Rules {
    /// Compiles the tables of a site; every problem is told at once.
    pub fn compile(tables: &ArticleTables) -> Result<Self, Vec<RuleError>> {
        let mut problems = Problems::default();
        let several = tables.0.len() > 1;
        let variants = tables
            .0
            .iter()
            .enumerate()
            .map(|(at, table)| {
                problems.table = if several { format!("article[{at}]") } else { "article".to_owned() };
                variant(table, &mut problems)
            })
            .collect();
        if problems.found.is_empty() { Ok(Self { variants }) } else { Err(problems.found) }
    }

    fn fitting(&self, page: &Page) -> Option<&Variant> {
        self.variants
            .iter()
            .find(|variant| variant.when.as_ref().is_none_or(|when| !page.select(when, page.root()).is_empty()))
    }
}

#[derive(Default)]
struct Problems {
    table: String,
    found: Vec<RuleError>,
}

impl Problems {
    fn keep<T, E: fmt::Display>(&mut self, key: &str, result: Result<T, E>) -> Option<T> {
        result
            .map_err(|error| {
                self.found.push(RuleError { key: format!("{}.{key}", self.table), reason: error.to_string() });
            })
            .ok()
    }

    fn field(&mut self, key: &str, rule: Option<&FieldRule>) -> Option<Field> {
        rule.and_then(|rule| self.keep(key, Field::compile(rule)))
    }

    fn date(&mut self, key: &str, rule: Option<&FieldRule>) -> Option<(Field, Reader)> {
        let rule = rule?;
        let reader = Reader::compile(rule.format.as_deref(), rule.timezone.as_deref(), rule.locale.as_deref());
        let reader = self.keep(&format!("{key}.format"), reader);
        Some((self.keep(key, Field::compile(rule))?, reader?))
    }

    fn part(&mut self, key: &str, rule: Option<&FieldRule>) -> Option<Part> {
        let rule = rule?;
        match rule.select.as_deref().filter(|select| select.contains("(?<") || select.contains("(?P<")) {
            Some(pattern) => self.keep(key, field::expression(pattern)).map(Part::Expression),
            None => self.keep(key, Field::compile(rule)).map(Part::Element),
        }
    }
}

fn variant(table: &ArticleRules, problems: &mut Problems) -> Variant {
    Variant {
        when: table.when.as_ref().and_then(|when| problems.keep("when", Selector::compile(when))),
        title: problems.field("title", table.title.as_ref()),
        lead: problems.field("lead", table.lead.as_ref()),
        body: problems.field("body", table.body.as_ref()),
        drop: table.drop.0.iter().filter_map(|css| problems.keep("drop", Selector::compile(css))).collect(),
        authors: problems.field("authors", table.authors.as_ref()),
        published: problems.date("published", table.published.as_ref()),
        updated: problems.date("updated", table.updated.as_ref()),
        language: problems.field("language", table.language.as_ref()),
        dateline: problems.field("dateline", table.dateline.as_ref()),
        categories: problems.field("categories", table.categories.as_ref()),
        canonical: problems.field("canonical", table.canonical.as_ref()),
        next: problems.field("next", table.next.as_ref()),
        figure: table.figure.as_ref().and_then(|rule| {
            Some(FigureFields {
                select: problems.keep("figure.select", Selector::compile(&rule.select))?,
                src: problems.field("figure.src", rule.src.as_ref()),
                caption: problems.field("figure.caption", rule.caption.as_ref()),
                place: problems.part("figure.place", rule.place.as_ref()),
                credit: problems.part("figure.credit", rule.credit.as_ref()),
            })
        }),
        attribution: table.attribution.as_ref().and_then(|rule| {
            Some(AttributionFields {
                select: problems.keep("attribution.select", Selector::compile(&rule.select))?,
                matching: match &rule.matching {
                    Some(pattern) => Some(problems.keep("attribution.matching", field::expression(pattern))?),
                    None => None,
                },
                remove: rule.remove,
            })
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        article: ArticleTables,
    }

    fn compile(text: &str) -> Result<Rules, Vec<RuleError>> {
        Rules::compile(&toml::from_str::<File>(text).expect("TOML").article)
    }

    #[test]
    fn every_wrong_rule_is_told_with_its_key() {
        let told = compile(
            "[[article]]\nwhen = 'main'\ntitle = 'h1..'\n[[article]]\nbody = 'div'\npublished = { select = 'time', format = '%Q' }\nattribution = { select = 'p', matching = '(' }",
        )
        .expect_err("three are wrong");
        let keys: Vec<&str> = told.iter().map(|error| error.key.as_str()).collect();
        assert_eq!(keys, ["article[0].title", "article[1].published.format", "article[1].attribution.matching"]);
        assert!(told[0].to_string().starts_with("`article[0].title`: `h1..` is not a CSS selector"));
    }

    #[test]
    fn unknown_keys_are_refused() {
        for text in [
            "[article]\ntitel = 'h1'",
            "[article]\ntitle = { selekt = 'h1' }",
            "[article]\nfigure = { select = 'f', sauce = 'x' }",
        ] {
            assert!(toml::from_str::<File>(text).is_err(), "{text}");
        }
    }
}
