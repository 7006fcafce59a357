//! Access codes: what a guest enters with, written and typed by people.
//!
//! 16 symbols of an alphabet without look-alikes, in groups of four: 73 random bits, so that the SHA-256 that the server keeps gives
//! nothing away. Pure: random bytes are an argument.

use std::fmt;

/// Without 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, U and V beside each other: what is read out or off a board is not mistaken.
const ALPHABET: &[u8; 24] = b"34679ACDEFGHJKMNPQRTVWXY";
/// Symbols of a code.
const LENGTH: usize = 16;
const GROUP: usize = 4;

/// An access code.
#[derive(Clone, PartialEq, Eq, zeroize::ZeroizeOnDrop)]
pub struct AccessCode([u8; LENGTH]);

impl AccessCode {
    /// A code of random bytes; none when they run out. Bytes that would make some symbols likelier are left out.
    #[must_use]
    pub fn draw(random: impl IntoIterator<Item = u8>) -> Option<Self> {
        let even = ALPHABET.len() * (256 / ALPHABET.len());
        let mut symbols = random.into_iter().map(usize::from).filter(|byte| *byte < even).map(|byte| ALPHABET[byte % ALPHABET.len()]);
        let mut code = [0; LENGTH];
        for symbol in &mut code {
            *symbol = symbols.next()?;
        }
        Some(Self(code))
    }

    /// Reads what somebody typed: small letters, spaces and dashes are all right.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut typed = text.bytes().filter(|b| !matches!(b, b' ' | b'-')).map(|b| b.to_ascii_uppercase());
        let mut code = [0; LENGTH];
        for symbol in &mut code {
            *symbol = typed.next().filter(|b| ALPHABET.contains(b))?;
        }
        typed.next().is_none().then_some(Self(code))
    }

    /// What is hashed.
    #[must_use]
    pub fn symbols(&self) -> &[u8] {
        &self.0
    }

    /// As people write it.
    #[must_use]
    pub fn reveal(&self) -> String {
        let groups: Vec<_> = self.0.chunks(GROUP).map(|group| group.iter().map(|b| char::from(*b)).collect::<String>()).collect();
        groups.join("-")
    }
}

/// Secrets do not reach a log.
impl fmt::Debug for AccessCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_is_as_likely_as_another() {
        let mut counts = [0; 256];
        for byte in 0..=255_u8 {
            // Each byte once, among bytes that are taken.
            if let Some(code) = AccessCode::draw([byte].into_iter().chain([0; LENGTH - 1])) {
                counts[usize::from(code.symbols()[0])] += 1;
            }
        }
        assert!(ALPHABET.iter().all(|b| counts[usize::from(*b)] == 256 / ALPHABET.len()), "{counts:?}");
        assert!(AccessCode::draw([0; LENGTH - 1]).is_none(), "too few");
        assert!(AccessCode::draw([255; 64]).is_none(), "those that would be too many of one symbol");
    }

    #[test]
    fn it_is_read_as_it_is_written_and_typed() {
        let code = AccessCode::draw(0..=255).expect("a code");
        let written = code.reveal();
        assert_eq!(written, "3467-9ACD-EFGH-JKMN");
        for typed in [written.as_str(), "34679acdefghjkmn", " 3467 9acd efgh-jkmn "] {
            assert_eq!(AccessCode::parse(typed).as_ref(), Some(&code), "{typed}");
        }
        for wrong in ["", "3467-9ACD-EFGH-JKM", "3467-9ACD-EFGH-JKMNP", "0467-9ACD-EFGH-JKMN", "3467-9ACD-EFGH-JKMÜ", &"3".repeat(10_000_000)] {
            assert!(AccessCode::parse(wrong).is_none());
        }
        assert_eq!(format!("{code:?}"), "AccessCode(..)");
    }
}
