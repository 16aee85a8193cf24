//! `[[list]]`: sources that a list elsewhere names, joined to those of the settings.
//!
//! What a list named when it was last read is kept in a file beside the store (`courant.db.lists/ID.json`), so that every
//! command knows its sources, and a start needs no network. What the settings name themselves, by address or id, stays as they
//! say. Of two lists that name one source the first counts; it has the labels of both.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use url::Url;

use crate::address;
use crate::fetch;
use crate::model::SourceId;
use crate::pipeline::{ListState, ListSubscription, Subscriptions};
use crate::plan::timing;
use crate::source;
use crate::source::list;
use crate::units;

use super::sections::{At, Problem};
use super::site::{Listed, Site};
use super::sources::replace;

/// How often a list is asked for, unless it says otherwise.
const EVERY: &str = "6h";

/// The folder that the states of lists are kept in; `None` where the store does not last.
pub(super) fn folder(store: &str) -> Option<PathBuf> {
    Some(PathBuf::from(format!("{}.lists", store.strip_prefix("sqlite:")?)))
}

fn state_file(folder: &Path, name: &SourceId) -> PathBuf {
    folder.join(format!("{name}.json"))
}

/// What is remembered of a list; nothing, and due at once, where that cannot be read.
#[must_use]
pub fn read_state(folder: &Path, name: &SourceId) -> ListState {
    let text = fs::read_to_string(state_file(folder, name)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Writes down what is remembered of a list, whole or not at all.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write_state(folder: &Path, name: &SourceId, state: &ListState) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let text = serde_json::to_string_pretty(state)?;
    replace(&state_file(folder, name), &text)
}

/// Checks the lists.
pub(super) fn lists(
    file: &Path,
    folder: Option<&Path>,
    lists: Vec<At<list::Settings>>,
    problems: &mut Vec<Problem>,
) -> Vec<ListSubscription> {
    let mut checked: Vec<ListSubscription> = Vec::new();
    for At { value: settings, line } in lists {
        let before = problems.len();
        let mut report = |message: String| problems.push(Problem { file: Some(file.to_owned()), line, message });
        if folder.is_none() {
            report("`list`: what a list names is kept beside the store: set `store = \"sqlite:…\"`".to_owned());
        }
        if !settings.has_sound_prefix() {
            let message = format!(
                "`list`: ids cannot begin with the prefix `{}`: at most 12 of a-z 0-9 - _ ., the first a letter or digit",
                settings.prefix
            );
            report(message);
        }
        if settings.limit == Some(0) {
            report("`list`: `limit` must be more than nothing".to_owned());
        }
        let every = units::parse_duration(settings.every.as_deref().unwrap_or(EVERY));
        let every = every.map_err(|error| report(format!("`list`: `every`: {error}"))).ok();
        let wish = timing::Settings { every, ..timing::Settings::default() };
        let timing = timing::Timing::new(&wish, &TimeZone::UTC);
        let timing = timing.map_err(|error| report(format!("`list`: {error}"))).ok();
        let pairs = settings.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers =
            fetch::source_headers(pairs, None).map_err(|error| report(format!("`list`: `headers`: {error}"))).ok();
        if checked.iter().any(|other| other.settings.name() == settings.name()) {
            report(format!("`list`: the id `{}` is given twice", settings.name()));
        }
        if problems.len() == before
            && let (Some(timing), Some(headers)) = (timing, headers)
        {
            checked.push(ListSubscription { settings, timing, headers });
        }
    }
    checked
}

/// The sources that lists name and the settings do not, with the list of each. `own` are those that the settings name.
pub(super) fn sources<'a>(
    folder: Option<&Path>,
    lists: &[ListSubscription],
    sites: impl Iterator<Item = &'a Site> + Clone,
    own: &Subscriptions,
) -> (Vec<source::Settings>, BTreeMap<SourceId, SourceId>) {
    let Some(folder) = folder.filter(|_| !lists.is_empty()) else { return Default::default() };
    let of_sites = sites.clone().flat_map(|site| match &site.listed {
        Some(Listed::Pages { urls, .. } | Listed::Sitemap { urls, .. }) => urls.as_slice(),
        Some(Listed::Feed(url)) => std::slice::from_ref(url),
        None => &[],
    });
    let own_urls = own.values().flat_map(|subscription| subscription.source.urls());
    // By folded address and by id: the place among what is taken, or nothing for what the settings name.
    let mut addresses: HashMap<String, Option<usize>> =
        of_sites.chain(own_urls).map(|url: &Url| (address::fold(url), None)).collect();
    let mut ids: HashMap<SourceId, Option<usize>> = own.keys().map(|id| (id.clone(), None)).collect();
    ids.extend(sites.map(|site| (site.head.id.clone(), None)));
    let (mut taken, mut list_of) = (Vec::<source::Settings>::new(), BTreeMap::new());
    for list in lists {
        let name = list.settings.name();
        let most = list.settings.limit.unwrap_or(list::LIMIT);
        for listed in read_state(folder, &name).sources.into_iter().take(most) {
            let id = list.settings.id_of(&listed.url);
            let tags = list.settings.tags.iter().chain(&listed.tags).cloned();
            let key = address::fold(&listed.url);
            let at = match (addresses.get(&key), ids.get(&id)) {
                (Some(at), _) | (None, Some(at)) => *at,
                (None, None) => {
                    addresses.insert(key, Some(taken.len()));
                    ids.insert(id.clone(), Some(taken.len()));
                    list_of.insert(id.clone(), name.clone());
                    let (url, name, home) = (Some(listed.url), listed.name, listed.home);
                    taken.push(source::Settings { url, name, home, ..source::Settings::of_site(id) });
                    Some(taken.len() - 1)
                }
            };
            let Some(at) = at else { continue };
            for tag in tags {
                if !taken[at].tags.contains(&tag) {
                    taken[at].tags.push(tag);
                }
            }
        }
    }
    (taken, list_of)
}
