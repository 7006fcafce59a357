//! Which presentation time each written frame has: the writer's side of the speaker, pure arithmetic.

use super::SAMPLE_RATE_HZ;
use std::collections::VecDeque;

/// Blocks whose time is this near to the end of the one before continue it: times are rounded to microseconds.
const CONTIGUOUS_US: i64 = 100;

/// Frames written since the start, and where their times jump.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Frames written in all; the number of the next frame.
    written: u64,
    /// Frames before this number were dropped by a flush.
    floor: u64,
    /// First frame and time of each run without a jump.
    runs: VecDeque<(u64, i64)>,
    latest: i64,
}

impl Ledger {
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Notes that `frames` were written, the first at `pts_us`.
    pub(super) fn note(&mut self, pts_us: i64, frames: u64) {
        let expected = self.runs.back().map(|&(first, pts)| at(first, pts, self.written));
        if expected.is_none_or(|e| (e - pts_us).abs() > CONTIGUOUS_US) {
            self.runs.push_back((self.written, pts_us));
        }
        self.written += frames;
    }

    /// Everything written so far is dropped; gives the number of the first frame that counts again.
    pub(super) fn flush(&mut self) -> u64 {
        self.runs.clear();
        self.floor = self.written;
        self.latest = i64::MIN;
        self.floor
    }

    /// Time of a frame, never earlier than the last answer; nothing for frames that were dropped or never written.
    pub(super) fn time(&mut self, frame: u64) -> Option<i64> {
        if frame < self.floor {
            return None;
        }
        while self.runs.get(1).is_some_and(|next| next.0 <= frame) {
            self.runs.pop_front();
        }
        let &(first, pts) = self.runs.front()?;
        let time = at(first, pts, frame.max(first));
        self.latest = self.latest.max(time);
        Some(self.latest)
    }
}

fn at(first: u64, pts_us: i64, frame: u64) -> i64 {
    let us = u128::from(frame.saturating_sub(first)) * 1_000_000 / u128::from(SAMPLE_RATE_HZ);
    pts_us.saturating_add(i64::try_from(us).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_follow_jumps_and_never_go_back() {
        let mut ledger = Ledger { latest: i64::MIN, ..Ledger::default() };
        assert_eq!(ledger.time(0), None);
        ledger.note(0, 48_000);
        ledger.note(1_000_001, 48_000);
        ledger.note(5_000_000, 48_000);
        assert_eq!(ledger.time(24_000), Some(500_000));
        assert_eq!(ledger.time(72_000), Some(1_500_000));
        assert_eq!(ledger.time(71_000), Some(1_500_000));
        assert_eq!(ledger.time(96_000), Some(5_000_000));
        assert_eq!(ledger.flush(), 144_000);
        assert_eq!(ledger.time(143_999), None);
        ledger.note(2_000_000, 480);
        assert_eq!(ledger.time(144_000), Some(2_000_000));
        assert_eq!(ledger.time(144_048), Some(2_001_000));
    }
}
