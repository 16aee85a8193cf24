//! What a refresh changes: pure decisions from what is held and what came in.
//!
//! [`plan`] decides which entries are news, which are edits and which wait for their page; `timing` when to ask again;
//! `health` what to tell the operator. None of them acts: the result is [`Changes`], for the store to carry out.

mod announce;
mod changes;
mod edit;
mod failing;
pub mod health;
mod kept;
mod known;
mod moving;
mod pending;
pub mod push;
mod recognize;
pub mod retention;
mod state;
pub mod timing;
mod trouble;

use jiff::Timestamp;

use crate::model::{Alias, Article, ArticleId, Digest, Draft, Entry, SourceId};
use crate::uri;

pub use announce::Announcing;
pub use changes::{Announce, Changes, DocumentState, Edit, NewArticle, PendingPage, StoryMark};
pub use edit::renormalized;
pub use failing::{Failing, FailingAddresses, watch_addresses};
pub use kept::{Kept, KeptPage, KeptPart, Packed};
pub use known::{Held, Known, Lookup, Sketch};
pub use moving::{address_to_ask, end_move, moved_to, watch_move};
pub use pending::{after_failure, completed, failed_once, hopeless, postponed, put_off};
pub use recognize::{Circle, Face, best, is_other, is_same_page, resemble};
pub use state::{Health, Moving, SourceLimits, SourceState};
pub use trouble::{Trouble, Turn, watch_trouble};

/// One entry of a document that is not held as it is.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// It is new and complete: its feed said it all, or its page was read.
    New(Box<Draft>),
    /// It is thin and new, and its page is still to be fetched.
    Waiting(Box<PendingPage>),
    /// It is held, and says something else now.
    Changed(Box<Draft>, Box<Article>),
    /// It is held and says something else now, but its page is still to be read: the article stays as it is until then.
    Rereading(Reread, Box<Article>),
}

/// An entry that changed, whose page waits to be read again.
#[derive(Debug, Clone)]
pub struct Reread {
    /// Where it waits.
    pub page: Box<PendingPage>,
    /// The names it goes by.
    pub aliases: Vec<Alias>,
    /// What it says now.
    pub said: Digest,
}

/// The circumstances of a refresh that decide what is news.
#[derive(Debug, Clone)]
pub struct Circumstances<'a> {
    /// The source.
    pub source: &'a SourceId,
    /// Whether nothing of the source was ever read.
    pub first_reading: bool,
    /// The newest publication date held of the source.
    pub newest: Option<Timestamp>,
    /// How many entries the document had in all, the known ones included.
    pub entries: usize,
    /// How many of the newest entries are announced on the first reading.
    pub first: usize,
    /// The present.
    pub now: Timestamp,
}

/// What a plan comes to, in numbers: for the log line and the operator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Articles that are news.
    pub announced: usize,
    /// Articles held silently.
    pub silent: usize,
    /// Articles that changed.
    pub edited: usize,
    /// Entries that wait for their page.
    pub waiting: usize,
    /// Whether the silent ones are silent because the source listed many old entries at once.
    pub redesign: bool,
}

/// Decides what the entries of one document change. `arrivals` are in the document's order, the known and unchanged ones
/// left out. The state of the source and its documents are for the caller to add.
#[must_use]
pub fn plan(arrivals: Vec<Arrival>, circumstances: &Circumstances) -> (Changes, Summary) {
    let mut changes = Changes::default();
    let mut summary = Summary::default();
    let announcing = Announcing::decide(&arrivals, circumstances);
    summary.redesign = announcing.redesign;
    let cut = are_cut(&arrivals);

    for ((arrival, announce), cut) in arrivals.into_iter().zip(announcing.places).zip(cut) {
        match arrival {
            Arrival::Changed(mut draft, held) => {
                if cut {
                    *draft = edit::with_text_of(*draft, &held.content);
                }
                if !draft.content.partial {
                    // What may wait for its page knows only what the entry said before.
                    changes.settled.extend(draft.aliases.iter().map(Alias::key));
                }
                let edit = edit::edit(*held, *draft, "refresh", circumstances.now);
                summary.edited += usize::from(edit.revision.is_some());
                changes.edited.push(edit);
            }
            Arrival::Rereading(Reread { page, aliases, said }, held) => {
                changes.pending.push(PendingPage { article: Some(held.id), ..*page });
                changes.edited.push(Edit { article: Article { said, ..*held }, revision: None, aliases });
            }
            Arrival::New(draft) => {
                if announce.at.is_some() {
                    summary.announced += 1;
                } else {
                    summary.silent += 1;
                }
                changes.new.push(new_article(circumstances.source, *draft, circumstances.now, announce.at));
            }
            Arrival::Waiting(mut page) => {
                page.announce = announce.kind;
                // Entries seen together keep their order, though their pages are read one after the other.
                page.first_seen = announce.at.filter(|_| announce.kind == Announce::Now).unwrap_or(page.first_seen);
                summary.waiting += 1;
                changes.pending.push(*page);
            }
        }
    }
    (changes, summary)
}

/// Which arrivals tell but the beginning of what they told before: each that shows it by its ending, and all of them where the
/// feed as a whole does so. Who takes back a single text may mean it.
fn are_cut(arrivals: &[Arrival]) -> Vec<bool> {
    let cut: Vec<Option<(bool, bool)>> = arrivals
        .iter()
        .map(|arrival| match arrival {
            Arrival::Changed(draft, held) => {
                let (text, before) = (&draft.content.text, &held.content.text);
                let cut = text.len() < before.len() && edit::is_cut_from(text, before);
                Some((cut, cut && edit::shows_cut(text)))
            }
            _ => None,
        })
        .collect();
    let changed = cut.iter().flatten().count();
    let many = cut.iter().flatten().filter(|(cut, _)| *cut).count();
    let all = many >= 2 && many * 2 > changed;
    cut.into_iter().map(|cut| cut.is_some_and(|(cut, shown)| shown || cut && all)).collect()
}

/// An article from a draft that nothing is held of.
fn new_article(source: &SourceId, draft: Draft, first_seen: Timestamp, announced_at: Option<Timestamp>) -> NewArticle {
    let key = draft.aliases.first().map_or_else(|| draft.guid.clone(), Alias::key);
    let id = ArticleId::derive(source, &key, 0);
    let published_id = if uri::is_uri(&draft.guid) { draft.guid.clone() } else { id.urn() };
    let article = Article {
        id,
        source: source.clone(),
        guid: draft.guid,
        published_id,
        first_seen,
        announced_at,
        withdrawn_at: None,
        revision: 1,
        said: draft.said,
        content: draft.content,
    };
    NewArticle { article, aliases: draft.aliases }
}

/// An entry that waits for its page, to be tried at `due`.
#[must_use]
pub fn waiting(
    key: &Alias,
    url: url::Url,
    entry: Entry,
    language: Option<String>,
    now: Timestamp,
    due: Timestamp,
) -> PendingPage {
    PendingPage {
        key: key.key(),
        url,
        entry,
        language,
        tries: 0,
        due,
        first_seen: now,
        announce: Announce::Now,
        article: None,
        error: None,
    }
}

#[cfg(test)]
pub(crate) mod tests;
