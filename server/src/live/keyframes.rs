//! Viewers' wishes for a keyframe of one track, passed on to whoever makes its pictures, at most one in [`LIVE_KEYFRAME_EVERY`].

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lectern_proto::limits::LIVE_KEYFRAME_EVERY;
use tokio::sync::watch;

/// The wishes of all viewers of a track.
#[derive(Debug)]
pub(super) struct KeyframeWishes {
    /// When the last was passed on.
    last: Mutex<Option<Duration>>,
    count: watch::Sender<u64>,
}

impl Default for KeyframeWishes {
    fn default() -> Self {
        Self { last: Mutex::new(None), count: watch::Sender::new(0) }
    }
}

impl KeyframeWishes {
    /// A viewer cannot go on without one.
    pub(super) fn wish(&self, now: Duration) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now >= last + LIVE_KEYFRAME_EVERY) {
            *last = Some(now);
            self.count.send_modify(|count| *count += 1);
        }
    }

    /// Changes with each that is passed on.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }
}
