//! The sink that stands for a screen where there is no window: takes each picture when it is due.

use std::time::{Duration, Instant};

use crate::player::Presented;

/// The screen looks again after this long when nothing is due.
const IDLE: Duration = Duration::from_millis(20);

/// What can be watched.
pub(super) trait Watched {
    fn present(&self, now: Instant) -> Presented;
    fn is_over(&self) -> bool;
}

/// The sink that stands for a screen: takes each picture when it is due.
#[derive(Debug, Default)]
pub(super) struct Screen {
    woken: std::sync::Condvar,
    flags: std::sync::Mutex<Flags>,
}

#[derive(Debug, Default)]
struct Flags {
    woken: bool,
    stop: bool,
}

impl Screen {
    fn flags(&self) -> std::sync::MutexGuard<'_, Flags> {
        self.flags.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn wake(&self) {
        self.flags().woken = true;
        self.woken.notify_all();
    }

    pub(super) fn stop(&self) {
        self.flags().stop = true;
        self.woken.notify_all();
    }

    /// Watches until the end, a moment, or [`Self::stop`].
    pub(super) fn watch(&self, player: &impl Watched, until: Option<Instant>) {
        loop {
            let now = Instant::now();
            if until.is_some_and(|u| now >= u) || player.is_over() {
                return;
            }
            let presented = player.present(now);
            // The picture leaves the screen when the next one comes.
            drop(presented.picture);
            let wait = presented.next_at.map_or(IDLE, |at| at.saturating_duration_since(Instant::now()).min(IDLE));
            let mut flags = self.flags();
            if flags.stop {
                return;
            }
            if !std::mem::take(&mut flags.woken) && !wait.is_zero() {
                flags = self.woken.wait_timeout(flags, wait).unwrap_or_else(std::sync::PoisonError::into_inner).0;
                flags.woken = false;
            }
        }
    }
}
