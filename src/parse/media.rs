//! Media RSS: pictures, sounds and films with captions and credits, alone or in groups.
//!
//! Follows <https://www.rssboard.org/media-rss>: what stands in a `media:content` is about it, what stands in a
//! `media:group` about all of the group, what stands beside them about all of the entry. Left out: ratings (a scheme for each
//! country, and nobody fills them in), restrictions, prices, statistics, scenes, hashes, peer links and embedding code.

use std::borrow::Cow;

use crate::model::{Credit, Entry, Media, MediaFacts, Text};

use super::construct::{self, Usual};
use super::entry::Draft;
use super::head::first;
use super::names::Name;
use super::podcast::length;
use super::reader::{MAX_PARTS, Reader};
use super::tokens::Tag;
use super::walker::Step;

/// Bytes of caption and credit that the objects of a group get from it, all together.
const MAX_SHARED_BYTES: usize = 64 * 1024;

/// What Media RSS says in one entry.
#[derive(Default)]
pub(super) struct Group {
    objects: Vec<Media>,
    /// Of the entry or the group; it goes before that of a single object.
    title: Option<Text>,
    object_title: Option<Text>,
    description: Option<Text>,
    credit: Option<String>,
    /// How many groups have begun, and how deep the last one stands.
    groups: u32,
    depth_of_last: usize,
}

impl Group {
    /// A `media:group` begins.
    fn begin(&mut self, depth: usize) {
        self.groups += 1;
        self.depth_of_last = depth;
    }

    /// The group that an object at `depth` is in.
    fn group_at(&mut self, depth: usize) -> Option<u32> {
        if depth <= self.depth_of_last {
            self.depth_of_last = usize::MAX;
        }
        (self.groups > 0 && self.depth_of_last < depth).then_some(self.groups)
    }

    /// Hands everything to the entry; its title and text serve where the entry has none of its own.
    pub(super) fn finish(mut self, entry: &mut Entry) {
        first(&mut self.title, self.object_title);
        let caption = self.description.as_ref().or(self.title.as_ref()).map(|text| text.value.clone());
        entry.media = self.objects;
        let mut left = MAX_SHARED_BYTES;
        let mut share = |own: &mut Option<String>, shared: &Option<String>| {
            let (None, Some(text)) = (&own, shared) else { return };
            let Some(rest) = left.checked_sub(text.len()) else { return };
            left = rest;
            *own = Some(text.clone());
        };
        for object in &mut entry.media {
            share(&mut object.caption, &caption);
            share(&mut object.credit, &self.credit);
        }
        entry.title = entry.title.take().or(self.title);
        if entry.summary.is_none() {
            entry.summary = self.description;
        }
    }
}

/// What is said inside of one `media:content`.
#[derive(Default)]
struct Said {
    title: Option<Text>,
    description: Option<Text>,
    /// `media:text`: what is said in it, or under it.
    text: Option<Text>,
    credit: Option<String>,
}

impl<'a> Reader<'a> {
    /// Takes in an element of Media RSS.
    pub(super) fn media_element(&mut self, name: Name, tag: &Tag<'a>, draft: &mut Draft) {
        match name {
            Name::MediaGroup => draft.media.begin(self.walker.depth()),
            Name::MediaContent => self.media_content(tag, draft),
            Name::MediaThumbnail => self.media_thumbnail(tag, &mut draft.media),
            Name::MediaTitle => {
                let title = construct::read(&mut self.walker, tag, Usual::Either, self.unwrap_div);
                first(&mut draft.media.title, title);
            }
            Name::MediaCredit => {
                let credit = construct::filled(&mut self.walker);
                first(&mut draft.media.credit, credit);
            }
            _ => {}
        }
    }

    fn media_content(&mut self, tag: &Tag<'a>, draft: &mut Draft) {
        let depth = self.walker.depth();
        let url = self.address(tag).map(|address| self.resolve(&address));
        let media_type = self.walker.attribute(tag, "type").or_else(|| self.walker.attribute(tag, "medium"));
        let media_type = media_type.map(|value| value.to_ascii_lowercase());
        let mut facts = self.media_facts(tag);
        facts.group = draft.media.group_at(depth);
        let mut said = Said::default();
        let place = draft.media.objects.len();
        while let Some(step) = self.walker.next() {
            match step {
                Step::Start(tag) => self.media_part(&tag, &mut said, &mut facts, draft),
                Step::End if self.walker.depth() < depth => break,
                Step::End | Step::Text(_) => {}
            }
        }
        let Said { title, description, text, credit } = said;
        let group = &mut draft.media;
        facts.title = title.as_ref().map(|title| title.value.clone());
        let caption = description.clone().or_else(|| title.clone()).or(text).map(|text| text.value);
        if let Some(url) = url.filter(|_| group.objects.len() < MAX_PARTS) {
            let facts = (facts != MediaFacts::default()).then(|| Box::new(facts));
            group.objects.insert(place, Media { url, media_type, caption, credit, thumbnail: false, facts });
        }
        first(&mut group.object_title, title);
        first(&mut group.description, description);
    }

    /// An element inside of a `media:content`.
    fn media_part(&mut self, tag: &Tag<'a>, said: &mut Said, facts: &mut MediaFacts, draft: &mut Draft) {
        let name = self.walker.name(tag);
        match name {
            Name::MediaTitle | Name::Title => {
                said.title =
                    construct::read(&mut self.walker, tag, Usual::Either, self.unwrap_div).or(said.title.take());
            }
            Name::MediaDescription | Name::Description => {
                said.description =
                    construct::read(&mut self.walker, tag, Usual::Either, self.unwrap_div).or(said.description.take());
            }
            Name::MediaText => {
                let text = construct::read(&mut self.walker, tag, Usual::Either, self.unwrap_div);
                first(&mut said.text, text);
            }
            Name::MediaCredit => {
                let role = self.walker.attribute(tag, "role").map(|role| role.to_lowercase());
                let Some(name) = construct::filled(&mut self.walker) else { return };
                if facts.credits.len() < MAX_PARTS {
                    facts.credits.push(Credit { name: name.clone(), role });
                }
                said.credit = Some(name);
            }
            Name::MediaPlayer => facts.player = self.address(tag).map(|address| self.resolve(&address)),
            Name::MediaThumbnail => self.media_thumbnail(tag, &mut draft.media),
            Name::Category => self.category(tag, &mut draft.entry.categories),
            Name::Keywords => self.keywords(&mut draft.entry.categories),
            _ => {}
        }
    }

    fn media_facts(&self, tag: &Tag<'a>) -> MediaFacts {
        let text = |name| self.walker.attribute(tag, name);
        let number = |name| text(name).and_then(|text| text.split('.').next()?.trim_end_matches("px").parse().ok());
        MediaFacts {
            is_default: text("isDefault").is_some_and(|text| text.eq_ignore_ascii_case("true")),
            expression: text("expression").map(|text| text.to_ascii_lowercase()),
            width: number("width"),
            height: number("height"),
            duration_seconds: text("duration").and_then(|text| length(&text)),
            bitrate: number("bitrate"),
            length_bytes: text("fileSize").and_then(|text| text.parse().ok()).filter(|length| *length > 0),
            language: text("lang").map(Cow::into_owned),
            ..MediaFacts::default()
        }
    }

    fn media_thumbnail(&mut self, tag: &Tag<'a>, group: &mut Group) {
        let address = self.address(tag).map(std::borrow::Cow::into_owned);
        let Some(address) = address.or_else(|| construct::filled(&mut self.walker)) else { return };
        if group.objects.len() < MAX_PARTS {
            let url = self.resolve(&address);
            group.objects.push(Media { url, thumbnail: true, ..Media::default() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::rss_item;
    use super::*;

    #[test]
    fn captions_and_credits_come_from_the_object_or_its_group() {
        let entry = rss_item(
            "<media:group><media:title>Group</media:title><media:credit>Agency</media:credit>\
             <media:content url='http://x.example/1.jpg' type='image/jpeg'><media:description>Bridge</media:description>\
             <media:credit>Ada</media:credit><media:thumbnail url='http://x.example/t.jpg'/></media:content>\
             <media:content url='http://x.example/2.mp4' medium='video'/></media:group>",
        );
        let shown: Vec<_> =
            entry.media.iter().map(|m| (m.url.as_str(), m.media_type.as_deref(), m.thumbnail)).collect();
        assert_eq!(
            shown,
            [
                ("http://x.example/1.jpg", Some("image/jpeg"), false),
                ("http://x.example/t.jpg", None, true),
                ("http://x.example/2.mp4", Some("video"), false)
            ]
        );
        let first = &entry.media[0];
        assert_eq!((first.caption.as_deref(), first.credit.as_deref()), (Some("Bridge"), Some("Ada")));
        let last = &entry.media[2];
        assert_eq!(last.credit.as_deref(), Some("Agency"));
    }

    #[test]
    fn what_is_said_of_a_file_is_kept() {
        let entry = rss_item(
            "<media:group><media:content url='u' type='video/mp4' fileSize='9000' width='640' height='360px' duration='1:03' \
             bitrate='128.5' lang='fr' isDefault='true' expression='Sample'><media:player url='p'/>\
             <media:credit role='Photographer'>Ada</media:credit><media:credit role='editor'>Bo</media:credit>\
             <media:text>What is said</media:text></media:content></media:group><media:content url='alone'/>",
        );
        let facts = entry.media[0].facts.as_deref().expect("facts");
        assert_eq!((facts.width, facts.height, facts.duration_seconds), (Some(640), Some(360), Some(63)));
        assert_eq!((facts.bitrate, facts.length_bytes, facts.is_default), (Some(128), Some(9000), true));
        assert_eq!((facts.language.as_deref(), facts.expression.as_deref()), (Some("fr"), Some("sample")));
        assert_eq!((facts.player.as_deref(), facts.group), (Some("p"), Some(1)));
        let credits: Vec<_> = facts.credits.iter().map(|c| (c.name.as_str(), c.role.as_deref())).collect();
        assert_eq!(credits, [("Ada", Some("photographer")), ("Bo", Some("editor"))]);
        assert_eq!(entry.media[0].caption.as_deref(), Some("What is said"));
        assert_eq!(entry.media[1].facts, None, "what is said in a group is not about what stands beside it");
    }

    #[test]
    fn a_long_text_is_not_the_caption_of_everything() {
        let text = "x".repeat(MAX_SHARED_BYTES / 2);
        let objects = "<media:content url='u'/>".repeat(50);
        let first = format!("<media:content url='v'><media:description>{text}</media:description></media:content>");
        let entry = rss_item(&format!("<media:group>{first}{objects}</media:group>"));
        let captions: usize = entry.media.iter().filter_map(|object| object.caption.as_ref()).map(String::len).sum();
        assert_eq!((entry.media.len(), captions), (51, 3 * text.len()));
    }

    #[test]
    fn the_text_of_a_film_serves_an_entry_that_has_none() {
        let entry =
            rss_item("<media:group><media:title>T</media:title><media:description>D</media:description></media:group>");
        assert_eq!(entry.title.map(|text| text.value).as_deref(), Some("T"));
        assert_eq!(entry.summary.map(|text| text.value).as_deref(), Some("D"));
    }
}
