//! H.264 in Rust: the decoder gives pictures in decode order, here they are put into presentation order.
//!
//! What damages a picture ends the group of pictures: nothing is decoded then until a keyframe comes.

use super::guarded;
use crate::picture::{Frame, Matrix, OwnedFrame, Range};
use crate::sps::{REORDER_MAX, Sps};
use crate::video_decoder::{DecodeError, Decoded, VideoEngine};
use lectern_proto::fmp4::{Sample, VideoConfig};
use lectern_proto::rung::PictureSize;
use rusty_h264_decoder::Decoder;
use std::collections::{BTreeMap, VecDeque};

/// An open decoder.
pub(crate) struct Video {
    decoder: Decoder,
    sps: Sps,
    /// Both parameter sets with start codes: given before each keyframe, so that a decoder that was thrown away goes on there.
    parameters: Vec<u8>,
    /// The coded picture with start codes.
    annex_b: Vec<u8>,
    /// Decoded, and not yet known to be next; the number tells pictures of one time apart.
    waiting: BTreeMap<(i64, u64), Frame>,
    ready: VecDeque<Decoded>,
    taken: u64,
    /// Nothing can be decoded before a keyframe.
    lost: bool,
}

impl Video {
    pub(crate) fn new(config: &VideoConfig) -> Result<Self, DecodeError> {
        let refuse = |why: &str| DecodeError::Configuration(why.to_owned());
        let (sps, pps) = parameter_sets(&config.avcc).ok_or_else(|| refuse("its parameter sets cannot be read"))?;
        let parsed = Sps::parse(sps).ok_or_else(|| refuse("its sequence parameter set is not one of 8-bit 4:2:0 pictures"))?;
        let mut parameters = Vec::with_capacity(sps.len() + pps.len() + 8);
        push_nal(&mut parameters, sps);
        push_nal(&mut parameters, pps);
        Ok(Self {
            decoder: Decoder::new(),
            sps: parsed,
            parameters,
            annex_b: Vec::new(),
            waiting: BTreeMap::new(),
            ready: VecDeque::new(),
            taken: 0,
            lost: true,
        })
    }

    /// Decodes one coded picture; none when the sample holds no picture at all.
    fn decode(&mut self, sample: &Sample) -> Result<Option<Frame>, DecodeError> {
        self.annex_b.clear();
        if sample.keyframe {
            self.annex_b.extend_from_slice(&self.parameters);
        }
        let slices = push_slices(&mut self.annex_b, &sample.data).ok_or_else(|| DecodeError::Damaged("a length in it is wrong".to_owned()))?;
        if slices == 0 {
            return Ok(None);
        }
        let (decoder, annex_b) = (&mut self.decoder, &self.annex_b);
        let picture = guarded(|| decoder.decode(annex_b).map_err(|e| DecodeError::Damaged(e.to_string())))?;
        let picture = picture.ok_or_else(|| DecodeError::Damaged("parts of the picture are missing".to_owned()))?;
        let (Ok(width), Ok(height)) = (u32::try_from(picture.width), u32::try_from(picture.height)) else { return Err(DecodeError::Format) };
        Ok(Some(Frame::Owned(OwnedFrame {
            size: PictureSize { width, height },
            planes: [picture.y, picture.u, picture.v],
            // Table E-5: FCC, BT.470BG and SMPTE 170M.
            matrix: if matches!(self.sps.matrix, 4..=6) { Matrix::Bt601 } else { Matrix::Bt709 },
            range: if self.sps.full_range { Range::Full } else { Range::Limited },
        })))
    }

    /// Gives out the earliest of those that wait until this many are left.
    fn release(&mut self, left: usize) {
        while self.waiting.len() > left {
            let Some(((pts_us, _), frame)) = self.waiting.pop_first() else { return };
            self.ready.push_back(Decoded { frame, pts_us, corrupt: false });
        }
    }
}

impl VideoEngine for Video {
    fn send(&mut self, sample: &Sample, pts_us: i64) -> Result<(), DecodeError> {
        if sample.keyframe {
            // Groups are closed: what came before is also shown before.
            self.release(0);
            self.lost = false;
        } else if self.lost {
            return Err(DecodeError::Damaged("the pictures before it are missing".to_owned()));
        }
        match self.decode(sample) {
            Ok(None) => Ok(()),
            Ok(Some(frame)) => {
                self.taken += 1;
                self.waiting.insert((pts_us, self.taken), frame);
                self.release(self.sps.reorder.unwrap_or(REORDER_MAX));
                Ok(())
            }
            Err(why) => {
                self.decoder = Decoder::new();
                self.lost = true;
                Err(why)
            }
        }
    }

    fn receive(&mut self) -> Result<Option<Decoded>, DecodeError> {
        Ok(self.ready.pop_front())
    }

    fn end(&mut self) -> Result<(), DecodeError> {
        self.release(0);
        Ok(())
    }

    fn flush(&mut self) {
        self.waiting.clear();
        self.ready.clear();
        self.lost = true;
    }
}

/// The first sequence and picture parameter set of an `avcC` (ISO/IEC 14496-15, 5.3.3.1).
fn parameter_sets(avcc: &[u8]) -> Option<(&[u8], &[u8])> {
    // Version 1, lengths of 4 bytes, as our own demuxing has checked; and one set of each kind.
    let (&[1, _, _, _, lengths, count], rest) = avcc.split_first_chunk::<6>()? else { return None };
    if lengths & 3 != 3 || count & 0x1F != 1 {
        return None;
    }
    let (sps, rest) = take_set(rest)?;
    let (1, rest) = rest.split_first().map(|(n, rest)| (*n, rest))? else { return None };
    let (pps, _) = take_set(rest)?;
    Some((sps, pps))
}

fn take_set(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

fn push_nal(out: &mut Vec<u8>, nal: &[u8]) {
    out.extend_from_slice(&[0, 0, 0, 1]);
    out.extend_from_slice(nal);
}

/// Adds the slices of a sample with start codes and counts them; nothing when a length is wrong. All else is left out:
/// parameter sets come from the configuration alone.
fn push_slices(out: &mut Vec<u8>, sample: &[u8]) -> Option<usize> {
    let mut rest = sample;
    let mut slices = 0;
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (nal, next) = tail.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        if nal.first().is_some_and(|h| matches!(h & 0x1F, 1 | 5)) {
            push_nal(out, nal);
            slices += 1;
        }
        rest = next;
    }
    Some(slices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_sets_are_found() {
        assert_eq!(parameter_sets(&[1, 100, 0, 31, 0xFF, 0xE1, 0, 2, 0x67, 9, 1, 0, 1, 0x68, 0xFD]), Some((&[0x67, 9][..], &[0x68][..])));
        for wrong in [
            &[][..],
            &[1, 2, 3],
            &[1, 100, 0, 31, 0xFF, 0xE2, 0, 0, 1, 0, 0],
            &[1, 100, 0, 31, 0xFC, 0xE1, 0, 0, 1, 0, 0],
            &[1, 100, 0, 31, 0xFF, 0xE1, 0, 9, 0x67],
        ] {
            assert_eq!(parameter_sets(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn only_slices_reach_the_decoder() {
        let mut out = Vec::new();
        assert_eq!(push_slices(&mut out, &[0, 0, 0, 2, 0x67, 1, 0, 0, 0, 1, 0x06, 0, 0, 0, 2, 0x65, 7, 0, 0, 0, 1, 0x41]), Some(2));
        assert_eq!(out, [0, 0, 0, 1, 0x65, 7, 0, 0, 0, 1, 0x41]);
        assert_eq!(push_slices(&mut out, &[0, 0, 0, 3, 0x65, 7]), None);
        assert_eq!(push_slices(&mut out, &[0, 0, 0]), None);
        assert_eq!(push_slices(&mut out, &[]), Some(0));
    }
}
