//! Dates as pages write them: in attributes for machines and in sentences for people.
//!
//! Day and month are never guessed. Read are ISO 8601 and its common misspellings, RFC 822, month names, numbers parted by
//! dots (always day first), and other numbers where one is above 12 or the year comes first. `05/06/2023` is nothing.

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use regex::{Captures, Regex};

use super::names;

/// A moment as precise as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// When; the start of the day where no time was written.
    pub at: Timestamp,
    /// Whether a time of day was written.
    pub timed: bool,
}

impl Moment {
    /// The moment of a date and, if known, a time; `offset` where it was written, else `zone` says which.
    #[must_use]
    pub fn new(date: Date, time: Option<Time>, offset: Option<Offset>, zone: &TimeZone) -> Option<Self> {
        let civil = DateTime::from_parts(date, time.unwrap_or(Time::midnight()));
        let at = match offset {
            Some(offset) => offset.to_timestamp(civil).ok()?,
            None => zone.to_ambiguous_timestamp(civil).compatible().ok()?,
        };
        Some(Self { at, timed: time.is_some() })
    }

    /// Whether both may be the same day somewhere: a date without a zone is a day long wherever it was written.
    #[must_use]
    pub fn agrees(self, other: Self) -> bool {
        self.at.duration_since(other.at).abs()
            < SignedDuration::from_hours(if self.timed && other.timed { 15 } else { 38 })
    }
}

/// The earliest year a page on the web may claim; earlier ones are about history.
const FIRST_YEAR: i16 = 1990;
const LAST_YEAR: i16 = 2100;

/// Reads a text that is a date and little else: an attribute, a `meta` element, a line of a page.
#[must_use]
pub fn read(text: &str, zone: &TimeZone, language: Option<&str>) -> Option<Moment> {
    let text = text.trim();
    if text.is_empty() || text.len() > 400 {
        return None;
    }
    if let Some(epoch) = epoch(text) {
        return Some(Moment { at: epoch, timed: true });
    }
    find(text, zone, language).map(|(moment, _)| moment)
}

/// Finds the first date in a text, and how many bytes of the text it takes.
#[must_use]
pub fn find(text: &str, zone: &TimeZone, language: Option<&str>) -> Option<(Moment, usize)> {
    locate(text, zone, language).map(|found| (found.moment, found.length))
}

/// A date found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The date.
    pub moment: Moment,
    /// Bytes of the text it takes, time of day included.
    pub length: usize,
    /// What stands before it.
    pub before: String,
}

/// Finds the first date in a text, and what stands before it.
#[must_use]
pub fn locate(text: &str, zone: &TimeZone, language: Option<&str>) -> Option<Found> {
    let text: String = text.chars().map(plain_digit).collect();
    // The shortest date is `1.2.23`.
    if text.bytes().filter(u8::is_ascii_digit).count() < 4 {
        return None;
    }
    let mut best: Option<(usize, Date, usize)> = None;
    for (pattern, date_of) in SHAPES.iter() {
        for found in pattern.captures_iter(&text).take(20) {
            let Some(whole) = found.get(0) else { continue };
            if best
                .as_ref()
                .is_some_and(|(at, _, end)| (*at, usize::MAX - *end) <= (whole.start(), usize::MAX - whole.end()))
            {
                break;
            }
            if let Some(date) = date_of(&found, language) {
                best = Some((whole.start(), date, whole.end()));
                break;
            }
        }
    }
    let (start, date, end) = best?;
    let (time, offset, time_length) = time_near(&text[..start], &text[end..]);
    let moment = Moment::new(date, time, offset, zone)?;
    Some(Found { moment, length: end - start + time_length, before: text[..start].to_owned() })
}

/// The day a path or address names: `/2023/06/13/`, `/2023-06-13-`, `/20230613/`.
#[must_use]
pub fn in_address(path: &str, zone: &TimeZone) -> Option<Moment> {
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"(?:^|[/_.=-])((?:19|20)\d\d)(?:[/._-](\d{1,2})[/._-](\d{1,2})|(\d\d)(\d\d))(?:[/_.?&-]|$)")
    });
    let found = DAY.captures(path)?;
    let part = |number: usize| found.get(number).and_then(|part| part.as_str().parse::<i8>().ok());
    let year = found.get(1)?.as_str().parse().ok()?;
    let date = date(year, part(2).or(part(4))?, part(3).or(part(5))?)?;
    Moment::new(date, None, None, zone)
}

type DateOf = fn(&Captures, Option<&str>) -> Option<Date>;

static SHAPES: LazyLock<Vec<(Regex, DateOf)>> = LazyLock::new(|| {
    vec![
        // 2023-06-13, 2023/6/13, 2023.06.13, 2023-06-13T…
        (regex(r"\b((?:19|20)\d\d)\s?([-/.–])\s?(\d{1,2})\s?[-/.–]\s?(\d{1,2})(?:\b|T)"), |c, _| {
            date(year(c, 1)?, number(c, 3)?, number(c, 4)?)
        }),
        // 20230613, 20230613T162900
        (regex(r"\b((?:19|20)\d\d)(\d\d)(\d\d)(?:\b|T|\d{6}\b)"), |c, _| {
            date(year(c, 1)?, number(c, 2)?, number(c, 3)?)
        }),
        // 2023年6月13日, 2023년 6월 13일
        (regex(r"((?:19|20)\d\d)\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?"), |c, _| {
            date(year(c, 1)?, number(c, 2)?, number(c, 3)?)
        }),
        // 13.06.2023, 13. 6. 23: dots are day first, always
        (regex(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d\d)\b"), |c, _| {
            date(year(c, 3)?, number(c, 2)?, number(c, 1)?)
        }),
        // 13/06/2023: only when one number cannot be a month
        (regex(r"\b(\d{1,2})([/-])(\d{1,2})[/-](\d{4})\b"), |c, _| {
            let (a, b) = (number(c, 1)?, number(c, 3)?);
            match (a > 12, b > 12, a == b) {
                (true, false, _) | (false, false, true) => date(year(c, 4)?, b, a),
                (false, true, _) => date(year(c, 4)?, a, b),
                _ => None,
            }
        }),
        // 13/06/23, 6/13/23: the same, with slashes alone
        (regex(r"(?:^|\s)(\d{1,2})/(\d{1,2})/(\d\d)(?:\s|,|$)"), |c, _| {
            let (a, b) = (number(c, 1)?, number(c, 2)?);
            match (a > 12, b > 12) {
                (true, false) => date(year(c, 3)?, b, a),
                (false, true) => date(year(c, 3)?, a, b),
                _ => None,
            }
        }),
        // 13 June 2023, 13. Juni 2023, 13 de junio de 2023, 13th of June, 2023, 13-Jun-2023
        (
            regex(
                r"\b(\d{1,2})(?:st|nd|rd|th|er|º|ª|°|-?го|-?е)?\.?[\s\-/]*(?:de |of |a |den )?\s*(\p{L}[\p{L}\p{M}]{2,14})\.?[\s,\-/]*(?:de |del |of )?\s*(\d{4})\b",
            ),
            |c, language| date(year(c, 3)?, names::month(c.get(2)?.as_str(), language)?, number(c, 1)?),
        ),
        // June 13, 2023, Jun 13th 2023
        (
            regex(r"(\p{L}[\p{L}\p{M}]{2,14})\.?\s+(\d{1,2})(?:st|nd|rd|th|\.)?(?:\s*,\s*|\s+)(\d{4})\b"),
            |c, language| date(year(c, 3)?, names::month(c.get(1)?.as_str(), language)?, number(c, 2)?),
        ),
        // 2023 m. birželio 13 d., 2023. június 13., 13 June '23 left out; 2023 June 13
        (
            regex(r"\b((?:19|20)\d\d)\.?\s*(?:m\.|жылғы|оны|,)?\s*(\p{L}[\p{L}\p{M}]{2,14})\.?\s+(\d{1,2})\b"),
            |c, language| date(year(c, 1)?, names::month(c.get(2)?.as_str(), language)?, number(c, 3)?),
        ),
        // Tue Jun 13 16:29:00 GMT 2023 (Unix date)
        (regex(r"\b(\p{L}{3})\s+(\d{1,2})\s+\d\d:\d\d:\d\d\s+(?:[A-Z]{3,4}\s+)?(\d{4})\b"), |c, language| {
            date(year(c, 3)?, names::month(c.get(1)?.as_str(), language)?, number(c, 2)?)
        }),
        // ngày 13 tháng 6 năm 2023
        (regex(r"(?i)\b(\d{1,2})\s+tháng\s+(\d{1,2})(?:,|\s+năm)?\s+(\d{4})\b"), |c, _| {
            date(year(c, 3)?, number(c, 2)?, number(c, 1)?)
        }),
    ]
});

/// Compiles a shape. Word boundaries and digits are those of ASCII: next to numbers they mean the same, and the others cost
/// the fast matcher on any text that is not ASCII.
fn regex(pattern: &str) -> Regex {
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)").replace(r"\d", "[0-9]"))
        .expect("the built-in date shapes are valid expressions")
}

fn number(found: &Captures, group: usize) -> Option<i8> {
    found.get(group)?.as_str().parse().ok()
}

fn year(found: &Captures, group: usize) -> Option<i16> {
    let text = found.get(group)?.as_str();
    let year: i16 = text.parse().ok()?;
    // Two digits are this century's: pages of the last one are gone or were redone.
    Some(if text.len() == 2 { 2000 + year } else { year })
}

fn date(year: i16, month: i8, day: i8) -> Option<Date> {
    (FIRST_YEAR..=LAST_YEAR).contains(&year).then(|| Date::new(year, month, day).ok())?
}

/// Seconds or milliseconds since 1970, written bare.
fn epoch(text: &str) -> Option<Timestamp> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match text.len() {
        10 => Timestamp::from_second(text.parse().ok()?).ok(),
        13 => Timestamp::from_millisecond(text.parse().ok()?).ok(),
        _ => None,
    }
}

static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?ix)^\s*(?:T|,|\||-|–|—|·|•|@|\(|/|;)?\s*(?:at|um|à|a|las|a\ las|às|kl\.?|klo|ore|alle|o|г\.?,?|года,?|в|у|о|um:|\p{L}{2,9}day,?)?\s*[,|(-]?\s*
        (\d{1,2})\s?[:.h时時]\s?(\d{2})(?:\s?[:.分]\s?(\d{2})(?:[.,]\d{1,9})?)?
        \s*(a\.?m\.?|p\.?m\.?)?\s*(?:uhr|h|hrs|ч)?\s*
        \(?((?:Z|UTC|GMT|EST|EDT|CST|CDT|MST|MDT|PST|PDT|ET|PT|CET|CEST|EET|EEST|MSK|МСК|WET|WEST|JST|KST|AEST|AEDT|SGT|HKT)\b)?\s*((?:[+−-]\d{1,2}:?(?:\d{2})?))?",
    )
});
static COMPACT_CLOCK: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^T?(\d\d)(\d\d)(\d\d)?(?:\.\d+)?()(Z)?\s*([+-]\d\d:?\d\d)?"));
static CLOCK_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:^|\s)(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(a\.?m\.?|p\.?m\.?)?\s*(?:uhr)?\s*(Z|UTC|GMT|EST|EDT|CST|CDT|MST|MDT|PST|PDT|ET|PT|CET|CEST|EET|MSK|МСК)?()\s*(?:,|\||-|–|·|on|\p{L}{3,10},?)?\s*(?:\p{L}{3,10},?)?\s*$",
    )
});

/// The time of day written next to a date: after it, else before it.
fn time_near(before: &str, after: &str) -> (Option<Time>, Option<Offset>, usize) {
    let compact =
        after.starts_with(|c: char| c == 'T' || c.is_ascii_digit()).then(|| COMPACT_CLOCK.captures(after)).flatten();
    let found = CLOCK.captures(after).or(compact).or_else(|| CLOCK_BEFORE.captures(before));
    let Some(found) = found else { return (None, None, 0) };
    let length = found.get(0).map_or(0, |whole| whole.len());
    let part = |group: usize| found.get(group).filter(|part| !part.is_empty());
    let clock = || {
        let mut hour = number(&found, 1)?;
        match part(4).and_then(|half| half.as_str().chars().next()) {
            Some('p' | 'P') if hour < 12 => hour += 12,
            Some('a' | 'A') if hour == 12 => hour = 0,
            _ => {}
        }
        let minute = number(&found, 2)?;
        Time::new(hour, minute, part(3).and_then(|s| s.as_str().parse().ok()).unwrap_or(0).min(59), 0).ok()
    };
    let Some(time) = clock() else { return (None, None, 0) };
    let named = part(5).and_then(|name| offset_of_name(name.as_str()));
    let signed = part(6).and_then(|sign| offset_of_digits(sign.as_str()));
    (Some(time), signed.or(named), length)
}

fn offset_of_name(name: &str) -> Option<Offset> {
    let (hours, minutes) = match name.to_uppercase().as_str() {
        "Z" | "UTC" | "GMT" | "WET" => (0, 0),
        "EST" | "CDT" => (-5, 0),
        "EDT" => (-4, 0),
        "CST" | "MDT" => (-6, 0),
        "MST" | "PDT" => (-7, 0),
        "PST" => (-8, 0),
        "CET" | "WEST" => (1, 0),
        "CEST" | "EET" => (2, 0),
        "EEST" | "MSK" | "МСК" => (3, 0),
        "JST" | "KST" => (9, 0),
        "AEST" => (10, 0),
        "AEDT" => (11, 0),
        "SGT" | "HKT" => (8, 0),
        _ => return None,
    };
    Offset::from_seconds(hours * 3600 + minutes * 60).ok()
}

fn offset_of_digits(text: &str) -> Option<Offset> {
    let negative = text.starts_with(['-', '−']);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i32>().ok()?, 0),
        3 => (digits.get(..1)?.parse().ok()?, digits.get(1..)?.parse().ok()?),
        4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse::<i32>().ok()?),
        _ => return None,
    };
    let seconds = hours * 3600 + minutes * 60;
    Offset::from_seconds(if negative { -seconds } else { seconds }).ok()
}

/// Digits of other scripts as ASCII, spaces that do not break as plain ones.
fn plain_digit(c: char) -> char {
    let code = u32::from(c);
    let digit = match code {
        0x0660..=0x0669 => code - 0x0660,
        0x06f0..=0x06f9 => code - 0x06f0,
        0x0966..=0x096f => code - 0x0966,
        0x09e6..=0x09ef => code - 0x09e6,
        0xff10..=0xff19 => code - 0xff10,
        _ => return if c.is_whitespace() { ' ' } else { c },
    };
    char::from_digit(digit, 10).unwrap_or(c)
}

/// In which order the dates of a listing are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// 13/06/2023
    DayFirst,
    /// 06/13/2023
    MonthFirst,
}

static SLASHED: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b"));

/// The order that the dates in these texts show together: some have a day above 12, and all that do agree.
pub fn order<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Order> {
    let mut shown = None;
    for text in texts {
        for found in SLASHED.captures_iter(text) {
            let this = match (number(&found, 1)? > 12, number(&found, 2)? > 12) {
                (true, false) => Order::DayFirst,
                (false, true) => Order::MonthFirst,
                _ => continue,
            };
            if shown.is_some_and(|shown| shown != this) {
                return None;
            }
            shown = Some(this);
        }
    }
    shown
}

/// Reads a text like [`read`], where the order of day and month is known from its neighbours.
#[must_use]
pub fn read_in_order(text: &str, order: Option<Order>, zone: &TimeZone, language: Option<&str>) -> Option<Moment> {
    let Some(order) = order else { return read(text, zone, language) };
    read(&with_order(text, order), zone, language)
}

/// The text with its numeric dates written year first, as their order says.
#[must_use]
pub fn with_order(text: &str, order: Order) -> Cow<'_, str> {
    SLASHED.replace_all(
        text,
        match order {
            Order::DayFirst => "$3-$2-$1",
            Order::MonthFirst => "$3-$1-$2",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Option<String> {
        read(text, &TimeZone::UTC, None).map(|moment| moment.at.to_string())
    }

    #[test]
    fn dates_are_read_as_written() {
        let rows = [
            ("2023-06-13T16:29:00+03:00", "2023-06-13T13:29:00Z"),
            ("2023-06-13T16:29:00.123Z", "2023-06-13T16:29:00Z"),
            ("2023-06-13 16:29:00 +0300", "2023-06-13T13:29:00Z"),
            ("20230613T162900Z", "2023-06-13T16:29:00Z"),
            ("2023-06-13", "2023-06-13T00:00:00Z"),
            ("2023/6/3", "2023-06-03T00:00:00Z"),
            ("Tue, 13 Jun 2023 16:29:00 GMT", "2023-06-13T16:29:00Z"),
            ("Tue Jun 13 2023 16:29:00 GMT+0300 (Moscow)", "2023-06-13T13:29:00Z"),
            ("Posted: 13.06.2023 16:29:00", "2023-06-13T16:29:00Z"),
            ("05.06.2023", "2023-06-05T00:00:00Z"),
            ("13. Juni 2023, 16:29 Uhr", "2023-06-13T16:29:00Z"),
            ("13 июня 2023 года, 16:29", "2023-06-13T16:29:00Z"),
            ("13 червня 2023", "2023-06-13T00:00:00Z"),
            ("June 13th, 2023 at 4:29 p.m. EDT", "2023-06-13T20:29:00Z"),
            ("12:05 AM, June 13, 2023", "2023-06-13T00:05:00Z"),
            ("13 de junio de 2023", "2023-06-13T00:00:00Z"),
            ("2023年6月13日", "2023-06-13T00:00:00Z"),
            ("13/06/2023", "2023-06-13T00:00:00Z"),
            ("06/13/2023 16:29", "2023-06-13T16:29:00Z"),
            ("1686662940", "2023-06-13T13:29:00Z"),
            ("6/13/23", "2023-06-13T00:00:00Z"),
            ("13/06/23, 16:29", "2023-06-13T16:29:00Z"),
            ("13 جوان 2023", "2023-06-13T00:00:00Z"),
        ];
        for (given, wanted) in rows {
            assert_eq!(utc(given).as_deref(), Some(wanted), "{given}");
        }
    }

    #[test]
    fn day_and_month_are_never_guessed() {
        for ambiguous in [
            "05/06/2023",
            "5-6-2023",
            "5/6/23",
            "16/9/2.5",
            "31.31.2023",
            "40 June 2023",
            "yesterday",
            "1066-10-14",
            "",
        ] {
            assert_eq!(utc(ambiguous), None, "{ambiguous}");
        }
        assert_eq!(utc("05/05/2023").as_deref(), Some("2023-05-05T00:00:00Z"));
    }

    #[test]
    fn a_date_without_offset_is_in_the_zone_of_the_site() {
        let minsk = TimeZone::get("Europe/Minsk").expect("bundled");
        let moment = read("13.06.2023 16:29:00", &minsk, None).expect("a date");
        assert_eq!(moment.at.to_string(), "2023-06-13T13:29:00Z");
    }

    #[test]
    fn neighbours_show_the_order_when_they_agree() {
        assert_eq!(order(["05/06/2023", "13/06/2023"].into_iter()), Some(Order::DayFirst));
        assert_eq!(order(["05/06/2023", "06/13/2023"].into_iter()), Some(Order::MonthFirst));
        assert_eq!(order(["13/06/2023", "06/13/2023"].into_iter()), None);
        assert_eq!(order(["05/06/2023"].into_iter()), None);
        let read = |order| read_in_order("05/06/2023", order, &TimeZone::UTC, None).map(|moment| moment.at.to_string());
        assert_eq!(read(Some(Order::DayFirst)).as_deref(), Some("2023-06-05T00:00:00Z"));
        assert_eq!(read(Some(Order::MonthFirst)).as_deref(), Some("2023-05-06T00:00:00Z"));
        assert_eq!(read(None), None);
    }

    #[test]
    fn what_stands_before_a_date_is_told() {
        let found = locate("Written: 13.06.2023 16:29, updated 14.06.2023", &TimeZone::UTC, None).expect("a date");
        assert_eq!(
            (found.before.as_str(), found.moment.at.to_string().as_str()),
            ("Written: ", "2023-06-13T16:29:00Z")
        );
    }

    #[test]
    fn moments_agree_where_they_may_be_the_same_day() {
        let moment = |text| read(text, &TimeZone::UTC, None).expect("a date");
        assert!(moment("2023-06-13").agrees(moment("2023-06-14T03:00:00Z")));
        assert!(moment("2023-06-13T10:00:00Z").agrees(moment("2023-06-13T20:00:00+03:00")));
        assert!(!moment("2023-06-13").agrees(moment("2023-06-15")));
    }

    #[test]
    fn addresses_name_days() {
        for (path, wanted) in [
            ("/news/2023/06/13/visit", Some("2023-06-13T00:00:00Z")),
            ("/x-20230613-1", Some("2023-06-13T00:00:00Z")),
            ("/id/20239913/", None),
            ("/2023/06/", None),
        ] {
            let found = in_address(path, &TimeZone::UTC).map(|moment| moment.at.to_string());
            assert_eq!(found.as_deref(), wanted, "{path}");
        }
    }
}
