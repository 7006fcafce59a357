//! A room's bandwidth budget on the server: one queue for everything that its media connections send, and the shares.
//!
//! The arithmetic is `lectern_proto::share`; here is its place: asked by each connection before a frame, and by the room,
//! which tells everybody. Never held across an await.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lectern_proto::control::PersonId;
use lectern_proto::share::{Pacer, Shares};

use super::RoomMedia;
use crate::live::Track;

/// The budget of one room.
#[derive(Debug)]
pub(crate) struct Budget {
    state: Mutex<(Pacer, Shares)>,
    /// Numbers of live tracks that were taken.
    takes: AtomicU64,
}

/// A live track that somebody takes; what it needs of the share is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct LiveTake {
    room: Arc<RoomMedia>,
    person: PersonId,
    id: u64,
    bps: u64,
}

impl Drop for LiveTake {
    fn drop(&mut self) {
        self.shares(|shares| shares.let_live_go(self.person, self.id));
    }
}

impl LiveTake {
    /// A track for somebody; none where the room has no budget.
    ///
    /// # Errors
    /// What this viewer may use, in bits per second, if the track does not fit.
    pub(super) fn of(room: &Arc<RoomMedia>, now: Duration, person: PersonId, track: &Track) -> Result<Option<Self>, u64> {
        let Some(budget) = &room.budget else { return Ok(None) };
        let (id, bps) = (budget.takes.fetch_add(1, Ordering::Relaxed), track.bps());
        budget.lock().1.take_live(now, person, id, track.needs())?;
        Ok(Some(Self { room: Arc::clone(room), person, id, bps }))
    }

    fn shares<T: Default>(&self, ask: impl FnOnce(&mut Shares) -> T) -> T {
        self.room.budget.as_ref().map_or_else(T::default, |budget| ask(&mut budget.lock().1))
    }

    /// The parity that fits, in percent of the track, at most so much; it is counted.
    pub(crate) fn parity(&self, now: Duration, percent: u8) -> u8 {
        self.shares(|shares| shares.parity(now, self.person, self.id, self.bps, percent))
    }

    /// When so many bytes for this viewer may go; they are counted.
    pub(crate) fn admit(&self, now: Duration, bytes: usize) -> Duration {
        self.room.budget.as_ref().map_or(now, |budget| budget.admit_live(now, self.person, bytes))
    }

    /// The share, if the track is above it for too long.
    pub(crate) fn over(&self, now: Duration) -> Option<u64> {
        self.shares(|shares| shares.live_over(now, self.person, self.id))
    }
}

impl Budget {
    /// A budget in bits per second.
    pub(crate) fn new(bps: u64) -> Self {
        Self { state: Mutex::new((Pacer::new(bps), Shares::new(bps))), takes: AtomicU64::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, (Pacer, Shares)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When a frame for somebody may go; its place in the queue is taken.
    pub(super) fn admit(&self, now: Duration, person: PersonId, bytes: usize) -> Duration {
        let (pacer, shares) = &mut *self.lock();
        shares.sent(person, bytes);
        pacer.admit(now, bytes)
    }

    /// When something live for somebody may go; it is counted.
    fn admit_live(&self, now: Duration, person: PersonId, bytes: usize) -> Duration {
        let (pacer, shares) = &mut *self.lock();
        shares.sent(person, bytes);
        pacer.admit_live(now, bytes)
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
