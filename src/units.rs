//! Durations and sizes as people write them in settings: `"30s"`, `"1h30m"`, `"7d"`, `"500 kB"`, `"10 MB"`.
//!
//! The modules [`duration`], [`optional_duration`] and [`size`] are for `#[serde(with = "…")]`. A duration without a unit is
//! an error: `30` may mean seconds or minutes, and nobody should have to guess.

pub mod limits;

use std::time::Duration;

/// Why a text is not a duration or a size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not a duration.
    #[error("`{0}` is not a duration: write a number and a unit, e.g. `30s`, `10m`, `1h30m`, `7d`")]
    Duration(String),
    /// Not a size.
    #[error("`{0}` is not a size: write a number and a unit, e.g. `500 kB`, `10 MB`, `1 MiB`")]
    Size(String),
}

/// Reads a duration: whole numbers, each with a unit (`ms`, `s`, `m` or `min`, `h`, `d`, `w`), added up.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(courant::units::parse_duration("1h30m"), Ok(Duration::from_secs(5400)));
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let wrong = || UnitError::Duration(text.to_owned());
    let mut rest = text.trim();
    let mut sum = Duration::ZERO;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let (number, after) = leading(rest, |c| c.is_ascii_digit());
        let (unit, after) = leading(after.trim_start(), char::is_alphabetic);
        let milliseconds: u64 = match unit {
            "ms" => 1,
            "s" | "sec" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" | "day" | "days" => 86_400_000,
            "w" => 604_800_000,
            _ => return Err(wrong()),
        };
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let part = number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(wrong)?;
        sum = sum.checked_add(part).ok_or_else(wrong)?;
        rest = after.trim_start();
    }
    Ok(sum)
}

/// Reads a size in bytes: a whole number and a unit (`B`, `kB`, `MB`, `GB` by thousands; `KiB`, `MiB`, `GiB` by 1024).
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    let wrong = || UnitError::Size(text.to_owned());
    let (number, unit) = leading(text.trim(), |c| c.is_ascii_digit());
    let bytes: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.parse().ok().and_then(|number: u64| number.checked_mul(bytes)).ok_or_else(wrong)
}

fn leading(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// The duration as [`parse_duration`] reads it, e.g. `1h30m`.
#[must_use]
pub fn write_duration(duration: Duration) -> String {
    join(duration, "", &["d", "h", "m", "s", "ms"], 5, "0s")
}

/// The duration for a sentence, to its two largest units: `1 h 30 min`, `20 s`.
#[must_use]
pub fn spell_duration(duration: Duration) -> String {
    join(duration, " ", &["d", "h", "min", "s", "ms"], 2, "0 s")
}

fn join(duration: Duration, gap: &str, units: &[&str; 5], most: usize, zero: &str) -> String {
    let mut left = duration.as_millis();
    let mut parts = Vec::new();
    for (unit, milliseconds) in units.iter().zip([86_400_000, 3_600_000, 60_000, 1_000, 1]) {
        let count: u128 = left / milliseconds;
        left %= milliseconds;
        if count > 0 {
            parts.push(format!("{count}{gap}{unit}"));
        }
    }
    parts.truncate(most);
    if parts.is_empty() { zero.to_owned() } else { parts.join(gap) }
}

/// The size for people and for [`parse_size`], e.g. `10 MB`; exact, in the largest unit that leaves no remainder.
#[must_use]
pub fn write_size(bytes: u64) -> String {
    let units =
        [(1_000_000_000, "GB"), (1 << 30, "GiB"), (1_000_000, "MB"), (1 << 20, "MiB"), (1_000, "kB"), (1 << 10, "KiB")];
    let exact = units.iter().find(|(size, _)| bytes >= *size && bytes.is_multiple_of(*size));
    exact.map_or_else(|| format!("{bytes} B"), |(size, unit)| format!("{} {unit}", bytes / size))
}

/// A duration as text, for `#[serde(with)]`.
pub mod duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes `1h30m`.
    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::write_duration(*duration))
    }

    /// Reads `1h30m`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        super::parse_duration(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A duration that may be left out, for `#[serde(with, default)]`.
pub mod optional_duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes `1h30m`, or nothing.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => serializer.serialize_some(&super::write_duration(*duration)),
            None => serializer.serialize_none(),
        }
    }

    /// Reads `1h30m`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| super::parse_duration(&text)).transpose().map_err(de::Error::custom)
    }
}

/// A size in bytes as text (a bare number counts bytes), for `#[serde(with)]`.
pub mod size {
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Bytes(u64),
        Text(String),
    }

    /// Writes `10 MB`.
    pub fn serialize<S: Serializer>(bytes: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::write_size(*bytes))
    }

    /// Reads `10 MB` or `10000000`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Bytes(bytes) => Ok(bytes),
            Written::Text(text) => super::parse_size(&text).map_err(de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_back() {
        let rows = [
            ("30s", 30_000, "30s"),
            ("10m", 600_000, "10m"),
            ("10 min", 600_000, "10m"),
            ("1h30m", 5_400_000, "1h30m"),
            ("1 h 30 m", 5_400_000, "1h30m"),
            ("7d", 604_800_000, "7d"),
            ("1w", 604_800_000, "7d"),
            ("250ms", 250, "250ms"),
            ("0s", 0, "0s"),
        ];
        for (text, milliseconds, written) in rows {
            let duration = parse_duration(text).expect(text);
            assert_eq!(duration, Duration::from_millis(milliseconds), "{text}");
            assert_eq!(write_duration(duration), written);
            assert_eq!(parse_duration(written), Ok(duration));
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused() {
        for text in
            ["", " ", "30", "s", "-5m", "5y", "1.5h", "99999999999999999999s", "999999999999999999w", "5m x", "минута"]
        {
            assert_eq!(parse_duration(text), Err(UnitError::Duration(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_and_written_back() {
        let rows = [
            ("500 kB", 500_000, "500 kB"),
            ("10MB", 10_000_000, "10 MB"),
            ("1 MiB", 1_048_576, "1 MiB"),
            ("1500 B", 1500, "1500 B"),
            ("2 gb", 2_000_000_000, "2 GB"),
        ];
        for (text, bytes, written) in rows {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
            assert_eq!(write_size(bytes), written);
        }
        for text in ["", "10", "MB", "1.5 MB", "-1 kB", "99999999999999999999 B", "99999999999999 GB"] {
            assert_eq!(parse_size(text), Err(UnitError::Size(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn spelled_durations_keep_their_two_largest_units() {
        let rows =
            [(5_400, "1 h 30 min"), (59, "59 s"), (90_061, "1 d 1 h"), (0, "0 s"), (3600, "1 h"), (86_400 * 3, "3 d")];
        for (seconds, spelled) in rows {
            assert_eq!(spell_duration(Duration::from_secs(seconds)), spelled);
        }
    }

    #[test]
    fn settings_take_texts_for_durations_and_texts_or_numbers_for_sizes() {
        #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
        struct Row {
            #[serde(with = "duration")]
            wait: Duration,
            #[serde(with = "optional_duration", default)]
            rest: Option<Duration>,
            #[serde(with = "size")]
            most: u64,
        }
        let row: Row = toml::from_str("wait = \"10m\"\nmost = \"5 MB\"").unwrap();
        assert_eq!(row, Row { wait: Duration::from_mins(10), rest: None, most: 5_000_000 });
        let row: Row = toml::from_str("wait = \"10m\"\nrest = \"1d\"\nmost = 7").unwrap();
        assert_eq!(row.rest, Some(Duration::from_hours(24)));
        assert_eq!(row.most, 7);
        assert_eq!(toml::from_str::<Row>(&toml::to_string(&row).unwrap()).unwrap(), row);
        assert!(toml::from_str::<Row>("wait = 10\nmost = 7").is_err());
    }

    proptest::proptest! {
        #[test]
        fn every_duration_is_read_back(milliseconds in 0..10_u64.pow(15), text in ".{0,12}") {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(parse_duration(&write_duration(duration)), Ok(duration));
            assert_eq!(parse_size(&write_size(milliseconds)), Ok(milliseconds));
            let _ = (parse_duration(&text), parse_size(&text));
        }
    }
}
