//! The window's part of a stored video: opens it, takes its pictures, and passes commands on to it.

use std::time::{Duration, Instant};

use lectern_proto::control::{VideoId, VideoState};

use super::super::command::Command;
use super::super::playing::Playing;
use super::{SOON, Window};
use crate::player::{PlayState, PlayerStatus};

/// Repaints a second while sound plays without pictures.
const SOUND_ONLY_RATE: f32 = 4.0;
/// What a pass at most counts for: one that waited for something says nothing about the next.
const PAINT_TIME_MAX: Duration = Duration::from_millis(50);

impl Window {
    /// How long the last pass took until it was on the screen. Pictures are taken that much before they are due.
    pub fn note_paint_time(&mut self, time: Duration) {
        self.paint_time = self.paint_time.mul_f64(0.9) + time.min(PAINT_TIME_MAX).mul_f64(0.1);
    }

    /// Takes the picture that is due and asks to be woken for the next.
    pub(super) fn follow_player(&mut self, now: Instant) -> Option<PlayerStatus> {
        let playback = self.playing.as_ref()?.playback.as_ref().ok()?;
        let presented = playback.present(now + self.paint_time);
        if presented.picture.is_some() {
            self.screen.show(presented.picture);
            self.projector.iter().for_each(|projector| projector.repaint(&self.ctx));
        }
        let status = playback.status();
        match presented.next_at {
            // Asking for at once would repaint twice.
            Some(at) => self.ctx.request_repaint_after(at.saturating_duration_since(now + self.paint_time).max(SOON)),
            None if status.state == PlayState::Playing => self.ctx.request_repaint_after_secs(1.0 / SOUND_ONLY_RATE),
            None => {}
        }
        Some(status)
    }

    /// Commands to what plays; without it they are nothing.
    pub(super) fn play_command(&mut self, command: Command, status: Option<&PlayerStatus>) {
        let time = self.ctx.input(|i| i.time);
        let thirds = self.seat.as_ref().map(|m| m.seat.state().thirds.clone()).unwrap_or_default();
        if let (Some(playing), Some(status)) = (self.playing.as_mut(), status) {
            playing.obey(command, status, &mut self.settings, thirds, time);
        }
    }

    pub(super) fn open(&mut self, video: VideoId) {
        self.asked = None;
        let changed = self.changed();
        let Some(member) = &mut self.seat else { return };
        let state = member.seat.state();
        let Some(entry) = state.videos.iter().find(|v| v.id == video) else { return };
        if matches!(entry.state, VideoState::Waiting | VideoState::Preparing { manifest: None, .. }) {
            member.wanted = Some(video);
            self.ctx.request_repaint();
            return;
        }
        member.wanted = None;
        let playing = Playing::open(member.seat.as_ref(), &state, entry, &self.settings, changed);
        self.screen.show(None);
        self.playing = Some(playing);
        self.touch_stage();
    }

    fn touch_stage(&mut self) {
        if let Some(playing) = &mut self.playing {
            playing.state.touch(&self.ctx);
        }
    }
}
