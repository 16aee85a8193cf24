//! Reading kept pages again: the rules as they are now over the pages as they were fetched, without a request.
//!
//! What differs becomes an edit, by the law of every edit ([`plan::renormalized`]): the article keeps its identity and its
//! place in the feeds, and the form it had is kept as a revision.

use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{Article, ArticleId, Draft, Field, SourceId};
use crate::normalize;
use crate::plan::{self, Edit, KeptPage};
use crate::source::Source;
use crate::store::{self, Store};

use super::alternate;
use super::complete::{self, complete};
use super::{Clock, Subscription};

/// Edits written in one transaction.
const BATCH: usize = 64;

/// What reading the kept page of an article again comes to.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The article as it is held.
    pub before: Article,
    /// The article as the rules make it now.
    pub after: Article,
    /// What a reader would notice; empty where only markup differs.
    pub fields: Vec<Field>,
}

/// What became of the kept pages of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reread {
    /// Pages read.
    pub read: usize,
    /// Articles that make a revision.
    pub revised: usize,
    /// Articles whose markup alone is replaced.
    pub touched: usize,
    /// Pages that gave no article under the rules, with the address of each; their articles stay as they are.
    pub without: Vec<String>,
    /// Articles whose feed or listing has said something else since their page was kept.
    pub outdated: usize,
    /// Pages that cannot be read back, with the reason.
    pub damaged: Vec<String>,
}

/// What one page comes to.
enum Again {
    Same,
    Differs(Box<Edit>),
    Without,
    Outdated,
    Damaged(String),
}

/// Reads every kept page of a source again and tells what differs. With `write`, the differences are written.
///
/// # Errors
/// When the store fails; what was told before is written.
pub async fn renormalize(
    store: &Arc<dyn Store>,
    subscription: &Arc<Subscription>,
    clock: &Clock,
    write: bool,
    tell: &mut (dyn FnMut(&Difference) + Send),
) -> Result<Reread, store::Error> {
    let home = home(store, subscription).await?;
    let mut reread = Reread::default();
    let mut edits = Vec::new();
    for id in store.kept(&subscription.source.id).await? {
        let Some((article, page)) = held(store, id).await? else { continue };
        reread.read += 1;
        let (before, address) = (article.clone(), page.url.clone());
        let work = {
            let (subscription, home, now) = (Arc::clone(subscription), home.clone(), clock());
            tokio::task::spawn_blocking(move || again(&subscription.source, article, &page, &home, now))
        };
        match work.await.unwrap_or_else(|_| Again::Damaged("reading it crashed".to_owned())) {
            Again::Same => {}
            Again::Without => reread.without.push(crate::address::redact(&address)),
            Again::Outdated => reread.outdated += 1,
            Again::Damaged(why) => reread.damaged.push(format!("{}: {why}", crate::address::redact(&address))),
            Again::Differs(edit) => {
                let fields = edit.revision.as_ref().map(|revision| revision.changed.clone()).unwrap_or_default();
                *if edit.revision.is_some() { &mut reread.revised } else { &mut reread.touched } += 1;
                tell(&Difference { before, after: edit.article.clone(), fields });
                edits.push(*edit);
            }
        }
        if write && edits.len() >= BATCH {
            store.amend(&edits).await?;
            edits.clear();
        }
    }
    if write && !edits.is_empty() {
        store.amend(&edits).await?;
    }
    Ok(reread)
}

/// The page of the source, as refreshes see it.
async fn home(store: &Arc<dyn Store>, subscription: &Subscription) -> Result<url::Url, store::Error> {
    let status = store.status().await?;
    let said = status.into_iter().find(|row| row.id == subscription.source.id).and_then(|row| row.state.home);
    Ok(subscription.source.home(said.as_deref()))
}

async fn held(store: &Arc<dyn Store>, id: ArticleId) -> Result<Option<(Article, KeptPage)>, store::Error> {
    Ok(store.article(id).await?.zip(store.kept_page(id).await?))
}

fn again(source: &Source, held: Article, page: &KeptPage, home: &url::Url, now: Timestamp) -> Again {
    if page.said != held.said {
        return Again::Outdated;
    }
    let documents = match page.parts.iter().map(plan::KeptPart::document).collect::<Result<Vec<_>, _>>() {
        Ok(documents) => documents,
        Err(error) => return Again::Damaged(error.to_string()),
    };
    let (Some(first), Some(part)) = (documents.first(), page.parts.first()) else { return Again::Same };
    let identity = normalize::identity_of_waiting(&page.entry, &page.url, &page.key, home);
    let identity = normalize::Identity { said: page.said, ..identity };
    let mut extraction = complete::extract(source, first);
    let mut further = documents.get(1..).unwrap_or_default();
    // The other form of a page that shows nothing was kept behind it.
    if let ([other, rest @ ..], Some(_)) = (further, alternate::offered(&extraction)) {
        extraction = alternate::join(extraction, complete::extract(source, other)).unwrap_or_else(|page| *page);
        further = rest;
    }
    if complete::is_empty(source, &extraction) {
        return Again::Without;
    }
    for document in further {
        if extraction.next.is_none() {
            break;
        }
        let more = complete::extract(source, document);
        if !normalize::append(&mut extraction.entry, more.entry) {
            break;
        }
        extraction.next = more.next;
    }
    let entry = complete(source, &page.entry, extraction.entry, &part.url);
    // As of then: what lay ahead when the page was fetched is not looked at with the eyes of today.
    let context = normalize::Context {
        base: page.base.as_ref(),
        home,
        language: page.language.as_deref(),
        authors: &page.authors,
        now: part.fetched_at,
    };
    let draft: Draft = normalize::draft(entry, identity, false, &context);
    plan::renormalized(held, draft, now).map_or(Again::Same, |edit| Again::Differs(Box::new(edit)))
}

/// The subscriptions that are meant: one source, the sources that use the rules of a site, or all.
#[must_use]
pub fn chosen<'a>(
    subscriptions: &'a super::Subscriptions,
    source: Option<&SourceId>,
    site: Option<&SourceId>,
) -> Vec<&'a Arc<Subscription>> {
    let is_meant = |subscription: &&Arc<Subscription>| {
        source.is_none_or(|id| *id == subscription.source.id) && (site.is_none() || subscription.site.as_ref() == site)
    };
    subscriptions.values().filter(is_meant).collect()
}
