//! Where playback stands: an anchor that ties a media position to a server time, a rate and a revision.
//!
//! A stored video follows a timeline, its viewer's own or, later, the room's. State that can be derived is not stored:
//! the position at any time follows from the anchor.

use serde::{Deserialize, Serialize};

/// Normal speed, in thousandths.
pub const RATE_NORMAL: u32 = 1_000;

/// A playback timeline. Times are microseconds on one clock; media positions microseconds from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Media position at the anchor.
    pub position_us: u64,
    /// Clock time of the anchor.
    pub at_us: u64,
    /// Speed in thousandths; 0 is paused.
    pub rate_permille: u32,
    /// Grows with every change.
    pub revision: u64,
}

impl Timeline {
    /// Paused at a position.
    #[must_use]
    pub fn paused_at(position_us: u64) -> Self {
        Self { position_us, at_us: 0, rate_permille: 0, revision: 0 }
    }

    /// The media position at a clock time; before the anchor it is the anchor's.
    #[must_use]
    pub fn position(&self, now_us: u64) -> u64 {
        let elapsed = u128::from(now_us.saturating_sub(self.at_us));
        let moved = elapsed * u128::from(self.rate_permille) / u128::from(RATE_NORMAL);
        self.position_us.saturating_add(u64::try_from(moved).unwrap_or(u64::MAX))
    }

    /// The clock time at which a media position is due, or none while paused or when it has passed before the anchor.
    #[must_use]
    pub fn due(&self, position_us: u64) -> Option<u64> {
        let ahead = position_us.checked_sub(self.position_us)?;
        if self.rate_permille == 0 {
            return None;
        }
        let wait = u128::from(ahead) * u128::from(RATE_NORMAL) / u128::from(self.rate_permille);
        self.at_us.checked_add(u64::try_from(wait).ok()?)
    }

    /// Whether time moves.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.rate_permille != 0
    }

    /// Anchors anew with a rate, at the position it has reached.
    pub fn set_rate(&mut self, now_us: u64, rate_permille: u32) {
        *self = Self { position_us: self.position(now_us), at_us: now_us, rate_permille, revision: self.revision + 1 };
    }

    /// Jumps to a position, moving or paused as before.
    pub fn seek(&mut self, now_us: u64, position_us: u64) {
        *self = Self { position_us, at_us: now_us, rate_permille: self.rate_permille, revision: self.revision + 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_pauses_and_jumps() {
        let mut t = Timeline::paused_at(500);
        assert_eq!(t.position(9_999), 500);
        t.set_rate(1_000, RATE_NORMAL);
        assert_eq!(t.position(1_700), 1_200);
        assert_eq!(t.due(1_200), Some(1_700));
        t.set_rate(2_000, 2 * RATE_NORMAL);
        assert_eq!((t.position(2_100), t.due(1_700)), (1_700, Some(2_100)));
        t.seek(3_000, 10);
        assert_eq!((t.position(3_000), t.revision), (10, 3));
        t.set_rate(3_100, 0);
        assert_eq!((t.position(99_000), t.due(500)), (210, None));
    }
}
