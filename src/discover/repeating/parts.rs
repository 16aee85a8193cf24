//! Groups whose links stand alike in several parts of a page, parted where the parts say different things.
//!
//! Old pages have no classes: the links of a menu and those of the list are both lines of a table cell.

use std::collections::{BTreeMap, HashSet};

use url::Url;

use crate::dom::{Node, Page};

use super::super::Scene;
use super::common::Common;
use super::fields;
use super::groups::Group;
use super::links::Link;
use super::spans;
use super::survey::weight;

/// Items of a part that are read to tell what it is like.
const SAMPLE: usize = 8;

/// What the items in one place are like.
#[derive(Default)]
struct Part {
    place: Option<Node>,
    group: Group,
    read: usize,
    dated: usize,
    said: u32,
}

impl Part {
    fn is_dated(&self) -> bool {
        self.dated * 2 >= self.read
    }

    fn said(&self) -> u32 {
        self.said / u32::try_from(self.read.max(1)).unwrap_or(1)
    }
}

/// Puts together the parts that stand in like places or lead to like addresses: a menu may be built as the list is, but is
/// neither called the same nor leads to the same pages.
fn places(page: &Page, links: &[Link], parts: Vec<Part>) -> Vec<Vec<Part>> {
    let mut places: Vec<(String, HashSet<String>, Vec<Part>)> = Vec::new();
    for part in parts {
        let called = called(page, part.place);
        let folders: HashSet<String> = part.group.iter().map(|number| folder(&links[*number].url)).collect();
        match places.iter_mut().find(|(name, known, _)| *name == called || !known.is_disjoint(&folders)) {
            Some((_, known, parts)) => {
                known.extend(folders);
                parts.push(part);
            }
            None => places.push((called, folders, vec![part])),
        }
    }
    places.into_iter().map(|(_, _, parts)| parts).collect()
}

/// What the element around a part is called.
fn called(page: &Page, place: Option<Node>) -> String {
    let around = place.into_iter().chain(place.into_iter().flat_map(|place| page.ancestors(place))).take(2);
    let class = |node| page.filled(node, "class").and_then(|class| class.split_whitespace().next()).unwrap_or_default();
    around.map(|node| format!("{}.{}>", page.name(node), class(node))).collect()
}

fn folder(url: &Url) -> String {
    let path = url.path();
    let keys: String = url.query_pairs().map(|(key, _)| format!("&{key}")).take(8).collect();
    format!("{}{keys}", path.rsplit_once('/').map_or("", |(folder, _)| folder))
}

/// The parts of a group: the group itself where all of it is alike.
pub(super) fn of(scene: &Scene, links: &[Link], group: &Group) -> Vec<Group> {
    let page = &scene.page;
    let peers: Vec<&Link> = group.iter().map(|number| &links[*number]).collect();
    let scopes = spans::scopes(page, &peers);
    let spans = spans::spans(page, &scopes);
    let common = Common::of(scene, &peers, &spans);
    let mut parts: BTreeMap<Option<Node>, Part> = BTreeMap::new();
    for ((number, link), span) in group.iter().zip(&peers).zip(&spans) {
        let part = parts.entry(page.parent(span.scope)).or_default();
        part.place = page.parent(span.scope);
        part.group.push(*number);
        if part.group.len() <= SAMPLE {
            let item = fields::read(scene, link, *span, &common);
            part.read += 1;
            part.dated += usize::from(item.published.is_some_and(|(place, _)| place.is_some()));
            part.said += item.title.map_or(0, |(_, title)| weight(&title).min(60));
        }
    }
    let most = parts.values().filter(|part| part.group.len() > 2).map(Part::said).max().unwrap_or(0);
    let (dated, rest): (Vec<Part>, Vec<Part>) = parts.into_values().partition(Part::is_dated);
    let (saying, short): (Vec<Part>, Vec<Part>) = rest.into_iter().partition(|part| part.said() * 5 >= most * 2);
    let join = |parts: Vec<Part>| {
        let mut joined: Group = parts.into_iter().flat_map(|part| part.group).collect();
        joined.sort_unstable();
        joined
    };
    // A list whose items have no dates of their own at times is still one list.
    let few = dated.iter().map(|part| part.group.len()).sum::<usize>() < 3;
    let (dated, saying) = if few { (Vec::new(), dated.into_iter().chain(saying).collect()) } else { (dated, saying) };
    let mut groups: Vec<Group> = places(page, links, saying).into_iter().map(join).collect();
    groups.extend([dated, short].map(join));
    groups.retain(|group| !group.is_empty());
    groups
}
