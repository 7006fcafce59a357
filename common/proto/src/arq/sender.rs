//! The sending side of all three protocols.
//!
//! Every transmission, also a repeat, has a number of its own ([`Data::transmission`]), and the sender logs which packet it carried and
//! when. Packets are taken for lost in the order of that log: when their time-out is over, or when a later transmission was acknowledged.
//! So a lost repeat is noticed as fast as a lost original, and each packet costs a constant amount of work however large the window is.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::packet::{Ack, AckRange, Data};
use super::sequence::{Settings, SettingsError};
use super::timeout::RoundTrip;

/// Counts since the beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SenderCounters {
    /// Data packets sent, and those of them that were sent before.
    pub packets: u64,
    pub again: u64,
    /// Packets that were taken for lost because their time-out was over (for go-back-N: how often it went back for that), and because a
    /// later one was acknowledged.
    pub timeouts: u64,
    pub overtaken: u64,
    /// Acknowledgements that came undamaged, those that said nothing new, and those for data that had come before.
    pub acks: u64,
    pub stale_acks: u64,
    pub duplicates: u64,
    /// What came but was damaged.
    pub damaged: u64,
}

/// What is known of one packet in the sender's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Handed in, not yet sent.
    Waiting,
    /// Sent, and not heard of.
    Sent,
    /// Taken for lost, and soon sent again.
    Lost,
    /// Acknowledged while one before it was not.
    Acknowledged,
}

#[derive(Debug)]
struct Held {
    payload: Bytes,
    slot: Slot,
    sent: u32,
    /// The last transmission of it.
    transmission: u64,
    /// Where it is acknowledged: all up to here are, too.
    through: u64,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    nth: u64,
    at: Duration,
}

/// The sender of one stream of packets.
#[derive(Debug)]
pub struct Sender {
    settings: Settings,
    /// Count of the first packet that is not acknowledged, and of the next that was never sent.
    base: u64,
    next: u64,
    /// From `base` on.
    held: VecDeque<Held>,
    /// Selective repeat: packets to send again, in the order in which they were noticed.
    lost: VecDeque<u64>,
    /// The others: all from here to `next` are sent again.
    back_at: u64,
    /// Transmissions from `logged` on, one entry each.
    log: VecDeque<Sent>,
    logged: u64,
    /// A time-out of a transmission before this one does not double the time-out once more: they left together.
    backed_off: u64,
    ended: bool,
    trip: RoundTrip,
    counters: SenderCounters,
}

impl Sender {
    /// Nothing to send yet.
    ///
    /// # Errors
    /// When the settings are such that the receiver could not tell packets apart, see [`Settings::check`].
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        Ok(Self {
            settings,
            base: 0,
            next: 0,
            held: VecDeque::new(),
            lost: VecDeque::new(),
            back_at: 0,
            log: VecDeque::new(),
            logged: 0,
            backed_off: 0,
            ended: false,
            trip: RoundTrip::new(settings.timeout),
            counters: SenderCounters::default(),
        })
    }

    /// How many packets [`Self::push`] takes now.
    #[must_use]
    pub fn room(&self) -> usize {
        if self.ended { 0 } else { (self.settings.window as usize).saturating_sub(self.held.len()) }
    }

    /// Hands in the payload of the next packet; gives it back when the window is full or the stream has ended.
    ///
    /// # Errors
    /// The payload.
    pub fn push(&mut self, payload: Bytes) -> Result<(), Bytes> {
        if self.room() == 0 {
            return Err(payload);
        }
        self.held.push_back(Held { payload, slot: Slot::Waiting, sent: 0, transmission: 0, through: 0 });
        Ok(())
    }

    /// Nothing more will be handed in.
    pub const fn end(&mut self) {
        self.ended = true;
    }

    /// Whether all was handed in and acknowledged.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.ended && self.held.is_empty()
    }

    /// Whether [`Self::poll_transmit`] has something now.
    pub fn is_ready(&mut self) -> bool {
        // What was acknowledged after it was taken for lost need not be sent again.
        while self.lost.front().is_some_and(|nth| self.slot(*nth) != Some(Slot::Lost)) {
            self.lost.pop_front();
        }
        !self.lost.is_empty() || self.goes_back() || self.next < self.base + self.held.len() as u64
    }

    fn goes_back(&self) -> bool {
        !self.settings.protocol.keeps() && self.back_at.max(self.base) < self.next
    }

    /// The next packet to send, if there is one. Lost ones go first.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<Data> {
        if !self.is_ready() {
            return None;
        }
        let nth = if let Some(nth) = self.lost.pop_front() {
            nth
        } else if self.goes_back() {
            let nth = self.back_at.max(self.base);
            self.back_at = nth + 1;
            nth
        } else {
            self.next += 1;
            self.back_at = self.next;
            self.next - 1
        };
        let transmission = self.logged + self.log.len() as u64;
        let held = self.held.get_mut(usize::try_from(nth - self.base).ok()?)?;
        (held.slot, held.transmission, held.sent) = (Slot::Sent, transmission, held.sent.saturating_add(1));
        let again = held.sent > 1;
        self.log.push_back(Sent { nth, at: now });
        self.counters.packets += 1;
        self.counters.again += u64::from(again);
        Some(Data { sequence: self.settings.space.number(nth), transmission: transmission as u32, again, payload: held.payload.clone() })
    }

    /// When [`Self::on_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.log.front().map(|sent| sent.at + self.trip.timeout())
    }

    /// Takes packets for lost whose time-out is over. Does nothing before that, so that it may be called at any time.
    pub fn on_timeout(&mut self, now: Duration) {
        let timeout = self.trip.timeout();
        let mut backs_off = false;
        while let Some(sent) = self.log.front().filter(|sent| sent.at + timeout <= now).copied() {
            backs_off |= self.logged >= self.backed_off;
            self.counters.timeouts += 1;
            self.lose(sent.nth);
        }
        if backs_off {
            self.trip.back_off();
            self.backed_off = self.transmissions();
        }
    }

    /// Takes an acknowledgement. Numbers that are not in the window are of an older one and say nothing.
    pub fn handle(&mut self, now: Duration, ack: &Ack) {
        self.counters.acks += 1;
        self.counters.duplicates += u64::from(ack.duplicate);
        // Which of the logged transmissions it answers; none when that was dealt with before.
        let echo = u64::from(ack.transmission.wrapping_sub(self.logged as u32));
        let echo = usize::try_from(echo).ok().filter(|at| *at < self.log.len());
        if let Some(sent) = echo.map(|at| self.log[at]) {
            let held = sent.nth.checked_sub(self.base).and_then(|at| self.held.get(at as usize));
            if let Some(held) = held.filter(|held| held.slot != Slot::Acknowledged) {
                self.trip.sample(now.saturating_sub(sent.at), held.sent > 1);
            }
        }
        let echo = echo.map(|at| self.logged + at as u64);
        let mut is_new = self.acknowledge_before(ack);
        if self.settings.protocol.keeps() {
            for range in &ack.ranges {
                is_new |= self.acknowledge(*range);
            }
        }
        self.counters.stale_acks += u64::from(!is_new);
        self.tidy();
        if let (Some(echo), Some(overtaken)) = (echo, self.settings.overtaken) {
            self.notice(echo, u64::from(overtaken));
        }
    }

    /// Something came for this sender that was damaged.
    pub const fn note_damaged(&mut self) {
        self.counters.damaged += 1;
    }

    /// All before the number that the receiver waits for came.
    fn acknowledge_before(&mut self, ack: &Ack) -> bool {
        let count = self.settings.space.ahead(self.base, ack.next);
        if count == 0 || count > self.next - self.base {
            return false;
        }
        self.held.drain(..count as usize);
        self.base += count;
        true
    }

    fn acknowledge(&mut self, range: AckRange) -> bool {
        let from = self.settings.space.ahead(self.base, range.first);
        let on_their_way = self.next - self.base;
        if from >= on_their_way || u64::from(range.count) > on_their_way - from {
            return false;
        }
        let (from, end) = (self.base + from, self.base + from + u64::from(range.count));
        let (mut nth, mut is_new) = (from, false);
        while nth < end {
            let Some(held) = self.held.get_mut((nth - self.base) as usize) else { break };
            if held.slot != Slot::Acknowledged {
                (held.slot, held.through, is_new) = (Slot::Acknowledged, nth + 1, true);
            }
            nth = held.through;
        }
        // What was told before is passed over at once the next time: ranges grow at their end and keep their beginning.
        if let Some(held) = self.held.get_mut((from - self.base) as usize).filter(|held| held.slot == Slot::Acknowledged) {
            held.through = held.through.max(nth);
        }
        is_new
    }

    /// Takes what left `overtaken` transmissions before one that was acknowledged for lost.
    fn notice(&mut self, echo: u64, overtaken: u64) {
        while self.logged + overtaken <= echo {
            let Some(sent) = self.log.front().copied() else { return };
            self.counters.overtaken += 1;
            self.lose(sent.nth);
        }
    }

    /// Has a packet sent again; go-back-N also all after it, of which the receiver kept none.
    fn lose(&mut self, nth: u64) {
        if self.settings.protocol.keeps() {
            if let Some(held) = nth.checked_sub(self.base).and_then(|at| self.held.get_mut(at as usize)) {
                held.slot = Slot::Lost;
            }
            self.lost.push_back(nth);
            self.log.pop_front();
            self.logged += 1;
        } else {
            self.back_at = self.base;
            self.logged = self.transmissions();
            self.log.clear();
        }
        self.tidy();
    }

    /// Drops what the log says of packets that were acknowledged or sent again since.
    fn tidy(&mut self) {
        while let Some(sent) = self.log.front() {
            let held = sent.nth.checked_sub(self.base).and_then(|at| self.held.get(at as usize));
            if held.is_some_and(|held| held.slot == Slot::Sent && held.transmission == self.logged) {
                return;
            }
            self.log.pop_front();
            self.logged += 1;
        }
    }

    /// What is known of the `nth` packet; none when it was acknowledged with all before it, or not handed in yet.
    #[must_use]
    pub fn slot(&self, nth: u64) -> Option<Slot> {
        let held = self.held.get(usize::try_from(nth.checked_sub(self.base)?).ok()?)?;
        let is_behind = !self.settings.protocol.keeps() && (self.back_at..self.next).contains(&nth);
        Some(if is_behind { Slot::Lost } else { held.slot })
    }

    /// How often the `nth` packet was sent, while it is in the window.
    #[must_use]
    pub fn sent(&self, nth: u64) -> Option<u32> {
        self.held.get(usize::try_from(nth.checked_sub(self.base)?).ok()?).map(|held| held.sent)
    }

    /// Which packet, counted from 0, the transmission carries that was sent last.
    #[must_use]
    pub fn last_sent(&self) -> Option<u64> {
        self.log.back().map(|sent| sent.nth)
    }

    /// The packet that was sent longest ago of those that nothing was heard of, and when that was.
    #[must_use]
    pub fn oldest(&self) -> Option<(u64, Duration)> {
        self.log.front().map(|sent| (sent.nth, sent.at))
    }

    /// Count of the first packet that is not acknowledged.
    #[must_use]
    pub const fn base(&self) -> u64 {
        self.base
    }

    /// Count of the first packet that was never sent.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// How many transmissions there were.
    #[must_use]
    pub fn transmissions(&self) -> u64 {
        self.logged + self.log.len() as u64
    }

    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    #[must_use]
    pub const fn counters(&self) -> SenderCounters {
        self.counters
    }

    /// What was learned of the round trip, and the time-out now.
    #[must_use]
    pub const fn round_trip(&self) -> &RoundTrip {
        &self.trip
    }
}

#[cfg(test)]
mod tests;
