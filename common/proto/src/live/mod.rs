//! Live media between publisher, server and viewer, without a socket.
//!
//! A publisher sends [`Unit`]s, each one coded picture or sound packet with the time of its capture. The server cuts them into
//! records of at most [`RECORD_MAX`] bytes and seals them once for everybody ([`record`]): one datagram each over UDP, the same
//! bytes back to back over TCP. A viewer opens records, asks again for what is missing and puts units together ([`receive`]); where
//! that takes too long ([`protection`]) the server adds parity ([`parity`], [`erasure`]). Which rung a viewer takes is [`choice`]; how
//! it fares, and how far all lag, is [`health`]. [`pipe`] is how a media worker hands units to the program that started it,
//! [`devices`] what it says there is to capture. [`voice`] tells who speaks by how loud it is.

pub mod choice;
pub mod devices;
pub mod erasure;
pub mod health;
pub mod lag;
pub mod parity;
pub mod pipe;
pub mod protection;
pub mod receive;
pub mod record;
pub mod resample;
pub mod voice;

use bytes::Bytes;

/// Bytes of a record, header and tag included: with UDP and IPv6 headers it is below the 1,280 that every link carries
/// (RFC 8200, 5).
pub const RECORD_MAX: usize = 1_200;

/// One coded picture or sound packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Counts the units of a track from 0; what is missing was lost or skipped.
    pub sequence: u32,
    /// When it was captured, in microseconds of server time.
    pub capture_us: u64,
    /// Decoding can start with it. True of every sound packet.
    pub keyframe: bool,
    /// H.264 with a length of four bytes before each NAL unit, or one Opus packet.
    pub data: Bytes,
}
