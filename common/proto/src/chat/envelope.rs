//! How the key of one direction of a conversation reaches the other.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::keys::{Contact, Keys};
use super::rsa_keys::{PublicKey, RsaError};
use super::{Direction, IdentityId, KeyId, PrekeyId, Unreadable};

const ENVELOPE: &[u8] = b"lectern chat key v1";

/// The key of one direction: AES-256-GCM.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DirectionKey(pub(super) [u8; 32]);

impl std::fmt::Debug for DirectionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DirectionKey(..)")
    }
}

/// A key, wrapped for the recipient's prekey and signed by the sender's identity over all that it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub sender: IdentityId,
    pub recipient: IdentityId,
    pub prekey: PrekeyId,
    pub key: KeyId,
    /// RSA-OAEP of the 32 bytes; its label is what is signed, without the wrapped key itself.
    pub wrapped: Vec<u8>,
    /// RSA-PSS by the sender's identity.
    pub signature: Vec<u8>,
}

impl Envelope {
    fn direction(&self) -> Direction {
        Direction { sender: self.sender, recipient: self.recipient }
    }

    /// Context of the direction under "lectern chat key v1" ‖ prekey ‖ key id.
    fn label(&self) -> Vec<u8> {
        [&self.direction().context(ENVELOPE)[..], &self.prekey.0, &self.key.0].concat()
    }

    /// The label ‖ the wrapped key.
    fn statement(&self) -> Vec<u8> {
        [&self.label()[..], &self.wrapped].concat()
    }

    /// Makes a key for what `from` writes to `to`.
    ///
    /// # Errors
    /// [`RsaError`] when the recipient's key does not take it.
    pub fn seal<R: CryptoRng + ?Sized>(rng: &mut R, from: &Keys, to: &Contact) -> Result<(Self, DirectionKey), RsaError> {
        let (mut id, mut key) = ([0; 16], DirectionKey([0; 32]));
        rng.fill_bytes(&mut id);
        rng.fill_bytes(&mut key.0);
        let mut envelope = Self { sender: from.id(), recipient: to.id, prekey: to.prekey_id, key: KeyId(id), wrapped: Vec::new(), signature: Vec::new() };
        envelope.wrapped = to.prekey.wrap(rng, &envelope.label(), &key.0)?;
        envelope.signature = from.identity().sign(rng, &envelope.statement())?;
        Ok((envelope, key))
    }

    /// Takes the key out. No private operation happens before the signature of `sender` over everything was found right.
    ///
    /// # Errors
    /// [`Unreadable`], whatever was wrong.
    pub fn open<R: CryptoRng + ?Sized>(&self, rng: &mut R, own: &Keys, sender: &PublicKey) -> Result<DirectionKey, Unreadable> {
        let for_us = self.recipient == own.id() && self.sender == IdentityId(sender.sha256()) && self.sender != self.recipient;
        if !for_us || !sender.verifies(&self.statement(), &self.signature) {
            return Err(Unreadable);
        }
        let prekey = own.prekey(self.prekey).ok_or(Unreadable)?;
        let secret = prekey.unwrap(rng, &self.label(), &self.wrapped).map_err(|_| Unreadable)?;
        Ok(DirectionKey(secret.as_slice().try_into().map_err(|_| Unreadable)?))
    }
}
