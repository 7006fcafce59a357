//! Live streams, watched and published, behind the window's traits.

use std::sync::Arc;
use std::time::Instant;

use lectern::class::StreamError;
use lectern::live::{Devices, DevicesError, LiveStatus, Published, Publishing, Sheet};
use lectern::player::{Presented, SoundOut};
use lectern::ui::backend::{Asking, Looking, OnAir, Publish};
use lectern_media::picture::Picture;
use lectern_proto::control::StreamId;
use lectern_proto::live::pipe::DocumentOrder;

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

    fn set_sound_out(&self, out: &SoundOut) {
        self.0.shared.lock().unwrap().out = out.clone();
    }

    fn present(&self, _now: Instant) -> Presented {
        Presented::default()
    }
}

/// A look for devices.
pub struct Looked(pub Fake);

impl Looking for Looked {
    fn outcome(&self) -> Option<Result<Arc<Devices>, DevicesError>> {
        self.0.shared.lock().unwrap().devices.clone()
    }
}

/// A source that is open.
pub struct Shown(pub Fake);

/// The stream that it publishes.
pub const OWN: StreamId = StreamId([9; 16]);

impl Publish for Shown {
    fn talk(&self, is_heard: bool) {
        let mut shared = self.0.shared.lock().unwrap();
        if std::mem::replace(&mut shared.podcasts.is_heard, is_heard) != is_heard {
            shared.calls.push(Call::Talk(is_heard));
        }
    }

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

    fn sheet(&self) -> Sheet {
        self.0.shared.lock().unwrap().sheet
    }

    fn order_document(&self, order: DocumentOrder) {
        self.0.note(Call::Document(order));
    }
}

impl Asking for Fake {
    fn outcome(&self) -> Option<Result<(), StreamError>> {
        self.shared.lock().unwrap().answer
    }
}
