//! Check-words: three words that stand for a server's certificate, for people to compare.
//!
//! They are made from the fingerprint by a slow hash, so that nobody can look for a certificate with the words of another
//! in reasonable time: 2^33 tries of about 0.1 s each. They prove nothing by themselves; a person compares what the client
//! shows with what stands in the room.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};

use crate::link::Fingerprint;

/// The English list of BIP 39: 2,048 words of 3 to 8 letters, told apart by their first four (MIT; see
/// `docs/DEPENDENCIES.md`).
const LIST: &str = include_str!("english.txt");
/// Words in the list: 11 bits.
const LIST_WORDS: usize = 2_048;
/// Domain of the hash.
const SALT: &[u8] = b"lectern check-words v1";
/// Argon2id (RFC 9106), version 0x13: 64 MiB, 2 passes, 1 lane; about 0.1 s of one core.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Three words of a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CheckWords([&'static str; 3]);

/// The words cannot be computed; the text says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the check-words of the server cannot be computed: {0}")]
pub struct WordsError(String);

/// The word of the lowest 11 bits of a number.
pub(crate) fn word(number: usize) -> &'static str {
    LIST.lines().nth(number % LIST_WORDS).unwrap_or_default()
}

impl CheckWords {
    /// Computes the words; takes about 0.1 s and 64 MiB of memory, so it does not belong on a thread that others wait for.
    ///
    /// # Errors
    /// [`WordsError`] when the hash refuses to run.
    pub fn of(fingerprint: &Fingerprint) -> Result<Self, WordsError> {
        let failed = |e: argon2::Error| WordsError(e.to_string());
        let mut hash = [0; 8];
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(hash.len())).map_err(failed)?;
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(&fingerprint.0, SALT, &mut hash).map_err(failed)?;
        Ok(Self::from_bits(u64::from_be_bytes(hash) >> 31))
    }

    /// The words of the 33 low bits, the first word from the highest.
    fn from_bits(bits: u64) -> Self {
        // The cut is wanted: a word is of the lowest 11 bits.
        let word = |shift: u32| word((bits >> shift) as usize);
        Self([word(22), word(11), word(0)])
    }

    /// The words in their order.
    #[must_use]
    pub fn words(&self) -> [&'static str; 3] {
        self.0
    }

    /// Words as [`fmt::Display`] writes them; none unless all three are of the list.
    #[must_use]
    pub fn from_words(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace().map(|word| LIST.lines().find(|listed| *listed == word));
        let three = [words.next()??, words.next()??, words.next()??];
        words.next().is_none().then_some(Self(three))
    }

    /// Whether somebody typed these words, in their order; case and what stands between them do not count.
    #[must_use]
    pub fn matches(&self, typed: &str) -> bool {
        let typed = typed.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).map(str::to_lowercase);
        typed.eq(self.0.iter().map(|w| (*w).to_owned()))
    }
}

impl fmt::Display for CheckWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.0;
        write!(f, "{a} {b} {c}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_list_has_every_word_once_and_four_letters_tell() {
        let words: Vec<_> = LIST.lines().collect();
        assert_eq!(words.len(), LIST_WORDS);
        let starts: BTreeSet<_> = words.iter().map(|w| &w[..w.len().min(4)]).collect();
        assert_eq!(starts.len(), words.len());
        assert!(words.iter().all(|w| (3..=8).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase())));
    }

    #[test]
    fn bits_become_words_from_the_highest() {
        assert_eq!(CheckWords::from_bits(0).words(), ["abandon"; 3]);
        assert_eq!(CheckWords::from_bits((1 << 33) - 1).words(), ["zoo"; 3]);
        assert_eq!(CheckWords::from_bits(1 << 22 | 2 << 11 | 3).to_string(), "ability able about");
    }

    #[test]
    fn what_is_typed_may_be_written_any_way_but_must_be_these() {
        let words = CheckWords::from_bits(1 << 22 | 2 << 11 | 3);
        for right in ["ability able about", " Ability,ABLE - about ", "ability-able-about"] {
            assert!(words.matches(right), "{right}");
        }
        for wrong in ["", "ability able", "able ability about", "ability able about abandon", "abilityableabout"] {
            assert!(!words.matches(wrong), "{wrong}");
        }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let words = CheckWords::from_bits(1 << 22 | 2 << 11 | 3);
        assert_eq!(CheckWords::from_words(&words.to_string()), Some(words));
        for wrong in ["", "ability able", "ability able abou", "ability able about able", "Ability able about"] {
            assert_eq!(CheckWords::from_words(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn another_fingerprint_has_other_words() {
        let of = |n| CheckWords::of(&Fingerprint([n; 32])).expect("computed");
        assert_eq!(of(3), of(3));
        assert_ne!(of(3), of(4));
    }
}
