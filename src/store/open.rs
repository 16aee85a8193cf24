//! From the place named in the settings to a store.

use std::path::Path;
use std::sync::Arc;

use super::memory::Memory;
use super::sqlite::Sqlite;
use super::{Error, Store};

/// Opens the store at `location`: `sqlite:PATH` (the file and its folder are made when missing) or `memory:`.
///
/// # Errors
///
/// [`Error::Open`] says what stands in the way and what to do about it.
pub async fn open(location: &str) -> Result<Arc<dyn Store>, Error> {
    let refuse =
        |advice: &str| Error::Open { location: hide_password(location), advice: advice.to_owned(), source: None };
    let Some((scheme, rest)) = location.split_once(':') else {
        return Err(refuse("it names no kind of store: write `sqlite:PATH`, or `memory:` for one that forgets"));
    };
    match scheme {
        "memory" if rest.is_empty() => Ok(Arc::new(Memory::new())),
        "sqlite" => match rest.strip_prefix("//").unwrap_or(rest) {
            "" => Err(refuse("it names no file: write `sqlite:PATH`, e.g. `sqlite:data/courant.db`")),
            ":memory:" => Err(refuse("write `memory:` for a store that forgets")),
            path => Ok(Arc::new(Sqlite::open(Path::new(path)).await?)),
        },
        "postgres" | "postgresql" => {
            Err(refuse("PostgreSQL is not built into this version yet: use `sqlite:PATH` for now"))
        }
        _ => Err(refuse("this kind of store is not known: use `sqlite:PATH`, or `memory:` for one that forgets")),
    }
}

/// The location without what stands between `//user:` and `@`: error messages end up in logs.
fn hide_password(location: &str) -> String {
    let hidden = location.split_once("//").and_then(|(scheme, rest)| {
        let (credentials, host) = rest.rsplit_once('@')?;
        let (user, _) = credentials.split_once(':')?;
        Some(format!("{scheme}//{user}:***@{host}"))
    });
    hidden.unwrap_or_else(|| location.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_cannot_be_opened_is_told_with_the_way_out() {
        let rows = [
            ("courant.db", "names no kind of store"),
            ("sqlite:", "names no file"),
            ("sqlite::memory:", "write `memory:`"),
            ("postgres://host/news", "not built into this version yet"),
            ("mysql://host/news", "is not known"),
            ("memory:x", "is not known"),
        ];
        for (location, wanted) in rows {
            let message = open(location).await.map(|_| ()).expect_err(location).to_string();
            assert!(message.contains(wanted) && message.contains(location), "{message}");
        }
        assert!(open("memory:").await.is_ok());
    }

    #[tokio::test]
    async fn a_password_in_the_location_is_not_repeated() {
        let error = open("postgres://news:s3cret@host/news").await.map(|_| ()).expect_err("not built in");
        assert!(error.to_string().contains("postgres://news:***@host/news"), "{error}");
    }
}
