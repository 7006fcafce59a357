//! Parity for what a flow over UDP loses: each track's line is looked at once a second, and the server is told what is wanted.

use std::time::Duration;

use lectern_proto::datagram::Ask as Wire;
use lectern_proto::live::parity::ParityHeader;
use lectern_proto::live::protection::Seen;
use tokio::time::Instant;

use super::connection::Task;
use super::flow::{Flow, LOOK_EVERY, SAY_AGAIN};

/// A viewer who waits longer than this for what was lost lags so far behind the class that it is told.
const FELT: Duration = Duration::from_millis(80);

impl Task {
    /// Looks at every track's line, if it is time.
    pub(super) fn protect(&mut self, flow: &mut Flow, now: Duration, round_trip: Duration) {
        if Instant::now() < flow.look_at {
            return;
        }
        flow.look_at = Instant::now() + LOOK_EVERY;
        for (&track, subscribed) in &mut self.tracks {
            let seen = Seen { line: subscribed.receiver.line(), round_trip, deadline: FELT };
            let changed = subscribed.protection.seen(now, &seen);
            let percent = subscribed.protection.percent();
            if changed.is_some() {
                tracing::debug!(track, percent, ?seen, "parity");
                subscribed.receiver.set_parity(percent > 0);
            }
            // What was said may have been lost.
            if changed.is_some() || percent > 0 {
                flow.core.ask(&Wire::Parity { track, percent });
            }
        }
    }

    /// Takes a row of parity.
    pub(super) fn parity(&mut self, flow: &mut Flow, row: &[u8]) {
        let Some(header) = ParityHeader::read(row) else { return };
        match self.tracks.get_mut(&header.track).filter(|t| t.protection.percent() > 0) {
            Some(subscribed) => subscribed.receiver.push_parity(self.started.elapsed(), row),
            // That it is not wanted any more was lost on the way.
            None if flow.said_at.elapsed() >= SAY_AGAIN => {
                flow.said_at = Instant::now();
                flow.core.ask(&Wire::Parity { track: header.track, percent: 0 });
            }
            None => {}
        }
    }
}
