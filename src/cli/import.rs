//! `courant import`: a list of subscriptions becomes a source file.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use bytes::Bytes;
use url::Url;

use crate::address;
use crate::config;
use crate::model::{Digest, Document, SourceId};
use crate::parse::{self, Outline};
use crate::source::SourceKind;

use super::{Common, Exit, Failure, out};

/// Arguments of `import`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// `opml` and a file, or a file alone; `-` for standard input.
    #[arg(required = true, num_args = 1..=2, value_names = ["KIND", "FILE"])]
    what: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let file = match arguments.what.as_slice() {
        [file] => file,
        [kind, file] if kind == "opml" => file,
        [kind, _] => {
            return Err(Failure::usage(anyhow::anyhow!("`{kind}` cannot be imported: the kind there is is `opml`")));
        }
        _ => unreachable!("one or two values are demanded"),
    };
    let settings = common.settings()?;
    let outlines = read(file)?;
    let known: BTreeSet<String> = settings
        .subscriptions
        .values()
        .filter_map(|subscription| match &subscription.source.kind {
            SourceKind::Feed { url } => Some(address::fold(url)),
            SourceKind::Page { .. } => None,
        })
        .collect();
    let mut seen = known.clone();
    let mut ids: BTreeSet<SourceId> = settings.subscriptions.keys().cloned().collect();
    let (mut text, mut added, mut refused) = (String::new(), 0_usize, 0_usize);
    for outline in &outlines {
        let Some(url) = Url::parse(&outline.feed_url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
        else {
            refused += 1;
            continue;
        };
        if !seen.insert(address::fold(&url)) {
            continue;
        }
        let id = id_of(&url);
        if !ids.insert(id.clone()) {
            continue;
        }
        text.push_str(&table(&id, &url, outline));
        added += 1;
    }
    if added > 0 {
        let path = free_path(&settings)?;
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        out::line(&format!("{added} sources added in {}", path.display()))?;
    } else {
        out::line("nothing to add")?;
    }
    let twice = outlines.len() - added - refused;
    if twice > 0 {
        out::line(&format!("{twice} were known already"))?;
    }
    if refused > 0 {
        out::line(&format!("{refused} have no http(s) address and were left out"))?;
    }
    Ok(Exit::Done)
}

fn read(file: &str) -> anyhow::Result<Vec<Outline>> {
    let mut body = Vec::new();
    if file == "-" {
        std::io::stdin().read_to_end(&mut body).context("cannot read standard input")?;
    } else {
        body = fs::read(file).with_context(|| format!("cannot read `{file}`"))?;
    }
    let document = Document { url: None, content_type: None, body: Bytes::from(body) };
    parse::opml(&document).with_context(|| format!("`{file}` is not a list of subscriptions"))
}

/// An id from host and path, with a short hash that keeps like addresses apart.
fn id_of(url: &Url) -> SourceId {
    let host = url.host_str().unwrap_or_default();
    let place = format!("{}{}", host.strip_prefix("www.").unwrap_or(host), url.path());
    let mut slug = String::new();
    for c in place.chars().flat_map(char::to_lowercase) {
        let c = if c.is_ascii_alphanumeric() { c } else { '-' };
        if !(c == '-' && slug.ends_with('-')) {
            slug.push(c);
        }
    }
    let slug: String = slug.trim_matches('-').chars().take(80).collect();
    let hash = &Digest::of(address::fold(url).as_bytes()).to_string()[..6];
    let id = format!("{}-{hash}", slug.trim_matches('-'));
    id.trim_start_matches('-').parse().expect("made of letters, digits and dashes")
}

fn table(id: &SourceId, url: &Url, outline: &Outline) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut lines = vec![
        "[[source]]".to_owned(),
        format!("id = {}", quoted(id.as_str())),
        format!("url = {}", quoted(url.as_str())),
    ];
    if let Some(title) = outline.title.as_deref().filter(|title| !title.trim().is_empty()) {
        lines.push(format!("name = {}", quoted(title.trim())));
    }
    if let Some(home) = outline.home.as_deref().and_then(|home| Url::parse(home).ok()) {
        lines.push(format!("home = {}", quoted(home.as_str())));
    }
    if !outline.tags.is_empty() {
        let tags: Vec<String> = outline.tags.iter().map(|tag| quoted(tag)).collect();
        lines.push(format!("tags = [{}]", tags.join(", ")));
    }
    lines.push("\n".to_owned());
    lines.join("\n")
}

/// A file name in the folder of source files that is not taken.
fn free_path(settings: &config::Settings) -> anyhow::Result<PathBuf> {
    let folder = &settings.sources;
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let names =
        std::iter::once("imported.toml".to_owned()).chain((2..).map(|number| format!("imported-{number}.toml")));
    Ok(names.map(|name| folder.join(name)).find(|path| !path.exists()).expect("numbers do not end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_readable_and_differ_for_different_addresses() {
        let id = |url: &str| id_of(&Url::parse(url).unwrap()).to_string();
        assert!(id("https://www.a.example/News/feed.xml?x=1").starts_with("a-example-news-feed-xml-"));
        assert_ne!(id("https://a.example/feed?x=1"), id("https://a.example/feed?x=2"));
        assert_eq!(id("https://a.example/feed"), id("http://www.a.example/feed/"));
        assert!(id(&format!("https://a.example/{}", "x".repeat(300))).len() <= 100);
    }
}
