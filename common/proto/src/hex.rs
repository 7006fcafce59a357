//! Bytes as hexadecimal digits, two for each: for arguments of programs and fields of JSON (`#[serde(with = "crate::hex")]`).

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

/// The digits of bytes, in lower case.
#[must_use]
pub fn write(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xF)]]).collect()
}

/// The bytes of digits in either case; none where something else stands or a digit is missing.
#[must_use]
pub fn read(text: &str) -> Option<Vec<u8>> {
    // At most 15.
    let digits = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<Vec<u8>>>()?;
    digits.len().is_multiple_of(2).then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// A field of bytes as a string of digits.
///
/// # Errors
/// Those of the format.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&write(bytes))
}

/// Reads a field that [`serialize`] has written.
///
/// # Errors
/// Those of the format, and what is not a string of whole bytes.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    read(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("hexadecimal digits were expected, two for each byte"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_whole_bytes_are_read() {
        assert_eq!(read("0164fF"), Some(vec![1, 0x64, 0xff]));
        assert_eq!((read("0"), read("zz"), read("é1"), read("+1"), read("")), (None, None, None, None, Some(Vec::new())));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes: Vec<u8>, text: String) {
            prop_assert_eq!(read(&write(&bytes)), Some(bytes));
            let _ = read(&text);
        }
    }
}
