//! A listing page: the entries its rules find, or its repeating structure shows.

use crate::discover::{self, listing};
use crate::model::{Channel, Dialect, Document, Reading, Text};

use super::{Error, Read, Source};

pub(super) fn read(source: &Source, rules: &listing::Rules, document: &Document) -> Result<Read, Error> {
    let context = discover::Context { url: None, zone: source.zone.clone(), language: source.language.clone() };
    let listing = listing::read(document, rules, &context);
    if listing.entries.is_empty() {
        let found = listing.problems.join("; ");
        return Err(Error::Page(if found.is_empty() { "it has no list of links".to_owned() } else { found }));
    }
    let channel = Channel {
        title: source.name.clone().map(Text::plain),
        link: source.home.as_ref().map(url::Url::to_string),
        language: source.language.clone(),
        ..Channel::default()
    };
    let reading = Reading { dialect: Dialect::Page, channel, entries: listing.entries, problems: listing.problems };
    Ok(Read { reading, next: listing.next.into_iter().collect() })
}
