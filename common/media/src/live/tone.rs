//! The sound of the test pattern: a quiet tone, so that silence means a fault, and a beep that begins with each second of
//! server time, so that lip sync can be measured.

use super::orders::Orders;
use super::sounds::{Block, Sounds};
use crate::make::failure::Failure;
use crate::make::opus_encoder::{PACKET_FRAMES, PACKET_US};
use crate::make::pcm::{CHANNELS, RATE_HZ};
use std::f64::consts::TAU;

const TONE_HZ: f64 = 440.0;
const TONE_LEVEL: f64 = 0.03;
const BEEP_HZ: f64 = 1000.0;
const BEEP_LEVEL: f64 = 0.4;
/// Length of the beep in frames: 100 ms, as long as the picture's flash.
const BEEP_FRAMES: u64 = RATE_HZ as u64 / 10;
/// The beep's ends are ramped over 1 ms, so that they do not click.
const RAMP_FRAMES: u64 = RATE_HZ as u64 / 1000;
/// What is later than this is left out.
const LATE_US: u64 = 200_000;

/// The tone as a source of sound.
#[derive(Debug, Default)]
pub(crate) struct Tone {
    /// Number of the next packet since server time 0.
    next: u64,
}

impl Sounds for Tone {
    fn next(&mut self, orders: &Orders) -> Result<Option<Block>, Failure> {
        let now = orders.now_us();
        // As from a microphone, a packet is there when its last sample is.
        if now > (self.next + 1) * PACKET_US + LATE_US {
            self.next = now / PACKET_US;
        }
        let number = self.next;
        self.next += 1;
        if !orders.sleep_until(self.next * PACKET_US) {
            return Ok(None);
        }
        let start = number * PACKET_FRAMES as u64;
        let samples = (start..start + PACKET_FRAMES as u64).flat_map(|frame| [sample(frame); CHANNELS]).collect();
        Ok(Some(Block { samples, capture_us: number * PACKET_US }))
    }
}

/// The sample at this frame since server time 0.
fn sample(frame: u64) -> f32 {
    let into = frame % u64::from(RATE_HZ);
    // Both tones have whole periods in a second, so that hours of server time cost no precision.
    let time = into as f64 / f64::from(RATE_HZ);
    let mut value = TONE_LEVEL * (TAU * TONE_HZ * time).sin();
    if into < BEEP_FRAMES {
        let edge = into.min(BEEP_FRAMES - into).min(RAMP_FRAMES) as f64 / RAMP_FRAMES as f64;
        value += BEEP_LEVEL * edge * (TAU * BEEP_HZ * time).sin();
    }
    value as f32
}
