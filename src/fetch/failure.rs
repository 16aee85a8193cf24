//! Why an answer could not be had: a variant for each thing the operator or the schedule does differently.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use jiff::Timestamp;

use super::guard::Blocked;
use super::tls::TlsProblem;
use crate::units;

/// The cause of a failure.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// Why a request brought nothing. Messages name the host or the address; [`Failure::report`] adds the causes.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The host name could not be resolved.
    #[error("cannot find the host `{host}`: check the address, or the name server of this machine")]
    Dns {
        /// The host.
        host: String,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// Nobody listens at the address.
    #[error("`{host}` refuses the connection: the server is down, or listens at another port")]
    Refused {
        /// The host.
        host: String,
    },
    /// No connection, for another reason.
    #[error("cannot connect to `{host}`")]
    Connect {
        /// The host.
        host: String,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// The secure connection failed, most often over the certificate.
    #[error("cannot connect to `{host}` securely: {problem}")]
    Tls {
        /// The host.
        host: String,
        /// What is wrong.
        problem: TlsProblem,
        /// The cause, where `problem` does not tell.
        #[source]
        source: Option<Cause>,
    },
    /// A wait was too long.
    #[error("`{host}` did not {phase} within {}", units::spell_duration(*.limit))]
    Timeout {
        /// The host.
        host: String,
        /// What was waited for.
        phase: Phase,
        /// How long.
        limit: Duration,
    },
    /// The body came in drips.
    #[error("`{host}` sends too slowly: {received} bytes in {}; see `fetch.min_rate`", units::spell_duration(*.elapsed))]
    TooSlow {
        /// The host.
        host: String,
        /// Bytes so far.
        received: u64,
        /// Time so far.
        elapsed: Duration,
    },
    /// The body is larger than allowed, as sent or unpacked.
    #[error("the answer of `{host}` is larger than {}; see `fetch.max_bytes`", units::write_size(*.limit))]
    TooLarge {
        /// The host.
        host: String,
        /// The cap in bytes.
        limit: u64,
    },
    /// The connection ended before the body did.
    #[error("the answer of `{host}` broke off after {received} bytes")]
    Truncated {
        /// The host.
        host: String,
        /// Bytes that arrived.
        received: u64,
        /// The cause.
        #[source]
        source: Option<Cause>,
    },
    /// The connection broke, or what came is not HTTP.
    #[error("the exchange with `{host}` broke")]
    Broken {
        /// The host.
        host: String,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// The address is closed to us.
    #[error("may not ask `{host}`")]
    Blocked {
        /// The host.
        host: String,
        /// Which address, and what to do.
        #[source]
        blocked: Blocked,
    },
    /// A name of a private network, which a proxy would look up for us.
    #[error(
        "may not ask `{host}` by a proxy: it is a name of private networks; a source that is meant to be there needs \
         `proxy = \"none\"`"
    )]
    LocalName {
        /// The host.
        host: String,
    },
    /// The address is not one of the web.
    #[error("cannot fetch an address that begins with `{scheme}:`: only http and https")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// Redirects lead nowhere.
    #[error("{url} {problem}")]
    Redirect {
        /// The address that redirects, credentials hidden.
        url: String,
        /// What is wrong.
        problem: RedirectProblem,
    },
    /// The server answered, but not with a document.
    #[error("{url} answers {status}{}", advice(*.status))]
    Status {
        /// The address asked, credentials hidden.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// 304 although nothing was known to compare with.
    #[error(
        "{url} answers 304 (not modified) to a request that named no earlier version; a cache in between is at fault"
    )]
    Unasked304 {
        /// The address asked, credentials hidden.
        url: String,
    },
    /// The body is packed in a way that was not offered.
    #[error("`{host}` packs its answer as `{coding}`, which was not asked for")]
    Coding {
        /// The host.
        host: String,
        /// The `Content-Encoding` it used.
        coding: String,
    },
    /// The packed body cannot be unpacked.
    #[error("the answer of `{host}` is damaged: it cannot be unpacked as {coding}")]
    Damaged {
        /// The host.
        host: String,
        /// How it is packed.
        coding: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A page was asked for, and a film, a picture or an archive came.
    #[error("{url} is not a page but `{content_type}`")]
    NotAPage {
        /// The address asked, credentials hidden.
        url: String,
        /// What it is.
        content_type: String,
    },
    /// robots.txt forbids the page.
    #[error("the robots.txt of `{host}` does not allow {url}")]
    Robots {
        /// The host.
        host: String,
        /// The address, credentials hidden.
        url: String,
    },
    /// robots.txt could not be had, which forbids every page for the time being (RFC 9309 §2.3.1.4).
    #[error("cannot ask `{host}` for its robots.txt, so its pages are left alone until that works")]
    RobotsUnknown {
        /// The host.
        host: String,
        /// Why not.
        #[source]
        source: Option<Box<Failure>>,
    },
    /// The host asked for a pause, or too many wait for it: nothing was sent, and nothing is wrong with the source.
    #[error("`{host}` rests until {until}: {why}")]
    Postponed {
        /// The host.
        host: String,
        /// When to try again.
        until: Timestamp,
        /// Why it rests.
        why: &'static str,
    },
}

/// What was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The connection.
    Connect,
    /// The head of the answer.
    FirstByte,
    /// The whole of it.
    Whole,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "accept a connection",
            Self::FirstByte => "begin to answer",
            Self::Whole => "finish its answer",
        })
    }
}

/// What is wrong with a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectProblem {
    /// It leads back to where it began.
    Loop,
    /// There are more than are followed.
    TooMany,
    /// It names no address that can be read.
    Unreadable,
}

impl fmt::Display for RedirectProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loop => "redirects in a circle; servers that insist on cookies do this",
            Self::TooMany => "redirects too often; see `fetch.redirects`",
            Self::Unreadable => "redirects to nowhere: its `Location` is missing or not an address",
        })
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        401 => " (sign-in needed): give the source its `user` and `password_file`, or its `token_file`",
        403 => " (forbidden): its operator may let us in when asked",
        404 => " (not found): check the address",
        407 => " (the proxy wants a sign-in): write name and password into its address",
        429 => " (too many requests): it asks us to slow down",
        500..=599 => " (the server is in trouble)",
        _ => "",
    }
}

impl Failure {
    /// The message with its causes, for the operator.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let said = error.to_string();
            // Wrappers often repeat what they wrap.
            if !said.is_empty() && !text.contains(&said) {
                text.push_str(": ");
                text.push_str(&said);
            }
            cause = error.source();
        }
        text
    }

    /// One word for metrics and logs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns { .. } => "dns",
            Self::Refused { .. } => "refused",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::Timeout { .. } => "timeout",
            Self::TooSlow { .. } => "too-slow",
            Self::TooLarge { .. } => "too-large",
            Self::Truncated { .. } => "truncated",
            Self::Broken { .. } => "broken",
            Self::Blocked { .. } | Self::LocalName { .. } => "blocked",
            Self::Scheme { .. } => "scheme",
            Self::Redirect { .. } => "redirect",
            Self::Status { .. } => "status",
            Self::Unasked304 { .. } => "unasked-304",
            Self::Coding { .. } => "coding",
            Self::Damaged { .. } => "damaged",
            Self::NotAPage { .. } => "not-a-page",
            Self::Robots { .. } => "robots",
            Self::RobotsUnknown { .. } => "robots-unknown",
            Self::Postponed { .. } => "postponed",
        }
    }

    /// The HTTP status, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::Unasked304 { .. } => Some(304),
            _ => None,
        }
    }

    /// How long the server asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// When to try again, where nothing was sent because the host rests: not a failure of the source.
    #[must_use]
    pub fn postponed(&self) -> Option<Timestamp> {
        match self {
            Self::Postponed { until, .. } => Some(*until),
            _ => None,
        }
    }
}
