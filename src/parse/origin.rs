//! Where an entry was first published.

use crate::model::Origin;

use super::construct::{self, Usual};
use super::head::first;
use super::names::Name;
use super::reader::Reader;
use super::tokens::Tag;
use super::walker::Step;

impl<'a> Reader<'a> {
    /// Where the entry is from: RSS has address and title in one element, Atom a small feed head.
    pub(super) fn source(&mut self, tag: &Tag<'a>) -> Option<Origin> {
        let depth = self.walker.depth();
        let mut origin = Origin {
            feed_url: self.walker.attribute(tag, "url").map(|address| self.resolve(&address)),
            ..Origin::default()
        };
        let mut text = String::new();
        while let Some(step) = self.walker.next() {
            match step {
                Step::Text(piece) if self.walker.depth() == depth => text.push_str(&self.walker.read(piece)),
                Step::Start(tag) => match self.walker.name(&tag) {
                    Name::Title => {
                        let title = construct::read(&mut self.walker, &tag, Usual::Plain, self.unwrap_div);
                        first(&mut origin.title, title.map(|title| title.value));
                    }
                    Name::Guid => first(&mut origin.id, construct::filled(&mut self.walker)),
                    Name::Link => {
                        if let Some(link) = self.link(&tag) {
                            let slot = if link.relation == "self" { &mut origin.feed_url } else { &mut origin.home };
                            first(slot, Some(link.address));
                        }
                    }
                    _ => {}
                },
                Step::End if self.walker.depth() < depth => break,
                _ => {}
            }
        }
        first(&mut origin.title, Some(text.trim().to_owned()).filter(|text| !text.is_empty()));
        (origin != Origin::default()).then_some(origin)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{atom_entry, rss_item};

    #[test]
    fn sources_are_read_in_both_forms() {
        let origin = rss_item("<source url='http://s.example/feed'>Source</source>").origin.expect("a source");
        assert_eq!(
            (origin.title.as_deref(), origin.feed_url.as_deref()),
            (Some("Source"), Some("http://s.example/feed"))
        );
        let entry = atom_entry(
            "<source><id>urn:s</id><title>Source</title><updated>2020-01-01T00:00:00Z</updated>\
             <link rel='self' href='http://s.example/feed'/><link href='http://s.example/'/></source><id>urn:e</id>",
        );
        let origin = entry.origin.expect("a source");
        assert_eq!((origin.id.as_deref(), origin.home.as_deref()), (Some("urn:s"), Some("http://s.example/")));
        assert_eq!((entry.guid.as_deref(), entry.updated), (Some("urn:e"), None));
    }
}
