//! Media RSS: pictures, sounds and films with captions and credits, alone or in groups.
//!
//! Follows <https://www.rssboard.org/media-rss>: what stands in a `media:content` is about it, what stands in a
//! `media:group` about all of the group, what stands beside them about all of the entry. Ratings, restrictions, players and
//! statistics are left out.

use crate::model::{Entry, Media, Text};

use super::construct::{self, Usual};
use super::entry::Draft;
use super::names::Name;
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
}

impl Group {
    /// Hands everything to the entry; its title and text serve where the entry has none of its own.
    pub(super) fn finish(mut self, entry: &mut Entry) {
        super::head::first(&mut self.title, self.object_title);
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

impl<'a> Reader<'a> {
    /// Takes in an element of Media RSS.
    pub(super) fn media_element(&mut self, name: Name, tag: &Tag<'a>, draft: &mut Draft) {
        match name {
            Name::MediaContent => self.media_content(tag, draft),
            Name::MediaThumbnail => self.media_thumbnail(tag, &mut draft.media),
            Name::MediaTitle => {
                let title = construct::read(&mut self.walker, tag, Usual::Either, self.unwrap_div);
                super::head::first(&mut draft.media.title, title);
            }
            Name::MediaCredit => {
                let credit = construct::filled(&mut self.walker);
                super::head::first(&mut draft.media.credit, credit);
            }
            _ => {}
        }
    }

    fn media_content(&mut self, tag: &Tag<'a>, draft: &mut Draft) {
        let depth = self.walker.depth();
        let url = self.address(tag).map(|address| self.resolve(&address));
        let media_type = self.walker.attribute(tag, "type").or_else(|| self.walker.attribute(tag, "medium"));
        let media_type = media_type.map(|value| value.to_ascii_lowercase());
        let (mut title, mut description, mut credit) = (None, None, None);
        let place = draft.media.objects.len();
        while let Some(step) = self.walker.next() {
            match step {
                Step::Start(tag) => match self.walker.name(&tag) {
                    Name::MediaTitle | Name::Title => {
                        title = construct::read(&mut self.walker, &tag, Usual::Either, self.unwrap_div).or(title);
                    }
                    Name::MediaDescription | Name::Description => {
                        description =
                            construct::read(&mut self.walker, &tag, Usual::Either, self.unwrap_div).or(description);
                    }
                    Name::MediaCredit => credit = construct::filled(&mut self.walker).or(credit),
                    Name::MediaThumbnail => self.media_thumbnail(&tag, &mut draft.media),
                    Name::Category => self.category(&tag, &mut draft.entry.categories),
                    Name::Keywords => self.keywords(&mut draft.entry.categories),
                    _ => {}
                },
                Step::End if self.walker.depth() < depth => break,
                Step::End | Step::Text(_) => {}
            }
        }
        let group = &mut draft.media;
        let caption = description.clone().or_else(|| title.clone()).map(|text| text.value);
        if let Some(url) = url.filter(|_| group.objects.len() < MAX_PARTS) {
            group.objects.insert(place, Media { url, media_type, caption, credit, thumbnail: false });
        }
        super::head::first(&mut group.object_title, title);
        super::head::first(&mut group.description, description);
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
