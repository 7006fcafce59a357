//! The video on the stage: how it is opened, and what the commands of the controls and keys do to it.

use egui::{Context, TextureHandle};
use lectern_proto::control::{CatalogueEntry, VideoId};
use lectern_proto::quality::Quality;

use super::backend::{Playback, Seat};
use super::command::Command;
use super::settings::Settings;
use super::stage::{AUTO, StageState, THIRDS};
use super::thumbnails::Thumbnails;
use crate::class::{Changed, ClassState};
use crate::player::{PlayError, PlayState, PlayerOptions, PlayerStatus, SoundChoice};

/// A seek by key counts from the last target for so long, in seconds: the position follows a little later.
const AIM_HOLDS: f64 = 0.6;

/// What is on the stage.
pub(super) struct Playing {
    pub(super) video: VideoId,
    pub(super) title: String,
    pub(super) playback: Result<Box<dyn Playback>, PlayError>,
    pub(super) state: StageState,
    /// Target and time of the last seek.
    aim: Option<(u64, f64)>,
}

impl Playing {
    /// Opens a video in the resolution that was chosen last, if it has that.
    pub(super) fn open(seat: &dyn Seat, class: &ClassState, entry: &CatalogueEntry, settings: &Settings, changed: Changed) -> Self {
        let wish = settings.quality.clone().filter(|q| q == AUTO || q == THIRDS || entry.rungs.contains(q));
        let wish = wish.unwrap_or_else(|| AUTO.to_owned());
        let quality = quality(&wish, class.thirds.clone());
        let options = PlayerOptions { quality, start_us: 0, sound: true, out: settings.sound_out(), paused: false, record: None, decoder_threads: 0, changed };
        let playback = seat.open(&entry.id, options);
        if let Ok(playback) = &playback {
            playback.set_volume(settings.volume);
            playback.set_muted(settings.muted);
        }
        Self { video: entry.id.clone(), title: entry.title.clone(), playback, state: StageState::default(), aim: None }
    }

    /// The cover of what is sound alone, once it has come.
    pub(super) fn cover(
        &self,
        ctx: &Context,
        status: &PlayerStatus,
        seat: &dyn Seat,
        class: &ClassState,
        thumbnails: &mut Thumbnails,
    ) -> Option<TextureHandle> {
        if !status.rungs.is_empty() || status.state == PlayState::Loading {
            return None;
        }
        thumbnails.collect(ctx);
        let entry = class.videos.iter().find(|v| v.id == self.video)?;
        thumbnails.texture(ctx, seat, entry.thumbnail?)
    }

    /// Carries out a command of the controls; `time` is in egui's seconds. Commands of other places are nothing here.
    pub(super) fn obey(&mut self, command: Command, status: &PlayerStatus, settings: &mut Settings, thirds: [String; 3], time: f64) {
        let Ok(playback) = &self.playback else { return };
        let aim = &mut self.aim;
        let from = aim.filter(|(_, at)| time - at < AIM_HOLDS).map_or(status.position_us, |(aim, _)| aim);
        let mut seek = |position_us: u64| {
            let position_us = position_us.min(status.duration_us);
            *aim = Some((position_us, time));
            playback.seek(position_us);
        };
        let set_volume = |volume: f32, settings: &mut Settings| {
            settings.volume = volume.clamp(0.0, 1.0);
            // Who moves the volume wants to hear.
            settings.muted = false;
            playback.set_volume(settings.volume);
            playback.set_muted(false);
        };
        match command {
            Command::TogglePlay => match status.state {
                PlayState::Paused => playback.play(),
                PlayState::Ended => {
                    seek(0);
                    playback.play();
                }
                PlayState::Loading | PlayState::Playing | PlayState::Stalled => playback.pause(),
                PlayState::Failed(_) => {}
            },
            Command::Replay => {
                seek(0);
                playback.play();
            }
            Command::Seek { position_us } => seek(position_us),
            Command::SeekBy { by_us } => seek(from.saturating_add_signed(by_us)),
            Command::SetVolume(volume) => set_volume(volume, settings),
            Command::VolumeBy(by) => set_volume(by + if status.muted { 0.0 } else { settings.volume }, settings),
            Command::ToggleMute => {
                settings.muted = !status.muted;
                playback.set_muted(settings.muted);
            }
            Command::SetSoundTrack(number) => playback.set_sound_track(SoundChoice::Number(number)),
            Command::SetQuality(name) => {
                playback.set_quality(quality(&name, thirds));
                settings.quality = Some(name);
            }
            Command::ToggleStatistics => self.state.toggle_statistics(),
            Command::Zoom(key) => self.state.zoom(key),
            _ => {}
        }
    }
}

fn quality(name: &str, thirds: [String; 3]) -> Quality {
    match name {
        AUTO => Quality::Auto,
        THIRDS => Quality::Thirds(thirds),
        rung => Quality::Rung(rung.to_owned()),
    }
}
