//! How messages become bytes: the one file that names bincode.
//!
//! Fixed configuration: big-endian, integers at their full width, lengths as 64 bits, variants of an enum as 32 bits, no
//! padding. An enum grows at its end only; `vectors/` holds the golden bytes of every message.

use bincode::config::{BigEndian, Configuration, Fixint};
use serde::{Serialize, de::DeserializeOwned};

use crate::limits::SERVER_MESSAGE_MAX;

const CONFIG: Configuration<BigEndian, Fixint, bincode::config::Limit<SERVER_MESSAGE_MAX>> =
    bincode::config::standard().with_big_endian().with_fixed_int_encoding().with_limit::<SERVER_MESSAGE_MAX>();

/// Bytes that are not a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("not a message of this protocol: {0}")]
    Form(String),
    #[error("{0} bytes are left over after the message")]
    Trailing(usize),
}

/// The bytes of a message.
///
/// # Panics
/// Never for the messages of this crate: they hold no type that bincode refuses.
#[must_use]
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    // An unbounded configuration: what we build ourselves is bounded by its makers, and checked when framed.
    let config = bincode::config::standard().with_big_endian().with_fixed_int_encoding();
    bincode::serde::encode_to_vec(message, config).unwrap_or_default()
}

/// Reads a message that fills `bytes` to the end.
///
/// # Errors
/// [`WireError`] when the bytes are not such a message or some are left over.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    let (message, used) = bincode::serde::decode_from_slice(bytes, CONFIG).map_err(|e| WireError::Form(e.to_string()))?;
    if used == bytes.len() { Ok(message) } else { Err(WireError::Trailing(bytes.len() - used)) }
}

/// Reads a message at the start of `bytes`; what follows belongs to a later version of it. For hellos alone, so that a
/// program of any age can be told which versions are spoken here.
///
/// # Errors
/// [`WireError`] when the bytes do not start with such a message.
pub fn decode_prefix<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    let (message, _) = bincode::serde::decode_from_slice(bytes, CONFIG).map_err(|e| WireError::Form(e.to_string()))?;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fixed_form() {
        assert_eq!(encode(&(1u16, "a", Some(7u8))), [0, 1, 0, 0, 0, 0, 0, 0, 0, 1, b'a', 1, 7]);
        assert_eq!(decode::<u8>(&[1, 2]), Err(WireError::Trailing(1)));
    }

    #[test]
    fn a_giant_length_is_refused_before_it_is_allocated() {
        assert!(decode::<Vec<u64>>(&[0x7f, 255, 255, 255, 255, 255, 255, 255, 0]).is_err());
    }

    proptest! {
        #[test]
        fn noise_never_panics(bytes: Vec<u8>) {
            let _ = decode::<Vec<String>>(&bytes);
            let _ = decode::<Option<(u32, String)>>(&bytes);
        }
    }
}
