//! What tells one state of a feed from another, so that what would come out the same is not written at all.

use std::io::{self, BufWriter, Write};

use super::{Publication, Site};
use crate::model::Digest;

/// Bytes that are digested together.
const AT_ONCE: usize = 16 * 1024;

/// The same for publications of which [`feed_files`](super::feed_files) would make the same files. Costs a fraction of making
/// them.
#[must_use]
pub fn fingerprint(site: &Site, publication: &Publication) -> Digest {
    let mut digest = BufWriter::with_capacity(AT_ONCE, Digesting(blake3::Hasher::new()));
    let said = (site.title, site.views, publication.formats, publication.feed);
    serde_json::to_writer(&mut digest, &said).expect("text, numbers and string keys are always JSON");
    let Digesting(hasher) = digest.into_inner().map_err(io::IntoInnerError::into_error).expect("digesting never fails");
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Digest::from_bytes(bytes)
}

struct Digesting(blake3::Hasher);

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, samples};
    use super::*;
    use crate::model::Feed;

    #[test]
    fn every_change_that_can_be_seen_is_told() {
        let given = samples::feed(vec![samples::rich(), samples::poor()]);
        let print = |feed: &Feed, formats: &[Format]| {
            let site = Site { title: "News", base_url: &feed.base_url, sources: &[], views: false };
            fingerprint(&site, &Publication { feed, formats })
        };
        let first = print(&given, &Format::ALL);
        assert_eq!(print(&given.clone(), &Format::ALL), first);
        assert_ne!(print(&given, &[Format::Rss]), first);
        for (title, views) in [("Other", false), ("News", true)] {
            let site = Site { title, base_url: &given.base_url, sources: &[], views };
            let other = fingerprint(&site, &Publication { feed: &given, formats: &Format::ALL });
            assert_ne!(other, first, "{title} {views}");
        }
        let changes: [fn(&mut Feed); 8] = [
            |feed| feed.title.push('!'),
            |feed| feed.ttl_minutes = None,
            |feed| feed.history.previous = Some(1),
            |feed| feed.entries.reverse(),
            |feed| feed.entries[0].origin.title = None,
            |feed| feed.entries[0].also.push(samples::telling()),
            |feed| feed.entries[0].article.content.body.push('.'),
            |feed| feed.entries[1].article.content.comment_count = Some(3),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut changed = given.clone();
            change(&mut changed);
            assert_ne!(print(&changed, &Format::ALL), first, "change {number}");
        }
    }
}
