//! What the themes share: a [`World`] to read, a [`House`] with settings to run in, a [`Press`] with a clock of its own.

pub(crate) mod documents;
mod house;
pub(crate) mod inert;
mod press;
mod reply;
mod world;

use std::io::Write;
use std::time::{Duration, Instant};

pub(crate) use house::{ALL, Ended, House, Running};
pub(crate) use press::{Press, SteppedClock};
pub(crate) use reply::{Reply, ask, send};
pub(crate) use world::{Answer, World};

/// The longest a condition is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `holds` gives something; fails when it does not in time.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut holds: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = holds() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Says what this machine does not allow to be tested. Past the capture of the test harness, so that it is seen.
pub(crate) fn leave_out(what: &str) {
    let _ = writeln!(std::io::stderr(), "LEFT OUT: {what}");
}

/// An address on loopback where nobody listens.
pub(crate) fn free_address() -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    listener.local_addr().expect("a bound socket has an address")
}

/// Fails unless every part is in the text.
#[track_caller]
pub(crate) fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}
