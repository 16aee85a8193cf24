//! Dates that stand over the items: a day above the news of that day, a year above the days of that year.

use jiff::Timestamp;

use crate::date::page as dates;
use crate::dom::Node;

use super::super::Scene;
use super::spans::Span;
use super::{Found, fields, segments};

/// Nodes before the first item that are searched.
const BEFORE: usize = 40;
/// Nodes the element of such a heading has at most.
const LARGEST: usize = 12;

/// What stands over items.
#[derive(Clone)]
enum Over {
    Day(Node, String, Timestamp),
    Year(String),
}

/// Gives items without a date the one that stands over them.
pub(super) fn inherit(scene: &Scene, items: &mut [(Found, Span)]) {
    let page = &scene.page;
    let undated = items.iter().filter(|(item, _)| !is_shown(item)).count();
    if undated * 10 < items.len() * 6 || items.is_empty() {
        return;
    }
    let mut from = items[0].1.from.saturating_sub(BEFORE);
    let mut over = None;
    for (item, span) in items.iter_mut() {
        let between = (from..span.from.max(from)).map(|index| page.at(index));
        let headings = between.filter(|node| {
            page.is_element(*node) && page.end(*node) <= span.from && page.end(*node) - node.index() < LARGEST
        });
        over = headings.filter_map(|node| heading(scene, node)).last().or(over);
        from = span.to;
        if is_shown(item) {
            continue;
        }
        let within = || segments::read(page, span.from, span.to, |node| node == item.link);
        let language = scene.language.as_deref();
        let read = |text: &str| dates::read(text, scene.zone, language).map(|moment| moment.at);
        item.published = match &over {
            Some(Over::Day(place, text, day)) => {
                let clock = within().into_iter().find(|part| is_clock(&part.text));
                let timed =
                    clock.and_then(|part| read(&format!("{text} {}", part.text)).map(|at| (Some(part.holder), at)));
                timed.or(Some((Some(*place), *day)))
            }
            Some(Over::Year(year)) => {
                within().into_iter().filter(|part| part.text.chars().count() < 20).find_map(|part| {
                    let day = part.text.trim_end_matches(['.', ',', ' ', ':', '-', '–', '—']);
                    let written = [format!("{day} {year}"), format!("{day}, {year}"), format!("{day}.{year}")];
                    written.iter().find_map(|text| read(text)).map(|at| (Some(part.holder), at))
                })
            }
            None => None,
        }
        .or(item.published);
    }
}

/// Whether the item itself shows a date; one in its address is less sure than one over it.
fn is_shown(item: &Found) -> bool {
    item.published.is_some_and(|(place, _)| place.is_some())
}

fn heading(scene: &Scene, node: Node) -> Option<Over> {
    let text = scene.page.line(node);
    if text.len() == 4 && text.parse::<u16>().is_ok_and(|year| (1990..2100).contains(&year)) {
        return Some(Over::Year(text));
    }
    if !fields::is_date(scene, &text) {
        return None;
    }
    let day = dates::read(&text, scene.zone, scene.language.as_deref())?;
    Some(Over::Day(node, text, day.at))
}

/// "16:20"
fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.split([':', '.']).collect();
    matches!(parts[..], [hour, minute] if minute.len() == 2 && [hour, minute].iter().all(|part| !part.is_empty() && part.len() < 3 && part.bytes().all(|byte| byte.is_ascii_digit())))
}
