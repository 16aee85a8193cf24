//! `courant health`: asks a running daemon whether it is well. For containers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context;

use super::{Common, Exit, Failure, out};

const PATIENCE: Duration = Duration::from_secs(4);

/// Arguments of `health`.
#[derive(clap::Args)]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let Some(address) = settings.admin_listen else {
        return Err(Failure::usage(anyhow::anyhow!("`admin_listen` is \"none\": there is nobody to ask")));
    };
    match ask(address) {
        Ok(answer) if answer.starts_with("HTTP/1.1 200") => {
            out::line("ready")?;
            Ok(Exit::Done)
        }
        Ok(answer) => {
            let told = answer.split("\r\n\r\n").nth(1).unwrap_or("no answer").trim();
            Err(Failure::new(Exit::Failed, anyhow::anyhow!("not ready: {told}")))
        }
        Err(error) => Err(Failure::new(Exit::Failed, error)),
    }
}

/// One request, by hand: the command must not need more than a socket.
fn ask(address: SocketAddr) -> anyhow::Result<String> {
    let mut stream =
        TcpStream::connect_timeout(&address, PATIENCE).with_context(|| format!("nobody listens at {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer).with_context(|| format!("no answer from {address}"))?;
    Ok(answer)
}
