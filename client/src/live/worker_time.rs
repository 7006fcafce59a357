//! The time that a media worker is told: the server's, once a connection to it has compared clocks. Before, for a preview that
//! needs no server, that of this machine from 0 on, which is always behind the server's: it started before this did.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::clock::ServerClock;

/// What time it is for a worker.
#[derive(Debug)]
pub(super) struct WorkerTime {
    /// Where this machine's own time begins; none: without the server there is no time.
    own: Option<Instant>,
    server: Mutex<Option<Arc<ServerClock>>>,
}

impl WorkerTime {
    /// No time before the server's is known, or with `own` this machine's so long.
    pub(super) fn new(own: bool) -> Self {
        Self { own: own.then(Instant::now), server: Mutex::default() }
    }

    /// From now on it is the server's.
    pub(super) fn follow(&self, server: Arc<ServerClock>) {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }

    /// In microseconds.
    pub(super) fn now_us(&self) -> Option<u64> {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let own = || self.own.and_then(|own| u64::try_from(own.elapsed().as_micros()).ok());
        server.and_then(|clock| clock.server_us(Instant::now())).or_else(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_time_comes_before_ones_own() {
        assert_eq!(WorkerTime::new(false).now_us(), None);
        let time = WorkerTime::new(true);
        assert!(time.now_us().is_some_and(|us| us < 60_000_000));
        let clock = Arc::new(ServerClock::default());
        time.follow(Arc::clone(&clock));
        assert!(time.now_us().is_some_and(|us| us < 60_000_000), "a clock that was not compared yet says nothing");
        clock.answered(clock.stamp_us(), 7_000_000_000);
        assert!(time.now_us().is_some_and(|us| us >= 7_000_000_000));
    }
}
