//! A room's bandwidth budget on the server: one queue for everything that its media connections send, and the shares.
//!
//! The arithmetic is `lectern_proto::share`; here is its place: asked by each connection before a frame, and by the room,
//! which tells everybody. Never held across an await.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lectern_proto::control::PersonId;
use lectern_proto::share::{Pacer, Shares};

/// The budget of one room.
#[derive(Debug)]
pub(crate) struct Budget(Mutex<(Pacer, Shares)>);

impl Budget {
    /// A budget in bits per second.
    pub(crate) fn new(bps: u64) -> Self {
        Self(Mutex::new((Pacer::new(bps), Shares::new(bps))))
    }

    fn lock(&self) -> MutexGuard<'_, (Pacer, Shares)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When a frame for somebody may go; its place in the queue is taken.
    pub(super) fn admit(&self, now: Duration, person: PersonId, bytes: usize) -> Duration {
        let (pacer, shares) = &mut *self.lock();
        shares.sent(person, bytes);
        pacer.admit(now, bytes)
    }

    /// Somebody asked for a chunk.
    pub(super) fn asked(&self, now: Duration, person: PersonId) {
        self.lock().1.asked(now, person);
    }

    /// Somebody entered; gives the share to begin with.
    pub(crate) fn entered(&self, now: Duration, person: PersonId) -> u64 {
        self.lock().1.entered(now, person)
    }

    pub(crate) fn left(&self, person: PersonId) {
        self.lock().1.left(person);
    }

    /// Shares that changed enough to be told.
    pub(crate) fn news(&self, now: Duration) -> Vec<(PersonId, u64)> {
        self.lock().1.news(now)
    }
}
