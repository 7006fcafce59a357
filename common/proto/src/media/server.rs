//! The server's side of one media connection, without a socket.
//!
//! Feeds on bytes, gives [`Input`]s. The owner looks the session's secret up, reads or seals chunks and writes
//! `records_header` followed by the cached bytes: what is the same for everybody never passes through here.

use bytes::{Buf, BytesMut};

use super::{CHALLENGE_LEN, HEADER_LEN, HELLO_LEN, Header, HelloRefusal, MAGIC, MediaError, RECORDS, REFUSED, REPLY, Reply, Request, VERSION};
use crate::limits::{LIVE_PIECE_MAX, MEDIA_REQUEST_MAX};
use crate::seal::{DirectionCipher, MediaSecret};
use crate::wire;

/// What a client wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Look the session up and call [`MediaServerCore::prove`].
    Hello {
        session: u64,
    },
    Request(Request),
}

#[derive(Debug)]
enum Phase {
    Hello,
    Proving { session: u64, answer: [u8; 32] },
    Open { incoming: Box<DirectionCipher>, outgoing: Box<DirectionCipher> },
    Refused,
}

/// One media connection as the server sees it.
#[derive(Debug)]
pub struct MediaServerCore {
    challenge: [u8; 32],
    phase: Phase,
    buffer: BytesMut,
    /// Longest sealed request.
    most: usize,
}

impl MediaServerCore {
    /// `challenge` is 32 fresh random bytes; send [`Self::challenge`] first.
    #[must_use]
    pub fn new(challenge: [u8; 32]) -> Self {
        Self { challenge, phase: Phase::Hello, buffer: BytesMut::new(), most: MEDIA_REQUEST_MAX }
    }

    /// The first bytes of the connection.
    #[must_use]
    pub fn challenge(&self) -> [u8; CHALLENGE_LEN] {
        let mut out = [0; CHALLENGE_LEN];
        out[..4].copy_from_slice(&MAGIC);
        out[4..6].copy_from_slice(&VERSION.to_be_bytes());
        out[8..].copy_from_slice(&self.challenge);
        out
    }

    /// From now on pieces of units are taken: the client publishes.
    pub fn expect_pieces(&mut self) {
        self.most = MEDIA_REQUEST_MAX + LIVE_PIECE_MAX;
    }

    /// Takes bytes from the client. Follow with [`Self::poll_input`] until it is empty.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next thing the client wants.
    ///
    /// # Errors
    /// [`MediaError`]: close the connection. For [`MediaError::Refused`] send [`refusal`] first.
    pub fn poll_input(&mut self) -> Result<Option<Input>, MediaError> {
        match &mut self.phase {
            Phase::Hello => {
                let Some(hello) = self.buffer.first_chunk::<HELLO_LEN>().copied() else { return Ok(None) };
                self.buffer.advance(HELLO_LEN);
                if u16::from_be_bytes([hello[0], hello[1]]) != VERSION {
                    self.phase = Phase::Refused;
                    return Err(MediaError::Refused(HelloRefusal::Version));
                }
                let mut session = [0; 8];
                session.copy_from_slice(&hello[4..12]);
                let mut answer = [0; 32];
                answer.copy_from_slice(&hello[12..]);
                let session = u64::from_be_bytes(session);
                self.phase = Phase::Proving { session, answer };
                Ok(Some(Input::Hello { session }))
            }
            Phase::Proving { .. } | Phase::Refused => Ok(None),
            Phase::Open { incoming, .. } => {
                let Some(prefix) = self.buffer.first_chunk::<2>().copied() else { return Ok(None) };
                let length = usize::from(u16::from_be_bytes(prefix));
                if length > self.most {
                    return Err(MediaError::Length(length));
                }
                if self.buffer.len() < 2 + length {
                    return Ok(None);
                }
                self.buffer.advance(2);
                let plain = incoming.open(&prefix, &self.buffer.split_to(length))?;
                Ok(Some(Input::Request(wire::decode(&plain)?)))
            }
        }
    }

    /// Answers [`Input::Hello`]: `secret` is that of the session, or none when it is not known. Gives the bytes to send.
    ///
    /// # Errors
    /// [`MediaError::Refused`] when the answer is wrong: send [`refusal`] and close.
    pub fn prove(&mut self, secret: Option<&MediaSecret>, server_time_us: u64) -> Result<Vec<u8>, MediaError> {
        let Phase::Proving { session, answer } = &self.phase else { return Err(MediaError::Unknown) };
        let Some(secret) = secret.filter(|s| s.verify(&self.challenge, *session, answer)) else {
            self.phase = Phase::Refused;
            return Err(MediaError::Refused(HelloRefusal::Proof));
        };
        let (incoming, outgoing) = secret.directions(&self.challenge);
        self.phase = Phase::Open { incoming: Box::new(incoming), outgoing: Box::new(outgoing) };
        Ok(self.reply(&Reply::Accepted { server_time_us }))
    }

    /// The bytes of a sealed reply; empty before the hello was proven.
    #[must_use]
    pub fn reply(&mut self, reply: &Reply) -> Vec<u8> {
        let Phase::Open { outgoing, .. } = &mut self.phase else { return Vec::new() };
        let plain = wire::encode(reply);
        // Replies are a few bytes.
        let length = (plain.len() + crate::seal::TAG_LEN) as u32;
        let header = Header { kind: REPLY, code: 0, epoch: 0, request: 0, length }.to_bytes();
        let mut out = header.to_vec();
        out.extend_from_slice(&outgoing.seal(&header, &plain));
        out
    }
}

/// The header in front of `length` bytes of whole records, or parts of them, of the chunk that `request` asked for.
#[must_use]
pub fn records_header(epoch: u32, request: u32, length: u32) -> [u8; HEADER_LEN] {
    Header { kind: RECORDS, code: 0, epoch, request, length }.to_bytes()
}

/// The bytes that refuse a hello.
#[must_use]
pub fn refusal(why: HelloRefusal) -> [u8; HEADER_LEN] {
    Header { kind: REFUSED, code: why as u8, epoch: 0, request: 0, length: 0 }.to_bytes()
}
