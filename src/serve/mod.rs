//! What subscribers and operators see over HTTP.
//!
//! Subscribers are answered from the [`Shelf`]: the same bytes that are written to the output folder, compressed once when
//! they change and never per request. Operators have an address of their own ([`admin`]): it never shares a listener with
//! subscribers.

mod accept;
pub mod admin;
pub mod callback;
pub mod hub;
mod negotiate;
mod outlook;
pub mod public;
mod representation;
mod shelf;
pub mod views;

pub use shelf::{Resource, Shelf, Terms};
