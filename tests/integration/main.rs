//! Behaviour seen from outside: the program and the library at work on a world on loopback, one `mod` a theme.

mod bad_places;
mod bad_settings;
mod bad_sources;
mod odd_sources;
mod pages_that_wait;
mod support;
