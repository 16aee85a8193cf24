//! Hosts that many sources are at: one that does not answer keeps nobody else waiting, and one that rests is left alone by all.

use courant::pipeline::{Outcome, Report};

use crate::support::documents::{rss, stories};
use crate::support::{Answer, House, Press, SteppedClock, World, assert_says};

#[tokio::test]
async fn hundreds_of_sources_at_a_host_that_hangs_keep_nobody_waiting() {
    let (crowded, calm) = (World::start(), World::start());
    let hanging = (0..900).map(|n| {
        crowded.put(&format!("/{n}.rss"), Answer::status(500).hanging());
        (format!("a-{n}"), format!("{}/{n}.rss", crowded.origin()))
    });
    let good = (0..300).map(|n| {
        calm.put(&format!("/{n}.rss"), Answer::feed(rss(&stories(&format!("gazette-{n}"), 1..=1))));
        (format!("b-{n}"), format!("{}/{n}.rss", calm.origin()))
    });
    let sources: Vec<(String, String)> = hanging.chain(good).collect();
    let named: Vec<(&str, String)> = sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect();
    let house = House::reading(&named);
    let press = Press::open(&house, &SteppedClock::at("2026-03-02T12:00:00Z")).await;
    let (mut read, mut failed) = (0, 0);
    press
        .due_telling(&mut |report: &Report| {
            if matches!(report.outcome, Outcome::Failed(_)) {
                assert_eq!(read, 300, "a source that hangs timed out before the good ones were read");
                failed += 1;
            } else {
                read += 1;
                if read == 300 {
                    crowded.let_go();
                }
            }
        })
        .await;
    assert_eq!((read, failed), (300, 900), "and the others had their turn after them");
    assert_eq!(press.status("a-899").await.state.failures, 1, "once each");
    press.close().await;
}

#[test]
fn a_rest_that_a_host_asked_for_is_kept_by_its_other_sources_in_every_later_run() {
    let world = World::start();
    for name in ["busy", "calm"] {
        world.put(&format!("/{name}.rss"), Answer::feed(rss(&stories(name, 1..=1))));
    }
    let sources = ["busy", "calm"].map(|name| (name, format!("{}/{name}.rss", world.origin())));
    let house = House::reading(&sources);
    house.courant(&["once"]).expect(0);
    world.put("/busy.rss", Answer::status(429).header("Retry-After", "3600"));
    house.courant(&["poll", "busy"]).expect(1);
    world.forget();
    house.courant(&["once", "--now"]).expect(0);
    assert_eq!(world.paths(), Vec::<String>::new(), "nobody is asked while the host rests");
    let calm = house.status("calm");
    assert_eq!((&calm["health"], &calm["failures"]), (&"ok".into(), &0.into()), "{calm}");
    assert_says(calm["why"].as_str().expect("a text"), &["host rests"]);
}
