//! What the Podcast screen needs of the headless core, as traits: a real class behind them, or plain data in a test. Nothing here waits.

use std::path::PathBuf;
use std::time::Duration;

use lectern_media::speaker::SpeakerError;

use crate::live::{Levels, Listener, Publisher, Publishing};
use crate::player::SoundOut;

/// How a channel that is heard stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListenStatus {
    /// By this listener alone.
    pub is_paused: bool,
    /// A pause of it goes on where it was.
    pub is_file: bool,
    /// How far this listener has stayed behind the others.
    pub behind: Duration,
    /// How long after its capture it is heard.
    pub lag: Duration,
    pub is_udp: bool,
    /// Packets that were lost and bridged.
    pub concealed: u64,
    /// Distance from where the server's clock says, at the median, in milliseconds.
    pub skew_ms: Option<f64>,
    /// By the name that its trim is kept under.
    pub device: Option<String>,
    pub levels: Levels,
    /// Why another device plays than was chosen, or none.
    pub silent: Option<SpeakerError>,
    /// It has ended: by itself, or why.
    pub over: Option<Result<(), String>>,
}

/// A channel that is heard; dropped, it is not any more.
pub trait Listening {
    fn status(&self) -> ListenStatus;
    /// 0 to 1; 0 is muted.
    fn set_volume(&self, volume: f32);
    fn set_paused(&self, is_paused: bool);
    fn to_live_edge(&self);
    fn set_sound_out(&self, out: &SoundOut);
}

impl Listening for Listener {
    fn status(&self) -> ListenStatus {
        let report = self.report();
        ListenStatus {
            is_paused: self.is_paused(),
            is_file: self.is_file(),
            behind: self.behind(),
            lag: self.lag(),
            is_udp: self.is_udp(),
            concealed: report.packets.concealed,
            skew_ms: report.room_skew_ms.map(|p| p.p50),
            device: self.device(),
            levels: self.levels(),
            silent: self.silent(),
            over: self.over(),
        }
    }

    fn set_volume(&self, volume: f32) {
        Self::set_volume(self, volume);
    }

    fn set_paused(&self, is_paused: bool) {
        Self::set_paused(self, is_paused);
    }

    fn to_live_edge(&self) {
        Self::to_live_edge(self);
    }

    fn set_sound_out(&self, out: &SoundOut) {
        Self::set_sound_out(self, out);
    }
}

/// What a podcast is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodcastSource {
    /// By its name; none: the system's choice.
    Microphone(Option<String>),
    File(PathBuf),
}

impl PodcastSource {
    /// The media worker's arguments.
    #[must_use]
    pub fn args(&self) -> Vec<String> {
        let (what, which) = match self {
            Self::Microphone(name) => ("--microphone", name.clone()),
            Self::File(path) => ("--audio", Some(path.display().to_string())),
        };
        ["live", what].map(str::to_owned).into_iter().chain(which).collect()
    }
}

/// How a podcast that is sent from here stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SendStatus {
    pub state: Publishing,
    /// What is sent; none: the microphone.
    pub file: Option<String>,
}

/// A podcast that is sent from here; dropped, it ends.
pub trait Sending {
    fn state(&self) -> Publishing;
}

impl Sending for Publisher {
    fn state(&self) -> Publishing {
        Self::state(self)
    }
}
