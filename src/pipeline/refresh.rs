//! One claim, from request to [`Changes`].

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::address;
use crate::fetch::RobotsFor;
use crate::model::{Alias, ArticleId, Entry};
use crate::normalize::{self, Identity};
use crate::plan::push::Pushed;
use crate::plan::timing;
use crate::plan::{
    self, Arrival, Changes, Circumstances, DocumentState, Kept, KeptPage, PendingPage, Reread, SourceState,
};
use crate::source::{Source, SourceKind};
use crate::store::{self, Claim, Work};

use super::conclude::{Decisions, conclude};
use super::fill::{self, Filled};
use super::gather::Gathered;
use super::recognize::Recognized;
use super::room::{Room, Share};
use super::stories::marks;
use super::{Notice, Outcome, Pipeline, Report, Subscription, push};

/// Article pages fetched within one refresh; the rest wait as rows, so that a long listing holds no worker.
const PAGES_AT_ONCE: usize = 12;

/// How long article pages are fetched within one refresh: the turn of a busy host may take minutes, and the lease of the
/// source goes on.
const PAGES_PATIENCE: Duration = Duration::from_mins(2);

/// Readings in a row with other guids after which guids are not remembered any more.
const OTHER_GUIDS: u32 = 3;

/// How long the work of a source is put off that the settings as they were read do not name.
const UNKNOWN_REST: SignedDuration = SignedDuration::from_mins(5);

/// What the entries of a source change.
#[derive(Default)]
struct Decided {
    changes: Changes,
    summary: plan::Summary,
    /// When its new articles were published.
    published: Vec<Timestamp>,
    /// [`SourceState::other_guids`] from now on.
    other_guids: u32,
}

/// What a claim came to.
pub(super) struct Worked {
    /// What is to be written.
    pub(super) changes: Changes,
    /// What to tell of it.
    pub(super) report: Report,
    /// What it takes of the room, until it is written.
    pub(super) share: Option<Share>,
}

impl Pipeline {
    /// Does what a claim asks for. Writes nothing: the changes are for the store.
    /// `hurried`: a person asks, whatever the time.
    pub(super) async fn work(&self, claim: &Claim, hurried: bool, room: &Room) -> Result<Worked, store::Error> {
        let began = Instant::now();
        let now = (self.clock)();
        let Some(subscription) = self.subscriptions.get(&claim.source).cloned() else {
            let report = Report::new(claim.source.clone(), Outcome::Dropped);
            return Ok(Worked { changes: put_off(&claim.work, now), report, share: None });
        };
        let alone = |(changes, report)| Worked { changes, report, share: None };
        let mut worked = match &claim.work {
            Work::Source { state, pushed: None, .. }
                if let Some(due) = put_off_now(&subscription, state, hurried, now) =>
            {
                let report = Report::new(claim.source.clone(), Outcome::Postponed(due.why.clone()));
                let state = SourceState { next_due: due.at, why: due.why, ..(**state).clone() };
                alone((Changes::state_only(state), report))
            }
            Work::Source { state, documents, pushed: None } => {
                self.source(&subscription, state, documents, room, now).await?
            }
            Work::Source { state, pushed: Some(pushed), .. } => {
                let mut share = None;
                room.enter(pushed.body.len(), &mut share).await;
                Worked { share, ..alone(self.pushed(&subscription, state, pushed, now).await?) }
            }
            Work::Page(page) => alone(self.page(&subscription, page, now).await?),
        };
        if self.told_twice.contains(&claim.source) {
            worked.changes.stories = marks(&worked.changes, now);
        }
        worked.report.took = began.elapsed();
        Ok(worked)
    }

    async fn source(
        &self,
        subscription: &Arc<Subscription>,
        state: &SourceState,
        documents: &[DocumentState],
        room: &Room,
        now: Timestamp,
    ) -> Result<Worked, store::Error> {
        let asks_robots = self.client.robots_for(subscription.access.as_deref()) == RobotsFor::All;
        let hosts = if asks_robots { subscription.source.urls() } else { &[] };
        for url in hosts {
            self.recall_host(url, now).await?;
        }
        let gathered = self.gather(subscription, state, documents, room, now).await;
        for url in hosts {
            self.keep_host(url, (self.clock)()).await?;
        }
        let mut report = Report {
            status: gathered.status,
            requests: gathered.requests,
            not_modified: gathered.not_modified,
            newly_failed: false,
            ..Report::new(subscription.source.id.clone(), Outcome::Unchanged)
        };
        let decided = if gathered.changed {
            self.decide(subscription, state, &gathered, now, &mut report).await?
        } else {
            Decided { other_guids: state.other_guids, ..Decided::default() }
        };
        let Decided { mut changes, summary, published, other_guids } = decided;
        let found_news = !changes.new.is_empty() || summary.waiting > 0;
        let (push, topic) = self.watch_topic(subscription, state, &gathered, found_news, now).await?;
        let mut next = conclude(
            subscription,
            &SourceState { push, ..state.clone() },
            &gathered,
            &Decisions { changes: &changes, summary, published: &published },
            now,
        );
        report.newly_failed = state.failures == 0 && (next.failures > 0 || gathered.gone);
        next.other_guids = other_guids;
        let turn = plan::watch_trouble(&mut next, self.trouble_after, now);
        report.notice = turn.map(|turn| Box::new(Notice::new(subscription, &next, turn)));
        report.outcome = if gathered.gone {
            Outcome::Gone
        } else if gathered.postponed.is_some() {
            Outcome::Postponed(next.why.clone())
        } else if let Some(failure) = gathered.failure.clone().filter(|_| next.failures > 0) {
            Outcome::Failed(failure)
        } else if gathered.changed {
            let remark = next.message.clone().or_else(|| gathered.problems.first().cloned());
            Outcome::Read { entries: gathered.count(), summary, remark }
        } else {
            Outcome::Unchanged
        };
        changes.documents = gathered.documents;
        changes.topic = topic;
        report.changed = !changes.new.is_empty() || !changes.edited.is_empty();
        changes.state = Some(next);
        Ok(Worked { changes, report, share: gathered.share })
    }

    /// Reads what a hub sent.
    async fn pushed(
        &self,
        subscription: &Arc<Subscription>,
        state: &SourceState,
        pushed: &Pushed,
        now: Timestamp,
    ) -> Result<(Changes, Report), store::Error> {
        let gathered = push::arrival::read(subscription, state, pushed).await;
        let mut report = Report::new(subscription.source.id.clone(), Outcome::Unchanged);
        let decided = if gathered.changed {
            self.decide(subscription, state, &gathered, now, &mut report).await?
        } else {
            Decided::default()
        };
        let Decided { mut changes, summary, published, .. } = decided;
        let new = changes.new.len() + summary.waiting;
        changes.state = Some(push::arrival::conclude(state, &gathered, &published, new, now));
        report.changed = !changes.new.is_empty() || !changes.edited.is_empty();
        if gathered.changed {
            report.outcome = Outcome::Read { entries: gathered.count(), summary, remark: None };
        }
        Ok((changes, report))
    }

    /// Decides what the entries change.
    async fn decide(
        &self,
        subscription: &Arc<Subscription>,
        state: &SourceState,
        gathered: &Gathered,
        now: Timestamp,
        report: &mut Report,
    ) -> Result<Decided, store::Error> {
        let source = &subscription.source;
        let home = source.home(gathered.channel.link.as_deref());
        let (recognized, mut company) = self.recognize(&source.id, identify(gathered, &home, is_page(source))).await?;
        let language = gathered.channel.language.as_deref().or(source.language.as_deref());
        let mut arrivals = Vec::new();
        let mut kept = Vec::new();
        let mut grown = HashSet::new();
        let mut pages = 0;
        let began = Instant::now();
        for Recognized { entry, base, identity, held } in recognized {
            let context = normalize::Context { base, home: &home, language, authors: &gathered.authors, now };
            let url = fill::page_url(entry, base).filter(|_| fill::is_thin(entry, subscription));
            let Some(url) = url else {
                arrivals.push(arrival(normalize::draft(entry.clone(), identity, false, &context), held));
                continue;
            };
            let waiting =
                plan::waiting(&identity.aliases[0], url.clone(), entry.clone(), language.map(str::to_owned), now, now);
            if pages >= PAGES_AT_ONCE || began.elapsed() > PAGES_PATIENCE {
                arrivals.push(to_wait(waiting, identity, held));
                continue;
            }
            pages += 1;
            report.requests += 1;
            let id = held.as_ref().map(|article| article.id);
            let filled = self.fill_remembered(subscription, entry, &url, id, now).await?;
            match filled {
                Filled::Complete(filled, parts) => {
                    kept.push(KeptPage {
                        key: identity.aliases[0].key(),
                        entry: entry.clone(),
                        said: identity.said,
                        base: base.cloned(),
                        language: language.map(str::to_owned),
                        authors: gathered.authors.clone(),
                        url,
                        parts,
                    });
                    let names = identity.aliases.len();
                    let draft = normalize::draft(*filled, identity, false, &context);
                    if draft.aliases.len() > names {
                        grown.insert(draft.aliases[0].clone());
                    }
                    arrivals.push(arrival(draft, held));
                }
                Filled::Failed { never: true, .. } => {
                    arrivals.push(arrival(normalize::draft(entry.clone(), identity, true, &context), held));
                }
                Filled::Failed { message, .. } => {
                    tracing::warn!(source.id = %source.id, url = address::redact(&url), "article page of `{}` waits: {message}", source.id);
                    arrivals.push(to_wait(plan::failed_once(waiting, message, now), identity, held));
                }
                Filled::Postponed(until) => {
                    arrivals.push(to_wait(plan::put_off(waiting, until, now), identity, held));
                }
            }
        }
        let mut arrivals = self.reunite(&source.id, arrivals, &grown, &mut company).await?;
        let other_guids = if company.has_other_guids() { state.other_guids.saturating_add(1) } else { 0 };
        if other_guids >= OTHER_GUIDS {
            forget_guids(&mut arrivals);
        }
        let published = arrivals.iter().filter_map(|arrival| new_date(arrival, now)).collect();
        let (mut changes, summary) = plan::plan(
            arrivals,
            &Circumstances {
                source: &source.id,
                first_reading: state.new_at.is_none() && company.articles == 0,
                newest: company.newest,
                entries: gathered.count(),
                first: source.first,
                now,
            },
        );
        changes.kept = self.kept(kept);
        Ok(Decided { changes, summary, published, other_guids })
    }

    /// What is kept of the pages read.
    fn kept(&self, mut pages: Vec<KeptPage>) -> Kept {
        pages.retain(|page| !page.parts.is_empty());
        Kept { pages, room_bytes: self.keep_bytes }
    }

    /// [`Pipeline::fill`], with what is known of the host taken up before and kept after.
    async fn fill_remembered(
        &self,
        subscription: &Arc<Subscription>,
        entry: &Entry,
        url: &Url,
        held: Option<ArticleId>,
        now: Timestamp,
    ) -> Result<Filled, store::Error> {
        self.recall_host(url, now).await?;
        // Read before, the page is only asked for where it has changed.
        let kept = match held {
            Some(id) => self.store.kept_page(id).await?,
            None => None,
        };
        let filled = self.fill(subscription, entry, url, kept.as_ref(), now).await;
        self.keep_host(url, (self.clock)()).await?;
        Ok(filled)
    }

    /// Tries the page of an entry that waits.
    async fn page(
        &self,
        subscription: &Arc<Subscription>,
        page: &PendingPage,
        now: Timestamp,
    ) -> Result<(Changes, Report), store::Error> {
        let source = &subscription.source;
        let home = source.home(None);
        let language = page.language.as_deref();
        let context = normalize::Context { base: Some(&page.url), home: &home, language, authors: &[], now };
        let mut identity = normalize::identity_of_waiting(&page.entry, &page.url, &page.key, &home);
        if is_page(source) {
            identity.said = normalize::said_by_listing(&page.entry);
        }
        let mut report = Report { requests: 1, ..Report::new(source.id.clone(), Outcome::Page) };
        let changes = match self.fill_remembered(subscription, &page.entry, &page.url, page.article, now).await? {
            Filled::Complete(entry, parts) => {
                let kept = self.kept(vec![KeptPage {
                    key: page.key.clone(),
                    entry: page.entry.clone(),
                    said: identity.said,
                    base: Some(page.url.clone()),
                    language: page.language.clone(),
                    authors: Vec::new(),
                    url: page.url.clone(),
                    parts,
                }]);
                let draft = normalize::draft(*entry, identity, false, &context);
                let held = match page.article {
                    Some(id) => self.store.article(id).await?,
                    None => self.known_by_page(&source.id, &draft).await?,
                };
                Changes { kept, ..plan::completed(page, draft, held, &source.id, now) }
            }
            Filled::Failed { message, never } => {
                report.outcome = Outcome::PageFailed(message.clone());
                let partial = normalize::draft(page.entry.clone(), identity, true, &context);
                if never {
                    plan::hopeless(page.clone(), partial, &source.id, now)
                } else {
                    plan::after_failure(page.clone(), partial, message, &source.id, now)
                }
            }
            Filled::Postponed(until) => {
                report.outcome = Outcome::Postponed("its host rests".to_owned());
                let partial = normalize::draft(page.entry.clone(), identity, true, &context);
                plan::postponed(page.clone(), partial, until, &source.id, now)
            }
        };
        report.changed = !changes.new.is_empty() || !changes.edited.is_empty();
        Ok((changes, report))
    }
}

/// The work of a source that the store knows and this process does not, since it was added to the settings after they were
/// read: put off, or it would be claimed again at once, for ever.
fn put_off(work: &Work, now: Timestamp) -> Changes {
    let later = now.saturating_add(UNKNOWN_REST).unwrap_or(now);
    match work {
        Work::Source { state, .. } => Changes::state_only(SourceState {
            next_due: Some(later),
            attempted_at: Some(now),
            why: "not in the settings as they were read: reload them".to_owned(),
            ..(**state).clone()
        }),
        Work::Page(page) => {
            Changes { pending: vec![PendingPage { due: later, ..(**page).clone() }], ..Changes::default() }
        }
    }
}

/// When to ask a source that asks to be left alone now, unless a person asks.
fn put_off_now(subscription: &Subscription, state: &SourceState, hurried: bool, now: Timestamp) -> Option<timing::Due> {
    if hurried { None } else { timing::put_off(&subscription.timing, &subscription.source.id, state, now) }
}

/// Whether entries come from a page of links: dates and counters there churn by themselves.
fn is_page(source: &Source) -> bool {
    matches!(source.kind, SourceKind::Page { .. })
}

/// Guids that were others once more tell nothing, and are not remembered as names of what is held.
fn forget_guids(arrivals: &mut [Arrival]) {
    for arrival in arrivals {
        if let Arrival::Changed(draft, _) = arrival {
            draft.aliases.retain(|alias| !matches!(alias, Alias::Guid(_)));
        }
    }
}

/// The entries of all documents with their identities; one that two listings name counts once.
fn identify<'a>(gathered: &'a Gathered, home: &Url, is_page: bool) -> Vec<(&'a Entry, Option<&'a Url>, Identity)> {
    let mut found = Vec::with_capacity(gathered.count());
    let mut seen = HashSet::new();
    for (base, entries) in &gathered.entries {
        for (entry, mut identity) in entries.iter().zip(normalize::identities(entries, base.as_ref(), home)) {
            if is_page {
                identity.said = normalize::said_by_listing(entry);
            }
            if seen.insert(identity.aliases[0].clone()) {
                found.push((entry, base.as_ref(), identity));
            }
        }
    }
    found
}

fn arrival(draft: crate::model::Draft, held: Option<Box<crate::model::Article>>) -> Arrival {
    match held {
        Some(held) => Arrival::Changed(Box::new(draft), held),
        None => Arrival::New(Box::new(draft)),
    }
}

/// An entry whose page is read later.
fn to_wait(page: PendingPage, identity: Identity, held: Option<Box<crate::model::Article>>) -> Arrival {
    let page = Box::new(page);
    match held {
        Some(held) => Arrival::Rereading(Reread { page, aliases: identity.aliases, said: identity.said }, held),
        None => Arrival::Waiting(page),
    }
}

/// When a new arrival was published; now where it does not say.
fn new_date(arrival: &Arrival, now: Timestamp) -> Option<Timestamp> {
    match arrival {
        Arrival::New(draft) => Some(draft.content.published.unwrap_or(now)),
        Arrival::Waiting(page) => Some(page.entry.published.unwrap_or(now)),
        Arrival::Changed(..) | Arrival::Rereading(..) => None,
    }
}
