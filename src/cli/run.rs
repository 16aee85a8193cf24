//! `courant run`: the daemon.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::{self, App, Lock, system_clock};
use crate::config::Settings;
use crate::pipeline;
use crate::telemetry;

use super::{Common, Exit, Failure};

/// Arguments of `run`.
#[derive(clap::Args)]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments, common: &Common) -> Result<Exit, Failure> {
    common.start_logs("info")?;
    let metrics = telemetry::start_metrics().map_err(|message| Failure::usage(anyhow::anyhow!(message)))?;
    let mut settings = common.settings()?;
    super::runtime()?.block_on(async {
        // From the beginning and over every reload: a signal that nobody listens for ends the process, or is lost.
        let mut signals = Signals { hangup: open(SignalKind::hangup())?, end: Ends::new()? };
        let mut lock = None;
        loop {
            match round(&settings, lock.take(), metrics.clone(), common, &mut signals).await? {
                Next::End => return Ok(Exit::Done),
                Next::Reload(fresh, kept) => (settings, lock) = (*fresh, kept),
            }
        }
    })
}

/// What comes after a round of the daemon.
enum Next {
    End,
    /// New settings were read without fault; the lock is kept over the change.
    Reload(Box<Settings>, Option<Lock>),
}

/// Runs with these settings until a signal ends them or brings new ones.
async fn round(
    settings: &Settings,
    lock: Option<Lock>,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
    common: &Common,
    signals: &mut Signals,
) -> Result<Next, Failure> {
    let mut app = App::build(settings, system_clock(), lock).await?;
    let (routes, mut telling) = app.open_push(settings);
    // Readers are answered until the work under way is done.
    let (cancel, closing) = (CancellationToken::new(), CancellationToken::new());
    let mut servers = JoinSet::new();
    // Both addresses are opened first, so that a wrong one is told at once; subscribers are answered when there is something
    // to answer with.
    let public = match settings.listen {
        Some(address) => Some(app::listen(address, "listen").await?),
        None => None,
    };
    if let Some(address) = settings.admin_listen {
        let listener = app::listen(address, "admin_listen").await?;
        let (store, rendered) = (Arc::clone(&app.pipeline.store), Arc::clone(&app.rendered));
        servers.spawn(app::serve_admin(listener, store, rendered, metrics.clone(), closing.clone()));
        tracing::info!("status, metrics and health at http://{address}/");
    }
    let rendered = app.render().await?;
    rendered.log();
    if let Some(listener) = public {
        let (shelf, base_url) = (Arc::clone(&app.shelf), settings.base_url.clone());
        servers.spawn(app::serve_public(listener, shelf, base_url, routes, closing.clone()));
        tracing::info!("serving {}", settings.base_url);
    }
    tracing::info!("{} sources, {} feeds", settings.subscriptions.len(), settings.recipes.len());

    let daemon = async {
        let push = pipeline::push::tell_and_be_told(&app.pipeline, &mut telling, &cancel);
        tokio::join!(pipeline::daemon(&app.pipeline, &app.renderer, &cancel), push);
    };
    let mut daemon = Box::pin(daemon);
    let next = loop {
        tokio::select! {
            () = &mut daemon => break None,
            () = signals.end.wait() => break None,
            _ = signals.hangup.recv() => if let Some(fresh) = reload(common) { break Some(fresh) },
        }
    };
    tracing::info!(
        "{}: finishing what is under way, at most {} s",
        if next.is_some() { "new settings" } else { "ending" },
        pipeline::DRAIN.as_secs()
    );
    cancel.cancel();
    daemon.await;
    closing.cancel();
    // Answers under way get a moment; a reader that does not take its answer does not hold us.
    let _ = tokio::time::timeout(Duration::from_secs(5), async { while servers.join_next().await.is_some() {} }).await;
    servers.abort_all();
    while servers.join_next().await.is_some() {}
    let lock = app.close().await;
    Ok(match next {
        Some(fresh) => Next::Reload(Box::new(fresh), lock),
        None => Next::End,
    })
}

/// New settings, or the old ones kept when the new have a problem.
fn reload(common: &Common) -> Option<Settings> {
    match common.settings() {
        Ok(fresh) => Some(fresh),
        Err(failure) => {
            tracing::error!("the settings are not reloaded, the old ones stay: {failure}");
            None
        }
    }
}

/// The signals a daemon obeys.
struct Signals {
    hangup: Signal,
    end: Ends,
}

fn open(kind: SignalKind) -> anyhow::Result<Signal> {
    Ok(signal(kind)?)
}

/// The signals that end a run.
struct Ends {
    interrupt: Signal,
    terminate: Signal,
}

impl Ends {
    fn new() -> Result<Self, Failure> {
        Ok(Self { interrupt: open(SignalKind::interrupt())?, terminate: open(SignalKind::terminate())? })
    }

    async fn wait(&mut self) {
        tokio::select! { _ = self.interrupt.recv() => {}, _ = self.terminate.recv() => {} }
    }
}

/// Waits for SIGINT or SIGTERM.
pub(super) async fn signalled() {
    match Ends::new() {
        Ok(mut ends) => ends.wait().await,
        Err(_) => std::future::pending().await,
    }
}
