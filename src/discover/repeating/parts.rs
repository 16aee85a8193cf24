//! Groups whose links stand alike in several parts of a page, parted where the parts say different things.
//!
//! Old pages have no classes: the links of a menu and those of the list are both lines of a table cell.

use std::collections::BTreeMap;

use crate::dom::Node;

use super::super::Scene;
use super::fields::{self, Common};
use super::groups::Group;
use super::links::Link;
use super::spans;
use super::survey::weight;

/// Items of a part that are read to tell what it is like.
const SAMPLE: usize = 8;

/// What the items in one place are like.
#[derive(Default)]
struct Part {
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
    [dated, saying, short].into_iter().map(join).filter(|group| !group.is_empty()).collect()
}
