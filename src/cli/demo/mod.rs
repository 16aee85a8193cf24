//! The demo: a sample world on loopback, and the real pipeline run against it.
//!
//! Nothing here is pretence but the world: settings are read from files, sources are fetched over HTTP, articles are stored
//! in SQLite, feeds are written to a folder and served.

mod world;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::{self, App, system_clock};
use crate::config::{self, Settings};
use crate::pipeline::{self, Rendered, Round};
use crate::serve::{Shelf, public};
use crate::{telemetry, units};

use super::once::describe;
use super::out::{self, Paint};
use super::run::signalled;
use super::{Common, Exit, Failure, runtime};
use world::World;

const SETTINGS: &str = include_str!("../../../config/demo/courant.toml");
const SITES: [(&str, &str); 2] = [
    ("lindhaven-en.toml", include_str!("../../../config/demo/sites/lindhaven-en.toml")),
    ("lindhaven-ru.toml", include_str!("../../../config/demo/sites/lindhaven-ru.toml")),
];

/// Ports that are tried first, so that a demo in the same folder finds its addresses again: world, feeds, status.
const PORTS: [u16; 3] = [8791, 8790, 8792];

/// Arguments of `demo`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Leave after one round.
    #[arg(long)]
    once: bool,
    /// Where settings, store and feeds go [default: a temporary folder].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How often the sample site gains an article.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = units::parse_duration)]
    tick: Duration,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    common.start_logs("error")?;
    let metrics = telemetry::start_metrics().map_err(|message| Failure::usage(anyhow::anyhow!(message)))?;
    let temporary = tempfile::tempdir().context("cannot make a temporary folder: name one with --out")?;
    let folder = arguments.out.clone().unwrap_or_else(|| temporary.path().to_owned());
    runtime()?.block_on(async {
        let sockets = [bind(PORTS[0]).await?, bind(PORTS[1]).await?, bind(PORTS[2]).await?];
        let [world, public, admin] = sockets;
        let settings = write_settings(&folder, arguments.tick, [world.local_addr(), public.local_addr(), admin.local_addr()])?;
        let cancel = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let origin = format!("http://{}", world.local_addr().context("a bound socket has an address")?);
        let sample = World::new(&origin, Timestamp::now());
        tasks.spawn(serve_world(world, sample.shelf(), cancel.clone()));

        let app = App::build(&settings, system_clock(), None).await?;
        out::line(&format!("a sample world answers at {origin}/en/ — two sites without feeds, three feeds\n"))?;
        let totals = pipeline::once(&app.pipeline, &Round::All, &cancel, &mut |report| drop(out::line(&describe(report)))).await?;
        let rendered = app.render().await?;
        show(&rendered, &settings, &folder)?;
        let again = pipeline::once(&app.pipeline, &Round::All, &cancel, &mut |_| ()).await?;
        let unchanged = format!("{} requests, {} answered 304", again.requests, again.not_modified);
        out::line(&format!("asked again at once: {unchanged}"))?;
        if arguments.once {
            cancel.cancel();
            app.close().await;
            let is_polite = again.requests == again.not_modified;
            return Ok(if !rendered.failed.is_empty() {
                Exit::Storage
            } else if totals.failed > 0 || !is_polite {
                Exit::AllFailed
            } else {
                Exit::Done
            });
        }

        let (shelf, base_url) = (Arc::clone(&app.shelf), settings.base_url.clone());
        tasks.spawn(app::serve_public(public, shelf, base_url, app::Beside::default(), cancel.clone()));
        tasks.spawn(app::serve_admin(admin, app.admin(metrics, Arc::default()), cancel.clone()));
        out::line(&format!(
            "\n{} in a browser, or a feed in a reader; it keeps running (Ctrl-C ends it), and the press office publishes every {}",
            out::paint(&format!("open {}", settings.base_url), Paint::Bold, out::has_colour()),
            units::spell_duration(arguments.tick),
        ))?;
        tokio::select! {
            () = pipeline::daemon(&app.pipeline, &app.press, &cancel) => {}
            () = live(sample, arguments.tick) => {}
            () = signalled() => {}
        }
        cancel.cancel();
        tasks.abort_all();
        while tasks.join_next().await.is_some() {}
        app.close().await;
        Ok(Exit::Done)
    })
}

/// A socket on loopback, at `port` if that is free.
async fn bind(port: u16) -> anyhow::Result<TcpListener> {
    let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
    match TcpListener::bind(at(port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind(at(0)).await.context("cannot listen on loopback"),
    }
}

async fn serve_world(listener: TcpListener, shelf: Arc<Shelf>, cancel: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, public::Readers::new(shelf, "").into_make_service())
        .with_graceful_shutdown(cancel.cancelled_owned())
        .await
}

/// Lets the sample site publish, again and again, and correct itself now and then.
async fn live(mut world: World, tick: Duration) {
    loop {
        tokio::time::sleep(tick).await;
        let title = world.advance(Timestamp::now());
        let _ = out::line(&format!("the press office publishes: {title}"));
        if let Some(title) = world.correct() {
            let _ = out::line(&format!("the press office corrects: {title}"));
        }
    }
}

/// Writes the demo's settings as a user would have them, and reads them back.
fn write_settings(
    folder: &Path,
    tick: Duration,
    addresses: [std::io::Result<SocketAddr>; 3],
) -> Result<Settings, Failure> {
    let [world, public, admin] = addresses;
    let bound = |address: std::io::Result<SocketAddr>| address.context("a bound socket has an address");
    let (world, public, admin) = (bound(world)?, bound(public)?, bound(admin)?);
    let values = [
        ("origin", format!("http://{world}")),
        ("base_url", format!("http://{public}/")),
        ("listen", public.to_string()),
        ("admin_listen", admin.to_string()),
        ("tick", units::write_duration(tick)),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sites = folder.join("sites");
    fs::create_dir_all(&sites).with_context(|| format!("cannot create `{}`", sites.display()))?;
    let write = |path: &Path, template: &str| {
        fs::write(path, world::fill(template, &values)).with_context(|| format!("cannot write `{}`", path.display()))
    };
    for (name, template) in SITES {
        write(&sites.join(name), template)?;
    }
    let file = folder.join("courant.toml");
    write(&file, SETTINGS)?;
    config::load_with(&file, std::iter::empty()).map_err(|problems| {
        let listed: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::usage(anyhow::anyhow!("the demo's settings have problems:\n{}", listed.join("\n")))
    })
}

fn show(rendered: &Rendered, settings: &Settings, folder: &Path) -> Result<(), Failure> {
    out::line("")?;
    let mut rows =
        vec![["feed", "entries", "left out", "address"].iter().map(|name| ((*name).to_owned(), Paint::Bold)).collect()];
    for feed in &rendered.feeds {
        let cells = [feed.id.to_string(), feed.entries.to_string(), feed.dropped.to_string(), feed.urls.join("  ")];
        rows.push(cells.into_iter().map(|cell| (cell, Paint::Plain)).collect());
    }
    out::table(&rows)?;
    let output = settings.output.as_deref().unwrap_or(folder);
    out::line(&format!(
        "\n{} files in {}; settings in {}",
        rendered.written.len() + rendered.unchanged,
        output.display(),
        settings.file.display()
    ))?;
    Ok(())
}
