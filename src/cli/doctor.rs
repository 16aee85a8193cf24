//! `courant doctor`: clock, settings, store, output and each source, each with what puts it right; `--store`: the file itself.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::app::{self, Lock};
use crate::config::{self, Settings};
use crate::plan::Health;
use crate::store::{self, SourceStatus, file};

use super::out::{self, Paint};
use super::{Common, Exit, Failure, backup, input};

/// Arguments of `doctor`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Look through the store alone, or another file, row by row.
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "the switch may stand alone")]
    store: Option<Option<PathBuf>>,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Good,
    Note,
    Bad,
}

/// Something that was looked at.
#[derive(Debug, serde::Serialize)]
struct Finding {
    about: String,
    level: Level,
    says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn good(&mut self, about: &str, says: impl Into<String>) {
        self.0.push(Finding { about: about.to_owned(), level: Level::Good, says: says.into(), fix: None });
    }

    fn found(&mut self, level: Level, about: &str, says: impl Into<String>, fix: impl Into<String>) {
        self.0.push(Finding { about: about.to_owned(), level, says: says.into(), fix: Some(fix.into()) });
    }
}

/// No clock that is right shows less: when this was written.
const WRITTEN: &str = "2026-01-01T00:00:00Z";

/// How long a source may be overdue before something is wrong: `once` from cron may come every hour.
const OVERDUE: SignedDuration = SignedDuration::from_hours(2);

/// How far a store may be ahead of the clock: two clocks never agree.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    if let Some(named) = &arguments.store {
        let path = match named {
            Some(path) => path.clone(),
            None => backup::path(&common.settings()?)?,
        };
        return look_through(&path, arguments.json, now);
    }
    let mut findings = Findings::default();
    match config::find(common.config.as_deref()).map_err(|problem| vec![problem]).and_then(|file| config::load(&file)) {
        Ok(settings) => {
            let (sources, feeds) = (settings.subscriptions.len(), settings.recipes.len());
            findings.good("settings", format!("{}: {sources} sources, {feeds} feeds", settings.file.display()));
            of_settings(&mut findings, &settings);
            let known = super::runtime()?.block_on(of_store(&mut findings, &settings));
            of_clock(&mut findings, &known, now);
            of_output(&mut findings, settings.output.as_deref());
            for source in &known {
                of_source(&mut findings, source, now);
            }
        }
        Err(problems) => {
            of_clock(&mut findings, &[], now);
            for problem in problems {
                findings.found(Level::Bad, "settings", problem.to_string(), "correct it; `courant check` looks again");
            }
        }
    }
    print(&findings, arguments.json)
}

fn of_settings(findings: &mut Findings, settings: &Settings) {
    let contact = settings.fetch.contact.as_deref().unwrap_or_default();
    if ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| contact.contains(host)) {
        let says = format!("the servers that are asked are given `{contact}` as your contact, which leads nowhere");
        findings.found(Level::Note, "contact", says, "contact = \"https://…\" or \"mailto:…\" in courant.toml");
    }
    if settings.subscriptions.is_empty() {
        findings.found(Level::Note, "sources", "there are none", "courant add URL");
    }
    if settings.recipes.is_empty() {
        findings.found(Level::Note, "feeds", "none is published", "a [[feed]] in courant.toml with sources = [\"*\"]");
    }
}

async fn of_store(findings: &mut Findings, settings: &Settings) -> Vec<SourceStatus> {
    match Lock::take(&settings.store) {
        Ok(_) => findings.good("run", "nothing is at work right now"),
        Err(app::Error::Locked(_)) => findings.good("run", "`courant run` or `once` is at work"),
        Err(error) => findings.found(Level::Bad, "run", told(&error), "run it as the user that owns the store"),
    }
    if !app::store_exists(&settings.store) {
        findings.found(Level::Note, "store", "there is none yet", "courant once, or courant run");
        return Vec::new();
    }
    let looked = async {
        let store = store::open(&settings.store).await?;
        let known = async { store.check().await.and(store.status().await) }.await;
        store.close().await;
        known
    };
    match looked.await {
        Ok(known) => {
            let articles: u64 = known.iter().map(|source| source.articles).sum();
            let size =
                backup::path(settings).ok().and_then(|path| fs::metadata(path).ok()).map_or(0, |file| file.len());
            let says = format!("{articles} articles, {}; it can be read and written", backup::about(size));
            findings.good("store", says);
            known
        }
        Err(error) => {
            findings.found(Level::Bad, "store", told(&error), "courant doctor --store looks closer");
            Vec::new()
        }
    }
}

fn of_clock(findings: &mut Findings, known: &[SourceStatus], now: Timestamp) {
    const FIX: &str = "set the clock: timedatectl set-ntp true";
    let written: Timestamp = WRITTEN.parse().expect("the moment is written right");
    let last = known.iter().filter_map(|source| source.state.attempted_at).max();
    if now < written {
        findings.found(Level::Bad, "clock", format!("it shows {now:.0}, which is long ago"), FIX);
    } else if let Some(last) = last.filter(|last| last.duration_since(now) > AHEAD) {
        let says = format!(
            "it shows {now:.0}, but the last source was asked at {last:.0}: it was set back, or was wrong then"
        );
        findings.found(Level::Bad, "clock", says, FIX);
    } else {
        findings.good("clock", format!("{now:.0}"));
    }
}

fn of_output(findings: &mut Findings, folder: Option<&Path>) {
    let Some(folder) = folder else { return };
    let probe = folder.join(".courant-doctor.tmp");
    let shown = folder.display();
    if !folder.exists() {
        findings.found(Level::Note, "output", format!("`{shown}` is not there yet"), "courant once makes it");
        return;
    }
    match fs::write(&probe, "").and_then(|()| fs::remove_file(&probe)) {
        Ok(()) => findings.good("output", format!("`{shown}` can be written")),
        Err(error) => {
            let fix = format!("make it writable for the user courant runs as: chown -R courant '{shown}'");
            findings.found(Level::Bad, "output", format!("`{shown}` cannot be written: {error}"), fix);
        }
    }
}

fn of_source(findings: &mut Findings, source: &SourceStatus, now: Timestamp) {
    let (id, state) = (source.id.as_str(), &source.state);
    let told = || state.message.clone().unwrap_or_else(|| state.why.clone());
    let overdue =
        state.next_due.filter(|due| now.duration_since(*due.max(&state.not_before.unwrap_or(*due))) > OVERDUE);
    match state.health {
        _ if source.paused => findings.found(Level::Note, id, "it is paused", format!("courant resume {id}")),
        Health::Gone => {
            let fix = format!("find its new address and put it into the settings; or courant resume {id}");
            findings.found(Level::Bad, id, "its server says that it is gone for good (410)", fix);
        }
        Health::Failing => findings.found(Level::Bad, id, told(), format!("when that is put right: courant poll {id}")),
        Health::Suspect => {
            let fix = "compare the page with its site file: courant test, courant explain URL";
            findings.found(Level::Note, id, told(), fix);
        }
        _ if overdue.is_some() => {
            let says = format!("it should have been asked {}", out::distance(overdue, now));
            findings.found(Level::Note, id, says, "is anything running? courant run, or courant once from cron");
        }
        Health::New => findings.found(Level::Note, id, "it was never asked", "courant once"),
        Health::Ok => findings.good(id, format!("{} articles", source.articles)),
    }
}

fn told(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        told.push_str(&format!(": {next}"));
        cause = next.source();
    }
    told
}

fn print(findings: &Findings, json: bool) -> Result<Exit, Failure> {
    let worst = findings.0.iter().map(|finding| finding.level).max().unwrap_or(Level::Good);
    if json {
        input::print(&json!({ "ok": worst < Level::Bad, "findings": findings.0 }))?;
    } else {
        let mut rows = Vec::new();
        for finding in &findings.0 {
            let (mark, paint) = match finding.level {
                Level::Good => ("ok", Paint::Good),
                Level::Note => ("note", Paint::Warn),
                Level::Bad => ("BAD", Paint::Bad),
            };
            let fix = finding.fix.as_ref().map(|fix| format!(" → {fix}")).unwrap_or_default();
            rows.push(vec![
                (mark.to_owned(), paint),
                (finding.about.clone(), Paint::Plain),
                (format!("{}{fix}", finding.says), Paint::Plain),
            ]);
        }
        out::table(&rows)?;
    }
    Ok(if worst == Level::Bad { Exit::Failed } else { Exit::Done })
}

/// Looks through the file of a store.
fn look_through(path: &Path, json: bool, now: Timestamp) -> Result<Exit, Failure> {
    let found = super::runtime()?.block_on(file::inspect(path, now))?;
    let exit = if found.troubles.is_empty() { Exit::Done } else { Exit::Failed };
    if json {
        input::print(&json!({ "ok": found.troubles.is_empty(), "file": path, "store": found }))?;
        return Ok(exit);
    }
    let version = if found.version < found.current { ", brought up to date when it is next opened" } else { "" };
    out::line(&format!(
        "{}: {} articles of {} sources, {}, tables of version {}{version}",
        path.display(),
        found.articles,
        found.sources,
        backup::about(found.bytes),
        found.version
    ))?;
    for trouble in &found.troubles {
        out::line(&format!("{}: {}", trouble.says, trouble.fix))?;
    }
    if found.free_bytes > found.bytes / 4 && found.free_bytes > 1_000_000 {
        let free = backup::about(found.free_bytes);
        out::line(&format!("{free} of it are free and used again; `courant vacuum` gives them back to the disk"))?;
    }
    if found.troubles.is_empty() {
        out::line("nothing is wrong with it")?;
    }
    Ok(exit)
}
