//! H.264 by x264, for stored rungs and live: closed groups, keyframes only where asked, parameter sets out of band.

use super::failure::{Failure, FailureKind};
use crate::codec_config;
use bytes::Bytes;
use ffmpeg::{Dictionary, Rational, codec, color, format::Pixel, picture};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::{VIDEO_TIMESCALE, VideoConfig};
use lectern_proto::limits::LIVE_UNIT_MAX;
use lectern_proto::rung::PictureSize;

/// Pictures that may be decoded before one that is presented earlier, in a stored rung.
const REORDER: f64 = 2.0;
/// Threads that share a live picture; each makes a slice, and more slices cost bits.
const LIVE_THREADS_MAX: usize = 4;
/// A live picture must stay well below the largest unit, so its buffer does too.
const LIVE_BUFFER_BITS_MAX: f64 = LIVE_UNIT_MAX as f64 * 8.0 * 0.75;

/// What the pictures are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Made ahead: looks ahead, reorders, its rate may swing.
    Stored,
    /// Out of the encoder as soon as it is in: no picture of look-ahead, no reordering, an even rate.
    Live(Preset),
}

/// Speed against quality, x264's names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Preset {
    Ultrafast,
    Superfast,
    #[default]
    Veryfast,
}

impl Preset {
    fn name(self) -> &'static str {
        match self {
            Self::Ultrafast => "ultrafast",
            Self::Superfast => "superfast",
            Self::Veryfast => "veryfast",
        }
    }
}

/// How far the rate may swing.
struct Swing {
    /// Highest rate as a multiple of the target.
    peak: f64,
    /// Bits over which it is measured.
    buffer_bits: f64,
}

impl Purpose {
    fn swing(self, bitrate_bps: u32) -> Swing {
        let bps = f64::from(bitrate_bps);
        match self {
            Self::Stored => Swing { peak: 1.2, buffer_bits: bps * 1.5 },
            // A keyframe is out on the network within a third of a second, at once where the network has room.
            Self::Live(_) => Swing { peak: 1.0, buffer_bits: (bps / 3.0).min(LIVE_BUFFER_BITS_MAX) },
        }
    }

    fn options(self) -> Dictionary {
        // Keyframes come where they are asked for and nowhere else: in a stored video all rungs have the same.
        const KEYFRAMES: &str = "keyint=infinite:min-keyint=1:scenecut=0:open-gop=0";
        let common = [("profile", "high"), ("forced-idr", "1")];
        let mut options: Dictionary = common.into_iter().collect();
        match self {
            Self::Stored => {
                // Prepares 720p at several times real time on two cores.
                options.set("preset", Preset::Veryfast.name());
                options.set("x264-params", format!("{KEYFRAMES}:bframes=2"));
            }
            Self::Live(preset) => {
                let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(LIVE_THREADS_MAX);
                options.set("preset", preset.name());
                options.set("tune", "zerolatency");
                options.set("threads", threads.to_string());
                options.set("x264-params", format!("{KEYFRAMES}:bframes=0:sliced-threads=1"));
            }
        }
        options
    }
}

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
    purpose: Purpose,
    config: VideoConfig,
    delay: u32,
}

fn failed(e: ffmpeg::Error) -> Failure {
    match e {
        ffmpeg::Error::EncoderNotFound => Failure::internal("encode", "this FFmpeg has no H.264 encoder (libx264)"),
        // x264 tells FFmpeg no more than that it failed; what it lacks is memory.
        ffmpeg::Error::External | ffmpeg::Error::Other { errno: libc::ENOMEM } => Failure::new(
            FailureKind::NoMemory,
            "The video encoder failed, most likely for want of memory. Raise the worker's limit, or remove the largest rung.",
        ),
        e => Failure::internal("encode the pictures", e),
    }
}

impl VideoEncoder {
    /// Times are in ticks of [`VIDEO_TIMESCALE`].
    pub(crate) fn new(size: PictureSize, bitrate_bps: u32, frame_rate: Rational, purpose: Purpose) -> Result<Self, Failure> {
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
        video.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::CLOSED_GOP);
        // SAFETY: the context is ours and not open; the fields are plain values.
        unsafe {
            let raw = video.as_mut_ptr();
            (*raw).color_primaries = color::Primaries::BT709.into();
            (*raw).color_trc = color::TransferCharacteristic::BT709.into();
        }
        set_rate(&mut video, bitrate_bps, purpose);
        let options = purpose.options();
        let encoder = video.open_as_with(codec, options).map_err(failed)?;
        let config = video_config(&codec_config::extradata(&encoder), size)?;
        let frame = f64::from(VIDEO_TIMESCALE) / f64::from(frame_rate).max(1.0);
        let delay = if purpose == Purpose::Stored { (frame * REORDER).ceil() as u32 } else { 0 };
        Ok(Self { encoder, purpose, config, delay })
    }

    /// Changes the bit rate from the next picture on, without a new configuration and without a keyframe.
    pub(crate) fn set_rate(&mut self, bitrate_bps: u32) {
        // FFmpeg hands changed rates to the running x264 with the next picture.
        set_rate(&mut self.encoder, bitrate_bps, self.purpose);
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

fn set_rate(context: &mut codec::Context, bitrate_bps: u32, purpose: Purpose) {
    let swing = purpose.swing(bitrate_bps);
    // SAFETY: the context is ours; the fields are plain values, which FFmpeg reads when it opens the encoder and with each
    // picture.
    unsafe {
        let raw = context.as_mut_ptr();
        (*raw).bit_rate = i64::from(bitrate_bps);
        (*raw).rc_max_rate = (f64::from(bitrate_bps) * swing.peak) as i64;
        (*raw).rc_buffer_size = swing.buffer_bits.min(f64::from(i32::MAX)) as i32;
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
