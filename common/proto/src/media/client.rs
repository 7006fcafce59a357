//! The client's side of one media connection, without a socket.
//!
//! Answers the challenge, seals requests, opens records as they come and gives their plaintext in order. The owner tells
//! it the room's keys: the current epoch and the one before.

use bytes::{Buf, Bytes, BytesMut};
use std::collections::BTreeMap;

use super::{CHALLENGE_LEN, End, HEADER_LEN, HELLO_LEN, Header, HelloRefusal, LIVE, MAGIC, MediaError, RECORDS, REFUSED, REPLY, Reply, Request, VERSION};
use crate::limits::{LIVE_FRAME_MAX, MEDIA_REPLY_MAX, RESPONSE_FRAME_MAX};
use crate::manifest::ChunkHash;
use crate::seal::{ChunkCipher, DirectionCipher, MediaSecret, RecordOpener, RoomKey};
use crate::wire;

/// What came of a media connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The server took the hello; requests may be sent.
    Accepted { server_time_us: u64 },
    /// The plaintext of the next record of a fetch.
    Record { request: u32, data: Bytes, last: bool },
    /// The fetch ended without its last record.
    Ended { request: u32, why: End },
    /// The records of a live unit, for the [`crate::live::receive::Receiver`] of this track.
    Live { track: u16, records: Bytes },
    /// What the server says of clocks and live streams.
    Said(Reply),
}

#[derive(Debug)]
struct Fetch {
    chunk: ChunkHash,
    first: u32,
    /// Made with the first header, which names the epoch.
    opener: Option<(u32, RecordOpener)>,
}

#[derive(Debug)]
enum Phase {
    Challenge,
    Open { outgoing: Box<DirectionCipher>, incoming: Box<DirectionCipher> },
}

/// One media connection as the client sees it.
#[derive(Debug)]
pub struct MediaClientCore {
    session: u64,
    secret: MediaSecret,
    keys: Vec<(u32, RoomKey)>,
    phase: Phase,
    buffer: BytesMut,
    out: Vec<u8>,
    fetches: BTreeMap<u32, Fetch>,
    next_request: u32,
    /// Records still to come in the current frame: request and bytes left.
    current: Option<(u32, usize)>,
}

impl MediaClientCore {
    /// A connection for the session and secret of a joined control connection.
    #[must_use]
    pub fn new(session: u64, secret: MediaSecret) -> Self {
        Self {
            session,
            secret,
            keys: Vec::new(),
            phase: Phase::Challenge,
            buffer: BytesMut::new(),
            out: Vec::new(),
            fetches: BTreeMap::new(),
            next_request: 1,
            current: None,
        }
    }

    /// Adds the room's key of an epoch; two are held.
    pub fn add_key(&mut self, epoch: u32, key: RoomKey) {
        self.keys.retain(|(e, _)| *e != epoch);
        self.keys.push((epoch, key));
        if self.keys.len() > 2 {
            self.keys.remove(0);
        }
    }

    /// Asks for a chunk from a record on; gives the request's number.
    pub fn fetch(&mut self, chunk: ChunkHash, first_record: u32) -> u32 {
        let request = self.next_request;
        self.next_request += 1;
        self.fetches.insert(request, Fetch { chunk, first: first_record, opener: None });
        self.request(&Request::Fetch { request, chunk, first_record });
        request
    }

    /// Ends a fetch; records that are on their way are dropped.
    pub fn cancel(&mut self, request: u32) {
        self.request(&Request::Cancel { request });
    }

    /// Sends a request of live streams or clocks; before the connection is open nothing is sent.
    pub fn ask(&mut self, request: &Request) {
        self.request(request);
    }

    fn request(&mut self, request: &Request) {
        if let Phase::Open { outgoing, .. } = &mut self.phase {
            let plain = wire::encode(request);
            // Requests are below 100 bytes, pieces of units below 17 KiB.
            let prefix = ((plain.len() + crate::seal::TAG_LEN) as u16).to_be_bytes();
            self.out.extend_from_slice(&prefix);
            let sealed = outgoing.seal(&prefix, &plain);
            self.out.extend_from_slice(&sealed);
        }
    }

    /// Whether requests may be sent: the challenge has been answered.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// Takes bytes from the server. Follow with [`Self::poll_output`] until it is empty.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes for the server, if there are some.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        (!self.out.is_empty()).then(|| std::mem::take(&mut self.out))
    }

    /// What came next.
    ///
    /// # Errors
    /// [`MediaError`]: close the connection; open fetches go on over a new one from [`Self::unfinished`].
    pub fn poll_output(&mut self) -> Result<Option<Output>, MediaError> {
        loop {
            if matches!(self.phase, Phase::Challenge) {
                if !self.answer_challenge()? {
                    return Ok(None);
                }
            } else if let Some((request, left)) = self.current {
                if let Some(output) = self.next_record(request)? {
                    return Ok(Some(output));
                }
                if left > 0 {
                    if self.buffer.is_empty() {
                        return Ok(None);
                    }
                    let part = self.buffer.split_to(left.min(self.buffer.len()));
                    self.current = Some((request, left - part.len()));
                    if let Some((_, opener)) = self.fetches.get_mut(&request).and_then(|f| f.opener.as_mut()) {
                        opener.push(&part);
                    }
                } else {
                    self.current = None;
                }
            } else {
                let Some(header) = self.buffer.first_chunk::<HEADER_LEN>().copied() else { return Ok(None) };
                match self.header(&header)? {
                    Some(Next::Output(output)) => return Ok(Some(output)),
                    Some(Next::Again) => {}
                    None => return Ok(None),
                }
            }
        }
    }

    fn answer_challenge(&mut self) -> Result<bool, MediaError> {
        let Some(c) = self.buffer.first_chunk::<CHALLENGE_LEN>().copied() else { return Ok(false) };
        if c[..4] != MAGIC {
            return Err(MediaError::Magic);
        }
        if u16::from_be_bytes([c[4], c[5]]) != VERSION {
            return Err(MediaError::Refused(HelloRefusal::Version));
        }
        self.buffer.advance(CHALLENGE_LEN);
        let mut challenge = [0; 32];
        challenge.copy_from_slice(&c[8..]);
        let mut hello = [0; HELLO_LEN];
        hello[..2].copy_from_slice(&VERSION.to_be_bytes());
        hello[4..12].copy_from_slice(&self.session.to_be_bytes());
        hello[12..].copy_from_slice(&self.secret.answer(&challenge, self.session));
        self.out.extend_from_slice(&hello);
        let (outgoing, incoming) = self.secret.directions(&challenge);
        self.phase = Phase::Open { outgoing: Box::new(outgoing), incoming: Box::new(incoming) };
        // What was asked for before the challenge came.
        let early: Vec<_> = self.fetches.iter().map(|(&request, f)| Request::Fetch { request, chunk: f.chunk, first_record: f.first }).collect();
        early.iter().for_each(|r| self.request(r));
        Ok(true)
    }

    fn header(&mut self, bytes: &[u8; HEADER_LEN]) -> Result<Option<Next>, MediaError> {
        let header = Header::from_bytes(bytes);
        let length = header.length as usize;
        match header.kind {
            RECORDS if length > RESPONSE_FRAME_MAX => Err(MediaError::Length(length)),
            RECORDS => {
                self.buffer.advance(HEADER_LEN);
                self.current = Some((header.request, length));
                let fetch = self.fetches.get_mut(&header.request).ok_or(MediaError::NotOpen(header.request))?;
                match &fetch.opener {
                    Some((epoch, _)) if *epoch == header.epoch => {}
                    Some(_) => return Err(MediaError::Epoch(header.epoch)),
                    None => {
                        let key = self.keys.iter().find(|(e, _)| *e == header.epoch).ok_or(MediaError::Epoch(header.epoch))?;
                        let cipher = ChunkCipher::new(&key.1, header.epoch, &fetch.chunk);
                        fetch.opener = Some((header.epoch, RecordOpener::new(cipher, fetch.first)));
                    }
                }
                Ok(Some(Next::Again))
            }
            REPLY if length > MEDIA_REPLY_MAX => Err(MediaError::Length(length)),
            REPLY => {
                if self.buffer.len() < HEADER_LEN + length {
                    return Ok(None);
                }
                self.buffer.advance(HEADER_LEN);
                let sealed = self.buffer.split_to(length);
                let Phase::Open { incoming, .. } = &mut self.phase else { return Err(MediaError::Unknown) };
                let reply = wire::decode(&incoming.open(bytes, &sealed)?)?;
                Ok(Some(Next::Output(match reply {
                    Reply::Accepted { server_time_us } => Output::Accepted { server_time_us },
                    Reply::Ended { request, why } => {
                        self.fetches.remove(&request);
                        Output::Ended { request, why }
                    }
                    said => Output::Said(said),
                })))
            }
            LIVE if length > LIVE_FRAME_MAX => Err(MediaError::Length(length)),
            LIVE => {
                if self.buffer.len() < HEADER_LEN + length {
                    return Ok(None);
                }
                self.buffer.advance(HEADER_LEN);
                let records = self.buffer.split_to(length).freeze();
                // What is no track's number belongs to nothing that was asked for.
                let track = u16::try_from(header.request).map_err(|_| MediaError::NotOpen(header.request))?;
                Ok(Some(Next::Output(Output::Live { track, records })))
            }
            REFUSED => Err(HelloRefusal::from_code(header.code).map_or(MediaError::Unknown, MediaError::Refused)),
            _ => Err(MediaError::Magic),
        }
    }

    fn next_record(&mut self, request: u32) -> Result<Option<Output>, MediaError> {
        let Some((_, opener)) = self.fetches.get_mut(&request).and_then(|f| f.opener.as_mut()) else { return Ok(None) };
        let Some(data) = opener.next_record()? else { return Ok(None) };
        let last = opener.is_finished();
        if last {
            self.fetches.remove(&request);
        }
        Ok(Some(Output::Record { request, data, last }))
    }

    /// Fetches that have not come to their end, with the record that each goes on at over a new connection.
    #[must_use]
    pub fn unfinished(&self) -> Vec<(u32, ChunkHash, u32)> {
        self.fetches.iter().map(|(&request, f)| (request, f.chunk, f.opener.as_ref().map_or(f.first, |(_, o)| o.next_index()))).collect()
    }
}

enum Next {
    Output(Output),
    Again,
}
