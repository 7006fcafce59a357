//! Small corrections of pace: sound is stretched or squeezed by at most 2 parts per thousand, which nobody hears, so that it stays
//! where the server's clock says. Cubic interpolation (Catmull and Rom, 1974) between the four nearest frames.

/// Most that the pace is changed by.
pub const CORRECTION_MAX: f64 = 0.002;
/// What is nearer than this is noise of the measurement, in microseconds.
const DEAD_US: f64 = 300.0;
/// An error is worked off within about this many microseconds, slower where that would be heard.
const WITHIN_US: f64 = 2_000_000.0;

/// How many frames of the source one frame of the device is, for an error in microseconds: positive when what is heard is behind
/// where it should be, so that it must run faster.
#[must_use]
pub fn ratio(behind_us: f64) -> f64 {
    let error = if behind_us.abs() < DEAD_US { 0.0 } else { behind_us };
    1.0 + (error / WITHIN_US).clamp(-CORRECTION_MAX, CORRECTION_MAX)
}

/// Resamples interleaved stereo.
#[derive(Debug, Clone)]
pub struct Resampler {
    /// The last three frames of what came before.
    before: [[f32; 2]; 3],
    /// Where the next frame lies between the second and the third of them, 0 to 1.
    phase: f64,
}

impl Default for Resampler {
    fn default() -> Self {
        Self { before: [[0.0; 2]; 3], phase: 0.0 }
    }
}

impl Resampler {
    /// Takes frames; gives about as many divided by `ratio`, three frames later. The frames of all calls follow one another.
    pub fn resample(&mut self, input: &[f32], ratio: f64) -> Vec<f32> {
        let mut out = Vec::with_capacity(input.len() + 16);
        for frame in input.chunks_exact(2) {
            let window = [self.before[0], self.before[1], self.before[2], [frame[0], frame[1]]];
            while self.phase < 1.0 {
                let t = self.phase as f32;
                out.extend((0..2).map(|c| cubic(window.map(|f| f[c]), t)));
                self.phase += ratio;
            }
            self.phase -= 1.0;
            self.before = [window[1], window[2], window[3]];
        }
        out
    }

    /// Forgets what came before.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

fn cubic([a, b, c, d]: [f32; 4], t: f32) -> f32 {
    b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(frames: usize) -> Vec<f32> {
        (0..frames).flat_map(|i| [(i as f32 * 0.05).sin(), (i as f32 * 0.02).cos()]).collect()
    }

    #[test]
    fn without_correction_it_is_what_came() {
        let mut resampler = Resampler::default();
        let input = tone(960);
        let out: Vec<f32> = input.chunks(200).flat_map(|part| resampler.resample(part, 1.0)).collect();
        assert_eq!(out.len(), input.len());
        // Two frames later.
        assert!(out[4..].iter().zip(&input).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn a_correction_changes_the_length_and_not_the_sound() {
        for ratio in [1.002, 0.998] {
            let mut resampler = Resampler::default();
            let out = resampler.resample(&tone(48_000), ratio);
            let expected = 48_000.0 / ratio;
            assert!((out.len() as f64 / 2.0 - expected).abs() < 2.0, "{}", out.len());
            // No step is larger than the tone's own.
            let largest = out.chunks(2).skip(8).map(|f| f[0]).collect::<Vec<_>>().windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
            assert!(largest < 0.0515, "{largest}");
        }
    }

    #[test]
    fn small_errors_are_left_and_large_ones_worked_off_as_fast_as_is_allowed() {
        assert_eq!(ratio(100.0), 1.0);
        assert!(ratio(1_000.0) > 1.0 && ratio(1_000.0) < 1.0 + CORRECTION_MAX);
        assert_eq!((ratio(1e6), ratio(-1e6)), (1.0 + CORRECTION_MAX, 1.0 - CORRECTION_MAX));
    }
}
