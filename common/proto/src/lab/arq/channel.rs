//! One direction of the simulated line: what it does to each packet.
//!
//! A packet first takes its time on the line, which carries one at a time, and then its way. Each packet draws the same amount of random
//! numbers whatever becomes of it, so that killing one by hand does not change the fate of the others.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::scenario::{Action, ScenarioError};
use crate::arq::timeout::micros;
use crate::lab::random::Random;

/// Most packets of a queue before the line.
const QUEUE_MAX: u32 = 1_000_000;

/// What a line does. Probabilities are of each packet for itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Channel {
    /// Probability that a packet is lost.
    pub loss: f64,
    /// Probability that bits of it flip: one, or a few.
    pub damage: f64,
    /// Probability that it arrives twice.
    pub duplicate: f64,
    /// Probability that it takes `detour` longer, so that others overtake it.
    pub reorder: f64,
    #[serde(rename = "detour_us", with = "micros")]
    pub detour: Duration,
    /// From the end of a packet here to its end there.
    #[serde(rename = "delay_us", with = "micros")]
    pub delay: Duration,
    /// Up to so much more, evenly distributed, in order.
    #[serde(rename = "jitter_us", with = "micros")]
    pub jitter: Duration,
    /// Bits a second; 0 is without limit.
    pub rate_bps: u64,
    /// Packets that may wait before the line; the next is lost. With none the sender itself waits until the line is free.
    pub queue: Option<u32>,
}

impl Default for Channel {
    fn default() -> Self {
        Self::PERFECT
    }
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Arrives,
    /// With flipped bits.
    Damaged,
    Lost,
    /// The queue was full.
    Dropped,
    /// Lost by hand.
    Killed,
}

/// Counts of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChannelCounters {
    pub packets: u64,
    pub bytes: u64,
    /// Lost, by chance or by hand or in the queue.
    pub lost: u64,
    pub damaged: u64,
    pub duplicated: u64,
}

/// The way of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// It stands on the line from here to there.
    pub begins: Duration,
    pub ends: Duration,
    pub fate: Fate,
    /// When it arrives, or would; and when its copy does.
    pub arrives: Duration,
    pub copy: Option<Duration>,
}

impl Channel {
    /// The longest delay of any kind.
    pub const DELAY_MAX: Duration = Duration::from_secs(3_600);
    /// Nothing happens, at once.
    pub const PERFECT: Self = Self {
        loss: 0.0,
        damage: 0.0,
        duplicate: 0.0,
        reorder: 0.0,
        detour: Duration::ZERO,
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        rate_bps: 0,
        queue: None,
    };

    /// Time on the line of so many bytes.
    #[must_use]
    pub fn time_of(&self, bytes: usize) -> Duration {
        match self.rate_bps {
            0 => Duration::ZERO,
            rate => Duration::from_nanos(u64::try_from(bytes as u128 * 8_000_000_000 / u128::from(rate)).unwrap_or(u64::MAX)),
        }
    }

    /// Whether packets may overtake each other.
    #[must_use]
    pub fn reorders(&self) -> bool {
        self.reorder > 0.0 && self.detour > Duration::ZERO
    }

    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        for probability in [self.loss, self.damage, self.duplicate, self.reorder] {
            if !(0.0..=1.0).contains(&probability) {
                return Err(ScenarioError::Probability(probability));
            }
        }
        let is_long = [self.delay, self.jitter, self.detour].iter().any(|time| *time > Self::DELAY_MAX);
        if is_long || self.queue.is_some_and(|queue| queue > QUEUE_MAX) || (self.rate_bps > 0 && self.time_of(1) > Duration::from_secs(60)) {
            return Err(ScenarioError::Time);
        }
        Ok(())
    }
}

/// A channel at work.
#[derive(Debug)]
pub(super) struct Line {
    channel: Channel,
    random: Random,
    free: Duration,
    /// When the packets leave that wait or stand on the line.
    leaving: VecDeque<Duration>,
    last_arrival: Duration,
    pub(super) counters: ChannelCounters,
}

impl Line {
    pub(super) const fn new(channel: Channel, random: Random) -> Self {
        Self { channel, random, free: Duration::ZERO, leaving: VecDeque::new(), last_arrival: Duration::ZERO, counters: ZERO }
    }

    /// From when on the line takes another packet without a queue.
    pub(super) const fn free(&self) -> Duration {
        self.free
    }

    pub(super) const fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Sends a packet of so many bytes.
    pub(super) fn send(&mut self, now: Duration, bytes: usize, by_hand: Option<Action>) -> Way {
        let Channel { loss, damage, duplicate, reorder, detour, delay, jitter, queue, .. } = self.channel;
        self.counters.packets += 1;
        // What has no probability draws nothing, which is the same for all packets.
        let mut happens = |probability: f64| probability > 0.0 && self.random.bernoulli(probability);
        let (lost, damaged, doubled, detoured) = (happens(loss), happens(damage), happens(duplicate), happens(reorder));
        let more = if jitter.is_zero() { Duration::ZERO } else { jitter.mul_f64(self.random.next_f64()) };
        let is_full = queue.is_some_and(|queue| {
            while self.leaving.front().is_some_and(|leaves| *leaves <= now) {
                self.leaving.pop_front();
            }
            // One stands on the line, the others wait.
            self.leaving.len() > queue as usize
        });
        if is_full && by_hand != Some(Action::LetThrough) {
            self.counters.lost += 1;
            return Way { begins: now, ends: now, fate: Fate::Dropped, arrives: now, copy: None };
        }
        let begins = self.free.max(now);
        let ends = begins + self.channel.time_of(bytes);
        self.free = ends;
        if queue.is_some() {
            self.leaving.push_back(ends);
        }
        self.counters.bytes += bytes as u64;
        // Jitter keeps the order; only who takes a detour is overtaken.
        let in_order = (ends + delay + more).max(self.last_arrival);
        self.last_arrival = in_order;
        let (fate, arrives) = match by_hand {
            Some(Action::Kill) => (Fate::Killed, in_order),
            Some(Action::LetThrough) => (Fate::Arrives, in_order),
            Some(Action::Delay(time)) => (Fate::Arrives, in_order + time),
            None if lost => (Fate::Lost, in_order),
            None if damaged => (Fate::Damaged, in_order),
            None => (Fate::Arrives, in_order + if detoured { detour } else { Duration::ZERO }),
        };
        let copy = (doubled && fate == Fate::Arrives && by_hand.is_none()).then_some(arrives);
        self.counters.lost += u64::from(matches!(fate, Fate::Lost | Fate::Killed));
        self.counters.damaged += u64::from(fate == Fate::Damaged);
        self.counters.duplicated += u64::from(copy.is_some());
        Way { begins, ends, fate, arrives, copy }
    }

    /// Flips bits of a packet: one in half of the cases, two in a quarter, and so on. They are drawn from a generator of the packet's own.
    pub(super) fn flip(random: &mut Random, bytes: &mut [u8]) {
        loop {
            let bit = random.below(bytes.len() as u64 * 8) as usize;
            bytes[bit / 8] ^= 1 << (bit % 8);
            if random.bernoulli(0.5) {
                return;
            }
        }
    }
}

const ZERO: ChannelCounters = ChannelCounters { packets: 0, bytes: 0, lost: 0, damaged: 0, duplicated: 0 };

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_packet_takes_its_time_and_its_way() {
        let mut line = Line::new(Channel { delay: ms(20), rate_bps: 8_000, ..Channel::PERFECT }, Random::seeded(1));
        let way = line.send(ms(5), 10, None);
        assert_eq!((way.begins, way.ends, way.arrives, way.fate), (ms(5), ms(15), ms(35), Fate::Arrives));
        let way = line.send(ms(5), 10, None);
        assert_eq!((way.begins, way.arrives, line.free()), (ms(15), ms(45), ms(25)));
    }

    #[test]
    fn a_full_queue_drops() {
        let mut line = Line::new(Channel { queue: Some(2), rate_bps: 8_000, ..Channel::PERFECT }, Random::seeded(1));
        let fates = [0, 0, 0, 0, 10, 10].map(|at| line.send(ms(at), 10, None).fate);
        assert_eq!(fates, [Fate::Arrives, Fate::Arrives, Fate::Arrives, Fate::Dropped, Fate::Arrives, Fate::Dropped]);
        assert_eq!(line.counters.lost, 2);
    }

    #[test]
    fn what_is_done_by_hand_changes_one_packet_only() {
        let channel = Channel { loss: 0.3, damage: 0.1, duplicate: 0.2, reorder: 0.2, detour: ms(7), delay: ms(20), jitter: ms(3), ..Channel::PERFECT };
        let run = |at: u64, action| {
            let mut line = Line::new(channel, Random::seeded(9));
            (0..200).map(|n| line.send(ms(n * 10), 10, if n == at { Some(action) } else { None })).collect::<Vec<_>>()
        };
        let plain = run(1_000, Action::Kill);
        for (action, fate) in [(Action::Kill, Fate::Killed), (Action::LetThrough, Fate::Arrives), (Action::Delay(ms(50)), Fate::Arrives)] {
            let other = run(77, action);
            assert_eq!(other[77].fate, fate);
            assert!((0..200).filter(|n| *n != 77).all(|n| plain[n] == other[n]), "{action:?}");
        }
    }

    #[test]
    fn chances_come_as_often_as_said() {
        let channel = Channel { loss: 0.3, damage: 0.2, duplicate: 0.1, ..Channel::PERFECT };
        let mut line = Line::new(channel, Random::seeded(3));
        (0..100_000).for_each(|_| _ = line.send(ms(0), 10, None));
        let ChannelCounters { lost, damaged, duplicated, .. } = line.counters;
        let near = |count: u64, want: f64| (count as f64 - want).abs() < 1_000.0;
        assert!(near(lost, 30_000.0) && near(damaged, 14_000.0) && near(duplicated, 5_600.0), "{:?}", line.counters);
    }

    #[test]
    fn lines_that_cannot_be_are_refused() {
        for bad in [
            Channel { loss: 1.1, ..Channel::PERFECT },
            Channel { damage: f64::NAN, ..Channel::PERFECT },
            Channel { delay: Duration::from_secs(3_601), ..Channel::PERFECT },
            Channel { queue: Some(u32::MAX), ..Channel::PERFECT },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
        assert!(Channel { loss: 1.0, rate_bps: 1, ..Channel::PERFECT }.check().is_ok());
    }
}
