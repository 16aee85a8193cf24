//! The hours of the day and the days of the week in which a source publishes: two short tables of weights.
//!
//! Hours are in UTC: the zone of a source need not be known for its habits to be learned. A change to summer time moves them
//! by one hour, which the smoothing forgives.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Weight of an hour in which one article came.
pub(super) const ARTICLE: u8 = 8;

/// The sum of the weights of a table from which on older ones count less.
const FULL: u32 = 480;

/// Weight that every table begins with, spread evenly: so much must be known before it is believed by half.
const EVEN: f64 = 40.0;

/// The share of articles that come whenever they like.
const ANY_TIME: f64 = 0.15;

const HOURS: usize = 24;
const DAYS: usize = 7;
pub(super) const DAY_MINUTES: f64 = 1440.0;

/// When articles came: weights by the hour of the day, and by the day of the week from Monday.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Week {
    hours: [u8; HOURS],
    days: [u8; DAYS],
}

/// How much likelier than on average an article is at each hour and day; the mean of each is 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Profile {
    hours: [f64; HOURS],
    days: [f64; DAYS],
}

/// A place in the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) day: usize,
    pub(super) hour: usize,
    /// Seconds into the hour.
    pub(super) seconds: u32,
}

impl Place {
    pub(super) fn of(moment: Timestamp) -> Self {
        // 1 January 1970 was a Thursday.
        let second = (moment.as_second() + 3 * 86_400).rem_euclid(7 * 86_400);
        let second = u32::try_from(second).unwrap_or_default();
        let part = |value: u32| usize::try_from(value).unwrap_or_default();
        Self { day: part(second / 86_400), hour: part(second / 3_600 % 24), seconds: second % 3_600 }
    }

    /// The beginning of the next hour.
    pub(super) fn next_hour(self) -> Self {
        let hour = (self.hour + 1) % HOURS;
        Self { day: if hour == 0 { (self.day + 1) % DAYS } else { self.day }, hour, seconds: 0 }
    }
}

impl Week {
    /// Notes that something came in the hour of `moment`.
    pub(super) fn note(&mut self, moment: Timestamp, weight: u8) {
        let Place { day, hour, .. } = Place::of(moment);
        add(&mut self.hours, hour, weight);
        add(&mut self.days, day, weight);
    }

    pub(super) fn profile(&self) -> Profile {
        Profile { hours: smooth(&self.hours), days: even(&self.days.map(f64::from)) }
    }
}

impl Profile {
    /// How much likelier than on average an article is at `place`.
    pub(super) fn at(&self, place: Place) -> f64 {
        ANY_TIME + (1.0 - ANY_TIME) * self.hours[place.hour] * self.days[place.day]
    }

    /// The minutes from `start` to `end`, each counted as likely as it is.
    pub(super) fn minutes(&self, start: Timestamp, end: Timestamp) -> f64 {
        let total = end.duration_since(start).as_secs_f64() / 60.0;
        if total <= 0.0 {
            return 0.0;
        }
        let weeks = (total / (7.0 * DAY_MINUTES)).floor();
        let (mut left, mut sum) = (total - weeks * 7.0 * DAY_MINUTES, weeks * 7.0 * DAY_MINUTES);
        let mut place = Place::of(start);
        while left > 0.0 {
            if place.hour == 0 && place.seconds == 0 && left >= DAY_MINUTES {
                sum += DAY_MINUTES * (ANY_TIME + (1.0 - ANY_TIME) * self.days[place.day]);
                left -= DAY_MINUTES;
                place.day = (place.day + 1) % DAYS;
                continue;
            }
            let step = (60.0 - f64::from(place.seconds) / 60.0).min(left);
            sum += step * self.at(place);
            left -= step;
            place = place.next_hour();
        }
        sum
    }
}

fn add<const N: usize>(table: &mut [u8; N], place: usize, weight: u8) {
    let sum: u32 = table.iter().copied().map(u32::from).sum();
    if sum + u32::from(weight) > FULL || table[place].checked_add(weight).is_none() {
        // Three quarters: what a source does now soon outweighs what it did.
        for value in table.iter_mut() {
            *value -= value.div_ceil(4);
        }
    }
    table[place] = table[place].saturating_add(weight);
}

/// Shares of the mean, with the neighbours of each hour taken in: what comes at 9:58 may come at 10:02.
fn smooth(table: &[u8; HOURS]) -> [f64; HOURS] {
    let value = |hour: usize| f64::from(table[hour % HOURS]);
    let mut smoothed = [0.0; HOURS];
    for (hour, share) in smoothed.iter_mut().enumerate() {
        *share = 0.2 * value(hour + HOURS - 1) + 0.6 * value(hour) + 0.2 * value(hour + 1);
    }
    even(&smoothed)
}

/// Shares of the mean, with the even weight added.
fn even<const N: usize>(table: &[f64; N]) -> [f64; N] {
    let sum: f64 = table.iter().sum::<f64>() + EVEN;
    let places: f64 = table.iter().map(|_| 1.0).sum();
    table.map(|value| (value + EVEN / places) / sum * places)
}

impl Serialize for Week {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.hours.iter().chain(&self.days);
        serializer.serialize_str(&all.map(|value| format!("{value:02x}")).collect::<String>())
    }
}

impl<'de> Deserialize<'de> for Week {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || de::Error::custom("a week is 31 numbers of two hexadecimal digits");
        let mut all = [0; HOURS + DAYS];
        if text.len() != all.len() * 2 || !text.is_ascii() {
            return Err(wrong());
        }
        for (place, value) in all.iter_mut().enumerate() {
            *value = u8::from_str_radix(&text[place * 2..place * 2 + 2], 16).map_err(|_| wrong())?;
        }
        let mut week = Self::default();
        week.hours.copy_from_slice(&all[..HOURS]);
        week.days.copy_from_slice(&all[HOURS..]);
        Ok(week)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect(text)
    }

    #[test]
    fn a_moment_has_its_place_in_the_week() {
        let place = |day, hour, seconds| Place { day, hour, seconds };
        assert_eq!(Place::of(at("2026-03-02T00:00:00Z")), place(0, 0, 0));
        assert_eq!(Place::of(at("2026-03-01T23:59:59Z")), place(6, 23, 3_599));
        assert_eq!(Place::of(at("1969-12-31T12:30:00Z")), place(2, 12, 1_800));
        assert_eq!(place(6, 23, 5).next_hour(), place(0, 0, 0));
    }

    #[test]
    fn nothing_known_makes_every_minute_alike() {
        let profile = Week::default().profile();
        for (from, minutes) in
            [("2026-03-01T12:34:56Z", 1), ("2026-03-01T12:00:00Z", 90), ("2026-03-06T23:00:00Z", 40_000)]
        {
            let weighed = profile.minutes(at(from), at(from) + SignedDuration::from_mins(minutes));
            assert!(
                (weighed - std::hint::black_box(f64::from(i32::try_from(minutes).unwrap()))).abs() < 0.01,
                "{weighed}"
            );
        }
        assert!(profile.minutes(at("2026-03-02T00:00:00Z"), at("2026-03-01T00:00:00Z")).abs() < f64::EPSILON);
    }

    #[test]
    fn habits_stand_out_and_a_whole_week_stays_a_week() {
        let mut week = Week::default();
        for number in 0..100 {
            // Thursdays at 9:10.
            week.note(at("2026-01-01T09:10:00Z") + SignedDuration::from_hours(24 * 7 * number), ARTICLE);
        }
        let profile = week.profile();
        let chance = |text| profile.at(Place::of(at(text)));
        assert!(chance("2026-03-05T09:30:00Z") > 40.0);
        assert!(chance("2026-03-05T21:30:00Z") < 1.5 && chance("2026-03-03T21:30:00Z") < 0.3);
        let whole = profile.minutes(at("2026-03-03T07:12:00Z"), at("2026-03-10T07:12:00Z"));
        assert!((whole - 7.0 * DAY_MINUTES).abs() < 1.0, "{whole}");
        let days = profile.minutes(at("2026-03-03T07:12:00Z"), at("2026-03-06T09:12:00Z"));
        let hours: f64 = (0..74)
            .map(|hour| {
                let start = at("2026-03-03T07:12:00Z") + SignedDuration::from_hours(hour);
                profile.minutes(start, start + SignedDuration::from_hours(1))
            })
            .sum();
        assert!((days - hours).abs() < 0.01, "{days} and {hours}");
    }

    #[test]
    fn new_habits_outweigh_old_ones() {
        let mut week = Week::default();
        for number in 0..300 {
            week.note(at("2026-01-01T09:10:00Z") + SignedDuration::from_hours(24 * number), ARTICLE);
        }
        for number in 0..60 {
            week.note(at("2026-12-01T17:10:00Z") + SignedDuration::from_hours(24 * number), ARTICLE);
        }
        let profile = week.profile();
        assert!(
            profile.at(Place { day: 2, hour: 17, seconds: 0 })
                > 2.0 * profile.at(Place { day: 2, hour: 9, seconds: 0 })
        );
    }

    #[test]
    fn a_week_is_written_short_and_read_back() {
        let mut week = Week::default();
        week.note(at("2026-03-05T09:10:00Z"), 255);
        let text = serde_json::to_string(&week).unwrap();
        assert_eq!(text.len(), 64);
        assert_eq!(serde_json::from_str::<Week>(&text).unwrap(), week);
        for wrong in ["\"\"", "\"zz\"", "5", &text.replace("ff", "xy"), &text.replace("ff", "é")] {
            assert!(serde_json::from_str::<Week>(wrong).is_err(), "{wrong}");
        }
    }
}
