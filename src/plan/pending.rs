//! Entries that wait for their page: when to try again, and when to publish what the feed or listing said.
//!
//! A page that fails never fails its source. It is tried again after 10 minutes, 1 hour and 6 hours; after three failures or
//! 12 hours the article is published from what there is, marked partial, and completed by a revision if the page comes back.
//! An entry that can stand by itself (title and summary) is held no longer than an hour.

use jiff::{SignedDuration, Timestamp};

use crate::model::{Article, Draft, SourceId};

use super::announce::place;
use super::{Changes, PendingPage, edit, new_article};

/// Waits after the first, second and third failure.
const WAITS: [SignedDuration; 3] =
    [SignedDuration::from_mins(10), SignedDuration::from_hours(1), SignedDuration::from_hours(6)];

/// Failures after which the article is published from what the feed or listing said.
const TRIES: u32 = 3;

/// The longest an entry waits for its page.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(12);

/// How long an entry keeps the place in the feeds that it had when it was seen, while its page is read.
const STILL_NEWS: SignedDuration = SignedDuration::from_mins(30);

/// The longest an entry with title and summary waits.
const LONGEST_WAIT_COMPLETE: SignedDuration = SignedDuration::from_hours(1);

/// The least that a host rests, whatever it is said to: so that work is never handed out again at once.
const LEAST_REST: SignedDuration = SignedDuration::from_mins(1);

/// How long, and how often, the page of an article published partial is still asked for.
const AFTERWARDS: SignedDuration = SignedDuration::from_hours(24);
const TRIES_IN_ALL: u32 = 10;

/// What to do after the page of an entry could not be read: wait, or publish `partial` (the draft made of what the feed or
/// listing said) and go on asking once a day, or give up on the page.
#[must_use]
pub fn after_failure(page: PendingPage, partial: Draft, error: String, source: &SourceId, now: Timestamp) -> Changes {
    let tries = page.tries + 1;
    let mut next = PendingPage { tries, error: Some(error), ..page };
    if next.article.is_some() {
        if tries >= TRIES_IN_ALL {
            return Changes { settled: vec![next.key], ..Changes::default() };
        }
        next.due = later(now, if tries < TRIES { wait_after(tries) } else { AFTERWARDS });
        return Changes { pending: vec![next], ..Changes::default() };
    }
    let deadline = deadline(&next, &partial);
    if tries < TRIES && now < deadline {
        next.due = later(now, wait_after(tries)).min(deadline.max(later(now, WAITS[0])));
        return Changes { pending: vec![next], ..Changes::default() };
    }
    published_partial(PendingPage { due: later(now, AFTERWARDS), ..next }, partial, source, now)
}

fn wait_after(tries: u32) -> SignedDuration {
    WAITS[usize::try_from(tries.saturating_sub(1)).map_or(WAITS.len() - 1, |n| n.min(WAITS.len() - 1))]
}

/// What to do when the host of a page rests until `until`. That is no failure of the page, but nobody is kept waiting for
/// it longer than for one that fails.
#[must_use]
pub fn postponed(page: PendingPage, partial: Draft, until: Timestamp, source: &SourceId, now: Timestamp) -> Changes {
    let until = until.max(later(now, LEAST_REST));
    let deadline = deadline(&page, &partial);
    if page.article.is_some() {
        return Changes { pending: vec![PendingPage { due: until, ..page }], ..Changes::default() };
    }
    if now < deadline {
        let due = until.min(deadline.max(later(now, LEAST_REST)));
        return Changes { pending: vec![PendingPage { due, ..page }], ..Changes::default() };
    }
    published_partial(PendingPage { due: until, ..page }, partial, source, now)
}

/// What to do when asking for the page again is pointless: publish what the feed or listing said, and leave it at that.
#[must_use]
pub fn hopeless(page: PendingPage, partial: Draft, source: &SourceId, now: Timestamp) -> Changes {
    if page.article.is_some() {
        return Changes { settled: vec![page.key], ..Changes::default() };
    }
    let settled = vec![page.key.clone()];
    Changes { settled, pending: Vec::new(), ..published_partial(page, partial, source, now) }
}

/// The longest an entry waits: until then its page is worth more than being in time.
fn deadline(page: &PendingPage, partial: &Draft) -> Timestamp {
    let can_stand = partial.content.title.is_some() && !partial.content.text.is_empty();
    later(page.first_seen, if can_stand { LONGEST_WAIT_COMPLETE } else { LONGEST_WAIT })
}

fn published_partial(mut page: PendingPage, partial: Draft, source: &SourceId, now: Timestamp) -> Changes {
    let announced_at = place(page.announce, partial.content.published, news_of(&page, now));
    let new = new_article(source, partial, page.first_seen, announced_at);
    page.article = Some(new.article.id);
    Changes { new: vec![new], pending: vec![page], ..Changes::default() }
}

/// A new entry whose host rests until `until`: looked at again then, and at the latest when it may be published without its
/// page.
#[must_use]
pub fn put_off(page: PendingPage, until: Timestamp, now: Timestamp) -> PendingPage {
    let due = until.max(later(now, LEAST_REST)).min(later(page.first_seen, LONGEST_WAIT_COMPLETE));
    PendingPage { due, ..page }
}

/// When an entry that waited was news: when it was seen, unless that is so long ago that readers would miss it there.
fn news_of(page: &PendingPage, now: Timestamp) -> Timestamp {
    if now.duration_since(page.first_seen) <= STILL_NEWS { page.first_seen.min(now) } else { now }
}

/// A new entry whose page failed the first time it was asked for.
#[must_use]
pub fn failed_once(page: PendingPage, error: String, now: Timestamp) -> PendingPage {
    PendingPage { tries: 1, due: later(now, WAITS[0]), error: Some(error), ..page }
}

/// What to do when the page of an entry was read: insert the article, or complete `held`, published partial before.
#[must_use]
pub fn completed(
    page: &PendingPage,
    draft: Draft,
    held: Option<Article>,
    source: &SourceId,
    now: Timestamp,
) -> Changes {
    let mut changes = Changes { settled: vec![page.key.clone()], ..Changes::default() };
    if let Some(held) = held {
        changes.edited.push(edit::edit(held, draft, "page", now));
    } else {
        let announced_at = place(page.announce, draft.content.published, news_of(page, now));
        changes.new.push(new_article(source, draft, page.first_seen, announced_at));
    }
    changes
}

fn later(moment: Timestamp, wait: SignedDuration) -> Timestamp {
    moment.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
