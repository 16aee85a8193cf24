//! Telling and being told: subscriptions, the inbox, subscribers.

use courant::model::Digest;
use courant::plan::Changes;
use courant::plan::push::{Phase, Pushed, Subscriber, Subscription, Topic, TopicChange};
use courant::store::push::INBOX;
use courant::store::{Claim, Finished, Store, Work};
use url::Url;

use crate::world::*;

fn topic(name: &str) -> Topic {
    let url = |text: String| text.parse::<Url>().expect("an address");
    Topic { hub: url(format!("https://hub.example/{name}")), topic: url(format!("https://a.example/{name}")) }
}

/// Writes a refresh of `a` at this moment with this change of its subscription.
async fn change(store: &dyn Store, now: i64, change: TopicChange) {
    let state = Some(asked(at(now), at(now + 1_000)));
    write(store, "a", Changes { topic: Some(change), state, ..quiet() }).await;
}

async fn subscription(store: &dyn Store) -> Subscription {
    store.push().subscription(&id("a")).await.expect("reads").expect("there is one")
}

fn pushed(body: &str, now: i64) -> Pushed {
    Pushed { number: 0, received_at: at(now), media_type: Some("text/xml".to_owned()), body: body.to_owned().into() }
}

fn inbox_of(claim: &Claim) -> Option<String> {
    let Work::Source { pushed, .. } = &claim.work else { return None };
    pushed.as_ref().map(|pushed| String::from_utf8(pushed.body.to_vec()).expect("text"))
}

pub(crate) async fn a_refresh_begins_keeps_replaces_and_leaves_a_subscription(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    assert_eq!(store.push().subscription(&id("a")).await.expect("reads"), None);
    change(store, 10, TopicChange::Is(topic("one"))).await;
    let first = subscription(store).await;
    assert_eq!((first.phase, &first.topic, first.next), (Phase::Wanted, &topic("one"), at(10)));
    assert!(first.token.len() >= 32 && first.secret.len() >= 32 && first.token != first.secret, "{first:?}");
    assert_eq!(store.push().subscription_at(&first.token).await.expect("reads").as_ref(), Some(&first));
    assert_eq!(store.push().subscription_at("guess").await.expect("reads"), None);

    let active = first.clone().confirmed(None, at(20));
    store.push().save_subscription(&active).await.expect("writes");
    change(store, 30, TopicChange::Is(topic("one"))).await;
    assert_eq!(subscription(store).await, active, "the same hub and topic change nothing");
    write(store, "a", quiet()).await;
    assert_eq!(subscription(store).await, active);

    change(store, 40, TopicChange::Is(topic("two"))).await;
    let second = subscription(store).await;
    assert_eq!((second.phase, second.until), (Phase::Wanted, None));
    assert!(second.token != first.token && second.secret != first.secret, "the old hub is not believed any more");
    assert_eq!(store.push().subscription_at(&first.token).await.expect("reads"), None);
    store.push().save_subscription(&active).await.expect("writes");
    assert_eq!(subscription(store).await, second, "what was replaced does not come back");

    change(store, 50, TopicChange::Gone).await;
    let leaving = subscription(store).await;
    assert_eq!((leaving.phase, leaving.next), (Phase::Leaving, at(50)));
    assert_eq!(store.push().due_subscriptions(at(49), 9).await.expect("reads"), []);
    assert_eq!(store.push().due_subscriptions(at(50), 9).await.expect("reads"), std::slice::from_ref(&leaving));
    store.push().end_subscription(&leaving.token).await.expect("writes");
    assert_eq!(store.push().subscription(&id("a")).await.expect("reads"), None);
}

pub(crate) async fn what_a_hub_sent_is_claimed_whatever_the_time_and_kept_until_it_is_read(store: &dyn Store) {
    with_sources(store, &["a", "b"]).await;
    change(store, 10, TopicChange::Is(topic("one"))).await;
    write(store, "b", Changes::state_only(asked(at(10), at(5_000)))).await;
    assert_eq!(claim(store, at(20), 9).await, [], "nothing is due");
    assert!(!store.push().deliver("guess", &pushed("x", 20)).await.expect("answers"));
    let token = subscription(store).await.token;
    for body in ["first", "second"] {
        assert!(store.push().deliver(&token, &pushed(body, 20)).await.expect("answers"));
    }
    assert!(store.next_due().await.expect("answers").is_some_and(|due| due <= at(20)), "it is work");

    let claims = claim(store, at(20), 9).await;
    assert_eq!(claims.iter().map(inbox_of).collect::<Vec<_>>(), [Some("first".to_owned())], "the oldest, and once");
    assert_eq!(claim(store, at(20), 9).await, [], "its source is leased");
    // Whoever held it is gone: it is handed out again.
    store.release_all().await.expect("releases");
    let again = claim(store, at(21), 9).await.remove(0);
    assert_eq!(inbox_of(&again).as_deref(), Some("first"));
    assert_eq!(finish(store, claims.into_iter().next().expect("one"), quiet()).await, Finished::Lost);
    assert_eq!(finish(store, again, quiet()).await, Finished::Written { new: 0 });
    let second = claim(store, at(22), 9).await.remove(0);
    assert_eq!(inbox_of(&second).as_deref(), Some("second"));
    finish(store, second, quiet()).await;
    assert_eq!(claim(store, at(23), 9).await, []);
    assert_eq!(store.next_due().await.expect("answers"), Some(at(3_600)));
}

pub(crate) async fn an_inbox_keeps_the_newest(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    change(store, 10, TopicChange::Is(topic("one"))).await;
    let token = subscription(store).await.token;
    for number in 0..INBOX + 3 {
        store.push().deliver(&token, &pushed(&number.to_string(), 20)).await.expect("answers");
    }
    let mut read = Vec::new();
    while let Some(claim) = claim(store, at(30), 1).await.pop() {
        read.extend(inbox_of(&claim));
        finish(store, claim, quiet()).await;
    }
    assert_eq!(read, (3..INBOX + 3).map(|number| number.to_string()).collect::<Vec<_>>());
}

pub(crate) async fn paused_and_removed_sources_leave_their_inbox_alone(store: &dyn Store) {
    with_sources(store, &["a"]).await;
    change(store, 10, TopicChange::Is(topic("one"))).await;
    let token = subscription(store).await.token;
    store.push().deliver(&token, &pushed("x", 20)).await.expect("answers");
    store.set_paused(&id("a"), true).await.expect("pauses");
    assert_eq!(claim(store, at(30), 9).await, []);
    assert_eq!(store.next_due().await.expect("answers"), None);
    store.set_paused(&id("a"), false).await.expect("resumes");
    with_sources(store, &[]).await;
    assert_eq!(claim(store, at(30), 9).await, []);
    with_sources(store, &["a"]).await;
    assert_eq!(inbox_of(&claim(store, at(30), 9).await[0]).as_deref(), Some("x"));
}

fn subscriber(name: &str) -> Subscriber {
    Subscriber {
        topic: "all.atom".to_owned(),
        callback: format!("https://reader.example/{name}").parse().expect("an address"),
        secret: Some(format!("secret of {name}")),
        until: at(1_000),
        due: None,
        tries: 0,
        told: Some(Digest::of(b"old")),
    }
}

pub(crate) async fn subscribers_are_told_tried_again_and_dropped(store: &dyn Store) {
    let push = store.push();
    for name in ["a", "b", "c"] {
        push.subscribe(&subscriber(name)).await.expect("writes");
    }
    let other = Subscriber { topic: "all.rss".to_owned(), ..subscriber("a") };
    push.subscribe(&other).await.expect("writes");
    assert_eq!(push.subscribers().await.expect("counts"), 4);
    assert_eq!(push.due_subscribers(at(10), None, 9).await.expect("reads"), [], "nothing is to be told");
    assert_eq!(push.next_delivery().await.expect("reads"), None);

    assert_eq!(push.tell("all.atom", at(20)).await.expect("writes"), 3);
    assert_eq!(push.next_delivery().await.expect("reads"), Some(at(20)));
    assert_eq!(push.due_subscribers(at(19), None, 9).await.expect("reads"), []);
    let due = push.due_subscribers(at(20), None, 2).await.expect("reads");
    assert_eq!(
        due,
        [Subscriber { due: Some(at(20)), ..subscriber("a") }, Subscriber { due: Some(at(20)), ..subscriber("b") }]
    );
    let behind = push.due_subscribers(at(20), due.last(), 9).await.expect("reads");
    assert_eq!(behind, [Subscriber { due: Some(at(20)), ..subscriber("c") }], "those behind the last");
    let due = push.due_subscribers(at(20), None, 9).await.expect("reads");
    let [a, b, c] = <[Subscriber; 3]>::try_from(due).expect("three");

    let new = Digest::of(b"new");
    // While `a` was told, more came; `b` failed; `c` is given up.
    push.tell("all.atom", at(25)).await.expect("writes");
    let failed = Subscriber { due: Some(at(25)), ..b.clone() };
    let outcomes =
        [(a.clone(), Some(a.clone().told(new))), (failed.clone(), failed.clone().failed(None, at(25))), (c, None)];
    push.settle(&outcomes).await.expect("writes");
    let due = push.due_subscribers(at(30), None, 9).await.expect("reads");
    assert_eq!(
        due,
        [Subscriber { due: Some(at(25)), told: Some(new), ..subscriber("a") }],
        "told of the newer version too"
    );
    let due = push.due_subscribers(at(85), None, 9).await.expect("reads");
    assert_eq!(due.last(), Some(&Subscriber { due: Some(at(85)), tries: 1, ..subscriber("b") }));

    push.tell_all(at(90)).await.expect("writes");
    let due = push.due_subscribers(at(90), None, 9).await.expect("reads");
    assert_eq!(due.iter().filter(|due| due.topic == "all.rss").count(), 1);
    assert!(push.unsubscribe("all.rss", &other.callback).await.expect("writes"));
    assert!(!push.unsubscribe("all.rss", &other.callback).await.expect("writes"));
    assert_eq!(push.subscribers().await.expect("counts"), 2);
}

pub(crate) async fn subscribing_again_renews_and_an_ended_lease_is_forgotten(store: &dyn Store) {
    let push = store.push();
    push.subscribe(&subscriber("a")).await.expect("writes");
    push.tell("all.atom", at(20)).await.expect("writes");
    let again = Subscriber { until: at(2_000), secret: None, told: None, ..subscriber("a") };
    push.subscribe(&again).await.expect("writes");
    let due = push.due_subscribers(at(20), None, 9).await.expect("reads");
    let renewed = Subscriber { until: at(2_000), secret: None, due: Some(at(20)), ..subscriber("a") };
    assert_eq!(due, [renewed], "what it was to be told it still is");
    // Leases that end while others are read are passed over, and are not the end of the list.
    let short = Subscriber { until: at(100), ..subscriber("b") };
    for one in [&short, &Subscriber { until: at(2_000), ..subscriber("c") }] {
        push.subscribe(one).await.expect("writes");
    }
    push.tell("all.atom", at(20)).await.expect("writes");
    let first = push.due_subscribers(at(99), None, 1).await.expect("reads");
    let behind = push.due_subscribers(at(100), first.last(), 1).await.expect("reads");
    assert_eq!(behind.iter().map(|found| found.callback.clone()).collect::<Vec<_>>(), [subscriber("c").callback]);
    assert_eq!(push.due_subscribers(at(2_000), None, 9).await.expect("reads"), []);
    assert_eq!(push.subscribers().await.expect("counts"), 0);
}
