//! A listing page: the entries its rules find, or its repeating structure shows.

use crate::discover::listing;
use crate::model::{Channel, Dialect, Document, Reading, Text};

use super::{Error, Read, Source};

pub(super) fn read(source: &Source, rules: Option<&listing::Rules>, document: &Document) -> Result<Read, Error> {
    let _ = rules;
    let listing = listing::read(document, &listing::Rules);
    if listing.entries.is_empty() {
        return Err(Error::Page(listing.problems.join("; ")));
    }
    let channel = Channel {
        title: source.name.clone().map(Text::plain),
        link: source.home.as_ref().map(url::Url::to_string),
        language: source.language.clone(),
        ..Channel::default()
    };
    let reading = Reading { dialect: Dialect::Page, channel, entries: listing.entries, problems: listing.problems };
    Ok(Read { reading, next: listing.next })
}
