//! Server time as a client knows it: offset and drift of its own clock, estimated from exchanges.
//!
//! Each exchange is a question with the client's time and an answer with the server's (the four-timestamp exchange of NTP,
//! RFC 5905, 8, with the server's two in one, as it answers at once). Half the round trip is the bound of its error; exchanges that
//! waited in a queue have long round trips, so the one with the shortest of the last `WINDOW` counts, and the drift is the
//! slope between such best exchanges that lie far apart.

use std::collections::VecDeque;
use std::time::Duration;

/// Exchanges that are looked at.
const WINDOW: usize = 16;
/// Best exchanges that are kept for the drift.
const ANCHORS: usize = 16;
/// Least time between two of them, and least time that they must span before a drift is believed.
const ANCHOR_EVERY_US: i64 = 2_000_000;
const DRIFT_SPAN_US: i64 = 10_000_000;
/// Quartz crystals are better than this; what is beyond is an error of measurement.
const DRIFT_MAX: f64 = 200e-6;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Sample {
    /// The client's clock in the middle of the exchange, in microseconds.
    local_us: i64,
    /// Server time minus client time.
    offset_us: i64,
    round_trip_us: i64,
}

/// The estimate of one client for one server start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClockEstimator {
    recent: VecDeque<Sample>,
    anchors: VecDeque<Sample>,
}

impl ClockEstimator {
    /// Takes an exchange: the client's clock at sending and receiving, and the server's time between. One that ends before it
    /// began is dropped.
    pub fn exchange(&mut self, sent: Duration, server_us: u64, received: Duration) {
        let (sent, received) = (micros(sent), micros(received));
        if received < sent {
            return;
        }
        let local_us = sent + (received - sent) / 2;
        let server_us = i64::try_from(server_us).unwrap_or(i64::MAX);
        let sample = Sample { local_us, offset_us: server_us.saturating_sub(local_us), round_trip_us: received - sent };
        self.recent.push_back(sample);
        if self.recent.len() > WINDOW {
            self.recent.pop_front();
        }
        let Some(best) = self.best() else { return };
        match self.anchors.back_mut() {
            Some(last) if best.local_us - last.local_us < ANCHOR_EVERY_US => {
                if best.round_trip_us < last.round_trip_us {
                    *last = best;
                }
            }
            _ => self.anchors.push_back(best),
        }
        if self.anchors.len() > ANCHORS {
            self.anchors.pop_front();
        }
    }

    /// Server time at a time of the client's clock, in microseconds; none before the first exchange.
    #[must_use]
    pub fn server_us(&self, local: Duration) -> Option<u64> {
        let best = self.best()?;
        let local = micros(local);
        let drifted = (local - best.local_us) as f64 * self.drift();
        u64::try_from(local + best.offset_us + drifted as i64).ok()
    }

    /// The client's clock at a server time; none before the first exchange.
    #[must_use]
    pub fn local(&self, server_us: u64) -> Option<Duration> {
        let best = self.best()?;
        let naive = i64::try_from(server_us).ok()?.saturating_sub(best.offset_us);
        let drifted = (naive - best.local_us) as f64 * self.drift();
        u64::try_from(naive - drifted as i64).ok().map(Duration::from_micros)
    }

    /// The shortest round trip of late.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.best().map(|s| Duration::from_micros(s.round_trip_us.unsigned_abs()))
    }

    /// How much faster the server's clock runs, as a fraction.
    #[must_use]
    pub fn drift(&self) -> f64 {
        let (Some(first), Some(last)) = (self.anchors.front(), self.anchors.back()) else { return 0.0 };
        if last.local_us - first.local_us < DRIFT_SPAN_US {
            return 0.0;
        }
        // Least squares over the best exchanges; numbers relative to the first keep their precision.
        let n = self.anchors.len() as f64;
        let points = self.anchors.iter().map(|s| ((s.local_us - first.local_us) as f64, (s.offset_us - first.offset_us) as f64));
        let (sx, sy, sxx, sxy) = points.fold((0.0, 0.0, 0.0, 0.0), |(sx, sy, sxx, sxy), (x, y)| (sx + x, sy + y, sxx + x * x, sxy + x * y));
        let spread = n * sxx - sx * sx;
        if spread <= 0.0 { 0.0 } else { ((n * sxy - sx * sy) / spread).clamp(-DRIFT_MAX, DRIFT_MAX) }
    }

    /// The exchange that says most about now: the shortest round trip; of equal ones the newest.
    fn best(&self) -> Option<Sample> {
        self.recent.iter().rev().min_by_key(|s| s.round_trip_us).copied()
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn us(n: u64) -> Duration {
        Duration::from_micros(n)
    }

    /// A server whose clock is ahead and runs faster; exchanges wait `queue` on their way back.
    fn run(drift: f64, queue: impl Fn(u64) -> u64) -> (ClockEstimator, impl Fn(u64) -> f64) {
        let server = move |local: u64| 5_000_000.0 + local as f64 * (1.0 + drift);
        let mut clock = ClockEstimator::default();
        for i in 0..60u64 {
            let sent = 1_000_000 + i * 1_000_000;
            clock.exchange(us(sent), server(sent + 300) as u64, us(sent + 600 + queue(i)));
        }
        (clock, server)
    }

    #[test]
    fn a_quiet_line_gives_the_offset_and_the_drift() {
        let (clock, server) = run(80e-6, |_| 0);
        let now = 62_000_000;
        assert!((clock.server_us(us(now)).expect("known") as f64 - server(now)).abs() < 60.0);
        assert!((clock.drift() - 80e-6).abs() < 5e-6, "{}", clock.drift());
        assert_eq!(clock.round_trip(), Some(us(600)));
        let there = clock.server_us(us(now)).expect("known");
        assert!(clock.local(there).expect("known").abs_diff(us(now)) <= us(2));
    }

    #[test]
    fn what_waited_in_a_queue_does_not_move_it() {
        let (clock, server) = run(0.0, |i| if i % 5 == 0 { 0 } else { 40_000 + i * 977 % 60_000 });
        let now = 62_000_000;
        assert!((clock.server_us(us(now)).expect("known") as f64 - server(now)).abs() < 100.0);
    }

    #[test]
    fn before_the_first_exchange_nothing_is_known_and_nonsense_is_dropped() {
        let mut clock = ClockEstimator::default();
        clock.exchange(us(10), 5, us(9));
        assert_eq!((clock.server_us(us(1)), clock.local(1), clock.round_trip()), (None, None, None));
    }

    proptest! {
        #[test]
        fn any_exchange_is_survived(all: Vec<(u32, u64, u32)>) {
            let mut clock = ClockEstimator::default();
            for (sent, server, took) in all {
                clock.exchange(us(u64::from(sent)), server, us(u64::from(sent) + u64::from(took)));
                let _ = (clock.server_us(us(5)), clock.local(server), clock.drift());
            }
        }
    }
}
