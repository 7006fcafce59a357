//! Makes a microphone as loud as every other source, gently: it follows how loud the voice is over seconds, leaves pauses alone, and
//! lets the limiter hold what is too loud at once.
//!
//! Only what is a voice counts: louder than a quiet room, and not much quieter than the voice was. So silence is not raised, and a
//! pause between two sentences changes nothing.

use super::limiter::{DELAY_FRAMES, Limiter};
use super::loudness::Momentary;
use crate::make::pcm::{CHANNELS, RATE_HZ};

/// What a voice is as loud as, in LUFS: as podcasts are.
const TARGET_LUFS: f64 = -16.0;
/// Quieter than this is a room, not a voice.
const VOICE_LUFS: f64 = -50.0;
/// Quieter than the voice was by so much is a pause.
const PAUSE_DB: f64 = 12.0;
/// The voice is its mean over so many looks, ten a second: four seconds.
const LOOKS: f64 = 40.0;
/// Bounds of the gain in dB.
const GAIN_DB: std::ops::RangeInclusive<f64> = -20.0..=24.0;
/// How fast the gain moves, in dB a second: until a voice has been heard for a while, and then.
const FIRST_DB: f64 = 8.0;
const GLIDE_DB: f64 = 1.5;

/// The level of one microphone.
#[derive(Debug)]
pub(crate) struct Leveller {
    momentary: Momentary,
    limiter: Limiter,
    /// How loud the voice is, in LUFS, and in how many looks it was heard.
    voice_lufs: f64,
    looks: f64,
    gain_db: f64,
}

impl Leveller {
    pub(crate) fn new() -> Self {
        Self { momentary: Momentary::new(), limiter: Limiter::new(), voice_lufs: 0.0, looks: 0.0, gain_db: 0.0 }
    }

    /// What goes in comes out so much later, in microseconds.
    pub(crate) fn delay_us() -> u64 {
        DELAY_FRAMES as u64 * 1_000_000 / u64::from(RATE_HZ)
    }

    /// Changes interleaved samples.
    pub(crate) fn run(&mut self, samples: &mut [f32]) {
        let (mut voice, mut looks) = (self.voice_lufs, self.looks);
        self.momentary.push(samples, |lufs| {
            if lufs > VOICE_LUFS && (looks < 1.0 || lufs > voice - PAUSE_DB) {
                looks = (looks + 1.0).min(LOOKS);
                voice += (lufs - voice) / looks;
            }
        });
        (self.voice_lufs, self.looks) = (voice, looks);
        // Before there was a voice nothing is known to be raised.
        let wanted = if looks > 0.0 { (TARGET_LUFS - voice).clamp(*GAIN_DB.start(), *GAIN_DB.end()) } else { self.gain_db };
        let glide = if looks < LOOKS { FIRST_DB } else { GLIDE_DB } / f64::from(RATE_HZ);
        for frame in samples.chunks_exact_mut(CHANNELS) {
            self.gain_db += (wanted - self.gain_db).clamp(-glide, glide);
            let gain = 10f64.powf(self.gain_db / 20.0) as f32;
            let out = self.limiter.run([frame[0] * gain, frame[1] * gain]);
            frame.copy_from_slice(&out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::loudness::Meter;
    use super::*;
    use std::f64::consts::TAU;

    /// Something like a voice: syllables of 200 ms with pauses, a sentence of two seconds and one of silence, at a peak in dB.
    fn voice(db: f64, seconds: usize, room_db: f64) -> Vec<f32> {
        let (peak, room) = (10f64.powf(db / 20.0), 10f64.powf(room_db / 20.0));
        let mut state = 1u32;
        (0..seconds * RATE_HZ as usize)
            .flat_map(|i| {
                let t = i as f64 / f64::from(RATE_HZ);
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let hiss = room * (f64::from(state >> 8) / f64::from(1u32 << 23) - 1.0);
                let speaks = t % 3.0 < 2.0 && t % 0.3 < 0.2;
                let tone = if speaks { peak * (TAU * 400.0 * t).sin() * (std::f64::consts::PI * (t % 0.3) / 0.2).sin() } else { 0.0 };
                [(tone + hiss) as f32; CHANNELS]
            })
            .collect()
    }

    fn levelled(mut sound: Vec<f32>) -> Vec<f32> {
        let mut leveller = Leveller::new();
        sound.chunks_mut(960 * CHANNELS).for_each(|block| leveller.run(block));
        sound
    }

    fn loudness(sound: &[f32]) -> f64 {
        let mut meter = Meter::new();
        meter.push(sound);
        meter.integrated().expect("sound")
    }

    #[test]
    fn loud_and_quiet_voices_become_even() {
        for db in [-34.0, -30.0, -20.0, -10.0, -3.0] {
            let out = levelled(voice(db, 30, -75.0));
            let settled = loudness(&out[12 * RATE_HZ as usize * CHANNELS..]);
            assert!((settled - TARGET_LUFS).abs() < 2.0, "a voice of {db} dB becomes {settled} LUFS");
        }
    }

    #[test]
    fn silence_is_not_raised_and_pauses_do_not_pump() {
        let quiet = levelled(voice(-90.0, 10, -56.0));
        let before = voice(-90.0, 10, -56.0);
        let power = |sound: &[f32]| sound.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / sound.len() as f64;
        assert!((10.0 * (power(&quiet) / power(&before)).log10()).abs() < 0.5, "a room without a voice stays as it is");
        // The hiss of a room in the pauses of a settled voice: the same at the begin and at the end of each pause.
        let out = levelled(voice(-24.0, 30, -60.0));
        let second = |s: f64| (s * f64::from(RATE_HZ)) as usize * CHANNELS;
        for pause in [20.0, 23.0, 26.0] {
            let early = power(&out[second(pause + 0.1)..second(pause + 0.4)]);
            let late = power(&out[second(pause + 0.65)..second(pause + 0.95)]);
            let moved = 10.0 * (late / early).log10();
            assert!(moved.abs() < 1.0, "the room comes up by {moved} dB in a pause");
        }
    }
}
