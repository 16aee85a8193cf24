//! Claims: what is handed out, to whom, and what becomes of a lease. The life of pending pages.

use std::collections::BTreeSet;

use courant::plan::{Changes, Health, SourceState};
use courant::store::{Claim, ClaimRequest, Due, Finished, Held, Refresh, Store, Work};
use jiff::Timestamp;

use crate::world::*;

async fn wake_at(store: &dyn Store, times: &[(&str, i64)]) {
    for (source, second) in times {
        store.wake(&id(source), at(*second)).await.expect("wakes");
    }
}

async fn claim_round(store: &dyn Store, now: Timestamp, round: Timestamp, limit: usize) -> Vec<Claim> {
    let request = ClaimRequest { now, lease: LEASE, limit, due: Due::All { round } };
    store.claim_due(&request).await.expect("claims")
}

pub(crate) async fn the_longest_due_comes_first_and_the_limit_holds(store: &dyn Store) {
    with_sources(store, &["a", "b", "c", "d"]).await;
    write(store, "d", Changes { pending: vec![page("p", at(25)), page("q", at(99))], ..quiet() }).await;
    wake_at(store, &[("a", 30), ("b", 10), ("c", 20), ("d", 50)]).await;
    assert_eq!(names(&claim(store, at(40), 2).await), ["b", "c"]);
    assert_eq!(names(&claim(store, at(40), 9).await), ["d/guid:p", "a"]);
    assert!(claim(store, at(40), 9).await.is_empty(), "all that is due is leased");
    assert!(claim(store, at(90), 0).await.is_empty());
}

pub(crate) async fn one_source_can_be_claimed_alone_whatever_its_time(store: &dyn Store) {
    with_sources(store, &["a", "b", "c"]).await;
    write(store, "b", Changes { pending: vec![page("p", at(5))], ..quiet() }).await;
    wake_at(store, &[("a", 10), ("b", 900), ("c", 20)]).await;
    let only = |name: &str, limit| ClaimRequest {
        now: at(30),
        lease: LEASE,
        limit,
        due: Due::Only { source: id(name), round: at(30) },
    };
    assert_eq!(names(&store.claim_due(&only("b", 9)).await.expect("claims")), ["b/guid:p", "b"]);
    assert!(store.claim_due(&only("b", 9)).await.expect("claims").is_empty(), "both are leased");
    assert!(store.claim_due(&only("nobody", 9)).await.expect("claims").is_empty());
    assert_eq!(names(&claim(store, at(30), 9).await), ["a", "c"], "the others were left alone");
}

pub(crate) async fn what_is_leased_is_not_handed_out_until_the_lease_ends(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let first = claim(store, at(0), 1).await;
    let end = at(0) + LEASE;
    assert!(claim(store, end - std::time::Duration::from_micros(1), 1).await.is_empty());
    let second = claim(store, end, 1).await;
    assert_eq!(names(&second), ["a"]);
    assert_ne!(first[0].lease, second[0].lease);
}

pub(crate) async fn all_leases_can_be_ended_at_once(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    write(store, "a", Changes { pending: vec![page("p", at(0))], ..quiet() }).await;
    store.wake(&id("a"), at(0)).await.expect("wakes");
    let lost = claim(store, at(0), 9).await;
    assert_eq!(lost.len(), 3);
    store.release_all().await.expect("ends them");
    assert_eq!(claim(store, at(0), 9).await.len(), 3);
    let refresh = Refresh { claim: lost[0].clone(), changes: Changes::default() };
    assert_eq!(store.finish(&[refresh]).await.expect("finishes"), [Finished::Lost]);
}

pub(crate) async fn a_lost_lease_writes_nothing_while_the_others_are_written(store: &dyn Store) {
    with_sources(store, &["a", "b", "c"]).await;
    let slow = claim(store, at(0), 3).await;
    store.wake(&id("a"), at(999)).await.expect("wakes");
    store.wake(&id("c"), at(999)).await.expect("wakes");
    let quick = claim(store, at(0) + LEASE, 3).await;
    assert_eq!(names(&quick), ["b"], "only b was claimed by another");

    let changes = |source: &str| Changes {
        pending: vec![page(&format!("p-{source}"), at(77))],
        documents: vec![document("https://a.example/feed", source)],
        ..news([article(source, source)])
    };
    let refreshes: Vec<Refresh> =
        slow.into_iter().map(|claim| Refresh { changes: changes(claim.source.as_str()), claim }).collect();
    let written = Finished::Written { new: 1 };
    assert_eq!(store.finish(&refreshes).await.expect("finishes"), [written, Finished::Lost, written]);
    let rows = store.status().await.expect("lists");
    let counts: Vec<(u64, u64)> = rows.iter().map(|row| (row.articles, row.pending)).collect();
    assert_eq!(counts, [(1, 1), (0, 0), (1, 1)]);
    assert_eq!(rows[1].state.health, Health::New, "the state of b is as it was");
    assert_eq!(held(store, "b", "b").await, Held::Unknown);

    let quick = quick.into_iter().next().expect("one");
    assert_eq!(finish(store, quick, changes("b")).await, written, "who has the lease writes");
}

pub(crate) async fn a_lease_that_ran_out_unclaimed_still_counts(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let claims = claim(store, at(0), 2).await;
    wake_at(store, &[("b", 9999)]).await;
    let others = claim(store, at(0) + 2 * LEASE, 9).await;
    assert_eq!(names(&others), ["a"], "b is not due, so its lease ran out and nobody took it");
    assert_eq!(finish(store, claims[1].clone(), quiet()).await, Finished::Written { new: 0 });
    assert_eq!(finish(store, claims[0].clone(), quiet()).await, Finished::Lost);
}

pub(crate) async fn a_lease_counts_once(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let claim = claim_source(store, "a").await;
    let twice = [article("a", "x"), article("a", "y")]
        .map(|article| Refresh { claim: claim.clone(), changes: news([article]) });
    let outcomes = store.finish(&twice).await.expect("finishes");
    assert_eq!(outcomes, [Finished::Written { new: 1 }, Finished::Lost]);
    assert_eq!(finish(store, claim.clone(), news([article("a", "z")])).await, Finished::Lost);
    assert_eq!(known(store, "a", &[]).await.articles, 1);
    assert_eq!(store.finish(&[]).await.expect("finishes"), []);
}

pub(crate) async fn released_work_is_due_as_it_was(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    write(store, "a", Changes { pending: vec![page("p", at(1))], ..quiet() }).await;
    let claims = claim(store, at(5000), 9).await;
    assert_eq!(claims.len(), 2);
    store.release(&claims).await.expect("gives back");
    store.release(&claims).await.expect("giving back twice is no harm");
    let again = claim(store, at(5000), 9).await;
    assert_eq!(names(&again), names(&claims));
    assert_eq!(state_of(&again[1]), state_of(&claims[1]));
    store.release(&claims).await.expect("answers");
    assert!(claim(store, at(5000), 9).await.is_empty(), "an old claim does not end a newer lease");
    assert_eq!(finish(store, claims[1].clone(), quiet()).await, Finished::Lost);
}

pub(crate) async fn lease_numbers_are_never_used_twice(store: &dyn Store) {
    with_sources(store, &["a", "b", "c"]).await;
    write(store, "a", Changes { pending: vec![page("p", at(1))], ..quiet() }).await;
    wake_at(store, &[("a", 0)]).await;
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        let claims = claim(store, at(1), 9).await;
        assert_eq!(claims.len(), 4);
        assert!(claims.iter().all(|claim| seen.insert(claim.lease)));
        store.release(&claims).await.expect("gives back");
    }
}

pub(crate) async fn a_round_asks_every_source_once(store: &dyn Store) {
    with_sources(store, &["a", "b", "c", "gone", "paused"]).await;
    let gone = SourceState { health: Health::Gone, next_due: None, ..asked(at(-10), at(0)) };
    write(store, "gone", Changes::state_only(gone)).await;
    store.set_paused(&id("paused"), true).await.expect("pauses");
    write(store, "a", Changes { pending: vec![page("p", at(3)), page("q", at(999))], ..quiet() }).await;
    let round = at(5);
    let mut asked_for = Vec::new();
    for _ in 0..9 {
        let claims = claim_round(store, at(10), round, 2).await;
        asked_for.extend(names(&claims));
        for claim in claims {
            let settled = if let Work::Page(page) = &claim.work { vec![page.key.clone()] } else { Vec::new() };
            let state = (!is_page(&claim)).then(|| asked(at(10), at(3600)));
            finish(store, claim, Changes { settled, state, ..quiet() }).await;
        }
    }
    asked_for.sort();
    assert_eq!(asked_for, ["a", "a/guid:p", "b", "c"], "a is not due until much later, q is not due yet");
    let next = claim_round(store, at(20), at(11), 9).await;
    assert_eq!(names(&next), ["a", "b", "c"], "the next round asks again");
}

pub(crate) async fn retry_after_holds_back_both_kinds_of_claims(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let state = SourceState { not_before: Some(at(100)), ..asked(at(0), at(10)) };
    write(store, "a", Changes::state_only(state)).await;
    assert_eq!(store.next_due().await.expect("answers"), Some(at(100)));
    assert!(claim(store, at(99), 1).await.is_empty());
    assert!(claim_round(store, at(99), at(50), 1).await.is_empty());
    let claims = claim_round(store, at(100), at(50), 1).await;
    store.release(&claims).await.expect("gives back");
    assert_eq!((names(&claims), names(&claim(store, at(100), 1).await)), (vec!["a".to_owned()], vec!["a".to_owned()]));
}

pub(crate) async fn a_source_and_its_pages_are_leased_apart(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    write(store, "a", Changes { pending: vec![page("p", at(1))], ..quiet() }).await;
    let pages = claim(store, at(2), 9).await;
    assert_eq!(names(&pages), ["a/guid:p"]);
    wake_at(store, &[("a", 3)]).await;
    let sources = claim(store, at(3), 9).await;
    assert_eq!(names(&sources), ["a"], "the page is leased, the source is not");

    let completed = Changes { settled: vec![guid("p").key()], state: None, ..news([article("a", "p")]) };
    assert_eq!(finish(store, pages[0].clone(), completed).await, Finished::Written { new: 1 });
    assert_eq!(store.status().await.expect("lists")[0].state, *state_of(&sources[0]), "no state given, none changed");
    assert_eq!(finish(store, sources[0].clone(), quiet()).await, Finished::Written { new: 0 });
}

pub(crate) async fn one_page_of_a_source_is_leased_at_a_time(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let pages = || vec![page("p", at(2)), page("q", at(1)), page("r", at(3))];
    write(store, "a", Changes { pending: pages(), ..quiet() }).await;
    write(store, "b", Changes { pending: vec![page("p", at(3))], ..quiet() }).await;
    wake_at(store, &[("a", 999), ("b", 999)]).await;
    let first = claim(store, at(5), 9).await;
    assert_eq!(names(&first), ["a/guid:q", "b/guid:p"]);
    assert!(claim(store, at(5), 9).await.is_empty());
    assert_eq!(store.next_due().await.expect("tells"), Some(at(5) + LEASE));
    store.release(&first[..1]).await.expect("gives back");
    assert_eq!(store.next_due().await.expect("tells"), Some(at(1)));
    let refresh = Refresh {
        claim: claim(store, at(5), 9).await.remove(0),
        changes: Changes { settled: vec!["guid:q".to_owned()], ..Changes::default() },
    };
    store.finish(&[refresh]).await.expect("finishes");
    assert_eq!(names(&claim(store, at(5), 9).await), ["a/guid:p"]);
}

pub(crate) async fn a_page_settled_by_others_is_lost(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    write(store, "a", Changes { pending: vec![page("p", at(1))], ..quiet() }).await;
    let pages = claim(store, at(2), 9).await;
    write(store, "a", Changes { settled: vec![guid("p").key()], ..quiet() }).await;
    let completed = Changes { state: None, ..news([article("a", "p")]) };
    assert_eq!(finish(store, pages[0].clone(), completed.clone()).await, Finished::Lost);

    write(store, "a", Changes { pending: vec![page("p", at(1))], ..quiet() }).await;
    let again = claim(store, at(2), 9).await;
    assert_eq!(
        finish(store, pages[0].clone(), completed.clone()).await,
        Finished::Lost,
        "another lease on the same key"
    );
    assert_eq!(finish(store, again[0].clone(), completed).await, Finished::Written { new: 1 });
}

pub(crate) async fn replacing_a_page_leaves_its_lease(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    write(store, "a", Changes { pending: vec![page("p", at(1))], ..quiet() }).await;
    let pages = claim(store, at(2), 9).await;
    let mut other = page("p", at(1));
    other.tries = 7;
    write(store, "a", Changes { pending: vec![other], ..quiet() }).await;
    assert!(claim(store, at(2), 9).await.is_empty(), "it is still leased");
    let settled = Changes { settled: vec![guid("p").key()], state: None, ..quiet() };
    assert_eq!(finish(store, pages[0].clone(), settled).await, Finished::Written { new: 0 });
}

pub(crate) async fn pages_live_from_waiting_to_settled(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    write(store, "b", quiet()).await;
    let mut waiting = page("p", at(10));
    waiting.entry = courant::model::Entry { lead: Some("Ω\u{0}".to_owned()), ..waiting.entry };
    waiting.article = Some(article("a", "p").id);
    waiting.error = Some("404".to_owned());
    write(store, "a", Changes { pending: vec![waiting.clone()], ..quiet() }).await;
    assert_eq!(held(store, "a", "p").await, Held::Pending(Box::new(waiting.clone())));
    assert_eq!(held(store, "b", "p").await, Held::Unknown, "a key is unique within its source");

    let claims = claim(store, at(10), 9).await;
    assert_eq!(claims[0].work, Work::Page(Box::new(waiting.clone())));
    let mut later = waiting;
    (later.tries, later.due, later.article, later.error) = (1, at(600), None, None);
    let retry = Changes { pending: vec![later.clone()], state: None, ..quiet() };
    finish(store, claims[0].clone(), retry).await;
    assert!(claim(store, at(599), 9).await.is_empty(), "the later try is due later");
    let claims = claim(store, at(600), 9).await;
    assert_eq!(claims[0].work, Work::Page(Box::new(later)));

    let done = Changes { settled: vec![guid("p").key()], state: None, ..news([article("a", "p")]) };
    finish(store, claims[0].clone(), done).await;
    assert_eq!(held(store, "a", "p").await, Held::Same(article("a", "p").id));
    assert_eq!(store.status().await.expect("lists")[0].pending, 0);
}

pub(crate) async fn documents_come_with_the_claim_as_a_pair_of_validators(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let (feed, list) = (document("https://a.example/feed", "\"1\""), document("https://a.example/list", "W/\"é\""));
    write(store, "a", Changes { documents: vec![list.clone(), feed], ..quiet() }).await;
    let mut newer = document("https://a.example/feed", "2");
    (newer.validators.last_modified, newer.digest) = (None, None);
    write(store, "a", Changes { documents: vec![newer.clone()], ..quiet() }).await;
    write(store, "b", Changes { documents: vec![document("https://a.example/feed", "b")], ..quiet() }).await;
    let claim = claim_source(store, "a").await;
    let Work::Source { documents, .. } = claim.work else { panic!("a source") };
    assert_eq!(documents, [newer, list], "by address, replaced by address, and of this source only");
}
