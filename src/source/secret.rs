//! A secret as settings give it: written there, or better in a file or the environment.

use std::fmt;
use std::path::PathBuf;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A secret, or where it is. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// The secret itself: `"…"`.
    Text(String),
    /// A file that holds it: `{ file = "…" }`.
    File(PathBuf),
    /// A variable of the environment, `NAME` or `NAME_FILE`: `{ env = "NAME" }`.
    Variable(String),
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Secret(…)"),
            Self::File(path) => write!(f, "Secret(file {})", path.display()),
            Self::Variable(name) => write!(f, "Secret(variable {name})"),
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Reads a secret without ever repeating it in a message.
struct Reader;

impl Reader {
    fn wrong<T, E: de::Error>() -> Result<T, E> {
        Err(E::custom("a secret is a text in quotes, `{ file = \"PATH\" }` or `{ env = \"NAME\" }`"))
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a file or a variable")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret::Text(text.to_owned()))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret, E> {
        Self::wrong()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Secret, E> {
        Self::wrong()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret, E> {
        Self::wrong()
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Secret, E> {
        Self::wrong()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Secret, A::Error> {
        let Some(key) = map.next_key::<String>()? else { return Self::wrong() };
        let value: Secret = map.next_value()?;
        let rest = map.next_key::<String>()?;
        match (key.as_str(), value, rest) {
            ("file", Secret::Text(path), None) => Ok(Secret::File(path.into())),
            ("env", Secret::Text(name), None) => Ok(Secret::Variable(name)),
            _ => Self::wrong(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Holder {
        password: Secret,
    }

    #[test]
    fn every_form_is_read_and_none_shown() {
        let read = |text: &str| toml::from_str::<Holder>(text).map(|holder| holder.password);
        assert_eq!(read("password = \"hush\"").unwrap(), Secret::Text("hush".to_owned()));
        assert_eq!(read("password = { file = \"a/b\" }").unwrap(), Secret::File("a/b".into()));
        assert_eq!(read("password = { env = \"X\" }").unwrap(), Secret::Variable("X".to_owned()));
        assert!(!format!("{:?}", read("password = \"hush\"")).contains("hush"));
        for wrong in [
            "4711",
            "47.11",
            "true",
            "{}",
            "{ file = 4711 }",
            "{ fil = \"4711\" }",
            "[4711]",
            "{ file = \"4711\", env = \"x\" }",
        ] {
            let message = read(&format!("password = {wrong}")).unwrap_err().message().to_owned();
            assert!(!message.contains("47"), "{wrong}: {message}");
        }
    }
}
