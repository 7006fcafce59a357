//! What a player shows about itself: plain data, read by the window at every repaint.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use lectern_media::speaker::SpeakerError;
use lectern_proto::manifest::Details;
use lectern_proto::rung::RungSpec;

use super::sound_tracks::SoundTrack;
use super::trouble::{PlayTrouble, Silence};

/// A snapshot of a player.
#[derive(Debug, Clone, PartialEq)]
pub struct PlayerStatus {
    pub state: PlayState,
    /// Media position in microseconds, of what is heard or seen now.
    pub position_us: u64,
    pub duration_us: u64,
    /// Media time that is held without a gap around the position.
    pub buffered_us: Range<u64>,
    /// The rung on the screen; none for sound alone or before the first picture.
    pub rung: Option<String>,
    /// Rungs of this video, lowest first.
    pub rungs: Vec<String>,
    /// Size and mean rate of the source's own pictures where they are one of the rungs; no ladder names them.
    pub original: Option<RungSpec>,
    /// What the viewer chose: a rung's name, `auto` or `thirds`.
    pub quality: String,
    /// 0 to 1.
    pub volume: f32,
    pub muted: bool,
    pub sound: Sound,
    /// The device that plays, by the name that its trim is kept under.
    pub device: Option<String>,
    /// Sound tracks of this video in its order, and which of them is heard.
    pub sound_tracks: Arc<[SoundTrack]>,
    pub sound_track: Option<usize>,
    /// Chapters of the video, and what of its file could not be read.
    pub details: Arc<Details>,
    pub stats: PlayerStats,
}

impl PlayerStatus {
    /// Box and bit rate of a rung of this video, as the room's ladder or the video itself says.
    #[must_use]
    pub fn spec<'a>(&'a self, ladder: &'a [RungSpec], name: &str) -> Option<&'a RungSpec> {
        self.original.iter().chain(ladder).find(|r| r.name == name)
    }
}

/// What a player does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlayState {
    /// Nothing has been shown yet.
    Loading,
    Playing,
    Paused,
    /// Wants to play, but the next frames have not come.
    Stalled,
    Ended,
    Failed(PlayTrouble),
}

/// Where the sound goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    /// The video has none.
    None,
    /// To the device; the device's clock is the master.
    Device,
    /// To the system's choice, because the device that was chosen does not play.
    Instead(SpeakerError),
    /// Nowhere. Playback goes on by the machine's clock.
    Silent(Silence),
}

impl Sound {
    /// Why it goes nowhere, or elsewhere than was chosen.
    #[must_use]
    pub fn trouble(&self) -> Option<Silence> {
        match self {
            Self::None | Self::Device => None,
            Self::Instead(why) => Some(why.clone().into()),
            Self::Silent(why) => Some(why.clone()),
        }
    }
}

/// Counters since the player was opened.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PlayerStats {
    pub presented: u64,
    /// Shown after the next one was due.
    pub late: u64,
    /// Never shown, because later ones were already due.
    pub dropped: u64,
    /// Decoded with errors.
    pub corrupt: u64,
    pub stalls: u64,
    pub stall_time: Duration,
    /// Received media bytes.
    pub bytes: u64,
    /// From the request to the first picture.
    pub first_frame: Option<Duration>,
    /// Picture against sound of the last presented frame, in microseconds; positive: the picture is behind.
    pub av_skew_us: Option<i64>,
}
