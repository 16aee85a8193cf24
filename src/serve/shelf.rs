//! The published resources in memory, each ready to send in every content coding.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};

use crate::model::{Digest, Format};

/// Resources smaller than this are sent as they are: a coding would not shorten them.
const WORTH_COMPRESSING: usize = 256;

/// One resource: what it is and its bytes in every coding we offer.
#[derive(Debug)]
pub struct Resource {
    /// `Content-Type`, charset included.
    pub media_type: &'static str,
    /// When its content last changed: `Last-Modified`.
    pub modified: Timestamp,
    /// Digest of the plain bytes: the core of the `ETag`s.
    pub digest: Digest,
    /// The bytes.
    pub plain: Bytes,
    /// The same, gzipped; `None` where that saves nothing.
    pub gzip: Option<Bytes>,
    /// The same, in Brotli.
    pub brotli: Option<Bytes>,
}

impl Resource {
    fn new(media_type: &'static str, modified: Timestamp, digest: Digest, plain: Vec<u8>) -> Self {
        let smaller = |coded: Vec<u8>| (coded.len() < plain.len()).then(|| Bytes::from(coded));
        let worth = plain.len() >= WORTH_COMPRESSING;
        let gzip = if worth { smaller(gzip(&plain)) } else { None };
        let brotli = if worth { smaller(brotli(&plain)) } else { None };
        Self { media_type, modified, digest, plain: Bytes::from(plain), gzip, brotli }
    }
}

/// The next moment that an HTTP date can tell apart.
fn later(moment: Timestamp) -> Timestamp {
    moment.saturating_add(SignedDuration::from_secs(1)).unwrap_or(moment)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(7));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to memory does not fail")
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    // Quality 6: within a few percent of the best, at a tenth of its time; window 2^22 bytes.
    let mut encoder = brotli::CompressorWriter::new(&mut coded, 4096, 6, 22);
    encoder.write_all(bytes).expect("writing to memory does not fail");
    drop(encoder);
    coded
}

/// All published resources by path. Cheap to share; readers never wait for compression.
#[derive(Debug, Default)]
pub struct Shelf {
    /// Guards the map only; resources are replaced whole.
    resources: RwLock<HashMap<String, Arc<Resource>>>,
    /// Where archives are, which are too many to be held and hardly ever asked for: the output folder.
    archives: Option<PathBuf>,
}

impl Shelf {
    /// A shelf whose archives lie in this folder.
    #[must_use]
    pub fn beside(folder: Option<PathBuf>) -> Self {
        Self { archives: folder, ..Self::default() }
    }

    /// An archive (`news/archive/3.atom`) from the folder.
    fn archive(&self, path: &str) -> Option<Arc<Resource>> {
        let parts: Vec<&str> = path.split('/').collect();
        let [feed, "archive", file] = parts.as_slice() else { return None };
        let (number, extension) = file.split_once('.')?;
        let is_plain = !feed.is_empty() && !feed.starts_with('.') && number.bytes().all(|byte| byte.is_ascii_digit());
        let format = Format::FEEDS.into_iter().find(|format| format.extension() == extension).filter(|_| is_plain)?;
        let place = self.archives.as_ref()?.join(feed).join("archive").join(file);
        let bytes = std::fs::read(&place).ok()?;
        let modified = std::fs::metadata(&place).and_then(|metadata| metadata.modified()).ok()?;
        let modified = Timestamp::try_from(modified).ok()?;
        let digest = Digest::of(&bytes);
        let plain = Bytes::from(bytes);
        Some(Arc::new(Resource { media_type: format.media_type(), modified, digest, plain, gzip: None, brotli: None }))
    }

    /// Puts bytes at a path such as `news.rss` or `news/index.html`. Equal bytes change nothing, dates included.
    pub fn put(&self, path: &str, media_type: &'static str, modified: Timestamp, bytes: Vec<u8>) {
        let digest = Digest::of(&bytes);
        if self.get(path).is_some_and(|held| held.digest == digest && held.media_type == media_type) {
            return;
        }
        // New bytes under an old date would be missed by readers that ask by date alone; dates are sent in whole seconds.
        let modified = match self.get(path) {
            Some(held) if held.modified.as_second() >= modified.as_second() => later(held.modified),
            _ => modified,
        };
        let resource = Arc::new(Resource::new(media_type, modified, digest, bytes));
        self.write().insert(path.to_owned(), resource);
    }

    /// Takes away everything but these paths.
    pub fn keep_only(&self, keeps: impl Fn(&str) -> bool) {
        self.write().retain(|path, _| keeps(path));
    }

    /// The resource at a path.
    pub fn get(&self, path: &str) -> Option<Arc<Resource>> {
        let held = self.resources.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(path).cloned();
        held.or_else(|| self.archive(path))
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<String, Arc<Resource>>> {
        self.resources.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_bytes_always_get_a_later_date_and_equal_ones_keep_theirs() {
        let shelf = Shelf::default();
        let date: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let modified = |bytes: &str, at: Timestamp| {
            shelf.put("a.rss", "application/rss+xml", at, bytes.as_bytes().to_vec());
            shelf.get("a.rss").unwrap().modified
        };
        assert_eq!(modified("one", date), date);
        assert_eq!(modified("one", later(date)), date);
        assert_eq!(modified("two", date), later(date));
        let within_the_second = later(date) + SignedDuration::from_millis(300);
        assert_eq!(modified("three", within_the_second).as_second(), later(later(date)).as_second());
    }

    #[test]
    fn codings_give_the_same_bytes_and_are_left_out_where_they_save_nothing() {
        let shelf = Shelf::default();
        let text = "The quay is open again. ".repeat(100);
        shelf.put("a.rss", "application/rss+xml", Timestamp::UNIX_EPOCH, text.clone().into_bytes());
        let resource = shelf.get("a.rss").unwrap();
        let mut plain = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*resource.gzip.clone().unwrap()), &mut plain)
            .unwrap();
        assert_eq!(plain, text);
        plain.clear();
        std::io::Read::read_to_string(
            &mut brotli::Decompressor::new(&*resource.brotli.clone().unwrap(), 4096),
            &mut plain,
        )
        .unwrap();
        assert_eq!(plain, text);
        shelf.put("b.rss", "application/rss+xml", Timestamp::UNIX_EPOCH, b"short".to_vec());
        assert!(shelf.get("b.rss").unwrap().gzip.is_none());
    }
}
