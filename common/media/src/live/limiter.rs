//! Keeps the true peak of sound below a ceiling: it looks 5 ms ahead, so the gain is down before the peak comes.
//!
//! The peak between samples is found by interpolation (ITU-R BS.1770-4, annex 2). What is quieter than the ceiling passes
//! as it is, later by [`DELAY_FRAMES`].

use crate::make::pcm::{CHANNELS, RATE_HZ};
use std::collections::VecDeque;

/// Ceiling in full scales: -1.5 dB, half a decibel below what EBU R 128 allows, for what coding adds.
const CEILING: f32 = 0.841_4;
/// So much later comes out what went in: 5 ms, of which the interpolation is a part.
pub(crate) const DELAY_FRAMES: usize = AHEAD + TAPS / 2;
const AHEAD: usize = RATE_HZ as usize / 200;
/// The gain comes back by this each frame: 10 % in 20 ms.
const RELEASE: f32 = 0.1 / (RATE_HZ as f32 / 50.0);
/// Samples that one between them is made of, and places between two samples.
const TAPS: usize = 12;
/// Coefficients of the three places between two samples (BS.1770-4, annex 2; the fourth is a sample).
const BETWEEN: [[f32; TAPS]; 3] = [
    [
        -0.029_174_8,
        0.029_296_9,
        -0.051_757_8,
        0.089_111_3,
        -0.166_503_9,
        0.465_087_9,
        0.779_785_2,
        -0.200_317_4,
        0.101_562_5,
        -0.058_227_5,
        0.033_081_1,
        -0.018_920_9,
    ],
    [
        -0.018_920_9,
        0.033_081_1,
        -0.058_227_5,
        0.101_562_5,
        -0.200_317_4,
        0.779_785_2,
        0.465_087_9,
        -0.166_503_9,
        0.089_111_3,
        -0.051_757_8,
        0.029_296_9,
        -0.029_174_8,
    ],
    [
        -0.008_300_8,
        0.014_892_6,
        -0.026_611_3,
        0.047_607_4,
        -0.102_294_9,
        0.972_167_97,
        0.137_207,
        -0.061_035_2,
        0.033_203_1,
        -0.019_653_3,
        0.010_986_3,
        0.001_708_98,
    ],
];

/// A limiter of stereo sound.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// What waits to come out.
    waiting: VecDeque<[f32; CHANNELS]>,
    /// The newest samples of each channel, oldest first.
    recent: [[f32; TAPS]; CHANNELS],
    /// The gains that were needed in the last [`AHEAD`] frames: indices and values, growing.
    minima: VecDeque<(u64, f32)>,
    index: u64,
    held: f32,
    /// The last [`AHEAD`] values of the gain, and their sum.
    gains: VecDeque<f32>,
    sum: f64,
}

impl Limiter {
    pub(crate) fn new() -> Self {
        Self {
            waiting: VecDeque::from(vec![[0.0; CHANNELS]; DELAY_FRAMES]),
            recent: [[0.0; TAPS]; CHANNELS],
            minima: VecDeque::new(),
            index: 0,
            held: 1.0,
            gains: VecDeque::from(vec![1.0; AHEAD]),
            sum: AHEAD as f64,
        }
    }

    /// Takes a frame, gives the one of [`DELAY_FRAMES`] ago.
    pub(crate) fn run(&mut self, frame: [f32; CHANNELS]) -> [f32; CHANNELS] {
        let frame = frame.map(|s| if s.is_finite() { s } else { 0.0 });
        let gain = self.gain(self.peak(frame)).min(1.0);
        for (recent, sample) in self.recent.iter_mut().zip(frame) {
            recent.rotate_left(1);
            recent[TAPS - 1] = sample;
        }
        self.waiting.push_back(frame);
        let out = self.waiting.pop_front().unwrap_or_default();
        out.map(|s| (s * gain).clamp(-CEILING, CEILING))
    }

    /// The highest point around the sample in the middle of the recent ones.
    fn peak(&self, frame: [f32; CHANNELS]) -> f32 {
        let channel = |(recent, newest): (&[f32; TAPS], f32)| {
            let between = BETWEEN.iter().map(|taps| taps.iter().zip(recent).map(|(t, s)| t * s).sum::<f32>().abs());
            between.fold(newest.abs().max(recent[TAPS / 2].abs()), f32::max)
        };
        self.recent.iter().zip(frame).map(channel).fold(0.0, f32::max)
    }

    /// The gain of the frame that comes out now: never more than any of the last [`AHEAD`] frames needed.
    fn gain(&mut self, peak: f32) -> f32 {
        let needed = if peak > CEILING { CEILING / peak } else { 1.0 };
        while self.minima.back().is_some_and(|(_, value)| *value >= needed) {
            self.minima.pop_back();
        }
        self.minima.push_back((self.index, needed));
        while self.minima.front().is_some_and(|(index, _)| index + (AHEAD as u64) <= self.index) {
            self.minima.pop_front();
        }
        self.index += 1;
        let least = self.minima.front().map_or(1.0, |(_, value)| *value);
        self.held = least.min(self.held + RELEASE);
        self.gains.push_back(self.held);
        self.sum += f64::from(self.held) - f64::from(self.gains.pop_front().unwrap_or(1.0));
        (self.sum / AHEAD as f64) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn run(sound: impl Iterator<Item = f32>) -> Vec<f32> {
        let mut limiter = Limiter::new();
        sound.map(|s| limiter.run([s; CHANNELS])[0]).collect()
    }

    #[test]
    fn what_is_quiet_enough_passes_unchanged() {
        let sound: Vec<f32> = (0..9_600).map(|i| 0.7 * (TAU * 300.0 * i as f32 / RATE_HZ as f32).sin()).collect();
        let out = run(sound.iter().copied());
        assert!(out[DELAY_FRAMES..].iter().zip(&sound).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn peaks_stay_below_the_ceiling_also_between_samples() {
        // A quarter of the sampling rate at 45 degrees: no sample is at its peak, which is 3 dB above them.
        for (hz, phase) in [(12_000.0, TAU / 8.0), (997.0, 0.0), (60.0, 0.0)] {
            let out = run((0..48_000).map(|i| 2.0 * (TAU * hz * i as f32 / RATE_HZ as f32 + phase).sin()));
            let mut peak = 0f32;
            for window in out[4_800..].windows(TAPS) {
                for taps in BETWEEN {
                    peak = peak.max(taps.iter().zip(window).map(|(t, s)| t * s).sum::<f32>().abs());
                }
            }
            assert!(peak <= 0.891, "{hz} Hz: {peak} is above -1 dB");
            assert!(peak > 0.7, "{hz} Hz: {peak}, far below what may be");
        }
    }

    #[test]
    fn hostile_samples_stay_in_bounds() {
        let wild = [f32::NAN, f32::INFINITY, f32::MAX, -1e30, 0.0, f32::MIN_POSITIVE, 5.0];
        let out = run((0..10_000).map(|i| wild[i * 7 / 3 % wild.len()]));
        assert!(out.iter().all(|s| s.abs() <= CEILING));
    }
}
