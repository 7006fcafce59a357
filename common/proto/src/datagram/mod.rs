//! The media port over UDP: an address is proven, then records come and small sealed messages go both ways.
//!
//! ```text
//! kind 1  record      server → client   a live record ([`crate::live::record`]), as it is
//! kind 2  knock       client → server   2 | version u8 | 0 u16 | session u64 | zeros up to 64 bytes
//! kind 3  challenge   server → client   3 | version u8 | 0 u16 | session u64 | 32 bytes of cookie
//! kind 4  hello       client → server   4 | version u8 | 0 u16 | session u64 | 32 bytes of cookie | 32 bytes of answer
//! kind 5  ask         client → server   5 | 0 | 0 u16 | session u64 | counter u64 | sealed [`Ask`]
//! kind 6  tell        server → client   6 | 0 | 0 u16 | session u64 | counter u64 | sealed [`Tell`]
//! kind 7  parity      server → client   a row of parity of live records ([`crate::live::parity`]), as it is
//! kind 8  lab         both ways         8 | 0 | 0 u16 | run u64 | a packet of the labs ([`crate::arq::packet`]), as it is
//! ```
//! The cookie is made of the client's address and needs no memory of the server (as in DTLS, RFC 9147, 5.1); an answer is never
//! longer than its question until the address is proven. Who holds the session's secret answers as on TCP. What is sealed has
//! its counter as nonce and its first 20 bytes authenticated; a counter is taken once (a window of 128, as in RFC 9147, 4.5.1).

pub mod client;
pub mod server;

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::control::StreamId;
use crate::seal::{LiveCipher, SealError, TAG_LEN};

/// Version of the media port over UDP.
pub const VERSION: u8 = 1;
pub const KNOCK_LEN: usize = 64;
pub const CHALLENGE_LEN: usize = 44;
pub const HELLO_LEN: usize = 76;
/// Bytes in front of what is sealed.
pub const SEALED_HEADER: usize = 20;

const KNOCK: u8 = 2;
const CHALLENGE: u8 = 3;
const HELLO: u8 = 4;
const ASK: u8 = 5;
const TELL: u8 = 6;
/// A packet of a run of the labs that goes by way of the server.
pub const LAB: u8 = 8;
/// Bytes in front of it.
pub const LAB_HEADER: usize = 12;

/// What stands in front of a packet of a run.
#[must_use]
pub fn lab_head(run: u64) -> [u8; LAB_HEADER] {
    let mut head = [0; LAB_HEADER];
    head[0] = LAB;
    head[4..].copy_from_slice(&run.to_be_bytes());
    head
}

/// What a viewer asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// The records of a live track from its newest keyframe on. Repeated until they come.
    Subscribe {
        stream: StreamId,
        track: u16,
    },
    Unsubscribe {
        track: u16,
    },
    /// These records of a track did not come: runs, first and last number of each.
    Missing {
        track: u16,
        runs: Vec<(u32, u32)>,
    },
    /// Nothing of the track can be shown until a keyframe comes.
    Keyframe {
        track: u16,
    },
    /// Answered with [`Tell::Clock`]. Also keeps the address alive.
    Clock {
        sent_us: u64,
    },
    /// The viewer goes.
    Bye,
    /// From now on a track is to come with parity of this strength, in percent of its records; 0: without. Said again every
    /// second while it is wanted.
    Parity {
        track: u16,
        percent: u8,
    },
    /// Packets of a run of the labs come from this address and go to it from now on. Answered with [`Tell::Lab`].
    Lab {
        run: u64,
    },
}

/// What a server tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tell {
    /// The address is proven.
    Open,
    Clock {
        sent_us: u64,
        server_us: u64,
    },
    /// The stream of this track has ended, or there is none.
    StreamOver {
        track: u16,
    },
    /// The track does not fit into this viewer's share of the room's bandwidth, of so many bits per second, and does not come.
    NotWithinShare {
        track: u16,
        bps: u64,
    },
    /// The address from which this side of a run was seen to come; none: there is no such run of this person.
    Lab {
        run: u64,
        seen: Option<SocketAddr>,
    },
}

/// Numbers that were taken of late: 128 behind the highest.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    /// One past the highest number taken.
    end: u64,
    /// Bit 0: the highest.
    seen: u128,
}

impl Window {
    fn is_fresh(&self, number: u64) -> bool {
        match number.checked_sub(self.end) {
            Some(_) => true,
            None => {
                let behind = self.end - 1 - number;
                behind < 128 && self.seen >> behind & 1 == 0
            }
        }
    }

    fn take(&mut self, number: u64) {
        if number >= self.end {
            let step = number + 1 - self.end;
            self.seen = if step < 128 { self.seen << step } else { 0 } | 1;
            self.end = number + 1;
        } else {
            self.seen |= 1 << (self.end - 1 - number);
        }
    }
}

/// One direction of sealed messages, at its sender.
#[derive(Debug)]
struct Sealing {
    cipher: LiveCipher,
    next: u64,
}

impl Sealing {
    fn seal(&mut self, kind: u8, session: u64, plain: &[u8]) -> Vec<u8> {
        let number = self.next;
        self.next += 1;
        let mut out = vec![kind, 0, 0, 0];
        out.extend_from_slice(&session.to_be_bytes());
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(plain);
        let (head, body) = out.split_at_mut(SEALED_HEADER);
        let tag = self.cipher.seal(number, head, body);
        out.extend_from_slice(&tag);
        out
    }
}

/// The same at its receiver.
#[derive(Debug)]
struct Opening {
    cipher: LiveCipher,
    window: Window,
}

impl Opening {
    /// The plaintext of a datagram that has not come before.
    fn open(&mut self, datagram: &[u8]) -> Result<Vec<u8>, SealError> {
        let (head, sealed) = datagram.split_first_chunk::<SEALED_HEADER>().ok_or(SealError::Length)?;
        if sealed.len() < TAG_LEN {
            return Err(SealError::Length);
        }
        let number = head.last_chunk::<8>().map_or(0, |n| u64::from_be_bytes(*n));
        if number == u64::MAX || !self.window.is_fresh(number) {
            return Err(SealError::Forged);
        }
        let plain = self.cipher.open(number, head, sealed)?;
        self.window.take(number);
        Ok(plain.to_vec())
    }
}

/// The session that a datagram names.
fn session_of(datagram: &[u8]) -> Option<u64> {
    datagram.get(4..12)?.first_chunk::<8>().map(|s| u64::from_be_bytes(*s))
}

/// The first 12 bytes of the fixed datagrams.
fn head(kind: u8, session: u64) -> Vec<u8> {
    let mut out = vec![kind, VERSION, 0, 0];
    out.extend_from_slice(&session.to_be_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_taken_once_and_not_long_after_others() {
        let mut window = Window::default();
        for number in [0, 5, 3, 200, 199, 73] {
            assert!(window.is_fresh(number), "{number}");
            window.take(number);
            assert!(!window.is_fresh(number), "{number}");
        }
        assert!(!window.is_fresh(72) && !window.is_fresh(0) && window.is_fresh(74) && window.is_fresh(198));
        window.take(100_000);
        assert!(!window.is_fresh(200) && window.is_fresh(99_999));
    }
}
