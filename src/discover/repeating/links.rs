//! The links of a page that may lead to articles.

use std::collections::{HashMap, HashSet};

use url::Url;

use crate::address;
use crate::dom::Node;

use super::super::Scene;
use super::survey::Survey;

/// Links looked at on one page.
const MAX_LINKS: usize = 6_000;
/// Links to one address that are looked at.
const MAX_ALIKE: usize = 20;

/// A link that may lead to an article.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) node: Node,
    pub(super) url: Url,
    /// The folded address: equal for links to the same article.
    pub(super) key: String,
    pub(super) text: String,
    /// How likely it belongs to a list, from 0 to 1.
    pub(super) standing: f32,
    /// Whether it leads to another site: lists of links have nothing else.
    pub(super) is_outside: bool,
}

/// The links to other pages.
pub(super) fn links(scene: &Scene, survey: &Survey) -> Vec<Link> {
    let page = &scene.page;
    let host = scene.base.as_ref().and_then(Url::host_str).map(|host| host.trim_start_matches("www.").to_owned());
    let own: HashSet<String> = [&scene.url, &scene.base].into_iter().flatten().map(address::fold).collect();
    let mut all = Vec::new();
    let mut times: HashMap<String, usize> = HashMap::new();
    for node in page.named(page.root(), "a").take(MAX_LINKS) {
        let Some(href) = page.filled(node, "href").filter(|href| !href.starts_with('#')) else { continue };
        let Some(url) = scene.web(href) else { continue };
        let key = address::fold(&url);
        let is_outside =
            host.as_deref().is_some_and(|host| !url.host_str().is_some_and(|other| is_same_site(other, host)));
        let is_front =
            url.path().len() < 2 && url.query().is_none() && !url.fragment().is_some_and(|f| f.starts_with(['!', '/']));
        if is_front || own.contains(&key) || is_file(&url) {
            continue;
        }
        let count = times.entry(key.clone()).or_insert(0_usize);
        *count += 1;
        if *count > MAX_ALIKE {
            continue;
        }
        let text = page.line(node);
        // Pages of the list, days of a calendar.
        if !text.is_empty() && !text.chars().any(char::is_alphabetic) {
            continue;
        }
        all.push(Link { node, key, text, standing: survey.standing(node), is_outside, url });
    }
    all
}

/// Whether two hosts are of one site: one is a part of the other, or both are parts of a third.
pub(super) fn is_same_site(host: &str, own: &str) -> bool {
    let host = host.trim_start_matches("www.");
    is_within(host, own) || is_within(own, host) && host.contains('.') || {
        let parent = own.split_once('.').map(|(_, parent)| parent).filter(|parent| is_registrable(parent));
        parent.is_some_and(|parent| is_within(host, parent))
    }
}

/// Whether a name could have been registered by one owner: not `com`, `co.uk`, `gov.by`.
fn is_registrable(domain: &str) -> bool {
    let mut labels = domain.rsplit('.');
    let (_, Some(second)) = (labels.next(), labels.next()) else { return false };
    second.len() > 3 || labels.next().is_some()
}

/// Whether `host` is `domain` or a part of it.
fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Files are what an article offers, not the article.
fn is_file(url: &Url) -> bool {
    let last = url.path().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let ending = last.rsplit_once('.').map_or("", |(_, ending)| ending);
    matches!(
        ending,
        "jpg"
            | "jpeg"
            | "png"
            | "gif"
            | "webp"
            | "svg"
            | "zip"
            | "rar"
            | "mp3"
            | "mp4"
            | "xls"
            | "xlsx"
            | "ics"
            | "css"
            | "js"
            | "rss"
            | "xml"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_only_ends_alike_is_another_site() {
        assert!(is_same_site("a.example", "a.example") && is_same_site("news.a.example", "a.example"));
        assert!(is_same_site("www.agency.example", "news.agency.example"));
        assert!(!is_same_site("evila.example", "a.example"));
        assert!(!is_same_site("other.co.uk", "own.co.uk") && !is_same_site("b.example", "a.example"));
    }
}
