//! Length-prefixed frames of the control plane: `length: u32` big-endian, then `length` bytes.
//!
//! Incremental: bytes go in as they come, whole frames come out. The limit is checked on the length alone, before
//! anything is allocated for the body.

use bytes::{Buf, Bytes, BytesMut};

/// The peer announced a frame that is longer than its phase allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer announced a message of {announced} bytes; at most {limit} are allowed here")]
pub struct FrameTooLong {
    pub announced: usize,
    pub limit: usize,
}

/// Cuts a byte stream into frames.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: BytesMut,
}

impl FrameReader {
    /// Adds what came from the peer.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, or `None` until more bytes come.
    ///
    /// # Errors
    /// [`FrameTooLong`] when the announced length is above `limit`; the connection is then of no further use.
    pub fn next_frame(&mut self, limit: usize) -> Result<Option<Bytes>, FrameTooLong> {
        let Some(prefix) = self.buffer.first_chunk::<4>() else { return Ok(None) };
        let announced = u32::from_be_bytes(*prefix) as usize;
        if announced > limit {
            return Err(FrameTooLong { announced, limit });
        }
        if self.buffer.len() < 4 + announced {
            return Ok(None);
        }
        self.buffer.advance(4);
        Ok(Some(self.buffer.split_to(announced).freeze()))
    }

    /// What came behind the frames, for a stream that goes on without them.
    #[must_use]
    pub fn into_rest(self) -> Vec<u8> {
        self.buffer.into()
    }

    /// Bytes that wait for the rest of their frame.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }
}

/// A frame around `body`.
#[must_use]
pub fn frame(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(4 + body.len());
    // Bodies are bounded by the message limits, far below 4 GiB.
    out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(body);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_cut_gives_the_same_frames(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6), step in 1usize..9) {
            let stream: Vec<u8> = bodies.iter().flat_map(|b| frame(b)).collect();
            let (mut reader, mut got) = (FrameReader::default(), Vec::new());
            for piece in stream.chunks(step) {
                reader.push(piece);
                while let Some(f) = reader.next_frame(64).expect("short frames") {
                    got.push(f.to_vec());
                }
            }
            prop_assert_eq!(got, bodies);
        }
    }

    #[test]
    fn a_giant_length_is_refused_at_its_fourth_byte() {
        let mut reader = FrameReader::default();
        reader.push(&[0xff; 4]);
        assert_eq!(reader.next_frame(100), Err(FrameTooLong { announced: 0xffff_ffff, limit: 100 }));
    }
}
