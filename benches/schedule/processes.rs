//! How sources publish: processes with habits, bursts, pauses and faults, made from a seed. Times are seconds since the start.

/// Numbers that look random and are the same for a seed (`SplitMix64`).
#[derive(Clone, Copy)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    pub(crate) fn share(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or_default()) / 4_294_967_296.0
    }

    pub(crate) fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.share()
    }

    /// Between the two, each order of magnitude as likely.
    pub(crate) fn magnitude(&mut self, least: f64, most: f64) -> f64 {
        self.between(least.ln(), most.ln()).exp()
    }

    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// The time to the next of events that come on average every `mean`.
    pub(crate) fn gap(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }
}

pub(crate) const HOUR: f64 = 3_600.0;
pub(crate) const DAY: f64 = 24.0 * HOUR;
/// What was published before the start.
pub(crate) const PAST: f64 = 60.0 * DAY;

/// How the dates of a source relate to when its articles appear.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dates {
    Exact,
    /// So many seconds before they appear in the feed.
    Early(i64),
    /// The day alone, at midnight.
    Days,
    None,
}

/// One source.
pub(crate) struct Source {
    pub(crate) class: usize,
    /// When its articles appear, in order.
    pub(crate) appears: Vec<f64>,
    pub(crate) dates: Dates,
    /// `max-age` of its server, in seconds.
    pub(crate) max_age: Option<u64>,
    pub(crate) ttl: Option<u64>,
    pub(crate) skip_hours: Vec<u8>,
    /// When it fails, from and to.
    pub(crate) failing: Option<(f64, f64)>,
    /// Entries its feed shows.
    pub(crate) shows: usize,
}

/// A kind of source: its name, its share of a mix, and how it publishes until the end.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) share: f64,
    pub(crate) publish: fn(&mut Dice, f64) -> Vec<f64>,
}

/// What a collection of feeds is made of.
pub(crate) const ORDINARY: &[Class] = &[
    Class { name: "dead blogs", share: 0.26, publish: dead },
    Class { name: "slow blogs", share: 0.24, publish: slow_blog },
    Class { name: "blogs", share: 0.18, publish: blog },
    Class { name: "podcasts", share: 0.06, publish: podcast },
    Class { name: "weekly papers", share: 0.04, publish: weekly },
    Class { name: "morning papers", share: 0.04, publish: morning },
    Class { name: "press offices", share: 0.10, publish: office },
    Class { name: "news sites", share: 0.06, publish: news },
    Class { name: "agencies", share: 0.02, publish: agency },
];

/// Processes of other kinds, for the schedule not to be made for the ones above.
pub(crate) const HELD_OUT: &[Class] = &[
    Class { name: "any rate, no habits", share: 0.45, publish: any_rate },
    Class { name: "wakes up", share: 0.10, publish: wakes_up },
    Class { name: "falls silent", share: 0.15, publish: falls_silent },
    Class { name: "storms", share: 0.10, publish: storms },
    Class { name: "moves its hours", share: 0.10, publish: moves_hours },
    Class { name: "twice a day by a clock", share: 0.10, publish: clockwork },
];

/// The source with a number in a mix.
pub(crate) fn source(mix: &[Class], number: u64, end: f64) -> Source {
    let mut dice = Dice::new(number);
    let mut left = dice.share();
    let class = mix.iter().position(|class| {
        left -= class.share;
        left < 0.0
    });
    let class = class.unwrap_or(mix.len() - 1);
    let mut appears = (mix[class].publish)(&mut dice, end);
    appears.retain(|time| *time < end);
    appears.sort_unstable_by(f64::total_cmp);
    let dates = match dice.share() {
        ..0.75 => Dates::Exact,
        ..0.85 => Dates::Early(i64::from(u32::try_from(dice.next() % 5_400).unwrap_or_default())),
        ..0.90 => Dates::Days,
        _ => Dates::None,
    };
    let max_age = [60, 300, 900, 3_600, 14_400][usize::try_from(dice.next() % 5).unwrap_or_default()];
    let fails_at = dice.between(0.0, end);
    let fails_for = dice.magnitude(0.2 * HOUR, 4.0 * DAY);
    Source {
        class,
        appears,
        dates,
        max_age: dice.chance(0.25).then_some(max_age),
        ttl: dice.chance(0.10).then_some(3_600),
        skip_hours: if dice.chance(0.03) { vec![0, 1, 2, 3, 4] } else { Vec::new() },
        failing: dice.chance(0.08).then_some((fails_at, fails_at + fails_for)),
        shows: if dice.chance(0.3) { 10 } else { 30 },
    }
}

/// Articles at a mean rate a day, thinned by how likely each hour of the week is for them.
fn rhythmic(dice: &mut Dice, end: f64, per_day: f64, likely: impl Fn(f64, usize) -> f64) -> Vec<f64> {
    /// The likeliest is so much likelier than the mean.
    const MOST: f64 = 3.5;
    let mut time = -PAST;
    let mut times = Vec::new();
    loop {
        time += dice.gap(DAY / per_day / MOST);
        if time >= end {
            return times;
        }
        let days = (time / DAY).floor();
        let (hour, day) = ((time - days * DAY) / HOUR, days.rem_euclid(7.0));
        // The start is a Monday.
        let weekday = (0..7).find(|number| f64::from(*number) >= day - 0.5).unwrap_or(0);
        if dice.share() * MOST < likely(hour, usize::try_from(weekday).unwrap_or_default()) {
            times.push(time);
        }
    }
}

/// A working day that begins at `from` UTC, with little in the night and at the weekend.
fn working(from: f64, weekend: f64) -> impl Fn(f64, usize) -> f64 {
    move |hour, day| {
        let since = (hour - from).rem_euclid(24.0);
        let hours = if since < 10.0 { 2.1 } else { 0.22 };
        hours * if day >= 5 { weekend } else { 1.2 }
    }
}

fn dead(dice: &mut Dice, _: f64) -> Vec<f64> {
    // Most have nothing in the window that counts; some fell silent lately.
    let last = -dice.magnitude(5.0 * DAY, 2_000.0 * DAY);
    (0..20).map(|number| last - f64::from(number) * 3.0 * DAY).collect()
}

fn slow_blog(dice: &mut Dice, end: f64) -> Vec<f64> {
    let (per_day, from) = (dice.magnitude(0.02, 0.25), dice.between(0.0, 24.0));
    rhythmic(dice, end, per_day, working(from, 1.0))
}

fn blog(dice: &mut Dice, end: f64) -> Vec<f64> {
    let (per_day, from) = (dice.magnitude(0.25, 3.0), dice.between(0.0, 24.0));
    rhythmic(dice, end, per_day, working(from, 0.7))
}

/// Some at a time, on a day of the week.
fn on_days(dice: &mut Dice, end: f64, days: &[f64], hour: f64, (late, many): (f64, f64)) -> Vec<f64> {
    let mut times = Vec::new();
    let mut week = -PAST.div_euclid(7.0 * DAY) * 7.0 * DAY - 7.0 * DAY;
    while week < end {
        for day in days {
            let mut time = week + day * DAY + hour * HOUR + dice.gap(late);
            let mut left = dice.between(1.0, many);
            while left >= 1.0 {
                times.push(time);
                time += dice.gap(120.0);
                left -= 1.0;
            }
        }
        week += 7.0 * DAY;
    }
    times
}

fn podcast(dice: &mut Dice, end: f64) -> Vec<f64> {
    let (day, hour) = (dice.between(0.0, 7.0).floor(), dice.between(0.0, 24.0));
    on_days(dice, end, &[day], hour, (0.4 * HOUR, 1.99))
}

fn weekly(dice: &mut Dice, end: f64) -> Vec<f64> {
    let (day, hour) = (dice.between(0.0, 7.0).floor(), dice.between(4.0, 20.0));
    on_days(dice, end, &[day], hour, (0.3 * HOUR, 30.0))
}

fn morning(dice: &mut Dice, end: f64) -> Vec<f64> {
    let (hour, during) = (dice.between(0.0, 24.0), dice.between(1.0, 8.0));
    let mut times = on_days(dice, end, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], hour, (0.2 * HOUR, 40.0));
    times.extend(rhythmic(dice, end, during, working(hour, 0.4)));
    times
}

fn office(dice: &mut Dice, end: f64) -> Vec<f64> {
    let (per_day, from) = (dice.magnitude(0.5, 15.0), dice.between(0.0, 24.0));
    rhythmic(dice, end, per_day, working(from, 0.15))
}

fn news(dice: &mut Dice, end: f64) -> Vec<f64> {
    let (per_day, from) = (dice.magnitude(10.0, 60.0), dice.between(0.0, 24.0));
    rhythmic(dice, end, per_day, working(from, 0.6))
}

fn agency(dice: &mut Dice, end: f64) -> Vec<f64> {
    let per_day = dice.magnitude(60.0, 250.0);
    rhythmic(dice, end, per_day, |_, _| 1.0)
}

fn any_rate(dice: &mut Dice, end: f64) -> Vec<f64> {
    let per_day = dice.magnitude(0.01, 60.0);
    rhythmic(dice, end, per_day, |_, _| 1.0)
}

fn wakes_up(dice: &mut Dice, end: f64) -> Vec<f64> {
    let (at, mut times) = (dice.between(0.1, 0.9) * end, any_rate(dice, end));
    times.retain(|time| *time > at);
    times
}

fn falls_silent(dice: &mut Dice, end: f64) -> Vec<f64> {
    let (at, mut times) = (dice.between(-0.5, 0.9) * end, any_rate(dice, end));
    times.retain(|time| *time < at);
    times
}

/// Clusters: an event brings many articles within hours, each making others likely.
fn storms(dice: &mut Dice, end: f64) -> Vec<f64> {
    let every = dice.magnitude(1.0 * DAY, 14.0 * DAY);
    let (mut time, mut times) = (-PAST, Vec::new());
    while time < end {
        time += dice.gap(every);
        let (mut at, mut going) = (time, true);
        while going {
            times.push(at);
            at += dice.gap(0.4 * HOUR);
            going = dice.chance(0.9);
        }
    }
    times
}

fn moves_hours(dice: &mut Dice, end: f64) -> Vec<f64> {
    let (per_day, from, at) = (dice.magnitude(1.0, 30.0), dice.between(0.0, 24.0), dice.between(0.2, 0.8) * end);
    let mut times = rhythmic(dice, end, per_day, working(from, 0.3));
    times.retain(|time| *time < at);
    let mut later = rhythmic(dice, end, per_day, working(from + 11.0, 1.5));
    later.retain(|time| *time >= at);
    times.extend(later);
    times
}

fn clockwork(dice: &mut Dice, end: f64) -> Vec<f64> {
    let (first, second) = (dice.between(0.0, 24.0), dice.between(0.0, 24.0));
    let days = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let mut times = on_days(dice, end, &days, first, (120.0, 6.0));
    times.extend(on_days(dice, end, &days, second, (120.0, 6.0)));
    times
}
