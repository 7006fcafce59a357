//! A live stream as the window shows it: its pictures, its sound, or both.

use std::time::{Duration, Instant};

use lectern_proto::control::StreamInfo;
use lectern_proto::live::choice::Limit;

use super::connection::Transport;
use super::in_class::InClass;
use super::listener::{ListenOptions, Listener};
use super::listening::Trims;
use super::player::{LiveError, LiveOptions, LivePlayer};
use crate::class::Changed;
use crate::player::Presented;

/// What a view says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveStatus {
    pub has_pictures: bool,
    pub has_sound: bool,
    /// The rung on the screen.
    pub rung: Option<String>,
    /// How long after its capture something is shown or heard.
    pub lag: Duration,
    /// Why it is not the highest.
    pub limit: Option<Limit>,
    /// Whether it comes over UDP.
    pub is_udp: bool,
    /// Why nothing is heard although there is sound.
    pub silent: Option<String>,
    /// It has ended: by itself, or why.
    pub over: Option<Result<(), String>>,
}

/// A stream that is seen and heard; dropped, it ends.
#[derive(Debug)]
pub struct LiveView {
    player: Option<LivePlayer>,
    listener: Option<Listener>,
}

impl LiveView {
    pub(crate) fn open(runtime: &tokio::runtime::Handle, in_class: &InClass, stream: &StreamInfo, changed: &Changed) -> Result<Self, LiveError> {
        let pictures = LiveOptions { rung: None, decode: true, transport: Transport::Auto, changed: changed.clone() };
        let sound = ListenOptions { audible: true, record: None, transport: Transport::Auto, trims: Trims::default(), changed: changed.clone() };
        let has_pictures = stream.videos().next().is_some();
        let player = has_pictures.then(|| LivePlayer::open(runtime, in_class.clone(), stream, &pictures)).transpose()?;
        let listener = stream.sound().map(|_| Listener::open(runtime, in_class.route.clone(), stream, &sound)).transpose()?;
        Ok(Self { player, listener })
    }

    /// The picture that is due, each given once, and when the next is due.
    #[must_use]
    pub fn present(&self, now: Instant) -> Presented {
        self.player.as_ref().map(|player| player.present(now)).unwrap_or_default()
    }

    /// 0 to 1.
    pub fn set_volume(&self, volume: f32) {
        if let Some(listener) = &self.listener {
            listener.set_volume(volume);
        }
    }

    /// How much later than others each device is to be heard.
    pub fn set_trims(&self, trims: &Trims) {
        if let Some(listener) = &self.listener {
            listener.set_trims(trims);
        }
    }

    /// Its sound, where it has any.
    #[must_use]
    pub fn listener(&self) -> Option<&Listener> {
        self.listener.as_ref()
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> LiveStatus {
        let lag = self.player.as_ref().map(LivePlayer::lag).or_else(|| self.listener.as_ref().map(Listener::lag));
        LiveStatus {
            has_pictures: self.player.is_some(),
            has_sound: self.listener.is_some(),
            rung: self.player.as_ref().and_then(LivePlayer::rung),
            limit: self.player.as_ref().and_then(LivePlayer::limit),
            lag: lag.unwrap_or_default(),
            is_udp: self.player.as_ref().map_or_else(|| self.listener.as_ref().is_some_and(Listener::is_udp), LivePlayer::is_udp),
            silent: self.listener.as_ref().and_then(Listener::silent),
            over: self.player.as_ref().map_or_else(|| self.listener.as_ref().and_then(Listener::over), LivePlayer::over),
        }
    }
}
