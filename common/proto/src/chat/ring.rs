//! What an account keeps of private chat from one computer to the next: its identity, its mailbox prekeys, and what it must not forget.
//!
//! The client seals a ring with AES-256-GCM under a key that HKDF-SHA-256 makes of the account's wrapping key
//! ([`crate::account::WrappingKey`]), and the server keeps it without being able to read it. Its version is in the associated data, so that an
//! older ring cannot be shown as a newer one; that it is the newest only somebody can know who has seen a newer one.

use std::collections::BTreeSet;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce, Tag};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::content::MessageId;
use super::history::sealed::HistoryKey;
use super::keys::{Keys, prekey_id};
use super::party::UsedKey;
use super::rsa_keys::{PrivateKey, RsaError};
use super::{IdentityId, KeyId, PrekeyId};
use crate::account::WrappingKey;
use crate::control::PersonId;
use crate::limits::{
    ACCOUNT_IDENTITY_MAX, MAILBOX_GOOD_FOR, MAILBOX_OPEN_FOR, MAILBOX_RENEW_AFTER, RING_OPENED_MAX, RING_PEERS_MAX, RING_PREKEYS_MAX, RING_USED_MAX,
};
use crate::seal::TAG_LEN;
use crate::wire;

const KEY_LABEL: &[u8] = b"lectern chat ring key v1";
const HISTORY_LABEL: &[u8] = b"lectern chat history key v1";
const RING: &[u8] = b"lectern chat ring v1";
const NONCE_LEN: usize = 12;
/// A sealed ring has a multiple of so many bytes, so that its length tells little of what is in it.
const STEP: usize = 4_096;

/// What was kept is not a ring under this key, of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the keys that the account keeps at the server cannot be opened: they were changed, or are another password's")]
pub struct RingError;

/// Somebody whose identity is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownPeer {
    pub person: PersonId,
    pub identity: IdentityId,
    /// The safety number was compared.
    pub verified: bool,
    pub blocked: bool,
}

/// What must not be forgotten: who is who, and what was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Whoever was met longest ago first.
    pub peers: Vec<KnownPeer>,
    pub used: Vec<UsedKey>,
    /// Messages that were opened lately, oldest first.
    pub opened: Vec<(IdentityId, MessageId)>,
}

/// A prekey for what waits at the server. Times are seconds since 1970.
#[derive(Debug, Clone)]
struct MailboxPrekey {
    key: PrivateKey,
    made_s: i64,
    replaced_s: Option<i64>,
}

/// The ring of one account.
#[derive(Debug, Clone)]
pub struct Ring {
    identity: PrivateKey,
    /// The newest at the end; never empty.
    prekeys: Vec<MailboxPrekey>,
    pub memory: Memory,
}

/// The form that is sealed. Identities stand once and are named by their place.
#[derive(Serialize, Deserialize)]
struct Plain {
    identity: Der,
    prekeys: Vec<(Der, i64, Option<i64>)>,
    identities: Vec<IdentityId>,
    peers: Vec<(PersonId, u16, bool, bool)>,
    used: Vec<(u16, PrekeyId, KeyId, u64)>,
    opened: Vec<(u16, MessageId)>,
}

/// A private key as PKCS #8.
#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
struct Der(Vec<u8>);

fn seconds(time: std::time::Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

impl Ring {
    /// A new identity with its first mailbox prekey. Takes some tenths of a second.
    ///
    /// # Errors
    /// [`RsaError`] when the generator does not work.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R, now_s: i64) -> Result<Self, RsaError> {
        let (identity, key) = (PrivateKey::generate(rng)?, PrivateKey::generate(rng)?);
        Ok(Self::new(identity, key, now_s))
    }

    /// A ring of keys that were made before.
    #[must_use]
    pub fn new(identity: PrivateKey, prekey: PrivateKey, now_s: i64) -> Self {
        Self { identity, prekeys: vec![MailboxPrekey { key: prekey, made_s: now_s, replaced_s: None }], memory: Memory::default() }
    }

    #[must_use]
    pub fn id(&self) -> IdentityId {
        IdentityId(self.identity.public().sha256())
    }

    /// Destroys prekeys whose time is over, with what is remembered for them, and says whether a new one is due: [`Ring::renew`].
    pub fn tidy(&mut self, now_s: i64) -> bool {
        let closed = |p: &MailboxPrekey| p.replaced_s.is_some_and(|at| now_s >= at.saturating_add(seconds(MAILBOX_OPEN_FOR)));
        self.prekeys.retain(|p| !closed(p));
        self.forget_unused();
        // Replays are never let in: what cannot be remembered goes with its prekey.
        while self.prekeys.len() > 1 && (self.prekeys.len() > RING_PREKEYS_MAX - 1 || self.is_nearly_full()) {
            self.prekeys.remove(0);
            self.forget_unused();
        }
        self.is_nearly_full() || self.prekeys.last().is_none_or(|p| now_s >= p.made_s.saturating_add(seconds(MAILBOX_RENEW_AFTER)))
    }

    fn is_nearly_full(&self) -> bool {
        self.memory.used.len() >= RING_USED_MAX / 4 * 3
    }

    /// Puts a new mailbox prekey in the place of the one before.
    pub fn renew(&mut self, prekey: PrivateKey, now_s: i64) {
        if self.is_nearly_full() {
            self.prekeys.clear();
        }
        if let Some(newest) = self.prekeys.last_mut() {
            newest.replaced_s = Some(now_s);
        }
        self.prekeys.push(MailboxPrekey { key: prekey, made_s: now_s, replaced_s: None });
        self.forget_unused();
    }

    fn forget_unused(&mut self) {
        let there: BTreeSet<_> = self.prekeys.iter().map(|p| prekey_id(p.key.public())).collect();
        self.memory.used.retain(|used| there.contains(&used.prekey));
    }

    /// The keys of a program with this prekey for its session.
    ///
    /// # Errors
    /// [`RsaError`] when the identity cannot sign.
    pub fn keys<R: CryptoRng + ?Sized>(&self, rng: &mut R, session: PrivateKey) -> Result<Keys, RsaError> {
        let until_s = self.prekeys.last().map_or(0, |p| p.made_s.saturating_add(seconds(MAILBOX_GOOD_FOR)));
        Keys::new(rng, self.identity.clone(), session)?.with_mailbox(rng, self.prekeys.iter().map(|p| p.key.clone()).collect(), until_s)
    }

    /// The same without what is for mailboxes.
    ///
    /// # Errors
    /// [`RsaError`] when the identity cannot sign.
    pub fn lesson_keys<R: CryptoRng + ?Sized>(&self, rng: &mut R, session: PrivateKey) -> Result<Keys, RsaError> {
        Keys::new(rng, self.identity.clone(), session)
    }

    /// The key of what a computer keeps of the account's conversations: HKDF-SHA-256 of the identity's private key (as PKCS #8), so that it is
    /// the same on every computer and after another password, and nobody has it who cannot open the ring.
    ///
    /// # Errors
    /// [`RingError`], which does not happen with a ring that was made or opened.
    pub fn history_key(&self) -> Result<HistoryKey, RingError> {
        let der = self.identity.to_pkcs8().map_err(|_| RingError)?;
        let mut key = HistoryKey([0; 32]);
        Hkdf::<Sha256>::new(None, &der).expand(HISTORY_LABEL, &mut key.0).map_err(|_| RingError)?;
        Ok(key)
    }

    /// Takes what another program of the account has kept meanwhile: all that either remembers. False where that is another identity.
    pub fn merge(&mut self, other: Self) -> bool {
        if other.id() != self.id() {
            return false;
        }
        let Self { prekeys, memory, .. } = other;
        for theirs in prekeys {
            match self.prekeys.iter_mut().find(|p| p.key.public() == theirs.key.public()) {
                Some(own) => own.replaced_s = own.replaced_s.or(theirs.replaced_s),
                None => self.prekeys.push(theirs),
            }
        }
        self.prekeys.sort_by_key(|p| p.made_s);
        let peers: Vec<_> = memory.peers.into_iter().filter(|p| !self.memory.peers.iter().any(|own| own.person == p.person)).collect();
        self.memory.peers.splice(0..0, peers);
        for used in memory.used {
            match self.memory.used.iter_mut().find(|own| own.sender == used.sender && own.key == used.key) {
                Some(own) => own.next = own.next.max(used.next),
                None => self.memory.used.push(used),
            }
        }
        let opened: Vec<_> = memory.opened.into_iter().filter(|o| !self.memory.opened.contains(o)).collect();
        self.memory.opened.splice(0..0, opened);
        true
    }

    /// Seals the ring as this version: nonce, 12 bytes ‖ AES-256-GCM with its tag.
    ///
    /// # Errors
    /// [`RingError`] when it does not fit, which does not happen within the limits.
    pub fn seal<R: CryptoRng + ?Sized>(&self, rng: &mut R, wrapping: &WrappingKey, version: u64) -> Result<Vec<u8>, RingError> {
        let plain = Zeroizing::new(wire::encode(&self.plain()?));
        let length = u32::try_from(plain.len()).map_err(|_| RingError)?;
        let whole = (NONCE_LEN + 4 + plain.len() + TAG_LEN).next_multiple_of(STEP);
        if whole > ACCOUNT_IDENTITY_MAX {
            return Err(RingError);
        }
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        let mut sealed = Vec::with_capacity(whole);
        sealed.extend_from_slice(&length.to_be_bytes());
        sealed.extend_from_slice(&plain);
        sealed.resize(whole - NONCE_LEN - TAG_LEN, 0);
        let tag = cipher(wrapping)?.encrypt_inout_detached(&Nonce::from(nonce), &data(version), sealed[..].as_mut().into()).map_err(|_| RingError)?;
        Ok([&nonce[..], &sealed, &tag].concat())
    }

    /// Opens what was kept as this version.
    ///
    /// # Errors
    /// [`RingError`], whatever was wrong.
    pub fn open(wrapping: &WrappingKey, version: u64, bytes: &[u8]) -> Result<Self, RingError> {
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN).ok_or(RingError)?;
        let length = rest.len().checked_sub(TAG_LEN).filter(|_| bytes.len() <= ACCOUNT_IDENTITY_MAX).ok_or(RingError)?;
        let (nonce, tag) = (Nonce::try_from(nonce).map_err(|_| RingError)?, Tag::try_from(&rest[length..]).map_err(|_| RingError)?);
        let mut plain = Zeroizing::new(rest[..length].to_vec());
        cipher(wrapping)?.decrypt_inout_detached(&nonce, &data(version), plain[..].as_mut().into(), &tag).map_err(|_| RingError)?;
        let (head, rest) = plain.split_at_checked(4).ok_or(RingError)?;
        let length = u32::from_be_bytes(head.try_into().map_err(|_| RingError)?) as usize;
        Self::of(wire::decode(rest.get(..length).ok_or(RingError)?).map_err(|_| RingError)?)
    }

    fn plain(&self) -> Result<Plain, RingError> {
        let Memory { peers, used, opened } = &self.memory;
        let peers = &peers[peers.len().saturating_sub(RING_PEERS_MAX)..];
        let opened = &opened[opened.len().saturating_sub(RING_OPENED_MAX)..];
        if used.len() > RING_USED_MAX || self.prekeys.len() > RING_PREKEYS_MAX {
            return Err(RingError);
        }
        let named = peers.iter().map(|p| p.identity).chain(used.iter().map(|u| u.sender)).chain(opened.iter().map(|(id, _)| *id));
        let identities: Vec<_> = named.collect::<BTreeSet<_>>().into_iter().collect();
        // At most 1,280.
        let place = |id: &IdentityId| identities.binary_search(id).unwrap_or_default() as u16;
        let der = |key: &PrivateKey| key.to_pkcs8().map(|der| Der(der.to_vec())).map_err(|_| RingError);
        Ok(Plain {
            identity: der(&self.identity)?,
            prekeys: self.prekeys.iter().map(|p| Ok((der(&p.key)?, p.made_s, p.replaced_s))).collect::<Result<_, RingError>>()?,
            peers: peers.iter().map(|p| (p.person, place(&p.identity), p.verified, p.blocked)).collect(),
            used: used.iter().map(|u| (place(&u.sender), u.prekey, u.key, u.next)).collect(),
            opened: opened.iter().map(|(id, message)| (place(id), *message)).collect(),
            identities,
        })
    }

    fn of(plain: Plain) -> Result<Self, RingError> {
        let Plain { identity, prekeys, identities, peers, used, opened } = plain;
        let key = |der: &Der| PrivateKey::from_pkcs8(&der.0).map_err(|_| RingError);
        let named = |place: u16| identities.get(usize::from(place)).copied().ok_or(RingError);
        let prekey = |(der, made_s, replaced_s): &(Der, i64, Option<i64>)| Ok(MailboxPrekey { key: key(der)?, made_s: *made_s, replaced_s: *replaced_s });
        let prekeys = prekeys.iter().map(prekey).collect::<Result<Vec<_>, RingError>>()?;
        let peer = |(person, place, verified, blocked)| Ok(KnownPeer { person, identity: named(place)?, verified, blocked });
        let memory = Memory {
            peers: peers.into_iter().map(peer).collect::<Result<_, RingError>>()?,
            used: used.into_iter().map(|(p, prekey, key, next)| Ok(UsedKey { sender: named(p)?, prekey, key, next })).collect::<Result<_, RingError>>()?,
            opened: opened.into_iter().map(|(place, id)| Ok((named(place)?, id))).collect::<Result<_, RingError>>()?,
        };
        let ring = Self { identity: key(&identity)?, prekeys, memory };
        (!ring.prekeys.is_empty()).then_some(ring).ok_or(RingError)
    }
}

fn cipher(wrapping: &WrappingKey) -> Result<Aes256Gcm, RingError> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, &wrapping.0).expand(KEY_LABEL, &mut *key).map_err(|_| RingError)?;
    Ok(Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key)))
}

/// "lectern chat ring v1" ‖ version `u64`.
fn data(version: u64) -> Vec<u8> {
    [RING, &version.to_be_bytes()].concat()
}

#[cfg(test)]
#[path = "../../tests/unit/ring.rs"]
mod tests;
