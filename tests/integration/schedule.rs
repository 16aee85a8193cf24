//! The schedule over simulated sources: sooner than hourly polling, with fewer requests, and never in a crowd.

#[path = "../../benches/schedule/processes.rs"]
mod processes;
#[path = "../../benches/schedule/simulation.rs"]
mod simulation;

use processes::{HELD_OUT, ORDINARY};
use simulation::{compare, spread};

#[test]
fn learned_asks_less_and_sees_sooner_than_hourly() {
    for (mix, most_requests) in [(ORDINARY, 0.65), (HELD_OUT, 0.95)] {
        let compared = compare(mix, 600, 14.0);
        let (learned, hourly) = (&compared.learned, &compared.hourly);
        let spent = learned.per_day(14.0) / hourly.per_day(14.0);
        assert!(spent < most_requests, "{spent} of the requests");
        assert!(
            learned.within(0.5) * 3 < hourly.within(0.5) * 2,
            "{} and {} min",
            learned.within(0.5),
            hourly.within(0.5)
        );
        assert!(learned.mean() < hourly.mean() * 0.9, "{} and {} min", learned.mean(), hourly.mean());
        assert!(
            learned.articles() * 1_000 >= hourly.articles() * 999,
            "what scrolls out of a feed is lost: {} and {}",
            learned.articles(),
            hourly.articles()
        );
    }
}

#[test]
fn a_start_and_a_week_of_downtime_bring_no_crowd_and_nothing_early() {
    let spread = spread(ORDINARY, 1_500);
    assert_eq!(spread.early, 0);
    for (most, mean) in [spread.after_start, spread.after_downtime] {
        // Ten a second, and what may begin at once.
        assert!(most <= 664 && mean > 1.0, "{most} in a minute");
    }
}
