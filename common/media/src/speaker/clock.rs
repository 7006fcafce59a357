//! When the device plays which frame: written by the callback, read by anyone, without a lock.
//!
//! The callback counts the frames that it gives to the device, silence included; those have a steady relation to time,
//! which is smoothed. Pauses and underruns break the relation between them and the frames of the stream; the two latest
//! breaks are kept, more never fit into a device's latency.

use super::SAMPLE_RATE_HZ;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Weight of a new observation once the clock has settled: with 20 ms between callbacks, one second.
const GAIN: f64 = 0.02;
/// Weight and number of the first observations: a sound server's first estimates are wrong, so they are soon forgotten.
const FIRST_GAIN: f64 = 0.3;
const FIRST: u32 = 25;
/// Observations further off than this are outliers, unless they persist.
const OUTLIER_NANOS: f64 = 40e6;
/// Outliers in a row after which the device has really moved.
const OUTLIERS_MAX: u32 = 10;

/// The relation of device frames, time and stream frames at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Timing {
    /// When device frame 0 would have been audible, in nanoseconds since the epoch; two's complement.
    origin_nanos: u64,
    /// From device frame `.0` on the stream continues with stream frame `.1`.
    current: (u64, u64),
    before: (u64, u64),
    /// Stream frames given to the device so far.
    consumed: u64,
}

impl Timing {
    /// The stream frame that is audible at `nanos` since the epoch, and whether it advances.
    pub(super) fn audible(&self, nanos: u64) -> (u64, bool) {
        let played = i128::from(nanos) - i128::from(self.origin_nanos.cast_signed());
        let device = u64::try_from((played * i128::from(SAMPLE_RATE_HZ)).div_euclid(1_000_000_000)).unwrap_or(0);
        if device >= self.current.0 {
            let frame = self.current.1.saturating_add(device - self.current.0);
            (frame.min(self.consumed), frame < self.consumed)
        } else {
            let frame = self.before.1.saturating_add(device.saturating_sub(self.before.0));
            (frame.min(self.current.1), frame < self.current.1)
        }
    }
}

/// The callback's side: counts frames and smooths the device's time.
#[derive(Debug, Default)]
pub(super) struct Playhead {
    timing: Timing,
    device_frames: u64,
    observations: u32,
    outliers: u32,
    broken: bool,
}

impl Playhead {
    /// The next frame given to the device will be audible at `nanos` since the epoch.
    pub(super) fn observe(&mut self, nanos: u64) {
        let frames_nanos = u128::from(self.device_frames) * 1_000_000_000 / u128::from(SAMPLE_RATE_HZ);
        let raw = i128::from(nanos) - i128::try_from(frames_nanos).unwrap_or(0);
        let raw = i64::try_from(raw).unwrap_or(0);
        let error = (raw - self.timing.origin_nanos.cast_signed()) as f64;
        let outlier = self.observations > 0 && error.abs() > OUTLIER_NANOS;
        self.outliers = if outlier { self.outliers + 1 } else { 0 };
        if self.observations == 0 || self.outliers > OUTLIERS_MAX {
            self.timing.origin_nanos = raw.cast_unsigned();
            self.observations = 1;
            self.outliers = 0;
        } else if !outlier {
            self.observations = self.observations.saturating_add(1);
            let gain = if self.observations < FIRST { FIRST_GAIN } else { GAIN.max(1.0 / f64::from(self.observations - FIRST + 4)) };
            // The product is below OUTLIER_NANOS.
            let step = (error * gain) as i64;
            self.timing.origin_nanos = self.timing.origin_nanos.wrapping_add(step.cast_unsigned());
        }
    }

    /// `frames` of the stream were given to the device.
    pub(super) fn played(&mut self, frames: u64) {
        if frames == 0 {
            return;
        }
        if std::mem::take(&mut self.broken) {
            self.timing.before = self.timing.current;
            self.timing.current = (self.device_frames, self.timing.consumed);
        }
        self.device_frames += frames;
        self.timing.consumed += frames;
    }

    /// `frames` of silence were given to the device instead.
    pub(super) fn silent(&mut self, frames: u64) {
        self.broken |= frames > 0;
        self.device_frames += frames;
    }

    /// `frames` of the stream were dropped.
    pub(super) fn dropped(&mut self, frames: u64) {
        self.broken |= frames > 0;
        self.timing.consumed += frames;
    }

    pub(super) fn consumed(&self) -> u64 {
        self.timing.consumed
    }

    pub(super) fn timing(&self) -> Timing {
        self.timing
    }
}

/// A [`Timing`] that one thread writes and others read without waiting for it: a sequence lock (Boehm, "Can seqlocks get
/// along with programming language memory models?", 2012) over atomics.
#[derive(Debug, Default)]
pub(super) struct Published {
    sequence: AtomicU64,
    words: [AtomicU64; 6],
}

impl Published {
    /// Publishes; only ever called from one thread.
    pub(super) fn store(&self, t: &Timing) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        let words = [t.origin_nanos, t.current.0, t.current.1, t.before.0, t.before.1, t.consumed];
        for (slot, word) in self.words.iter().zip(words) {
            slot.store(word, Ordering::Relaxed);
        }
        self.sequence.store(sequence.wrapping_add(2), Ordering::Release);
    }

    /// The latest that was published; nothing before the first.
    pub(super) fn load(&self) -> Option<Timing> {
        loop {
            let before = self.sequence.load(Ordering::Acquire);
            if before == 0 {
                return None;
            }
            let w = self.words.each_ref().map(|w| w.load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && self.sequence.load(Ordering::Relaxed) == before {
                return Some(Timing { origin_nanos: w[0], current: (w[1], w[2]), before: (w[3], w[4]), consumed: w[5] });
            }
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Callbacks of 20 ms whose sound is heard 40 ms later.
    fn run(head: &mut Playhead, from_ms: u64, callbacks: u64, silent: bool) -> u64 {
        for i in 0..callbacks {
            head.observe((from_ms + 20 * i + 40) * MS);
            if silent { head.silent(960) } else { head.played(960) }
        }
        from_ms + 20 * callbacks
    }

    #[test]
    fn follows_time_through_a_pause() {
        let mut head = Playhead::default();
        let now = run(&mut head, 0, 50, false);
        assert_eq!(head.timing().audible((now - 20) * MS), ((now - 60) * 48, true));
        let now = run(&mut head, now, 50, true);
        assert_eq!(head.timing().audible(now * MS), (48_000, false));
        let now = run(&mut head, now, 1, false);
        // The new sound is under way but not yet heard.
        assert_eq!(head.timing().audible((now - 10) * MS), (48_000, false));
        assert_eq!(head.timing().audible((now + 30) * MS), (48_000 + 10 * 48, true));
    }

    #[test]
    fn an_underrun_shows_as_a_standstill() {
        let mut head = Playhead::default();
        head.observe(40 * MS);
        head.played(480);
        head.silent(480);
        head.observe(60 * MS);
        head.played(960);
        assert_eq!(head.timing().audible(45 * MS), (240, true));
        assert_eq!(head.timing().audible(55 * MS), (480, false));
        assert_eq!(head.timing().audible(65 * MS), (480 + 240, true));
    }

    #[test]
    fn noise_is_smoothed_and_outliers_ignored() {
        let mut head = Playhead::default();
        for i in 0..500u64 {
            let noise = i * 7919 % 9 * MS;
            let outlier = if i % 50 == 49 { 500 * MS } else { 0 };
            head.observe((20 * i + 40) * MS + noise + outlier);
            head.played(960);
        }
        let (frame, _) = head.timing().audible(9_000 * MS);
        let ms = i64::try_from(frame / 48).expect("small");
        assert!((ms - (9_000 - 44)).abs() <= 2, "{ms}");
    }

    #[test]
    fn published_is_never_torn() {
        let published = Published::default();
        assert_eq!(published.load(), None);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in 1..200_000u64 {
                    published.store(&Timing { origin_nanos: n, current: (n, n), before: (n, n), consumed: n });
                }
            });
            for _ in 0..200_000 {
                if let Some(t) = published.load() {
                    let n = t.consumed;
                    assert_eq!(t, Timing { origin_nanos: n, current: (n, n), before: (n, n), consumed: n });
                }
            }
        });
    }
}
