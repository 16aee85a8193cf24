//! What addresses tell: whether they look like those of articles, what those of a list have in common, and which of them
//! structured data names as a list.

use std::collections::{BTreeMap, HashSet};

use url::Url;

use crate::address;

use super::super::Scene;

/// Whether an address looks like that of an article: a number, a date or several words.
pub(super) fn looks_like_article(url: &Url) -> bool {
    let last = url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty())).unwrap_or_default();
    let digits = last.chars().filter(char::is_ascii_digit).count();
    let words = last.split(['-', '_']).filter(|word| word.len() > 1).count();
    digits >= 3
        || words >= 4
        || url.query().is_some_and(|query| query.chars().filter(char::is_ascii_digit).count() >= 3)
}

/// What the addresses of a list have in common.
pub(super) struct Pattern {
    /// Parts of the path that all share, by place; `None` for those that differ.
    parts: BTreeMap<usize, Vec<Option<String>>>,
    keys: HashSet<String>,
    hosts: HashSet<String>,
    /// Whether the parts tell articles from other pages.
    pub(super) is_telling: bool,
}

impl Pattern {
    pub(super) fn of<'a>(urls: impl Iterator<Item = &'a Url>) -> Self {
        let mut parts: BTreeMap<usize, Vec<Option<String>>> = BTreeMap::new();
        let (mut keys, mut hosts) = (HashSet::new(), HashSet::new());
        for url in urls {
            let own = path(url);
            match parts.get_mut(&own.len()) {
                None => {
                    parts.insert(own.len(), own.into_iter().map(Some).collect());
                }
                Some(shared) => {
                    for (shared, own) in shared.iter_mut().zip(own) {
                        if shared.as_ref() != Some(&own) {
                            *shared = None;
                        }
                    }
                }
            }
            keys.insert(query_keys(url));
            hosts.insert(url.host_str().unwrap_or_default().to_owned());
        }
        let is_telling = parts.values().all(|parts| {
            let fixed = parts.iter().flatten().count();
            fixed > 0 && fixed < parts.len()
        });
        Self { parts, keys, hosts, is_telling }
    }

    pub(super) fn fits(&self, url: &Url) -> bool {
        let own = path(url);
        let fits = self.parts.get(&own.len()).is_some_and(|shared| {
            shared.iter().zip(&own).all(|(shared, own)| shared.as_ref().is_none_or(|shared| shared == own))
        });
        fits && self.keys.contains(&query_keys(url))
            && self.hosts.contains(url.host_str().unwrap_or_default())
            && (self.is_telling || looks_like_article(url))
    }
}

fn path(url: &Url) -> Vec<String> {
    url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).take(12).map(str::to_owned).collect()
}

fn query_keys(url: &Url) -> String {
    url.query_pairs().map(|(key, _)| format!("{key}&")).take(12).collect()
}

/// The addresses that structured data names as items of a list.
pub(super) fn named_in_data(scene: &Scene) -> HashSet<String> {
    let page = &scene.page;
    let mut named = HashSet::new();
    let scripts = page.named(page.root(), "script").filter(|node| {
        page.attribute(*node, "type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/ld+json"))
    });
    for script in scripts.take(20) {
        let text: String = page.inside(script).filter_map(|node| page.characters(node)).collect();
        if !text.contains("itemListElement") && !text.contains("blogPost") && !text.contains("hasPart") {
            continue;
        }
        let Ok(data) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
        let mut waiting = vec![(&data, false)];
        while let Some((value, is_listed)) = waiting.pop() {
            match value {
                serde_json::Value::Array(values) => waiting.extend(values.iter().map(|value| (value, is_listed))),
                serde_json::Value::Object(fields) => {
                    let is_crumb = fields.get("@type").is_some_and(|kind| kind == "BreadcrumbList");
                    for (key, value) in fields {
                        let listed = matches!(key.as_str(), "itemListElement" | "blogPost" | "hasPart");
                        match value.as_str() {
                            Some(url) if is_listed && matches!(key.as_str(), "url" | "@id" | "item") => {
                                named.extend(scene.web(url).map(|url| address::fold(&url)));
                            }
                            Some(_) => {}
                            None => waiting.push((value, !is_crumb && (is_listed || listed))),
                        }
                    }
                }
                _ => {}
            }
        }
    }
    named
}
