//! Our fragmented MP4: one track per file, an initialisation segment and media segments of one `moof` and one `mdat`.
//!
//! The media worker writes it, the player reads it. ISO/IEC 14496-12 (boxes), 14496-15 (`avcC`), 14496-14 (`esds`). It is a
//! narrow profile on purpose: what we do not write, we refuse to read. Concatenated, the segments are a file that any
//! player opens. Nothing here decodes a picture or opens a file; hostile bytes give an error, never a panic, deep recursion
//! or an allocation larger than the bytes that came.
//!
//! Times are ticks of the track's timescale on the presentation timeline: the edit list is already applied, so the
//! presentation starts at 0 and the priming packet of an AAC track has a negative time and must be trimmed by whoever
//! decodes it. Within a segment the presentation intervals of the samples follow one another without gap or overlap; decode
//! times are derived from that (the i-th sample decoded has the i-th smallest presentation time, less a delay that is the
//! same for the whole track), so segments are self-contained. Composition offsets are signed: with variable frame rates no
//! delay is always enough.

mod boxes;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use read::{SegmentReader, parse_init, parse_segment};
pub use write::{write_init, write_segment};

use crate::rung::PictureSize;
use bytes::Bytes;

/// Ticks per second of every video track.
pub const VIDEO_TIMESCALE: u32 = 90_000;
/// PCM samples in one AAC packet, and the priming that an AAC encoder puts in front.
pub const AAC_PACKET_SAMPLES: u32 = 1024;

/// Largest initialisation segment: parameter sets and boxes are under 1 KiB.
pub const INIT_BYTES_MAX: usize = 64 * 1024;
/// Largest `moof`: 16 bytes a sample and [`SAMPLES_MAX`] samples.
pub const MOOF_BYTES_MAX: usize = 16 * SAMPLES_MAX + 1024;
/// Most samples in one segment; two seconds of video are some hundred.
pub const SAMPLES_MAX: usize = 16_384;
/// Largest segment: two seconds at the highest rate a rung may have, with room for its peaks.
pub const SEGMENT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest track in ticks; a year at 90 kHz fits, and no sum of times overflows.
const TIME_MAX: i64 = 1 << 46;

/// What a track's decoder must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrackConfig {
    Video(VideoConfig),
    Audio(AudioConfig),
}

/// H.264 (ISO/IEC 14496-15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoConfig {
    /// Body of the `avcC` box, AVCDecoderConfigurationRecord; samples carry 4-byte lengths.
    pub avcc: Bytes,
    pub size: PictureSize,
}

/// AAC-LC (ISO/IEC 14496-3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioConfig {
    /// AudioSpecificConfig.
    pub asc: Bytes,
    pub channels: u16,
    pub sample_rate_hz: u32,
}

/// The initialisation segment of a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    pub config: TrackConfig,
    /// Ticks per second.
    pub timescale: u32,
    /// Media time at which the presentation starts: 1,024 for AAC; for video how much earlier pictures are decoded than
    /// presented.
    pub media_start: u32,
}

/// One coded frame or AAC packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// NAL units with 4-byte lengths, or a raw AAC packet.
    pub data: Bytes,
    /// Decode time in ticks; derived by the writer, given by the reader.
    pub dts: i64,
    /// Presentation time in ticks from the start of the presentation; negative for AAC priming.
    pub pts: i64,
    /// How long it is presented, in ticks.
    pub duration: u32,
    /// Decoding may start here.
    pub keyframe: bool,
}

/// Why bytes are not our fragmented MP4, or samples cannot become it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fmp4Error {
    #[error("the segment ends before all of it has come")]
    Truncated,
    #[error("the segment has {what} of {size} bytes, more than the {limit} allowed")]
    TooLarge { what: &'static str, size: u64, limit: u64 },
    #[error("the segment has a box `{0}` where none is allowed")]
    UnexpectedBox(String),
    #[error("the segment is not of our form: {0}")]
    Form(&'static str),
    #[error("the segment has a malformed box: {0}")]
    Malformed(String),
    #[error("the samples do not follow one another at {pts} ticks")]
    Gap { pts: i64 },
}

impl Init {
    /// The initialisation of a video track with our timescale, whose pictures are decoded `delay` ticks before they are
    /// presented. Two frames keep the composition offsets of usual tracks positive, which some players need.
    #[must_use]
    pub fn video(config: VideoConfig, delay: u32) -> Self {
        Self { config: TrackConfig::Video(config), timescale: VIDEO_TIMESCALE, media_start: delay }
    }

    /// The initialisation of an AAC track; its timescale is its sample rate.
    #[must_use]
    pub fn audio(config: AudioConfig) -> Self {
        Self { timescale: config.sample_rate_hz, config: TrackConfig::Audio(config), media_start: AAC_PACKET_SAMPLES }
    }

    /// From presentation times to the decode times of the same position, in media time: sound is decoded as it is
    /// presented, pictures earlier by the delay that the edit list takes out again.
    pub(crate) fn decode_shift(&self) -> i64 {
        match self.config {
            TrackConfig::Video(_) => 0,
            TrackConfig::Audio(_) => i64::from(self.media_start),
        }
    }

    /// RFC 6381 codec string, for example `avc1.64001F` or `mp4a.40.2`.
    #[must_use]
    pub fn codec(&self) -> String {
        match &self.config {
            TrackConfig::Video(v) => {
                let at = |i: usize| v.avcc.get(i).copied().unwrap_or(0);
                format!("avc1.{:02X}{:02X}{:02X}", at(1), at(2), at(3))
            }
            TrackConfig::Audio(a) => format!("mp4a.40.{}", a.asc.first().map_or(2, |b| b >> 3)),
        }
    }

    /// Microseconds of a time in this track's ticks, rounded to the nearest; negative times are kept.
    #[must_use]
    pub fn ticks_to_us(&self, ticks: i64) -> i64 {
        let scale = i128::from(self.timescale.max(1));
        let us = (i128::from(ticks) * 1_000_000 + scale / 2).div_euclid(scale);
        i64::try_from(us).unwrap_or(if us < 0 { i64::MIN } else { i64::MAX })
    }

    /// Presentation time of a sample in microseconds.
    #[must_use]
    pub fn pts_us(&self, sample: &Sample) -> i64 {
        self.ticks_to_us(sample.pts)
    }

    /// Length of a sample's presentation in microseconds.
    #[must_use]
    pub fn duration_us(&self, sample: &Sample) -> i64 {
        self.ticks_to_us(sample.pts.saturating_add(i64::from(sample.duration))) - self.ticks_to_us(sample.pts)
    }
}

impl VideoConfig {
    /// Builds the AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) from one sequence and one picture parameter set,
    /// both without start code or length.
    ///
    /// # Errors
    /// [`Fmp4Error::Form`] when a parameter set is too short or too long to be one.
    pub fn from_parameter_sets(sps: &[u8], pps: &[u8], size: PictureSize) -> Result<Self, Fmp4Error> {
        let length = |set: &[u8]| u16::try_from(set.len()).map_err(|_| Fmp4Error::Form("a parameter set is longer than 65,535 bytes"));
        if sps.len() < 4 || pps.is_empty() {
            return Err(Fmp4Error::Form("a parameter set is too short"));
        }
        let mut avcc = vec![1, sps[1], sps[2], sps[3], 0xFF, 0xE1];
        avcc.extend_from_slice(&length(sps)?.to_be_bytes());
        avcc.extend_from_slice(sps);
        avcc.push(1);
        avcc.extend_from_slice(&length(pps)?.to_be_bytes());
        avcc.extend_from_slice(pps);
        // High profiles say again what the sequence parameter set says: 4:2:0, 8 bits, no extension.
        if matches!(sps[1], 100 | 110 | 122 | 144) {
            avcc.extend_from_slice(&[0xFD, 0xF8, 0xF8, 0]);
        }
        Ok(Self { avcc: avcc.into(), size })
    }
}
