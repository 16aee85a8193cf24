//! Dates in words: a month by name or units behind numbers, in any order and many languages.
//!
//! The text is taken to pieces, and what the pieces can only mean is put together. Weekdays, articles and words between are
//! passed over; a weekday that is wrong changes nothing. Left out: numbers in words, and names of zones that mean several
//! (IST), which count as UTC like every unknown one.

use jiff::Timestamp;

use super::feed::{Written, distance};
use super::feed_names::{month, zone};

/// A date taken to pieces, in lower case.
#[derive(Debug, Default)]
pub(super) struct Words {
    month: Option<i64>,
    /// Year and day, where a unit says which number is which.
    year: Option<i64>,
    day: Option<i64>,
    /// The numbers of the date in their order, with their digits.
    numbers: Vec<(i64, usize)>,
    time: Option<(i64, i64, i64)>,
    afternoon: Option<bool>,
    offset: Option<i64>,
    /// A word was read that the number of the month follows (Vietnamese).
    month_follows: bool,
}

/// Numbers that are kept of one text; a date has three.
const MAX_NUMBERS: usize = 8;

impl Words {
    /// Takes `text` to pieces, which is in lower case and has no comments.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut words = Self::default();
        let mut rest = text;
        let mut previous = ' ';
        while let Some(c) = rest.chars().next() {
            let length = if c.is_ascii_digit() {
                words.number(rest)?
            } else if c.is_alphabetic() {
                words.word(rest)
            } else if matches!(c, '+' | '-')
                && words.time.is_some()
                && !previous.is_alphabetic()
                && words.offset.is_none()
            {
                words.sign(rest)
            } else {
                c.len_utf8()
            };
            previous = rest.get(..length)?.chars().next_back().unwrap_or(' ');
            rest = rest.get(length..)?;
        }
        Some(words)
    }

    /// A number, alone or with its unit, or a time of day; gives its length.
    fn number(&mut self, text: &str) -> Option<usize> {
        let digits = run(text, |c| c.is_ascii_digit());
        let number: i64 = text.get(..digits)?.parse().ok()?;
        let rest = text.get(digits..)?;
        if self.month_follows {
            self.month_follows = false;
            self.month = Some(number);
            return Some(digits);
        }
        if let Some(length) = self.clock(number, rest) {
            return Some(digits + length);
        }
        if self.numbers.len() >= MAX_NUMBERS {
            return None;
        }
        if !self.unit(number, rest) {
            self.numbers.push((number, digits));
        }
        Some(digits)
    }

    /// The time of day that begins with this hour, if it is one; gives the length of the rest.
    fn clock(&mut self, hour: i64, rest: &str) -> Option<usize> {
        let is_date_known = self.numbers.len() > if self.month.is_some() { 1 } else { 2 };
        let separator = match rest.chars().next()? {
            ':' => ':',
            // 16h29 in French, 16.29 in Finnish and Danish; before the date is known the latter could be its day and month.
            'h' => 'h',
            '.' if is_date_known => '.',
            _ => return None,
        };
        let minutes = rest.get(1..).filter(|_| self.time.is_none())?;
        let minute_digits = run(minutes, |c| c.is_ascii_digit());
        if minute_digits == 0 || (separator != ':' && minute_digits != 2) {
            return None;
        }
        let minute = minutes.get(..minute_digits)?.parse().ok()?;
        let mut length = 1 + minute_digits;
        let seconds = minutes.get(minute_digits..)?.strip_prefix(separator).unwrap_or_default();
        let second_digits = run(seconds, |c| c.is_ascii_digit());
        let mut second = 0;
        if second_digits > 0 {
            second = seconds.get(..second_digits)?.parse().ok()?;
            length += 1 + second_digits + run(seconds.get(second_digits..)?, |c| c == '.' || c.is_ascii_digit());
        }
        self.time = Some((hour, minute, second));
        Some(length)
    }

    /// Whether a unit behind the number says what it is: year, month, day, hour, minute, second in Chinese, Japanese, Korean.
    fn unit(&mut self, number: i64, rest: &str) -> bool {
        let (hour, minute, second) = self.time.unwrap_or_default();
        match rest.trim_start().chars().next() {
            Some('年' | '년') => self.year = Some(number),
            Some('月' | '월') => self.month = Some(number),
            Some('日' | '일') => self.day = Some(number),
            Some('時' | '时' | '시' | '点' | '點') => self.time = Some((number, minute, second)),
            Some('分' | '분') => self.time = Some((hour, number, second)),
            Some('秒' | '초') => self.time = Some((hour, minute, number)),
            _ => return false,
        }
        true
    }

    /// A month, a zone, half of a day, or something that does not matter; gives its length.
    fn word(&mut self, text: &str) -> usize {
        let length = run(text, |c| c.is_alphabetic() || c == '.' || is_mark(c));
        let word = text.get(..length).unwrap_or_default();
        let bare = word.replace('.', "");
        match bare.as_str() {
            "am" | "πμ" | "오전" | "上午" | "午前" => self.afternoon = Some(false),
            "pm" | "μμ" | "오후" | "下午" | "午後" => self.afternoon = Some(true),
            // The units of Korean dates: their writers mean Korea's time.
            "년" | "월" | "일" => self.offset = self.offset.or(Some(9 * 3600)),
            "tháng" => self.month_follows = true,
            _ => {
                if let Some(month) = month(&bare) {
                    // A weekday may look like a month (French mardi): the month comes last.
                    self.month = Some(month);
                } else if self.time.is_some()
                    && let Some(offset) = zone(&bare)
                {
                    // GMT+0200, GMT +0200: the sign counts from it.
                    let rest = text.get(length..).unwrap_or_default();
                    let sign = rest.trim_start();
                    let counts = sign
                        .strip_prefix(['+', '-'])
                        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
                    if offset == 0 && counts {
                        return length + (rest.len() - sign.len()) + self.sign(sign);
                    }
                    self.offset = Some(offset);
                }
            }
        }
        length.max(1)
    }

    /// A distance from UTC: `+0200`, `+02:00`, `+2`; gives its length.
    fn sign(&mut self, text: &str) -> usize {
        let digits = text.get(1..).unwrap_or_default();
        let length = run(digits, |c| c.is_ascii_digit() || c == ':');
        if length == 0 {
            return 1;
        }
        // A distance that does not exist makes the whole an impossible date.
        let offset = digits.get(..length).and_then(distance).unwrap_or(i64::from(i32::MAX));
        self.offset = Some(if text.starts_with('-') { -offset } else { offset });
        1 + length
    }

    /// The moment the pieces mean together.
    pub(super) fn moment(&self) -> Option<Timestamp> {
        let (year, month, day) = self.date()?;
        let (hour, minute, second) = self.time.unwrap_or_default();
        let hour = match self.afternoon {
            Some(true) if hour < 12 => hour + 12,
            Some(false) if hour == 12 => 0,
            _ => hour,
        };
        Written { year, month, day, hour, minute, second, offset: self.offset.unwrap_or(0) }.moment()
    }

    fn date(&self) -> Option<(i64, i64, i64)> {
        let Some(month) = self.month else { return self.numeric() };
        let mut numbers = self.numbers.iter().copied();
        let (year, day) = match (self.year, self.day) {
            (Some(year), Some(day)) => (year, day),
            (Some(year), None) => (year, numbers.next()?.0),
            (None, Some(day)) => (full_year(numbers.next()?)?, day),
            (None, None) => {
                let (first, second) = (numbers.next()?, numbers.next()?);
                let year_first = first.1 > 2 || first.0 > 31;
                let (year, day) = if year_first { (first, second) } else { (second, first) };
                (full_year(year)?, day.0)
            }
        };
        Some((year, month, day))
    }

    /// Day and month by number: only where one of them can be no month, or both are the same.
    fn numeric(&self) -> Option<(i64, i64, i64)> {
        let [first, second, third, ..] = *self.numbers.as_slice() else { return None };
        if first.1 == 4 {
            return Some((first.0, second.0, third.0));
        }
        match (first.0 > 12, second.0 > 12) {
            (true, false) if third.1 == 4 => Some((third.0, second.0, first.0)),
            (false, true) if third.1 == 4 => Some((third.0, first.0, second.0)),
            (false, false) if third.1 == 4 && first.0 == second.0 => Some((third.0, first.0, second.0)),
            _ => None,
        }
    }
}

/// Years of two and three digits as RFC 2822 §4.3 reads them, but that 50 to 89 lie ahead: feeds are younger than that.
fn full_year((number, digits): (i64, usize)) -> Option<i64> {
    match (number, digits) {
        (0..90, 1 | 2) => Some(number + 2000),
        (90..1000, 2 | 3) => Some(number + 1900),
        (_, 4) => Some(number),
        _ => None,
    }
}

/// Accents and vowel signs that are characters of their own.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{97f}' | '\u{980}'..='\u{9ff}')
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c: char| !belongs(c)).unwrap_or(text.len())
}
