//! What each element of an entry says.

use std::borrow::Cow;

use crate::model::{Dialect, Enclosure, Entry, Text};

use super::construct::{self, Usual};
use super::head::first;
use super::links::Link;
use super::media::Group;
use super::names::Name;
use super::people;
use super::place;
use super::podcast;
use super::reader::{MAX_PARTS, Reader};
use super::tokens::Tag;
use super::walker::Step;

/// An entry being read.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) entry: Entry,
    title: Slot<Text>,
    summary: Slot<Text>,
    /// A second summary that says more: the content, for an entry that has none.
    longer: Option<Text>,
    guid: Slot<String>,
    /// A link to something that is not a page, for an entry that names no page.
    other_link: Option<String>,
    /// A guid that claims to be the entry's address.
    permalink: Slot<String>,
    pub(super) media: Group,
}

/// A value with how deep it stood: what stands deeper is about a part of the entry.
struct Slot<T> {
    value: Option<T>,
    depth: usize,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { value: None, depth: usize::MAX }
    }
}

impl<T> Slot<T> {
    /// The first of equals counts.
    fn first(&mut self, value: Option<T>, depth: usize) {
        if value.is_some() && depth < self.depth {
            *self = Self { value, depth };
        }
    }

    /// The last of equals counts.
    fn last(&mut self, value: Option<T>, depth: usize) {
        if value.is_some() && depth <= self.depth {
            *self = Self { value, depth };
        }
    }
}

impl<'a> Reader<'a> {
    /// The entry that has just begun with `tag`, up to its end.
    pub(super) fn entry(&mut self, tag: &Tag<'a>) -> Entry {
        let depth = self.walker.depth();
        let mut draft = Draft::default();
        self.entry_attributes(tag, &mut draft);
        while let Some(step) = self.walker.next() {
            match step {
                Step::Start(tag) => self.entry_element(&tag, &mut draft),
                Step::End if self.walker.depth() < depth => break,
                Step::End | Step::Text(_) => {}
            }
        }
        self.finish(draft)
    }

    /// RSS 1.0 and CDF say things by attributes.
    fn entry_attributes(&mut self, tag: &Tag<'a>, draft: &mut Draft) {
        let owned = |value: Option<Cow<'a, str>>| value.map(Cow::into_owned);
        draft.guid.last(owned(self.walker.attribute(tag, "about")), usize::MAX);
        if let Some(link) = self.walker.attribute(tag, "href") {
            draft.entry.link = Some(self.resolve(&link));
        }
        if let Some(updated) = self.walker.attribute(tag, "lastmod") {
            draft.entry.updated = self.date_of(&updated);
        }
        let language = self.walker.language().filter(|language| !language.is_empty());
        draft.entry.language = language.map(|language| language.replace('_', "-"));
    }

    fn entry_element(&mut self, tag: &Tag<'a>, draft: &mut Draft) {
        let depth = self.walker.depth();
        let name = self.walker.name(tag);
        match name {
            Name::Title => {
                let usual = self.usual_text();
                let title = construct::read(&mut self.walker, tag, usual, self.unwrap_div);
                draft.title.first(title, depth);
            }
            Name::Link => {
                if let Some(link) = self.link(tag) {
                    let count = (link.relation == "replies").then(|| self.counted(tag)).flatten();
                    entry_link(link, count, draft);
                }
            }
            Name::Guid => self.guid(tag, draft),
            Name::Description | Name::Summary | Name::ItunesSummary | Name::MediaDescription => {
                let usual = match name {
                    Name::Description | Name::MediaDescription => Usual::Html,
                    _ => self.usual_text(),
                };
                let text = construct::read(&mut self.walker, tag, usual, self.unwrap_div);
                summary(text, depth, draft);
            }
            Name::Content | Name::Encoded | Name::Body => {
                let usual = match name {
                    Name::Content => self.usual_text(),
                    Name::Encoded => Usual::Html,
                    _ => Usual::Inline,
                };
                self.content(tag, usual, draft);
            }
            Name::Published => draft.entry.published = self.date().or(draft.entry.published),
            Name::Updated => draft.entry.updated = self.date().or(draft.entry.updated),
            Name::Created => {
                let created = self.date();
                draft.entry.published = draft.entry.published.or(created);
            }
            Name::Author => {
                let person = people::read(self);
                people::add(&mut draft.entry.authors, person);
            }
            Name::Contributor => {
                let person = people::read(self);
                people::add(&mut draft.entry.contributors, person);
            }
            Name::Rights => {
                let usual = self.usual_text();
                let rights = construct::read(&mut self.walker, tag, usual, self.unwrap_div);
                first(&mut draft.entry.rights, rights);
            }
            Name::Publisher | Name::Owner | Name::TextInput => self.walker.skip(depth),
            Name::Category => self.category(tag, &mut draft.entry.categories),
            Name::ItunesCategory => self.itunes_category(tag, &mut draft.entry.categories),
            Name::Keywords => self.keywords(&mut draft.entry.categories),
            Name::Enclosure => {
                // What is inside, captions most often, is read as if it stood outside.
                if let Some(link) = self.link_by_attribute(tag) {
                    enclose(link, draft);
                }
            }
            Name::Source => draft.entry.origin = self.source(tag).map(Box::new).or(draft.entry.origin.take()),
            Name::Comments => {
                let comments = construct::filled(&mut self.walker).map(|address| self.resolve(&address));
                first(&mut draft.entry.comments, comments);
            }
            Name::Image => self.entry_image(tag, draft),
            Name::ItunesImage => {
                let image = self.address(tag).map(|address| self.resolve(&address));
                if image.is_some() {
                    first(&mut draft.entry.episode.get_or_insert_default().image, image);
                }
                self.entry_image(tag, draft);
            }
            Name::ItunesSubtitle => {
                let subtitle = construct::filled(&mut self.walker);
                first(&mut draft.entry.episode.get_or_insert_default().subtitle, subtitle);
            }
            Name::Podcast => self.episode(tag, &mut draft.entry),
            Name::Place => self.place(tag, &mut draft.entry.place),
            Name::Fact => self.entry_fact(tag, &mut draft.entry),
            Name::Language => {
                let language = construct::filled(&mut self.walker);
                draft.entry.language = language.or(draft.entry.language.take());
            }
            _ => self.media_element(name, tag, draft),
        }
    }

    fn guid(&mut self, tag: &Tag<'a>, draft: &mut Draft) {
        let depth = self.walker.depth();
        let permanent = self.walker.attribute(tag, "isPermaLink");
        let guid = construct::filled(&mut self.walker);
        // An Atom id is an address, if need be a relative one; a guid of RSS is any text, taken as it is.
        let is_text = self.dialect != Dialect::Atom || permanent.as_ref().is_some_and(|value| value == "false");
        let guid = if is_text { guid } else { guid.map(|guid| self.resolve(&guid)) };
        // Where `isPermaLink` is left out it is true, but many guids that leave it out are bare numbers: they stay as written
        // where nothing can be resolved, and are not made into addresses where it could.
        let is_address = |guid: &String| guid.contains(':') || guid.starts_with('/') || self.walker.base().is_none();
        let claims = match permanent {
            Some(value) => value.eq_ignore_ascii_case("true"),
            None => guid.as_ref().is_some_and(is_address),
        };
        if claims {
            draft.permalink.first(guid.clone(), depth);
        }
        draft.guid.last(guid, depth);
    }

    fn content(&mut self, tag: &Tag<'a>, usual: Usual, draft: &mut Draft) {
        let base = self.walker.own_base().map(|base| base.as_str().to_owned());
        let text = construct::read(&mut self.walker, tag, usual, self.unwrap_div);
        if draft.entry.content.is_none() && text.is_some() {
            draft.entry.content = text;
            draft.entry.base = base;
        }
    }

    fn entry_image(&mut self, tag: &Tag<'a>, draft: &mut Draft) {
        let depth = self.walker.depth();
        let mut address = self.address(tag).map(Cow::into_owned);
        while let Some(step) = self.walker.next() {
            match step {
                Step::Start(tag) if self.walker.name(&tag) == Name::Url => {
                    first(&mut address, construct::filled(&mut self.walker));
                }
                Step::End if self.walker.depth() < depth => break,
                _ => {}
            }
        }
        first(&mut draft.entry.image, address.map(|address| self.resolve(&address)));
    }

    fn finish(&mut self, draft: Draft) -> Entry {
        let Draft { mut entry, title, summary, longer, guid, other_link, permalink, media } = draft;
        entry.title = title.value;
        entry.summary = summary.value;
        entry.guid = guid.value;
        media.finish(&mut entry);
        podcast::settle(&mut entry);
        place::settle(&mut entry.place);
        let permalink = permalink.value.map(|guid| self.resolve(&guid));
        // `urn:` and `tag:` lead nowhere: another form of the page does.
        let (page, name) = if permalink.as_ref().is_some_and(|guid| guid.starts_with("http")) {
            (permalink, None)
        } else {
            (None, permalink)
        };
        entry.link = entry.link.or(page).or(other_link).or(name);
        entry.content = entry.content.or(longer);
        entry
    }
}

/// A short text. The first `description` or `summary` is the summary; another one that says more is the content.
fn summary(text: Option<Text>, depth: usize, draft: &mut Draft) {
    let Some(text) = text else { return };
    match &draft.summary.value {
        Some(held) if draft.entry.content.is_none() => {
            if draft.longer.is_none() && text.value.chars().count() > held.value.chars().count() {
                draft.longer = Some(text);
            }
        }
        _ => draft.summary.last(Some(text), depth),
    }
}

fn entry_link(link: Link, count: Option<u32>, draft: &mut Draft) {
    match link.relation.as_str() {
        "enclosure" => enclose(link, draft),
        "replies" => {
            draft.entry.comment_count = draft.entry.comment_count.or(count);
            let is_feed =
                link.media_type.as_deref().is_some_and(|kind| kind.ends_with("+xml") && !kind.contains("xhtml"));
            let slot = if is_feed { &mut draft.entry.comments_feed } else { &mut draft.entry.comments };
            first(slot, Some(link.address));
        }
        "license" => first(&mut draft.entry.license, Some(link.address)),
        _ if link.is_page() => draft.entry.link = Some(link.address),
        _ if link.is_other_form() => first(&mut draft.other_link, Some(link.address)),
        _ => {}
    }
}

fn enclose(link: Link, draft: &mut Draft) {
    if draft.entry.enclosures.len() >= MAX_PARTS {
        return;
    }
    draft.entry.enclosures.push(Enclosure {
        url: link.address,
        media_type: link.media_type,
        length_bytes: link.length.and_then(|length| length.parse().ok()),
        title: link.title,
        duration_seconds: None,
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::{atom_entry, read, rss_item};
    use super::*;

    fn texts(entry: &Entry) -> (Option<&str>, Option<&str>) {
        (entry.summary.as_ref().map(|t| t.value.as_str()), entry.content.as_ref().map(|t| t.value.as_str()))
    }

    #[test]
    fn full_content_stands_beside_the_summary() {
        let rows = [
            ("<description>S</description>", (Some("S"), None)),
            ("<description>S</description><content:encoded>C</content:encoded>", (Some("S"), Some("C"))),
            ("<content:encoded>C</content:encoded><description>S</description>", (Some("S"), Some("C"))),
            ("<content:encoded>C</content:encoded>", (None, Some("C"))),
            ("<body xmlns='http://www.w3.org/1999/xhtml'><p>C</p></body>", (None, Some("<p>C</p>"))),
            ("<itunes:summary>S</itunes:summary>", (Some("S"), None)),
        ];
        for (elements, wanted) in rows {
            assert_eq!(texts(&rss_item(elements)), wanted, "{elements}");
        }
    }

    /// Universal Feed Parser takes any second summary for the content; podcasts give a plain, shortened copy of the notes.
    #[test]
    fn a_second_summary_is_content_only_when_it_says_more() {
        let rows = [
            ("<description>Long notes</description><itunes:summary>Short</itunes:summary>", (Some("Long notes"), None)),
            (
                "<description>Short</description><itunes:summary>Long notes</itunes:summary>",
                (Some("Short"), Some("Long notes")),
            ),
        ];
        for (elements, wanted) in rows {
            assert_eq!(texts(&rss_item(elements)), wanted, "{elements}");
        }
    }

    #[test]
    fn the_link_is_the_page_and_else_the_guid() {
        let rows = [
            ("<link>http://x.example/1</link>", Some("http://x.example/1")),
            ("<link>http://x.example/?a=1&amp;amp;b=2</link>", Some("http://x.example/?a=1&b=2")),
            ("<guid>http://x.example/2</guid>", Some("http://x.example/2")),
            ("<guid isPermaLink='false'>http://x.example/2</guid>", None),
            ("<guid>1234</guid>", Some("1234")),
            ("<guid>http://x.example/2</guid><link>http://x.example/1</link>", Some("http://x.example/1")),
            (
                "<link>http://x.example/1</link><atom:link rel='self' href='http://x.example/s'/>",
                Some("http://x.example/1"),
            ),
            ("<atom:link href='http://x.example/3'/>", Some("http://x.example/3")),
        ];
        for (elements, wanted) in rows {
            assert_eq!(rss_item(elements).link.as_deref(), wanted, "{elements}");
        }
    }

    #[test]
    fn titles_of_parts_are_not_the_title() {
        let rows = [
            "<title>T</title><media:content url='u'><media:title>M</media:title></media:content>",
            "<media:content url='u'><media:title>M</media:title></media:content><title>T</title>",
            "<image><title>I</title></image><title>T</title>",
            "<source url='http://s.example/f'><title>S</title></source><title>T</title>",
            "<title>T</title><dc:title>D</dc:title>",
            "<wrapper><title>W</title></wrapper><title>T</title>",
        ];
        for elements in rows {
            assert_eq!(rss_item(elements).title.map(|text| text.value).as_deref(), Some("T"), "{elements}");
        }
    }

    #[test]
    fn an_element_whose_end_is_forgotten_swallows_none_beside_it() {
        let sound = [
            ("title", "<title>T</title>"),
            ("link", "<link>http://x.example/1</link>"),
            ("guid", "<guid isPermaLink='false'>g</guid>"),
            ("pubDate", "<pubDate>2026-07-06</pubDate>"),
            ("category", "<category>C</category>"),
            ("author", "<author>Ada</author>"),
            ("comments", "<comments>http://x.example/c</comments>"),
            ("enclosure", "<enclosure url='http://x.example/1.mp3'/>"),
            ("description", "<description>D</description>"),
            ("media:content", "<media:content url='http://x.example/1.png' medium='image'/>"),
            ("x:number", "<x:number xmlns:x='urn:x'>7</x:number>"),
        ];
        let whole = rss_item(&sound.map(|(_, element)| element).concat());
        for (name, _) in &sound[..7] {
            let elements = sound.map(|(_, element)| element).concat().replace(&format!("</{name}>"), "\n");
            assert_eq!(rss_item(&elements), whole, "{name}");
            // With an element of nobody's vocabulary right behind it; in a person it could be a part of the name.
            if *name == "author" {
                continue;
            }
            let elements = elements.replace('\n', "\n<y:part xmlns:y='urn:y'>8</y:part>");
            assert_eq!(rss_item(&elements), whole, "{name}");
        }
    }

    #[test]
    fn dates_come_from_every_vocabulary_and_a_bad_one_spoils_nothing() {
        let day = |entry: Entry| {
            let day = |date: Option<jiff::Timestamp>| date.map(|date| date.to_string()[..10].to_owned());
            (day(entry.published), day(entry.updated))
        };
        let (first, second) = (Some("2026-07-06".to_owned()), Some("2026-07-07".to_owned()));
        let rows = [
            ("<pubDate>Mon, 06 Jul 2026 10:00:00 GMT</pubDate>", (first.clone(), None)),
            ("<dc:date>2026-07-07</dc:date>", (None, second.clone())),
            ("<pubDate>2026-07-06</pubDate><atom:updated>2026-07-07</atom:updated>", (first.clone(), second)),
            ("<pubDate>2026-07-06</pubDate><pubDate>soon</pubDate>", (first, None)),
            ("<pubDate>2026-07-32</pubDate>", (None, None)),
        ];
        for (elements, wanted) in rows {
            assert_eq!(day(rss_item(elements)), wanted, "{elements}");
        }
    }

    #[test]
    fn categories_are_collected_once() {
        let terms = |entry: Entry| entry.categories.into_iter().map(|category| category.term).collect::<Vec<_>>();
        let entry = rss_item(
            "<category domain='d'>A</category><dc:subject>B</dc:subject><category>B</category><category/>\
             <itunes:keywords>C, D,</itunes:keywords><itunes:category text='E'><itunes:category text='F'/></itunes:category>\
             <media:content url='u'><media:category>G</media:category></media:content>",
        );
        assert_eq!(terms(entry), ["A", "B", "C", "D", "E", "F", "G"]);
        let entry = atom_entry("<category term='t' scheme='s' label='l'/>");
        let wanted = [crate::model::Category {
            term: "t".to_owned(),
            scheme: Some("s".to_owned()),
            label: Some("l".to_owned()),
        }];
        assert_eq!(entry.categories, wanted);
    }

    #[test]
    fn the_language_of_an_entry_is_its_own_or_inherited() {
        let feed = "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='de_AT'><entry/><entry xml:lang='fr'/></feed>";
        let reading = read(feed);
        let languages: Vec<_> = reading.entries.iter().map(|entry| entry.language.as_deref()).collect();
        assert_eq!(languages, [Some("de-AT"), Some("fr")]);
        assert_eq!(reading.channel.language.as_deref(), Some("de-AT"));
    }
}
