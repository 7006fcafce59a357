//! What a prepared video consists of: tracks, segments and the names of their chunks.
//!
//! The media worker writes one [`Track`] for each rung and sound track, the server composes them into a [`Manifest`],
//! which is itself a chunk that viewers fetch. JSON, because strangers read it. Nothing here opens a file.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use crate::rung::PictureSize;

pub use crate::details::{Chapter, Details, Span, unite};

/// Version of the manifest's form; a reader refuses others.
pub const MANIFEST_VERSION: u32 = 1;
/// Nominal length of a segment. Every segment of a video track starts with a keyframe. Segments of a rung that is encoded
/// start at the same times as those of every other such rung: at multiples of this (or the first frame after); where the
/// source is copied, wherever a segment of the copy starts, and at equal steps of about this length between. The copy has
/// the source's own segments, which may be longer.
pub const SEGMENT_US: u64 = 2_000_000;

/// The name of a chunk: SHA-256 of its bytes (FIPS 180-4), written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkHash(pub [u8; 32]);

impl fmt::Display for ChunkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for ChunkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChunkHash({self})")
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a chunk's name is 64 hexadecimal digits")]
pub struct BadChunkHash;

impl FromStr for ChunkHash {
    type Err = BadChunkHash;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if s.len() != 64 || !s.is_ascii() {
            return Err(BadChunkHash);
        }
        let mut out = [0; 32];
        for (i, byte) in out.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&s[2 * i..2 * i + 2], 16).map_err(|_| BadChunkHash)?;
        }
        Ok(Self(out))
    }
}

impl Serialize for ChunkHash {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { self.0.serialize(s) }
    }
}

impl<'de> Deserialize<'de> for ChunkHash {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            let text = std::borrow::Cow::<str>::deserialize(d)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 32]>::deserialize(d).map(Self)
        }
    }
}

/// One prepared video: every track that a viewer may choose from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_VERSION`].
    pub version: u32,
    /// Length of the longest track in microseconds.
    pub duration_us: u64,
    /// Video tracks lowest rung first, then sound tracks in the source's order.
    pub tracks: Vec<Track>,
    /// What the source tells beside its media.
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub details: Details,
}

/// One track: a rung, or a sound track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    pub kind: TrackKind,
    /// RFC 6381 codec string: `avc1.64001F`, `mp4a.40.2`.
    pub codec: String,
    /// Ticks per second of `start` and `duration`, and of the track's `mdhd`.
    pub timescale: u32,
    /// The initialisation segment (`ftyp` + `moov`).
    pub init: ChunkHash,
    /// Length of the initialisation segment in bytes.
    pub init_bytes: u32,
    /// In order, without gaps. While the video is being prepared some have no chunk yet.
    pub segments: Vec<Segment>,
}

/// What a track carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TrackKind {
    /// H.264, 8-bit 4:2:0, square pixels, BT.709 limited range, declared as such by the initialisation segment.
    Video {
        /// Name of the rung, as in `[resolutions]`, or [`crate::rung::ORIGINAL`].
        rung: String,
        #[serde(flatten)]
        size: PictureSize,
        /// The rung's target rate, for the original the real one; that of others follows from the segments.
        bitrate_bps: u32,
    },
    /// AAC-LC.
    Audio {
        channels: u16,
        sample_rate_hz: u32,
        /// ISO 639-2 code as in the source, or `und`.
        language: String,
        /// What the source calls it: `Commentary`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
}

/// One segment (`moof` + `mdat`) of a track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Missing while it is not prepared; times are then those that are expected, and the rest is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk: Option<ChunkHash>,
    pub bytes: u32,
    /// Presentation time of the first sample, in the track's timescale, from the start of the video.
    pub start: u64,
    /// Presentation length, in the track's timescale; the next segment starts at `start + duration`.
    pub duration: u64,
    /// Frames or audio packets in it.
    pub samples: u32,
}

/// Why a manifest was refused.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest is not readable: {0}")]
    Form(#[from] serde_json::Error),
    #[error("the manifest has version {0}, this program reads {MANIFEST_VERSION}")]
    Version(u32),
    #[error("track {track} of the manifest is inconsistent: {what}")]
    Track { track: usize, what: &'static str },
    #[error("the manifest has more chapters or gaps than a video may have")]
    Details,
}

impl Track {
    /// Bits per second on average over the segments that are there; none while there is none.
    #[must_use]
    pub fn mean_bitrate_bps(&self) -> Option<u32> {
        let there = || self.segments.iter().filter(|s| s.chunk.is_some());
        let bits: u128 = there().map(|s| u128::from(s.bytes) * 8).sum();
        let ticks: u128 = there().map(|s| u128::from(s.duration)).sum();
        let bps = (bits * u128::from(self.timescale) + ticks / 2).checked_div(ticks)?;
        Some(u32::try_from(bps).unwrap_or(u32::MAX))
    }

    /// Microseconds of a time in this track's ticks, rounded to the nearest.
    #[must_use]
    pub fn ticks_to_us(&self, ticks: u64) -> u64 {
        let scale = u128::from(self.timescale.max(1));
        u64::try_from((u128::from(ticks) * 1_000_000 + scale / 2) / scale).unwrap_or(u64::MAX)
    }

    /// Index of the segment that holds `at_us`: the last that starts at or before it, or the first.
    #[must_use]
    pub fn segment_at(&self, at_us: u64) -> usize {
        self.segments.partition_point(|s| self.ticks_to_us(s.start) <= at_us).saturating_sub(1)
    }

    /// The segment that starts at exactly this microsecond, as [`Self::start_us`] gives it.
    #[must_use]
    pub fn segment_from(&self, start_us: u64) -> Option<&Segment> {
        let at = self.segments.partition_point(|s| self.ticks_to_us(s.start) < start_us);
        self.segments.get(at).filter(|s| self.ticks_to_us(s.start) == start_us)
    }

    /// Start of a segment in microseconds.
    #[must_use]
    pub fn start_us(&self, segment: &Segment) -> u64 {
        self.ticks_to_us(segment.start)
    }

    /// End of a segment in microseconds: where the next one starts.
    #[must_use]
    pub fn segment_end_us(&self, segment: &Segment) -> u64 {
        self.ticks_to_us(segment.start.saturating_add(segment.duration))
    }

    /// Every chunk of it that is there, the initialisation segment last.
    pub fn chunks(&self) -> impl Iterator<Item = (ChunkHash, u32)> + '_ {
        let segments = self.segments.iter().filter_map(|s| Some((s.chunk?, s.bytes)));
        segments.chain([(self.init, self.init_bytes)])
    }

    /// End of the last segment in microseconds.
    #[must_use]
    pub fn end_us(&self) -> u64 {
        self.segments.last().map_or(0, |s| self.ticks_to_us(s.start + s.duration))
    }

    /// The rung's name, or nothing for sound.
    #[must_use]
    pub fn rung(&self) -> Option<&str> {
        match &self.kind {
            TrackKind::Video { rung, .. } => Some(rung),
            TrackKind::Audio { .. } => None,
        }
    }
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] when it is not JSON of this form, has another version, or its segments do not follow one another.
    pub fn parse(json: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_slice(json)?;
        if manifest.version != MANIFEST_VERSION {
            return Err(ManifestError::Version(manifest.version));
        }
        if !manifest.details.is_bounded() {
            return Err(ManifestError::Details);
        }
        for (track, t) in manifest.tracks.iter().enumerate() {
            let bad = |what| Err(ManifestError::Track { track, what });
            if t.timescale == 0 {
                return bad("its timescale is 0");
            }
            if t.segments.is_empty() {
                return bad("it has no segment");
            }
            for pair in t.segments.windows(2) {
                if pair[0].start.checked_add(pair[0].duration) != Some(pair[1].start) {
                    return bad("its segments do not follow one another");
                }
            }
            if t.segments.iter().any(|s| (s.samples == 0 && s.chunk.is_some()) || s.duration == 0) {
                return bad("it has an empty segment");
            }
        }
        Ok(manifest)
    }

    /// The manifest as JSON, the same bytes for the same manifest.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Strings, integers and arrays only: this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Whether this can be a later manifest of the same content: most of the segments that were prepared earlier are in it.
    /// Sound is only looked at where there are no pictures: silence is the same everywhere.
    #[must_use]
    pub fn continues(&self, earlier: &Self) -> bool {
        fn chunks<'a>(tracks: impl Iterator<Item = &'a Track>) -> Vec<ChunkHash> {
            tracks.flat_map(|t| &t.segments).filter_map(|s| s.chunk).collect()
        }
        let pictures = chunks(earlier.video_tracks().map(|(_, t)| t));
        let known = if pictures.is_empty() { chunks(earlier.tracks.iter()) } else { pictures };
        let now: HashSet<_> = chunks(self.tracks.iter()).into_iter().collect();
        known.iter().filter(|c| now.contains(*c)).count() * 2 >= known.len()
    }

    /// Whether every segment is prepared.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.tracks.iter().flat_map(|t| &t.segments).all(|s| s.chunk.is_some())
    }

    /// Video tracks, lowest rung first.
    pub fn video_tracks(&self) -> impl Iterator<Item = (usize, &Track)> {
        self.tracks.iter().enumerate().filter(|(_, t)| matches!(t.kind, TrackKind::Video { .. }))
    }

    /// Sound tracks in the source's order.
    pub fn audio_tracks(&self) -> impl Iterator<Item = (usize, &Track)> {
        self.tracks.iter().enumerate().filter(|(_, t)| matches!(t.kind, TrackKind::Audio { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        let segment =
            |i: u64| Segment { chunk: Some(ChunkHash([u8::try_from(i).expect("small"); 32])), bytes: 100, start: i * 180_000, duration: 180_000, samples: 60 };
        Manifest {
            version: MANIFEST_VERSION,
            duration_us: 6_000_000,
            tracks: vec![Track {
                kind: TrackKind::Video { rung: "720p".into(), size: PictureSize { width: 1280, height: 720 }, bitrate_bps: 2_500_000 },
                codec: "avc1.64001F".into(),
                timescale: 90_000,
                init: ChunkHash([9; 32]),
                init_bytes: 700,
                segments: (0..3).map(segment).collect(),
            }],
            details: Details::default(),
        }
    }

    #[test]
    fn survives_json() {
        let m = sample();
        assert_eq!(Manifest::parse(&m.to_json()).expect("own output"), m);
    }

    #[test]
    fn refuses_gaps_versions_and_noise() {
        let mut m = sample();
        m.tracks[0].segments.remove(1);
        assert!(matches!(Manifest::parse(&m.to_json()), Err(ManifestError::Track { .. })));
        let mut m = sample();
        m.version = 2;
        assert!(matches!(Manifest::parse(&m.to_json()), Err(ManifestError::Version(2))));
        assert!(Manifest::parse(b"{\"version\":1").is_err());
    }

    #[test]
    fn what_is_not_prepared_has_no_chunk() {
        let mut m = sample();
        let hole = &mut m.tracks[0].segments[1];
        (hole.chunk, hole.bytes, hole.samples) = (None, 0, 0);
        let json = m.to_json();
        assert!(!String::from_utf8_lossy(&json).contains("null"));
        assert_eq!(Manifest::parse(&json).expect("own output"), m);
        assert!(!m.is_complete() && sample().is_complete());
        assert_eq!(m.tracks[0].chunks().count(), 3);
        // A chunk that holds nothing is no segment.
        m.tracks[0].segments[0].samples = 0;
        assert!(Manifest::parse(&m.to_json()).is_err());
    }

    #[test]
    fn another_content_is_told_from_more_of_the_same() {
        let whole = sample();
        let with = |there: [bool; 3], first: u8| {
            let mut m = sample();
            for (i, segment) in m.tracks[0].segments.iter_mut().enumerate() {
                segment.chunk = there[i].then(|| ChunkHash([first + i as u8; 32]));
            }
            m
        };
        for there in [[false, false, false], [true, false, false], [true, false, true], [true, true, true]] {
            assert!(whole.continues(&with(there, 0)), "{there:?}");
        }
        assert!(with([true, true, false], 0).continues(&with([true, false, false], 0)));
        for there in [[true, false, false], [true, true, true]] {
            assert!(!whole.continues(&with(there, 100)), "{there:?}");
        }
        // Less is there than was: not the same.
        assert!(!with([false, false, true], 0).continues(&whole));
    }

    #[test]
    fn finds_segments() {
        let t = &sample().tracks[0];
        for (at, want) in [(0, 0), (1_999_999, 0), (2_000_000, 1), (5_999_999, 2), (99_000_000, 2)] {
            assert_eq!(t.segment_at(at), want, "{at}");
        }
        assert_eq!(t.segment_from(4_000_000), Some(&t.segments[2]));
        assert_eq!((t.segment_from(3_999_999), t.segment_from(6_000_000)), (None, None));
    }
}
