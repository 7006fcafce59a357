//! What live streams take of a room's budget: who may take which rung, and what that leaves to the others.
//!
//! A rung is taken like a seat: what it needs counts until it is let go. Who asks for one that does not fit is told its share, and counts as one
//! who would use more, so that what was lent to others comes back. The lowest rung is nobody refused; where even those do not fit
//! together, [`super::Pacer::admit_live`] slows everybody.

use std::time::Duration;

use super::Shares;
use crate::control::{PersonId, StreamId};
use crate::limits::{LIVE_OVER_SHARE, SHARE_IDLE};
use crate::live::receive::Content;

/// Headers and tags of records, in percent of what an encoder makes.
const HEADERS_PERCENT: u64 = 4;

/// What a rung needs of a share, in bits per second, with parity of this strength in percent.
#[must_use]
pub fn live_needs(bps: u64, parity_percent: u8) -> u64 {
    bps.saturating_mul(100 + HEADERS_PERCENT + u64::from(parity_percent)) / 100
}

/// A track that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveTrackNeeds {
    pub stream: StreamId,
    pub content: Content,
    /// What it needs of a share, in bits per second: [`live_needs`].
    pub bps: u64,
    /// The stream has nothing smaller of this content: its lowest rung, or its sound.
    pub is_least: bool,
}

impl LiveTrackNeeds {
    /// Whether one may take the place of the other: rungs of one stream.
    fn is_like(&self, other: &Self) -> bool {
        (self.stream, self.content) == (other.stream, other.content)
    }
}

/// One track that somebody takes.
#[derive(Debug, Clone)]
struct Take {
    id: u64,
    needs: LiveTrackNeeds,
}

/// The live tracks of one viewer.
#[derive(Debug, Clone, Default)]
pub(super) struct LiveTakes {
    takes: Vec<Take>,
    /// What it asked for and did not get, and when.
    wants: Option<(Duration, u64)>,
    /// Since when it takes more than its share.
    over_since: Option<Duration>,
}

impl LiveTakes {
    pub(super) fn is_empty(&self) -> bool {
        self.takes.is_empty()
    }

    /// What it takes, in bits per second. Of the rungs of one stream only the largest counts: two come together while one takes the place of the other.
    pub(super) fn bps(&self) -> u64 {
        self.without(None)
    }

    fn without(&self, like: Option<&LiveTrackNeeds>) -> u64 {
        let largest =
            |take: &&Take| self.takes.iter().all(|other| !other.needs.is_like(&take.needs) || (other.needs.bps, other.id) <= (take.needs.bps, take.id));
        self.takes.iter().filter(|take| like.is_none_or(|like| !take.needs.is_like(like))).filter(largest).map(|take| take.needs.bps).sum()
    }

    /// What it would take if it could, in bits per second.
    pub(super) fn wants_bps(&self, now: Duration) -> u64 {
        self.wants.filter(|(at, _)| now.saturating_sub(*at) < SHARE_IDLE).map_or(0, |(_, bps)| bps)
    }

    /// Looks whether it takes more than this share.
    pub(super) fn compare(&mut self, now: Duration, share_bps: u64) {
        let is_over = self.bps() > share_bps && self.takes.iter().any(|take| !take.needs.is_least);
        self.over_since = if is_over { self.over_since.or(Some(now)) } else { None };
    }
}

impl Shares {
    /// Somebody asks for a track under a fresh number.
    ///
    /// # Errors
    /// What this viewer may use in all, in bits per second, if it does not fit.
    pub fn take_live(&mut self, now: Duration, person: PersonId, id: u64, needs: LiveTrackNeeds) -> Result<(), u64> {
        self.asked(now, person);
        let share_bps = self.share_of(now, person);
        let others: u64 = self.viewers.iter().filter(|(p, _)| **p != person).map(|(_, v)| v.live.bps()).sum();
        let budget_bps = self.budget_bps;
        let Some(viewer) = self.viewers.get_mut(&person) else { return Err(0) };
        let own = viewer.live.without(Some(&needs)) + needs.bps;
        if !needs.is_least && (own > share_bps || own + others > budget_bps) {
            viewer.live.wants = Some((now, own));
            return Err(share_bps.min(budget_bps.saturating_sub(others)));
        }
        viewer.live.wants = None;
        viewer.live.takes.push(Take { id, needs });
        Ok(())
    }

    /// A track is let go.
    pub fn let_live_go(&mut self, person: PersonId, id: u64) {
        if let Some(viewer) = self.viewers.get_mut(&person) {
            viewer.live.takes.retain(|take| take.id != id);
        }
    }

    /// Somebody asks for parity with a track of this rate; gives the strength in percent that fits, and counts it.
    pub fn parity(&mut self, now: Duration, person: PersonId, id: u64, bps: u64, percent: u8) -> u8 {
        let share_bps = self.share_of(now, person);
        let Some(viewer) = self.viewers.get_mut(&person) else { return 0 };
        let Some(needs) = viewer.live.takes.iter().find(|take| take.id == id).map(|take| take.needs) else { return 0 };
        let rest = share_bps.saturating_sub(viewer.live.without(Some(&needs)));
        let percent = (0..=percent).rev().find(|percent| live_needs(bps, *percent) <= rest).unwrap_or(0);
        if let Some(take) = viewer.live.takes.iter_mut().find(|take| take.id == id) {
            take.needs.bps = live_needs(bps, percent);
        }
        percent
    }

    /// Whether somebody takes this track, which is not the least, and for too long more than the share; the share then, in bits per second.
    #[must_use]
    pub fn live_over(&self, now: Duration, person: PersonId, id: u64) -> Option<u64> {
        let viewer = self.viewers.get(&person)?;
        let take = viewer.live.takes.iter().find(|take| take.id == id).filter(|take| !take.needs.is_least)?;
        let is_over = viewer.live.over_since.is_some_and(|since| now >= since + LIVE_OVER_SHARE);
        let is_largest = viewer.live.takes.iter().all(|other| other.needs.is_least || other.needs.bps <= take.needs.bps);
        (is_over && is_largest).then(|| self.share_of(now, person))
    }
}

#[cfg(test)]
mod tests;
