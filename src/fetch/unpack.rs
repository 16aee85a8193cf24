//! Bodies as they come in: unpacked piece by piece, counted as sent and unpacked, and ended at the cap.
//!
//! A few bytes can unpack into gigabytes, so the decoders write into a buffer that refuses to grow past its cap: a bomb ends
//! there, having cost no more memory than an honest body. A gzip body is known by its first bytes as well, because servers
//! hand out `sitemap.xml.gz` as it lies on disk, and others say `gzip` over a plain body.

mod zstd;

use std::io::{self, Write};

use brotli::DecompressorWriter;
use flate2::write::{DeflateDecoder, GzDecoder, ZlibDecoder};

use self::zstd::Zstd;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BROTLI_BUFFER_BYTES: usize = 16 * 1024;

/// Why a body could not be unpacked.
#[derive(Debug)]
pub(super) enum UnpackError {
    /// It is larger than the cap.
    TooLarge,
    /// It is damaged.
    Damaged(&'static str, io::Error),
}

/// How a body is packed, as its `Content-Encoding` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// Reads `Content-Encoding`; `None` when it is one we cannot unpack. `identity` says nothing.
    pub(super) fn read(value: &str) -> Option<Self> {
        let mut codings = value.split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut found = Self::Plain;
        let meaningful =
            codings.by_ref().map(str::to_ascii_lowercase).filter(|name| name != "identity" && name != "none");
        for (position, name) in meaningful.enumerate() {
            if position > 0 {
                return None;
            }
            found = match name.as_str() {
                "gzip" | "x-gzip" => Self::Gzip,
                "deflate" => Self::Deflate,
                "br" => Self::Brotli,
                "zstd" => Self::Zstd,
                "utf-8" | "binary" | "8bit" => Self::Plain,
                _ => return None,
            };
        }
        Some(found)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "brotli",
            Self::Zstd => "zstd",
        }
    }
}

/// Unpacks one body.
pub(super) struct Unpacker {
    coding: Coding,
    cap: usize,
    /// Bytes held back until there are enough to tell what they are.
    head: Vec<u8>,
    decoder: Option<Decoder>,
}

/// The buffer a body is collected in; a write past the cap fails.
#[derive(Debug, Default)]
struct Capped {
    bytes: Vec<u8>,
    cap: usize,
    is_full: bool,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.cap.saturating_sub(self.bytes.len());
        if bytes.len() > room {
            self.bytes.extend(bytes.iter().take(room));
            self.is_full = true;
            return Err(io::Error::other("the cap is reached"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Decoder {
    Plain(Capped),
    Gzip(Box<GzDecoder<Capped>>),
    /// The last member of a gzip body has ended and no other begins: what follows is filling.
    GzipEnded(Capped),
    Zlib(Box<ZlibDecoder<Capped>>),
    Deflate(Box<DeflateDecoder<Capped>>),
    Brotli(Box<DecompressorWriter<Capped>>),
    Zstd(Box<Zstd>),
}

impl Unpacker {
    /// Unpacks `coding`; the result holds at most `cap` bytes.
    pub(super) fn new(coding: Coding, cap: usize) -> Self {
        Self { coding, cap, head: Vec::new(), decoder: None }
    }

    /// Takes the next piece.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), UnpackError> {
        if self.decoder.is_some() {
            return self.feed(piece);
        }
        self.head.extend_from_slice(piece);
        if self.head.len() < GZIP_MAGIC.len() { Ok(()) } else { self.begin() }
    }

    /// How large the body is so far.
    pub(super) fn unpacked_bytes(&self) -> usize {
        let sink = match &self.decoder {
            None => return self.head.len(),
            Some(Decoder::Plain(sink) | Decoder::GzipEnded(sink)) => sink,
            Some(Decoder::Gzip(decoder)) => decoder.get_ref(),
            Some(Decoder::Zlib(decoder)) => decoder.get_ref(),
            Some(Decoder::Deflate(decoder)) => decoder.get_ref(),
            Some(Decoder::Brotli(decoder)) => decoder.get_ref(),
            Some(Decoder::Zstd(decoder)) => &decoder.sink,
        };
        sink.bytes.len()
    }

    /// Ends the body and checks that it is whole.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, UnpackError> {
        if self.decoder.is_none() {
            self.begin()?;
        }
        let ended = match self.decoder.as_mut() {
            None | Some(Decoder::Plain(_) | Decoder::GzipEnded(_)) => Ok(()),
            Some(Decoder::Gzip(decoder)) => decoder.try_finish().map_err(|error| (error, decoder.get_ref().is_full)),
            Some(Decoder::Zlib(decoder)) => decoder.try_finish().map_err(|error| (error, decoder.get_ref().is_full)),
            Some(Decoder::Deflate(decoder)) => decoder.try_finish().map_err(|error| (error, decoder.get_ref().is_full)),
            Some(Decoder::Brotli(decoder)) => decoder.close().map_err(|error| (error, decoder.get_ref().is_full)),
            Some(Decoder::Zstd(decoder)) => decoder.finish().map_err(|error| (error, decoder.sink.is_full)),
        };
        match ended {
            Ok(()) => Ok(self.salvage()),
            Err((error, is_full)) => Err(fault(self.coding, is_full, error)),
        }
    }

    /// What was unpacked so far, whole or not.
    pub(super) fn salvage(self) -> Vec<u8> {
        let sink = match self.decoder {
            None => return self.head,
            Some(Decoder::Plain(sink) | Decoder::GzipEnded(sink)) => sink,
            Some(Decoder::Gzip(mut decoder)) => std::mem::take(decoder.get_mut()),
            Some(Decoder::Zlib(mut decoder)) => std::mem::take(decoder.get_mut()),
            Some(Decoder::Deflate(mut decoder)) => std::mem::take(decoder.get_mut()),
            Some(Decoder::Brotli(mut decoder)) => std::mem::take(decoder.get_mut()),
            Some(Decoder::Zstd(mut decoder)) => std::mem::take(&mut decoder.sink),
        };
        sink.bytes
    }

    /// Chooses the decoder by the first bytes and feeds it what was held back.
    fn begin(&mut self) -> Result<(), UnpackError> {
        let sink = Capped { bytes: Vec::new(), cap: self.cap, is_full: false };
        let head = std::mem::take(&mut self.head);
        let is_gzip = head.starts_with(&GZIP_MAGIC);
        if head.is_empty() {
            self.coding = Coding::Plain;
        } else if is_gzip && self.coding == Coding::Plain {
            self.coding = Coding::Gzip;
        } else if !is_gzip && self.coding == Coding::Gzip && looks_plain(&head) {
            self.coding = Coding::Plain;
        }
        if self.coding == Coding::Brotli && is_large_window(&head) {
            let error = io::Error::new(io::ErrorKind::InvalidData, "its window is larger than the format allows");
            return Err(UnpackError::Damaged(self.coding.name(), error));
        }
        self.decoder = Some(match self.coding {
            Coding::Plain => Decoder::Plain(sink),
            Coding::Gzip => Decoder::Gzip(Box::new(GzDecoder::new(sink))),
            Coding::Deflate if is_zlib(&head) => Decoder::Zlib(Box::new(ZlibDecoder::new(sink))),
            Coding::Deflate => Decoder::Deflate(Box::new(DeflateDecoder::new(sink))),
            Coding::Brotli => Decoder::Brotli(Box::new(DecompressorWriter::new(sink, BROTLI_BUFFER_BYTES))),
            Coding::Zstd => {
                let decoder = Zstd::new(sink).map_err(|error| UnpackError::Damaged(self.coding.name(), error))?;
                Decoder::Zstd(Box::new(decoder))
            }
        });
        self.feed(&head)
    }

    fn feed(&mut self, mut piece: &[u8]) -> Result<(), UnpackError> {
        while !piece.is_empty() {
            let Some(decoder) = self.decoder.as_mut() else { return Ok(()) };
            let (taken, is_full) = match decoder {
                Decoder::GzipEnded(_) => return Ok(()),
                Decoder::Plain(sink) => (sink.write(piece), sink.is_full),
                Decoder::Gzip(decoder) => (decoder.write(piece), decoder.get_ref().is_full),
                Decoder::Zlib(decoder) => (decoder.write(piece), decoder.get_ref().is_full),
                Decoder::Deflate(decoder) => (decoder.write(piece), decoder.get_ref().is_full),
                Decoder::Brotli(decoder) => (decoder.write(piece), decoder.get_ref().is_full),
                Decoder::Zstd(decoder) => (decoder.write(piece), decoder.sink.is_full),
            };
            let taken = taken.map_err(|error| fault(self.coding, is_full, error))?;
            piece = piece.get(taken..).unwrap_or_default();
            if taken == 0 && !self.next_member(piece)? {
                // The packed stream has ended; what follows is filling.
                return Ok(());
            }
        }
        Ok(())
    }

    /// After the end of a gzip member: another may follow (RFC 1952 §2.2). `false` when none does.
    fn next_member(&mut self, rest: &[u8]) -> Result<bool, UnpackError> {
        let Some(Decoder::Gzip(decoder)) = self.decoder.as_mut() else { return Ok(false) };
        decoder.try_finish().map_err(|error| fault(Coding::Gzip, decoder.get_ref().is_full, error))?;
        let sink = std::mem::take(decoder.get_mut());
        // One byte may be all there is of the next member so far.
        let goes_on = rest.first() == GZIP_MAGIC.first();
        self.decoder =
            Some(if goes_on { Decoder::Gzip(Box::new(GzDecoder::new(sink))) } else { Decoder::GzipEnded(sink) });
        Ok(goes_on)
    }
}

fn fault(coding: Coding, is_full: bool, error: io::Error) -> UnpackError {
    if is_full { UnpackError::TooLarge } else { UnpackError::Damaged(coding.name(), error) }
}

/// A zlib header (RFC 1950 §2.2): some servers mean zlib by `deflate`, some the bare stream.
fn is_zlib(head: &[u8]) -> bool {
    matches!(head, [first, second, ..] if first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0)
}

/// A brotli stream that announces a window of up to a gigabyte: an extension (RFC 7932 §9.1 leaves the pattern invalid) that
/// the decoder would follow.
fn is_large_window(head: &[u8]) -> bool {
    head.first().is_some_and(|first| first & 0x7f == 0x11)
}

/// Whether a body that is said to be gzip and is not begins like text.
fn looks_plain(head: &[u8]) -> bool {
    matches!(head.first(), Some(b'<' | b'{' | b'[' | b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xfe | 0xff))
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn text() -> Vec<u8> {
        (0..5_000).flat_map(|n| format!("<item>{n}</item>").into_bytes()).collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        let mut encoder = ::brotli::CompressorWriter::new(&mut packed, 4096, 5, 22);
        encoder.write_all(bytes).unwrap();
        drop(encoder);
        packed
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        ::zstd::bulk::compress(bytes, 3).unwrap()
    }

    fn unpack(coding: Coding, body: &[u8], piece: usize, cap: usize) -> Result<Vec<u8>, UnpackError> {
        let mut unpacker = Unpacker::new(coding, cap);
        for piece in body.chunks(piece) {
            unpacker.push(piece)?;
        }
        unpacker.finish()
    }

    #[test]
    fn every_coding_is_unpacked_in_pieces_of_any_size() {
        let text = text();
        let rows = [
            (Coding::Plain, text.clone()),
            (Coding::Gzip, gzip(&text)),
            (Coding::Deflate, zlib(&text)),
            (Coding::Deflate, deflate(&text)),
            (Coding::Brotli, brotli(&text)),
            (Coding::Zstd, zstd(&text)),
            (Coding::Zstd, [zstd(&text[..1_000]), zstd(&text[1_000..])].concat()),
        ];
        for (coding, body) in rows {
            for piece in [1, 7, 1000, usize::MAX] {
                assert!(unpack(coding, &body, piece, text.len()).unwrap() == text, "{coding:?} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn gzip_is_known_by_its_first_bytes() {
        let text = text();
        assert!(unpack(Coding::Plain, &gzip(&text), 100, text.len()).unwrap() == text);
        assert!(unpack(Coding::Gzip, &text, 100, text.len()).unwrap() == text);
        assert_eq!(unpack(Coding::Gzip, b"", 1, 10).unwrap(), b"");
        assert_eq!(unpack(Coding::Plain, b"x", 1, 10).unwrap(), b"x");
    }

    #[test]
    fn members_are_joined_and_filling_is_passed_over() {
        let mut body = gzip(b"one ");
        body.extend(gzip(b"two"));
        assert_eq!(unpack(Coding::Gzip, &body, 3, 100).unwrap(), b"one two");
        body.extend([0; 64]);
        for piece in [1, 3, 1000] {
            assert_eq!(unpack(Coding::Gzip, &body, piece, 100).unwrap(), b"one two");
        }
    }

    #[test]
    fn a_bomb_ends_at_the_cap() {
        let zeros = vec![b' '; 20_000_000];
        for (coding, body) in [
            (Coding::Gzip, gzip(&zeros)),
            (Coding::Deflate, zlib(&zeros)),
            (Coding::Brotli, brotli(&zeros)),
            (Coding::Zstd, zstd(&zeros)),
        ] {
            assert!(body.len() < 100_000);
            let mut unpacker = Unpacker::new(coding, 10_000);
            let stopped = body.chunks(1000).find_map(|piece| unpacker.push(piece).err());
            assert!(matches!(stopped, Some(UnpackError::TooLarge)), "{coding:?}");
            let kept = unpacker.salvage();
            assert!(kept.len() == 10_000 && kept.capacity() < 100_000, "{coding:?}: {}", kept.capacity());
        }
        assert!(matches!(unpack(Coding::Plain, &zeros, 1000, 10_000), Err(UnpackError::TooLarge)));
    }

    #[test]
    fn damage_is_told() {
        let text = text();
        let mut flipped = gzip(&text);
        let middle = flipped.len() / 2;
        flipped[middle] ^= 0xff;
        let cut = |mut body: Vec<u8>| {
            body.truncate(body.len() - 20);
            body
        };
        let rows = [
            (Coding::Gzip, flipped),
            (Coding::Gzip, cut(gzip(&text))),
            (Coding::Deflate, cut(zlib(&text))),
            (Coding::Brotli, cut(brotli(&text))),
            (Coding::Brotli, b"<rss>this is not brotli at all</rss>".to_vec()),
            (Coding::Gzip, b"neither packed nor markup".to_vec()),
            (Coding::Brotli, b"\x11\x1e a window of a gigabyte".to_vec()),
            (Coding::Zstd, cut(zstd(&text))),
            (Coding::Zstd, b"<rss>this is not zstd at all</rss>".to_vec()),
            (Coding::Zstd, b"\x28\xb5\x2f\xfd\x00\xa0 a window of a gigabyte".to_vec()),
            (Coding::Zstd, [zstd(&text), b"and more".to_vec()].concat()),
        ];
        for (row, (coding, body)) in rows.into_iter().enumerate() {
            assert!(matches!(unpack(coding, &body, 1000, 1 << 20), Err(UnpackError::Damaged(..))), "row {row}");
        }
    }

    #[test]
    fn content_encodings_are_read() {
        let rows = [
            ("", Some(Coding::Plain)),
            ("identity", Some(Coding::Plain)),
            ("GZIP", Some(Coding::Gzip)),
            ("x-gzip", Some(Coding::Gzip)),
            ("gzip, identity", Some(Coding::Gzip)),
            ("deflate", Some(Coding::Deflate)),
            ("br", Some(Coding::Brotli)),
            ("zstd", Some(Coding::Zstd)),
            ("compress", None),
            ("gzip, gzip", None),
        ];
        for (value, wanted) in rows {
            assert_eq!(Coding::read(value), wanted, "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_pass_the_cap(body: Vec<u8>, coding in 0..5_usize, packed: bool, piece in 1..50_usize) {
            let coding = [Coding::Plain, Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd][coding];
            let mut body = if packed { gzip(&body) } else { body };
            if let Some(byte) = body.get_mut(20) {
                *byte ^= 1;
            }
            if let Ok(unpacked) = unpack(coding, &body, piece, 64) {
                assert!(unpacked.len() <= 64);
            }
        }
    }
}
