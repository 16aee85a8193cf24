//! The schedule when the clock was set, the mark it is noticed by, and the rests of hosts.

use courant::plan::push::{Phase, Subscriber, Topic, TopicChange};
use courant::plan::timing::Correction;
use courant::plan::{Changes, SourceState};
use courant::store::{ClockMark, HostState, Store};
use jiff::SignedDuration;

use crate::world::*;

const DAY: i64 = 86_400;

/// A source that was asked at 100 and is due at 1,000, a page due at 500, a host that rests until 300, a lease of a confirmed
/// subscription until 5,000 that is renewed at 4,000, and a delivery that is due at 200 under a lease until 9,000.
async fn fill(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    let topic = Topic {
        hub: "https://hub.example/".parse().expect("an address"),
        topic: "https://a.example/".parse().expect("an address"),
    };
    let state = SourceState { not_before: Some(at(600)), ..asked(at(100), at(1_000)) };
    let changes = Changes {
        topic: Some(TopicChange::Is(topic)),
        pending: vec![page("p", at(500))],
        state: Some(state),
        ..quiet()
    };
    write(store, "a", changes).await;
    write(store, "b", Changes::state_only(asked(at(100), at(2_000)))).await;
    let host = HostState { next_slot: Some(at(300)), robots: Some(String::new()), robots_at: Some(at(50)) };
    store.save_host("a.example:443", &host).await.expect("saves");
    let mut held = store.push().subscription(&id("a")).await.expect("reads").expect("there is one");
    (held.phase, held.next, held.until) = (Phase::Active, at(4_000), Some(at(5_000)));
    store.push().save_subscription(&held).await.expect("saves");
    let subscriber = Subscriber {
        topic: "all.rss".to_owned(),
        callback: "https://reader.example/told".parse().expect("an address"),
        secret: None,
        until: at(9_000),
        due: Some(at(200)),
        tries: 0,
        told: None,
    };
    store.push().subscribe(&subscriber).await.expect("saves");
    store.push().tell("all.rss", at(200)).await.expect("tells");
}

/// Every moment of the schedule, in seconds: of source `a`, of the page, the host, the subscription, the delivery.
async fn moments(store: &dyn Store) -> Vec<Option<i64>> {
    let seconds = |moment: Option<jiff::Timestamp>| moment.map(|moment| moment.duration_since(at(0)).as_secs());
    let rows = store.status().await.expect("lists");
    let state = &rows[0].state;
    let host = store.host("a.example:443").await.expect("reads").expect("is kept");
    let held = store.push().subscription(&id("a")).await.expect("reads").expect("there is one");
    let mut moments = vec![state.attempted_at, state.next_due, state.not_before, host.next_slot, host.robots_at];
    moments.extend([Some(held.next), held.until, store.push().next_delivery().await.expect("reads")]);
    moments.into_iter().map(seconds).collect()
}

pub(crate) async fn the_whole_schedule_moves_with_a_clock_that_was_set(store: &dyn Store) {
    fill(store).await;
    let before = moments(store).await;
    assert_eq!(before, [100, 1_000, 600, 300, 50, 4_000, 5_000, 200].map(Some));
    for by in [2 * DAY, -3 * DAY, DAY] {
        assert_eq!(store.correct(Correction::Shift(SignedDuration::from_secs(by))).await.expect("corrects"), 2);
        if by == 2 * DAY {
            let moved: Vec<Option<i64>> = before.iter().map(|moment| moment.map(|moment| moment + by)).collect();
            assert_eq!(moments(store).await, moved);
            assert!(claim(store, at(DAY), 9).await.is_empty(), "nothing is due early");
            assert!(store.push().due_subscriptions(at(DAY), 9).await.expect("reads").is_empty());
            assert_eq!(names(&claim(store, at(2 * DAY + 500), 9).await), ["a/guid:p"]);
            assert_eq!(names(&claim(store, at(2 * DAY + 600), 9).await), Vec::<String>::new());
            assert_eq!(names(&claim(store, at(2 * DAY + 1_000), 9).await), ["a/guid:p", "a"]);
        }
    }
    assert_eq!(moments(store).await, before, "there and back");
    // What was leased meanwhile is leased until the same distance from the present.
    let ends = 1_000 + i64::try_from(LEASE.as_secs()).expect("short");
    assert!(claim(store, at(ends - 1), 9).await.is_empty());
    assert_eq!(names(&claim(store, at(ends), 9).await), ["a/guid:p", "a"]);
}

pub(crate) async fn what_was_asked_in_the_future_counts_as_asked_now(store: &dyn Store) {
    fill(store).await;
    let now = at(-2 * DAY);
    assert_eq!(store.correct(Correction::NotAhead(now)).await.expect("corrects"), 2);
    let wanted = [0, 900, 500, DAY, DAY, DAY].map(|after| Some(after - 2 * DAY));
    let moved = moments(store).await;
    assert_eq!(moved[..6], wanted, "no wait is longer than a day, and the source waits its time once more");
    assert_eq!(moved[6], Some(5_000), "a lease may be longer than any wait");
    assert_eq!(moved[7], Some(-DAY));
    assert_eq!(store.correct(Correction::NotAhead(now)).await.expect("corrects"), 0, "once");
}

pub(crate) async fn the_mark_of_the_clock_is_kept_and_replaced(store: &dyn Store) {
    assert_eq!(store.clock_mark().await.expect("reads"), None);
    for mark in [ClockMark { boot: 7, offset_micros: -3 }, ClockMark { boot: i64::MIN, offset_micros: i64::MAX }] {
        store.save_clock_mark(mark).await.expect("writes");
        assert_eq!(store.clock_mark().await.expect("reads"), Some(mark));
    }
}

pub(crate) async fn hosts_that_rest_are_told(store: &dyn Store) {
    assert_eq!(store.resting(at(0)).await.expect("reads"), []);
    for (host, until) in [("a.example:443", Some(at(100))), ("b.example:80", Some(at(200))), ("c.example:80", None)] {
        let state = HostState { next_slot: until, robots: Some(String::new()), robots_at: Some(at(0)) };
        store.save_host(host, &state).await.expect("saves");
    }
    assert_eq!(store.resting(at(99)).await.expect("reads").len(), 2);
    assert_eq!(store.resting(at(100)).await.expect("reads"), [("b.example:80".to_owned(), at(200))]);
}
