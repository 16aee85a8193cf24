//! Builds the parts once and hands each its own settings.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::compose::{self, Duplicates};
use crate::config::Settings;
use crate::fetch::{self, Client, Guard};
use crate::model::{Digest, SourceId};
use crate::pipeline::push::{Content, Hub, INTENTS, News, Telling, is_feed};
use crate::pipeline::{
    self, Clock, ClockWatch, Form, NoView, Paths, Pipeline, Press, Rendered, Renderer, Retired, Steady,
};
use crate::publish::{Files, Parcel, Publisher};
use crate::serve::public::Readers;
use crate::serve::views::{Made, Refused, Views, Wanted};
use crate::serve::{Shelf, Terms, admin, callback, hub};
use crate::store::{self, Store};

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
    /// Files that changed, for those who are to be told.
    news: Arc<News>,
    /// Whether everything was rendered once.
    pub rendered: Arc<AtomicBool>,
    /// Every path that is published.
    paths: Paths,
    /// The folder for output.
    publisher: Option<Arc<dyn Publisher>>,
    /// Where that is.
    output: Option<PathBuf>,
    /// Whether files have twins there.
    precompress: bool,
    /// How servers are asked.
    fetch: fetch::Settings,
    /// Whether readers are answered from the shelf.
    is_served: bool,
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
        let (shelf, news) = (Arc::new(Shelf::beside(settings.output.clone())), Arc::<News>::default());
        let renderer = renderer(settings, &store, &clock, &shelf, publisher.clone(), Arc::clone(&news));
        Ok(Self {
            pipeline: pipeline(settings, store, client, clock),
            paths: renderer.paths(),
            press: Arc::new(Press::new(Arc::new(renderer))),
            shelf,
            news,
            rendered: Arc::default(),
            publisher,
            output: settings.output.clone(),
            precompress: settings.precompress,
            fetch: settings.fetch.clone(),
            is_served: true,
            lock,
        })
    }

    /// Goes on under other settings of the same store. What is under way ends as it began; connections and turns stay where
    /// nothing about them changed. With an error everything is as it was.
    pub async fn renew(&mut self, settings: &Settings) -> Result<(), Error> {
        let client =
            if settings.fetch == self.fetch { self.pipeline.client.clone() } else { Client::new(&settings.fetch)? };
        let is_same = settings.output == self.output && settings.precompress == self.precompress;
        let publisher = if is_same { self.publisher.clone() } else { publisher(settings)? };
        let (store, clock) = (Arc::clone(&self.pipeline.store), Arc::clone(&self.pipeline.clock));
        let mut renderer = renderer(settings, &store, &clock, &self.shelf, publisher.clone(), Arc::clone(&self.news));
        if !self.is_served {
            renderer.sink = Arc::new(|_: &Parcel, _| {});
        }
        self.paths = renderer.paths();
        self.press.replace(Arc::new(renderer)).await;
        let Pipeline { hosts, arrived, wanted, watch, notices, .. } = self.pipeline.clone();
        // A client that is new knows nothing of hosts: what was kept of them is taken up again.
        let hosts = if settings.fetch == self.fetch { hosts } else { Arc::default() };
        let fresh = pipeline(settings, store, client, clock);
        self.pipeline = Pipeline { hosts, arrived, wanted, watch, notices, ..fresh };
        self.shelf.lie_in(settings.output.clone());
        (self.publisher, self.output) = (publisher, settings.output.clone());
        self.precompress = settings.precompress;
        self.fetch = settings.fetch.clone();
        Ok(())
    }

    /// Makes the sources of the store those of these settings. After [`App::renew`], once nobody claims under the old ones any more:
    /// they would not know what is new, and put it off.
    pub async fn sync(&self, settings: &Settings) -> Result<(), Error> {
        let ids: Vec<SourceId> = settings.subscriptions.keys().cloned().collect();
        self.pipeline.store.sync_sources(&ids, (self.pipeline.clock)()).await?;
        self.pipeline.arrived.notify_one();
        Ok(())
    }

    /// The same for a run that serves nobody: what is rendered goes into files alone and is not compressed for readers.
    #[must_use]
    pub fn unserved(mut self) -> Self {
        self.is_served = false;
        if let Some(renderer) = Arc::get_mut(&mut self.press).and_then(Press::renderer) {
            renderer.sink = Arc::new(|_: &Parcel, _| {});
        }
        self
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
                permits: Arc::new(Semaphore::new(callback::AT_ONCE)),
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
        let news = Arc::clone(&self.news);
        let (outside, base_url) = (settings.websub.hubs.clone(), settings.base_url.clone());
        (routes, Telling { news, hub: own, outside, base_url })
    }

    /// Renders every feed, and takes away what is published no more.
    pub async fn render(&self) -> Result<Rendered, store::Error> {
        let mut rendered = self.press.render(None).await?;
        self.shelf.keep_only(|path| self.paths.holds(path));
        if let Some(publisher) = &self.publisher {
            match publisher.keep_only(&|path| self.paths.holds(path)).await {
                Ok(removed) => rendered.removed = removed,
                Err(error) => rendered.failed.push(error),
            }
        }
        self.rendered.store(true, Ordering::Release);
        Ok(rendered)
    }

    /// Makes views of the feeds, where the settings have them answered. What was made under other settings goes with them.
    #[must_use]
    pub fn views(&self, settings: &Settings) -> Option<Arc<Views>> {
        let press = Arc::clone(&self.press);
        let make = move |wanted: Wanted| -> BoxFuture<'static, Result<Made, Refused>> {
            let renderer = press.current();
            Box::pin(async move {
                let form = wanted.format.map_or(Form::Page, Form::Format);
                let refused = |error| match error {
                    NoView::NoFeed => Refused::NotThere,
                    NoView::NoSource { .. } => Refused::Wrong(error.to_string()),
                    NoView::Store(error) => Refused::Failed(error.to_string()),
                };
                let file = renderer.view(&wanted.feed, &wanted.view, form).await.map_err(refused)?;
                Ok(Made { bytes: file.bytes, media_type: file.media_type })
            })
        };
        settings.views.then(|| Arc::new(Views::new(Arc::new(make))))
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

/// Whether hubs can call back at `base_url`: it is no address of a private network, unless that is allowed.
fn is_reachable(settings: &Settings) -> bool {
    Guard::new(&settings.fetch.allow_networks).vet_url(&settings.base_url).is_ok()
}

/// The paths the output lives under: that of `base_url`, and the root.
fn prefixes(base_url: &url::Url) -> Vec<String> {
    let path = base_url.path().trim_end_matches('/').to_owned();
    if path.is_empty() { vec![path] } else { vec![path, String::new()] }
}

/// The folder for output, where there is one.
fn publisher(settings: &Settings) -> Result<Option<Arc<dyn Publisher>>, Error> {
    let files = settings.output.as_ref().map(Files::open).transpose()?;
    Ok(files.map(|files| Arc::new(files.precompressing(settings.precompress)) as Arc<dyn Publisher>))
}

/// What makes the feeds of these settings from a store, for a look: it publishes nothing.
#[must_use]
pub fn previewer(settings: &Settings, store: &Arc<dyn Store>) -> Renderer {
    renderer(settings, store, &system_clock(), &Arc::new(Shelf::beside(None)), None, Arc::default())
}

fn renderer(
    settings: &Settings,
    store: &Arc<dyn Store>,
    clock: &Clock,
    shelf: &Arc<Shelf>,
    publisher: Option<Arc<dyn Publisher>>,
    news: Arc<News>,
) -> Renderer {
    let shelf = Arc::clone(shelf);
    shelf.learn(settings.recipes.iter().map(|recipe| terms(recipe.settings())));
    Renderer {
        store: Arc::clone(store),
        recipes: settings.recipes.clone(),
        subscriptions: Arc::clone(&settings.subscriptions),
        publisher,
        sink: Arc::new(move |parcel, modified| shelf.put(parcel, modified)),
        title: settings.title.clone(),
        base_url: settings.base_url.clone(),
        hubs: settings.websub.named(&settings.base_url),
        views: settings.views,
        news,
        clock: Arc::clone(clock),
        listings: Mutex::default(),
        shown: Mutex::default(),
    }
}

/// What the server has to know of a feed.
fn terms(feed: &compose::Settings) -> Terms {
    let max_age = feed.ttl.map(|ttl| u32::try_from(ttl.0.as_secs()).unwrap_or(u32::MAX));
    Terms { feed: feed.id.to_string(), formats: feed.formats.clone(), max_age }
}

fn pipeline(settings: &Settings, store: Arc<dyn Store>, client: Client, clock: Clock) -> Pipeline {
    let told_twice = settings.subscriptions.values().map(|subscription| &subscription.source).filter(|source| {
        let takes = |recipe: &compose::Recipe| recipe.settings().selects(&source.id, &source.tags);
        settings.recipes.iter().any(|recipe| recipe.settings().duplicates != Duplicates::All && takes(recipe))
    });
    Pipeline {
        told_twice: Arc::new(told_twice.map(|source| source.id.clone()).collect()),
        store,
        client,
        subscriptions: Arc::clone(&settings.subscriptions),
        clock,
        concurrency: settings.fetch.concurrency,
        keep_bytes: settings.keep_pages_bytes,
        documents_for: settings.documents_for,
        hosts: Arc::default(),
        callbacks: None,
        arrived: Arc::default(),
        wanted: Arc::default(),
        watch: Arc::new(ClockWatch::new(system_steady())),
        notices: Arc::default(),
        trouble_after: SignedDuration::try_from(settings.notify.after).unwrap_or(SignedDuration::MAX),
    }
}

/// The present, by the clock of this machine.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// The time since this machine was started, where it tells it, sleep included; else since now.
#[must_use]
pub fn system_steady() -> Steady {
    let boot = fs::read("/proc/sys/kernel/random/boot_id").ok();
    let boot = boot.map(|name| Digest::of(&name)).and_then(|digest| digest.as_bytes().first_chunk().copied());
    let boot = boot.map(i64::from_le_bytes).filter(|_| since_boot().is_some());
    let begun = Instant::now();
    Arc::new(move || match boot {
        Some(boot) => (Some(boot), since_boot().unwrap_or_default()),
        None => (None, begun.elapsed()),
    })
}

/// What Linux says: seconds with two decimals (`proc_uptime(5)`).
fn since_boot() -> Option<Duration> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = text.split(' ').next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Opens an address to listen at.
pub fn listen(address: std::net::SocketAddr, key: &str) -> anyhow::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address)
        .with_context(|| format!("cannot listen at {address}: change `{key}`, or end what listens there"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// What subscribers are answered by beside the shelf.
#[derive(Default)]
pub struct Beside {
    /// Hubs, and subscribers of ours.
    pub routes: Router,
    /// Views of the feeds, where they are answered.
    pub views: Option<Arc<Views>>,
}

/// Serves subscribers until cancelled. `base_url` decides the path the output lives under.
pub async fn serve_public(
    listener: TcpListener,
    shelf: Arc<Shelf>,
    base_url: url::Url,
    beside: Beside,
    cancel: CancellationToken,
) -> std::io::Result<()> {
    let readers = Readers::new(shelf, base_url.path()).beside(beside.routes).with_views(beside.views);
    axum::serve(listener, readers.into_make_service()).with_graceful_shutdown(cancel.cancelled_owned()).await
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
