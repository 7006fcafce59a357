//! What happened to each packet, for the space-time diagram and the tables.

use std::time::Duration;

use super::channel::{Fate, Way};
use super::scenario::{Action, Direction};
use crate::arq::{Sequence, Taken};

/// Passages and marks that are kept each. Full: the run goes on, what is later is not drawn.
pub const TRACE_MAX: usize = 20_000;

/// One packet on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    pub direction: Direction,
    /// How many packets went this way before it.
    pub packet: u64,
    /// Data: which of the packets that are sent, counted from 0. Acknowledgement: the one that the receiver waits for.
    pub nth: u64,
    /// The same as it stands on the wire.
    pub sequence: Sequence,
    /// Data that was sent before; an acknowledgement of data that had come before.
    pub again: bool,
    /// Acknowledgement: what is held behind `nth`, as first packet and count.
    pub held: Vec<(u64, u32)>,
    pub way: Way,
    pub by_hand: Option<Action>,
    /// What the receiver did with this data, once it came.
    pub taken: Option<Taken>,
}

/// A time-out that was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    pub at: Duration,
    pub nth: u64,
    /// When the packet was sent that was taken for lost.
    pub sent: Duration,
}

/// What happened in a run so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// In the order of sending; those of both directions.
    pub passages: Vec<Passage>,
    pub expiries: Vec<Expiry>,
    /// When packets were given to whom they are for: time, first, count.
    pub deliveries: Vec<(Duration, u64, u64)>,
    /// Places of the passages of each direction.
    places: [Vec<usize>; 2],
}

impl Trace {
    /// Whether no more is kept.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.passages.len() >= TRACE_MAX
    }

    pub(super) fn passes(&mut self, passage: Passage) {
        if !self.is_full() {
            self.places[passage.direction as usize].push(self.passages.len());
            self.passages.push(passage);
        }
    }

    pub(super) fn expires(&mut self, expiry: Expiry) {
        if self.expiries.len() < TRACE_MAX {
            self.expiries.push(expiry);
        }
    }

    pub(super) fn takes(&mut self, at: Duration, packet: u64, taken: Taken) {
        let place = usize::try_from(packet).ok().and_then(|packet| self.places[Direction::Data as usize].get(packet).copied());
        if let Some(passage) = place.and_then(|place| self.passages.get_mut(place)) {
            passage.taken.get_or_insert(taken);
        }
        if let (Taken::Delivered { from, count }, true) = (taken, self.deliveries.len() < TRACE_MAX) {
            self.deliveries.push((at, from, count));
        }
    }

    /// The passage of a packet.
    #[must_use]
    pub fn passage(&self, direction: Direction, packet: u64) -> Option<&Passage> {
        self.passages.get(*self.places[direction as usize].get(usize::try_from(packet).ok()?)?)
    }

    /// The last moment of anything that was kept.
    #[must_use]
    pub fn end(&self) -> Duration {
        let passage = |p: &Passage| if p.way.fate == Fate::Dropped { p.way.begins } else { p.way.arrives };
        let last = self.passages.iter().map(passage).max().unwrap_or_default();
        self.expiries.iter().map(|e| e.at).max().unwrap_or_default().max(last)
    }
}
