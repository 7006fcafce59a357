//! The receiving side of all three protocols.

use std::collections::VecDeque;

use bytes::Bytes;

use super::gaps::Gaps;
use super::packet::{Ack, AckRange, Data};
use super::sequence::{Settings, SettingsError};
use crate::limits::ARQ_ACK_RANGES;

/// How many of the packets that came last an acknowledgement tells of, if there are so many apart from each other: one that is lost is
/// made good by the next ones.
const TOLD_AGAIN: usize = 4;

/// Counts since the beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiverCounters {
    /// Data packets that came undamaged.
    pub packets: u64,
    /// Those of them that had come before, and those of these that the sender had sent again without need.
    pub duplicates: u64,
    pub needless: u64,
    /// Packets that were kept until those before them came, and those that were not (stop-and-wait, go-back-N), or were outside of the window.
    pub kept: u64,
    pub discarded: u64,
    /// Packets that were given, and their bytes.
    pub delivered: u64,
    pub bytes: u64,
    pub acks: u64,
    /// What came but was damaged.
    pub damaged: u64,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was awaited: so many packets can be given now, counted from the first.
    Delivered { from: u64, count: u64 },
    /// It is kept for later: its count.
    Kept(u64),
    /// It had come before.
    Duplicate,
    /// It is not the awaited one, and this protocol keeps no other; or it is of no window that is open.
    Discarded,
}

/// The receiver of one stream of packets.
#[derive(Debug)]
pub struct Receiver {
    settings: Settings,
    gaps: Gaps<Bytes, ()>,
    ready: VecDeque<Bytes>,
    /// What came last out of order, newest last; of several in a row the last.
    recent: VecDeque<u64>,
    /// How many of them no acknowledgement told of.
    untold: usize,
    owes: bool,
    transmission: u32,
    duplicate: bool,
    counters: ReceiverCounters,
}

impl Receiver {
    /// Nothing came yet.
    ///
    /// # Errors
    /// See [`Settings::check`].
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        Ok(Self {
            settings,
            gaps: Gaps::new(0),
            ready: VecDeque::new(),
            recent: VecDeque::new(),
            untold: 0,
            owes: false,
            transmission: 0,
            duplicate: false,
            counters: ReceiverCounters::default(),
        })
    }

    /// Takes a data packet; an acknowledgement is then owed in any case, since the last one may be lost.
    pub fn handle(&mut self, data: &Data) -> Taken {
        self.counters.packets += 1;
        let space = self.settings.space;
        if !space.has(data.sequence) {
            self.counters.discarded += 1;
            return Taken::Discarded;
        }
        (self.owes, self.duplicate) = (true, false);
        // The newest one: a packet that was overtaken says nothing about those that were sent after it.
        if data.transmission.wrapping_sub(self.transmission) < 1 << 31 {
            self.transmission = data.transmission;
        }
        let ahead = space.ahead(self.gaps.next(), data.sequence);
        if ahead < self.settings.receive_window() {
            return self.take(self.gaps.next() + ahead, data);
        }
        // Behind the window by at most the sender's: it came before.
        if space.count() - ahead <= u64::from(self.settings.window).min(self.gaps.next()) {
            return self.doubled(data);
        }
        self.counters.discarded += 1;
        Taken::Discarded
    }

    fn take(&mut self, nth: u64, data: &Data) -> Taken {
        if self.gaps.get(nth).is_some() {
            return self.doubled(data);
        }
        if nth > self.gaps.next() {
            self.gaps.extend(nth, Some(()));
            self.gaps.hold(nth, data.payload.clone());
            self.remember(nth);
            self.counters.kept += 1;
            return Taken::Kept(nth);
        }
        self.gaps.hold(nth, data.payload.clone());
        let mut count = 0;
        while let Some(payload) = self.gaps.pop() {
            (self.counters.bytes, count) = (self.counters.bytes + payload.len() as u64, count + 1);
            self.ready.push_back(payload);
        }
        self.counters.delivered += count;
        Taken::Delivered { from: nth, count }
    }

    fn doubled(&mut self, data: &Data) -> Taken {
        self.counters.duplicates += 1;
        self.counters.needless += u64::from(data.again);
        self.duplicate = true;
        Taken::Duplicate
    }

    fn remember(&mut self, nth: u64) {
        if let Some(last) = self.recent.back_mut().filter(|last| **last + 1 == nth) {
            *last = nth;
            self.untold = self.untold.max(1);
            return;
        }
        self.recent.push_back(nth);
        self.untold += 1;
        // What no acknowledgement has told of yet is kept longer, yet not without end.
        if self.recent.len() > self.untold.min(self.settings.window as usize).max(TOLD_AGAIN) {
            self.recent.pop_front();
            self.untold = self.untold.min(self.recent.len());
        }
    }

    /// The acknowledgement that is owed. Polled after every packet, each gets its own, as in the textbooks; polled after several, one
    /// tells of them all.
    pub fn poll_transmit(&mut self) -> Option<Ack> {
        if !std::mem::take(&mut self.owes) {
            return None;
        }
        let next = self.gaps.next();
        while self.recent.front().is_some_and(|nth| *nth < next) {
            self.recent.pop_front();
        }
        self.untold = self.untold.min(self.recent.len());
        let mut ranges: Vec<AckRange> = Vec::new();
        // First what was not told yet, from the oldest when it is too much for one, else from the newest.
        let (told, untold) = (self.recent.len() - self.untold, self.untold);
        let take = untold.min(ARQ_ACK_RANGES);
        let again = TOLD_AGAIN.saturating_sub(take).min(told);
        let of = told - again..told + take;
        for nth in self.recent.range(of).rev().copied().filter(|nth| *nth >= next) {
            let run = self.gaps.run_around(nth);
            let first = self.settings.space.number(run.start);
            if ranges.iter().all(|range| range.first != first) {
                ranges.push(AckRange { first, count: (run.end - run.start) as u32 });
            }
        }
        self.untold -= take;
        self.owes = self.untold > 0;
        self.counters.acks += 1;
        Some(Ack { next: self.settings.space.number(next), transmission: self.transmission, duplicate: std::mem::take(&mut self.duplicate), ranges })
    }

    /// Has an acknowledgement sent although nothing came.
    pub(super) const fn owe(&mut self) {
        self.owes = true;
    }

    /// The next payload, in order.
    pub fn poll_deliver(&mut self) -> Option<Bytes> {
        self.ready.pop_front()
    }

    /// Something came for this receiver that was damaged.
    pub const fn note_damaged(&mut self) {
        self.counters.damaged += 1;
    }

    /// Count of the packet that is awaited.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.gaps.next()
    }

    /// What is held behind it, and what is missing.
    #[must_use]
    pub const fn gaps(&self) -> &Gaps<Bytes, ()> {
        &self.gaps
    }

    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    #[must_use]
    pub const fn counters(&self) -> ReceiverCounters {
        self.counters
    }
}

#[cfg(test)]
mod tests;
