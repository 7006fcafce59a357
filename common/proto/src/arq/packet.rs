//! The packets of a transfer as bytes: a header of 24 bytes, then what its kind adds. `docs/PROTOCOL.md`, "Transfers by repeat request".
//!
//! ```text
//!  0      3 4    5     6        8          12         16             20        24
//!  | "ARQ" |1|kind|flags| length | transfer | sequence | transmission | CRC-32 | payload ...
//! ```
//!
//! All numbers are big-endian. The CRC-32 (IEEE 802.3) is that of the first 20 bytes and the payload, one after the other.

mod control;

use bytes::Bytes;

use super::sequence::Sequence;
use crate::limits::{ARQ_ACK_RANGES, ARQ_PAYLOAD_MAX};
pub use control::{Accept, Finish, Finished, Probe, Refusal, Start};

/// How every packet begins.
pub const MAGIC: [u8; 3] = *b"ARQ";
/// The version of the format, behind the magic.
pub const VERSION: u8 = 1;
/// Bytes in front of the payload.
pub const HEADER: usize = 24;
/// Bytes of data in a packet unless something else is said: fits with all headers into one Ethernet frame.
pub const PAYLOAD: usize = 1_200;

const CHECKED: usize = 20;
const RANGE: usize = 8;
/// Flag of data that was sent before; only for those who look on.
const AGAIN: u8 = 1;
/// Flag of an acknowledgement for data that had come before.
const DUPLICATE: u8 = 2;

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Which transfer it belongs to: drawn by the sender at random.
    pub transfer: u32,
    pub body: Body,
}

/// What a packet says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Sender: I would like to send this, thus.
    Start(Start),
    /// Receiver: go on.
    Accept(Accept),
    /// Receiver: no.
    Refuse(Refusal),
    Data(Data),
    Ack(Ack),
    /// Sender: all was acknowledged, and this is its hash.
    Finish(Finish),
    /// Receiver: what came of it.
    Finished(Finished),
    /// Either side, before the start: whether packets come through to where this one goes ([`super::meeting`]).
    Probe(Probe),
    /// The answer to a probe, to where it came from.
    ProbeAnswer(Probe),
}

/// A piece of what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    pub sequence: Sequence,
    /// How many data packets were sent before this one, repeats counted; modulo 2^32. It tells an original from its repeat.
    pub transmission: u32,
    /// Whether it was sent before.
    pub again: bool,
    pub payload: Bytes,
}

/// An acknowledgement: all before `next`, and some behind it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ack {
    /// The number that the receiver waits for: all before it came.
    pub next: Sequence,
    /// The newest transmission number of those that came.
    pub transmission: u32,
    /// Whether the packet that is answered had come before.
    pub duplicate: bool,
    /// What is held behind `next` (selective repeat): the newest news first.
    pub ranges: Vec<AckRange>,
}

/// Packets that the receiver holds out of order: `count` of them from `first` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AckRange {
    pub first: Sequence,
    pub count: u32,
}

/// Why bytes are no packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    #[error("{0} bytes are too few for a packet")]
    Short(usize),
    #[error("not a packet of a transfer")]
    NotOurs,
    #[error("a packet of version {0}, this program knows version 1")]
    Version(u8),
    #[error("the header says {said} bytes of payload, {have} are there")]
    Length { said: usize, have: usize },
    #[error("the checksum is {found:08x}, the header says {said:08x}: the packet was damaged")]
    Checksum { said: u32, found: u32 },
    #[error("a packet of unknown kind {0}")]
    Kind(u8),
    #[error("the packet's {0} is not one that may be there")]
    Field(&'static str),
}

/// The CRC-32 of IEEE 802.3 over `parts`, one after the other; that of `123456789` is `0xCBF43926`.
#[must_use]
pub fn checksum(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

impl Packet {
    /// Bytes of the whole packet.
    #[must_use]
    pub fn size(&self) -> usize {
        HEADER + self.body.size()
    }

    /// Appends the packet to `out`. Nothing is allocated but the room in `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let begin = out.len();
        let (kind, flags, sequence, transmission) = self.body.head();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[VERSION, kind, flags]);
        out.extend_from_slice(&u16::try_from(self.body.size()).unwrap_or(u16::MAX).to_be_bytes());
        for number in [self.transfer, sequence.0, transmission, 0] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        self.body.write(out);
        let (header, payload) = out[begin..].split_at_mut(HEADER);
        let crc = checksum(&[&header[..CHECKED], payload]);
        header[CHECKED..].copy_from_slice(&crc.to_be_bytes());
    }

    /// The packet as bytes of its own.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size());
        self.write(&mut out);
        out
    }

    /// Whether a datagram looks like a probe or its answer: these stand before a transfer, and are not of it.
    #[must_use]
    pub fn is_probe(datagram: &[u8]) -> bool {
        matches!(datagram, [a, b, c, VERSION, 8 | 9, ..] if [*a, *b, *c] == MAGIC)
    }

    /// Reads one datagram; data is a slice of it, not a copy.
    ///
    /// # Errors
    /// When it is not a whole and undamaged packet of this version.
    pub fn read(datagram: &Bytes) -> Result<Self, PacketError> {
        let (header, payload) = datagram.split_first_chunk::<HEADER>().ok_or(PacketError::Short(datagram.len()))?;
        let [m0, m1, m2, version, kind, flags, l0, l1, rest @ ..] = header;
        if [*m0, *m1, *m2] != MAGIC {
            return Err(PacketError::NotOurs);
        }
        if *version != VERSION {
            return Err(PacketError::Version(*version));
        }
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        if length != payload.len() {
            return Err(PacketError::Length { said: length, have: payload.len() });
        }
        let number = |at: usize| u32::from_be_bytes([rest[at], rest[at + 1], rest[at + 2], rest[at + 3]]);
        let (transfer, sequence, transmission, said) = (number(0), Sequence(number(4)), number(8), number(12));
        let found = checksum(&[&header[..CHECKED], payload]);
        if said != found {
            return Err(PacketError::Checksum { said, found });
        }
        let body = match kind {
            1 => Body::Start(Start::read(payload)?),
            2 => Body::Accept(Accept::read(payload)?),
            3 => Body::Data(Data { sequence, transmission, again: flags & AGAIN != 0, payload: data(datagram)? }),
            4 => Body::Ack(Ack { next: sequence, transmission, duplicate: flags & DUPLICATE != 0, ranges: ranges(payload)? }),
            5 => Body::Finish(Finish::read(payload)?),
            6 => Body::Finished(Finished::read(payload)?),
            7 => Body::Refuse(Refusal::read(payload)?),
            8 => Body::Probe(Probe::read(payload)?),
            9 => Body::ProbeAnswer(Probe::read(payload)?),
            _ => return Err(PacketError::Kind(*kind)),
        };
        Ok(Self { transfer, body })
    }
}

impl Body {
    /// Bytes behind the header.
    fn size(&self) -> usize {
        match self {
            Self::Data(data) => data.payload.len(),
            Self::Ack(ack) => ack.ranges.len().min(ARQ_ACK_RANGES) * RANGE,
            Self::Start(start) => start.size(),
            Self::Accept(_) => Accept::SIZE,
            Self::Refuse(_) => Refusal::SIZE,
            Self::Finish(_) => Finish::SIZE,
            Self::Finished(_) => Finished::SIZE,
            Self::Probe(_) | Self::ProbeAnswer(_) => Probe::SIZE,
        }
    }

    /// Kind, flags, sequence and transmission number.
    fn head(&self) -> (u8, u8, Sequence, u32) {
        let none = Sequence(0);
        match self {
            Self::Start(_) => (1, 0, none, 0),
            Self::Accept(_) => (2, 0, none, 0),
            Self::Data(data) => (3, if data.again { AGAIN } else { 0 }, data.sequence, data.transmission),
            Self::Ack(ack) => (4, if ack.duplicate { DUPLICATE } else { 0 }, ack.next, ack.transmission),
            Self::Finish(_) => (5, 0, none, 0),
            Self::Finished(_) => (6, 0, none, 0),
            Self::Refuse(_) => (7, 0, none, 0),
            Self::Probe(_) => (8, 0, none, 0),
            Self::ProbeAnswer(_) => (9, 0, none, 0),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Data(data) => out.extend_from_slice(&data.payload),
            Self::Ack(ack) => {
                for range in ack.ranges.iter().take(ARQ_ACK_RANGES) {
                    out.extend_from_slice(&range.first.0.to_be_bytes());
                    out.extend_from_slice(&range.count.to_be_bytes());
                }
            }
            Self::Start(start) => start.write(out),
            Self::Accept(accept) => accept.write(out),
            Self::Refuse(refusal) => refusal.write(out),
            Self::Finish(finish) => finish.write(out),
            Self::Finished(finished) => finished.write(out),
            Self::Probe(probe) | Self::ProbeAnswer(probe) => probe.write(out),
        }
    }
}

fn data(datagram: &Bytes) -> Result<Bytes, PacketError> {
    let payload = datagram.slice(HEADER..);
    if (1..=ARQ_PAYLOAD_MAX).contains(&payload.len()) { Ok(payload) } else { Err(PacketError::Field("length")) }
}

fn ranges(payload: &[u8]) -> Result<Vec<AckRange>, PacketError> {
    let (ranges, rest) = payload.as_chunks::<RANGE>();
    if !rest.is_empty() || ranges.len() > ARQ_ACK_RANGES {
        return Err(PacketError::Field("list of ranges"));
    }
    let range =
        |&[a, b, c, d, e, f, g, h]: &[u8; RANGE]| AckRange { first: Sequence(u32::from_be_bytes([a, b, c, d])), count: u32::from_be_bytes([e, f, g, h]) };
    Ok(ranges.iter().map(range).collect())
}

#[cfg(test)]
mod tests;
