//! What the pictures and the sound of one viewer share: the stream's target, one lag for both, and what is heard now.
//!
//! The sound device is the master: it reaches a lag that grew or shrank at its own pace, and pictures are shown with what it is heard
//! to play. Where nothing is heard, pictures keep the lag themselves.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lectern_proto::limits::LIVE_TARGET_MAX;
use lectern_proto::live::lag::{Lag, Part};

/// What was heard is known for so long: a device that ran dry is not waited for.
const HEARD_FOR: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct InStep {
    target_us: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lag: Lag,
    /// When it was seen that what is heard was captured so long before, in microseconds.
    heard: Option<(Instant, i64)>,
}

impl InStep {
    /// Of a stream with this target, in microseconds.
    pub(super) fn new(target_us: u32) -> Self {
        Self { target_us: AtomicU32::new(target_us), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long after their capture healthy viewers show pictures, in microseconds.
    pub(super) fn target_us(&self) -> u32 {
        self.target_us.load(Ordering::Relaxed)
    }

    /// The server says another.
    pub(super) fn set_target(&self, target_us: u32) {
        self.target_us.store(target_us, Ordering::Relaxed);
    }

    /// A picture or packet was ready so long after its capture.
    pub(super) fn ready(&self, part: Part, delay: Duration) {
        self.state().lag.ready(part, delay, self.target_us());
    }

    /// One part does not come for now.
    pub(super) fn rests(&self, part: Part) {
        let mut state = self.state();
        state.lag.rests(part);
        if part == Part::Sound {
            state.heard = None;
        }
    }

    /// The lag that both are to have, in microseconds.
    pub(super) fn lag_us(&self) -> u32 {
        self.state().lag.us(self.target_us())
    }

    /// What this viewer would need at least.
    pub(super) fn needed_us(&self) -> u32 {
        self.state().lag.needed_us()
    }

    /// What the device plays at a moment was captured so long before, in microseconds.
    pub(super) fn hears(&self, at: Instant, lag_us: i64) {
        self.state().heard = Some((at, lag_us));
    }

    /// How long ago what is heard was captured, in microseconds; none while nothing is.
    pub(super) fn heard_us(&self, now: Instant) -> Option<i64> {
        self.state().heard.filter(|(at, _)| now.saturating_duration_since(*at) < HEARD_FOR).map(|(_, lag_us)| lag_us)
    }

    /// How long after its capture a picture is to be shown, in microseconds: with the sound that belongs to it.
    pub(super) fn shown_us(&self, now: Instant) -> u64 {
        let most = i64::try_from((2 * LIVE_TARGET_MAX).as_micros()).unwrap_or(i64::MAX);
        let lag_us = self.heard_us(now).unwrap_or_else(|| self.lag_us().into());
        u64::try_from(lag_us.clamp(0, most)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_go_with_what_is_heard_and_by_the_lag_where_nothing_is() {
        let in_step = InStep::new(40_000);
        let now = Instant::now();
        assert_eq!(in_step.shown_us(now), 40_000);
        in_step.ready(Part::Sound, Duration::from_millis(98));
        assert_eq!((in_step.lag_us(), in_step.shown_us(now)), (100_000, 100_000));
        in_step.hears(now, 55_000);
        assert_eq!(in_step.shown_us(now + Duration::from_millis(200)), 55_000, "the device is on its way there");
        assert_eq!(in_step.shown_us(now + Duration::from_millis(300)), 100_000, "it does not play any more");
        in_step.hears(now, -900_000);
        assert_eq!(in_step.shown_us(now), 0);
        in_step.hears(now, i64::MAX);
        assert_eq!(in_step.shown_us(now), 800_000);
        in_step.rests(Part::Sound);
        assert_eq!((in_step.heard_us(now), in_step.needed_us()), (None, 0));
    }
}
