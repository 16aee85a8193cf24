//! Times in cron's notation, in the time zone of a source.

use std::cmp::Ordering;

use croner::errors::CronError;
use croner::time::{CivilDateTime, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

/// A pattern that was read, and the zone it is meant in.
#[derive(Debug, Clone)]
pub(super) struct Cron {
    pattern: Box<croner::Cron>,
    zone: TimeZone,
}

impl Cron {
    /// Reads `pattern`; the error says what is wrong with it.
    pub(super) fn parse(pattern: &str, zone: &TimeZone) -> Result<Self, String> {
        let wrong = |error: CronError| error.to_string().trim_end_matches('.').to_owned();
        let cron = Self { pattern: Box::new(pattern.parse().map_err(wrong)?), zone: zone.clone() };
        // A pattern that never comes (30 February) is found out here, not in the schedule.
        let start = Local::at(Timestamp::UNIX_EPOCH, zone);
        cron.pattern.find_next_occurrence(&start, false).map_err(wrong)?;
        Ok(cron)
    }

    /// The first time after `moment`; `None` at the end of the calendar.
    pub(super) fn next(&self, moment: Timestamp) -> Option<Timestamp> {
        let next = self.pattern.find_next_occurrence(&Local::at(moment, &self.zone), false).ok()?;
        Some(next.0.timestamp())
    }
}

/// A moment in the source's time zone, as the cron reader wants it.
#[derive(Debug, Clone)]
struct Local(ZonedDateTime);

impl Local {
    fn at(moment: Timestamp, zone: &TimeZone) -> Self {
        Self(moment.to_zoned_datetime(zone.clone()))
    }
}

impl CronDateTime for Local {
    fn to_civil(&self) -> CivilDateTime {
        let local = self.0.datetime();
        let part = |value: i8| u32::try_from(value).unwrap_or_default();
        CivilDateTime::from_ymd_hms_opt(
            i32::from(local.year()),
            part(local.month()),
            part(local.day()),
            part(local.hour()),
            part(local.minute()),
            part(local.second()),
        )
        .expect("a date and time of one calendar exist in another implementation of it")
    }

    fn civil_weekday(&self) -> Weekday {
        let days = self.0.datetime().weekday().to_sunday_zero_offset();
        Weekday::from_days_from_sunday(u32::try_from(days).unwrap_or_default())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let part = |value: u32| i8::try_from(value).map_err(|_| CronError::InvalidDate);
        let local = DateTime::new(
            i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?,
            part(civil.month())?,
            part(civil.day())?,
            part(civil.hour())?,
            part(civil.minute())?,
            part(civil.second())?,
            0,
        )
        .map_err(|_| CronError::InvalidDate)?;
        let moment = self.0.time_zone().to_ambiguous_zoned_datetime(local);
        let wrong = |_| CronError::InvalidTime;
        Ok(match moment.offset() {
            AmbiguousOffset::Unambiguous { .. } => Resolution::Single(Self(moment.unambiguous().map_err(wrong)?)),
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
            AmbiguousOffset::Fold { .. } => Resolution::Ambiguous(
                Self(moment.clone().earlier().map_err(wrong)?),
                Self(moment.later().map_err(wrong)?),
            ),
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}
