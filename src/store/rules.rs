//! Decisions that every store makes alike.

use jiff::Timestamp;

use super::exact;
use crate::model::{Article, ArticleId};
use crate::plan::{Health, SourceState};

/// Articles under one key of a day: what more share tells nothing, and must cost nothing.
pub const STORY_DEPTH: usize = 8;

/// How many days back articles are found by their keys.
pub const STORY_DAYS: i64 = 8;

/// Characters of the text in a sketch of an article.
pub(super) const OPENING: usize = 200;

/// When a source is due by its time: the later of `next_due` and `not_before`; `None` = never by itself.
pub(super) fn due_at(state: &SourceState) -> Option<Timestamp> {
    state.next_due.map(|due| state.not_before.map_or(due, |not_before| due.max(not_before)))
}

/// The state of a source that was never asked: due at `now`.
pub(super) fn newcomer(now: Timestamp) -> SourceState {
    SourceState { next_due: Some(exact::moment(now)), ..SourceState::default() }
}

/// Makes a source due at `now`; one that was gone counts as failing until it is asked again.
pub(super) fn wake(state: &mut SourceState, now: Timestamp) {
    state.next_due = Some(exact::moment(now));
    if state.health == Health::Gone {
        state.health = Health::Failing;
    }
}

/// The `published_id`s to try in turn once an article's own is taken. They never end.
pub(super) fn published_ids(article: &Article) -> impl Iterator<Item = String> + '_ {
    let derived = move |n| ArticleId::derive(&article.source, &article.id.to_string(), n).urn();
    std::iter::once_with(|| article.id.urn()).chain((1..).map(derived))
}
