//! Read JSON Feed into [`Reading`].
//!
//! Follows <https://www.jsonfeed.org/version/1.1/>, version 1.0 included. Lenient: a member of the wrong type counts as far
//! as it makes sense (a number as an id, one author instead of a list) and is otherwise left out; a document that breaks
//! off gives every item that was complete. `_extensions` are ignored.

use jiff::Timestamp;
use serde_json::{Map, Value};
use url::Url;

use crate::date;
use crate::model::{Category, Channel, Dialect, Enclosure, Entry, Pages, Person, Reading, Text};

use super::error::Error;
use super::podcast;
use super::reader::{MAX_ENTRIES, MAX_PARTS};

type Object = Map<String, Value>;

/// Reads a document that begins with a brace or a bracket.
pub(super) fn read(text: &str, base: Option<&Url>) -> Result<Reading, Error> {
    let mut problems = Vec::new();
    let value = match parse(text) {
        Ok(value) => value,
        Err(error) => {
            let reason = Error::BrokenJson { line: error.line(), reason: error.to_string() };
            let Some(value) = complete_items(text).and_then(|whole| parse(&whole).ok()) else { return Err(reason) };
            problems.push(reason.to_string());
            value
        }
    };
    let Value::Object(feed) = value else { return Err(Error::OtherJson) };
    let version = string(&feed, "version").unwrap_or_default();
    let items = feed.get("items").and_then(Value::as_array);
    if items.is_none() && !version.contains("jsonfeed.org") {
        return Err(Error::OtherJson);
    }
    let items = items.map(Vec::as_slice).unwrap_or_default();
    let entries = items.iter().filter_map(Value::as_object).take(MAX_ENTRIES).map(|item| entry(item, base)).collect();
    Ok(Reading { dialect: Dialect::JsonFeed, channel: channel(&feed, base), entries, problems })
}

/// The first value of the text; what follows it is rubbish.
fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::Deserializer::from_str(text).into_iter().next().unwrap_or(Ok(Value::Null))
}

fn channel(feed: &Object, base: Option<&Url>) -> Channel {
    let hub = |hub: &Value| hub.get("url").unwrap_or(hub).as_str().map(|hub| resolve(hub, base));
    let next = address(feed, "next_url", base);
    Channel {
        title: string(feed, "title").map(Text::plain),
        description: string(feed, "description").map(Text::plain),
        link: address(feed, "home_page_url", base),
        self_link: address(feed, "feed_url", base),
        hubs: many(feed, "hubs").filter_map(hub).take(MAX_PARTS).collect(),
        expired: feed.get("expired").and_then(Value::as_bool).unwrap_or_default(),
        pages: next.map(|next| Box::new(Pages { next: Some(next), ..Pages::default() })),
        language: string(feed, "language"),
        image: address(feed, "icon", base),
        icon: address(feed, "favicon", base),
        authors: people(feed, base),
        ..Channel::default()
    }
}

fn entry(item: &Object, base: Option<&Url>) -> Entry {
    let html = string(item, "content_html").map(Text::html);
    Entry {
        guid: string(item, "id"),
        link: address(item, "url", base).or_else(|| address(item, "external_url", base)),
        title: string(item, "title").map(Text::plain),
        summary: string(item, "summary").map(Text::plain),
        content: html.or_else(|| string(item, "content_text").map(Text::plain)),
        published: moment(item, "date_published"),
        updated: moment(item, "date_modified"),
        authors: people(item, base),
        language: string(item, "language"),
        categories: categories(item),
        enclosures: enclosures(item, base),
        image: address(item, "image", base).or_else(|| address(item, "banner_image", base)),
        ..Entry::default()
    }
}

fn categories(item: &Object) -> Vec<Category> {
    many(item, "tags").filter_map(text_of).map(Category::term).take(MAX_PARTS).collect()
}

fn enclosures(item: &Object, base: Option<&Url>) -> Vec<Enclosure> {
    let attachments = many(item, "attachments").filter_map(Value::as_object);
    let enclosure = |attachment: &Object| {
        let length = attachment.get("size_in_bytes");
        Some(Enclosure {
            url: address(attachment, "url", base)?,
            media_type: string(attachment, "mime_type"),
            length_bytes: length.and_then(|length| length.as_u64().or_else(|| length.as_str()?.trim().parse().ok())),
            title: string(attachment, "title"),
            duration_seconds: string(attachment, "duration_in_seconds").and_then(|text| podcast::length(&text)),
        })
    };
    attachments.filter_map(enclosure).take(MAX_PARTS).collect()
}

/// The authors: a list since version 1.1, one before; a bare name is a person too.
fn people(object: &Object, base: Option<&Url>) -> Vec<Person> {
    let person = |value: &Value| match value {
        Value::Object(person) => {
            let url = address(person, "url", base);
            let email = url.as_deref().and_then(|url| url.strip_prefix("mailto:")).map(str::to_owned);
            let person = Person { name: string(person, "name"), email, url };
            (person != Person::default()).then_some(person)
        }
        other => text_of(other).map(Person::named),
    };
    let list: Vec<Person> = many(object, "authors").filter_map(person).take(MAX_PARTS).collect();
    if list.is_empty() { many(object, "author").filter_map(person).take(MAX_PARTS).collect() } else { list }
}

/// The members of a list; one value counts as a list of one.
fn many<'v>(object: &'v Object, name: &str) -> impl Iterator<Item = &'v Value> {
    let value = object.get(name);
    let list = value.and_then(Value::as_array).map(Vec::as_slice);
    list.unwrap_or_else(|| value.map(std::slice::from_ref).unwrap_or_default()).iter()
}

fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn string(object: &Object, name: &str) -> Option<String> {
    object.get(name).and_then(text_of)
}

fn moment(object: &Object, name: &str) -> Option<Timestamp> {
    date::feed(&string(object, name)?)
}

fn address(object: &Object, name: &str, base: Option<&Url>) -> Option<String> {
    Some(resolve(object.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())?, base))
}

fn resolve(reference: &str, base: Option<&Url>) -> String {
    let absolute = Url::parse(reference).is_ok();
    let resolved = base.filter(|_| !absolute).and_then(|base| base.join(reference).ok());
    resolved.map_or_else(|| reference.to_owned(), String::from)
}

/// The document up to the last complete item, closed again: what is left when it breaks off.
fn complete_items(text: &str) -> Option<String> {
    let mut closers: Vec<char> = Vec::new();
    let (mut in_string, mut escaped) = (false, false);
    let mut keep = None;
    for (at, c) in text.char_indices() {
        if in_string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match c {
            '"' => in_string = true,
            '{' => closers.push('}'),
            '[' => closers.push(']'),
            '}' | ']' => {
                if closers.pop() != Some(c) {
                    break;
                }
                if closers == ['}', ']'] && c == '}' {
                    keep = Some(at + 1);
                }
            }
            _ => {}
        }
    }
    Some(format!("{}]}}", text.get(..keep?)?))
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
    fn a_feed_that_breaks_off_gives_its_complete_items() {
        let reading = read(r#"{"title":"T","items":[{"id":"1","tags":["{"]},{"id":"2"},{"id":"3","ti"#);
        let ids: Vec<_> = reading.entries.iter().filter_map(|entry| entry.guid.as_deref()).collect();
        assert_eq!(ids, ["1", "2"]);
        assert_eq!(reading.problems.len(), 1);
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
