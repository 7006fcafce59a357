//! AAC through libavcodec, brought to 48 kHz stereo by libswresample where a track is something else.

use super::damaged;
use crate::audio_decoder::{AudioEngine, CHANNELS, SAMPLE_RATE_HZ};
use crate::codec_config;
use crate::video_decoder::DecodeError;
use ffmpeg::codec;
use ffmpeg::software::resampling;
use ffmpeg::{ChannelLayout, ChannelLayoutMask, format};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::{AudioConfig, Sample};

/// An open decoder.
pub(crate) struct Audio {
    decoder: codec::decoder::Audio,
    resampler: Option<resampling::Context>,
}

impl Audio {
    pub(crate) fn new(config: &AudioConfig) -> Result<Self, DecodeError> {
        codec_config::quiet();
        let codec = codec::decoder::find(codec::Id::AAC).ok_or(DecodeError::NoDecoder("AAC"))?;
        let mut context = codec::Context::new_with_codec(codec);
        codec_config::set_extradata(&mut context, &config.asc)?;
        let decoder = context.decoder().open_as(codec).and_then(codec::decoder::Opened::audio);
        let decoder = decoder.map_err(|e| DecodeError::Configuration(e.to_string()))?;
        Ok(Self { decoder, resampler: None })
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

impl AudioEngine for Audio {
    fn decode(&mut self, sample: &Sample) -> Result<Option<Vec<f32>>, DecodeError> {
        let packet = codec::packet::Packet::copy(&sample.data);
        self.decoder.send_packet(&packet).map_err(damaged)?;
        let mut samples: Option<Vec<f32>> = None;
        loop {
            let mut frame = ffmpeg::frame::Audio::empty();
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) => samples.get_or_insert_default().extend(self.stereo(&frame)?),
                Err(ffmpeg::Error::Eof) => return Ok(samples),
                Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => return Ok(samples),
                Err(e) => return Err(damaged(e)),
            }
        }
    }

    fn flush(&mut self) {
        self.decoder.flush();
        self.resampler = None;
    }
}
