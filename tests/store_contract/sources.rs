//! Sources: which there are, how they stand, when they are due. Hosts, times, the probe.

use courant::plan::{Changes, Health, SourceState};
use courant::store::{Finished, HostState, Store, Titled, Work};
use jiff::Timestamp;

use crate::world::*;

pub(crate) async fn new_sources_are_due_at_once_and_hold_nothing(store: &dyn Store) {
    store.sync_sources(&ids(&["b", "a", "a"]), at(5)).await.expect("takes the sources");
    assert_eq!(store.next_due().await.expect("answers"), Some(at(5)));
    assert!(claim(store, at(4), 10).await.is_empty());
    let claims = claim(store, at(5), 10).await;
    assert_eq!(names(&claims), ["a", "b"]);
    assert_eq!(*state_of(&claims[0]), SourceState { next_due: Some(at(5)), ..SourceState::default() });
    assert!(matches!(&claims[0].work, Work::Source { documents, .. } if documents.is_empty()));
    let facts = known(store, "a", &[]).await;
    assert_eq!((facts.articles, facts.newest), (0, None));
}

pub(crate) async fn sources_no_longer_named_are_not_claimed_and_come_back_with_their_state(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let state = SourceState { title: Some("The A".to_owned()), ..asked(at(1), at(100)) };
    let changes = Changes { state: Some(state.clone()), ..news([article("a", "x")]) };
    write(store, "a", changes).await;

    with_sources(store, &["b"]).await;
    assert_eq!(names(&claim(store, at(1000), 10).await), ["b"]);
    let listed: Vec<String> = store.status().await.expect("lists").iter().map(|row| row.id.to_string()).collect();
    assert_eq!(listed, ["b"]);
    assert!(!store.set_paused(&id("a"), true).await.expect("answers"), "a removed source cannot be paused");
    assert_eq!(load(store, &article("a", "x")).await, article("a", "x"), "its articles stay");

    store.sync_sources(&ids(&["a", "b"]), at(2000)).await.expect("takes the sources");
    let status = store.status().await.expect("lists");
    assert_eq!((&status[0].state, status[0].articles), (&state, 1), "the state is as it was, due time included");
}

pub(crate) async fn states_are_given_of_the_active_sources_that_are_asked_about(store: &dyn Store) {
    with_sources(store, &["a", "b", "c"]).await;
    let home = Some("https://a.example/\nx y".to_owned());
    let state = SourceState { title: Some("The\nA \u{2028}".to_owned()), home, ..asked(at(1), at(100)) };
    write(store, "a", Changes::state_only(state.clone())).await;
    with_sources(store, &["a", "b"]).await;
    let titles = store.titles(&ids(&["a", "c", "nobody"])).await.expect("answers");
    let wanted = Titled { source: id("a"), title: state.title.clone(), home: state.home.clone() };
    assert_eq!((titles, store.titles(&[]).await.expect("answers")), (vec![wanted], Vec::new()));
    let states = store.states(&ids(&["a", "c", "nobody"])).await.expect("answers");
    assert_eq!(states, [(id("a"), state)]);
    assert_eq!(store.states(&[]).await.expect("answers"), []);
}

pub(crate) async fn a_refresh_under_way_when_its_source_is_removed_is_written(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let claim = claim_source(store, "a").await;
    with_sources(store, &[]).await;
    assert_eq!(finish(store, claim, news([article("a", "x")])).await, Finished::Written { new: 1 });
    assert!(store.article(article("a", "x").id).await.expect("reads").is_some());
}

pub(crate) async fn paused_sources_and_their_pages_wait(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    let changes = Changes { pending: vec![page("p", at(10))], ..quiet() };
    write(store, "a", changes).await;
    assert!(store.set_paused(&id("a"), true).await.expect("pauses"));
    assert!(!store.set_paused(&id("nobody"), true).await.expect("answers"));
    assert!(claim(store, at(9000), 10).await.is_empty());
    assert_eq!(store.next_due().await.expect("answers"), None);
    assert!(store.status().await.expect("lists")[0].paused);
    with_sources(store, &["a"]).await;
    assert!(claim(store, at(9000), 10).await.is_empty(), "naming it again is not letting it go on");

    assert!(store.set_paused(&id("a"), false).await.expect("goes on"));
    assert_eq!(store.next_due().await.expect("answers"), Some(at(10)));
    assert_eq!(names(&claim(store, at(9000), 10).await), ["a/guid:p", "a"]);
}

pub(crate) async fn waking_makes_due_and_revives_what_is_gone(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let gone = SourceState { health: Health::Gone, next_due: None, ..asked(at(0), at(0)) };
    write(store, "a", Changes::state_only(gone)).await;
    let held_back = SourceState { not_before: Some(at(500)), ..asked(at(0), at(900)) };
    write(store, "b", Changes::state_only(held_back)).await;
    assert!(claim(store, at(400), 10).await.is_empty());

    assert!(store.wake(&id("a"), at(300)).await.expect("wakes"));
    assert!(store.wake(&id("b"), at(300)).await.expect("wakes"));
    assert!(!store.wake(&id("nobody"), at(300)).await.expect("answers"));
    let claims = claim(store, at(300), 10).await;
    assert_eq!(names(&claims), ["a"], "what the server asked for still holds");
    assert_eq!((state_of(&claims[0]).health, state_of(&claims[0]).next_due), (Health::Failing, Some(at(300))));
    assert_eq!(names(&claim(store, at(500), 10).await), ["b"]);
}

pub(crate) async fn status_counts_articles_and_pages_of_active_sources_by_id(store: &dyn Store) {
    with_sources(store, &["b", "a", "c"]).await;
    let waiting = vec![page("p", at(10)), page("q", at(10))];
    let changes = Changes { pending: waiting, ..news([article("b", "x"), article("b", "y")]) };
    write(store, "b", changes).await;
    write(store, "b", news([article("b", "z")])).await;
    let rows = store.status().await.expect("lists");
    let rows: Vec<(&str, u64, u64)> = rows.iter().map(|row| (row.id.as_str(), row.articles, row.pending)).collect();
    assert_eq!(rows, [("a", 0, 0), ("b", 3, 2), ("c", 0, 0)]);
}

pub(crate) async fn next_due_is_the_earliest_of_work_and_leases(store: &dyn Store) {
    assert_eq!(store.next_due().await.expect("answers"), None);
    with_sources(store, &["a"]).await;
    let changes = Changes { pending: vec![page("p", at(50))], ..quiet() };
    write(store, "a", changes).await;
    assert_eq!(store.next_due().await.expect("answers"), Some(at(50)), "the page");
    claim(store, at(60), 10).await;
    assert_eq!(store.next_due().await.expect("answers"), Some(at(60) + LEASE), "the end of its lease");
    let source = claim_source(store, "a").await;
    let gone = SourceState { health: Health::Gone, next_due: None, ..SourceState::default() };
    let changes = Changes { settled: vec![guid("p").key()], ..Changes::state_only(gone) };
    finish(store, source, changes).await;
    assert_eq!(store.next_due().await.expect("answers"), None, "gone and nothing waits");
}

pub(crate) async fn hosts_are_kept_apart_and_replaced(store: &dyn Store) {
    assert_eq!(store.host("a.example").await.expect("reads"), None);
    let first = HostState { next_slot: Some(at(1)), robots: Some("User-agent: *".to_owned()), robots_at: Some(at(0)) };
    let second = HostState { next_slot: Some(at(2)), robots: None, robots_at: None };
    store.save_host("a.example", &first).await.expect("saves");
    store.save_host("b.example", &second).await.expect("saves");
    assert_eq!(store.host("a.example").await.expect("reads"), Some(first));
    store.save_host("a.example", &second).await.expect("saves");
    assert_eq!(store.host("a.example").await.expect("reads"), Some(second));
}

pub(crate) async fn times_come_back_to_the_microsecond(store: &dyn Store) {
    let fine = |second: i64| Timestamp::new(second, 123_456_789).expect("a moment");
    let coarse = |second: i64| Timestamp::new(second, 123_456_000).expect("a moment");
    let before_1970 = Timestamp::from_microsecond(-86_400_000_001).expect("a moment");
    store.sync_sources(&ids(&["a"]), fine(0)).await.expect("takes the sources");
    let claims = claim(store, fine(1), 1).await;
    assert_eq!(state_of(&claims[0]).next_due, Some(coarse(0)));

    let mut given = article("a", "x");
    (given.first_seen, given.announced_at) = (fine(1), Some(fine(2)));
    (given.content.published, given.content.updated) = (Some(before_1970), Some(fine(4)));
    let mut waiting = page("p", fine(5));
    waiting.entry.published = Some(fine(6));
    let state = SourceState { new_at: Some(fine(7)), ..asked(fine(8), fine(9)) };
    let mut body = document("https://a.example/feed", "1");
    body.fetched_at = fine(10);
    let mut changes = news([given.clone()]);
    (changes.pending, changes.documents, changes.state) = (vec![waiting], vec![body], Some(state));
    finish(store, claims.into_iter().next().expect("one"), changes).await;

    let kept = load(store, &given).await;
    assert_eq!((kept.first_seen, kept.announced_at), (coarse(1), Some(coarse(2))));
    assert_eq!((kept.content.published, kept.content.updated), (Some(before_1970), Some(coarse(4))));
    let claims = claim(store, fine(60), 10).await;
    let Work::Page(waiting) = &claims[0].work else { panic!("the page is due first") };
    assert_eq!((waiting.due, waiting.entry.published), (coarse(5), Some(coarse(6))));
    let Work::Source { state, documents, .. } = &claims[1].work else { panic!("then the source") };
    assert_eq!((state.new_at, state.attempted_at, state.next_due), (Some(coarse(7)), Some(coarse(8)), Some(coarse(9))));
    assert_eq!(documents[0].fetched_at, coarse(10));
    store.save_host("h", &HostState { next_slot: Some(fine(3)), ..HostState::default() }).await.expect("saves");
    assert_eq!(store.host("h").await.expect("reads").and_then(|host| host.next_slot), Some(coarse(3)));
}

pub(crate) async fn the_probe_passes(store: &dyn Store) {
    store.check().await.expect("passes");
    store.check().await.expect("passes again");
}
