//! A live stream that is watched, behind the window's trait.

use std::time::Instant;

use lectern::live::LiveStatus;
use lectern::player::Presented;
use lectern::ui::backend::OnAir;

use super::{Call, Fake};

/// A live stream that is watched.
pub struct Watched(pub Fake);

impl OnAir for Watched {
    fn status(&self) -> LiveStatus {
        self.0.shared.lock().unwrap().live.clone()
    }

    fn set_volume(&self, volume: f32) {
        self.0.note(Call::LiveVolume(volume));
    }

    fn present(&self, _now: Instant) -> Presented {
        Presented::default()
    }
}
