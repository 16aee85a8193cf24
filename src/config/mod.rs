//! Settings: every module's own, joined from files and environment, checked all at once.
//!
//! `courant.toml` names the places and the feeds; `sites/*.toml` and `sources/*.toml` name what is read. Whatever is wrong
//! is reported together, with file and line ([`Problem`]); nothing is started with settings that have a problem. Paths are
//! relative to the folder of the settings file.

mod access;
mod join;
mod lists;
mod overlay;
mod sections;
mod site;
mod sources;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::SignedDuration;
use url::Url;

use crate::compose::{self, Recipe};
use crate::fetch;
use crate::model::SourceId;
use crate::pipeline::{self, ListSubscription, Subscriptions};
use crate::plan::push;
use crate::plan::retention;
use crate::source;
use crate::units::{self, limits::Limits};

pub use crate::source::list::id_of;
pub use lists::{read_state, write_state};
use sections::{At, Sections};
pub use sections::{Problem, suggest};
pub use site::{Expect, ExpectFigure, Listed, Site};
pub use sources::{NewSource, Place, create, places, replace, without, write_all_new, write_new};

/// The keys of `courant.toml`.
const KEYS: &[&str] = &[
    "base_url",
    "title",
    "contact",
    "store",
    "keep_pages",
    "output",
    "precompress",
    "views",
    "listen",
    "admin_listen",
    "sites",
    "sources",
    "watch",
    "fetch",
    "retention",
    "websub",
    "notify",
    "rules",
    "source",
    "list",
    "feed",
];

/// What the article pages kept of one source may take, compressed: some 1,200 pages of 170 kB.
const KEEP_PAGES_BYTES: u64 = 32_000_000;

/// The keys of `[fetch]` that the environment may set.
const FETCH_KEYS: &[&str] = &[
    "allow_networks",
    "concurrency",
    "timeout",
    "connect_timeout",
    "first_byte_timeout",
    "max_bytes",
    "min_rate",
    "redirects",
    "page_spacing",
    "feed_spacing",
    "contact",
    "proxy",
    "robots",
];

/// All settings, read without fault.
#[derive(Debug)]
pub struct Settings {
    /// The settings file.
    pub file: PathBuf,
    /// Where readers find the output; ends in `/`.
    pub base_url: Url,
    /// Name of the site on its pages.
    pub title: String,
    /// What lasts: `sqlite:PATH`, absolute.
    pub store: String,
    /// Bytes, compressed, that the article pages kept of one source may take in all; 0 keeps none.
    pub keep_pages_bytes: u64,
    /// Folder of static files.
    pub output: Option<PathBuf>,
    /// Whether gzip and Brotli twins are written beside its files.
    pub precompress: bool,
    /// Whether views of the feeds are answered: `{feed}.rss?q=…`.
    pub views: bool,
    /// What subscribers may see.
    pub listen: Option<SocketAddr>,
    /// What operators may see.
    pub admin_listen: Option<SocketAddr>,
    /// How long documents are remembered that their source no longer names; `None` = for ever.
    pub documents_for: Option<SignedDuration>,
    /// How servers are asked.
    pub fetch: fetch::Settings,
    /// Being told of news, and telling.
    pub websub: push::Settings,
    /// How the operator hears of sources that break.
    pub notify: pipeline::NotifySettings,
    /// Folder of site files.
    pub sites: PathBuf,
    /// Folder of source files.
    pub sources: PathBuf,
    /// Whether a running daemon reads the settings anew when their files change.
    pub watch: bool,
    /// What is read.
    pub subscriptions: Arc<Subscriptions>,
    /// The lists elsewhere that sources are taken from.
    pub lists: Vec<ListSubscription>,
    /// The list of each source that is from one.
    pub list_of: BTreeMap<SourceId, SourceId>,
    /// What is no mistake and may yet surprise.
    pub notes: Vec<String>,
    /// What is published.
    pub recipes: Vec<Recipe>,
    /// What works and should be otherwise.
    pub remarks: Vec<Problem>,
}

/// The settings file: as named, else `$COURANT_CONFIG`, `./courant.toml`, the user's and the system's.
///
/// # Errors
/// When there is none.
pub fn find(named: Option<&Path>) -> Result<PathBuf, Problem> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".config"));
    let user = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
    let places = [
        Some(PathBuf::from("courant.toml")),
        user.map(|folder| folder.join("courant/courant.toml")),
        Some(PathBuf::from("/etc/courant/courant.toml")),
    ];
    let places: Vec<PathBuf> = places.into_iter().flatten().collect();
    let found =
        env::var_os("COURANT_CONFIG").map(PathBuf::from).or_else(|| places.iter().find(|path| path.is_file()).cloned());
    found.ok_or_else(|| {
        let looked = places.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        let message = format!(
            "no settings file found (looked for {looked}): name one with --config, or begin with `courant init`"
        );
        Problem { file: None, line: None, message }
    })
}

/// Reads the settings file, the site and source files beside it, and the environment.
///
/// # Errors
/// Every problem there is.
pub fn load(file: &Path) -> Result<Settings, Vec<Problem>> {
    load_with(
        file,
        env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    )
}

/// Like [`load`], with the environment given.
///
/// # Errors
/// Every problem there is.
pub fn load_with(file: &Path, variables: impl Iterator<Item = (String, String)>) -> Result<Settings, Vec<Problem>> {
    let text = fs::read_to_string(file).map_err(|error| {
        let message = format!("cannot read it: {error}");
        vec![Problem { file: Some(file.to_owned()), line: None, message }]
    })?;
    let variables: BTreeMap<String, String> = variables.collect();
    let own_variables = variables.iter().map(|(name, value)| (name.clone(), value.clone()));
    let overlay = overlay::read(own_variables, KEYS, FETCH_KEYS);
    let mut sections = Sections::parse(file, &text);
    for (key, value) in &overlay.values {
        sections.put(key, overlay::value(key, value));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let retention: retention::Everywhere = sections.take("retention").map(|at| at.value).unwrap_or_default();
    let own = Settings { documents_for: retention.documents(), ..main(&mut sections, &folder) };
    let rules: Option<At<compose::Rules>> = sections.take("rules");
    let feeds: Vec<At<compose::Settings>> = sections.take_each("feed");
    let sources: Vec<At<source::Settings>> = sections.take_each("source");
    let named: Vec<At<source::list::Settings>> = sections.take_each("list");
    let mut problems = overlay.problems;
    problems.extend(sections.finish(KEYS));
    let sites = site::read_folder(&own.sites, &mut problems);
    let lists_folder = lists::folder(&own.store);
    let lists = lists::lists(file, lists_folder.as_deref(), named, &mut problems);
    let secrets = access::Secrets { folder: &folder, variables: &variables };
    let mut joiner = join::Joiner::new(sites, retention.sources(), &secrets, problems);
    for source in sources {
        joiner.add(file, source);
    }
    source_files(&own.sources, &mut joiner);
    let (listed, list_of) = lists::sources(lists_folder.as_deref(), &lists, joiner.sites(), joiner.joined());
    for value in listed {
        joiner.add(file, At { value, line: None });
    }
    let (mut subscriptions, mut problems, mut remarks) = joiner.finish();
    let mut notes = Vec::new();
    // What a list brings is not known before it was read, and may go again.
    let unknown = if lists.is_empty() { None } else { Some(&mut notes) };
    let recipes = join::recipes(file, rules, feeds, &subscriptions, unknown, &mut problems);
    keep_archived(&mut subscriptions, &recipes, file, &mut remarks);
    if problems.is_empty() {
        Ok(Settings { subscriptions: Arc::new(subscriptions), lists, list_of, notes, recipes, remarks, ..own })
    } else {
        Err(problems)
    }
}

/// Sources of feeds with archives keep everything: an archive does not change.
fn keep_archived(subscriptions: &mut Subscriptions, recipes: &[Recipe], file: &Path, remarks: &mut Vec<Problem>) {
    let everything = Limits::default();
    for (id, subscription) in subscriptions.iter_mut().filter(|(_, subscription)| subscription.retention != everything)
    {
        let takes =
            |recipe: &&Recipe| recipe.settings().archive && recipe.settings().selects(id, &subscription.source.tags);
        let Some(recipe) = recipes.iter().find(takes) else { continue };
        let message =
            format!("`retention` does not hold for `{id}`: the feed `{}` keeps archives of it", recipe.settings().id);
        remarks.push(Problem { file: Some(file.to_owned()), line: None, message });
        Arc::make_mut(subscription).retention = everything;
    }
}

impl Settings {
    /// The folder that the states of lists are kept in; `None` where the store does not last.
    #[must_use]
    pub fn lists_folder(&self) -> Option<PathBuf> {
        lists::folder(&self.store)
    }
}

/// The files that settings are read from, those there are.
#[must_use]
pub fn files(settings: &Settings) -> Vec<PathBuf> {
    let mut files = vec![settings.file.clone()];
    files.extend(toml_paths(&settings.sites));
    files.extend(toml_paths(&settings.sources));
    files
}

/// The site files of a folder.
///
/// # Errors
/// Every problem in them.
pub fn sites(folder: &Path) -> Result<Vec<Site>, Vec<Problem>> {
    let mut problems = Vec::new();
    let sites = site::read_folder(folder, &mut problems);
    if problems.is_empty() { Ok(sites) } else { Err(problems) }
}

/// The settings of `courant.toml` itself. Problems are noted in `sections`.
fn main(sections: &mut Sections, folder: &Path) -> Settings {
    let listen = address(sections, "listen", "127.0.0.1:8080");
    let base_url = base_url(sections, listen);
    let contact: Option<At<String>> = sections.take("contact");
    let mut fetch: fetch::Settings = sections.take("fetch").map(|fetch| fetch.value).unwrap_or_default();
    fetch.contact =
        fetch.contact.or_else(|| contact.map(|contact| contact.value)).or_else(|| Some(base_url.to_string()));
    let path =
        |path: Option<At<PathBuf>>, default: &str| folder.join(path.map_or_else(|| default.into(), |path| path.value));
    let store: Option<At<String>> = sections.take("store");
    let output: Option<At<PathBuf>> = sections.take("output");
    let site_name = || base_url.host_str().unwrap_or("Courant").to_owned();
    let websub = websub(sections);
    Settings {
        websub,
        notify: notify(sections),
        file: sections.file().to_owned(),
        title: sections.take("title").map_or_else(site_name, |title| title.value),
        store: store_location(store.map_or_else(|| "sqlite:data/courant.db".to_owned(), |store| store.value), folder),
        keep_pages_bytes: keep_pages(sections),
        output: Some(path(output, "public")),
        precompress: sections.take("precompress").is_none_or(|with: At<bool>| with.value),
        views: sections.take("views").is_some_and(|with: At<bool>| with.value),
        listen,
        admin_listen: address(sections, "admin_listen", "127.0.0.1:8081"),
        sites: path(sections.take("sites"), "sites"),
        sources: path(sections.take("sources"), "sources"),
        watch: sections.take("watch").is_none_or(|watch: At<bool>| watch.value),
        base_url,
        fetch,
        documents_for: None,
        subscriptions: Arc::default(),
        lists: Vec::new(),
        list_of: BTreeMap::new(),
        notes: Vec::new(),
        recipes: Vec::new(),
        remarks: Vec::new(),
    }
}

/// Where readers find the output; without the key, where we listen.
fn base_url(sections: &mut Sections, listen: Option<SocketAddr>) -> Url {
    let listen = listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
    let fallback = || Url::parse(&format!("http://{listen}/")).expect("an address and port make a valid address");
    let Some(At { value, line }) = sections.take::<String>("base_url") else { return fallback() };
    let with_slash = if value.ends_with('/') { value.clone() } else { format!("{value}/") };
    match Url::parse(&with_slash) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none() => url,
        _ => {
            sections
                .problem(line, format!("`base_url`: `{value}` is not an http(s) address without query and fragment"));
            fallback()
        }
    }
}

/// How WebSub is used; what is no address of the web is a problem.
fn websub(sections: &mut Sections) -> push::Settings {
    let Some(At { mut value, line }) = sections.take::<push::Settings>("websub") else {
        return push::Settings::default();
    };
    value.hubs.retain(|hub| {
        let is_web = matches!(hub.scheme(), "http" | "https");
        if !is_web {
            sections.problem(line, format!("`websub.hubs`: `{hub}` is not an http(s) address"));
        }
        is_web
    });
    value
}

/// How the operator hears of sources that break.
fn notify(sections: &mut Sections) -> pipeline::NotifySettings {
    let Some(At { value, line }) = sections.take::<pipeline::NotifySettings>("notify") else {
        return pipeline::NotifySettings::default();
    };
    if value.command.first().is_some_and(String::is_empty) {
        sections.problem(line, "`notify.command`: its first word is the program, and may not be empty".to_owned());
    }
    value
}

/// What the pages kept of one source may take.
fn keep_pages(sections: &mut Sections) -> u64 {
    let Some(At { value, line }) = sections.take::<String>("keep_pages") else { return KEEP_PAGES_BYTES };
    if value == "none" {
        return 0;
    }
    units::parse_size(&value).unwrap_or_else(|error| {
        sections.problem(line, format!("`keep_pages`: {error}, or \"none\""));
        KEEP_PAGES_BYTES
    })
}

fn address(sections: &mut Sections, key: &str, default: &str) -> Option<SocketAddr> {
    let At { value, line } = sections.take::<String>(key).unwrap_or(At { value: default.to_owned(), line: None });
    if value.is_empty() || value == "none" {
        return None;
    }
    let parsed = value.parse();
    if parsed.is_err() {
        sections.problem(
            line,
            format!("`{key}`: `{value}` is not an address and port such as 127.0.0.1:8080, or \"none\""),
        );
    }
    parsed.ok()
}

/// The store with its path made absolute.
fn store_location(store: String, folder: &Path) -> String {
    match store.strip_prefix("sqlite:") {
        Some(path) => format!("sqlite:{}", folder.join(path.trim_start_matches("//")).display()),
        None => store,
    }
}

/// Adds the sources of the files of a folder, one file after the other.
fn source_files(folder: &Path, joiner: &mut join::Joiner<'_>) {
    for path in toml_paths(folder) {
        if let Some((file, text)) = read(path, &mut joiner.problems) {
            let problems = sections::each_table(&file, &text, "source", &mut |source| joiner.add(&file, source));
            joiner.problems.extend(problems);
        }
    }
}

/// A file with its text; that it cannot be read is a problem.
fn read(path: PathBuf, problems: &mut Vec<Problem>) -> Option<(PathBuf, String)> {
    match fs::read_to_string(&path) {
        Ok(text) => Some((path, text)),
        Err(error) => {
            problems.push(Problem { file: Some(path), line: None, message: format!("cannot read it: {error}") });
            None
        }
    }
}

/// The `*.toml` files of a folder in order of name; none when the folder is not there.
fn toml_files(folder: &Path, problems: &mut Vec<Problem>) -> Vec<(PathBuf, String)> {
    toml_paths(folder).into_iter().filter_map(|path| read(path, problems)).collect()
}

/// The paths of the `*.toml` files of a folder in order of name.
fn toml_paths(folder: &Path) -> Vec<PathBuf> {
    let Ok(items) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = items.filter_map(|item| Some(item.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths
}
