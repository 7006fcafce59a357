//! The server's clock: monotonic time since its start, and the one place that reads the calendar.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Time since the server's start; what crosses the wire is this in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Time since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Server time as clients get it.
    #[must_use]
    pub fn server_time_us(&self) -> u64 {
        u64::try_from(self.now().as_micros()).unwrap_or(u64::MAX)
    }

    /// The moment of a time since the start, for a timer.
    #[must_use]
    pub fn at(&self, time: Duration) -> Instant {
        self.start + time
    }
}

/// Seconds since 1970-01-01, for what must outlive a restart.
#[must_use]
pub(crate) fn unix_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or(0)
}
