//! What stands around the data: how a transfer begins and ends.

use super::PacketError;
use crate::arq::sequence::{Protocol, Space};
use crate::limits::{ARQ_NAME_MAX, ARQ_PAYLOAD_MAX, ARQ_WINDOW_MAX};

/// What a sender would like to send, and how.
///
/// `protocol (1) ‖ sequence bits (1) ‖ payload (2) ‖ window (4) ‖ length (8) ‖ name`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    pub protocol: Protocol,
    pub space: Space,
    /// Bytes of data in every packet but the last.
    pub payload: u16,
    /// Packets that may be on their way.
    pub window: u32,
    /// Bytes of the file.
    pub length: u64,
    /// Its name without a folder: 1 to 255 bytes, only to be shown.
    pub name: String,
}

/// The receiver is ready. Empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accept;

/// Why a receiver does not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is taking another transfer.
    Busy,
    /// It is too large.
    TooLarge,
    /// Protocol, window or packets are such as it cannot serve.
    Settings,
    /// The person, or the program, does not want it, or ended it.
    Unwanted,
}

/// All was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finish {
    /// SHA-256 of the whole.
    pub hash: [u8; 32],
}

/// What came of it.
///
/// `same (1) ‖ zero (3) ‖ damaged (4) ‖ packets (8) ‖ duplicates (8)`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Whether what came has the length and the hash that the sender said.
    pub same: bool,
    /// Packets whose checksum was wrong.
    pub damaged: u32,
    /// Data packets that came undamaged, and those of them that had come before.
    pub packets: u64,
    pub duplicates: u64,
}

/// Names a run that the server arranged: who knows its token is of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    pub token: [u8; 16],
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Probe(..)")
    }
}

fn fixed<const N: usize>(payload: &[u8], field: &'static str) -> Result<[u8; N], PacketError> {
    payload.try_into().map_err(|_| PacketError::Field(field))
}

fn protocol(code: u8) -> Option<Protocol> {
    Protocol::ALL.get(usize::from(code)).copied()
}

impl Start {
    const FIXED: usize = 16;

    /// Whether a name may stand there: 1 to 255 bytes, no folder, nothing that does not show.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        (1..=ARQ_NAME_MAX).contains(&name.len()) && !name.contains(['/', '\\']) && !name.chars().any(char::is_control) && name != "." && name != ".."
    }

    pub(super) fn size(&self) -> usize {
        Self::FIXED + self.name.len()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let code = Protocol::ALL.iter().position(|p| *p == self.protocol).unwrap_or_default();
        out.extend_from_slice(&[code as u8, self.space.bits()]);
        out.extend_from_slice(&self.payload.to_be_bytes());
        out.extend_from_slice(&self.window.to_be_bytes());
        out.extend_from_slice(&self.length.to_be_bytes());
        out.extend_from_slice(self.name.as_bytes());
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PacketError> {
        let (&[code, bits, p0, p1, w0, w1, w2, w3, length @ ..], name) = bytes.split_first_chunk::<{ Self::FIXED }>().ok_or(PacketError::Field("length"))?;
        let (payload, window) = (u16::from_be_bytes([p0, p1]), u32::from_be_bytes([w0, w1, w2, w3]));
        let is_name = std::str::from_utf8(name).ok().filter(|name| Self::is_name(name));
        let protocol = protocol(code).ok_or(PacketError::Field("protocol"))?;
        let space = Space::new(bits).ok_or(PacketError::Field("number of sequence bits"))?;
        if !(1..=ARQ_PAYLOAD_MAX).contains(&usize::from(payload)) {
            return Err(PacketError::Field("payload size"));
        }
        if u64::from(window) > space.count().min(u64::from(ARQ_WINDOW_MAX)) || window == 0 {
            return Err(PacketError::Field("window"));
        }
        let name = is_name.ok_or(PacketError::Field("name"))?.to_owned();
        Ok(Self { protocol, space, payload, window, length: u64::from_be_bytes(length), name })
    }
}

impl Accept {
    pub(super) const SIZE: usize = 0;

    pub(super) fn write(self, _: &mut Vec<u8>) {}

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PacketError> {
        fixed::<0>(bytes, "length").map(|[]| Self)
    }
}

impl Refusal {
    pub(super) const SIZE: usize = 1;
    const ALL: [Self; 4] = [Self::Busy, Self::TooLarge, Self::Settings, Self::Unwanted];

    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.push(Self::ALL.iter().position(|r| *r == self).map_or(0, |at| at as u8 + 1));
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PacketError> {
        let [code] = fixed(bytes, "length")?;
        Self::ALL.get(usize::from(code).wrapping_sub(1)).copied().ok_or(PacketError::Field("reason"))
    }
}

impl Finish {
    pub(super) const SIZE: usize = 32;

    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.hash);
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PacketError> {
        Ok(Self { hash: fixed(bytes, "length")? })
    }
}

impl Finished {
    pub(super) const SIZE: usize = 24;

    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[u8::from(self.same), 0, 0, 0]);
        out.extend_from_slice(&self.damaged.to_be_bytes());
        out.extend_from_slice(&self.packets.to_be_bytes());
        out.extend_from_slice(&self.duplicates.to_be_bytes());
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PacketError> {
        let [same @ 0..=1, 0, 0, 0, d0, d1, d2, d3, numbers @ ..] = fixed::<{ Self::SIZE }>(bytes, "length")? else {
            return Err(PacketError::Field("verdict"));
        };
        let [a0, a1, a2, a3, a4, a5, a6, a7, duplicates @ ..] = numbers;
        let packets = u64::from_be_bytes([a0, a1, a2, a3, a4, a5, a6, a7]);
        Ok(Self { same: same == 1, damaged: u32::from_be_bytes([d0, d1, d2, d3]), packets, duplicates: u64::from_be_bytes(duplicates) })
    }
}

impl Probe {
    pub(super) const SIZE: usize = 16;

    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.token);
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PacketError> {
        Ok(Self { token: fixed(bytes, "length")? })
    }
}
