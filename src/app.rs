//! Builds the parts once and hands each its own settings.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::fetch::{self, Client};
use crate::model::SourceId;
use crate::pipeline::{self, Clock, Pipeline, Press, Rendered, Renderer, Retired};
use crate::publish::{Files, Publisher};
use crate::serve::{self, Shelf, admin};
use crate::store::{self, Store};

/// How long a reader may keep an answer before it asks again, in seconds.
const MAX_AGE_SECONDS: u32 = 300;

/// Why nothing could be built; each has an exit code of its own.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another run holds the store.
    #[error("another run holds `{0}`: it is doing the work")]
    Locked(PathBuf),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The folder for output cannot be used.
    #[error(transparent)]
    Output(#[from] crate::publish::Error),
    /// The settings cannot be followed.
    #[error(transparent)]
    Fetch(#[from] crate::fetch::Error),
    /// The file of the lock cannot be made.
    #[error("cannot make the lock `{}`: make its folder writable", .path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

/// The parts, built.
pub struct App {
    /// Refreshes.
    pub pipeline: Pipeline,
    /// Renders.
    pub press: Arc<Press>,
    /// What the server answers from.
    pub shelf: Arc<Shelf>,
    /// Whether everything was rendered once.
    pub rendered: Arc<AtomicBool>,
    /// Every path that is published.
    paths: HashSet<String>,
    /// The folder for output.
    publisher: Option<Arc<dyn Publisher>>,
    /// Where that is.
    output: Option<PathBuf>,
    /// How servers are asked.
    fetch: fetch::Settings,
    /// Held as long as the parts live: only one process works on a store of ours.
    lock: Option<Lock>,
}

/// The lock that lets one process at a time refresh a store.
#[derive(Debug)]
pub struct Lock {
    /// The store it is for.
    store: String,
    /// Open as long as the lock is held; the system lets go of it when the process ends, however it ends.
    file: File,
}

impl Lock {
    /// Takes the lock of a store; `None` for stores that need none.
    pub fn take(store: &str) -> Result<Option<Self>, Error> {
        let Some(path) = store.strip_prefix("sqlite:") else { return Ok(None) };
        let path = PathBuf::from(format!("{path}.lock"));
        let failed = |source| Error::Lock { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { store: store.to_owned(), file })),
            Err(TryLockError::WouldBlock) => Err(Error::Locked(path)),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

impl Drop for Lock {
    /// Lets go at once: a process that was just forked has the file open as well until it runs its own program.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl App {
    /// Opens the store and the output folder and joins everything. Takes the lock first, unless `lock` is handed on.
    pub async fn build(settings: &Settings, clock: Clock, lock: Option<Lock>) -> Result<Self, Error> {
        let lock = match lock.filter(|lock| lock.store == settings.store) {
            Some(lock) => Some(lock),
            None => Lock::take(&settings.store)?,
        };
        let store = store::open(&settings.store).await?;
        let ids: Vec<SourceId> = settings.subscriptions.keys().cloned().collect();
        store.sync_sources(&ids, clock()).await?;
        if lock.is_some() {
            // Nobody else works on this store, so leases that are left are those of a run that was cut short.
            store.release_all().await?;
        }
        let client = Client::new(&settings.fetch)?;
        let publisher = publisher(settings)?;
        let shelf = Arc::<Shelf>::default();
        let renderer = renderer(settings, &store, &clock, &shelf, publisher.clone());
        Ok(Self {
            pipeline: pipeline(settings, store, client, clock),
            paths: renderer.paths(),
            press: Arc::new(Press::new(Arc::new(renderer))),
            shelf,
            rendered: Arc::default(),
            publisher,
            output: settings.output.clone(),
            fetch: settings.fetch.clone(),
            lock,
        })
    }

    /// Goes on under other settings of the same store. What is under way ends as it began; connections and turns stay where
    /// nothing about them changed. With an error everything is as it was.
    pub async fn renew(&mut self, settings: &Settings) -> Result<(), Error> {
        let client =
            if settings.fetch == self.fetch { self.pipeline.client.clone() } else { Client::new(&settings.fetch)? };
        let publisher = if settings.output == self.output { self.publisher.clone() } else { publisher(settings)? };
        let (store, clock) = (Arc::clone(&self.pipeline.store), Arc::clone(&self.pipeline.clock));
        let ids: Vec<SourceId> = settings.subscriptions.keys().cloned().collect();
        store.sync_sources(&ids, clock()).await?;
        let renderer = renderer(settings, &store, &clock, &self.shelf, publisher.clone());
        self.paths = renderer.paths();
        self.press.replace(Arc::new(renderer)).await;
        let hosts = Arc::clone(&self.pipeline.hosts);
        self.pipeline = Pipeline { hosts, ..pipeline(settings, store, client, clock) };
        (self.publisher, self.output) = (publisher, settings.output.clone());
        self.fetch = settings.fetch.clone();
        Ok(())
    }

    /// Renders every feed, and takes away what is published no more.
    pub async fn render(&self) -> Result<Rendered, store::Error> {
        let mut rendered = self.press.render(None).await?;
        self.shelf.keep_only(&self.paths);
        if let Some(publisher) = &self.publisher {
            match publisher.keep_only(&self.paths).await {
                Ok(removed) => rendered.removed = removed,
                Err(error) => rendered.failed.push(error),
            }
        }
        self.rendered.store(true, Ordering::Release);
        Ok(rendered)
    }

    /// What operators are answered from.
    pub fn admin(&self, metrics: PrometheusHandle, notes: Arc<Mutex<admin::Notes>>) -> admin::Admin {
        let (store, rendered) = (Arc::clone(&self.pipeline.store), Arc::clone(&self.rendered));
        admin::Admin { store, metrics, rendered, notes }
    }

    /// Drops what retention says, but for what the feeds show. After [`App::render`].
    pub async fn retire(&self, cancel: &CancellationToken) -> Result<Retired, store::Error> {
        let Some(shown) = self.press.shown().await else { return Ok(Retired::default()) };
        pipeline::retire(&self.pipeline, &shown, cancel).await
    }

    /// Ends the connections; hands the lock back for the next build.
    pub async fn close(self) -> Option<Lock> {
        self.pipeline.store.close().await;
        self.lock
    }
}

/// The folder for output, where there is one.
fn publisher(settings: &Settings) -> Result<Option<Arc<dyn Publisher>>, Error> {
    let files = settings.output.as_ref().map(Files::open).transpose()?;
    Ok(files.map(|files| Arc::new(files) as Arc<dyn Publisher>))
}

fn renderer(
    settings: &Settings,
    store: &Arc<dyn Store>,
    clock: &Clock,
    shelf: &Arc<Shelf>,
    publisher: Option<Arc<dyn Publisher>>,
) -> Renderer {
    let shelf = Arc::clone(shelf);
    Renderer {
        store: Arc::clone(store),
        recipes: settings.recipes.clone(),
        subscriptions: Arc::new(settings.subscriptions.clone()),
        publisher,
        sink: Arc::new(move |file, modified| shelf.put(&file.path, file.media_type, modified, file.bytes)),
        title: settings.title.clone(),
        base_url: settings.base_url.clone(),
        hubs: Vec::new(),
        clock: Arc::clone(clock),
        listings: Mutex::default(),
        shown: Mutex::default(),
    }
}

fn pipeline(settings: &Settings, store: Arc<dyn Store>, client: Client, clock: Clock) -> Pipeline {
    Pipeline {
        store,
        client,
        subscriptions: Arc::new(settings.subscriptions.clone()),
        clock,
        concurrency: settings.fetch.concurrency,
        keep_bytes: settings.keep_pages_bytes,
        documents_for: settings.documents_for,
        hosts: Arc::default(),
    }
}

/// The present, by the clock of this machine.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// Opens an address to listen at.
pub fn listen(address: std::net::SocketAddr, key: &str) -> anyhow::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address)
        .with_context(|| format!("cannot listen at {address}: change `{key}`, or end what listens there"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves subscribers until cancelled. `base_url` decides the path the output lives under.
pub async fn serve_public(
    listener: TcpListener,
    shelf: Arc<Shelf>,
    base_url: url::Url,
    cancel: CancellationToken,
) -> std::io::Result<()> {
    let router = serve::public::router(shelf, base_url.path(), MAX_AGE_SECONDS);
    axum::serve(listener, router).with_graceful_shutdown(cancel.cancelled_owned()).await
}

/// Serves operators until cancelled.
pub async fn serve_admin(listener: TcpListener, admin: admin::Admin, cancel: CancellationToken) -> std::io::Result<()> {
    let router = admin::router(admin);
    axum::serve(listener, router).with_graceful_shutdown(cancel.cancelled_owned()).await
}

/// Whether the store of these settings exists already.
#[must_use]
pub fn store_exists(store: &str) -> bool {
    store.strip_prefix("sqlite:").is_none_or(|path| Path::new(path).exists())
}
