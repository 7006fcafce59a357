//! Encoding the sample lesson and writing it as MP4.

use super::scene::Scene;
use super::{SampleLesson, sound};
use crate::codec_config;
use crate::make::audio_encoder::AudioEncoder;
use crate::make::failure::Failure;
use crate::make::pcm::{CHANNELS, RATE_HZ};
use crate::make::scale::{Scaler, from_bgr};
use crate::make::video_encoder::{Purpose, VideoEncoder};
use ffmpeg::format::Pixel;
use ffmpeg::{ChannelLayout, Dictionary, Rational, codec, format};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::{AAC_PACKET_SAMPLES, VIDEO_TIMESCALE};
use lectern_proto::stamp;
use opencv::prelude::MatTraitConstManual;
use std::ffi::OsString;
use std::path::Path;

/// Bits for each pixel and frame; the scene is plain.
const BITS_PER_PIXEL: f64 = 0.1;
/// Stream indices in the file.
const VIDEO: usize = 0;
const AUDIO: usize = 1;

fn failed(e: ffmpeg::Error) -> Failure {
    Failure::ffmpeg("write the sample lesson", e)
}

/// Writes the whole file.
pub(super) fn write(lesson: &SampleLesson, path: &Path) -> Result<(), Failure> {
    codec_config::quiet();
    let rate = f64::from(lesson.size.width * lesson.size.height) * f64::from(lesson.fps) * BITS_PER_PIXEL;
    let mut video = VideoEncoder::new(lesson.size, rate.clamp(200_000.0, 50e6) as u32, Rational(lesson.fps as i32, 1), Purpose::Stored)?;
    let mut audio = AudioEncoder::new()?;
    let mut file = Mp4::create(path, lesson, &video, &audio)?;
    let drawing = |e: opencv::Error| Failure::internal("draw the sample lesson", e);
    let mut scene = Scene::new(lesson).map_err(drawing)?;
    let mut scaler = Scaler::new(lesson.size, true);
    let block = u64::from(AAC_PACKET_SAMPLES);
    let mut heard = 0;
    for number in 0..lesson.seconds * lesson.fps {
        scene.draw(number).map_err(drawing)?;
        let mut picture = scaler.run(&from_bgr(scene.picture.data_bytes().map_err(drawing)?, lesson.size))?;
        let (stride, width, height) = (picture.stride(0), picture.width() as usize, picture.height() as usize);
        stamp::draw(picture.data_mut(0), stride, width, height, number);
        let pts = i64::from(number) * i64::from(VIDEO_TIMESCALE) / i64::from(lesson.fps);
        video.send(&mut picture, pts, number % (2 * lesson.fps) == 0)?;
        let until = u64::from(number + 1) * u64::from(RATE_HZ) / u64::from(lesson.fps);
        while heard + block <= until {
            audio.send(&sound::samples(heard, heard + block))?;
            heard += block;
        }
        file.take(&mut video, &mut audio)?;
    }
    let end = u64::from(lesson.seconds) * u64::from(RATE_HZ);
    if heard < end {
        audio.send(&sound::samples(heard, end))?;
    }
    video.finish()?;
    audio.finish()?;
    file.take(&mut video, &mut audio)?;
    file.output.write_trailer().map_err(failed)
}

/// The file that is being written.
struct Mp4 {
    output: format::context::Output,
    time_bases: [Rational; 2],
    /// Number of the next AAC packet.
    packet: i64,
    frame_ticks: i64,
}

impl Mp4 {
    fn create(path: &Path, lesson: &SampleLesson, video: &VideoEncoder, audio: &AudioEncoder) -> Result<Self, Failure> {
        let mut url = OsString::from("file:");
        url.push(path);
        let mut output = format::output_as(&url, "mp4").map_err(failed)?;
        let picture = video_parameters(video, lesson)?;
        let sound = audio_parameters(audio)?;
        for context in [&picture, &sound] {
            let mut stream = output.add_stream(None::<ffmpeg::Codec>).map_err(failed)?;
            stream.copy_parameters_from_context(context);
        }
        output.metadata_mut().set("title", "Lectern sample lesson");
        let options: Dictionary = [("movflags", "+faststart"), ("fflags", "+bitexact")].into_iter().collect();
        output.write_header_with(options).map_err(failed)?;
        let time_base = |i| output.stream(i).map_or(Rational(1, 1000), |s| s.time_base());
        let time_bases = [time_base(VIDEO), time_base(AUDIO)];
        Ok(Self { output, time_bases, packet: 0, frame_ticks: i64::from(VIDEO_TIMESCALE / lesson.fps) })
    }

    /// Writes what the encoders have.
    fn take(&mut self, video: &mut VideoEncoder, audio: &mut AudioEncoder) -> Result<(), Failure> {
        while let Some(coded) = video.receive()? {
            self.write(VIDEO, &coded.data, (coded.pts, coded.dts, self.frame_ticks), VIDEO_TIMESCALE, coded.keyframe)?;
        }
        while let Some(data) = audio.receive()? {
            let pts = (self.packet - 1) * i64::from(AAC_PACKET_SAMPLES);
            self.packet += 1;
            self.write(AUDIO, &data, (pts, pts, AAC_PACKET_SAMPLES.into()), RATE_HZ, true)?;
        }
        Ok(())
    }

    fn write(&mut self, stream: usize, data: &[u8], (pts, dts, duration): (i64, i64, i64), timescale: u32, key: bool) -> Result<(), Failure> {
        let mut packet = codec::packet::Packet::copy(data);
        packet.set_stream(stream);
        packet.set_pts(Some(pts));
        packet.set_dts(Some(dts));
        packet.set_duration(duration);
        if key {
            packet.set_flags(codec::packet::Flags::KEY);
        }
        packet.rescale_ts(Rational(1, timescale as i32), self.time_bases[stream]);
        packet.write_interleaved(&mut self.output).map_err(failed)
    }
}

fn video_parameters(encoder: &VideoEncoder, lesson: &SampleLesson) -> Result<codec::Context, Failure> {
    let codec = codec::encoder::find(codec::Id::H264).ok_or_else(|| failed(ffmpeg::Error::EncoderNotFound))?;
    let mut video = codec::Context::new_with_codec(codec).encoder().video().map_err(failed)?;
    video.set_width(lesson.size.width);
    video.set_height(lesson.size.height);
    video.set_format(Pixel::YUV420P);
    video.set_aspect_ratio(Rational(1, 1));
    video.set_colorspace(ffmpeg::color::Space::BT709);
    video.set_color_range(ffmpeg::color::Range::MPEG);
    let mut context = video.0.0;
    codec_config::set_extradata(&mut context, &encoder.config().avcc).map_err(|e| Failure::internal("write the sample lesson", e))?;
    Ok(context)
}

fn audio_parameters(encoder: &AudioEncoder) -> Result<codec::Context, Failure> {
    let codec = codec::encoder::find(codec::Id::AAC).ok_or_else(|| failed(ffmpeg::Error::EncoderNotFound))?;
    let mut audio = codec::Context::new_with_codec(codec).encoder().audio().map_err(failed)?;
    audio.set_rate(RATE_HZ as i32);
    audio.set_ch_layout(ChannelLayout::default_for_channels(CHANNELS as u32));
    audio.set_format(format::Sample::F32(format::sample::Type::Planar));
    let mut context = audio.0.0;
    codec_config::set_extradata(&mut context, &encoder.config().asc).map_err(|e| Failure::internal("write the sample lesson", e))?;
    Ok(context)
}
