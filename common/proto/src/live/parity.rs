//! Parity of a track's records: made once for all viewers, sent to those who lose records where asking again would take too long.
//!
//! The server gathers the records of a unit, or of some small ones that follow each other, into blocks. A block of *k* records has as many
//! rows of parity as its neediest viewer wants ([`super::erasure`]); any *k* of records and rows give all records. A record goes into
//! the code with its length in front and zeros behind it. What is restored is a sealed record like any other: its own tag proves it. A row
//! has a tag too, so that nobody makes a viewer gather what gives nothing.
//!
//! ```text
//! row        kind u8 = 7 | row u8 | track u16 | epoch u32 | first u32 | stride u8 | count u8 | bytes | 16-byte tag
//!            of the records first, first + stride, ... (count of them; columns 0, 1, ...)
//! bytes      of each record: length u16 | record | zeros, up to the longest of the block; combined by the code
//! tag        AES-256-GCM of nothing, authenticated: all before it; nonce = 0 u32 ‖ first u32 ‖ 0 u8 ‖ stride u8 ‖ count u8 ‖ row u8
//! key        HKDF-SHA256(ikm = room key, no salt, info = "lectern parity v1" ‖ epoch: u32 ‖ stream: 16 bytes ‖ track: u16)
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::RECORD_MAX;
use super::erasure;
use super::record::{LiveSealer, SealedUnit};
use crate::limits::PARITY_PERCENT_MAX;
use crate::seal::{LiveCipher, SealError, TAG_LEN};

/// The first byte of a row.
pub const KIND: u8 = 7;
/// Bytes in front of what the code combines.
pub const PARITY_HEADER: usize = 14;
/// Largest row: with UDP and IPv6 headers just what every link carries (RFC 8200, 5).
pub const PARITY_MAX: usize = PARITY_HEADER + LENGTH + RECORD_MAX + TAG_LEN;
/// Records of one block at most.
pub const BLOCK_MAX: usize = 20;
/// Rows of one block at most.
pub const ROWS_MAX: usize = rows_of(BLOCK_MAX, PARITY_PERCENT_MAX);
/// A block ends with the unit that gives it so many records, or is so many units away from its first: who waits for the parity of the first waits
/// for the last.
const BLOCK_RECORDS: usize = 10;
const BLOCK_UNITS: u32 = 3;
/// Of a record's length in the code.
const LENGTH: usize = 2;
/// Records that a viewer keeps for the code: those of the blocks that are under way, the largest keyframe included.
const KEPT: usize = 1_024;
/// Blocks whose parity came and that cannot be restored yet. Full: the oldest goes.
const BLOCKS: usize = 64;

/// Rows for so many records at this strength, in percent of them.
const fn rows_of(records: usize, percent: u8) -> usize {
    (records * percent as usize).div_ceil(100)
}

/// What stands in front of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParityHeader {
    pub row: u8,
    pub track: u16,
    pub epoch: u32,
    /// The block: its first record, how far its records are apart, and how many they are.
    pub first: u32,
    pub stride: u8,
    pub count: u8,
}

impl ParityHeader {
    fn to_bytes(self) -> [u8; PARITY_HEADER] {
        let mut out = [0; PARITY_HEADER];
        out[..2].copy_from_slice(&[KIND, self.row]);
        out[2..4].copy_from_slice(&self.track.to_be_bytes());
        out[4..8].copy_from_slice(&self.epoch.to_be_bytes());
        out[8..12].copy_from_slice(&self.first.to_be_bytes());
        out[12..].copy_from_slice(&[self.stride, self.count]);
        out
    }

    /// Reads the header of a row; none when it is none, or names what no server sends.
    #[must_use]
    pub fn read(row: &[u8]) -> Option<Self> {
        let b = row.first_chunk::<PARITY_HEADER>()?;
        let header = Self {
            row: b[1],
            track: u16::from_be_bytes([b[2], b[3]]),
            epoch: u32::from_be_bytes([b[4], b[5], b[6], b[7]]),
            first: u32::from_be_bytes([b[8], b[9], b[10], b[11]]),
            stride: b[12],
            count: b[13],
        };
        let is_length = (PARITY_HEADER + LENGTH + TAG_LEN..=PARITY_MAX).contains(&row.len());
        let is_block = header.stride > 0 && (1..=BLOCK_MAX).contains(&usize::from(header.count)) && usize::from(header.row) < ROWS_MAX;
        let last = u64::from(header.first) + u64::from(header.stride) * u64::from(header.count.saturating_sub(1));
        (b[0] == KIND && is_length && is_block && last <= u64::from(u32::MAX)).then_some(header)
    }

    /// No two rows of a track have the same.
    fn nonce(self) -> u64 {
        u64::from(self.first) << 32 | u64::from(self.stride) << 16 | u64::from(self.count) << 8 | u64::from(self.row)
    }

    fn records(self) -> impl Iterator<Item = u32> {
        (0..u32::from(self.count)).map(move |column| self.first + column * u32::from(self.stride))
    }

    fn contains(self, counter: u32) -> bool {
        counter.checked_sub(self.first).is_some_and(|after| after % u32::from(self.stride) == 0 && after / u32::from(self.stride) < u32::from(self.count))
    }

    /// The same for all rows of a block.
    fn block(self) -> (u32, u8, u8) {
        (self.first, self.stride, self.count)
    }
}

/// The parity of one block, for as many rows as were wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParityBlock {
    records: usize,
    /// Bytes of each row.
    length: usize,
    rows: Bytes,
}

impl ParityBlock {
    /// The rows for who wants this strength, in percent of the records, back to back, and the length of each.
    #[must_use]
    pub fn rows(&self, percent: u8) -> (Bytes, usize) {
        (self.rows.slice(..(rows_of(self.records, percent) * self.length).min(self.rows.len())), self.length)
    }
}

/// Makes the parity of one track.
#[derive(Debug, Default)]
pub struct ParityMaker {
    /// Records of the block that is under way, the number of the first, and their units.
    records: Vec<Bytes>,
    first: u32,
    units: u32,
}

impl ParityMaker {
    /// Takes the next unit as `sealer` sealed it; gives the blocks that end with it, at the strength, in percent of their records, of who
    /// wants most. 0: nobody wants any.
    pub fn unit(&mut self, unit: &SealedUnit, sealer: &LiveSealer, percent: u8) -> Vec<ParityBlock> {
        if percent == 0 {
            (self.units, self.records) = (0, Vec::new());
            return Vec::new();
        }
        if self.records.is_empty() {
            self.first = unit.first_record;
        }
        self.records.extend((0..unit.record_count()).filter_map(|n| unit.record(unit.first_record + n)));
        self.units += 1;
        if self.records.len() < BLOCK_RECORDS && self.units < BLOCK_UNITS {
            return Vec::new();
        }
        self.units = 0;
        let records = std::mem::take(&mut self.records);
        // Records that follow each other are of different blocks: a burst takes something of each.
        let stride = records.len().div_ceil(BLOCK_MAX);
        let Ok(wide) = u8::try_from(stride) else { return Vec::new() };
        (0..stride).map(|at| block(&records[at..], self.first + at as u32, wide, sealer, percent.min(PARITY_PERCENT_MAX))).collect()
    }
}

/// The parity of every `stride`th of these records.
fn block(records: &[Bytes], first: u32, stride: u8, sealer: &LiveSealer, percent: u8) -> ParityBlock {
    let records: Vec<&Bytes> = records.iter().step_by(usize::from(stride)).collect();
    let strings: Vec<Vec<u8>> = records.iter().map(|record| string(record)).collect();
    let longest = strings.iter().map(Vec::len).max().unwrap_or(0);
    let (rows, length) = (rows_of(records.len(), percent), PARITY_HEADER + longest + TAG_LEN);
    let mut out = BytesMut::with_capacity(rows * length);
    for row in 0..rows {
        let begin = out.len();
        // At most `ROWS_MAX` and `BLOCK_MAX`.
        let header = ParityHeader { row: row as u8, track: sealer.track(), epoch: sealer.epoch(), first, stride, count: records.len() as u8 };
        out.extend_from_slice(&header.to_bytes());
        out.resize(begin + PARITY_HEADER + longest, 0);
        let parity = &mut out[begin + PARITY_HEADER..];
        strings.iter().enumerate().for_each(|(column, string)| erasure::add(parity, row, column, string));
        let tag = sealer.parity_cipher().seal(header.nonce(), &out[begin..], &mut []);
        out.extend_from_slice(&tag);
    }
    ParityBlock { records: records.len(), length, rows: out.freeze() }
}

/// A record as it goes into the code.
fn string(record: &[u8]) -> Vec<u8> {
    // At most `RECORD_MAX`.
    [&(record.len() as u16).to_be_bytes(), record].concat()
}

/// The record in what the code gave; none when it is not one.
fn record(string: &[u8]) -> Option<Bytes> {
    let (length, rest) = string.split_first_chunk::<LENGTH>()?;
    rest.get(..usize::from(u16::from_be_bytes(*length))).map(Bytes::copy_from_slice)
}

/// Checks a row; gives what the code combined.
pub(super) fn open<'a>(cipher: &LiveCipher, header: &ParityHeader, row: &'a [u8]) -> Result<&'a [u8], SealError> {
    let (body, tag) = row.split_last_chunk::<TAG_LEN>().ok_or(SealError::Length)?;
    cipher.open(header.nonce(), body, tag)?;
    Ok(&body[PARITY_HEADER..])
}

/// A viewer's side: keeps the records that came, gathers rows, and restores what is missing as soon as that can be.
#[derive(Debug, Default)]
pub(super) struct ParityTaker {
    records: BTreeMap<u32, Bytes>,
    blocks: BTreeMap<(u32, u8, u8), Block>,
}

#[derive(Debug)]
struct Block {
    header: ParityHeader,
    /// When its first row came.
    came: Duration,
    rows: BTreeMap<u8, Bytes>,
}

impl ParityTaker {
    /// An authentic record came, or was restored; gives what can be restored now.
    pub(super) fn keep(&mut self, counter: u32, record: &[u8]) -> Vec<Bytes> {
        self.records.insert(counter, Bytes::copy_from_slice(record));
        if self.records.len() > KEPT {
            self.records.pop_first();
        }
        let block = self.blocks.iter().find(|(_, block)| block.header.contains(counter)).map(|(key, _)| *key);
        block.map_or_else(Vec::new, |block| self.restore(block))
    }

    /// An authentic row came; gives what can be restored now.
    pub(super) fn row(&mut self, now: Duration, header: &ParityHeader, bytes: &[u8]) -> Vec<Bytes> {
        let block = self.blocks.entry(header.block()).or_insert_with(|| Block { header: *header, came: now, rows: BTreeMap::new() });
        block.rows.insert(header.row, Bytes::copy_from_slice(bytes));
        let given = self.restore(header.block());
        if self.blocks.len() > BLOCKS {
            self.blocks.pop_first();
        }
        given
    }

    /// Since when it is known that parity came for this record, and was not enough.
    pub(super) fn short_since(&self, counter: u32) -> Option<Duration> {
        self.blocks.values().find(|block| block.header.contains(counter)).map(|block| block.came)
    }

    fn restore(&mut self, key: (u32, u8, u8)) -> Vec<Bytes> {
        let Some(block) = self.blocks.get(&key) else { return Vec::new() };
        let missing: Vec<usize> =
            block.header.records().enumerate().filter(|(_, counter)| !self.records.contains_key(counter)).map(|(column, _)| column).collect();
        if missing.len() > block.rows.len() {
            return Vec::new();
        }
        let Some(block) = self.blocks.remove(&key).filter(|_| !missing.is_empty()) else { return Vec::new() };
        let strings: Vec<(usize, Vec<u8>)> =
            block.header.records().enumerate().filter_map(|(column, counter)| Some((column, string(self.records.get(&counter)?)))).collect();
        let rows: Vec<(usize, &[u8])> = block.rows.iter().take(missing.len()).map(|(row, bytes)| (usize::from(*row), &bytes[..])).collect();
        let given = erasure::restore(strings.iter().map(|(column, string)| (*column, &string[..])), &missing, &rows).unwrap_or_default();
        given.iter().filter_map(|string| record(string)).collect()
    }
}

#[cfg(test)]
mod tests;
