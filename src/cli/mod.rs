//! The commands: one file each.

mod explain;
mod extract;
mod input;
mod read;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Polls feeds and plain pages politely, keeps every article, publishes merged feeds.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read a feed document and print it as JSON.
    Read(read::Arguments),
    /// Turn a page into an article and print it as JSON.
    Extract(extract::Arguments),
    /// Show what a page gives: each field, which rung gave it, what the others said.
    Explain(explain::Arguments),
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Read(arguments) => read::run(&arguments),
        Command::Extract(arguments) => extract::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "courant: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether the reader of our output went away (`| head`): not our failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}
