//! The commands: one file each. What is common to them: where settings are found, how they end, how they print.

mod add;
mod backup;
mod check;
mod demo;
mod difference;
mod doctor;
mod exit;
mod explain;
mod export;
mod extract;
mod facts;
mod health;
mod heap;
mod import;
mod import_ftr;
mod init;
mod input;
mod lists;
mod notices;
mod once;
mod out;
mod pause;
mod poll;
mod preview;
mod read;
mod remove;
mod renormalize;
mod run;
mod status;
mod takedown;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::telemetry::LogFormat;

use exit::{Exit, Failure};

const EXAMPLES: &str = "\
Examples:
  courant demo                       see it work, with no network and no settings
  courant init news && cd news       begin: a commented courant.toml to edit
  courant add news.example.org       find its feed, show it, add it
  courant check                      is everything in the settings right?
  courant preview all                what would be in a feed, what do its rules leave out?
  courant once                       ask every source that is due, write the feeds (for cron)
  courant run                        do it for good, and serve the feeds

Exit codes: 0 done · 1 a source newly failed (with --strict), a test failed · 2 settings or usage · 3 every source failed
· 4 store or output failed · 75 another run is at work";

/// Polls feeds and plain pages politely, keeps every article, publishes merged feeds.
#[derive(Parser)]
#[command(version, about, after_help = EXAMPLES)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(clap::Args)]
struct Common {
    /// The settings file [default: `$COURANT_CONFIG`, `./courant.toml`, the user's, `/etc/courant/courant.toml`].
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What is logged: a level (error, warn, info, debug) or directives.
    #[arg(long, global = true, value_name = "FILTER", env = "COURANT_LOG")]
    log: Option<String>,
    /// How logs are written.
    #[arg(long, global = true, value_name = "FORMAT", env = "COURANT_LOG_FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,
}

#[derive(Subcommand)]
enum Command {
    /// Show the whole thing at work on a sample world, with no network and no settings.
    Demo(demo::Arguments),
    /// Begin: write a commented courant.toml and a folder for site files.
    Init(init::Arguments),
    /// Refresh, render and serve until told to end.
    Run(run::Arguments),
    /// Ask every due source once, write the feeds and leave: for cron and timers.
    Once(once::Arguments),
    /// Ask one source now and write the feeds.
    Poll(poll::Arguments),
    /// Check the settings and report every problem at once.
    Check(check::Arguments),
    /// Look at clock, settings, store, output and each source, and say what puts right what is wrong.
    Doctor(doctor::Arguments),
    /// Show how each source stands.
    Status(status::Arguments),
    /// Show what a feed would hold, what each rule leaves out, and what is merged or cut; publish nothing.
    Preview(preview::Arguments),
    /// Read a feed document and print it as JSON.
    Read(read::Arguments),
    /// Turn a page into an article and print it as JSON.
    Extract(extract::Arguments),
    /// Show where each field of an article is from, and what else was said.
    Explain(explain::Arguments),
    /// Run the expectations of site files over their stored pages, offline.
    Test(test::Arguments),
    /// Add a source by its address: a feed, or a page that leads to one.
    Add(add::Arguments),
    /// Remove a source that was added or imported; its articles stay.
    Remove(remove::Arguments),
    /// Take in a list of subscriptions (OPML), or the rules of a site (Full-Text RSS).
    Import(import::Arguments),
    /// Write the list of sources (OPML).
    Export(export::Arguments),
    /// Run the rules as they are now over the pages that are kept, without a request.
    Renormalize(renormalize::Arguments),
    /// Withdraw an article from the feeds and their archives.
    Takedown(takedown::Arguments),
    /// Stop asking a source.
    Pause(pause::Arguments),
    /// Ask a source again: after a pause, or after it was gone (410).
    Resume(pause::Arguments),
    /// Copy the store to a file, also while it is used.
    Backup(backup::Arguments),
    /// Put a backup in the place of the store, which is kept beside.
    Restore(backup::RestoreArguments),
    /// Write the store anew without the room that is free in it.
    Vacuum,
    /// Ask a running daemon whether it is well; for containers.
    Health(health::Arguments),
}

impl Command {
    /// Whether it reads and holds much.
    fn lasts(&self) -> bool {
        matches!(self, Self::Run(_) | Self::Once(_) | Self::Poll(_) | Self::Demo(_) | Self::Renormalize(_))
    }
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let Arguments { common, command } = Arguments::parse();
    if command.lasts() {
        heap::settle();
    }
    let done = match command {
        Command::Demo(arguments) => demo::run(&arguments, &common),
        Command::Init(arguments) => init::run(&arguments),
        Command::Run(arguments) => run::run(&arguments, &common),
        Command::Once(arguments) => once::run(&arguments, &common),
        Command::Poll(arguments) => poll::run(&arguments, &common),
        Command::Check(arguments) => check::run(&arguments, &common),
        Command::Status(arguments) => status::run(&arguments, &common),
        Command::Preview(arguments) => preview::run(&arguments, &common),
        Command::Read(arguments) => read::run(&arguments, &common),
        Command::Extract(arguments) => extract::run(&arguments, &common),
        Command::Explain(arguments) => explain::run(&arguments, &common),
        Command::Test(arguments) => test::run(&arguments, &common),
        Command::Add(arguments) => add::run(&arguments, &common),
        Command::Remove(arguments) => remove::run(&arguments, &common),
        Command::Import(arguments) => import::run(&arguments, &common),
        Command::Export(arguments) => export::run(&arguments, &common),
        Command::Renormalize(arguments) => renormalize::run(&arguments, &common),
        Command::Takedown(arguments) => takedown::run(&arguments, &common),
        Command::Pause(arguments) => pause::run(&arguments, &common, true),
        Command::Resume(arguments) => pause::run(&arguments, &common, false),
        Command::Doctor(arguments) => doctor::run(&arguments, &common),
        Command::Backup(arguments) => backup::run(&arguments, &common),
        Command::Restore(arguments) => backup::restore(&arguments, &common),
        Command::Vacuum => backup::vacuum(&common),
        Command::Health(arguments) => health::run(&arguments, &common),
    };
    exit::code(done)
}

/// A runtime for the commands that ask or serve.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

impl Common {
    /// Starts logging at `level` unless the user chose one.
    fn start_logs(&self, level: &str) -> Result<(), Failure> {
        let filter = self.log.as_deref().unwrap_or(level);
        crate::telemetry::start_logs(filter, self.log_format)
            .map_err(|message| Failure::usage(anyhow::anyhow!(message)))
    }

    /// The settings; every problem is printed.
    fn settings(&self) -> Result<crate::config::Settings, Failure> {
        let file = crate::config::find(self.config.as_deref())
            .map_err(|problem| Failure::usage(anyhow::anyhow!("{problem}")))?;
        crate::config::load(&file).map_err(|problems| {
            let listed: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
            let count = problems.len();
            Failure::usage(anyhow::anyhow!(
                "{count} problem{} in the settings:\n{}",
                if count == 1 { "" } else { "s" },
                listed.join("\n")
            ))
        })
    }
}
