//! What the window needs of a video that plays.

use std::time::Instant;

use lectern_proto::quality::Quality;
use lectern_proto::quality::auto::Area;

use crate::player::{Player, PlayerStatus, Presented, Preview, SoundChoice, SoundOut};

/// One video that plays; dropped, it stops.
pub trait Playback {
    fn status(&self) -> PlayerStatus;
    fn play(&self);
    fn pause(&self);
    fn seek(&self, position_us: u64);
    fn set_quality(&self, quality: Quality);
    /// Where the picture is shown; told at every repaint.
    fn set_area(&self, area: Area);
    fn set_sound_track(&self, choice: SoundChoice);
    fn set_volume(&self, volume: f32);
    fn set_muted(&self, muted: bool);
    /// On which device it is heard, and how much later each is.
    fn set_sound_out(&self, out: &SoundOut);
    /// The picture nearest to a position, for who points at the seek bar; none: nobody does.
    fn preview(&self, position_us: Option<u64>) -> Preview;
    /// The picture that is due, once, and when the next is.
    fn present(&self, now: Instant) -> Presented;
}

impl Playback for Player {
    fn set_sound_out(&self, out: &SoundOut) {
        Self::set_sound_out(self, out);
    }

    fn status(&self) -> PlayerStatus {
        Self::status(self)
    }

    fn play(&self) {
        Self::play(self);
    }

    fn pause(&self) {
        Self::pause(self);
    }

    fn seek(&self, position_us: u64) {
        Self::seek(self, position_us);
    }

    fn set_quality(&self, quality: Quality) {
        Self::set_quality(self, quality);
    }

    fn set_area(&self, area: Area) {
        Self::set_area(self, area);
    }

    fn set_sound_track(&self, choice: SoundChoice) {
        Self::set_sound_track(self, choice);
    }

    fn set_volume(&self, volume: f32) {
        Self::set_volume(self, volume);
    }

    fn set_muted(&self, muted: bool) {
        Self::set_muted(self, muted);
    }

    fn preview(&self, position_us: Option<u64>) -> Preview {
        Self::preview(self, position_us)
    }

    fn present(&self, now: Instant) -> Presented {
        Self::present(self, now)
    }
}
