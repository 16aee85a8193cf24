//! A listing page: the entries its rules find, or that it marks up itself, or that its repeating structure shows.

use crate::discover::{self, listing};
use crate::model::{Channel, Dialect, Document, Reading, Text};
use crate::parse::{self, Classes};

use super::{Error, Read, Source};

pub(super) fn read(source: &Source, rules: &listing::Rules, document: &Document) -> Result<Read, Error> {
    let marked = |classes| {
        let reading = (!rules.find_items()).then(|| parse::microformats(document, classes))??;
        (reading.entries.len() > 1).then(|| Read { reading: named(source, reading), next: Vec::new() })
    };
    // What the publisher marks as entries goes before what looks like a list.
    if let Some(read) = marked(Classes::Current) {
        return Ok(read);
    }
    let context = discover::Context { url: None, zone: source.zone.clone(), language: source.language.clone() };
    let listing = listing::read(document, rules, &context);
    if listing.entries.is_empty() {
        if let Some(read) = marked(Classes::Older) {
            return Ok(read);
        }
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

/// The reading under the name and home that the settings give the source.
fn named(source: &Source, mut reading: Reading) -> Reading {
    let channel = &mut reading.channel;
    channel.title = source.name.clone().map(Text::plain).or(channel.title.take());
    channel.link = source.home.as_ref().map(url::Url::to_string).or(channel.link.take());
    channel.language = source.language.clone().or(channel.language.take());
    reading
}

#[cfg(test)]
mod tests {
    use crate::source::SourceKind;

    use super::*;

    fn page(markup: &str) -> Result<Read, Error> {
        let url = url::Url::parse("https://x.example/").expect("valid");
        let source = Source {
            id: "x".parse().expect("an id"),
            name: Some("X".to_owned()),
            home: None,
            tags: Vec::new(),
            language: None,
            zone: jiff::tz::TimeZone::UTC,
            kind: SourceKind::Page { urls: vec![url.clone()], rules: Box::default() },
            rules: crate::extract::site_rules::Rules::default(),
            full_text: true,
            first: 10,
        };
        source.read(&Document { url: Some(url), content_type: None, body: markup.to_owned().into() })
    }

    #[test]
    fn entries_that_a_page_marks_up_go_before_what_looks_like_a_list() {
        let marked = |class: &str, title: &str| {
            let entry = |n| {
                format!(
                    "<div class={class}><p class={title}><a rel=bookmark class=u-url href=/{n}>Post {n}</a></p></div>"
                )
            };
            format!("<html><body>{}{}", entry(1), entry(2))
        };
        let read = page(&marked("h-entry", "p-name")).expect("entries");
        assert_eq!((read.reading.dialect, read.reading.entries.len()), (Dialect::HFeed, 2));
        assert_eq!(read.reading.channel.title, Some(Text::plain("X")));
        // The older classes are asked last: here nothing else is found.
        let read = page(&marked("hentry", "entry-title"));
        assert!(read.is_ok_and(|read| read.reading.entries.len() == 2));
        assert!(page("<html><body><p>Nothing").is_err());
    }
}
