//! Zstandard bodies (RFC 8878), fed piece by piece into the capped buffer.
//!
//! A frame names the window its decoder must hold. RFC 9659 allows 8 MB of it on the web; a frame that wants more is refused
//! before anything is allocated.

use std::io::{self, Write};

use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::Capped;

/// The binary logarithm of the largest window, 8 MB (RFC 9659 §3).
const MAX_WINDOW_LOG: u32 = 23;

/// Bytes unpacked at once.
const STEP_BYTES: usize = 16 * 1024;

/// Unpacks frames one after the other.
pub(super) struct Zstd {
    decoder: Decoder<'static>,
    step: Box<[u8]>,
    /// Whether the last frame is complete.
    is_between_frames: bool,
    pub(super) sink: Capped,
}

impl Zstd {
    pub(super) fn new(sink: Capped) -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(MAX_WINDOW_LOG))?;
        Ok(Self { decoder, step: vec![0; STEP_BYTES].into_boxed_slice(), is_between_frames: false, sink })
    }

    /// Takes some of the piece; says how much.
    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        while let Some(rest) = piece.get(taken..).filter(|rest| !rest.is_empty()) {
            let status = self.decoder.run_on_buffers(rest, &mut self.step)?;
            taken += status.bytes_read;
            self.is_between_frames = status.remaining == 0;
            self.sink.write_all(self.step.get(..status.bytes_written).unwrap_or_default())?;
            if status.bytes_read == 0 && status.bytes_written == 0 {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it goes neither forward nor back"));
            }
        }
        Ok(taken)
    }

    /// Writes out what the decoder still holds, and checks that the last frame is whole.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        while !self.is_between_frames {
            let status = self.decoder.run_on_buffers(&[], &mut self.step)?;
            self.is_between_frames = status.remaining == 0;
            self.sink.write_all(self.step.get(..status.bytes_written).unwrap_or_default())?;
            if status.bytes_written == 0 && !self.is_between_frames {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }
}
