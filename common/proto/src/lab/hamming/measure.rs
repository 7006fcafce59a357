//! Counting what [`super::theory`] computes: blocks of random data through the channel and the real decoder.

use super::channel::{Noise, pass};
use super::{Code, Outcome, Tally, Word};
use crate::lab::random::Random;

/// The standard normal deviate of 95%.
pub const Z95: f64 = 1.959_963_984_540_054;
/// Blocks of one point, at most.
pub const BLOCKS_MAX: u64 = 1 << 40;

/// A rate that was counted, with its interval of 95%.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    pub wrong: u64,
    pub bits: u64,
    pub rate: f64,
    pub low: f64,
    pub high: f64,
}

/// A point of the plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    pub p: f64,
    pub tally: Tally,
    /// All wrong data bits.
    pub total: Estimate,
    /// Those in blocks without a warning.
    pub unnoticed: Estimate,
}

/// Wilson's interval for a share of which `share` was seen in `trials` independent trials (E. B. Wilson, "Probable Inference, the Law of
/// Succession, and Statistical Inference", JASA 22, 1927); `z` is the normal deviate of the confidence. It stays inside of [0, 1], also where
/// nothing was seen. All of [0, 1] without trials.
#[must_use]
pub fn wilson(share: f64, trials: f64, z: f64) -> (f64, f64) {
    if trials <= 0.0 {
        return (0.0, 1.0);
    }
    let zz = z * z / trials;
    let middle = share + zz / 2.0;
    let half = z * (share * (1.0 - share) / trials + zz / (4.0 * trials)).sqrt();
    (((middle - half) / (1.0 + zz)).clamp(0.0, 1.0), ((middle + half) / (1.0 + zz)).clamp(0.0, 1.0))
}

/// Sums over blocks, for a rate of bits that are wrong together.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    wrong: u64,
    squares: u64,
}

impl Sums {
    fn add(&mut self, wrong: usize) {
        self.wrong += wrong as u64;
        self.squares += (wrong * wrong) as u64;
    }

    /// Wrong bits come together, as three of one miscorrected block, so that they tell less than as many independent ones: Wilson's interval
    /// is taken for the number of bits over the design effect, the variance of the blocks' sums over that of independent bits (L. Kish,
    /// "Survey Sampling", 1965, section 8.2). Where nothing was wrong it is unknown, and each block counts as one bit.
    fn estimate(self, blocks: u64, k: usize) -> Estimate {
        let (count, per) = (blocks as f64, k as f64);
        let bits = blocks * k as u64;
        if blocks == 0 {
            return Estimate { high: 1.0, ..Estimate::default() };
        }
        let rate = self.wrong as f64 / bits as f64;
        let mean = self.wrong as f64 / count;
        let variance = (self.squares as f64 / count - mean * mean) * count / (count - 1.0).max(1.0);
        let independent = per * rate * (1.0 - rate);
        let effect = if self.wrong == 0 || independent <= 0.0 { per } else { (variance / independent).clamp(1.0, per) };
        let (low, high) = wilson(rate, count * per / effect, Z95);
        Estimate { wrong: self.wrong, bits, rate, low, high }
    }
}

/// Sends `blocks` blocks (at most [`BLOCKS_MAX`]) of random data over a channel that flips each bit with probability `p`. The work grows
/// with the number of flipped bits, not with that of blocks.
#[must_use]
pub fn measure(code: &Code, p: f64, blocks: u64, seed: u64) -> Measured {
    let (n, k, blocks) = (code.n() as u64, code.k(), blocks.min(BLOCKS_MAX));
    let mut random = Random::seeded(seed);
    let mut flips = Noise::Rate(p).flips(n, blocks * n, random.next_u64()).peekable();
    let (mut tally, mut touched, mut total, mut unnoticed) = (Tally::default(), 0, Sums::default(), Sums::default());
    let mut here = Vec::new();
    while let Some(first) = flips.next() {
        here.clear();
        here.push((first % n) as usize);
        while let Some(next) = flips.next_if(|next| next / n == first / n) {
            here.push((next % n) as usize);
        }
        let passed = pass(code, &random_data(k, &mut random), here.iter().copied());
        let wrong = passed.wrong.weight();
        tally.add(passed.outcome, 1);
        touched += 1;
        total.add(wrong);
        if passed.outcome != Outcome::Detected {
            unnoticed.add(wrong);
        }
    }
    tally.add(Outcome::NoError, blocks - touched);
    Measured { p, tally, total: total.estimate(blocks, k), unnoticed: unnoticed.estimate(blocks, k) }
}

/// Blocks that flip about `flips` bits at this rate, at least 1.
#[must_use]
pub fn blocks_for(code: &Code, p: f64, flips: u64) -> u64 {
    // A conversion saturates.
    ((flips as f64 / (p.max(f64::MIN_POSITIVE) * code.n() as f64)) as u64).clamp(1, BLOCKS_MAX)
}

fn random_data(k: usize, random: &mut Random) -> Word {
    let mut data = Word::default();
    for at in (0..k).step_by(32) {
        let part = (k - at).min(32) as u32;
        data.lay(at, (random.next_u64() >> 32) as u32 >> (32 - part));
    }
    data
}

#[cfg(test)]
mod tests {
    use super::super::{Order, theory};
    use super::*;

    #[test]
    fn wilson_s_interval_is_the_published_one() {
        // Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998, table I, method 3.
        for (seen, of, low, high) in [(81.0, 263.0, 0.2553, 0.3662), (15.0, 148.0, 0.0624, 0.1605), (0.0, 20.0, 0.0, 0.1611), (1.0, 29.0, 0.0061, 0.1718)] {
            let (l, h) = wilson(seen / of, of, Z95);
            assert!((l - low).abs() < 5e-5 && (h - high).abs() < 5e-5, "{seen} of {of}: {l} to {h}");
        }
        assert_eq!(wilson(0.0, 0.0, Z95), (0.0, 1.0));
    }

    #[test]
    fn points_lie_on_the_curve_as_often_as_they_say() {
        let plans = [(4, false, 0.02), (4, true, 0.05), (11, false, 0.01), (26, true, 0.2), (64, true, 0.003)];
        for (k, secded, p) in plans {
            let code = Code::new(k, secded, Order::Classic).expect("a code");
            let expected = theory::residual(&code, p);
            let runs = 400;
            let inside = |pick: fn(&Measured) -> Estimate, rate: f64| {
                (0..runs).map(|seed| pick(&measure(&code, p, 4000, seed))).filter(|e| e.low <= rate && rate <= e.high).count()
            };
            // 95% of 400 are 380, with a deviation of 4.4; the effect is itself estimated, which costs a little where few errors are seen.
            let (total, unnoticed) = (inside(|m| m.total, expected.total), inside(|m| m.unnoticed, expected.unnoticed));
            assert!(total >= 360 && unnoticed >= 350, "{code} at {p}: {total} and {unnoticed} of {runs}");
        }
    }

    #[test]
    fn outcomes_come_as_often_as_computed() {
        let code = Code::new(4, false, Order::Classic).expect("a code");
        let blocks = 200_000;
        let measured = measure(&code, 0.1, blocks, 5);
        assert_eq!((measured.tally.blocks(), measured), (blocks, measure(&code, 0.1, blocks, 5)));
        for (what, rate) in Outcome::ALL.into_iter().zip(theory::outcomes(&code, 0.1)) {
            let (low, high) = wilson(measured.tally.of(what) as f64 / blocks as f64, blocks as f64, 4.0);
            assert!((low..=high).contains(&rate), "{what:?}: {rate} outside of {low} to {high}");
        }
    }
}
