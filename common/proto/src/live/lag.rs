//! How far behind the capture a viewer shows a stream: the stream's target where it can, more where its line or machine needs it.
//!
//! What counts is when a picture was ready to be shown, since its capture. The lag covers all but one in a hundred of the last
//! `WINDOW` of them; it grows at once, so that a line that got worse costs one late picture, and shrinks slowly, so that it
//! does not swing.

use std::collections::VecDeque;
use std::time::Duration;

use crate::limits::LIVE_TARGET_MAX;

/// Pictures that are looked at: some five seconds.
const WINDOW: usize = 150;
/// One in so many may come too late.
const LATE_ONE_IN: usize = 100;
/// Between being ready and being shown.
const MARGIN_US: u32 = 2_000;
/// How much the lag shrinks with each picture, in microseconds: 9 ms a second at 30 a second, 1 % of the pace.
const SHRINK_US: u32 = 300;

/// The lag of one viewer of one stream.
#[derive(Debug, Clone, Default)]
pub struct Lag {
    delays_us: VecDeque<u32>,
    now_us: u32,
    needed_us: u32,
}

impl Lag {
    /// A picture or packet was ready so long after its capture; gives the lag from now on, in microseconds.
    pub fn ready(&mut self, delay: Duration, target_us: u32) -> u32 {
        self.delays_us.push_back(u32::try_from(delay.as_micros()).unwrap_or(u32::MAX));
        if self.delays_us.len() > WINDOW {
            self.delays_us.pop_front();
        }
        let mut sorted: Vec<u32> = self.delays_us.iter().copied().collect();
        let rank = sorted.len() - 1 - sorted.len() / LATE_ONE_IN;
        let (_, needed, _) = sorted.select_nth_unstable(rank);
        let most = u32::try_from(LIVE_TARGET_MAX.as_micros()).unwrap_or(u32::MAX);
        self.needed_us = needed.saturating_add(MARGIN_US);
        let wanted = self.needed_us.max(target_us).min(most);
        self.now_us = wanted.max(self.now_us.saturating_sub(SHRINK_US)).max(target_us);
        self.now_us
    }

    /// What this viewer would need at least; 0 before anything came.
    #[must_use]
    pub fn needed_us(&self) -> u32 {
        self.needed_us
    }

    /// The lag of now; before anything came, the stream's target.
    #[must_use]
    pub fn us(&self, target_us: u32) -> u32 {
        self.now_us.max(target_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_good_line_shows_at_the_target() {
        let mut lag = Lag::default();
        assert_eq!(lag.us(30_000), 30_000);
        (0..500).for_each(|_| assert_eq!(lag.ready(ms(12), 30_000), 30_000));
    }

    #[test]
    fn a_line_that_gets_worse_is_followed_at_once_and_back_slowly() {
        let mut lag = Lag::default();
        (0..200).for_each(|_| _ = lag.ready(ms(10), 30_000));
        (0..3).for_each(|_| _ = lag.ready(ms(90), 30_000));
        assert_eq!(lag.us(30_000), 92_000);
        (0..WINDOW).for_each(|_| _ = lag.ready(ms(10), 30_000));
        assert!((40_000..92_000).contains(&lag.us(30_000)), "{}", lag.us(30_000));
        (0..1_000).for_each(|_| _ = lag.ready(ms(10), 30_000));
        assert_eq!(lag.us(30_000), 30_000);
    }

    #[test]
    fn one_straggler_does_not_hold_everything_back() {
        let mut lag = Lag::default();
        (0..WINDOW).for_each(|_| _ = lag.ready(ms(10), 30_000));
        lag.ready(ms(300), 30_000);
        assert_eq!(lag.us(30_000), 30_000);
        (0..WINDOW).for_each(|_| _ = lag.ready(Duration::from_secs(9), 30_000));
        assert_eq!(lag.us(30_000), 400_000, "but never more than this");
    }
}
