//! A page to the addresses it names: feeds, listings.
