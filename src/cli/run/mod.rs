//! `courant run`: the daemon.

mod doors;
mod notify;
mod watch;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::anyhow;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch::channel as watch_channel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::{App, system_clock};
use crate::config::Settings;
use crate::pipeline::push::{self, Telling};
use crate::pipeline::{self, Forecast, Pipeline, Steering};
use crate::serve::admin::Notes;
use crate::telemetry;

use super::lists::{self, Lists};
use super::notices::{self, Teller};
use super::{Common, Exit, Failure};
use doors::Doors;
use notify::Notify;
use watch::Watch;

/// Arguments of `run`.
#[derive(clap::Args)]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments, common: &Common) -> Result<Exit, Failure> {
    common.start_logs("info")?;
    let metrics = telemetry::start_metrics().map_err(|message| Failure::usage(anyhow!(message)))?;
    let runtime = super::runtime()?;
    let done = runtime.block_on(async {
        // From the beginning and over every reload: a signal that nobody listens for ends the process, or is lost.
        let mut signals = Signals { hangup: open(SignalKind::hangup())?, end: Ends::new()? };
        let mut daemon = Daemon::start(common, metrics).await?;
        loop {
            match daemon.serve(&mut signals).await? {
                Next::Other(app, settings) => daemon.go_over(*app, *settings).await?,
                Next::AtOnce => return Ok(Exit::Done),
                Next::End => break,
            }
        }
        daemon.doors.close().await;
        daemon.app.close().await;
        Ok(Exit::Done)
    });
    // Reading a document goes on until it is done; its end is of no use to anybody any more.
    runtime.shutdown_background();
    done
}

/// What comes after the work.
enum Next {
    /// The end.
    End,
    /// The end, without a word to those who are still connected.
    AtOnce,
    /// New settings name another store: its parts, which are built.
    Other(Box<App>, Box<Settings>),
}

/// The running program.
struct Daemon<'a> {
    common: &'a Common,
    /// The settings in force.
    settings: Settings,
    app: App,
    doors: Doors,
    /// Whom to tell, for the next task that does.
    telling: Option<Telling>,
    notes: Arc<Mutex<Notes>>,
    notify: Notify,
    watch: Watch,
}

impl<'a> Daemon<'a> {
    async fn start(common: &'a Common, metrics: PrometheusHandle) -> Result<Self, Failure> {
        let began = SystemTime::now();
        let settings = common.settings()?;
        let watch = Watch::begin(&settings, began);
        let mut app = App::build(&settings, system_clock(), None).await?;
        let (routes, telling) = app.open_push(&settings);
        let notes = Arc::new(Mutex::new(lists::notes(&settings)));
        let doors = Doors::open(&settings, metrics, Arc::clone(&notes))?;
        let notify = Notify::from_environment();
        let telling = Some(telling);
        let mut daemon = Self { common, settings, app, doors, telling, notes, notify, watch };
        daemon.doors.answer_operators(&daemon.app)?;
        daemon.app.render().await?.log();
        // Subscribers are answered when there is something to answer with.
        daemon.doors.answer_readers(&daemon.app, &daemon.settings, routes)?;
        tracing::info!("{}", daemon.size());
        daemon.notify.ready(&daemon.size());
        Ok(daemon)
    }

    fn size(&self) -> String {
        format!("{} sources, {} feeds", self.settings.subscriptions.len(), self.settings.recipes.len())
    }

    /// Works until a signal ends it, or new settings name another store.
    async fn serve(&mut self, signals: &mut Signals) -> Result<Next, Failure> {
        let cancel = CancellationToken::new();
        let (sender, fresh) = mpsc::channel(1);
        let steering = Steering { cancel: cancel.clone(), fresh, beat: self.notify.beat() };
        let (pipeline, press) = (self.app.pipeline.clone(), Arc::clone(&self.app.press));
        let (lists, current) = watch_channel(Lists::of(&self.settings, &pipeline));
        let (listed, mut other_sources) = mpsc::channel(1);
        let mut asking = JoinSet::new();
        asking.spawn(lists::keep(current, Arc::clone(&self.notes), listed));
        let (asked, told) = (Arc::clone(&self.app.shelf), Arc::clone(&self.app.shelf));
        let readers = Forecast {
            asked: Arc::new(move || asked.asked()),
            told: Arc::new(move |feed, due| told.expect(feed, due)),
        };
        asking.spawn(pipeline::forecast(Arc::clone(&press), readers, cancel.child_token()));
        let notices = Arc::clone(&self.app.pipeline.notices);
        let (tellers, current) = watch_channel(Teller::of(&self.settings));
        asking.spawn(notices::keep(Arc::clone(&notices), current));
        let mut work = JoinSet::new();
        work.spawn(async move { pipeline::steered(&pipeline, &press, steering).await });
        let mut pushing = cancel.child_token();
        let next = loop {
            if let Some(mut telling) = self.telling.take() {
                // In place of the one before: whom to tell, and who may tell us, has changed.
                pushing.cancel();
                pushing = cancel.child_token();
                let (pipeline, cancel) = (self.app.pipeline.clone(), pushing.clone());
                asking.spawn(async move { push::tell_and_be_told(&pipeline, &mut telling, &cancel).await });
            }
            let asked = tokio::select! {
                _ = work.join_next() => return Err(Failure::storage(anyhow!("the work ended by itself; please report it with the log"))),
                () = signals.end.wait() => break Next::End,
                _ = signals.hangup.recv() => "SIGHUP",
                () = self.watch.changed(&self.settings) => "files have changed",
                Some(()) = other_sources.recv() => "a list names other sources",
            };
            if let Some(next) = self.reload(asked, &sender).await {
                break next;
            }
            lists.send_replace(Lists::of(&self.settings, &self.app.pipeline));
            tellers.send_replace(Teller::of(&self.settings));
        };
        tracing::info!(
            "{}: finishing what is under way, at most {} s; another signal ends it at once",
            if matches!(next, Next::End) { "ending" } else { "another store" },
            pipeline::DRAIN.as_secs()
        );
        if matches!(next, Next::End) {
            self.notify.stopping();
        }
        cancel.cancel();
        tokio::select! {
            _ = work.join_next() => {}
            () = signals.end.wait() => {
                tracing::warn!("ended at once: what was under way is done again by the next run");
                return Ok(Next::AtOnce);
            }
        }
        Teller::of(&self.settings).tell(notices.take()).await;
        Ok(next)
    }

    /// Reads the settings anew. With a problem the old ones stay; that is logged, and told in `/readyz` and `/status`.
    async fn reload(&mut self, asked: &str, sender: &mpsc::Sender<Pipeline>) -> Option<Next> {
        tracing::info!("{asked}: reading the settings");
        self.notify.reloading();
        self.watch.note(&self.settings);
        // Long where there are tens of thousands of sources; the work goes on meanwhile.
        let read = tokio::task::block_in_place(|| self.common.settings());
        let mut problems = Vec::new();
        let mut other = None;
        match read {
            Ok(fresh) if fresh.store == self.settings.store => match self.renew(fresh, &mut problems, sender).await {
                Ok(()) => tracing::info!("new settings: {}", self.size()),
                Err(error) => problems.push(format!("{error:#}")),
            },
            // Everything of the other store is opened first, or nothing changes.
            Ok(fresh) => match App::build(&fresh, system_clock(), None).await {
                Ok(app) => other = Some(Next::Other(Box::new(app), Box::new(fresh))),
                Err(error) => problems.push(format!("{:#}", anyhow!(error))),
            },
            Err(failure) => problems.push(failure.to_string()),
        }
        for problem in &problems {
            tracing::error!("the settings are not reloaded, the old ones stay: {problem}");
        }
        let told = (!problems.is_empty()).then(|| problems.join("; "));
        let status = told.as_ref().map_or(String::new(), |problem| {
            format!("; old settings: {}", problem.lines().collect::<Vec<_>>().join(" "))
        });
        self.notify.ready(&format!("{}{status}", self.size()));
        *self.notes.lock().unwrap_or_else(PoisonError::into_inner) =
            Notes { settings_problem: told, ..lists::notes(&self.settings) };
        other
    }

    /// Puts settings of the same store in force, without a break.
    async fn renew(
        &mut self,
        mut fresh: Settings,
        problems: &mut Vec<String>,
        sender: &mpsc::Sender<Pipeline>,
    ) -> anyhow::Result<()> {
        self.app.renew(&fresh).await?;
        let (routes, telling) = self.app.open_push(&fresh);
        self.telling = Some(telling);
        // A driver that has ended needs none.
        let _ = sender.send(self.app.pipeline.clone()).await;
        // Room again: it was taken up, and nothing is claimed under the old ones any more.
        let _ = sender.reserve().await;
        self.app.sync(&fresh).await?;
        // New settings are in force: what cannot be rendered now is tried again.
        match self.app.render().await {
            Ok(rendered) => rendered.log(),
            Err(error) => problems.push(format!("the feeds are not rendered yet: {:#}", anyhow!(error))),
        }
        let operators_at = self.settings.admin_listen;
        problems.extend(self.doors.renew(&mut fresh));
        self.doors.answer_readers(&self.app, &fresh, routes)?;
        if fresh.admin_listen != operators_at {
            self.doors.answer_operators(&self.app)?;
        }
        self.settings = fresh;
        Ok(())
    }

    /// Goes over to another store.
    async fn go_over(&mut self, app: App, mut fresh: Settings) -> Result<(), Failure> {
        std::mem::replace(&mut self.app, app).close().await;
        let (routes, telling) = self.app.open_push(&fresh);
        self.telling = Some(telling);
        self.app.render().await?.log();
        for problem in self.doors.renew(&mut fresh) {
            tracing::error!("{problem}");
        }
        self.doors.answer_readers(&self.app, &fresh, routes)?;
        self.doors.answer_operators(&self.app)?;
        self.settings = fresh;
        Ok(())
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
pub(super) struct Ends {
    interrupt: Signal,
    terminate: Signal,
}

impl Ends {
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self { interrupt: open(SignalKind::interrupt())?, terminate: open(SignalKind::terminate())? })
    }

    pub(super) async fn wait(&mut self) {
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
