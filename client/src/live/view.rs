//! A live stream as the window shows it: its pictures, its sound, or both.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_media::speaker::SpeakerError;
use lectern_proto::control::{StreamInfo, ViewerReport};
use lectern_proto::live::choice::Limit;

use super::in_class::InClass;
use super::in_step::InStep;
use super::listener::{ListenOptions, Listener};
use super::player::{LiveError, LiveOptions, LivePlayer};
use super::stopped::LiveEnd;
use crate::keep_file::KeepError;
use crate::player::{Presented, Report, SoundOut};

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
    /// How it fares, as the server was told last.
    pub report: Option<ViewerReport>,
    /// Whether it comes over UDP.
    pub is_udp: bool,
    /// The device that plays, by the name that its trim is kept under.
    pub device: Option<String>,
    /// Why another device plays than was chosen, or none although there is sound.
    pub silent: Option<SpeakerError>,
    /// It has ended: by itself, or why.
    pub over: Option<Result<(), LiveEnd>>,
}

/// A stream that is seen and heard; dropped, it ends.
#[derive(Debug)]
pub struct LiveView {
    player: Option<LivePlayer>,
    listener: Option<Listener>,
}

impl LiveView {
    /// Sound without a device is timed silently, so that the pictures are as late as with it.
    pub(crate) fn open(
        runtime: &tokio::runtime::Handle,
        in_class: &InClass,
        stream: &StreamInfo,
        pictures: &LiveOptions,
        sound: &ListenOptions,
    ) -> Result<Self, LiveError> {
        let in_step = Arc::new(InStep::new(stream.target_us));
        let has_pictures = stream.videos().next().is_some();
        let player = has_pictures.then(|| LivePlayer::open(runtime, in_class.clone(), stream, Arc::clone(&in_step), pictures)).transpose()?;
        let has_sound = pictures.decode && stream.sound().is_some();
        let listener = has_sound.then(|| Listener::open(runtime, in_class.route.clone(), stream, in_step, sound)).transpose()?;
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

    /// On which device it is heard from now on, and how much later each is.
    pub fn set_sound_out(&self, out: &SoundOut) {
        if let Some(listener) = &self.listener {
            listener.set_sound_out(out);
        }
    }

    /// Whether it has ended: by itself, or why.
    #[must_use]
    pub fn over(&self) -> Option<Result<(), LiveEnd>> {
        let heard = || self.listener.as_ref().and_then(Listener::over).map(|over| over.map_err(LiveEnd::Sound));
        self.player.as_ref().map_or_else(heard, LivePlayer::over)
    }

    /// Ends it, and waits until what was to be written is on the disk.
    ///
    /// # Errors
    /// [`KeepError`] when that is not so.
    pub async fn end(&self) -> Result<(), KeepError> {
        match &self.player {
            Some(player) => player.end().await,
            None => Ok(()),
        }
    }

    /// What happened to its pictures since it was opened, and how far its sound is from where the server's clock says; none without
    /// pictures.
    #[must_use]
    pub fn report(&self) -> Option<Report> {
        let mut report = self.player.as_ref()?.report();
        if let Some(heard) = self.listener.as_ref().map(Listener::report) {
            report.room_skew_ms = heard.room_skew_ms;
            report.bytes += heard.bytes;
            report.reason = report.reason.or(heard.reason);
        }
        Some(report)
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
            report: self.player.as_ref().and_then(LivePlayer::last_report),
            lag: lag.unwrap_or_default(),
            is_udp: self.player.as_ref().map_or_else(|| self.listener.as_ref().is_some_and(Listener::is_udp), LivePlayer::is_udp),
            device: self.listener.as_ref().and_then(Listener::device),
            silent: self.listener.as_ref().and_then(Listener::silent),
            over: self.over(),
        }
    }
}
