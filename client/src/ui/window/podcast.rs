//! The window's part of podcasts: the channel that is heard, what is sent from here, and whether speakers stay silent for the room.

use std::path::Path;
use std::time::Duration;

use egui::Ui;
use lectern_proto::control::StreamId;
use lectern_proto::rights::Action;

use super::super::backend::{Backend, Pick, Picking};
use super::super::command::{Command, Cx};
use super::super::podcast::air::{Listening, PodcastSource, SendStatus, Sending};
use super::super::podcast::{self, PodcastView, PodcastWish};
use super::super::settings::Settings;
use super::Window;
use crate::class::{Changed, ClassState};
use crate::live::{LiveError, Published};

/// How often the screen is drawn while something is heard or sent: as often as its picture has a new bar.
const DRAW_EVERY: Duration = Duration::from_millis(200);

/// What belongs to podcasts.
#[derive(Default)]
pub(super) struct Podcasts {
    pub(super) is_shown: bool,
    heard: Option<Heard>,
    sent: Option<Sent>,
    /// This person said so, until the class is left.
    has_headphones: bool,
    /// The microphone that is sent from; none: the system's choice.
    microphone: Option<String>,
    picking: Option<Box<dyn Picking>>,
    problem: Option<String>,
}

struct Heard {
    stream: StreamId,
    listening: Result<Box<dyn Listening>, LiveError>,
    /// As it was told last.
    volume: Option<f32>,
}

struct Sent {
    sending: Box<dyn Sending>,
    file: Option<String>,
}

/// What of the window the screen is drawn with.
pub(super) struct Around<'a> {
    pub(super) backend: &'a dyn Backend,
    pub(super) settings: &'a Settings,
    pub(super) changed: Changed,
    pub(super) is_muted_by_room: bool,
    /// Nothing lies over it.
    pub(super) takes_keys: bool,
}

impl Podcasts {
    /// Whether something is sent from here.
    pub(super) fn is_sending(&self) -> bool {
        self.sent.as_ref().is_some_and(|s| !matches!(s.sending.state().stage, Published::Ended | Published::Failed(_)))
    }

    /// Ends what is sent from here.
    pub(super) fn stop_sending(&mut self) {
        self.sent = None;
    }

    /// Draws the screen, and takes its keys.
    pub(super) fn ui(&self, ui: &mut Ui, state: &ClassState, around: Around<'_>, cx: &mut Cx<'_>) {
        let sends = state.may(Action::StartPodcast);
        let heard = self.heard.as_ref().map(|h| (h.stream, h.listening.as_ref().map(|l| l.status())));
        let sent = self.sent.as_ref().map(|s| SendStatus { state: s.sending.state(), file: s.file.clone() });
        let view = PodcastView {
            heard,
            sent,
            settings: around.settings,
            is_muted_by_room: around.is_muted_by_room,
            microphones: sends.then(|| around.backend.microphones(around.changed)).flatten(),
            microphone: self.microphone.as_deref(),
            problem: self.problem.as_deref(),
        };
        if around.takes_keys {
            podcast::handle_keys(ui.ctx(), &view, cx.out);
        }
        podcast::podcast_ui(ui, state, &view, cx);
    }
}

impl Window {
    /// Whether what is live stays silent here because everybody sits in one room.
    pub(super) fn is_muted_by_room(&self, state: &ClassState) -> bool {
        state.together && state.needs_stage() && !self.podcasts.has_headphones
    }

    /// How loud what is live is heard, 0 to 1.
    pub(super) fn live_volume(&self, state: &ClassState) -> f32 {
        if self.settings.muted || self.is_muted_by_room(state) { 0.0 } else { self.settings.volume }
    }

    /// Keeps what is heard and sent as the class and the settings say; all of it goes with the class.
    pub(super) fn follow_podcasts(&mut self, state: Option<&ClassState>) {
        let Some(state) = state else {
            self.podcasts = Podcasts::default();
            return;
        };
        let volume = self.live_volume(state);
        let out = self.settings.sound_out();
        if let Some(Heard { listening: Ok(listening), volume: told, .. }) = &mut self.podcasts.heard {
            if told.replace(volume) != Some(volume) {
                listening.set_volume(volume);
            }
            listening.set_sound_out(&out);
            self.settings.note_device(listening.status().device);
        }
        if let Some(chosen) = self.podcasts.picking.as_ref().and_then(|p| p.outcome()) {
            self.podcasts.picking = None;
            if let Some(path) = chosen {
                self.send(PodcastSource::File(path));
            }
        }
        if self.podcasts.is_shown && (self.podcasts.heard.is_some() || self.podcasts.sent.is_some()) {
            self.ctx.request_repaint_after(DRAW_EVERY);
        }
    }

    /// Carries out a wish.
    pub(super) fn podcast_wish(&mut self, wish: PodcastWish) {
        let heard = self.podcasts.heard.as_ref().and_then(|h| h.listening.as_ref().ok());
        match wish {
            PodcastWish::Show(is_shown) => self.podcasts.is_shown = is_shown,
            PodcastWish::Listen(stream) => self.listen(stream),
            PodcastWish::StopListening => self.podcasts.heard = None,
            PodcastWish::Pause(is_paused) => heard.into_iter().for_each(|l| l.set_paused(is_paused)),
            PodcastWish::ToEdge => heard.into_iter().for_each(|l| l.to_live_edge()),
            PodcastWish::Headphones => {
                self.podcasts.has_headphones = true;
                self.settings.muted = false;
            }
            PodcastWish::Trim { device, ms } => _ = self.settings.trims_ms.insert(device, ms),
            PodcastWish::Together(on) => self.seat.iter().for_each(|m| m.seat.set_together(on)),
            PodcastWish::Microphone(microphone) => self.podcasts.microphone = microphone,
            PodcastWish::SendMicrophone => self.send(PodcastSource::Microphone(self.podcasts.microphone.clone())),
            PodcastWish::SendFile => {
                let title = self.strings.text("podcast-pick-file");
                self.podcasts.picking = Some(self.backend.pick(Pick::File, &title, self.changed()));
            }
            PodcastWish::StopSending => self.podcasts.stop_sending(),
        }
    }

    fn listen(&mut self, stream: StreamId) {
        let changed = self.changed();
        let Some(member) = &self.seat else { return };
        // One channel is heard at a time; what was heard before goes first, and with it the device.
        self.podcasts.heard = None;
        let listening = member.seat.listen(stream, self.settings.sound_out(), changed);
        self.podcasts.heard = Some(Heard { stream, listening, volume: None });
        self.podcasts.is_shown = true;
    }

    fn send(&mut self, source: PodcastSource) {
        let changed = self.changed();
        let Some(member) = &self.seat else { return };
        self.podcasts.problem = None;
        let file = match &source {
            PodcastSource::File(path) => Some(name_of(path)),
            PodcastSource::Microphone(_) => None,
        };
        match member.seat.send_podcast(source, changed) {
            Ok(sending) => self.podcasts.sent = Some(Sent { sending, file }),
            Err(why) => self.podcasts.problem = Some(why),
        }
    }

    /// Sound off or on, by key or button: who is muted for the room and wants to hear wears headphones.
    pub(super) fn toggle_live_mute(&mut self) {
        let is_muted_by_room = self.seat.as_ref().is_some_and(|m| self.is_muted_by_room(&m.seat.state()));
        if is_muted_by_room {
            self.podcast_wish(PodcastWish::Headphones);
        } else {
            self.settings.muted = !self.settings.muted;
        }
    }

    /// Commands that are also for what is heard on this screen. Says whether it was one.
    pub(super) fn podcast_volume(&mut self, command: &Command) -> bool {
        if !self.podcasts.is_shown || self.playing.is_some() || self.watching.is_some() {
            return false;
        }
        match command {
            Command::ToggleMute => self.toggle_live_mute(),
            Command::SetVolume(volume) => (self.settings.volume, self.settings.muted) = (volume.clamp(0.0, 1.0), false),
            _ => return false,
        }
        true
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
