//! The rhythm of a source: how many articles come and when, learned from their dates and arrivals, and what follows from it.
//!
//! An article that waits unseen for an hour costs as much as sixty that wait for a minute, and a request costs as much as
//! [`WORTH_A_REQUEST`] minutes of waiting. So a source is asked again when its articles have, as far as its rhythm tells,
//! waited that long together since it was asked last. With an even rhythm of `r` articles a minute that is after
//! `√(2 · WORTH_A_REQUEST / r)` minutes, which is what spends a number of requests over many sources best; with habits (a
//! weekly paper, office hours) the requests go where the articles are.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::week::{ARTICLE, DAY_MINUTES, Place, Week};
use super::{DAY, until_then};
use crate::plan::SourceState;
use crate::units::spell_duration;

/// The shortest learned wait; the longest is a day.
const SHORTEST: Duration = Duration::from_mins(15);

/// Minutes that articles may wait together before a request is worth it.
const WORTH_A_REQUEST: f64 = 3.0;

/// What is taken for granted of a source nothing is known of: half an article in so many minutes, which asks it hourly.
const PRIOR_ARTICLES: f64 = 0.5;
const PRIOR_MINUTES: f64 = PRIOR_ARTICLES * 60.0 * 60.0 / (2.0 * WORTH_A_REQUEST);

/// What came so long ago counts half.
const HALF_LIFE_DAYS: f64 = 14.0;

/// Articles that are counted at most; with more, older ones count less.
const MOST_ARTICLES: f64 = 200.0;

/// A silence in which so many arrivals were to be expected tells that the rhythm has changed.
const SURPRISE: f64 = 4.0;

/// How far back the dates of a first reading are counted, and the least they are taken to span.
const FIRST_SPAN: SignedDuration = SignedDuration::from_hours(60 * 24);
const LEAST_SPAN_MINUTES: f64 = 12.0 * 60.0;

/// Articles without a date are placed between two requests where those lie no further apart.
const PLACEABLE: Duration = Duration::from_hours(6);

/// What is learned of when a source publishes. Changes only when articles come: silence counts by the time since [`at`](Self::at).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// Up to when it was learned.
    pub at: Timestamp,
    /// Hundredths of articles that came; older ones count less.
    articles: u32,
    /// Hundredths of requests that brought any.
    arrivals: u32,
    /// The time they came in, in minutes, each counted as likely as it was.
    minutes: u32,
    /// When in the week.
    week: Week,
}

/// What a reading brought.
#[derive(Debug, Clone, Copy, Default)]
pub struct Brought<'a> {
    /// Articles seen for the first time.
    pub new: usize,
    /// The dates of those that have one.
    pub published: &'a [Timestamp],
    /// Entries in the document, new or not; 0 where it was not read again.
    pub entries: usize,
}

impl Rhythm {
    /// What is known of a source after a reading. `before` is the state as it was before this attempt.
    #[must_use]
    pub fn learn(before: &SourceState, brought: &Brought<'_>, now: Timestamp) -> Self {
        let Some(held) = Self::held(before) else { return Self::first(brought, now) };
        if brought.new == 0 {
            return held;
        }
        let last = before.succeeded_at.unwrap_or(held.at).min(now);
        held.next(brought, last, now)
    }

    /// What the state knows, or what a version without habits knew.
    fn held(state: &SourceState) -> Option<Self> {
        state.rhythm.clone().or_else(|| {
            let minutes = u32::try_from(state.rhythm_seconds? / 60).unwrap_or(u32::MAX);
            let week = Week::default();
            Some(Self { at: state.new_at?, articles: 400, arrivals: 400, minutes: minutes.saturating_mul(4), week })
        })
    }

    /// From the dates of the entries of a first reading. A source that fell silent long ago is slow, however fast it once was.
    fn first(brought: &Brought<'_>, now: Timestamp) -> Self {
        let since = now.checked_sub(FIRST_SPAN).unwrap_or(Timestamp::MIN);
        let mut dates: Vec<Timestamp> = brought.published.iter().copied().filter(|date| *date < now).collect();
        dates.sort_unstable();
        let is_old = dates.first().is_some_and(|oldest| *oldest < since);
        dates.retain(|date| *date >= since);
        let (from, at) = match (dates.first(), dates.last()) {
            _ if brought.published.is_empty() => (now, now),
            (Some(oldest), Some(newest)) => (if is_old { since } else { *oldest }, *newest),
            _ => (since, now),
        };
        let mut week = Week::default();
        // A time of day that all share is what stands for a date without one.
        let time_of_day = |date: &Timestamp| date.as_second().rem_euclid(86_400);
        let is_dateline = dates.len() > 2
            && dates.iter().all(|date| time_of_day(date) == time_of_day(&dates[0]) && date.as_second() % 3_600 == 0);
        let arrivals = note(&mut week, if is_dateline { &[] } else { &dates });
        let span = if dates.is_empty() { 0.0 } else { LEAST_SPAN_MINUTES };
        Self {
            at: second(at),
            articles: hundredths(count(dates.len())),
            arrivals: hundredths(if is_dateline { count(dates.len()) } else { arrivals }),
            minutes: whole((at.duration_since(from).as_secs_f64() / 60.0).max(span)),
            week,
        }
    }

    fn next(self, brought: &Brought<'_>, last: Timestamp, now: Timestamp) -> Self {
        let elapsed = until_then(self.at, now).as_secs_f64() / 60.0;
        let faded = 0.5_f64.powf(elapsed / DAY_MINUTES / HALF_LIFE_DAYS);
        let mut articles = (f64::from(self.articles) / 100.0) * faded + count(brought.new.min(100));
        if brought.new >= brought.entries && brought.entries >= 5 {
            // Nothing of the last document is left in this one: more may have come and gone unseen.
            articles += count(brought.new.min(100));
        }
        let mut arrivals = (f64::from(self.arrivals) / 100.0) * faded + 1.0;
        let mut minutes = f64::from(self.minutes) * faded + self.week.profile().minutes(self.at, now);
        if articles > MOST_ARTICLES {
            let share = MOST_ARTICLES / articles;
            (articles, arrivals, minutes) = (articles * share, arrivals * share, minutes * share);
        }
        let mut week = self.week;
        // A date from before the last request is not when the article appeared, or it had been seen then.
        let mut dates: Vec<Timestamp> =
            brought.published.iter().copied().filter(|date| *date > last && *date <= now).collect();
        dates.sort_unstable();
        note(&mut week, &dates);
        if dates.is_empty() && until_then(last, now) <= PLACEABLE {
            spread(&mut week, last, now);
        }
        Self {
            at: second(now),
            articles: hundredths(articles),
            arrivals: hundredths(arrivals),
            minutes: whole(minutes),
            week,
        }
    }

    /// The usual time between two articles; `None` while too little is known.
    #[must_use]
    pub fn usual_gap(&self) -> Option<Duration> {
        const ENOUGH: u32 = 200;
        let seconds = u64::from(self.minutes) * 6_000 / u64::from(self.articles.max(1));
        (self.articles >= ENOUGH).then(|| Duration::from_secs(seconds.clamp(60, 60 * 60 * 24 * 365)))
    }

    /// How long after `now`, when it was asked, it is worth to ask again.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Duration {
        let profile = self.week.profile();
        let silent = profile.minutes(self.at, now);
        let known = f64::from(self.minutes);
        let mut rate = (f64::from(self.articles) / 100.0 + PRIOR_ARTICLES) / (known + silent + PRIOR_MINUTES);
        let expected = f64::from(self.arrivals) / 100.0 / known.max(LEAST_SPAN_MINUTES) * silent;
        if expected > SURPRISE {
            rate *= SURPRISE / expected;
        }
        let (mut place, mut minutes) = (Place::of(now), 0.0);
        // Articles that wait by then, and how long they have waited together.
        let (mut unseen, mut waited) = (0.0, 0.0);
        while minutes < DAY_MINUTES {
            let pace = rate * profile.at(place);
            let step = 60.0 - f64::from(place.seconds) / 60.0;
            let after = waited + unseen * step + pace * step * step / 2.0;
            if after >= WORTH_A_REQUEST {
                let missing = WORTH_A_REQUEST - waited;
                let root = (unseen * unseen + 2.0 * pace * missing).sqrt();
                minutes += 2.0 * missing / (unseen + root);
                break;
            }
            (waited, unseen, minutes, place) = (after, unseen + pace * step, minutes + step, place.next_hour());
        }
        Duration::from_secs_f64(minutes.max(0.0) * 60.0).clamp(SHORTEST, DAY)
    }
}

/// The learned wait of a source, and why.
pub(super) fn learned_wait(state: &SourceState, now: Timestamp) -> (Duration, String) {
    let unknown = "about hourly until its rhythm is known";
    let Some(rhythm) = Rhythm::held(state) else { return (super::HOUR, unknown.to_owned()) };
    let why = rhythm
        .usual_gap()
        .map_or_else(|| unknown.to_owned(), |gap| format!("its articles come about every {}", spell_duration(gap)));
    (rhythm.wait(now), why)
}

/// Notes dates, in order, by the hour; gives in how many hours they lie. Many in one hour are hardly more than a few.
fn note(week: &mut Week, dates: &[Timestamp]) -> f64 {
    let mut hours = 0.0;
    for hour in dates.chunk_by(|one, other| one.as_second().div_euclid(3_600) == other.as_second().div_euclid(3_600)) {
        let weight = [ARTICLE, ARTICLE / 2 * 3, ARTICLE * 2][(hour.len() - 1).min(2)];
        week.note(hour[0], weight);
        hours += 1.0;
    }
    hours
}

/// Notes that something came at some time between two requests.
fn spread(week: &mut Week, last: Timestamp, now: Timestamp) {
    let quarters = until_then(last, now).as_secs().div_ceil(3_600).clamp(1, u64::from(ARTICLE));
    let weight = ARTICLE / u8::try_from(quarters).unwrap_or(ARTICLE);
    for hour in 0..i64::try_from(quarters).unwrap_or_default() {
        if let Ok(moment) = now.checked_sub(SignedDuration::from_hours(hour)) {
            week.note(moment.max(last), weight);
        }
    }
}

/// Seconds are fine enough, and short to keep.
fn second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn hundredths(value: f64) -> u32 {
    whole(value * 100.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of the result")]
fn whole(value: f64) -> u32 {
    value.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn ago(minutes: i64) -> Timestamp {
        now() - SignedDuration::from_mins(minutes)
    }

    fn first(minutes_ago: &[i64]) -> Rhythm {
        let published: Vec<Timestamp> = minutes_ago.iter().map(|minutes| ago(*minutes)).collect();
        let brought = Brought { new: published.len(), published: &published, entries: published.len() };
        Rhythm::learn(&SourceState::default(), &brought, now())
    }

    fn minutes(wait: Duration) -> u64 {
        wait.as_secs() / 60
    }

    #[test]
    fn a_first_reading_tells_the_busy_from_the_slow() {
        let every = |minutes: i64, many: i64| -> Vec<i64> { (1..=many).map(|n| n * minutes).collect() };
        let rows = [
            ("nothing", first(&[]), 60..=60),
            ("an article every ten minutes", first(&every(10, 30)), 15..=15),
            ("one an hour", first(&every(61, 30)), 15..=25),
            ("one every six hours", first(&every(361, 30)), 30..=60),
            ("one a day", first(&every(1_447, 30)), 70..=120),
            ("one a week", first(&every(7 * 1_447, 8)), 100..=420),
            ("dead for two years", first(&[1_051_200, 1_061_200, 1_071_200]), 900..=1440),
            (
                "silent for a month after a busy one",
                first(&(0..20).map(|n| 43_200 + n * 500).collect::<Vec<_>>()),
                200..=700,
            ),
            ("dates in the future", first(&[-10, -20, -30]), 600..=1440),
        ];
        for (name, rhythm, wanted) in rows {
            let wait = minutes(rhythm.wait(now()));
            assert!(wanted.contains(&wait), "{name}: {wait} minutes, {rhythm:?}");
        }
    }

    #[test]
    fn silence_slows_and_news_quicken() {
        let rhythm = first(&(1..=30).map(|n| n * 61).collect::<Vec<_>>());
        let later = |hours| rhythm.wait(now() + SignedDuration::from_hours(hours));
        assert!(later(1) <= later(12) && later(12) < later(48) && later(48) < later(24 * 20), "{:?}", later(48));
        let state =
            SourceState { rhythm: Some(first(&[30_000])), succeeded_at: Some(ago(60)), ..SourceState::default() };
        let slow = state.rhythm.clone().unwrap().wait(now());
        let brought = Brought { new: 10, published: &[], entries: 20 };
        let quick = Rhythm::learn(&state, &brought, now()).wait(now());
        assert!(quick < slow / 2, "{quick:?} after {slow:?}");
        assert_eq!(Rhythm::learn(&state, &Brought { new: 0, ..brought }, now()), state.rhythm.clone().unwrap());
        let all_new = Rhythm::learn(&state, &Brought { new: 20, entries: 20, ..brought }, now());
        let some_new = Rhythm::learn(&state, &Brought { new: 20, entries: 21, ..brought }, now());
        assert!(all_new.articles > some_new.articles, "what may have been missed counts");
    }

    #[test]
    fn a_weekly_paper_is_looked_for_on_its_day() {
        // Eight Thursdays at 9:10; it is Sunday noon.
        let rhythm = first(&(0..8).map(|week| 3 * 1_440 + 170 + week * 7 * 1_440).collect::<Vec<_>>());
        let at = |text: &str| rhythm.wait(text.parse().unwrap());
        assert!(at("2026-03-02T12:00:00Z") > at("2026-03-05T09:00:00Z") * 3, "{:?}", at("2026-03-05T09:00:00Z"));
        let until = "2026-03-04T20:00:00Z".parse::<Timestamp>().unwrap()
            + SignedDuration::try_from(at("2026-03-04T20:00:00Z")).unwrap();
        assert!(until < "2026-03-05T11:00:00Z".parse().unwrap(), "{until}");
    }

    #[test]
    fn days_without_a_time_teach_no_hours() {
        let rhythm = first(&(1..=20).map(|day| 720 + day * 1_440).collect::<Vec<_>>());
        assert_eq!(rhythm.week, Week::default());
        let state = SourceState { rhythm: Some(rhythm), succeeded_at: Some(ago(60)), ..SourceState::default() };
        let brought = Brought { new: 1, published: &[ago(720)], entries: 20 };
        let learned = Rhythm::learn(&state, &brought, now());
        assert_ne!(learned.week, Week::default(), "they are learned by when it was there");
    }

    #[test]
    fn what_an_earlier_version_learned_is_taken_up() {
        let old = SourceState { rhythm_seconds: Some(3_600), new_at: Some(ago(30)), ..SourceState::default() };
        let (wait, why) = learned_wait(&old, now());
        assert!((15..30).contains(&minutes(wait)), "{wait:?}");
        assert!(why.contains("every 1 h"), "{why}");
        let kept = serde_json::to_string(&first(&[60, 120, 180])).unwrap();
        assert!(kept.len() < 180, "{kept}");
        assert_eq!(serde_json::from_str::<Rhythm>(&kept).unwrap(), first(&[60, 120, 180]));
    }

    proptest::proptest! {
        #[test]
        fn no_history_makes_it_panic_or_leave_its_bounds(
            dates in proptest::collection::vec(-100_000..4_000_000_i64, 0..40),
            new in 0..1_000_usize,
            gap in -10_000..2_000_000_i64,
        ) {
            let rhythm = first(&dates);
            let later = now() + SignedDuration::from_mins(gap);
            let state = SourceState { rhythm: Some(rhythm), succeeded_at: Some(now()), ..SourceState::default() };
            let published: Vec<Timestamp> = dates.iter().map(|minutes| ago(*minutes)).collect();
            let rhythm = Rhythm::learn(&state, &Brought { new, published: &published, entries: 20 }, later);
            for after in [0, 1, 60, 100_000] {
                let wait = rhythm.wait(later + SignedDuration::from_mins(after));
                assert!((SHORTEST..=DAY).contains(&wait));
            }
        }
    }
}
