//! AAC-LC, 48 kHz stereo.

use super::failure::Failure;
use super::pcm::{CHANNELS, RATE_HZ};
use crate::codec_config;
use bytes::Bytes;
use ffmpeg::{ChannelLayout, ChannelLayoutMask, Rational, codec, format};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::{AAC_PACKET_SAMPLES, AudioConfig};

/// Rate of every sound track: transparent for speech, good for music.
const BITRATE_BPS: usize = 128_000;

/// An encoder. Packet `i` of those that come out holds the frames of block `i - 1` that was sent: the first is priming.
pub(crate) struct AudioEncoder {
    encoder: codec::encoder::audio::Encoder,
    config: AudioConfig,
    sent: i64,
}

fn failed(e: ffmpeg::Error) -> Failure {
    Failure::internal("encode the sound", e)
}

impl AudioEncoder {
    pub(crate) fn new() -> Result<Self, Failure> {
        let codec = codec::encoder::find(codec::Id::AAC).ok_or_else(|| failed(ffmpeg::Error::EncoderNotFound))?;
        let mut audio = codec::Context::new_with_codec(codec).encoder().audio().map_err(failed)?;
        audio.set_rate(RATE_HZ as i32);
        audio.set_ch_layout(ChannelLayout::default_for_channels(CHANNELS as u32));
        audio.set_format(format::Sample::F32(format::sample::Type::Planar));
        audio.set_bit_rate(BITRATE_BPS);
        audio.set_time_base(Rational(1, RATE_HZ as i32));
        audio.set_flags(codec::Flags::GLOBAL_HEADER);
        let encoder = audio.open_as(codec).map_err(failed)?;
        let asc = codec_config::extradata(&encoder);
        if encoder.frame_size() != AAC_PACKET_SAMPLES || asc.len() < 2 {
            return Err(Failure::internal("encode the sound", "the AAC encoder is not one that this program knows"));
        }
        Ok(Self { encoder, config: AudioConfig { asc: asc.into(), channels: CHANNELS as u16, sample_rate_hz: RATE_HZ }, sent: 0 })
    }

    pub(crate) fn config(&self) -> &AudioConfig {
        &self.config
    }

    /// Encodes one block of interleaved samples; a short one is filled with silence.
    pub(crate) fn send(&mut self, block: &[f32]) -> Result<(), Failure> {
        let size = AAC_PACKET_SAMPLES as usize;
        let mut frame = ffmpeg::frame::Audio::new(format::Sample::F32(format::sample::Type::Planar), size, ChannelLayoutMask::STEREO);
        frame.set_rate(RATE_HZ);
        frame.set_pts(Some(self.sent));
        for channel in 0..CHANNELS {
            let plane = frame.plane_mut::<f32>(channel);
            plane.fill(0.0);
            for (out, pair) in plane.iter_mut().zip(block.chunks_exact(CHANNELS)) {
                *out = if pair[channel].is_finite() { pair[channel].clamp(-1.0, 1.0) } else { 0.0 };
            }
        }
        self.sent += i64::from(AAC_PACKET_SAMPLES);
        self.encoder.send_frame(&frame).map_err(failed)
    }

    /// No more blocks come; the rest is to be received.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        self.encoder.send_eof().map_err(failed)
    }

    /// The next packet, when there is one.
    pub(crate) fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
        let mut packet = codec::packet::Packet::empty();
        match self.encoder.receive_packet(&mut packet) {
            Ok(()) => Ok(Some(Bytes::copy_from_slice(packet.data().unwrap_or_default()))),
            Err(ffmpeg::Error::Eof) => Ok(None),
            Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => Ok(None),
            Err(e) => Err(failed(e)),
        }
    }
}
