//! How much of a source is kept: by age, by count, by bytes. Everything, unless the settings say otherwise.
//!
//! What goes leaves its names behind (the store's contract says how), so that it is never news again. What a feed shows at the
//! moment stays until it has left the feed. [`surplus`] is the rule; a store may come to the same another way.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::model::ArticleId;
use crate::units::limits::{Age, Bytes as Size, Items, Limits, Settings, Wish};

/// `[retention]` of the settings file: for every source, and for what is remembered beside articles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Everywhere {
    /// As in [`Settings`].
    pub age: Wish<Age>,
    /// As in [`Settings`].
    pub items: Wish<Items>,
    /// As in [`Settings`].
    pub bytes: Wish<Size>,
    /// Documents that their source did not name for so long are forgotten. Default: 90 days.
    pub documents: Wish<Age>,
}

/// How long a document that is no longer named is remembered: longer than a site leaves a map out by mistake.
const DOCUMENTS: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Everywhere {
    /// What holds for every source that does not say otherwise.
    #[must_use]
    pub fn sources(&self) -> Settings {
        Settings { age: self.age, items: self.items, bytes: self.bytes }
    }

    /// How long documents are remembered that are no longer named; `None` = for ever.
    #[must_use]
    pub fn documents(&self) -> Option<SignedDuration> {
        self.documents.or(Wish::Limit(Age(DOCUMENTS))).limit().map(|Age(age)| age)
    }
}

/// [`Limits`] at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Articles dated before this go.
    pub since: Option<Timestamp>,
    /// At most so many articles stay.
    pub items: Option<u64>,
    /// At most so many bytes of body and text stay.
    pub bytes: Option<u64>,
}

impl Bounds {
    /// The limits as of `now`; `None` when everything is kept.
    #[must_use]
    pub fn of(limits: &Limits, now: Timestamp) -> Option<Self> {
        (*limits != Limits::default()).then(|| Self {
            since: limits.age.map(|age| now.checked_sub(age).unwrap_or(Timestamp::MIN)),
            items: limits.items,
            bytes: limits.bytes,
        })
    }
}

/// An article as retention sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Which.
    pub id: ArticleId,
    /// `published`, else `first_seen`.
    pub dated: Timestamp,
    /// Bytes of body and text.
    pub bytes: u64,
}

/// What of the articles of a source is beyond its bounds, the oldest first, equal dates by id from the largest. An article in
/// `spared` stays, and counts.
#[must_use]
pub fn surplus(mut holdings: Vec<Holding>, bounds: &Bounds, spared: &BTreeSet<ArticleId>) -> Vec<ArticleId> {
    holdings.sort_by(|a, b| b.dated.cmp(&a.dated).then(a.id.cmp(&b.id)));
    let (mut items, mut bytes) = (0_u64, 0_u64);
    let mut beyond = Vec::new();
    for holding in holdings {
        items += 1;
        bytes = bytes.saturating_add(holding.bytes);
        let is_beyond = bounds.since.is_some_and(|since| holding.dated < since)
            || bounds.items.is_some_and(|most| items > most)
            || bounds.bytes.is_some_and(|most| bytes > most);
        if is_beyond && !spared.contains(&holding.id) {
            beyond.push(holding.id);
        }
    }
    beyond.reverse();
    beyond
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> ArticleId {
        ArticleId::from_bytes([n; 16])
    }

    /// Articles 1, 2, 3 … of so many bytes each, a day apart, the first the newest.
    fn holdings(bytes: &[u64]) -> Vec<Holding> {
        let now = Timestamp::UNIX_EPOCH;
        let holding = |(n, bytes): (u8, &u64)| Holding {
            id: id(n),
            dated: now - SignedDuration::from_hours(24 * i64::from(n)),
            bytes: *bytes,
        };
        (1..).zip(bytes).map(holding).collect()
    }

    #[test]
    fn each_limit_cuts_the_oldest_and_what_is_spared_stays_and_counts() {
        let day = |n: i64| Some(SignedDuration::from_hours(24 * n));
        let none = Limits::default();
        let rows: [(Limits, &[u8], &[u8]); 8] = [
            (none, &[], &[]),
            (Limits { items: Some(2), ..none }, &[], &[4, 3]),
            (Limits { items: Some(2), ..none }, &[4], &[3]),
            (Limits { items: Some(9), ..none }, &[], &[]),
            (Limits { age: day(3), ..none }, &[], &[4]),
            (Limits { age: day(3), items: Some(1), ..none }, &[2], &[4, 3]),
            (Limits { bytes: Some(30), ..none }, &[], &[4]),
            (Limits { bytes: Some(5), ..none }, &[], &[4, 3, 2, 1]),
        ];
        for (limits, spared, wanted) in rows {
            let spared = spared.iter().copied().map(id).collect();
            let bounds = Bounds::of(&limits, Timestamp::UNIX_EPOCH).unwrap_or_default();
            let gone = surplus(holdings(&[10; 4]), &bounds, &spared);
            assert_eq!(gone, wanted.iter().copied().map(id).collect::<Vec<_>>(), "{limits:?}");
        }
    }

    #[test]
    fn a_large_article_does_not_let_older_ones_slip_through_behind_it() {
        let bounds = Bounds { bytes: Some(25), ..Bounds::default() };
        assert_eq!(surplus(holdings(&[10, 90, 1]), &bounds, &BTreeSet::new()), [id(3), id(2)]);
    }

    #[test]
    fn documents_are_remembered_for_a_while_unless_the_settings_say_otherwise() {
        let rows = [("", Some(90 * 24)), ("documents = '7d'", Some(7 * 24)), ("documents = 'none'", None)];
        for (text, hours) in rows {
            let read: Everywhere = toml::from_str(text).expect(text);
            assert_eq!(read.documents(), hours.map(SignedDuration::from_hours), "{text}");
        }
    }
}
