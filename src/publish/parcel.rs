//! One file to publish with its twins: the same bytes in the content codings that readers take.
//!
//! The folder and the server publish the same parcel, so that a document is compressed once when it changes, and not at all
//! when nobody wants the twins.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Files smaller than this have no twins: a coding would not shorten them.
const WORTH_COMPRESSING: usize = 256;

/// How the names of twins end, as `gzip_static` and `brotli_static` of nginx and `precompressed` of Caddy look for them.
pub const TWINS: [&str; 2] = [".gz", ".br"];

/// A file with its place.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Its place: names joined by `/`.
    pub path: String,
    /// The `Content-Type` to serve it with.
    pub media_type: &'static str,
    /// What is in it.
    pub bytes: Bytes,
    /// Made by whoever needs them first.
    twins: Arc<OnceLock<Twins>>,
    /// The file itself, where it lies in a folder with twins made of these very bytes.
    held_at: Arc<OnceLock<PathBuf>>,
}

/// The bytes of a file in other codings; `None` where that saves nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Twins {
    /// Gzipped (RFC 1952).
    pub gzip: Option<Bytes>,
    /// In Brotli (RFC 7932).
    pub brotli: Option<Bytes>,
}

impl Parcel {
    /// A file for a place.
    #[must_use]
    pub fn new(path: impl Into<String>, media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let (twins, held_at) = Default::default();
        Self { path: path.into(), media_type, bytes: bytes.into(), twins, held_at }
    }

    /// The twins, made once.
    #[must_use]
    pub fn twins(&self) -> &Twins {
        self.twins.get_or_init(|| self.held_at.get().map_or_else(|| Twins::of(&self.bytes), |file| Twins::beside(file)))
    }

    /// Says where the twins of these very bytes lie: they are read there, should they be wanted.
    pub(super) fn is_held_at(&self, file: PathBuf) {
        // Said twice, it is as true.
        let _ = self.held_at.set(file);
    }

    /// Whether bytes of this length may have twins.
    pub(super) fn is_worth_twins(length: usize) -> bool {
        length >= WORTH_COMPRESSING
    }
}

impl Twins {
    /// Makes the twins.
    #[must_use]
    pub fn of(plain: &[u8]) -> Self {
        if !Parcel::is_worth_twins(plain.len()) {
            return Self::default();
        }
        let smaller = |coded: Vec<u8>| (coded.len() < plain.len()).then(|| Bytes::from(coded));
        Self { gzip: smaller(gzip(plain)), brotli: smaller(brotli(plain)) }
    }

    /// Makes the gzipped twin alone: for what is made when it is asked for, and asked for a few times.
    #[must_use]
    pub fn gzipped(plain: &[u8]) -> Self {
        let gzip = Parcel::is_worth_twins(plain.len()).then(|| gzip(plain)).filter(|coded| coded.len() < plain.len());
        Self { gzip: gzip.map(Bytes::from), brotli: None }
    }

    /// Reads the twins beside a file, those that were made with it.
    #[must_use]
    pub fn beside(file: &Path) -> Self {
        let own = changed(file);
        let made_with_it = |twin: &PathBuf| own.is_some() && changed(twin) == own;
        let [gzip, brotli] =
            twin_places(file).map(|twin| Some(twin).filter(made_with_it).and_then(|twin| fs::read(twin).ok()));
        Self { gzip: gzip.map(Bytes::from), brotli: brotli.map(Bytes::from) }
    }
}

/// Whether the twins of a file were made with it. A coding that saves nothing for one of them saves nothing for the other, hardly
/// ever, so that the gzipped one stands for both.
pub(super) fn has_twins(file: &Path) -> bool {
    let [gzip, brotli] = twin_places(file).map(|twin| changed(&twin));
    let own = changed(file);
    own.is_some() && gzip == own && (brotli.is_none() || brotli == own)
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

/// Where the twins of a file are, in the order of [`TWINS`].
pub(super) fn twin_places(file: &Path) -> [PathBuf; 2] {
    TWINS.map(|ending| {
        let mut place = file.as_os_str().to_owned();
        place.push(ending);
        PathBuf::from(place)
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(7));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to memory does not fail")
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    // Quality 6: within a few percent of the best, at a tenth of its time.
    let mut encoder = brotli::CompressorWriter::new(&mut coded, 4096, 6, window(bytes.len()));
    encoder.write_all(bytes).expect("writing to memory does not fail");
    drop(encoder);
    coded
}

/// The binary logarithm of a window that holds so many bytes, 4 MB at most: a wider one finds no more, and its encoder takes
/// twice its size.
fn window(length: usize) -> u32 {
    /// What the format takes of a window for itself (RFC 7932 §9.1).
    const GAP: usize = 16;
    (usize::BITS - length.saturating_add(GAP).leading_zeros()).clamp(16, 22)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn twins_unpack_to_the_same_bytes_and_are_left_out_where_they_save_nothing() {
        let text = "The quay is open again. ".repeat(100);
        let parcel = Parcel::new("a.rss", "application/rss+xml", text.clone().into_bytes());
        let Twins { gzip: Some(gzip), brotli: Some(brotli) } = parcel.twins() else { panic!("both are shorter") };
        let mut plain = String::new();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_string(&mut plain).unwrap();
        assert_eq!(plain, text);
        plain.clear();
        brotli::Decompressor::new(&brotli[..], 4096).read_to_string(&mut plain).unwrap();
        assert_eq!(plain, text);
        assert_eq!(Twins::of(b"short"), Twins::default());
        let noise: Vec<u8> = (0..20_u32).flat_map(|n| *blake3::hash(&n.to_le_bytes()).as_bytes()).collect();
        assert_eq!(Twins::of(&noise), Twins::default(), "noise cannot be shortened");
    }
}
