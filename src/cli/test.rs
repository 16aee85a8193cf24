//! stub
use super::{Common, Exit, Failure};
/// Arguments.
#[derive(clap::Args)]
pub(crate) struct Arguments {}
pub(super) fn run(_: &Arguments, _: &Common) -> Result<Exit, Failure> { Ok(Exit::Done) }
