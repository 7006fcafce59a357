//! AAC out of our own demuxing into blocks of interleaved stereo at 48 kHz.
//!
//! Feed packets in order, take blocks. Times before 0 (the encoder's priming) are trimmed here. The first packet after
//! [`AudioDecoder::reset`] only warms the decoder up, because each AAC block overlaps the one before: to hear sound from a
//! time, feed the packet before the one that holds it.

use crate::codec_config;
use crate::video_decoder::DecodeError;
use ffmpeg::codec;
use ffmpeg::software::resampling;
use ffmpeg::{ChannelLayout, ChannelLayoutMask, format};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::{AudioConfig, Sample};
use std::collections::VecDeque;

/// Sample rate of every [`PcmBlock`], and of the speaker.
pub const SAMPLE_RATE_HZ: u32 = 48_000;
/// Channels of every [`PcmBlock`], and of the speaker.
pub const CHANNELS: usize = 2;

/// Decoded sound: interleaved left and right, -1 to 1, 48 kHz.
#[derive(Debug, Clone, PartialEq)]
pub struct PcmBlock {
    /// Presentation time of the first frame in microseconds; never negative.
    pub pts_us: i64,
    pub samples: Vec<f32>,
}

impl PcmBlock {
    /// Pairs of samples.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.samples.len() / CHANNELS
    }
}

/// An AAC decoder for one track. `Send`; it belongs to one thread at a time.
pub struct AudioDecoder {
    decoder: codec::decoder::Audio,
    resampler: Option<resampling::Context>,
    ready: VecDeque<PcmBlock>,
    warm: bool,
}

impl std::fmt::Debug for AudioDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AudioDecoder").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}

impl AudioDecoder {
    /// A decoder for a track.
    ///
    /// # Errors
    /// [`DecodeError`] when FFmpeg has no AAC decoder or refuses the configuration.
    pub fn new(config: &AudioConfig) -> Result<Self, DecodeError> {
        codec_config::quiet();
        let codec = codec::decoder::find(codec::Id::AAC).ok_or(DecodeError::NoDecoder("AAC"))?;
        let mut context = codec::Context::new_with_codec(codec);
        codec_config::set_extradata(&mut context, &config.asc)?;
        let decoder = context.decoder().open_as(codec).and_then(codec::decoder::Opened::audio);
        let decoder = decoder.map_err(|e| DecodeError::Configuration(e.to_string()))?;
        Ok(Self { decoder, resampler: None, ready: VecDeque::new(), warm: false })
    }

    /// Feeds one packet, in order.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when the packet cannot be decoded; later packets still can.
    pub fn decode(&mut self, sample: &Sample, pts_us: i64) -> Result<(), DecodeError> {
        let mut packet = codec::packet::Packet::copy(&sample.data);
        packet.set_pts(Some(pts_us));
        self.decoder.send_packet(&packet).map_err(damaged)?;
        loop {
            let mut frame = ffmpeg::frame::Audio::empty();
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) => self.accept(&frame, pts_us)?,
                Err(ffmpeg::Error::Eof) => return Ok(()),
                Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => return Ok(()),
                Err(e) => return Err(damaged(e)),
            }
        }
    }

    /// The next block, when there is one.
    pub fn next_block(&mut self) -> Option<PcmBlock> {
        self.ready.pop_front()
    }

    /// Forgets everything; the next packet may be from anywhere and only warms the decoder up.
    pub fn reset(&mut self) {
        self.decoder.flush();
        self.resampler = None;
        self.ready.clear();
        self.warm = false;
    }

    fn accept(&mut self, frame: &ffmpeg::frame::Audio, pts_us: i64) -> Result<(), DecodeError> {
        if !std::mem::replace(&mut self.warm, true) {
            return Ok(());
        }
        let mut samples = self.stereo(frame)?;
        let pts_us = if pts_us < 0 {
            // Rounded: times are microseconds, samples are 20.8 of them.
            let early = u64::try_from((pts_us.saturating_neg().saturating_mul(i64::from(SAMPLE_RATE_HZ)) + 500_000) / 1_000_000).unwrap_or(0);
            let cut = usize::try_from(early).unwrap_or(usize::MAX).saturating_mul(CHANNELS).min(samples.len());
            samples.drain(..cut);
            0
        } else {
            pts_us
        };
        if !samples.is_empty() {
            self.ready.push_back(PcmBlock { pts_us, samples });
        }
        Ok(())
    }

    fn stereo(&mut self, frame: &ffmpeg::frame::Audio) -> Result<Vec<f32>, DecodeError> {
        let planar = frame.format() == format::Sample::F32(format::sample::Type::Planar);
        let channels = frame.ch_layout().channels();
        if planar && frame.rate() == SAMPLE_RATE_HZ && (1..=2).contains(&channels) {
            let left = frame.plane::<f32>(0);
            let right = if channels == 2 { frame.plane::<f32>(1) } else { left };
            return Ok(left.iter().zip(right).flat_map(|(l, r)| [*l, *r]).collect());
        }
        self.resample(frame)
    }

    fn resample(&mut self, frame: &ffmpeg::frame::Audio) -> Result<Vec<f32>, DecodeError> {
        let source = frame.ch_layout();
        let mask = source.mask().unwrap_or_else(|| ChannelLayout::default_for_channels(source.channels()).mask().unwrap_or(ChannelLayoutMask::STEREO));
        let fits = |r: &resampling::Context| {
            let input = r.input();
            input.format == frame.format() && input.rate == frame.rate() && input.channel_layout == mask
        };
        if !self.resampler.as_ref().is_some_and(fits) {
            let target = format::Sample::F32(format::sample::Type::Packed);
            let made = resampling::Context::get(frame.format(), mask, frame.rate(), target, ChannelLayoutMask::STEREO, SAMPLE_RATE_HZ);
            self.resampler = Some(made.map_err(|e| DecodeError::Configuration(e.to_string()))?);
        }
        let Some(resampler) = self.resampler.as_mut() else { return Err(DecodeError::Format) };
        // What comes out of this frame, and what the filter still held.
        let room = frame.samples() * SAMPLE_RATE_HZ as usize / (frame.rate().max(1) as usize) + 1024;
        let mut output = ffmpeg::frame::Audio::new(format::Sample::F32(format::sample::Type::Packed), room, ChannelLayoutMask::STEREO);
        resampler.run(frame, &mut output).map_err(damaged)?;
        // Packed samples lie in plane 0, both channels after one another.
        let bytes = output.data(0);
        let used = output.samples() * CHANNELS;
        Ok(bytes.chunks_exact(4).take(used).map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect())
    }
}

fn damaged(error: ffmpeg::Error) -> DecodeError {
    DecodeError::Damaged(error.to_string())
}
