//! How a command ends.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::app;
use crate::store;

/// The exit codes, fixed for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done.
    Done = 0,
    /// A source newly failed under `--strict`, a document could not be read, a test failed.
    Failed = 1,
    /// Settings or usage; nothing was done.
    Usage = 2,
    /// Every source failed; the last good output is kept.
    AllFailed = 3,
    /// The store or the output failed.
    Storage = 4,
    /// Another run is at work (`EX_TEMPFAIL` of sysexits).
    Busy = 75,
}

/// A failure with its exit code.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    pub(super) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { exit, error: error.into() }
    }

    pub(super) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Exit::Usage, error)
    }

    pub(super) fn storage(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Exit::Storage, error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::usage(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::usage(error)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::storage(error)
    }
}

impl From<app::Error> for Failure {
    fn from(error: app::Error) -> Self {
        let exit = match &error {
            app::Error::Locked(_) => Exit::Busy,
            app::Error::Store(_) | app::Error::Output(_) | app::Error::Lock { .. } => Exit::Storage,
            app::Error::Fetch(_) => Exit::Usage,
        };
        Self::new(exit, error)
    }
}

/// Prints a failure, once, and gives the exit code.
pub(super) fn code(done: Result<Exit, Failure>) -> ExitCode {
    let exit = match done {
        Ok(exit) => exit,
        // The reader of our output went away (`| head`): not our failure.
        Err(failure) if is_broken_pipe(&failure.error) => Exit::Done,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "courant: {:#}", failure.error);
            failure.exit
        }
    };
    ExitCode::from(exit as u8)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn std::error::Error + 'static)| {
        let of_json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        of_json.or_else(|| cause.downcast_ref::<io::Error>().map(io::Error::kind))
    };
    error.chain().any(|cause| kind(cause) == Some(io::ErrorKind::BrokenPipe))
}
