//! The client against servers written here: what goes over the wire, what every way of going wrong is called, and the
//! manners. Only loopback.

mod manners;
mod server;
mod tls;
mod wire;
