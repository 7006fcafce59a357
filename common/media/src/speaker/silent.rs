//! The speaker of a machine without one: consumes in real time, so that the same clock runs.

use super::ledger::Ledger;
use super::{AudioSink, BUFFER_FRAMES, CHANNELS, SAMPLE_RATE_HZ, SpeakerPosition, frames_to_duration};
use std::time::{Duration, Instant};

/// Consumes what is written at the rate of time and plays nothing.
#[derive(Debug)]
pub struct SilentSpeaker {
    ledger: Ledger,
    /// Frames consumed until `since`.
    consumed: u64,
    /// When consuming began or was last broken; nothing while paused.
    since: Option<Instant>,
    playing: bool,
    finished: bool,
    dry: bool,
    underruns: u64,
}

impl Default for SilentSpeaker {
    fn default() -> Self {
        Self::new()
    }
}

impl SilentSpeaker {
    /// A paused silent speaker.
    #[must_use]
    pub fn new() -> Self {
        Self { ledger: Ledger::default(), consumed: 0, since: None, playing: false, finished: false, dry: true, underruns: 0 }
    }

    /// Consumes what is due at `now` and gives the number of the frame that would be heard.
    fn advance(&mut self, now: Instant) -> u64 {
        let Some(since) = self.since else { return self.consumed };
        let due = now.saturating_duration_since(since).as_nanos() * u128::from(SAMPLE_RATE_HZ) / 1_000_000_000;
        let frame = self.consumed.saturating_add(u64::try_from(due).unwrap_or(u64::MAX));
        if frame < self.ledger.written() {
            return frame;
        }
        self.consumed = self.ledger.written();
        self.since = None;
        if !self.dry && !self.finished && frame > self.consumed {
            self.underruns += 1;
        }
        self.dry = true;
        self.consumed
    }

    /// Starts the count again when there is something to consume.
    fn resume(&mut self, now: Instant) {
        if self.playing && self.since.is_none() && self.consumed < self.ledger.written() {
            self.since = Some(now);
            self.dry = false;
        }
    }
}

impl AudioSink for SilentSpeaker {
    fn is_audible(&self) -> bool {
        false
    }

    fn writable_frames(&mut self) -> usize {
        let frame = self.advance(Instant::now());
        let held = usize::try_from(self.ledger.written().saturating_sub(frame)).unwrap_or(usize::MAX);
        BUFFER_FRAMES.saturating_sub(held)
    }

    fn write(&mut self, pts_us: i64, samples: &[f32]) -> usize {
        let frames = self.writable_frames().min(samples.len() / CHANNELS);
        if frames > 0 {
            self.ledger.note(pts_us, frames as u64);
            self.finished = false;
            self.resume(Instant::now());
        }
        frames
    }

    fn finish(&mut self) {
        self.finished = true;
    }

    fn set_playing(&mut self, playing: bool) {
        let now = Instant::now();
        self.consumed = self.advance(now);
        self.since = None;
        self.playing = playing;
        self.resume(now);
    }

    fn set_volume(&mut self, _volume: f32) {}

    fn flush(&mut self) {
        self.consumed = self.ledger.flush();
        self.since = None;
        self.dry = true;
        self.finished = false;
    }

    fn position(&mut self, now: Instant) -> Option<SpeakerPosition> {
        let frame = self.advance(now);
        let moving = self.since.is_some();
        // Before the first frame is consumed nothing is under way, as with a device.
        let pts_us = self.ledger.time(frame)?;
        Some(SpeakerPosition { pts_us, moving })
    }

    fn buffered(&mut self) -> Duration {
        let frame = self.advance(Instant::now());
        frames_to_duration(self.ledger.written().saturating_sub(frame))
    }

    fn underruns(&self) -> u64 {
        self.underruns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_as_long_as_sound_would() {
        let mut s = SilentSpeaker::new();
        assert_eq!(s.position(Instant::now()), None);
        assert_eq!(s.write(1_000_000, &vec![0.0; BUFFER_FRAMES * CHANNELS + 2]), BUFFER_FRAMES);
        s.set_playing(true);
        let start = s.since.expect("playing");
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(s.position(at(100)), Some(SpeakerPosition { pts_us: 1_100_000, moving: true }));
        assert_eq!(s.position(at(499)), Some(SpeakerPosition { pts_us: 1_499_000, moving: true }));
        assert_eq!(s.position(at(700)), Some(SpeakerPosition { pts_us: 1_500_000, moving: false }));
        assert_eq!(s.underruns(), 1);
        s.flush();
        assert_eq!(s.position(at(700)), None);
        s.write(0, &[0.0; 960]);
        s.finish();
        assert!(s.position(Instant::now() + Duration::from_secs(1)).is_some_and(|p| !p.moving && p.pts_us == 10_000));
        assert_eq!(s.underruns(), 1);
    }

    #[test]
    fn a_pause_stands_still() {
        let mut s = SilentSpeaker::new();
        s.write(0, &vec![0.0; 48_000]);
        let later = Instant::now() + Duration::from_secs(9);
        assert_eq!(s.position(later), Some(SpeakerPosition { pts_us: 0, moving: false }));
        s.set_playing(true);
        s.set_playing(false);
        assert!(s.position(later).is_some_and(|p| p.pts_us < 100_000 && !p.moving));
    }
}
