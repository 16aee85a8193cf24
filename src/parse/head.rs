//! What each element outside of entries says about the feed as a whole.

use std::time::Duration;

use crate::model::{Channel, Dialect, Text};

use super::construct::{self, Usual};
use super::facts;
use super::links::Link;
use super::names::Name;
use super::people;
use super::place;
use super::podcast;
use super::reader::Reader;
use super::tokens::Tag;
use super::walker::Step;

/// Seconds in the periods of `sy:updatePeriod`.
const PERIODS: [(&str, u64); 5] =
    [("hourly", 3600), ("daily", 86_400), ("weekly", 604_800), ("monthly", 2_592_000), ("yearly", 31_536_000)];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl<'a> Reader<'a> {
    /// Takes in one element of the head.
    pub(super) fn head(&mut self, name: Name, tag: &Tag<'a>) {
        match name {
            Name::Rss | Name::Rdf | Name::Feed | Name::Channel => self.outline(name, tag),
            Name::Title => {
                let usual = self.usual_text();
                let title = construct::read(&mut self.walker, tag, usual, self.unwrap_div);
                first(&mut self.channel.title, title);
            }
            Name::MediaTitle => {
                let title = construct::read(&mut self.walker, tag, Usual::Either, self.unwrap_div);
                first(&mut self.media_title, title);
            }
            Name::Link => {
                if let Some(link) = self.link(tag) {
                    self.head_link(link);
                }
            }
            Name::Guid => first(&mut self.channel.id, construct::filled(&mut self.walker)),
            Name::Description | Name::Subtitle | Name::Summary | Name::ItunesSummary | Name::ItunesSubtitle => {
                let usual = if name == Name::Description { Usual::Html } else { self.usual_text() };
                let text = construct::read(&mut self.walker, tag, usual, self.unwrap_div);
                first(&mut self.channel.description, text);
            }
            Name::Rights => {
                let text = construct::read(&mut self.walker, tag, Usual::Plain, self.unwrap_div);
                first(&mut self.channel.rights, text);
            }
            Name::Language => {
                let language = construct::filled(&mut self.walker);
                self.channel.language = language.or(self.channel.language.take());
            }
            Name::Published => self.channel.published = self.date().or(self.channel.published),
            Name::Updated => self.channel.updated = self.date().or(self.channel.updated),
            Name::Author => {
                let person = people::read(self);
                people::add(&mut self.channel.authors, person);
            }
            Name::Contributor | Name::Publisher => self.walker.skip(self.walker.depth()),
            Name::Category => {
                let mut categories = std::mem::take(&mut self.channel.categories);
                self.category(tag, &mut categories);
                self.channel.categories = categories;
            }
            Name::ItunesCategory => {
                let mut categories = std::mem::take(&mut self.channel.categories);
                self.itunes_category(tag, &mut categories);
                self.channel.categories = categories;
            }
            Name::Keywords => {
                let mut categories = std::mem::take(&mut self.channel.categories);
                self.keywords(&mut categories);
                self.channel.categories = categories;
            }
            Name::Generator => self.generator(tag),
            Name::Owner => self.owner(),
            Name::Podcast => self.show(tag),
            Name::Place => {
                let mut place = self.channel.place.take();
                self.place(tag, &mut place);
                self.channel.place = place;
            }
            Name::Fact => self.head_fact(tag),
            Name::Image => self.image(tag),
            Name::TextInput => self.aside(|_, _| ()),
            Name::ItunesImage | Name::Logo => {
                let image = self.address(tag).map(std::borrow::Cow::into_owned);
                let image = image.or_else(|| construct::filled(&mut self.walker)).map(|image| self.resolve(&image));
                if name == Name::ItunesImage {
                    first(&mut self.channel.show.get_or_insert_default().image, image.clone());
                }
                first(&mut self.channel.image, image);
            }
            Name::Icon => {
                let icon = construct::filled(&mut self.walker).map(|icon| self.resolve(&icon));
                first(&mut self.channel.icon, icon);
            }
            Name::NewFeedUrl => {
                let address = construct::filled(&mut self.walker).map(|address| self.resolve(&address));
                first(&mut self.channel.moved_to, address);
            }
            Name::Ttl | Name::Hour | Name::Day | Name::UpdatePeriod | Name::UpdateFrequency => self.rhythm(name),
            Name::MediaGroup | Name::MediaContent | Name::Source => self.aside(|_, _| ()),
            _ => {}
        }
    }

    /// The elements around everything: their attributes.
    fn outline(&mut self, name: Name, tag: &Tag<'a>) {
        if let Some(language) = self.walker.language().filter(|language| !language.is_empty()) {
            first(&mut self.channel.language, Some(language.replace('_', "-")));
        }
        if name != Name::Channel {
            return;
        }
        if let Some(updated) = self.walker.attribute(tag, "lastmod") {
            self.channel.updated = self.date_of(&updated);
        }
        if let Some(link) = self.walker.attribute(tag, "href") {
            self.channel.link = Some(self.resolve(&link));
        }
    }

    /// What the texts hold that Atom calls plain unless they say otherwise; RSS has no such rule.
    pub(super) fn usual_text(&self) -> Usual {
        if self.dialect == Dialect::Atom { Usual::Plain } else { Usual::Either }
    }

    fn head_link(&mut self, link: Link) {
        match link.relation.as_str() {
            "self" => first(&mut self.channel.self_link, Some(link.address)),
            "hub" => add_hub(&mut self.channel.hubs, link.address),
            "license" => first(&mut self.channel.license, Some(link.address)),
            _ if facts::page_link(&link, &mut self.channel) => {}
            _ if link.is_page() => self.channel.link = Some(link.address),
            _ if link.is_other_form() => first(&mut self.channel.link, Some(link.address)),
            _ => {}
        }
    }

    fn image(&mut self, tag: &Tag<'a>) {
        let resource = self.walker.attribute(tag, "href").map(|address| self.resolve(&address));
        first(&mut self.channel.image, resource);
        self.aside(|reader, name| {
            if name == Name::Url {
                let address = construct::filled(&mut reader.walker).map(|address| reader.resolve(&address));
                first(&mut reader.channel.image, address);
            }
        });
    }

    /// Goes through an element whose titles and links are its own.
    fn aside(&mut self, mut take: impl FnMut(&mut Self, Name)) {
        let depth = self.walker.depth();
        while let Some(step) = self.walker.next() {
            match step {
                Step::Start(tag) => {
                    let name = self.walker.name(&tag);
                    take(self, name);
                }
                Step::End if self.walker.depth() < depth => return,
                Step::End | Step::Text(_) => {}
            }
        }
    }

    /// How often the feed wants to be read.
    fn rhythm(&mut self, name: Name) {
        let value = construct::value(&mut self.walker).to_ascii_lowercase();
        match name {
            Name::Ttl => {
                self.channel.ttl = minutes(&value).map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
            }
            Name::Hour => {
                // One element each is what RSS asks for; some software puts all of them into one, or writes `08:00`.
                for hour in value.split([',', ' ', ';']).map(|hour| hour.trim_end_matches(":00")) {
                    // Hour 24 is what RSS 0.91 called midnight.
                    let hour = hour.parse::<u8>().ok().filter(|hour| *hour <= 24).map(|hour| hour % 24);
                    add_number(&mut self.channel.skip_hours, hour);
                }
            }
            Name::Day => {
                for name in value.split([',', ' ', ';']).filter(|name| name.len() >= 3) {
                    let day = DAYS.iter().zip(1..).find(|(known, _)| known.starts_with(name)).map(|(_, day)| day);
                    add_number(&mut self.channel.skip_days, day);
                }
            }
            Name::UpdatePeriod => {
                self.period = PERIODS.iter().find(|(known, _)| *known == value).map(|(_, seconds)| *seconds);
            }
            _ => self.frequency = value.parse().ok().filter(|frequency| *frequency > 0),
        }
    }

    /// The rhythm of the syndication module, where the feed gives no `ttl`: a period divided by how often in it.
    pub(super) fn syndication_ttl(&self) -> Option<Duration> {
        let period = self.period.or(self.frequency.is_some().then_some(86_400))?;
        Some(Duration::from_secs(period / self.frequency.unwrap_or(1).min(period)))
    }
}

/// Minutes as `ttl` has them, with a fraction or their unit behind; nothing is no limit.
fn minutes(text: &str) -> Option<u32> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(digits)?;
    let unit = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).trim();
    let is_minutes = unit.is_empty() || unit == "m" || unit.starts_with("min");
    number.parse().ok().filter(|minutes| *minutes > 0 && is_minutes)
}

/// Hubs of one feed that are kept.
const MAX_HUBS: usize = 10;

fn add_hub(hubs: &mut Vec<String>, hub: String) {
    if hubs.len() < MAX_HUBS && !hubs.contains(&hub) {
        hubs.push(hub);
    }
}

fn add_number(numbers: &mut Vec<u8>, number: Option<u8>) {
    if let Some(number) = number.filter(|number| !numbers.contains(number)) {
        numbers.push(number);
    }
}

/// Sets what is not set yet.
pub(super) fn first<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

/// What is to be known when the head is whole, and what stands in for what the head lacks: the `media:title`, and for the page an Atom `id`, most of which are addresses.
pub(super) fn complete(channel: &mut Channel, media_title: Option<Text>) {
    first(&mut channel.title, media_title);
    first(&mut channel.link, channel.id.clone());
    facts::settle_generator(channel);
    podcast::settle_show(channel);
    place::settle(&mut channel.place);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, read};
    use super::*;

    fn channel(elements: &str) -> Channel {
        let feed = format!(
            "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/' xmlns:atom='http://www.w3.org/2005/Atom' \
             xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel>{elements}</channel></rss>"
        );
        read(feed).channel
    }

    #[test]
    fn the_head_of_a_feed_is_read() {
        let channel = channel(
            "<title>Town news</title><link>http://x.example/</link><description>All of it</description><language>en</language>\
             <atom:link rel='self' href='http://x.example/feed'/><atom:link rel='hub' href='http://hub.example/'/>\
             <atom:link rel='hub' href='http://hub2.example/'/><atom:link rel='hub' href='http://hub.example/'/>\
             <managingEditor>ada@x.example (Ada)</managingEditor><webMaster>w@x.example</webMaster>\
             <lastBuildDate>Mon, 06 Jul 2026 10:00:00 GMT</lastBuildDate><generator>Writer 2</generator>\
             <image><url>http://x.example/i.png</url><title>Other</title><link>http://other.example/</link></image>\
             <textInput><title>Search</title><link>http://x.example/s</link></textInput>\
             <itunes:new-feed-url>http://new.example/feed</itunes:new-feed-url>",
        );
        assert_eq!(channel.title.map(|text| text.value).as_deref(), Some("Town news"));
        assert_eq!(channel.link.as_deref(), Some("http://x.example/"));
        assert_eq!(channel.self_link.as_deref(), Some("http://x.example/feed"));
        assert_eq!(channel.hubs, ["http://hub.example/", "http://hub2.example/"]);
        assert_eq!(channel.image.as_deref(), Some("http://x.example/i.png"));
        assert_eq!(channel.moved_to.as_deref(), Some("http://new.example/feed"));
        assert_eq!(channel.language.as_deref(), Some("en"));
        assert_eq!(channel.authors.len(), 1);
        assert_eq!(channel.updated.map(|date| date.to_string()).as_deref(), Some("2026-07-06T10:00:00Z"));
    }

    #[test]
    fn the_rhythm_comes_from_ttl_or_the_syndication_module() {
        let minutes = |elements: &str| channel(elements).ttl.map(|ttl| ttl.as_secs() / 60);
        let rows = [
            ("<ttl>90</ttl>", Some(90)),
            ("<ttl>90.5</ttl>", Some(90)),
            ("<ttl> 90 minutes </ttl>", Some(90)),
            ("<ttl>90 hours</ttl>", None),
            ("<ttl>0</ttl>", None),
            ("<ttl>-5</ttl>", None),
            ("<ttl>99999999999999999999</ttl>", None),
            ("<ttl/>", None),
            ("<ttl>soon</ttl>", None),
            ("<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", Some(30)),
            ("<sy:updatePeriod>daily</sy:updatePeriod>", Some(1440)),
            ("<sy:updateFrequency>2</sy:updateFrequency>", Some(720)),
            ("<sy:updatePeriod>daily</sy:updatePeriod><ttl>90</ttl>", Some(90)),
            ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>99999999</sy:updateFrequency>", Some(0)),
        ];
        for (elements, wanted) in rows {
            assert_eq!(minutes(elements), wanted, "{elements}");
        }
    }

    #[test]
    fn hours_and_days_to_skip_are_numbers() {
        let channel = channel(
            "<skipHours><hour>0</hour><hour>24</hour><hour>23</hour><hour>25</hour></skipHours>\
             <skipDays><day>Sunday</day><day>monday</day><day>someday</day></skipDays>",
        );
        assert_eq!((channel.skip_hours, channel.skip_days), (vec![0, 23], vec![7, 1]));
    }

    #[test]
    fn hours_and_days_to_skip_are_read_in_other_forms_too() {
        let channel = channel(
            "<skipHours><hour>1,2, 3</hour><hour>08:00</hour><hour>-1</hour><hour>noon</hour></skipHours>\
             <skipDays><day>SAT</day><day>dimanche</day><day>Su</day><day>sunday, monday</day></skipDays>",
        );
        assert_eq!((channel.skip_hours, channel.skip_days), (vec![1, 2, 3, 8], vec![6, 7, 1]));
    }

    #[test]
    fn a_title_whose_end_is_forgotten_swallows_no_entry() {
        let reading = read("<rss><channel><title>T<item><title>1</title></item><item/></channel></rss>");
        assert_eq!(reading.entries.len(), 2);
        assert_eq!(reading.channel.title.map(|text| text.value).as_deref(), Some("T"));
    }

    #[test]
    fn rdf_and_cdf_say_things_by_attributes() {
        let rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>\
                   <channel rdf:about='http://x.example/f'><title>T</title><items><rdf:Seq><rdf:li resource='http://x.example/1'/>\
                   </rdf:Seq></items></channel><image><url>http://x.example/i</url></image>\
                   <item rdf:about='http://x.example/1'><title>1</title><link>http://x.example/1</link></item></rdf:RDF>";
        let reading = read(rdf);
        assert_eq!(reading.dialect, Dialect::Rdf);
        assert_eq!(reading.entries[0].guid.as_deref(), Some("http://x.example/1"));
        assert_eq!(reading.channel.image.as_deref(), Some("http://x.example/i"));
        let cdf = "<CHANNEL HREF='http://x.example/' LASTMOD='2026-07-06T10:00Z' BASE='http://x.example/b/'><TITLE>T</TITLE>\
                   <ITEM HREF='1' LASTMOD='2026-07-05'><TITLE>1</TITLE><ABSTRACT>A</ABSTRACT></ITEM></CHANNEL>";
        let reading = read(cdf);
        assert_eq!(reading.dialect, Dialect::Cdf);
        assert_eq!(reading.channel.link.as_deref(), Some("http://x.example/"));
        let entry = &reading.entries[0];
        assert_eq!(entry.link.as_deref(), Some("http://x.example/b/1"));
        assert_eq!(entry.summary.as_ref().map(|text| text.value.as_str()), Some("A"));
        assert!(entry.updated.is_some());
    }

    #[test]
    fn an_atom_head_without_a_link_is_found_by_its_id() {
        let feed = "<feed xmlns='http://www.w3.org/2005/Atom'><id>http://x.example/</id><subtitle>S</subtitle></feed>";
        assert_eq!(at("http://x.example/feed", feed).channel.link.as_deref(), Some("http://x.example/"));
    }
}
