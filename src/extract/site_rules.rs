//! What a site file says about the article pages of a site: the `[article]` tables, compiled and applied.
//!
//! A field found by a rule stands above every other rung. Fields not written, or not found, fall back one by one.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use regex::Regex;
use serde::de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use thiserror::Error;
use url::Url;

use crate::date::format::Reader;
use crate::dom::field::{self, Field, FieldRule, OneOrMany};
use crate::dom::{Marks, Node, Page, Selector, escape, squash};
use crate::model::{Attribution, Figure, Named};

use super::scene::{Partial, Scene};
use super::{attribution, byline, figures, language};

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

/// A rule that cannot be used: the path of its key, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{key}`: {reason}")]
pub struct RuleError {
    /// Where it stands: `article.published.format`, `article[1].title`.
    pub key: String,
    /// What is wrong with it.
    pub reason: String,
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

/// What the rules of a site found on a page.
#[derive(Default)]
pub(super) struct Ruled {
    /// The fields.
    pub(super) partial: Partial,
    /// The elements with the text; empty where the body is to be found otherwise.
    pub(super) body: Vec<Node>,
    /// What is left out of the body.
    pub(super) drop: Vec<Node>,
    /// Markup that stands for an element: figures with their captions told apart.
    pub(super) instead: HashMap<Node, String>,
    /// Where the lead stands.
    pub(super) lead: Option<Node>,
    /// Where the headline stands.
    pub(super) headline: Option<Node>,
    /// The next page of the article.
    pub(super) next: Option<Url>,
    /// Rules that found nothing.
    pub(super) problems: Vec<String>,
}

/// Applies the rules of a site to a page.
pub(super) fn read(scene: &Scene, rules: &Rules) -> Ruled {
    let mut told = Ruled::default();
    let Some(variant) = rules.fitting(scene.page) else {
        told.problems.push("no [article] table fits this page".to_owned());
        return told;
    };
    let page = scene.page;
    let root = page.root();
    let mut take = |name: &str, field: &Option<Field>| -> Option<field::Found> {
        let field = field.as_ref()?;
        let found = field.value(page, root);
        if found.is_none() {
            told.problems.push(format!("the rule for `{name}` found nothing"));
        }
        if field.remove {
            told.drop.extend(field.nodes(page, root));
        }
        found
    };
    let title = take("title", &variant.title);
    let lead = take("lead", &variant.lead);
    let language = take("language", &variant.language);
    let dateline = take("dateline", &variant.dateline);
    let canonical = take("canonical", &variant.canonical);
    let authors = take("authors", &variant.authors).and(variant.authors.as_ref());
    let categories = take("categories", &variant.categories).and(variant.categories.as_ref());
    let published = take_moment(scene, "published", variant.published.as_ref(), &mut told);
    let updated = take_moment(scene, "updated", variant.updated.as_ref(), &mut told);
    told.headline = title.as_ref().and_then(|found| found.node);
    told.lead = lead.as_ref().and_then(|found| found.node);
    told.partial = Partial {
        title: title.map(|found| found.value),
        lead: lead.map(|found| found.value),
        authors: authors.map(|field| people(scene, field)).unwrap_or_default(),
        published,
        updated,
        language: language.and_then(|found| language::tidy(&found.value)),
        dateline: dateline.map(|found| found.value),
        categories: categories
            .map(|field| {
                super::open_graph::unique(field.values(page, root).into_iter().map(|found| found.value).collect())
            })
            .unwrap_or_default(),
        canonical: canonical.and_then(|found| scene.web(&found.value)).map(String::from),
        ..Partial::default()
    };
    told.next =
        variant.next.as_ref().and_then(|field| field.value(page, root)).and_then(|found| scene.web(&found.value));
    told.drop.extend(variant.drop.iter().flat_map(|selector| page.select(selector, root)));
    if let Some(body) = &variant.body {
        told.body = body.nodes(page, root);
        if told.body.is_empty() {
            told.problems.push("the rule for `body` found nothing".to_owned());
        }
    }
    if let Some(figure) = &variant.figure {
        read_figures(scene, figure, &mut told);
    }
    if let Some(line) = &variant.attribution {
        read_attributions(scene, line, &mut told);
    }
    told
}

fn take_moment(
    scene: &Scene,
    name: &str,
    rule: Option<&(Field, Reader)>,
    told: &mut Ruled,
) -> Option<crate::date::page::Moment> {
    let (field, reader) = rule?;
    let (page, root) = (scene.page, scene.page.root());
    if field.remove {
        told.drop.extend(field.nodes(page, root));
    }
    let found = field.value(page, root);
    let moment = found.as_ref().and_then(|found| reader.read(&found.value, scene.zone, scene.language.as_deref()));
    if moment.is_none() {
        told.problems.push(match found {
            Some(found) => format!("`{}`, found for `{name}`, is not a date as the rule expects it", found.value),
            None => format!("the rule for `{name}` found nothing"),
        });
    }
    moment
}

fn people(scene: &Scene, field: &Field) -> Vec<crate::model::Person> {
    let page = scene.page;
    let mut people: Vec<crate::model::Person> = Vec::new();
    for found in field.values(page, page.root()) {
        let url =
            found.node.and_then(|node| page.filled(node, "href")).and_then(|href| scene.web(href)).map(String::from);
        for name in byline::names(&found.value) {
            people.push(crate::model::Person { name: Some(name), email: None, url: url.clone() });
        }
    }
    people
}

fn read_figures(scene: &Scene, rule: &FigureFields, told: &mut Ruled) {
    let page = scene.page;
    for node in page.select(&rule.select, page.root()).into_iter().take(100) {
        let src = match &rule.src {
            Some(field) => field.picture(page, node).and_then(|image| scene.web(&image)),
            None => page.named(node, "img").find_map(|image| scene.picture(image)),
        };
        let mut marks = Marks::none(page);
        let mut place = element(page, node, rule.place.as_ref(), &mut marks);
        let mut credit = element(page, node, rule.credit.as_ref(), &mut marks);
        let caption_node = match &rule.caption {
            Some(field) => field.value(page, node).and_then(|found| found.node),
            None => page.named(node, "figcaption").next(),
        };
        let mut caption = caption_node.map(|inner| squash(&page.text_without(inner, &marks))).unwrap_or_default();
        let mut taken = Vec::new();
        for (part, into) in [(&rule.credit, &mut credit), (&rule.place, &mut place)] {
            if let Some(Part::Expression(expression)) = part
                && let Some(found) = expression.captures(&caption).and_then(|found| found.get(0))
            {
                *into = field::matched(expression, &caption);
                taken.push(found.range());
            }
        }
        caption = without(&caption, &taken);
        if rule.credit.is_none() {
            let split = figures::split_caption(&caption);
            credit = split.credit;
            caption = split.caption.unwrap_or_default();
        }
        let alternative = page.named(node, "img").find_map(|image| page.filled(image, "alt")).map(squash);
        let figure = Figure {
            url: src.map(String::from),
            caption: Some(caption).filter(|text| !text.is_empty()),
            place,
            credit,
            alternative,
        };
        told.instead.insert(node, figure_markup(&figure));
        told.partial.figures.push(figure);
    }
}

/// A caption without what its expressions took; both see it whole, so their order does not matter.
fn without(caption: &str, taken: &[Range<usize>]) -> String {
    let kept =
        caption.char_indices().map(|(at, c)| if taken.iter().any(|range| range.contains(&at)) { ' ' } else { c });
    squash(&kept.collect::<String>())
}

fn element(page: &Page, scope: Node, part: Option<&Part>, marks: &mut Marks) -> Option<String> {
    let Some(Part::Element(field)) = part else { return None };
    let found = field.value(page, scope)?;
    if let Some(node) = found.node {
        marks.drop(page, node);
    }
    Some(found.value)
}

/// A figure as markup: picture, then caption, place and credit under it.
pub(super) fn figure_markup(figure: &Figure) -> String {
    let image = figure.url.as_ref().map(|url| {
        let alternative = figure.alternative.as_deref().unwrap_or_default();
        format!("<img src=\"{}\" alt=\"{}\">", escape(url), escape(alternative))
    });
    let lines: Vec<&str> =
        [&figure.caption, &figure.place, &figure.credit].into_iter().filter_map(Option::as_deref).collect();
    let caption = if lines.is_empty() {
        String::new()
    } else {
        format!("<figcaption>{}</figcaption>", escape(&lines.join(" · ")))
    };
    format!("<figure>{}{caption}</figure>", image.unwrap_or_default())
}

fn read_attributions(scene: &Scene, rule: &AttributionFields, told: &mut Ruled) {
    let page = scene.page;
    for node in page.select(&rule.select, page.root()) {
        let text = page.line(node);
        let links = attribution::links(scene, node);
        let found = match &rule.matching {
            Some(expression) => field::matched(expression, &text)
                .map(|rest| if links.is_empty() { attribution::names(&rest) } else { links }),
            None => attribution::of_line(&text, &links)
                .map(|line| line.names)
                .or_else(|| (!links.is_empty()).then_some(links)),
        };
        let Some(names) = found else { continue };
        told.partial.attributions.push(Attribution { text, names: names.into_iter().collect::<Vec<Named>>() });
        if rule.remove {
            told.drop.push(node);
        }
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
