//! H.264 out of our own demuxing into pictures.
//!
//! Feed samples in decode order, take pictures in presentation order. For a seek, [`VideoDecoder::skip_until`] leaves out
//! every picture that is no longer shown at the target, and does not even decode those that no other depends on.

use crate::codec_config;
use crate::picture::Picture;
use ffmpeg::codec::{self, threading};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::{Sample, VideoConfig};
use std::collections::VecDeque;

/// Decoder threads at most; more only add memory.
const THREADS_MAX: usize = 16;
/// Times remembered for pictures still inside the decoder; H.264 reorders at most 16.
const PENDING_MAX: usize = 256;

/// Why a video cannot be decoded.
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

impl From<codec_config::OutOfMemory> for DecodeError {
    fn from(_: codec_config::OutOfMemory) -> Self {
        Self::Memory
    }
}

/// An H.264 decoder for one track. `Send`; it belongs to one thread at a time.
pub struct VideoDecoder {
    decoder: codec::decoder::Video,
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
    /// [`DecodeError`] when FFmpeg has no H.264 decoder or refuses the configuration.
    pub fn new(config: &VideoConfig, threads: usize) -> Result<Self, DecodeError> {
        codec_config::quiet();
        let codec = codec::decoder::find(codec::Id::H264).ok_or(DecodeError::NoDecoder("H.264"))?;
        let mut context = codec::Context::new_with_codec(codec);
        codec_config::set_extradata(&mut context, &config.avcc)?;
        let threads = threads.clamp(1, THREADS_MAX);
        let kind = if threads > 1 { threading::Type::Frame } else { threading::Type::None };
        context.set_threading(threading::Config { kind, count: threads, ..Default::default() });
        let decoder = context.decoder().open_as(codec).and_then(codec::decoder::Opened::video);
        let decoder = decoder.map_err(|e| DecodeError::Configuration(e.to_string()))?;
        Ok(Self { decoder, pending: VecDeque::new(), ready: VecDeque::new(), skip_until: None, candidate: None, draining: false })
    }

    /// Feeds one sample, in decode order. After [`drain`](Self::drain) the next must be a keyframe.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when the sample cannot be decoded; later samples still can.
    pub fn decode(&mut self, sample: &Sample, pts_us: i64, duration_us: i64) -> Result<(), DecodeError> {
        if self.draining {
            self.take_all()?;
            self.decoder.flush();
            self.draining = false;
        }
        let gone = self.skip_until.is_some_and(|target| pts_us.saturating_add(duration_us) <= target);
        if gone && is_disposable(&sample.data) {
            return Ok(());
        }
        let mut packet = codec::packet::Packet::copy(&sample.data);
        packet.set_pts(Some(pts_us));
        if sample.keyframe {
            packet.set_flags(codec::packet::Flags::KEY);
        }
        if self.pending.len() == PENDING_MAX {
            self.pending.pop_front();
        }
        self.pending.push_back((pts_us, duration_us));
        match self.decoder.send_packet(&packet) {
            // The decoder is full: take what it has, then it must accept the packet.
            Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => {
                self.take_all()?;
                self.decoder.send_packet(&packet).map_err(damaged)?;
            }
            other => other.map_err(damaged)?,
        }
        Ok(())
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
            self.decoder.send_eof().map_err(damaged)?;
        }
        self.take_all()?;
        self.skip_until = None;
        self.ready.extend(self.candidate.take());
        Ok(())
    }

    /// Forgets everything; the next sample must be a keyframe.
    pub fn reset(&mut self) {
        self.decoder.flush();
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

    /// Takes one frame out of the decoder; false when it has none.
    fn take(&mut self) -> Result<bool, DecodeError> {
        let mut frame = ffmpeg::frame::Video::empty();
        match self.decoder.receive_frame(&mut frame) {
            Ok(()) => self.accept(frame).map(|()| true),
            Err(ffmpeg::Error::Eof) => Ok(false),
            Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => Ok(false),
            Err(e) => Err(damaged(e)),
        }
    }

    fn accept(&mut self, frame: ffmpeg::frame::Video) -> Result<(), DecodeError> {
        let Some(pts_us) = frame.pts().or_else(|| frame.timestamp()) else { return Ok(()) };
        let duration_us = match self.pending.iter().position(|(p, _)| *p == pts_us) {
            Some(i) => self.pending.remove(i).map_or(0, |(_, d)| d),
            None => 0,
        };
        let corrupt = frame.is_corrupt() || has_decode_errors(&frame);
        let picture = Picture::new(frame, pts_us, duration_us, corrupt).ok_or(DecodeError::Format)?;
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

fn damaged(error: ffmpeg::Error) -> DecodeError {
    match error {
        ffmpeg::Error::Other { errno } if errno == libc::ENOMEM => DecodeError::Memory,
        e => DecodeError::Damaged(e.to_string()),
    }
}

/// Whether the decoder concealed errors in this frame.
fn has_decode_errors(frame: &ffmpeg::frame::Video) -> bool {
    // SAFETY: the frame is a valid AVFrame that we own; the field is a plain integer.
    unsafe { (*frame.as_ptr()).decode_error_flags != 0 }
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
        let Ok(mut decoder) = VideoDecoder::new(&config, 1) else { return };
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
