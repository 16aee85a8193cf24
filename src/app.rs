//! Builds the parts once and hands each its own settings.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use axum::Router;
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::fetch::{Client, Guard};
use crate::model::SourceId;
use crate::pipeline::push::{Content, Hub, INTENTS, Telling, is_feed};
use crate::pipeline::{self, Clock, Pipeline, Rendered, Renderer, Retired};
use crate::publish::{Files, Publisher};
use crate::serve::{self, Shelf, admin, callback, hub};
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
    pub renderer: Arc<Renderer>,
    /// What the server answers from.
    pub shelf: Arc<Shelf>,
    /// Whether everything was rendered once.
    pub rendered: Arc<AtomicBool>,
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
        let publisher = match &settings.output {
            Some(folder) => Some(Arc::new(Files::open(folder)?) as Arc<dyn Publisher>),
            None => None,
        };
        let subscriptions = Arc::new(settings.subscriptions.clone());
        let shelf = Arc::<Shelf>::default();
        let sink_shelf = Arc::clone(&shelf);
        let renderer = Renderer {
            store: Arc::clone(&store),
            recipes: settings.recipes.clone(),
            subscriptions: Arc::clone(&subscriptions),
            publisher,
            sink: Arc::new(move |file, modified| sink_shelf.put(&file.path, file.media_type, modified, file.bytes)),
            title: settings.title.clone(),
            base_url: settings.base_url.clone(),
            hubs: settings.websub.named(&settings.base_url),
            news: Arc::default(),
            clock: Arc::clone(&clock),
            listings: std::sync::Mutex::default(),
            shown: std::sync::Mutex::default(),
        };
        let pipeline = Pipeline {
            store,
            client,
            subscriptions,
            clock,
            concurrency: settings.fetch.concurrency,
            keep_bytes: settings.keep_pages_bytes,
            documents_for: settings.documents_for,
            hosts: Arc::default(),
            callbacks: None,
            arrived: Arc::default(),
            wanted: Arc::default(),
        };
        Ok(Self { pipeline, renderer: Arc::new(renderer), shelf, rendered: Arc::default(), lock })
    }

    /// Opens what WebSub needs of a daemon: the routes to be served, and whom to tell. Refreshes of this app ask hubs to call
    /// back from now on, where they can.
    pub fn open_push(&mut self, settings: &Settings) -> (Router, Telling) {
        let prefixes = prefixes(&settings.base_url);
        let mut routes = Router::new();
        if settings.websub.subscribe && settings.listen.is_some() && is_reachable(settings) {
            self.pipeline.callbacks = settings.base_url.join("websub/").ok();
            let arrived = Arc::clone(&self.pipeline.arrived);
            let callbacks = callback::Callbacks {
                store: Arc::clone(&self.pipeline.store),
                clock: Arc::clone(&self.pipeline.clock),
                arrived: Arc::new(move || arrived.notify_one()),
                max_bytes: usize::try_from(settings.fetch.max_bytes).unwrap_or(usize::MAX),
            };
            for prefix in &prefixes {
                routes = routes.merge(callback::routes(callbacks.clone(), prefix));
            }
        }
        let mut own = None;
        if settings.websub.hub {
            let (intents, received) = mpsc::channel(INTENTS);
            let shelf = Arc::clone(&self.shelf);
            let hub = hub::Hub {
                store: Arc::clone(&self.pipeline.store),
                intents,
                is_published: Arc::new(move |path| is_feed(path) && shelf.get(path).is_some()),
                client: self.pipeline.client.clone(),
                base_url: settings.base_url.clone(),
            };
            for prefix in &prefixes {
                routes = routes.merge(hub::routes(hub.clone(), prefix));
            }
            let shelf = Arc::clone(&self.shelf);
            let content = move |path: &str| {
                let resource = shelf.get(path)?;
                let (bytes, media_type) = (resource.plain.clone(), resource.media_type);
                Some(Content { bytes, media_type, digest: resource.digest })
            };
            let url = settings.base_url.join("hub").expect("a name is a part of a path");
            own = Some(Hub { url, intents: received, content: Arc::new(content) });
        }
        let news = Arc::clone(&self.renderer.news);
        let (outside, base_url) = (settings.websub.hubs.clone(), settings.base_url.clone());
        (routes, Telling { news, hub: own, outside, base_url })
    }

    /// Renders every feed.
    pub async fn render(&self) -> Result<Rendered, store::Error> {
        let rendered = self.renderer.render(None).await?;
        let feeds: HashSet<String> = self.renderer.paths();
        self.shelf.keep_only(&feeds);
        self.rendered.store(true, Ordering::Release);
        Ok(rendered)
    }

    /// Drops what retention says, but for what the feeds show. After [`App::render`].
    pub async fn retire(&self, cancel: &CancellationToken) -> Result<Retired, store::Error> {
        let Some(shown) = self.renderer.shown() else { return Ok(Retired::default()) };
        pipeline::retire(&self.pipeline, &shown, cancel).await
    }

    /// Ends the connections; hands the lock back for the next build.
    pub async fn close(self) -> Option<Lock> {
        self.pipeline.store.close().await;
        self.lock
    }
}

/// Whether hubs can call back at `base_url`: it is no address of a private network, unless that is allowed.
fn is_reachable(settings: &Settings) -> bool {
    Guard::new(&settings.fetch.allow_networks).vet_url(&settings.base_url).is_ok()
}

/// The paths the output lives under: that of `base_url`, and the root.
fn prefixes(base_url: &url::Url) -> Vec<String> {
    let path = base_url.path().trim_end_matches('/').to_owned();
    if path.is_empty() { vec![path] } else { vec![path, String::new()] }
}

/// The present, by the clock of this machine.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// Opens an address to listen at.
pub async fn listen(address: std::net::SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen at {address}: change `{key}`, or end what listens there"))
}

/// Serves subscribers until cancelled. `base_url` decides the path the output lives under.
pub async fn serve_public(
    listener: TcpListener,
    shelf: Arc<Shelf>,
    base_url: url::Url,
    routes: Router,
    cancel: CancellationToken,
) -> std::io::Result<()> {
    let router = serve::public::router(shelf, base_url.path(), MAX_AGE_SECONDS).merge(routes);
    axum::serve(listener, router).with_graceful_shutdown(cancel.cancelled_owned()).await
}

/// Serves operators until cancelled.
pub async fn serve_admin(
    listener: TcpListener,
    store: Arc<dyn Store>,
    rendered: Arc<AtomicBool>,
    metrics: PrometheusHandle,
    cancel: CancellationToken,
) -> std::io::Result<()> {
    let router = admin::router(admin::Admin { store, metrics, rendered });
    axum::serve(listener, router).with_graceful_shutdown(cancel.cancelled_owned()).await
}

/// Whether the store of these settings exists already.
#[must_use]
pub fn store_exists(store: &str) -> bool {
    store.strip_prefix("sqlite:").is_none_or(|path| Path::new(path).exists())
}
