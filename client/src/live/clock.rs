//! Server time on this machine: the estimator of [`lectern_proto::clock`] on the machine's monotonic clock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lectern_proto::clock::ClockEstimator;

/// What this machine knows of the server's clock. One server start, one of these.
#[derive(Debug)]
pub struct ServerClock {
    epoch: Instant,
    estimator: Mutex<ClockEstimator>,
}

impl Default for ServerClock {
    fn default() -> Self {
        Self { epoch: Instant::now(), estimator: Mutex::default() }
    }
}

impl ServerClock {
    fn estimator(&self) -> MutexGuard<'_, ClockEstimator> {
        self.estimator.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a question carries: the machine's clock now, in microseconds.
    pub(crate) fn stamp_us(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Takes the answer to a question that was sent at `stamp_us` and came back now.
    pub(crate) fn answered(&self, stamp_us: u64, server_us: u64) {
        self.estimator().exchange(Duration::from_micros(stamp_us), server_us, self.epoch.elapsed());
    }

    /// Server time at a moment, in microseconds; none before the first answer.
    #[must_use]
    pub fn server_us(&self, at: Instant) -> Option<u64> {
        self.estimator().server_us(at.saturating_duration_since(self.epoch))
    }

    /// The moment of a server time; none before the first answer.
    #[must_use]
    pub fn at(&self, server_us: u64) -> Option<Instant> {
        self.estimator().local(server_us).map(|local| self.epoch + local)
    }

    /// Whether enough is known for sound to begin by it.
    pub(crate) fn is_settled(&self) -> bool {
        self.estimator().is_settled()
    }

    /// When the server is to be asked again.
    pub(crate) fn ask_again_in(&self) -> Duration {
        self.estimator().ask_again_in()
    }

    /// Round trip to the server on the media port.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.estimator().round_trip()
    }
}
