//! A video that plays, and requests about room chat, as plain data.

use std::time::Instant;

use super::*;

impl Playback for Fake {
    fn status(&self) -> PlayerStatus {
        self.shared.lock().unwrap().status.clone()
    }

    fn play(&self) {
        self.note(Call::Play);
        self.shared.lock().unwrap().status.state = PlayState::Playing;
    }

    fn pause(&self) {
        self.note(Call::Pause);
        self.shared.lock().unwrap().status.state = PlayState::Paused;
    }

    fn seek(&self, position_us: u64) {
        self.note(Call::Seek(position_us));
        self.shared.lock().unwrap().status.position_us = position_us;
    }

    fn set_sound_track(&self, choice: SoundChoice) {
        self.note(Call::SoundTrack(choice));
    }

    fn set_sound_out(&self, out: &SoundOut) {
        self.shared.lock().unwrap().out = out.clone();
    }

    fn set_area(&self, _area: Area) {}

    fn set_quality(&self, quality: Quality) {
        let name = match &quality {
            Quality::Rung(name) => name.clone(),
            Quality::Thirds(_) => "thirds".into(),
            Quality::Auto => "auto".into(),
        };
        self.note(Call::Quality(quality));
        self.shared.lock().unwrap().status.quality = name;
    }

    fn set_volume(&self, volume: f32) {
        self.note(Call::Volume(volume));
        self.shared.lock().unwrap().status.volume = volume;
    }

    fn set_muted(&self, muted: bool) {
        self.note(Call::Muted(muted));
        self.shared.lock().unwrap().status.muted = muted;
    }

    fn preview(&self, position_us: Option<u64>) -> Preview {
        self.shared.lock().unwrap().pointed_us = position_us;
        if position_us.is_some() { Preview::Coming } else { Preview::None }
    }

    fn present(&self, _now: Instant) -> Presented {
        Presented { picture: None, next_at: None }
    }
}
