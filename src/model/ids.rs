//! Identities: of a source, of a published feed, of an article.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty, too long or has a character outside `a–z 0–9 . _ -`.
    #[error(
        "`{0}` is not an id: use 1 to 100 of the characters a-z, 0-9, `-`, `_` and `.`, the first a letter or digit"
    )]
    Slug(String),
    /// The text is not 32 hexadecimal digits.
    #[error("`{0}` is not an article id: expected 32 hexadecimal digits")]
    Article(String),
}

fn slug(text: &str) -> Result<Arc<str>, IdError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if text.len() <= 100 && starts_well && text.chars().all(allowed) {
        Ok(text.into())
    } else {
        Err(IdError::Slug(text.to_owned()))
    }
}

macro_rules! slug_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Clones share one text: an id is in many tables at once.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                slug(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                slug(&text).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.as_str().to_owned()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

slug_id! {
    /// The permanent name of a source: 1 to 100 characters of `a–z 0–9 - _ .`, unique in the settings.
    SourceId
}

slug_id! {
    /// The permanent name of a published feed; it is the last part of the feed's address.
    FeedId
}

impl SourceId {
    /// `urn:uuid:` of the source, derived from its id: the Atom `id` of an `atom:source`.
    #[must_use]
    pub fn urn(&self) -> String {
        urn(&blake3::hash(format!("courant source\n{}", self.0).as_bytes()).as_bytes()[..16])
    }
}

impl FeedId {
    /// `urn:uuid:` of the feed, derived from its id and `base_url`: the Atom `id` of the feed.
    #[must_use]
    pub fn urn(&self, base_url: &str) -> String {
        urn(&blake3::hash(format!("courant feed\n{base_url}\n{}", self.0).as_bytes()).as_bytes()[..16])
    }
}

/// The identity of an article, 128 bits, fixed at first sight and never derived from content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArticleId([u8; 16]);

impl ArticleId {
    /// The id of the article first seen in `source` under `key` (its guid, or its canonical address). `collision` is 0
    /// but for a second, different article that claims the same key. The first four bytes are those of the source, so that
    /// its articles lie together wherever ids are kept in order: what comes in with one refresh touches one place of an index,
    /// not as many as there are articles.
    #[must_use]
    pub fn derive(source: &SourceId, key: &str, collision: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [source.as_str().as_bytes(), key.as_bytes(), &collision.to_be_bytes()] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let mut id = [0; 16];
        let (place, own) = id.split_at_mut(4);
        place.copy_from_slice(&blake3::hash(source.as_str().as_bytes()).as_bytes()[..4]);
        own.copy_from_slice(&hasher.finalize().as_bytes()[..12]);
        Self(id)
    }

    /// The id from its 16 bytes, as the store keeps it.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes of the id.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The id as `urn:uuid:`, for entries whose own guid cannot be published.
    #[must_use]
    pub fn urn(&self) -> String {
        urn(&self.0)
    }
}

/// `urn:uuid:` of 16 bytes, marked as a version 8 UUID (RFC 9562 §5.8: bits of the issuer's own making).
fn urn(bytes: &[u8]) -> String {
    let mut b = [0; 16];
    b.copy_from_slice(&bytes[..16]);
    b[6] = (b[6] & 0x0f) | 0x80;
    b[8] = (b[8] & 0x3f) | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(b));
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

impl fmt::Display for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArticleId({self})")
    }
}

impl FromStr for ArticleId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError::Article(text.to_owned());
        if text.len() != 32 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut id = [0; 16];
        for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(id))
    }
}

impl TryFrom<String> for ArticleId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<ArticleId> for String {
    fn from(id: ArticleId) -> String {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_refuse_what_could_leave_a_folder_or_an_address() {
        for wrong in ["", "..", "../x", "a/b", "A", "a b", "-a", ".hidden", "ü"] {
            assert_eq!(wrong.parse::<SourceId>(), Err(IdError::Slug(wrong.to_owned())), "{wrong}");
        }
        assert!("un-news_2.en".parse::<FeedId>().is_ok());
    }

    #[test]
    fn article_ids_keep_their_parts_apart() {
        let (a, ab): (SourceId, SourceId) = ("a".parse().expect("valid"), "ab".parse().expect("valid"));
        assert_ne!(ArticleId::derive(&a, "bc", 0), ArticleId::derive(&ab, "c", 0));
        assert_ne!(ArticleId::derive(&a, "bc", 0), ArticleId::derive(&a, "bc", 1));
    }

    #[test]
    fn article_id_text_reads_back() {
        let id = ArticleId::derive(&"a".parse().expect("valid"), "k", 0);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("zz".parse::<ArticleId>().is_err());
        assert_eq!(id.urn().len(), "urn:uuid:".len() + 36);
    }
}
