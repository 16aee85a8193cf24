//! `courant explain`: each field of a page, which rung gave it, what the others said.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde_json::json;

use super::extract::Reading;
use super::input::{self, Input};
use super::{Common, Exit, Failure};
use crate::extract::{self, Extraction, Said};
use crate::model::{Field, Rung};

/// Arguments of `explain`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    reading: Reading,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Characters of a value that are shown.
const WIDTH: usize = 96;

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let site = arguments.reading.site()?;
    let context = arguments.reading.context(site.as_ref())?;
    let extraction = extract::article(&arguments.input.document(common)?, &context);
    if arguments.json {
        input::print(&as_json(&extraction))?;
    } else {
        io::stdout().lock().write_all(as_text(&extraction).as_bytes())?;
    }
    Ok(Exit::Done)
}

/// What one field's rungs said, the one that was taken first.
fn of_field(extraction: &Extraction, field: Field) -> Vec<(&Said, bool)> {
    let taken = extraction.entry.provenance.get(&field).copied();
    let mut said: Vec<(&Said, bool)> = extraction
        .said
        .iter()
        .filter(|said| said.field == field)
        .map(|said| (said, Some(said.rung) == taken))
        .collect();
    said.sort_by_key(|(said, taken)| (!taken, said.rung));
    said
}

fn as_json(extraction: &Extraction) -> serde_json::Value {
    let fields: Vec<_> = Field::ALL
        .into_iter()
        .filter_map(|field| {
            let said = of_field(extraction, field);
            let rung = extraction.entry.provenance.get(&field).copied().map(Rung::name);
            let value = said.iter().find(|(_, taken)| *taken).map(|(said, _)| &said.value);
            let others: Vec<_> = said
                .iter()
                .filter(|(_, taken)| !taken)
                .map(|(said, _)| json!({ "rung": said.rung, "value": said.value }))
                .collect();
            (!said.is_empty()).then(|| json!({ "field": field, "value": value, "rung": rung, "others": others }))
        })
        .collect();
    json!({ "fields": fields, "problems": extraction.problems })
}

/// The fields as lines. Writing to a string cannot fail.
fn as_text(extraction: &Extraction) -> String {
    let mut out = String::new();
    for field in Field::ALL {
        let said = of_field(extraction, field);
        if said.is_empty() {
            let _ = writeln!(out, "{:<13}–", field.name());
        }
        for (at, (said, taken)) in said.into_iter().enumerate() {
            let name = if at == 0 { field.name() } else { "" };
            let mark = if taken { "*" } else { " " };
            let _ = writeln!(out, "{name:<13}{mark} {:<11}{}", said.rung.name(), shortened(&said.value));
        }
    }
    for problem in &extraction.problems {
        let _ = writeln!(out, "problem: {problem}");
    }
    out
}

fn shortened(value: &str) -> String {
    let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= WIDTH {
        return line;
    }
    line.chars().take(WIDTH - 1).chain(['…']).collect()
}
