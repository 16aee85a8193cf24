//! Asking servers, politely.
//!
//! [`Client::get`] takes a [`Request`] and gives an [`Answer`]: a document, "not modified", "gone", or a [`Failure`] that
//! says what, where and what to do. In between: the [guard] that keeps us out of private networks, one turn at a
//! time for each [host], [robots.txt](robots) for pages we find ourselves, redirects followed hop by hop, bodies
//! unpacked and counted as they come, and every wait bounded.
//!
//! Who asks says so: one `User-Agent` with the contact address, no cookies, no `Referer`, no invented parameters, and never
//! a browser's name. Follows RFC 9110 and 9111 as far as a client that keeps one copy needs them; there is no HTTP cache.
//! What is remembered of documents (validators) and hosts ([`Remembered`]) belongs to the store: it comes in and goes out as
//! values.

mod access;
mod call;
mod certificate;
mod client;
mod connect;
mod exchange;
mod failure;
pub mod guard;
mod headers;
mod hold;
pub mod host;
mod links;
mod request;
pub mod robots;
mod settings;
mod tls;
mod trail;
mod unpack;

#[cfg(test)]
mod tests;

pub use access::{Access, Proxy, RobotsFor, Secure, Way};
pub use call::{Call, Reply};
pub use client::{Client, Error};
pub use failure::{Cause, Failure, Phase, RedirectProblem};
pub use guard::{Blocked, Guard, Network, NetworkError};
pub use hold::Hold;
pub use host::{Remembered, host_key};
pub use request::{Answer, Fetched, Kind, Request, source_headers};
pub use reqwest::header::HeaderMap;
pub use robots::Robots;
pub use settings::Settings;
pub use tls::TlsProblem;
pub use trail::keeps_secrets;
