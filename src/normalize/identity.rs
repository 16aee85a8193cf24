//! The names an entry goes by, and the digest that tells whether it says what it said.

use std::collections::{HashMap, HashSet};

use url::Url;

use crate::model::{Alias, Digest, Entry, Text};
use crate::{address, likeness};

/// Who an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Every name it goes by, the most telling first. Never empty.
    pub aliases: Vec<Alias>,
    /// The text to pin as guid.
    pub guid: String,
    /// Digest of what the feed or listing said.
    pub said: Digest,
    /// Whether its address is its own, so that it can be found by it.
    pub has_own_address: bool,
}

/// The identities of the entries of one document, in their order. `home` is the page of the source.
///
/// A guid that several entries with different links share tells nothing and is passed over: their links do. So is a link
/// that several different entries share, and that of the source itself: podcasts and status pages give every entry the
/// address of the show, change logs that of one page. An entry with neither goes by its title and date.
#[must_use]
pub fn identities(entries: &[Entry], base: Option<&Url>, home: &Url) -> Vec<Identity> {
    let links: Vec<Option<Url>> = entries.iter().map(|entry| link(entry, base)).collect();
    let mut links_of: HashMap<&str, HashSet<Option<&str>>> = HashMap::new();
    let mut at: HashMap<String, Vec<&Entry>> = HashMap::new();
    for (entry, link) in entries.iter().zip(&links) {
        if let Some(guid) = guid(entry) {
            links_of.entry(guid).or_default().insert(entry.link.as_deref());
        }
        if let Some(link) = link {
            at.entry(address::fold(link)).or_default().push(entry);
        }
    }
    let shared: HashSet<String> =
        at.into_iter().filter(|(_, group)| are_different(group)).map(|(key, _)| key).collect();
    let mut counters: HashMap<Alias, usize> = HashMap::new();
    for counter in entries.iter().filter_map(counted) {
        *counters.entry(counter).or_default() += 1;
    }
    let home_key = address::fold(home);
    let alone = |counter: &Alias| counters.get(counter) == Some(&1);
    let each = entries.iter().zip(links).map(|(entry, link)| {
        let telling = |guid: &&str| link.is_none() || links_of.get(guid).is_none_or(|links| links.len() == 1);
        let guid = guid(entry).filter(telling);
        let link = link.map(|link| (address::fold(&link), link));
        let own = link.filter(|(key, link)| !address::is_front(link) && *key != home_key && !shared.contains(key));
        let mut identity = identity(entry, guid, own);
        identity.aliases.extend(counted(entry).filter(|counter| alone(counter)));
        identity
    });
    each.collect()
}

/// The name by the counter of clicks that leads to the page: a feed may begin or end to give the page itself.
fn counted(entry: &Entry) -> Option<Alias> {
    let counter = address::resolve_web(None, entry.original_link.as_ref().and(entry.link.as_deref())?)?;
    Some(Alias::Url(address::fold(&counter)))
}

/// The identity of an entry that waits for its page at `page`, by the name it waits under: what its document told about
/// guids and links is not there any more.
#[must_use]
pub fn identity_of_waiting(entry: &Entry, page: &Url, key: &str, home: &Url) -> Identity {
    let guid = guid(entry).filter(|guid| Alias::Guid((*guid).to_owned()).key() == key);
    let own = Some((address::fold(page), page.clone()));
    let own = own.filter(|(key, page)| !address::is_front(page) && *key != address::fold(home));
    let own = own.filter(|(folded, _)| guid.is_some() || Alias::Url(folded.clone()).key() == key);
    identity(entry, guid, own)
}

/// The identity of an entry that is another article than its guid (or its address) says: by the names that are left to it,
/// else by its title and date.
#[must_use]
pub fn renamed(identity: Identity, entry: &Entry, without_guid: bool, without_link: bool) -> Identity {
    let keeps_none = !without_guid && !without_link;
    let is_left = |alias: &Alias| match alias {
        Alias::Guid(_) => !without_guid && !keeps_none,
        Alias::Url(_) => !without_link && !keeps_none,
    };
    let aliases: Vec<Alias> = identity.aliases.into_iter().filter(is_left).collect();
    let has_own_address = aliases.iter().any(|alias| matches!(alias, Alias::Url(_)));
    if aliases.is_empty() {
        let nameless = self::identity(entry, None, None);
        return Identity { said: identity.said, ..nameless };
    }
    let guid = match &aliases[0] {
        Alias::Guid(guid) => guid.clone(),
        Alias::Url(_) => entry.page().unwrap_or(&identity.guid).to_owned(),
    };
    Identity { aliases, guid, said: identity.said, has_own_address }
}

/// The digest of what a listing says of an entry, dates and counters aside: "2 hours ago" and "14 comments" churn by
/// themselves, and every change has the page read again.
#[must_use]
pub fn said_by_listing(entry: &Entry) -> Digest {
    let still = |text: &Text| {
        let lines = text.value.lines().map(likeness::without_count);
        Text { value: lines.collect::<Vec<_>>().join("\n"), ..text.clone() }
    };
    let summary = entry.summary.as_ref().map(still);
    said(&Entry { published: None, updated: None, comment_count: None, summary, ..entry.clone() })
}

/// Whether entries at one address are different ones: several guids; without guids, several places in one page, or several
/// titles and dates under the very same link.
fn are_different(entries: &[&Entry]) -> bool {
    let differ = |names: Vec<String>| names.iter().any(|name| *name != names[0]);
    let guids = entries.iter().filter_map(|entry| guid(entry)).map(str::to_owned).collect();
    let nameless = || entries.iter().filter(|entry| guid(entry).is_none());
    let link = |entry: &Entry| entry.link.clone().unwrap_or_default();
    let places = nameless().filter_map(|entry| Some(link(entry).split_once('#')?.1.to_owned())).collect();
    let said = nameless().filter(|entry| link(entry) == link(entries[0])).map(|entry| title_and_date(entry)).collect();
    entries.len() > 1 && (differ(guids) || differ(places) || differ(said))
}

fn link(entry: &Entry, base: Option<&Url>) -> Option<Url> {
    entry.page().and_then(|link| address::resolve_web(base, link))
}

/// `guid` and `link`, with its key, where they tell the entry from others.
fn identity(entry: &Entry, guid: Option<&str>, link: Option<(String, Url)>) -> Identity {
    let mut aliases: Vec<Alias> = guid.map(|guid| Alias::Guid(guid.to_owned())).into_iter().collect();
    let pinned = match (guid, &link) {
        (Some(guid), _) => guid.to_owned(),
        (None, Some((_, link))) => address::canonical(link).into(),
        (None, None) => format!("{}", Digest::of(title_and_date(entry).as_bytes())),
    };
    let has_own_address = link.is_some();
    aliases.extend(link.map(|(key, _)| Alias::Url(key)));
    if aliases.is_empty() {
        aliases.push(Alias::Guid(pinned.clone()));
    }
    Identity { aliases, guid: pinned, said: said(entry), has_own_address }
}

fn title_and_date(entry: &Entry) -> String {
    let title = entry.title.as_ref().or(entry.summary.as_ref()).map(|text| text.value.as_str());
    let date = entry.published.map(|date| date.to_string());
    let mut names = format!("{}\n{}", title.unwrap_or_default(), date.unwrap_or_default());
    if let Some((_, place)) = entry.link.as_deref().and_then(|link| link.split_once('#')) {
        names.push('\n');
        names.push_str(place);
    }
    names
}

fn guid(entry: &Entry) -> Option<&str> {
    entry.guid.as_deref().map(str::trim).filter(|guid| !guid.is_empty())
}

/// The digest of everything an entry says but the number of comments, which changes by itself and is no news: every comment
/// would have the page read again.
fn said(entry: &Entry) -> Digest {
    if entry.comment_count.is_some() {
        return said(&Entry { comment_count: None, ..entry.clone() });
    }
    Digest::of(&serde_json::to_vec(entry).expect("an entry is plain data"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(guid: Option<&str>, link: Option<&str>) -> Entry {
        let own = |text: &str| text.to_owned();
        Entry { guid: guid.map(own), link: link.map(own), title: Some(Text::plain("T")), ..Entry::default() }
    }

    fn home() -> Url {
        Url::parse("https://a.example/show/").unwrap()
    }

    fn keys(entries: &[Entry]) -> Vec<Vec<String>> {
        let identities = identities(entries, None, &home());
        identities.iter().map(|identity| identity.aliases.iter().map(Alias::key).collect()).collect()
    }

    #[test]
    fn an_entry_behind_a_counter_of_clicks_goes_by_both_addresses() {
        let behind = |link: &str, page: &str| Entry { original_link: Some(page.to_owned()), ..entry(None, Some(link)) };
        let feed = [
            behind("https://count.example/1", "https://a.example/1"),
            behind("https://count.example/all", "https://a.example/2"),
            behind("https://count.example/all", "https://a.example/3"),
        ];
        let (first, plain) = (keys(&feed), keys(&[entry(None, Some("https://count.example/1"))]));
        assert_eq!(first[0][1], plain[0][0]);
        assert_eq!((first[0].len(), first[1].len(), first[2].len()), (2, 1, 1), "a counter of all is nobody's name");
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
    fn a_link_shared_by_different_entries_tells_nothing() {
        let one = Some("https://a.example/status");
        assert_eq!(keys(&[entry(Some("1"), one), entry(Some("2"), one)]), [["guid:1"], ["guid:2"]]);
        // The same entry twice is one entry.
        assert_eq!(keys(&[entry(None, one), entry(None, one)]), [["url:a.example/status"], ["url:a.example/status"]]);
        let mut other = entry(None, one);
        other.title = Some(Text::plain("Other"));
        let found = keys(&[entry(None, one), other]);
        assert!(found[0] != found[1] && found.iter().flatten().all(|key| key.starts_with("guid:")), "{found:?}");
        // A listing that names one article twice, by variants of its address.
        let mut again = entry(None, Some("https://a.example/status?utm_source=x"));
        again.title = Some(Text::plain("Read more"));
        assert_eq!(keys(&[entry(None, one), again]), [["url:a.example/status"], ["url:a.example/status"]]);
    }

    #[test]
    fn places_in_one_page_are_different_entries() {
        let found = keys(&[
            entry(None, Some("https://a.example/log#v2")),
            entry(None, Some("https://a.example/log#v1")),
            entry(None, Some("https://a.example/other")),
        ]);
        assert!(found[0] != found[1] && found[0][0].starts_with("guid:"), "{found:?}");
        assert_eq!(found[2], ["url:a.example/other"]);
    }

    #[test]
    fn the_page_of_the_source_is_no_name_of_an_entry() {
        for link in ["https://a.example/show", "https://b.example/", "https://b.example/index.html"] {
            assert_eq!(keys(&[entry(Some("7"), Some(link))]), [["guid:7"]], "{link}");
        }
        assert_eq!(keys(&[entry(Some("7"), Some("https://b.example/?p=7"))]), [["guid:7", "url:b.example?p=7"]]);
    }

    #[test]
    fn what_waits_keeps_the_names_it_waits_under() {
        let page = Url::parse("https://a.example/x").unwrap();
        let entries = [
            entry(Some("0"), Some("https://a.example/x")),
            entry(Some("0"), Some("https://a.example/y")),
            entry(Some("8"), Some("https://a.example/z")),
            entry(Some("9"), Some("https://a.example/show/")),
            entry(None, Some("https://a.example/")),
        ];
        for (entry, identity) in entries.iter().zip(identities(&entries, None, &home())) {
            let page = entry.link.as_deref().map_or(page.clone(), |link| Url::parse(link).unwrap());
            let waiting = identity_of_waiting(entry, &page, &identity.aliases[0].key(), &home());
            assert_eq!(waiting, identity);
        }
    }

    #[test]
    fn nameless_entries_go_by_title_and_date() {
        let mut other = entry(None, None);
        other.published = "2026-01-01T00:00:00Z".parse().ok();
        let identities = identities(&[entry(None, None), other], None, &home());
        assert_ne!(identities[0].aliases, identities[1].aliases);
        assert!(identities.iter().all(|identity| identity.aliases.len() == 1));
    }

    #[test]
    fn any_change_of_what_is_said_is_noticed() {
        let mut other = entry(Some("7"), None);
        other.summary = Some(Text::plain("more"));
        let identities = identities(&[entry(Some("7"), None), entry(Some("7"), None), other], None, &home());
        assert_eq!(identities[0].said, identities[1].said);
        assert_ne!(identities[0].said, identities[2].said);
    }

    #[test]
    fn another_comment_says_nothing_else() {
        let said = |comment_count| said(&Entry { comment_count, ..entry(Some("7"), None) });
        assert_eq!(said(Some(3)), said(Some(4)));
        assert_eq!(said(Some(3)), said(None));
    }

    #[test]
    fn an_entry_is_known_by_the_page_behind_a_counter_of_clicks() {
        let counted = Entry {
            original_link: Some("https://a.example/1".to_owned()),
            ..entry(None, Some("https://clicks.example/~r/1"))
        };
        let identity = identities(&[counted], None, &home()).remove(0);
        assert_eq!(identity.guid, "https://a.example/1");
    }
}
