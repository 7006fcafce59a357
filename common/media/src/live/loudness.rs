//! How loud sound is to people: integrated loudness in LUFS (ITU-R BS.1770-4, EBU R 128) of 48 kHz stereo.

use crate::make::pcm::{CHANNELS, RATE_HZ};

/// Below this nothing counts as sound, and above it what is quieter than the rest by so much does not (BS.1770-4, annex 1).
const ABSOLUTE_GATE: f64 = -70.0;
const RELATIVE_GATE: f64 = 10.0;
/// A block is 400 ms, and a new one begins each 100 ms.
const STEP_FRAMES: usize = RATE_HZ as usize / 10;
const BLOCK_STEPS: usize = 4;

/// A filter of second order, direct form II transposed.
#[derive(Debug, Clone, Copy)]
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
    state: [f64; 2],
}

impl Biquad {
    fn run(&mut self, x: f64) -> f64 {
        let y = self.b[0] * x + self.state[0];
        self.state = [self.b[1] * x - self.a[0] * y + self.state[1], self.b[2] * x - self.a[1] * y];
        y
    }
}

/// The head's shape, and what low notes are worth; the numbers are those of BS.1770-4 for 48 kHz.
const SHELF: Biquad =
    Biquad { b: [1.535_124_859_586_97, -2.691_696_189_406_38, 1.198_392_810_852_85], a: [-1.690_659_293_182_41, 0.732_480_774_215_85], state: [0.0; 2] };
const HIGH_PASS: Biquad = Biquad { b: [1.0, -2.0, 1.0], a: [-1.990_047_454_833_98, 0.990_072_250_366_21], state: [0.0; 2] };

/// How loud the last 400 ms were, ten times a second.
#[derive(Debug)]
pub(crate) struct Momentary {
    filters: [[Biquad; 2]; CHANNELS],
    /// Of the step that is under way: power summed up, and frames.
    sum: f64,
    frames: usize,
    /// Mean power of the last steps.
    steps: [f64; BLOCK_STEPS],
    count: usize,
}

impl Momentary {
    pub(crate) fn new() -> Self {
        Self { filters: [[SHELF, HIGH_PASS]; CHANNELS], sum: 0.0, frames: 0, steps: [0.0; BLOCK_STEPS], count: 0 }
    }

    /// Takes interleaved samples; tells the loudness of each block that they end, in LUFS.
    pub(crate) fn push(&mut self, samples: &[f32], mut told: impl FnMut(f64)) {
        self.push_power(samples, |power| told(loudness(power)));
    }

    fn push_power(&mut self, samples: &[f32], mut told: impl FnMut(f64)) {
        for frame in samples.chunks_exact(CHANNELS) {
            for (sample, filters) in frame.iter().zip(&mut self.filters) {
                let sample = if sample.is_finite() { f64::from(*sample) } else { 0.0 };
                let weighted = filters.iter_mut().fold(sample, |x, filter| filter.run(x));
                self.sum += weighted * weighted;
            }
            self.frames += 1;
            if self.frames == STEP_FRAMES
                && let Some(power) = self.step()
            {
                told(power);
            }
        }
    }

    fn step(&mut self) -> Option<f64> {
        self.steps[self.count % BLOCK_STEPS] = self.sum / STEP_FRAMES as f64;
        (self.sum, self.frames, self.count) = (0.0, 0, self.count.wrapping_add(1));
        (self.count >= BLOCK_STEPS).then(|| self.steps.iter().sum::<f64>() / BLOCK_STEPS as f64)
    }
}

/// Measures as sound is given.
#[derive(Debug)]
pub(crate) struct Meter {
    momentary: Momentary,
    /// Power of each block above the absolute gate.
    blocks: Vec<f64>,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self { momentary: Momentary::new(), blocks: Vec::new() }
    }

    /// Takes interleaved samples.
    pub(crate) fn push(&mut self, samples: &[f32]) {
        let blocks = &mut self.blocks;
        self.momentary.push_power(samples, |power| {
            if loudness(power) > ABSOLUTE_GATE {
                blocks.push(power);
            }
        });
    }

    /// Integrated loudness in LUFS of everything so far; none when there was no sound.
    pub(crate) fn integrated(&self) -> Option<f64> {
        let mean = |blocks: &mut dyn Iterator<Item = f64>| {
            let (sum, count) = blocks.fold((0.0, 0u64), |(sum, count), power| (sum + power, count + 1));
            (count > 0).then(|| sum / count as f64)
        };
        let gate = loudness(mean(&mut self.blocks.iter().copied())?) - RELATIVE_GATE;
        mean(&mut self.blocks.iter().copied().filter(|power| loudness(*power) > gate)).map(loudness)
    }
}

/// LUFS of a weighted power.
fn loudness(power: f64) -> f64 {
    -0.691 + 10.0 * power.max(1e-20).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn sine(db: f64, seconds: usize) -> Vec<f32> {
        let peak = 10f64.powf(db / 20.0);
        (0..seconds * RATE_HZ as usize).flat_map(|i| [(peak * (TAU * 1000.0 * i as f64 / f64::from(RATE_HZ)).sin()) as f32; CHANNELS]).collect()
    }

    #[test]
    fn the_signals_of_ebu_tech_3341() {
        let check = |parts: &[(f64, usize)], want: f64| {
            let mut meter = Meter::new();
            parts.iter().for_each(|(db, seconds)| meter.push(&sine(*db, *seconds)));
            let got = meter.integrated().expect("loud");
            assert!((got - want).abs() <= 0.1, "{parts:?}: {got} instead of {want}");
        };
        // Test cases 1 to 5 of EBU Tech 3341.
        check(&[(-23.0, 20)], -23.0);
        check(&[(-33.0, 20)], -33.0);
        check(&[(-36.0, 10), (-23.0, 60), (-36.0, 10)], -23.0);
        check(&[(-72.0, 10), (-36.0, 10), (-23.0, 60), (-36.0, 10), (-72.0, 10)], -23.0);
        check(&[(-26.0, 20), (-20.0, 20), (-26.0, 20)], -23.0);
    }

    #[test]
    fn silence_and_noise_that_is_no_number_have_no_loudness() {
        let mut meter = Meter::new();
        assert_eq!(meter.integrated(), None);
        meter.push(&vec![0.0; 96_000]);
        meter.push(&[f32::NAN, f32::INFINITY].repeat(48_000));
        assert_eq!(meter.integrated(), None);
    }
}
