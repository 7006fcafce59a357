//! Who somebody is, and by which keys they can be written to: at present, and while they are away.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use std::fmt;

use super::rsa_keys::{PrivateKey, PublicKey, RsaError};
use super::{IdentityId, PrekeyId};

/// What an identity signs about its prekey.
const PREKEY: &[u8] = b"lectern chat prekey v1";

/// How long a prekey is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PrekeyLife {
    /// As long as the person is in the room: its private part is in memory alone.
    Session,
    /// For what waits at the server. Nobody wraps for it after this time, in seconds since 1970.
    Mailbox { until_s: i64 },
}

impl PrekeyLife {
    /// Number `u8`, of a mailbox's with its time `i64`.
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Session => vec![0],
            Self::Mailbox { until_s } => [&[1][..], &until_s.to_be_bytes()].concat(),
        }
    }

    /// Whether nobody is to wrap for it any more at this time, in seconds since 1970.
    #[must_use]
    pub fn is_over(self, now_s: i64) -> bool {
        matches!(self, Self::Mailbox { until_s } if now_s > until_s)
    }

    /// Whether it is for what waits at the server.
    #[must_use]
    pub fn is_mailbox(self) -> bool {
        self != Self::Session
    }
}

/// What others need to write to somebody, as the server hands it out. Nothing in it is believed before [`Bundle::check`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The identity as SubjectPublicKeyInfo.
    pub identity: Vec<u8>,
    /// The prekey as SubjectPublicKeyInfo.
    pub prekey: Vec<u8>,
    pub life: PrekeyLife,
    /// By the identity, over the prekey and its life.
    pub signature: Vec<u8>,
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bundle({} bytes of identity)", self.identity.len())
    }
}

/// Somebody's public keys, looked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub id: IdentityId,
    pub identity: PublicKey,
    pub prekey_id: PrekeyId,
    pub prekey: PublicKey,
    pub life: PrekeyLife,
}

impl Bundle {
    /// Signs a prekey.
    fn sign<R: CryptoRng + ?Sized>(rng: &mut R, identity: &PrivateKey, prekey: &PublicKey, life: PrekeyLife) -> Result<Self, RsaError> {
        let id = IdentityId(identity.public().sha256());
        let signature = identity.sign(rng, &prekey_statement(id, prekey, life))?;
        Ok(Self { identity: identity.public().spki().to_vec(), prekey: prekey.spki().to_vec(), life, signature })
    }

    /// Reads the keys, and checks that the identity has signed the prekey.
    ///
    /// # Errors
    /// [`RsaError`] when something is not as it has to be.
    pub fn check(&self) -> Result<Contact, RsaError> {
        let identity = PublicKey::from_spki(&self.identity)?;
        let prekey = PublicKey::from_spki(&self.prekey)?;
        let id = IdentityId(identity.sha256());
        let right = identity != prekey && identity.verifies(&prekey_statement(id, &prekey, self.life), &self.signature);
        right.then_some(Contact { id, prekey_id: prekey_id(&prekey), identity, prekey, life: self.life }).ok_or(RsaError)
    }
}

/// "lectern chat prekey v1" ‖ identity ‖ life ‖ SHA-256 of the prekey.
fn prekey_statement(id: IdentityId, prekey: &PublicKey, life: PrekeyLife) -> Vec<u8> {
    [PREKEY, &id.0, &life.bytes(), &prekey.sha256()].concat()
}

pub(super) fn prekey_id(prekey: &PublicKey) -> PrekeyId {
    let mut id = [0; 16];
    id.copy_from_slice(&prekey.sha256()[..16]);
    PrekeyId(id)
}

/// A person's own keys.
#[derive(Debug)]
pub struct Keys {
    id: IdentityId,
    identity: PrivateKey,
    prekey: PrivateKey,
    bundle: Bundle,
    /// The newest at the end; what waits may be for an older one.
    mailbox: Vec<PrivateKey>,
    mailbox_bundle: Option<Bundle>,
}

impl Keys {
    /// A new identity and a prekey of it. Takes some tenths of a second.
    ///
    /// # Errors
    /// [`RsaError`] when the generator does not work.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RsaError> {
        let (identity, prekey) = (PrivateKey::generate(rng)?, PrivateKey::generate(rng)?);
        Self::new(rng, identity, prekey)
    }

    /// Keys that were made before, with the prekey signed anew.
    ///
    /// # Errors
    /// [`RsaError`] when the identity cannot sign.
    pub fn new<R: CryptoRng + ?Sized>(rng: &mut R, identity: PrivateKey, prekey: PrivateKey) -> Result<Self, RsaError> {
        let id = IdentityId(identity.public().sha256());
        let bundle = Bundle::sign(rng, &identity, prekey.public(), PrekeyLife::Session)?;
        Ok(Self { id, identity, prekey, bundle, mailbox: Vec::new(), mailbox_bundle: None })
    }

    /// The same with mailbox prekeys, the newest at the end with the time until which it is good, in seconds since 1970.
    ///
    /// # Errors
    /// [`RsaError`] when the identity cannot sign.
    pub fn with_mailbox<R: CryptoRng + ?Sized>(mut self, rng: &mut R, mailbox: Vec<PrivateKey>, until_s: i64) -> Result<Self, RsaError> {
        self.mailbox_bundle = match mailbox.last() {
            Some(newest) => Some(Bundle::sign(rng, &self.identity, newest.public(), PrekeyLife::Mailbox { until_s })?),
            None => None,
        };
        self.mailbox = mailbox;
        Ok(self)
    }

    #[must_use]
    pub fn id(&self) -> IdentityId {
        self.id
    }

    /// What is handed to the server for others.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// What is handed to the server for others while nobody is here; none: a lesson-only identity.
    #[must_use]
    pub fn mailbox_bundle(&self) -> Option<&Bundle> {
        self.mailbox_bundle.as_ref()
    }

    pub(super) fn identity(&self) -> &PrivateKey {
        &self.identity
    }

    /// The private part of the prekey of this name, while it is there.
    pub(super) fn prekey(&self, id: PrekeyId) -> Option<&PrivateKey> {
        std::iter::once(&self.prekey).chain(&self.mailbox).find(|key| prekey_id(key.public()) == id)
    }

    pub(super) fn is_mailbox(&self, id: PrekeyId) -> bool {
        self.mailbox.iter().any(|key| prekey_id(key.public()) == id)
    }
}
