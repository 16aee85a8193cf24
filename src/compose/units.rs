//! Sizes and spans as people write them in settings: `"500 kB"`, `"90d"`.

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};

/// A number of bytes. `kB`, `MB` and `GB` are powers of 1,000, `KiB`, `MiB` and `GiB` of 1,024.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A span of time: a whole number and one of `m`, `h`, `d`, `w` (minutes to weeks).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age(pub SignedDuration);

impl Bytes {
    /// Reads a size.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a size: write a number above 0 and a unit, like `500 kB` or `2 MB`");
        let (number, unit) = split(text).ok_or_else(wrong)?;
        let factor = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" => 1_000,
            "m" | "mb" => 1_000_000,
            "g" | "gb" => 1_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            _ => return Err(wrong()),
        };
        number.checked_mul(factor).filter(|bytes| *bytes > 0).map(Self).ok_or_else(wrong)
    }
}

impl Age {
    /// Reads a span.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is not a span of time: write a number above 0 and a unit, like `30m`, `12h`, `90d`, `2w`")
        };
        let (number, unit) = split(text).ok_or_else(wrong)?;
        let minutes: u64 = match unit {
            "m" => 1,
            "h" => 60,
            "d" => 24 * 60,
            "w" => 7 * 24 * 60,
            _ => return Err(wrong()),
        };
        // A thousand years: far beyond any article, far within what a duration holds.
        let longest = 1000 * 366 * 24 * 60;
        let minutes =
            number.checked_mul(minutes).filter(|minutes| (1..=longest).contains(minutes)).ok_or_else(wrong)?;
        Ok(Self(SignedDuration::from_mins(i64::try_from(minutes).map_err(|_| wrong())?)))
    }
}

/// A whole number and the unit after it. `1_000` and `1,000` are not numbers here.
fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim()))
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_write_them() {
        let rows = [
            ("500 kB", Some(500_000)),
            ("500kb", Some(500_000)),
            ("2 MB", Some(2_000_000)),
            ("512 KiB", Some(524_288)),
            ("1000", Some(1000)),
            ("0 kB", None),
            ("1.5 MB", None),
            ("many", None),
            ("", None),
            ("5 lb", None),
            ("99999999999999999999", None),
            ("18446744073709551615 GB", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(Bytes::parse(text).ok().map(|bytes| bytes.0), wanted, "{text}");
        }
    }

    #[test]
    fn spans_read_as_people_write_them() {
        let rows = [
            ("90d", Some(90 * 24)),
            ("12 h", Some(12)),
            ("2w", Some(14 * 24)),
            ("120m", Some(2)),
            ("0d", None),
            ("d", None),
            ("90", None),
            ("1y", None),
            ("-1d", None),
            ("99999999999d", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(Age::parse(text).ok().map(|age| age.0.as_hours()), wanted, "{text}");
        }
        assert!(Age::parse("soon").expect_err("not a span").contains("`12h`"));
    }
}
