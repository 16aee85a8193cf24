//! A page to one [`Entry`].
//!
//! The ladder: what a site file's rules say, then JSON-LD, then microdata, then Open Graph and other `meta` elements, then
//! what reading the page like a person gives. Every rung says what it can; a field is taken from the highest rung that has
//! it, and its provenance says which that was. [`Extraction::said`] keeps everything every rung said.
//!
//! Pure: no clock, no network. Addresses are resolved against the document's own, and left out where they cannot be.

mod attribution;
mod authors;
mod blocks;
mod body;
mod boilerplate;
mod byline;
mod choose;
mod clean;
mod dateline;
mod dates;
mod embedded;
mod figures;
pub mod ftr;
mod headline;
mod hints;
mod json_ld;
mod microdata;
mod open_graph;
mod phrases;
mod plain_text;
mod prune;
mod scene;
mod settle;
pub mod site_rules;
mod stats;

use jiff::tz::TimeZone;
use url::Url;

use crate::dom::{Node, Page};
use crate::encoding::{self, Markup};
use crate::language;
use crate::model::{Attribution, Document, Entry, Field, Rung};

use blocks::Block;
use body::{Body, Given};
use scene::{Partial, Scene};
use site_rules::{Ruled, Rules};

/// What is known about a page before it is read.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The page's address, where the document does not know it.
    pub url: Option<Url>,
    /// The zone of dates that name none. UTC by default.
    pub zone: TimeZone,
    /// The language it is expected in: reads month names that languages disagree on, and stands in where the text is short.
    pub language: Option<String>,
    /// The rules of the page's site.
    pub rules: Option<&'a Rules>,
}

impl Default for Context<'_> {
    fn default() -> Self {
        Self { url: None, zone: TimeZone::UTC, language: None, rules: None }
    }
}

/// One thing one rung said, whether it was taken or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The field it is about.
    pub field: Field,
    /// Who said it.
    pub rung: Rung,
    /// What, as text for people.
    pub value: String,
}

/// What a page gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extraction {
    /// The article. `content` is clean HTML, not yet sanitized.
    pub entry: Entry,
    /// The whole article as plain text in reading order, the lead included, captions not; blocks on lines of their own.
    pub text: String,
    /// Everything every rung said, field by field.
    pub said: Vec<Said>,
    /// The next page of an article that is spread over several.
    pub next: Option<Url>,
    /// Another form of the page, for small screens or for print, where this one shows next to nothing.
    pub alternate: Option<Url>,
    /// What could not be read, for the operator.
    pub problems: Vec<String>,
}

#[cfg(test)]
mod tests;

type Step = fn(&Scene) -> Partial;

/// The rungs that read what the page says about itself, the most trusted first.
const LADDER: &[(Rung, Step)] =
    &[(Rung::JsonLd, json_ld::read), (Rung::Microdata, microdata::read), (Rung::OpenGraph, open_graph::read)];

/// Reads one page.
#[must_use]
pub fn article(document: &Document, context: &Context) -> Extraction {
    let text = encoding::decode(&document.body, document.content_type.as_deref(), Markup::Html).text;
    if plain_text::is_plain(&text, document.content_type.as_deref()) {
        return plain_text::read(&text, context);
    }
    html(&text, document.url.clone().or_else(|| context.url.clone()), context)
}

fn html(text: &str, url: Option<Url>, context: &Context) -> Extraction {
    let page = Page::parse(text);
    let scene = Scene {
        base: base(&page, url.as_ref()),
        page: &page,
        url,
        zone: &context.zone,
        language: expected_language(&page, context),
    };
    let ruled = context.rules.map(|rules| site_rules::read(&scene, rules)).unwrap_or_default();
    let mut partials: Vec<(Rung, Partial)> = LADDER.iter().map(|(rung, read)| (*rung, read(&scene))).collect();
    let said: Vec<&Partial> =
        std::iter::once(&ruled.partial).chain(partials.iter().map(|(_, partial)| partial)).collect();
    let mut headline = headline::find(&scene, &said);
    headline.node = ruled.headline.or(headline.node);
    let summaries: Vec<String> = said.iter().filter_map(|partial| partial.summary.clone()).collect();
    let given = Given { titles: &headline.forms, headline: headline.node, summaries: &summaries, dropped: &ruled.drop };
    let (rung, mut body) = if ruled.body.is_empty() {
        (Rung::Heuristic, body::find(&page, &given))
    } else {
        (Rung::Rule, body::of_rule(&page, &ruled.body, &ruled, &given))
    };
    let mut lines = blocks::blocks(&page, body.root, &body.marks);
    let mut found = look(&scene, &headline, &mut body, &ruled, &lines);
    if found.authors.is_empty() && !settle::names_authors(&partials) {
        let after: Vec<Node> = (page.end(body.root)..page.size()).map(|index| page.at(index)).collect();
        found.authors = authors::find_after(&scene, &after);
    }
    lines.retain(|block| !block.dropped(&body.marks));
    let mut instead = ruled.instead.clone();
    if ruled.partial.figures.is_empty() {
        for (frame, figure) in figures::frames(&scene, body.root, &body.marks) {
            instead.insert(frame, site_rules::figure_markup(&figure));
            match found.figures.iter_mut().find(|known| known.url == figure.url) {
                Some(known) => *known = figure,
                None => found.figures.push(figure),
            }
        }
    }
    let markup = with_lead(&page, &body, &ruled, clean::markup(&scene, body.root, &body.marks, &instead));
    let plain = crate::dom::text(&markup);
    let shows_little = rung == Rung::Heuristic && stats::weight(&plain) < embedded::FEW;
    let (rung, markup, plain) = match shows_little.then(|| embedded::body(&scene)).flatten() {
        Some((rung, markup)) => {
            let plain = crate::dom::text(&markup);
            (rung, markup, plain)
        }
        None => (rung, markup, plain),
    };
    found.title.clone_from(&headline.title);
    found.lead =
        lead(&page, &body, &lines, &plain, partials.iter().find_map(|(_, partial)| partial.summary.as_deref()));
    found.dateline = plain.lines().find(|line| line.chars().count() > 60).and_then(dateline::of);
    found.language = language::find(&plain, &declared_languages(&page, &partials, context));
    if context.rules.is_some() {
        partials.insert(0, (Rung::Rule, ruled.partial));
    }
    partials.push((Rung::Heuristic, found));
    let mut extraction = settle::settle(&partials, (rung, markup), &plain);
    if stats::weight(&plain) < embedded::FEW {
        extraction.alternate = alternate(&scene);
    }
    extraction.text = plain;
    extraction.next = ruled.next;
    extraction.problems = ruled.problems;
    if page.is_cut() {
        extraction.problems.push("the page is too large or too deep: its end was left out".to_owned());
    }
    extraction
}

/// The body with the lead that a rule found elsewhere put before it.
fn with_lead(page: &Page, body: &Body, ruled: &Ruled, content: String) -> String {
    let Some(lead) = &ruled.partial.lead else { return content };
    let inside = ruled.lead.is_some_and(|node| page.contains(body.root, node) && !body.marks.dropped(node));
    if inside || scene::fold(&crate::dom::text(&content)).starts_with(&scene::fold(lead)) {
        return content;
    }
    format!("<p>{}</p>\n{content}", crate::dom::escape(lead))
}

/// The opening paragraph, where the page sets it apart: by name, in bold, or by using it as its summary.
fn lead(page: &Page, body: &Body, lines: &[Block], plain: &str, summary: Option<&str>) -> Option<String> {
    let first = lines.iter().find(|block| block.length >= 40)?;
    if !plain.contains(&first.text) {
        return None;
    }
    let named = std::iter::once(first.container)
        .chain(page.ancestors(first.container).take(2))
        .take_while(|node| *node != body.root)
        .any(|node| hints::lead(&hints::names(page, node)));
    let bold = first.bold * 10 >= first.length * 9;
    let start = |text: &str| scene::fold(text).chars().take(60).collect::<String>();
    let repeated = summary.is_some_and(|summary| {
        start(summary) == start(&first.text) && scene::fold(&first.text).len() <= scene::fold(summary).len() + 20
    });
    (named || bold || repeated || body.lead == Some(first.container)).then(|| first.text.clone())
}

/// Reads the page like a person would: byline, dates, figures, attributions, lead.
fn look(scene: &Scene, headline: &headline::Headline, body: &mut Body, ruled: &Ruled, lines: &[Block]) -> Partial {
    let page = scene.page;
    let everywhere: Vec<Node> = page.inside(page.named(page.root(), "body").next().unwrap_or(page.root())).collect();
    let start = headline.node.unwrap_or(body.root).index().saturating_sub(120);
    let text_start =
        lines.iter().find(|block| block.length > 80).map_or(page.end(body.root), |block| block.container.index() + 40);
    let top: Vec<Node> =
        (start..text_start.max(body.root.index() + 60).min(page.size())).map(|index| page.at(index)).collect();
    let mut found = dates::find(scene, &top, &everywhere);
    let whole: Vec<Node> = (start..page.end(body.root).max(start)).map(|index| page.at(index)).collect();
    found.authors = authors::find(scene, &top);
    if found.authors.is_empty() {
        found.authors = authors::find(scene, &whole);
    }
    if ruled.partial.attributions.is_empty() {
        found.attributions = attributions(scene, body, lines);
    }
    found.figures = figures::find(
        scene,
        whole.into_iter().filter(|node| headline.node.is_none_or(|headline| *node > headline)),
        &body.marks,
    );
    found.canonical = scene.url.as_ref().map(|url| crate::address::canonical(url).into());
    found.image = found.figures.iter().find_map(|figure| figure.url.clone());
    found
}

/// Attributions of one page; real ones have one or two.
const MAX_ATTRIBUTIONS: usize = 20;

/// Takes the lines that name sources out of the text.
fn attributions(scene: &Scene, body: &mut Body, lines: &[Block]) -> Vec<Attribution> {
    let page = scene.page;
    let mut found = Vec::new();
    for block in lines {
        // Most lines are told by their words: what is around them is looked at for the others only.
        if block.length > 160 || attribution::of_line(&block.text, &[]).is_none() {
            continue;
        }
        if found.len() == MAX_ATTRIBUTIONS {
            break;
        }
        if let Some(attribution) = attribution::of_line(&block.text, &attribution::links_around(scene, &block.parts)) {
            block.drop(page, &mut body.marks);
            found.push(attribution);
        }
    }
    found
}

/// The form of the page for small screens (AMP) or for print that it names in its head.
fn alternate(scene: &Scene) -> Option<Url> {
    let page = scene.page;
    let is_other = |node: Node| {
        page.attribute(node, "rel").is_some_and(|rel| rel.eq_ignore_ascii_case("amphtml"))
            || page.attribute(node, "rel").is_some_and(|rel| rel.eq_ignore_ascii_case("alternate"))
                && page.attribute(node, "media").is_some_and(|media| media.eq_ignore_ascii_case("print"))
    };
    let address =
        page.named(page.root(), "link").find(|node| is_other(*node)).and_then(|node| page.filled(node, "href"));
    address.and_then(|address| scene.web(address)).filter(|url| Some(url) != scene.url.as_ref())
}

/// The base of relative addresses: what `base` says, seen from the page's address; else the address the page declares.
fn base(page: &Page, url: Option<&Url>) -> Option<Url> {
    let declared = page.declared_base().and_then(|href| crate::address::resolve_web(url, href));
    declared
        .or_else(|| url.cloned())
        .or_else(|| page.declared_canonical().and_then(|href| crate::address::resolve_web(None, href)))
}

fn expected_language(page: &Page, context: &Context) -> Option<String> {
    context.language.clone().or_else(|| page.declared_language().and_then(language::tidy))
}

fn declared_languages<'a>(page: &'a Page, partials: &'a [(Rung, Partial)], context: &'a Context<'_>) -> Vec<&'a str> {
    let said = partials.iter().filter_map(|(_, partial)| partial.language.as_deref());
    context.language.as_deref().into_iter().chain(page.declared_language()).chain(said).collect()
}
