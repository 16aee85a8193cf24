//! Addresses: links as RSS and Atom write them, resolved where a base is known.

use std::borrow::Cow;

use super::construct;
use super::reader::Reader;
use super::tokens::Tag;

/// A link of either kind: RSS has its address as text, Atom as an attribute.
pub(super) struct Link {
    /// Relation, lower case; `alternate` when not given.
    pub(super) relation: String,
    /// Media type, lower case.
    pub(super) media_type: Option<String>,
    pub(super) length: Option<String>,
    pub(super) title: Option<String>,
    pub(super) address: String,
}

impl Link {
    /// Whether it leads to the page itself rather than to another form of it.
    pub(super) fn is_page(&self) -> bool {
        let html = |kind: &str| kind.starts_with("text/html") || kind.starts_with("application/xhtml+xml");
        self.relation == "alternate" && self.media_type.as_deref().is_none_or(html)
    }

    /// Whether it leads to another form of the page that a person could open.
    pub(super) fn is_other_form(&self) -> bool {
        let for_programs = |kind: &str| kind.contains("xml") || kind.contains("json");
        self.relation == "alternate" && !self.is_page() && !self.media_type.as_deref().is_some_and(for_programs)
    }
}

impl<'a> Reader<'a> {
    /// The address `reference` means here; as written where nothing says what it is relative to.
    pub(super) fn resolve(&self, reference: &str) -> String {
        let reference = reference.trim();
        let Some(base) = self.walker.base().filter(|_| !is_absolute(reference)) else { return reference.to_owned() };
        base.join(reference).map_or_else(|_| reference.to_owned(), String::from)
    }

    /// The link that has just begun; `None` when it leads nowhere.
    pub(super) fn link(&mut self, tag: &Tag<'a>) -> Option<Link> {
        let link = self.link_by_attribute(tag);
        if link.is_some() {
            self.walker.skip(self.walker.depth());
            return link;
        }
        let text = construct::filled(&mut self.walker)?;
        // Some software escapes `&` twice here.
        Some(self.link_to(tag, &text.replace("&amp;", "&")))
    }

    /// The link of an element that has its address as an attribute; the element goes on.
    pub(super) fn link_by_attribute(&self, tag: &Tag<'a>) -> Option<Link> {
        let address = self.address(tag)?;
        Some(self.link_to(tag, &address))
    }

    fn link_to(&self, tag: &Tag<'a>, address: &str) -> Link {
        let owned = |name: &str| self.walker.attribute(tag, name).map(Cow::into_owned);
        let lower = |name: &str| self.walker.attribute(tag, name).map(|value| value.to_ascii_lowercase());
        let relation = lower("rel").unwrap_or_else(|| "alternate".to_owned());
        Link {
            // RFC 4287 §4.2.7.2: the registered name and its full address are the same relation.
            relation: relation.rsplit('/').next().unwrap_or_default().to_owned(),
            media_type: lower("type"),
            length: owned("length"),
            title: owned("title"),
            address: self.resolve(address),
        }
    }

    /// The address in one of the attributes that hold one.
    pub(super) fn address(&self, tag: &Tag<'a>) -> Option<Cow<'a, str>> {
        ["href", "url", "uri", "resource"].iter().find_map(|name| self.walker.attribute(tag, name))
    }
}

/// Whether the address begins with a scheme.
pub(super) fn is_absolute(address: &str) -> bool {
    address.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, atom_entry, only_entry};
    use crate::model::Enclosure;

    #[test]
    fn atom_links_are_told_apart_by_relation_and_type() {
        let entry = atom_entry(
            "<id>tag:x.example,2026:1</id><link rel='alternate' type='application/json' href='http://x.example/1.json'/>\
             <link rel=' Alternate ' type='text/html' href='http://x.example/1'/><link rel='edit' href='http://x.example/e'/>\
             <link rel='replies' href='http://x.example/1#c'/>\
             <link rel='http://www.iana.org/assignments/relation/enclosure' href='http://x.example/1.mp3' type='audio/mpeg' length='7'/>",
        );
        assert_eq!(entry.link.as_deref(), Some("http://x.example/1"));
        assert_eq!(entry.comments.as_deref(), Some("http://x.example/1#c"));
        let enclosure = Enclosure {
            url: "http://x.example/1.mp3".to_owned(),
            media_type: Some("audio/mpeg".to_owned()),
            length_bytes: Some(7),
            title: None,
            duration_seconds: None,
        };
        assert_eq!(entry.enclosures, [enclosure]);
    }

    #[test]
    fn addresses_are_resolved_where_a_base_is_known() {
        let atom = "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='/d/'><entry xml:base='e/'><id>7</id>\
                    <link href='p'/><content type='html'>&lt;img src='i'></content></entry></feed>";
        let entry = &at("http://x.example/feed", atom).entries[0];
        assert_eq!(entry.link.as_deref(), Some("http://x.example/d/e/p"));
        assert_eq!(entry.guid.as_deref(), Some("http://x.example/d/e/7"));
        assert_eq!(entry.base.as_deref(), Some("http://x.example/d/e/"));
        assert_eq!(only_entry(atom).link.as_deref(), Some("p"), "without a base nothing is invented");
        let rss = "<rss version='2.0'><channel><item><link>/p</link><guid>7</guid></item></channel></rss>";
        let entry = &at("http://x.example/feed", rss).entries[0];
        assert_eq!((entry.link.as_deref(), entry.guid.as_deref()), (Some("http://x.example/p"), Some("7")));
        assert_eq!(entry.base, None);
    }

    #[test]
    fn another_form_of_the_page_serves_where_there_is_no_page() {
        let link =
            |kind: &str| atom_entry(&format!("<link rel='alternate' type='{kind}' href='http://x.example/1'/>")).link;
        assert_eq!(link("application/pdf").as_deref(), Some("http://x.example/1"));
        assert_eq!(link("application/atom+xml"), None);
    }

    #[test]
    fn a_bare_number_is_made_into_no_address() {
        let link = |guid: &str| {
            let feed = format!("<rss><channel><item>{guid}</item></channel></rss>");
            at("http://x.example/feed", &feed).entries[0].link.clone()
        };
        assert_eq!(link("<guid>1234</guid>"), None);
        assert_eq!(link("<guid>/1234</guid>").as_deref(), Some("http://x.example/1234"));
        assert_eq!(link("<guid isPermaLink='true'>1234</guid>").as_deref(), Some("http://x.example/1234"));
    }
}
