//! What the password of an account becomes: a secret for the server, and a key that the server never sees.
//!
//! Argon2id (RFC 9106) of the password and the account's salt, then HKDF-SHA-256 (RFC 5869) with one label for each. The server keeps a
//! hash of the log-in secret; nothing that it has or sees leads to the wrapping key but guessing the password, at the price of one
//! Argon2id run for each guess.

use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::limits::{ACCOUNT_PASSWORD_MIN, PASSWORD_MAX};

/// RFC 9106, 4, second recommended option: 64 MiB, 3 passes, 4 lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
const LOGIN_LABEL: &[u8] = b"lectern account log-in 1";
const WRAPPING_LABEL: &[u8] = b"lectern account wrapping 1";

/// Of an account; as long and as random-looking for a name that has none. Not secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountSalt(pub [u8; 16]);

/// Proves to the server that somebody knows the password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct LoginSecret(pub [u8; 32]);

/// Encrypts what belongs to the account and lies at the server. It never leaves the client.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct WrappingKey(pub [u8; 32]);

/// 256 random bits that stand for an account until they expire or are revoked. The server keeps only their hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct SessionToken(pub [u8; 32]);

macro_rules! secret_debug {
    ($($name:ident),+) => { $(impl std::fmt::Debug for $name {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(concat!(stringify!($name), "(..)"))
        }
    })+ };
}
secret_debug!(LoginSecret, WrappingKey, SessionToken);

/// Why a password is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("the password of an account has at least {ACCOUNT_PASSWORD_MIN} characters")]
    Short,
    #[error("the password is longer than {PASSWORD_MAX} bytes")]
    Long,
    #[error("the password cannot be hashed on this machine: {0}")]
    Hash(String),
}

/// Both keys of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKeys {
    pub login: LoginSecret,
    pub wrapping: WrappingKey,
}

impl AccountKeys {
    /// Computes them; takes some tenths of a second and 64 MiB, so it does not belong on a thread that others wait for. The password is
    /// brought to Unicode's NFC first, as RFC 8265 does: keyboards differ in how they write an `é`.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub fn derive(password: &str, salt: &AccountSalt) -> Result<Self, PasswordError> {
        if password.len() > PASSWORD_MAX {
            return Err(PasswordError::Long);
        }
        let password = Zeroizing::new(password.nfc().collect::<String>());
        let failed = |e: argon2::Error| PasswordError::Hash(e.to_string());
        let mut master = Zeroizing::new([0; 32]);
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(master.len())).map_err(failed)?;
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(password.as_bytes(), &salt.0, &mut *master).map_err(failed)?;
        let expand = Hkdf::<Sha256>::new(None, &*master);
        let (mut login, mut wrapping) = ([0; 32], [0; 32]);
        for (label, key) in [(LOGIN_LABEL, &mut login), (WRAPPING_LABEL, &mut wrapping)] {
            expand.expand(label, key).map_err(|e| PasswordError::Hash(e.to_string()))?;
        }
        Ok(Self { login: LoginSecret(login), wrapping: WrappingKey(wrapping) })
    }
}

/// Whether a password may be that of a new account. The server cannot see it, so clients ask.
///
/// # Errors
/// [`PasswordError::Short`] or [`PasswordError::Long`].
pub fn check_new_password(password: &str) -> Result<(), PasswordError> {
    match (password.chars().count() < ACCOUNT_PASSWORD_MIN, password.len() > PASSWORD_MAX) {
        (true, _) => Err(PasswordError::Short),
        (_, true) => Err(PasswordError::Long),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_depend_on_password_and_salt_and_not_on_the_keyboard() {
        let keys = |password: &str, salt: u8| AccountKeys::derive(password, &AccountSalt([salt; 16])).expect("derived");
        let ana = keys("caf\u{e9} 1234", 1);
        assert_eq!(ana, keys("cafe\u{301} 1234", 1), "one password, two keyboards");
        for other in [keys("caf\u{e9} 1235", 1), keys("caf\u{e9} 1234", 2)] {
            assert!(ana.login != other.login && ana.wrapping != other.wrapping);
        }
        assert_ne!(ana.login.0, ana.wrapping.0);
        assert!(!format!("{ana:?}").contains(&format!("{}", ana.login.0[0])), "secrets do not reach a log");
    }

    #[test]
    fn which_passwords_may_be_new() {
        assert_eq!(check_new_password("1234567"), Err(PasswordError::Short));
        assert_eq!(check_new_password("12345678"), Ok(()));
        assert_eq!(check_new_password(&"x".repeat(PASSWORD_MAX + 1)), Err(PasswordError::Long));
        assert_eq!(AccountKeys::derive(&"x".repeat(PASSWORD_MAX + 1), &AccountSalt([0; 16])), Err(PasswordError::Long));
    }
}
