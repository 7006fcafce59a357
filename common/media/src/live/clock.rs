//! Server time inside the worker: this machine's clock, led by what the parent says each second.
//!
//! It never goes back, and small errors are made good by running a little faster or slower, so that pictures and sounds keep
//! their distance. What the parent says is a little old when it arrives, by the pipe and by how busy the machine is; so the
//! latest of the last few words is the truest.

use std::collections::VecDeque;

/// Words of the parent that are compared: so many seconds.
const KEPT: usize = 5;
/// An error is made good within this time: until the next word.
const CORRECT_WITHIN_US: i64 = 1_000_000;
/// The clock runs faster or slower by at most one part in this many.
const SLEW_MAX: i64 = 20;
/// Forward, an error above this is jumped: the first word had waited for this program to start.
const JUMP_US: i64 = 10_000;
/// Backward, an error above this is another clock, not drift: time runs at half speed until it is right.
const OTHER_CLOCK_US: i64 = 1_000_000;

/// The worker's idea of server time, as a function of its own clock. Both in microseconds.
#[derive(Debug)]
pub(crate) struct ServerClock {
    /// At this own time it was that server time.
    own_us: u64,
    server_us: u64,
    /// What is still to be made good, and one part in how many of the passing time goes into it.
    error_us: i64,
    part: i64,
    /// Server time less own time, as it was said.
    offsets: VecDeque<i64>,
}

impl ServerClock {
    /// Starts with the first word.
    pub(crate) fn new(own_us: u64, server_us: u64) -> Self {
        Self { own_us, server_us, error_us: 0, part: SLEW_MAX, offsets: VecDeque::from([difference(server_us, own_us)]) }
    }

    /// Server time at this own time; never less than at an earlier one.
    pub(crate) fn at(&self, own_us: u64) -> u64 {
        let passed = own_us.saturating_sub(self.own_us);
        let part = i64::try_from(passed).unwrap_or(i64::MAX) / self.part;
        let made_good = self.error_us.clamp(-part, part);
        self.server_us.saturating_add(passed).saturating_add_signed(made_good)
    }

    /// Takes another word.
    pub(crate) fn told(&mut self, own_us: u64, server_us: u64) {
        let offset = difference(server_us, own_us);
        // A clock that went elsewhere altogether is not to be compared with what it was.
        if self.offsets.iter().any(|old| old.abs_diff(offset) > OTHER_CLOCK_US.unsigned_abs()) {
            self.offsets.clear();
        }
        if self.offsets.len() == KEPT {
            self.offsets.pop_front();
        }
        self.offsets.push_back(offset);
        let best = self.offsets.iter().copied().max().unwrap_or(offset);
        let now = self.at(own_us);
        let error = difference(own_us.saturating_add_signed(best), now);
        (self.own_us, self.server_us) = (own_us, now);
        (self.error_us, self.part) = match error {
            JUMP_US.. => {
                self.server_us = now.saturating_add_signed(error);
                (0, SLEW_MAX)
            }
            _ if error <= -OTHER_CLOCK_US => (error, 2),
            _ => (error, (CORRECT_WITHIN_US / error.abs().max(1)).max(SLEW_MAX)),
        };
    }

    /// How long it takes, in microseconds of the own clock, until it is that time on the server; 0 when it is past.
    pub(crate) fn until(&self, own_us: u64, server_us: u64) -> u64 {
        // Off by what is made good meanwhile, which is less than a twentieth; who waits asks again.
        server_us.saturating_sub(self.at(own_us))
    }
}

fn difference(a: u64, b: u64) -> i64 {
    i64::try_from(i128::from(a) - i128::from(b)).unwrap_or(if a > b { i64::MAX } else { i64::MIN })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    /// Runs the clock for so many seconds beside a server whose clock gains `ppm`, with words that are late by `late` of the second.
    fn run(clock: &mut ServerClock, seconds: std::ops::Range<u64>, server: impl Fn(u64) -> u64, late: impl Fn(u64) -> u64) -> Vec<i64> {
        let mut last = 0;
        let mut off = Vec::new();
        for second in seconds {
            clock.told(second * SECOND + late(second), server(second * SECOND));
            for step in 0..100 {
                let own = second * SECOND + step * 10_000 + late(second);
                let now = clock.at(own);
                assert!(now >= last, "never back");
                last = now;
                off.push(difference(now, server(own)));
            }
        }
        off
    }

    #[test]
    fn it_follows_a_clock_that_drifts_and_words_that_are_late() {
        let server = |own: u64| 77 * SECOND + own + own * 80 / 1_000_000;
        let mut clock = ServerClock::new(0, server(0));
        // One word in three is late by 9 ms.
        let off = run(&mut clock, 1..60, server, |s| if s % 3 == 0 { 9_000 } else { 50 });
        assert!(off.iter().skip(500).all(|o| o.abs() < 600), "{:?}", off.iter().max_by_key(|o| o.abs()));
    }

    #[test]
    fn small_errors_are_made_good_smoothly() {
        for error in [-5_000i64, 5_000] {
            let mut clock = ServerClock::new(0, 100 * SECOND);
            let server = |own: u64| (100 * SECOND + own).saturating_add_signed(error);
            let off = run(&mut clock, 1..12, server, |_| 0);
            assert!(off.windows(2).all(|w| (w[1] - w[0]).abs() <= 10_000 / SLEW_MAX), "not faster than it may");
            assert!(off.last().expect("some").abs() < 10, "{:?}", off.last());
        }
    }

    #[test]
    fn a_first_word_that_waited_is_made_good_with_the_second() {
        let mut clock = ServerClock::new(400_000, 100 * SECOND);
        clock.told(410_000, 100 * SECOND + 410_000);
        assert_eq!(clock.at(410_000), 100 * SECOND + 410_000);
    }

    #[test]
    fn another_clock_is_jumped_to_or_waited_for() {
        let mut clock = ServerClock::new(0, 100 * SECOND);
        clock.told(SECOND, 1_000 * SECOND);
        assert_eq!(clock.at(SECOND), 1_000 * SECOND);
        let off = run(&mut clock, 2..50, |own| 990 * SECOND + own, |_| 0);
        assert!(off.last().expect("some").abs() < 2_000, "{:?}", off.last());
    }

    #[test]
    fn hostile_words_do_not_panic() {
        let mut clock = ServerClock::new(0, u64::MAX);
        for (own, server) in [(0, 0), (5, u64::MAX), (1 << 40, 0), (u64::MAX, u64::MAX), (u64::MAX, 0), (3, 3)] {
            clock.told(own, server);
            for at in [0, own, u64::MAX] {
                clock.at(at);
                clock.until(at, u64::MAX);
            }
        }
    }
}
