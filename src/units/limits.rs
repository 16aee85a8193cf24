//! How much is kept, as settings say it: `{ age = "730d", items = 5000, bytes = "200 MB" }`, each of them `"none"` to keep
//! everything whatever is said further out.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use jiff::SignedDuration;
use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::{parse_duration, parse_size};

/// `[retention]`, of everything, of a site or of a source: what is not named is as further out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Only articles dated within this, as in `730d`; the date is `published`, else when it was first seen.
    pub age: Wish<Age>,
    /// At most so many articles, the newest by date.
    pub items: Wish<Items>,
    /// At most so many bytes of body and text, the newest by date.
    pub bytes: Wish<Bytes>,
}

impl Settings {
    /// These, and where they say nothing those of `outer`.
    #[must_use]
    pub fn within(self, outer: Self) -> Self {
        Self { age: self.age.or(outer.age), items: self.items.or(outer.items), bytes: self.bytes.or(outer.bytes) }
    }

    /// What they come to.
    #[must_use]
    pub fn limits(self) -> Limits {
        Limits {
            age: self.age.limit().map(|Age(age)| age),
            items: self.items.limit().map(|Items(items)| items),
            bytes: self.bytes.limit().map(|Bytes(bytes)| bytes),
        }
    }
}

/// How much of a source is kept; `None` = no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Only articles dated within this.
    pub age: Option<SignedDuration>,
    /// At most so many articles.
    pub items: Option<u64>,
    /// At most so many bytes of body and text.
    pub bytes: Option<u64>,
}

/// A limit as settings name it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wish<T> {
    /// Not named.
    #[default]
    Unsaid,
    /// `"none"`: everything is kept, whatever is said further out.
    Everything,
    /// A limit.
    Limit(T),
}

impl<T> Wish<T> {
    /// This, and where it says nothing `outer`.
    #[must_use]
    pub fn or(self, outer: Self) -> Self {
        if let Self::Unsaid = self { outer } else { self }
    }

    /// The limit, where there is one.
    #[must_use]
    pub fn limit(self) -> Option<T> {
        if let Self::Limit(limit) = self { Some(limit) } else { None }
    }
}

/// A span of time, more than none and at most 1,000 years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age(pub SignedDuration);

/// A number of articles, more than none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Items(pub u64);

/// A number of bytes, more than none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

/// The longest span: far beyond any article, far within what a moment can be moved by.
const LONGEST: Duration = Duration::from_hours(1000 * 366 * 24);

/// Something that is read from a text, or from a number.
trait Written: Sized {
    const EXAMPLE: &'static str;
    fn of_text(text: &str) -> Option<Self>;
    fn of_number(number: u64) -> Option<Self>;
}

impl Written for Age {
    const EXAMPLE: &'static str = "a span of at most 1,000 years such as \"730d\"";

    fn of_text(text: &str) -> Option<Self> {
        let span = parse_duration(text).ok().filter(|span| !span.is_zero() && *span <= LONGEST)?;
        SignedDuration::try_from(span).ok().map(Self)
    }

    fn of_number(_: u64) -> Option<Self> {
        None
    }
}

impl Written for Items {
    const EXAMPLE: &'static str = "a number of articles such as 5000";

    fn of_text(_: &str) -> Option<Self> {
        None
    }

    fn of_number(number: u64) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }
}

impl Written for Bytes {
    const EXAMPLE: &'static str = "a size such as \"200 MB\"";

    fn of_text(text: &str) -> Option<Self> {
        Self::of_number(parse_size(text).ok()?)
    }

    fn of_number(number: u64) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }
}

impl<'de, T: Written> Deserialize<'de> for Wish<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<T: Written> Visitor<'_> for Reader<T> {
            type Value = Wish<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}, or \"none\" to keep everything", T::EXAMPLE)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Wish<T>, E> {
                if text == "none" {
                    return Ok(Wish::Everything);
                }
                T::of_text(text).map(Wish::Limit).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Wish<T>, E> {
                let limit = T::of_number(number).map(Wish::Limit);
                limit.ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Wish<T>, E> {
                let number = u64::try_from(number);
                number
                    .map_err(|_| E::custom(format!("it is less than nothing: write {}", T::EXAMPLE)))
                    .and_then(|number| self.visit_u64(number))
            }
        }

        deserializer.deserialize_any(Reader(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_nearer_to_the_source_win_and_none_keeps_everything() {
        let read = |text: &str| toml::from_str::<Settings>(text).expect(text);
        let all = read("age = '730d'\nitems = 500\nbytes = '2 MB'");
        let own = read("age = 'none'\nitems = 20").within(all).limits();
        assert_eq!(own, Limits { age: None, items: Some(20), bytes: Some(2_000_000) });
        assert_eq!(Settings::default().limits(), Limits::default());
    }

    #[test]
    fn what_is_no_limit_is_refused_with_an_example() {
        let rows = [
            ("age = '0d'", "730d"),
            ("age = 90", "730d"),
            ("items = 0", "5000"),
            ("items = -1", "5000"),
            ("items = 'many'", "5000"),
            ("bytes = 'big'", "200 MB"),
            ("size = 1", "unknown field `size`"),
        ];
        for (text, wanted) in rows {
            let error = toml::from_str::<Settings>(text).expect_err(text).to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
