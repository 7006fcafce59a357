//! The server's clock: monotonic time since its start, and the one place that reads the calendar, once.
//!
//! Everything that waits, plays or expires goes by monotonic time. A calendar that is set while a class runs, by hand or by
//! a time server after a start without a battery, changes nothing for who is there.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Time since the server's start; what crosses the wire is this in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
    /// Seconds since 1970-01-01 at the start.
    start_unix_s: i64,
}

impl Clock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now(), start_unix_s: unix_seconds() }
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

    /// Seconds since 1970-01-01, for what must outlive a restart: the calendar of the start and the time since.
    #[must_use]
    pub(crate) fn unix_seconds(&self) -> i64 {
        self.start_unix_s.saturating_add(i64::try_from(self.now().as_secs()).unwrap_or(i64::MAX))
    }

    /// Milliseconds since 1970-01-01 by the same calendar: they never go back.
    #[must_use]
    pub(crate) fn unix_ms(&self) -> i64 {
        self.start_unix_s.saturating_mul(1_000).saturating_add(i64::try_from(self.now().as_millis()).unwrap_or(i64::MAX))
    }
}

/// A timer that may not be set: a `select!` waits for it only `if` it is.
pub(crate) async fn sleep_until(at: Option<Instant>) {
    if let Some(at) = at {
        tokio::time::sleep_until(at).await;
    }
}

/// Seconds since 1970-01-01 by the system's calendar.
fn unix_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_that_of_the_start_and_goes_on_with_monotonic_time() {
        assert!(Clock::start().start_unix_s > 1_700_000_000);
        let start = Instant::now().checked_sub(Duration::from_secs(2)).expect("this machine runs for longer");
        let clock = Clock { start, start_unix_s: 1_000 };
        assert!((1_002..1_060).contains(&clock.unix_seconds()));
    }
}
