//! What the control plane says of live streams: who publishes what, and how a viewer finds its tracks.
//!
//! The media itself goes over the media ports ([`crate::media`], [`crate::live`]).

use serde::{Deserialize, Serialize};
use std::fmt;

use super::messages::PersonId;
use crate::live::choice::Limit;

/// Names one publishing of a stream: 128 random bits drawn by the server. A publisher that starts again gets another, so that no
/// media key ever meets two records of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StreamId(pub [u8; 16]);

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Where a stream comes from; also the name that it has where none is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    Camera,
    Screen,
    Microphone,
    /// The stamped test pattern.
    Pattern,
    /// A file that is sent as if it were live.
    File,
    /// Sound for those who listen, on the audio port.
    Podcast,
    /// A sound file for those who listen: each of them goes on where he or she stopped.
    Recording,
}

impl StreamKind {
    /// The name of a stream that was not given one.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Screen => "screen",
            Self::Microphone => "microphone",
            Self::Pattern => "pattern",
            Self::File => "file",
            Self::Podcast | Self::Recording => "podcast",
        }
    }

    /// Whether it is for those who listen: a podcast, from a microphone or a file.
    #[must_use]
    pub fn is_podcast(self) -> bool {
        matches!(self, Self::Podcast | Self::Recording)
    }

    /// Whether what a listener missed is worth hearing later: a file for those who listen.
    #[must_use]
    pub fn is_stored(self) -> bool {
        self == Self::Recording
    }
}

/// What somebody wants to publish. At least one of `video` and `sound`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// 1 to 64 bytes, no control characters; one stream of a room has it.
    pub name: String,
    pub kind: StreamKind,
    pub video: Option<LiveVideo>,
    pub sound: Option<LiveSound>,
}

/// The pictures of a stream in one rung: H.264, every keyframe closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveVideo {
    /// Of the server's ladder for live streams.
    pub rung: String,
    pub width: u32,
    pub height: u32,
    /// Frames per 1000 s.
    pub rate_milli: u32,
    /// What the encoder aims at, in bits per second.
    pub bps: u32,
    /// The decoder's configuration (ISO/IEC 14496-15, 5.3.3.1). Empty: nobody has watched this rung yet; the stream is told again
    /// with it when it begins to come.
    pub avcc: Vec<u8>,
}

/// The sound of a stream: Opus (RFC 6716) at 48 kHz, one packet a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LiveSound {
    /// 1 or 2.
    pub channels: u8,
    /// Samples of each channel in one packet; 960 are 20 ms.
    pub samples: u16,
    /// Bits per second.
    pub bps: u32,
}

/// A stream that runs in the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamInfo {
    pub id: StreamId,
    pub name: String,
    pub kind: StreamKind,
    pub publisher: PersonId,
    /// Pictures first, lowest rung first; then sound.
    pub tracks: Vec<LiveTrack>,
    /// A healthy viewer shows what was captured so long ago, in microseconds.
    pub target_us: u32,
}

/// One track of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveTrack {
    /// Its number, which no other track of the room has; it stands in front of each of its records.
    pub track: u16,
    pub media: LiveMedia,
}

/// What a track holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LiveMedia {
    Video(LiveVideo),
    Sound(LiveSound),
}

/// How a viewer fares with the pictures of a stream since its last report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewerReport {
    pub stream: StreamId,
    /// The track on its screen.
    pub track: u16,
    /// How long after their capture it shows pictures, in microseconds, and how long it would have to at least.
    pub lag_us: u32,
    pub needed_us: u32,
    /// Pictures that came whole, that were lost, and that were left out because the viewer fell behind.
    pub came: u32,
    pub lost: u32,
    pub skipped: u32,
    /// Records that came when they were asked for again, or were restored by parity; those that were restored.
    pub repaired: u32,
    pub restored: u32,
    /// Decoded pictures that wait for their time.
    pub waiting: u8,
    /// Share of the time that decoding took, in percent of one processor.
    pub busy_percent: u8,
    /// To the server and back on the media port, in microseconds; 0 when it is not known.
    pub round_trip_us: u32,
    pub is_udp: bool,
    /// What keeps it from the highest rung.
    pub limit: Option<Limit>,
}

impl StreamInfo {
    /// The tracks of pictures, lowest rung first.
    pub fn videos(&self) -> impl DoubleEndedIterator<Item = (u16, &LiveVideo)> {
        self.tracks.iter().filter_map(|t| match &t.media {
            LiveMedia::Video(video) => Some((t.track, video)),
            LiveMedia::Sound(_) => None,
        })
    }

    /// The track of sound.
    #[must_use]
    pub fn sound(&self) -> Option<(u16, LiveSound)> {
        self.tracks.iter().find_map(|t| match &t.media {
            LiveMedia::Sound(sound) => Some((t.track, *sound)),
            LiveMedia::Video(_) => None,
        })
    }
}
