//! Settings: every module's own, joined from files and environment, checked all at once.
//!
//! `courant.toml` names the places and the feeds; `sites/*.toml` and `sources/*.toml` name what is read. Whatever is wrong
//! is reported together, with file and line ([`Problem`]); nothing is started with settings that have a problem.

mod sections;

pub use sections::Problem;
