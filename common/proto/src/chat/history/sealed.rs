//! Kept records as they lie on a disk: each sealed by itself, behind those before it, so that a file grows by what is new.
//!
//! ```text
//! file   = "LECTHST1" ‖ file id, 16 random bytes ‖ records
//! record = length u32 ‖ AES-256-GCM(file key, nonce, associated data, plain), with its tag; `length` bytes
//! plain  = length u32 ‖ record in the form of messages ‖ zeros, to a multiple of 64 bytes
//! nonce  = 0 u32 ‖ place u64, counted from 0
//! associated data = "lectern chat history v1" ‖ file id ‖ place u64 ‖ length u32
//! file key = HKDF-SHA-256(history key, no salt, info "lectern chat history file v1" ‖ file id, 32 bytes)
//! ```
//! The history key is the account's ([`super::super::ring::Ring::history_key`]). A file id is drawn by each program that writes, for each file
//! that it writes, and a file is only added to by who has drawn its id and added all that is in it: so no nonce meets two plaintexts, whatever
//! copy of a file is brought back. What a program finds it takes over into a file of its own. A record that was cut off by a crash is left
//! out, one that was changed or moved is left out and counted; that whole records are missing at the end cannot be seen.

use std::fmt;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce, Tag};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::Record;
use crate::limits::HISTORY_RECORD_MAX;
use crate::seal::TAG_LEN;
use crate::wire;

const MAGIC: &[u8; 8] = b"LECTHST1";
const RECORD: &[u8] = b"lectern chat history v1";
const FILE_LABEL: &[u8] = b"lectern chat history file v1";
/// The plaintext of a record has a multiple of so many bytes, so that its length tells little.
const STEP: usize = 64;
/// Bytes in front of the first record.
pub const HEAD_LEN: usize = MAGIC.len() + 16;
/// Bytes of a length.
const LENGTH: usize = 4;

/// Opens and seals what an account keeps on this computer.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct HistoryKey(pub [u8; 32]);

impl fmt::Debug for HistoryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HistoryKey(..)")
    }
}

/// The file is none of this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no file of kept conversations, or one of a later version")]
pub struct NotHistory;

/// What was found in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub records: Vec<Record>,
    /// Records that could not be opened: changed, moved, another account's, or of a later version.
    pub lost: u64,
    /// The last one was cut off.
    pub is_cut: bool,
}

/// Bytes that a record needs in a file.
#[must_use]
pub fn length(record: &Record) -> u64 {
    (LENGTH + padded(wire::encode(record).len()) + TAG_LEN) as u64
}

fn padded(record: usize) -> usize {
    (LENGTH + record).next_multiple_of(STEP)
}

/// The cipher of one file.
struct FileCipher {
    cipher: Aes256Gcm,
    id: [u8; 16],
}

impl FileCipher {
    fn new(key: &HistoryKey, id: [u8; 16]) -> Self {
        let mut own = Zeroizing::new([0; 32]);
        // 32 bytes is far below HKDF's limit of 255 hashes; this cannot fail.
        let _ = Hkdf::<Sha256>::new(None, &key.0).expand_multi_info(&[FILE_LABEL, &id], &mut *own);
        Self { cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(*own)), id }
    }

    fn data(&self, place: u64, length: u32) -> Vec<u8> {
        [RECORD, &self.id, &place.to_be_bytes(), &length.to_be_bytes()].concat()
    }

    fn nonce(place: u64) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&place.to_be_bytes());
        nonce
    }

    fn open(&self, place: u64, sealed: &[u8]) -> Option<Record> {
        let length = u32::try_from(sealed.len()).ok()?;
        let (body, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_LEN)?)?;
        let mut plain = Zeroizing::new(body.to_vec());
        let tag = Tag::try_from(tag).ok()?;
        self.cipher.decrypt_inout_detached(&Nonce::from(Self::nonce(place)), &self.data(place, length), plain[..].as_mut().into(), &tag).ok()?;
        let (head, rest) = plain.split_first_chunk::<LENGTH>()?;
        wire::decode(rest.get(..u32::from_be_bytes(*head) as usize)?).ok()
    }
}

impl fmt::Debug for FileCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileCipher({})", crate::hex::write(&self.id[..4]))
    }
}

/// Seals the records of one file, in their order.
#[derive(Debug)]
pub struct Sealer {
    cipher: FileCipher,
    next: u64,
}

impl Sealer {
    /// Begins a file.
    #[must_use]
    pub fn begin<R: CryptoRng + ?Sized>(rng: &mut R, key: &HistoryKey) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self { cipher: FileCipher::new(key, id), next: 0 }
    }

    /// What the file begins with.
    #[must_use]
    pub fn head(&self) -> [u8; HEAD_LEN] {
        let mut head = [0; HEAD_LEN];
        head[..MAGIC.len()].copy_from_slice(MAGIC);
        head[MAGIC.len()..].copy_from_slice(&self.cipher.id);
        head
    }

    /// Adds the next record to `file`; false where it is longer than one may be, which no message is.
    pub fn seal(&mut self, record: &Record, file: &mut Vec<u8>) -> bool {
        let plain = Zeroizing::new(wire::encode(record));
        let whole = padded(plain.len()) + TAG_LEN;
        let (Ok(inner), Ok(length)) = (u32::try_from(plain.len()), u32::try_from(whole)) else { return false };
        if whole > HISTORY_RECORD_MAX {
            return false;
        }
        let mut body = Zeroizing::new(Vec::with_capacity(whole));
        body.extend_from_slice(&inner.to_be_bytes());
        body.extend_from_slice(&plain);
        body.resize(whole - TAG_LEN, 0);
        let (nonce, data) = (Nonce::from(FileCipher::nonce(self.next)), self.cipher.data(self.next, length));
        let Ok(tag) = self.cipher.cipher.encrypt_inout_detached(&nonce, &data, body[..].as_mut().into()) else { return false };
        self.next += 1;
        file.extend_from_slice(&length.to_be_bytes());
        file.extend_from_slice(&body);
        file.extend_from_slice(&tag);
        true
    }
}

/// Reads a file.
///
/// # Errors
/// [`NotHistory`].
pub fn read(key: &HistoryKey, file: &[u8]) -> Result<Found, NotHistory> {
    let (head, mut rest) = file.split_first_chunk::<HEAD_LEN>().ok_or(NotHistory)?;
    let (magic, id) = head.split_at(MAGIC.len());
    let id = id.try_into().map_err(|_| NotHistory)?;
    (magic == MAGIC).then_some(()).ok_or(NotHistory)?;
    let (cipher, mut found) = (FileCipher::new(key, id), Found::default());
    for place in 0u64.. {
        if rest.is_empty() {
            break;
        }
        let Some((length, behind)) = rest.split_first_chunk::<LENGTH>() else {
            found.is_cut = true;
            break;
        };
        let length = u32::from_be_bytes(*length) as usize;
        if length > HISTORY_RECORD_MAX {
            // Where the next begins is not known.
            found.lost += 1;
            break;
        }
        let Some((sealed, behind)) = behind.split_at_checked(length) else {
            found.is_cut = true;
            break;
        };
        match cipher.open(place, sealed) {
            Some(record) => found.records.push(record),
            None => found.lost += 1,
        }
        rest = behind;
    }
    Ok(found)
}
