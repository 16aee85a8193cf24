//! Tells the service manager how the daemon stands: ready, reading its settings anew, ending, alive.
//!
//! Follows systemd's `sd_notify(3)`: lines in one datagram to the socket that `NOTIFY_SOCKET` names, by path or, after `@`, in
//! the abstract namespace. Without the variable nothing is told. Telling never waits and never fails the daemon.

use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::pipeline::Beat;

/// The line to the service manager. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Notify {
    socket: Option<Arc<(UnixDatagram, SocketAddr)>>,
    /// How long the manager waits for a sign of life.
    watchdog: Option<Duration>,
}

impl Notify {
    /// As the environment names it.
    pub(super) fn from_environment() -> Self {
        let Some(place) = std::env::var_os("NOTIFY_SOCKET") else { return Self::default() };
        let text = |name: &str| std::env::var(name).ok();
        let ours = text("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let micros = text("WATCHDOG_USEC").and_then(|micros| micros.parse().ok()).filter(|micros| *micros > 0);
        let watchdog = micros.filter(|_| ours).map(Duration::from_micros);
        match open(&place) {
            Ok(socket) => Self { socket: Some(Arc::new(socket)), watchdog },
            Err(error) => {
                tracing::warn!("cannot tell the service manager at `{}`: {error}", place.to_string_lossy());
                Self::default()
            }
        }
    }

    /// Started, or done with reading the settings anew.
    pub(super) fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nSTATUS={status}"));
    }

    /// Reading the settings anew.
    pub(super) fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={micros}\nSTATUS=reading the settings anew"));
    }

    /// Ending.
    pub(super) fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=finishing what is under way");
    }

    /// The sign of life of the driver, passed on at most four times within what the manager waits. A driver that is stuck
    /// passes nothing on.
    pub(super) fn beat(&self) -> Beat {
        let Some(patience) = self.watchdog else { return Beat::default() };
        let every = patience / 4;
        let (notify, last) = (self.clone(), Mutex::new(None::<Instant>));
        let told = move || {
            let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if last.is_none_or(|last| last.elapsed() >= every) {
                *last = Some(Instant::now());
                notify.send("WATCHDOG=1");
            }
        };
        Beat { every: every.min(Beat::default().every), told: Arc::new(told) }
    }

    fn send(&self, lines: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.0.send_to_addr(lines.as_bytes(), &socket.1)
        {
            tracing::debug!("the service manager was not told: {error}");
        }
    }
}

fn open(place: &OsString) -> std::io::Result<(UnixDatagram, SocketAddr)> {
    let address = match place.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(place)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}
