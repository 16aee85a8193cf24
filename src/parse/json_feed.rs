//! Read JSON Feed into [`Reading`].
//!
//! Follows <https://www.jsonfeed.org/version/1.1/>, version 1.0 included. Lenient: a member of the wrong type counts as far
//! as it makes sense (a number as an id, one author instead of a list) and is otherwise left out; a document that breaks
//! off gives every item that was complete. `_extensions` are ignored. Items are read one after another
//! ([`json_value`](super::json_value) holds one member at a time), so that a document is never held as a tree.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use url::Url;

use crate::date;
use crate::model::{Category, Channel, Dialect, Enclosure, Entry, Pages, Person, Reading, Text};

use super::error::Error;
use super::json_value::{Key, Value, ignore_scalars};
use super::links::is_absolute;
use super::podcast;
use super::reader::{MAX_PARTS, left_out, most_entries};

/// Reads a document that begins with a brace or a bracket.
pub(super) fn read(text: &str, base: Option<&Url>) -> Result<Reading, Error> {
    let mut feed = Feed { most_entries: most_entries(text.len()), base, ..Feed::default() };
    // What follows the first value is rubbish.
    let result = (&mut feed).deserialize(&mut serde_json::Deserializer::from_str(text));
    let mut problems = Vec::new();
    if let Err(error) = result {
        let reason = Error::BrokenJson { line: error.line(), reason: error.to_string() };
        if feed.entries.is_empty() {
            return Err(reason);
        }
        problems.push(reason.to_string());
    }
    if !feed.has_items && !feed.version.contains("jsonfeed.org") {
        return Err(Error::OtherJson);
    }
    if feed.channel.expired {
        problems.push("the feed says that it is finished (`expired`)".to_owned());
    }
    if feed.dropped > 0 {
        problems.push(left_out(feed.dropped, feed.most_entries));
    }
    let authors = feed.authors.or(feed.author);
    let channel = Channel { authors, ..feed.channel };
    Ok(Reading { dialect: Dialect::JsonFeed, channel, entries: feed.entries, problems })
}

/// A document being read.
#[derive(Default)]
struct Feed<'b> {
    base: Option<&'b Url>,
    most_entries: usize,
    version: String,
    channel: Channel,
    authors: People,
    author: People,
    has_items: bool,
    entries: Vec<Entry>,
    dropped: usize,
}

impl<'de> DeserializeSeed<'de> for &mut Feed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Feed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a feed")
    }

    ignore_scalars!(());

    /// A feed may be wrapped in a list.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while !self.has_items && list.next_element_seed(&mut *self)?.is_some() {}
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = members.next_key()? {
            let base = self.base;
            let channel = &mut self.channel;
            match key.as_ref() {
                "items" => members.next_value_seed(Items(self))?,
                // Or in an object, by an interface that reports on itself first.
                "feed" if !self.has_items => members.next_value_seed(&mut *self)?,
                "version" => self.version = members.next_value::<Value>()?.text().unwrap_or_default(),
                "title" => channel.title = members.next_value::<Value>()?.text().map(Text::plain),
                "description" => channel.description = members.next_value::<Value>()?.text().map(Text::plain),
                "home_page_url" => channel.link = members.next_value::<Value>()?.address(base),
                "feed_url" => channel.self_link = members.next_value::<Value>()?.address(base),
                "hubs" => channel.hubs = hubs(members.next_value()?, base),
                "expired" => channel.expired = members.next_value::<Value>()?.is_true(),
                "next_url" => {
                    let next = members.next_value::<Value>()?.address(base);
                    channel.pages = next.map(|next| Box::new(Pages { next: Some(next), ..Pages::default() }));
                }
                "language" => channel.language = members.next_value::<Value>()?.text(),
                "icon" => channel.image = members.next_value::<Value>()?.address(base),
                "favicon" => channel.icon = members.next_value::<Value>()?.address(base),
                "authors" => self.authors = People::of(members.next_value()?, base),
                "author" => self.author = People::of(members.next_value()?, base),
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The list of items; anything else is none.
struct Items<'f, 'b>(&'f mut Feed<'b>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a list of items")
    }

    ignore_scalars!(());

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let feed = self.0;
        feed.has_items = true;
        loop {
            if feed.entries.len() >= feed.most_entries {
                while list.next_element::<IgnoredAny>()?.is_some() {
                    feed.dropped += 1;
                }
                return Ok(());
            }
            let Some(item) = list.next_element_seed(Item(feed.base))? else { return Ok(()) };
            if feed.entries.len() == feed.entries.capacity() {
                let held = feed.entries.len();
                // The last step goes all the way: growing holds the old room and the new.
                let left = feed.most_entries - held;
                let is_last = held > feed.most_entries / 4;
                feed.entries.reserve_exact(if is_last { left } else { held.max(4).min(left) });
            }
            feed.entries.extend(item);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// One item; what is no object is none.
struct Item<'b>(Option<&'b Url>);

impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = Option<Entry>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item<'_> {
    type Value = Option<Entry>;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("an item")
    }

    ignore_scalars!(None);

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let base = self.0;
        let mut entry = Entry::default();
        let (mut external, mut banner, mut plain) = (None, None, None);
        let (mut authors, mut author) = (People::default(), People::default());
        while let Some(Key(key)) = members.next_key()? {
            match key.as_ref() {
                "id" => entry.guid = members.next_value::<Value>()?.text(),
                "url" => entry.link = members.next_value::<Value>()?.address(base),
                "external_url" => external = members.next_value::<Value>()?.address(base),
                "title" => entry.title = members.next_value::<Value>()?.text().map(Text::plain),
                "summary" => entry.summary = members.next_value::<Value>()?.text().map(Text::plain),
                "content_html" => entry.content = members.next_value::<Value>()?.text().map(Text::html),
                "content_text" => plain = members.next_value::<Value>()?.text().map(Text::plain),
                "date_published" => entry.published = moment(members.next_value()?),
                "date_modified" => entry.updated = moment(members.next_value()?),
                "authors" => authors = People::of(members.next_value()?, base),
                "author" => author = People::of(members.next_value()?, base),
                "language" => entry.language = members.next_value::<Value>()?.text(),
                "tags" => entry.categories = categories(members.next_value()?),
                "attachments" => entry.enclosures = enclosures(members.next_value()?, base),
                "image" => entry.image = members.next_value::<Value>()?.address(base),
                "banner_image" => banner = members.next_value::<Value>()?.address(base),
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        entry.link = entry.link.or(external);
        entry.content = entry.content.or(plain);
        entry.image = entry.image.or(banner);
        entry.authors = authors.or(author);
        Ok(Some(entry))
    }
}

fn hubs(value: Value, base: Option<&Url>) -> Vec<String> {
    let hub = |value| match value {
        Value::Object(mut hub) => hub.take("url").address(base),
        hub => hub.address(base),
    };
    value.many().filter_map(hub).collect()
}

fn categories(value: Value) -> Vec<Category> {
    value.many().filter_map(Value::text).map(Category::term).take(MAX_PARTS).collect()
}

fn enclosures(value: Value, base: Option<&Url>) -> Vec<Enclosure> {
    let enclosure = |value| {
        let Value::Object(mut attachment) = value else { return None };
        let length = attachment.take("size_in_bytes").text();
        Some(Enclosure {
            url: attachment.take("url").address(base)?,
            media_type: attachment.take("mime_type").text(),
            length_bytes: length.and_then(|length| length.strip_suffix(".0").unwrap_or(&length).parse().ok()),
            title: attachment.take("title").text(),
            duration_seconds: attachment.take("duration_in_seconds").text().and_then(|text| podcast::length(&text)),
        })
    };
    value.many().filter_map(enclosure).take(MAX_PARTS).collect()
}

/// The authors: a list since version 1.1, one before; a bare name is a person too.
#[derive(Default)]
struct People(Vec<Person>);

impl People {
    fn of(value: Value, base: Option<&Url>) -> Self {
        let person = |value| match value {
            Value::Object(mut person) => {
                let url = person.take("url").address(base);
                let email = url.as_deref().and_then(|url| url.strip_prefix("mailto:")).map(str::to_owned);
                let person = Person { name: person.take("name").text(), email, url };
                (person != Person::default()).then_some(person)
            }
            other => other.text().map(Person::named),
        };
        Self(value.many().filter_map(person).take(MAX_PARTS).collect())
    }

    fn or(self, other: Self) -> Vec<Person> {
        if self.0.is_empty() { other.0 } else { self.0 }
    }
}

fn moment(value: Value) -> Option<Timestamp> {
    date::feed(&value.text()?)
}

impl Value<'_> {
    /// An address, resolved where it is relative.
    fn address(self, base: Option<&Url>) -> Option<String> {
        let reference = match self {
            Self::Text(text) => text,
            Self::List(list) => return list.into_iter().find_map(|value| value.address(base)),
            _ => return None,
        };
        let text = reference.trim();
        if text.is_empty() {
            return None;
        }
        let resolved = base.filter(|_| !is_absolute(text)).and_then(|base| base.join(text).ok());
        Some(resolved.map_or_else(|| trimmed(reference), String::from))
    }

    /// Text that is not empty; a number counts as its digits, a list as the first in it.
    fn text(self) -> Option<String> {
        let text = match self {
            Self::Text(text) => trimmed(text),
            Self::Number(number) => number,
            Self::List(list) => return list.into_iter().find_map(Self::text),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }
}

fn trimmed(text: Cow<str>) -> String {
    match text {
        Cow::Owned(text) if text.trim().len() == text.len() => text,
        text => text.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, document, read};
    use super::*;

    #[test]
    fn a_feed_is_read_member_by_member() {
        let reading = at(
            "https://x.example/feed.json",
            r#"{"version":"https://jsonfeed.org/version/1.1","title":"T","home_page_url":"/","hubs":[{"type":"WebSub","url":"https://hub.example/"}],
            "language":"en","next_url":"feed.json?page=2","expired":true,"items":[{"id":"1","url":"a/1","title":"One","content_html":"<p>C</p>","content_text":"C","summary":"S",
            "date_published":"2026-07-06T10:00:00+02:00","authors":[{"name":"Ada","url":"https://x.example/ada"}],"tags":["a","b"],
            "attachments":[{"url":"a.mp3","mime_type":"audio/mpeg","size_in_bytes":7,"duration_in_seconds":63.5}],"image":"i.png"}]}"#,
        );
        assert_eq!(reading.dialect, Dialect::JsonFeed);
        assert_eq!(reading.channel.link.as_deref(), Some("https://x.example/"));
        assert_eq!(reading.channel.hubs, ["https://hub.example/"]);
        assert!(reading.channel.expired);
        let pages = reading.channel.pages.expect("another page");
        assert_eq!(pages.next.as_deref(), Some("https://x.example/feed.json?page=2"));
        let entry = &reading.entries[0];
        assert_eq!(entry.link.as_deref(), Some("https://x.example/a/1"));
        assert_eq!(entry.content, Some(Text::html("<p>C</p>")));
        assert_eq!(entry.published.map(|date| date.to_string()).as_deref(), Some("2026-07-06T08:00:00Z"));
        assert_eq!((entry.enclosures[0].length_bytes, entry.enclosures[0].duration_seconds), (Some(7), Some(63)));
        assert_eq!(entry.categories.len(), 2);
    }

    #[test]
    fn members_of_the_wrong_type_count_as_far_as_they_make_sense() {
        let reading = read(
            r#"{"title":7,"items":[{"id":42,"tags":"one","author":"Ada","attachments":{"url":"u","size_in_bytes":"7"},
            "title":null,"date_published":0},"no item",null,{"external_url":"https://x.example/"}]} trailing"#,
        );
        assert_eq!(reading.channel.title, Some(Text::plain("7")));
        assert_eq!(reading.entries.len(), 2);
        let entry = &reading.entries[0];
        assert_eq!((entry.guid.as_deref(), entry.title.as_ref(), entry.published), (Some("42"), None, None));
        assert_eq!(entry.authors, [Person::named("Ada")]);
        assert_eq!(entry.categories, [Category::term("one")]);
        assert_eq!(entry.enclosures[0].length_bytes, Some(7));
        assert_eq!(reading.entries[1].link.as_deref(), Some("https://x.example/"));
    }

    #[test]
    fn every_form_of_a_member_is_read() {
        let item = |members: &str| {
            let feed = format!(r#"{{"version":"https://jsonfeed.org/version/1","items":[{{{members}}}]}}"#);
            read(feed).entries.remove(0)
        };
        assert_eq!(item(r#""title":["One","Two"]"#).title, Some(Text::plain("One")));
        assert_eq!(item(r#""url":["http://x.example/1"]"#).link.as_deref(), Some("http://x.example/1"));
        assert_eq!(item(r#""url":7"#).link, None);
        assert_eq!(item(r#""content_html":null,"content_text":"C""#).content, Some(Text::plain("C")));
        assert_eq!(item(r#""banner_image":"http://x.example/b""#).image.as_deref(), Some("http://x.example/b"));
        assert_eq!(item(r#""author":{"name":"Ada"}"#).authors, [Person::named("Ada")]);
        assert_eq!(item(r#""authors":[null,{},{"avatar":"a"},"Bo"]"#).authors, [Person::named("Bo")]);
        assert_eq!(item(r#""tags":[" a ",1,null,["b"]]"#).categories.len(), 3);
        assert_eq!(item(r#""attachments":[{"url":"u","size_in_bytes":7.0}]"#).enclosures[0].length_bytes, Some(7));
        assert_eq!(item(r#""attachments":[{"url":"u","size_in_bytes":-7}]"#).enclosures[0].length_bytes, None);
        let moment = item(r#""date_published":1783332000"#).published;
        assert_eq!(moment.map(|date| date.to_string()).as_deref(), Some("2026-07-06T10:00:00Z"));
        assert_eq!(item(r#""_private":{"title":"no"},"language":"de-AT""#).language.as_deref(), Some("de-AT"));
    }

    #[test]
    fn a_feed_may_be_wrapped_and_may_say_that_it_is_finished() {
        let feed = r#"{"version":"https://jsonfeed.org/version/1.1","title":"T","expired":true,"items":[{"id":"1"}]}"#;
        for text in [feed.to_owned(), format!("[{feed}]"), format!(r#"{{"status":"ok","feed":{feed}}}"#)] {
            let reading = read(text.clone());
            assert_eq!((reading.entries.len(), reading.problems.len()), (1, 1), "{text}");
        }
    }

    #[test]
    fn a_feed_that_breaks_off_gives_its_complete_items() {
        let reading = read(r#"{"title":"T","items":[{"id":"1","tags":["{"]},{"id":"2"},{"id":"3","ti"#);
        let ids: Vec<_> = reading.entries.iter().filter_map(|entry| entry.guid.as_deref()).collect();
        assert_eq!(ids, ["1", "2"]);
        assert_eq!(reading.problems.len(), 1);
    }

    #[test]
    fn items_before_a_fault_are_read_and_deep_nesting_is_none() {
        let reading = read(r#"{"items":[{"id":"1"},{"id":"2\x"},{"id":"3"}]}"#);
        assert_eq!((reading.entries.len(), reading.problems.len()), (1, 1));
        let deep = format!(r#"{{"items":[{{"id":"1","authors":{}{},"tags":["a"]}}]}}"#, "[".repeat(9), "]".repeat(9));
        let entry = &read(deep.as_str()).entries[0];
        assert_eq!((entry.authors.len(), entry.categories.len()), (0, 1));
        let deeper = format!(r#"{{"items":[{{"id":"1","_x":{}{}}}]}}"#, "[".repeat(9000), "]".repeat(9000));
        assert_eq!(read(deeper.as_str()).entries.len(), 1);
    }

    #[test]
    fn items_and_parts_are_bounded() {
        let tags = "\"a\",".repeat(MAX_PARTS + 9);
        let feed = format!(r#"{{"items":[{{"tags":[{tags}"b"]}}{}]}}"#, ",{}".repeat(6000));
        let reading = read(feed.as_str());
        assert_eq!((reading.entries.len(), reading.entries[0].categories.len()), (5000, MAX_PARTS));
        assert_eq!(reading.problems, ["1001 entries beyond the first 5000 left out"]);
    }

    #[test]
    fn other_json_is_no_feed() {
        let error = |text: &str| super::super::feed(&document(text)).expect_err("no feed");
        assert_eq!(error(r#"{"data":[]}"#), Error::OtherJson);
        assert_eq!(error("[1,2]"), Error::OtherJson);
        assert!(matches!(error("{broken"), Error::BrokenJson { line: 1, .. }));
        assert!(matches!(error(&"[".repeat(100_000)), Error::BrokenJson { .. }));
    }
}
