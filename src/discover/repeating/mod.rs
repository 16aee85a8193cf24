//! The list of a page, found by its shape: links to pages of one site, each in the same place of a structure that repeats.
//!
//! [`survey`] looks at the page once: where its text is, and which parts are navigation or an aside. [`links`] takes the
//! links that may lead to articles, [`groups`] puts those together that stand in the same place, [`spans`] says how far the
//! item of each link reaches, [`fields`] reads an item. [`choose`] weighs the groups, takes the best, and adds what belongs
//! to it: a story that stands before the list, sections built otherwise.

mod addresses;
mod choose;
mod common;
mod days;
mod fields;
mod groups;
mod links;
mod next;
mod parts;
mod segments;
mod spans;
mod survey;
mod words;

use jiff::Timestamp;
use url::Url;

use crate::address;
use crate::dom::Node;
use crate::model::{Entry, Field as Part, Rung, Text};

use super::Scene;

pub(super) use next::next;

/// An item of a list, with the places its fields were found at.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Its address.
    pub(super) url: Url,
    /// The link that leads there.
    pub(super) link: Node,
    /// The element that is the item, or holds the link where the item has no element of its own.
    pub(super) scope: Node,
    pub(super) title: Option<(Node, String)>,
    pub(super) published: Option<(Option<Node>, Timestamp)>,
    pub(super) summary: Option<(Node, String)>,
    pub(super) image: Option<(Node, Url)>,
}

/// The entries of the best list of the page, in its order; empty where nothing repeats.
pub(super) fn items(scene: &Scene) -> Vec<Entry> {
    found(scene).into_iter().map(entry).collect()
}

/// The items of the best list of the page, in its order.
pub(super) fn found(scene: &Scene) -> Vec<Found> {
    choose::list(scene)
}

fn entry(item: Found) -> Entry {
    let mut entry = Entry {
        link: Some(address::canonical(&item.url).into()),
        title: item.title.map(|(_, title)| Text::plain(title)),
        published: item.published.map(|(_, at)| at),
        summary: item.summary.map(|(_, summary)| Text::plain(summary)),
        image: item.image.map(|(_, image)| image.into()),
        ..Entry::default()
    };
    for (part, present) in [
        (Part::Canonical, true),
        (Part::Title, entry.title.is_some()),
        (Part::Published, entry.published.is_some()),
        (Part::Image, entry.image.is_some()),
    ] {
        if present {
            entry.provenance.insert(part, Rung::Heuristic);
        }
    }
    entry
}
