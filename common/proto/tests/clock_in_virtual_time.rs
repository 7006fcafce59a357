//! The estimate of the server's time over lines of every kind, in virtual time and over many seeds: jitter of either way from 0 to
//! 200 ms, clocks that drift apart, are set, or sleep; and how far two machines of one room are apart by it.

use lectern_proto::clock::ClockEstimator;
use std::time::Duration;

const SEEDS: u64 = 20;

/// SplitMix64, 0 to 1.
struct Seeded(u64);

impl Seeded {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A line: what either way takes at least, what it waits on top of it at most, and how many exchanges of a thousand are lost.
#[derive(Debug, Clone, Copy)]
struct Line {
    way_us: f64,
    there_us: f64,
    back_us: f64,
    lost_permille: u32,
}

impl Line {
    fn jitter(ms: f64) -> Self {
        Self { way_us: 300.0, there_us: ms * 1_000.0, back_us: ms * 1_000.0, lost_permille: 0 }
    }
}

/// One machine and the server, by a time that neither has.
struct Machine {
    dice: Seeded,
    line: Line,
    clock: ClockEstimator,
    now_us: f64,
    /// The machine's clock now, how fast it runs, and the server's ahead of true time.
    local_us: f64,
    rate: f64,
    server_ahead_us: f64,
    asked: u32,
}

impl Machine {
    fn new(seed: u64, line: Line, drift: f64) -> Self {
        let mut dice = Seeded(seed);
        let local_us = 1e6 + dice.share() * 1e9;
        Self { dice, line, clock: ClockEstimator::default(), now_us: 0.0, local_us, rate: 1.0 - drift, server_ahead_us: 7e9, asked: 0 }
    }

    fn pass(&mut self, us: f64) {
        self.now_us += us;
        self.local_us += us * self.rate;
    }

    fn local(&self) -> Duration {
        Duration::from_micros(self.local_us as u64)
    }

    /// Exchanges, as often as the estimator asks for them, until so many seconds have passed.
    fn run(&mut self, seconds: f64) {
        let end = self.now_us + seconds * 1e6;
        while self.now_us < end {
            let sent = self.local();
            let [there, back] = [self.line.there_us, self.line.back_us].map(|most| self.line.way_us + most * self.dice.share());
            self.pass(there);
            let server_us = (self.now_us + self.server_ahead_us) as u64;
            self.pass(back);
            self.asked += 1;
            if self.dice.share() * 1_000.0 >= f64::from(self.line.lost_permille) {
                self.clock.exchange(sent, server_us, self.local());
            }
            let pause = self.clock.ask_again_in();
            self.pass(pause.as_secs_f64() * 1e6);
        }
    }

    /// By how much the estimate is ahead of the server's clock, in milliseconds.
    fn error_ms(&self) -> f64 {
        let estimated = self.clock.server_us(self.local()).expect("known");
        (estimated as f64 - (self.now_us + self.server_ahead_us)) / 1e3
    }
}

fn p95(mut values: Vec<f64>) -> f64 {
    values.iter_mut().for_each(|v| *v = v.abs());
    values.sort_by(f64::total_cmp);
    values[values.len() * 95 / 100]
}

/// Errors on either side of a drift, half the seeds each.
fn errors(line: Line, drift: f64, after_s: &[f64]) -> Vec<f64> {
    let mut all = vec![Vec::new(); after_s.len()];
    for seed in 0..SEEDS {
        let mut machine = Machine::new(seed, line, if seed % 2 == 0 { drift } else { -drift });
        for (errors, at) in all.iter_mut().zip(after_s) {
            machine.run(at - machine.now_us / 1e6);
            errors.push(machine.error_ms());
        }
    }
    all.into_iter().map(p95).collect()
}

/// Seconds after the beginning at which an estimate is judged.
const AFTER_S: [f64; 4] = [0.5, 5.0, 30.0, 150.0];

#[test]
fn jitter_and_drift_leave_little() {
    let check = |line: Line, drift_ppm: f64, most_ms: [f64; 4]| {
        let seen = errors(line, drift_ppm * 1e-6, &AFTER_S);
        println!("{line:?}, {drift_ppm} ppm: {seen:.2?}");
        assert!(
            seen.iter().zip(most_ms).all(|(seen, most)| *seen <= most),
            "{line:?}, {drift_ppm} ppm: p95 {seen:.3?} ms, at most {most_ms:?} after {AFTER_S:?} s"
        );
    };
    for ppm in [0.0, 20.0, 100.0] {
        check(Line::jitter(0.0), ppm, [0.2, 0.5, 0.1, 0.1]);
        check(Line::jitter(5.0), ppm, [1.5, 0.8, 0.4, 0.3]);
        check(Line::jitter(20.0), ppm, [3.5, 2.0, 1.2, 0.8]);
        check(Line::jitter(100.0), ppm, [40.0, 12.0, 6.0, 4.5]);
        check(Line::jitter(200.0), ppm, [90.0, 25.0, 9.0, 6.0]);
        // One way alone waits; a third of the questions is lost.
        check(Line { back_us: 0.0, ..Line::jitter(200.0) }, ppm, [95.0, 25.0, 6.0, 4.0]);
        check(Line { lost_permille: 300, ..Line::jitter(20.0) }, ppm, [5.0, 2.5, 1.8, 1.0]);
    }
}

/// Two machines of one room, each over a line with 20 ms of jitter: less apart than a person can tell, from the fifth second on.
#[test]
fn two_machines_agree() {
    let mut apart = Vec::new();
    for seed in 0..SEEDS {
        let mut two = [(seed, 60e-6), (!seed, -60e-6)].map(|(seed, drift)| Machine::new(seed, Line::jitter(20.0), drift));
        for at in 5..60 {
            let errors = two.each_mut().map(|m| {
                m.run(f64::from(at) - m.now_us / 1e6);
                m.error_ms()
            });
            apart.push(errors[0] - errors[1]);
        }
    }
    let apart = p95(apart);
    println!("two machines apart, p95: {apart:.2} ms");
    assert!(apart < 1.0, "p95 {apart} ms");
}

/// A machine that slept does not know for how long; a server that started anew counts from elsewhere; a clock was set by so little that
/// it lies within what the line hides.
#[test]
fn a_clock_that_was_set_is_known_again_soon() {
    for (jitter_ms, by_us) in [(0.0, 3_600e6), (20.0, 3_600e6), (20.0, -6e9), (20.0, 80e3), (200.0, -9e5), (0.0, 2e3)] {
        for seed in 0..SEEDS {
            let mut machine = Machine::new(seed, Line::jitter(jitter_ms), 30e-6);
            machine.run(60.0);
            machine.server_ahead_us += by_us;
            machine.run(5.0);
            let most = 1.0 + jitter_ms / 4.0;
            assert!(machine.error_ms().abs() < most, "seed {seed}, {by_us} µs, {jitter_ms} ms of jitter: {} ms", machine.error_ms());
        }
    }
}

#[test]
fn a_drift_that_changes_is_followed() {
    for seed in 0..SEEDS {
        let mut machine = Machine::new(seed, Line::jitter(5.0), 40e-6);
        machine.run(150.0);
        assert!((machine.clock.drift() - 40e-6).abs() < 15e-6, "seed {seed}: {}", machine.clock.drift());
        // The machine gets warm.
        machine.rate = 1.0 + 10e-6;
        for _ in 0..30 {
            machine.run(10.0);
            assert!(machine.error_ms().abs() < 2.0, "seed {seed}: {} ms", machine.error_ms());
        }
        assert!((machine.clock.drift() + 10e-6).abs() < 15e-6, "seed {seed}: {}", machine.clock.drift());
    }
}

/// A steady line is asked once a second, one that jitters no more than ten times.
#[test]
fn questions_are_few() {
    let asked = |jitter_ms| {
        let mut machine = Machine::new(3, Line::jitter(jitter_ms), 0.0);
        machine.run(120.0);
        machine.asked
    };
    assert!(asked(0.0) < 135 && asked(1.0) < 135, "{} {}", asked(0.0), asked(1.0));
    assert!((300..620).contains(&asked(20.0)), "{}", asked(20.0));
}
