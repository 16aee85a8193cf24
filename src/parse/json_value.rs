//! One member of a JSON object, whatever it holds: texts, numbers, and small lists and objects of them.
//!
//! Holds no more than a reader of feeds can use: lists stop at [`MAX_PARTS`], objects keep the members that somebody asks
//! for, what is nested deeper is nothing. Text without escapes is a slice of the document.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::reader::MAX_PARTS;

/// Lists and objects inside one another.
const MAX_DEPTH: usize = 3;
/// The members of objects in lists that mean something: of authors, attachments and hubs.
const MEMBERS: [&str; 6] = ["name", "url", "title", "mime_type", "size_in_bytes", "duration_in_seconds"];

/// A value.
#[derive(Default)]
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    /// As JSON writes it.
    Number(String),
    List(Vec<Self>),
    Object(Box<Object<'a>>),
    /// `true` or `false`.
    Truth(bool),
    /// `null`, or too deep.
    #[default]
    Nothing,
}

/// The members of an object that mean something.
#[derive(Default)]
pub(super) struct Object<'a>([Value<'a>; MEMBERS.len()]);

impl<'a> Object<'a> {
    /// Takes a member out.
    pub(super) fn take(&mut self, name: &str) -> Value<'a> {
        let place = MEMBERS.iter().position(|member| *member == name);
        place.and_then(|place| self.0.get_mut(place)).map(std::mem::take).unwrap_or_default()
    }
}

impl<'a> Value<'a> {
    /// Whether it is `true`.
    pub(super) fn is_true(&self) -> bool {
        matches!(self, Self::Truth(true))
    }

    /// The members of a list; one value counts as a list of one.
    pub(super) fn many(self) -> impl Iterator<Item = Self> + use<'a> {
        let list = match self {
            Self::List(list) => list,
            Self::Nothing => Vec::new(),
            one => vec![one],
        };
        list.into_iter()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AtDepth(0).deserialize(deserializer)
    }
}

/// A value inside so many others.
struct AtDepth(usize);

impl<'de> DeserializeSeed<'de> for AtDepth {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        if self.0 >= MAX_DEPTH {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(|_| Value::Nothing);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AtDepth {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value<'de>, E> {
        Ok(serde_json::Number::from_f64(number).map_or(Value::Nothing, |number| Value::Number(number.to_string())))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value<'de>, E> {
        Ok(Value::Truth(truth))
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        let mut values = Vec::new();
        while values.len() < MAX_PARTS {
            match list.next_element_seed(AtDepth(self.0 + 1))? {
                Some(Value::Nothing) => {}
                Some(value) => values.push(value),
                None => return Ok(Value::List(values)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value<'de>, A::Error> {
        let mut object = Object::default();
        while let Some(Key(key)) = members.next_key()? {
            let place = MEMBERS.iter().position(|member| *member == key);
            match place.and_then(|place| object.0.get_mut(place)) {
                Some(member) => *member = members.next_value_seed(AtDepth(self.0 + 1))?,
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Value::Object(Box::new(object)))
    }
}

/// The name of a member.
pub(super) struct Key<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl<'de> Visitor<'de> for Name {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(name))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(name.to_owned()))
            }
        }
        deserializer.deserialize_str(Name).map(Key)
    }
}

/// In a visitor: every value that is no list and no object gives this.
macro_rules! ignore_scalars {
    ($nothing:expr) => {
        fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Ok($nothing)
        }
    };
}

pub(super) use ignore_scalars;
