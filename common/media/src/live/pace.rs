//! When the next picture is due: at exact multiples of the frame's length on the server's clock, so that nothing drifts.

use super::orders::Orders;

/// Unit of the stamp and of capture times, in microseconds. A picture is due at a whole one, so that its capture time, which is
/// rounded down to one, never falls before the time at which it was due.
pub(crate) const TICK_US: u64 = 100;

/// The pace of one source of pictures.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Frames per 1000 s.
    rate_milli: u64,
    /// Number of the frame that is due next.
    next: u64,
}

impl Pace {
    pub(crate) fn new(rate_milli: u32) -> Self {
        Self { rate_milli: u64::from(rate_milli.max(1)), next: 0 }
    }

    /// Waits for the next picture's time and says what time it is then. Pictures whose time has passed altogether are left
    /// out. None: the end came first.
    pub(crate) fn wait(&mut self, orders: &Orders) -> Option<u64> {
        let due = self.take(orders.now_us());
        orders.sleep_until(due).then(|| {
            let now_us = orders.now_us();
            self.woke(now_us);
            now_us
        })
    }

    /// Who slept too long has left out what was due meanwhile.
    fn woke(&mut self, now_us: u64) {
        self.next = self.next.max(self.number_at(now_us).saturating_add(1));
    }

    /// When the next picture is due, in microseconds.
    fn take(&mut self, now_us: u64) -> u64 {
        let number = self.next.max(self.number_at(now_us));
        self.next = number.saturating_add(1);
        self.time_of(number)
    }

    /// The last frame that is due at this time.
    fn number_at(&self, time_us: u64) -> u64 {
        // A frame is due from its time on, rounded up to a tick.
        u64::try_from(u128::from(time_us / TICK_US * TICK_US) * u128::from(self.rate_milli) / 1_000_000_000).unwrap_or(u64::MAX)
    }

    fn time_of(&self, number: u64) -> u64 {
        let ticks = (u128::from(number) * 1_000_000_000).div_ceil(u128::from(self.rate_milli) * u128::from(TICK_US));
        u64::try_from(ticks * u128::from(TICK_US)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_due_at_exact_multiples_and_missed_ones_are_left_out() {
        let mut pace = Pace::new(30_000);
        let mut now = 1_000_000_000;
        let due: Vec<_> = (0..4)
            .map(|_| {
                let due = pace.take(now);
                now = due;
                due - 1_000_000_000
            })
            .collect();
        assert_eq!(due, [0, 33_400, 66_700, 100_000]);
        // Late by less than a frame: at once. Later: what is due now.
        assert_eq!(pace.take(1_000_150_000), 1_000_133_400);
        assert_eq!(pace.take(1_000_410_000), 1_000_400_000);
        assert_eq!(pace.take(1_000_410_000), 1_000_433_400);
        // Woken long after that: the picture is the one of then, and the next has its own time.
        pace.woke(1_000_610_000);
        assert_eq!(pace.take(1_000_610_000), 1_000_633_400);
    }

    #[test]
    fn who_looks_in_ticks_sees_the_same_frame() {
        for rate in [24_000, 29_970, 30_000, 60_000] {
            let pace = Pace::new(rate);
            for number in 90_000..90_300 {
                let due = pace.time_of(number);
                assert_eq!((due % TICK_US, pace.number_at(due), pace.number_at(due - 1)), (0, number, number - 1), "{rate}");
                assert_eq!(due / TICK_US * TICK_US * u64::from(rate) / 1_000_000_000, number, "{rate}");
            }
        }
    }

    #[test]
    fn a_day_later_nothing_has_drifted() {
        let pace = Pace::new(29_970);
        let frames = 86_400 * 29_970 / 1000;
        assert_eq!(pace.time_of(frames), 86_400_000_000);
        assert_eq!(pace.number_at(86_400_000_000), frames);
    }

    #[test]
    fn hostile_times_do_not_panic() {
        for rate in [0, 1, 120_000, u32::MAX] {
            let mut pace = Pace::new(rate);
            for now in [0, 1 << 62, u64::MAX / 1000, 5] {
                pace.take(now);
            }
        }
    }
}
