//! A run in virtual time: from event to event, the real sender and receiver at its ends.
//!
//! Events of one moment come in this order: data arrives, acknowledgements arrive, time-outs are over, the sender sends.

mod flight;
mod outcome;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use self::flight::{Arrival, Flight};
pub use self::outcome::Outcome;
use super::channel::{ChannelCounters, Fate, Line, Way};
use super::scenario::{Action, Direction, Scenario, ScenarioError};
use super::trace::{Expiry, Passage, Trace};
use crate::arq::{Ack, Body, Data, Packet, Receiver, Sender, Slot, Taken};
use crate::lab::random::Random;

/// Where in the pool the payload of a packet begins goes round after so many packets.
const PLACES: u64 = 4_093;
/// The transfer that all packets of a run say they are of.
const TRANSFER: u32 = 1;

/// What a step was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// This data packet left; counted in its direction.
    Sent {
        packet: u64,
    },
    /// This data packet came, and was answered.
    DataCame {
        packet: u64,
        taken: Taken,
    },
    AckCame {
        packet: u64,
    },
    /// This packet came, and its checksum was wrong.
    Damaged {
        direction: Direction,
        packet: u64,
    },
    TimedOut,
}

/// A run on its way.
#[derive(Debug)]
pub struct Simulation {
    scenario: Scenario,
    /// What is done by hand; of two things to one packet the last.
    by_hand: BTreeMap<(Direction, u64), Action>,
    packets: u64,
    sender: Sender,
    receiver: Receiver,
    data: Line,
    acks: Line,
    data_flight: Flight<Data>,
    ack_flight: Flight<Ack>,
    flips: Random,
    pool: Bytes,
    /// Packets that were handed to the sender, and that the receiver gave.
    handed: u64,
    given: u64,
    first_wrong: Option<u64>,
    now: Duration,
    /// When the receiver gave the last packet.
    given_at: Duration,
    events: u64,
    trace: Option<Trace>,
}

impl Simulation {
    /// Before the first event. With `traced` it keeps what happened to each packet, up to [`super::trace::TRACE_MAX`].
    ///
    /// # Errors
    /// When there cannot be such a run.
    pub fn new(scenario: &Scenario, traced: bool) -> Result<Self, ScenarioError> {
        scenario.check()?;
        let mut random = Random::seeded(scenario.seed);
        let mut pool = vec![0; usize::from(scenario.payload) + PLACES as usize];
        Random::seeded(0).fill(&mut pool);
        let mut simulation = Self {
            by_hand: scenario.interventions.iter().map(|i| ((i.direction, i.packet), i.action)).collect(),
            packets: scenario.packets(),
            sender: Sender::new(scenario.arq)?,
            receiver: Receiver::new(scenario.arq)?,
            data: Line::new(scenario.data, random.split()),
            acks: Line::new(scenario.acks, random.split()),
            data_flight: Flight::default(),
            ack_flight: Flight::default(),
            flips: random,
            pool: pool.into(),
            handed: 0,
            given: 0,
            first_wrong: None,
            now: Duration::ZERO,
            given_at: Duration::ZERO,
            events: 0,
            trace: traced.then(Trace::default),
            scenario: scenario.clone(),
        };
        simulation.hand_in();
        Ok(simulation)
    }

    /// Goes to the end.
    pub fn finish(&mut self) -> Outcome {
        while self.step().is_some() {}
        self.outcome()
    }

    /// Goes on for as long as the next event is not after `time`; does nothing when that is past.
    pub fn go_to(&mut self, time: Duration) {
        while !self.is_over() && self.next_at().is_some_and(|at| at <= time) {
            self.step();
        }
    }

    /// When the next event is; none when the run is over.
    pub fn next_at(&mut self) -> Option<Duration> {
        if self.sender.is_done() {
            return None;
        }
        let arrivals = [self.data_flight.next_at(), self.ack_flight.next_at(), self.sender.poll_timeout()];
        let sends = self.sender.is_ready().then(|| if self.data.channel().queue.is_some() { self.now } else { self.data.free() });
        let at = arrivals.into_iter().chain([sends]).flatten().min()?.max(self.now);
        (at <= self.scenario.until).then_some(at)
    }

    /// The next event; none when the run is over.
    pub fn step(&mut self) -> Option<Happening> {
        self.now = self.next_at()?;
        self.events += 1;
        Some(if let Some(arrival) = self.data_flight.take(self.now) {
            self.data_comes(arrival)
        } else if let Some(arrival) = self.ack_flight.take(self.now) {
            self.ack_comes(arrival)
        } else if self.sender.poll_timeout().is_some_and(|at| at <= self.now) {
            self.time_out();
            Happening::TimedOut
        } else {
            self.send()?
        })
    }

    fn send(&mut self) -> Option<Happening> {
        let data = self.sender.poll_transmit(self.now)?;
        let packet = self.data.counters.packets;
        let by_hand = self.by_hand.get(&(Direction::Data, packet)).copied();
        let way = self.data.send(self.now, crate::arq::packet::HEADER + data.payload.len(), by_hand);
        if let (Some(trace), Some(nth)) = (&mut self.trace, self.sender.last_sent()) {
            let (sequence, again) = (data.sequence, data.again);
            trace.passes(Passage { direction: Direction::Data, packet, nth, sequence, again, held: Vec::new(), way, by_hand, taken: None });
        }
        self.data_flight.add(&way, packet, data);
        Some(Happening::Sent { packet })
    }

    fn data_comes(&mut self, arrival: Arrival<Data>) -> Happening {
        let packet = arrival.packet;
        let Some(data) = self.undamaged(arrival, Body::Data, |body| if let Body::Data(data) = body { Some(data) } else { None }) else {
            self.receiver.note_damaged();
            return Happening::Damaged { direction: Direction::Data, packet };
        };
        let taken = self.receiver.handle(&data);
        self.take_delivered();
        if let Some(trace) = &mut self.trace {
            trace.takes(self.now, packet, taken);
        }
        while let Some(ack) = self.receiver.poll_transmit() {
            self.answer(ack);
        }
        Happening::DataCame { packet, taken }
    }

    fn answer(&mut self, ack: Ack) {
        let packet = self.acks.counters.packets;
        let by_hand = self.by_hand.get(&(Direction::Acks, packet)).copied();
        let way = self.acks.send(self.now, crate::arq::packet::HEADER + 8 * ack.ranges.len(), by_hand);
        if let Some(trace) = self.trace.as_mut().filter(|trace| !trace.is_full()) {
            let (nth, space) = (self.receiver.next(), self.scenario.arq.space);
            let held = ack.ranges.iter().map(|range| (nth + space.ahead(nth, range.first), range.count)).collect();
            let (sequence, again) = (ack.next, ack.duplicate);
            trace.passes(Passage { direction: Direction::Acks, packet, nth, sequence, again, held, way, by_hand, taken: None });
        }
        self.ack_flight.add(&way, packet, ack);
    }

    fn ack_comes(&mut self, arrival: Arrival<Ack>) -> Happening {
        let packet = arrival.packet;
        let Some(ack) = self.undamaged(arrival, Body::Ack, |body| if let Body::Ack(ack) = body { Some(ack) } else { None }) else {
            self.sender.note_damaged();
            return Happening::Damaged { direction: Direction::Acks, packet };
        };
        self.sender.handle(self.now, &ack);
        self.hand_in();
        Happening::AckCame { packet }
    }

    /// What came, after its bits were flipped if they are to be, and its checksum was right.
    fn undamaged<T>(&mut self, arrival: Arrival<T>, wrap: impl Fn(T) -> Body, unwrap: impl Fn(Body) -> Option<T>) -> Option<T> {
        if !arrival.damaged {
            return Some(arrival.body);
        }
        let mut bytes = Packet { transfer: TRANSFER, body: wrap(arrival.body) }.to_vec();
        Line::flip(&mut self.flips, &mut bytes);
        Packet::read(&bytes.into()).ok().and_then(|packet| unwrap(packet.body))
    }

    fn time_out(&mut self) {
        let sent: Vec<u64> = match &self.trace {
            Some(trace) if !trace.is_full() => (self.sender.base()..self.sender.next()).filter(|nth| self.sender.slot(*nth) == Some(Slot::Sent)).collect(),
            _ => Vec::new(),
        };
        let first = self.sender.oldest();
        self.sender.on_timeout(self.now);
        let Some(trace) = &mut self.trace else { return };
        // Go-back-N sends all again, yet it is one time-out.
        let lost = sent.into_iter().filter(|nth| self.sender.slot(*nth) == Some(Slot::Lost));
        let lost = lost.filter(|nth| self.scenario.arq.protocol.keeps() || first.is_some_and(|(first, _)| first == *nth));
        for nth in lost {
            let sent = trace.passages.iter().rev().find(|p| p.direction == Direction::Data && p.nth == nth).map_or(self.now, |p| p.way.begins);
            trace.expires(Expiry { at: self.now, nth, sent });
        }
    }

    fn take_delivered(&mut self) {
        while let Some(payload) = self.receiver.poll_deliver() {
            let is_right = self.given < self.packets && payload == self.payload(self.given);
            if !is_right {
                self.first_wrong.get_or_insert(self.given);
            }
            (self.given, self.given_at) = (self.given + 1, self.now);
        }
    }

    fn hand_in(&mut self) {
        while self.handed < self.packets && self.sender.room() > 0 {
            if self.sender.push(self.payload(self.handed)).is_err() {
                break;
            }
            self.handed += 1;
        }
        if self.handed == self.packets {
            self.sender.end();
        }
    }

    /// What the `nth` packet carries: of neighbours no two are alike.
    fn payload(&self, nth: u64) -> Bytes {
        let full = u64::from(self.scenario.payload);
        let length = if nth + 1 == self.packets { self.scenario.length - nth * full } else { full };
        let begin = (nth % PLACES) as usize;
        self.pool.slice(begin..begin + length as usize)
    }

    /// Whether nothing happens any more.
    pub fn is_over(&mut self) -> bool {
        self.next_at().is_none()
    }

    /// The moment of the last event.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// How many events there were.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    #[must_use]
    pub const fn sender(&self) -> &Sender {
        &self.sender
    }

    #[must_use]
    pub const fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// What happened to each packet, where that is kept.
    #[must_use]
    pub const fn trace(&self) -> Option<&Trace> {
        self.trace.as_ref()
    }

    /// The counts of one direction.
    #[must_use]
    pub const fn line(&self, direction: Direction) -> ChannelCounters {
        match direction {
            Direction::Data => self.data.counters,
            Direction::Acks => self.acks.counters,
        }
    }

    /// What came of it so far.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome::of(self)
    }
}

/// Whether anything of it arrives.
const fn arrives(way: &Way) -> bool {
    matches!(way.fate, Fate::Arrives | Fate::Damaged)
}

#[cfg(test)]
mod tests;
