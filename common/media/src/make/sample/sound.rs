//! The sound of the sample lesson: a quiet tone, and a beep of 100 ms at every full second.

use crate::make::pcm::{CHANNELS, RATE_HZ};
use std::f64::consts::TAU;

/// The tone that is always there, so that silence means a fault.
const TONE_HZ: f64 = 220.0;
const TONE_LEVEL: f64 = 0.04;
/// The beep.
const BEEP_HZ: f64 = 1000.0;
const BEEP_LEVEL: f64 = 0.5;
const BEEP_FRAMES: u64 = RATE_HZ as u64 / 10;
/// The beep's ends are ramped over 1 ms, so that they do not click.
const RAMP_FRAMES: u64 = RATE_HZ as u64 / 1000;

/// Interleaved samples from frame `start` to `end`.
pub(super) fn samples(start: u64, end: u64) -> Vec<f32> {
    (start..end).flat_map(|frame| [sample(frame); CHANNELS]).collect()
}

fn sample(frame: u64) -> f32 {
    let time = frame as f64 / f64::from(RATE_HZ);
    let into = frame % u64::from(RATE_HZ);
    let mut value = TONE_LEVEL * (TAU * TONE_HZ * time).sin();
    if into < BEEP_FRAMES {
        let edge = into.min(BEEP_FRAMES - into).min(RAMP_FRAMES) as f64 / RAMP_FRAMES as f64;
        value += BEEP_LEVEL * edge * (TAU * BEEP_HZ * time).sin();
    }
    value as f32
}
