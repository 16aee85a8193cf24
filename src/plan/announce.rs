//! Which new articles are news: never a flood, never a loss.
//!
//! On the first reading of a source only its newest entries are announced, in the place of their own date, so that they do
//! not push today's news down. Later everything new is announced now, with one exception: when a source suddenly lists many
//! entries older than what it listed before, it was redesigned, and nobody wants its archive as news.

use jiff::{SignedDuration, Timestamp};

use super::{Announce, Arrival, Circumstances};

/// Fewer old entries than this at once are never taken for a redesign.
const ALWAYS_NEWS: usize = 5;

/// The place of every arrival, in their order.
#[derive(Debug, Clone)]
pub struct Announcing {
    /// One per arrival.
    pub places: Vec<Place>,
    /// Whether old entries were kept silent because there were many at once.
    pub redesign: bool,
}

/// The place of one arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// How it is announced.
    pub kind: Announce,
    /// As of when, where that is known already; `None` = silent.
    pub at: Option<Timestamp>,
}

impl Announcing {
    /// Decides for all arrivals of one document.
    #[must_use]
    pub fn decide(arrivals: &[Arrival], circumstances: &Circumstances) -> Self {
        let newest_first = order(arrivals);
        let mut kinds = vec![Announce::Now; arrivals.len()];
        let mut redesign = false;
        if circumstances.first_reading {
            for (rank, index) in newest_first.iter().filter(|index| is_new(&arrivals[**index])).enumerate() {
                kinds[*index] = if rank < circumstances.first { Announce::OwnDate } else { Announce::Silent };
            }
        } else if let Some(newest) = circumstances.newest {
            let new = || arrivals.iter().filter(|arrival| is_new(arrival));
            let dated = new().filter_map(published).count();
            let old = new().filter_map(published).filter(|date| *date < newest).count();
            // Of entries that wait for their page the date may be unknown yet: they are taken to be like the others.
            let like_others = old * 2 > dated;
            let is_old = |arrival: &Arrival| {
                is_new(arrival) && published(arrival).map_or(like_others && waits(arrival), |date| date < newest)
            };
            let old = arrivals.iter().filter(|arrival| is_old(arrival)).count();
            if old > ALWAYS_NEWS.max(circumstances.entries / 2) {
                redesign = true;
                for (kind, arrival) in kinds.iter_mut().zip(arrivals) {
                    if is_old(arrival) {
                        *kind = Announce::Silent;
                    }
                }
            }
        }
        let mut places = vec![Place { kind: Announce::Silent, at: None }; arrivals.len()];
        // The newest gets the latest microsecond, so that order survives where dates tie or are absent.
        for (rank, index) in newest_first.iter().rev().enumerate() {
            let step = SignedDuration::from_micros(i64::try_from(rank).unwrap_or(i64::MAX));
            let now = circumstances.now.saturating_add(step).unwrap_or(circumstances.now);
            let at = place(kinds[*index], published(&arrivals[*index]), now);
            places[*index] = Place { kind: kinds[*index], at };
        }
        Self { places, redesign }
    }
}

/// When an article with this announcing and date is announced, `now` being the moment it is complete.
#[must_use]
pub(super) fn place(announce: Announce, published: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    match announce {
        Announce::Silent => None,
        Announce::Now => Some(now),
        Announce::OwnDate => Some(published.unwrap_or(now).min(now)),
    }
}

fn is_new(arrival: &Arrival) -> bool {
    !matches!(arrival, Arrival::Changed(..) | Arrival::Rereading(..))
}

fn waits(arrival: &Arrival) -> bool {
    matches!(arrival, Arrival::Waiting(_))
}

fn published(arrival: &Arrival) -> Option<Timestamp> {
    match arrival {
        Arrival::New(draft) | Arrival::Changed(draft, _) => draft.content.published,
        Arrival::Waiting(page) => page.entry.published,
        Arrival::Rereading(_, held) => held.content.published,
    }
}

/// Indexes from the newest arrival to the oldest: by date where all have one, else as the document has them (feeds and
/// listings begin with the newest).
fn order(arrivals: &[Arrival]) -> Vec<usize> {
    let mut indexes: Vec<usize> = (0..arrivals.len()).collect();
    if arrivals.iter().all(|arrival| published(arrival).is_some()) {
        indexes.sort_by_key(|index| std::cmp::Reverse(published(&arrivals[*index])));
    }
    indexes
}
