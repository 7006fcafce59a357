//! Live streams, watched and published, behind the window's traits.

use std::sync::Arc;
use std::time::Instant;

use lectern::live::{Devices, LiveStatus, Published, Publishing};
use lectern::player::Presented;
use lectern::ui::backend::{Looking, OnAir, Publish};
use lectern_media::picture::Picture;
use lectern_proto::control::StreamId;

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

/// A look for devices.
pub struct Looked(pub Fake);

impl Looking for Looked {
    fn outcome(&self) -> Option<Result<Arc<Devices>, String>> {
        self.0.shared.lock().unwrap().devices.clone()
    }
}

/// A source that is open.
pub struct Shown(pub Fake);

/// The stream that it publishes.
pub const OWN: StreamId = StreamId([9; 16]);

impl Publish for Shown {
    fn state(&self) -> Publishing {
        self.0.shared.lock().unwrap().publishing.clone()
    }

    fn picture(&self) -> Option<Arc<Picture>> {
        None
    }

    fn set_on_air(&self, on_air: bool) {
        self.0.note(Call::Air(on_air));
        let mut shared = self.0.shared.lock().unwrap();
        shared.publishing.stage = if on_air { Published::Live(OWN) } else { Published::Ready };
        shared.publishing.since = on_air.then(Instant::now);
    }

    fn set_frozen(&self, frozen: bool) {
        self.0.note(Call::Freeze(frozen));
        self.0.shared.lock().unwrap().publishing.frozen = frozen;
    }
}
