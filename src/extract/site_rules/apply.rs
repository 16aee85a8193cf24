//! The compiled rules of a site at work on a page.

use std::collections::HashMap;
use std::ops::Range;

use url::Url;

use crate::date::format::Reader;
use crate::dom::field::{self, Field};
use crate::dom::{Marks, Node, Page, escape, squash};
use crate::language;
use crate::model::{Attribution, Figure, Named};

use super::super::scene::{Partial, Scene};
use super::super::{attribution, byline, figures, open_graph};
use super::{AttributionFields, FigureFields, Part, Rules};

/// What the rules of a site found on a page.
#[derive(Default)]
pub(in crate::extract) struct Ruled {
    /// The fields.
    pub(in crate::extract) partial: Partial,
    /// The elements with the text; empty where the body is to be found otherwise.
    pub(in crate::extract) body: Vec<Node>,
    /// What is left out of the body.
    pub(in crate::extract) drop: Vec<Node>,
    /// Markup that stands for an element: figures with their captions told apart.
    pub(in crate::extract) instead: HashMap<Node, String>,
    /// Where the lead stands.
    pub(in crate::extract) lead: Option<Node>,
    /// Where the headline stands.
    pub(in crate::extract) headline: Option<Node>,
    /// The next page of the article.
    pub(in crate::extract) next: Option<Url>,
    /// Rules that found nothing.
    pub(in crate::extract) problems: Vec<String>,
}

/// Applies the rules of a site to a page.
pub(in crate::extract) fn read(scene: &Scene, rules: &Rules) -> Ruled {
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
            .map(|field| open_graph::unique(field.values(page, root).into_iter().map(|found| found.value).collect()))
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
        let mut caption = caption(page, node, rule, &marks);
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

/// The caption of a figure: an element's text without what other rules take from it, or the value its rule makes.
fn caption(page: &Page, figure: Node, rule: &FigureFields, marks: &Marks) -> String {
    let whole = |node: Node| squash(&page.text_without(node, marks));
    let Some(field) = &rule.caption else {
        return page.named(figure, "figcaption").next().map(whole).unwrap_or_default();
    };
    let Some(found) = field.value(page, figure) else { return String::new() };
    match found.node {
        Some(node) if found.value == squash(&page.text(node)) => whole(node),
        _ => found.value,
    }
}

/// A caption without what its expressions took; both see it whole, so their order does not matter.
fn without(caption: &str, taken: &[Range<usize>]) -> String {
    let is_taken = |at: usize| taken.iter().any(|range| range.contains(&at));
    squash(&caption.char_indices().map(|(at, c)| if is_taken(at) { ' ' } else { c }).collect::<String>())
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
pub(in crate::extract) fn figure_markup(figure: &Figure) -> String {
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
