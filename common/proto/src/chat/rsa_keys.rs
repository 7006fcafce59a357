//! RSA with 3,072 bits and e = 65537: the one module that names the crate `rsa`.
//!
//! RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017, 8.1); RSAES-OAEP with SHA-256 (RFC 8017, 7.1). Public keys
//! travel as SubjectPublicKeyInfo with the algorithm rsaEncryption, private ones as PKCS #8 (RFC 5958): WebCrypto imports both.
//!
//! The crate is subject to RUSTSEC-2023-0071 (Marvin: the time of a private operation may tell of its input). Private operations are
//! blinded here, they happen only on what the peer's identity has signed, and all failures take one path to one answer.

use ::rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ::rsa::traits::PublicKeyParts;
use ::rsa::{Oaep, Pss, RsaPrivateKey, RsaPublicKey};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// Bits of every modulus.
pub const BITS: usize = 3_072;
/// Bytes of a signature and of a wrapped key.
pub const BLOCK: usize = BITS / 8;
/// Bytes of a public key as SubjectPublicKeyInfo: every modulus has 3,072 bits and every exponent is 65537.
pub const PUBLIC_LEN: usize = 422;
const EXPONENT: u64 = 65_537;

/// The key is not one of 3,072 bits with e = 65537, or the operation could not be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RSA key of {BITS} bits with the exponent {EXPONENT}, or it does not fit")]
pub struct RsaError;

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: RsaPublicKey,
    spki: Vec<u8>,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", crate::hex::write(&self.sha256()[..6]))
    }
}

impl PublicKey {
    fn of(key: RsaPublicKey) -> Result<Self, RsaError> {
        let spki = key.to_public_key_der().map_err(|_| RsaError)?.into_vec();
        let right = key.n().bits() as usize == BITS && *key.e() == ::rsa::BoxedUint::from(EXPONENT) && spki.len() == PUBLIC_LEN;
        right.then_some(Self { key, spki }).ok_or(RsaError)
    }

    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`RsaError`] for anything but the one encoding of a key of this size and exponent.
    pub fn from_spki(spki: &[u8]) -> Result<Self, RsaError> {
        if spki.len() != PUBLIC_LEN {
            return Err(RsaError);
        }
        let key = Self::of(RsaPublicKey::from_public_key_der(spki).map_err(|_| RsaError)?)?;
        // One key has one name: no second encoding of it.
        (key.spki == spki).then_some(key).ok_or(RsaError)
    }

    /// As SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of that.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.spki).into()
    }

    /// Whether the owner of the key has signed `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        signature.len() == BLOCK && self.key.verify(Pss::<Sha256>::new(), &Sha256::digest(message), signature).is_ok()
    }

    /// Wraps a secret for the owner of the key; `label` must be the same when it is unwrapped.
    ///
    /// # Errors
    /// [`RsaError`] when the secret is longer than 318 bytes.
    pub fn wrap<R: CryptoRng + ?Sized>(&self, rng: &mut R, label: &[u8], secret: &[u8]) -> Result<Vec<u8>, RsaError> {
        self.key.encrypt(rng, Oaep::<Sha256>::new_with_label(label), secret).map_err(|_| RsaError)
    }
}

/// A private key.
#[derive(Clone)]
pub struct PrivateKey {
    key: RsaPrivateKey,
    public: PublicKey,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {:?})", self.public)
    }
}

impl PrivateKey {
    /// A new key. Takes some tenths of a second: not on a thread that others wait for.
    ///
    /// # Errors
    /// [`RsaError`] when no primes are found, which does not happen with a generator that works.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RsaError> {
        Self::of(RsaPrivateKey::new(rng, BITS).map_err(|_| RsaError)?)
    }

    fn of(key: RsaPrivateKey) -> Result<Self, RsaError> {
        let public = PublicKey::of(key.to_public_key())?;
        Ok(Self { key, public })
    }

    /// Reads a PKCS #8 PrivateKeyInfo.
    ///
    /// # Errors
    /// [`RsaError`] when it is none, or of another size or exponent.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, RsaError> {
        Self::of(RsaPrivateKey::from_pkcs8_der(der).map_err(|_| RsaError)?)
    }

    /// As PKCS #8 PrivateKeyInfo: secret.
    ///
    /// # Errors
    /// [`RsaError`], which does not happen with a key that was made or read here.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, RsaError> {
        Ok(self.key.to_pkcs8_der().map_err(|_| RsaError)?.to_bytes())
    }

    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a message.
    ///
    /// # Errors
    /// [`RsaError`], which does not happen with a key that was made or read here.
    pub fn sign<R: CryptoRng + ?Sized>(&self, rng: &mut R, message: &[u8]) -> Result<Vec<u8>, RsaError> {
        self.key.sign_with_rng(rng, Pss::<Sha256>::new(), &Sha256::digest(message)).map_err(|_| RsaError)
    }

    /// Unwraps a secret that was wrapped for this key under this label, blinded.
    ///
    /// # Errors
    /// [`RsaError`], whatever was wrong.
    pub fn unwrap<R: CryptoRng + ?Sized>(&self, rng: &mut R, label: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, RsaError> {
        self.key.decrypt_blinded(rng, Oaep::<Sha256>::new_with_label(label), wrapped).map(Zeroizing::new).map_err(|_| RsaError)
    }
}
