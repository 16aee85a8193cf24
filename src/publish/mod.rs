//! Bytes to the places where readers find them.
//!
//! An edge: what is published was written by `emit`, and the server answers with the same bytes. A [`Publisher`] puts one
//! file in its place, whole or not at all, and leaves it alone when it holds those bytes already, so that its time of
//! change (and the `ETag` a web server makes of it) stays.

mod files;
mod manifest;
mod parcel;

use async_trait::async_trait;

pub use files::Files;
pub use parcel::{Parcel, TWINS, Twins};

/// A place for published files.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// Puts a file in its place, relative to where the output lives.
    ///
    /// Readers see the old bytes or the new, never a part. A failure leaves the old ones in place.
    async fn publish(&self, parcel: &Parcel) -> Result<Change, Error>;

    /// Takes away what was published here once, by this process or an earlier one, and is no longer. What others put
    /// there stays. Gives the paths that went.
    async fn keep_only(&self, keeps: &(dyn for<'a> Fn(&'a str) -> bool + Send + Sync)) -> Result<Vec<String>, Error>;

    /// Whether twins are put beside files: [`TWINS`].
    fn has_twins(&self) -> bool;

    /// Whether a file is at `path`, with its twins where there are to be some: what never changes need not be made again.
    async fn holds(&self, path: &str) -> bool;
}

/// What publishing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The bytes are new.
    Written,
    /// The same bytes were there.
    Unchanged,
}

/// Why something could not be published.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path would leave the place, or names nothing.
    #[error("cannot publish `{path}`: a path is made of plain names joined by `/`, like `official/index.html`")]
    Path {
        /// As given.
        path: String,
    },
    /// The place refused.
    #[error("cannot {action} {place}: {advice}")]
    Place {
        /// What was tried: `write`, `create the folder`.
        action: &'static str,
        /// Where.
        place: String,
        /// What to do.
        advice: &'static str,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

/// What publishing several files did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Paths with new bytes.
    pub written: Vec<String>,
    /// How many held the same bytes already.
    pub unchanged: usize,
    /// What could not be published.
    pub failed: Vec<Error>,
}

/// Publishes files in the order given: what is pointed to before what points to it. A failure is noted and the others go on.
pub async fn all(publisher: &dyn Publisher, parcels: &[Parcel]) -> Outcome {
    let mut outcome = Outcome::default();
    for parcel in parcels {
        match publisher.publish(parcel).await {
            Ok(Change::Written) => outcome.written.push(parcel.path.clone()),
            Ok(Change::Unchanged) => outcome.unchanged += 1,
            Err(error) => outcome.failed.push(error),
        }
    }
    outcome
}

/// The names a path is made of. Refuses what could leave the place (`..`, a root, a drive), what hides (a leading dot), and
/// what some systems cannot hold.
fn names(path: &str) -> Result<Vec<&str>, Error> {
    let names: Vec<&str> = path.split('/').collect();
    let plain = |name: &&str| {
        !name.is_empty()
            && name.len() <= 255
            && !name.starts_with('.')
            && !name.ends_with(['.', ' '])
            && !name.contains(|c: char| c.is_control() || matches!(c, '\\' | ':' | '<' | '>' | '"' | '|' | '?' | '*'))
    };
    if names.iter().all(plain) { Ok(names) } else { Err(Error::Path { path: path.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_could_leave_the_place_are_refused() {
        for wrong in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            ".hidden",
            "a/.x",
            "C:x",
            "a\\b",
            "a\0b",
            "a.",
        ] {
            assert!(matches!(names(wrong), Err(Error::Path { .. })), "{wrong:?}");
        }
        for fine in ["index.html", "official/index.html", "v2.0.rss"] {
            assert!(names(fine).is_ok(), "{fine}");
        }
    }
}
