//! Facts of small vocabularies: licenses, comments, answers, true links, archives, who made the feed.

use std::borrow::Cow;

use crate::model::{Channel, Cloud, Entry, Pages};

use super::construct;
use super::head::first;
use super::links::Link;
use super::namespaces::Space;
use super::reader::Reader;
use super::tokens::Tag;

impl<'a> Reader<'a> {
    /// Takes in a fact about an entry.
    pub(super) fn entry_fact(&mut self, tag: &Tag<'a>, entry: &mut Entry) {
        let (space, local) = self.walker.resolve(tag);
        match (space, local.to_ascii_lowercase().as_str()) {
            (Space::License | Space::DcTerms, "license") => {
                let license = self.named_address(tag);
                first(&mut entry.license, license);
            }
            (Space::FeedBurner, "origlink") => {
                let link = construct::filled(&mut self.walker).map(|address| self.resolve(&address));
                first(&mut entry.original_link, link);
            }
            (Space::CommentApi, "commentrss") => {
                let feed = construct::filled(&mut self.walker).map(|address| self.resolve(&address));
                first(&mut entry.comments_feed, feed);
            }
            (Space::Slash, "comments") | (Space::Threading, "total") => {
                let count = construct::value(&mut self.walker).parse().ok();
                entry.comment_count = count.or(entry.comment_count);
            }
            (Space::Threading, "in-reply-to") => {
                let what = self.walker.attribute(tag, "ref").map(Cow::into_owned);
                let what = what.or_else(|| self.walker.attribute(tag, "href").map(|address| self.resolve(&address)));
                first(&mut entry.in_reply_to, what);
            }
            _ => {}
        }
    }

    /// Takes in a fact about the feed.
    pub(super) fn head_fact(&mut self, tag: &Tag<'a>) {
        let (space, local) = self.walker.resolve(tag);
        match (space, local.to_ascii_lowercase().as_str()) {
            (Space::License | Space::DcTerms, "license") => {
                let license = self.named_address(tag);
                first(&mut self.channel.license, license);
            }
            (Space::Syndication, "updatebase") => self.channel.update_base = self.date().or(self.channel.update_base),
            (Space::History, "complete") => pages(&mut self.channel).complete = true,
            (Space::History, "archive") => pages(&mut self.channel).archive = true,
            (Space::Admin, "generatoragent") => {
                let agent = self.named_address(tag);
                first(&mut self.channel.generator, agent);
            }
            (_, "docs") => {
                let docs = construct::filled(&mut self.walker).map(|address| self.resolve(&address));
                first(&mut self.channel.docs, docs);
            }
            (_, "cloud") => {
                let attribute = |name| self.walker.attribute(tag, name).map(Cow::into_owned);
                let cloud = attribute("domain").map(|domain| Cloud {
                    domain,
                    port: attribute("port"),
                    path: attribute("path"),
                    procedure: attribute("registerProcedure"),
                    protocol: attribute("protocol").map(|protocol| protocol.to_ascii_lowercase()),
                });
                first(&mut self.channel.cloud, cloud.map(Box::new));
            }
            _ => {}
        }
    }

    /// `generator`: its text, and what Atom says of it by attributes.
    pub(super) fn generator(&mut self, tag: &Tag<'a>) {
        let attribute = |name| self.walker.attribute(tag, name);
        let url = attribute("uri").or_else(|| attribute("url")).map(|address| self.resolve(&address));
        first(&mut self.channel.generator_version, attribute("version").map(Cow::into_owned));
        first(&mut self.channel.generator_url, url);
        let generator = construct::filled(&mut self.walker);
        first(&mut self.channel.generator, generator);
    }

    /// An address that RDF has in an attribute (`rdf:resource`, `rdf:about`) and others as their text.
    fn named_address(&mut self, tag: &Tag<'a>) -> Option<String> {
        let attribute = self.address(tag).or_else(|| self.walker.attribute(tag, "about"));
        let address = attribute.map(|address| self.resolve(&address));
        // A text that is no address is a name, and would be made into an address of the site.
        address.or_else(|| construct::filled(&mut self.walker).filter(|text| text.contains("://")))
    }

    /// How many comments there are, where a link to them says so (RFC 4685 §4).
    pub(super) fn counted(&self, tag: &Tag<'a>) -> Option<u32> {
        self.walker.attribute(tag, "count").and_then(|count| count.parse().ok())
    }
}

/// Keeps a link to another document of a feed that is cut into several. `false` when it is none.
pub(super) fn page_link(link: &Link, channel: &mut Channel) -> bool {
    let slot = match link.relation.as_str() {
        "first" => &mut pages(channel).first,
        "last" => &mut pages(channel).last,
        "next" => &mut pages(channel).next,
        "previous" | "prev" => &mut pages(channel).previous,
        "current" => &mut pages(channel).current,
        "prev-archive" => &mut pages(channel).previous_archive,
        "next-archive" => &mut pages(channel).next_archive,
        _ => return false,
    };
    first(slot, Some(link.address.clone()));
    true
}

fn pages(channel: &mut Channel) -> &mut Pages {
    channel.pages.get_or_insert_default()
}

/// What a generator that is an address says: RSS has no attributes for it, so that WordPress and others write
/// `https://software.example/?v=6.5`.
pub(super) fn settle_generator(channel: &mut Channel) {
    let Some(generator) = channel.generator.as_deref().filter(|text| text.starts_with("http")) else { return };
    let version = generator.split_once(['?', '&']).and_then(|(_, query)| {
        query.split(['&', ';']).find_map(|pair| pair.strip_prefix("v=").or_else(|| pair.strip_prefix("version=")))
    });
    let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
    let url = Some(generator.to_owned());
    first(&mut channel.generator_version, version);
    first(&mut channel.generator_url, url);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{atom_entry, read, rss_item};
    use super::*;

    #[test]
    fn licenses_are_read_in_every_vocabulary() {
        let wanted = "https://creativecommons.org/licenses/by/4.0/";
        let rows = [
            format!("<creativeCommons:license>{wanted}</creativeCommons:license>"),
            format!("<cc:license rdf:resource='{wanted}'/>"),
            format!("<cc:license>{wanted}</cc:license>"),
            format!("<dcterms:license>{wanted}</dcterms:license>"),
            format!("<atom:link rel='license' href='{wanted}'/>"),
            format!("<podcast:license url='{wanted}'>cc-by-4.0</podcast:license>"),
        ];
        for elements in rows {
            assert_eq!(rss_item(&elements).license.as_deref(), Some(wanted), "{elements}");
            assert_eq!(channel(&elements).license.as_deref(), Some(wanted), "{elements}");
        }
    }

    #[test]
    fn the_name_of_a_license_is_no_address() {
        assert_eq!(rss_item("<creativeCommons:license>Attribution</creativeCommons:license>").license, None);
    }

    #[test]
    fn comments_are_counted_and_their_feed_is_no_page() {
        let entry = rss_item(
            "<comments>http://x.example/1#c</comments><slash:comments>12</slash:comments>\
             <wfw:commentRss>http://x.example/1/feed</wfw:commentRss>",
        );
        assert_eq!((entry.comment_count, entry.comments.as_deref()), (Some(12), Some("http://x.example/1#c")));
        assert_eq!(entry.comments_feed.as_deref(), Some("http://x.example/1/feed"));
        let entry = atom_entry(
            "<link rel='replies' type='application/atom+xml' href='http://x.example/1/feed' thr:count='3'/>\
             <link rel='replies' type='text/html' href='http://x.example/1#c'/>\
             <thr:in-reply-to ref='tag:x.example,2026:0' href='http://x.example/0'/>",
        );
        assert_eq!((entry.comment_count, entry.comments.as_deref()), (Some(3), Some("http://x.example/1#c")));
        assert_eq!(entry.comments_feed.as_deref(), Some("http://x.example/1/feed"));
        assert_eq!(entry.in_reply_to.as_deref(), Some("tag:x.example,2026:0"));
        assert_eq!(atom_entry("<thr:total>7</thr:total>").comment_count, Some(7));
        assert_eq!(rss_item("<slash:comments>many</slash:comments>").comment_count, None);
    }

    #[test]
    fn the_page_behind_a_counter_of_clicks_is_known() {
        let entry = rss_item(
            "<link>http://feeds.example/~r/1</link><feedburner:origLink>http://x.example/1</feedburner:origLink>",
        );
        assert_eq!(
            (entry.link.as_deref(), entry.page()),
            (Some("http://feeds.example/~r/1"), Some("http://x.example/1"))
        );
    }

    fn channel(elements: &str) -> Channel {
        read(format!(
            "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>T</title>{elements}</channel></rss>"
        ))
        .channel
    }

    #[test]
    fn the_other_documents_of_a_feed_are_known() {
        let relations = ["first", "last", "next", "previous", "current", "prev-archive", "next-archive"];
        let links: String =
            relations.iter().map(|rel| format!("<atom:link rel='{rel}' href='http://x.example/{rel}'/>")).collect();
        let channel = channel(&format!("<link>http://x.example/</link>{links}<fh:archive/>"));
        let at = |rel: &str| Some(format!("http://x.example/{rel}"));
        let wanted = Pages {
            first: at("first"),
            last: at("last"),
            next: at("next"),
            previous: at("previous"),
            current: at("current"),
            previous_archive: at("prev-archive"),
            next_archive: at("next-archive"),
            complete: false,
            archive: true,
        };
        assert_eq!(channel.pages.as_deref(), Some(&wanted));
        assert_eq!(channel.link.as_deref(), Some("http://x.example/"));
    }

    #[test]
    fn who_made_the_feed_is_known() {
        let facts = |channel: Channel| (channel.generator, channel.generator_version, channel.generator_url);
        let some = |text: &str| Some(text.to_owned());
        let rows = [
            (channel("<generator>Writer 2</generator>"), (some("Writer 2"), None, None)),
            (
                channel("<generator>https://writer.example/?v=6.5.2</generator>"),
                (some("https://writer.example/?v=6.5.2"), some("6.5.2"), some("https://writer.example/?v=6.5.2")),
            ),
            (
                channel("<atom:generator uri='http://w.example/' version='2'>Writer</atom:generator>"),
                (some("Writer"), some("2"), some("http://w.example/")),
            ),
            (
                channel("<admin:generatorAgent rdf:resource='http://w.example/?v=3'/>"),
                (some("http://w.example/?v=3"), some("3"), some("http://w.example/?v=3")),
            ),
        ];
        for (found, wanted) in rows {
            assert_eq!(facts(found), wanted);
        }
    }

    #[test]
    fn clouds_and_bases_are_noted() {
        let channel = channel(
            "<docs>http://format.example/</docs><sy:updateBase>2026-01-01T12:00:00Z</sy:updateBase>\
             <cloud domain='c.example' port='80' path='/RPC2' registerProcedure='notify' protocol='XML-RPC'/>",
        );
        assert_eq!(channel.docs.as_deref(), Some("http://format.example/"));
        assert_eq!(channel.update_base.map(|base| base.to_string()).as_deref(), Some("2026-01-01T12:00:00Z"));
        let cloud = channel.cloud.expect("a cloud");
        assert_eq!((cloud.domain.as_str(), cloud.port.as_deref()), ("c.example", Some("80")));
        assert_eq!((cloud.procedure.as_deref(), cloud.protocol.as_deref()), (Some("notify"), Some("xml-rpc")));
    }
}
