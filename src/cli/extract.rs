//! `courant extract`.

use super::input::{self, Input};

/// Arguments of `extract`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let answer = |document: &crate::model::Document| {
        let (text, title) = crate::extract::quick(document);
        serde_json::json!({ "ok": true, "text": text, "title": title })
    };
    match &arguments.input.batch {
        Some(manifest) => input::batch(manifest, answer),
        None => input::print(&answer(&arguments.input.document()?)),
    }
}
