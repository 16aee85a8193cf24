//! Behaviour seen from outside: the program and the library at work on a world on loopback, one `mod` a theme.

mod bad_places;
mod bad_settings;
mod bad_sources;
mod manners;
mod pages_that_wait;
mod running;
mod serving;
mod support;
