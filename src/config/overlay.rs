//! Environment over file: `COURANT_LISTEN` beats `listen`, `COURANT_FETCH_TIMEOUT` beats `timeout` in `[fetch]`, and
//! `COURANT_…_FILE` names a file whose content is the value, for secrets.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::de::DeValue;

use super::sections::{Problem, suggest};

/// Variables that are not settings.
const NOT_SETTINGS: &[&str] = &["COURANT_CONFIG", "COURANT_LOG", "COURANT_LOG_FORMAT", "COURANT_CORPORA"];

/// Variables beginning so are for sources to name as `{ env = "…" }`.
const SECRETS: &str = "COURANT_SECRET_";

/// Settings from the environment: key (dots lead into tables) to text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Overlay {
    pub(super) values: BTreeMap<String, String>,
    pub(super) problems: Vec<Problem>,
}

/// Reads the settings among environment variables. `keys` and `fetch` are the keys there are.
pub(super) fn read(variables: impl Iterator<Item = (String, String)>, keys: &[&str], fetch: &[&str]) -> Overlay {
    let mut overlay = Overlay::default();
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix("COURANT_") else { continue };
        if NOT_SETTINGS.contains(&name.as_str()) || name.starts_with(SECRETS) {
            continue;
        }
        let rest = rest.to_ascii_lowercase();
        let (rest, is_file) = match rest.strip_suffix("_file") {
            Some(stem) => (stem.to_owned(), true),
            None => (rest, false),
        };
        let key = match rest.strip_prefix("fetch_") {
            Some(key) if fetch.contains(&key) => format!("fetch.{key}"),
            _ if keys.contains(&rest.as_str()) => rest,
            _ => {
                let hint = suggest(&rest, keys.iter().copied());
                overlay.problems.push(problem(format!("{name}: there is no setting of this name{hint}")));
                continue;
            }
        };
        let value = if is_file { from_file(&name, &value) } else { Ok(value) };
        match value {
            Ok(value) => drop(overlay.values.insert(key, value)),
            Err(error) => overlay.problems.push(error),
        }
    }
    overlay
}

fn from_file(name: &str, path: &str) -> Result<String, Problem> {
    let text = std::fs::read_to_string(PathBuf::from(path));
    text.map(|text| text.trim_end().to_owned())
        .map_err(|error| problem(format!("{name}: cannot read `{path}`: {error}")))
}

fn problem(message: String) -> Problem {
    Problem { file: None, line: None, message }
}

/// Keys whose values are not text.
const NOT_TEXT: &[&str] = &["fetch.allow_networks", "fetch.concurrency", "fetch.redirects"];

/// A value as its key wants it: as TOML where that is a number or a list, else as text.
pub(super) fn value<'a>(key: &str, text: &'a str) -> DeValue<'a> {
    match DeValue::parse(text) {
        Ok(value) if NOT_TEXT.contains(&key) => value.into_inner(),
        _ => DeValue::String(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay(variables: &[(&str, &str)]) -> Overlay {
        let own = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read(own, &["listen", "base_url", "store"], &["timeout"])
    }

    #[test]
    fn names_lead_to_keys_and_tables() {
        let found = overlay(&[
            ("COURANT_LISTEN", "0.0.0.0:80"),
            ("COURANT_FETCH_TIMEOUT", "5s"),
            ("PATH", "/bin"),
            ("COURANT_LOG", "x"),
            ("COURANT_SECRET_PRESS", "x"),
        ]);
        let wanted = [("fetch.timeout", "5s"), ("listen", "0.0.0.0:80")];
        assert_eq!(found.values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>(), wanted);
        assert_eq!(found.problems, []);
    }

    #[test]
    fn unknown_names_and_missing_files_are_told() {
        let found = overlay(&[("COURANT_LISTN", "x"), ("COURANT_STORE_FILE", "/nowhere/secret")]);
        let messages: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
        assert_eq!(messages[0], "COURANT_LISTN: there is no setting of this name: did you mean `listen`?");
        assert!(messages[1].starts_with("COURANT_STORE_FILE: cannot read `/nowhere/secret`"));
    }
}
