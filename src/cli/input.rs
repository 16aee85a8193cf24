//! The documents that `read`, `extract` and `explain` are given: a file, standard input, an address, or a manifest of many.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::fetch::{self, Answer, Client, Kind, Request};
use crate::model::Document;

use super::{Common, Exit, Failure};

/// Where a document is from and what is said about it.
#[derive(clap::Args)]
pub(super) struct Input {
    /// A file, an http(s) address, or `-` for standard input.
    #[arg(required_unless_present = "batch")]
    target: Option<String>,
    /// The address of the document, for its relative links.
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
    /// The Content-Type it was served with.
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Answer for every line of a manifest: `{"id","file","url"?,"content_type"?}`.
    #[arg(long, value_name = "MANIFEST.jsonl", conflicts_with_all = ["target", "url", "content_type"])]
    batch: Option<PathBuf>,
}

impl Input {
    /// The one document that is asked for.
    pub(super) fn document(&self, common: &Common) -> anyhow::Result<Document> {
        let target = self.target.as_deref().context("no document given: name a file, an address, or `-`")?;
        if target.starts_with("http://") || target.starts_with("https://") {
            return fetched(target, common);
        }
        let body = if target == "-" {
            let mut body = Vec::new();
            io::stdin().read_to_end(&mut body).context("cannot read standard input")?;
            body
        } else {
            fs::read(target).with_context(|| format!("cannot read `{target}`"))?
        };
        Ok(Document { url: self.url.clone(), content_type: self.content_type.clone(), body: Bytes::from(body) })
    }
}

/// A document by its address, asked for as a source would be: with the limits and the guard of the settings, where there
/// are settings.
fn fetched(target: &str, common: &Common) -> anyhow::Result<Document> {
    let url = Url::parse(target).with_context(|| format!("`{target}` is not an address"))?;
    let settings = match (&common.config, crate::config::find(common.config.as_deref())) {
        (None, Err(_)) => fetch::Settings::default(),
        (_, file) => {
            let file = file.map_err(|problem| anyhow::anyhow!("{problem}"))?;
            crate::config::load(&file).map_or_else(|_| fetch::Settings::default(), |settings| settings.fetch)
        }
    };
    let client = Client::new(&settings)?;
    let request = Request::new(Kind::Listing, url);
    match super::runtime()?.block_on(client.get(&request, jiff::Timestamp::now())) {
        Answer::Fetched(fetched) => Ok(fetched.document),
        Answer::NotModified { .. } => anyhow::bail!("{target} answered 304 though nothing is held"),
        Answer::Gone => anyhow::bail!("{target} is gone for good (410)"),
        Answer::Failed(failure) => anyhow::bail!("{}", failure.report()),
    }
}

#[derive(Deserialize)]
struct Line {
    id: String,
    file: PathBuf,
    /// An address that is not absolute says nothing about where the document is from.
    url: Option<String>,
    content_type: Option<String>,
}

/// Answers every line of a manifest with one line of JSON: what `answer` makes of the document, `id` put first; a file that
/// cannot be read is an answer too.
fn batch(manifest: &Path, answer: impl Fn(&Document) -> Value) -> anyhow::Result<()> {
    let text = fs::read_to_string(manifest).with_context(|| format!("cannot read `{}`", manifest.display()))?;
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let mut out = BufWriter::new(io::stdout().lock());
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line: Line = serde_json::from_str(line)
            .with_context(|| format!("{} line {} is not a manifest line", manifest.display(), number + 1))?;
        let url = line.url.and_then(|url| Url::parse(&url).ok());
        let value = match fs::read(folder.join(&line.file)) {
            Ok(body) => answer(&Document { url, content_type: line.content_type, body: Bytes::from(body) }),
            Err(error) => {
                serde_json::json!({ "ok": false, "error": format!("cannot read `{}`: {error}", line.file.display()) })
            }
        };
        let mut row = serde_json::Map::from_iter([("id".to_owned(), Value::from(line.id))]);
        if let Value::Object(fields) = value {
            row.extend(fields);
        }
        serde_json::to_writer(&mut out, &row)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

/// Answers for one document or for every line of a manifest. A single document that cannot be read leaves with 1.
pub(super) fn answer(input: &Input, common: &Common, answer: impl Fn(&Document) -> Value) -> Result<Exit, Failure> {
    if let Some(manifest) = &input.batch {
        batch(manifest, answer)?;
        return Ok(Exit::Done);
    }
    let value = answer(&input.document(common)?);
    print(&value)?;
    // A page where a feed was wanted: what to do goes to the person, the rest to the program.
    if value["feeds"].is_array() {
        let hint = value["hint"].as_str().map(|hint| format!("\n{hint}")).unwrap_or_default();
        writeln!(io::stderr(), "courant: {}{hint}", value["error"].as_str().unwrap_or_default())?;
    }
    Ok(if value["ok"] == Value::Bool(false) { Exit::Failed } else { Exit::Done })
}

/// Prints one value, indented.
pub(super) fn print(value: &Value) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")?;
    Ok(())
}
