//! The store that lasts against the definition: the same thousands of calls, chosen by a seed, with the same answers.

use courant::model::{Article, Depth, Digest, Hint};
use courant::plan::retention::Bounds;
use courant::plan::timing::Correction;
use courant::plan::{Changes, DocumentState, Edit, Health, Kept, NewArticle, SourceState};
use courant::store::{Claim, ClaimRequest, Due, Lookup, Prune, Refresh, Selection, Store};
use jiff::{SignedDuration, Timestamp};

use crate::kept::kept_page;
use crate::world::*;

const SOURCES: [&str; 4] = ["a", "b", "c", "d"];

/// Chooses; a small generator of its own, so that a seed means the same for ever (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn time(&mut self) -> Timestamp {
        at(i64::try_from(self.below(40)).unwrap_or(0) * 60)
    }

    fn some_time(&mut self) -> Option<Timestamp> {
        if self.one_in(3) { None } else { Some(self.time()) }
    }

    fn source(&mut self) -> &'static str {
        SOURCES[self.below(SOURCES.len())]
    }

    /// Few names, so that they meet.
    fn key(&mut self) -> String {
        format!("k{}", self.below(12))
    }

    fn article(&mut self, source: &str) -> Article {
        let mut article = article(source, &self.key());
        (article.announced_at, article.first_seen) = (self.some_time(), self.time());
        article.content.published = self.some_time();
        article.withdrawn_at = if self.one_in(9) { Some(self.time()) } else { None };
        if self.one_in(3) {
            article.published_id = format!("https://shared.example/{}", self.below(5));
        }
        article
    }

    fn changes(&mut self, source: &str) -> Changes {
        let new = (0..self.below(4)).map(|_| {
            let article = self.article(source);
            NewArticle { aliases: vec![guid(&article.guid), guid(&self.key())], article }
        });
        let new = new.collect();
        let edited = (0..self.below(3)).map(|_| {
            let mut old = self.article(source);
            old.revision = 1 + u32::try_from(self.below(3)).unwrap_or(0);
            let mut edit = edit(&old, &self.key());
            if self.one_in(2) {
                edit = Edit { revision: None, article: old, ..edit };
            }
            edit.aliases = vec![guid(&self.key())];
            edit
        });
        let edited = edited.collect();
        let state = SourceState {
            health: if self.one_in(9) { Health::Gone } else { Health::Ok },
            not_before: if self.one_in(5) { Some(self.time()) } else { None },
            next_due: self.some_time(),
            ..asked(self.time(), self.time())
        };
        Changes {
            new,
            edited,
            pending: (0..self.below(3)).map(|_| page(&self.key(), self.time())).collect(),
            settled: (0..self.below(2)).map(|_| guid(&self.key()).key()).collect(),
            kept: self.kept(),
            topic: None,
            stories: Vec::new(),
            documents: vec![DocumentState {
                fetched_at: self.time(),
                ..document(&format!("https://a.example/{}", self.below(3)), &self.key())
            }],
            state: if self.one_in(4) { None } else { Some(state) },
        }
    }

    /// Pages of a few bodies, and room for some of them.
    fn kept(&mut self) -> Kept {
        let pages = (0..self.below(3)).map(|_| {
            let body = "tide ".repeat(self.below(4));
            let mut page = kept_page(&self.key(), &body, self.time());
            if self.one_in(4) {
                page.parts.push(page.parts[0].clone());
            }
            page
        });
        let pages = pages.collect();
        Kept { pages, room_bytes: self.below(90) as u64 }
    }

    /// Loose bounds, so that something stays.
    fn prune(&mut self) -> Prune {
        let source = self.source();
        let bounds = Bounds {
            since: if self.one_in(3) { Some(at(i64::try_from(self.below(8)).unwrap_or(0) * 60)) } else { None },
            items: if self.one_in(3) { Some(5 + self.below(9) as u64) } else { None },
            bytes: if self.one_in(3) { Some(100 + self.below(400) as u64) } else { None },
        };
        let spared = (0..self.below(3)).map(|_| self.article(source).id).collect();
        Prune { source: id(source), bounds, spared, limit: self.below(4), now: self.time() }
    }

    fn selection(&mut self) -> Selection {
        let chosen = (0..self.below(4)).map(|_| self.source()).collect::<Vec<_>>();
        Selection {
            sources: if self.one_in(2) { None } else { Some(ids(&chosen)) },
            limit: self.below(9),
            before: if self.one_in(3) { Some((self.time(), self.article("a").id)) } else { None },
            since: if self.one_in(3) { Some(self.time()) } else { None },
        }
    }
}

/// Makes one call on both and compares.
macro_rules! same {
    ($stores:ident, $step:expr, $($call:tt)+) => {{
        let (defined, lasting) = (&$stores[0], &$stores[1]);
        let wanted = defined.$($call)+.await.expect("answers");
        assert_eq!(lasting.$($call)+.await.expect("answers"), wanted, "step {}: {}", $step, stringify!($($call)+));
        wanted
    }};
}

async fn one_call(stores: &[&dyn Store; 2], dice: &mut Dice, held: &mut Vec<Claim>, step: usize) {
    match dice.below(14) {
        0 => {
            let named: Vec<&str> = SOURCES.into_iter().filter(|_| !dice.one_in(5)).collect();
            let now = dice.time();
            same!(stores, step, sync_sources(&ids(&named), now));
        }
        1..=4 => {
            let due = if dice.one_in(3) { Due::All { round: dice.time() } } else { Due::ByTime };
            let request = ClaimRequest { now: dice.time(), lease: LEASE, limit: dice.below(5), due };
            held.extend(same!(stores, step, claim_due(&request)));
        }
        5..=8 => {
            let refreshes: Vec<Refresh> = (0..dice.below(4))
                .filter_map(|_| {
                    let place = dice.below(held.len().max(1));
                    let claim = if dice.one_in(6) { held.get(place).cloned() } else { held.pop() }?;
                    Some(Refresh { changes: dice.changes(claim.source.as_str()), claim })
                })
                .collect();
            same!(stores, step, finish(&refreshes));
        }
        9 => {
            let given_back: Vec<Claim> = held.iter().filter(|_| dice.one_in(4)).cloned().collect();
            same!(stores, step, release(&given_back));
        }
        10 => {
            let (source, paused) = (id(dice.source()), dice.one_in(3));
            same!(stores, step, set_paused(&source, paused));
        }
        11 => {
            let prune = dice.prune();
            same!(stores, step, prune(&prune));
            let (unseen_since, limit) = (dice.time(), dice.below(3));
            same!(stores, step, forget_documents(unseen_since, limit));
        }
        12 => {
            let by = i64::try_from(dice.below(2_000)).unwrap_or(0) - 1_000;
            let shift = Correction::Shift(SignedDuration::from_secs(by));
            let correction = if dice.one_in(2) { Correction::NotAhead(dice.time()) } else { shift };
            same!(stores, step, correct(correction));
        }
        _ => {
            let (source, now) = (id(dice.source()), dice.time());
            same!(stores, step, wake(&source, now));
        }
    }
    same!(stores, step, status());
    same!(stores, step, next_due());
    let selection = dice.selection();
    same!(stores, step, articles(&selection));
    let depth = Depth { head: dice.one_in(2), details: dice.one_in(2), text: dice.one_in(2) };
    same!(stores, step, glances(&selection, depth, &Hint::Anything));
    let source = id(dice.source());
    let lookups: Vec<Lookup> = (0..5)
        .map(|_| Lookup {
            aliases: vec![guid(&dice.key()), guid(&dice.key())],
            said: Digest::of(dice.key().as_bytes()),
        })
        .collect();
    same!(stores, step, known(&source, &lookups));
    let article = dice.article(source.as_str()).id;
    same!(stores, step, article(article));
    same!(stores, step, revisions(article));
    same!(stores, step, kept_page(article));
    same!(stores, step, kept(&source));
}

#[tokio::test]
async fn the_file_answers_as_the_definition_does() {
    for seed in [1, 2026, 0x00c0_ffee] {
        let (defined, lasting) = (memory().await, sqlite().await);
        let stores = [&*defined.store, &*lasting.store];
        for store in stores {
            with_sources(store, &SOURCES).await;
        }
        let (mut dice, mut held) = (Dice(seed), Vec::new());
        for step in 0..400 {
            one_call(&stores, &mut dice, &mut held, step).await;
        }
        let all = Selection { limit: 1000, ..Selection::default() };
        let mut pages = 0;
        for source in SOURCES {
            pages += stores[0].kept(&id(source)).await.expect("lists").len();
        }
        assert!(pages > 2, "some pages are kept under seed {seed}");
        assert!(stores[0].articles(&all).await.expect("selects").len() > 5, "something happened under seed {seed}");
    }
}
