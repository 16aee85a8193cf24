//! Dates in a format that a site file names: `%d.%m.%Y %H:%M:%S`, with month names of a language (`locale`).

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use thiserror::Error;

use super::names;
use super::page::Moment;

/// A compiled format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    items: Vec<Item>,
    locale: Option<String>,
}

/// Why a format cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FormatError {
    /// A directive that is not known.
    #[error("`%{0}` is not known in a date format: use %d %m %Y %y %B %b %H %I %M %S %p %A %a %z %j %s %F %T %R %D %%")]
    Directive(char),
    /// A `%` with nothing after it.
    #[error("the date format ends in a bare `%`")]
    Unfinished,
    /// A format that does not name a day.
    #[error("the date format names no day: it needs %d, %m or %B, and %Y (or %F, %D, %s)")]
    Incomplete,
    /// A language whose months are not known.
    #[error("month names of locale `{0}` are not known")]
    Locale(String),
    /// A zone that is not known.
    #[error("`{0}` is not a time zone: name one like Europe/Minsk")]
    Zone(String),
}

/// How a site writes its dates: format, zone and language, each only where the site file says so.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    format: Option<Format>,
    zone: Option<TimeZone>,
    locale: Option<String>,
}

impl Reader {
    /// Compiles what a site file says.
    pub fn compile(format: Option<&str>, timezone: Option<&str>, locale: Option<&str>) -> Result<Self, FormatError> {
        let zone =
            timezone.map(|name| TimeZone::get(name).map_err(|_| FormatError::Zone(name.to_owned()))).transpose()?;
        let format = format.map(|format| Format::compile(format, locale)).transpose()?;
        Ok(Self { format, zone, locale: locale.map(str::to_owned) })
    }

    /// The moment in a text. With a format, only what fits it; without, what can be read without guessing.
    #[must_use]
    pub fn read(&self, text: &str, zone: &TimeZone, language: Option<&str>) -> Option<Moment> {
        let zone = self.zone.as_ref().unwrap_or(zone);
        match &self.format {
            Some(format) => format.read(text, zone),
            None => super::page::read(text, zone, self.locale.as_deref().or(language)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Day,
    Month,
    MonthName,
    Year,
    ShortYear,
    Hour,
    HalfDayHour,
    Minute,
    Second,
    HalfDay,
    Weekday,
    Zone,
    Epoch,
    Space,
    Literal(char),
}

#[derive(Default)]
struct Parts {
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
    hour: Option<i8>,
    minute: Option<i8>,
    second: Option<i8>,
    afternoon: Option<bool>,
    offset: Option<Offset>,
    epoch: Option<i64>,
}

impl Format {
    /// Compiles a format in the manner of `strftime`. White space stands for any white space, or none.
    pub fn compile(format: &str, locale: Option<&str>) -> Result<Self, FormatError> {
        if let Some(locale) = locale.filter(|locale| !names::knows(locale)) {
            return Err(FormatError::Locale(locale.to_owned()));
        }
        let mut items = Vec::new();
        let mut rest = format.trim().chars();
        while let Some(c) = rest.next() {
            match c {
                '%' => push_directive(&mut items, &mut rest)?,
                c if c.is_whitespace() => items.push(Item::Space),
                c => items.push(Item::Literal(c)),
            }
        }
        let has = |wanted: &[Item]| items.iter().any(|item| wanted.contains(item));
        let complete = has(&[Item::Epoch])
            || has(&[Item::Day]) && has(&[Item::Month, Item::MonthName]) && has(&[Item::Year, Item::ShortYear]);
        if !complete {
            return Err(FormatError::Incomplete);
        }
        Ok(Self { items, locale: locale.map(str::to_owned) })
    }

    /// The first place in the text where the format fits; the zone is for formats without an offset.
    #[must_use]
    pub fn read(&self, text: &str, zone: &TimeZone) -> Option<Moment> {
        let mut before = ' ';
        for (at, c) in text.char_indices().take(500) {
            // A match may begin at a word only: `13.06.2023` is not to be read as `3.06.2023`.
            let begins = !(before.is_alphanumeric() && c.is_alphanumeric());
            before = c;
            if !begins {
                continue;
            }
            if let Some(parts) = self.fit(&text[at..])
                && let Some(moment) = parts.moment(zone)
            {
                return Some(moment);
            }
        }
        None
    }

    fn fit(&self, text: &str) -> Option<Parts> {
        let mut parts = Parts::default();
        let mut rest = text;
        for item in &self.items {
            rest = match item {
                Item::Space => rest.trim_start(),
                Item::Literal(wanted) => rest.strip_prefix(*wanted)?,
                Item::Day => digits(rest, 2, &mut parts.day)?,
                Item::Month => digits(rest, 2, &mut parts.month)?,
                Item::Year => digits(rest, 4, &mut parts.year).filter(|_| parts.year.is_some_and(|year| year > 999))?,
                Item::ShortYear => {
                    let rest = digits(rest, 2, &mut parts.year)?;
                    parts.year = parts.year.map(|year| if year < 70 { 2000 + year } else { 1900 + year });
                    rest
                }
                Item::Hour | Item::HalfDayHour => digits(rest, 2, &mut parts.hour)?,
                Item::Minute => digits(rest, 2, &mut parts.minute)?,
                Item::Second => digits(rest, 2, &mut parts.second)?,
                Item::Epoch => digits(rest, 12, &mut parts.epoch)?,
                Item::MonthName => {
                    let (word, rest) = word(rest)?;
                    parts.month = Some(names::month(word, self.locale.as_deref())?);
                    rest.strip_prefix('.').unwrap_or(rest)
                }
                Item::Weekday => {
                    let (_, rest) = word(rest)?;
                    rest.strip_prefix('.').unwrap_or(rest)
                }
                Item::HalfDay => half_day(rest, &mut parts)?,
                Item::Zone => offset(rest, &mut parts)?,
            };
        }
        Some(parts)
    }
}

fn push_directive(items: &mut Vec<Item>, rest: &mut std::str::Chars) -> Result<(), FormatError> {
    let mut directive = rest.next().ok_or(FormatError::Unfinished)?;
    // Flags for padding say nothing when reading.
    while matches!(directive, '-' | '_' | '0') {
        directive = rest.next().ok_or(FormatError::Unfinished)?;
    }
    match directive {
        'd' | 'e' => items.push(Item::Day),
        'm' => items.push(Item::Month),
        'B' | 'b' | 'h' => items.push(Item::MonthName),
        'Y' => items.push(Item::Year),
        'y' => items.push(Item::ShortYear),
        'H' | 'k' => items.push(Item::Hour),
        'I' | 'l' => items.push(Item::HalfDayHour),
        'M' => items.push(Item::Minute),
        'S' => items.push(Item::Second),
        'p' | 'P' => items.push(Item::HalfDay),
        'A' | 'a' => items.push(Item::Weekday),
        'z' => items.push(Item::Zone),
        's' => items.push(Item::Epoch),
        'F' => items.extend([Item::Year, Item::Literal('-'), Item::Month, Item::Literal('-'), Item::Day]),
        'D' => items.extend([Item::Month, Item::Literal('/'), Item::Day, Item::Literal('/'), Item::ShortYear]),
        'T' => items.extend([Item::Hour, Item::Literal(':'), Item::Minute, Item::Literal(':'), Item::Second]),
        'R' => items.extend([Item::Hour, Item::Literal(':'), Item::Minute]),
        '%' => items.push(Item::Literal('%')),
        'n' | 't' => items.push(Item::Space),
        other => return Err(FormatError::Directive(other)),
    }
    Ok(())
}

/// At most `most` digits from the start of the text.
fn digits<'a, T: std::str::FromStr>(text: &'a str, most: usize, into: &mut Option<T>) -> Option<&'a str> {
    let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(length);
    *into = Some(number.parse().ok()?);
    Some(rest)
}

fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn half_day<'a>(text: &'a str, parts: &mut Parts) -> Option<&'a str> {
    let lower: String = text.chars().take(4).collect::<String>().to_lowercase();
    let length = if lower.starts_with("a.m.") || lower.starts_with("p.m.") { 4 } else { 2 };
    if !(lower.starts_with("am") || lower.starts_with("pm") || length == 4) {
        return None;
    }
    parts.afternoon = Some(lower.starts_with('p'));
    text.get(length..)
}

fn offset<'a>(text: &'a str, parts: &mut Parts) -> Option<&'a str> {
    if let Some(rest) = ["Z", "UTC", "GMT"].iter().find_map(|name| text.strip_prefix(name)) {
        parts.offset = Some(Offset::UTC);
        return Some(rest);
    }
    let negative = text.starts_with('-');
    let rest = text.strip_prefix(['+', '-'])?;
    let (mut hours, mut minutes): (Option<i32>, Option<i32>) = (None, None);
    let rest = digits(rest, 2, &mut hours)?;
    let rest = digits(rest.strip_prefix(':').unwrap_or(rest), 2, &mut minutes).unwrap_or(rest);
    let seconds = hours? * 3600 + minutes.unwrap_or(0) * 60;
    parts.offset = Some(Offset::from_seconds(if negative { -seconds } else { seconds }).ok()?);
    Some(rest)
}

impl Parts {
    fn moment(&self, zone: &TimeZone) -> Option<Moment> {
        if let Some(seconds) = self.epoch {
            return Some(Moment { at: jiff::Timestamp::from_second(seconds).ok()?, timed: true });
        }
        let date = Date::new(self.year?, self.month?, self.day?).ok()?;
        let hour = match (self.hour, self.afternoon) {
            (Some(12), Some(false)) => Some(0),
            (Some(hour), Some(true)) if hour < 12 => Some(hour + 12),
            (hour, _) => hour,
        };
        let time = match hour {
            Some(hour) => Some(Time::new(hour, self.minute.unwrap_or(0), self.second.unwrap_or(0), 0).ok()?),
            None => None,
        };
        Moment::new(date, time, self.offset, zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_read_what_they_say() {
        let rows = [
            ("%d.%m.%Y %H:%M:%S", None, "Posted: 13.06.2023 16:29:00", "2023-06-13T16:29:00Z"),
            ("%m/%d/%Y", None, "05/06/2023", "2023-05-06T00:00:00Z"),
            ("%d/%m/%y", None, "05/06/23", "2023-06-05T00:00:00Z"),
            ("%d %B %Y, %H:%M", Some("ru"), "13 июня 2023, 16:29", "2023-06-13T16:29:00Z"),
            ("%d %B %Y", Some("be"), "9 чэрвеня 2023 г.", "2023-06-09T00:00:00Z"),
            ("%A, %B %d, %Y %I:%M %p", None, "Tuesday, June 13, 2023 4:29 PM", "2023-06-13T16:29:00Z"),
            ("%F %T %z", None, "2023-06-13 16:29:00 +03:00", "2023-06-13T13:29:00Z"),
            ("%Y年%m月%d日", None, "2023年6月13日", "2023-06-13T00:00:00Z"),
        ];
        for (format, locale, text, wanted) in rows {
            let compiled = Format::compile(format, locale).expect(format);
            let found = compiled.read(text, &TimeZone::UTC).map(|moment| moment.at.to_string());
            assert_eq!(found.as_deref(), Some(wanted), "{format} on {text}");
        }
    }

    #[test]
    fn a_text_that_does_not_fit_gives_nothing() {
        let format = Format::compile("%d.%m.%Y", None).expect("valid");
        for text in ["13/06/2023", "113.06.2023", "13.06", "41.06.2023", "日本語"] {
            assert_eq!(format.read(text, &TimeZone::UTC), None, "{text}");
        }
    }

    #[test]
    fn a_wrong_format_says_what_is_wrong() {
        assert_eq!(Format::compile("%Q", None), Err(FormatError::Directive('Q')));
        assert_eq!(Format::compile("%d.%m.%", None), Err(FormatError::Unfinished));
        assert_eq!(Format::compile("%H:%M", None), Err(FormatError::Incomplete));
        assert_eq!(Format::compile("%d %B %Y", Some("xx")), Err(FormatError::Locale("xx".to_owned())));
    }
}
