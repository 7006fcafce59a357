//! A viewer's side of one live track: records in any order and number, units out in order; what is missing is asked for
//! again, and given up when it would come too late.
//!
//! The selective-repeat receiver (ARQ) that the labs show, with a deadline: a hole is noticed when a later record comes, asked
//! for once it is not just reordered, asked for again after a round trip, and given up after [`Receiver::set_patience`].
//! Pictures then go on with the next keyframe, since all before it would be damaged; sound goes on with the next packet.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::Unit;
use super::record::{LiveOpener, RecordHeader, unit_head};
use crate::control::StreamId;
use crate::limits::{LIVE_NACK_RANGES, LIVE_WINDOW};
use crate::seal::RoomKey;

/// A record that overtook this many others was lost, not reordered (RFC 9002, 6.1.1), as was one that is late by
/// [`REORDER_WAIT`].
const REORDER_RECORDS: u32 = 3;
const REORDER_WAIT: Duration = Duration::from_millis(8);
/// Least time between two requests for one record.
const ASK_AGAIN_MIN: Duration = Duration::from_millis(10);
/// How often one record is asked for.
const ASKS_MAX: u8 = 6;

/// How records come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In order and whole: a gap is what the server left out for a viewer that fell behind.
    Tcp,
    /// In any order, with losses that can be repaired.
    Udp,
}

/// What the track holds: whether a unit can be decoded without those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Video,
    Sound,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    Unit(Unit),
    /// So many units in front of the next one will not come.
    Missing(u32),
}

/// Counts for reports and the statistics overlay, since the beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiveStats {
    /// Records that came the first time, and those that came again or too late.
    pub records: u64,
    pub duplicates: u64,
    /// Records that were not authentic.
    pub forged: u64,
    /// Records that were noticed missing, and those of them that came after they were asked for.
    pub missing: u64,
    pub repaired: u64,
    /// Units that never came whole.
    pub lost: u64,
    /// Units that the server left out because this viewer fell behind, and those that were of no use without a lost one.
    pub skipped: u64,
}

#[derive(Debug)]
struct Held {
    first: bool,
    last: bool,
    keyframe: bool,
    plain: Bytes,
}

#[derive(Debug, Clone, Copy)]
struct Hole {
    noticed: Duration,
    asked: Option<Duration>,
    asks: u8,
}

/// The receiver of one track.
#[derive(Debug)]
pub struct Receiver {
    opener: LiveOpener,
    way: Way,
    content: Content,
    patience: Duration,
    /// The number of the record that comes next; none before the first keyframe began to come.
    next: Option<u32>,
    /// From `next` to here all records are held and none of them ends the unit.
    run: u32,
    /// One past the highest number seen.
    end: u32,
    held: BTreeMap<u32, Held>,
    /// Numbers between `next` and `end` that have not come, over UDP.
    holes: BTreeMap<u32, Hole>,
    /// Only a keyframe can be used next.
    wants_keyframe: bool,
    /// Number of the unit that was given last.
    given: Option<u32>,
    /// Units that were dropped since then because one before them was lost.
    dropped: u32,
    /// A unit that is given after the count of those that are missing before it.
    pending: Option<Unit>,
    stats: ReceiveStats,
}

impl Receiver {
    /// Starts with the first keyframe that comes.
    #[must_use]
    pub fn new(stream: StreamId, track: u16, content: Content, way: Way) -> Self {
        Self {
            opener: LiveOpener::new(stream, track),
            way,
            content,
            patience: Duration::from_millis(100),
            next: None,
            run: 0,
            end: 0,
            held: BTreeMap::new(),
            holes: BTreeMap::new(),
            wants_keyframe: true,
            given: None,
            dropped: 0,
            pending: None,
            stats: ReceiveStats::default(),
        }
    }

    /// Adds the room's key of an epoch; two are held.
    pub fn add_key(&mut self, epoch: u32, key: &RoomKey) {
        self.opener.add_key(epoch, key);
    }

    /// How long a hole is waited for after it was noticed: what comes later would be shown too late.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Counts since the beginning.
    #[must_use]
    pub fn stats(&self) -> ReceiveStats {
        self.stats
    }

    /// Whether nothing can be shown until a keyframe comes.
    #[must_use]
    pub fn wants_keyframe(&self) -> bool {
        self.wants_keyframe
    }

    /// Takes one record. Follow with [`Self::poll`] until it is empty. What is not authentic, not of this track, doubled or
    /// too late is counted and dropped.
    pub fn push(&mut self, now: Duration, record: &[u8]) {
        let Some(header) = RecordHeader::read(record) else {
            self.stats.forged += 1;
            return;
        };
        let counter = header.counter;
        // Nothing is opened that would not be used.
        if self.next.is_some_and(|next| counter < next) || self.held.contains_key(&counter) {
            self.stats.duplicates += 1;
            return;
        }
        let Ok(plain) = self.opener.open(&header, record) else {
            self.stats.forged += 1;
            return;
        };
        self.stats.records += 1;
        if self.next.is_none() {
            // What came before the first record of its keyframe is asked for again.
            if !(header.first && header.keyframe) {
                return;
            }
            self.go_on_at(counter);
            self.end = counter;
        }
        if self.holes.remove(&counter).is_some_and(|hole| hole.asks > 0) {
            self.stats.repaired += 1;
        }
        if counter >= self.end {
            self.extend(now, counter);
        }
        self.held.insert(counter, Held { first: header.first, last: header.last, keyframe: header.keyframe, plain });
        // Nobody makes us hold more than the window.
        let oldest = self.end.saturating_sub(LIVE_WINDOW);
        if self.next.is_some_and(|next| next < oldest) {
            self.lose_before(oldest);
        }
    }

    /// Notes what is missing between what was seen and a later record.
    fn extend(&mut self, now: Duration, counter: u32) {
        let gap = counter - self.end;
        if gap >= LIVE_WINDOW {
            self.lose_before(counter);
        } else if self.way == Way::Udp {
            self.holes.extend((self.end..counter).map(|missing| (missing, Hole { noticed: now, asked: None, asks: 0 })));
            self.stats.missing += u64::from(gap);
        }
        self.end = counter + 1;
    }

    /// The next unit, or how many will not come.
    pub fn poll(&mut self, now: Duration) -> Option<Received> {
        if let Some(unit) = self.pending.take() {
            return Some(Received::Unit(unit));
        }
        loop {
            let next = self.next?;
            match self.held.get(&next) {
                Some(held) if held.first && (held.keyframe || !self.wants_keyframe) => match self.end_of_run() {
                    Run::Whole(end) => {
                        if let Some(received) = self.give(next, end) {
                            return Some(received);
                        }
                    }
                    Run::Broken(hole) if self.is_given_up(now, hole) => self.lose_before(hole + 1),
                    Run::Broken(_) | Run::Coming => return None,
                },
                // The rest of a unit that was lost, or one that cannot be used without it.
                Some(held) => {
                    self.dropped += u32::from(held.first);
                    self.held.remove(&next);
                    self.go_on_at(next + 1);
                }
                None => {
                    let (&later, _) = self.held.range(next..).next()?;
                    let hole = self.holes.range(next..later).map(|(&hole, _)| hole).find(|&hole| !self.is_given_up(now, hole));
                    match hole {
                        Some(_) => return None,
                        None => self.lose_before(later),
                    }
                }
            }
        }
    }

    /// Numbers of records to ask for now; `round_trip` is that to the server.
    pub fn poll_nack(&mut self, now: Duration, round_trip: Duration) -> Vec<RangeInclusive<u32>> {
        let mut ranges: Vec<RangeInclusive<u32>> = Vec::new();
        let (end, patience) = (self.end, self.patience);
        for (&counter, hole) in &mut self.holes {
            let is_lost = end - counter > REORDER_RECORDS || now >= hole.noticed + REORDER_WAIT;
            let is_due = hole.asked.is_none_or(|asked| now >= asked + again(round_trip));
            if !is_lost || !is_due || hole.asks >= ASKS_MAX || now + round_trip > hole.noticed + patience {
                continue;
            }
            let is_full = ranges.len() == LIVE_NACK_RANGES;
            match ranges.last_mut() {
                Some(range) if *range.end() + 1 == counter => *range = *range.start()..=counter,
                _ if is_full => break,
                _ => ranges.push(counter..=counter),
            }
            hole.asked = Some(now);
            hole.asks += 1;
        }
        ranges
    }

    /// When [`Self::poll`] and [`Self::poll_nack`] should be called again although nothing came.
    #[must_use]
    pub fn poll_timeout(&self, round_trip: Duration) -> Option<Duration> {
        let time = |hole: &Hole| {
            let give_up = hole.noticed + self.patience;
            let ask = hole.asked.map_or(hole.noticed + REORDER_WAIT, |asked| asked + again(round_trip));
            if hole.asks >= ASKS_MAX || ask + round_trip > give_up { give_up } else { ask }
        };
        self.holes.values().map(time).min()
    }

    fn is_given_up(&self, now: Duration, hole: u32) -> bool {
        // Over TCP nothing comes later than what is after it.
        self.holes.get(&hole).is_none_or(|h| now >= h.noticed + self.patience)
    }

    /// How far the unit that begins at `next` has come.
    fn end_of_run(&mut self) -> Run {
        loop {
            match self.held.get(&self.run) {
                Some(held) => {
                    self.run += 1;
                    if held.last {
                        return Run::Whole(self.run);
                    }
                }
                None if self.run >= self.end => return Run::Coming,
                None => return Run::Broken(self.run),
            }
        }
    }

    /// Takes the unit out; none when it is not one that a server seals.
    fn give(&mut self, next: u32, end: u32) -> Option<Received> {
        let rest = self.held.split_off(&end);
        let mut records = std::mem::replace(&mut self.held, rest).into_values();
        self.go_on_at(end);
        debug_assert!(next < end);
        let mut head = records.next()?;
        let Some((sequence, capture_us)) = unit_head(&mut head.plain) else {
            self.stats.forged += 1;
            return None;
        };
        let data = if head.last {
            head.plain
        } else {
            let mut data = BytesMut::from(&head.plain[..]);
            records.for_each(|r| data.extend_from_slice(&r.plain));
            data.freeze()
        };
        self.wants_keyframe = false;
        let unit = Unit { sequence, capture_us, keyframe: head.keyframe, data };
        let missing = self.given.map_or(0, |given| sequence.saturating_sub(given).saturating_sub(1));
        self.given = Some(sequence);
        let dropped = std::mem::take(&mut self.dropped).min(missing);
        let left_out = if self.way == Way::Tcp { missing } else { dropped };
        self.stats.skipped += u64::from(left_out);
        self.stats.lost += u64::from(missing - left_out);
        if missing == 0 {
            return Some(Received::Unit(unit));
        }
        self.pending = Some(unit);
        Some(Received::Missing(missing))
    }

    /// Gives up everything before a record.
    fn lose_before(&mut self, to: u32) {
        let rest = self.held.split_off(&to);
        let gone = std::mem::replace(&mut self.held, rest);
        // The unit at the front is the one that is lost; whole ones behind it were only of no use.
        self.dropped += gone.values().skip(1).filter(|held| held.first && self.content == Content::Video).count() as u32;
        self.wants_keyframe |= self.content == Content::Video;
        self.go_on_at(to);
    }

    fn go_on_at(&mut self, next: u32) {
        self.holes = self.holes.split_off(&next);
        (self.next, self.run) = (Some(next), next);
    }
}

/// How far a unit has come.
enum Run {
    /// All of it; one past its last record.
    Whole(u32),
    /// This record is missing.
    Broken(u32),
    /// Its end has not been seen.
    Coming,
}

/// After so long a record is asked for again.
fn again(round_trip: Duration) -> Duration {
    (round_trip * 5 / 4).max(ASK_AGAIN_MIN)
}

#[cfg(test)]
mod tests {
    use super::super::RECORD_MAX;
    use super::super::record::{LiveSealer, SealedUnit};
    use super::*;
    use proptest::prelude::*;

    const STREAM: StreamId = StreamId([3; 16]);
    const KEY: RoomKey = RoomKey([1; 32]);

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn receiver(content: Content, way: Way) -> Receiver {
        let mut receiver = Receiver::new(STREAM, 5, content, way);
        receiver.add_key(1, &KEY);
        receiver
    }

    /// A keyframe every `every` units; each unit is `records` records long.
    fn units(count: u32, every: u32, bytes: usize) -> Vec<SealedUnit> {
        let mut sealer = LiveSealer::new(&KEY, 1, STREAM, 5);
        let unit =
            |sequence| Unit { sequence, capture_us: u64::from(sequence) * 1_000, keyframe: sequence % every == 0, data: vec![sequence as u8; bytes].into() };
        (0..count).map(|s| sealer.seal(&unit(s)).expect("numbers are left")).collect()
    }

    fn records(units: &[SealedUnit]) -> Vec<Bytes> {
        units.iter().flat_map(|u| u.records().chunks(RECORD_MAX).map(Bytes::copy_from_slice).collect::<Vec<_>>()).collect()
    }

    fn drain(receiver: &mut Receiver, now: Duration) -> (Vec<u32>, u32) {
        let (mut given, mut missing) = (Vec::new(), 0);
        while let Some(received) = receiver.poll(now) {
            match received {
                Received::Unit(unit) => {
                    assert!(unit.data.iter().all(|b| *b == unit.sequence as u8) && unit.capture_us == u64::from(unit.sequence) * 1_000);
                    given.push(unit.sequence);
                }
                Received::Missing(count) => missing += count,
            }
        }
        (given, missing)
    }

    #[test]
    fn in_order_everything_comes_at_once() {
        let mut receiver = receiver(Content::Video, Way::Tcp);
        for (i, unit) in units(10, 5, 3_000).iter().enumerate() {
            for record in unit.records().chunks(RECORD_MAX) {
                receiver.push(ms(0), record);
            }
            assert_eq!(drain(&mut receiver, ms(0)), (vec![i as u32], 0));
        }
        assert!(receiver.held.is_empty() && receiver.poll_timeout(ms(1)).is_none());
    }

    #[test]
    fn who_comes_late_starts_with_a_keyframe() {
        let mut receiver = receiver(Content::Video, Way::Udp);
        records(&units(8, 4, 2_000)).iter().skip(3).for_each(|r| receiver.push(ms(0), r));
        assert_eq!(drain(&mut receiver, ms(0)), (vec![4, 5, 6, 7], 0));
    }

    #[test]
    fn over_tcp_a_gap_is_what_the_server_left_out() {
        let mut receiver = receiver(Content::Video, Way::Tcp);
        let all = units(12, 6, 2_000);
        for unit in all[..2].iter().chain(&all[6..]) {
            unit.records().chunks(RECORD_MAX).for_each(|r| receiver.push(ms(0), r));
        }
        assert_eq!(drain(&mut receiver, ms(0)), (vec![0, 1, 6, 7, 8, 9, 10, 11], 4));
        assert_eq!((receiver.stats().skipped, receiver.stats().lost), (4, 0));
    }

    #[test]
    fn what_is_missing_is_asked_for_and_repaired() {
        let mut receiver = receiver(Content::Video, Way::Udp);
        let all = records(&units(6, 100, 2_000));
        for (i, record) in all.iter().enumerate().filter(|(i, _)| ![3, 4].contains(i)) {
            receiver.push(ms(i as u64), record);
        }
        assert_eq!(drain(&mut receiver, ms(12)), (vec![0], 0));
        assert_eq!(receiver.poll_nack(ms(12), ms(4)), [3..=4]);
        assert!(receiver.poll_nack(ms(13), ms(4)).is_empty(), "an answer takes a round trip");
        assert_eq!(receiver.poll_nack(ms(30), ms(4)), [3..=4], "then it is asked for again");
        receiver.push(ms(31), &all[4]);
        receiver.push(ms(31), &all[3]);
        assert_eq!(drain(&mut receiver, ms(31)), (vec![1, 2, 3, 4, 5], 0));
        let stats = receiver.stats();
        assert_eq!((stats.missing, stats.repaired, stats.lost), (2, 2, 0));
    }

    #[test]
    fn what_stays_missing_is_given_up_and_pictures_go_on_with_a_keyframe() {
        let all = records(&units(9, 6, 2_000));
        let mut pictures = receiver(Content::Video, Way::Udp);
        all.iter().enumerate().filter(|(i, _)| *i != 3).for_each(|(_, r)| pictures.push(ms(0), r));
        assert_eq!(drain(&mut pictures, ms(99)), (vec![0], 0));
        assert!(!pictures.wants_keyframe());
        assert_eq!(pictures.poll_timeout(ms(60)), Some(REORDER_WAIT), "then it is asked for");
        assert_eq!(pictures.poll_timeout(ms(95)), Some(ms(100)), "what would come too late is not");
        assert_eq!(drain(&mut pictures, ms(100)), (vec![6, 7, 8], 5));
        assert_eq!((pictures.stats().lost, pictures.stats().skipped), (1, 4));
        let mut sound = receiver(Content::Sound, Way::Udp);
        let packets = records(&units(9, 1, 100));
        packets.iter().enumerate().filter(|(i, _)| *i != 3).for_each(|(_, r)| sound.push(ms(0), r));
        assert_eq!(drain(&mut sound, ms(100)), (vec![0, 1, 2, 4, 5, 6, 7, 8], 1));
    }

    #[test]
    fn a_jump_beyond_the_window_forgets_what_was_held() {
        let mut receiver = receiver(Content::Sound, Way::Udp);
        let all = records(&units(LIVE_WINDOW + 50, 1, 8));
        receiver.push(ms(0), &all[0]);
        receiver.push(ms(0), &all[2]);
        assert_eq!(drain(&mut receiver, ms(0)), (vec![0], 0));
        receiver.push(ms(0), &all[LIVE_WINDOW as usize + 20]);
        assert_eq!(drain(&mut receiver, ms(0)), (vec![LIVE_WINDOW + 20], LIVE_WINDOW + 19));
        assert!(receiver.held.len() <= 1 && receiver.holes.is_empty());
    }

    proptest! {
        /// Whatever is lost, doubled and reordered: units come in order, each once, whole; nothing is lost when every hole is
        /// filled in time.
        #[test]
        fn units_come_in_order_and_none_is_lost_when_repairs_come(seed: Vec<(u8, u8)>, sound: bool) {
            let content = if sound { Content::Sound } else { Content::Video };
            let mut receiver = receiver(content, Way::Udp);
            let all = records(&units(40, if sound { 1 } else { 10 }, 2_500));
            let mut now = ms(0);
            let mut given = Vec::new();
            let mut late: Vec<(usize, Bytes)> = Vec::new();
            for (i, record) in all.iter().enumerate() {
                now += ms(1);
                let (what, delay) = seed.get(i % seed.len().max(1)).copied().unwrap_or((0, 0));
                match what % 4 {
                    // The first two say where the track begins.
                    _ if i < 2 => receiver.push(now, record),
                    0 => late.push((i + usize::from(delay % 20), record.clone())),
                    1 => { receiver.push(now, record); receiver.push(now, record); }
                    2 => {}
                    _ => receiver.push(now, record),
                }
                let (due, rest): (Vec<_>, Vec<_>) = late.into_iter().partition(|(at, _)| *at <= i);
                late = rest;
                due.iter().for_each(|(_, r)| receiver.push(now, r));
                for range in receiver.poll_nack(now, ms(3)) {
                    range.for_each(|n| receiver.push(now, &all[n as usize]));
                }
                given.extend(drain(&mut receiver, now).0);
            }
            // The end is seen by what comes after it.
            for _ in 0..20 {
                now += ms(5);
                receiver.push(now, &all[all.len() - 1]);
                for range in receiver.poll_nack(now, ms(3)) {
                    range.for_each(|n| receiver.push(now, &all[n as usize]));
                }
                given.extend(drain(&mut receiver, now).0);
            }
            prop_assert_eq!(given, (0..40).collect::<Vec<_>>());
        }

        #[test]
        fn noise_never_panics(noise: Vec<Vec<u8>>) {
            let mut receiver = receiver(Content::Video, Way::Udp);
            for record in &noise {
                receiver.push(ms(1), record);
                prop_assert!(receiver.poll(ms(1)).is_none());
            }
        }
    }
}
