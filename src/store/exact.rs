//! Cuts times to the microsecond, the grain of every store, so that what is held does not depend on the backend.

use jiff::Timestamp;

use super::HostState;
use crate::model::{Article, Content, Revision};
use crate::plan::{DocumentState, KeptPage, PendingPage, SourceState};

/// The moment without what is finer than a microsecond.
pub(super) fn moment(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

fn cut(time: &mut Timestamp) {
    *time = moment(*time);
}

fn cut_each<const N: usize>(times: [&mut Option<Timestamp>; N]) {
    times.into_iter().flatten().for_each(cut);
}

pub(super) fn article(mut article: Article) -> Article {
    cut(&mut article.first_seen);
    cut_each([&mut article.announced_at, &mut article.withdrawn_at]);
    cut_content(&mut article.content);
    article
}

fn cut_content(content: &mut Content) {
    cut_each([&mut content.published, &mut content.updated]);
}

pub(super) fn revision(mut revision: Revision) -> Revision {
    cut(&mut revision.replaced_at);
    cut_content(&mut revision.before);
    revision
}

pub(super) fn page(mut page: PendingPage) -> PendingPage {
    cut(&mut page.due);
    cut(&mut page.first_seen);
    cut_each([&mut page.entry.published, &mut page.entry.updated]);
    page
}

pub(super) fn kept(mut page: KeptPage) -> KeptPage {
    page.parts.iter_mut().for_each(|part| cut(&mut part.fetched_at));
    page
}

pub(super) fn document(mut document: DocumentState) -> DocumentState {
    cut(&mut document.fetched_at);
    document
}

pub(super) fn state(mut state: SourceState) -> SourceState {
    cut_each([
        &mut state.next_due,
        &mut state.not_before,
        &mut state.attempted_at,
        &mut state.succeeded_at,
        &mut state.new_at,
    ]);
    state.trouble.iter_mut().for_each(|trouble| cut(&mut trouble.since));
    state
}

pub(super) fn host(mut host: HostState) -> HostState {
    cut_each([&mut host.next_slot, &mut host.robots_at]);
    host
}
