//! H.264 by x264, as every rung needs it: closed groups, keyframes only where asked, parameter sets out of band.

use super::failure::{Failure, FailureKind};
use crate::codec_config;
use bytes::Bytes;
use ffmpeg::{Dictionary, Rational, codec, color, format::Pixel, picture};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::{VIDEO_TIMESCALE, VideoConfig};
use lectern_proto::rung::PictureSize;

/// Speed against quality: `veryfast` prepares 720p at several times real time on two cores.
const PRESET: &str = "veryfast";
/// Peaks allowed above the target rate, and the buffer they are measured over in seconds.
const PEAK: f64 = 1.2;
const BUFFER_SECONDS: f64 = 1.5;
/// Pictures that may be decoded before one that is presented earlier.
const REORDER: f64 = 2.0;

/// A coded picture.
#[derive(Debug, Clone)]
pub(crate) struct Coded {
    /// NAL units with 4-byte lengths.
    pub(crate) data: Bytes,
    pub(crate) pts: i64,
    /// The encoder's decode time; starts below 0.
    pub(crate) dts: i64,
    pub(crate) keyframe: bool,
}

/// An encoder for one rung.
pub(crate) struct VideoEncoder {
    encoder: codec::encoder::video::Encoder,
    config: VideoConfig,
    delay: u32,
}

fn failed(e: ffmpeg::Error) -> Failure {
    match e {
        ffmpeg::Error::EncoderNotFound => Failure::internal("encode", "this FFmpeg has no H.264 encoder (libx264)"),
        // x264 tells FFmpeg no more than that it failed; what it lacks is memory.
        ffmpeg::Error::External | ffmpeg::Error::Other { errno: libc::ENOMEM } => Failure::new(
            FailureKind::Internal,
            "The video encoder failed, most likely for want of memory. Raise the worker's limit, or remove the largest rung.",
        ),
        e => Failure::internal("encode the pictures", e),
    }
}

impl VideoEncoder {
    pub(crate) fn new(size: PictureSize, bitrate_bps: u32, frame_rate: Rational) -> Result<Self, Failure> {
        let codec = codec::encoder::find_by_name("libx264").ok_or_else(|| failed(ffmpeg::Error::EncoderNotFound))?;
        let mut video = codec::Context::new_with_codec(codec).encoder().video().map_err(failed)?;
        video.set_width(size.width);
        video.set_height(size.height);
        video.set_format(Pixel::YUV420P);
        video.set_time_base(Rational(1, VIDEO_TIMESCALE as i32));
        video.set_frame_rate(Some(frame_rate));
        video.set_aspect_ratio(Rational(1, 1));
        video.set_colorspace(color::Space::BT709);
        video.set_color_range(color::Range::MPEG);
        video.set_bit_rate(bitrate_bps as usize);
        video.set_max_bit_rate((f64::from(bitrate_bps) * PEAK) as usize);
        video.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::CLOSED_GOP);
        // SAFETY: the context is ours and not open; the fields are plain values.
        unsafe {
            let raw = video.as_mut_ptr();
            (*raw).color_primaries = color::Primaries::BT709.into();
            (*raw).color_trc = color::TransferCharacteristic::BT709.into();
            (*raw).rc_buffer_size = (f64::from(bitrate_bps) * BUFFER_SECONDS).min(f64::from(i32::MAX)) as i32;
        }
        let options: Dictionary = [
            ("preset", PRESET),
            ("profile", "high"),
            ("forced-idr", "1"),
            // Keyframes come where segments start and nowhere else, so that all rungs have the same.
            ("x264-params", "keyint=infinite:min-keyint=1:scenecut=0:open-gop=0:bframes=2"),
        ]
        .into_iter()
        .collect();
        let encoder = video.open_as_with(codec, options).map_err(failed)?;
        let config = video_config(&codec_config::extradata(&encoder), size)?;
        let frame = f64::from(VIDEO_TIMESCALE) / f64::from(frame_rate).max(1.0);
        Ok(Self { encoder, config, delay: (frame * REORDER).ceil() as u32 })
    }

    /// What a decoder must know; the same for the same settings.
    pub(crate) fn config(&self) -> &VideoConfig {
        &self.config
    }

    /// How much earlier pictures are decoded than presented, in ticks.
    pub(crate) fn delay(&self) -> u32 {
        self.delay
    }

    /// Encodes a picture of the right size. It is changed: its time, and whether it must be a keyframe.
    pub(crate) fn send(&mut self, picture: &mut ffmpeg::frame::Video, pts: i64, keyframe: bool) -> Result<(), Failure> {
        picture.set_pts(Some(pts));
        picture.set_kind(if keyframe { picture::Type::I } else { picture::Type::None });
        self.encoder.send_frame(picture).map_err(failed)
    }

    /// No more pictures come; the rest is to be received.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        self.encoder.send_eof().map_err(failed)
    }

    /// The next coded picture in decode order, when there is one.
    pub(crate) fn receive(&mut self) -> Result<Option<Coded>, Failure> {
        let mut packet = codec::packet::Packet::empty();
        match self.encoder.receive_packet(&mut packet) {
            Ok(()) => {
                let data = with_lengths(packet.data().unwrap_or_default());
                let pts = packet.pts().ok_or_else(|| Failure::internal("encode", "a coded picture has no time"))?;
                Ok(Some(Coded { data, pts, dts: packet.dts().unwrap_or(pts), keyframe: packet.is_key() }))
            }
            Err(ffmpeg::Error::Eof) => Ok(None),
            Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => Ok(None),
            Err(e) => Err(failed(e)),
        }
    }
}

fn video_config(extradata: &[u8], size: PictureSize) -> Result<VideoConfig, Failure> {
    let set = |kind: u8| nals(extradata).find(|n| n.first().is_some_and(|h| h & 0x1F == kind)).unwrap_or_default();
    VideoConfig::from_parameter_sets(set(7), set(8), size).map_err(|e| Failure::internal("describe the pictures", e))
}

/// Start codes become lengths; parameter sets, delimiters and encoder notes are left out.
fn with_lengths(annex_b: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(annex_b.len() + 16);
    for nal in nals(annex_b).filter(|n| n.first().is_some_and(|h| !matches!(h & 0x1F, 6..=9))) {
        // A NAL unit is never as long as 4 GiB.
        out.extend_from_slice(&u32::try_from(nal.len()).unwrap_or(0).to_be_bytes());
        out.extend_from_slice(nal);
    }
    out.into()
}

/// NAL units between start codes (ITU-T H.264, Annex B).
pub(crate) fn nals(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let start = find_start(rest)?;
        let body = &rest[start + 3..];
        let end = find_start(body).unwrap_or(body.len());
        rest = &body[end..];
        // Zero bytes before a start code belong to it.
        let nal = &body[..end];
        Some(&nal[..nal.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1)])
    })
}

fn find_start(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        // Start codes are rare, so look for their last byte fast.
        let one = from + bytes.get(from..)?.iter().position(|b| *b == 1)?;
        if one >= 2 && bytes[one - 1] == 0 && bytes[one - 2] == 0 {
            return Some(one - 2);
        }
        from = one + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_codes_become_lengths() {
        let annex_b = [0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x06, 5, 0, 0, 0, 1, 0x65, 1, 2, 0, 1, 1, 0, 0, 1, 0x41, 9, 0];
        assert_eq!(nals(&annex_b).collect::<Vec<_>>(), [&[0x67, 1][..], &[6, 5], &[0x65, 1, 2, 0, 1, 1], &[0x41, 9]]);
        assert_eq!(&with_lengths(&annex_b)[..], [0, 0, 0, 6, 0x65, 1, 2, 0, 1, 1, 0, 0, 0, 2, 0x41, 9]);
        assert!(with_lengths(&[]).is_empty());
        assert!(with_lengths(&[0, 0]).is_empty());
    }
}
