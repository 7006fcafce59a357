//! The media port over TCP: a challenge, sealed requests, and chunk records that were sealed once for everybody.
//!
//! ```text
//! server → client   challenge: "LCTM" | version u16 | 0 u16 | 32 random bytes
//! client → server   hello:     version u16 | 0 u16 | session u64 | 32 bytes of answer
//! client → server   request:   length u16 | sealed Request               (AAD: the two length bytes)
//! server → client   header:    kind u8 | code u8 | 0 u16 | epoch u32 | request u32 | length u32, then `length` bytes
//!                   kind 1     records of the chunk that `request` asked for
//!                   kind 2     a sealed Reply                              (AAD: the 16 header bytes)
//!                   kind 3     the hello was refused; `code` says why; no body
//!                   kind 4     records of a live unit ([`crate::live::record`]); `request` is the number of the track
//! ```
//! `server` and `client` are the two sans-IO cores. Records are opened with the room's key of the epoch in the header.

pub mod client;
pub mod server;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::control::StreamId;
use crate::manifest::ChunkHash;
use crate::seal::SealError;

/// First bytes of a challenge.
pub const MAGIC: [u8; 4] = *b"LCTM";
/// The protocol (RFC 7301) that a client names for a media connection over the control port: TLS, and in it what the media port
/// carries. Control connections name none.
pub const MEDIA_ALPN: &[u8] = b"lectern-media/1";
/// Version of the media port.
pub const VERSION: u16 = 1;
/// Lengths of the fixed parts, in bytes.
pub const CHALLENGE_LEN: usize = 40;
pub const HELLO_LEN: usize = 44;
pub const HEADER_LEN: usize = 16;

/// What a client asks for on a media connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// The records of a chunk from `first_record` on. Requests are served in their order.
    Fetch { request: u32, chunk: ChunkHash, first_record: u32 },
    /// Ends a fetch that is not wanted any more; answered with [`End::Cancelled`] if it was still open.
    Cancel { request: u32 },
    /// Sends the units of a live track from its newest keyframe on. Another track of the same stream takes the place of the
    /// one before with its next keyframe. Ends with [`Reply::StreamOver`].
    Subscribe { stream: StreamId, track: u16 },
    /// Ends that.
    Unsubscribe { track: u16 },
    /// Answered with [`Reply::Clock`] at once.
    Clock { sent_us: u64 },
    /// The units of a stream that this session publishes come over this connection. Answered with [`Reply::Publishing`].
    Publish { stream: StreamId },
    /// A piece of a unit of that stream.
    Piece(Piece),
}

/// A piece of a unit on its way from its publisher. The pieces of a unit follow one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Its track in the offer: 0 pictures, 1 sound.
    pub track: u8,
    pub keyframe: bool,
    /// When the unit was captured, in microseconds of server time.
    pub capture_us: u64,
    /// Bytes of the unit that are still to come after this piece.
    pub rest: u32,
    /// At most [`crate::limits::LIVE_PIECE_MAX`].
    #[serde(with = "piece_bytes")]
    pub data: Bytes,
}

/// Bytes as one run: a list of numbers would be read one by one.
mod piece_bytes {
    use bytes::Bytes;
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        struct Run;
        impl Visitor<'_> for Run {
            type Value = Bytes;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: Error>(self, run: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes::copy_from_slice(run))
            }
            fn visit_byte_buf<E: Error>(self, run: Vec<u8>) -> Result<Bytes, E> {
                Ok(run.into())
            }
        }
        from.deserialize_byte_buf(Run)
    }
}

/// What a server says on a media connection besides records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The hello was right.
    Accepted { server_time_us: u64 },
    /// A fetch ended without its last record.
    Ended { request: u32, why: End },
    /// The answer to [`Request::Clock`]: the server's time when it read the question.
    Clock { sent_us: u64, server_us: u64 },
    /// Whether the units of the stream are taken.
    Publishing { stream: StreamId, taken: bool },
    /// To its publisher: the next picture is to be a keyframe, for a viewer who needs one.
    KeyframeWanted,
    /// The stream of this track has ended, or there is none.
    StreamOver { track: u16 },
    /// The track does not fit into this viewer's share of the room's bandwidth, of so many bits per second, and does not come.
    NotWithinShare { track: u16, bps: u64 },
}

/// Why a fetch ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    Cancelled,
    /// No such chunk, or no such record in it: the video was removed or prepared anew.
    NotFound,
    /// Too many requests wait on this connection.
    Busy,
    /// The chunk could not be read on the server.
    Unreadable,
}

/// Why a hello was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum HelloRefusal {
    Version = 1,
    /// Unknown session or wrong answer.
    Proof = 2,
    TooMany = 3,
}

impl HelloRefusal {
    fn from_code(code: u8) -> Option<Self> {
        [Self::Version, Self::Proof, Self::TooMany].into_iter().find(|r| *r as u8 == code)
    }
}

/// Why a media connection ended on this side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    #[error("the other side does not speak the Lectern media protocol")]
    Magic,
    #[error("the media connection was refused: {0:?}")]
    Refused(HelloRefusal),
    #[error("a media message is {0} bytes long; that is too long")]
    Length(usize),
    #[error("the other side sent a media message that is not known")]
    Unknown,
    #[error("records came for request {0}, which is not open")]
    NotOpen(u32),
    #[error("the key of epoch {0} is not known here")]
    Epoch(u32),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Wire(#[from] crate::wire::WireError),
}

/// Kinds of a header.
const RECORDS: u8 = 1;
const REPLY: u8 = 2;
const REFUSED: u8 = 3;
const LIVE: u8 = 4;

/// The header in front of `length` bytes of records of a live unit.
#[must_use]
pub(crate) fn live_header(track: u16, epoch: u32, length: u32) -> [u8; HEADER_LEN] {
    Header { kind: LIVE, code: 0, epoch, request: u32::from(track), length }.to_bytes()
}

/// The 16 bytes in front of everything a server sends after the challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    kind: u8,
    code: u8,
    epoch: u32,
    request: u32,
    length: u32,
}

impl Header {
    fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[0] = self.kind;
        out[1] = self.code;
        out[4..8].copy_from_slice(&self.epoch.to_be_bytes());
        out[8..12].copy_from_slice(&self.request.to_be_bytes());
        out[12..16].copy_from_slice(&self.length.to_be_bytes());
        out
    }

    fn from_bytes(b: &[u8; HEADER_LEN]) -> Self {
        let word = |i: usize| u32::from_be_bytes([b[i], b[i + 1], b[i + 2], b[i + 3]]);
        Self { kind: b[0], code: b[1], epoch: word(4), request: word(8), length: word(12) }
    }
}
