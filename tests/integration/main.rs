//! Behaviour seen from outside: the program and the library at work on a world on loopback, one `mod` a theme.

mod active_markup;
mod adding;
mod bad_places;
mod bad_settings;
mod bad_sources;
mod first_steps;
mod hostile_pages;
mod identity;
mod keeping;
mod listings;
mod lists;
mod manners;
mod merged;
mod multi_page;
mod odd_sources;
mod page_kinds;
mod pages_that_wait;
mod podcasts;
mod press_page;
mod renormalizing;
mod running;
mod secrets;
mod serving;
mod sitemaps;
mod support;
mod websub;
