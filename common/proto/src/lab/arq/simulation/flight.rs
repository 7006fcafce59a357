//! Packets under way in one direction, in the order of their arrival.

use std::collections::VecDeque;
use std::time::Duration;

use super::arrives;
use crate::lab::arq::channel::{Fate, Way};

/// One of them.
#[derive(Debug)]
pub(super) struct Arrival<T> {
    at: Duration,
    pub(super) packet: u64,
    pub(super) damaged: bool,
    pub(super) body: T,
}

/// Mostly packets arrive in the order in which they are sent: a line in order costs less than a heap.
#[derive(Debug)]
pub(super) struct Flight<T>(VecDeque<Arrival<T>>);

impl<T> Default for Flight<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: Clone> Flight<T> {
    /// Puts a packet on its way, and its copy; does nothing for one that is lost.
    pub(super) fn add(&mut self, way: &Way, packet: u64, body: T) {
        if !arrives(way) {
            return;
        }
        if let Some(at) = way.copy {
            self.insert(Arrival { at, packet, damaged: false, body: body.clone() });
        }
        self.insert(Arrival { at: way.arrives, packet, damaged: way.fate == Fate::Damaged, body });
    }

    fn insert(&mut self, arrival: Arrival<T>) {
        if self.0.back().is_none_or(|last| last.at <= arrival.at) {
            self.0.push_back(arrival);
        } else {
            let place = self.0.partition_point(|other| other.at <= arrival.at);
            self.0.insert(place, arrival);
        }
    }

    pub(super) fn next_at(&self) -> Option<Duration> {
        self.0.front().map(|arrival| arrival.at)
    }

    /// What arrives by `now`.
    pub(super) fn take(&mut self, now: Duration) -> Option<Arrival<T>> {
        if self.next_at()? <= now { self.0.pop_front() } else { None }
    }
}
