//! Which groups of links are the list: each is read as if it were, and weighed by what its items say.

use std::collections::HashSet;

use crate::address;
use crate::dom::{Node, Page};

use super::super::Scene;
use super::addresses::{Pattern, looks_like_article, named_in_data};
use super::common::Common;
use super::fields;
use super::groups::{self, Group};
use super::links::{self, Link};
use super::spans::{self, Span};
use super::survey::{Survey, weight};
use super::{Found, days, parts, words};

/// Links that a list has at least.
const FEWEST: usize = 3;
/// Groups that are read in full, the most promising ones.
const MAX_READ: usize = 40;
/// What a list of links to other sites is worth beside one of the site's own pages.
const OUTSIDE: f32 = 0.6;
/// Items of a group that are read to weigh it.
const SAMPLE: usize = 24;
/// What a list is worth at least.
const LEAST: f32 = 0.35;

/// A group with what was found in it.
struct Weighed {
    group: Group,
    figures: Figures,
    score: f32,
}

/// What the items of a group have, as shares from 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    /// How much the headlines say.
    said: f32,
    dated: f32,
    summed: f32,
    pictured: f32,
    headed: f32,
    /// Addresses that look like those of articles.
    articles: f32,
    standing: f32,
}

/// The items of the list of a page.
pub(super) fn list(scene: &Scene) -> Vec<Found> {
    let page = &scene.page;
    let survey = Survey::of(page);
    let links = links::links(scene, &survey);
    let named = named_in_data(scene);
    let groups = groups::groups(page, &survey, &links);
    let mut promising: Vec<(f32, usize)> = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| groups::distinct(&links, group) >= 2)
        .map(|(number, group)| (promise(&links, group), number))
        .collect();
    promising.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    promising.truncate(MAX_READ);
    let apart = |number: usize| parts::of(scene, &links, &groups[number]);
    let mut read_groups: Vec<Group> = promising.iter().flat_map(|(_, number)| apart(*number)).collect();
    let weighed: Vec<Weighed> =
        read_groups.iter().map(|group| weigh(scene, &links, &survey, group, &[], &named)).collect();
    let is_read: HashSet<usize> = promising.into_iter().map(|(_, number)| number).collect();
    let unread = groups.into_iter().enumerate().filter(|(number, _)| !is_read.contains(number));
    read_groups.extend(unread.map(|(_, group)| group));
    let is_list = |one: &&Weighed| {
        groups::distinct(&links, &one.group) >= FEWEST || one.figures.dated > 0.9 && one.figures.headed > 0.9
    };
    let best = weighed
        .iter()
        .filter(|one| is_list(one) && one.figures.worth() >= LEAST && one.figures.may_stand())
        .max_by(|a, b| a.score.total_cmp(&b.score).then(b.group[0].cmp(&a.group[0])));
    let Some(best) = best else { return Vec::new() };
    let chosen = complete(scene, &survey, &links, &read_groups, best);
    read(scene, &links, &chosen)
}

/// A first guess at the worth of a group, from its links alone.
fn promise(links: &[Link], group: &Group) -> f32 {
    let distinct = groups::distinct(links, group);
    let said: u32 = group.iter().map(|number| weight(&links[*number].text).clamp(6, 60)).sum();
    let standing = links[group[0]].standing;
    let average = ratio(usize::try_from(said).unwrap_or(0), group.len() * 60);
    average * size(distinct) * standing
}

fn size(count: usize) -> f32 {
    f32::from(u16::try_from(count.min(30)).unwrap_or(30)).sqrt()
}

fn ratio(part: usize, whole: usize) -> f32 {
    let small = |count: usize| f32::from(u16::try_from(count.min(60_000)).unwrap_or(60_000));
    small(part) / small(whole).max(1.0)
}

impl Figures {
    /// Whether it may be a list where it stands: a menu is none, unless it has dates and only its class says that it is one.
    fn may_stand(&self) -> bool {
        self.standing > 0.15 || self.standing > 0.06 && self.dated > 0.8
    }

    /// What one item of the group is worth.
    fn worth(&self) -> f32 {
        self.said
            * (0.35
                + 0.9 * self.dated
                + 0.5 * self.summed
                + 0.25 * self.pictured
                + 0.3 * self.headed
                + 0.4 * self.articles)
    }
}

fn weigh(
    scene: &Scene,
    links: &[Link],
    survey: &Survey,
    group: &Group,
    others: &[&Link],
    named: &HashSet<String>,
) -> Weighed {
    let page = &scene.page;
    let peers: Vec<&Link> = group.iter().map(|number| &links[*number]).collect();
    let spans = spans::spans(page, &spans::scopes_beside(page, &peers, others));
    let step = peers.len().div_ceil(SAMPLE);
    let (peers_read, spans_read): (Vec<&Link>, Vec<Span>) =
        peers.iter().copied().zip(spans.iter().copied()).step_by(step).unzip();
    let common = Common::of(scene, &peers_read, &spans_read);
    let items: Vec<Found> =
        peers_read.iter().zip(&spans_read).map(|(link, span)| fields::read(scene, link, *span, &common)).collect();
    let share = |is: &dyn Fn(&Found) -> bool| ratio(items.iter().filter(|item| is(item)).count(), items.len());
    let titles: HashSet<&str> =
        items.iter().filter_map(|item| item.title.as_ref()).map(|(_, title)| title.as_str()).collect();
    let different = ratio(titles.len(), items.len());
    let said = items.iter().filter_map(|item| item.title.as_ref()).map(|(_, title)| worth_of_title(title)).sum::<f32>()
        / ratio(items.len(), 1).max(1.0);
    let own_words = ratio(
        peers_read.iter().filter(|link| !common.is_common(&link.text) && !fields::is_date(scene, &link.text)).count(),
        items.len(),
    );
    let figures = Figures {
        said: said * different * different * (0.5 + 0.5 * own_words),
        dated: share(&|item| item.published.as_ref().is_some_and(|(place, _)| place.is_some())),
        summed: share(&|item| item.summary.is_some()),
        pictured: share(&|item| item.image.is_some()),
        headed: share(&|item| item.title.as_ref().is_some_and(|(node, _)| is_headed(page, *node))),
        articles: share(&|item| looks_like_article(&item.url)),
        standing: standing(scene, &peers, &spans),
    };
    let distinct = groups::distinct(links, group);
    let text: u32 = spans.iter().map(|span| survey.text(span.from, span.to)).sum();
    let whole = survey.text(0, page.size()).max(1);
    let bulk = ratio(usize::try_from(text / 16).unwrap_or(0), usize::try_from(whole / 16).unwrap_or(1)).min(1.0);
    let is_named = share(&|item| named.contains(&address::fold(&item.url)));
    let repeated = ratio(distinct, group.len());
    let where_to = if peers[0].is_outside { OUTSIDE } else { 1.0 };
    let score = figures.worth()
        * figures.standing
        * size(distinct)
        * (0.6 + bulk)
        * (1.0 + is_named)
        * repeated.max(0.3)
        * where_to;
    Weighed { group: group.clone(), figures, score }
}

fn worth_of_title(title: &str) -> f32 {
    let weight = weight(title).min(40);
    match weight {
        0..5 => 0.02,
        5..12 => 0.12,
        _ => 0.3 + 0.7 * ratio(usize::try_from(weight - 12).unwrap_or(0), 28),
    }
}

fn is_headed(page: &Page, node: Node) -> bool {
    page.inside(node).any(|inner| fields::is_heading(page, inner))
        || page.ancestors(node).take(2).any(|above| fields::is_heading(page, above))
}

/// How likely the place of a group is that of the list: its part of the page, and the heading over it.
fn standing(scene: &Scene, links: &[&Link], spans: &[Span]) -> f32 {
    let part = links.iter().map(|link| link.standing).sum::<f32>() / ratio(links.len(), 1).max(1.0);
    let is_aside = spans
        .first()
        .is_some_and(|first| heading_over(&scene.page, *first).is_some_and(|text| words::is_aside_heading(&text)));
    if is_aside { part * 0.3 } else { part }
}

/// The heading above a list: the last one before its first item.
fn heading_over(page: &Page, first: Span) -> Option<String> {
    let start = first.from;
    let lowest = start.saturating_sub(60);
    let heading = (lowest..start).rev().map(|index| page.at(index)).find(|node| {
        let is_over =
            fields::is_heading(page, *node) || matches!(page.name(*node), "caption" | "legend" | "dt" | "b" | "strong");
        is_over && page.end(*node) <= start
    })?;
    let text = page.line(heading);
    (text.chars().count() < 60).then_some(text)
}

/// The links of the list: those of the best group, and of others that lead to the same kind of page and say as much.
fn complete(scene: &Scene, survey: &Survey, links: &[Link], groups: &[Group], best: &Weighed) -> Vec<Group> {
    let pattern = Pattern::of(best.group.iter().map(|number| &links[*number].url));
    let mut known: HashSet<&str> = best.group.iter().map(|number| links[*number].key.as_str()).collect();
    let ends = |group: &Group| {
        let nodes = group.iter().map(|number| links[*number].node);
        (nodes.clone().min(), nodes.max())
    };
    let (first, last) = ends(&best.group);
    let mut chosen = vec![best.group.clone()];
    let beside: Vec<&Link> = best.group.iter().map(|number| &links[*number]).collect();
    let mut others: Vec<Weighed> = Vec::new();
    for group in groups {
        let fresh: Group =
            group.iter().copied().filter(|number| !known.contains(links[*number].key.as_str())).collect();
        // Most of what leads to the same articles again is another view of them: pictures, comments, a slide show.
        if fresh.is_empty() || fresh.len() * 4 < group.len() || links[fresh[0]].standing < 0.9 {
            continue;
        }
        if !fresh.iter().all(|number| pattern.fits(&links[*number].url)) {
            continue;
        }
        others.push(weigh(scene, links, survey, &fresh, &beside, &HashSet::new()));
    }
    others.sort_by(|a, b| b.figures.worth().total_cmp(&a.figures.worth()));
    for other in others {
        let fresh: Group =
            other.group.iter().copied().filter(|number| !known.contains(links[*number].key.as_str())).collect();
        if fresh.is_empty() {
            continue;
        }
        let figures = other.figures;
        let is_before = ends(&fresh).1 < first;
        let is_among = ends(&fresh).0 > first && ends(&fresh).1 < last;
        let says_more = figures.headed > 0.5 || figures.pictured > 0.5 || figures.summed > 0.5;
        let says_as_much = figures.said > 0.5 * best.figures.said && figures.standing > 0.9;
        let is_dated_alike = figures.dated + 0.3 > best.figures.dated;
        let belongs = says_as_much
            && if is_dated_alike {
                figures.dated > 0.5 || says_more && (is_before || is_among || pattern.is_telling)
            } else {
                says_more && (is_before || is_among)
            };
        if belongs {
            known.extend(fresh.iter().map(|number| links[*number].key.as_str()));
            chosen.push(fresh);
        }
    }
    chosen
}

/// Reads the items of all chosen groups, in the order of the page.
fn read(scene: &Scene, links: &[Link], chosen: &[Group]) -> Vec<Found> {
    let page = &scene.page;
    let mut out: Vec<(Found, Span)> = Vec::new();
    let mut all: Vec<usize> = chosen.iter().flatten().copied().collect();
    all.sort_unstable();
    let all: Vec<&Link> = all.into_iter().map(|number| &links[number]).collect();
    for group in chosen {
        let peers: Vec<&Link> = group.iter().map(|number| &links[*number]).collect();
        let scopes = spans::scopes_beside(page, &peers, &all);
        let spans = spans::spans(page, &scopes);
        let common = Common::of(scene, &peers, &spans);
        out.extend(peers.iter().zip(&spans).map(|(link, span)| (fields::read(scene, link, *span, &common), *span)));
    }
    out.sort_by_key(|(item, _)| item.link);
    let mut seen = HashSet::new();
    out.retain(|(item, _)| seen.insert(address::fold(&item.url)));
    days::inherit(scene, &mut out);
    trim(page, &mut out);
    out.into_iter().map(|(item, _)| item).collect()
}

/// Takes off what stands before or after a list of dated items, looks like one, and has nothing but a name.
fn trim(page: &Page, items: &mut Vec<(Found, Span)>) {
    let dated = items.iter().filter(|(item, _)| item.published.is_some()).count();
    if items.len() < 5 || dated * 10 < items.len() * 8 {
        return;
    }
    let is_headed = |item: &Found| item.title.as_ref().is_some_and(|(node, _)| is_headed(page, *node));
    let is_bare = |(item, _): &(Found, Span)| item.published.is_none() && item.image.is_none() && !is_headed(item);
    // What is offered between the items: a newsletter, an event.
    items.retain(|item| !is_bare(item) || item.0.summary.is_some() || looks_like_article(&item.0.url));
    let last = items.iter().rposition(|item| !is_bare(item)).map_or(0, |last| last + 1);
    items.truncate(last);
    let first = items.iter().position(|item| !is_bare(item)).unwrap_or(0);
    items.drain(..first);
}
