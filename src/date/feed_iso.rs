//! ISO 8601 as feeds write it: W3C-DTF in every precision, basic and extended form, week and ordinal dates, spaces where
//! none belong.
//!
//! Truncated years and the forms that need the present century are left out: they say two things.

use jiff::Timestamp;
use jiff::civil;

use super::feed::{Written, distance};
use super::feed_names::zone;

/// The moment, when the text is a date in one of these forms from end to end.
pub(super) fn read(text: &[u8]) -> Option<Timestamp> {
    let mut scanner = Scanner(text);
    let mut written = scanner.date()?;
    scanner.spaces();
    scanner.letter(b't');
    scanner.spaces();
    if !scanner.0.is_empty() {
        scanner.time(&mut written)?;
    }
    written.moment()
}

struct Scanner<'a>(&'a [u8]);

impl Scanner<'_> {
    fn take(&mut self, length: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at_checked(length).unwrap_or((self.0, b""));
        self.0 = rest;
        taken
    }

    fn digits(&self) -> usize {
        self.0.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// A number of exactly so many digits, all of which are there.
    fn number(&mut self, digits: usize) -> Option<i64> {
        if digits == 0 || digits > self.digits() {
            return None;
        }
        Some(self.take(digits).iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    }

    fn spaces(&mut self) {
        self.0 = self.0.trim_ascii_start();
    }

    fn letter(&mut self, letter: u8) -> bool {
        let found = self.0.first().is_some_and(|byte| byte.eq_ignore_ascii_case(&letter));
        self.take(usize::from(found));
        found
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let found = *self.0.first().filter(|byte| bytes.contains(byte))?;
        self.take(1);
        Some(found)
    }

    fn date(&mut self) -> Option<Written> {
        match self.digits() {
            4 => {}
            7 => {
                let year = self.number(4)?;
                return ordinal(year, self.number(3)?);
            }
            // Twelve or fourteen digits: the time follows without a break.
            8 | 12 | 14 => {
                let (year, month, day) = (self.number(4)?, self.number(2)?, self.number(2)?);
                return Some(Written { year, month, day, ..Written::default() });
            }
            _ => return None,
        }
        let year = self.number(4)?;
        let separator = self.one_of(b"-/.");
        if self.letter(b'w') {
            let week = self.number(2)?;
            self.one_of(b"-");
            return weekday(year, week, self.number(1).unwrap_or(1));
        }
        if separator.is_none() {
            return Some(Written { year, month: 1, day: 1, ..Written::default() });
        }
        match self.digits() {
            3 => return ordinal(year, self.number(3)?),
            4 => {
                let (month, day) = (self.number(2)?, self.number(2)?);
                return Some(Written { year, month, day, ..Written::default() });
            }
            1 | 2 => {}
            _ => return None,
        }
        let month = self.number(self.digits())?;
        let day = match self.one_of(b"-/.") {
            Some(_) => self.number(self.digits().min(2))?,
            None => 1,
        };
        Some(Written { year, month, day, ..Written::default() })
    }

    fn time(&mut self, written: &mut Written) -> Option<()> {
        match self.digits() {
            1 | 2 => {
                // The hour alone is the one time that needs no minutes (ISO 8601-1 §4.3.1), and no digit more.
                let is_whole = self.digits() == 2;
                written.hour = self.number(self.digits())?;
                if self.one_of(b":").is_some() {
                    written.minute = self.number(self.digits().min(2))?;
                    if self.one_of(b":").is_some() {
                        written.second = self.number(self.digits().min(2)).unwrap_or(0);
                    }
                } else if !is_whole {
                    return None;
                }
            }
            4 => (written.hour, written.minute) = (self.number(2)?, self.number(2)?),
            6 => (written.hour, written.minute, written.second) = (self.number(2)?, self.number(2)?, self.number(2)?),
            // A zone behind a bare date.
            0 => {}
            _ => return None,
        }
        if self.one_of(b".,").is_some() {
            self.take(self.digits());
        }
        self.spaces();
        self.half_of_day(written);
        self.zone(written)
    }

    fn half_of_day(&mut self, written: &mut Written) {
        let [first, b'm' | b'M', ..] = self.0 else { return };
        match first.to_ascii_lowercase() {
            b'p' if written.hour < 12 => written.hour += 12,
            b'a' if written.hour == 12 => written.hour = 0,
            b'a' | b'p' => {}
            _ => return,
        }
        self.take(2);
        self.spaces();
    }

    /// The rest: a distance from UTC, the name of a zone, or nothing.
    fn zone(&mut self, written: &mut Written) -> Option<()> {
        let text = std::str::from_utf8(self.0).ok()?.trim();
        let sign = match text.as_bytes().first() {
            None => return Some(()),
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => {
                written.offset = zone(&text.to_ascii_lowercase())?;
                return Some(());
            }
        };
        written.offset = sign * distance(text.get(1..)?.trim_start())?;
        Some(())
    }
}

fn ordinal(year: i64, day: i64) -> Option<Written> {
    let start = civil::Date::new(i16::try_from(year).ok()?, 1, 1).ok()?;
    if !(1..=i64::from(start.days_in_year())).contains(&day) {
        return None;
    }
    Some(of(start.checked_add(jiff::Span::new().days(day - 1)).ok()?))
}

fn weekday(year: i64, week: i64, day: i64) -> Option<Written> {
    let weekday = civil::Weekday::from_monday_one_offset(i8::try_from(day).ok()?).ok()?;
    let date = civil::ISOWeekDate::new(i16::try_from(year).ok()?, i8::try_from(week).ok()?, weekday).ok()?;
    Some(of(date.date()))
}

fn of(date: civil::Date) -> Written {
    Written {
        year: i64::from(date.year()),
        month: i64::from(date.month()),
        day: i64::from(date.day()),
        ..Written::default()
    }
}
