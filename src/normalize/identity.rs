//! The names an entry goes by, and the digest that tells whether it says what it said.

use std::collections::HashMap;

use url::Url;

use crate::address;
use crate::model::{Alias, Digest, Entry};

/// Who an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Every name it goes by, the most telling first. Never empty.
    pub aliases: Vec<Alias>,
    /// The text to pin as guid.
    pub guid: String,
    /// Digest of what the feed or listing said.
    pub said: Digest,
}

/// The identities of the entries of one document, in their order.
///
/// A guid that several entries with different links share tells nothing and is passed over: their links do. An entry with
/// neither guid nor link goes by its title and date.
#[must_use]
pub fn identities(entries: &[Entry], base: Option<&Url>) -> Vec<Identity> {
    let mut links_of: HashMap<&str, Vec<Option<&str>>> = HashMap::new();
    for entry in entries {
        if let Some(guid) = guid(entry) {
            let links = links_of.entry(guid).or_default();
            if !links.contains(&entry.link.as_deref()) {
                links.push(entry.link.as_deref());
            }
        }
    }
    entries.iter().map(|entry| identity(entry, base, &links_of)).collect()
}

fn identity(entry: &Entry, base: Option<&Url>, links_of: &HashMap<&str, Vec<Option<&str>>>) -> Identity {
    let link = entry.link.as_deref().and_then(|link| address::resolve_web(base, link));
    let telling = guid(entry).filter(|guid| link.is_none() || links_of.get(guid).is_none_or(|links| links.len() == 1));
    let mut aliases: Vec<Alias> = telling.map(|guid| Alias::Guid(guid.to_owned())).into_iter().collect();
    aliases.extend(link.as_ref().map(|link| Alias::Url(address::fold(link))));
    let pinned = match (telling, &link) {
        (Some(guid), _) => guid.to_owned(),
        (None, Some(link)) => address::canonical(link).to_string(),
        (None, None) => {
            let title = entry.title.as_ref().or(entry.summary.as_ref()).map(|text| text.value.as_str());
            let date = entry.published.map(|date| date.to_string());
            let names = format!("{}\n{}", title.unwrap_or_default(), date.unwrap_or_default());
            format!("{}", Digest::of(names.as_bytes()))
        }
    };
    if aliases.is_empty() {
        aliases.push(Alias::Guid(pinned.clone()));
    }
    Identity { aliases, guid: pinned, said: said(entry) }
}

fn guid(entry: &Entry) -> Option<&str> {
    entry.guid.as_deref().map(str::trim).filter(|guid| !guid.is_empty())
}

/// The digest of everything an entry says.
fn said(entry: &Entry) -> Digest {
    Digest::of(&serde_json::to_vec(entry).expect("an entry is plain data"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Text;

    fn entry(guid: Option<&str>, link: Option<&str>) -> Entry {
        let own = |text: &str| text.to_owned();
        Entry { guid: guid.map(own), link: link.map(own), title: Some(Text::plain("T")), ..Entry::default() }
    }

    fn keys(entries: &[Entry]) -> Vec<Vec<String>> {
        let identities = identities(entries, None);
        identities.iter().map(|identity| identity.aliases.iter().map(Alias::key).collect()).collect()
    }

    #[test]
    fn guid_comes_before_link_and_an_empty_one_does_not_count() {
        let rows = keys(&[
            entry(Some(" 7 "), Some("https://www.a.example/x/")),
            entry(Some("  "), Some("https://a.example/y")),
        ]);
        assert_eq!(rows, [vec!["guid:7", "url:a.example/x"], vec!["url:a.example/y"]]);
    }

    #[test]
    fn a_guid_shared_by_different_links_tells_nothing() {
        let rows =
            keys(&[entry(Some("0"), Some("https://a.example/x")), entry(Some("0"), Some("https://a.example/y"))]);
        assert_eq!(rows, [["url:a.example/x"], ["url:a.example/y"]]);
    }

    #[test]
    fn nameless_entries_go_by_title_and_date() {
        let mut other = entry(None, None);
        other.published = "2026-01-01T00:00:00Z".parse().ok();
        let identities = identities(&[entry(None, None), other], None);
        assert_ne!(identities[0].aliases, identities[1].aliases);
        assert!(identities.iter().all(|identity| identity.aliases.len() == 1));
    }

    #[test]
    fn any_change_of_what_is_said_is_noticed() {
        let mut other = entry(Some("7"), None);
        other.summary = Some(Text::plain("more"));
        let identities = identities(&[entry(Some("7"), None), entry(Some("7"), None), other], None);
        assert_eq!(identities[0].said, identities[1].said);
        assert_ne!(identities[0].said, identities[2].said);
    }
}
