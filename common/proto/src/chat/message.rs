//! One message under the key of its direction.
//!
//! AES-256-GCM (NIST SP 800-38D): the nonce is the counter, the associated data names both identities, conversation, direction, key and
//! counter. What is sealed is padded to a bucket, so that its length tells little. GCM commits to nothing: somebody who has the key can
//! make two messages of one ciphertext. Each message therefore carries a commitment to what it says, whose opening is inside, so that
//! the recipient can later show one message, and nothing else, to the instructor (message franking; Grubbs, Lu and Ristenpart,
//! CRYPTO 2017).

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce, Tag};
use hmac::{Hmac, Mac};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::envelope::DirectionKey;
use super::{Direction, KeyId, Unreadable};
use crate::seal::TAG_LEN;

const MESSAGE: &[u8] = b"lectern chat message v1";
const COMMITMENT: &[u8] = b"lectern chat commitment v1";
/// Bytes before the content: the commitment's opening, and the content's length as `u32`.
const HEAD: usize = 32 + 4;
/// What is sealed is padded to the first of these that holds it.
pub const BUCKETS: [usize; 5] = [256, 1_024, 4_096, 16_384, 66_560];
/// Longest content.
pub const CONTENT_MAX: usize = BUCKETS[BUCKETS.len() - 1] - HEAD;

/// A sealed message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub key: KeyId,
    /// Counts the messages under the key from 0.
    pub counter: u64,
    /// HMAC-SHA256 under the opening: of the label, the associated data without this field, and the content.
    pub commitment: [u8; 32],
    /// Ciphertext and tag.
    pub sealed: Vec<u8>,
}

/// A message that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub content: Zeroizing<Vec<u8>>,
    /// Shows, with the content, what the commitment was made of.
    pub opening: [u8; 32],
}

/// The content is longer than [`CONTENT_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message can hold {CONTENT_MAX} bytes, not {0}")]
pub struct TooLong(pub usize);

fn cipher(key: &DirectionKey) -> Aes256Gcm {
    Aes256Gcm::new(&Key::<Aes256Gcm>::from(key.0))
}

fn nonce(counter: u64) -> Nonce<aes_gcm::aes::cipher::consts::U12> {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&counter.to_be_bytes());
    Nonce::from(nonce)
}

/// Context of the direction under "lectern chat message v1" ‖ key ‖ counter `u64`.
fn place(direction: Direction, key: KeyId, counter: u64) -> Vec<u8> {
    [&direction.context(MESSAGE)[..], &key.0, &counter.to_be_bytes()].concat()
}

fn committed(opening: &[u8; 32], place: &[u8], content: &[u8]) -> [u8; 32] {
    // A key of any length is taken.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(opening) else { return [0; 32] };
    mac.chain_update(COMMITMENT).chain_update(place).chain_update(content).finalize().into_bytes().into()
}

impl Message {
    /// Seals a content. A counter must never be used twice under one key.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn seal<R: CryptoRng + ?Sized>(
        rng: &mut R,
        (id, key): (KeyId, &DirectionKey),
        direction: Direction,
        counter: u64,
        content: &[u8],
    ) -> Result<Self, TooLong> {
        let bucket = BUCKETS.into_iter().find(|b| content.len() <= b - HEAD).ok_or(TooLong(content.len()))?;
        let mut opening = [0; 32];
        rng.fill_bytes(&mut opening);
        let mut sealed = Vec::with_capacity(bucket + TAG_LEN);
        sealed.extend_from_slice(&opening);
        // At most 66,524.
        sealed.extend_from_slice(&(content.len() as u32).to_be_bytes());
        sealed.extend_from_slice(content);
        sealed.resize(bucket, 0);
        let place = place(direction, id, counter);
        let commitment = committed(&opening, &place, content);
        // Fails only above 64 GiB.
        let tag = cipher(key).encrypt_inout_detached(&nonce(counter), &[&place[..], &commitment].concat(), sealed[..].as_mut().into());
        sealed.extend_from_slice(&tag.map_err(|_| TooLong(content.len()))?);
        Ok(Self { key: id, counter, commitment, sealed })
    }

    /// Opens it. Whether the counter is new is looked at elsewhere.
    ///
    /// # Errors
    /// [`Unreadable`], whatever was wrong.
    pub fn open(&self, key: &DirectionKey, direction: Direction) -> Result<Opened, Unreadable> {
        let length = self.sealed.len().checked_sub(TAG_LEN).filter(|l| BUCKETS.contains(l)).ok_or(Unreadable)?;
        let mut plain = Zeroizing::new(self.sealed[..length].to_vec());
        let tag = Tag::try_from(&self.sealed[length..]).map_err(|_| Unreadable)?;
        let place = place(direction, self.key, self.counter);
        let data = [&place[..], &self.commitment].concat();
        cipher(key).decrypt_inout_detached(&nonce(self.counter), &data, plain[..].as_mut().into(), &tag).map_err(|_| Unreadable)?;
        let (head, rest) = plain.split_at(HEAD);
        let opening: [u8; 32] = head[..32].try_into().map_err(|_| Unreadable)?;
        let length = u32::from_be_bytes([head[32], head[33], head[34], head[35]]) as usize;
        let (content, padding) = rest.split_at_checked(length).ok_or(Unreadable)?;
        if padding.iter().any(|b| *b != 0) || !self.shows(direction, &opening, content) {
            return Err(Unreadable);
        }
        Ok(Opened { content: Zeroizing::new(content.to_vec()), opening })
    }

    /// Whether this is what the message says.
    #[must_use]
    pub fn shows(&self, direction: Direction, opening: &[u8; 32], content: &[u8]) -> bool {
        shows(&self.commitment, direction, (self.key, self.counter), opening, content)
    }
}

/// Whether a message at this place, with this commitment, says this: to whoever has neither key nor ciphertext.
#[must_use]
pub fn shows(commitment: &[u8; 32], direction: Direction, (key, counter): (KeyId, u64), opening: &[u8; 32], content: &[u8]) -> bool {
    committed(opening, &place(direction, key, counter), content).ct_eq(commitment).into()
}
