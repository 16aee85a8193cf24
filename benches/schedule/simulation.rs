//! The schedule at work on simulated sources: what it asks, when, and how late it sees what they publish.
//!
//! The decisions are those of [`courant::plan::timing`]; only the servers and the passing of time are made up.

use std::time::Duration;

use courant::model::{CacheHints, SourceId};
use courant::plan::timing::pace::Pace;
use courant::plan::timing::{Attempt, Brought, Outcome, Rhythm, Timing, next_due};
use courant::plan::{SourceLimits, SourceState};
use jiff::{SignedDuration, Timestamp};

use super::processes::{Class, DAY, Dates, Dice, HOUR, Source, source};

/// A Monday.
const START: i64 = 1_772_409_600;

/// Delays are counted by the minute, up to two days.
const MINUTES: usize = 2 * 24 * 60;

/// Numbers of a way of asking.
#[derive(Clone)]
pub(crate) struct Figures {
    pub(crate) sources: u64,
    pub(crate) requests: u64,
    /// Articles by the minutes they waited to be seen.
    delays: Vec<u64>,
    /// All waiting, in seconds.
    waited: f64,
}

impl Default for Figures {
    fn default() -> Self {
        Self { sources: 0, requests: 0, delays: vec![0; MINUTES], waited: 0.0 }
    }
}

impl Figures {
    fn see(&mut self, delay: f64) {
        self.waited += delay;
        let minute = (0..MINUTES).nth(whole(delay / 60.0)).unwrap_or(MINUTES - 1);
        self.delays[minute] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.sources += other.sources;
        self.requests += other.requests;
        self.waited += other.waited;
        self.delays.iter_mut().zip(&other.delays).for_each(|(sum, more)| *sum += more);
    }

    pub(crate) fn articles(&self) -> u64 {
        self.delays.iter().sum()
    }

    /// Minutes within which a share of the articles was seen.
    pub(crate) fn within(&self, share: f64) -> usize {
        let mut left = float(self.articles()) * share;
        let minute = self.delays.iter().position(|count| {
            left -= float(*count);
            left <= 0.0
        });
        minute.unwrap_or(MINUTES)
    }

    /// Minutes waited on average.
    pub(crate) fn mean(&self) -> f64 {
        self.waited / 60.0 / float(self.articles().max(1))
    }

    /// Requests a source and day.
    pub(crate) fn per_day(&self, days: f64) -> f64 {
        float(self.requests) / float(self.sources.max(1)) / days
    }
}

/// The learned schedule and fixed hourly polling of the same sources, over all and by class.
#[derive(Clone, Default)]
pub(crate) struct Comparison {
    pub(crate) learned: Figures,
    pub(crate) hourly: Figures,
    pub(crate) classes: Vec<(Figures, Figures)>,
}

/// Runs `sources` of a mix for so many days.
pub(crate) fn compare(mix: &'static [Class], sources: u64, days: f64) -> Comparison {
    let parts = in_parallel(sources, |number, sum: &mut Comparison| {
        sum.classes.resize(mix.len(), (Figures::default(), Figures::default()));
        let made = source(mix, number, days * DAY);
        let (learned, hourly) = &mut sum.classes[made.class];
        learned.sources += 1;
        hourly.sources += 1;
        let mut dice = Dice::new(number + 1);
        let begin = dice.between(0.0, HOUR);
        let mut asked = Asked::new(number, &made);
        let mut due = begin;
        while due < days * DAY {
            due = asked.ask(due, learned);
        }
        ask_hourly(&made, begin, days * DAY, hourly);
    });
    let mut sum = Comparison { classes: vec![Default::default(); mix.len()], ..Comparison::default() };
    for part in parts {
        for (all, (learned, hourly)) in sum.classes.iter_mut().zip(&part.classes) {
            all.0.add(learned);
            all.1.add(hourly);
            sum.learned.add(learned);
            sum.hourly.add(hourly);
        }
    }
    sum
}

/// Requests a minute: the most and the mean.
pub(crate) struct Spread {
    pub(crate) after_start: (u32, f64),
    pub(crate) after_downtime: (u32, f64),
    /// Requests made before their time.
    pub(crate) early: u32,
}

/// Starts with every source new, runs two days, stands still for a week, and runs two days more.
pub(crate) fn spread(mix: &'static [Class], sources: u64) -> Spread {
    const RUN: f64 = 2.0 * DAY;
    const DOWN: f64 = 7.0 * DAY;
    let end = RUN + DOWN + RUN;
    let made: Vec<Source> = (0..sources).map(|number| source(mix, number, end)).collect();
    let mut asked: Vec<Asked> = (0..).zip(&made).map(|(number, made)| Asked::new(number, made)).collect();
    let mut due: Vec<f64> = vec![0.0; made.len()];
    let run = |asked: &mut Vec<Asked>, due: &mut Vec<f64>, from: f64, to: f64| {
        let mut minutes = vec![0_u32; whole((to - from) / 60.0)];
        // By second: what is due is begun as fast as the pace allows, the longest due first.
        let mut queue: Vec<Vec<usize>> = vec![Vec::new(); minutes.len() * 60];
        let place = |time: f64| whole((time - from).max(0.0));
        let mut order: Vec<usize> = (0..due.len()).collect();
        order.sort_by(|a, b| due[*a].total_cmp(&due[*b]));
        for number in order {
            if let Some(second) = queue.get_mut(place(due[number])) {
                second.push(number);
            }
        }
        let (mut pace, mut waiting, mut early) = (Pace::new(due.len()), std::collections::VecDeque::new(), 0);
        for second in 0..queue.len() {
            waiting.extend(std::mem::take(&mut queue[second]));
            let begun: Vec<usize> = waiting.drain(..pace.room().min(waiting.len())).collect();
            pace.spend(begun.len());
            pace.pass(Duration::from_secs(1));
            minutes[second / 60] += u32::try_from(begun.len()).unwrap_or(u32::MAX);
            for number in begun {
                let now = from + float(u64::try_from(second).unwrap_or_default());
                early += u32::from(now + 1.0 < due[number]);
                due[number] = asked[number].ask(now.max(due[number]), &mut Figures::default());
                if let Some(later) = queue.get_mut(place(due[number]).max(second + 1)) {
                    later.push(number);
                }
            }
        }
        let mean =
            minutes.iter().copied().map(f64::from).sum::<f64>() / float(u64::try_from(minutes.len()).unwrap_or(1));
        ((minutes.iter().copied().max().unwrap_or_default(), mean), early)
    };
    let (after_start, early) = run(&mut asked, &mut due, 0.0, RUN);
    let (after_downtime, later) = run(&mut asked, &mut due, RUN + DOWN, end);
    Spread { after_start, after_downtime, early: early + later }
}

/// A source that is asked.
struct Asked<'a> {
    id: SourceId,
    source: &'a Source,
    state: SourceState,
    timing: Timing,
    /// How many of its articles were there when it was last read.
    seen: usize,
}

impl<'a> Asked<'a> {
    fn new(number: u64, source: &'a Source) -> Self {
        let id = format!("source-{number}").parse().expect("a valid id");
        Self { id, source, state: SourceState::default(), timing: Timing::default(), seen: 0 }
    }

    /// Asks at `time`; gives when to ask again.
    fn ask(&mut self, time: f64, figures: &mut Figures) -> f64 {
        figures.requests += 1;
        let now = moment(time);
        let before = self.state.clone();
        self.state.attempted_at = Some(now);
        let fails = self.source.failing.is_some_and(|(from, to)| (from..to).contains(&time));
        let outcome = if fails { Outcome::Failed } else { Outcome::Read };
        if fails {
            self.state.failures += 1;
        } else {
            let there = self.source.appears.partition_point(|appears| *appears <= time);
            let first = self.state.succeeded_at.is_none();
            let shown = self.seen.max(there.saturating_sub(self.source.shows));
            let new = &self.source.appears[shown..there];
            new.iter().filter(|appears| **appears >= 0.0).for_each(|appears| figures.see(time - appears));
            let published: Vec<Timestamp> = new.iter().filter_map(|appears| self.date(*appears)).collect();
            if first || !new.is_empty() {
                let brought = Brought { new: new.len(), published: &published, entries: there.min(self.source.shows) };
                self.state.rhythm = Some(Rhythm::learn(&before, &brought, now));
            }
            self.seen = there;
            self.state.failures = 0;
            self.state.succeeded_at = Some(now);
            self.state.limits = SourceLimits {
                ttl_seconds: self.source.ttl,
                skip_hours: self.source.skip_hours.clone(),
                ..SourceLimits::default()
            };
        }
        let hints = CacheHints {
            max_age: self.source.max_age.filter(|_| !fails).map(Duration::from_secs),
            ..CacheHints::default()
        };
        let attempt = Attempt { source: &self.id, state: &self.state, hints: &hints, outcome, now };
        let due = next_due(&self.timing, &attempt).at.expect("nothing is gone here");
        time + due.duration_since(now).as_secs_f64()
    }

    fn date(&self, appears: f64) -> Option<Timestamp> {
        let exact = moment(appears);
        match self.source.dates {
            Dates::Exact => Some(exact),
            Dates::Early(seconds) => exact.checked_sub(SignedDuration::from_secs(seconds)).ok(),
            Dates::Days => exact.checked_sub(SignedDuration::from_secs(exact.as_second().rem_euclid(86_400))).ok(),
            Dates::None => None,
        }
    }
}

/// What others do: once an hour, whatever happens, but not against the server's wish.
fn ask_hourly(source: &Source, begin: f64, end: f64, figures: &mut Figures) {
    let limit = source.max_age.max(source.ttl).map_or(0.0, float).min(DAY);
    let every = limit.max(HOUR);
    let (mut time, mut seen) = (begin, 0);
    while time < end {
        figures.requests += 1;
        if !source.failing.is_some_and(|(from, to)| (from..to).contains(&time)) {
            let there = source.appears.partition_point(|appears| *appears <= time);
            let shown = seen.max(there.saturating_sub(source.shows));
            let new = source.appears[shown..there].iter().filter(|appears| **appears >= 0.0);
            new.for_each(|appears| figures.see(time - appears));
            seen = there;
        }
        time += every;
    }
}

/// Runs numbers on every processor; gives what each came to.
fn in_parallel<T: Default + Send>(sources: u64, work: impl Fn(u64, &mut T) + Sync) -> Vec<T> {
    let workers = u64::try_from(std::thread::available_parallelism().map_or(1, usize::from)).unwrap_or(1);
    std::thread::scope(|scope| {
        let run = |worker: u64| {
            let work = &work;
            scope.spawn(move || {
                let mut sum = T::default();
                let mut number = worker;
                while number < sources {
                    work(number, &mut sum);
                    number += workers;
                }
                sum
            })
        };
        let running: Vec<_> = (0..workers).map(run).collect();
        running.into_iter().map(|worker| worker.join().expect("no worker panics")).collect()
    })
}

fn moment(time: f64) -> Timestamp {
    Timestamp::from_second(START).expect("a moment")
        + SignedDuration::from_millis(SignedDuration::from_secs_f64(time).as_millis().try_into().unwrap_or_default())
}

fn float(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn whole(value: f64) -> usize {
    usize::try_from(Duration::from_secs_f64(value.max(0.0)).as_secs()).unwrap_or(usize::MAX)
}
