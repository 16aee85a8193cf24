//! One reader for RSS of every version, Atom, RDF and CDF: they share their elements more than their outlines.
//!
//! Elements are known by vocabulary and name, not by place: what stands in an element nobody knows counts as if it stood
//! outside, so that wrappers, wrong nesting and mixed dialects lose nothing. This file holds the loop over the document and
//! what head and entries share; [`head`](super::head) and [`entry`](super::entry) say what each element does.

use std::borrow::Cow;

use jiff::Timestamp;
use url::Url;

use crate::date;
use crate::model::{Category, Channel, Dialect, Entry, Reading, Text};

use super::construct;
use super::head::complete;
use super::names::Name;
use super::sniff::Root;
use super::tokens::Tag;
use super::walker::{Step, Walker};

/// Entries read from one document; the largest archives in the wild hold some ten thousand.
const MAX_ENTRIES: usize = 50_000;
/// Entries read from a document of any size.
const USUAL_ENTRIES: usize = 5_000;
/// Bytes of a document for each entry beyond the usual: one that says anything is longer, and as a value each is larger.
const BYTES_PER_ENTRY: usize = 300;

/// Entries up to which there is nothing to foresee.
const USUAL_GROWTH: usize = 16;

/// How many entries are read from a document of so many bytes.
pub(super) fn most_entries(bytes: usize) -> usize {
    (bytes / BYTES_PER_ENTRY).clamp(USUAL_ENTRIES, MAX_ENTRIES)
}

/// What is said of entries that were not read.
pub(super) fn left_out(count: usize, most: usize) -> String {
    format!("{count} entries beyond the first {most} left out")
}

/// Reads one document.
pub(super) struct Reader<'a> {
    pub(super) walker: Walker<'a>,
    pub(super) dialect: Dialect,
    /// Atom 1.0, which puts inline XHTML into a `div` that is no part of it.
    pub(super) unwrap_div: bool,
    pub(super) channel: Channel,
    /// `media:title` in the head, for a feed without a title of its own.
    pub(super) media_title: Option<Text>,
    pub(super) entries: Vec<Entry>,
    /// `sy:updatePeriod` in seconds.
    pub(super) period: Option<u64>,
    /// `sy:updateFrequency`.
    pub(super) frequency: Option<u64>,
    unread_dates: usize,
    /// Bytes of the document from its root on.
    bytes: usize,
    /// Entries that are read at most.
    most_entries: usize,
    dropped_entries: usize,
    half_entry: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: Root<'a>, base: Option<&Url>) -> Self {
        Self {
            bytes: root.tokens.rest().len(),
            most_entries: most_entries(root.tokens.rest().len()),
            walker: Walker::new(root.tokens, base),
            dialect: root.dialect,
            unwrap_div: root.atom_1,
            channel: Channel::default(),
            media_title: None,
            entries: Vec::new(),
            period: None,
            frequency: None,
            unread_dates: 0,
            dropped_entries: 0,
            half_entry: false,
        }
    }

    /// Reads the whole document.
    pub(super) fn read(mut self) -> Reading {
        while let Some(step) = self.walker.next() {
            if let Step::Start(tag) = step {
                self.element(&tag);
            }
        }
        self.channel.ttl = self.channel.ttl.or_else(|| self.syndication_ttl());
        complete(&mut self.channel, self.media_title);
        let mut problems = Vec::new();
        if self.walker.was_cut() {
            let left_out = if self.half_entry { "; the entry it breaks off in is left out" } else { "" };
            problems.push(format!("the document ends before its elements do{left_out}"));
        }
        if self.unread_dates > 0 {
            problems.push(format!("{} dates cannot be read", self.unread_dates));
        }
        if self.dropped_entries > 0 {
            problems.push(left_out(self.dropped_entries, self.most_entries));
        }
        Reading { dialect: self.dialect, channel: self.channel, entries: self.entries, problems }
    }

    /// An element outside of entries.
    pub(super) fn element(&mut self, tag: &Tag<'a>) {
        match self.walker.name(tag) {
            Name::Item if self.entries.len() < self.most_entries => {
                let entry = self.entry(tag);
                // Half an entry would be published as a whole one, and revised when the rest comes.
                if self.walker.was_cut() && !self.entries.is_empty() {
                    self.half_entry = true;
                } else {
                    self.make_room();
                    self.entries.push(entry);
                }
            }
            Name::Item => {
                self.dropped_entries += 1;
                self.walker.skip(self.walker.depth());
            }
            name => self.head(name, tag),
        }
    }

    /// Makes room for as many entries as the rest holds when it is like what was read: growing step by step would take the
    /// memory twice.
    fn make_room(&mut self) {
        let (held, left) = (self.entries.len(), self.walker.bytes_left());
        if held < USUAL_GROWTH || held < self.entries.capacity() {
            return;
        }
        let expected = held.saturating_mul(left) / self.bytes.saturating_sub(left).max(1);
        let least = held / 2;
        self.entries.reserve_exact((expected + expected / 16).max(least).min(self.most_entries - held).max(1));
    }

    /// The text of this element as a moment; counts what cannot be read.
    pub(super) fn date(&mut self) -> Option<Timestamp> {
        let text = construct::filled(&mut self.walker)?;
        self.date_of(&text)
    }

    pub(super) fn date_of(&mut self, text: &str) -> Option<Timestamp> {
        let date = date::feed(text);
        self.unread_dates += usize::from(date.is_none() && !text.trim().is_empty());
        date
    }

    /// The category that has just begun: by attribute (Atom) or as text (RSS).
    pub(super) fn category(&mut self, tag: &Tag<'a>, categories: &mut Vec<Category>) {
        let owned = |value: Option<Cow<'a, str>>| value.map(Cow::into_owned);
        let attribute = |name| owned(self.walker.attribute(tag, name));
        let (term, label) = (attribute("term"), attribute("label"));
        let scheme = attribute("scheme").or_else(|| attribute("domain"));
        let text = construct::filled(&mut self.walker);
        for term in [term.or_else(|| text.clone()), text].into_iter().flatten() {
            add(categories, Category { term, scheme: scheme.clone(), label: label.clone() });
        }
    }

    /// The `itunes:category` that has just begun; the ones inside it follow as elements of their own.
    pub(super) fn itunes_category(&mut self, tag: &Tag<'a>, categories: &mut Vec<Category>) {
        if let Some(term) = self.walker.attribute(tag, "text") {
            add(categories, Category::term(term.into_owned()));
        }
    }

    /// Categories in one text, separated by commas.
    pub(super) fn keywords(&mut self, categories: &mut Vec<Category>) {
        let text = construct::value(&mut self.walker);
        for term in text.split(',').map(str::trim).filter(|term| !term.is_empty()).take(MAX_PARTS) {
            add(categories, Category::term(term));
        }
    }
}

/// Categories, people, enclosures or pictures of one entry that are kept.
pub(super) const MAX_PARTS: usize = 200;

fn add(categories: &mut Vec<Category>, category: Category) {
    let known = categories.iter().any(|known| known.term == category.term && known.scheme == category.scheme);
    if !known && categories.len() < MAX_PARTS {
        categories.push(category);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    #[test]
    fn entries_are_bounded_by_the_size_of_the_document() {
        assert_eq!([most_entries(0), most_entries(3_000_000), most_entries(usize::MAX)], [5_000, 10_000, 50_000]);
        let reading = read(format!("<rss>{}</rss>", "<item/>".repeat(5_002)));
        assert_eq!(reading.entries.len(), 5_000);
        assert_eq!(reading.problems, ["2 entries beyond the first 5000 left out"]);
    }
}
