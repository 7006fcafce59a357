//! A viewer's side of one live track: records in any order and number, units out in order; what is missing is asked for
//! again, and given up when it would come too late.
//!
//! The window is that of the labs' selective-repeat receiver ([`crate::arq::gaps`]), here with a deadline: a hole is noticed when a later record comes, asked
//! for once it is not just reordered, asked for again after a round trip, and given up after [`Receiver::set_patience`].
//! Pictures then go on with the next keyframe, since all before it would be damaged; sound goes on with the next packet. Where
//! parity comes as well ([`super::parity`]), a hole is only asked for when that did not fill it.

use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::parity::{ParityHeader, ParityTaker};
use super::protection::Line;
use super::record::{LiveOpener, RecordHeader, unit_head};
use super::{Unit, protection};
use crate::arq::gaps::Gaps;
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
/// Where parity comes, a hole is left to it for so long: a block of small units takes its time.
const PARITY_WAIT: Duration = Duration::from_millis(100);

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
    /// Records that were noticed missing, and those of them that came after they were asked for or were restored.
    pub missing: u64,
    pub repaired: u64,
    /// Rows of parity that came, and records that were restored by them.
    pub parity: u64,
    pub restored: u64,
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
    /// Whether the first keyframe began to come.
    started: bool,
    /// Records by number; holes are those that have not come, over UDP.
    window: Gaps<Held, Hole>,
    /// From the next record to here all are held and none of them ends the unit.
    run: u64,
    /// Only a keyframe can be used next.
    wants_keyframe: bool,
    /// Number of the unit that was given last.
    given: Option<u32>,
    /// Units that were dropped since then because one before them was lost.
    dropped: u32,
    /// A unit that is given after the count of those that are missing before it.
    pending: Option<Unit>,
    /// Where parity comes.
    parity: Option<ParityTaker>,
    line: protection::Measure,
    stats: ReceiveStats,
}

/// How a record came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Line,
    Parity,
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
            started: false,
            window: Gaps::new(0),
            run: 0,
            wants_keyframe: true,
            given: None,
            dropped: 0,
            pending: None,
            parity: None,
            line: protection::Measure::default(),
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

    /// Whether parity comes, or is to come.
    pub fn set_parity(&mut self, comes: bool) {
        match comes {
            true => _ = self.parity.get_or_insert_default(),
            false => self.parity = None,
        }
    }

    /// What the line did since this was asked before.
    pub fn line(&mut self) -> Line {
        self.line.take()
    }

    /// Takes one record. Follow with [`Self::poll`] until it is empty. What is not authentic, not of this track, doubled or
    /// too late is counted and dropped.
    pub fn push(&mut self, now: Duration, record: &[u8]) {
        let mut restored = self.take(now, record, By::Line);
        while let Some(record) = restored.pop() {
            restored.extend(self.take(now, &record, By::Parity));
        }
    }

    /// Takes one row of parity, as [`Self::push`] takes a record.
    pub fn push_parity(&mut self, now: Duration, row: &[u8]) {
        let Some(parity) = &mut self.parity else { return };
        let opened = ParityHeader::read(row).and_then(|header| Some((header, self.opener.open_parity(&header, row).ok()?)));
        let Some((header, bytes)) = opened else {
            self.stats.forged += 1;
            return;
        };
        self.stats.parity += 1;
        let mut restored = parity.row(now, &header, bytes);
        while let Some(record) = restored.pop() {
            restored.extend(self.take(now, &record, By::Parity));
        }
    }

    /// Takes one record; gives those that can be restored with it.
    fn take(&mut self, now: Duration, record: &[u8], by: By) -> Vec<Bytes> {
        let Some(header) = RecordHeader::read(record) else {
            self.stats.forged += 1;
            return Vec::new();
        };
        let counter = u64::from(header.counter);
        // Nothing is opened that would not be used.
        if (self.started && counter < self.window.next()) || self.window.get(counter).is_some() {
            self.stats.duplicates += u64::from(by == By::Line);
            return Vec::new();
        }
        let Ok(plain) = self.opener.open(&header, record) else {
            self.stats.forged += 1;
            return Vec::new();
        };
        self.hold(now, &header, plain, by);
        self.parity.as_mut().map_or_else(Vec::new, |parity| parity.keep(header.counter, record))
    }

    /// Holds what an authentic record brought.
    fn hold(&mut self, now: Duration, header: &RecordHeader, plain: Bytes, by: By) {
        let counter = u64::from(header.counter);
        let hole = self.window.forget(counter);
        let is_asked = hole.is_some_and(|hole| hole.asks > 0);
        match by {
            By::Line => {
                self.stats.records += 1;
                self.line.came(now, header, &plain, hole.is_some(), is_asked);
            }
            By::Parity => self.stats.restored += 1,
        }
        self.stats.repaired += u64::from(is_asked || by == By::Parity);
        if !self.started {
            // What came before the first record of its keyframe is asked for again.
            if !(header.first && header.keyframe) {
                return;
            }
            (self.started, self.window, self.run) = (true, Gaps::new(counter), counter);
        }
        if counter >= self.window.end() {
            self.extend(now, counter, by);
        }
        self.window.hold(counter, Held { first: header.first, last: header.last, keyframe: header.keyframe, plain });
        // Nobody makes us hold more than the window.
        let oldest = self.window.end().saturating_sub(u64::from(LIVE_WINDOW));
        if self.window.next() < oldest {
            self.lose_before(oldest);
        }
    }

    /// Notes what is missing between what was seen and a later record.
    fn extend(&mut self, now: Duration, counter: u64, by: By) {
        let gap = u32::try_from(counter - self.window.end()).unwrap_or(u32::MAX);
        self.line.skipped(if gap < LIVE_WINDOW { gap + u32::from(by == By::Parity) } else { 0 });
        if gap >= LIVE_WINDOW {
            self.lose_before(counter);
        } else {
            let hole = (self.way == Way::Udp).then_some(Hole { noticed: now, asked: None, asks: 0 });
            self.window.extend(counter, hole);
            self.stats.missing += hole.map_or(0, |_| u64::from(gap));
        }
    }

    /// The next unit, or how many will not come.
    pub fn poll(&mut self, now: Duration) -> Option<Received> {
        if let Some(unit) = self.pending.take() {
            return Some(Received::Unit(unit));
        }
        loop {
            if !self.started {
                return None;
            }
            match self.window.get(self.window.next()) {
                Some(held) if held.first && (held.keyframe || !self.wants_keyframe) => match self.end_of_run() {
                    Run::Whole(end) => {
                        if let Some(received) = self.give(end) {
                            return Some(received);
                        }
                    }
                    Run::Broken(hole) if self.is_given_up(now, hole) => self.lose_before(hole + 1),
                    Run::Broken(_) | Run::Coming => return None,
                },
                // The rest of a unit that was lost, or one that cannot be used without it.
                Some(held) => {
                    self.dropped += u32::from(held.first);
                    self.window.pop();
                    self.run = self.window.next();
                }
                None => {
                    let later = self.window.first_held()?;
                    if self.window.holes_in(self.window.next()..later).any(|(hole, _)| !self.is_given_up(now, hole)) {
                        return None;
                    }
                    self.lose_before(later);
                }
            }
        }
    }

    /// Numbers of records to ask for now; `round_trip` is that to the server.
    pub fn poll_nack(&mut self, now: Duration, round_trip: Duration) -> Vec<RangeInclusive<u32>> {
        let mut ranges: Vec<RangeInclusive<u32>> = Vec::new();
        let (end, patience) = (self.window.end(), self.patience);
        for (counter, hole) in self.window.holes_mut() {
            let is_overtaken = self.parity.is_none() && end - counter > u64::from(REORDER_RECORDS);
            let counter = counter as u32;
            let is_lost = is_overtaken || now >= lost_at(self.parity.as_ref(), counter, hole);
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
        let time = |(counter, hole): (u64, &Hole)| {
            let give_up = hole.noticed + self.patience;
            let ask = hole.asked.map_or_else(|| lost_at(self.parity.as_ref(), counter as u32, hole), |asked| asked + again(round_trip));
            if hole.asks >= ASKS_MAX || ask + round_trip > give_up { give_up } else { ask }
        };
        self.window.holes().map(time).min()
    }

    fn is_given_up(&self, now: Duration, hole: u64) -> bool {
        // Over TCP nothing comes later than what is after it.
        self.window.hole(hole).is_none_or(|h| now >= h.noticed + self.patience)
    }

    /// How far the unit that begins at `next` has come.
    fn end_of_run(&mut self) -> Run {
        loop {
            match self.window.get(self.run) {
                Some(held) => {
                    self.run += 1;
                    if held.last {
                        return Run::Whole(self.run);
                    }
                }
                None if self.run >= self.window.end() => return Run::Coming,
                None => return Run::Broken(self.run),
            }
        }
    }

    /// Takes the unit out; none when it is not one that a server seals.
    fn give(&mut self, end: u64) -> Option<Received> {
        let mut records = self.window.skip_to(end);
        self.run = end;
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
    fn lose_before(&mut self, to: u64) {
        let gone = self.window.skip_to(to);
        self.run = to;
        // The unit at the front is the one that is lost; whole ones behind it were only of no use.
        self.dropped += gone.skip(1).filter(|held| held.first && self.content == Content::Video).count() as u32;
        self.wants_keyframe |= self.content == Content::Video;
    }
}

/// How far a unit has come.
enum Run {
    /// All of it; one past its last record.
    Whole(u64),
    /// This record is missing.
    Broken(u64),
    /// Its end has not been seen.
    Coming,
}

/// When a hole that was not just overtaken counts as lost: where parity comes, once that came and was not enough.
fn lost_at(parity: Option<&ParityTaker>, counter: u32, hole: &Hole) -> Duration {
    match parity {
        None => hole.noticed + REORDER_WAIT,
        Some(parity) => parity.short_since(counter).map_or(hole.noticed + PARITY_WAIT, |came| came + REORDER_WAIT),
    }
}

/// After so long a record is asked for again.
fn again(round_trip: Duration) -> Duration {
    (round_trip * 5 / 4).max(ASK_AGAIN_MIN)
}

#[cfg(test)]
mod tests;
