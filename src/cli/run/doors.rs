//! The two addresses a daemon answers at, kept open over changes of the settings.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::{self, App, Beside};
use crate::config::Settings;
use crate::serve::admin::Notes;

/// How long answers under way get at the end; a reader that does not take its answer does not hold us.
const PATIENCE: Duration = Duration::from_secs(5);

/// An address that is listened at. Connections wait in its queue while its server is exchanged.
struct Door {
    address: SocketAddr,
    listener: TcpListener,
    /// Ends the server behind it.
    closing: CancellationToken,
}

impl Door {
    fn open(address: SocketAddr, key: &str) -> anyhow::Result<Self> {
        Ok(Self { address, listener: app::listen(address, key)?, closing: CancellationToken::new() })
    }

    /// Ends the server behind it; gives the socket for the next one.
    fn exchange(&mut self) -> std::io::Result<(tokio::net::TcpListener, CancellationToken)> {
        self.closing.cancel();
        self.closing = CancellationToken::new();
        let listener = tokio::net::TcpListener::from_std(self.listener.try_clone()?)?;
        Ok((listener, self.closing.clone()))
    }
}

/// Both addresses with their servers.
pub(super) struct Doors {
    public: Option<Door>,
    admin: Option<Door>,
    servers: JoinSet<std::io::Result<()>>,
    metrics: PrometheusHandle,
    notes: Arc<Mutex<Notes>>,
}

impl Doors {
    /// Opens both addresses, so that a wrong one is told at once. Nobody is answered yet.
    pub(super) fn open(
        settings: &Settings,
        metrics: PrometheusHandle,
        notes: Arc<Mutex<Notes>>,
    ) -> anyhow::Result<Self> {
        let public = settings.listen.map(|address| Door::open(address, "listen")).transpose()?;
        let admin = settings.admin_listen.map(|address| Door::open(address, "admin_listen")).transpose()?;
        Ok(Self { public, admin, servers: JoinSet::new(), metrics, notes })
    }

    /// Answers operators.
    pub(super) fn answer_operators(&mut self, app: &App) -> std::io::Result<()> {
        if let Some(door) = &mut self.admin {
            let (listener, closing) = door.exchange()?;
            let admin = app.admin(self.metrics.clone(), Arc::clone(&self.notes));
            self.servers.spawn(app::serve_admin(listener, admin, closing));
            tracing::info!("status, metrics and health at http://{}/", door.address);
        }
        Ok(())
    }

    /// Answers subscribers, and hubs and their subscribers by `routes`.
    pub(super) fn answer_readers(&mut self, app: &App, settings: &Settings, routes: Router) -> std::io::Result<()> {
        if let Some(door) = &mut self.public {
            let (listener, closing) = door.exchange()?;
            let base_url = settings.base_url.clone();
            tracing::info!("serving {base_url}");
            let beside = Beside { routes, views: app.views(settings) };
            self.servers.spawn(app::serve_public(listener, Arc::clone(&app.shelf), base_url, beside, closing));
        }
        Ok(())
    }

    /// Goes over to the addresses of `settings`. One that cannot be opened stays as it is, also in `settings`; gives why.
    pub(super) fn renew(&mut self, settings: &mut Settings) -> Vec<String> {
        let mut problems = Vec::new();
        let pairs = [
            ("listen", &mut self.public, &mut settings.listen),
            ("admin_listen", &mut self.admin, &mut settings.admin_listen),
        ];
        for (key, door, wanted) in pairs {
            let held = door.as_ref().map(|door| door.address);
            if *wanted == held {
                continue;
            }
            match wanted.map(|address| Door::open(address, key)).transpose() {
                Ok(new) => {
                    if let Some(old) = std::mem::replace(door, new) {
                        old.closing.cancel();
                    }
                }
                Err(error) => {
                    let stays = held.map_or("nobody is answered as before".to_owned(), |held| format!("{held} stays"));
                    problems.push(format!("{error:#}; {stays}"));
                    *wanted = held;
                }
            }
        }
        problems
    }

    /// Ends the servers.
    pub(super) async fn close(mut self) {
        for door in [&self.public, &self.admin].into_iter().flatten() {
            door.closing.cancel();
        }
        let _ = tokio::time::timeout(PATIENCE, async { while self.servers.join_next().await.is_some() {} }).await;
        self.servers.abort_all();
        while self.servers.join_next().await.is_some() {}
    }
}
