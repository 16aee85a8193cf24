//! What podcasts say: Apple's vocabulary, that of the podcast index, and Podlove's chapters.
//!
//! What the words mean is in [`values`]. What no field is for is kept as data ([`tree`]); `itunes:order`, which Apple gave up,
//! and `itunes:isClosedCaptioned`, which is about films, are left out, as is `googleplay`, which repeats `itunes`.

mod values;

use std::borrow::Cow;

use crate::model::{
    Channel, Chapter, ChaptersFile, Element, Entry, Episode, Funding, Participant, Person, Place, Show, Soundbite,
    Transcript,
};

use super::construct;
use super::head::first;
use super::namespaces::Space;
use super::reader::{MAX_PARTS, Reader};
use super::tokens::Tag;
use super::walker::Step;
use super::{people, place, tree};
use values::{explicit, is_yes, kind, moment, number};

pub(super) use values::length;

impl<'a> Reader<'a> {
    /// Takes in an element about an episode.
    pub(super) fn episode(&mut self, tag: &Tag<'a>, entry: &mut Entry) {
        let (space, local) = self.walker.resolve(tag);
        let episode = &mut **entry.episode.get_or_insert_default();
        match (space, local.to_ascii_lowercase().as_str()) {
            (Space::Itunes, name) => self.apple_episode(name, episode),
            (Space::Chapters, "chapters") => self.marks(&mut episode.marks),
            (Space::Podcast, "transcript") => {
                let transcript = self.address_in(tag, "url").map(|url| Transcript {
                    url,
                    media_type: self.text_in(tag, "type").map(|kind| kind.to_ascii_lowercase()),
                    language: self.text_in(tag, "language"),
                    rel: self.text_in(tag, "rel"),
                });
                push(&mut episode.transcripts, transcript);
            }
            (Space::Podcast, "chapters") => {
                let url = self.address_in(tag, "url");
                let media_type = self.text_in(tag, "type").map(|kind| kind.to_ascii_lowercase());
                first(&mut episode.chapters, url.map(|url| ChaptersFile { url, media_type }));
            }
            (Space::Podcast, "person") => {
                let person = self.participant(tag);
                push(&mut episode.persons, person);
            }
            (Space::Podcast, "soundbite") => {
                let seconds = |name| self.text_in(tag, name).and_then(|text| moment(&text));
                let times = seconds("startTime").zip(seconds("duration"));
                let title = construct::filled(&mut self.walker);
                let bite =
                    times.map(|(start_seconds, duration_seconds)| Soundbite { start_seconds, duration_seconds, title });
                push(&mut episode.soundbites, bite);
            }
            (Space::Podcast, "season") => {
                let name = self.text_in(tag, "name");
                first(&mut episode.season_name, name);
                let season = number(&construct::value(&mut self.walker));
                first(&mut episode.season, season);
            }
            (Space::Podcast, "episode") => {
                let shown = self.text_in(tag, "display");
                let text = construct::value(&mut self.walker);
                let whole = number(&text);
                first(&mut episode.number, whole);
                let decimal = text.parse::<f64>().is_ok_and(f64::is_finite) && whole.is_none();
                first(&mut episode.number_shown, shown.or_else(|| decimal.then_some(text)));
            }
            (Space::Podcast, name) => {
                if let Some(element) = tree::read(&mut self.walker, tag) {
                    self.taken_from(name, &element, &mut entry.place, &mut entry.license);
                    push(&mut entry.episode.get_or_insert_default().more, Some(element));
                }
            }
            _ => {}
        }
    }

    fn apple_episode(&mut self, name: &str, episode: &mut Episode) {
        let text = construct::value(&mut self.walker);
        match name {
            "title" => first(&mut episode.title, Some(text).filter(|text| !text.is_empty())),
            "duration" => first(&mut episode.duration_seconds, length(&text)),
            "episode" => first(&mut episode.number, number(&text)),
            "season" => first(&mut episode.season, number(&text)),
            "episodetype" => first(&mut episode.kind, kind(&text)),
            "explicit" => first(&mut episode.explicit, explicit(&text)),
            "block" => episode.blocked |= is_yes(&text),
            _ => {}
        }
    }

    /// Takes in an element about a show.
    pub(super) fn show(&mut self, tag: &Tag<'a>) {
        let (space, local) = self.walker.resolve(tag);
        let mut show = self.channel.show.take().unwrap_or_default();
        match (space, local.to_ascii_lowercase().as_str()) {
            (Space::Itunes, name) => self.apple_show(name, &mut show),
            (Space::Podcast, "guid") => first(&mut show.guid, construct::filled(&mut self.walker)),
            (Space::Podcast, "medium") => first(&mut show.medium, construct::filled(&mut self.walker)),
            (Space::Podcast, "locked") => {
                let email = self.text_in(tag, "owner");
                first(&mut show.owner, email.map(|email| Person { email: Some(email), ..Person::default() }));
                first(&mut show.locked, explicit(&construct::value(&mut self.walker)));
            }
            (Space::Podcast, "funding") => {
                let url = self.address_in(tag, "url");
                let text = construct::filled(&mut self.walker);
                push(&mut show.funding, url.map(|url| Funding { url, text }));
            }
            (Space::Podcast, "person") => {
                let person = self.participant(tag);
                push(&mut show.persons, person);
            }
            (Space::Podcast, name) => {
                if let Some(element) = tree::read(&mut self.walker, tag) {
                    let (mut place, mut license) = (self.channel.place.take(), self.channel.license.take());
                    self.taken_from(name, &element, &mut place, &mut license);
                    (self.channel.place, self.channel.license) = (place, license);
                    push(&mut show.more, Some(element));
                }
            }
            // Chapters are of an episode.
            _ => self.walker.skip(self.walker.depth()),
        }
        self.channel.show = Some(show);
    }

    fn apple_show(&mut self, name: &str, show: &mut Show) {
        let text = construct::value(&mut self.walker);
        match name {
            "type" => first(&mut show.kind, Some(text.to_ascii_lowercase()).filter(|text| !text.is_empty())),
            "explicit" => first(&mut show.explicit, explicit(&text)),
            "complete" => {
                show.complete |= is_yes(&text);
                self.channel.expired |= show.complete;
            }
            "block" => show.blocked |= is_yes(&text),
            _ => {}
        }
    }

    /// The owner of a show, where both vocabularies name one: Apple's has the name.
    pub(super) fn owner(&mut self) {
        let person = people::read(self);
        let show = self.channel.show.get_or_insert_default();
        if person != Person::default() && show.owner.as_ref().is_none_or(|owner| owner.name.is_none()) {
            show.owner = Some(person);
        }
    }

    /// Chapters in the feed itself.
    fn marks(&mut self, marks: &mut Vec<Chapter>) {
        let depth = self.walker.depth();
        while let Some(step) = self.walker.next() {
            match step {
                Step::Start(tag) => {
                    let start = self.text_in(&tag, "start").and_then(|start| moment(&start));
                    let chapter = start.map(|start_seconds| Chapter {
                        start_seconds,
                        title: self.text_in(&tag, "title"),
                        link: self.address_in(&tag, "href"),
                        image: self.address_in(&tag, "image"),
                    });
                    push(marks, chapter);
                }
                Step::End if self.walker.depth() < depth => break,
                Step::End | Step::Text(_) => {}
            }
        }
    }

    fn participant(&mut self, tag: &Tag<'a>) -> Option<Participant> {
        let role = self.text_in(tag, "role").map(|role| role.to_lowercase());
        let group = self.text_in(tag, "group").map(|group| group.to_lowercase());
        let (image, link) = (self.address_in(tag, "img"), self.address_in(tag, "href"));
        let name = construct::filled(&mut self.walker)?;
        Some(Participant { name, role, group, image, link })
    }

    /// What an element that is kept as data says that has a field besides.
    fn taken_from(&self, name: &str, element: &Element, place: &mut Option<Box<Place>>, license: &mut Option<String>) {
        let attribute = |name: &str| element.attributes.get(name);
        match name {
            "license" => first(license, attribute("url").map(|address| self.resolve(address))),
            "location" => {
                let place = place.get_or_insert_default();
                first(&mut place.name, element.text.clone());
                first(&mut place.point, attribute("geo").and_then(|geo| place::from_uri(geo)));
            }
            _ => {}
        }
    }

    fn text_in(&self, tag: &Tag<'a>, name: &str) -> Option<String> {
        self.walker.attribute(tag, name).map(Cow::into_owned)
    }

    fn address_in(&self, tag: &Tag<'a>, name: &str) -> Option<String> {
        self.walker.attribute(tag, name).map(|address| self.resolve(&address))
    }
}

/// Leaves out an episode that says nothing.
pub(super) fn settle(entry: &mut Entry) {
    entry.episode.take_if(|episode| **episode == Episode::default());
}

/// Leaves out a show that says nothing; a cover alone is the image of the feed.
pub(super) fn settle_show(channel: &mut Channel) {
    channel.show.take_if(|show| Show { image: None, ..(**show).clone() } == Show::default());
}

fn push<T>(list: &mut Vec<T>, item: Option<T>) {
    if list.len() < MAX_PARTS {
        list.extend(item);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{atom_entry, read, rss_item};
    use super::*;
    use crate::model::EpisodeKind;

    fn episode(elements: &str) -> Episode {
        *rss_item(elements).episode.expect("an episode")
    }

    #[test]
    fn what_apple_asks_for_is_read() {
        let some = |text: &str| Some(text.to_owned());
        let entry = rss_item(
            "<title>7. The tide</title><itunes:title>The tide</itunes:title><itunes:subtitle>High water</itunes:subtitle>\
             <itunes:duration>1:02:03</itunes:duration><itunes:episode>7</itunes:episode><itunes:season>2</itunes:season>\
             <itunes:episodeType>Bonus</itunes:episodeType><itunes:explicit>clean</itunes:explicit>\
             <itunes:block>Yes</itunes:block><itunes:image href='http://x.example/7.jpg'/><itunes:author>Ada</itunes:author>",
        );
        let wanted = Episode {
            title: some("The tide"),
            subtitle: some("High water"),
            number: Some(7),
            season: Some(2),
            kind: Some(EpisodeKind::Bonus),
            duration_seconds: Some(3723),
            explicit: Some(false),
            blocked: true,
            image: some("http://x.example/7.jpg"),
            ..Episode::default()
        };
        assert_eq!(entry.episode.as_deref(), Some(&wanted));
        assert_eq!(entry.title.map(|title| title.value).as_deref(), Some("7. The tide"));
        assert_eq!(entry.authors, [Person::named("Ada")]);
    }

    #[test]
    fn what_the_podcast_index_asks_for_is_read() {
        let some = |text: &str| Some(text.to_owned());
        let found = episode(
            "<podcast:transcript url='http://x.example/7.vtt' type='text/vtt' language='en' rel='captions'/>\
             <podcast:transcript url='http://x.example/7.html' type='text/html'/><podcast:transcript type='text/vtt'/>\
             <podcast:chapters url='http://x.example/7.json' type='application/json+chapters'/>\
             <podcast:person role='Guest' group='cast' img='http://x.example/a.jpg' href='http://a.example/'>Ada Berg</podcast:person>\
             <podcast:soundbite startTime='73.5' duration='60'>Why</podcast:soundbite><podcast:soundbite startTime='x'/>\
             <podcast:season name='North'>2</podcast:season><podcast:episode display='Ch. 7'>7</podcast:episode>\
             <podcast:txt purpose='verify'>S6lpp</podcast:txt>",
        );
        let wanted = Episode {
            number: Some(7),
            number_shown: some("Ch. 7"),
            season: Some(2),
            season_name: some("North"),
            transcripts: vec![
                Transcript {
                    url: "http://x.example/7.vtt".to_owned(),
                    media_type: some("text/vtt"),
                    language: some("en"),
                    rel: some("captions"),
                },
                Transcript {
                    url: "http://x.example/7.html".to_owned(),
                    media_type: some("text/html"),
                    ..Transcript::default()
                },
            ],
            chapters: Some(ChaptersFile {
                url: "http://x.example/7.json".to_owned(),
                media_type: some("application/json+chapters"),
            }),
            persons: vec![Participant {
                name: "Ada Berg".to_owned(),
                role: some("guest"),
                group: some("cast"),
                image: some("http://x.example/a.jpg"),
                link: some("http://a.example/"),
            }],
            soundbites: vec![Soundbite { start_seconds: 73.5, duration_seconds: 60.0, title: some("Why") }],
            more: vec![Element {
                name: "podcast:txt".to_owned(),
                attributes: [("purpose".to_owned(), "verify".to_owned())].into(),
                text: some("S6lpp"),
                children: Vec::new(),
            }],
            ..Episode::default()
        };
        assert_eq!(found, wanted);
    }

    #[test]
    fn chapters_in_the_feed_are_read() {
        let elements = "<psc:chapters version='1.2'><psc:chapter start='0' title='Intro'/><psc:chapter start='00:01:13.5' \
            title='Tide' href='http://x.example/t' image='http://x.example/t.jpg'/><psc:chapter title='Lost'/></psc:chapters>";
        for entry in [rss_item(elements), atom_entry(elements)] {
            let marks = entry.episode.expect("an episode").marks;
            let starts: Vec<_> = marks.iter().map(|mark| mark.start_seconds).collect();
            assert_eq!(starts, [0.0, 73.5]);
            assert_eq!(marks[1].link.as_deref(), Some("http://x.example/t"));
        }
    }

    #[test]
    fn numbers_that_are_not_whole_are_shown_as_they_are() {
        let rows = [("7", Some(7), None), ("7.0", Some(7), None), ("3.5", None, Some("3.5")), ("100", Some(100), None)];
        for (text, number, shown) in rows {
            let found = episode(&format!("<itunes:season>1</itunes:season><podcast:episode>{text}</podcast:episode>"));
            assert_eq!((found.number, found.number_shown.as_deref()), (number, shown), "{text}");
        }
    }

    #[test]
    fn an_entry_that_says_nothing_of_it_is_no_episode() {
        let rows = [
            "<title>T</title>",
            "<itunes:duration/><itunes:explicit>perhaps</itunes:explicit><itunes:block>no</itunes:block>",
            "<itunes:author>Ada</itunes:author><itunes:keywords>a, b</itunes:keywords>",
            "<podcast:transcript/>",
        ];
        for elements in rows {
            assert_eq!(rss_item(elements).episode, None, "{elements}");
        }
    }

    #[test]
    fn a_show_is_read() {
        let feed = "<rss version='2.0' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' \
            xmlns:podcast='https://podcastindex.org/namespace/1.0'><channel><title>Tides</title>\
            <itunes:type>Serial</itunes:type><itunes:explicit>true</itunes:explicit><itunes:complete>Yes</itunes:complete>\
            <itunes:image href='http://x.example/c.jpg'/><itunes:block>no</itunes:block>\
            <podcast:guid>9b024349</podcast:guid><podcast:locked owner='o@x.example'>yes</podcast:locked>\
            <itunes:owner><itunes:name>Ada</itunes:name><itunes:email>a@x.example</itunes:email></itunes:owner>\
            <podcast:medium>podcast</podcast:medium><podcast:funding url='http://x.example/pay'>Pay</podcast:funding>\
            <podcast:person>Bo</podcast:person><podcast:podroll><podcast:remoteItem feedGuid='1'/></podcast:podroll>\
            <podcast:liveItem status='pending'><title>Live</title><guid>l</guid><enclosure url='u' type='audio/mpeg'/>\
            </podcast:liveItem><item><title>1</title></item></channel></rss>";
        let reading = read(feed);
        let show = reading.channel.show.expect("a show");
        assert_eq!((show.kind.as_deref(), show.medium.as_deref()), (Some("serial"), Some("podcast")));
        assert_eq!((show.explicit, show.locked, show.complete, show.blocked), (Some(true), Some(true), true, false));
        assert_eq!((show.guid.as_deref(), show.image.as_deref()), (Some("9b024349"), Some("http://x.example/c.jpg")));
        assert_eq!(show.owner.expect("an owner").name.as_deref(), Some("Ada"));
        assert_eq!(show.funding, [Funding { url: "http://x.example/pay".to_owned(), text: Some("Pay".to_owned()) }]);
        assert_eq!(show.persons.len(), 1);
        let more: Vec<_> = show.more.iter().map(|element| element.name.as_str()).collect();
        assert_eq!(more, ["podcast:podroll", "podcast:liveItem"]);
        assert_eq!(show.more[1].children.len(), 3);
        assert_eq!(reading.channel.title.map(|title| title.value).as_deref(), Some("Tides"));
        assert_eq!((reading.entries.len(), reading.channel.id, reading.channel.expired), (1, None, true));
    }
}
