//! What the schedule spends and how soon it sees news: 100,000 simulated sources over a virtual month, beside fixed hourly
//! polling of the same; then how requests spread after a start with everything new and after a week of downtime.
//!
//! `cargo bench --bench schedule`, or with a number of sources: `cargo bench --bench schedule -- 10000`. Ends with an error
//! when the learned schedule does not see articles sooner with fewer requests.

#![expect(clippy::print_stdout, reason = "figures are for people")]

mod processes;
mod simulation;

use std::time::Instant;

use processes::{Class, HELD_OUT, ORDINARY};
use simulation::{Figures, compare, spread};

const DAYS: f64 = 30.0;

fn main() {
    let sources: u64 = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    month("an ordinary collection", ORDINARY, sources);
    month("other processes, held out", HELD_OUT, sources);
    let begun = Instant::now();
    let spread = spread(ORDINARY, sources);
    println!("\nrequests a minute, {sources} sources ({:.1} s)", begun.elapsed().as_secs_f64());
    for (name, (most, mean)) in
        [("two days after the start", spread.after_start), ("after a week of downtime", spread.after_downtime)]
    {
        println!("{name:<28} most {most:>6}, mean {mean:>7.1}: {:>5.1} times", f64::from(most) / mean);
    }
    assert_eq!(spread.early, 0, "nothing is asked before its time");
}

fn month(name: &str, mix: &'static [Class], sources: u64) {
    let begun = Instant::now();
    let compared = compare(mix, sources, DAYS);
    let took = begun.elapsed().as_secs_f64();
    println!("\n{name}: {sources} sources, {DAYS} days, {} articles ({took:.1} s)", compared.hourly.articles());
    println!("{:<26}{:>9}{:>34}{:>34}", "", "", "learned", "hourly");
    let head = format!("{:>12}{:>6}{:>8}{:>8}", "requests/day", "p50", "p90", "mean min");
    println!("{:<26}{:>9}{head}{head}", "class", "articles");
    for (class, (learned, hourly)) in mix.iter().zip(&compared.classes) {
        line(class.name, learned, hourly);
    }
    line("all", &compared.learned, &compared.hourly);
    let share = compared.learned.per_day(DAYS) / compared.hourly.per_day(DAYS);
    println!("requests: {:.0} % of hourly", share * 100.0);
    assert!(share < 1.0, "fewer requests");
    for share in [0.5, 0.9] {
        assert!(compared.learned.within(share) < compared.hourly.within(share), "sooner");
    }
    assert!(compared.learned.mean() < compared.hourly.mean(), "sooner on average");
}

fn line(name: &str, learned: &Figures, hourly: &Figures) {
    let part = |figures: &Figures| {
        let (half, most) = (figures.within(0.5), figures.within(0.9));
        format!("{:>12.1}{half:>6}{most:>8}{:>8.1}", figures.per_day(DAYS), figures.mean())
    };
    println!("{name:<26}{:>9}{}{}", learned.articles(), part(learned), part(hourly));
}
