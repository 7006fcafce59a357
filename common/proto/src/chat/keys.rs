//! Who somebody is, and by which key they can be written to at present.

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
}

impl PrekeyLife {
    fn number(self) -> u8 {
        match self {
            Self::Session => 0,
        }
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
}

impl Bundle {
    /// Reads the keys, and checks that the identity has signed the prekey.
    ///
    /// # Errors
    /// [`RsaError`] when something is not as it has to be.
    pub fn check(&self) -> Result<Contact, RsaError> {
        let identity = PublicKey::from_spki(&self.identity)?;
        let prekey = PublicKey::from_spki(&self.prekey)?;
        let id = IdentityId(identity.sha256());
        let right = identity != prekey && identity.verifies(&prekey_statement(id, &prekey, self.life), &self.signature);
        right.then_some(Contact { id, prekey_id: prekey_id(&prekey), identity, prekey }).ok_or(RsaError)
    }
}

/// "lectern chat prekey v1" ‖ identity ‖ life `u8` ‖ SHA-256 of the prekey.
fn prekey_statement(id: IdentityId, prekey: &PublicKey, life: PrekeyLife) -> Vec<u8> {
    [PREKEY, &id.0, &[life.number()], &prekey.sha256()].concat()
}

fn prekey_id(prekey: &PublicKey) -> PrekeyId {
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
        let life = PrekeyLife::Session;
        let signature = identity.sign(rng, &prekey_statement(id, prekey.public(), life))?;
        let bundle = Bundle { identity: identity.public().spki().to_vec(), prekey: prekey.public().spki().to_vec(), life, signature };
        Ok(Self { id, identity, prekey, bundle })
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

    pub(super) fn identity(&self) -> &PrivateKey {
        &self.identity
    }

    /// The private part of the prekey of this name, while it is there.
    pub(super) fn prekey(&self, id: PrekeyId) -> Option<&PrivateKey> {
        (prekey_id(self.prekey.public()) == id).then_some(&self.prekey)
    }
}
