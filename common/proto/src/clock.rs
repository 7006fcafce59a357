//! Server time as a client knows it: offset and drift of its own clock, estimated from exchanges.
//!
//! Each exchange is a question with the client's time and an answer with the server's (the four-timestamp exchange of NTP,
//! RFC 5905, 8, with the server's two in one, as it answers at once). The way there and the way back take time, however little, so
//! each exchange is two truths: the server's clock was no further ahead than what it said minus when it was asked, and no less than
//! what it said minus when that came. The exchange that came back soonest, as NTP's clock filter chooses it (RFC 5905, 10), can
//! still be wrong by half of what either way waited; so the two ways are not judged together: over a window, the tightest bounds of
//! both count, whichever exchanges they are of, and the middle between them is the offset. With jitter of 20 ms either way that is
//! a tenth as far off.
//!
//! Drift is the slope at which the upper and the lower bounds stand furthest apart: a line between two sets of points (Moon,
//! Skelly and Towsley, "Estimation and removal of clock skew from network delay measurements", 1999, who have one way alone).
//! Bounds get looser with age, as the drift itself wanders. Exchanges that contradict one another at any slope were taken by
//! different clocks: one was set, or slept. Then the older ones go.

use std::collections::VecDeque;
use std::time::Duration;

use crate::limits::CLOCK_EVERY;

/// Exchanges that are looked at, and how old they may be.
const WINDOW: usize = 512;
const WINDOW_US: i64 = 120_000_000;
/// Of so many of late the shortest round trip is told.
const LATE: usize = 16;
/// Quartz crystals are better than this; what is beyond is an error of measurement.
const DRIFT_MAX: f64 = 200e-6;
/// A drift is believed when the exchanges span so long, and what may be wrong with the bounds tilts it by no more than that.
const DRIFT_SPAN_US: i64 = 10_000_000;
const DRIFT_ERROR: f64 = 50e-6;
/// How much the drift itself may change (RFC 5905, PHI: 15 parts per million).
const WANDER: f64 = 15e-6;
/// Halvings of the range of slopes: to a millionth of a millionth.
const STEPS: u32 = 20;
/// What the bounds may be off by chance, in mean distances between round trips.
const CHANCE: f64 = 3.0;
/// Bounds that cross by less than this do so by rounding.
const ROUNDING_US: f64 = 3.0;
/// Round trips that differ by less than this need no more questions than usual.
const STEADY_US: i64 = 2_000;
/// On a line that is not steady: so many questions soon after one another, and how soon; then less often.
const MANY: usize = 128;
const SOON: Duration = Duration::from_millis(100);
const OFTEN: Duration = Duration::from_millis(250);
/// A line that is steady is known well after so many, one that jitters after so many more.
const FEW: usize = 8;
const ENOUGH: usize = 32;
/// The first come one after another.
const FIRST_EVERY: Duration = Duration::from_millis(15);

#[derive(Debug, Clone, Copy, PartialEq)]
struct Sample {
    /// The client's clock in the middle of the exchange, in microseconds.
    local_us: i64,
    /// Server time minus client time is no more and no less than this.
    most_us: i64,
    least_us: i64,
}

impl Sample {
    fn round_trip_us(&self) -> i64 {
        self.most_us - self.least_us
    }
}

/// Server time minus client time, as a line.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Line {
    /// Where on the client's clock it is `offset_us`.
    local_us: i64,
    offset_us: f64,
    drift: f64,
}

/// The estimate of one client for one server start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClockEstimator {
    samples: VecDeque<Sample>,
    line: Option<Line>,
    /// How far round trips of the window differ: their middle from the shortest, in microseconds.
    spread_us: i64,
}

impl ClockEstimator {
    /// Takes an exchange: the client's clock at sending and receiving, and the server's time between. One that ends before it
    /// began is dropped.
    pub fn exchange(&mut self, sent: Duration, server_us: u64, received: Duration) {
        let (sent, received) = (micros(sent), micros(received));
        if received < sent {
            return;
        }
        let server_us = i64::try_from(server_us).unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
        let local_us = sent + (received - sent) / 2;
        self.samples.push_back(Sample { local_us, most_us: server_us - sent, least_us: server_us - received });
        while self.samples.len() > WINDOW || self.samples.front().is_some_and(|s| local_us - s.local_us > WINDOW_US) {
            self.samples.pop_front();
        }
        self.fit();
    }

    /// Draws the line anew.
    fn fit(&mut self) {
        while let Some(newest) = self.samples.back().copied() {
            self.spread_us = self.spread();
            // Where bounds cross without a drift, there is one, however little is known of it.
            let line = [self.knows_drift(newest.local_us), true].into_iter().find_map(|drifts| {
                let drift = if drifts { self.slope(newest.local_us) } else { 0.0 };
                let (most, least) = self.bounds(newest.local_us, drift, WANDER);
                let fits = most.1 - least.1 >= -ROUNDING_US || self.samples.len() == 1;
                fits.then(|| Line { local_us: newest.local_us, offset_us: f64::midpoint(most.1, least.1), drift })
            });
            if line.is_some() {
                self.line = line;
                return;
            }
            // A clock was set, or slept: what is older is of another time.
            let half = self.samples.len().div_ceil(2);
            self.samples.drain(..half);
        }
    }

    /// The tightest bounds of the offset at a time of the client's clock, and how long before it each was found, at a slope and
    /// with so much loosening by age.
    fn bounds(&self, at_us: i64, drift: f64, wander: f64) -> ((i64, f64), (i64, f64)) {
        let mut most = (0, f64::INFINITY);
        let mut least = (0, f64::NEG_INFINITY);
        for sample in &self.samples {
            let age_us = at_us - sample.local_us;
            let (moved, loose) = (age_us as f64 * drift, age_us.unsigned_abs() as f64 * wander);
            let (high, low) = (sample.most_us as f64 + moved + loose, sample.least_us as f64 + moved - loose);
            if high < most.1 {
                most = (age_us, high);
            }
            if low > least.1 {
                least = (age_us, low);
            }
        }
        (most, least)
    }

    /// What the bounds may be off by chance, in microseconds.
    fn chance_us(&self) -> f64 {
        self.spread_us as f64 / self.samples.len() as f64
    }

    fn knows_drift(&self, at_us: i64) -> bool {
        let span_us = self.samples.front().map_or(0, |first| at_us - first.local_us);
        span_us >= DRIFT_SPAN_US && self.chance_us() / span_us as f64 <= DRIFT_ERROR
    }

    /// The slope of the offset. The distance of the bounds is a concave function of it, so the sign of its derivative says on which
    /// side the widest lies. Slopes that are worse by less than chance are as good: of those the middle counts.
    fn slope(&self, at_us: i64) -> f64 {
        let distance = |slope| {
            let (most, least) = self.bounds(at_us, slope, 0.0);
            (most.1 - least.1, most.0 > least.0)
        };
        let widest = halve((-DRIFT_MAX, DRIFT_MAX), |slope| distance(slope).1);
        let enough = distance(widest).0 - CHANCE * self.chance_us();
        let least = halve((-DRIFT_MAX, widest), |slope| distance(slope).0 < enough);
        let most = halve((widest, DRIFT_MAX), |slope| distance(slope).0 >= enough);
        f64::midpoint(least, most)
    }

    fn spread(&self) -> i64 {
        let mut trips: Vec<i64> = self.samples.iter().map(Sample::round_trip_us).collect();
        let middle = trips.len() / 2;
        let (shorter, middle, _) = trips.select_nth_unstable(middle);
        *middle - shorter.iter().min().copied().unwrap_or(*middle)
    }

    fn offset_us(&self, local_us: i64) -> Option<f64> {
        self.line.map(|line| line.offset_us + (local_us - line.local_us) as f64 * line.drift)
    }

    /// Server time at a time of the client's clock, in microseconds; none before the first exchange.
    #[must_use]
    pub fn server_us(&self, local: Duration) -> Option<u64> {
        let local_us = micros(local);
        u64::try_from(local_us.saturating_add(self.offset_us(local_us)?.round() as i64)).ok()
    }

    /// The client's clock at a server time; none before the first exchange.
    #[must_use]
    pub fn local(&self, server_us: u64) -> Option<Duration> {
        let line = self.line?;
        let naive_us = i64::try_from(server_us).ok()?.saturating_sub(line.offset_us.round() as i64);
        let drifted = naive_us.saturating_sub(line.local_us) as f64 * line.drift;
        u64::try_from(naive_us.saturating_sub(drifted.round() as i64)).ok().map(Duration::from_micros)
    }

    /// The shortest round trip of late.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        let shortest = self.samples.iter().rev().take(LATE).map(Sample::round_trip_us).min()?;
        Some(Duration::from_micros(shortest.unsigned_abs()))
    }

    /// How much faster the server's clock runs, as a fraction.
    #[must_use]
    pub fn drift(&self) -> f64 {
        self.line.map_or(0.0, |line| line.drift)
    }

    /// Whether enough is known for something to begin by it that is not to be corrected where it is heard.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.samples.len() >= if self.spread_us > STEADY_US { ENOUGH } else { FEW }
    }

    /// When the server is to be asked again after an answer: soon at first, and for longer where the line jitters.
    #[must_use]
    pub fn ask_again_in(&self) -> Duration {
        match (self.samples.len(), self.spread_us > STEADY_US) {
            (0..FEW, _) | (FEW..ENOUGH, true) => FIRST_EVERY,
            (_, false) => CLOCK_EVERY,
            (ENOUGH..MANY, true) => SOON,
            (_, true) => OFTEN,
        }
    }
}

/// Where in a range a condition ends that holds at its beginning.
fn halve((mut low, mut high): (f64, f64), holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
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

    #[test]
    fn a_line_that_jitters_is_asked_more_often() {
        let (steady, _) = run(0.0, |_| 0);
        assert_eq!((steady.ask_again_in(), steady.is_settled()), (CLOCK_EVERY, true));
        let (jittery, _) = run(0.0, |i| i * 7_919 % 20_000);
        assert_eq!(jittery.ask_again_in(), SOON);
        let mut begun = ClockEstimator::default();
        assert_eq!((begun.ask_again_in(), begun.is_settled()), (FIRST_EVERY, false));
        for i in 0..20u64 {
            begun.exchange(us(i * 15_000), 5_000_000, us(i * 15_000 + 600 + i * 7_919 % 20_000));
        }
        assert_eq!((begun.ask_again_in(), begun.is_settled()), (FIRST_EVERY, false), "a line that jitters takes more");
    }

    proptest! {
        #[test]
        fn any_exchange_is_survived(all: Vec<(u64, u64, u64)>) {
            let mut clock = ClockEstimator::default();
            for (sent, server, took) in all {
                clock.exchange(us(sent), server, us(sent.saturating_add(took)));
                let _ = (clock.server_us(us(5)), clock.server_us(us(u64::MAX)), clock.local(server), clock.drift(), clock.ask_again_in());
            }
        }
    }
}
