//! Packets of sound that wait to be heard: a moment of a live source, up to an hour of a file, in which each listener has a place of
//! his or her own. They stay as they came, coded; nothing here decodes, and nothing here knows the time.

use std::collections::VecDeque;

use lectern_proto::limits::{LISTEN_HELD_BYTES, LISTEN_HELD_FILE, LISTEN_HELD_LIVE};
use lectern_proto::live::Unit;

/// Packets that were taken and can be given back: more than a sink holds, and what a decoder needs to begin anew.
const RECENT: usize = 50;
/// A decoder that begins anew is right after this long (RFC 7845, 4.6).
const PRE_ROLL_US: u64 = 80_000;

/// A packet, and how many before it were lost.
#[derive(Debug, Clone)]
pub(super) struct Packet {
    pub(super) missing: u32,
    pub(super) unit: Unit,
}

/// What waits. Full: the oldest is left out, and counted.
#[derive(Debug)]
pub(super) struct Held {
    packets: VecDeque<Packet>,
    bytes: usize,
    recent: VecDeque<Packet>,
    /// Lost since the packet that came last.
    missing: u32,
    most_us: u64,
    left_out: u64,
}

impl Held {
    /// For the sound of a file, in which a listener may stay behind, or for a live source.
    pub(super) fn new(is_file: bool) -> Self {
        let most = if is_file { LISTEN_HELD_FILE } else { LISTEN_HELD_LIVE };
        let most_us = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
        Self { packets: VecDeque::new(), bytes: 0, recent: VecDeque::new(), missing: 0, most_us, left_out: 0 }
    }

    /// A packet came.
    pub(super) fn push(&mut self, unit: Unit) {
        self.bytes += unit.data.len();
        let newest_us = unit.capture_us;
        self.packets.push_back(Packet { missing: std::mem::take(&mut self.missing), unit });
        let is_full = |held: &Self| held.bytes > LISTEN_HELD_BYTES || held.front().is_some_and(|p| newest_us.saturating_sub(p.unit.capture_us) > held.most_us);
        while is_full(self) && self.drop_front() {
            self.left_out += 1;
        }
    }

    /// So many packets before the next will not come.
    pub(super) fn missing(&mut self, packets: u32) {
        self.missing = self.missing.saturating_add(packets);
    }

    /// What comes next.
    pub(super) fn front(&self) -> Option<&Packet> {
        self.packets.front()
    }

    /// Takes it out; it can come back by [`Self::rewind`].
    pub(super) fn take(&mut self) -> Option<Packet> {
        let packet = self.packets.pop_front()?;
        self.bytes -= packet.unit.data.len();
        self.recent.push_back(packet.clone());
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        Some(packet)
    }

    /// Leaves out what comes next; false when there is nothing.
    pub(super) fn drop_front(&mut self) -> bool {
        let gone = self.packets.pop_front();
        self.bytes -= gone.as_ref().map_or(0, |p| p.unit.data.len());
        // What was taken before does not join what comes now.
        self.recent.clear();
        gone.is_some()
    }

    /// What was taken and captured from shortly before a time on comes again: a decoder that begins anew is right from there on.
    pub(super) fn rewind(&mut self, to_us: i64) {
        let from_us = u64::try_from(to_us).unwrap_or(0).saturating_sub(PRE_ROLL_US);
        while let Some(packet) = self.recent.pop_back_if(|p| p.unit.capture_us >= from_us) {
            self.bytes += packet.unit.data.len();
            self.packets.push_front(packet);
        }
        self.recent.clear();
    }

    /// Everything before a time is left out.
    pub(super) fn forget_before(&mut self, us: i64) {
        let us = u64::try_from(us).unwrap_or(0);
        while self.front().is_some_and(|p| p.unit.capture_us < us) {
            self.drop_front();
        }
    }

    /// Everything is left out.
    pub(super) fn clear(&mut self) {
        *self = Self { packets: VecDeque::new(), bytes: 0, recent: VecDeque::new(), missing: 0, most_us: self.most_us, left_out: self.left_out };
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Packets that were left out because it was full.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(index: u64, bytes: usize) -> Unit {
        Unit { sequence: 0, capture_us: 1_000_000 + index * 20_000, keyframe: true, data: vec![0; bytes].into() }
    }

    fn next_us(held: &Held) -> Option<u64> {
        held.front().map(|p| (p.unit.capture_us - 1_000_000) / 20_000)
    }

    #[test]
    fn a_listener_comes_back_to_where_he_stopped() {
        let mut held = Held::new(true);
        (0..100).for_each(|i| held.push(unit(i, 200)));
        (0..50).for_each(|_| _ = held.take());
        // Packet 41 was heard when he stopped, those up to 49 had gone to the device.
        held.rewind(1_000_000 + 41 * 20_000 + 5_000);
        assert_eq!(next_us(&held), Some(38), "with what a decoder needs before it");
        held.forget_before(1_000_000 + 60 * 20_000);
        assert_eq!(next_us(&held), Some(60));
        assert_eq!(held.left_out(), 0);
    }

    #[test]
    fn nobody_makes_it_hold_more_than_its_limits() {
        let mut live = Held::new(false);
        (0..1_000).for_each(|i| live.push(unit(i, 200)));
        let span = 999 - next_us(&live).expect("packets");
        assert!(u128::from(span) * 20 <= LISTEN_HELD_LIVE.as_millis(), "{span} packets");
        let mut file = Held::new(true);
        (0..300).for_each(|i| file.push(unit(i, 1 << 20)));
        assert!(file.bytes <= LISTEN_HELD_BYTES && file.left_out() > 200 && !file.is_empty(), "{} bytes", file.bytes);
        file.clear();
        assert!((file.bytes, file.is_empty()) == (0, true));
    }

    #[test]
    fn losses_stand_before_the_packet_that_comes_after_them() {
        let mut held = Held::new(true);
        held.push(unit(0, 10));
        held.missing(2);
        held.missing(1);
        held.push(unit(4, 10));
        let missing: Vec<_> = std::iter::from_fn(|| held.take()).map(|p| p.missing).collect();
        assert_eq!(missing, [0, 3]);
    }
}
