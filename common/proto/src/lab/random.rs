//! Numbers that look random and repeat by their seed, bit by bit, on every machine.
//!
//! The generator is xoshiro256** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47(4), 2021), its state
//! filled by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) as its authors recommend. It is for labs and simulations, where a run must be
//! repeatable; nothing here is secret, and no key may be made of it.
//!
//! Logarithms are computed here by additions, multiplications and divisions alone, which IEEE 754 rounds alike everywhere; those of the
//! system's library differ in their last bit from machine to machine, and a seed would not repeat.

/// A generator. A copy of it gives the same numbers again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The generator of a seed; every seed is as good as any other.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let mut fill = SplitMix64(seed);
        Self { state: [fill.next(), fill.next(), fill.next(), fill.next()] }
    }

    /// Evenly one of all 2^64 values.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Evenly in [0, 1), a multiple of 2^-53.
    pub fn next_f64(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Evenly in 0..`end`, without bias (Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019); 0 where `end`
    /// is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 {
            return 0;
        }
        let unfair = end.wrapping_neg() % end;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(end);
            if product as u64 >= unfair {
                return (product >> 64) as u64;
            }
        }
    }

    /// True with probability `p`; `p` at or below 0 (and what is no number) is never, at or above 1 always.
    pub fn bernoulli(&mut self, p: f64) -> bool {
        self.next_f64() < p
    }

    /// Exponentially distributed with this mean, for times between independent events.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -ln(1.0 - self.next_f64()) * mean
    }

    /// Bytes, eight of each number, lowest first.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next_u64().to_le_bytes()[..part.len()]);
        }
    }

    /// A generator that shares no numbers with this one within 2^128 draws of each: this one's state now, while this one jumps ahead.
    /// For things that are drawn independently of each other, as the two directions of a link.
    #[must_use]
    pub fn split(&mut self) -> Self {
        const JUMP: [u64; 4] = [0x180e_c6d3_3cfd_0aba, 0xd5a6_1266_f0c9_392c, 0xa958_2618_e03f_c9aa, 0x39ab_dc45_29b1_661c];
        let before = self.clone();
        let mut sum = [0u64; 4];
        for bit in JUMP.iter().flat_map(|word| (0..64).map(move |i| word >> i & 1)) {
            if bit == 1 {
                sum.iter_mut().zip(self.state).for_each(|(sum, s)| *sum ^= s);
            }
            self.next_u64();
        }
        self.state = sum;
        before
    }
}

/// How many trials pass before the next success when each succeeds with the same probability: the geometric distribution, by inversion
/// (Devroye, "Non-Uniform Random Variate Generation", 1986, chapter X.2). A channel that flips one bit in a million costs one draw for
/// each flip, not for each bit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gaps {
    /// 1 / ln(1 - p): minus infinity at p = 0, minus zero at p = 1.
    scale: f64,
}

impl Gaps {
    /// For trials that succeed with probability `p`; outside of [0, 1] as the nearer end, and what is no number as 0.
    #[must_use]
    pub fn new(p: f64) -> Self {
        let scale = match p {
            p if p >= 1.0 => -0.0,
            // 1 - p would round away what is small.
            p if p > 1e-4 => 1.0 / ln(1.0 - p),
            p if p > 0.0 => 1.0 / -(p * (1.0 + p * (0.5 + p * (1.0 / 3.0 + p * 0.25)))),
            _ => f64::NEG_INFINITY,
        };
        Self { scale }
    }

    /// Failures before the next success; `u64::MAX` where there is none.
    pub fn draw(self, random: &mut Random) -> u64 {
        if self.scale == f64::NEG_INFINITY {
            return u64::MAX;
        }
        // A conversion saturates.
        (ln(1.0 - random.next_f64()) * self.scale) as u64
    }
}

struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
}

/// The natural logarithm of a positive, normal number to within one unit in the last place, by the method of fdlibm's `e_log.c`
/// (Sun Microsystems, 1993): x = 2^k (1 + f), and a polynomial in s = f / (2 + f).
fn ln(x: f64) -> f64 {
    const LN2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const L: [f64; 7] = [
        0.666_666_666_666_673_5,
        0.399_999_999_994_094_2,
        0.285_714_287_436_623_9,
        0.222_221_984_321_497_84,
        0.181_835_721_616_180_5,
        0.153_138_376_992_093_73,
        0.147_981_986_051_165_86,
    ];
    // 1 + f lies between sqrt(2) / 2 and sqrt(2).
    const SPLIT: u64 = 0x3fe6_a09e_0000_0000;
    let shifted = x.to_bits().wrapping_add(0x3ff0_0000_0000_0000 - SPLIT);
    let k = (shifted >> 52) as f64 - 1023.0;
    let f = f64::from_bits((shifted & 0x000f_ffff_ffff_ffff) + SPLIT) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let r = z * (L[0] + w * (L[2] + w * (L[4] + w * L[6]))) + w * (L[1] + w * (L[3] + w * L[5]));
    let half = 0.5 * f * f;
    s * (half + r) + k * LN2_LOW - half + f + k * LN2_HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_numbers_come_out() {
        // Of Vigna's splitmix64.c and xoshiro256starstar.c, as they stand in the tests of many implementations (Rosetta Code; rand_xoshiro).
        let mut fill = SplitMix64(1_234_567);
        let filled = [(); 5].map(|()| fill.next());
        assert_eq!(
            filled,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431, 16_408_922_859_458_223_821]
        );
        let mut random = Random { state: [1, 2, 3, 4] };
        let drawn = [(); 10].map(|()| random.next_u64());
        let expected = [
            11_520,
            0,
            1_509_978_240,
            1_215_971_899_390_074_240,
            1_216_172_134_540_287_360,
            607_988_272_756_665_600,
            16_172_922_978_634_559_625,
            8_476_171_486_693_032_832,
            10_595_114_339_597_558_777,
            2_904_607_092_377_533_576,
        ];
        assert_eq!(drawn, expected);
    }

    #[test]
    fn what_was_split_off_goes_its_own_way() {
        let mut random = Random::seeded(7);
        let again = random.clone();
        let mut off = random.split();
        assert_eq!(off, again);
        let (a, b): (Vec<_>, Vec<_>) = (0..1000).map(|_| (off.next_u64(), random.next_u64())).unzip();
        assert!(a.iter().all(|x| !b.contains(x)));
        // A jump is linear: after one step it is where a step after the jump is.
        let (mut one, mut other) = (again.clone(), again);
        one.next_u64();
        let _ = (one.split(), other.split());
        other.next_u64();
        assert_eq!(one, other);
    }

    #[test]
    fn means_and_spreads_are_those_of_the_distributions() {
        let mut random = Random::seeded(42);
        let n = 200_000;
        let mean = (0..n).map(|_| random.next_f64()).sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 5.0 * (1.0f64 / 12.0 / f64::from(n)).sqrt(), "{mean}");
        let mean = (0..n).map(|_| random.exponential(3.0)).sum::<f64>() / f64::from(n);
        assert!((mean - 3.0).abs() < 5.0 * 3.0 / f64::from(n).sqrt(), "{mean}");
        for p in [0.5, 0.1, 0.01, 1e-5] {
            let gaps = Gaps::new(p);
            let mean = (0..n).map(|_| gaps.draw(&mut random) as f64).sum::<f64>() / f64::from(n);
            let (expected, deviation) = ((1.0 - p) / p, (1.0 - p).sqrt() / p);
            assert!((mean - expected).abs() < 5.0 * deviation / f64::from(n).sqrt(), "p = {p}: {mean} for {expected}");
        }
        let mut counts = [0u32; 6];
        (0..60_000).for_each(|_| counts[random.below(6) as usize] += 1);
        assert!(counts.iter().all(|c| c.abs_diff(10_000) < 500), "{counts:?}");
    }

    #[test]
    fn the_ends_are_meant() {
        let mut random = Random::seeded(0);
        assert_eq!((random.below(0), random.below(1)), (0, 0));
        for p in [0.0, -1.0, f64::NAN] {
            assert!(!random.bernoulli(p));
            assert_eq!(Gaps::new(p).draw(&mut random), u64::MAX, "{p}");
        }
        for p in [1.0, 2.0, f64::INFINITY] {
            assert!(random.bernoulli(p));
            assert_eq!(Gaps::new(p).draw(&mut random), 0, "{p}");
        }
        let mut bytes = [0; 11];
        random.clone().fill(&mut bytes);
        assert_eq!(bytes[..8], random.next_u64().to_le_bytes());
        assert_eq!(bytes[8..], random.next_u64().to_le_bytes()[..3]);
    }

    proptest! {
        #[test]
        fn logarithms_are_those_of_the_library(x in prop_oneof![1e-300..1e300f64, 1e-17..1.0f64, 0.5..2.0f64]) {
            let (ours, theirs) = (ln(x), x.ln());
            prop_assert!((ours - theirs).abs() <= 2.0 * f64::EPSILON * theirs.abs(), "ln {x}: {ours}, {theirs}");
        }

        #[test]
        fn everything_stays_inside(seed: u64, end: u64) {
            let mut random = Random::seeded(seed);
            prop_assert!(random.below(end) < end.max(1));
            prop_assert!((0.0..1.0).contains(&random.next_f64()));
            prop_assert!(random.exponential(1.0) >= 0.0);
        }
    }
}
