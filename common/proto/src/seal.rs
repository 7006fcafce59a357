//! Media records, sealed once: the same bytes for every viewer.
//!
//! A chunk is cut into records of [`RECORD_PLAIN`] bytes. Its key is HKDF-SHA256 (RFC 5869) of the room's media key with
//! the epoch and the chunk's name; a record is AES-256-GCM (NIST SP 800-38D) with its index as nonce. A key seals one
//! immutable chunk, so a nonce never meets two plaintexts. Also here: the per-connection keys of the media port, from the
//! TLS exporter (RFC 8446, 7.5) of the control connection.
//!
//! A sealed record on the wire: `index: u32` (top bit: last record of the chunk), `length: u16` of what follows,
//! ciphertext, 16-byte tag. Index and flag are authenticated.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce, Tag};
use bytes::{Bytes, BytesMut};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::control::StreamId;
use crate::limits::RECORD_PLAIN;
use crate::manifest::ChunkHash;

/// Bytes of an AES-GCM tag.
pub const TAG_LEN: usize = 16;
/// Bytes in front of a record's ciphertext.
pub const RECORD_HEADER_LEN: usize = 6;
/// Largest ciphertext of a record, tag included.
pub const RECORD_SEALED_MAX: usize = RECORD_PLAIN + TAG_LEN;
const LAST: u32 = 1 << 31;

/// The room's media key of one epoch: keeps non-members out; every member and the server have it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct RoomKey(pub [u8; 32]);

impl fmt::Debug for RoomKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomKey(..)")
    }
}

/// The record was changed on its way, or belongs to another chunk, epoch or place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("a media record could not be authenticated")]
    Forged,
    #[error("a media record has an impossible length")]
    Length,
    #[error("media record {got} came where {expected} was due")]
    Order { expected: u32, got: u32 },
}

fn derive(ikm: &[u8], info: &[&[u8]]) -> [u8; 32] {
    let mut key = [0; 32];
    // 32 bytes is far below HKDF's limit of 255 hashes; this cannot fail.
    let _ = Hkdf::<Sha256>::new(None, ikm).expand_multi_info(info, &mut key);
    key
}

fn cipher(mut key: [u8; 32]) -> Aes256Gcm {
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(key));
    key.zeroize();
    cipher
}

fn nonce_of(counter: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&counter.to_be_bytes());
    nonce
}

/// The cipher of one chunk in one epoch.
pub struct ChunkCipher(Aes256Gcm);

impl fmt::Debug for ChunkCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChunkCipher(..)")
    }
}

impl ChunkCipher {
    /// Key = HKDF-SHA256(ikm = room key, no salt, info = "lectern chunk v1" ‖ epoch: u32 ‖ chunk: 32 bytes).
    #[must_use]
    pub fn new(room_key: &RoomKey, epoch: u32, chunk: &ChunkHash) -> Self {
        Self(cipher(derive(&room_key.0, &[b"lectern chunk v1", &epoch.to_be_bytes(), &chunk.0])))
    }

    /// Seals a whole chunk into its records, headers included, back to back. An empty chunk is one empty record.
    #[must_use]
    pub fn seal(&self, plain: &[u8]) -> Bytes {
        self.seal_part(0, plain, true)
    }

    /// Seals a part of a chunk that starts at record `first`; `ends` says that the chunk ends with it. Parts that do not
    /// end it are whole records. The parts of a chunk, back to back, are what [`Self::seal`] gives.
    #[must_use]
    pub fn seal_part(&self, first: u32, plain: &[u8], ends: bool) -> Bytes {
        let records = plain.len().div_ceil(RECORD_PLAIN).max(1);
        let mut out = BytesMut::with_capacity(plain.len() + records * (RECORD_HEADER_LEN + TAG_LEN));
        for i in 0..records {
            let part = &plain[i * RECORD_PLAIN..plain.len().min((i + 1) * RECORD_PLAIN)];
            let last = if ends && i + 1 == records { LAST } else { 0 };
            // Chunks are below 100 MiB, records 16 KiB: both numbers are small.
            let index = first + i as u32;
            let word = (index | last).to_be_bytes();
            out.extend_from_slice(&word);
            out.extend_from_slice(&((part.len() + TAG_LEN) as u16).to_be_bytes());
            let start = out.len();
            out.extend_from_slice(part);
            let sealed = self.0.encrypt_inout_detached(&Nonce::from(nonce_of(u64::from(index))), &word, (&mut out[start..]).into());
            // Fails only above 64 GiB a record.
            if let Ok(tag) = sealed {
                out.extend_from_slice(&tag);
            }
        }
        out.freeze()
    }

    /// Opens one record in place: `sealed` is ciphertext and tag, `word` the first four bytes of its header.
    fn open(&self, word: u32, mut sealed: BytesMut) -> Result<Bytes, SealError> {
        if sealed.len() < TAG_LEN || sealed.len() > RECORD_SEALED_MAX {
            return Err(SealError::Length);
        }
        let tag = sealed.split_off(sealed.len() - TAG_LEN);
        let tag = Tag::try_from(&tag[..]).map_err(|_| SealError::Length)?;
        self.0
            .decrypt_inout_detached(&Nonce::from(nonce_of(u64::from(word & !LAST))), &word.to_be_bytes(), (&mut sealed[..]).into(), &tag)
            .map_err(|_| SealError::Forged)?;
        Ok(sealed.freeze())
    }
}

/// Offset of a record in a sealed chunk, for a fetch that goes on in the middle.
#[must_use]
pub fn record_offset(record: u32) -> usize {
    record as usize * (RECORD_HEADER_LEN + RECORD_SEALED_MAX)
}

/// Opens the records of one chunk as their bytes come, in order.
#[derive(Debug)]
pub struct RecordOpener {
    cipher: ChunkCipher,
    buffer: BytesMut,
    next: u32,
    finished: bool,
}

impl RecordOpener {
    /// Starts at record `first`.
    #[must_use]
    pub fn new(cipher: ChunkCipher, first: u32) -> Self {
        Self { cipher, buffer: BytesMut::new(), next: first, finished: false }
    }

    /// Adds bytes of the stream of records.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The plaintext of the next whole record.
    ///
    /// # Errors
    /// [`SealError`] when a record is forged, too long or out of order; the chunk must then be fetched again.
    pub fn next_record(&mut self) -> Result<Option<Bytes>, SealError> {
        let Some(header) = self.buffer.first_chunk::<RECORD_HEADER_LEN>().copied() else { return Ok(None) };
        let word = u32::from_be_bytes([header[0], header[1], header[2], header[3]]);
        let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
        if !(TAG_LEN..=RECORD_SEALED_MAX).contains(&length) {
            return Err(SealError::Length);
        }
        if word & !LAST != self.next || self.finished {
            return Err(SealError::Order { expected: self.next, got: word & !LAST });
        }
        if self.buffer.len() < RECORD_HEADER_LEN + length {
            return Ok(None);
        }
        let mut record = self.buffer.split_to(RECORD_HEADER_LEN + length);
        let plain = self.cipher.open(word, record.split_off(RECORD_HEADER_LEN))?;
        self.finished = word & LAST != 0;
        self.next += 1;
        Ok(Some(plain))
    }

    /// Whether the last record was opened.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// The record that comes next; a new fetch goes on there.
    #[must_use]
    pub fn next_index(&self) -> u32 {
        self.next
    }
}

/// The cipher of one track of a live stream in one epoch; [`crate::live::record`] says what it seals.
pub struct LiveCipher(Aes256Gcm);

impl fmt::Debug for LiveCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LiveCipher(..)")
    }
}

impl LiveCipher {
    /// Key = HKDF-SHA256(ikm = room key, no salt, info = "lectern live v1" ‖ epoch: u32 ‖ stream: 16 bytes ‖ track: u16).
    #[must_use]
    pub fn new(room_key: &RoomKey, epoch: u32, stream: &StreamId, track: u16) -> Self {
        Self::labelled(b"lectern live v1", room_key, epoch, stream, track)
    }

    /// The same for the parity of the track's records, with "lectern parity v1".
    #[must_use]
    pub fn parity(room_key: &RoomKey, epoch: u32, stream: &StreamId, track: u16) -> Self {
        Self::labelled(b"lectern parity v1", room_key, epoch, stream, track)
    }

    fn labelled(label: &[u8], room_key: &RoomKey, epoch: u32, stream: &StreamId, track: u16) -> Self {
        Self(cipher(derive(&room_key.0, &[label, &epoch.to_be_bytes(), &stream.0, &track.to_be_bytes()])))
    }

    /// Seals `data` in place; `number` is never used twice with one key. Gives the tag.
    pub fn seal(&self, number: u64, aad: &[u8], data: &mut [u8]) -> [u8; TAG_LEN] {
        // Fails only above 64 GiB; a tag of zeros would not open.
        self.0.encrypt_inout_detached(&Nonce::from(nonce_of(number)), aad, data.into()).map_or([0; TAG_LEN], Into::into)
    }

    /// The plaintext of ciphertext and tag.
    ///
    /// # Errors
    /// [`SealError`] when it was changed or belongs elsewhere.
    pub fn open(&self, number: u64, aad: &[u8], sealed: &[u8]) -> Result<Bytes, SealError> {
        open(&self.0, number, aad, sealed).map(Bytes::from)
    }
}

fn open(cipher: &Aes256Gcm, number: u64, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (body, tag) = sealed.split_last_chunk::<TAG_LEN>().ok_or(SealError::Length)?;
    let mut out = body.to_vec();
    cipher.decrypt_inout_detached(&Nonce::from(nonce_of(number)), aad, (&mut out[..]).into(), &Tag::from(*tag)).map_err(|_| SealError::Forged)?;
    Ok(out)
}

/// The secret that a control connection's TLS exporter gave, for its media connections.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MediaSecret(pub [u8; 32]);

/// Label for the TLS exporter, without context.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-lectern-media-v1";

impl fmt::Debug for MediaSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaSecret(..)")
    }
}

impl MediaSecret {
    fn mac(&self, challenge: &[u8; 32], session: u64) -> Hmac<Sha256> {
        let key = derive(&self.0, &[b"lectern media hello v1"]);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&padded(key));
        mac.update(challenge);
        mac.update(&session.to_be_bytes());
        mac
    }

    /// The answer to a challenge: HMAC-SHA256(HKDF(secret, "lectern media hello v1"), challenge ‖ session: u64).
    #[must_use]
    pub fn answer(&self, challenge: &[u8; 32], session: u64) -> [u8; 32] {
        self.mac(challenge, session).finalize().into_bytes().into()
    }

    /// Checks an answer in constant time.
    #[must_use]
    pub fn verify(&self, challenge: &[u8; 32], session: u64, answer: &[u8; 32]) -> bool {
        self.answer(challenge, session).ct_eq(answer).into()
    }

    /// The two directions of a UDP flow, bound to its cookie: asks of the client, what the server tells. Keys:
    /// HKDF(secret, "lectern datagram c2s v1" ‖ cookie) and "... s2c v1".
    #[must_use]
    pub fn datagram_ciphers(&self, cookie: &[u8; 32]) -> (LiveCipher, LiveCipher) {
        let key = |label: &[u8]| LiveCipher(cipher(derive(&self.0, &[label, cookie])));
        (key(b"lectern datagram c2s v1"), key(b"lectern datagram s2c v1"))
    }

    /// The two directions of a media connection, bound to its challenge: client to server, server to client.
    #[must_use]
    pub fn directions(&self, challenge: &[u8; 32]) -> (DirectionCipher, DirectionCipher) {
        let key = |label: &[u8]| DirectionCipher { cipher: cipher(derive(&self.0, &[label, challenge])), counter: 0 };
        (key(b"lectern media c2s v1"), key(b"lectern media s2c v1"))
    }
}

/// Seals or opens the small messages of one direction of one media connection, in order.
pub struct DirectionCipher {
    cipher: Aes256Gcm,
    counter: u64,
}

impl fmt::Debug for DirectionCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DirectionCipher {{ counter: {} }}", self.counter)
    }
}

impl DirectionCipher {
    /// Ciphertext and tag; `aad` is authenticated with it. The nonce is the count of messages before it.
    #[must_use]
    pub fn seal(&mut self, aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut out = plain.to_vec();
        let sealed = self.cipher.encrypt_inout_detached(&Nonce::from(nonce_of(self.counter)), aad, (&mut out[..]).into());
        self.counter += 1;
        if let Ok(tag) = sealed {
            out.extend_from_slice(&tag);
        }
        out
    }

    /// The plaintext of the next message.
    ///
    /// # Errors
    /// [`SealError`] when it was changed, repeated, left out or reordered; the connection is then of no further use.
    pub fn open(&mut self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let out = open(&self.cipher, self.counter, aad, sealed)?;
        self.counter += 1;
        Ok(out)
    }
}

/// A key shorter than HMAC's block is padded with zeros (RFC 2104, section 2).
fn padded(key: [u8; 32]) -> hmac::digest::Key<Hmac<Sha256>> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block[..32].copy_from_slice(&key);
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHUNK: ChunkHash = ChunkHash([5; 32]);

    fn opener(first: u32) -> RecordOpener {
        RecordOpener::new(ChunkCipher::new(&RoomKey([1; 32]), 1, &CHUNK), first)
    }

    fn open_all(mut opener: RecordOpener, sealed: &[u8], step: usize) -> Result<Vec<u8>, SealError> {
        let mut out = Vec::new();
        for piece in sealed.chunks(step) {
            opener.push(piece);
            while let Some(plain) = opener.next_record()? {
                out.extend_from_slice(&plain);
            }
        }
        assert!(opener.is_finished());
        Ok(out)
    }

    #[test]
    fn opens_what_it_sealed_from_any_record_on() {
        for len in [0, 1, RECORD_PLAIN - 1, RECORD_PLAIN, RECORD_PLAIN + 1, 5 * RECORD_PLAIN] {
            let plain: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let sealed = ChunkCipher::new(&RoomKey([1; 32]), 1, &CHUNK).seal(&plain);
            assert_eq!(open_all(opener(0), &sealed, 1000), Ok(plain.clone()), "{len}");
            if len > 2 * RECORD_PLAIN {
                assert_eq!(open_all(opener(2), &sealed[record_offset(2)..], 77_777), Ok(plain[2 * RECORD_PLAIN..].to_vec()));
            }
        }
    }

    #[test]
    fn parts_are_the_whole() {
        let plain: Vec<u8> = (0..9 * RECORD_PLAIN + 5).map(|i| i as u8).collect();
        let cipher = ChunkCipher::new(&RoomKey([1; 32]), 1, &CHUNK);
        let (head, tail) = plain.split_at(4 * RECORD_PLAIN);
        let parts = [cipher.seal_part(0, head, false), cipher.seal_part(4, tail, true)].concat();
        assert_eq!(parts, cipher.seal(&plain));
    }

    #[test]
    fn another_epoch_key_chunk_or_place_does_not_open() {
        let sealed = ChunkCipher::new(&RoomKey([1; 32]), 1, &CHUNK).seal(&[1; 40_000]);
        for cipher in [
            ChunkCipher::new(&RoomKey([2; 32]), 1, &CHUNK),
            ChunkCipher::new(&RoomKey([1; 32]), 2, &CHUNK),
            ChunkCipher::new(&RoomKey([1; 32]), 1, &ChunkHash([6; 32])),
        ] {
            let mut opener = RecordOpener::new(cipher, 0);
            opener.push(&sealed);
            assert_eq!(opener.next_record(), Err(SealError::Forged));
        }
        let mut swapped = opener(0);
        swapped.push(&sealed[record_offset(1)..]);
        assert_eq!(swapped.next_record(), Err(SealError::Order { expected: 0, got: 1 }));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_seen(bit in 0usize..(8 * 50)) {
            let mut sealed = ChunkCipher::new(&RoomKey([1; 32]), 1, &CHUNK).seal(&[9; 28]).to_vec();
            sealed[bit / 8] ^= 1 << (bit % 8);
            let mut opener = opener(0);
            opener.push(&sealed);
            prop_assert!(!matches!(opener.next_record(), Ok(Some(_))));
        }

        #[test]
        fn noise_never_panics(noise: Vec<u8>) {
            let mut opener = opener(0);
            opener.push(&noise);
            let _ = opener.next_record();
        }
    }

    #[test]
    fn directions_are_bound_to_challenge_order_and_way() {
        let secret = MediaSecret([4; 32]);
        let (mut c2s, mut s2c) = secret.directions(&[1; 32]);
        let (mut c2s_far, mut s2c_far) = secret.directions(&[1; 32]);
        let one = c2s.seal(b"a", b"one");
        let two = c2s.seal(b"a", b"two");
        assert_eq!(c2s_far.open(b"a", &two), Err(SealError::Forged));
        assert_eq!(c2s_far.open(b"b", &one), Err(SealError::Forged));
        assert_eq!(c2s_far.open(b"a", &one).as_deref(), Ok(&b"one"[..]));
        assert_eq!(c2s_far.open(b"a", &one), Err(SealError::Forged));
        assert_eq!(s2c_far.open(b"a", &s2c.seal(b"a", b"back")).as_deref(), Ok(&b"back"[..]));
        assert!(secret.verify(&[1; 32], 7, &secret.answer(&[1; 32], 7)));
        assert!(!secret.verify(&[1; 32], 8, &secret.answer(&[1; 32], 7)));
    }
}
