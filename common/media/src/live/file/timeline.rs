//! The one pace of a file that is sent live: when its presentation began on the server's clock. It begins when pictures and sound are both
//! ready, and when one of them cannot keep up altogether, both are later from then on.

use super::super::orders::Orders;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The first picture and sound are due so long after both are ready.
const LEAD_US: u64 = 100_000;
const NAP: Duration = Duration::from_millis(50);

/// Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timeline(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    /// Seats that are not ready.
    waiting: usize,
    start_us: Option<u64>,
}

/// One who keeps the pace. Dropped, nobody waits for it.
#[derive(Debug)]
pub(crate) struct Seat {
    timeline: Timeline,
    is_ready: bool,
}

impl Timeline {
    /// All seats are taken before the first begins.
    pub(crate) fn seat(&self) -> Seat {
        self.change(|state| state.waiting += 1);
        Seat { timeline: self.clone(), is_ready: false }
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.1.notify_all();
        changed
    }
}

impl Seat {
    /// When what is `at_us` into the presentation is due, in microseconds of server time; waits for the others the first time. None: the
    /// end came first.
    pub(crate) fn due(&mut self, at_us: u64, orders: &Orders) -> Option<u64> {
        if !std::mem::replace(&mut self.is_ready, true) {
            self.timeline.change(|state| state.waiting = state.waiting.saturating_sub(1));
        }
        let (state, changed) = &*self.timeline.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if orders.has_ended() {
                return None;
            }
            if state.start_us.is_none() && state.waiting == 0 {
                state.start_us = Some(orders.now_us() + LEAD_US);
            }
            if let Some(start) = state.start_us {
                return Some(start + at_us);
            }
            state = changed.wait_timeout(state, NAP).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Everything is later by this from now on.
    pub(crate) fn later(&self, by_us: u64) {
        self.timeline.change(|state| state.start_us = state.start_us.map(|start| start + by_us));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.is_ready {
            self.timeline.change(|state| state.waiting = state.waiting.saturating_sub(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_when_all_are_ready_and_is_late_for_all() {
        let orders = Orders::new(100_000);
        let timeline = Timeline::default();
        let (mut pictures, mut sound, never) = (timeline.seat(), timeline.seat(), timeline.seat());
        let other = orders.clone();
        let first = std::thread::spawn(move || (sound.due(20_000, &other), sound));
        drop(never);
        let zero = pictures.due(0, &orders).expect("begun");
        let (due, sound) = first.join().expect("runs");
        assert_eq!(due, Some(zero + 20_000));
        sound.later(500_000);
        assert_eq!(pictures.due(40_000, &orders), Some(zero + 540_000));
        orders.end();
        assert_eq!(pictures.due(80_000, &orders), None);
    }
}
