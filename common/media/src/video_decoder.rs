//! H.264 out of our own demuxing into pictures.
//!
//! Feed samples in decode order, take pictures in presentation order. For a seek, [`VideoDecoder::skip_until`] leaves out
//! every picture that is no longer shown at the target, and does not even decode those that no other depends on. What
//! decodes is an [`Engine`]: behind it nothing knows of seeks or durations.

use crate::engine::Engine;
use crate::picture::{Frame, Picture};
use lectern_proto::fmp4::{Sample, VideoConfig};
use std::collections::VecDeque;

/// Times remembered for pictures still inside the decoder; H.264 reorders at most 16.
const PENDING_MAX: usize = 256;

/// Why a video or a sound cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("this FFmpeg has no {0} decoder; install the full libavcodec package")]
    NoDecoder(&'static str),
    #[error("the decoder refuses the stream's configuration ({0}); the prepared video is damaged, let the server prepare it again")]
    Configuration(String),
    #[error("a coded sample is damaged and cannot be decoded ({0}); playback goes on at the next keyframe")]
    Damaged(String),
    #[error("the decoder gave a picture that is not 8-bit 4:2:0; the prepared video is damaged, let the server prepare it again")]
    Format,
    #[error("there is not enough memory to decode")]
    Memory,
}

/// A picture as an engine gives it, in presentation order.
pub(crate) struct Decoded {
    pub(crate) frame: Frame,
    pub(crate) pts_us: i64,
    /// Whether the engine had to guess parts of it.
    pub(crate) corrupt: bool,
}

/// What turns coded pictures into pictures.
pub(crate) trait VideoEngine: Send {
    /// Takes a sample, in decode order. After `end` only `flush` may follow.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when it cannot be decoded; later samples still can, from the next keyframe at the latest.
    fn send(&mut self, sample: &Sample, pts_us: i64) -> Result<(), DecodeError>;
    /// The next picture in presentation order; none when it needs more samples first.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when a sample that was taken turns out to be damaged.
    fn receive(&mut self) -> Result<Option<Decoded>, DecodeError>;
    /// No more samples come: every picture inside is to be received.
    ///
    /// # Errors
    /// [`DecodeError`] when the engine fails.
    fn end(&mut self) -> Result<(), DecodeError>;
    /// Forgets everything; the next sample is a keyframe.
    fn flush(&mut self);
}

/// An H.264 decoder for one track. `Send`; it belongs to one thread at a time.
pub struct VideoDecoder {
    engine: Box<dyn VideoEngine>,
    /// Presentation time and duration of samples that were fed and whose picture has not come.
    pending: VecDeque<(i64, i64)>,
    ready: VecDeque<Picture>,
    skip_until: Option<i64>,
    /// The latest picture before the target: shown if no other starts at or before it.
    candidate: Option<Picture>,
    draining: bool,
}

impl std::fmt::Debug for VideoDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VideoDecoder").field("pending", &self.pending.len()).field("skip_until", &self.skip_until).finish_non_exhaustive()
    }
}

impl VideoDecoder {
    /// A decoder for a track. `threads` of 1 gives the first picture soonest; each further one adds a picture of delay.
    ///
    /// # Errors
    /// [`DecodeError`] when there is no H.264 decoder or it refuses the configuration.
    pub fn new(config: &VideoConfig, threads: usize) -> Result<Self, DecodeError> {
        Self::with(Engine::default(), config, threads)
    }

    /// As [`new`](Self::new) with an engine of one's choice.
    ///
    /// # Errors
    /// [`DecodeError`] when there is no H.264 decoder or it refuses the configuration.
    pub fn with(engine: Engine, config: &VideoConfig, threads: usize) -> Result<Self, DecodeError> {
        let engine = engine.video(config, threads.max(1))?;
        Ok(Self { engine, pending: VecDeque::new(), ready: VecDeque::new(), skip_until: None, candidate: None, draining: false })
    }

    /// Feeds one sample, in decode order. After [`drain`](Self::drain) the next must be a keyframe.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when the sample cannot be decoded; later samples still can.
    pub fn decode(&mut self, sample: &Sample, pts_us: i64, duration_us: i64) -> Result<(), DecodeError> {
        if self.draining {
            self.take_all()?;
            self.engine.flush();
            self.draining = false;
        }
        let gone = self.skip_until.is_some_and(|target| pts_us.saturating_add(duration_us) <= target);
        if gone && is_disposable(&sample.data) {
            return Ok(());
        }
        if self.pending.len() == PENDING_MAX {
            self.pending.pop_front();
        }
        self.pending.push_back((pts_us, duration_us));
        self.engine.send(sample, pts_us)
    }

    /// The next picture in presentation order, when there is one.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when a sample that was fed cannot be decoded; later samples still can.
    pub fn next_picture(&mut self) -> Result<Option<Picture>, DecodeError> {
        while self.ready.is_empty() && self.take()? {}
        Ok(self.ready.pop_front())
    }

    /// Ends the stream for now: every picture still inside comes out.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when the last samples cannot be decoded.
    pub fn drain(&mut self) -> Result<(), DecodeError> {
        if !self.draining {
            self.draining = true;
            self.engine.end()?;
        }
        self.take_all()?;
        self.skip_until = None;
        self.ready.extend(self.candidate.take());
        Ok(())
    }

    /// Forgets everything; the next sample must be a keyframe.
    pub fn reset(&mut self) {
        self.engine.flush();
        self.pending.clear();
        self.ready.clear();
        self.skip_until = None;
        self.candidate = None;
        self.draining = false;
    }

    /// From now on gives no picture that ends at or before `target_us`: the first picture given is the one shown at that
    /// time. Holds until that picture has come, or until [`drain`](Self::drain) or [`reset`](Self::reset).
    pub fn skip_until(&mut self, target_us: i64) {
        self.skip_until = Some(target_us);
    }

    fn take_all(&mut self) -> Result<(), DecodeError> {
        while self.take()? {}
        Ok(())
    }

    /// Takes one picture out of the engine; false when it has none.
    fn take(&mut self) -> Result<bool, DecodeError> {
        let decoded = self.engine.receive()?;
        decoded.map_or(Ok(false), |d| self.accept(d).map(|()| true))
    }

    fn accept(&mut self, decoded: Decoded) -> Result<(), DecodeError> {
        let pts_us = decoded.pts_us;
        let duration_us = match self.pending.iter().position(|(p, _)| *p == pts_us) {
            Some(i) => self.pending.remove(i).map_or(0, |(_, d)| d),
            None => 0,
        };
        let picture = Picture::new(decoded.frame, pts_us, duration_us, decoded.corrupt).ok_or(DecodeError::Format)?;
        match self.skip_until {
            Some(target) if pts_us < target => self.candidate = Some(picture),
            Some(target) => {
                // What is shown at the target is the last picture that starts at or before it.
                let before = self.candidate.take().filter(|_| pts_us > target);
                self.ready.extend(before);
                self.skip_until = None;
                self.ready.push_back(picture);
            }
            None => self.ready.push_back(picture),
        }
        Ok(())
    }
}

/// Whether no other picture depends on this one: all its slices have `nal_ref_idc` 0 (ITU-T H.264, 7.4.1).
fn is_disposable(avcc: &[u8]) -> bool {
    let mut rest = avcc;
    let mut slices = false;
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let (Some(nal), Some(next)) = (tail.get(..length), tail.get(length..)) else { return false };
        if let Some(head) = nal.first().filter(|h| matches!(**h & 0x1F, 1..=5)) {
            if head >> 5 & 3 != 0 {
                return false;
            }
            slices = true;
        }
        rest = next;
    }
    slices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_disposable_pictures() {
        let check = |nals: &[&[u8]], want: bool| {
            let mut data = Vec::new();
            for nal in nals {
                data.extend_from_slice(&u32::try_from(nal.len()).expect("short").to_be_bytes());
                data.extend_from_slice(nal);
            }
            assert_eq!(is_disposable(&data), want, "{nals:?}");
        };
        check(&[&[0x01, 1, 2]], true);
        check(&[&[0x06, 5], &[0x01, 1]], true);
        check(&[&[0x41, 1, 2]], false);
        check(&[&[0x01, 1], &[0x21, 1]], false);
        check(&[&[0x65, 1, 2]], false);
        check(&[&[0x06, 1]], false);
        assert!(!is_disposable(&[0, 0, 0, 9, 1]));
        assert!(!is_disposable(&[]));
    }

    #[test]
    fn noise_is_an_error_not_a_panic() {
        let config = VideoConfig { avcc: bytes::Bytes::from_static(&[1, 2, 3]), size: lectern_proto::rung::PictureSize { width: 16, height: 16 } };
        for engine in Engine::ALL {
            // Either the configuration is refused, or nothing that follows ends the program.
            if let Ok(decoder) = VideoDecoder::with(*engine, &config, 1) {
                feed_noise(decoder);
            }
        }
    }

    fn feed_noise(mut decoder: VideoDecoder) {
        let mut state = 1u32;
        for i in 0..50 {
            let data: Vec<u8> = (0..200)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state.to_be_bytes()[0]
                })
                .collect();
            let sample = Sample { data: data.into(), dts: i, pts: i, duration: 1, keyframe: true };
            let _ = decoder.decode(&sample, i, 1);
            let _ = decoder.next_picture();
        }
        let _ = decoder.drain();
        decoder.reset();
    }
}
