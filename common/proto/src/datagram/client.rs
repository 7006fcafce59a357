//! A viewer's side of the media port over UDP, without a socket.

use std::collections::VecDeque;
use std::time::Duration;

use super::{ASK, Ask, CHALLENGE, CHALLENGE_LEN, HELLO, KNOCK, KNOCK_LEN, Opening, Sealing, TELL, Tell, VERSION, head, session_of};
use crate::live::{parity, record};
use crate::seal::MediaSecret;
use crate::wire;

/// A knock or hello that got no answer is sent again after this long, and so often.
const AGAIN: Duration = Duration::from_millis(120);
const TRIES: u32 = 10;

/// What came of a datagram.
#[derive(Debug, PartialEq, Eq)]
pub enum Output<'a> {
    /// Asks may be sent.
    Open,
    /// A live record, for the receiver of its track.
    Record(&'a [u8]),
    /// A row of parity, likewise.
    Parity(&'a [u8]),
    Tell(Tell),
}

#[derive(Debug)]
enum Phase {
    /// Until a cookie comes.
    Knocking,
    /// Until the server tells that the address is proven.
    Proving {
        hello: Vec<u8>,
        sealing: Box<Sealing>,
        opening: Box<Opening>,
    },
    Open {
        sealing: Box<Sealing>,
        opening: Box<Opening>,
    },
}

/// One viewer's UDP flow.
#[derive(Debug)]
pub struct DatagramClientCore {
    session: u64,
    secret: MediaSecret,
    phase: Phase,
    out: VecDeque<Vec<u8>>,
    again_at: Duration,
    tries: u32,
}

impl DatagramClientCore {
    /// A flow for the session and secret of a joined control connection; its knock is ready to be sent.
    #[must_use]
    pub fn new(now: Duration, session: u64, secret: MediaSecret) -> Self {
        Self { session, secret, phase: Phase::Knocking, out: VecDeque::new(), again_at: now, tries: 0 }
    }

    /// Whether the server proved the address.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// Whether nothing came back for so long that UDP does not come through.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        !self.is_open() && self.tries >= TRIES
    }

    /// Seals an ask; dropped before the flow is open.
    pub fn ask(&mut self, ask: &Ask) {
        if let Phase::Open { sealing, .. } = &mut self.phase {
            let datagram = sealing.seal(ASK, self.session, &wire::encode(ask));
            self.out.push_back(datagram);
        }
    }

    /// Takes a datagram. What is not authentic, or not of this flow, is dropped.
    pub fn receive<'a>(&mut self, datagram: &'a [u8]) -> Option<Output<'a>> {
        match *datagram.first()? {
            record::KIND if self.is_open() => Some(Output::Record(datagram)),
            parity::KIND if self.is_open() => Some(Output::Parity(datagram)),
            CHALLENGE if matches!(self.phase, Phase::Knocking) => {
                let cookie = datagram.get(12..CHALLENGE_LEN)?.first_chunk::<32>()?;
                if datagram.len() != CHALLENGE_LEN || datagram[1] != VERSION || session_of(datagram) != Some(self.session) {
                    return None;
                }
                let mut hello = head(HELLO, self.session);
                hello.extend_from_slice(cookie);
                hello.extend_from_slice(&self.secret.answer(cookie, self.session));
                let (asks, tells) = self.secret.datagram_ciphers(cookie);
                self.out.push_back(hello.clone());
                self.phase = Phase::Proving {
                    hello,
                    sealing: Box::new(Sealing { cipher: asks, next: 0 }),
                    opening: Box::new(Opening { cipher: tells, window: Default::default() }),
                };
                None
            }
            TELL if session_of(datagram) == Some(self.session) => {
                let opening = match &mut self.phase {
                    Phase::Proving { opening, .. } | Phase::Open { opening, .. } => opening,
                    Phase::Knocking => return None,
                };
                let tell = wire::decode(&opening.open(datagram).ok()?).ok()?;
                let was_open = self.is_open();
                // Whatever it tells first, it has taken the hello.
                self.phase = match std::mem::replace(&mut self.phase, Phase::Knocking) {
                    Phase::Proving { sealing, opening, .. } => Phase::Open { sealing, opening },
                    other => other,
                };
                match tell {
                    Tell::Open => (!was_open).then_some(Output::Open),
                    tell => Some(Output::Tell(tell)),
                }
            }
            _ => None,
        }
    }

    /// The next datagram for the server.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        if now >= self.again_at && !self.is_open() && self.tries < TRIES {
            self.again_at = now + AGAIN;
            self.tries += 1;
            self.out.clear();
            self.out.push_back(match &self.phase {
                Phase::Proving { hello, .. } => hello.clone(),
                _ => {
                    let mut knock = head(KNOCK, self.session);
                    knock.resize(KNOCK_LEN, 0);
                    knock
                }
            });
        }
        self.out.pop_front()
    }

    /// When [`Self::poll_transmit`] has something again although nothing came.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        (!self.is_open() && self.tries < TRIES).then_some(self.again_at)
    }
}
