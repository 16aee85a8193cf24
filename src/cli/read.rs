//! `courant read`.

use super::input::{self, Input};

/// Arguments of `read`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let answer = |_: &crate::model::Document| serde_json::json!({ "ok": false, "error": "not built yet" });
    match &arguments.input.batch {
        Some(manifest) => input::batch(manifest, answer),
        None => input::print(&answer(&arguments.input.document()?)),
    }
}
