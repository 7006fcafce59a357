//! What the window needs of the headless core, as traits: a real class behind them, or plain data in a test.
//!
//! Nothing here waits: every call returns at once, and `changed` asks for a repaint when there is news.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lectern_proto::control::{ChunkRef, PersonId, VideoId};
use lectern_proto::quality::Quality;
use lectern_proto::quality::auto::Area;

use crate::class::{Changed, Class, ClassState, JoinRequest};
use crate::player::{PlayError, Player, PlayerOptions, PlayerStatus, Presented};

/// Begins memberships.
pub trait Backend {
    fn join(&self, request: JoinRequest, changed: Changed) -> Box<dyn Seat>;
}

/// One membership; dropped, it ends.
pub trait Seat {
    fn state(&self) -> Arc<ClassState>;
    fn leave(&self);
    /// Leaves and waits until the server knows, for a moment at most: the window is closing.
    fn leave_now(&self);
    fn remove(&self, person: PersonId);
    /// JPEG bytes, or none while they are being fetched.
    fn thumbnail(&self, chunk: ChunkRef) -> Option<Bytes>;
    /// Opens a video.
    ///
    /// # Errors
    /// [`PlayError`] when there is nothing to play.
    fn open(&self, video: &VideoId, options: PlayerOptions) -> Result<Box<dyn Playback>, PlayError>;
}

/// One video that plays; dropped, it stops.
pub trait Playback {
    fn status(&self) -> PlayerStatus;
    fn play(&self);
    fn pause(&self);
    fn seek(&self, position_us: u64);
    fn set_quality(&self, quality: Quality);
    /// Where the picture is shown; told at every repaint.
    fn set_area(&self, area: Area);
    fn set_volume(&self, volume: f32);
    fn set_muted(&self, muted: bool);
    /// The picture that is due, once, and when the next is.
    fn present(&self, now: Instant) -> Presented;
}

/// The real one.
#[derive(Debug)]
pub struct Live {
    pub runtime: tokio::runtime::Handle,
}

struct LiveSeat {
    class: Class,
    runtime: tokio::runtime::Handle,
}

/// Longest wait for a goodbye to reach the server.
const GOODBYE: Duration = Duration::from_millis(300);

impl Backend for Live {
    fn join(&self, request: JoinRequest, changed: Changed) -> Box<dyn Seat> {
        let class = Class::join(&self.runtime, request, changed);
        Box::new(LiveSeat { class, runtime: self.runtime.clone() })
    }
}

impl Seat for LiveSeat {
    fn state(&self) -> Arc<ClassState> {
        self.class.state()
    }

    fn leave(&self) {
        self.class.leave();
    }

    fn leave_now(&self) {
        // Either way the window closes; without the goodbye the server frees the seat by itself.
        let _ = self.runtime.block_on(async { tokio::time::timeout(GOODBYE, self.class.left()).await });
    }

    fn remove(&self, person: PersonId) {
        self.class.remove(person);
    }

    fn thumbnail(&self, chunk: ChunkRef) -> Option<Bytes> {
        self.class.thumbnail(chunk)
    }

    fn open(&self, video: &VideoId, options: PlayerOptions) -> Result<Box<dyn Playback>, PlayError> {
        Ok(Box::new(self.class.open(video, options)?))
    }
}

impl Playback for Player {
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

    fn set_volume(&self, volume: f32) {
        Self::set_volume(self, volume);
    }

    fn set_muted(&self, muted: bool) {
        Self::set_muted(self, muted);
    }

    fn present(&self, now: Instant) -> Presented {
        Self::present(self, now)
    }
}
