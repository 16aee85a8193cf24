//! Why an article is not in a feed.

use std::fmt;

use crate::model::ArticleId;

/// Where a rule is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// `[rules]`: for every feed.
    Everywhere,
    /// `[[feed]]`.
    Feed,
}

/// Why an article is left out. In the order in which it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It was withdrawn.
    Withdrawn,
    /// It is held silently.
    Silent,
    /// It is older than `limit.age`.
    TooOld,
    /// No rule of `keep` fits.
    NotKept(Place),
    /// This rule of `drop` fits, counted from 1.
    Dropped(Place, usize),
    /// It tells what this article told before.
    Repeats(ArticleId),
    /// It is beyond `limit.per_source`.
    BeyondSource,
    /// It is beyond `limit.items`.
    BeyondItems,
    /// It is beyond `limit.bytes`.
    BeyondBytes,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Everywhere => " in `[rules]`",
            Self::Feed => "",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Withdrawn => f.write_str("it was withdrawn"),
            Self::Silent => f.write_str("it is held silently"),
            Self::TooOld => f.write_str("it is older than `limit.age`"),
            Self::NotKept(place) => write!(f, "no rule of `keep`{place} fits"),
            Self::Dropped(place, number) => write!(f, "rule {number} of `drop`{place} fits"),
            Self::Repeats(earlier) => write!(f, "it repeats article {earlier}"),
            Self::BeyondSource => f.write_str("it is beyond `limit.per_source`"),
            Self::BeyondItems => f.write_str("it is beyond `limit.items`"),
            Self::BeyondBytes => f.write_str("it is beyond `limit.bytes`"),
        }
    }
}
