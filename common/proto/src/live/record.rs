//! Cutting units into records and sealing them, once for all viewers.
//!
//! ```text
//! record     kind u8 = 1 | flags u8 | track u16 | epoch u32 | counter u32 | ciphertext | 16-byte tag
//! flags      1 first record of its unit, 2 last record of its unit, 4 of a keyframe
//! plaintext  of a unit's first record: sequence u32 | capture_us u64 | data; of the others: data
//! key        HKDF-SHA256(ikm = room key, no salt, info = "lectern live v1" ‖ epoch: u32 ‖ stream: 16 bytes ‖ track: u16)
//! ```
//! AES-256-GCM (NIST SP 800-38D) with the counter as nonce; the 12 header bytes are authenticated. Every record of a unit but
//! its last is [`RECORD_MAX`] bytes long, so the records of a unit stand back to back without lengths.

use bytes::{Buf, Bytes, BytesMut};

use super::parity::{self, ParityBlock, ParityHeader};
use super::{RECORD_MAX, Unit};
use crate::control::StreamId;
use crate::media::{HEADER_LEN, live_header};
use crate::seal::{LiveCipher, RoomKey, SealError, TAG_LEN};

/// The first byte of a record, which tells it apart from other datagrams.
pub const KIND: u8 = 1;
/// Bytes in front of the ciphertext.
pub const RECORD_HEADER: usize = 12;
/// Plaintext of one record.
pub const RECORD_PLAIN: usize = RECORD_MAX - RECORD_HEADER - TAG_LEN;
/// Bytes in front of a unit's data.
const UNIT_HEAD: usize = 12;

const FIRST: u8 = 1;
const LAST: u8 = 2;
const KEYFRAME: u8 = 4;

/// What stands in front of a record, in the clear and authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordHeader {
    /// The record begins a unit, or ends one.
    pub first: bool,
    pub last: bool,
    pub keyframe: bool,
    pub track: u16,
    pub epoch: u32,
    /// Counts the records of the track.
    pub counter: u32,
}

impl RecordHeader {
    fn to_bytes(self) -> [u8; RECORD_HEADER] {
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        let mut out = [0; RECORD_HEADER];
        out[0] = KIND;
        out[1] = flag(self.first, FIRST) | flag(self.last, LAST) | flag(self.keyframe, KEYFRAME);
        out[2..4].copy_from_slice(&self.track.to_be_bytes());
        out[4..8].copy_from_slice(&self.epoch.to_be_bytes());
        out[8..12].copy_from_slice(&self.counter.to_be_bytes());
        out
    }

    /// Reads the header of a record; none when it is none, or the record has an impossible length or number.
    #[must_use]
    pub fn read(record: &[u8]) -> Option<Self> {
        let b = record.first_chunk::<RECORD_HEADER>()?;
        let is_record = b[0] == KIND && b[1] & !(FIRST | LAST | KEYFRAME) == 0 && (RECORD_HEADER + TAG_LEN..=RECORD_MAX).contains(&record.len());
        // No track goes so far ([`LiveSealer::seal`]): behind the last number there is none for the next record.
        (is_record && b[8..] != [0xFF; 4]).then(|| Self {
            first: b[1] & FIRST != 0,
            last: b[1] & LAST != 0,
            keyframe: b[1] & KEYFRAME != 0,
            track: u16::from_be_bytes([b[2], b[3]]),
            epoch: u32::from_be_bytes([b[4], b[5], b[6], b[7]]),
            counter: u32::from_be_bytes([b[8], b[9], b[10], b[11]]),
        })
    }
}

/// A unit as every viewer gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedUnit {
    pub sequence: u32,
    pub keyframe: bool,
    /// The number of its first record.
    pub first_record: u32,
    /// The header of the media port ([`crate::media`]) and the records back to back: what TCP sends.
    frame: Bytes,
    /// The parity of the blocks that end with it, where somebody wants some.
    pub parity: Vec<ParityBlock>,
}

impl SealedUnit {
    /// What a TCP connection writes.
    #[must_use]
    pub fn frame(&self) -> &Bytes {
        &self.frame
    }

    /// The records back to back; all but the last are [`RECORD_MAX`] bytes long.
    #[must_use]
    pub fn records(&self) -> Bytes {
        self.frame.slice(HEADER_LEN..)
    }

    /// How many records it has.
    #[must_use]
    pub fn record_count(&self) -> u32 {
        // A unit is far below 4 GiB.
        (self.frame.len() - HEADER_LEN).div_ceil(RECORD_MAX) as u32
    }

    /// One of its records, by its number in the track.
    #[must_use]
    pub fn record(&self, counter: u32) -> Option<Bytes> {
        let start = HEADER_LEN + counter.checked_sub(self.first_record)? as usize * RECORD_MAX;
        (start < self.frame.len()).then(|| self.frame.slice(start..self.frame.len().min(start + RECORD_MAX)))
    }
}

/// Seals the units of one track, in order.
#[derive(Debug)]
pub struct LiveSealer {
    stream: StreamId,
    track: u16,
    epoch: u32,
    cipher: LiveCipher,
    parity: LiveCipher,
    counter: u32,
}

/// The numbers of a track's records are used up: the stream ends, and its publisher begins another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream has run for so long that its numbers are used up; publish it anew")]
pub struct NumbersUsedUp;

impl LiveSealer {
    /// Starts with record 0.
    #[must_use]
    pub fn new(room_key: &RoomKey, epoch: u32, stream: StreamId, track: u16) -> Self {
        let (cipher, parity) = (LiveCipher::new(room_key, epoch, &stream, track), LiveCipher::parity(room_key, epoch, &stream, track));
        Self { stream, track, epoch, cipher, parity, counter: 0 }
    }

    /// Goes on with the key of another epoch; records are numbered on.
    pub fn rekey(&mut self, room_key: &RoomKey, epoch: u32) {
        if epoch != self.epoch {
            *self = Self { counter: self.counter, ..Self::new(room_key, epoch, self.stream, self.track) };
        }
    }

    /// The epoch that it seals with.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The track that it seals.
    #[must_use]
    pub fn track(&self) -> u16 {
        self.track
    }

    pub(super) fn parity_cipher(&self) -> &LiveCipher {
        &self.parity
    }

    /// Cuts and seals a unit.
    ///
    /// # Errors
    /// [`NumbersUsedUp`] after 2³² records.
    pub fn seal(&mut self, unit: &Unit) -> Result<SealedUnit, NumbersUsedUp> {
        let records = (UNIT_HEAD + unit.data.len()).div_ceil(RECORD_PLAIN);
        let count = u32::try_from(records).map_err(|_| NumbersUsedUp)?;
        let after = self.counter.checked_add(count).ok_or(NumbersUsedUp)?;
        let length = UNIT_HEAD + unit.data.len() + records * (RECORD_HEADER + TAG_LEN);
        let mut out = BytesMut::with_capacity(HEADER_LEN + length);
        out.extend_from_slice(&live_header(self.track, self.epoch, u32::try_from(length).map_err(|_| NumbersUsedUp)?));
        let mut head = [0; UNIT_HEAD];
        head[..4].copy_from_slice(&unit.sequence.to_be_bytes());
        head[4..].copy_from_slice(&unit.capture_us.to_be_bytes());
        let mut rest = Buf::chain(&head[..], &unit.data[..]);
        for i in 0..count {
            let header =
                RecordHeader { first: i == 0, last: i + 1 == count, keyframe: unit.keyframe, track: self.track, epoch: self.epoch, counter: self.counter + i }
                    .to_bytes();
            out.extend_from_slice(&header);
            let start = out.len();
            let part = rest.remaining().min(RECORD_PLAIN);
            bytes::BufMut::put(&mut out, (&mut rest).take(part));
            let tag = self.cipher.seal(u64::from(self.counter + i), &header, &mut out[start..]);
            out.extend_from_slice(&tag);
        }
        let first_record = std::mem::replace(&mut self.counter, after);
        Ok(SealedUnit { sequence: unit.sequence, keyframe: unit.keyframe, first_record, frame: out.freeze(), parity: Vec::new() })
    }
}

/// Opens the records of one track.
#[derive(Debug)]
pub(super) struct LiveOpener {
    stream: StreamId,
    track: u16,
    /// Ciphers of records and of parity by epoch: the current one and the one before.
    ciphers: Vec<(u32, LiveCipher, LiveCipher)>,
}

impl LiveOpener {
    pub(super) fn new(stream: StreamId, track: u16) -> Self {
        Self { stream, track, ciphers: Vec::new() }
    }

    pub(super) fn add_key(&mut self, epoch: u32, room_key: &RoomKey) {
        if self.ciphers.iter().any(|(e, ..)| *e == epoch) {
            return;
        }
        let (stream, track) = (&self.stream, self.track);
        self.ciphers.push((epoch, LiveCipher::new(room_key, epoch, stream, track), LiveCipher::parity(room_key, epoch, stream, track)));
        if self.ciphers.len() > 2 {
            self.ciphers.remove(0);
        }
    }

    /// The plaintext of a record whose header was read from it.
    pub(super) fn open(&self, header: &RecordHeader, record: &[u8]) -> Result<Bytes, SealError> {
        let (_, cipher, _) = self.ciphers.iter().find(|(e, ..)| *e == header.epoch && header.track == self.track).ok_or(SealError::Forged)?;
        let (head, sealed) = record.split_first_chunk::<RECORD_HEADER>().ok_or(SealError::Length)?;
        cipher.open(u64::from(header.counter), head, sealed)
    }

    /// What the code combined in a row of parity whose header was read from it.
    pub(super) fn open_parity<'a>(&self, header: &ParityHeader, row: &'a [u8]) -> Result<&'a [u8], SealError> {
        let (.., cipher) = self.ciphers.iter().find(|(e, ..)| *e == header.epoch && header.track == self.track).ok_or(SealError::Forged)?;
        parity::open(cipher, header, row)
    }
}

/// Splits what the first record of a unit begins with from the data.
pub(super) fn unit_head(plain: &mut Bytes) -> Option<(u32, u64)> {
    if plain.len() < UNIT_HEAD {
        return None;
    }
    Some((plain.get_u32(), plain.get_u64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(bytes: usize) -> Unit {
        Unit { sequence: 7, capture_us: 1_000_000, keyframe: true, data: (0..bytes).map(|i| i as u8).collect() }
    }

    fn opener() -> LiveOpener {
        let mut opener = LiveOpener::new(StreamId([3; 16]), 5);
        opener.add_key(1, &RoomKey([1; 32]));
        opener
    }

    #[test]
    fn records_are_cut_where_a_datagram_ends_and_open_one_by_one() {
        let mut sealer = LiveSealer::new(&RoomKey([1; 32]), 1, StreamId([3; 16]), 5);
        let mut expected = 0;
        for bytes in [0, 1, RECORD_PLAIN - UNIT_HEAD, RECORD_PLAIN - UNIT_HEAD + 1, 5 * RECORD_PLAIN] {
            let sealed = sealer.seal(&unit(bytes)).expect("numbers are left");
            assert_eq!(sealed.first_record, expected);
            let mut whole = Vec::new();
            for (i, record) in sealed.records().chunks(RECORD_MAX).enumerate() {
                let header = RecordHeader::read(record).expect("a header");
                assert_eq!((header.counter, header.first), (expected, i == 0));
                assert_eq!(header.last, expected + 1 == sealed.first_record + sealed.record_count());
                assert_eq!(sealed.record(expected).as_deref(), Some(record));
                let mut plain = opener().open(&header, record).expect("opens");
                if header.first {
                    assert_eq!(unit_head(&mut plain), Some((7, 1_000_000)));
                }
                whole.extend_from_slice(&plain);
                expected += 1;
            }
            assert!(whole == unit(bytes).data, "{bytes}");
            assert_eq!(sealed.record(expected), None);
        }
    }

    #[test]
    fn what_was_changed_or_belongs_elsewhere_does_not_open() {
        let sealed = LiveSealer::new(&RoomKey([1; 32]), 1, StreamId([3; 16]), 5).seal(&unit(100)).expect("numbers are left");
        let good = sealed.records();
        for bit in 0..good.len() * 8 {
            let mut record = good.to_vec();
            record[bit / 8] ^= 1 << (bit % 8);
            let opened = RecordHeader::read(&record).map(|header| opener().open(&header, &record));
            assert!(!matches!(opened, Some(Ok(_))), "{bit}");
        }
        let header = RecordHeader::read(&good).expect("a header");
        for (stream, track, key) in [(4, 5, 1), (3, 6, 1), (3, 5, 2)] {
            let mut other = LiveOpener::new(StreamId([stream; 16]), track);
            other.add_key(1, &RoomKey([key; 32]));
            assert_eq!(other.open(&header, &good), Err(SealError::Forged));
        }
    }

    #[test]
    fn another_epoch_is_another_key_and_the_numbers_go_on() {
        let mut sealer = LiveSealer::new(&RoomKey([1; 32]), 1, StreamId([3; 16]), 5);
        let before = sealer.seal(&unit(1)).expect("numbers are left");
        sealer.rekey(&RoomKey([2; 32]), 2);
        let after = sealer.seal(&unit(1)).expect("numbers are left");
        assert_eq!((before.first_record, after.first_record), (0, 1));
        let header = RecordHeader::read(&after.records()).expect("a header");
        assert_eq!(opener().open(&header, &after.records()), Err(SealError::Forged));
        let mut both = opener();
        both.add_key(2, &RoomKey([2; 32]));
        assert!(both.open(&header, &after.records()).is_ok());
    }
}
