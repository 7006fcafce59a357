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
/// With each packet of sound: no faster than sound can follow unheard, 2 ms a second ([`super::resample::CORRECTION_MAX`]).
const SHRINK_SOUND_US: u32 = 40;

/// What of a stream is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Pictures,
    Sound,
}

/// When one part was ready of late.
#[derive(Debug, Clone, Default)]
struct Needs {
    delays_us: VecDeque<u32>,
    least_us: u32,
}

impl Needs {
    fn ready(&mut self, delay: Duration) {
        self.delays_us.push_back(u32::try_from(delay.as_micros()).unwrap_or(u32::MAX));
        if self.delays_us.len() > WINDOW {
            self.delays_us.pop_front();
        }
        let mut sorted: Vec<u32> = self.delays_us.iter().copied().collect();
        let rank = sorted.len() - 1 - sorted.len() / LATE_ONE_IN;
        let (_, needed, _) = sorted.select_nth_unstable(rank);
        self.least_us = needed.saturating_add(MARGIN_US);
    }
}

/// The lag of one viewer of one stream: the same for its pictures and its sound, as the one that needs more of it.
#[derive(Debug, Clone, Default)]
pub struct Lag {
    pictures: Needs,
    sound: Needs,
    now_us: u32,
}

impl Lag {
    /// A picture or packet was ready so long after its capture; gives the lag from now on, in microseconds.
    pub fn ready(&mut self, part: Part, delay: Duration, target_us: u32) -> u32 {
        let (needs, shrink_us) = match part {
            Part::Pictures if self.sound.delays_us.is_empty() => (&mut self.pictures, SHRINK_US),
            Part::Pictures => (&mut self.pictures, 0),
            Part::Sound => (&mut self.sound, SHRINK_SOUND_US),
        };
        needs.ready(delay);
        let most = u32::try_from(LIVE_TARGET_MAX.as_micros()).unwrap_or(u32::MAX);
        let wanted = self.needed_us().max(target_us).min(most);
        self.now_us = wanted.max(self.now_us.saturating_sub(shrink_us)).max(target_us);
        self.now_us
    }

    /// One part does not come for now: what it needed counts no more.
    pub fn rests(&mut self, part: Part) {
        match part {
            Part::Pictures => self.pictures = Needs::default(),
            Part::Sound => self.sound = Needs::default(),
        }
    }

    /// What this viewer would need at least; 0 before anything came.
    #[must_use]
    pub fn needed_us(&self) -> u32 {
        self.pictures.least_us.max(self.sound.least_us)
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
        (0..500).for_each(|_| assert_eq!(lag.ready(Part::Pictures, ms(12), 30_000), 30_000));
    }

    #[test]
    fn a_line_that_gets_worse_is_followed_at_once_and_back_slowly() {
        let mut lag = Lag::default();
        (0..200).for_each(|_| _ = lag.ready(Part::Pictures, ms(10), 30_000));
        (0..3).for_each(|_| _ = lag.ready(Part::Pictures, ms(90), 30_000));
        assert_eq!(lag.us(30_000), 92_000);
        (0..WINDOW).for_each(|_| _ = lag.ready(Part::Pictures, ms(10), 30_000));
        assert!((40_000..92_000).contains(&lag.us(30_000)), "{}", lag.us(30_000));
        (0..1_000).for_each(|_| _ = lag.ready(Part::Pictures, ms(10), 30_000));
        assert_eq!(lag.us(30_000), 30_000);
    }

    #[test]
    fn one_straggler_does_not_hold_everything_back() {
        let mut lag = Lag::default();
        (0..WINDOW).for_each(|_| _ = lag.ready(Part::Pictures, ms(10), 30_000));
        lag.ready(Part::Pictures, ms(300), 30_000);
        assert_eq!(lag.us(30_000), 30_000);
        (0..WINDOW).for_each(|_| _ = lag.ready(Part::Pictures, Duration::from_secs(9), 30_000));
        assert_eq!(lag.us(30_000), 400_000, "but never more than this");
    }

    #[test]
    fn pictures_and_sound_have_one_lag_and_it_shrinks_as_fast_as_sound_can_follow() {
        let mut lag = Lag::default();
        let mut second = |pictures_ms, sound_ms| {
            for i in 0..80 {
                let (part, delay) = if i % 8 < 3 { (Part::Pictures, pictures_ms) } else { (Part::Sound, sound_ms) };
                lag.ready(part, ms(delay), 30_000);
            }
            lag.us(30_000)
        };
        assert_eq!((0..5).map(|_| second(10, 20)).max(), Some(30_000));
        assert_eq!(second(10, 90), 92_000, "sound needs it, pictures wait with it");
        (0..6).for_each(|_| _ = second(10, 20));
        let before = second(10, 20);
        assert_eq!(before - second(10, 20), 2_000, "2 parts in a thousand");
        assert!(second(70, 20) >= 72_000, "and the other way round");
        lag.rests(Part::Pictures);
        assert!(lag.needed_us() <= 22_000);
    }
}
