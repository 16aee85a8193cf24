//! `courant add`: an address becomes a source. Finds out what is there, shows what it would publish, writes
//! `sources/<id>.toml`.
//!
//! [`search`] asks, [`preview`] says what would come of it, this file decides, [`write`](mod@write) writes. For a page without a feed [`site`]
//! drafts a site file from the list of links that reading it without rules finds.

mod preview;
mod search;
mod site;
mod write;

use std::time::Duration;

use anyhow::anyhow;
use serde_json::{Map, Value, json};
use url::Url;

use crate::address;
use crate::config::{self, NewSource, Settings};
use crate::discover::feeds::Why;
use crate::fetch::Client;
use crate::model::SourceId;
use crate::parse;
use crate::source::KindName;
use crate::units;

use super::{Common, Exit, Failure, input, out, read};
use preview::Preview;
use search::{Found, Hit, Search};
use write::write;

pub(super) use write::write_all;

/// Arguments of `add`.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Arguments {
    /// The address of a feed, or of a page whose feed is wanted.
    url: String,
    /// The id of the new source [default: made of host and path].
    #[arg(long)]
    id: Option<SourceId>,
    /// What readers see as the origin of its articles [default: what the source calls itself].
    #[arg(long)]
    name: Option<String>,
    /// A label that feeds select by; may be given more than once.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// How often to ask, as in `30m` [default: learned].
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration)]
    every: Option<Duration>,
    /// Fetch the pages of entries that are short.
    #[arg(long)]
    full_text: bool,
    /// Try the usual places too where a page names no feed.
    #[arg(long)]
    guess: bool,
    /// Add the page itself: its list of links is read instead of a feed.
    #[arg(long, conflicts_with = "guess")]
    page: bool,
    /// Show what would be added and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let done = attempt(arguments, &settings);
    if !arguments.json {
        return done.map(|shown| shown.exit).map_err(|refusal| refusal.failure);
    }
    let (value, exit) = match done {
        Ok(shown) => (shown.value, shown.exit),
        Err(Refusal { failure, mut told }) => {
            told.insert("error".to_owned(), failure.to_string().into());
            (Value::Object(told), Exit::Usage)
        }
    };
    let mut answer = Map::from_iter([("ok".to_owned(), Value::Bool(exit == Exit::Done))]);
    if let Value::Object(fields) = value {
        answer.extend(fields);
    }
    input::print(&Value::Object(answer))?;
    Ok(exit)
}

/// What was done, for programs.
struct Shown {
    exit: Exit,
    value: Value,
}

/// Why nothing was added, with what was found out.
struct Refusal {
    failure: Failure,
    told: Map<String, Value>,
}

impl<E: Into<Failure>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self { failure: error.into(), told: Map::new() }
    }
}

impl Refusal {
    fn new(message: String, told: Value) -> Self {
        let told = if let Value::Object(told) = told { told } else { Map::new() };
        Self { failure: Failure::usage(anyhow!(message)), told }
    }
}

fn attempt(arguments: &Arguments, settings: &Settings) -> Result<Shown, Refusal> {
    let (url, is_whole) = web_address(&arguments.url)?;
    refuse_known(settings, &url)?;
    let client = Client::new(&settings.fetch).map_err(|error| Failure::usage(anyhow!(error)))?;
    let effort = search::Effort { page_alone: arguments.page, usual_places: arguments.guess, insecure_too: !is_whole };
    let search = Search { client, spacing: settings.fetch.page_spacing, known: known(settings) };
    let runtime = super::runtime()?;
    let found = runtime
        .block_on(search.run(&url, effort))
        .map_err(|failure| Refusal::new(format!("nothing was added: {failure}"), json!({ "url": url })))?;
    let hit = match found {
        Found::Hit(hit) => hit,
        Found::Nothing(nothing) => {
            let Some(page) = nothing.page.as_deref().filter(|_| nothing.listed.len() >= site::FEWEST) else {
                return Err(without_feed(arguments, &nothing));
            };
            let links: Vec<Url> = nothing.listed.iter().filter_map(|(_, link)| Url::parse(link).ok()).collect();
            let articles = runtime.block_on(search.articles(&links, site::STORED));
            return site::add(arguments, settings, &nothing, page, articles);
        }
        Found::Known { url, of } => return Err(refusal_of_known(settings, &url, &of)),
    };
    let source = new_source(arguments, settings, &hit)?;
    let preview = Preview::of(&preview::as_source(&source), &hit.document, jiff::Timestamp::now())
        .map_err(|error| Refusal::new(format!("nothing was added: {error}"), json!({ "url": url })))?;
    if source.kind == KindName::Page && preview.entries == 0 {
        let message =
            format!("nothing was added: no list of links was found on {url}; write a site file with rules for it");
        return Err(Refusal::new(message, json!({ "url": url })));
    }
    let feeds = published_in(settings, &source);
    if !arguments.json {
        show(&hit, &preview)?;
    }
    let file = if arguments.dry_run { None } else { Some(write(settings, source.id.as_str(), &source.table())?) };
    if !arguments.json {
        conclude(&source, file.as_deref(), &feeds, &preview)?;
    }
    let mut value = preview.json();
    value.extend([
        ("added".to_owned(), Value::Bool(file.is_some())),
        ("id".to_owned(), json!(source.id)),
        ("url".to_owned(), json!(source.url)),
        ("kind".to_owned(), kind_name(source.kind).into()),
        ("file".to_owned(), json!(file)),
        ("table".to_owned(), source.table().into()),
        ("why".to_owned(), hit.why.as_ref().map(ToString::to_string).into()),
        ("feeds".to_owned(), read::feeds_json(&hit.feeds)),
        ("tried".to_owned(), tried_json(&hit.tried)),
        ("published_in".to_owned(), json!(feeds)),
    ]);
    Ok(Shown { exit: Exit::Done, value: Value::Object(value) })
}

fn kind_name(kind: KindName) -> &'static str {
    match kind {
        KindName::Feed => "feed",
        KindName::Page => "page",
        KindName::Sitemap => "sitemap",
    }
}

/// The address a person means: whole, without its scheme, or as feed readers write it. And whether its scheme was written.
fn web_address(text: &str) -> Result<(Url, bool), Failure> {
    let text = text.trim();
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    let bare = text.strip_prefix("feed:").unwrap_or(text).trim_start_matches('/');
    let whole = Url::parse(bare).ok().filter(is_web);
    let is_bare = !bare.contains("://") && bare.contains(['.', ':']);
    let guessed = || Url::parse(&format!("https://{bare}")).ok().filter(|_| is_bare);
    whole.map(|url| (url, true)).or_else(|| Some((guessed()?, false))).ok_or_else(|| {
        Failure::usage(anyhow!("`{text}` is not an http(s) address: write it whole, as in `https://news.example.org/`"))
    })
}

/// The addresses that are sources already, folded, with whose they are.
fn known(settings: &Settings) -> Vec<(String, SourceId)> {
    let addresses = settings.subscriptions.values().flat_map(|subscription| {
        let source = &subscription.source;
        source.urls().iter().map(|url| (address::fold(url), source.id.clone()))
    });
    addresses.collect()
}

fn refuse_known(settings: &Settings, url: &Url) -> Result<(), Refusal> {
    let key = address::fold(url);
    match known(settings).into_iter().find(|(known, _)| *known == key) {
        Some((_, of)) => Err(refusal_of_known(settings, url, &of)),
        None => Ok(()),
    }
}

fn refusal_of_known(settings: &Settings, url: &Url, of: &SourceId) -> Refusal {
    let place = config::places(settings).remove(of);
    let at = place.as_ref().map(|place| format!(", in {place}")).unwrap_or_default();
    let file = place.map(|place| place.file);
    Refusal::new(format!("{url} is a source already: `{of}`{at}"), json!({ "url": url, "id": of, "file": file }))
}

/// The source that is to be written.
fn new_source(arguments: &Arguments, settings: &Settings, hit: &Hit) -> Result<NewSource, Failure> {
    let id = arguments.id.clone().unwrap_or_else(|| config::id_of(&hit.url));
    if let Some(place) = config::places(settings).get(&id) {
        return Err(Failure::usage(anyhow!("the id `{id}` is taken, in {place}: choose another with --id")));
    }
    let mut tags = Vec::new();
    for tag in arguments.tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    // A feed says what it is called; a page is called by its title.
    let title = || arguments.page.then(|| preview::title(&hit.document)).flatten();
    Ok(NewSource {
        kind: kind(arguments, hit),
        name: arguments.name.clone().or_else(title),
        tags,
        every: arguments.every,
        full_text: arguments.full_text,
        ..NewSource::feed(id, hit.url.clone())
    })
}

/// What is at the address: a sitemap is no feed.
fn kind(arguments: &Arguments, hit: &Hit) -> KindName {
    if arguments.page {
        KindName::Page
    } else if parse::feed(&hit.document).is_err() && parse::sitemap(&hit.document).is_ok() {
        KindName::Sitemap
    } else {
        KindName::Feed
    }
}

/// The feeds that take its articles.
fn published_in(settings: &Settings, source: &NewSource) -> Vec<String> {
    let recipes = settings.recipes.iter().map(crate::compose::Recipe::settings);
    recipes.filter(|recipe| recipe.selects(&source.id, &source.tags)).map(|recipe| recipe.id.to_string()).collect()
}

fn tried_json(tried: &[search::Tried]) -> Value {
    tried.iter().map(|tried| json!({ "url": tried.url, "problem": tried.problem })).collect()
}

fn show(hit: &Hit, preview: &Preview) -> Result<(), Failure> {
    for tried in &hit.tried {
        out::line(&format!("tried {}: {}", tried.url, tried.problem))?;
    }
    if hit.why == Some(Why::Marked) {
        out::line(&format!("{} is a web page that marks up its entries: it is read as a feed", hit.asked))?;
    } else if let Some(why) = hit.why {
        out::line(&format!("{} is a web page; its feed: {} ({why})", hit.asked, hit.url))?;
    } else if hit.url != hit.asked {
        out::line(&format!("{} has moved to {}", hit.asked, hit.url))?;
    }
    preview.print()?;
    let others: Vec<_> = hit.feeds.iter().filter(|feed| feed.url != hit.url).collect();
    if !others.is_empty() {
        out::line("Other feeds of the page:")?;
        for feed in others.iter().take(5) {
            out::line(&format!("  {}", read::feed_line(feed)))?;
        }
    }
    Ok(())
}

fn conclude(
    source: &NewSource,
    file: Option<&std::path::Path>,
    feeds: &[String],
    preview: &Preview,
) -> Result<(), Failure> {
    match file {
        Some(file) => out::line(&format!("Added as `{}` in {}", source.id, file.display()))?,
        None => out::line(&format!("Nothing was written (--dry-run). It would be:\n\n{}", source.table()))?,
    }
    if feeds.is_empty() {
        let tag = source.tags.first().map(|tag| format!(" or \"tag:{tag}\"")).unwrap_or_default();
        out::line(&format!("No feed takes it yet: name \"{}\"{tag} in `sources` of a [[feed]]", source.id))?;
    } else {
        out::line(&format!("Its articles go into: {}", feeds.join(", ")))?;
    }
    if preview.is_thin && !source.full_text && source.kind == KindName::Feed {
        out::line("Its entries are short: `full_text = true` fetches the page of each")?;
    }
    if file.is_some() {
        out::line("It is asked at the next `courant once`; a running daemon takes it up by itself")?;
    }
    Ok(())
}

/// A page without a feed: what it is, what was tried, and what else can be done.
fn without_feed(arguments: &Arguments, nothing: &search::Nothing) -> Refusal {
    let mut message = format!("nothing was added: {}", nothing.problem);
    for tried in &nothing.tried {
        message.push_str(&format!("\n  tried {}: {}", tried.url, tried.problem));
    }
    for feed in nothing.feeds.iter().filter(|feed| !nothing.tried.iter().any(|tried| tried.url == feed.url)).take(5) {
        message.push_str(&format!("\n  not tried: {}", read::feed_line(feed)));
    }
    if nothing.is_page {
        message.push_str("\nNo list of links was found on it either");
    }
    if nothing.is_page && !arguments.guess {
        message.push_str(&format!("\n`courant add --guess {}` tries the usual places of feeds", arguments.url));
    }
    let told = json!({
        "feeds": read::feeds_json(&nothing.feeds),
        "tried": tried_json(&nothing.tried),
    });
    Refusal::new(message, told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        let rows = [
            ("https://x.example/feed", Some("https://x.example/feed")),
            (" http://x.example ", Some("http://x.example/")),
            ("x.example/news", Some("https://x.example/news")),
            ("localhost:8000/feed", Some("https://localhost:8000/feed")),
            ("feed://x.example/rss", Some("https://x.example/rss")),
            ("feed:http://x.example/rss", Some("http://x.example/rss")),
            ("ftp://x.example/", None),
            ("file:///etc/passwd", None),
            ("news", None),
            ("", None),
        ];
        for (text, wanted) in rows {
            let url = web_address(text).ok().map(|(url, _)| url);
            assert_eq!(url.as_ref().map(Url::as_str), wanted, "{text}");
        }
    }
}
