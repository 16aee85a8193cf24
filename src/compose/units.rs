//! Sizes and spans of feed settings: written as everywhere ([`crate::units`]), and never nothing.

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::units;

/// A number of bytes, more than none: `500 kB`, or a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A span of time, more than none and at most 1,000 years: `90d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age(pub SignedDuration);

/// The longest span: far beyond any article, far within what a moment can be moved by.
const LONGEST: SignedDuration = SignedDuration::from_hours(1000 * 366 * 24);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match units::size::deserialize(deserializer)? {
            0 => Err(de::Error::custom("a feed of no bytes is never read: write a size such as `500 kB`")),
            bytes => Ok(Self(bytes)),
        }
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let span = units::duration::deserialize(deserializer)?;
        let span = SignedDuration::try_from(span).ok().filter(|span| *span > SignedDuration::ZERO && *span <= LONGEST);
        span.map(Self)
            .ok_or_else(|| de::Error::custom("a span is more than nothing and at most 1,000 years, such as `90d`"))
    }
}

/// As people write it, in the largest unit that it is a whole number of.
impl Serialize for Age {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = self.0.as_secs();
        let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
        let (size, unit) = units.into_iter().find(|(size, _)| seconds % size == 0).unwrap_or((1, "s"));
        serializer.collect_str(&format_args!("{}{unit}", seconds / size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Row {
        bytes: Option<Bytes>,
        age: Option<Age>,
    }

    #[test]
    fn sizes_and_spans_are_more_than_nothing() {
        let rows = [
            ("bytes = '500 kB'", true),
            ("bytes = 1000", true),
            ("bytes = '0 kB'", false),
            ("bytes = 'big'", false),
            ("age = '90d'", true),
            ("age = '1h30m'", true),
            ("age = '0d'", false),
            ("age = '90'", false),
            ("age = '1 year'", false),
        ];
        for (text, sound) in rows {
            let read: Result<Row, _> = toml::from_str(text);
            assert_eq!(read.as_ref().is_ok_and(|row| row.bytes.is_some() || row.age.is_some()), sound, "{text}");
        }
    }
}
