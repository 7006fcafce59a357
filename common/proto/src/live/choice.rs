//! Which rung of a live stream a viewer takes: down when line or machine cannot hold it, up again when both could hold more.
//!
//! Once a second the viewer says what it saw. Trouble is what was missing, what came later than it used to, and pictures that
//! the machine had no time for. Trouble in two seconds of three, or heavy trouble at once, goes down: to the highest rung that
//! what really came through would carry. A quiet while goes up by one; a rise that fails makes the next while longer, so that a
//! line just below a rung is not tried again and again.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Share of units that may be missing, in percent, and what is heavy.
const MISSING_PERCENT: u64 = 5;
const MISSING_HEAVY_PERCENT: u64 = 25;
/// So many bytes in a second of which no unit became whole: all of them lose something on the way.
const STARVED_BYTES: u64 = 4_000;
/// Later than the least of the last [`BASE_SECONDS`] by so much: something queues up.
const QUEUED: Duration = Duration::from_millis(150);
const BASE_SECONDS: usize = 60;
/// Share of the time that decoding may take.
const BUSY: f32 = 0.9;
/// Seconds that are looked at, and how many of them must be troubled.
const LOOKED_AT: usize = 3;
const TROUBLED: usize = 2;
/// After a change nothing is decided for so long: what was under way belongs to the rung before.
const SETTLE: Duration = Duration::from_secs(2);
/// Without trouble for so long: up by one. Doubled by a rise that failed within [`PROOF`], up to the most. A rise that fails
/// costs the class a pause, so it is not tried lightly.
const QUIET_MIN: Duration = Duration::from_secs(15);
const QUIET_MAX: Duration = Duration::from_secs(120);
const PROOF: Duration = Duration::from_secs(12);
/// Of what came through, so much is counted on, in percent.
const COUNTED_ON: u64 = 80;

/// What a viewer saw in one second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Seen {
    /// Units that came whole, and those that did not or were left out.
    pub came: u32,
    pub missing: u32,
    /// Bytes that came through.
    pub bytes: u64,
    /// How long after their capture units came, in the middle.
    pub delay: Option<Duration>,
    /// Share of the second that was spent decoding; above 1 with several threads.
    pub busy: f32,
    /// Pictures that the machine left out or showed too late.
    pub unshown: u32,
    /// What the room gives this viewer, in bits per second.
    pub share_bps: Option<u64>,
}

/// What limits a viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Limit {
    Line,
    Machine,
    /// The viewer's share of the room's bandwidth.
    Share,
}

/// The choice of one viewer among the rungs of a stream.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Bits per second of each rung, lowest first.
    rungs_bps: Vec<u64>,
    at: usize,
    /// Rungs that cannot be had.
    gone: Vec<usize>,
    seconds: VecDeque<Option<Limit>>,
    delays: VecDeque<Duration>,
    changed_at: Duration,
    /// Nothing is decided before this.
    settled_at: Duration,
    /// When it last went up by itself.
    rose_at: Option<Duration>,
    quiet_since: Duration,
    quiet: Duration,
    limit: Option<Limit>,
}

impl Choice {
    /// Begins at the highest of these rungs, in bits per second, lowest first; at least one.
    #[must_use]
    pub fn new(now: Duration, rungs_bps: Vec<u64>) -> Self {
        let at = rungs_bps.len().saturating_sub(1);
        Self {
            rungs_bps,
            at,
            gone: Vec::new(),
            seconds: VecDeque::new(),
            delays: VecDeque::new(),
            changed_at: now,
            settled_at: now,
            rose_at: None,
            quiet_since: now,
            quiet: QUIET_MIN,
            limit: None,
        }
    }

    /// The rung of now, counted from the lowest.
    #[must_use]
    pub fn rung(&self) -> usize {
        self.at
    }

    /// Why it is not the highest.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        self.limit.filter(|_| self.at + 1 < self.rungs_bps.len())
    }

    /// A rung cannot be had any more; the one to take instead, if it was the one of now.
    pub fn lost(&mut self, now: Duration, rung: usize) -> Option<usize> {
        self.gone.push(rung);
        if rung != self.at {
            return None;
        }
        let other = (0..self.at).rev().chain(self.at + 1..self.rungs_bps.len()).find(|r| !self.gone.contains(r))?;
        self.change(now, other);
        Some(other)
    }

    /// The room has no place in this viewer's share for a rung; the one to take instead, if it was the one of now.
    pub fn refused(&mut self, now: Duration, rung: usize) -> Option<usize> {
        if rung != self.at {
            return None;
        }
        let lower = (0..rung).rev().find(|r| !self.gone.contains(r))?;
        if self.rose_at.take().is_some() {
            self.quiet = (self.quiet * 2).min(QUIET_MAX);
        }
        self.limit = Some(Limit::Share);
        Some(self.change(now, lower))
    }

    /// Another second is over; the rung to take from now on, if it is another.
    pub fn seen(&mut self, now: Duration, seen: &Seen) -> Option<usize> {
        let trouble = self.trouble(seen);
        if trouble.is_some() {
            self.quiet_since = now;
        }
        self.seconds.push_back(trouble);
        if self.seconds.len() > LOOKED_AT {
            self.seconds.pop_front();
        }
        let share = self.highest_within(seen.share_bps.unwrap_or(u64::MAX));
        if self.at > share {
            self.limit = Some(Limit::Share);
            return Some(self.change(now, share));
        }
        if now < self.settled_at {
            return None;
        }
        let total = u64::from(seen.came) + u64::from(seen.missing);
        let is_heavy = is_starved(seen) || u64::from(seen.missing) * 100 > total * MISSING_HEAVY_PERCENT && total > 0;
        let troubled = self.seconds.iter().flatten().count();
        if let Some(limit) = trouble.filter(|_| is_heavy || troubled >= TROUBLED) {
            let carried = seen.bytes.saturating_mul(8 * COUNTED_ON) / 100;
            let lower = match limit {
                Limit::Line => self.highest_within(carried).min(self.at.saturating_sub(1)),
                Limit::Machine | Limit::Share => self.at.saturating_sub(1),
            };
            let lower = (0..=lower).rev().find(|r| !self.gone.contains(r))?;
            if lower == self.at {
                return None;
            }
            if self.rose_at.is_some_and(|at| now < at + PROOF) {
                self.quiet = (self.quiet * 2).min(QUIET_MAX);
            }
            self.limit = Some(limit);
            self.rose_at = None;
            return Some(self.change(now, lower));
        }
        if self.rose_at.is_some_and(|at| now >= at + PROOF) {
            (self.rose_at, self.quiet) = (None, QUIET_MIN);
        }
        let higher = (self.at + 1..=share).find(|r| !self.gone.contains(r))?;
        if now < self.quiet_since.max(self.changed_at) + self.quiet {
            return None;
        }
        self.rose_at = Some(now);
        Some(self.change(now, higher))
    }

    fn trouble(&mut self, seen: &Seen) -> Option<Limit> {
        let total = u64::from(seen.came) + u64::from(seen.missing);
        let is_missing = u64::from(seen.missing) * 100 > total * MISSING_PERCENT;
        let base = self.delays.iter().min().copied();
        if let Some(delay) = seen.delay {
            self.delays.push_back(delay);
            if self.delays.len() > BASE_SECONDS {
                self.delays.pop_front();
            }
        }
        let is_queued = seen.delay.zip(base).is_some_and(|(delay, base)| delay > base + QUEUED);
        if is_missing || is_queued || is_starved(seen) {
            return Some(Limit::Line);
        }
        let is_unshown = u64::from(seen.unshown) * 100 > total * MISSING_PERCENT;
        (seen.busy > BUSY || is_unshown && seen.busy > BUSY / 2.0).then_some(Limit::Machine)
    }

    /// The highest rung that this rate carries, or the lowest.
    fn highest_within(&self, bps: u64) -> usize {
        self.rungs_bps.iter().rposition(|rung| *rung <= bps).unwrap_or(0)
    }

    fn change(&mut self, now: Duration, rung: usize) -> usize {
        self.at = rung;
        self.changed_at = now;
        self.settled_at = now + SETTLE;
        self.seconds.clear();
        // Another rung comes another way: its delays are not to be compared with these.
        self.delays.clear();
        rung
    }
}

fn is_starved(seen: &Seen) -> bool {
    seen.came == 0 && seen.bytes > STARVED_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LADDER: [u64; 3] = [200_000, 700_000, 2_500_000];

    fn s(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn good(bps: u64) -> Seen {
        Seen { came: 30, missing: 0, bytes: bps / 8, delay: Some(Duration::from_millis(12)), busy: 0.2, unshown: 0, share_bps: None }
    }

    /// A viewer behind a line of this many bits per second, for so long; the rung of each second.
    fn behind(choice: &mut Choice, seconds: std::ops::Range<u64>, line_bps: u64) -> Vec<usize> {
        seconds
            .map(|second| {
                let bps = LADDER[choice.rung()];
                let seen = if bps <= line_bps {
                    good(bps)
                } else {
                    let came = (30 * line_bps / bps) as u32;
                    Seen { came, missing: 30 - came, bytes: line_bps / 8, delay: Some(Duration::from_millis(900)), ..good(bps) }
                };
                choice.seen(s(second), &seen);
                choice.rung()
            })
            .collect()
    }

    #[test]
    fn a_good_line_keeps_the_highest() {
        let mut choice = Choice::new(s(0), LADDER.to_vec());
        assert!(behind(&mut choice, 1..100, 10_000_000).iter().all(|r| *r == 2));
        assert_eq!(choice.limit(), None);
    }

    #[test]
    fn a_bad_line_goes_to_what_it_carries_and_up_again_when_it_is_good() {
        let mut choice = Choice::new(s(0), LADDER.to_vec());
        let rungs = behind(&mut choice, 1..10, 300_000);
        assert_eq!(rungs.last(), Some(&0), "{rungs:?}");
        assert!(rungs.iter().filter(|r| **r == 1).count() == 0, "at once, not by way of what it cannot carry: {rungs:?}");
        assert_eq!(choice.limit(), Some(Limit::Line));
        let up = behind(&mut choice, 10..60, 10_000_000);
        assert_eq!(up.last(), Some(&2), "{up:?}");
    }

    #[test]
    fn a_line_just_below_a_rung_is_tried_less_and_less() {
        let mut choice = Choice::new(s(0), LADDER.to_vec());
        let rungs = behind(&mut choice, 1..600, 1_000_000);
        let rises = |part: &[usize]| part.windows(2).filter(|w| w[1] == 2 && w[0] == 1).count();
        assert!(rises(&rungs[..120]) > rises(&rungs[480..]), "{rungs:?}");
        assert!(rungs.iter().filter(|r| **r == 1).count() * 10 > rungs.len() * 8, "most of the time at what it carries");
    }

    #[test]
    fn a_slow_machine_goes_down_by_one_and_a_share_of_the_room_is_kept() {
        let mut choice = Choice::new(s(0), LADDER.to_vec());
        let busy = |second| (s(second), Seen { busy: 1.1, unshown: 9, ..good(2_500_000) });
        for second in 1..4 {
            let (now, seen) = busy(second);
            choice.seen(now, &seen);
        }
        assert_eq!((choice.rung(), choice.limit()), (1, Some(Limit::Machine)));
        let shared = Seen { share_bps: Some(400_000), ..good(700_000) };
        assert_eq!(choice.seen(s(7), &shared), Some(0), "at once");
        (8..60).for_each(|second| assert_eq!(choice.seen(s(second), &shared), None));
        assert_eq!(choice.limit(), Some(Limit::Share));
    }

    #[test]
    fn a_rung_that_the_room_refuses_is_left_and_tried_again_later_and_later() {
        let mut choice = Choice::new(s(0), LADDER.to_vec());
        assert_eq!((choice.refused(s(0), 1), choice.refused(s(0), 2), choice.limit()), (None, Some(1), Some(Limit::Share)));
        let mut tries = Vec::new();
        for second in 1..200 {
            if choice.seen(s(second), &good(700_000)).is_some() {
                assert_eq!(choice.refused(s(second), 2), Some(1));
                tries.push(second);
            }
        }
        assert!(tries.len() >= 3 && tries.windows(3).all(|w| w[2] - w[1] >= w[1] - w[0]), "{tries:?}");
        assert_eq!(choice.refused(s(300), 1), Some(0));
        assert_eq!(choice.refused(s(300), 0), None, "there is none below");
    }

    #[test]
    fn a_line_over_which_nothing_comes_whole_goes_down() {
        let mut choice = Choice::new(s(0), LADDER.to_vec());
        let starved = Seen { came: 0, missing: 0, bytes: 40_000, delay: None, ..good(0) };
        assert_eq!((choice.seen(s(1), &starved), choice.limit()), (Some(0), Some(Limit::Line)));
        let mut choice = Choice::new(s(0), LADDER.to_vec());
        let silent = Seen { bytes: 300, ..starved };
        (1..20).for_each(|second| assert_eq!(choice.seen(s(second), &silent), None, "who publishes has paused"));
    }

    #[test]
    fn a_rung_that_cannot_be_had_is_not_taken_again() {
        let mut choice = Choice::new(s(0), LADDER.to_vec());
        choice.seen(s(1), &Seen { share_bps: Some(800_000), ..good(2_500_000) });
        assert_eq!((choice.rung(), choice.lost(s(2), 0), choice.lost(s(2), 1)), (1, None, Some(2)));
        let bad = Seen { missing: 30, came: 0, ..good(0) };
        (3..40).for_each(|second| assert_eq!(choice.seen(s(second), &bad), None));
        assert_eq!(choice.lost(s(40), 2), None, "there is none");
    }

    proptest! {
        #[test]
        fn it_is_always_a_rung_of_the_ladder(seconds in prop::collection::vec((0u32..60, 0u32..60, 0u64..1_000_000, 0u64..3_000, 0.0f32..2.0), 1..200), rungs in 1usize..6) {
            let mut choice = Choice::new(s(0), (1..=rungs as u64).map(|r| r * 300_000).collect());
            for (n, (came, missing, bytes, delay, busy)) in seconds.into_iter().enumerate() {
                let seen = Seen { came, missing, bytes, delay: Some(Duration::from_millis(delay)), busy, unshown: missing, share_bps: None };
                let before = choice.rung();
                let to = choice.seen(s(n as u64), &seen);
                prop_assert!(to.is_none_or(|to| to != before && to < rungs && to == choice.rung()));
            }
        }
    }
}
